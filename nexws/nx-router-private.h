/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nx-router.h"

#include "routing/nx-path-params-private.h"
#include "routing/nx-path-private.h"
#include "routing/nx-route-tree-private.h"

G_BEGIN_DECLS

/* What a path leads to. */
typedef struct
{
  NxRoute *route; /* owned; NULL where nothing matches */
  /* Of NxRouter, owned: the way there, the outermost first, without the one that was asked. */
  GPtrArray *routers;
  NxPathParams params;
} NxRouteMatch;

/* (transfer none): of NxRoute, and of NxRouter where one is mounted. */
NxRouteTree *nx_router_get_tree (NxRouter *self);

/* nx-router-match.c */
void nx_router_match (NxRouter *self, const NxPath *path, NxRouteMatch *match);
void nx_route_match_clear (NxRouteMatch *self);

/*
 * Visits every route in the router and below: its own ones first, in the order in which they were added. @prefixes: (element-type
 * NxPattern) those of the mounts that lead to it, the outermost first. Ends early when @visit returns FALSE.
 */
typedef gboolean (*NxRouterVisit) (NxRoute *route, const GPtrArray *prefixes, gpointer data);
void nx_router_walk (NxRouter *self, NxRouterVisit visit, gpointer data);

/* Emits `middleware`. */
NxVerdict nx_router_ask_middleware (NxRouter *self, NxWebSocket *ws);
/* Emits `error`. TRUE when a handler has handled it. */
gboolean nx_router_handle_error (NxRouter *self, NxWebSocket *ws, const GError *error);
/* TRUE at the first call alone. */
gboolean nx_router_is_first_refusal (NxRouter *self);

G_END_DECLS
