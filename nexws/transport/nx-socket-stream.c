/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-socket-stream-private.h"

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  NxStream parent;
  NxWatch watch;
  gboolean hangup_said;
} NxSocketStream;

static guint32
epoll_interest (NxSocketStream *self, NxReady interest)
{
  guint32 events = 0;

  if (interest & NX_READY_READ)
    events |= EPOLLIN;
  else if (!self->hangup_said)
    events |= EPOLLRDHUP;
  if (interest & NX_READY_WRITE)
    events |= EPOLLOUT;
  /* The kernel reports a hang-up whether it was asked to or not. It was said: once at its edge is enough. */
  if (events == 0)
    events = EPOLLET;
  return events;
}

static void
watch_cb (NxWatch *watch, guint32 events)
{
  NxSocketStream *self =
      (NxSocketStream *) ((guint8 *) watch - G_STRUCT_OFFSET (NxSocketStream, watch));
  NxStream *stream = &self->parent;
  NxReady ready = 0;

  /* To a reader an error or a hang-up shows itself at the next read, behind whatever is still there. */
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
    ready |= stream->interest & NX_READY_READ;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
    ready |= stream->interest & NX_READY_WRITE;
  /* The kernel has an edge for the FIN, one for a reset, and one more when the interest changes. */
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR) && !(stream->interest & NX_READY_READ)
      && !self->hangup_said)
    {
      ready |= NX_READY_HANGUP;
      self->hangup_said = TRUE;
      nx_reactor_change_watch (stream->reactor, watch, epoll_interest (self, stream->interest));
    }
  if (ready != 0 && stream->func != NULL)
    stream->func (stream, ready, stream->owner);
}

static void
socket_stream_set_interest (NxStream *stream, NxReady interest)
{
  NxSocketStream *self = (NxSocketStream *) stream;

  nx_reactor_change_watch (stream->reactor, &self->watch, epoll_interest (self, interest));
}

static gssize
io_result (gssize n)
{
  if (n >= 0)
    return n;
  return errno == EAGAIN || errno == EINTR ? NX_IO_BLOCKED : NX_IO_FAILED;
}

static gssize
socket_stream_read (NxStream *stream, guint8 *buffer, gsize size)
{
  NxSocketStream *self = (NxSocketStream *) stream;

  return io_result (recv (self->watch.fd, buffer, size, MSG_DONTWAIT));
}

static gssize
socket_stream_write (NxStream *stream, const struct iovec *parts, guint n_parts)
{
  NxSocketStream *self = (NxSocketStream *) stream;
  struct msghdr message = { .msg_iov = (struct iovec *) parts, .msg_iovlen = n_parts };

  if (n_parts == 1)
    return io_result (
        send (self->watch.fd, parts->iov_base, parts->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL));
  return io_result (sendmsg (self->watch.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

static void
socket_stream_shutdown_write (NxStream *stream)
{
  NxSocketStream *self = (NxSocketStream *) stream;

  shutdown (self->watch.fd, SHUT_WR);
}

static void
socket_stream_free (NxStream *stream)
{
  NxSocketStream *self = (NxSocketStream *) stream;
  int fd = self->watch.fd;

  nx_reactor_remove_watch (stream->reactor, &self->watch);
  close (fd);
  nx_stream_clear (stream);
  g_free (self);
}

static const NxStreamClass socket_stream_class = {
  .read = socket_stream_read,
  .write = socket_stream_write,
  .set_interest = socket_stream_set_interest,
  .shutdown_write = socket_stream_shutdown_write,
  .free = socket_stream_free,
};

/*
 * libsoup logs criticals about a request without addresses it can print, so a unix socket gets the address of the
 * loopback.
 */
static void
become_local (NxStream *self, int fd)
{
  struct ucred native;
  socklen_t length = sizeof native;

  self->is_trusted_local = TRUE;
  g_object_unref (self->local);
  g_object_unref (self->remote);
  self->local = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  self->remote = g_object_ref (self->local);
  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &native, &length) != 0)
    return;
  self->credentials = g_credentials_new ();
  g_credentials_set_native (self->credentials, G_CREDENTIALS_TYPE_LINUX_UCRED, &native);
}

static GSocketAddress *
dup_local_address (int fd)
{
  struct sockaddr_storage native;
  socklen_t length = sizeof native;

  return getsockname (fd, (struct sockaddr *) &native, &length) == 0
             ? g_socket_address_new_from_native (&native, length)
             : NULL;
}

static GSocketAddress *
dup_remote_address (int fd)
{
  struct sockaddr_storage native;
  socklen_t length = sizeof native;

  return getpeername (fd, (struct sockaddr *) &native, &length) == 0
             ? g_socket_address_new_from_native (&native, length)
             : NULL;
}

NxStream *
nx_socket_stream_new_accepted (NxReactor *reactor,
                               int fd,
                               GSocketAddress *local,
                               GSocketAddress *remote)
{
  NxSocketStream *self = g_new0 (NxSocketStream, 1);
  NxStream *stream = &self->parent;

  nx_stream_init (stream, &socket_stream_class, reactor,
                  local != NULL ? local : dup_local_address (fd),
                  remote != NULL ? remote : dup_remote_address (fd));
  self->watch.fd = fd;
  /* Whoever owns it will want to read first. */
  stream->interest = NX_READY_READ;
  if (stream->local == NULL || stream->remote == NULL
      || !nx_reactor_add_watch (reactor, &self->watch, fd, epoll_interest (self, NX_READY_READ),
                                watch_cb))
    {
      close (fd);
      nx_stream_clear (stream);
      g_free (self);
      return NULL;
    }
  if (G_IS_UNIX_SOCKET_ADDRESS (stream->local))
    become_local (stream, fd);
  return stream;
}

NxStream *
nx_socket_stream_new (NxReactor *reactor, int fd)
{
  return nx_socket_stream_new_accepted (reactor, fd, NULL, NULL);
}
