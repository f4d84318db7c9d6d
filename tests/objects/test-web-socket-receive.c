/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a message finds its taker. */
#include "fixture.h"

/* -- A controller that notes what it gets -- */

#define NOTING_TYPE_CONTROLLER (noting_controller_get_type ())
G_DECLARE_FINAL_TYPE (NotingController, noting_controller, NOTING, CONTROLLER, NxController)

struct _NotingController
{
  NxController parent_instance;
  Fixture *f;
  gboolean begins; /* goes on after it returned */
  gboolean fails;
  gboolean is_silent; /* counts instead of noting */
  guint n_received;
};

G_DEFINE_FINAL_TYPE (NotingController, noting_controller, NX_TYPE_CONTROLLER)

static void
noting_controller_on_receive (NxController *controller,
                              NxWebSocket *ws,
                              NxMessage *message,
                              GError **error)
{
  NotingController *self = NOTING_CONTROLLER (controller);

  self->n_received++;
  if (self->is_silent)
    return;
  if (nx_message_get_kind (message) == NX_MESSAGE_TEXT)
    note (self->f, "on_receive:%s", nx_message_get_text (message));
  else
    note (self->f, "on_receive:%" G_GSIZE_FORMAT, nx_message_get_size (message));
  if (self->begins)
    nx_web_socket_begin_handler (ws);
  if (self->fails)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "a secret");
}

static void
noting_controller_on_disconnect (NxController *controller,
                                 NxWebSocket *ws,
                                 guint code,
                                 const char *reason)
{
  note (NOTING_CONTROLLER (controller)->f, "on_disconnect:%u", code);
}

static void
noting_controller_class_init (NotingControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_receive = noting_controller_on_receive;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = noting_controller_on_disconnect;
}

static void
noting_controller_init (NotingController *self)
{
}

static NotingController *
add_controller (Fixture *f)
{
  g_autoptr (NotingController) controller = g_object_new (NOTING_TYPE_CONTROLLER, NULL);

  controller->f = f;
  nx_router_add_controller (NX_ROUTER (f->app), "/", NX_CONTROLLER (controller), NULL);
  return controller;
}

/* -- A route that takes nothing by itself -- */

static void
accepts (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, error);
}

static Client *
open_quiet (Fixture *f, NxWebSocket **ws)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  client = client_open (f, "/");
  *ws = only_websocket (f);
  return client;
}

static void
message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  note (data, "message:%s", nx_message_get_text (message));
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
    note (data, "failed:%s:%d", g_quark_to_string (error->domain), error->code);
}

static void
nobody_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  note (data, "nobody");
}

static void
received_text_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text =
      nx_web_socket_receive_text_finish (NX_WEB_SOCKET (source), result, &error);

  if (text != NULL)
    note (data, "text:%s", text);
  else
    note (data, "failed:%s:%d", g_quark_to_string (error->domain), error->code);
}

static void
received_bytes_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
      nx_web_socket_receive_bytes_finish (NX_WEB_SOCKET (source), result, &error);

  if (bytes != NULL)
    note (data, "bytes:%" G_GSIZE_FORMAT, g_bytes_get_size (bytes));
  else
    note (data, "failed:%s:%d", g_quark_to_string (error->domain), error->code);
}

static void
received_json_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node =
      nx_web_socket_receive_json_finish (NX_WEB_SOCKET (source), result, &error);

  if (node != NULL)
    note (data, "json:%d", (int) json_node_get_int (node));
  else
    note (data, "failed:%s:%d", g_quark_to_string (error->domain), error->code);
}

/* -- Who gets it -- */

static void
test_on_receive (Fixture *f)
{
  Client *client;

  add_controller (f);
  client = client_open (f, "/");
  g_signal_connect (only_websocket (f), "message", G_CALLBACK (message_cb), f);
  client_send_text (client, "a");
  client_send_bytes (client, "\0\1", 2);
  wait_until (f, f->log->len == 2);
  assert_log (f, "on_receive:a on_receive:2");
}

