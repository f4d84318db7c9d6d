/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxAdmission: takes a websocket through the stages of its decision (the middleware of each router, then the route's handler), and
 * is what stands behind it from then on: its hooks.
 */
#pragma once

#include "nx-router-private.h"
#include "nx-web-socket-private.h"

G_BEGIN_DECLS

typedef struct
{
  void (*decided) (NxWebSocket *ws, gpointer owner);
  void (*closed) (NxWebSocket *ws, gpointer owner);
} NxAdmissionFuncs;

/* Takes what @match holds, and stands behind the websocket from now on; nothing is decided yet. */
void nx_admission_begin (NxWebSocket *ws,
                         NxRouteMatch *match,
                         const NxAdmissionFuncs *funcs,
                         gpointer owner);

G_END_DECLS
