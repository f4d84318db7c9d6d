/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-listener-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define BACKLOG 4096
#define ACCEPTS_A_TURN 64
#define SHARED_ACCEPTS_A_TURN 1
#define PAUSE_US (100 * 1000)
#define LOG_EVERY_US (60 * G_USEC_PER_SEC)
#define KEEPALIVE_S 60
#define KEEPALIVE_PROBES 3

struct _NxListener
{
  NxReactor *reactor;
  GSocket *socket;
  GSocketAddress *local; /* of every connection; NULL when it depends */
  gboolean is_secure;
  gboolean is_shared;
  char *unix_path; /* nullable */
  GStatBuf unix_file;
  NxListenerFunc func;
  gpointer owner;
  NxWatch watch;
  NxTimer pause;
  gint64 logged_us;
};

static void watch_cb (NxWatch *watch, guint32 ready);

static gboolean
begin_watch (NxListener *self)
{
  return nx_reactor_add_watch (self->reactor, &self->watch, g_socket_get_fd (self->socket),
                               self->is_shared ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN, watch_cb);
}

/* An exclusive interest can be taken back, and not changed. */
static void
look_away (NxListener *self)
{
  if (self->is_shared)
    nx_reactor_remove_watch (self->reactor, &self->watch);
  else
    nx_reactor_change_watch (self->reactor, &self->watch, 0);
}

static void
resume_cb (NxTimer *timer)
{
  NxListener *self = (NxListener *) ((guint8 *) timer - G_STRUCT_OFFSET (NxListener, pause));

  if (!self->is_shared)
    nx_reactor_change_watch (self->reactor, &self->watch, EPOLLIN);
  else if (!begin_watch (self))
    nx_reactor_start_timer (self->reactor, &self->pause,
                            nx_reactor_get_now (self->reactor) + PAUSE_US);
}

/* Out of descriptors, or of memory: a listening socket stays ready, so look away for a while. */
static void
take_a_pause (NxListener *self, int error_number)
{
  gint64 now_us = nx_reactor_get_now (self->reactor);

  if (self->logged_us == 0 || now_us - self->logged_us >= LOG_EVERY_US)
    {
      self->logged_us = now_us;
      g_warning ("Cannot accept connections: %s; trying again ten times a second",
                 g_strerror (error_number));
    }
  look_away (self);
  nx_reactor_start_timer (self->reactor, &self->pause, now_us + PAUSE_US);
}

static gboolean
is_about_one_connection (int error_number)
{
  return error_number == ECONNABORTED || error_number == EINTR || error_number == EPROTO
         || error_number == EPERM;
}

static void
take (NxListener *self, int fd, gpointer native, socklen_t length)
{
  self->func (self, fd, self->local != NULL ? g_object_ref (self->local) : NULL,
              self->local != NULL ? g_socket_address_new_from_native (native, length) : NULL,
              self->owner);
}

static void
watch_cb (NxWatch *watch, guint32 ready)
{
  NxListener *self = (NxListener *) ((guint8 *) watch - G_STRUCT_OFFSET (NxListener, watch));
  guint n_most = self->is_shared ? SHARED_ACCEPTS_A_TURN : ACCEPTS_A_TURN;

  for (guint n = 0; n < n_most; n++)
    {
      struct sockaddr_storage native;
      socklen_t length = sizeof native;
      int fd =
          accept4 (watch->fd, (struct sockaddr *) &native, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);

      if (fd >= 0)
        take (self, fd, &native, length);
      else if (errno == EAGAIN)
        return;
      else if (!is_about_one_connection (errno))
        {
          take_a_pause (self, errno);
          return;
        }
    }
}

/* The address that all connections have at our end; NULL when we listen on several, or on a unix socket. */
static GSocketAddress *
dup_common_address (GSocket *socket)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);

  if (!G_IS_INET_SOCKET_ADDRESS (address)
      || g_inet_address_get_is_any (
          g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address))))
    return NULL;
  return g_steal_pointer (&address);
}

/* @what: as the beginning of a sentence that ends with what the kernel says. */
static gpointer
fail (GError **error, const char *what)
{
  int saved_errno = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno), "%s%s", what,
               g_strerror (saved_errno));
  return NULL;
}