static void
test_receive_comes_first (Fixture *f)
{
  Client *client;

  add_controller (f);
  client = client_open (f, "/");
  nx_web_socket_receive_async (only_websocket (f), NULL, received_cb, f);
  client_send_text (client, "a");
  client_send_text (client, "b");
  wait_until (f, f->log->len == 2);
  assert_log (f, "received:a on_receive:b");
}

static void
test_message_signal (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_quiet (f, &ws);
  gulong id = g_signal_connect (ws, "message", G_CALLBACK (message_cb), f);

  client_send_text (client, "a");
  wait_until (f, f->log->len == 1);
  g_signal_handler_disconnect (ws, id);
  client_send_text (client, "b");
  settle (f);
  assert_log (f, "message:a");
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  wait_until (f, f->log->len == 1);
  assert_log (f, "received:b");
}

static void
test_several_receives (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_quiet (f, &ws);

  for (guint i = 0; i < 3; i++)
    nx_web_socket_receive_async (ws, NULL, received_cb, f);
  client_send_text (client, "a");
  client_send_text (client, "b");
  client_send_text (client, "c");
  wait_until (f, f->log->len == 3);
  assert_log (f, "received:a received:b received:c");
}

static void
test_kinds (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_quiet (f, &ws);

  nx_web_socket_receive_text_async (ws, NULL, received_text_cb, f);
  nx_web_socket_receive_text_async (ws, NULL, received_text_cb, f);
  nx_web_socket_receive_bytes_async (ws, NULL, received_bytes_cb, f);
  nx_web_socket_receive_bytes_async (ws, NULL, received_bytes_cb, f);
  nx_web_socket_receive_json_async (ws, NULL, received_json_cb, f);
  nx_web_socket_receive_json_async (ws, NULL, received_json_cb, f);
  nx_web_socket_receive_json_async (ws, NULL, received_json_cb, f);
  client_send_text (client, "t");
  client_send_bytes (client, "b", 1);
  client_send_bytes (client, "bb", 2);
  client_send_text (client, "t");
  client_send_text (client, "7");
  client_send_text (client, "{");
  client_send_bytes (client, "7", 1);
  wait_until (f, f->log->len == 7);
  assert_log (f, "text:t failed:nx-error-quark:2 bytes:2 failed:nx-error-quark:2 json:7 "
                 "failed:nx-error-quark:2 failed:nx-error-quark:2");
}

/* -- Nothing is lost -- */

static void
test_cancelled_receive (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_quiet (f, &ws);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  nx_web_socket_receive_async (ws, cancellable, received_cb, f);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  settle (f);
  g_cancellable_cancel (cancellable);
  wait_until (f, f->log->len == 1);
  client_send_text (client, "a");
  wait_until (f, f->log->len == 2);
  assert_log (f, "failed:g-io-error-quark:19 received:a");

  nx_web_socket_receive_async (ws, cancellable, received_cb, f);
  wait_until (f, f->log->len == 1);
  assert_log (f, "failed:g-io-error-quark:19");
}

static void
test_untaken_result (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_quiet (f, &ws);

  nx_web_socket_receive_async (ws, NULL, nobody_cb, f);
  client_send_text (client, "a");
  client_send_text (client, "b");
  wait_until (f, f->log->len == 1);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  wait_until (f, f->log->len == 3);
  assert_log (f, "nobody received:a received:b");
}

static void
test_full_inbox (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_quiet (f, &ws);
  g_autoptr (GString) expected = g_string_new (NULL);

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      client_send_text (client, text);
      g_string_append_printf (expected, "%sreceived:%u", i > 0 ? " " : "", i);
    }
  wait_until (f, ws->inbox.length == 16);
  settle (f);
  g_assert_cmpuint (ws->inbox.length, ==, 16);
  for (guint i = 0; i < 100; i++)
    nx_web_socket_receive_async (ws, NULL, received_cb, f);
  wait_until (f, f->log->len == 100);
  assert_log (f, expected->str);
}

