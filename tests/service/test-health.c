/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app-fixture.h"

static void
serve (Fixture *f)
{
  g_assert_true (nx_app_serve_health (f->app, "/healthz", NULL));
  g_assert_true (nx_app_serve_readiness (f->app, "/readyz", NULL));
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, NULL, NULL, NULL);
}

static void
test_good (Fixture *f)
{
  static const char *const paths[] = { "/healthz", "/readyz" };

  serve (f);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_assert_cmpuint (try_request (f->client, "GET", paths[i]), ==, 200);
      assert_header (f->client, "Cache-Control", "no-store");
      assert_body (f->client, "ok\n");
      g_assert_cmpuint (try_request (f->client, "HEAD", paths[i]), ==, 200);
      assert_body (f->client, "");
      g_assert_cmpuint (try_request (f->client, "DELETE", paths[i]), ==, 405);
      assert_header (f->client, "Allow", "GET, HEAD");
    }
}

/* A request that is in already while the app drains: alive, and not ready. (Over a socket nobody gets in any more.) */
static void
test_draining (Fixture *f)
{
  serve (f);
  must (open, f->client, "/");
  nx_test_client_stop_reading (f->client, G_MAXSIZE); /* nor says goodbye */
  nx_app_stop_async (f->app, NULL, note_stopped_cb, f);
  must (settle, f->client);
  g_assert_cmpuint (try_request (add_client (f), "GET", "/healthz"), ==, 200);
  g_assert_cmpuint (try_request (add_client (f), "GET", "/readyz"), ==, 503);
  assert_log (f, "");
  nx_test_client_start_reading (f->client);
  must (expect_close, f->client, NX_CLOSE_GOING_AWAY, NULL);
  assert_log_settled (f, "done");
  g_assert_cmpuint (try_request (f->client, "GET", "/readyz"), ==, 200);
}

/* Who sends clients sees it before the port closes, and they find it open until then. */
static void
test_delay (Fixture *f)
{
  serve (f);
  g_object_set (f->app, "drain-delay", 3000, NULL);
  nx_test_client_freeze_time (f->client);
  g_assert_cmpuint (try_request (f->client, "GET", "/readyz"), ==, 200);
  nx_app_stop_async (f->app, NULL, note_stopped_cb, f);
  g_assert_cmpuint (try_request (f->client, "GET", "/readyz"), ==, 503);
  assert_body (f->client, "draining\n");
  g_assert_cmpuint (try_request (f->client, "GET", "/healthz"), ==, 200);
  must (open, f->client, "/");
  must (advance_time, f->client, 3020);
  must (expect_close, f->client, NX_CLOSE_GOING_AWAY, NULL);
  assert_log_settled (f, "done");
}

static void
test_mistakes (Fixture *f)
{
  static const char *const bad[] = { "/", "", "healthz", "/a/../b", "/a b?" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      GError *error = NULL;

      g_assert_false (nx_app_serve_health (f->app, bad[i], &error));
      expect_error (error, NX_ERROR, NX_ERROR_PATTERN, "Cannot serve at");
      g_assert_false (nx_app_serve_readiness (f->app, bad[i], &error));
      expect_error (error, NX_ERROR, NX_ERROR_PATTERN, "Cannot serve at");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/health/good", test_good);
  ADD_TEST ("/health/draining", test_draining);
  ADD_TEST ("/health/delay", test_delay);
  ADD_TEST ("/health/mistakes", test_mistakes);
  return g_test_run ();
}
