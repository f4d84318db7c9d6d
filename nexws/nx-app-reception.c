/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way in: a descriptor from a listener becomes a stream, waits at the gate for its request head, and goes on as plain HTTP to
 * the server, or as a handshake to the router.
 */
#include "config.h"

#include "nx-admission-private.h"
#include "nx-app-private.h"
#include "nx-error-private.h"
#include "nx-request-private.h"
#include "nx-route-private.h"
#include "nx-settings-properties-private.h"
#include "nx-web-socket-private.h"

#include "protocol/nx-authority-private.h"
#include "protocol/nx-extension-private.h"
#include "protocol/nx-subprotocol-private.h"
#include "transport/nx-answer-private.h"
#include "transport/nx-http-stream-private.h"
#include "transport/nx-socket-stream-private.h"

#define REFUSAL_TIMEOUT_MS 2000

/* A plain request's peer has so long for each of its turns: to send its body, and to read the answer. */
#define HTTP_TIMEOUT_MS (30 * 1000)

void
nx_app_take_descriptor (NxListener *listener,
                        int fd,
                        GSocketAddress *local,
                        GSocketAddress *remote,
                        gpointer data)
{
  NxApp *self = data;
  NxAppPrivate *priv = nx_app_get_private (self);
  NxStream *stream = nx_socket_stream_new_accepted (priv->reactor, fd, local, remote);

  if (stream != NULL && nx_listener_is_secure (listener))
    stream = nx_tls_stream_new (stream, priv->tls);
  if (stream != NULL)
    nx_app_take_stream (self, stream);
}

void
nx_app_take_stream (NxApp *self, NxStream *stream)
{
  NxAppPrivate *priv = nx_app_get_private (self);

  priv->n_accepted++;
  nx_gate_admit (priv->gate, stream);
}

/* -- What is checked of every request -- */

/* To a socket that serves both families, 127.0.0.1 is ::ffff:127.0.0.1. */
static gboolean
is_mapped_loopback (GInetAddress *address)
{
  static const guint8 prefix[13] = { [10] = 0xff, [11] = 0xff, [12] = 127 };

  return g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6
         && memcmp (g_inet_address_to_bytes (address), prefix, sizeof prefix) == 0;
}

static gboolean
is_loopback (GSocketAddress *address)
{
  GInetAddress *inet;

  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return FALSE;
  inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  return g_inet_address_get_is_loopback (inet) || is_mapped_loopback (inet);
}

static guint16
default_port (NxStream *stream)
{
  return stream->is_secure ? 443 : 80;
}

static gboolean
host_equals (const NxAuthority *host, const char *allowed)
{
  NxAuthority other;

  if (strcmp (allowed, "*") == 0)
    return TRUE;
  return nx_authority_parse (allowed, strlen (allowed), &other)
         && (!other.has_port || (host->has_port && host->port == other.port))
         && host->host_length == other.host_length
         && g_ascii_strncasecmp (host->host, other.host, host->host_length) == 0;
}

/* A page on the network that has its name point to the loopback must not reach what listens there. */
static gboolean
is_host_allowed (NxAppPrivate *priv, NxStream *stream, const char *value, gsize length)
{
  NxAuthority host;

  if (!nx_authority_parse (value, length, &host))
    return FALSE;
  if (priv->allowed_hosts == NULL)
    return stream->is_trusted_local || !is_loopback (stream->local)
           || nx_authority_is_loopback (&host);
  for (guint i = 0; priv->allowed_hosts[i] != NULL; i++)
    if (host_equals (&host, priv->allowed_hosts[i]))
      return TRUE;
  return FALSE;
}

/* Pages of the very host and port that they connect to. */
static gboolean
is_same_origin (NxStream *stream, const char *host, const char *origin)
{
  NxAuthority authority;

  /* A page that came without TLS may be anybody's. The other way round it was a proxy that took TLS off. */
  if (stream->is_secure && g_ascii_strncasecmp (origin, "https:", 6) != 0)
    return FALSE;
  return host != NULL && nx_authority_parse (host, strlen (host), &authority)
         && nx_authority_matches_origin (&authority, default_port (stream), origin,
                                         strlen (origin));
}

static gboolean
is_origin_allowed (NxAppPrivate *priv, NxStream *stream, const char *host, const char *origin)
{
  if (origin == NULL)
    return TRUE;
  if (priv->allowed_origins == NULL)
    return is_same_origin (stream, host, origin);
  for (guint i = 0; priv->allowed_origins[i] != NULL; i++)
    if (strcmp (priv->allowed_origins[i], "*") == 0
        || g_ascii_strcasecmp (priv->allowed_origins[i], origin) == 0)
      return TRUE;
  return FALSE;
}

/* -- From the gate -- */

