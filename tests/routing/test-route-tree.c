/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "routing/nx-route-tree-private.h"

#include <string.h>

#include "routing/nx-path-private.h"

/* A route's value is its pattern's text; a mount's is another tree. */

static void
add_as (NxRouteTree *tree, const char *text, const char *value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NxPattern) pattern = nx_pattern_parse (text, &error);

  g_assert_no_error (error);
  g_assert_true (nx_route_tree_insert (tree, pattern, (gpointer) value, &error));
  g_assert_no_error (error);
}

static void
add (NxRouteTree *tree, const char *text)
{
  add_as (tree, text, text);
}

static void
mount (NxRouteTree *tree, const char *text, NxRouteTree *mounted)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NxPattern) prefix = nx_pattern_parse (text, &error);

  g_assert_no_error (error);
  g_assert_true (nx_route_tree_insert_prefix (tree, prefix, mounted, &error));
  g_assert_no_error (error);
}

/* What the tree does not take, with both patterns named. */
static void
assert_taken (NxRouteTree *tree, const char *text, gboolean is_prefix, const char *by)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NxPattern) pattern = nx_pattern_parse (text, NULL);

  if (is_prefix)
    g_assert_false (nx_route_tree_insert_prefix (tree, pattern, tree, &error));
  else
    g_assert_false (nx_route_tree_insert (tree, pattern, tree, &error));
  g_assert_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_TAKEN);
  g_assert_nonnull (strstr (error->message, text));
  g_assert_nonnull (strstr (error->message, by));
}

static gboolean
take (NxRouteTree *tree, const char *text)
{
  g_autoptr (NxPattern) pattern = nx_pattern_parse (text, NULL);

  return nx_route_tree_remove (tree, pattern);
}

static gpointer
descend (gpointer mounted,
         const char *const *segments,
         guint n_segments,
         NxPathParams *params,
         gpointer data)
{
  g_assert_cmpuint (n_segments, >, 0);
  return nx_route_tree_lookup (mounted, segments, n_segments, params, descend, data);
}

/* @expected: the value, and behind a blank each parameter as name=value; NULL when nothing fits. */
static void
assert_leads (const NxRouteTree *tree, const char *target, const char *expected)
{
  g_autoptr (NxPath) path = nx_path_parse (target, strlen (target));
  g_auto (NxPathParams) params = NX_PATH_PARAMS_INIT;
  g_autoptr (GString) found = NULL;
  const char *value;

  g_test_message ("%.80s", target);
  g_assert_nonnull (path);
  value = nx_route_tree_lookup (tree, path->segments, path->n_segments, &params, descend, NULL);
  if (value != NULL)
    found = g_string_new (value);
  for (guint i = 0; i < nx_path_params_get_size (&params); i++)
    {
      g_assert_nonnull (value);
      g_string_append_printf (found, " %s=%s", nx_path_params_get_name (&params, i),
                              nx_path_params_get_value (&params, i));
    }
  g_assert_cmpstr (found != NULL ? found->str : NULL, ==, expected);

  /* Who does not want the parameters gets the same. */
  g_assert_true (
      value == nx_route_tree_lookup (tree, path->segments, path->n_segments, NULL, descend, NULL));
}

static void
test_exact (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);

  assert_leads (tree, "/", NULL);
  assert_leads (tree, "/a", NULL);

  add (tree, "/");
  add (tree, "/a");
  add (tree, "/b/");
  add (tree, "/c");
  add (tree, "/c/");
  add (tree, "/é/x y");
  add (tree, "/{room}/in");

  assert_leads (tree, "/", "/");
  assert_leads (tree, "/a", "/a");
  assert_leads (tree, "/a?b=/c", "/a");
  assert_leads (tree, "/%61", "/a");
  assert_leads (tree, "/a/", NULL);
  assert_leads (tree, "/b", NULL);
  assert_leads (tree, "/b/", "/b/");
  assert_leads (tree, "/c", "/c");
  assert_leads (tree, "/c/", "/c/");
  assert_leads (tree, "/A", NULL);
  assert_leads (tree, "/a/b", NULL);
  assert_leads (tree, "/%C3%A9/x%20y", "/é/x y");
  assert_leads (tree, "/a%2Fb/in", "/{room}/in room=a/b");
  assert_leads (tree, "/b%2F", NULL);
}

