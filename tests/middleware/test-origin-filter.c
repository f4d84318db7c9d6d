/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app-fixture.h"

typedef struct
{
  const char *name;
  const char *allowed;
  const char *origin; /* nullable */
  guint status;
} Row;

static const Row rows[] = {
  { "same", "https://example.org", "https://example.org", 101 },
  { "case", "https://example.org", "HTTPS://Example.ORG", 101 },
  { "none", "https://example.org", NULL, 101 },
  { "null", "https://example.org", "null", 403 },
  { "other-scheme", "https://example.org", "http://example.org", 403 },
  { "other-port", "https://example.org", "https://example.org:444", 403 },
  { "longer", "https://example.org", "https://example.org.evil.example", 403 },
  { "shorter", "https://example.org", "https://example.or", 403 },
  { "star", "*", "https://anywhere.example", 101 },
  { "below", "https://*.example.org", "https://a.example.org", 101 },
  { "deep-below", "https://*.example.org", "https://a.b.example.org", 101 },
  { "below-itself", "https://*.example.org", "https://example.org", 403 },
  { "below-empty", "https://*.example.org", "https://.example.org", 403 },
  { "below-scheme", "https://*.example.org", "http://a.example.org", 403 },
  { "below-glued", "https://*.example.org", "https://evilexample.org", 403 },
  { "below-behind", "https://*.example.org", "https://a.example.org.evil", 403 },
  { "below-user", "https://*.example.org", "https://evil@x.example.org", 403 },
  { "below-path", "https://*.example.org", "https://evil/x.example.org", 403 },
  { "below-port", "https://*.example.org", "https://evil:1.example.org", 403 },
  { "below-with-port", "https://*.example.org:81", "https://a.example.org:81", 101 },
};

static void
set_up (Fixture *f, NxOriginFilter *filter)
{
  const char *const any[] = { "*", NULL };

  g_object_set (f->app, "allowed-origins", any, NULL);
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, NULL, NULL, NULL);
  nx_router_add_middleware (NX_ROUTER (f->app), NX_MIDDLEWARE (filter));
}

static guint
try_origin (Fixture *f, const char *origin)
{
  return try_open_with (f->client, "/", "Origin", origin);
}

static void
test_row (Fixture *f)
{
  const Row *row = f->data;
  const char *const allowed[] = { "https://first.example", row->allowed, NULL };
  g_autoptr (NxOriginFilter) filter = nx_origin_filter_new (allowed);

  set_up (f, filter);
  g_assert_cmpuint (try_origin (f, row->origin), ==, row->status);
}

static void
test_nothing_allowed (Fixture *f)
{
  g_autoptr (NxOriginFilter) filter = nx_origin_filter_new (NULL);

  set_up (f, filter);
  g_assert_cmpuint (try_origin (f, "https://example.org"), ==, 403);
  g_assert_cmpuint (try_origin (f, NULL), ==, 101);
}

static void
test_require_origin (Fixture *f)
{
  const char *const allowed[] = { "https://example.org", NULL };
  g_autoptr (NxOriginFilter) filter = nx_origin_filter_new (allowed);
  g_auto (GStrv) got = NULL;
  gboolean require_origin;

  set_up (f, filter);
  g_object_set (filter, "require-origin", TRUE, NULL);
  g_object_get (filter, "require-origin", &require_origin, "allowed-origins", &got, NULL);
  g_assert_true (require_origin);
  g_assert_true (g_strv_equal ((const char *const *) got, allowed));
  g_assert_cmpuint (try_origin (f, NULL), ==, 403);
  g_assert_cmpuint (try_origin (f, "https://example.org"), ==, 101);
}

static void
test_bad_entries (Fixture *f)
{
  static const char *const good[] = { "*", "null", "https://example.org", "https://*.example.org",
                                      "http://localhost:8000" };
  static const char *const bad[] = { "example.org",
                                     "https://example.org/",
                                     "https://*",
                                     "*.example.org",
                                     "https://a.*.example.org",
                                     "https://*.example.org/x",
                                     "" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      const char *const list[] = { good[i], NULL };
      g_autoptr (NxOriginFilter) filter = nx_origin_filter_new (list);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *const list[] = { bad[i], NULL };
      g_autoptr (NxOriginFilter) filter = NULL;

      g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING,
                             "allowed-origins: *matches nothing; allowed: SCHEME://*");
      filter = nx_origin_filter_new (list);
      g_test_assert_expected_messages ();
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_ROWS ("/origin-filter/", test_row, rows);
  ADD_TEST ("/origin-filter/nothing-allowed", test_nothing_allowed);
  ADD_TEST ("/origin-filter/bad-entries", test_bad_entries);
  ADD_TEST ("/origin-filter/require-origin", test_require_origin);
  return g_test_run ();
}
