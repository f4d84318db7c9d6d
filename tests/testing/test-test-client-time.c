/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The app's time, as a client has it stand still and move. */
#include "visited.h"

/* -- Time -- */

static void
test_keepalive (Fixture *f, gconstpointer data)
{
  nx_test_client_freeze_time (f->client);
  must (open, f->client, "/echo");
  must (advance_time, f->client, 60 * 60 * 1000);
  g_assert_cmpuint (nx_test_client_get_n_pings (f->client), >=, 175);
  g_assert_cmpuint (nx_test_client_get_n_pings (f->client), <=, 180);
  g_assert_cmpint (nx_test_client_get_state (f->client), ==, NX_STATE_OPEN);

  /* One that is there and says nothing. */
  nx_test_client_stop_reading (f->client, G_MAXSIZE);
  must (advance_time, f->client, 15 * 1000);
  g_assert_cmpstr (f->log->str, ==, "");
  must (advance_time, f->client, 30 * 1000);
  g_assert_cmpstr (f->log->str, ==, "[1006 ]");
}

static void
test_deadlines (Fixture *f, gconstpointer data)
{
  nx_test_client_freeze_time (f->client);
  nx_test_client_set_timeout (f->client, 20);
  assert_fails (nx_test_client_open (f->client, "/think", e), NX_ERROR_TIMEOUT, "not answered yet");
  nx_test_client_set_timeout (f->client, 5000);
  must (advance_time, f->client, 29 * 1000);
  g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 0);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*was not decided in time*");
  must (advance_time, f->client, 2000);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 503);
}

/* To the millisecond, wherever the target falls between the ticks by which the app goes. */
static void
test_exact_deadlines (Fixture *f, gconstpointer data)
{
  nx_test_client_freeze_time (f->client);
  for (guint delay_ms = 1; delay_ms < 700; delay_ms += 1 + delay_ms / 8)
    {
      g_autofree char *path = NULL;

      g_object_set (f->app, "decision-timeout", delay_ms, NULL);
      nx_test_client_set_timeout (f->client, 1);
      assert_fails (nx_test_client_open (f->client, "/think", e), NX_ERROR_TIMEOUT,
                    "not answered yet");
      nx_test_client_set_timeout (f->client, 5000);
      must (advance_time, f->client, delay_ms - 1);
      g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 0);
      g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*was not decided in time*");
      must (advance_time, f->client, 1);
      g_test_assert_expected_messages ();
      g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 503);
    }
}

static void
note_cb (NxApp *app, gpointer word)
{
  char **log = g_object_get_data (G_OBJECT (app), "signals");
  char *longer = g_strconcat (*log, word, NULL);

  g_free (*log);
  *log = longer;
}

static void
stopped_cb (GObject *app, GAsyncResult *result, gpointer is_stopped)
{
  *(gboolean *) is_stopped = nx_app_stop_finish (NX_APP (app), result, NULL);
}

static void
test_drain (Fixture *f, gconstpointer data)
{
  g_autoptr (NxTestClient) deaf = nx_test_client_new (f->app);
  gboolean is_stopped = FALSE;

  nx_test_client_freeze_time (f->client);
  must (open, f->client, "/echo");
  must (open, deaf, "/echo");
  nx_test_client_stop_reading (deaf, 0);
  nx_app_stop_async (f->app, NULL, stopped_cb, &is_stopped);
  must (advance_time, f->client, 2000);
  must (expect_close, f->client, NX_CLOSE_GOING_AWAY, NULL);
  g_assert_false (is_stopped);
  must (advance_time, f->client, 60 * 1000);
  g_assert_true (is_stopped);
  nx_test_client_start_reading (deaf);
  must (expect_close, deaf, NX_CLOSE_ABNORMAL, NULL);
}

