/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way out: framing, water marks, and what happens to a peer that does not read. */
#include "fixture.h"

#include <math.h>

#define MIB (1024 * 1024)

static void
accepts (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, error);
}

static Client *
open_client (Fixture *f, NxWebSocket **ws)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  client = client_open (f, "/");
  *ws = only_websocket (f);
  return client;
}

static NxMessage *
make_big (gsize size)
{
  g_autofree char *text = g_strnfill (size, 'x');

  return nx_message_new_text (text, size);
}

/* Queues until the high-water mark is reached, whatever the kernel takes. */
static void
fill (Fixture *f, NxWebSocket *ws)
{
  g_autoptr (NxMessage) big = make_big (MIB / 4);

  while (nx_web_socket_get_buffered_amount (ws) < MIB)
    {
      g_assert_true (nx_web_socket_send_message (ws, big, NULL));
      settle (f);
    }
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (nx_web_socket_send_message_finish (NX_WEB_SOCKET (source), result, &error))
    note (data, "sent");
  else
    note (data, "failed:%s:%d", g_quark_to_string (error->domain), error->code);
}

static void
drain_cb (NxWebSocket *ws, gpointer data)
{
  note (data, "drain");
}

static void
test_kinds (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, &ws);
  g_autoptr (GBytes) bytes = g_bytes_new ("\0\1\2", 3);
  g_autoptr (GBytes) nul = g_bytes_new ("a\0b", 3);
  g_autoptr (NxMessage) text_with_nul = nx_message_new_text_from_bytes (nul, NULL);
  g_autoptr (JsonNode) json = json_from_string ("{\"a\": [1, null]}", NULL);
  g_autoptr (GBytes) got = NULL;

  g_assert_true (nx_web_socket_send_text (ws, "grüße", NULL));
  g_assert_true (nx_web_socket_send_text (ws, "", NULL));
  g_assert_true (nx_web_socket_send_json (ws, json, NULL));
  g_assert_true (nx_web_socket_send_bytes (ws, bytes, NULL));
  g_assert_true (nx_web_socket_send_message (ws, text_with_nul, NULL));
  client_expect_text (client, "grüße");
  client_expect_text (client, "");
  client_expect_text (client, "{\"a\":[1,null]}");
  wait_until (f, client->messages.length == 2);
  got = g_queue_pop_head (&client->messages);
  g_assert_true (g_bytes_equal (got, bytes));
  g_bytes_unref (got);
  got = g_queue_pop_head (&client->messages);
  g_assert_true (g_bytes_equal (got, nul));
}