static void
test_parameters (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);

  add (tree, "/rooms/{room}");
  add (tree, "/rooms/{room}/{id:int}");
  add (tree, "/files/{rest:path}");

  assert_leads (tree, "/rooms/lobby", "/rooms/{room} room=lobby");
  assert_leads (tree, "/rooms/%F0%9F%92%AC%20x", "/rooms/{room} room=💬 x");
  assert_leads (tree, "/rooms/", NULL);
  assert_leads (tree, "/rooms", NULL);
  assert_leads (tree, "/rooms/lobby/", NULL);
  assert_leads (tree, "/rooms/lobby/-12", "/rooms/{room}/{id:int} room=lobby id=-12");
  assert_leads (tree, "/rooms/lobby/x", NULL);
  assert_leads (tree, "/files/a", "/files/{rest:path} rest=a");
  assert_leads (tree, "/files/a/b%20c/d/", "/files/{rest:path} rest=a/b c/d/");
  assert_leads (tree, "/files/", "/files/{rest:path} rest=");
  assert_leads (tree, "/files", NULL);
  assert_leads (tree, "/files/a%2F..%2Fb", NULL);
  assert_leads (tree, "/files/a/b%2Fc", NULL);
}

static void
test_precedence (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);

  /* The order of adding makes no difference. */
  add (tree, "/x/{rest:path}");
  add (tree, "/x/{s}");
  add (tree, "/x/{f:float}");
  add (tree, "/x/{u:uuid}");
  add (tree, "/x/{i:int}");
  add (tree, "/x/5");

  assert_leads (tree, "/x/5", "/x/5");
  assert_leads (tree, "/x/6", "/x/{i:int} i=6");
  assert_leads (tree, "/x/6.5", "/x/{f:float} f=6.5");
  assert_leads (tree, "/x/99999999999999999999", "/x/{f:float} f=99999999999999999999");
  assert_leads (tree, "/x/123e4567-e89b-12d3-a456-426614174000",
                "/x/{u:uuid} u=123e4567-e89b-12d3-a456-426614174000");
  assert_leads (tree, "/x/y", "/x/{s} s=y");
  assert_leads (tree, "/x/y/z", "/x/{rest:path} rest=y/z");
  assert_leads (tree, "/x/", "/x/{rest:path} rest=");
}

static void
test_backtracking (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);

  add (tree, "/a/b/c");
  add (tree, "/{p}/b/d");
  add (tree, "/a/{q}/e");
  add (tree, "/{p:int}/b/x");
  add (tree, "/{rest:path}");

  assert_leads (tree, "/a/b/c", "/a/b/c");
  assert_leads (tree, "/a/b/d", "/{p}/b/d p=a");
  assert_leads (tree, "/a/b/e", "/a/{q}/e q=b");
  assert_leads (tree, "/1/b/x", "/{p:int}/b/x p=1");
  assert_leads (tree, "/1/b/d", "/{p}/b/d p=1");
  assert_leads (tree, "/a/b/f", "/{rest:path} rest=a/b/f");
  assert_leads (tree, "/a", "/{rest:path} rest=a");
  assert_leads (tree, "/a/b/c/", "/{rest:path} rest=a/b/c/");
}

static void
test_taken (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);
  g_autoptr (NxRouteTree) below = nx_route_tree_new (NULL);

  add (tree, "/a");
  add (tree, "/rooms/{room}");
  add (tree, "/n/{n:int}");
  add (tree, "/files/{rest:path}");
  mount (tree, "/api/{version}", below);
  mount (tree, "/", below);

  assert_taken (tree, "/a", FALSE, "/a");
  assert_taken (tree, "/rooms/{id}", FALSE, "/rooms/{room}");
  assert_taken (tree, "/n/{m:int}", FALSE, "/n/{n:int}");
  assert_taken (tree, "/files/{all:path}", FALSE, "/files/{rest:path}");
  assert_taken (tree, "/api/{v}", TRUE, "/api/{version}");
  assert_taken (tree, "/api/{v}/", TRUE, "/api/{version}");
  assert_taken (tree, "/", TRUE, "/");

  /* Not the same paths, or not in the same way */
  add (tree, "/a/");
  add (tree, "/rooms/{room:int}");
  add (tree, "/rooms/{other}/x");
  add (tree, "/api/{v}");
  mount (tree, "/a", below);
  mount (tree, "/rooms/{x}", below);
}

