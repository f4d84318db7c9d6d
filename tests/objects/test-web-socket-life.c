/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An open connection's end: from both sides, in good order and not, with everything that waits for it. */
#include "fixture.h"

#include <string.h>

/* -- A controller that notes what it is told, and takes its time when told to -- */

#define LIFE_TYPE_CONTROLLER (life_controller_get_type ())
G_DECLARE_FINAL_TYPE (LifeController, life_controller, LIFE, CONTROLLER, NxController)

struct _LifeController
{
  NxController parent_instance;
  Fixture *f;
  gboolean begins;  /* its on_receive goes on after it returned */
  gboolean answers; /* echoes */
};

G_DEFINE_FINAL_TYPE (LifeController, life_controller, NX_TYPE_CONTROLLER)

static void
life_controller_on_receive (NxController *controller,
                            NxWebSocket *ws,
                            NxMessage *message,
                            GError **error)
{
  LifeController *self = LIFE_CONTROLLER (controller);

  note (self->f, "on_receive:%s", nx_message_get_text (message));
  if (self->begins)
    nx_web_socket_begin_handler (ws);
  if (self->answers)
    nx_web_socket_send_message (ws, message, error);
}

static void
life_controller_on_disconnect (NxController *controller,
                               NxWebSocket *ws,
                               guint code,
                               const char *reason)
{
  note (LIFE_CONTROLLER (controller)->f, "on_disconnect:%u:%s", code,
        reason != NULL ? reason : "-");
}

static void
life_controller_on_error (NxController *controller, NxWebSocket *ws, GError *error)
{
  note (LIFE_CONTROLLER (controller)->f, "on_error:%d", error->code);
}

static void
life_controller_class_init (LifeControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_receive = life_controller_on_receive;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = life_controller_on_disconnect;
  NX_CONTROLLER_CLASS (klass)->on_error = life_controller_on_error;
}

static void
life_controller_init (LifeController *self)
{
}

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  Fixture *f = data;

  note (f, "closed:%u:%s", code, reason != NULL ? reason : "-");
  /* By now everything else is in order. */
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSED);
  g_assert_cmpuint (nx_web_socket_get_close_code (ws), ==, code);
  g_assert_true (g_cancellable_is_cancelled (nx_web_socket_get_cancellable (ws)));
  g_assert_null (nx_app_find_web_socket (f->app, nx_web_socket_get_id (ws)));
}

/* A connection whose controller lives as long as the app. */
static Client *
open_client (Fixture *f, LifeController **controller, NxWebSocket **ws)
{
  g_autoptr (LifeController) made = g_object_new (LIFE_TYPE_CONTROLLER, NULL);
  Client *client;

  made->f = f;
  nx_router_add_controller (NX_ROUTER (f->app), "/", NX_CONTROLLER (made), NULL);
  client = client_open (f, "/");
  *ws = only_websocket (f);
  g_signal_connect (*ws, "closed", G_CALLBACK (closed_cb), f);
  if (controller != NULL)
    *controller = made;
  return client;
}

/* -- The peer ends it -- */

static void
test_peer_closes (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);

  client_send_frame (client, NX_OPCODE_CLOSE,
                     "\x0f\xa0"
                     "bye",
                     5);
  client_expect_close (client, 4000);
  client_expect_end (client);
  assert_log (f, "closed:4000:bye on_disconnect:4000:bye");
}

static void
test_peer_closes_without_code (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);

  client_send_close (client, 1005);
  client_expect_close (client, 1005); /* and is answered without one */
  client_expect_end (client);
  assert_log (f, "closed:1005:- on_disconnect:1005:-");
}

static void
test_peer_leaves (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);

  client_shutdown (client);
  wait_until (f, f->log->len == 2);
  assert_log (f, "closed:1006:- on_disconnect:1006:-");
}

static void
test_peer_resets (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);

  client_cut (client);
  wait_until (f, f->log->len == 2);
  assert_log (f, "closed:1006:- on_disconnect:1006:-");
}