static void
test_invalid (Fixture *f)
{
  NxWebSocket *ws;
  g_autoptr (JsonNode) infinite = json_node_init_double (json_node_alloc (), INFINITY);
  GError *error = NULL;

  open_client (f, &ws);
  g_assert_false (nx_web_socket_send_text (ws, "\xff", &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (nx_web_socket_send_json (ws, infinite, &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  /* A mistake that nobody looks at is logged with the function's name. */
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "nx_web_socket_send_text: *UTF-8*");
  g_assert_false (nx_web_socket_send_text (ws, "\xff", NULL));
  g_test_assert_expected_messages ();
}

static void
test_not_open (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, &ws);
  GError *error = NULL;

  g_object_ref (ws);
  nx_web_socket_close (ws, 1000, NULL, NULL);
  g_assert_false (nx_web_socket_send_text (ws, "x", &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_DISCONNECTED);
  g_clear_error (&error);
  client_expect_close (client, 1000);
  client_send_close (client, 1000);
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  g_assert_false (
      nx_web_socket_send_text (ws, "x", NULL)); /* silently: a peer that is gone is no mistake */
  g_object_unref (ws);
}

static void
sends_too_early (NxWebSocket *ws, gpointer data, GError **error)
{
  GError *local = NULL;

  g_assert_false (nx_web_socket_send_text (ws, "x", &local));
  g_assert_error (local, NX_ERROR, NX_ERROR_INVALID_STATE);
  g_error_free (local);
  g_assert_true (nx_web_socket_accept (ws, error));
  g_assert_true (nx_web_socket_send_text (ws, "right behind the 101", error));
}

static void
test_behind_the_answer (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", sends_too_early, f, NULL, NULL);
  client_expect_text (client_open (f, "/"), "right behind the 101");
}

/* -- Slow peers -- */

/* What it says is what the two others say. */
static void
test_counted (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *big = g_strnfill (MIB, 'x');
  NxWebSocket *ws;
  Client *client;
  gssize unsent;

  client = open_client (f, &ws);
  g_assert_cmpint (nx_web_socket_send_text_counted (ws, "a", NULL), ==, 0);
  g_assert_cmpint (nx_web_socket_get_buffered_amount (ws), >, 0);
  g_assert_false (nx_web_socket_is_congested (ws));
  unsent = nx_web_socket_send_text_counted (ws, big, NULL);
  g_assert_cmpint (unsent, >, MIB);
  g_assert_cmpint (unsent, ==, nx_web_socket_get_buffered_amount (ws));
  g_assert_true (nx_web_socket_is_congested (ws));
  g_assert_cmpint (nx_web_socket_send_text_counted (ws, "\xff", &error), ==, -1);
  g_assert_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_object_ref (ws);
  client_cut (client);
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  g_assert_cmpint (nx_web_socket_send_text_counted (ws, "a", &error), ==, -1);
  g_assert_error (error, NX_ERROR, NX_ERROR_DISCONNECTED);
  g_object_unref (ws);
}

static void
test_policy_close (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, &ws);
  g_autoptr (NxMessage) big = make_big (4 * MIB);
  GError *error = NULL;

  client_set_reading (client, FALSE);
  /* However big it is, it is judged by what waits before it. */
  g_assert_true (nx_web_socket_send_message (ws, big, NULL));
  settle (f);
  fill (f, ws);
  g_assert_false (nx_web_socket_send_text (ws, "x", &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_SLOW_PEER);
  g_clear_error (&error);
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSING);
  client_set_reading (client, TRUE);
  client_expect_close (client, 1013);
}

/* An empty message is two octets on the wire, and a hundred times as much in memory. */
static void
test_policy_counts_small (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, &ws);
  GError *error = NULL;
  guint n = 0;

  client_set_reading (client, FALSE);
  fill (f, ws);
  client_set_reading (client, TRUE);
  wait_until (f, nx_web_socket_get_buffered_amount (ws) == 0);
  client_set_reading (client, FALSE);
  while (n <= MIB / 128 && nx_web_socket_send_text (ws, "", &error))
    n++;
  g_assert_error (error, NX_ERROR, NX_ERROR_SLOW_PEER);
  g_assert_cmpuint (n, >, MIB / 140);
  g_error_free (error);
}

static void
test_policy_drop_new (Fixture *f)
{
  NxWebSocket *ws;
  Client *client;
  GError *error = NULL;

  g_object_set (f->app, "slow-policy", NX_SLOW_POLICY_DROP_NEW, NULL);
  client = open_client (f, &ws);
  client_set_reading (client, FALSE);
  fill (f, ws);
  g_assert_false (nx_web_socket_send_text (ws, "dropped", &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_SLOW_PEER);
  g_clear_error (&error);
  client_set_reading (client, TRUE);
  wait_until (f, nx_web_socket_get_buffered_amount (ws) == 0);
  g_assert_true (nx_web_socket_send_text (ws, "kept", NULL));
  wait_until (f, client->messages.length > 0
                     && g_bytes_get_size (g_queue_peek_tail (&client->messages)) == 4);
}

static void
test_policy_drop_oldest (Fixture *f)
{
  NxWebSocket *ws;
  Client *client;
  gsize before;

  g_object_set (f->app, "slow-policy", NX_SLOW_POLICY_DROP_OLDEST, NULL);
  client = open_client (f, &ws);
  client_set_reading (client, FALSE);
  fill (f, ws);
  before = nx_web_socket_get_buffered_amount (ws);
  for (guint i = 0; i < 1000; i++)
    g_assert_true (nx_web_socket_send_text (ws, "newest", NULL));
  g_assert_cmpuint (nx_web_socket_get_buffered_amount (ws), <=, before);
  client_set_reading (client, TRUE);
  wait_until (f, nx_web_socket_get_buffered_amount (ws) == 0 && client->messages.length > 1000);
  g_assert_cmpuint (g_bytes_get_size (g_queue_peek_tail (&client->messages)), ==, 6);
}

static void
test_policy_keep (Fixture *f)
{
  NxWebSocket *ws;
  Client *client;
  g_autoptr (NxMessage) big = make_big (MIB);

  g_object_set (f->app, "slow-policy", NX_SLOW_POLICY_KEEP, NULL);
  client = open_client (f, &ws);
  client_set_reading (client, FALSE);
  for (guint i = 0; i < 16; i++)
    g_assert_true (nx_web_socket_send_message (ws, big, NULL));
  client_set_reading (client, TRUE);
  wait_until (f, client->messages.length == 16);
}

/* -- Waiting -- */

static void
test_async (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, &ws);
  g_autoptr (NxMessage) small = make_big (100);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  guint n_before;

  nx_web_socket_send_message_async (ws, small, NULL, sent_cb, f);
  wait_until (f, f->log->len == 1); /* there is room: it ends at once */
  assert_log (f, "sent");

  client_set_reading (client, FALSE);
  fill (f, ws);
  /* Only now: on its way into the kernel's buffers the queue drained many times. */
  g_signal_connect (ws, "drain", G_CALLBACK (drain_cb), f);
  nx_web_socket_send_message_async (ws, small, NULL, sent_cb, f);
  nx_web_socket_send_message_async (ws, small, cancellable, sent_cb, f);
  settle (f);
  assert_log (f, "");
  g_cancellable_cancel (cancellable);
  wait_until (f, f->log->len == 1);
  assert_log (f, "failed:g-io-error-quark:19");

  n_before = client->messages.length;
  client_set_reading (client, TRUE);
  wait_until (f, nx_web_socket_get_buffered_amount (ws) == 0);
  settle (f);
  assert_log (f, "sent drain");
  wait_until (f, client->messages.length
                     > n_before + 2); /* the cancelled one as well: only its waiting stopped */
  g_assert_cmpuint (g_bytes_get_size (g_queue_peek_tail (&client->messages)), ==, 100);
}

static void
test_async_patience (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, &ws);
  g_autoptr (NxMessage) big = make_big (MIB);

  client_set_reading (client, FALSE);
  fill (f, ws);
  while (nx_web_socket_get_buffered_amount (ws) < 4 * MIB)
    nx_web_socket_send_message_async (ws, big, NULL, sent_cb, f);
  settle (f);
  assert_log (f, "");
  nx_web_socket_send_message_async (ws, big, NULL, sent_cb, f);
  wait_until (f, f->log->len > 0);
  g_assert_cmpstr (g_ptr_array_index (f->log, 0), ==, "failed:nx-error-quark:7");
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSING);
}

