/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's typed messages, its expectations in both manners, and its calls by JSON-RPC. */
#include "must.h"

#include "../messages/sample.h"

typedef struct
{
  NxApp *app;
  NxTestClient *client;
} Fixture;

#define assert_fails(call, domain, code, part)                                                     \
  G_STMT_START                                                                                     \
  {                                                                                                \
    GError *error_ = NULL;                                                                         \
    GError **e = &error_;                                                                          \
    g_assert_false (!!(call));                                                                     \
    expect_error (error_, domain, code, part);                                                     \
  }                                                                                                \
  G_STMT_END

/* -- An app -- */

static void
echo_message (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  nx_web_socket_send_message (ws, message, NULL);
}

static void
echo (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (echo_message), NULL);
  nx_web_socket_accept (ws, error);
}

typedef NxController Board;
typedef NxControllerClass BoardClass;
GType board_get_type (void);
G_DEFINE_TYPE (Board, board, NX_TYPE_CONTROLLER)

static void
board_class_init (BoardClass *klass)
{
}

static void
board_init (Board *self)
{
}

static void
on_move (NxController *self, NxWebSocket *ws, GObject *message, gpointer data, GError **error)
{
  nx_web_socket_send_object (ws, message, error);
}

static void
on_add (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_autoptr (GVariant) numbers = nx_rpc_call_get_params_variant (call, "(ii)", error);
  int a, b;

  if (numbers == NULL)
    return;
  g_variant_get (numbers, "(ii)", &a, &b);
  nx_rpc_controller_send_notification (self, nx_rpc_call_get_web_socket (call), "adding", NULL,
                                       NULL);
  nx_rpc_call_return_variant (call, g_variant_new_int32 (a + b));
}

static void
on_keep (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_object_set_data_full (G_OBJECT (self), "kept", g_object_ref (call), g_object_unref);
}

static void
on_release (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  nx_rpc_call_return_variant (g_object_get_data (G_OBJECT (self), "kept"),
                              g_variant_new_string ("kept"));
  g_object_set_data (G_OBJECT (self), "kept", NULL);
  nx_rpc_call_return_variant (call, g_variant_new_string ("released"));
}

static void
on_close (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  nx_web_socket_close (nx_rpc_call_get_web_socket (call), 4000, "no more", NULL);
  nx_rpc_call_return_json (call, NULL);
}

static NxController *
make_desk (void)
{
  NxRpcController *desk = nx_rpc_controller_new ();
  const struct
  {
    const char *name;
    NxRpcMethodFunc func;
  } methods[] = {
    { "add", on_add }, { "keep", on_keep }, { "release", on_release }, { "close", on_close }
  };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    nx_rpc_controller_add_method (desk, methods[i].name, JSON_TYPE_NODE, JSON_TYPE_NODE,
                                  methods[i].func, NULL, NULL);
  return NX_CONTROLLER (desk);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (NxController) board = g_object_new (board_get_type (), NULL);
  g_autoptr (NxController) desk = make_desk ();

  f->app = nx_app_new ();
  nx_controller_add_action (board, "move", TYPE_POINT, on_move, NULL, NULL);
  nx_router_add_route (NX_ROUTER (f->app), "/echo", echo, NULL, NULL, NULL);
  nx_router_add_controller (NX_ROUTER (f->app), "/board", board, NULL);
  nx_router_add_controller (NX_ROUTER (f->app), "/desk", desk, NULL);
  f->client = nx_test_client_new (f->app);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_object_unref (f->client);
  g_object_unref (f->app);
}

static GObject *
new_point (int y)
{
  return g_object_new (TYPE_POINT, "x", 7, "y", y, NULL);
}

/* -- Objects -- */

static void
test_objects (Fixture *f, gconstpointer data)
{
  g_autoptr (GObject) point = new_point (-3);
  g_autoptr (GObject) back = NULL;
  g_autoptr (GError) error = NULL;
  int y;

  must (open, f->client, "/echo");
  must (send_object, f->client, point);
  back = nx_test_client_receive_object (f->client, TYPE_POINT, &error);
  g_assert_no_error (error);
  g_object_get (back, "y", &y, NULL);
  g_assert_cmpint (y, ==, -3);

  nx_test_client_cut (f->client);
  must (open, f->client, "/board");
  must (send_action, f->client, "move", point);
  must (expect_json, f->client, "{\"x\": 7, \"y\": -3, \"label\": \"\"}");
  must (send_action, f->client, "fly", NULL);
  must (expect_close, f->client, 1007, NULL);
}

