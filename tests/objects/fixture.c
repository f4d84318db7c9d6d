/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Of the kernel's enum, which it shows to nobody together with the rest. */
#define FIN_WAIT1 4

#define START_US (1000 * G_USEC_PER_SEC)

/* -- Clients -- */

static void
take_event (Client *self, NxEvent *event)
{
  switch (event->kind)
    {
    case NX_EVENT_MESSAGE:
      g_queue_push_tail (&self->messages, g_bytes_new (event->data, event->length));
      break;
    case NX_EVENT_PING:
      self->n_pings++;
      break;
    case NX_EVENT_PONG:
      self->n_pongs++;
      break;
    case NX_EVENT_CLOSE:
      self->close_code = event->code;
      self->close_reason = g_strndup ((const char *) event->data, event->length);
      break;
    case NX_EVENT_FAILURE:
      self->fault = event->fault;
      g_error ("the server broke the protocol: %s", nx_fault_to_string (event->fault));
      break;
    }
  g_clear_pointer (&event->frame, nx_frame_unref);
}

static void
take_frames (Client *self, guint8 *data, gsize length)
{
  NxEvent event;

  nx_receiver_feed (&self->receiver, data, length, START_US);
  while (nx_receiver_next (&self->receiver, &event))
    take_event (self, &event);
  nx_receiver_hold (&self->receiver);
}

static void
take_octets (Client *self, guint8 *data, gsize length)
{
  const char *end;
  gsize head_length, n_behind;
  g_autofree guint8 *behind = NULL;

  if (self->status == 101)
    {
      take_frames (self, data, length);
      return;
    }
  g_byte_array_append (self->head, data, length);
  end = g_strstr_len ((const char *) self->head->data, self->head->len, "\r\n\r\n");
  if (end == NULL)
    return;
  head_length = end + 4 - (const char *) self->head->data;
  self->status = (guint) g_ascii_strtoull ((const char *) self->head->data + 9, NULL, 10);
  if (self->status != 101)
    return;
  n_behind = self->head->len - head_length;
  behind = g_memdup2 (self->head->data + head_length, n_behind);
  g_byte_array_set_size (self->head, head_length);
  take_frames (self, behind, n_behind);
}

static void
read_memory (Client *self)
{
  g_autoptr (GByteArray) octets = g_byte_array_new ();

  if (nx_memory_peer_take (self->peer, octets) > 0)
    take_octets (self, octets->data, octets->len);
  if (nx_memory_peer_is_ended (self->peer))
    self->is_ended = TRUE;
  if (nx_memory_peer_was_reset (self->peer))
    self->was_reset = TRUE;
}

static void
read_socket (Client *self)
{
  static guint8 buffer[65536];

  while (!self->is_ended)
    {
      gssize n = recv (self->fd, buffer, sizeof buffer, MSG_DONTWAIT);

      if (n < 0 && errno == EAGAIN)
        return;
      if (n > 0)
        take_octets (self, buffer, n);
      else
        {
          self->is_ended = TRUE;
          self->was_reset = n < 0;
        }
    }
}

static void
client_read (Client *self)
{
  if (!self->is_reading)
    return;
  if (self->peer != NULL)
    read_memory (self);
  else
    read_socket (self);
}

void
client_set_reading (Client *self, gboolean reading)
{
  self->is_reading = reading;
  if (self->peer != NULL)
    nx_memory_peer_set_capacity (self->peer, reading ? 256 * 1024 : 0);
}

static Client *
client_make (Fixture *f)
{
  Client *self = g_new0 (Client, 1);

  self->fixture = f;
  self->fd = self->server_fd = -1;
  self->is_reading = TRUE;
  self->head = g_byte_array_new ();
  self->limits = (NxReceiverLimits){ .max_message_size = G_MAXINT32, .max_fragments = G_MAXUINT };
  nx_receiver_init (&self->receiver, NX_SIDE_CLIENT, &self->limits, NULL);
  g_ptr_array_add (f->clients, self);
  return self;
}

