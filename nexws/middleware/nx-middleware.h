/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-router.h"

G_BEGIN_DECLS

#define NX_TYPE_MIDDLEWARE (nx_middleware_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (NxMiddleware, nx_middleware, NX, MIDDLEWARE, GObject)

/**
 * NxMiddlewareClass:
 * @parent_class: the parent class
 * @handshake: looks at a handshake as handlers of [signal@Router::middleware] do; the default passes
 * @received: looks at a message before it is delivered
 * @sent: looks at a message that is queued to be sent
 * @closed: sees the end of a connection whose handshake it has seen
 * @refused: sees what the app refused by itself
 *
 * The class structure of [class@Middleware].
 *
 * Since: 0.1
 */
struct _NxMiddlewareClass
{
  GObjectClass parent_class;

  /**
   * NxMiddlewareClass::handshake:
   * @self: a middleware
   * @ws: who asks to come in
   *
   * Looks at a handshake, and may do what a handler of [signal@Router::middleware] may.
   *
   * Returns: whether the next one may look at it; the default passes
   *
   * Since: 0.1
   */
  NxVerdict (*handshake) (NxMiddleware *self, NxWebSocket *ws);

  /**
   * NxMiddlewareClass::received:
   * @self: a middleware
   * @ws: where it came from
   * @message: a message
   *
   * Looks at a message before it is delivered, in whatever way the application takes it. A connection whose middleware does not
   * override this pays nothing for it.
   *
   * Returns: whether it is delivered; a message that is refused is dropped
   *
   * Since: 0.1
   */
  NxVerdict (*received) (NxMiddleware *self, NxWebSocket *ws, NxMessage *message);

  /**
   * NxMiddlewareClass::sent:
   * @self: a middleware
   * @ws: where it goes to
   * @message: a message
   *
   * Looks at a message that was queued to be sent.
   *
   * Since: 0.1
   */
  void (*sent) (NxMiddleware *self, NxWebSocket *ws, NxMessage *message);

  /**
   * NxMiddlewareClass::closed:
   * @self: a middleware
   * @ws: whose handshake it has seen
   * @code: the close code
   * @reason: (nullable): the words with it
   *
   * The other end of what [vfunc@Middleware.handshake] began: the connection is over, or was refused, by whomever. It comes once
   * for every handshake, before [signal@WebSocket::closed] reaches the route's handler.
   *
   * Since: 0.1
   */
  void (*closed) (NxMiddleware *self, NxWebSocket *ws, guint code, const char *reason);

  /**
   * NxMiddlewareClass::refused:
   * @self: a middleware that was added to an app itself
   * @app: the app
   * @remote_address: who asked
   * @path: (nullable): the path; %NULL of a request that is malformed
   * @status: the HTTP status of the answer
   *
   * Sees what never came so far as [vfunc@Middleware.handshake], as handlers of [signal@App::refused] do.
   *
   * Since: 0.1
   */
  void (*refused) (NxMiddleware *self,
                   NxApp *app,
                   GSocketAddress *remote_address,
                   const char *path,
                   guint status);

  /*< private >*/
  gpointer padding[7];
};

NX_AVAILABLE_IN_ALL
void nx_router_add_middleware (NxRouter *self, NxMiddleware *middleware);
NX_AVAILABLE_IN_ALL
void nx_router_remove_middleware (NxRouter *self, NxMiddleware *middleware);

G_END_DECLS