/* A service that takes nothing: it is told so once, and who leaves does not have to wait for it. */
static void
test_nobody_takes (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_quiet (f, &ws);

  client_send_text (client, "a");
  client_send_close (client, 1000);
  client_expect_close (client, 1000);
  client_expect_end (client);

  g_test_expect_message ("nexws", G_LOG_LEVEL_MESSAGE,
                         "*to /: 16 messages wait and nobody takes them*");
  for (guint n = 0; n < 2; n++)
    {
      client = client_open (f, "/");
      for (guint i = 0; i < 17; i++)
        client_send_text (client, "a");
      settle (f);
      wait_until (f, only_websocket (f)->inbox.length == 16);
      client_cut (client);
      wait_until (f, nx_connection_list_get_size (nx_app_get_private (f->app)->connections) == 0);
    }
  g_test_assert_expected_messages ();
}

/* More than the inbox, the read buffer and the kernel's buffers hold: the client has to wait. */
static void
test_nothing_is_read_when_full (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_quiet (f, &ws);
  g_autofree char *big = g_strnfill (100 * 1000, 'x');

  client_send_text (client, big); /* one always fits */
  client_send_text (client, "last");
  wait_until (f, ws->inbox.length > 0);
  settle (f);
  g_assert_cmpuint (ws->inbox.length, ==, 1);
  nx_web_socket_receive_text_async (ws, NULL, received_text_cb, f);
  wait_until (f, f->log->len == 1);
  g_ptr_array_set_size (f->log, 0);
  nx_web_socket_receive_text_async (ws, NULL, received_text_cb, f);
  wait_until (f, f->log->len == 1);
  assert_log (f, "text:last");
}

/* -- Pausing -- */

static void
test_pause (Fixture *f)
{
  Client *client;
  NxWebSocket *ws;

  add_controller (f);
  client = client_open (f, "/");
  ws = only_websocket (f);
  nx_web_socket_pause (ws);
  nx_web_socket_pause (ws);
  client_send_text (client, "a");
  client_send_text (client, "b");
  wait_until (f, ws->inbox.length == 2);
  nx_web_socket_resume (ws);
  settle (f);
  assert_log (f, "");
  nx_web_socket_receive_async (ws, NULL, received_cb, f); /* never stopped by it */
  wait_until (f, f->log->len == 1);
  assert_log (f, "received:a");
  nx_web_socket_resume (ws);
  wait_until (f, f->log->len == 1);
  assert_log (f, "on_receive:b");
}

static void
test_leaves_while_paused (Fixture *f)
{
  Client *client;
  NxWebSocket *ws;

  add_controller (f);
  client = client_open (f, "/");
  ws = g_object_ref (only_websocket (f));
  nx_web_socket_pause (ws);
  for (guint i = 0; i < 40; i++)
    client_send_text (client, "x");
  wait_until (f, ws->inbox.length == 16);
  client_shutdown (client);
  wait_until (f, ws->input_ended);
  pass_time (f, 5100);
  assert_log (f, "on_disconnect:1006");
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSED);
  /* What came before can still be had. */
  for (guint i = 0; i < 41; i++)
    nx_web_socket_receive_async (ws, NULL, received_cb, f);
  wait_until (f, f->log->len == 41);
  g_assert_cmpstr (g_ptr_array_index (f->log, 39), ==, "received:x");
  g_assert_cmpstr (g_ptr_array_index (f->log, 40), ==, "failed:nx-error-quark:0");
  g_object_unref (ws);
}

/* -- The peer closes while something that is no handler has what it received -- */

