/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors whose number is used again, or that somebody else holds as well: systemd the listening ones, a child between
 * fork and exec all of them. */
#include "hostile.h"

#include "transport/nx-socket-stream-private.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static guint16
get_port (int fd, int (*get_name) (int fd, struct sockaddr *address, socklen_t *length))
{
  struct sockaddr_in address = { 0 };
  socklen_t length = sizeof address;

  return get_name (fd, (struct sockaddr *) &address, &length) == 0 ? address.sin_port : 0;
}

/* The server's end of a client's connection. */
static int
find_server_fd (Client *client)
{
  guint16 port = get_port (client->fd, getsockname);

  for (int fd = 3; fd < 1024; fd++)
    if (get_port (fd, getpeername) == port)
      return fd;
  g_assert_not_reached ();
}

static void
test_held_connection (Fixture *f)
{
  Client *client;
  int held;

  serve_echo (f);
  client = client_open (f, "/");
  held = dup (find_server_fd (client));
  client_send_close (client, 1000);
  client_expect_close (client, 1000);
  pass_time (f, 6 * 1000);
  g_assert_cmpuint (nx_lingerer_get_n_streams (nx_app_get_private (f->app)->lingerer), ==, 0);

  /* The descriptor is closed; what comes to its other holder is none of our business. */
  client_send_text (client, "hello");
  settle (f);
  client_cut (client);
  settle (f);
  close (held);
  assert_log (f, "connect gone:1000");
}

static void
stopped_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  note (data, "stopped");
}

static void
test_held_listener (Fixture *f)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  int held;

  serve_echo (f);
  socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_assert_true (g_socket_bind (socket, address, TRUE, NULL));
  held = dup (g_socket_get_fd (socket));
  g_assert_true (nx_app_listen_socket (f->app, socket, NX_LISTEN_DEFAULT, NULL));
  f->port = GUINT16_FROM_BE (get_port (held, getsockname));
  client_open (f, "/");
  nx_app_stop_async (f->app, NULL, stopped_cb, f);
  settle (f);
  client_connect (f);
  settle (f);
  pass_time (f, 20 * 1000);
  assert_log (f, "connect gone:1006 stopped");
  close (held);
}

/* -- Used again -- */

typedef struct
{
  Fixture *f;
  NxWebSocket *other;
  int freed_fd;
  int pair[2];
} Reuse;

/* Ends the other one, whose message waits in the same turn, and gives its descriptor's number to a newcomer. */
static void
message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  Reuse *reuse = data;
  NxReactor *reactor = nx_app_get_private (reuse->f->app)->reactor;

  note (reuse->f, "message");
  if (reuse->other == NULL || ws == reuse->other)
    return;
  nx_connection_cut (reuse->other->connection);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, reuse->pair), ==, 0);
  if (reuse->pair[0] != reuse->freed_fd && reuse->pair[1] != reuse->freed_fd)
    g_assert_cmpint (dup2 (reuse->pair[0], reuse->freed_fd), ==, reuse->freed_fd);
  if (reuse->pair[1] == reuse->freed_fd)
    {
      reuse->pair[1] = reuse->pair[0];
      reuse->pair[0] = reuse->freed_fd;
    }
  else if (reuse->pair[0] != reuse->freed_fd)
    {
      close (reuse->pair[0]);
      reuse->pair[0] = reuse->freed_fd;
    }
  nx_app_take_stream (reuse->f->app, nx_socket_stream_new (reactor, reuse->pair[0]));
  g_clear_object (&reuse->other);
}

static void
accepts (NxWebSocket *ws, gpointer data, GError **error)
{
  Reuse *reuse = data;

  g_signal_connect (ws, "message", G_CALLBACK (message_cb), reuse);
  nx_web_socket_accept (ws, error);
  if (nx_web_socket_get_query_param (ws, "other") != NULL)
    g_set_object (&reuse->other, ws);
}

static void
test_reuse (Fixture *f)
{
  Reuse reuse = { .f = f, .pair = { -1, -1 } };
  Client *one, *other;

  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, &reuse, NULL, NULL);
  one = client_open (f, "/");
  other = client_open (f, "/?other");
  reuse.freed_fd = find_server_fd (other);
  client_send_text (one, "a");
  client_send_text (other, "b");
  wait_until (f, other->is_ended);
  settle (f);
  assert_log (f, "message");

  /* The newcomer is neither cut nor taken for the other. */
  g_assert_cmpint (send (reuse.pair[1], HANDSHAKE "\r\n", sizeof HANDSHAKE + 1, 0), >, 0);
  settle (f);
  g_assert_cmpuint (get_uint (f, "n-connections"), ==, 2);
  close (reuse.pair[1]);
  client_cut (one);
  wait_until (f, get_uint (f, "n-connections") == 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fixture_add_socket_scenario ("/descriptors/32-used-again", test_reuse);
  fixture_add_socket_scenario ("/descriptors/32-connection-held-by-a-child", test_held_connection);
  fixture_add_socket_scenario ("/descriptors/32-listener-held-by-systemd", test_held_listener);
  return g_test_run ();
}