static void
test_prefix_with_a_rest (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);
  g_autoptr (NxPattern) prefix = nx_pattern_parse ("/a/{rest:path}", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (nx_route_tree_insert_prefix (tree, prefix, tree, &error));
  g_assert_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_SYNTAX);
  g_assert_nonnull (strstr (error->message, "/a/{rest:path}"));
}

static void
test_mount (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);
  g_autoptr (NxRouteTree) api = nx_route_tree_new (NULL);
  g_autoptr (NxRouteTree) rooms = nx_route_tree_new (NULL);

  add_as (rooms, "/", "rooms/");
  add_as (rooms, "/{room}", "rooms/{room}");
  add_as (api, "/", "api/");
  add_as (api, "/status", "api/status");
  mount (api, "/{tenant}/rooms", rooms);
  mount (tree, "/api/{v:int}", api);
  mount (tree, "/rooms/", rooms);
  add (tree, "/api");

  assert_leads (tree, "/api", "/api");
  assert_leads (tree, "/api/", NULL);
  assert_leads (tree, "/api/1", NULL);
  assert_leads (tree, "/api/1/", "api/ v=1");
  assert_leads (tree, "/api/1/status", "api/status v=1");
  assert_leads (tree, "/api/x/status", NULL);
  assert_leads (tree, "/api/1/me/rooms", NULL);
  assert_leads (tree, "/api/1/me/rooms/", "rooms/ v=1 tenant=me");
  assert_leads (tree, "/api/1/me/rooms/a%2Fb", "rooms/{room} v=1 tenant=me room=a/b");
  assert_leads (tree, "/api/1/me/rooms/a/b", NULL);
  assert_leads (tree, "/rooms/x", "rooms/{room} room=x");
  assert_leads (tree, "/rooms/", "rooms/");
  assert_leads (tree, "/rooms", NULL);
}

/* Without somebody to ask, a mount is not there. */
static void
test_mount_without_descend (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);
  const char *const segments[] = { "a", "b" };

  mount (tree, "/a", tree);
  g_assert_null (nx_route_tree_lookup (tree, segments, 2, NULL, NULL, NULL));
}

static void
test_mount_precedence (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);
  g_autoptr (NxRouteTree) a = nx_route_tree_new (NULL);
  g_autoptr (NxRouteTree) all = nx_route_tree_new (NULL);
  g_autoptr (NxRouteTree) some = nx_route_tree_new (NULL);

  add_as (a, "/b", "a: b");
  add_as (a, "/c", "a: c");
  add_as (a, "/d/e", "a: d/e");
  add_as (a, "/f/g", "a: f/g");
  add_as (all, "/{rest:path}", "all: rest");
  add_as (some, "/d/{x}/z", "some: d/x/z");
  mount (tree, "/a", a);
  mount (tree, "/", all);
  mount (tree, "/{p}", some);
  add (tree, "/a/b");
  add (tree, "/a/d/{x}");
  add (tree, "/a/f/{rest:path}");

  /* A route and a mount that both fit: the route. */
  assert_leads (tree, "/a/b", "/a/b");
  assert_leads (tree, "/a/d/e", "/a/d/{x} x=e");
  assert_leads (tree, "/a/f/g", "/a/f/{rest:path} rest=g");
  /* What no route fits: the deepest mount that knows it, and what it does not know leaves no
   * parameters behind. */
  assert_leads (tree, "/a/c", "a: c");
  assert_leads (tree, "/a/x", "all: rest rest=a/x");
  assert_leads (tree, "/a/d/y/z", "some: d/x/z p=a x=y");
  assert_leads (tree, "/b/d/y/z", "some: d/x/z p=b x=y");
  assert_leads (tree, "/b/d/y/w", "all: rest rest=b/d/y/w");
  assert_leads (tree, "/", "all: rest rest=");

  /* At the same depth: the route. */
  add (tree, "/a/{rest:path}");
  assert_leads (tree, "/a/c", "/a/{rest:path} rest=c");
}

