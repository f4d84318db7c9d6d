/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <nexws.h>

#include "service/nx-file-answer-private.h"
#include "service/nx-file-name-private.h"

/* Under /static, or under / where the prefix is NULL; a name of NULL: there is no such file. */
static const struct
{
  const char *prefix;
  const char *path;
  const char *name;
} names[] = {
  { NULL, "/", "index.html" },
  { NULL, "/a.txt", "a.txt" },
  { NULL, "/a/b/c.txt", "a/b/c.txt" },
  { NULL, "/a/", "a/index.html" },
  { NULL, "/with%20space", "with space" },
  { NULL, "/%61.txt", "a.txt" },
  { NULL, "/..", NULL },
  { NULL, "/a/../b", NULL },
  { NULL, "/./a", NULL },
  { NULL, "/%2e%2e/a", NULL },
  { NULL, "/%2E./a", NULL },
  { NULL, "/.%2e/a", NULL },
  { NULL, "/..%2fa", NULL },
  { NULL, "/..%5ca", NULL }, /* begins with a dot */
  { NULL, "/a%2fb", NULL },
  { NULL, "/a%2f..%2fb", NULL },
  { NULL, "/%252e%252e/a", "%2e%2e/a" }, /* decoded once: a strange name, and no way up */
  { NULL, "/%252fetc", "%2fetc" },
  { NULL, "/a%00.txt", NULL },
  { NULL, "/a%0", NULL },
  { NULL, "/a%zz", NULL },
  { NULL, "/%ff", NULL },
  { NULL, "//etc/passwd", NULL },
  { NULL, "/a//b", NULL },
  { NULL, "/%2fetc/passwd", NULL },
  { NULL, "/.git/config", NULL },
  { NULL, "/a/.hidden", NULL },
  { NULL, "/%2egit/config", NULL },
  { NULL, "a", NULL },
  { NULL, "", NULL },
  { "/static", "/static/a", "a" },
  { "/static", "/static/", "index.html" },
  { "/static", "/static", "" }, /* the folder itself */
  { "/static", "/st%61tic/a", "a" },
  { "/static", "/staticx/a", NULL },
  { "/static", "/other/a", NULL },
  { "/static", "/", NULL },
  { "/a/b/", "/a/b/c", "c" },
};

static void
test_names (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_auto (GStrv) prefix =
          nx_file_prefix_parse (names[i].prefix != NULL ? names[i].prefix : "/");
      const NxFileNaming naming = { (const char *const *) prefix, "index.html", FALSE };
      g_autofree char *name = nx_file_name_parse (&naming, names[i].path);

      g_test_message ("%s", names[i].path);
      g_assert_cmpstr (name, ==, names[i].name);
    }
}

static void
test_hidden (void)
{
  g_auto (GStrv) prefix = nx_file_prefix_parse ("/");
  const NxFileNaming naming = { (const char *const *) prefix, "index.html", TRUE };
  g_autofree char *name = nx_file_name_parse (&naming, "/.well-known/x");

  g_assert_cmpstr (name, ==, ".well-known/x");
  g_assert_null (nx_file_name_parse (&naming, "/../x"));
  g_assert_true (nx_file_name_is_hidden (".a"));
  g_assert_true (nx_file_name_is_hidden ("a/.b/c"));
  g_assert_false (nx_file_name_is_hidden ("a.b/c"));
}

static void
test_bad_prefixes (void)
{
  static const char *const bad[] = { "", "static", "/a/../b", "//", "/a?b", "/a%20b" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (nx_file_prefix_parse (bad[i]));
}

static void
test_types (void)
{
  static const char *const rows[][2] = { { "a.html", "text/html; charset=utf-8" },
                                         { "a/b.CSS", "text/css; charset=utf-8" },
                                         { "x.tar.js", "text/javascript; charset=utf-8" },
                                         { "x.svg", "image/svg+xml" },
                                         { "x.html.unheard-of", "application/octet-stream" },
                                         { "x", "application/octet-stream" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *type = nx_file_name_guess_type (rows[i][0]);

      g_assert_cmpstr (type, ==, rows[i][1]);
    }
}

static void
test_etags (void)
{
  static const struct
  {
    const char *list;
    gboolean matches;
  } rows[] = {
    { "\"a-1\"", TRUE },
    { "W/\"a-1\"", TRUE },
    { "\"b\", \"a-1\"", TRUE },
    { "\"b\" ,W/\"a-1\",", TRUE },
    { "*", TRUE },
    { "\"a-2\"", FALSE },
    { "a-1", FALSE },
    { "\"a-1", FALSE },
    { "", FALSE },
    { "\"x, \"a-1\"", FALSE },
    { "\"a-1\"x", TRUE },
    { "w/\"a-1\"", FALSE },
    { "\"a-1 \"", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].list);
      g_assert_cmpint (nx_file_answer_matches_etag (rows[i].list, "\"a-1\""), ==, rows[i].matches);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/file-name/names", test_names);
  g_test_add_func ("/file-name/hidden", test_hidden);
  g_test_add_func ("/file-name/bad-prefixes", test_bad_prefixes);
  g_test_add_func ("/file-name/types", test_types);
  g_test_add_func ("/file-name/etags", test_etags);
  return g_test_run ();
}
