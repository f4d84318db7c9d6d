/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of a handler's error: the table of doc/guide/errors.md, row by row. */
#include <math.h>

#include "fixture.h"
#include "log-writer.h"

typedef struct
{
  const char *domain;
  int code;
  guint close_code;
  guint status;
  gboolean by_peer;   /* a warning once, then information */
  gboolean ends_with; /* nothing at all once the connection closes */
} Row;

static const Row rows[] = {
  { "nx-error-quark", NX_ERROR_DISCONNECTED, 1011, 500, TRUE, TRUE },
  { "nx-error-quark", NX_ERROR_INVALID_STATE, 1011, 500, FALSE, FALSE },
  { "nx-error-quark", NX_ERROR_INVALID_DATA, 1007, 400, TRUE, FALSE },
  { "nx-error-quark", NX_ERROR_TOO_LARGE, 1009, 413, TRUE, FALSE },
  { "nx-error-quark", NX_ERROR_TIMEOUT, 1013, 503, TRUE, FALSE },
  { "nx-error-quark", NX_ERROR_ADDRESS, 1011, 500, FALSE, FALSE },
  { "nx-error-quark", NX_ERROR_PATTERN, 1011, 500, FALSE, FALSE },
  { "nx-error-quark", NX_ERROR_SLOW_PEER, 1013, 503, TRUE, TRUE },
  { "nx-error-quark", NX_ERROR_UNSUPPORTED, 1011, 500, FALSE, FALSE },
  { "nx-error-quark", NX_ERROR_BACKPLANE, 1013, 503, TRUE, FALSE },
  { "nx-error-quark", NX_ERROR_INVALID_ARGUMENT, 1011, 500, FALSE, FALSE },
  { "g-io-error-quark", G_IO_ERROR_TIMED_OUT, 1013, 503, TRUE, FALSE },
  { "g-io-error-quark", G_IO_ERROR_CANCELLED, 1001, 503, TRUE, TRUE },
  { "g-io-error-quark", G_IO_ERROR_FAILED, 1011, 500, FALSE, FALSE },
  { "g-io-error-quark", G_IO_ERROR_INVALID_DATA, 1011, 500, FALSE, FALSE },
  { "g-io-error-quark", G_IO_ERROR_PERMISSION_DENIED, 1011, 500, FALSE, FALSE },
  { "gjs-error-quark", 0, 1011, 500, FALSE, FALSE },
  /* A number of NX_ERROR in another domain. */
  { "json-parser-error-quark", NX_ERROR_INVALID_DATA, 1011, 500, FALSE, FALSE },
};

static const Row *row;
static gboolean is_connecting; /* where the handler fails: in deciding, or with a message */

static void
fail (GError **error)
{
  g_set_error (error, g_quark_from_string (row->domain), row->code, "a secret");
}

/* -- The log: each line with the connection's id -- */

static GPtrArray *lines;

