/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Polling for messages when the connection, or the app, ends. */
#include "config.h"

#include "poller.h"

/* -- The end -- */

static void
test_end (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_polled (f, &ws);

  g_object_ref (ws);
  client_send_text (client, "a");
  client_send_text (client, "b");
  client_send_close (client, 1000);
  client_expect_close (client, 1000);
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  assert_log (f, "<a,b> <end>");
  poll_all (f, ws);
  assert_log (f, "<end>");
  g_object_unref (ws);
}

/* Who was told and has not come back yet still gets what is its own, and the end after it. */
static void
test_end_while_offered (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);

  g_object_ref (ws);
  g_signal_connect (ws, "readable", G_CALLBACK (note_readable_cb), f);
  poll_all (f, ws);
  client_send_text (client, "a");
  client_send_text (client, "b");
  wait_until (f, f->log->len == 2);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  client_cut (client);
  wait_until (f, ws->input_ended);
  pass_time (f, 5100); /* who takes does not come */
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSED);
  assert_log (f, "<> readable");
  {
    g_autoptr (GString) word = g_string_new (NULL);

    g_assert_true (poll_once (f, ws, word));
    g_assert_cmpstr (word->str, ==, "a");
  }
  wait_until (f, f->log->len == 2);
  assert_log (f, "received:b failed:0");
  poll_all (f, ws);
  assert_log (f, "<end>");
  g_object_unref (ws);
}

/* Our own close takes away what was meant for it; it is told of the end instead. */
static void
test_close_while_offered (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);
  gulong id;

  g_object_ref (ws);
  id = g_signal_connect (ws, "readable", G_CALLBACK (note_readable_cb), f);
  poll_all (f, ws);
  client_send_text (client, "a");
  wait_until (f, f->log->len == 2);
  g_signal_handler_disconnect (ws, id);
  g_signal_connect (ws, "readable", G_CALLBACK (readable_cb), f);
  nx_web_socket_close (ws, 1000, NULL, NULL);
  client_expect_close (client, 1000);
  client_send_close (client, 1000);
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  assert_log (f, "<> readable <end>");
  g_object_unref (ws);
}

/* The app goes with its reactor; who polls is told. */
static void
test_app_goes (Fixture *f)
{
  NxWebSocket *ws;

  open_polled (f, &ws);
  g_object_ref (ws);
  g_clear_object (&f->app);
  assert_log (f, "<end>");
  g_object_unref (ws);
}

/* What a handler that polls sent to what came before the peer's close goes out before the answer to it. */
static void
polls (NxWebSocket *ws, gpointer data, GError **error)
{
  g_autoptr (GString) word = g_string_new (NULL);

  nx_web_socket_accept (ws, error);
  nx_web_socket_begin_handler (ws);
  poll_once (data, ws, word);
}

static void
answer_cb (NxWebSocket *ws, Fixture *f)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NxMessage) message = nx_web_socket_try_receive (ws, &error);

  if (message == NULL)
    {
      g_assert_error (error, NX_ERROR, NX_ERROR_DISCONNECTED);
      nx_web_socket_end_handler (ws, error);
    }
  else /* after a while, as a coroutine would that waits for something else */
    note (f, "busy");
}

static void
finished_cb (NxWebSocket *ws, Fixture *f)
{
  note (f, "finished");
}

static void
test_answers_before_close (Fixture *f)
{
  NxWebSocket *ws;
  Client *client;
  g_autoptr (GString) word = g_string_new (NULL);

  nx_router_add_route (NX_ROUTER (f->app), "/", polls, f, NULL, NULL);
  client = client_open (f, "/");
  ws = g_object_ref (only_websocket (f));
  g_signal_connect (ws, "readable", G_CALLBACK (answer_cb), f);
  g_signal_connect (ws, "finished", G_CALLBACK (finished_cb), f);
  client_send_text (client, "a");
  client_send_close (client, 1000);
  wait_until (f, f->log->len == 1);
  settle (f);
  g_assert_cmpuint (client->close_code, ==, 0);
  nx_web_socket_send_text (ws, "answer", NULL);
  g_assert_false (poll_once (f, ws, word)); /* it has come back */
  client_expect_text (client, "answer");
  client_expect_close (client, 1000);
  client_expect_end (client);
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  assert_log (f, "busy finished");
  g_object_unref (ws);
}

/* A handler that does not come back has 5 s. */
static void
test_finished_late (Fixture *f)
{
  NxWebSocket *ws;
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", polls, f, NULL, NULL);
  client = client_open (f, "/");
  ws = g_object_ref (only_websocket (f));
  g_signal_connect (ws, "finished", G_CALLBACK (finished_cb), f);
  client_cut (client);
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  pass_time (f, 4900);
  assert_log (f, "");
  pass_time (f, 200);
  assert_log (f, "finished");
  nx_web_socket_end_handler (ws, NULL);
  settle (f);
  assert_log (f, "");
  g_object_unref (ws);
}

/* One that is refused finishes as well. */
static void
refuses (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "finished", G_CALLBACK (finished_cb), data);
  nx_web_socket_reject (ws, 403, NULL, error);
}

static void
test_finished_refused (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", refuses, f, NULL, NULL);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 403);
  wait_until (f, f->log->len > 0);
  assert_log (f, "finished");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/poll/end", test_end);
  ADD_SCENARIO ("/poll/end-while-offered", test_end_while_offered);
  ADD_SCENARIO ("/poll/close-while-offered", test_close_while_offered);
  ADD_SCENARIO ("/poll/app-goes", test_app_goes);
  ADD_SCENARIO ("/poll/answers-before-close", test_answers_before_close);
  ADD_SCENARIO ("/poll/finished-late", test_finished_late);
  ADD_SCENARIO ("/poll/finished-refused", test_finished_refused);
  return g_test_run ();
}
