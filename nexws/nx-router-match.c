/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a path to a route, through whatever routers are mounted on the way.
 *
 * A mount that leads nowhere is passed over, and the next one tried. Where one router is mounted twice on each of many floors, there
 * are more ways to the lowest than anybody could go, and a path of a stranger's may fit them all. But whether a router knows
 * the rest of a path depends on nothing else, so each is asked once about each rest: what a path costs is bounded by its length
 * times the number of routers.
 */
#include "config.h"

#include "nx-route-private.h"
#include "nx-router-private.h"

typedef struct
{
  const NxRouter *router;
  guint n_segments; /* that were left: the same number is the same rest */
} Question;

typedef struct
{
  GPtrArray *routers; /* the way so far */
  GHashTable *dead;   /* NULL as long as there is none: of Question, those that lead nowhere */
} Search;

static guint
question_hash (gconstpointer data)
{
  const Question *self = data;

  return g_direct_hash (self->router) * 31 + self->n_segments;
}

static gboolean
question_equal (gconstpointer one, gconstpointer other)
{
  const Question *left = one, *right = other;

  return left->router == right->router && left->n_segments == right->n_segments;
}

static gboolean
is_dead (const Search *self, const Question *question)
{
  return self->dead != NULL && g_hash_table_contains (self->dead, question);
}

static void
note_dead (Search *self, const Question *question)
{
  if (self->dead == NULL)
    self->dead = g_hash_table_new_full (question_hash, question_equal, g_free, NULL);
  g_hash_table_add (self->dead, g_memdup2 (question, sizeof *question));
}

static gpointer look_up (NxRouter *self,
                         const char *const *segments,
                         guint n_segments,
                         NxPathParams *params,
                         Search *search);

static gpointer
descend (gpointer mounted,
         const char *const *segments,
         guint n_segments,
         NxPathParams *params,
         gpointer data)
{
  NxRouter *router = mounted;
  Search *search = data;
  const Question question = { router, n_segments };
  gpointer found;

  if (is_dead (search, &question))
    return NULL;
  g_ptr_array_add (search->routers, g_object_ref (router));
  found = look_up (router, segments, n_segments, params, search);
  if (found == NULL)
    {
      g_ptr_array_set_size (search->routers, (int) search->routers->len - 1);
      note_dead (search, &question);
    }
  return found;
}

static gpointer
look_up (NxRouter *self,
         const char *const *segments,
         guint n_segments,
         NxPathParams *params,
         Search *search)
{
  return nx_route_tree_lookup (nx_router_get_tree (self), segments, n_segments, params, descend,
                               search);
}

void
nx_router_match (NxRouter *self, const NxPath *path, NxRouteMatch *match)
{
  Search search = { NULL, NULL };
  NxRoute *route;

  match->routers = search.routers = g_ptr_array_new_with_free_func (g_object_unref);
  match->params = (NxPathParams) NX_PATH_PARAMS_INIT;
  route = look_up (self, path->segments, path->n_segments, &match->params, &search);
  match->route = route != NULL ? g_object_ref (route) : NULL;
  g_clear_pointer (&search.dead, g_hash_table_unref);
}

void
nx_route_match_clear (NxRouteMatch *self)
{
  g_clear_object (&self->route);
  g_clear_pointer (&self->routers, g_ptr_array_unref);
  nx_path_params_clear (&self->params);
}
