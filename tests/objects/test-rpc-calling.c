/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON-RPC, calling: which answer ends which call, what a peer may say instead, and what happens when it says nothing. */
#include "fixture.h"

static Fixture *fixture; /* of the test that runs */
static GPtrArray *kept;  /* of NxRpcCall */

static void
wait (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_ptr_array_add (kept, g_object_ref (call));
}

static NxRpcController *
serve (Fixture *f)
{
  NxRpcController *desk = nx_rpc_controller_new ();

  fixture = f;
  g_clear_pointer (&kept, g_ptr_array_unref);
  kept = g_ptr_array_new_with_free_func (g_object_unref);
  nx_rpc_controller_add_method (desk, "wait", JSON_TYPE_NODE, JSON_TYPE_NODE, wait, NULL, NULL);
  nx_router_add_controller (NX_ROUTER (f->app), "/rpc", NX_CONTROLLER (desk), NULL);
  g_object_unref (desk); /* the route holds it */
  return desk;
}

/* Notes what a call came to. */
static void
called_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxRpcController *desk = NX_RPC_CONTROLLER (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = nx_rpc_controller_call_finish (desk, result, &error);
  g_autofree char *text = node != NULL ? json_to_string (node, FALSE) : NULL;
  JsonNode *error_data = nx_rpc_controller_get_error_data (desk, result);
  g_autofree char *more = error_data != NULL ? json_to_string (error_data, FALSE) : NULL;

  if (text != NULL)
    note (fixture, "%s:%s", (const char *) data, text);
  else
    note (fixture, "%s:%s:%d:%s%s%s", (const char *) data, g_quark_to_string (error->domain),
          error->code, error->message, more != NULL ? ":" : "", more != NULL ? more : "");
  if (error != NULL)
    g_assert_true (nx_rpc_error_get_data (error) == error_data);
}

static void
call (NxRpcController *desk, NxWebSocket *ws, const char *name, guint timeout_ms)
{
  nx_rpc_controller_call_async (desk, ws, "ask", NULL, timeout_ms, NULL, called_cb,
                                (gpointer) name);
}

#define V "\"jsonrpc\":\"2.0\""
#define ASK(id) "{" V ",\"id\":" id ",\"method\":\"ask\"}"
#define RESULT(id, result) "{" V ",\"id\":" id ",\"result\":" result "}"
#define ERROR(id, error) "{" V ",\"id\":" id ",\"error\":{" error "}}"

/* -- Which answer -- */

static void
test_call (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  g_autoptr (JsonNode) params = json_from_string ("[1,{\"a\":null}]", NULL);

  nx_rpc_controller_call_async (desk, only_websocket (f), "ask \"it\"", params, 0, NULL, called_cb,
                                (gpointer) "one");
  client_expect_text (client,
                      "{" V ",\"id\":1,\"method\":\"ask \\\"it\\\"\",\"params\":[1,{\"a\":null}]}");
  call (desk, only_websocket (f), "two", 0);
  client_expect_text (client, ASK ("2"));
  client_send_text (client, RESULT ("2", "[2]"));
  client_send_text (client, RESULT ("1", "null"));
  settle (f);
  wait_until (f, f->log->len == 2);
  assert_log (f, "two:[2] one:null");
}

/* What is called between goes out as one array, once the outermost ends; its answers may come as one, or one by one. */
static void
test_gather (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  NxWebSocket *ws = only_websocket (f);
  GError *error = NULL;

  nx_rpc_controller_begin_batch (desk, ws);
  g_assert_true (nx_rpc_controller_end_batch (desk, ws, &error)); /* empty: nothing is sent */
  nx_rpc_controller_begin_batch (desk, ws);
  call (desk, ws, "one", 0);
  nx_rpc_controller_begin_batch (desk, ws);
  g_assert_true (nx_rpc_controller_send_notification (desk, ws, "tell", NULL, &error));
  g_assert_true (nx_rpc_controller_end_batch (desk, ws, &error));
  call (desk, ws, "two", 0);
  g_assert_true (nx_rpc_controller_end_batch (desk, ws, &error));
  g_assert_no_error (error);
  client_expect_text (client, "[" ASK ("1") ",{" V ",\"method\":\"tell\"}," ASK ("2") "]");
  call (desk, ws, "three", 0);
  client_expect_text (client, ASK ("3"));
  client_send_text (client, "[" RESULT ("2", "2") "," RESULT ("1", "1") "]");
  client_send_text (client, RESULT ("3", "3"));
  wait_until (f, f->log->len == 3);
  assert_log (f, "two:2 one:1 three:3");
}

