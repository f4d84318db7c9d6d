/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "nx-app-private.h"
#include "nx-error-private.h"

/* How systemd passes sockets (sd_listen_fds(3)). */
#define FIRST_ACTIVATION_FD 3

/* Another family may have a port taken that the kernel chose for the first one. */
#define PORT_ATTEMPTS 16

static gboolean
check_ready (NxApp *self, NxListenFlags flags, GError **error)
{
  NxAppPrivate *priv = nx_app_get_private (self);

  if (nx_app_is_on_its_way_out (self))
    {
      nx_error_set (error, NX_ERROR_INVALID_STATE,
                    "The app is stopping; listen when it has stopped");
      return FALSE;
    }
  if (flags & NX_LISTEN_TLS && priv->tls == NULL)
    {
      nx_error_set (error, NX_ERROR_INVALID_STATE, "Set tls-certificate before listening with TLS");
      return FALSE;
    }
  return TRUE;
}

static void
fail_address (GError **error, const char *what, GError *cause, const char *function)
{
  nx_error_give (
      error,
      g_error_new (NX_ERROR, NX_ERROR_ADDRESS, "Cannot listen on %s: %s", what, cause->message),
      function);
  g_error_free (cause);
}

static NxListener *
add_listener (NxApp *self, GSocket *socket, NxListenFlags flags, GError **error)
{
  NxAppPrivate *priv = nx_app_get_private (self);
  NxListener *listener = nx_listener_new (priv->reactor, socket, flags & NX_LISTEN_TLS,
                                          nx_app_take_descriptor, self, error);

  if (listener == NULL)
    return NULL;
  g_ptr_array_add (priv->listeners, listener);
  return listener;
}

void
nx_app_tell_started (NxApp *self)
{
  NxAppPrivate *priv = nx_app_get_private (self);

  if (priv->is_started || nx_app_is_on_its_way_out (self))
    return;
  g_object_ref (self);
  priv->is_started = TRUE;
  g_signal_emit (self, nx_app_signals[NX_APP_STARTED], 0);
  g_object_unref (self);
}

/* At the end of all that listens, for whoever is told may stop the app, or drop it. */
static void
tell_started (NxApp *self)
{
  if (nx_app_get_private (self)->listeners->len > 0)
    nx_app_tell_started (self);
}

static GSocket *
bind_inet (GInetAddress *address, guint16 port, NxListenFlags flags, GError **error)
{
  g_autoptr (GSocketAddress) socket_address = g_inet_socket_address_new (address, port);

  return nx_listener_bind (socket_address, flags & NX_LISTEN_REUSE_PORT, error);
}

static guint16
get_port (GSocket *socket)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

/* One port on both families; IPv6 may be missing. */
static gboolean
bind_both (GInetAddress *ipv4,
           GInetAddress *ipv6,
           guint16 port,
           NxListenFlags flags,
           GSocket **first,
           GSocket **second,
           GError **error)
{
  for (guint attempt = 0; attempt < PORT_ATTEMPTS; attempt++)
    {
      g_autoptr (GSocket) one = bind_inet (ipv4, port, flags, error);
      g_autoptr (GError) local = NULL;

      if (one == NULL)
        return FALSE;
      *second = bind_inet (ipv6, get_port (one), flags, &local);
      if (*second != NULL || !g_error_matches (local, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        {
          *first = g_steal_pointer (&one);
          return TRUE;
        }
      if (port != 0)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
    }
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                       "No port is free on both IPv4 and IPv6");
  return FALSE;
}

static gboolean
bind_host (const char *host,
           guint16 port,
           NxListenFlags flags,
           GSocket **first,
           GSocket **second,
           GError **error)
{
  g_autoptr (GInetAddress) address = NULL;
  g_autoptr (GInetAddress) other = NULL;

  if (host == NULL || strcmp (host, "localhost") == 0)
    {
      address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
      other = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV6);
      return bind_both (address, other, port, flags, first, second, error);
    }
  if (strcmp (host, "*") == 0)
    {
      address = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
      other = g_inet_address_new_any (G_SOCKET_FAMILY_IPV6);
      return bind_both (address, other, port, flags, first, second, error);
    }
  address = g_inet_address_new_from_string (host);
  if (address == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "an IPv4 or IPv6 address is wanted, \"localhost\", or \"*\" for all "
                           "interfaces");
      return FALSE;
    }
  *first = bind_inet (address, port, flags, error);
  return *first != NULL;
}

static char *
describe_host (const char *host, guint16 port)
{
  return g_strdup_printf ("%s port %u", host != NULL ? host : "localhost", port);
}

gboolean
nx_app_bind (const char *host, guint16 port, GPtrArray *sockets, GError **error)
{
  g_autofree char *what = describe_host (host, port);
  GSocket *first = NULL, *second = NULL;
  GError *cause = NULL;

  if (!bind_host (host, port, NX_LISTEN_DEFAULT, &first, &second, &cause))
    {
      fail_address (error, what, cause, G_STRFUNC);
      return FALSE;
    }
  g_ptr_array_add (sockets, first);
  if (second != NULL)
    g_ptr_array_add (sockets, second);
  return TRUE;
}

