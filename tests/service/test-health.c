/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

static Client *
ask (Fixture *f, const char *method, const char *path)
{
  g_autofree char *request =
      g_strdup_printf ("%s %s HTTP/1.1\r\nHost: localhost\r\n\r\n", method, path);
  Client *client = client_connect (f);

  client_send_raw (client, request, strlen (request));
  client_expect_end (client);
  client_shutdown (client);
  return client;
}

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
      Client *client = ask (f, "GET", paths[i]);

      g_assert_cmpuint (client->status, ==, 200);
      g_assert_true (client_head_has (client, "Cache-Control: no-store\r\n"));
      g_assert_true (client_head_has (client, "\r\n\r\nok\n"));
      client = ask (f, "HEAD", paths[i]);
      g_assert_cmpuint (client->status, ==, 200);
      g_assert_false (client_head_has (client, "\r\n\r\nok\n"));
      client = ask (f, "DELETE", paths[i]);
      g_assert_cmpuint (client->status, ==, 405);
      g_assert_true (client_head_has (client, "Allow: GET, HEAD\r\n"));
    }
}

/* A request that is in already while the app drains: alive, and not ready. (Over a socket nobody gets in any more.) */
static void
test_draining (Fixture *f)
{
  Client *client;

  serve (f);
  client = client_open (f, "/");
  stop_app (f);
  g_assert_cmpuint (ask (f, "GET", "/healthz")->status, ==, 200);
  g_assert_cmpuint (ask (f, "GET", "/readyz")->status, ==, 503);
  client_end_closing (client);
  assert_log (f, "done");
  g_assert_cmpuint (ask (f, "GET", "/readyz")->status, ==, 200);
}

/* Who sends clients sees it before the port closes, and they find it open until then. */
static void
test_delay (Fixture *f)
{
  Client *client;

  serve (f);
  g_object_set (f->app, "drain-delay", 3000, NULL);
  g_assert_cmpuint (ask (f, "GET", "/readyz")->status, ==, 200);
  stop_app (f);
  client = ask (f, "GET", "/readyz");
  g_assert_cmpuint (client->status, ==, 503);
  g_assert_true (client_head_has (client, "\r\n\r\ndraining\n"));
  g_assert_cmpuint (ask (f, "GET", "/healthz")->status, ==, 200);
  client = client_open (f, "/");
  pass_time (f, 3020);
  client_end_closing (client);
  wait_until (f, f->log->len == 1);
  assert_log (f, "done");
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
  ADD_SCENARIO ("/health/good", test_good);
  ADD_MEMORY_SCENARIO ("/health/draining", test_draining);
  ADD_SCENARIO ("/health/delay", test_delay);
  ADD_MEMORY_SCENARIO ("/health/mistakes", test_mistakes);
  return g_test_run ();
}
