/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON-RPC, being called: what each call is answered with, when, and what becomes of calls that nobody answers. */
#include "config.h"

#include "desk.h"

#include "../messages/sample.h"

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
  note (desk_fixture, "freed");
}

static void
bind_again (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  nx_rpc_controller_add_method (self, "move", TYPE_POINT, TYPE_POINT, desk_move, (gpointer) "again",
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
  wait_until (f, desk_kept->len == 2);
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
  wait_until (f, desk_kept->len == 2);
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
  wait_until (f, desk_kept->len == 1);
  answer_kept (0, 1);
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL,
                         "nx_rpc_call_return_json: the call of \"wait\" is answered already");
  answer_kept (0, 2);
  g_test_assert_expected_messages ();
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL,
                         "nx_rpc_call_return_gerror: the call of \"wait\" is answered already");
  nx_rpc_call_return_gerror (g_ptr_array_index (desk_kept, 0),
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
  wait_until (f, desk_kept->len == 1);
  g_ptr_array_set_size (desk_kept, 0);
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
  wait_until (f, desk_kept->len == 1);
  client_send_text (other, ASK ("1", "wait"));
  wait_until (f, desk_kept->len == 2);
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
  wait_until (f, desk_kept->len == 1);
  g_clear_object (&f->app);
  g_assert_true (
      g_cancellable_is_cancelled (nx_rpc_call_get_cancellable (g_ptr_array_index (desk_kept, 0))));
  answer_kept (0, 1);
  g_ptr_array_set_size (desk_kept, 0);
}

/* -- Mistakes -- */

static void
test_mistakes (void)
{
  g_autoptr (NxRpcController) desk = nx_rpc_controller_new ();

  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "The method \"a\": *Odd*");
  nx_rpc_controller_add_method (desk, "a", TYPE_ODD, G_TYPE_NONE, desk_stop, NULL, NULL);
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "The method \"b\": *Odd*");
  nx_rpc_controller_add_method (desk, "b", G_TYPE_NONE, TYPE_ODD, desk_stop, NULL, NULL);
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
  ADD_SCENARIO ("/rpc-controller/binary", test_binary);
  ADD_SCENARIO ("/rpc-controller/encoding-any", test_encoding_any);
  ADD_SCENARIO ("/rpc-controller/shared", test_shared);
  ADD_SCENARIO ("/rpc-controller/close-in-batch", test_close_in_batch);
  ADD_SCENARIO ("/rpc-controller/app-goes", test_app_goes);
  g_test_add_func ("/rpc-controller/mistakes", test_mistakes);
  g_test_add_func ("/rpc-controller/properties", test_properties);
  status = g_test_run ();
  g_clear_pointer (&desk_kept, g_ptr_array_unref);
  return status;
}
