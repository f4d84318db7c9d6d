/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A path that is made of a pattern is parsed into the same values again, or is not made. */
#include "config.h"

#include "routing/nx-pattern-fill-private.h"

#include <string.h>

#include "routing/nx-path-private.h"
#include "routing/nx-route-tree-private.h"

static gboolean
fill (const char *pattern, const char *value, gboolean is_prefix, GString *path, GError **error)
{
  g_autoptr (NxPattern) parsed = nx_pattern_parse (pattern, NULL);
  g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);

  if (value != NULL)
    g_hash_table_insert (values, (gpointer) "x", (gpointer) value);
  return nx_pattern_fill (parsed, is_prefix, values, path, error);
}

static void
assert_filled (const char *pattern, const char *value, const char *expected)
{
  g_autoptr (GString) path = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (NxPattern) parsed = nx_pattern_parse (pattern, NULL);
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);
  g_autoptr (NxPath) back = NULL;
  g_auto (NxPathParams) params = NX_PATH_PARAMS_INIT;

  g_assert_true (fill (pattern, value, FALSE, path, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (path->str, ==, expected);

  nx_route_tree_insert (tree, parsed, parsed, NULL);
  back = nx_path_parse (path->str, path->len);
  g_assert_nonnull (back);
  g_assert_true (nx_route_tree_lookup (tree, back->segments, back->n_segments, &params, NULL, NULL)
                 == parsed);
  if (value != NULL)
    g_assert_cmpstr (nx_path_params_find (&params, "x"), ==, value);
}

static void
assert_not_filled (const char *pattern, const char *value, const char *part)
{
  g_autoptr (GString) path = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (fill (pattern, value, FALSE, path, &error));
  g_assert_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_PARAMETER);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" is not in \"%s\"", part, error->message);
}

static void
test_values (void)
{
  assert_filled ("/", NULL, "/");
  assert_filled ("/a/", NULL, "/a/");
  assert_filled ("/café", NULL, "/caf%C3%A9");
  assert_filled ("/a/{x}/b", "attic", "/a/attic/b");
  assert_filled ("/{x}", "a b", "/a%20b");
  assert_filled ("/{x}", "a/b?c#d%e", "/a%2Fb%3Fc%23d%25e");
  assert_filled ("/{x}", "%2F", "/%252F");
  assert_filled ("/{x}", "!$&'()*+,;=:@-._~", "/!$&'()*+,;=:@-._~");
  assert_filled ("/{x}", "🙂", "/%F0%9F%99%82");
  assert_filled ("/{x}", "...", "/...");
  assert_filled ("/{x:int}", "-42", "/-42");
  assert_filled ("/{x:float}", "1.5e+3", "/1.5e+3");
  assert_filled ("/{x:uuid}", "123E4567-e89b-12d3-a456-426614174000",
                 "/123E4567-e89b-12d3-a456-426614174000");
  assert_filled ("/files/{x:path}", "a/b c/d", "/files/a/b%20c/d");
  assert_filled ("/files/{x:path}", "a/", "/files/a/");
  assert_filled ("/files/{x:path}", "", "/files/");
}

static void
test_unfit (void)
{
  assert_not_filled ("/{x}", NULL, "parameter \"x\" is missing; allowed: UTF-8");
  assert_not_filled ("/{x}", "", "parameter \"x\" cannot be \"\"; allowed: UTF-8 that is neither");
  assert_not_filled ("/{x}", ".", "cannot be \".\"");
  assert_not_filled ("/{x}", "..", "cannot be \"..\"");
  assert_not_filled ("/{x}", "\xff", "cannot be \"\xEF\xBF\xBD\"");
  assert_not_filled ("/{x:int}", "4.5", "cannot be \"4.5\"; allowed: a decimal number of 64 bits");
  assert_not_filled ("/{x:int}", "9223372036854775808", "cannot be");
  assert_not_filled ("/{x:float}", "nan", "cannot be \"nan\"; allowed: a decimal number");
  assert_not_filled ("/{x:uuid}", "123", "allowed: 8-4-4-4-12 hex digits");
  assert_not_filled ("/{x:path}", "a//b", "allowed: segments");
  assert_not_filled ("/{x:path}", "a/../b", "allowed: segments");
  assert_not_filled ("/{x:path}", "/a", "allowed: segments");
}

static void
test_prefix (void)
{
  g_autoptr (GString) path = g_string_new ("/api");

  g_assert_true (fill ("/{x}/", "v1", TRUE, path, NULL));
  g_assert_cmpstr (path->str, ==, "/api/v1");
  g_assert_true (fill ("/", NULL, TRUE, path, NULL));
  g_assert_cmpstr (path->str, ==, "/api/v1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pattern-fill/values", test_values);
  g_test_add_func ("/pattern-fill/unfit", test_unfit);
  g_test_add_func ("/pattern-fill/prefix", test_prefix);
  return g_test_run ();
}