static Client *
receive_and_close (Fixture *f, NxWebSocket **ws)
{
  Client *client = open_quiet (f, ws);

  nx_web_socket_receive_async (*ws, NULL, received_cb, f);
  client_send_text (client, "x");
  client_send_close (client, 1000);
  wait_until (f, f->log->len == 1 && nx_web_socket_get_close_code (*ws) == 1000);
  settle (f);
  g_assert_cmpint (nx_web_socket_get_state (*ws), ==, NX_STATE_OPEN);
  return client;
}

/* It may be at work on an answer, so the close is not answered yet; how it ends is known. */
static void
test_taker_answers (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = receive_and_close (f, &ws);

  g_assert_true (nx_web_socket_send_text (ws, "last words", NULL));
  nx_web_socket_receive_async (ws, NULL, received_cb, f); /* and is done with it */
  client_expect_text (client, "last words");
  client_expect_close (client, 1000);
  assert_log (f, "received:x failed:nx-error-quark:0");
}

static void
test_taker_closes (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = receive_and_close (f, &ws);

  g_assert_true (nx_web_socket_close (ws, 1000, NULL, NULL));
  client_expect_close (client, 1000);
}

/* Who says nothing more is waited for as long as any handler. */
static void
test_taker_forgets (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = receive_and_close (f, &ws);

  pass_time (f, 4900);
  g_assert_cmpuint (client->close_code, ==, 0);
  pass_time (f, 200);
  client_expect_close (client, 1000);
}

/* A small frame may hold a large message: one connection does not get all of a turn for its messages. */
static void
test_share_of_a_turn (Fixture *f)
{
  const NxDeflateParams params = { .server_no_context_takeover = TRUE,
                                   .client_no_context_takeover = TRUE,
                                   .server_max_window_bits = 12,
                                   .client_max_window_bits = 12 };
  g_autofree char *much = g_strnfill (200 * 1024, 'x');
  g_autoptr (NxFrame) frame = nx_frame_new (NX_OPCODE_TEXT, much, 200 * 1024);
  g_autoptr (NxFrame) small = NULL;
  g_autoptr (GByteArray) masked = g_byte_array_new ();
  NotingController *controller = add_controller (f);
  NxSender sender;
  Client *client;
  guint n = 0;

  g_object_set (f->app, "compression", TRUE, NULL);
  client = client_new (f, "/", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  controller->is_silent = TRUE;
  nx_sender_init (&sender, NX_SIDE_CLIENT, &params);
  small = nx_sender_deflate (&sender, frame);
  nx_sender_clear (&sender);
  for (guint i = 0; i < 20; i++)
    nx_sender_mask_into (masked, small, 0x37fa213d);
  client_send_raw (client, masked->data, masked->len);
  while (n < 20)
    {
      guint before = n;

      g_main_context_iteration (NULL, FALSE);
      n = controller->n_received;
      g_assert_cmpuint (n - before, <=, 4);
    }
}

/* -- Handlers -- */

static void
test_handlers_never_overlap (Fixture *f)
{
  NotingController *controller = add_controller (f);
  Client *client = client_open (f, "/");
  NxWebSocket *ws = only_websocket (f);

  controller->begins = TRUE;
  client_send_text (client, "a");
  client_send_text (client, "b");
  wait_until (f, ws->inbox.length == 1);
  assert_log (f, "on_receive:a");
  nx_web_socket_end_handler (ws, NULL);
  settle (f);
  assert_log (f, "on_receive:b");
  controller->begins = FALSE;
  nx_web_socket_end_handler (ws, NULL);
}

static void
test_late_error (Fixture *f)
{
  NotingController *controller = add_controller (f);
  Client *client = client_open (f, "/");
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "a late secret");

  controller->begins = TRUE;
  client_send_text (client, "a");
  wait_until (f, f->log->len == 1);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*failed: a late secret*");
  nx_web_socket_end_handler (only_websocket (f), error);
  g_test_assert_expected_messages ();
  client_expect_close (client, 1011);
  g_assert_cmpstr (client->close_reason, ==, "");
}