static GLogWriterOutput
writer (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  const char *domain = "", *message = "";

  for (gsize i = 0; i < n; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      message = fields[i].value;
    else if (strcmp (fields[i].key, "GLIB_DOMAIN") == 0)
      domain = fields[i].value;
  if (strcmp (domain, "nexws") != 0 || (level & G_LOG_LEVEL_DEBUG))
    return G_LOG_WRITER_HANDLED;
  g_ptr_array_add (lines, g_strdup_printf ("%s %s",
                                           level & G_LOG_LEVEL_WARNING ? "warning"
                                           : level & G_LOG_LEVEL_INFO  ? "info"
                                                                       : "other",
                                           message));
  return G_LOG_WRITER_HANDLED;
}

static void
expect_line (const char *level, NxApp *app, guint serial)
{
  NxAppHandle *handle = nx_app_get_private (app)->handle;
  g_autofree char *id = nx_app_handle_make_id (handle, serial);
  g_autofree char *expected =
      g_strdup_printf ("%s Connection %s to /ws failed: a secret", level, id);

  g_assert_cmpuint (lines->len, ==, 1);
  if (!g_str_has_prefix (g_ptr_array_index (lines, 0), expected))
    g_error ("%s is not %s", (char *) g_ptr_array_index (lines, 0), expected);
  g_ptr_array_set_size (lines, 0);
}

/* -- Handlers -- */

#define FAILING_TYPE_CONTROLLER (failing_controller_get_type ())
G_DECLARE_FINAL_TYPE (FailingController, failing_controller, FAILING, CONTROLLER, NxController)

struct _FailingController
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (FailingController, failing_controller, NX_TYPE_CONTROLLER)

static void
failing_controller_on_connect (NxController *controller, NxWebSocket *ws, GError **error)
{
  if (is_connecting)
    fail (error);
  else
    nx_web_socket_accept (ws, error);
}

static void
failing_controller_on_receive (NxController *controller,
                               NxWebSocket *ws,
                               NxMessage *message,
                               GError **error)
{
  if (strcmp (nx_message_get_text (message), "close first") == 0)
    nx_web_socket_close (ws, 4000, NULL, NULL);
  fail (error);
}

static void
failing_controller_class_init (FailingControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_connect = failing_controller_on_connect;
  NX_CONTROLLER_CLASS (klass)->on_receive = failing_controller_on_receive;
}

static void
failing_controller_init (FailingController *self)
{
}

/* A function that goes on after it has accepted, as a coroutine does. */
static void
failing_func (NxWebSocket *ws, gpointer data, GError **error)
{
  GError *late = NULL;

  if (is_connecting)
    {
      fail (error);
      return;
    }
  nx_web_socket_accept (ws, NULL);
  nx_web_socket_begin_handler (ws);
  fail (&late);
  nx_web_socket_end_handler (ws, late);
  g_error_free (late);
}

/* -- Rows -- */

static void
expect_ends (Fixture *f, guint n)
{
  Client *client;

  is_connecting = TRUE;
  client = client_new (f, "/ws", "");
  g_assert_cmpuint (client_wait_status (client), ==, row->status);
  client_expect_end (client);
  g_assert_null (g_strstr_len ((char *) client->head->data, client->head->len, "secret"));
  expect_line ("warning", f->app, n);

  is_connecting = FALSE;
  client = client_open (f, "/ws");
  client_send_text (client, "x");
  client_expect_close (client, row->close_code);
  g_assert_cmpstr (client->close_reason, ==, "");
  expect_line (row->by_peer ? "info" : "warning", f->app, n + 1);
}

static void
test_controller_row (Fixture *f)
{
  Client *client;

  row = f->data;
  nx_router_add_controller_type (NX_ROUTER (f->app), "/ws", FAILING_TYPE_CONTROLLER, NULL);
  expect_ends (f, 1);

  client = client_open (f, "/ws");
  client_send_text (client, "close first");
  client_expect_close (client, 4000);
  if (row->ends_with)
    g_assert_cmpuint (lines->len, ==, 0);
  else
    expect_line (row->by_peer ? "info" : "warning", f->app, 3);
}

static void
test_function_row (Fixture *f)
{
  row = f->data;
  nx_router_add_route (NX_ROUTER (f->app), "/ws", failing_func, f, NULL, NULL);
  expect_ends (f, 1);
}

static void
error_cb (NxRoute *route, NxWebSocket *ws, GError *error, gpointer data)
{
  note (data, "%s:%d", g_quark_to_string (error->domain), error->code);
}

/* Who is told by the signal writes the log; the connection ends in the same way. */
static void
test_signalled_row (Fixture *f)
{
  g_autofree char *expected = NULL;
  NxRoute *route = nx_router_add_route (NX_ROUTER (f->app), "/ws", failing_func, f, NULL, NULL);

  row = f->data;
  expected = g_strdup_printf ("%s:%d", row->domain, row->code);
  g_signal_connect (route, "error", G_CALLBACK (error_cb), f);
  is_connecting = FALSE;
  client_expect_close (client_open (f, "/ws"), row->close_code);
  assert_log (f, expected);
  g_assert_cmpuint (lines->len, ==, 0);
}

/* -- Whose fault it is: what the library's own functions say, handed on as it is -- */

typedef void (*Act) (NxWebSocket *ws, GError **error);

static char too_long[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

static void
closes_with_code (NxWebSocket *ws, GError **error)
{
  nx_web_socket_close (ws, 99, NULL, error);
}

static void
closes_with_long_reason (NxWebSocket *ws, GError **error)
{
  nx_web_socket_close (ws, 1000, too_long, error);
}

static void
closes_with_octets (NxWebSocket *ws, GError **error)
{
  nx_web_socket_close (ws, 1000, "\xff", error);
}

static void
accepts_and_closes_with_code (NxWebSocket *ws, GError **error)
{
  nx_web_socket_accept_and_close (ws, 1006, NULL, error);
}

static void
accepts_and_closes_with_long_reason (NxWebSocket *ws, GError **error)
{
  nx_web_socket_accept_and_close (ws, 4000, too_long, error);
}

static void
rejects_with_status (NxWebSocket *ws, GError **error)
{
  nx_web_socket_reject (ws, 99, NULL, error);
}

static void
sets_bad_name (NxWebSocket *ws, GError **error)
{
  nx_web_socket_set_response_header (ws, "X Y", "z", error);
}

static void
sets_bad_value (NxWebSocket *ws, GError **error)
{
  nx_web_socket_set_response_header (ws, "X", "y\nz", error);
}

static void
chooses_what_is_not_offered (NxWebSocket *ws, GError **error)
{
  nx_web_socket_set_subprotocol (ws, "mqtt", error);
}

static void
sends_octets (NxWebSocket *ws, GError **error)
{
  nx_web_socket_send_text (ws, "\xff", error);
}

static void
makes_text_of_octets (NxWebSocket *ws, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\xff", 1);

  g_assert_null (nx_message_new_text_from_bytes (bytes, error));
}

static void
sends_infinity (NxWebSocket *ws, GError **error)
{
  g_autoptr (JsonNode) node = json_node_init_double (json_node_alloc (), INFINITY);

  nx_web_socket_send_json (ws, node, error);
}

static void
sends_infinite_variant (NxWebSocket *ws, GError **error)
{
  nx_web_socket_send_variant (ws, g_variant_new_double (INFINITY), error);
}

static void
names_no_group (NxWebSocket *ws, GError **error)
{
  g_assert_null (nx_app_dup_group (nx_web_socket_get_app (ws), "", error));
}

static void
names_no_route (NxWebSocket *ws, GError **error)
{
  g_assert_null (
      nx_router_url_for (NX_ROUTER (nx_web_socket_get_app (ws)), "nowhere", NULL, error));
}

static void
reads_what_is_no_json (NxWebSocket *ws, GError **error)
{
  g_autoptr (NxMessage) message = nx_message_new_text ("{", -1);

  g_assert_null (nx_message_get_json (message, error));
}

static void
reads_what_does_not_fit (NxWebSocket *ws, GError **error)
{
  g_autoptr (NxMessage) message = nx_message_new_text ("[]", -1);

  g_assert_null (nx_message_get_variant (message, "s", error));
}

static void
reads_octets_as_json (NxWebSocket *ws, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("1", 1);
  g_autoptr (NxMessage) message = nx_message_new_bytes (bytes);

  g_assert_null (nx_message_get_json (message, error));
}

typedef struct
{
  const char *name;
  Act act;
  guint close_code; /* 0: what can only be done before the decision */
  guint status;
} Case;

static const Case cases[] = {
  { "close-code", closes_with_code, 1011, 500 },
  { "close-long-reason", closes_with_long_reason, 1011, 500 },
  { "close-octets", closes_with_octets, 1011, 500 },
  { "accept-and-close-code", accepts_and_closes_with_code, 1011, 500 },
  { "accept-and-close-long-reason", accepts_and_closes_with_long_reason, 1011, 500 },
  { "reject-status", rejects_with_status, 0, 500 },
  { "header-name", sets_bad_name, 0, 500 },
  { "header-value", sets_bad_value, 0, 500 },
  { "subprotocol", chooses_what_is_not_offered, 0, 500 },
  { "text", sends_octets, 1011, 500 },
  { "text-of-bytes", makes_text_of_octets, 1011, 500 },
  { "json", sends_infinity, 1011, 500 },
  { "variant", sends_infinite_variant, 1011, 500 },
  { "group", names_no_group, 1011, 500 },
  { "route", names_no_route, 1011, 500 },
  /* The peer's: what came is what is wrong. */
  { "malformed", reads_what_is_no_json, 1007, 400 },
  { "misfit", reads_what_does_not_fit, 1007, 400 },
  { "binary", reads_octets_as_json, 1007, 400 },
};

static const Case *current;

static void
act_func (NxWebSocket *ws, gpointer data, GError **error)
{
  if (!is_connecting)
    nx_web_socket_accept (ws, NULL);
  current->act (ws, error);
  g_assert_true (error == NULL || *error != NULL);
}

static void
expect_one_warning (void)
{
  g_assert_cmpuint (lines->len, ==, 1);
  g_assert_true (g_str_has_prefix (g_ptr_array_index (lines, 0), "warning Connection "));
  g_ptr_array_set_size (lines, 0);
}

static void
test_deciding_case (Fixture *f)
{
  Client *client;

  current = f->data;
  is_connecting = TRUE;
  nx_router_add_route (NX_ROUTER (f->app), "/ws", act_func, f, NULL, NULL);
  client = client_new (f, "/ws", "");
  g_assert_cmpuint (client_wait_status (client), ==, current->status);
  client_expect_end (client);
  expect_one_warning ();
}

static void
test_open_case (Fixture *f)
{
  Client *client;

  current = f->data;
  is_connecting = FALSE;
  nx_router_add_route (NX_ROUTER (f->app), "/ws", act_func, f, NULL, NULL);
  client = client_open (f, "/ws");
  client_expect_close (client, current->close_code);
  g_assert_cmpstr (client->close_reason, ==, "");
  expect_one_warning ();
}

/* -- What is in no row -- */

/* A handler that fails when on_disconnect is over has nobody left to tell but the log. */
static void
fails_late (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, NULL);
  nx_web_socket_begin_handler (ws);
  g_object_set_data (G_OBJECT (nx_web_socket_get_app (ws)), "late", ws);
}

static void
test_after_the_end (Fixture *f)
{
  Client *client;
  NxWebSocket *ws;
  GError *error = NULL;

  row = &rows[13];
  nx_router_add_route (NX_ROUTER (f->app), "/ws", fails_late, f, NULL, NULL);
  client = client_open (f, "/ws");
  ws = g_object_get_data (G_OBJECT (f->app), "late");
  client_cut (client);
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  pass_time (f, 5001);
  fail (&error);
  nx_web_socket_end_handler (ws, error);
  g_error_free (error);
  expect_line ("warning", f->app, 1);
}

/* Each code of NX_ERROR has its row. */
static void
test_complete (Fixture *f)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (NX_TYPE_ERROR);

  for (guint i = 0; i < klass->n_values; i++)
    {
      gboolean is_there = FALSE;

      for (guint j = 0; j < G_N_ELEMENTS (rows); j++)
        is_there |= strcmp (rows[j].domain, "nx-error-quark") == 0
                    && rows[j].code == klass->values[i].value;
      if (!is_there)
        g_error ("%s has no row", klass->values[i].value_name);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  lines = g_ptr_array_new_with_free_func (g_free);
  log_to_writer (writer);
  /* Warnings are what is looked for. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  nx_error_quark ();
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name = g_strdup_printf ("%s-%d", rows[i].domain, rows[i].code);
      g_autofree char *controller = g_strconcat ("/failure/controller/", name, NULL);
      g_autofree char *function = g_strconcat ("/failure/function/", name, NULL);
      g_autofree char *signalled = g_strconcat ("/failure/signalled/", name, NULL);

      fixture_add_case (controller, test_controller_row, &rows[i]);
      fixture_add_case (function, test_function_row, &rows[i]);
      fixture_add_case (signalled, test_signalled_row, &rows[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *deciding = g_strconcat ("/failure/deciding/", cases[i].name, NULL);
      g_autofree char *open = g_strconcat ("/failure/open/", cases[i].name, NULL);

      fixture_add_case (deciding, test_deciding_case, &cases[i]);
      if (cases[i].close_code != 0)
        fixture_add_case (open, test_open_case, &cases[i]);
    }
  ADD_SCENARIO ("/failure/after-the-end", test_after_the_end);
  ADD_MEMORY_SCENARIO ("/failure/complete", test_complete);
  return g_test_run ();
}
