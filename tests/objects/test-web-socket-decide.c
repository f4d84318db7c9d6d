/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the handshake to open or refused. */
#include "fixture.h"

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  note (data, "closed:%u", code);
}

static void
note_errors (Fixture *f, const char *what, GError *error)
{
  note (f, "%s:%s:%d", what, g_quark_to_string (error->domain), error->code);
  g_error_free (error);
}

/* -- Routes -- */

static void
accepts (NxWebSocket *ws, gpointer data, GError **error)
{
  note (data, "handler");
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), data);
  nx_web_socket_accept (ws, error);
}

static void
decides_nothing (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), data);
}

static void
defers (NxWebSocket *ws, gpointer data, GError **error)
{
  note (data, "handler");
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), data);
  nx_web_socket_defer (ws);
}

static void
test_accept (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  client = client_open (f, "/");
  g_assert_cmpint (nx_web_socket_get_state (only_websocket (f)), ==, NX_STATE_OPEN);
  g_assert_true (
      client_head_has (client, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  assert_log (f, "handler");
}

static void
accepts_twice (NxWebSocket *ws, gpointer data, GError **error)
{
  GError *local = NULL;

  g_assert_true (nx_web_socket_accept (ws, error));
  g_assert_false (nx_web_socket_accept (ws, &local));
  note_errors (data, "again", local);
  local = NULL;
  g_assert_false (nx_web_socket_reject (ws, 403, NULL, &local));
  note_errors (data, "reject", local);
}

static void
test_accept_twice (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts_twice, f, NULL, NULL);
  client_open (f, "/");
  assert_log (f, "again:nx-error-quark:1 reject:nx-error-quark:1");
}

static void
test_undecided (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/here", decides_nothing, f, NULL, NULL);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*route /here*without having accepted*");
  g_assert_cmpuint (client_wait_status (client_new (f, "/here", "")), ==, 403);
  g_test_assert_expected_messages ();
  assert_log (f, "closed:1006");
}

static void
rejects (NxWebSocket *ws, gpointer data, GError **error)
{
  GError *local = NULL;

  g_assert_false (nx_web_socket_reject (ws, 200, NULL, &local));
  note_errors (data, "200", local);
  g_assert_true (nx_web_socket_set_response_header (ws, "Retry-After", "7", error));
  g_assert_true (nx_web_socket_reject (ws, 429, "Not so fast\n", error));
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSED);
  local = NULL;
  g_assert_false (nx_web_socket_accept (ws, &local));
  note_errors (data, "accept", local);
}

static void
test_reject (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", rejects, f, NULL, NULL);
  client = client_new (f, "/", "");
  g_assert_cmpuint (client_wait_status (client), ==, 429);
  client_expect_end (client);
  g_assert_true (client_head_has (client, "Retry-After: 7\r\n"));
  g_assert_true (client_head_has (client, "\r\n\r\nNot so fast\n"));
  assert_log (f, "200:nx-error-quark:2 accept:nx-error-quark:1");
}

static void
closes (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), data);
  nx_web_socket_close (ws, 4000, "no", error);
}

static void
test_close_before_accept (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", closes, f, NULL, NULL);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 403);
  assert_log (f, "closed:1006");
}

static void
accepts_and_closes (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), data);
  g_assert_true (nx_web_socket_accept_and_close (ws, 4401, "Who are you?", error));
}

static void
test_accept_and_close (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accepts_and_closes, f, NULL, NULL);
  client = client_open (f, "/");
  client_expect_close (client, 4401);
  g_assert_cmpstr (client->close_reason, ==, "Who are you?");
  client_send_close (client, 4401);
  client_expect_end (client);
  assert_log (f, "closed:4401");
}

/* -- Middleware -- */

static NxVerdict
passes_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  note (data, "middleware");
  return NX_VERDICT_PASS;
}

static NxVerdict
inner_passes_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  note (data, "inner");
  return NX_VERDICT_PASS;
}

static NxVerdict
refuses_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  note (data, "refuses");
  return NX_VERDICT_REFUSE;
}

static NxVerdict
accepts_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  GError *error = NULL;

  g_assert_false (nx_web_socket_accept (ws, &error));
  note_errors (data, "accept", error);
  return NX_VERDICT_PASS;
}