static void
test_objects_fail (Fixture *f, gconstpointer data)
{
  g_autoptr (GObject) odd = g_object_new (TYPE_ODD, NULL);
  g_autoptr (GObject) point = new_point (0);

  assert_fails (nx_test_client_send_object (f->client, point, e), NX_ERROR, NX_ERROR_INVALID_STATE,
                "Nothing can be sent");
  must (open, f->client, "/echo");
  assert_fails (nx_test_client_send_object (f->client, odd, e), NX_ERROR, NX_ERROR_UNSUPPORTED,
                "pointer");
  assert_fails (nx_test_client_send_action (f->client, "odd", odd, e), NX_ERROR,
                NX_ERROR_UNSUPPORTED, "pointer");
  must (send_text, f->client, "{\"x\": 1}");
  assert_fails (nx_test_client_receive_object (f->client, TYPE_POINT, e), NX_ERROR,
                NX_ERROR_INVALID_DATA,
                "A text message \"{\"x\": 1}\" came where a Point was expected: y: nothing came");
  nx_test_client_set_timeout (f->client, 20);
  assert_fails (nx_test_client_receive_object (f->client, TYPE_POINT, e), NX_ERROR,
                NX_ERROR_TIMEOUT, "did not come within 20 ms");
}

/* -- Expectations -- */

static void
test_json (Fixture *f, gconstpointer data)
{
  must (open, f->client, "/echo");
  must (send_text, f->client, "{\"b\": [1, null], \"a\": 1.5}");
  must (expect_json, f->client, " {\"a\":1.5,\"b\":[1,null]} ");
  must (send_text, f->client, "[1, 2]");
  assert_fails (nx_test_client_expect_json (f->client, "[2, 1]", e), NX_ERROR,
                NX_ERROR_INVALID_DATA,
                "A text message \"[1, 2]\" came where JSON [2, 1] was expected");
  must (send_text, f->client, "1.0");
  must (expect_json, f->client, "1");
  must (send_text, f->client, "1.5");
  assert_fails (nx_test_client_expect_json (f->client, "1", e), NX_ERROR, NX_ERROR_INVALID_DATA,
                "where JSON 1 was expected");
  must (send_text, f->client, "{");
  assert_fails (nx_test_client_expect_json (f->client, "{}", e), NX_ERROR, NX_ERROR_INVALID_DATA,
                "A text message \"{\" came");
  must (send_text, f->client, "{}");
  assert_fails (nx_test_client_expect_json (f->client, "{a", e), NX_ERROR, NX_ERROR_INVALID_DATA,
                "What is expected is no JSON itself, {a: ");
  must (expect_nothing, f->client);
  nx_test_client_set_timeout (f->client, 20);
  assert_fails (nx_test_client_expect_json (f->client, "{}", e), NX_ERROR, NX_ERROR_TIMEOUT,
                "JSON {} was expected: A message did not come within 20 ms");
}

static void
keep_result_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static void
await (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

/* In a loop, and before there is anything. */
static void
test_async (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) text = NULL;
  g_autoptr (GAsyncResult) json = NULL;
  g_autoptr (GAsyncResult) object = NULL;
  g_autoptr (GAsyncResult) nothing = NULL;
  g_autoptr (GAsyncResult) late = NULL;
  g_autoptr (GObject) point = NULL;
  g_autoptr (GError) error = NULL;

  must (open, f->client, "/echo");
  nx_test_client_expect_text_async (f->client, "a", NULL, keep_result_cb, &text);
  nx_test_client_expect_json_async (f->client, "[1]", NULL, keep_result_cb, &json);
  nx_test_client_receive_object_async (f->client, TYPE_POINT, NULL, keep_result_cb, &object);
  must (send_text, f->client, "a");
  must (send_text, f->client, "[ 1 ]");
  must (send_text, f->client, "{\"x\": 1, \"y\": 2}");
  await (&text);
  g_assert_true (nx_test_client_expect_text_finish (f->client, text, &error));
  await (&json);
  g_assert_true (nx_test_client_expect_json_finish (f->client, json, &error));
  await (&object);
  point = nx_test_client_receive_object_finish (f->client, object, &error);
  g_assert_true (G_TYPE_CHECK_INSTANCE_TYPE (point, TYPE_POINT));

  nx_test_client_expect_nothing_async (f->client, NULL, keep_result_cb, &nothing);
  await (&nothing);
  g_assert_true (nx_test_client_expect_nothing_finish (f->client, nothing, &error));
  g_assert_no_error (error);
  must (send_text, f->client, "b");
  nx_test_client_expect_nothing_async (f->client, NULL, keep_result_cb, &late);
  await (&late);
  assert_fails (nx_test_client_expect_nothing_finish (f->client, late, e), NX_ERROR,
                NX_ERROR_INVALID_DATA, "1 message waits");
}