static Client *
connect_to (Fixture *f, const struct sockaddr *address, socklen_t length)
{
  Client *self = client_make (f);

  self->fd = socket (address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (self->fd, address, length), ==, 0);
  /* Or the second of two frames would wait for the server's kernel to acknowledge the first. */
  setsockopt (self->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof (int));
  return self;
}

Client *
client_connect_unix (Fixture *f, const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  return connect_to (f, (struct sockaddr *) &address, sizeof address);
}

Client *
client_connect (Fixture *f)
{
  struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons (f->port) };
  struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons (f->port) };
  Client *self;

  ipv4.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  ipv6.sin6_addr = in6addr_loopback;
  if (f->uses_socket && f->family == AF_INET6)
    return connect_to (f, (struct sockaddr *) &ipv6, sizeof ipv6);
  if (f->uses_socket)
    return connect_to (f, (struct sockaddr *) &ipv4, sizeof ipv4);
  self = client_make (f);
  nx_app_take_stream (f->app,
                      nx_memory_stream_new (nx_app_get_private (f->app)->reactor, &self->peer));
  return self;
}

void
client_send_handshake (Client *self, const char *host, const char *path, const char *headers)
{
  g_autofree char *head =
      g_strdup_printf ("GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "Sec-WebSocket-Version: 13\r\n%s\r\n",
                       path, host, headers);

  client_send_raw (self, head, strlen (head));
}

Client *
client_new (Fixture *f, const char *path, const char *headers)
{
  Client *self = client_connect (f);

  client_send_handshake (self, "localhost", path, headers);
  return self;
}

Client *
client_open (Fixture *f, const char *path)
{
  Client *self = client_new (f, path, "");

  g_assert_cmpuint (client_wait_status (self), ==, 101);
  return self;
}

static void
client_free (Client *self)
{
  if (self->peer != NULL)
    {
      nx_memory_peer_cut (self->peer);
      nx_memory_peer_unref (self->peer);
    }
  if (self->fd >= 0)
    close (self->fd);
  nx_receiver_clear (&self->receiver);
  g_byte_array_unref (self->head);
  g_queue_clear_full (&self->messages, (GDestroyNotify) g_bytes_unref);
  g_free (self->close_reason);
  g_free (self);
}

guint
client_wait_status (Client *self)
{
  wait_until (self->fixture, self->status != 0 || self->is_ended);
  return self->status;
}

gboolean
client_head_has (Client *self, const char *text)
{
  return g_strstr_len ((const char *) self->head->data, self->head->len, text) != NULL;
}

void
client_send_raw (Client *self, gconstpointer data, gsize length)
{
  if (self->peer != NULL)
    nx_memory_peer_send (self->peer, data, length);
  else
    for (gsize sent = 0; sent < length;)
      {
        gssize n = send (self->fd, (const guint8 *) data + sent, length - sent,
                         MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n > 0)
          sent += n;
        else if (errno != EAGAIN)
          return; /* the server has gone: what that means is for the test to see */
        else
          settle (self->fixture);
      }
}

void
client_send_frame (Client *self, NxOpcode opcode, gconstpointer payload, gsize length)
{
  g_autoptr (NxFrame) frame = nx_frame_new (opcode, payload, length);
  g_autoptr (GByteArray) masked = g_byte_array_new ();

  nx_sender_mask_into (masked, frame, 0x37fa213d);
  client_send_raw (self, masked->data, masked->len);
}

void
client_send_text (Client *self, const char *text)
{
  client_send_frame (self, NX_OPCODE_TEXT, text, strlen (text));
}

void
client_send_bytes (Client *self, gconstpointer data, gsize length)
{
  client_send_frame (self, NX_OPCODE_BINARY, data, length);
}

void
client_send_close (Client *self, guint code)
{
  guint8 payload[2] = { (guint8) (code >> 8), (guint8) code };

  client_send_frame (self, NX_OPCODE_CLOSE, payload, code != 1005 ? 2 : 0);
}