/* What came whole is delivered, and answered, before the close is. */
static void
test_messages_before_close (Fixture *f)
{
  LifeController *controller;
  NxWebSocket *ws;
  Client *client = open_client (f, &controller, &ws);

  controller->answers = TRUE;
  controller->begins = TRUE;
  client_send_text (client, "a");
  client_send_text (client, "b");
  client_send_close (client, 1000);
  client_expect_text (client, "a");
  settle (f);
  g_assert_cmpuint (client->close_code, ==, 0); /* "b" waits for the handler of "a" */
  nx_web_socket_end_handler (ws, NULL);
  client_expect_text (client, "b");
  settle (f);
  g_assert_cmpuint (client->close_code, ==, 0);
  nx_web_socket_end_handler (ws, NULL);
  client_expect_close (client, 1000);
  client_expect_end (client);
  assert_log (f, "on_receive:a on_receive:b closed:1000:- on_disconnect:1000:-");
}

/* … at most five seconds later. on_disconnect waits for the handler in its turn, for five more. */
static void
test_slow_handler_at_close (Fixture *f)
{
  LifeController *controller;
  NxWebSocket *ws;
  Client *client = open_client (f, &controller, &ws);

  controller->begins = TRUE;
  g_object_ref (ws);
  client_send_text (client, "a");
  client_send_text (client, "b");
  client_send_close (client, 1000);
  wait_until (f, f->log->len == 1);
  pass_time (f, 4900);
  g_assert_cmpuint (client->close_code, ==, 0);
  pass_time (f, 200);
  client_expect_close (client, 1000);
  client_expect_end (client);
  assert_log (f, "on_receive:a closed:1000:-");
  pass_time (f, 4900);
  assert_log (f, "");
  pass_time (f, 200);
  assert_log (f, "on_disconnect:1000:-");
  nx_web_socket_end_handler (ws, NULL);
  settle (f);
  assert_log (f, ""); /* exactly once; and "b" is for a receive, not for on_receive */
  g_object_unref (ws);
}

static void
test_handler_ends_in_the_grace (Fixture *f)
{
  LifeController *controller;
  NxWebSocket *ws;
  Client *client = open_client (f, &controller, &ws);
  g_autoptr (GError) gone = g_error_new (NX_ERROR, NX_ERROR_DISCONNECTED, "gone");

  controller->begins = TRUE;
  g_object_ref (ws);
  client_send_text (client, "a");
  wait_until (f, f->log->len == 1);
  client_cut (client);
  wait_until (f, f->log->len == 2);
  assert_log (f, "on_receive:a closed:1006:-");
  /* That the connection has ended is no error of the handler. */
  nx_web_socket_end_handler (ws, gone);
  assert_log (f, "on_disconnect:1006:-");
  pass_time (f, 6000);
  assert_log (f, "");
  g_object_unref (ws);
}

/* Whoever goes on speaking then can know that nobody will read it; and that the connection is over is no error of the handler. */
static void
test_code_is_known_before_the_end (Fixture *f)
{
  LifeController *controller;
  NxWebSocket *ws;
  Client *client = open_client (f, &controller, &ws);
  g_autoptr (GError) gone = g_error_new (NX_ERROR, NX_ERROR_DISCONNECTED, "gone");

  controller->begins = TRUE;
  client_send_text (client, "a");
  client_send_text (client, "b");
  client_send_close (client, 4000);
  settle (f);
  g_assert_cmpuint (nx_web_socket_get_close_code (ws), ==, 0); /* "b" waits */
  nx_web_socket_end_handler (ws, NULL);
  settle (f);
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_OPEN);
  g_assert_cmpuint (nx_web_socket_get_close_code (ws), ==, 4000);
  g_assert_true (nx_web_socket_send_text (ws, "c", NULL));
  nx_web_socket_end_handler (ws, gone);
  client_expect_text (client, "c");
  client_expect_close (client, 4000);
  client_expect_end (client);
  assert_log (f, "on_receive:a on_receive:b closed:4000:- on_disconnect:4000:-");
}