static gboolean
set_options (int fd, int family, gboolean reuse_port)
{
  if (family == AF_UNIX)
    return TRUE;
  if (family == AF_INET6
      && setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 1 }, sizeof (int)) != 0)
    return FALSE;
  return setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof (int)) == 0
         && (!reuse_port
             || setsockopt (fd, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof (int)) == 0);
}

/* By hand, since g_socket_bind() takes SO_REUSEPORT back from a stream socket. */
GSocket *
nx_listener_bind (GSocketAddress *address, gboolean reuse_port, GError **error)
{
  g_autoptr (GSocket) socket =
      g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM, 0, error);
  struct sockaddr_storage native;
  gssize size = g_socket_address_get_native_size (address);
  int fd;

  if (socket == NULL || !g_socket_address_to_native (address, &native, sizeof native, error))
    return NULL;
  fd = g_socket_get_fd (socket);
  if (!set_options (fd, native.ss_family, reuse_port)
      || bind (fd, (struct sockaddr *) &native, (socklen_t) size) != 0)
    return fail (error, "");
  return g_steal_pointer (&socket);
}

GSocket *
nx_listener_adopt (int fd, GError **error)
{
  GSocket *socket = g_socket_new_from_fd (fd, error);

  if (socket != NULL)
    fcntl (fd, F_SETFD, FD_CLOEXEC);
  return socket;
}

/*
 * Which the connections inherit; a unix socket has none of them. The kernel's keepalive is for peers whose host is gone while
 * we do not read: then no ping of ours is unanswered.
 */
static void
set_inherited_options (int fd)
{
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof (int));
  setsockopt (fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof (int));
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPIDLE, &(int){ KEEPALIVE_S }, sizeof (int));
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPINTVL, &(int){ KEEPALIVE_S }, sizeof (int));
  setsockopt (fd, IPPROTO_TCP, TCP_KEEPCNT, &(int){ KEEPALIVE_PROBES }, sizeof (int));
}

NxListener *
nx_listener_new (NxReactor *reactor,
                 GSocket *socket,
                 gboolean is_secure,
                 NxListenerFunc func,
                 gpointer owner,
                 GError **error)
{
  g_autofree NxListener *self = g_new0 (NxListener, 1);
  int fd = g_socket_get_fd (socket);

  g_socket_set_blocking (socket, FALSE);
  /* Not g_socket_listen(): it has a backlog of 10 for one that listens already, such as systemd's. */
  if (listen (fd, BACKLOG) != 0)
    return fail (error, "Cannot listen: ");
  if (!nx_reactor_add_watch (reactor, &self->watch, fd, EPOLLIN, watch_cb))
    return fail (error, "Cannot watch a listening socket: ");
  self->reactor = nx_reactor_ref (reactor);
  self->socket = g_object_ref (socket);
  self->local = dup_common_address (socket);
  set_inherited_options (fd);
  self->is_secure = is_secure;
  self->func = func;
  self->owner = owner;
  nx_timer_init (&self->pause, resume_cb);
  return g_steal_pointer (&self);
}

/* Unless it was moved away meanwhile, and the file is a successor's. */
static void
remove_unix_file (NxListener *self)
{
  GStatBuf now;

  if (self->unix_path != NULL && g_lstat (self->unix_path, &now) == 0
      && now.st_dev == self->unix_file.st_dev && now.st_ino == self->unix_file.st_ino)
    g_unlink (self->unix_path);
  g_free (self->unix_path);
}

void
nx_listener_free (NxListener *self)
{
  nx_reactor_stop_timer (self->reactor, &self->pause);
  nx_reactor_remove_watch (self->reactor, &self->watch);
  g_socket_close (self->socket, NULL);
  remove_unix_file (self);
  g_object_unref (self->socket);
  g_clear_object (&self->local);
  nx_reactor_unref (self->reactor);
  g_free (self);
}

void
nx_listener_share (NxListener *self)
{
  nx_reactor_remove_watch (self->reactor, &self->watch);
  self->is_shared = TRUE;
  if (!begin_watch (self))
    nx_reactor_start_timer (self->reactor, &self->pause, 0);
}

GSocket *
nx_listener_get_socket (NxListener *self)
{
  return self->socket;
}

gboolean
nx_listener_is_secure (NxListener *self)
{
  return self->is_secure;
}

void
nx_listener_set_unix_path (NxListener *self, const char *path)
{
  if (g_lstat (path, &self->unix_file) == 0)
    self->unix_path = g_strdup (path);
}
