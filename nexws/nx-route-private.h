/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nx-route.h"

#include "routing/nx-pattern-private.h"
#include "transport/nx-settings-private.h"

G_BEGIN_DECLS

/* One of them makes the handler of a connection. They take the function's data. */
NxRoute *nx_route_new_func (NxPattern *pattern,
                            NxRouteFunc func,
                            gpointer data,
                            GDestroyNotify destroy);
NxRoute *nx_route_new_controller (NxPattern *pattern, NxController *controller);
NxRoute *nx_route_new_type (NxPattern *pattern, GType type);
NxRoute *nx_route_new_factory (NxPattern *pattern,
                               NxControllerFactory factory,
                               gpointer data,
                               GDestroyNotify destroy);

NxPattern *nx_route_get_parsed_pattern (NxRoute *self);
/* For people: what handles its connections; (transfer full). */
char *nx_route_describe_handler (NxRoute *self);
/* The settings of a connection here, given those of the app. */
NxSettings *nx_route_dup_settings (NxRoute *self, NxSettings *base);

/* (transfer full) (nullable): a controller to look at, where one can be had without a connection. */
NxController *nx_route_dup_sample (NxRoute *self);

/* Hands a connection to its handler. @controller: what handles it from now on, (transfer full) (nullable). */
void nx_route_connect (NxRoute *self, NxWebSocket *ws, NxController **controller, GError **error);
/* Emits the error signal, and ends the connection unless somebody did. */
void nx_route_fail (NxRoute *self, NxWebSocket *ws, GError *error);

G_END_DECLS
