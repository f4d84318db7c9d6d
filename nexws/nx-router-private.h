/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nx-router.h"

#include "routing/nx-path-params-private.h"
#include "routing/nx-path-private.h"

G_BEGIN_DECLS

/* What a path leads to. */
typedef struct
{
  NxRoute *route; /* owned; NULL where nothing matches */
  /* Of NxRouter, owned: the way there, the outermost first, without the one that was asked. */
  GPtrArray *routers;
  NxPathParams params;
} NxRouteMatch;

void nx_router_match (NxRouter *self, const NxPath *path, NxRouteMatch *match);
void nx_route_match_clear (NxRouteMatch *self);

/* @patterns: of NxPattern: the prefixes that lead to the route, and its own. */
typedef void (*NxRouteVisitor) (NxRoute *route, GPtrArray *patterns, gpointer data);
/* All routes in and below @self, in the order in which they were added. */
void nx_router_visit (NxRouter *self, NxRouteVisitor visitor, gpointer data);

/* Emits `middleware`. */
NxVerdict nx_router_ask_middleware (NxRouter *self, NxWebSocket *ws);

G_END_DECLS