/* Whole messages first, then the close frame that tells the fault. */
static void
test_messages_before_fault (Fixture *f)
{
  LifeController *controller;
  NxWebSocket *ws;
  Client *client = open_client (f, &controller, &ws);

  controller->answers = TRUE;
  controller->begins = TRUE;
  client_send_text (client, "a");
  client_send_text (client, "b");
  client_send_raw (client, "\x83\x80\0\0\0\0", 6); /* opcode 3 */
  client_expect_text (client, "a");
  nx_web_socket_end_handler (ws, NULL);
  client_expect_text (client, "b");
  settle (f);
  g_assert_cmpuint (client->close_code, ==, 0);
  nx_web_socket_end_handler (ws, NULL);
  client_expect_close (client, 1002);
  client_shutdown (client);
  client_expect_end (client);
  assert_log (f, "on_receive:a on_receive:b closed:1002:- on_disconnect:1002:-");
}

/* -- We end it -- */

static void
test_we_close (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);

  g_assert_true (nx_web_socket_close (ws, 4321, "enough", NULL));
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSING);
  g_assert_true (nx_web_socket_close (ws, 1000, NULL, NULL)); /* idempotent */
  client_expect_close (client, 4321);
  g_assert_cmpstr (client->close_reason, ==, "enough");
  client_send_text (client, "too late");
  client_send_close (client, 4321);
  client_expect_end (client);
  assert_log (f, "closed:4321:- on_disconnect:4321:-");
}

static void
test_what_waits_is_dropped (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);

  nx_web_socket_pause (ws);
  client_send_text (client, "a");
  wait_until (f, ws->inbox.length == 1);
  g_object_ref (ws);
  nx_web_socket_close (ws, 1000, NULL, NULL);
  nx_web_socket_resume (ws);
  client_expect_close (client, 1000);
  client_send_close (client, 1000);
  client_expect_end (client);
  assert_log (f, "closed:1000:- on_disconnect:1000:-");
  g_assert_cmpuint (ws->inbox.length, ==, 0);
  g_object_unref (ws);
}

static void
test_peer_never_answers (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);

  nx_web_socket_close (ws, 1000, NULL, NULL);
  client_expect_close (client, 1000);
  pass_time (f, 4900);
  assert_log (f, "");
  pass_time (f, 200);
  assert_log (f, "closed:1006:- on_disconnect:1006:-");
}

static void
test_both_close (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);

  nx_web_socket_close (ws, 1000, "ours", NULL);
  client_send_frame (client, NX_OPCODE_CLOSE,
                     "\x0f\xa0"
                     "theirs",
                     8);
  client_expect_close (client, 1000);
  client_expect_end (client);
  assert_log (f, "closed:4000:theirs on_disconnect:4000:theirs");
}

static void
expect_bad_close (NxWebSocket *ws, guint code, const char *reason, NxError expected)
{
  GError *error = NULL;

  g_assert_false (nx_web_socket_close (ws, code, reason, &error));
  g_assert_error (error, NX_ERROR, (int) expected);
  g_error_free (error);
}

static void
test_codes (Fixture *f)
{
  static const guint bad[] = { 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, G_MAXUINT };
  g_autofree char *longest = g_strnfill (123, 'x');
  g_autofree char *too_long = g_strnfill (124, 'x');
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    expect_bad_close (ws, bad[i], NULL, NX_ERROR_INVALID_ARGUMENT);
  expect_bad_close (ws, 1000, "\xff", NX_ERROR_INVALID_ARGUMENT);
  expect_bad_close (ws, 1000, too_long, NX_ERROR_INVALID_ARGUMENT);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "nx_web_socket_close: *1006*");
  g_assert_false (nx_web_socket_close (ws, 1006, NULL, NULL));
  g_test_assert_expected_messages ();
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_OPEN);
  g_assert_true (nx_web_socket_close (ws, 4999, longest, NULL));
  client_expect_close (client, 4999);
  g_assert_cmpstr (client->close_reason, ==, longest);
}

