/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON-RPC, being called: what each call is answered with, when, and what becomes of calls that nobody answers. */
#include "fixture.h"

#include "../messages/sample.h"

#define WARN(pattern) g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, pattern)

static Fixture *fixture; /* of the test that runs */
static GPtrArray *kept;  /* of NxRpcCall, to be answered later */

/* -- A class with methods, and one derived from it that binds one anew -- */

typedef NxRpcController Desk;
typedef NxRpcControllerClass DeskClass;

GType desk_get_type (void);
G_DEFINE_TYPE (Desk, desk, NX_TYPE_RPC_CONTROLLER)

static void
return_number (NxRpcCall *call, gint64 number)
{
  g_autoptr (JsonNode) node = json_node_init_int (json_node_alloc (), number);

  nx_rpc_call_return_json (call, node);
}

static void
add (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  JsonNode *node = nx_rpc_call_get_params (call);
  JsonArray *numbers =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  gint64 sum = 0;

  g_assert_null (params);
  for (guint i = 0; numbers != NULL && i < json_array_get_length (numbers); i++)
    sum += json_array_get_int_element (numbers, i);
  return_number (call, sum);
}

static void
move (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  if (data != NULL)
    note (fixture, "%s", (const char *) data);
  nx_rpc_call_return_object (call, params);
}

static void
stop (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_assert_null (params);
  note (fixture, "stop%s", nx_rpc_call_is_notification (call) ? "-notified" : "");
  nx_rpc_call_return_json (call, NULL);
}

static void
pair (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  nx_rpc_call_return_variant (call, g_variant_new ("(ii)", 1, 2));
}

/* data: how to read the params. */
static void
echo (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_autoptr (GVariant) value = nx_rpc_call_get_params_variant (call, data, error);

  if (value != NULL)
    nx_rpc_call_return_variant (call, value);
}

static void
wait (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  note (fixture, "wait-%s", nx_rpc_call_get_id (call));
  g_ptr_array_add (kept, g_object_ref (call));
}

static void
forget (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
}

static void
fail (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "a secret");
}

static void
refuse (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_set_error_literal (error, NX_RPC_ERROR, 42, "not you");
}

static void
explain (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_autoptr (JsonNode) why = json_node_init_string (json_node_alloc (), "because");

  nx_rpc_call_return_error (call, 43, "not now", why);
}

static void
overflow (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_autoptr (JsonNode) infinite = json_node_init_double (json_node_alloc (), 2 * G_MAXDOUBLE);

  nx_rpc_call_return_json (call, infinite);
}

static void
close_ (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  return_number (call, 1);
  nx_web_socket_close (nx_rpc_call_get_web_socket (call), 4000, NULL, NULL);
}

static void
desk_class_init (DeskClass *klass)
{
  static const struct
  {
    const char *name;
    NxRpcMethodFunc func;
  } methods[] = {
    { "add", add },      { "wait", wait },     { "forget", forget },
    { "fail", fail },    { "refuse", refuse }, { "explain", explain },
    { "close", close_ }, { "pair", pair },     { "overflow", overflow },
  };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    nx_rpc_controller_class_bind_method (klass, methods[i].name, JSON_TYPE_NODE, JSON_TYPE_NODE,
                                         methods[i].func, NULL, NULL);
  nx_rpc_controller_class_bind_method (klass, "move", TYPE_POINT, TYPE_POINT, move, NULL, NULL);
  nx_rpc_controller_class_bind_method (klass, "tuple", JSON_TYPE_NODE, JSON_TYPE_NODE, echo,
                                       (gpointer) "(sad)", NULL);
  nx_rpc_controller_class_bind_method (klass, "numbers", JSON_TYPE_NODE, JSON_TYPE_NODE, echo,
                                       (gpointer) "ad", NULL);
  nx_rpc_controller_class_bind_method (klass, "names", JSON_TYPE_NODE, JSON_TYPE_NODE, echo,
                                       (gpointer) "a{sv}", NULL);
  nx_rpc_controller_class_bind_method (klass, "fits", JSON_TYPE_NODE, JSON_TYPE_NODE, echo, NULL,
                                       NULL);
  nx_rpc_controller_class_bind_method (klass, "nonsense", JSON_TYPE_NODE, JSON_TYPE_NODE, echo,
                                       (gpointer) "(s", NULL);
  nx_rpc_controller_class_bind_method (klass, "stop", G_TYPE_NONE, G_TYPE_NONE, stop, NULL, NULL);
}

