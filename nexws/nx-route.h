/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-controller.h"
#include "nx-web-socket.h"

G_BEGIN_DECLS

#define NX_TYPE_ROUTE (nx_route_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (NxRoute, nx_route, NX, ROUTE, GObject)

/**
 * NxRouteFunc:
 * @ws: who asks to come in
 * @user_data: data for the function
 * @error: return location for an error
 *
 * Handles a connection from its handshake on: accepts, refuses, or defers.
 *
 * An error goes to [signal@Route::error].
 *
 * Since: 0.1
 */
typedef void (*NxRouteFunc) (NxWebSocket *ws, gpointer user_data, GError **error);

/**
 * NxControllerFactory:
 * @ws: who asks to come in; %NULL only where [method@Route.set_gives_sample] allows that
 * @user_data: data for the function
 * @error: return location for an error
 *
 * Makes the controller of one connection.
 *
 * Returns: (transfer full) (nullable): the controller; %NULL with an error, which goes to [signal@Route::error]
 *
 * Since: 0.1
 */
typedef NxController *(*NxControllerFactory) (NxWebSocket *ws, gpointer user_data, GError **error);

NX_AVAILABLE_IN_ALL
const char *nx_route_get_pattern (NxRoute *self);
NX_AVAILABLE_IN_ALL
const char *nx_route_get_name (NxRoute *self);
NX_AVAILABLE_IN_ALL
void nx_route_set_name (NxRoute *self, const char *name);
NX_AVAILABLE_IN_ALL
GType nx_route_get_controller_type (NxRoute *self);
NX_AVAILABLE_IN_ALL
void nx_route_set_controller_type (NxRoute *self, GType type);
NX_AVAILABLE_IN_ALL
void nx_route_set_gives_sample (NxRoute *self, gboolean gives_sample);

G_END_DECLS
