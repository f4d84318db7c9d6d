/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxRouteTree: from a path to what was stored under the pattern that fits it best. One level of
 * nodes a segment, so a look-up costs what the path's length is, however many routes there are. (A
 * choice that leads nowhere costs again, but only where patterns of the application's own overlap.)
 *
 * What fits best is decided segment by segment, from the left: text before a parameter; among
 * parameters int, uuid, float, string; then the route that takes the rest of the path; then what is
 * mounted here. Where the better choice leads nowhere, the next one is tried; each node is entered
 * at most once a look-up.
 *
 * A mount is a pattern that stands for the beginning of a path, and what is stored under it is
 * asked about the segments that are left: a tree of its own, typically. Where a route and a mount
 * reach equally far, the route wins. A mount that knows nothing of the rest is passed over like any
 * other choice that leads nowhere.
 */
#pragma once

#include <glib.h>

#include "routing/nx-path-params-private.h"
#include "routing/nx-pattern-private.h"

G_BEGIN_DECLS

typedef struct _NxRouteTree NxRouteTree;

/*
 * Asks what is mounted about the @n_segments (at least one) behind the prefix. Adds to @params what
 * it captures (on NULL, that is taken away again) and returns what was found, or NULL.
 */
typedef gpointer (*NxRouteTreeDescend) (gpointer mounted,
                                        const char *const *segments,
                                        guint n_segments,
                                        NxPathParams *params,
                                        gpointer data);

/* @destroy: (nullable), for what is stored. */
NxRouteTree *nx_route_tree_new (GDestroyNotify destroy);
void nx_route_tree_free (NxRouteTree *self);

/*
 * @value: (transfer full), not NULL. FALSE, with NX_PATTERN_ERROR_TAKEN and nothing taken, when a
 * pattern is there already that stands for the same paths; parameters' names make no difference to
 * that.
 */
gboolean nx_route_tree_insert (NxRouteTree *self,
                               NxPattern *pattern,
                               gpointer value,
                               GError **error);

/*
 * Likewise, for a mount. A slash at the end of a prefix means nothing (`/` is the mount of
 * everything). A prefix cannot have a parameter that takes the rest of the path:
 * NX_PATTERN_ERROR_SYNTAX.
 */
gboolean nx_route_tree_insert_prefix (NxRouteTree *self,
                                      NxPattern *prefix,
                                      gpointer mounted,
                                      GError **error);

/* Destroys what was stored under it, or under one that stands for the same paths. FALSE: nothing.
 */
gboolean nx_route_tree_remove (NxRouteTree *self, const NxPattern *pattern);
gboolean nx_route_tree_remove_prefix (NxRouteTree *self, const NxPattern *prefix);

/* Whether nothing is stored; then nothing is left of what was, either. */
gboolean nx_route_tree_is_empty (const NxRouteTree *self);

/*
 * @segments are NxPath's. Returns: (transfer none) (nullable): what was stored under the pattern,
 * or what @descend returned. @params: (nullable): gets what the pattern captured, behind what it
 * holds.
 *
 * @descend: (nullable), without it mounts are passed over. It must not change the tree.
 */
gpointer nx_route_tree_lookup (const NxRouteTree *self,
                               const char *const *segments,
                               guint n_segments,
                               NxPathParams *params,
                               NxRouteTreeDescend descend,
                               gpointer data);

/* For the proof of what is said above: how many nodes a look-up enters. */
guint nx_route_tree_count_visits (const NxRouteTree *self,
                                  const char *const *segments,
                                  guint n_segments);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxRouteTree, nx_route_tree_free)

G_END_DECLS