static void
desk_init (Desk *self)
{
}

typedef Desk SmallDesk;
typedef DeskClass SmallDeskClass;

GType small_desk_get_type (void);
G_DEFINE_TYPE (SmallDesk, small_desk, desk_get_type ())

static void
small_desk_on_error (NxController *self, NxWebSocket *ws, GError *error)
{
  note (fixture, "error-%s", error->message);
}

static void
small_desk_class_init (SmallDeskClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_error = small_desk_on_error;
  nx_rpc_controller_class_bind_method (klass, "move", TYPE_POINT, TYPE_POINT, move,
                                       (gpointer) "small", NULL);
}

static void
small_desk_init (SmallDesk *self)
{
}

/* One that dispatches by itself, and leaves the rest to its parent. */
typedef Desk OpenDesk;
typedef DeskClass OpenDeskClass;

GType open_desk_get_type (void);
G_DEFINE_TYPE (OpenDesk, open_desk, desk_get_type ())

static void
open_desk_on_call (NxRpcController *self, NxRpcCall *call, GError **error)
{
  if (g_str_has_prefix (nx_rpc_call_get_method (call), "any."))
    return_number (call, (gint64) strlen (nx_rpc_call_get_method (call)));
  else
    NX_RPC_CONTROLLER_CLASS (open_desk_parent_class)->on_call (self, call, error);
}

static void
open_desk_class_init (OpenDeskClass *klass)
{
  NX_RPC_CONTROLLER_CLASS (klass)->on_call = open_desk_on_call;
}

static void
open_desk_init (OpenDesk *self)
{
}

static NxRpcController *
serve (Fixture *f, GType type)
{
  NxRpcController *desk = g_object_new (type, NULL);

  fixture = f;
  g_clear_pointer (&kept, g_ptr_array_unref);
  kept = g_ptr_array_new_with_free_func (g_object_unref);
  nx_router_add_controller (NX_ROUTER (f->app), "/rpc", NX_CONTROLLER (desk), NULL);
  g_object_unref (desk); /* the route holds it */
  return desk;
}

static Client *
open_desk (Fixture *f)
{
  serve (f, desk_get_type ());
  return client_open (f, "/rpc");
}

#define V "\"jsonrpc\":\"2.0\""
#define CALL(id, method, params)                                                                   \
  "{" V ",\"id\":" id ",\"method\":\"" method "\",\"params\":" params "}"
#define ASK(id, method) "{" V ",\"id\":" id ",\"method\":\"" method "\"}"
#define TELL(method) "{" V ",\"method\":\"" method "\"}"
#define RESULT(id, result) "{" V ",\"id\":" id ",\"result\":" result "}"
#define ERROR(id, code, message)                                                                   \
  "{" V ",\"id\":" id ",\"error\":{\"code\":" code ",\"message\":\"" message "\"}}"
#define ERROR_DATA(id, code, message, data)                                                        \
  "{" V ",\"id\":" id ",\"error\":{\"code\":" code ",\"message\":\"" message "\",\"data\":\"" data \
  "\"}}"
#define INVALID(id, why) ERROR_DATA (id, "-32600", "Invalid Request", why)

/* Whatever was not to be answered is not: the next answer is this one's. */
static void
expect_nothing_before (Client *client)
{
  client_send_text (client, CALL ("\"end\"", "add", "[]"));
  client_expect_text (client, RESULT ("\"end\"", "0"));
}

/* -- One answer each -- */