/* What a service makes in `started` is there for its tests as well, and is taken down again by a stop. */
static void
test_life_span (Fixture *f, gconstpointer data)
{
  g_autofree char *log = g_strdup ("");
  gboolean is_stopped = FALSE;
  GError *error = NULL;

  g_object_set_data (G_OBJECT (f->app), "signals", &log);
  g_signal_connect (f->app, "started", G_CALLBACK (note_cb), (gpointer) "started ");
  g_signal_connect (f->app, "stopping", G_CALLBACK (note_cb), (gpointer) "stopping ");
  g_signal_connect (f->app, "stopped", G_CALLBACK (note_cb), (gpointer) "stopped ");
  g_assert_cmpuint (nx_test_client_request (f->client, "GET", "/none", NULL, &error), ==, 404);
  g_assert_cmpstr (log, ==, "started ");
  must (open, f->client, "/echo");
  g_assert_cmpstr (log, ==, "started ");

  g_object_set (f->app, "drain-delay", 1000, NULL);
  nx_test_client_freeze_time (f->client);
  nx_app_stop_async (f->app, NULL, stopped_cb, &is_stopped);
  g_assert_cmpuint (nx_test_client_request (f->client, "GET", "/none", NULL, &error), ==, 404);
  must (advance_time, f->client, 1000);
  must (expect_close, f->client, NX_CLOSE_GOING_AWAY, NULL);
  must (advance_time, f->client, 1000);
  g_assert_true (is_stopped);
  g_assert_cmpstr (log, ==, "started stopping stopped ");

  /* As one that listens again. */
  must (open, f->client, "/echo");
  g_assert_cmpstr (log, ==, "started stopping stopped started ");
}

static void
meddle_cb (NxApp *app, gpointer client)
{
  GError *error = NULL;

  g_assert_true (nx_test_client_open (client, "/echo", &error));
  nx_app_stop_async (app, NULL, NULL, NULL);
}

/* Who is told that it started may use the client, and stop the app again. */
static void
test_started_meddles (Fixture *f, gconstpointer data)
{
  g_signal_connect (f->app, "started", G_CALLBACK (meddle_cb), f->client);
  assert_fails (nx_test_client_open (f->client, "/echo", e), NX_ERROR_INVALID_STATE, "not closed");
  must (expect_close, f->client, NX_CLOSE_GOING_AWAY, NULL);
  must (advance_time, f->client, 0); /* until the stop is over, which holds the app */
}

/* One that never started, and is stopped, is not started by who knocks meanwhile. */
static void
test_no_late_start (Fixture *f, gconstpointer data)
{
  g_autofree char *log = g_strdup ("");
  gboolean is_stopped = FALSE;

  g_object_set_data (G_OBJECT (f->app), "signals", &log);
  g_signal_connect (f->app, "started", G_CALLBACK (note_cb), (gpointer) "started ");
  g_object_set (f->app, "drain-delay", 1000, NULL);
  nx_test_client_freeze_time (f->client);
  nx_app_stop_async (f->app, NULL, stopped_cb, &is_stopped);
  must (open, f->client, "/echo");
  g_assert_cmpstr (log, ==, "");
  must (advance_time, f->client, 2000);
  g_assert_true (is_stopped);
  g_assert_cmpstr (log, ==, "");
}

/* A delay of minutes, without waiting for it. */
static void
test_drain_delay (Fixture *f, gconstpointer data)
{
  gboolean is_stopped = FALSE;
  GError *error = NULL;

  nx_app_serve_readiness (f->app, "/readyz", NULL);
  g_object_set (f->app, "drain-delay", 300 * 1000, NULL);
  nx_test_client_freeze_time (f->client);
  nx_app_stop_async (f->app, NULL, stopped_cb, &is_stopped);
  g_assert_cmpuint (nx_test_client_request (f->client, "GET", "/readyz", NULL, &error), ==, 503);
  must (open, f->client, "/echo");
  must (advance_time, f->client, 299 * 1000);
  must (expect_nothing, f->client);
  must (advance_time, f->client, 2 * 1000);
  must (expect_close, f->client, NX_CLOSE_GOING_AWAY, NULL);
  must (advance_time, f->client, 1000);
  g_assert_true (is_stopped);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("keepalive", test_keepalive);
  ADD ("deadlines", test_deadlines);
  ADD ("exact-deadlines", test_exact_deadlines);
  ADD ("life-span", test_life_span);
  ADD ("no-late-start", test_no_late_start);
  ADD ("started-meddles", test_started_meddles);
  ADD ("drain", test_drain);
  ADD ("drain-delay", test_drain_delay);
  return g_test_run ();
}