void
client_shutdown (Client *self)
{
  if (self->peer != NULL)
    nx_memory_peer_shutdown (self->peer);
  else
    shutdown (self->fd, SHUT_WR);
}

void
client_cut (Client *self)
{
  const struct linger linger = { 1, 0 };

  if (self->peer != NULL)
    {
      nx_memory_peer_cut (self->peer);
      return;
    }
  setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  close (self->fd);
  self->fd = -1;
  self->is_reading = FALSE;
}

char *
client_wait_text (Client *self)
{
  g_autoptr (GBytes) message = NULL;
  gsize length;
  const char *text;

  wait_until (self->fixture, self->messages.length > 0 || self->is_ended);
  g_assert_cmpuint (self->messages.length, >, 0);
  message = g_queue_pop_head (&self->messages);
  text = g_bytes_get_data (message, &length);
  return g_strndup (length > 0 ? text : "", length);
}

void
client_expect_end (Client *self)
{
  wait_until (self->fixture, self->is_ended);
  g_assert_false (self->was_reset);
}

void
client_end_closing (Client *client)
{
  client_expect_close (client, 1001);
  client_send_close (client, 1001);
  client_expect_end (client);
  client_shutdown (client);
  settle (client->fixture);
}

/* -- The fixture -- */

static guint16
get_port (int fd, int (*get) (int, struct sockaddr *, socklen_t *))
{
  union
  {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    struct sockaddr_storage storage;
  } address;
  socklen_t length = sizeof address;

  if (get (fd, &address.any, &length) != 0)
    return 0;
  if (address.any.sa_family == AF_INET)
    return address.ipv4.sin_port;
  return address.any.sa_family == AF_INET6 ? address.ipv6.sin6_port : 0;
}

/* The server's end of a client's connection, which is in this process too; -1 while it is not accepted, or when it is closed. */
static int
find_server_fd (Client *self)
{
  guint16 port = get_port (self->fd, getsockname);

  if (port == 0)
    return -1;
  if (self->server_fd >= 0 && get_port (self->server_fd, getpeername) == port)
    return self->server_fd;
  self->server_fd = -1;
  for (int fd = 3; fd < 256; fd++)
    if (get_port (fd, getpeername) == port)
      self->server_fd = fd;
  return self->server_fd;
}

/* Octets, or an end, that a client has sent and that have not reached the server's socket. */
static gboolean
is_in_flight (Client *self)
{
  struct tcp_info sent, received;
  socklen_t length = sizeof sent;
  int server_fd = self->fd >= 0 ? find_server_fd (self) : -1;

  if (server_fd < 0 || getsockopt (self->fd, IPPROTO_TCP, TCP_INFO, &sent, &length) != 0)
    return FALSE;
  length = sizeof received;
  if (getsockopt (server_fd, IPPROTO_TCP, TCP_INFO, &received, &length) != 0)
    return FALSE;
  return sent.tcpi_bytes_sent - sent.tcpi_bytes_retrans > received.tcpi_bytes_received
         || sent.tcpi_state == FIN_WAIT1;
}

/* Even on the loopback the kernel takes its time when the machine is busy. */
static void
await_arrival (Fixture *f)
{
  for (guint i = 0; i < f->clients->len; i++)
    for (guint n = 0; n < 1000 && is_in_flight (g_ptr_array_index (f->clients, i)); n++)
      g_usleep (100);
}

void
settle (Fixture *f)
{
  for (guint quiet = 0; quiet < 3;)
    {
      await_arrival (f);
      quiet = g_main_context_iteration (NULL, FALSE) ? 0 : quiet + 1;
      for (guint i = 0; i < f->clients->len; i++)
        client_read (g_ptr_array_index (f->clients, i));
    }
}

void
pass_time (Fixture *f, guint ms)
{
  settle (f);
  nx_clock_advance (f->clock, ms * G_GINT64_CONSTANT (1000));
  settle (f);
}

void
stop_app (Fixture *f)
{
  nx_app_stop_async (f->app, NULL, note_stopped_cb, f);
  settle (f);
}

static void
started_signal_cb (NxApp *app, gpointer data)
{
  note (data, "started");
}