static const struct
{
  const char *name, *text, *answer;
} answers[] = {
  { "by-position", CALL ("1", "add", "[1,2,3]"), RESULT ("1", "6") },
  { "by-name", CALL ("1", "move", "{\"x\":1,\"y\":2}"),
    RESULT ("1", "{\"x\":1,\"y\":2,\"label\":\"\"}") },
  { "without-params", ASK ("1", "stop"), RESULT ("1", "null") },
  { "empty-params", CALL ("1", "stop", "[]"), RESULT ("1", "null") },
  { "variant", ASK ("1", "pair"), RESULT ("1", "[1,2]") },
  { "params-tuple", CALL ("1", "tuple", "[\"a\",[1,2.5]]"), RESULT ("1", "[\"a\",[1.0,2.5]]") },
  { "params-numbers", ASK ("1", "numbers"), RESULT ("1", "[]") },
  { "params-names", ASK ("1", "names"), RESULT ("1", "{}") },
  { "params-fit", CALL ("1", "fits", "{\"a\":[1]}"), RESULT ("1", "{\"a\":[1]}") },
  { "params-unfit", CALL ("1", "tuple", "[7,[]]"),
    ERROR_DATA ("1", "-32602", "Invalid params", "[0]: 7 came, a string is wanted") },
  { "params-too-few", ASK ("1", "tuple"),
    ERROR_DATA ("1",
                "-32602",
                "Invalid params",
                "the message: an array came, an array of 2 is wanted") },
  { "id-float", ASK ("1.0", "add"), RESULT ("1.0", "0") },
  { "id-big", ASK ("123456789012345678901234567890", "add"),
    RESULT ("123456789012345678901234567890", "0") },
  { "id-escaped", ASK ("\"\\u0061\"", "add"), RESULT ("\"\\u0061\"", "0") },
  { "id-null", ASK ("null", "add"), RESULT ("null", "0") },
  { "no-method", ASK ("1", "fly"), ERROR ("1", "-32601", "Method not found") },
  { "params-member", CALL ("1", "move", "{\"x\":1}"),
    ERROR_DATA ("1",
                "-32602",
                "Invalid params",
                "y: nothing came, an integer from -5 to 5 is wanted") },
  { "params-kind", CALL ("1", "move", "[1,2]"),
    ERROR_DATA ("1",
                "-32602",
                "Invalid params",
                "the message: an array came, an object is wanted") },
  { "params-missing", ASK ("1", "move"),
    ERROR_DATA ("1",
                "-32602",
                "Invalid params",
                "x: nothing came, an integer from 0 to 255 is wanted") },
  { "params-none", CALL ("1", "stop", "[0]"),
    ERROR_DATA ("1", "-32602", "Invalid params", "no params are wanted") },
  { "own-error", ASK ("1", "refuse"), ERROR ("1", "42", "not you") },
  { "own-data", ASK ("1", "explain"), ERROR_DATA ("1", "43", "not now", "because") },
  { "no-json", "{",
    ERROR_DATA ("null", "-32700", "Parse error", "octet 1: the end where a string is allowed") },
  { "no-request", "7", INVALID ("null", "an object is wanted") },
  { "version", "{\"method\":\"add\",\"id\":1}", INVALID ("1", "jsonrpc: \\\"2.0\\\" is wanted") },
  { "odd-id", ASK ("[1]", "add"),
    INVALID ("null", "id: a string, a number or null is wanted, of at most 1024 octets") },
  { "scalar-params", CALL ("1", "add", "7"),
    INVALID ("1", "params: an array or an object is wanted") },
  { "empty-batch", "[]", INVALID ("null", "a batch is empty") },
  /* The examples of section 7. */
  { "batch-of-nothing", "[1,2]",
    "[" INVALID ("null", "an object is wanted") "," INVALID ("null", "an object is wanted") "]" },
  { "batch",
    "[" CALL ("\"1\"", "add", "[1,2,4]") "," TELL ("stop") "," CALL (
        "\"2\"",
        "add",
        "[42,-23]") ",{\"foo\":\"boo\"}," ASK ("\"5\"", "fly") "," ASK ("\"9\"", "pair") "]",
    "[" RESULT ("\"1\"", "7") "," RESULT ("\"2\"", "19") "," INVALID (
        "null",
        "jsonrpc: \\\"2.0\\\" is wanted") "," ERROR ("\"5\"",
                                                     "-32601",
                                                     "Method not found") "," RESULT ("\"9\"",
                                                                                     "[1,2]") "]" },
};

static void
test_answer (Fixture *f)
{
  guint i = GPOINTER_TO_UINT (f->data);
  Client *client = open_desk (f);

  client_send_text (client, answers[i].text);
  client_expect_text (client, answers[i].answer);
  expect_nothing_before (client);
}