/* Nobody's message is lost by it. */
static void
test_cancelled (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) text = NULL;
  g_autoptr (GAsyncResult) object = NULL;

  must (open, f->client, "/echo");
  nx_test_client_expect_text_async (f->client, "a", cancellable, keep_result_cb, &text);
  nx_test_client_receive_object_async (f->client, TYPE_POINT, cancellable, keep_result_cb, &object);
  g_cancellable_cancel (cancellable);
  await (&text);
  assert_fails (nx_test_client_expect_text_finish (f->client, text, e), G_IO_ERROR,
                G_IO_ERROR_CANCELLED, "Text \"a\" was expected: ");
  await (&object);
  assert_fails (nx_test_client_receive_object_finish (f->client, object, e), G_IO_ERROR,
                G_IO_ERROR_CANCELLED, "");
  must (send_text, f->client, "a");
  must (expect_text, f->client, "a");
}

/* -- Calls -- */

static void
test_call (Fixture *f, gconstpointer data)
{
  g_autoptr (JsonNode) params = json_from_string ("[2, 3]", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) sum = NULL;

  must (open, f->client, "/desk");
  sum = nx_test_client_call (f->client, "add", params, &error);
  g_assert_no_error (error);
  g_assert_cmpint (json_node_get_int (sum), ==, 5);
  /* What came before the answer is there still. */
  must (expect_json, f->client, "{\"jsonrpc\": \"2.0\", \"method\": \"adding\"}");
  must (expect_nothing, f->client);
}

static void
test_call_order (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) kept = NULL;
  g_autoptr (JsonNode) first = NULL;
  g_autoptr (JsonNode) second = NULL;

  must (open, f->client, "/desk");
  nx_test_client_call_async (f->client, "keep", NULL, NULL, keep_result_cb, &kept);
  second = nx_test_client_call (f->client, "release", NULL, NULL);
  g_assert_cmpstr (json_node_get_string (second), ==, "released");
  await (&kept);
  first = nx_test_client_call_finish (f->client, kept, NULL);
  g_assert_cmpstr (json_node_get_string (first), ==, "kept");
}

static void
test_call_fails (Fixture *f, gconstpointer data)
{
  g_autoptr (JsonNode) params = json_from_string ("[2]", NULL);
  g_autoptr (JsonNode) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) kept = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  assert_fails (nx_test_client_call (f->client, "add", params, e), NX_ERROR, NX_ERROR_INVALID_STATE,
                "Nothing can be sent");
  must (open, f->client, "/desk");
  assert_fails (nx_test_client_call (f->client, "fly", NULL, e), NX_RPC_ERROR,
                NX_RPC_ERROR_METHOD_NOT_FOUND, "Method not found");
  result = nx_test_client_call (f->client, "add", params, &error);
  g_assert_error (error, NX_RPC_ERROR, NX_RPC_ERROR_INVALID_PARAMS);
  g_assert_nonnull (strstr (json_node_get_string (nx_rpc_error_get_data (error)), "array"));
  nx_test_client_call_async (f->client, "keep", NULL, cancellable, keep_result_cb, &kept);
  g_cancellable_cancel (cancellable);
  await (&kept);
  assert_fails (nx_test_client_call_finish (f->client, kept, e), G_IO_ERROR, G_IO_ERROR_CANCELLED,
                "");
  assert_fails (nx_test_client_call (f->client, "close", NULL, e), NX_ERROR, NX_ERROR_DISCONNECTED,
                "The answer to \"close\" was expected, but the connection ended with code 4000");
}

static void
test_call_timeout (Fixture *f, gconstpointer data)
{
  must (open, f->client, "/echo");
  nx_test_client_set_timeout (f->client, 20);
  /* A call that comes back is no answer to it. */
  assert_fails (
      nx_test_client_call (f->client, "add", NULL, e), NX_ERROR, NX_ERROR_TIMEOUT,
      "The answer did not come within 20 ms: the connection is open, and 1 message waits");
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/test-client/objects", test_objects);
  ADD ("/test-client/objects-fail", test_objects_fail);
  ADD ("/test-client/json", test_json);
  ADD ("/test-client/async", test_async);
  ADD ("/test-client/cancelled", test_cancelled);
  ADD ("/test-client/call", test_call);
  ADD ("/test-client/call-order", test_call_order);
  ADD ("/test-client/call-fails", test_call_fails);
  ADD ("/test-client/call-timeout", test_call_timeout);
  return g_test_run ();
}
