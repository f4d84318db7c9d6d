/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handshakes that wait for a decision: peers that do not, handlers that decide too late or twice, and too many at once. */
#include "hostile.h"

static NxWebSocket *waiting;

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  note (data, "closed:%u", code);
}

static NxVerdict
asks_a_database (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  note (data, "middleware");
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), data);
  nx_web_socket_defer (ws);
  g_set_object (&waiting, ws);
  return NX_VERDICT_PASS;
}

static Client *
wait_for_decision (Fixture *f)
{
  Client *client;

  serve_echo (f);
  g_signal_connect (f->app, "middleware", G_CALLBACK (asks_a_database), f);
  client = client_new (f, "/", "");
  wait_until (f, waiting != NULL);
  assert_log (f, "middleware");
  return client;
}

static void
expect_gone (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  wait_until (f, nx_web_socket_get_state (waiting) == NX_STATE_CLOSED);
  nx_web_socket_proceed (waiting);
  g_assert_false (nx_web_socket_accept (waiting, &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_DISCONNECTED);
  pass_time (f, 60 * 1000);
  assert_log (f, "closed:1006");
  g_assert_cmpuint (get_uint (f, "n-undecided"), ==, 0);
  g_clear_object (&waiting);
}

static void
test_fin (Fixture *f)
{
  client_shutdown (wait_for_decision (f));
  expect_gone (f);
}

static void
test_rst (Fixture *f)
{
  client_cut (wait_for_decision (f));
  expect_gone (f);
}

/* What comes before the decision is not read, and not lost either. */
static void
test_impatient (Fixture *f)
{
  Client *client = wait_for_decision (f);

  client_send_text (client, "hello");
  settle (f);
  nx_web_socket_proceed (waiting);
  client_expect_text (client, "hello");
  assert_log (f, "connect hello");
  g_clear_object (&waiting);
}

static void
test_too_late (Fixture *f)
{
  Client *client = wait_for_decision (f);
  g_autoptr (GError) error = NULL;

  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*not decided in time*503*");
  pass_time (f, 31 * 1000);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (client_wait_status (client), ==, 503);
  client_expect_end (client);
  g_assert_false (nx_web_socket_accept (waiting, &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_INVALID_STATE);
  nx_web_socket_proceed (waiting);
  assert_log (f, "closed:1006");
  g_clear_object (&waiting);
}

static void
expect_invalid (gboolean result, GError **error)
{
  g_assert_false (result);
  g_assert_error (*error, NX_ERROR, NX_ERROR_INVALID_STATE);
  g_clear_error (error);
}

static void
decides_twice (NxWebSocket *ws, gpointer data, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (nx_web_socket_get_query_param (ws, "reject") != NULL)
    nx_web_socket_reject (ws, 418, "no", &local);
  else
    nx_web_socket_accept (ws, &local);
  g_assert_no_error (local);
  expect_invalid (nx_web_socket_accept (ws, &local), &local);
  expect_invalid (nx_web_socket_reject (ws, 403, NULL, &local), &local);
  expect_invalid (nx_web_socket_set_response_header (ws, "X", "y", &local), &local);
}

static void
test_twice (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", decides_twice, f, NULL, NULL);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 101);
  g_assert_cmpuint (client_wait_status (client_new (f, "/?reject", "")), ==, 418);
}

/* -- A look-up that waits with it -- */

static void
cancelled_cb (GCancellable *cancellable, gpointer data)
{
  note (data, "cancelled");
}

static void
watch_cancellable (Fixture *f)
{
  g_cancellable_connect (nx_web_socket_get_cancellable (waiting), G_CALLBACK (cancelled_cb), f,
                         NULL);
}

/* However it ends, it is told to stop, once, and finds its connection over. */
static void
expect_cancelled (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  wait_until (f, nx_web_socket_get_state (waiting) == NX_STATE_CLOSED);
  settle (f);
  assert_log (f, "cancelled closed:1006");
  nx_web_socket_proceed (waiting);
  g_assert_false (nx_web_socket_reject (waiting, 403, NULL, &error));
  g_assert_nonnull (error);
  pass_time (f, 60 * 1000);
  assert_log (f, "");
  g_assert_cmpuint (get_uint (f, "n-undecided"), ==, 0);
  g_clear_object (&waiting);
}

static void
test_cancelled_by_leaving (Fixture *f)
{
  Client *client = wait_for_decision (f);

  watch_cancellable (f);
  client_cut (client);
  wait_until (f, nx_web_socket_get_state (waiting) == NX_STATE_CLOSED);
  g_assert_cmpuint (nx_web_socket_get_status (waiting), ==, 0);
  expect_cancelled (f);
}

static void
test_cancelled_by_the_deadline (Fixture *f)
{
  Client *client = wait_for_decision (f);

  watch_cancellable (f);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*not decided in time*503*");
  pass_time (f, 31 * 1000);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (client_wait_status (client), ==, 503);
  g_assert_cmpuint (nx_web_socket_get_status (waiting), ==, 503);
  expect_cancelled (f);
}

static void
test_cancelled_by_the_drain (Fixture *f)
{
  Client *client = wait_for_decision (f);

  watch_cancellable (f);
  nx_app_stop_async (f->app, NULL, NULL, NULL);
  g_assert_cmpuint (client_wait_status (client), ==, 503);
  expect_cancelled (f);
}

/* -- Too many -- */

static void
test_undecided_limit (Fixture *f)
{
  g_object_set (f->app, "max-undecided", 1, NULL);
  wait_for_decision (f);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 503);
  nx_web_socket_proceed (waiting);
  g_clear_object (&waiting);
  client_new (f, "/", "");
  wait_until (f, waiting != NULL);
  g_clear_object (&waiting);
}

static void
test_connection_limit (Fixture *f)
{
  Client *client;

  serve_echo (f);
  g_object_set (f->app, "max-connections", 2, NULL);
  client = client_open (f, "/");
  client_open (f, "/");
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 503);
  client_cut (client);
  wait_until (f, get_uint (f, "n-connections") == 1);
  client_open (f, "/");
}

static void
test_address_limit (Fixture *f)
{
  Client *client;

  serve_echo (f);
  g_object_set (f->app, "max-connections-per-address", 2, NULL);
  client = client_open (f, "/");
  client_open (f, "/");
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 429);
  client_cut (client);
  wait_until (f, get_uint (f, "n-connections") == 1);
  client_open (f, "/");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/decision/10-fin-before-it", test_fin);
  ADD_SCENARIO ("/decision/10-rst-before-it", test_rst);
  ADD_SCENARIO ("/decision/10-cancelled-by-leaving", test_cancelled_by_leaving);
  ADD_SCENARIO ("/decision/10-cancelled-by-the-deadline", test_cancelled_by_the_deadline);
  ADD_SCENARIO ("/decision/10-cancelled-by-the-drain", test_cancelled_by_the_drain);
  ADD_SCENARIO ("/decision/11-too-late", test_too_late);
  ADD_SCENARIO ("/decision/11-twice", test_twice);
  ADD_SCENARIO ("/decision/impatient", test_impatient);
  ADD_SCENARIO ("/decision/undecided-limit", test_undecided_limit);
  ADD_SCENARIO ("/decision/connection-limit", test_connection_limit);
  ADD_SCENARIO ("/decision/address-limit", test_address_limit);
  return g_test_run ();
}