static const struct
{
  const char *name, *text;
} silences[] = {
  { "notification", TELL ("stop") },
  { "no-method", TELL ("fly") },
  { "params", "{" V ",\"method\":\"move\",\"params\":{\"x\":-1}}" },
  { "own-error", TELL ("refuse") },
  { "own-data", TELL ("explain") },
  { "forgotten", TELL ("forget") },
  { "batch", "[" TELL ("stop") "," TELL ("fly") "," TELL ("forget") "]" },
  { "result", RESULT ("1", "1") },
  { "result-null", RESULT ("null", "1") },
  { "result-text", RESULT ("\"1\"", "1") },
  { "error", ERROR ("1", "1", "no") },
  { "error-null", ERROR ("null", "-32700", "Parse error") },
  { "bad-answer", "{" V ",\"id\":1,\"error\":7}" },
  { "batch-of-results", "[" RESULT ("1", "1") "," ERROR ("2", "1", "no") "]" },
};

static void
test_silence (Fixture *f)
{
  guint i = GPOINTER_TO_UINT (f->data);
  Client *client = open_desk (f);

  client_send_text (client, silences[i].text);
  expect_nothing_before (client);
}

/* -- Which function -- */

static void
test_inherited (Fixture *f)
{
  Client *client;

  serve (f, small_desk_get_type ());
  client = client_open (f, "/rpc");
  client_send_text (client, CALL ("1", "move", "{\"x\":1,\"y\":2}"));
  client_expect_text (client, RESULT ("1", "{\"x\":1,\"y\":2,\"label\":\"\"}"));
  client_send_text (client, ASK ("2", "stop"));
  client_expect_text (client, RESULT ("2", "null"));
  assert_log (f, "small stop");
}

static void
free_data (gpointer data)
{
  note (fixture, "freed");
}

static void
bind_again (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  nx_rpc_controller_add_method (self, "move", TYPE_POINT, TYPE_POINT, move, (gpointer) "again",
                                NULL);
  return_number (call, 1);
}

/* The instance's come before the class's, and what is bound anew is freed, also by itself. */
static void
test_instance (Fixture *f)
{
  NxRpcController *desk = serve (f, desk_get_type ());
  Client *client = client_open (f, "/rpc");

  nx_rpc_controller_add_method (desk, "move", TYPE_POINT, G_TYPE_INT, bind_again, NULL, free_data);
  client_send_text (client, CALL ("1", "move", "{\"x\":1,\"y\":2}"));
  client_expect_text (client, RESULT ("1", "1"));
  client_send_text (client, CALL ("2", "move", "{\"x\":1,\"y\":2}"));
  client_expect_text (client, RESULT ("2", "{\"x\":1,\"y\":2,\"label\":\"\"}"));
  assert_log (f, "freed again");
}

static void
test_on_call (Fixture *f)
{
  Client *client;

  serve (f, open_desk_get_type ());
  client = client_open (f, "/rpc");
  client_send_text (client, ASK ("1", "any.thing"));
  client_expect_text (client, RESULT ("1", "9"));
  client_send_text (client, CALL ("2", "add", "[1]"));
  client_expect_text (client, RESULT ("2", "1"));
  client_send_text (client, ASK ("3", "fly"));
  client_expect_text (client, ERROR ("3", "-32601", "Method not found"));
}

/* -- Answering late -- */

static void
answer_kept (guint index, gint64 number)
{
  return_number (g_ptr_array_index (kept, index), number);
}

static void
test_late (Fixture *f)
{
  Client *client = open_desk (f);

  client_send_text (client, ASK ("1", "wait"));
  client_send_text (client, ASK ("2", "wait"));
  client_send_text (client, CALL ("3", "add", "[1]"));
  client_expect_text (client, RESULT ("3", "1"));
  answer_kept (1, 20);
  client_expect_text (client, RESULT ("2", "20"));
  answer_kept (0, 10);
  client_expect_text (client, RESULT ("1", "10"));
  assert_log (f, "wait-1 wait-2");
}

/* Two with the same id are two: each is answered. */
static void
test_same_id (Fixture *f)
{
  Client *client = open_desk (f);

  client_send_text (client, ASK ("1", "wait"));
  client_send_text (client, ASK ("1", "wait"));
  wait_until (f, kept->len == 2);
  answer_kept (1, 20);
  answer_kept (0, 10);
  client_expect_text (client, RESULT ("1", "20"));
  client_expect_text (client, RESULT ("1", "10"));
}