/**
 * nx_app_listen:
 * @self: an app
 * @host: (nullable): an IP address, `*` for all interfaces, or `localhost` (also %NULL) for the loopback interface, on both IPv4 and IPv6
 * @port: a TCP port; 0 for any, see [method@App.get_uris]
 * @flags: how
 * @error: return location for an error
 *
 * Listens on TCP, beside whatever it listens on already.
 *
 * Returns: %FALSE with %NX_ERROR_ADDRESS when the address cannot be had, with %NX_ERROR_INVALID_STATE for TLS without
 *   [property@App:tls-certificate], and while the app is stopping
 *
 * Since: 0.1
 */
gboolean
nx_app_listen (NxApp *self, const char *host, guint16 port, NxListenFlags flags, GError **error)
{
  g_autoptr (GSocket) first = NULL;
  g_autoptr (GSocket) second = NULL;
  g_autofree char *what = NULL;
  GPtrArray *listeners;
  guint n_before;
  GError *cause = NULL;

  g_return_val_if_fail (NX_IS_APP (self), FALSE);

  if (!check_ready (self, flags, error))
    return FALSE;
  listeners = nx_app_get_private (self)->listeners;
  n_before = listeners->len;
  what = describe_host (host, port);
  if (!bind_host (host, port, flags, &first, &second, &cause)
      || add_listener (self, first, flags, &cause) == NULL
      || (second != NULL && add_listener (self, second, flags, &cause) == NULL))
    {
      g_ptr_array_set_size (listeners, n_before);
      fail_address (error, what, cause, G_STRFUNC);
      return FALSE;
    }
  tell_started (self);
  return TRUE;
}

/* A socket that nobody listens on any more is in the way of the next one. */
static void
remove_stale_socket (const char *path)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) probe = NULL;
  g_autoptr (GError) error = NULL;
  GStatBuf status;

  if (g_lstat (path, &status) != 0 || !S_ISSOCK (status.st_mode))
    return;
  probe = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);
  if (probe == NULL)
    return;
  g_socket_set_blocking (probe, FALSE);
  if (!g_socket_connect (probe, address, NULL, &error)
      && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    g_unlink (path);
}

static GSocket *
bind_unix (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = NULL;

  if (strlen (path) >= sizeof (((struct sockaddr_un *) NULL)->sun_path))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME,
                           "the path of a unix socket holds at most 107 octets");
      return NULL;
    }
  remove_stale_socket (path);
  address = g_unix_socket_address_new (path);
  return nx_listener_bind (address, FALSE, error);
}

gboolean
nx_app_bind_unix (const char *path, GPtrArray *sockets, GError **error)
{
  GError *cause = NULL;
  GSocket *socket = bind_unix (path, &cause);

  if (socket == NULL)
    {
      fail_address (error, path, cause, G_STRFUNC);
      return FALSE;
    }
  g_ptr_array_add (sockets, socket);
  return TRUE;
}

/**
 * nx_app_listen_unix:
 * @self: an app
 * @path: (type filename): where to make the socket
 * @flags: how
 * @error: return location for an error
 *
 * Listens on a unix socket. What is left of one that nobody listens on is replaced. The file is removed at the end.
 *
 * [method@WebSocket.get_credentials] tells which process connects.
 *
 * Returns: as [method@App.listen]
 *
 * Since: 0.1
 */