/* Takes @stream. */
static void
refuse_stream (NxApp *self, NxStream *stream, const char *head, gsize size, guint status)
{
  g_autoptr (GSocketAddress) remote = g_object_ref (stream->remote);

  nx_lingerer_add (nx_app_get_private (self)->lingerer, stream, nx_answer_new (status, NULL, NULL),
                   REFUSAL_TIMEOUT_MS);
  nx_app_tell_refused_head (self, remote, head, size, status);
}

static gboolean
is_crowded (NxAppPrivate *priv)
{
  return priv->max_connections > 0
         && nx_connection_list_get_size (priv->connections) + priv->n_plain_requests
                >= priv->max_connections;
}

static void
plain_request_over_cb (gpointer data, GObject *stream)
{
  g_autoptr (NxAppHandle) handle = data;

  if (handle->app == NULL)
    return;
  nx_app_get_private (handle->app)->n_plain_requests--;
  nx_app_connection_closed (handle->app);
}

static void
count_plain_request (NxAppPrivate *priv, GIOStream *stream)
{
  priv->n_plain_requests++;
  g_object_weak_ref (G_OBJECT (stream), plain_request_over_cb, nx_app_handle_ref (priv->handle));
}

static void
hand_to_server (NxAppPrivate *priv,
                NxStream *stream,
                const NxHead *head,
                const guint8 *data,
                gsize length)
{
  gsize n_body = MIN (length - head->length, head->body_length);
  g_autofree guint8 *copy = g_memdup2 (data, head->length + n_body);
  gsize head_length = nx_request_head_strip ((char *) copy, head->length, "Range");
  g_autoptr (SoupServer) server = g_object_ref (priv->server); /* a handler may drop the app */
  g_autoptr (GIOStream) io_stream = NULL;
  g_autoptr (GSocketAddress) local = g_object_ref (stream->local);
  g_autoptr (GSocketAddress) remote = g_object_ref (stream->remote);
  g_autoptr (GError) error = NULL;

  memmove (copy + head_length, data + head->length, n_body);
  io_stream = nx_http_stream_new (stream, priv->lingerer, copy, head_length + n_body,
                                  head->body_length - n_body, HTTP_TIMEOUT_MS);
  count_plain_request (priv, io_stream);
  if (!soup_server_accept_iostream (server, io_stream, local, remote, &error))
    g_debug ("libsoup took no request: %s", error->message);
}

void
nx_app_take_head (NxStream *stream,
                  const NxHead *head,
                  const guint8 *data,
                  gsize length,
                  gpointer self)
{
  NxAppPrivate *priv = nx_app_get_private (self);
  const char *host;
  gsize host_length;

  if (nx_request_head_find ((const char *) data, head->length, "Host", &host, &host_length)
      && !is_host_allowed (priv, stream, host, host_length))
    {
      g_message ("Refused a request for host \"%.*s\" with 421: not in allowed-hosts",
                 (int) MIN (host_length, 128), host);
      refuse_stream (self, stream, (const char *) data, head->length, 421);
    }
  else if (head->verdict != NX_HEAD_UPGRADE && is_crowded (priv))
    refuse_stream (self, stream, (const char *) data, head->length, 503);
  else if (head->verdict == NX_HEAD_UPGRADE)
    nx_handshaker_begin (priv->handshaker, stream, data, head->length, length);
  else
    hand_to_server (priv, stream, head, data, length);
}

/* -- From the handshake -- */

static char *
dup_address (GSocketAddress *address)
{
  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return NULL;
  return g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

static gboolean
has_too_many (NxAppPrivate *priv, NxStream *stream)
{
  g_autofree char *address = NULL;

  if (priv->max_connections_per_address == 0 || stream->is_trusted_local)
    return FALSE;
  address = dup_address (stream->remote);
  return GPOINTER_TO_UINT (g_hash_table_lookup (priv->n_per_address, address))
         >= priv->max_connections_per_address;
}

static void
count_address (NxAppPrivate *priv, GSocketAddress *remote, int change)
{
  char *address = dup_address (remote);
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (priv->n_per_address, address)) + change;

  if (n > 0)
    g_hash_table_insert (priv->n_per_address, address, GUINT_TO_POINTER (n));
  else
    {
      g_hash_table_remove (priv->n_per_address, address);
      g_free (address);
    }
}

static gboolean
are_offers_well_formed (SoupMessageHeaders *headers)
{
  const char *extensions = soup_message_headers_get_list (headers, "Sec-WebSocket-Extensions");
  const char *subprotocols = soup_message_headers_get_list (headers, "Sec-WebSocket-Protocol");
  g_auto (GStrv) names = NULL;

  if (extensions != NULL)
    {
      const NxDeflateOptions options = { .window_bits = 12 };
      NxDeflateParams params;
      g_autoptr (GString) answer = g_string_new (NULL);

      if (nx_extension_negotiate_deflate (extensions, &options, &params, answer)
          == NX_NEGOTIATION_MALFORMED)
        return FALSE;
    }
  if (subprotocols == NULL)
    return TRUE;
  names = nx_subprotocol_split (subprotocols);
  return names != NULL;
}