static void
test_late_batch (Fixture *f)
{
  Client *client = open_desk (f);

  client_send_text (client,
                    "[" ASK ("1", "wait") "," CALL ("2", "add", "[1]") "," ASK ("3", "wait") "]");
  wait_until (f, kept->len == 2);
  answer_kept (1, 30);
  expect_nothing_before (client);
  answer_kept (0, 10);
  client_expect_text (client,
                      "[" RESULT ("2", "1") "," RESULT ("3", "30") "," RESULT ("1", "10") "]");
}

static void
test_twice (Fixture *f)
{
  Client *client = open_desk (f);

  client_send_text (client, ASK ("1", "wait"));
  wait_until (f, kept->len == 1);
  answer_kept (0, 1);
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL,
                         "nx_rpc_call_return_json: the call of \"wait\" is answered already");
  answer_kept (0, 2);
  g_test_assert_expected_messages ();
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL,
                         "nx_rpc_call_return_gerror: the call of \"wait\" is answered already");
  nx_rpc_call_return_gerror (g_ptr_array_index (kept, 0),
                             &(GError){ G_IO_ERROR, G_IO_ERROR_FAILED, (char *) "x" });
  g_test_assert_expected_messages ();
  client_expect_text (client, RESULT ("1", "1"));
  expect_nothing_before (client);
}

static void
test_forgotten (Fixture *f)
{
  Client *client = open_desk (f);

  WARN ("The call of \"forget\" is answered with an internal error: * dropped without an answer");
  client_send_text (client, ASK ("1", "forget"));
  client_expect_text (client, ERROR ("1", "-32603", "Internal error"));
  WARN ("The call of \"wait\" is answered with an internal error: * dropped without an answer");
  client_send_text (client, "[" ASK ("2", "wait") "]");
  wait_until (f, kept->len == 1);
  g_ptr_array_set_size (kept, 0);
  client_expect_text (client, "[" ERROR ("2", "-32603", "Internal error") "]");
  g_test_assert_expected_messages ();
}

static void
test_unwritable (Fixture *f)
{
  Client *client = open_desk (f);

  WARN ("The call of \"overflow\" is answered with an internal error: * not finite");
  client_send_text (client, ASK ("1", "overflow"));
  client_expect_text (client, ERROR ("1", "-32603", "Internal error"));
  g_test_assert_expected_messages ();
}

/* -- What goes wrong in a handler -- */

static void
test_error (Fixture *f)
{
  Client *client = open_desk (f);

  WARN ("Connection * to /rpc failed: fail: a secret");
  client_send_text (client, ASK ("1", "fail"));
  client_expect_text (client, ERROR ("1", "-32603", "Internal error"));
  WARN ("Connection * to /rpc failed: fail: a secret");
  client_send_text (client, TELL ("fail"));
  expect_nothing_before (client);
  g_test_assert_expected_messages ();
}

static void
test_nonsense (Fixture *f)
{
  Client *client = open_desk (f);

  WARN ("Connection * to /rpc failed: nonsense: \"(s\" is no signature");
  client_send_text (client, ASK ("1", "nonsense"));
  client_expect_text (client, ERROR ("1", "-32603", "Internal error"));
  g_test_assert_expected_messages ();
}

static void
test_late_error (Fixture *f)
{
  g_autoptr (GError) for_peer = g_error_new (NX_RPC_ERROR, NX_RPC_ERROR_INVALID_PARAMS, "too many");
  Client *client = open_desk (f);

  client_send_text (client, ASK ("1", "wait"));
  client_send_text (client, ASK ("2", "wait"));
  wait_until (f, kept->len == 2);
  WARN ("Connection * to /rpc failed: wait: a secret");
  nx_rpc_call_return_gerror (g_ptr_array_index (kept, 0),
                             &(GError){ G_IO_ERROR, G_IO_ERROR_FAILED, (char *) "a secret" });
  client_expect_text (client, ERROR ("1", "-32603", "Internal error"));
  g_test_assert_expected_messages ();
  nx_rpc_call_return_gerror (g_ptr_array_index (kept, 1), for_peer);
  client_expect_text (client, ERROR ("2", "-32602", "too many"));
}

static void
test_on_error (Fixture *f)
{
  Client *client;

  serve (f, small_desk_get_type ());
  client = client_open (f, "/rpc");
  client_send_text (client, ASK ("1", "fail"));
  client_expect_text (client, ERROR ("1", "-32603", "Internal error"));
  client_send_text (client, ASK ("2", "refuse"));
  client_expect_text (client, ERROR ("2", "42", "not you"));
  assert_log (f, "error-fail: a secret");
}