static void
test_early_error (Fixture *f)
{
  NotingController *controller = add_controller (f);
  Client *client = client_open (f, "/");

  controller->fails = TRUE;
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*failed: a secret*");
  client_send_text (client, "a");
  client_expect_close (client, 1011);
  g_test_assert_expected_messages ();
  g_assert_cmpstr (client->close_reason, ==, "");
  client_send_close (client, 1011);
  client_expect_end (client);
  assert_log (f, "on_receive:a on_disconnect:1011");
}

/* -- Encodings -- */

static void
expect_refused (Fixture *f, NxEncoding encoding, gboolean is_text, const char *payload, guint code)
{
  NotingController *controller = g_object_new (NOTING_TYPE_CONTROLLER, "encoding", encoding, NULL);
  NxRoute *route =
      nx_router_add_controller (NX_ROUTER (f->app), "/e", NX_CONTROLLER (controller), NULL);
  Client *client = client_open (f, "/e");

  controller->f = f;
  client_send_frame (client, is_text ? NX_OPCODE_TEXT : NX_OPCODE_BINARY, payload,
                     strlen (payload));
  if (code != 0)
    client_expect_close (client, code);
  else
    wait_until (f, f->log->len == 1);
  g_ptr_array_set_size (f->log, 0);
  client_cut (client);
  nx_router_remove_route (NX_ROUTER (f->app), route);
  wait_until (f, nx_connection_list_get_size (nx_app_get_private (f->app)->connections) == 0);
  g_ptr_array_set_size (f->log, 0);
  g_object_unref (controller);
}

static void
test_encoding (Fixture *f)
{
  expect_refused (f, NX_ENCODING_TEXT, TRUE, "x", 0);
  expect_refused (f, NX_ENCODING_TEXT, FALSE, "x", 1003);
  expect_refused (f, NX_ENCODING_BYTES, FALSE, "x", 0);
  expect_refused (f, NX_ENCODING_BYTES, TRUE, "x", 1003);
  expect_refused (f, NX_ENCODING_JSON, TRUE, "{\"a\":1}", 0);
  expect_refused (f, NX_ENCODING_JSON, TRUE, "{\"a\":1", 1007);
  expect_refused (f, NX_ENCODING_JSON, FALSE, "{}", 1003);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/receive/on-receive", test_on_receive);
  ADD_SCENARIO ("/receive/receive-comes-first", test_receive_comes_first);
  ADD_SCENARIO ("/receive/message-signal", test_message_signal);
  ADD_SCENARIO ("/receive/several", test_several_receives);
  ADD_SCENARIO ("/receive/kinds", test_kinds);
  ADD_SCENARIO ("/receive/cancelled", test_cancelled_receive);
  ADD_SCENARIO ("/receive/untaken", test_untaken_result);
  ADD_SCENARIO ("/receive/full", test_full_inbox);
  ADD_SCENARIO ("/receive/nobody", test_nobody_takes);
  ADD_SCENARIO ("/receive/big", test_nothing_is_read_when_full);
  ADD_SCENARIO ("/receive/pause", test_pause);
  ADD_SCENARIO ("/receive/leaves-while-paused", test_leaves_while_paused);
  ADD_SCENARIO ("/receive/taker/answers", test_taker_answers);
  ADD_SCENARIO ("/receive/taker/closes", test_taker_closes);
  ADD_SCENARIO ("/receive/taker/forgets", test_taker_forgets);
  ADD_SCENARIO ("/receive/share", test_share_of_a_turn);
  ADD_SCENARIO ("/receive/handlers/overlap", test_handlers_never_overlap);
  ADD_SCENARIO ("/receive/handlers/late-error", test_late_error);
  ADD_SCENARIO ("/receive/handlers/early-error", test_early_error);
  ADD_SCENARIO ("/receive/encoding", test_encoding);
  return g_test_run ();
}