/* -- What waits for the end -- */

static void
closed_async_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (nx_web_socket_close_finish (NX_WEB_SOCKET (source), result, &error))
    note (data, "close_async");
  else
    note (data, "close_async:%s:%d", g_quark_to_string (error->domain), error->code);
}

static void
test_close_async (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  nx_web_socket_close_async (ws, 1006, NULL, NULL, closed_async_cb, f);
  wait_until (f, f->log->len == 1);
  assert_log (f, "close_async:nx-error-quark:10");

  g_object_ref (ws);
  nx_web_socket_close_async (ws, 1000, NULL, NULL, closed_async_cb, f);
  nx_web_socket_close_async (ws, 1000, NULL, cancellable, closed_async_cb, f);
  client_expect_close (client, 1000);
  assert_log (f, "");
  g_cancellable_cancel (cancellable); /* stops its waiting, not the closing */
  wait_until (f, f->log->len == 1);
  assert_log (f, "close_async:g-io-error-quark:19");
  client_send_close (client, 1000);
  wait_until (f, f->log->len == 3);
  assert_log (f, "close_async closed:1000:- on_disconnect:1000:-");
  nx_web_socket_close_async (ws, 1000, NULL, NULL, closed_async_cb, f);
  wait_until (f, f->log->len == 1);
  assert_log (f, "close_async");
  g_object_unref (ws);
}

static void
received_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NxMessage) message =
      nx_web_socket_receive_finish (NX_WEB_SOCKET (source), result, &error);

  if (message != NULL)
    note (data, "received:%s", nx_message_get_text (message));
  else
    note (data, "receive:%s", error->message);
}

static void
cancelled_cb (GCancellable *cancellable, gpointer data)
{
  note (data, "cancelled");
}

static void
test_order_of_the_end (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);

  g_cancellable_connect (nx_web_socket_get_cancellable (ws), G_CALLBACK (cancelled_cb), f, NULL);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  client_send_frame (client, NX_OPCODE_CLOSE,
                     "\x0f\xa0"
                     "bye",
                     5);
  wait_until (f, f->log->len == 4);
  assert_log (f, "receive:The connection has ended with code 4000: bye "
                 "cancelled closed:4000:bye on_disconnect:4000:bye");
}

/* A handler that waits in a receive has nothing more to say to what came before: the close is answered. */
static void
test_receiver_waits_at_close (Fixture *f)
{
  LifeController *controller;
  NxWebSocket *ws;
  Client *client = open_client (f, &controller, &ws);

  controller->begins = TRUE;
  g_object_ref (ws);
  client_send_text (client, "a");
  wait_until (f, f->log->len == 1);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  client_send_close (client, 1000);
  client_expect_close (client, 1000);
  wait_until (f, f->log->len == 3);
  assert_log (f, "on_receive:a receive:The connection has ended with code 1000 closed:1000:-");
  nx_web_socket_end_handler (ws, NULL);
  assert_log (f, "on_disconnect:1000:-");
  g_object_unref (ws);
}

/* -- Pings -- */

static void
pinged_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  gint64 us = nx_web_socket_ping_finish (NX_WEB_SOCKET (source), result, &error);

  if (us >= 0)
    note (data, "pong:%d", (int) us);
  else
    note (data, "ping:%s:%d", g_quark_to_string (error->domain), error->code);
}