/* -- The peer goes; it takes too long -- */

static void
cancelled_cb (GCancellable *cancellable, gpointer data)
{
  note (fixture, "cancelled");
}

static void
test_gone (Fixture *f)
{
  Client *client = open_desk (f);
  GCancellable *cancellable;

  client_send_text (client, "[" ASK ("1", "wait") "," ASK ("2", "wait") "]");
  wait_until (f, kept->len == 2);
  cancellable = nx_rpc_call_get_cancellable (g_ptr_array_index (kept, 0));
  g_signal_connect (cancellable, "cancelled", G_CALLBACK (cancelled_cb), NULL);
  client_cut (client);
  wait_until (f, g_cancellable_is_cancelled (cancellable));
  assert_log (f, "wait-1 wait-2 cancelled");
  /* One that is made only now tells the same. */
  g_assert_true (
      g_cancellable_is_cancelled (nx_rpc_call_get_cancellable (g_ptr_array_index (kept, 1))));
  answer_kept (0, 1);
  nx_rpc_call_return_gerror (g_ptr_array_index (kept, 1),
                             &(GError){ G_IO_ERROR, G_IO_ERROR_CANCELLED, (char *) "cancelled" });
  g_ptr_array_set_size (kept, 0);
  settle (f);
}

/* Nobody is warned of calls that were not answered because there was nobody left to answer to. */
static void
test_gone_forgotten (Fixture *f)
{
  Client *client = open_desk (f);

  client_send_text (client, ASK ("1", "wait"));
  wait_until (f, kept->len == 1);
  client_cut (client);
  wait_until (f, g_list_model_get_n_items (nx_app_get_connections (f->app)) == 0);
  g_ptr_array_set_size (kept, 0);
  settle (f);
}

static void
test_timeout (Fixture *f)
{
  NxRpcController *desk = serve (f, desk_get_type ());
  Client *client = client_open (f, "/rpc");
  GCancellable *cancellable;

  nx_rpc_controller_set_call_timeout (desk, 500);
  client_send_text (client, ASK ("1", "wait"));
  client_send_text (client, ASK ("2", "wait"));
  wait_until (f, kept->len == 2);
  answer_kept (1, 2);
  client_expect_text (client, RESULT ("2", "2"));
  cancellable = nx_rpc_call_get_cancellable (g_ptr_array_index (kept, 0));
  pass_time (f, 480);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  pass_time (f, 40);
  client_expect_text (client, ERROR ("1", "-32000", "Timed out"));
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_false (
      g_cancellable_is_cancelled (nx_rpc_call_get_cancellable (g_ptr_array_index (kept, 1))));
  answer_kept (0, 1);
  expect_nothing_before (client);
}

/* -- Limits -- */

static void
test_max_calls (Fixture *f)
{
  NxRpcController *desk = serve (f, desk_get_type ());
  Client *client = client_open (f, "/rpc");

  nx_rpc_controller_set_max_calls (desk, 2);
  for (guint i = 1; i <= 5; i++)
    {
      g_autofree char *text = g_strdup_printf ("{" V ",\"id\":%u,\"method\":\"wait\"}", i);

      client_send_text (client, text);
    }
  wait_until (f, kept->len == 2);
  settle (f);
  g_assert_cmpuint (kept->len, ==, 2);
  answer_kept (1, 2);
  client_expect_text (client, RESULT ("2", "2"));
  wait_until (f, kept->len == 3);
  settle (f);
  g_assert_cmpuint (kept->len, ==, 3);
  /* More room is room at once. */
  nx_rpc_controller_set_max_calls (desk, 10);
  wait_until (f, kept->len == 5);
  assert_log (f, "wait-1 wait-2 wait-3 wait-4 wait-5");
  /* A peer that leaves is seen all the same. */
  nx_rpc_controller_set_max_calls (desk, 1);
  client_cut (client);
  wait_until (f, g_list_model_get_n_items (nx_app_get_connections (f->app)) == 0);
}

