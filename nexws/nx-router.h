/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-route.h"

G_BEGIN_DECLS

#define NX_TYPE_ROUTER (nx_router_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (NxRouter, nx_router, NX, ROUTER, GObject)

/**
 * NxRouterClass:
 * @parent_class: the parent class
 * @middleware: looks at a handshake as handlers of [signal@Router::middleware] do; the default passes
 *
 * The class structure of [class@Router].
 *
 * Since: 0.1
 */
struct _NxRouterClass
{
  GObjectClass parent_class;

  /**
   * NxRouterClass::middleware:
   * @self: a router
   * @ws: who asks to come in
   *
   * Looks at a handshake that leads to a route in or below this router, after the handlers of [signal@Router::middleware].
   *
   * Returns: whether the next one may look at it; the default passes
   *
   * Since: 0.1
   */
  NxVerdict (*middleware) (NxRouter *self, NxWebSocket *ws);

  /*< private >*/
  gpointer padding[8];
};

NX_AVAILABLE_IN_ALL
NxRouter *nx_router_new (void) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
NxRoute *nx_router_add_route (NxRouter *self,
                              const char *pattern,
                              NxRouteFunc func,
                              gpointer user_data,
                              GDestroyNotify destroy,
                              GError **error);
NX_AVAILABLE_IN_ALL
NxRoute *nx_router_add_controller (NxRouter *self,
                                   const char *pattern,
                                   NxController *controller,
                                   GError **error);
NX_AVAILABLE_IN_ALL
NxRoute *nx_router_add_controller_type (NxRouter *self,
                                        const char *pattern,
                                        GType type,
                                        GError **error);
NX_AVAILABLE_IN_ALL
NxRoute *nx_router_add_controller_factory (NxRouter *self,
                                           const char *pattern,
                                           NxControllerFactory func,
                                           gpointer user_data,
                                           GDestroyNotify destroy,
                                           GError **error);
NX_AVAILABLE_IN_ALL
void nx_router_remove_route (NxRouter *self, NxRoute *route);
NX_AVAILABLE_IN_ALL
gboolean nx_router_mount (NxRouter *self, const char *prefix, NxRouter *router, GError **error);
NX_AVAILABLE_IN_ALL
void nx_router_unmount (NxRouter *self, NxRouter *router);
NX_AVAILABLE_IN_ALL
char *nx_router_url_for (NxRouter *self, const char *name, GHashTable *parameters, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
char *nx_router_describe (NxRouter *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