static NxVerdict
accepts_and_closes_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  nx_web_socket_accept_and_close (ws, 1008, "Unauthorized", NULL);
  return NX_VERDICT_REFUSE;
}

static NxVerdict
defers_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  note (data, "defers");
  nx_web_socket_defer (ws);
  return NX_VERDICT_PASS;
}

static NxVerdict
defers_and_proceeds_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  nx_web_socket_defer (ws);
  nx_web_socket_proceed (ws);
  return NX_VERDICT_PASS;
}

static void
mount_below (Fixture *f, NxRouter *inner)
{
  nx_router_add_route (inner, "/x", accepts, f, NULL, NULL);
  g_assert_true (nx_router_mount (NX_ROUTER (f->app), "/in", inner, NULL));
}

static void
test_middleware_order (Fixture *f)
{
  g_autoptr (NxRouter) inner = nx_router_new ();

  mount_below (f, inner);
  g_signal_connect (inner, "middleware", G_CALLBACK (inner_passes_cb), f);
  g_signal_connect (f->app, "middleware", G_CALLBACK (passes_cb), f);
  client_open (f, "/in/x");
  assert_log (f, "middleware inner handler");
  g_assert_cmpuint (client_wait_status (client_new (f, "/nowhere", "")), ==, 404);
  assert_log (f, "");
}

static void
test_middleware_refuses (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (refuses_cb), f);
  g_signal_connect (f->app, "middleware", G_CALLBACK (passes_cb), f);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*middleware of NxApp refused*");
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 403);
  g_test_assert_expected_messages ();
  assert_log (f, "refuses");
}

static void
test_middleware_cannot_accept (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (accepts_cb), f);
  client_open (f, "/");
  assert_log (f, "accept:nx-error-quark:1 handler");
}

static void
test_middleware_closes (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (accepts_and_closes_cb), f);
  client_expect_close (client_open (f, "/"), 1008);
  assert_log (f, "");
}

static void
test_defer_in_middleware (Fixture *f)
{
  g_autoptr (NxRouter) inner = nx_router_new ();
  Client *client;
  NxWebSocket *ws;

  mount_below (f, inner);
  g_signal_connect (f->app, "middleware", G_CALLBACK (defers_cb), f);
  g_signal_connect (f->app, "middleware", G_CALLBACK (defers_cb), f);
  g_signal_connect (inner, "middleware", G_CALLBACK (inner_passes_cb), f);
  client = client_new (f, "/in/x", "");
  ws = only_websocket (f);
  settle (f);
  assert_log (f, "defers defers");
  nx_web_socket_proceed (ws);
  settle (f);
  assert_log (f, "");
  nx_web_socket_proceed (ws);
  assert_log (f, "inner handler");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  nx_web_socket_proceed (ws); /* too late, and nothing */
}

static void
test_defer_and_proceed_at_once (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (defers_and_proceeds_cb), f);
  g_signal_connect (f->app, "middleware", G_CALLBACK (passes_cb), f);
  client_open (f, "/");
  assert_log (f, "middleware handler");
}

static void
test_defer_in_handler (Fixture *f)
{
  Client *client;
  NxWebSocket *ws;

  nx_router_add_route (NX_ROUTER (f->app), "/", defers, f, NULL, NULL);
  client = client_new (f, "/", "");
  ws = only_websocket (f);
  settle (f);
  g_assert_cmpuint (client->status, ==, 0);
  g_assert_true (nx_web_socket_accept (ws, NULL));
  g_assert_cmpuint (client_wait_status (client), ==, 101);
}

static void
test_proceed_without_decision (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", defers, f, NULL, NULL);
  client = client_new (f, "/", "");
  only_websocket (f);
  settle (f);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*without having accepted*");
  nx_web_socket_proceed (only_websocket (f));
  g_test_assert_expected_messages ();
  g_assert_cmpuint (client_wait_status (client), ==, 403);
}

