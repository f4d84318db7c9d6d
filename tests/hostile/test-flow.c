/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends that cross or are not answered, peers that do not read, and peers that send without a pause. */
#include "hostile.h"

#include <string.h>

static void
test_both_at_once (Fixture *f)
{
  Client *client;

  serve_echo (f);
  client = client_open (f, "/");
  client_send_close (client, 4002);
  g_assert_true (nx_web_socket_close (only_websocket (f), 4001, "ours", NULL));
  client_expect_close (client, 4001);
  client_expect_end (client);
  assert_log (f, "connect gone:4002");
}

static void
test_data_behind_the_close (Fixture *f)
{
  Client *client;

  serve_echo (f);
  client = client_open (f, "/");
  client_send_text (client, "before");
  client_send_close (client, 1000);
  client_send_text (client, "behind");
  client_expect_close (client, 1000);
  client_expect_end (client);
  client_expect_text (client, "before");
  g_assert_cmpuint (client->messages.length, ==, 0);
  assert_log (f, "connect before gone:1000");
}

static void
test_data_behind_our_close (Fixture *f)
{
  Client *client;

  serve_echo (f);
  client = client_open (f, "/");
  g_assert_true (nx_web_socket_close (only_websocket (f), 1000, NULL, NULL));
  client_send_text (client, "behind");
  settle (f);
  client_send_close (client, 1000);
  client_expect_close (client, 1000);
  client_expect_end (client);
  assert_log (f, "connect gone:1000");
}

/* The closing handshake is over, and the peer keeps TCP open: it does not keep ours. */
static void
test_tcp_stays_open (Fixture *f)
{
  NxLingerer *lingerer = nx_app_get_private (f->app)->lingerer;
  Client *client;

  serve_echo (f);
  client = client_open (f, "/");
  client_send_close (client, 1000);
  client_expect_close (client, 1000);
  client_expect_end (client);
  assert_log (f, "connect gone:1000");
  g_assert_cmpuint (nx_lingerer_get_n_streams (lingerer), ==, 1);
  for (guint i = 0; i < 60; i++)
    {
      client_send_raw (client, "x", 1);
      pass_time (f, 100);
    }
  g_assert_cmpuint (nx_lingerer_get_n_streams (lingerer), ==, 0);
}

static void
test_our_close_is_not_answered (Fixture *f)
{
  Client *client;

  serve_echo (f);
  client = client_open (f, "/");
  g_assert_true (nx_web_socket_close (only_websocket (f), 1000, NULL, NULL));
  client_expect_close (client, 1000);
  for (guint i = 0; i < 60; i++)
    {
      client_send_text (client, "I go on");
      pass_time (f, 100);
    }
  assert_log (f, "connect gone:1006");
}

static void
leave_without_close (Fixture *f, void (*leave) (Client *client))
{
  Client *client;

  serve_echo (f);
  client = client_open (f, "/");
  client_send_text (client, "last");
  leave (client);
  wait_until (f, get_uint (f, "n-connections") == 0);
}

static void
test_fin_without_close (Fixture *f)
{
  leave_without_close (f, client_shutdown);
  assert_log (f, "connect last gone:1006");
}

/* A reset may take with it what came before. */
static void
test_rst_without_close (Fixture *f)
{
  g_autofree char *log = NULL;

  leave_without_close (f, client_cut);
  log = take_log (f);
  g_assert_true (g_str_has_suffix (log, "gone:1006"));
}

/* -- Who does not read -- */

static gsize
broadcast (Fixture *f, GBytes *bytes)
{
  NxConnectionList *list = nx_app_get_private (f->app)->connections;
  gsize most = 0;

  for (guint i = nx_connection_list_get_size (list); i-- > 0;)
    {
      NxWebSocket *ws = nx_connection_list_peek (list, i);
      g_autoptr (GError) error = NULL;

      if (nx_web_socket_get_state (ws) == NX_STATE_OPEN)
        nx_web_socket_send_bytes (ws, bytes, &error);
      most = MAX (most, nx_web_socket_get_buffered_amount (ws));
    }
  return most;
}

static void
test_slow_reader (Fixture *f)
{
  enum {
    N = 10000,
    SIZE = 4096
  };
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (SIZE), SIZE);
  Client *slow, *good;
  guint n_got = 0;

  serve_echo (f);
  slow = client_open (f, "/");
  good = client_open (f, "/");
  client_set_reading (slow, FALSE);
  for (guint i = 0; i < N; i++)
    {
      g_assert_cmpuint (broadcast (f, bytes), <=, 1024 * 1024 + 2 * SIZE);
      settle (f);
      for (; good->messages.length > 0; n_got++)
        g_bytes_unref (g_queue_pop_head (&good->messages));
    }
  wait_until (f, n_got + good->messages.length == N);
  pass_time (f, 6 * 1000);
  g_assert_cmpuint (get_uint (f, "n-connections"), ==, 1);
  assert_log (f, "connect connect gone:1006");
}

/* -- Who sends without a pause -- */

static guint n_tiny, n_tiny_before;

static void
count_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  if (nx_message_get_size (message) == 1)
    n_tiny++;
  else
    n_tiny_before = n_tiny;
}

static void
counts (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (count_cb), NULL);
  nx_web_socket_accept (ws, error);
}

/* A turn reads a bounded part of what one of them has sent, so that the others have theirs. */
static void
test_tiny_frames (Fixture *f)
{
  enum {
    N = 100 * 1000,
    FRAME = 7
  };
  const guint8 frame[FRAME] = { 0x82, 0x81, 0, 0, 0, 0, 'x' };
  g_autofree guint8 *flood = g_malloc (N * FRAME);
  Client *attacker, *honest;

  nx_router_add_route (NX_ROUTER (f->app), "/", counts, NULL, NULL, NULL);
  attacker = client_open (f, "/");
  honest = client_open (f, "/");
  for (guint i = 0; i < N; i++)
    memcpy (flood + i * FRAME, frame, FRAME);
  n_tiny = n_tiny_before = 0;
  client_send_raw (attacker, flood, N * FRAME);
  client_send_text (honest, "hello");
  wait_until (f, n_tiny == N && n_tiny_before > 0);
  g_assert_cmpuint (n_tiny_before, <, N / 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/flow/26-both-at-once", test_both_at_once);
  ADD_SCENARIO ("/flow/26-data-behind-the-close", test_data_behind_the_close);
  ADD_SCENARIO ("/flow/26-data-behind-our-close", test_data_behind_our_close);
  ADD_SCENARIO ("/flow/26-tcp-stays-open", test_tcp_stays_open);
  ADD_SCENARIO ("/flow/26-our-close-is-not-answered", test_our_close_is_not_answered);
  ADD_SCENARIO ("/flow/fin-without-close", test_fin_without_close);
  ADD_SCENARIO ("/flow/rst-without-close", test_rst_without_close);
  ADD_SCENARIO ("/flow/27-slow-reader", test_slow_reader);
  ADD_SCENARIO ("/flow/20-tiny-frames", test_tiny_frames);
  return g_test_run ();
}