static void
test_remove (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);
  g_autoptr (NxRouteTree) below = nx_route_tree_new (NULL);
  g_autoptr (NxPattern) prefix = nx_pattern_parse ("/a/{x}/", NULL);

  add (below, "/c");
  add (tree, "/a");
  add (tree, "/a/{x}/c");
  add (tree, "/a/{x}/{y:int}");
  add (tree, "/{rest:path}");
  mount (tree, "/a/{p}", below);

  g_assert_false (take (tree, "/b"));
  g_assert_false (take (tree, "/a/{x}"));
  g_assert_false (take (tree, "/a/{x:int}/c"));
  g_assert_false (take (tree, "/a/b/c"));

  /* By any name for the parameter; what is beside and below stays. */
  g_assert_true (take (tree, "/a/{other}/c"));
  g_assert_false (take (tree, "/a/{other}/c"));
  assert_leads (tree, "/a/1/c", "/c p=1");
  assert_leads (tree, "/a/1/2", "/a/{x}/{y:int} x=1 y=2");
  g_assert_true (nx_route_tree_remove_prefix (tree, prefix));
  g_assert_false (nx_route_tree_remove_prefix (tree, prefix));
  assert_leads (tree, "/a/1/c", "/{rest:path} rest=a/1/c");
  g_assert_true (take (tree, "/a/{x}/{y:int}"));
  assert_leads (tree, "/a", "/a");
  g_assert_true (take (tree, "/a"));
  assert_leads (tree, "/a", "/{rest:path} rest=a");
  g_assert_true (take (tree, "/{r:path}"));
  assert_leads (tree, "/a", NULL);
  g_assert_true (nx_route_tree_is_empty (tree));

  /* And can be there again. */
  add (tree, "/a/{x}/c");
  assert_leads (tree, "/a/1/c", "/a/{x}/c x=1");
}

/* Each kind of thing that a node can hold keeps it there, and the nodes above it. */
static void
test_is_empty (void)
{
  static const char *const patterns[] = {
    "/",           "/a",          "/a/b/c",      "/{x}",      "/a/{x:int}",
    "/{x:uuid}/a", "/{x:float}/", "/a/{x:path}", "/{x:path}",
  };
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);

  g_assert_true (nx_route_tree_is_empty (tree));
  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      g_autoptr (NxPattern) prefix = nx_pattern_parse (patterns[i], NULL);

      add (tree, patterns[i]);
      g_assert_false (nx_route_tree_is_empty (tree));
      g_assert_true (take (tree, patterns[i]));
      g_assert_true (nx_route_tree_is_empty (tree));

      if (prefix->segments[prefix->n_segments - 1].kind == NX_SEGMENT_PATH)
        continue;
      mount (tree, patterns[i], tree);
      g_assert_false (nx_route_tree_is_empty (tree));
      g_assert_true (nx_route_tree_remove_prefix (tree, prefix));
      g_assert_true (nx_route_tree_is_empty (tree));
    }
}

typedef struct
{
  NxRouteTree *tree;
  guint n_destroyed;
} Owner;

static void
owned_destroyed (gpointer value)
{
  Owner *owner = value;

  owner->n_destroyed++;
  /* Coming back from here finds a tree in order. */
  if (owner->tree != NULL)
    assert_leads (owner->tree, "/a/b", NULL);
}

static void
test_ownership (void)
{
  g_autoptr (NxPattern) pattern = nx_pattern_parse ("/a/b", NULL);
  g_autoptr (GError) error = NULL;
  Owner owner = { NULL, 0 };

  owner.tree = nx_route_tree_new (owned_destroyed);
  g_assert_true (nx_route_tree_insert (owner.tree, pattern, &owner, &error));
  g_assert_false (nx_route_tree_insert (owner.tree, pattern, &owner, NULL));
  g_assert_cmpuint (owner.n_destroyed, ==, 0);
  g_assert_true (nx_route_tree_remove (owner.tree, pattern));
  g_assert_cmpuint (owner.n_destroyed, ==, 1);

  g_assert_true (nx_route_tree_insert (owner.tree, pattern, &owner, &error));
  g_assert_true (nx_route_tree_insert_prefix (owner.tree, pattern, &owner, &error));
  nx_route_tree_free (g_steal_pointer (&owner.tree));
  g_assert_cmpuint (owner.n_destroyed, ==, 3);
}

