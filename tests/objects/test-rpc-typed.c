/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON-RPC, calling with objects and variants; and what the peer hears of an error of another domain. */
#include "fixture.h"

#include "../messages/sample.h"

static Fixture *fixture; /* of the test that runs */

static NxRpcController *
serve (Fixture *f)
{
  NxRpcController *desk = nx_rpc_controller_new ();

  fixture = f;
  nx_router_add_controller (NX_ROUTER (f->app), "/rpc", NX_CONTROLLER (desk), NULL);
  g_object_unref (desk); /* the route holds it */
  return desk;
}

#define V "\"jsonrpc\":\"2.0\""
#define ASK(params) "{" V ",\"id\":1,\"method\":\"ask\"" params "}"

static void
note_error (NxRpcController *desk, GAsyncResult *result, const GError *error)
{
  JsonNode *data = nx_rpc_controller_get_error_data (desk, result);
  g_autofree char *text = data != NULL ? json_to_string (data, FALSE) : NULL;

  note (fixture, "%s:%d:%s%s", g_quark_to_string (error->domain), error->code, error->message,
        text != NULL ? text : "");
}

static void
object_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxRpcController *desk = NX_RPC_CONTROLLER (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GObject) object = nx_rpc_controller_call_object_finish (desk, result, &error);
  guchar x;

  if (object == NULL)
    {
      note_error (desk, result, error);
      return;
    }
  g_object_get (object, "x", &x, NULL);
  note (fixture, "%s:%u", G_OBJECT_TYPE_NAME (object), x);
}

static void
variant_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxRpcController *desk = NX_RPC_CONTROLLER (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) variant = nx_rpc_controller_call_variant_finish (desk, result, &error);
  g_autofree char *text = variant != NULL ? g_variant_print (variant, TRUE) : NULL;

  if (variant != NULL)
    note (fixture, "%s", text);
  else
    note_error (desk, result, error);
}

/* -- Objects -- */

static const struct
{
  const char *name, *answer, *log;
} answers[] = {
  { "object", "\"result\":{\"x\":7,\"y\":1}", "Point:7" },
  { "misfit", "\"result\":{\"x\":7}",
    "nx-error-quark:2:The result of \"ask\": y: nothing came, an integer from -5 to 5 is wanted" },
  { "null", "\"result\":null",
    "nx-error-quark:2:The result of \"ask\": the message: null came, an object is wanted" },
  { "error", "\"error\":{\"code\":7,\"message\":\"no\",\"data\":[1]}", "NxRpcError:7:no[1]" },
};

static void
test_object (Fixture *f)
{
  guint row = GPOINTER_TO_UINT (f->data);
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  g_autoptr (GObject) point = g_object_new (TYPE_POINT, "x", 1, "y", -1, NULL);
  g_autofree char *answer = g_strdup_printf ("{" V ",\"id\":1,%s}", answers[row].answer);

  nx_rpc_controller_call_object_async (desk, only_websocket (f), "ask", point, TYPE_POINT, 0, NULL,
                                       object_cb, NULL);
  client_expect_text (client, ASK (",\"params\":{\"x\":1,\"y\":-1,\"label\":\"\"}"));
  client_send_text (client, answer);
  wait_until (f, f->log->len == 1);
  assert_log (f, answers[row].log);
}

