/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the handshake to open or refused. */
#include "app-fixture.h"

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

/* Knocks, and returns when that is as far as it gets by itself. */
static NxWebSocket *
begin (Fixture *f, const char *path)
{
  nx_test_client_open_async (f->client, path, NULL, NULL, NULL);
  must (settle, f->client);
  return get_websocket (f);
}

/* What it has been answered with by now. */
static void
expect_status (Fixture *f, guint status)
{
  must (settle, f->client);
  g_assert_cmpuint (nx_test_client_get_status (f->client), ==, status);
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
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  must (open, f->client, "/");
  g_assert_cmpint (nx_web_socket_get_state (get_websocket (f)), ==, NX_STATE_OPEN);
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
  must (open, f->client, "/");
  assert_log (f, "again:nx-error-quark:1 reject:nx-error-quark:1");
}

static void
test_undecided (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/here", decides_nothing, f, NULL, NULL);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*route /here*without having accepted*");
  must (expect_refusal, f->client, "/here", 403);
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
  nx_router_add_route (NX_ROUTER (f->app), "/", rejects, f, NULL, NULL);
  must (expect_refusal, f->client, "/", 429);
  assert_header (f->client, "Retry-After", "7");
  assert_body (f->client, "Not so fast\n");
  assert_log (f, "200:nx-error-quark:10 accept:nx-error-quark:1");
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
  must (expect_refusal, f->client, "/", 403);
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
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts_and_closes, f, NULL, NULL);
  must (open, f->client, "/");
  must (expect_close, f->client, 4401, "Who are you?");
  assert_log_settled (f, "closed:4401");
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
  must (open, f->client, "/in/x");
  assert_log (f, "middleware inner handler");
  must (expect_refusal, add_client (f), "/nowhere", 404);
  assert_log (f, "");
}

static void
test_middleware_refuses (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (refuses_cb), f);
  g_signal_connect (f->app, "middleware", G_CALLBACK (passes_cb), f);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*middleware of NxApp refused*");
  must (expect_refusal, f->client, "/", 403);
  g_test_assert_expected_messages ();
  assert_log (f, "refuses");
}

static void
test_middleware_cannot_accept (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (accepts_cb), f);
  must (open, f->client, "/");
  assert_log (f, "accept:nx-error-quark:1 handler");
}

static void
test_middleware_closes (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (accepts_and_closes_cb), f);
  must (open, f->client, "/");
  must (expect_close, f->client, 1008, "Unauthorized");
  assert_log (f, "");
}

static void
test_defer_in_middleware (Fixture *f)
{
  g_autoptr (NxRouter) inner = nx_router_new ();
  NxWebSocket *ws;

  mount_below (f, inner);
  g_signal_connect (f->app, "middleware", G_CALLBACK (defers_cb), f);
  g_signal_connect (f->app, "middleware", G_CALLBACK (defers_cb), f);
  g_signal_connect (inner, "middleware", G_CALLBACK (inner_passes_cb), f);
  ws = begin (f, "/in/x");
  assert_log (f, "defers defers");
  nx_web_socket_proceed (ws);
  assert_log_settled (f, "");
  nx_web_socket_proceed (ws);
  assert_log (f, "inner handler");
  expect_status (f, 101);
  nx_web_socket_proceed (ws); /* too late, and nothing */
}

static void
test_defer_and_proceed_at_once (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (defers_and_proceeds_cb), f);
  g_signal_connect (f->app, "middleware", G_CALLBACK (passes_cb), f);
  must (open, f->client, "/");
  assert_log (f, "middleware handler");
}

static void
test_defer_in_handler (Fixture *f)
{
  NxWebSocket *ws;

  nx_router_add_route (NX_ROUTER (f->app), "/", defers, f, NULL, NULL);
  ws = begin (f, "/");
  expect_status (f, 0);
  g_assert_true (nx_web_socket_accept (ws, NULL));
  expect_status (f, 101);
}

static void
test_proceed_without_decision (Fixture *f)
{
  NxWebSocket *ws;

  nx_router_add_route (NX_ROUTER (f->app), "/", defers, f, NULL, NULL);
  ws = begin (f, "/");
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*without having accepted*");
  nx_web_socket_proceed (ws);
  g_test_assert_expected_messages ();
  expect_status (f, 403);
}