/* The end of the connection is that of a batch, and of its calls. */
static void
test_gather_gone (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  g_autoptr (NxWebSocket) ws = g_object_ref (only_websocket (f));
  g_autoptr (GError) error = NULL;

  nx_rpc_controller_begin_batch (desk, ws);
  call (desk, ws, "one", 0);
  client_cut (client);
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED && f->log->len == 1);
  g_assert_true (g_str_has_prefix (g_ptr_array_index (f->log, 0), "one:nx-error-quark:"));
  g_assert_false (nx_rpc_controller_end_batch (desk, ws, &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_DISCONNECTED);
  nx_rpc_controller_begin_batch (desk, ws); /* nothing happens */
}

/* A batch that cannot be sent any more fails with its calls. */
static void
test_gather_refused (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  NxWebSocket *ws = only_websocket (f);
  g_autoptr (GError) error = NULL;

  nx_rpc_controller_begin_batch (desk, ws);
  call (desk, ws, "one", 0);
  call (desk, ws, "two", 0);
  g_assert_true (nx_web_socket_close (ws, 1000, NULL, NULL));
  g_assert_false (nx_rpc_controller_end_batch (desk, ws, &error));
  g_assert_nonnull (error);
  wait_until (f, f->log->len == 2);
  client_cut (client);
}