static void
test_decision_timeout (Fixture *f)
{
  Client *client;
  g_autoptr (NxWebSocket) ws = NULL;
  GError *error = NULL;

  nx_router_add_route (NX_ROUTER (f->app), "/", defers, f, NULL, NULL);
  client = client_new (f, "/", "");
  ws = g_object_ref (only_websocket (f));
  pass_time (f, 29 * 1000);
  g_assert_cmpuint (client->status, ==, 0);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*not decided in time*");
  pass_time (f, 1100);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (client_wait_status (client), ==, 503);
  assert_log (f, "handler closed:1006");
  nx_web_socket_proceed (ws);
  g_assert_false (nx_web_socket_accept (ws, &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_INVALID_STATE);
  g_error_free (error);
}

static void
leave_while_deciding (Fixture *f, void (*leave) (Client *client))
{
  Client *client;
  g_autoptr (NxWebSocket) ws = NULL;
  GError *error = NULL;

  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (defers_cb), f);
  client = client_new (f, "/", "");
  ws = g_object_ref (only_websocket (f));
  settle (f);
  leave (client);
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  g_assert_true (g_cancellable_is_cancelled (nx_web_socket_get_cancellable (ws)));
  g_assert_cmpuint (nx_web_socket_get_close_code (ws), ==, 1006);
  nx_web_socket_proceed (ws);
  settle (f);
  assert_log (f, "defers"); /* and no handler */
  g_assert_false (nx_web_socket_accept (ws, &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_DISCONNECTED);
  g_error_free (error);
}

static void
test_fin_while_deciding (Fixture *f)
{
  leave_while_deciding (f, client_shutdown);
}

static void
test_rst_while_deciding (Fixture *f)
{
  leave_while_deciding (f, client_cut);
}

/* -- What is set before -- */

static void
sets_headers (NxWebSocket *ws, gpointer data, GError **error)
{
  const char *const bad[][2] = { { "X-A", "a\r\nB: c" }, { "X-A", "a\nb" }, { "X-A\r\n", "b" },
                                 { "X A", "b" },         { "", "b" },       { "Upgrade", "h2c" } };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      GError *local = NULL;

      g_assert_false (nx_web_socket_set_response_header (ws, bad[i][0], bad[i][1], &local));
      g_assert_error (local, NX_ERROR, NX_ERROR_INVALID_DATA);
      g_error_free (local);
    }
  g_assert_true (nx_web_socket_set_response_header (ws, "Set-Cookie", "a=1", error));
  g_assert_true (nx_web_socket_set_response_header (ws, "Set-Cookie", "b=2", error));
  g_assert_true (nx_web_socket_set_response_header (ws, "X-One", "1", error));
  g_assert_true (nx_web_socket_set_response_header (ws, "X-One", "2", error));
  nx_web_socket_accept (ws, error);
}

static void
test_response_headers (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", sets_headers, f, NULL, NULL);
  client = client_open (f, "/");
  g_assert_true (client_head_has (client, "Set-Cookie: a=1\r\n"));
  g_assert_true (client_head_has (client, "Set-Cookie: b=2\r\n"));
  g_assert_true (client_head_has (client, "X-One: 2\r\n"));
  g_assert_false (client_head_has (client, "X-One: 1\r\n"));
}

static void
chooses_subprotocol (NxWebSocket *ws, gpointer data, GError **error)
{
  GError *local = NULL;

  g_assert_false (nx_web_socket_set_subprotocol (ws, "other", &local));
  g_assert_error (local, NX_ERROR, NX_ERROR_INVALID_DATA);
  g_assert_nonnull (strstr (local->message, "one, two"));
  g_error_free (local);
  g_assert_true (nx_web_socket_set_subprotocol (ws, "two", error));
  nx_web_socket_accept (ws, error);
}

static void
test_subprotocol (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", chooses_subprotocol, f, NULL, NULL);
  client = client_new (f, "/", "Sec-WebSocket-Protocol: one, two\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  g_assert_true (client_head_has (client, "Sec-WebSocket-Protocol: two\r\n"));
  g_assert_cmpstr (nx_web_socket_get_subprotocol (only_websocket (f)), ==, "two");
}

static NxVerdict
says_nonsense (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  return 99;
}

/* What a forgotten return leaves behind is no verdict. */
static void
test_nonsense_refuses (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (says_nonsense), NULL);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*refused without a word*");
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 403);
  g_test_assert_expected_messages ();
  assert_log (f, "");
}