/* Before any code of the application: 0, or the status to refuse with. */
static guint
screen (NxAppPrivate *priv, NxHandshake *handshake)
{
  NxStream *stream = nx_handshake_get_stream (handshake);
  SoupMessageHeaders *headers =
      soup_server_message_get_request_headers (nx_handshake_get_message (handshake));
  const char *origin = soup_message_headers_get_one (headers, "Origin");
  const char *host = soup_message_headers_get_one (headers, "Host");

  /* A check of the application's may have disposed of the app. */
  if (priv->handle->app == NULL || priv->is_stopping || priv->n_undecided >= priv->max_undecided
      || is_crowded (priv))
    return 503;
  if (has_too_many (priv, stream))
    return 429;
  if (!are_offers_well_formed (headers))
    return 400;
  if (!is_origin_allowed (priv, stream, host, origin))
    {
      g_message ("Refused origin \"%.128s\" with 403: not in allowed-origins", origin);
      return 403;
    }
  return 0;
}

static guint
match (NxApp *self, NxHandshake *handshake, NxRouteMatch *found)
{
  g_autoptr (GBytes) head = nx_handshake_get_head (handshake);
  g_autoptr (NxPath) path = NULL;
  gsize size, length;
  const char *data = g_bytes_get_data (head, &size);
  const char *target = nx_request_find_target (data, size, &length);

  path = nx_path_parse (target, length);
  if (path == NULL)
    return 400;
  nx_router_match (NX_ROUTER (self), path, found);
  return found->route != NULL ? 0 : 404;
}

static void
closed_cb (NxWebSocket *ws, gpointer owner)
{
  g_autoptr (NxApp) self = g_object_ref (owner); /* the list tells its change */
  NxAppPrivate *priv = nx_app_get_private (self);

  if (ws->is_address_counted)
    count_address (priv, ws->remote_address, -1);
  nx_groups_leave_all (ws);
  /* Whoever is told that it leaves the list may drop the app. */
  g_object_ref (self);
  nx_connection_list_remove (priv->connections, ws);
  nx_app_connection_closed (self);
  g_object_unref (self);
}

static void
decided_cb (NxWebSocket *ws, gpointer owner)
{
  nx_app_get_private (owner)->n_undecided--;
}

static const NxAdmissionFuncs admission_funcs = { .decided = decided_cb, .closed = closed_cb };

/* Takes @handshake. */
static void
refuse_handshake (NxApp *self, NxHandshake *handshake, guint status)
{
  g_autoptr (GSocketAddress) remote = g_object_ref (nx_handshake_get_stream (handshake)->remote);
  g_autoptr (GBytes) head = nx_handshake_get_head (handshake);

  nx_handshake_refuse (handshake, status, NULL);
  nx_handshake_free (handshake);
  nx_app_take_answered (remote, head, status, self);
}

void
nx_app_take_handshake (NxHandshake *handshake, gpointer data)
{
  NxApp *self = data;
  NxAppPrivate *priv = nx_app_get_private (self);
  NxRouteMatch found = { 0 };
  g_autoptr (NxSettings) settings = NULL;
  g_autoptr (NxWebSocket) ws = NULL;
  g_autofree char *user = NULL;
  guint status = screen (priv, handshake);
  guint timeout_ms;

  if (status == 0 && !nx_handshake_get_user (handshake, &user))
    status = 400;
  if (status == 0)
    status = match (self, handshake, &found);
  if (status != 0)
    {
      nx_route_match_clear (&found);
      refuse_handshake (self, handshake, status);
      return;
    }

  settings = nx_route_dup_settings (found.route, priv->settings);
  nx_settings_check (settings);
  ws = nx_web_socket_new (priv->handle, priv->reactor, settings, handshake, ++priv->n_serials);
  ws->user = g_steal_pointer (&user);
  priv->n_undecided++;
  ws->is_address_counted = priv->max_connections_per_address > 0
                           && !nx_handshake_get_stream (handshake)->is_trusted_local;
  if (ws->is_address_counted)
    count_address (priv, ws->remote_address, 1);
  nx_admission_attach (ws, &found, &admission_funcs, self);
  nx_route_match_clear (&found);
  /* Whoever is told that it is in the list may refuse it, or drop the app. */
  timeout_ms = priv->decision_timeout_ms;
  g_object_ref (self);
  nx_connection_list_add (priv->connections, ws, NULL);
  g_object_unref (self);
  nx_web_socket_start_deciding (ws, timeout_ms);
}
