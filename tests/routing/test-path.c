/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "routing/nx-path-private.h"

#include <string.h>

#include "protocol/guard.h"

static NxPath *
parse (const char *text)
{
  Guard guard = guard_new (strlen (text) + 1);
  NxPath *path = nx_path_parse (guard_put (&guard, text, strlen (text)), strlen (text));

  guard_free (&guard);
  return path;
}

static void
test_parse (void)
{
  static const struct
  {
    const char *path;
    guint n_segments;
    const char *joined; /* with bars */
  } cases[] = {
    { "/", 1, "" },
    { "/a", 1, "a" },
    { "/a/", 2, "a|" },
    { "/a/b/c", 3, "a|b|c" },
    { "/a%20b/%C3%A9", 2, "a b|é" },
    { "/caf\xc3\xa9", 1, "café" },
    { "/a%2Fb/c%2fd", 2, "a/b|c/d" },
    { "/a+b", 1, "a+b" },
    { "/%25", 1, "%" },
    { "/%2525", 1, "%25" },
    { "/%3F?x", 1, "?" },
    { "/a?b/c", 1, "a" },
    { "/a/?/../%00", 2, "a|" },
    { "/?", 1, "" },
    { "/...", 1, "..." },
    { "/.a/a./..a", 3, ".a|a.|..a" },
    { "/%0A", 1, "\n" },
    { "/;a=b,c", 1, ";a=b,c" },
    { "/%2F", 1, "/" },
    { "/%20", 1, " " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (NxPath) path = parse (cases[i].path);
      g_autoptr (GString) joined = g_string_new (NULL);

      show (cases[i].path);
      g_assert_nonnull (path);
      g_assert_cmpuint (path->n_segments, ==, cases[i].n_segments);
      for (guint n = 0; n < path->n_segments; n++)
        g_string_append_printf (joined, "%s%s", n > 0 ? "|" : "", path->segments[n]);
      g_assert_cmpstr (joined->str, ==, cases[i].joined);
    }
}

static void
test_malformed (void)
{
  static const char *const cases[] = {
    "",         "a",       "?",          "?/a",           "//",    "//a",
    "/a//",     "/a//b",   "/.",         "/..",           "/./",   "/a/../b",
    "/a/./b",   "/a/..",   "/%2e",       "/%2E%2e",       "/.%2e", "/%2e./a",
    "/%00",     "/a%00b",  "/%",         "/%4",           "/%4/",  "/a%2?b",
    "/%g0",     "/%0g",    "/%-1",       "/%ff",          "/\xff", "/%C3",
    "/%C3/%A9", "/%C0%AF", "/%ED%A0%80", "/%F5%80%80%80", "*",     "http://a/",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (NxPath) path = parse (cases[i]);

      show (cases[i]);
      g_assert_null (path);
    }

  g_assert_null (nx_path_parse ("/a\0b", 4));
}

static void
test_long (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (NxPath) path = NULL;

  for (guint i = 0; i < 8000; i++)
    g_string_append (text, "/a");
  path = nx_path_parse (text->str, text->len);
  g_assert_cmpuint (path->n_segments, ==, 8000);
  g_assert_cmpstr (path->segments[7999], ==, "a");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/path/parse", test_parse);
  g_test_add_func ("/path/malformed", test_malformed);
  g_test_add_func ("/path/long", test_long);

  return g_test_run ();
}