/* Sent without looking for answers, and taken as fast as they are given: nothing is lost. */
static void
test_many (Fixture *f)
{
  NxRpcController *desk = serve (f, desk_get_type ());
  Client *client = client_open (f, "/rpc");

  nx_rpc_controller_set_max_calls (desk, 3);
  for (guint i = 0; i < 500; i++)
    client_send_text (client, ASK ("1", "wait"));
  for (guint i = 0; i < 500; i++)
    {
      wait_until (f, kept->len > i);
      g_assert_cmpuint (kept->len, <=, i + 3);
      answer_kept (i, i);
    }
  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *answer = g_strdup_printf ("{" V ",\"id\":1,\"result\":%u}", i);

      client_expect_text (client, answer);
    }
}

static void
test_max_batch (Fixture *f)
{
  NxRpcController *desk = serve (f, desk_get_type ());
  Client *client = client_open (f, "/rpc");

  nx_rpc_controller_set_max_batch (desk, 2);
  client_send_text (client, "[" TELL ("stop") "," TELL ("stop") "]");
  client_send_text (client, "[" TELL ("stop") "," TELL ("stop") "," TELL ("stop") "]");
  client_expect_text (client, INVALID ("null", "a batch has more than 2 elements"));
  assert_log (f, "stop-notified stop-notified");
}

/* A message of the largest size, of as many elements as fit. */
static void
test_huge_batch (Fixture *f)
{
  Client *client = open_desk (f);
  g_autoptr (GString) text = g_string_new ("[0");

  while (text->len < 1000000)
    g_string_append (text, ",0");
  g_string_append_c (text, ']');
  client_send_text (client, text->str);
  client_expect_text (client, INVALID ("null", "a batch has more than 100 elements"));
}

static void
test_deep (Fixture *f)
{
  Client *client = open_desk (f);
  g_autofree char *open = g_strnfill (100000, '[');
  g_autofree char *close = g_strnfill (100000, ']');
  g_autofree char *text = g_strconcat (open, close, NULL);
  g_autofree char *nested = g_strdup_printf (CALL ("1", "add", "%s"), text);

  client_send_text (client, text);
  client_expect_text (client, ERROR_DATA ("null", "-32700", "Parse error",
                                          "octet 129: nested too deeply; 128 levels are allowed"));
  client_send_text (client, nested);
  g_free (client_wait_text (client));
  expect_nothing_before (client);
}

/* -- Which messages -- */

static void
test_binary (Fixture *f)
{
  Client *client = open_desk (f);

  client_send_bytes (client, ASK ("1", "add"), strlen (ASK ("1", "add")));
  client_expect_close (client, NX_CLOSE_UNSUPPORTED_DATA);
}

static void
test_encoding_any (Fixture *f)
{
  NxRpcController *desk = serve (f, desk_get_type ());
  Client *client = client_open (f, "/rpc");

  nx_controller_set_encoding (NX_CONTROLLER (desk), NX_ENCODING_ANY);
  client_send_bytes (client, ASK ("1", "add"), strlen (ASK ("1", "add")));
  client_expect_text (client, RESULT ("1", "0"));
  client_send_bytes (client, "\xff", 1);
  client_expect_text (client, ERROR_DATA ("null", "-32700", "Parse error", "this is not UTF-8"));
}

/* -- Several connections, and the end of them -- */

static void
test_shared (Fixture *f)
{
  Client *one = open_desk (f);
  Client *other = client_open (f, "/rpc");

  client_send_text (one, ASK ("1", "wait"));
  wait_until (f, kept->len == 1);
  client_send_text (other, ASK ("1", "wait"));
  wait_until (f, kept->len == 2);
  client_cut (one);
  wait_until (f, g_list_model_get_n_items (nx_app_get_connections (f->app)) == 1);
  answer_kept (0, 1);
  answer_kept (1, 2);
  client_expect_text (other, RESULT ("1", "2"));
}

/* What a handler did not come to because it closed is dropped, as messages are. */
static void
test_close_in_batch (Fixture *f)
{
  Client *client = open_desk (f);

  client_send_text (client, "[" TELL ("stop") "," ASK ("1", "close") "," TELL ("stop") "]");
  client_expect_close (client, 4000);
  assert_log (f, "stop-notified");
}

static void
test_app_goes (Fixture *f)
{
  Client *client = open_desk (f);

  client_send_text (client, ASK ("1", "wait"));
  wait_until (f, kept->len == 1);
  g_clear_object (&f->app);
  g_assert_true (
      g_cancellable_is_cancelled (nx_rpc_call_get_cancellable (g_ptr_array_index (kept, 0))));
  answer_kept (0, 1);
  g_ptr_array_set_size (kept, 0);
}

