/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The physical limit here: one epoll descriptor in one GSource, recv, unmask, one send a connection and turn, and nothing
 * else: no check, no limit, no queue. It is what any server on a GLib main loop would have to do at least. What comes at a path that
 * ends in "broadcast" goes to all who came there: one concatenated block a member and turn. With REDIS in the environment, as the servers that
 * are measured in two processes have it, that block goes to the other process as well: in one datagram, and without a Redis.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BUFFER (64 * 1024)

typedef struct
{
  int fd;
  gboolean is_open;
  gboolean is_member;
  gsize n_kept; /* an unfinished frame */
  guint8 *kept;
} Peer;

static int epoll_fd, listen_fd;
static GPtrArray *members; /* of Peer */
static GByteArray *batch;  /* of this turn */
static int other_fd = -1;  /* (-1: there is none) from the other process, and to … */
static struct sockaddr_un other;

static void
forget (Peer *peer)
{
  g_ptr_array_remove_fast (members, peer);
  close (peer->fd);
  g_free (peer->kept);
  g_free (peer);
}

static void
accept_some (void)
{
  int fd;

  while ((fd = accept4 (listen_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
    {
      Peer *peer = g_new0 (Peer, 1);
      struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };

      peer->fd = fd;
      setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof (int));
      epoll_ctl (epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

static void
shake_hands (Peer *peer, const char *head)
{
  const char *key = strstr (head, "Sec-WebSocket-Key: ");
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize size = sizeof digest;
  g_autofree char *accept = NULL;
  char answer[256];
  int n;

  if (key == NULL)
    return;
  g_checksum_update (checksum, (const guint8 *) key + 19, 24);
  g_checksum_update (checksum, (const guint8 *) "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
  g_checksum_get_digest (checksum, digest, &size);
  accept = g_base64_encode (digest, size);
  n = snprintf (answer, sizeof answer,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: %s\r\n\r\n",
                accept);
  send (peer->fd, answer, n, MSG_NOSIGNAL);
  peer->is_open = TRUE;
  peer->is_member = strstr (head, "broadcast HTTP/") != NULL;
  if (peer->is_member)
    g_ptr_array_add (members, peer);
}

/* Frames of at most 65535 octets, in place; returns how many octets are used up. */
static gsize
echo_frames (Peer *peer, guint8 *data, gsize size)
{
  gsize from = 0, to = 0;

  while (size - from >= 6)
    {
      gsize length = data[from + 1] & 0x7f, header = 2;
      guint8 mask[4];

      if (length == 126)
        {
          length = data[from + 2] << 8 | data[from + 3];
          header = 4;
        }
      if (size - from < header + 4 + length)
        break;
      memcpy (mask, data + from + header, 4);
      memmove (data + to, data + from, header);
      data[to + 1] &= 0x7f;
      for (gsize i = 0; i < length; i++)
        data[to + header + i] = data[from + header + 4 + i] ^ mask[i & 3];
      from += header + 4 + length;
      to += header + length;
    }
  if (peer->is_member)
    g_byte_array_append (batch, data, to);
  else if (to > 0)
    send (peer->fd, data, to, MSG_NOSIGNAL);
  return from;
}

static void
serve (Peer *peer)
{
  static guint8 buffer[BUFFER * 2 + 1];
  gssize n;
  gsize used;

  memcpy (buffer, peer->kept, peer->n_kept);
  n = recv (peer->fd, buffer + peer->n_kept, BUFFER, 0);
  if (n <= 0)
    {
      forget (peer);
      return;
    }
  n += peer->n_kept;
  g_clear_pointer (&peer->kept, g_free);
  peer->n_kept = 0;
  if (!peer->is_open)
    {
      buffer[n] = '\0';
      shake_hands (peer, (char *) buffer);
      return;
    }
  used = echo_frames (peer, buffer, n);
  if (used < (gsize) n)
    {
      peer->n_kept = n - used;
      peer->kept = g_memdup2 (buffer + used, peer->n_kept);
    }
}

/* The first one is at one name, and the second one, which finds that taken, at the other. */
static void
find_other (const char *path)
{
  struct sockaddr_un own = { .sun_family = AF_UNIX };
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = &other };

  other.sun_family = AF_UNIX;
  g_snprintf (own.sun_path, sizeof own.sun_path, "%s.0", path);
  g_snprintf (other.sun_path, sizeof other.sun_path, "%s.1", path);
  other_fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  if (bind (other_fd, (struct sockaddr *) &own, sizeof own) != 0)
    {
      struct sockaddr_un first = own;

      own = other;
      other = first;
      bind (other_fd, (struct sockaddr *) &own, sizeof own);
    }
  epoll_ctl (epoll_fd, EPOLL_CTL_ADD, other_fd, &event);
}

static void
send_to_members (const guint8 *data, gsize size)
{
  for (guint i = 0; size > 0 && i < members->len; i++)
    send (((Peer *) g_ptr_array_index (members, i))->fd, data, size, MSG_NOSIGNAL);
}

static void
take_from_other (void)
{
  static guint8 buffer[BUFFER];
  gssize n = recv (other_fd, buffer, sizeof buffer, 0);

  send_to_members (buffer, n > 0 ? n : 0);
}

static gboolean
ready_cb (int fd, GIOCondition condition, gpointer data)
{
  struct epoll_event events[256];
  int n = epoll_wait (epoll_fd, events, 256, 0);

  for (int i = 0; i < n; i++)
    {
      if (events[i].data.ptr == NULL)
        accept_some ();
      else if (events[i].data.ptr == &other)
        take_from_other ();
      else
        serve (events[i].data.ptr);
    }
  send_to_members (batch->data, batch->len);
  if (batch->len > 0 && other_fd >= 0)
    sendto (other_fd, batch->data, batch->len, 0, (struct sockaddr *) &other, sizeof other);
  g_byte_array_set_size (batch, 0);
  return G_SOURCE_CONTINUE;
}

#include <glib-unix.h>

int
main (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };

  members = g_ptr_array_new ();
  batch = g_byte_array_new ();
  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  listen_fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  bind (listen_fd, (struct sockaddr *) &address, sizeof address);
  listen (listen_fd, 4096);
  getsockname (listen_fd, (struct sockaddr *) &address, &length);
  epoll_fd = epoll_create1 (0);
  epoll_ctl (epoll_fd, EPOLL_CTL_ADD, listen_fd, &event);
  if (g_getenv ("REDIS") != NULL)
    find_other (g_getenv ("REDIS"));
  g_unix_fd_add (epoll_fd, G_IO_IN, ready_cb, NULL);
  printf ("listening on ws://127.0.0.1:%u\n", ntohs (address.sin_port));
  fflush (stdout);
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
  return 0;
}