static void
test_decision_timeout (Fixture *f)
{
  g_autoptr (NxWebSocket) ws = NULL;
  GError *error = NULL;

  nx_router_add_route (NX_ROUTER (f->app), "/", defers, f, NULL, NULL);
  nx_test_client_freeze_time (f->client);
  ws = g_object_ref (begin (f, "/"));
  must (advance_time, f->client, 29 * 1000);
  expect_status (f, 0);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*not decided in time*");
  must (advance_time, f->client, 1100);
  g_test_assert_expected_messages ();
  expect_status (f, 503);
  assert_log (f, "handler closed:1006");
  nx_web_socket_proceed (ws);
  g_assert_false (nx_web_socket_accept (ws, &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_INVALID_STATE);
  g_error_free (error);
}

static void
leave_while_deciding (Fixture *f, void (*leave) (NxTestClient *client))
{
  g_autoptr (NxWebSocket) ws = NULL;
  GError *error = NULL;

  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (defers_cb), f);
  ws = g_object_ref (begin (f, "/"));
  leave (f->client);
  must (settle, f->client);
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSED);
  g_assert_true (g_cancellable_is_cancelled (nx_web_socket_get_cancellable (ws)));
  g_assert_cmpuint (nx_web_socket_get_close_code (ws), ==, 1006);
  nx_web_socket_proceed (ws);
  must (settle, f->client);
  assert_log (f, "defers"); /* and no handler */
  g_assert_false (nx_web_socket_accept (ws, &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_DISCONNECTED);
  g_error_free (error);
}

static void
test_fin_while_deciding (Fixture *f)
{
  leave_while_deciding (f, nx_test_client_half_close);
}

static void
test_rst_while_deciding (Fixture *f)
{
  leave_while_deciding (f, nx_test_client_cut);
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
      g_assert_error (local, NX_ERROR, NX_ERROR_INVALID_ARGUMENT);
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
  nx_router_add_route (NX_ROUTER (f->app), "/", sets_headers, f, NULL, NULL);
  must (open, f->client, "/");
  assert_header (f->client, "Set-Cookie", "a=1, b=2");
  assert_header (f->client, "X-One", "2");
}

static void
chooses_subprotocol (NxWebSocket *ws, gpointer data, GError **error)
{
  GError *local = NULL;

  g_assert_false (nx_web_socket_set_subprotocol (ws, "other", &local));
  g_assert_error (local, NX_ERROR, NX_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (local->message, "one, two"));
  g_error_free (local);
  g_assert_true (nx_web_socket_set_subprotocol (ws, "two", error));
  nx_web_socket_accept (ws, error);
}

static void
test_subprotocol (Fixture *f)
{
  const char *const offered[] = { "one", "two", NULL };

  nx_router_add_route (NX_ROUTER (f->app), "/", chooses_subprotocol, f, NULL, NULL);
  nx_test_client_set_subprotocols (f->client, offered);
  must (open, f->client, "/");
  g_assert_cmpstr (nx_test_client_get_subprotocol (f->client), ==, "two");
  g_assert_cmpstr (nx_web_socket_get_subprotocol (get_websocket (f)), ==, "two");
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
  must (expect_refusal, f->client, "/", 403);
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
    must (expect_refusal, f->client, path, 403);
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
  nx_router_add_route (NX_ROUTER (f->app), "/", watches_status, f, NULL, NULL);
  must (open, f->client, "/");
  assert_log (f, "state:101:1 status:101:1");
  nx_test_client_cut (f->client);
  assert_log_settled (f, "state:101:3");
  must (expect_refusal, f->client, "/?reject", 418);
  assert_log (f, "status:418:3 state:418:3");
  must (open, f->client, "/?code");
  must (expect_close, f->client, 4000, NULL);
  assert_log_settled (f, "state:101:1 status:101:1 state:101:2 state:101:3");
  begin (f, "/?wait");
  nx_test_client_cut (f->client);
  assert_log_settled (f, "state:0:3");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/decide/accept", test_accept);
  ADD_TEST ("/decide/accept-twice", test_accept_twice);
  ADD_TEST ("/decide/undecided", test_undecided);
  ADD_TEST ("/decide/reject", test_reject);
  ADD_TEST ("/decide/close-before-accept", test_close_before_accept);
  ADD_TEST ("/decide/accept-and-close", test_accept_and_close);
  ADD_TEST ("/decide/middleware/order", test_middleware_order);
  ADD_TEST ("/decide/middleware/refuses", test_middleware_refuses);
  ADD_TEST ("/decide/middleware/cannot-accept", test_middleware_cannot_accept);
  ADD_TEST ("/decide/middleware/closes", test_middleware_closes);
  ADD_TEST ("/decide/middleware/defers", test_defer_in_middleware);
  ADD_TEST ("/decide/middleware/defers-and-proceeds", test_defer_and_proceed_at_once);
  ADD_TEST ("/decide/handler/defers", test_defer_in_handler);
  ADD_TEST ("/decide/handler/proceeds-without-decision", test_proceed_without_decision);
  ADD_TEST ("/decide/timeout", test_decision_timeout);
  ADD_TEST ("/decide/leaves/fin", test_fin_while_deciding);
  ADD_TEST ("/decide/leaves/rst", test_rst_while_deciding);
  ADD_TEST ("/decide/response-headers", test_response_headers);
  ADD_TEST ("/decide/subprotocol", test_subprotocol);
  ADD_TEST ("/decide/middleware/nonsense", test_nonsense_refuses);
  ADD_TEST ("/decide/status", test_status);
  ADD_TEST ("/decide/refusals-are-told-once", test_refusals_are_told_once);
  return g_test_run ();
}