static void
test_many (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (g_free);

  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *text = g_strdup_printf ("/r%u/{x}/s%u", i, i);
      g_autoptr (NxPattern) pattern = nx_pattern_parse (text, NULL);

      g_assert_true (nx_route_tree_insert (tree, pattern, g_strdup (text), NULL));
    }

  assert_leads (tree, "/r0/a/s0", "/r0/{x}/s0 x=a");
  assert_leads (tree, "/r4999/a/s4999", "/r4999/{x}/s4999 x=a");
  assert_leads (tree, "/r1/a/s2", NULL);
  for (guint i = 0; i < 5000; i += 2)
    {
      g_autofree char *text = g_strdup_printf ("/r%u/{x}/s%u", i, i);

      g_assert_true (take (tree, text));
    }
  assert_leads (tree, "/r0/a/s0", NULL);
  assert_leads (tree, "/r1/a/s1", "/r1/{x}/s1 x=a");
}

/* A path far longer than any pattern costs no stack. */
static void
test_long_path (void)
{
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);
  g_autoptr (GString) target = g_string_new (NULL);

  add (tree, "/{a}/{b}/c");
  for (guint i = 0; i < 100000; i++)
    g_string_append (target, "/a");
  assert_leads (tree, target->str, NULL);
}

/* -- What it costs: as many nodes as the path has segments, however many routes there are -- */

static guint
count_visits (NxRouteTree *tree, const char *path)
{
  g_autoptr (NxPath) parsed = nx_path_parse (path, strlen (path));

  return nx_route_tree_count_visits (tree, parsed->segments, parsed->n_segments);
}

static void
test_cost (void)
{
  g_autoptr (NxRouteTree) few = nx_route_tree_new (NULL);
  g_autoptr (NxRouteTree) many = nx_route_tree_new (g_free);

  add (few, "/area-7/item-77/{id:int}/detail");
  for (guint i = 0; i < 10 * 1000; i++)
    {
      g_autofree char *text =
          g_strdup_printf ("/area-%u/item-%u/{id:int}/detail", i % 10, i % 10 + i / 10 * 10);
      g_autoptr (NxPattern) pattern = nx_pattern_parse (text, NULL);

      g_assert_true (nx_route_tree_insert (many, pattern, g_strdup (text), NULL));
    }
  g_assert_cmpuint (count_visits (few, "/area-7/item-77/5/detail"), ==, 5);
  g_assert_cmpuint (count_visits (many, "/area-7/item-77/5/detail"), ==, 5);
  g_assert_cmpuint (count_visits (many, "/area-7/item-77/5/none"), ==, 4);
  g_assert_cmpuint (count_visits (many, "/area-7/item-99999"), ==, 2);
  g_assert_cmpuint (count_visits (many, "/none"), ==, 1);
  /* A choice that leads nowhere is tried once, and only where the application's own patterns overlap. */
  add_as (many, "/{area}/{item}/{id}/{what}", g_strdup ("any"));
  g_assert_cmpuint (count_visits (many, "/area-7/item-77/5/none"), <=, 4 + 2 + 3 + 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/route-tree/exact", test_exact);
  g_test_add_func ("/route-tree/parameters", test_parameters);
  g_test_add_func ("/route-tree/precedence", test_precedence);
  g_test_add_func ("/route-tree/backtracking", test_backtracking);
  g_test_add_func ("/route-tree/taken", test_taken);
  g_test_add_func ("/route-tree/prefix-with-a-rest", test_prefix_with_a_rest);
  g_test_add_func ("/route-tree/mount", test_mount);
  g_test_add_func ("/route-tree/mount-without-descend", test_mount_without_descend);
  g_test_add_func ("/route-tree/mount-precedence", test_mount_precedence);
  g_test_add_func ("/route-tree/remove", test_remove);
  g_test_add_func ("/route-tree/is-empty", test_is_empty);
  g_test_add_func ("/route-tree/ownership", test_ownership);
  g_test_add_func ("/route-tree/many", test_many);
  g_test_add_func ("/route-tree/long-path", test_long_path);

  g_test_add_func ("/route-tree/cost", test_cost);
  return g_test_run ();
}