static void
test_object_fails (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  g_autoptr (GObject) odd = g_object_new (TYPE_ODD, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  nx_rpc_controller_call_object_async (desk, only_websocket (f), "ask", odd, TYPE_POINT, 0, NULL,
                                       object_cb, NULL);
  wait_until (f, f->log->len == 1);
  assert_log (f, "nx-error-quark:8:The params of \"ask\": Odd:pointer (gpointer) cannot be a "
                 "member of a message: there is no JSON for its type");
  nx_rpc_controller_call_object_async (desk, only_websocket (f), "ask", NULL, TYPE_POINT, 500,
                                       cancellable, object_cb, NULL);
  client_expect_text (client, ASK (""));
  g_cancellable_cancel (cancellable);
  wait_until (f, f->log->len == 1);
  assert_log (f, "g-io-error-quark:19:Operation was cancelled");
  nx_rpc_controller_call_object_async (desk, only_websocket (f), "ask", NULL, TYPE_POINT, 500, NULL,
                                       object_cb, NULL);
  pass_time (f, 520);
  wait_until (f, f->log->len == 1);
  assert_log (f, "nx-error-quark:4:\"ask\" was not answered within 500 ms");
}

/* -- Variants -- */

static void
test_variant (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");

  nx_rpc_controller_call_variant_async (desk, only_websocket (f), "ask",
                                        g_variant_new ("(is)", 1, "a"), "ai", 0, NULL, variant_cb,
                                        NULL);
  client_expect_text (client, ASK (",\"params\":[1,\"a\"]"));
  client_send_text (client, "{" V ",\"id\":1,\"result\":[1,2]}");
  wait_until (f, f->log->len == 1);
  assert_log (f, "[1, 2]");
}

static void
test_variant_fails (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");

  nx_rpc_controller_call_variant_async (desk, only_websocket (f), "ask", NULL, "a", 0, NULL,
                                        variant_cb, NULL);
  wait_until (f, f->log->len == 1);
  g_assert_true (g_str_has_prefix (g_ptr_array_index (f->log, 0), "nx-error-quark:8:"));
  g_free (take_log (f));
  nx_rpc_controller_call_variant_async (desk, only_websocket (f), "ask", NULL, "i", 0, NULL,
                                        variant_cb, NULL);
  client_expect_text (client, ASK (""));
  client_send_text (client, "{" V ",\"id\":1,\"result\":\"1\"}");
  wait_until (f, f->log->len == 1);
  g_assert_nonnull (strstr (g_ptr_array_index (f->log, 0), "The result of \"ask\": "));
  g_free (take_log (f));
  nx_rpc_controller_call_variant_async (desk, only_websocket (f), "ask",
                                        g_variant_new_parsed ("{'a': 1, 'a': 2}"), "i", 0, NULL,
                                        variant_cb, NULL);
  wait_until (f, f->log->len == 1);
  g_assert_nonnull (strstr (g_ptr_array_index (f->log, 0), "The params of \"ask\": "));
}

/* -- A method that took too long -- */

static void
fail_with (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  JsonNode *node = nx_rpc_call_get_params (call);
  JsonArray *array = json_node_get_array (node);
  GQuark domain = json_array_get_boolean_element (array, 0) ? NX_ERROR : G_IO_ERROR;

  g_set_error_literal (error, domain, (int) json_array_get_int_element (array, 1), "a secret");
}

/* That is said, and nothing else: what the handler's data, or the answer of somebody else's, had of it is no fault of the params. */
static void
test_codes (Fixture *f)
{
  NxRpcController *desk = serve (f);
  Client *client = client_open (f, "/rpc");
  const struct
  {
    gboolean is_ours;
    int code;
    const char *answer;
  } rows[] = {
    { TRUE, NX_ERROR_TIMEOUT, "\"code\":-32000,\"message\":\"Timed out\"" },
    { FALSE, G_IO_ERROR_TIMED_OUT, "\"code\":-32000,\"message\":\"Timed out\"" },
    { TRUE, NX_ERROR_INVALID_DATA, "\"code\":-32603,\"message\":\"Internal error\"" },
    { TRUE, NX_ERROR_TOO_LARGE, "\"code\":-32603,\"message\":\"Internal error\"" },
    { FALSE, G_IO_ERROR_FAILED, "\"code\":-32603,\"message\":\"Internal error\"" },
  };

  nx_rpc_controller_add_method (desk, "fail", JSON_TYPE_NODE, JSON_TYPE_NODE, fail_with, NULL,
                                NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text =
          g_strdup_printf ("{" V ",\"id\":1,\"method\":\"fail\",\"params\":[%s,%d]}",
                           rows[i].is_ours ? "true" : "false", rows[i].code);
      g_autofree char *answer = g_strdup_printf ("{" V ",\"id\":1,\"error\":{%s}}", rows[i].answer);

      g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*fail: a secret*");
      client_send_text (client, text);
      client_expect_text (client, answer);
      g_test_assert_expected_messages ();
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autofree char *path = g_strconcat ("/rpc-typed/object/", answers[i].name, NULL);

      fixture_add_case (path, test_object, GUINT_TO_POINTER (i));
    }
  ADD_SCENARIO ("/rpc-typed/object-fails", test_object_fails);
  ADD_SCENARIO ("/rpc-typed/variant", test_variant);
  ADD_SCENARIO ("/rpc-typed/variant-fails", test_variant_fails);
  ADD_SCENARIO ("/rpc-typed/codes", test_codes);
  return g_test_run ();
}