static void
test_async_at_the_end (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, &ws);
  g_autoptr (NxMessage) small = make_big (100);

  client_set_reading (client, FALSE);
  fill (f, ws);
  nx_web_socket_send_message_async (ws, small, NULL, sent_cb, f);
  client_cut (client);
  wait_until (f, f->log->len == 1);
  assert_log (f, "failed:nx-error-quark:0");
}

static void
drop_app_cb (NxWebSocket *ws, GParamSpec *pspec, gpointer data)
{
  Fixture *f = data;

  if (nx_web_socket_get_state (ws) == NX_STATE_CLOSING)
    g_clear_object (&f->app);
}

/* Only the app holds the websocket, and whoever hears that it is too slow drops the app. */
static void
test_drop_when_slow (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, &ws);
  gpointer weak = ws;
  GError *error = NULL;

  client_set_reading (client, FALSE);
  fill (f, ws);
  g_object_add_weak_pointer (G_OBJECT (ws), &weak);
  g_signal_connect (ws, "notify::state", G_CALLBACK (drop_app_cb), f);
  g_assert_false (nx_web_socket_send_text (ws, "x", &error));
  g_assert_null (f->app);
  g_assert_null (weak);
  g_assert_nonnull (error);
  g_clear_error (&error);
}

static void
send_more_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Fixture *f = data;
  g_autoptr (NxMessage) big = make_big (12 * MIB);

  g_assert_true (nx_web_socket_send_message_finish (NX_WEB_SOCKET (source), result, NULL));
  note (f, "sent");
  if (f->log->len < 4)
    nx_web_socket_send_message_async (NX_WEB_SOCKET (source), big, NULL, send_more_cb, f);
}

/* What is sent from inside of the end of another one waits for its own room. */
static void
test_async_again (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, &ws);
  g_autoptr (NxMessage) big = make_big (12 * MIB);

  client_set_reading (client, FALSE);
  nx_web_socket_send_message_async (ws, big, NULL, send_more_cb, f);
  settle (f);
  client_set_reading (client, TRUE);
  wait_until (f, f->log->len >= 4);
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_OPEN);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/send/kinds", test_kinds);
  ADD_SCENARIO ("/send/invalid", test_invalid);
  ADD_SCENARIO ("/send/not-open", test_not_open);
  ADD_SCENARIO ("/send/behind-the-answer", test_behind_the_answer);
  ADD_SCENARIO ("/send/counted", test_counted);
  ADD_SCENARIO ("/send/policy/close", test_policy_close);
  fixture_add_memory_scenario ("/send/policy/small", test_policy_counts_small);
  ADD_SCENARIO ("/send/policy/drop-new", test_policy_drop_new);
  ADD_SCENARIO ("/send/policy/drop-oldest", test_policy_drop_oldest);
  ADD_SCENARIO ("/send/policy/keep", test_policy_keep);
  ADD_SCENARIO ("/send/async/room", test_async);
  ADD_SCENARIO ("/send/async/patience", test_async_patience);
  ADD_SCENARIO ("/send/async/end", test_async_at_the_end);
  ADD_SCENARIO ("/send/policy/close/drop", test_drop_when_slow);
  ADD_SCENARIO ("/send/async/again", test_async_again);
  return g_test_run ();
}