/* So does one that began too late. */
static void
test_gather_closing (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  NxWebSocket *ws = only_websocket (f);
  g_autoptr (GError) error = NULL;

  call (desk, ws, "one", 0);
  g_assert_true (nx_web_socket_close (ws, 1000, NULL, NULL));
  nx_rpc_controller_begin_batch (desk, ws);
  call (desk, ws, "two", 0);
  g_assert_false (nx_rpc_controller_end_batch (desk, ws, &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_DISCONNECTED);
  client_cut (client);
  wait_until (f, f->log->len == 2);
}

static void
test_batch (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");

  call (desk, only_websocket (f), "one", 0);
  call (desk, only_websocket (f), "two", 0);
  client_expect_text (client, ASK ("1"));
  client_expect_text (client, ASK ("2"));
  client_send_text (client, "[" RESULT ("1", "1") "," RESULT ("2", "2") "]");
  wait_until (f, f->log->len == 2);
  assert_log (f, "one:1 two:2");
}

static const struct
{
  const char *name, *text, *note;
} replies[] = {
  { "result", RESULT ("1", "{\"a\":1}"), "one:{\"a\":1}" },
  { "error", ERROR ("1", "\"code\":7,\"message\":\"no\""), "one:NxRpcError:7:no" },
  { "error-data", ERROR ("1", "\"code\":-32601,\"message\":\"no\",\"data\":{\"why\":[1]}"),
    "one:NxRpcError:-32601:no:{\"why\":[1]}" },
  { "error-data-null", ERROR ("1", "\"code\":-32601,\"message\":\"no\",\"data\":null"),
    "one:NxRpcError:-32601:no:null" },
  { "bad-error", ERROR ("1", "\"code\":\"7\",\"message\":\"no\""),
    "one:nx-error-quark:2:The answer to \"ask\" is none: error: an object with code and message is "
    "wanted" },
  { "both", "{" V ",\"id\":1,\"result\":1,\"error\":{\"code\":1,\"message\":\"\"}}",
    "one:nx-error-quark:2:The answer to \"ask\" is none: either result or error is wanted" },
  { "version", "{\"id\":1,\"result\":1}",
    "one:nx-error-quark:2:The answer to \"ask\" is none: jsonrpc: \"2.0\" is wanted" },
};

static void
test_reply (Fixture *f)
{
  guint i = GPOINTER_TO_UINT (f->data);
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");

  call (desk, only_websocket (f), "one", 0);
  client_expect_text (client, ASK ("1"));
  client_send_text (client, replies[i].text);
  wait_until (f, f->log->len == 1);
  assert_log (f, replies[i].note);
  g_assert_cmpint (nx_web_socket_get_state (only_websocket (f)), ==, NX_STATE_OPEN);
}

/* None of these is an answer to call 1, and the one behind them is. */
static void
test_strange (Fixture *f)
{
  static const char *const strange[] = {
    RESULT ("2", "7"),          RESULT ("0", "7"),
    RESULT ("-1", "7"),         RESULT ("1.0", "7"),
    RESULT ("1e0", "7"),        RESULT ("\"1\"", "7"),
    RESULT ("null", "7"),       RESULT ("[1]", "7"),
    RESULT ("true", "7"),       RESULT ("18446744073709551617", "7"), /* 1 in 64 bits */
    RESULT ("4294967297", "7"),                                       /* 1 in 32 */
    "{" V ",\"result\":7}",     ERROR ("null", "\"code\":1,\"message\":\"\""),
  };
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");

  call (desk, only_websocket (f), "one", 0);
  client_expect_text (client, ASK ("1"));
  for (guint i = 0; i < G_N_ELEMENTS (strange); i++)
    client_send_text (client, strange[i]);
  client_send_text (client, RESULT ("1", "1"));
  client_send_text (client, RESULT ("1", "2"));
  wait_until (f, f->log->len > 0);
  settle (f);
  assert_log (f, "one:1");
}

/* One peer cannot answer for another. */
static void
test_other_peer (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *one = client_open (f, "/rpc");
  NxWebSocket *ws = only_websocket (f);
  Client *other = client_open (f, "/rpc");

  call (desk, ws, "one", 0);
  client_expect_text (one, ASK ("1"));
  client_send_text (other, RESULT ("1", "2"));
  client_send_text (other, "{" V ",\"id\":1,\"method\":\"none\"}");
  g_free (client_wait_text (other));
  assert_log (f, "");
  client_send_text (one, RESULT ("1", "1"));
  wait_until (f, f->log->len == 1);
  assert_log (f, "one:1");
}

/* -- No answer -- */

static void
test_timeout (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");

  call (desk, only_websocket (f), "one", 500);
  call (desk, only_websocket (f), "two", 0);
  client_expect_text (client, ASK ("1"));
  pass_time (f, 480);
  assert_log (f, "");
  pass_time (f, 40);
  assert_log (f, "one:nx-error-quark:4:\"ask\" was not answered within 500 ms");
  client_send_text (client, RESULT ("1", "1"));
  client_send_text (client, RESULT ("2", "2"));
  wait_until (f, f->log->len == 1);
  assert_log (f, "two:2");
}

static void
test_cancel (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  nx_rpc_controller_call_async (desk, only_websocket (f), "ask", NULL, 100, cancellable, called_cb,
                                (gpointer) "one");
  client_expect_text (client, ASK ("1"));
  g_cancellable_cancel (cancellable);
  wait_until (f, f->log->len == 1);
  client_send_text (client, RESULT ("1", "1"));
  pass_time (f, 200);
  nx_rpc_controller_call_async (desk, only_websocket (f), "ask", NULL, 0, cancellable, called_cb,
                                (gpointer) "two");
  wait_until (f, f->log->len == 2);
  assert_log (f, "one:g-io-error-quark:19:Operation was cancelled "
                 "two:g-io-error-quark:19:Operation was cancelled");
  call (desk, only_websocket (f), "three", 0);
  client_expect_text (client, ASK ("2")); /* nothing was sent of the second */
}

static void
test_gone (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  g_autoptr (NxWebSocket) ws = g_object_ref (only_websocket (f));
  GError *error = NULL;

  call (desk, ws, "one", 500);
  call (desk, ws, "two", 0);
  client_expect_text (client, ASK ("1"));
  client_cut (client);
  wait_until (f, f->log->len == 2);
  call (desk, ws, "three", 0);
  wait_until (f, f->log->len == 3);
  {
    g_autofree char *log = take_log (f);

    g_assert_true (g_str_has_prefix (log, "one:nx-error-quark:0:"));
    g_assert_nonnull (strstr (log, "two:nx-error-quark:0:"));
    g_assert_nonnull (strstr (log, "three:nx-error-quark:0:"));
  }
  g_assert_false (nx_rpc_controller_send_notification (desk, ws, "tell", NULL, &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_DISCONNECTED);
  g_error_free (error);
}

static void
test_closing (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  NxWebSocket *ws = only_websocket (f);

  call (desk, ws, "one", 0);
  nx_web_socket_close (ws, 1000, NULL, NULL);
  call (desk, ws, "two", 0);
  settle (f);
  assert_log (f, "two:nx-error-quark:0:The connection is closing");
  client_expect_close (client, 1000);
  client_send_close (client, 1000);
  wait_until (f, f->log->len == 1);
  assert_log (f, "one:nx-error-quark:0:The connection has ended with code 1000");
}

static void
test_app_goes (Fixture *f)
{
  NxRpcController *desk = serve (f);

  client_open (f, "/rpc");
  call (desk, only_websocket (f), "one", 1000);
  g_clear_object (&f->app);
  wait_until (f, f->log->len == 1);
  g_free (take_log (f));
}

static void
test_unwritable (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  g_autoptr (JsonNode) params = json_from_string ("[1]", NULL);
  GError *error = NULL;

  json_array_add_double_element (json_node_get_array (params), 2 * G_MAXDOUBLE);
  nx_rpc_controller_call_async (desk, only_websocket (f), "ask", params, 0, NULL, called_cb,
                                (gpointer) "one");
  settle (f);
  assert_log (f, "one:nx-error-quark:10:a number that is not finite");
  g_assert_false (
      nx_rpc_controller_send_notification (desk, only_websocket (f), "tell", params, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "not finite");
  call (desk, only_websocket (f), "two", 0);
  client_expect_text (client, ASK ("1"));
}

static void
test_notify (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  g_autoptr (JsonNode) params = json_from_string ("{\"a\":1}", NULL);

  g_assert_true (
      nx_rpc_controller_send_notification (desk, only_websocket (f), "tell", params, NULL));
  g_assert_true (
      nx_rpc_controller_send_notification (desk, only_websocket (f), "tell", NULL, NULL));
  client_expect_text (client, "{" V ",\"method\":\"tell\",\"params\":{\"a\":1}}");
  client_expect_text (client, "{" V ",\"method\":\"tell\"}");
}

/* A peer that does not read, with the policy that drops: a call that did not leave fails at once. */
static void
test_slow (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client;
  g_autofree char *much = g_strnfill (900 * 1024, 'x');

  g_object_set (f->app, "slow-policy", NX_SLOW_POLICY_DROP_NEW, NULL);
  client = client_open (f, "/rpc");
  client_set_reading (client, FALSE);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (GError) error = NULL;

      if (!nx_web_socket_send_text (only_websocket (f), much, &error))
        break;
    }
  call (desk, only_websocket (f), "one", 0);
  settle (f);
  {
    g_autofree char *log = take_log (f);

    g_assert_true (g_str_has_prefix (log, "one:nx-error-quark:7:"));
  }
}

/* -- While the peer's own calls are at their limit -- */

/* It is not read any more, but for an answer: which may be what its calls wait for. */
static void
test_both_at_limit (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");

  nx_rpc_controller_set_max_calls (desk, 1);
  client_send_text (client, "{" V ",\"id\":1,\"method\":\"wait\"}");
  wait_until (f, kept->len == 1);
  client_send_text (client, "{" V ",\"id\":2,\"method\":\"wait\"}");
  settle (f);
  g_assert_cmpuint (kept->len, ==, 1);
  call (desk, only_websocket (f), "one", 0);
  client_expect_text (client, ASK ("1"));
  wait_until (f, kept->len == 2);
  client_send_text (client, RESULT ("1", "1"));
  wait_until (f, f->log->len == 1);
  assert_log (f, "one:1");
  client_send_text (client, "{" V ",\"id\":3,\"method\":\"wait\"}");
  settle (f);
  g_assert_cmpuint (kept->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    nx_rpc_call_return_json (g_ptr_array_index (kept, i), NULL);
  wait_until (f, kept->len == 3);
  nx_rpc_call_return_json (g_ptr_array_index (kept, 2), NULL);
}

/* One that never answers makes us read, and must not make us keep whatever it asks for. */
static void
test_overrun (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");

  nx_rpc_controller_set_max_calls (desk, 2);
  call (desk, only_websocket (f), "one", 0);
  client_expect_text (client, ASK ("1"));
  for (guint i = 0; i < 31; i++)
    client_send_text (client, "{" V ",\"id\":1,\"method\":\"wait\"}");
  wait_until (f, kept->len == 31);
  /* A message that begins below it is done whole. */
  client_send_text (client,
                    "[{" V ",\"id\":2,\"method\":\"wait\"},{" V ",\"id\":3,\"method\":\"wait\"}]");
  wait_until (f, kept->len == 33);
  client_send_text (client, "{" V ",\"id\":4,\"method\":\"wait\"}");
  client_expect_text (client, ERROR ("4", "\"code\":-32603,\"message\":\"Internal error\","
                                          "\"data\":\"too many calls are unanswered\""));
  client_send_text (client, "[{" V ",\"id\":5,\"method\":\"wait\"}," RESULT ("1", "1") "]");
  client_expect_text (client, "[" ERROR ("5", "\"code\":-32603,\"message\":\"Internal error\","
                                              "\"data\":\"too many calls are unanswered\"") "]");
  wait_until (f, f->log->len == 1);
  assert_log (f, "one:1");
  g_assert_cmpuint (kept->len, ==, 33);
}

/* Whoever notifies lets a method that calls back decide how many calls wait: not without bound, and not read without end. */
static void
call_back (NxRpcController *self, NxRpcCall *rpc, GObject *params, gpointer data, GError **error)
{
  call (self, nx_rpc_call_get_web_socket (rpc), "back", 0);
}

static void
test_pending (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");

  g_assert_cmpuint (nx_rpc_controller_get_max_pending_calls (desk), ==, 1024);
  nx_rpc_controller_set_max_pending_calls (desk, 2);
  nx_rpc_controller_add_method (desk, "poke", JSON_TYPE_NODE, JSON_TYPE_NODE, call_back, NULL,
                                NULL);
  for (guint i = 0; i < 4; i++)
    client_send_text (client, "{" V ",\"method\":\"poke\"}");
  wait_until (f, f->log->len == 2);
  client_expect_text (client, ASK ("1"));
  client_expect_text (client, ASK ("2"));
  assert_log (f,
              "back:nx-error-quark:3:\"ask\" was not called: 2 calls wait for this peer already, "
              "which is what max-pending-calls allows "
              "back:nx-error-quark:3:\"ask\" was not called: 2 calls wait for this peer already, "
              "which is what max-pending-calls allows");
  /* An answer makes room. */
  client_send_text (client, RESULT ("1", "1"));
  wait_until (f, f->log->len == 1);
  assert_log (f, "back:1");
  client_send_text (client, "{" V ",\"method\":\"poke\"}");
  client_expect_text (client, ASK ("3"));
}

/* A handler that goes on may be what waits for the answer. What else comes waits for the handler, an answer among it as well. */
static void
test_during_handler (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  NxWebSocket *ws = only_websocket (f);

  nx_web_socket_begin_handler (ws);
  call (desk, ws, "one", 0);
  call (desk, ws, "two", 0);
  client_expect_text (client, ASK ("1"));
  client_expect_text (client, ASK ("2"));
  client_send_text (client, "{" V ",\"id\":7,\"method\":\"wait\"}");
  client_send_text (client, "[" RESULT ("1", "1") ",{" V ",\"method\":\"wait\"}]");
  client_send_text (client, RESULT ("2", "2"));
  wait_until (f, f->log->len == 1);
  assert_log (f, "two:2");
  g_assert_cmpuint (kept->len, ==, 0);
  nx_web_socket_end_handler (ws, NULL);
  wait_until (f, f->log->len == 1);
  assert_log (f, "one:1");
  g_assert_cmpuint (kept->len, ==, 2);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/rpc-calling/call", test_call);
  ADD_SCENARIO ("/rpc-calling/batch", test_batch);
  ADD_SCENARIO ("/rpc-calling/gather", test_gather);
  ADD_SCENARIO ("/rpc-calling/gather/gone", test_gather_gone);
  ADD_SCENARIO ("/rpc-calling/gather/refused", test_gather_refused);
  ADD_SCENARIO ("/rpc-calling/gather/closing", test_gather_closing);
  for (guint i = 0; i < G_N_ELEMENTS (replies); i++)
    {
      g_autofree char *path = g_strconcat ("/rpc-calling/reply/", replies[i].name, NULL);

      fixture_add_case (path, test_reply, GUINT_TO_POINTER (i));
    }
  ADD_SCENARIO ("/rpc-calling/strange", test_strange);
  ADD_SCENARIO ("/rpc-calling/other-peer", test_other_peer);
  ADD_SCENARIO ("/rpc-calling/timeout", test_timeout);
  ADD_SCENARIO ("/rpc-calling/cancel", test_cancel);
  ADD_SCENARIO ("/rpc-calling/gone", test_gone);
  ADD_SCENARIO ("/rpc-calling/closing", test_closing);
  ADD_SCENARIO ("/rpc-calling/app-goes", test_app_goes);
  ADD_SCENARIO ("/rpc-calling/unwritable", test_unwritable);
  ADD_SCENARIO ("/rpc-calling/notify", test_notify);
  ADD_MEMORY_SCENARIO ("/rpc-calling/slow", test_slow);
  ADD_SCENARIO ("/rpc-calling/both-at-limit", test_both_at_limit);
  ADD_SCENARIO ("/rpc-calling/overrun", test_overrun);
  ADD_SCENARIO ("/rpc-calling/pending", test_pending);
  ADD_SCENARIO ("/rpc-calling/during-handler", test_during_handler);
  status = g_test_run ();
  g_clear_pointer (&kept, g_ptr_array_unref);
  return status;
}