/* Whoever asks for nonsense again and again, at length, does not fill the log. */
static void
test_refusals_are_told_once (Fixture *f)
{
  g_autofree char *rest = g_strnfill (1000, 'a');
  g_autofree char *path = g_strconcat ("/", rest, NULL);
  g_autofree char *pattern =
      g_strdup_printf ("Connection * to %.128s: a middleware * refused without a word*", path);

  nx_router_add_route (NX_ROUTER (f->app), "/{rest}", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (says_nonsense), NULL);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, pattern);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (client_wait_status (client_new (f, path, "")), ==, 403);
  g_test_assert_expected_messages ();
  assert_log (f, "");
}

/* -- The status -- */

static void
notify_cb (NxWebSocket *ws, GParamSpec *pspec, gpointer data)
{
  guint status;

  g_object_get (ws, "status", &status, NULL);
  g_assert_cmpuint (status, ==, nx_web_socket_get_status (ws));
  note (data, "%s:%u:%u", pspec->name, status, nx_web_socket_get_state (ws));
}

static void
watches_status (NxWebSocket *ws, gpointer data, GError **error)
{
  g_assert_cmpuint (nx_web_socket_get_status (ws), ==, 0);
  g_signal_connect (ws, "notify::state", G_CALLBACK (notify_cb), data);
  g_signal_connect (ws, "notify::status", G_CALLBACK (notify_cb), data);
  if (nx_web_socket_get_query_param (ws, "reject") != NULL)
    nx_web_socket_reject (ws, 418, NULL, error);
  else if (nx_web_socket_get_query_param (ws, "code") != NULL)
    nx_web_socket_accept_and_close (ws, 4000, NULL, error);
  else if (nx_web_socket_get_query_param (ws, "wait") != NULL)
    nx_web_socket_defer (ws);
  else
    nx_web_socket_accept (ws, error);
}

static void
test_status (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", watches_status, f, NULL, NULL);
  client = client_open (f, "/");
  assert_log (f, "state:101:1 status:101:1");
  client_cut (client);
  wait_until (f, f->log->len == 1);
  assert_log (f, "state:101:3");
  g_assert_cmpuint (client_wait_status (client_new (f, "/?reject", "")), ==, 418);
  assert_log (f, "status:418:3 state:418:3");
  client_expect_close (client_new (f, "/?code", ""), 4000);
  assert_log (f, "state:101:1 status:101:1 state:101:2");
  client = client_new (f, "/?wait", "");
  settle (f);
  client_cut (client);
  wait_until (f, f->log->len == 1);
  assert_log (f, "state:0:3");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/decide/accept", test_accept);
  ADD_SCENARIO ("/decide/accept-twice", test_accept_twice);
  ADD_SCENARIO ("/decide/undecided", test_undecided);
  ADD_SCENARIO ("/decide/reject", test_reject);
  ADD_SCENARIO ("/decide/close-before-accept", test_close_before_accept);
  ADD_SCENARIO ("/decide/accept-and-close", test_accept_and_close);
  ADD_SCENARIO ("/decide/middleware/order", test_middleware_order);
  ADD_SCENARIO ("/decide/middleware/refuses", test_middleware_refuses);
  ADD_SCENARIO ("/decide/middleware/cannot-accept", test_middleware_cannot_accept);
  ADD_SCENARIO ("/decide/middleware/closes", test_middleware_closes);
  ADD_SCENARIO ("/decide/middleware/defers", test_defer_in_middleware);
  ADD_SCENARIO ("/decide/middleware/defers-and-proceeds", test_defer_and_proceed_at_once);
  ADD_SCENARIO ("/decide/handler/defers", test_defer_in_handler);
  ADD_SCENARIO ("/decide/handler/proceeds-without-decision", test_proceed_without_decision);
  ADD_SCENARIO ("/decide/timeout", test_decision_timeout);
  ADD_SCENARIO ("/decide/leaves/fin", test_fin_while_deciding);
  ADD_SCENARIO ("/decide/leaves/rst", test_rst_while_deciding);
  ADD_SCENARIO ("/decide/response-headers", test_response_headers);
  ADD_SCENARIO ("/decide/subprotocol", test_subprotocol);
  ADD_SCENARIO ("/decide/middleware/nonsense", test_nonsense_refuses);
  ADD_SCENARIO ("/decide/status", test_status);
  ADD_SCENARIO ("/decide/refusals-are-told-once", test_refusals_are_told_once);
  return g_test_run ();
}