/* -- Mistakes -- */

static void
test_mistakes (void)
{
  g_autoptr (NxRpcController) desk = nx_rpc_controller_new ();

  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "The method \"a\": *Odd*");
  nx_rpc_controller_add_method (desk, "a", TYPE_ODD, G_TYPE_NONE, stop, NULL, NULL);
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "The method \"b\": *Odd*");
  nx_rpc_controller_add_method (desk, "b", G_TYPE_NONE, TYPE_ODD, stop, NULL, NULL);
  g_test_assert_expected_messages ();
}

static void
test_properties (void)
{
  g_autoptr (NxRpcController) desk = g_object_new (NX_TYPE_RPC_CONTROLLER, "max-batch", 7,
                                                   "max-calls", 8, "call-timeout", 9, NULL);
  guint max_batch, max_calls, timeout_ms;

  g_object_get (desk, "max-batch", &max_batch, "max-calls", &max_calls, "call-timeout", &timeout_ms,
                NULL);
  g_assert_cmpuint (max_batch, ==, 7);
  g_assert_cmpuint (max_calls, ==, 8);
  g_assert_cmpuint (timeout_ms, ==, 9);
  g_assert_cmpint (nx_controller_get_encoding (NX_CONTROLLER (desk)), ==, NX_ENCODING_TEXT);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autofree char *path = g_strconcat ("/rpc-controller/answer/", answers[i].name, NULL);

      fixture_add_case (path, test_answer, GUINT_TO_POINTER (i));
    }
  for (guint i = 0; i < G_N_ELEMENTS (silences); i++)
    {
      g_autofree char *path = g_strconcat ("/rpc-controller/silence/", silences[i].name, NULL);

      fixture_add_case (path, test_silence, GUINT_TO_POINTER (i));
    }
  ADD_SCENARIO ("/rpc-controller/inherited", test_inherited);
  ADD_SCENARIO ("/rpc-controller/instance", test_instance);
  ADD_SCENARIO ("/rpc-controller/on-call", test_on_call);
  ADD_SCENARIO ("/rpc-controller/late", test_late);
  ADD_SCENARIO ("/rpc-controller/same-id", test_same_id);
  ADD_SCENARIO ("/rpc-controller/late-batch", test_late_batch);
  ADD_SCENARIO ("/rpc-controller/twice", test_twice);
  ADD_SCENARIO ("/rpc-controller/forgotten", test_forgotten);
  ADD_SCENARIO ("/rpc-controller/unwritable", test_unwritable);
  ADD_SCENARIO ("/rpc-controller/error", test_error);
  ADD_SCENARIO ("/rpc-controller/nonsense", test_nonsense);
  ADD_SCENARIO ("/rpc-controller/late-error", test_late_error);
  ADD_SCENARIO ("/rpc-controller/on-error", test_on_error);
  ADD_SCENARIO ("/rpc-controller/gone", test_gone);
  ADD_SCENARIO ("/rpc-controller/gone-forgotten", test_gone_forgotten);
  ADD_SCENARIO ("/rpc-controller/timeout", test_timeout);
  ADD_SCENARIO ("/rpc-controller/max-calls", test_max_calls);
  ADD_SCENARIO ("/rpc-controller/many", test_many);
  ADD_SCENARIO ("/rpc-controller/max-batch", test_max_batch);
  ADD_SCENARIO ("/rpc-controller/huge-batch", test_huge_batch);
  ADD_SCENARIO ("/rpc-controller/deep", test_deep);
  ADD_SCENARIO ("/rpc-controller/binary", test_binary);
  ADD_SCENARIO ("/rpc-controller/encoding-any", test_encoding_any);
  ADD_SCENARIO ("/rpc-controller/shared", test_shared);
  ADD_SCENARIO ("/rpc-controller/close-in-batch", test_close_in_batch);
  ADD_SCENARIO ("/rpc-controller/app-goes", test_app_goes);
  g_test_add_func ("/rpc-controller/mistakes", test_mistakes);
  g_test_add_func ("/rpc-controller/properties", test_properties);
  status = g_test_run ();
  g_clear_pointer (&kept, g_ptr_array_unref);
  return status;
}