static void
stopping_signal_cb (NxApp *app, gpointer data)
{
  note (data, "stopping");
}

static void
stopped_signal_cb (NxApp *app, gpointer data)
{
  note (data, "stopped");
}

void
note_app_signals (Fixture *f)
{
  g_signal_connect (f->app, "started", G_CALLBACK (started_signal_cb), f);
  g_signal_connect (f->app, "stopping", G_CALLBACK (stopping_signal_cb), f);
  g_signal_connect (f->app, "stopped", G_CALLBACK (stopped_signal_cb), f);
}

NxWebSocket *
only_websocket (Fixture *f)
{
  wait_until (f, nx_connection_list_get_size (nx_app_get_private (f->app)->connections) == 1);
  return get_websocket (f);
}

const char *
fixture_get_socket_path (Fixture *f)
{
  if (f->folder == NULL)
    {
      f->folder = g_dir_make_tmp ("nexws-XXXXXX", NULL);
      f->socket_path = g_build_filename (f->folder, "socket", NULL);
    }
  return f->socket_path;
}

static void
remove_folder (Fixture *f)
{
  if (f->folder == NULL)
    return;
  g_unlink (f->socket_path);
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_free (f->socket_path);
  g_free (f->folder);
}

void
listen_on_socket (Fixture *f)
{
  GList *uris;

  g_assert_true (nx_app_listen (f->app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  uris = nx_app_get_uris (f->app);
  f->port = (guint16) g_uri_get_port (uris->data);
  g_list_free_full (uris, (GDestroyNotify) g_uri_unref);
}

void
fixture_begin (Fixture *f)
{
  f->clock = nx_clock_new_manual (START_US);
  nx_clock_set_default (f->clock);
  f->app = nx_app_new ();
  f->log = g_ptr_array_new_with_free_func (g_free);
  f->clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  if (f->uses_socket)
    listen_on_socket (f);
}

void
fixture_end (Fixture *f)
{
  g_ptr_array_unref (f->clients);
  if (f->app != NULL)
    g_assert_finalize_object (f->app);
  /* What the end of the app has ended calls back, and notes that. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_ptr_array_unref (f->log);
  remove_folder (f);
  nx_clock_set_default (NULL);
  nx_clock_unref (f->clock);
}

static void
run (Scenario scenario, gconstpointer data, gboolean uses_socket)
{
  Fixture f = { .uses_socket = uses_socket, .data = data };

  fixture_begin (&f);
  scenario (&f);
  fixture_end (&f);
}

void
fixture_run (Scenario scenario, gboolean uses_socket)
{
  run (scenario, NULL, uses_socket);
}

typedef struct
{
  Scenario scenario;
  gconstpointer data;
} Case;

static void
over_memory (gconstpointer data)
{
  const Case *what = data;

  run (what->scenario, what->data, FALSE);
}

static void
over_socket (gconstpointer data)
{
  const Case *what = data;

  run (what->scenario, what->data, TRUE);
}

static void
add_test (const char *path, Scenario scenario, gconstpointer data, gboolean uses_socket)
{
  const Case what = { scenario, data };

  g_test_add_data_func_full (path, g_memdup2 (&what, sizeof what),
                             uses_socket ? over_socket : over_memory, g_free);
}

void
fixture_add_case (const char *path, Scenario scenario, gconstpointer data)
{
  g_autofree char *memory = g_strconcat (path, "/memory", NULL);
  g_autofree char *socket = g_strconcat (path, "/socket", NULL);

  add_test (memory, scenario, data, FALSE);
  add_test (socket, scenario, data, TRUE);
}

void
fixture_add_scenario (const char *path, Scenario scenario)
{
  fixture_add_case (path, scenario, NULL);
}

void
fixture_add_memory_scenario (const char *path, Scenario scenario)
{
  add_test (path, scenario, NULL, FALSE);
}

void
fixture_add_socket_scenario (const char *path, Scenario scenario)
{
  add_test (path, scenario, NULL, TRUE);
}
