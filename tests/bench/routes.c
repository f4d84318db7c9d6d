/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-routes N: looks one path up a thousand times among N routes. Counted, not timed:
 *
 *   valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=nx_route_tree_lookup bench-routes 10000
 *
 * The instructions ("Collected") are to be the same for 10 routes and for 10 000.
 */
#include "config.h"

#include <string.h>

#include "routing/nx-path-private.h"
#include "routing/nx-route-tree-private.h"

#define LOOKUPS 1000

int
main (int argc, char **argv)
{
  guint n = argc > 1 ? (guint) g_ascii_strtoull (argv[1], NULL, 10) : 10000;
  const char *wanted = "/area-7/item-7/5/detail";
  g_autoptr (NxRouteTree) tree = nx_route_tree_new (NULL);
  g_autoptr (NxPath) path = nx_path_parse (wanted, strlen (wanted));

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("/area-%u/item-%u/{id:int}/detail", i % 10, i);
      g_autoptr (NxPattern) pattern = nx_pattern_parse (text, NULL);

      nx_route_tree_insert (tree, pattern, tree, NULL);
    }
  for (guint i = 0; i < LOOKUPS; i++)
    {
      g_auto (NxPathParams) params = NX_PATH_PARAMS_INIT;

      g_assert_nonnull (
          nx_route_tree_lookup (tree, path->segments, path->n_segments, &params, NULL, NULL));
    }
  return 0;
}