gboolean
nx_app_listen_unix (NxApp *self, const char *path, NxListenFlags flags, GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  NxListener *listener = NULL;
  GError *cause = NULL;

  g_return_val_if_fail (NX_IS_APP (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  if (!check_ready (self, flags, error))
    return FALSE;
  socket = bind_unix (path, &cause);
  if (socket != NULL)
    listener = add_listener (self, socket, flags, &cause);
  if (listener == NULL)
    {
      fail_address (error, path, cause, G_STRFUNC);
      return FALSE;
    }
  nx_listener_set_unix_path (listener, path);
  tell_started (self);
  return TRUE;
}

static gboolean
listen_socket (NxApp *self,
               GSocket *socket,
               NxListenFlags flags,
               GError **error,
               const char *function)
{
  GError *cause = NULL;

  if (!check_ready (self, flags, error))
    return FALSE;
  if (g_socket_get_socket_type (socket) != G_SOCKET_TYPE_STREAM)
    cause =
        g_error_new_literal (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "a stream socket is wanted");
  if (cause != NULL || add_listener (self, socket, flags, &cause) == NULL)
    {
      fail_address (error, "the socket", cause, function);
      return FALSE;
    }
  return TRUE;
}

/**
 * nx_app_listen_socket:
 * @self: an app
 * @socket: a stream socket that is bound
 * @flags: how
 * @error: return location for an error
 *
 * Listens on a socket that somebody else made.
 *
 * Returns: as [method@App.listen]
 *
 * Since: 0.1
 */
gboolean
nx_app_listen_socket (NxApp *self, GSocket *socket, NxListenFlags flags, GError **error)
{
  g_return_val_if_fail (NX_IS_APP (self), FALSE);
  g_return_val_if_fail (G_IS_SOCKET (socket), FALSE);

  if (!listen_socket (self, socket, flags, error, G_STRFUNC))
    return FALSE;
  tell_started (self);
  return TRUE;
}

static guint64
take_number (const char *variable)
{
  const char *text = g_getenv (variable);
  guint64 number = 0;

  if (text != NULL)
    g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT, &number, NULL);
  return number;
}

static GSocket *
adopt (guint index, GError **error)
{
  GError *cause = NULL;
  GSocket *socket = nx_listener_adopt ((int) (FIRST_ACTIVATION_FD + index), &cause);

  if (socket == NULL)
    fail_address (error, "a socket that systemd passed", cause, "nx_app_listen_activation");
  return socket;
}

static gboolean
listen_activation (NxApp *self, guint n, gboolean is_shared, GError **error)
{
  NxAppPrivate *priv = nx_app_get_private (self);
  NxListenFlags flags = priv->tls != NULL ? NX_LISTEN_TLS : NX_LISTEN_DEFAULT;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GSocket) socket = adopt (i, error);

      if (socket == NULL || !listen_socket (self, socket, flags, error, "nx_app_listen_activation"))
        return FALSE;
      if (is_shared)
        nx_listener_share (g_ptr_array_index (priv->listeners, priv->listeners->len - 1));
    }
  return TRUE;
}

static guint
get_n_passed (void)
{
  return take_number ("LISTEN_PID") == (guint64) getpid () ? (guint) take_number ("LISTEN_FDS") : 0;
}

gboolean
nx_app_bind_activation (GPtrArray *sockets, GError **error)
{
  guint n = get_n_passed ();

  for (guint i = 0; i < n; i++)
    {
      GSocket *socket = adopt (i, error);

      if (socket == NULL)
        return FALSE;
      g_ptr_array_add (sockets, socket);
    }
  return TRUE;
}

gboolean
nx_app_listen_shared (NxApp *self, guint n, GError **error)
{
  gboolean is_good = listen_activation (self, n, TRUE, error);

  tell_started (self);
  return is_good;
}

/**
 * nx_app_listen_activation:
 * @self: an app
 * @error: return location for an error
 *
 * Listens on the sockets that systemd passed (`LISTEN_FDS`), if it did. They speak TLS when the app has a
 * [property@App:tls-certificate], and plain HTTP otherwise. Programs that this one starts do not get them.
 *
 * Returns: how many there were; 0 with an error when one cannot be listened on
 *
 * Since: 0.1
 */
guint
nx_app_listen_activation (NxApp *self, GError **error)
{
  guint n;

  g_return_val_if_fail (NX_IS_APP (self), 0);

  n = get_n_passed ();
  if (n == 0)
    return 0;
  if (!listen_activation (self, n, FALSE, error))
    {
      tell_started (self);
      return 0;
    }
  g_unsetenv ("LISTEN_PID");
  g_unsetenv ("LISTEN_FDS");
  tell_started (self);
  return n;
}

GUri *
nx_app_make_uri (GSocket *socket, gboolean is_secure)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);

  if (G_IS_INET_SOCKET_ADDRESS (address))
    {
      GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (address);
      g_autofree char *host = g_inet_address_to_string (g_inet_socket_address_get_address (inet));

      return g_uri_build (G_URI_FLAGS_NONE, is_secure ? "wss" : "ws", NULL, host,
                          g_inet_socket_address_get_port (inet), "/", NULL, NULL);
    }
  if (G_IS_UNIX_SOCKET_ADDRESS (address))
    return g_uri_build (G_URI_FLAGS_NONE, is_secure ? "wss+unix" : "ws+unix", NULL, NULL, -1,
                        g_unix_socket_address_get_path (G_UNIX_SOCKET_ADDRESS (address)), NULL,
                        NULL);
  return NULL;
}

/**
 * nx_app_get_uris:
 * @self: an app
 *
 * Where it listens: `ws://HOST:PORT/`, with TLS `wss:`, and for a unix socket `ws+unix:PATH`.
 *
 * Returns: (transfer full) (element-type GUri): the URIs
 *
 * Since: 0.1
 */
GList *
nx_app_get_uris (NxApp *self)
{
  NxAppPrivate *priv;
  GList *uris = NULL;

  g_return_val_if_fail (NX_IS_APP (self), NULL);

  priv = nx_app_get_private (self);
  for (guint i = 0; i < priv->listeners->len; i++)
    {
      NxListener *listener = g_ptr_array_index (priv->listeners, i);
      GUri *uri =
          nx_app_make_uri (nx_listener_get_socket (listener), nx_listener_is_secure (listener));

      if (uri != NULL)
        uris = g_list_prepend (uris, uri);
    }
  return g_list_reverse (uris);
}