static void
test_ping (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  guint64 second = 2, never_sent = 77;

  nx_web_socket_ping_async (ws, NULL, pinged_cb, f);
  nx_web_socket_ping_async (ws, NULL, pinged_cb, f);
  nx_web_socket_ping_async (ws, cancellable, pinged_cb, f);
  nx_web_socket_ping_async (ws, NULL, pinged_cb, f);
  wait_until (f, client->n_pings == 4);
  client_send_frame (client, NX_OPCODE_PONG, "", 0);    /* nobody asked */
  client_send_frame (client, NX_OPCODE_PONG, "xyz", 3); /* nobody asked */
  settle (f);
  assert_log (f, "");
  pass_time (f, 25);
  /* One pong may answer several pings (RFC 6455 section 5.5.3). */
  client_send_frame (client, NX_OPCODE_PONG, &second, sizeof second);
  wait_until (f, f->log->len == 2);
  assert_log (f, "pong:25000 pong:25000");
  g_cancellable_cancel (cancellable);
  wait_until (f, f->log->len == 1);
  assert_log (f, "ping:g-io-error-quark:19");
  client_send_frame (client, NX_OPCODE_PONG, &never_sent, 7);
  settle (f);
  assert_log (f, "");
  client_cut (client);
  wait_until (f, f->log->len == 3);
  assert_log (f, "ping:nx-error-quark:0 closed:1006:- on_disconnect:1006:-");
}

/* -- Keepalive -- */

static void
test_keepalive (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);

  pass_time (f, 19900);
  g_assert_cmpuint (client->n_pings, ==, 0);
  pass_time (f, 200);
  wait_until (f, client->n_pings == 1);
  client_send_frame (client, NX_OPCODE_PONG, "", 0);
  settle (f);
  pass_time (f, 19900);
  assert_log (f, "");
  pass_time (f, 200);
  wait_until (f, client->n_pings == 2);
  pass_time (f, 19900);
  assert_log (f, "");
  pass_time (f, 200);
  assert_log (f, "closed:1006:- on_disconnect:1006:-");
}

/* -- Refused ones end alike -- */

static void
refuses (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), data);
  nx_web_socket_accept_and_close (ws, 4401, "who are you?", error);
}

static void
test_accept_and_close (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", refuses, f, NULL, NULL);
  client = client_open (f, "/");
  client_expect_close (client, 4401);
  g_assert_cmpstr (client->close_reason, ==, "who are you?");
  client_send_close (client, 4401);
  client_expect_end (client);
  assert_log (f, "closed:4401:-");
}

static void
test_close_cancelled_before (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_client (f, NULL, &ws);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  nx_web_socket_close_async (ws, 1000, NULL, cancellable, closed_async_cb, f);
  settle (f);
  assert_log (f, "close_async:g-io-error-quark:19");
  client_expect_close (client, 1000); /* the closing goes on all the same */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/life/peer/closes", test_peer_closes);
  ADD_SCENARIO ("/life/peer/closes-without-code", test_peer_closes_without_code);
  ADD_SCENARIO ("/life/peer/leaves", test_peer_leaves);
  ADD_SCENARIO ("/life/peer/resets", test_peer_resets);
  ADD_SCENARIO ("/life/order/messages-before-close", test_messages_before_close);
  ADD_SCENARIO ("/life/order/slow-handler", test_slow_handler_at_close);
  ADD_SCENARIO ("/life/order/handler-in-the-grace", test_handler_ends_in_the_grace);
  ADD_SCENARIO ("/life/order/code-before-the-end", test_code_is_known_before_the_end);
  ADD_SCENARIO ("/life/order/messages-before-fault", test_messages_before_fault);
  ADD_SCENARIO ("/life/order/end", test_order_of_the_end);
  ADD_SCENARIO ("/life/order/waiting-receiver", test_receiver_waits_at_close);
  ADD_SCENARIO ("/life/close/ours", test_we_close);
  ADD_SCENARIO ("/life/close/drops", test_what_waits_is_dropped);
  ADD_SCENARIO ("/life/close/unanswered", test_peer_never_answers);
  ADD_SCENARIO ("/life/close/both", test_both_close);
  ADD_SCENARIO ("/life/close/codes", test_codes);
  ADD_SCENARIO ("/life/close/async", test_close_async);
  ADD_SCENARIO ("/life/ping", test_ping);
  ADD_SCENARIO ("/life/keepalive", test_keepalive);
  ADD_SCENARIO ("/life/accept-and-close", test_accept_and_close);
  ADD_SCENARIO ("/life/close/async/cancelled", test_close_cancelled_before);
  return g_test_run ();
}
