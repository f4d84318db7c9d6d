/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "middleware/nx-middleware.h"

#include "nx-app.h"
#include "nx-web-socket-private.h"

/**
 * NxMiddleware:
 *
 * Middleware as an object: what looks at the handshakes of a router, and, if it wants to, at the messages and the end of
 * their connections.
 *
 * [method@Router.add_middleware] adds one to a router, in the order in which they are added. The ready-made ones are
 * [class@OriginFilter], [class@TokenFilter], [class@CredentialsFilter], [class@RateLimiter] and [class@RequestLog]. A class of
 * one's own overrides what it needs: one that wraps the whole connection, such as a timer or a database session, overrides
 * [vfunc@Middleware.handshake] and [vfunc@Middleware.closed]; what became of the handshake in between, [method@WebSocket.get_status] says.
 *
 * One object may be added to several routers. What it sees twice, since one router is in the other, it counts once.
 *
 * Since: 0.1
 */

/* What a connection has of a middleware that wants more of it than its handshake. */
typedef struct
{
  NxTap tap;
  NxMiddleware *middleware;
} Visit;

G_DEFINE_ABSTRACT_TYPE (NxMiddleware, nx_middleware, G_TYPE_OBJECT)

static NxVerdict
nx_middleware_real_handshake (NxMiddleware *self, NxWebSocket *ws)
{
  return NX_VERDICT_PASS;
}

static void
nx_middleware_class_init (NxMiddlewareClass *klass)
{
  klass->handshake = nx_middleware_real_handshake;
}

static void
nx_middleware_init (NxMiddleware *self)
{
}

/* -- Visits -- */

static gboolean
received_cb (NxTap *tap, NxWebSocket *ws, NxMessage *message)
{
  NxMiddleware *self = ((Visit *) tap)->middleware;

  return NX_MIDDLEWARE_GET_CLASS (self)->received (self, ws, message) == NX_VERDICT_PASS;
}

static void
sent_cb (NxTap *tap, NxWebSocket *ws, NxMessage *message)
{
  NxMiddleware *self = ((Visit *) tap)->middleware;

  NX_MIDDLEWARE_GET_CLASS (self)->sent (self, ws, message);
}

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, Visit *visit)
{
  NxMiddleware *self = visit->middleware;

  NX_MIDDLEWARE_GET_CLASS (self)->closed (self, ws, code, reason);
}

static void
visit_free (NxTap *tap)
{
  g_object_unref (((Visit *) tap)->middleware);
  g_free (tap);
}

static gboolean
has_visit (NxMiddleware *self, NxWebSocket *ws)
{
  for (NxTap *tap = ws->taps; tap != NULL; tap = tap->next)
    if (tap->free == visit_free && ((Visit *) tap)->middleware == self)
      return TRUE;
  return FALSE;
}

/* Before its handshake is looked at: who refuses it wants to see its end as well. */
static void
begin_visit (NxMiddleware *self, NxWebSocket *ws)
{
  NxMiddlewareClass *klass = NX_MIDDLEWARE_GET_CLASS (self);
  Visit *visit;

  if (klass->received == NULL && klass->sent == NULL && klass->closed == NULL)
    return;
  if (has_visit (self, ws))
    return;
  visit = g_new0 (Visit, 1);
  visit->tap.received = klass->received != NULL ? received_cb : NULL;
  visit->tap.sent = klass->sent != NULL ? sent_cb : NULL;
  visit->tap.free = visit_free;
  visit->middleware = g_object_ref (self);
  nx_web_socket_add_tap (ws, &visit->tap);
  if (klass->closed != NULL)
    g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), visit);
}

/* -- Routers -- */

static NxVerdict
middleware_cb (NxRouter *router, NxWebSocket *ws, NxMiddleware *self)
{
  begin_visit (self, ws);
  return NX_MIDDLEWARE_GET_CLASS (self)->handshake (self, ws);
}

static void
refused_cb (NxApp *app, GSocketAddress *remote, const char *path, guint status, NxMiddleware *self)
{
  NX_MIDDLEWARE_GET_CLASS (self)->refused (self, app, remote, path, status);
}

static void
unref_closure_data (gpointer data, GClosure *closure)
{
  g_object_unref (data);
}

/**
 * nx_router_add_middleware:
 * @self: a router
 * @middleware: what looks at the handshakes that lead to a route in or below the router
 *
 * Adds a middleware, behind those that were added before and among the handlers of [signal@Router::middleware], of which it is
 * one.
 *
 * Added to an app itself, it sees what that refuses before it asks any middleware, too ([vfunc@Middleware.refused]).
 *
 * Since: 0.1
 */
void
nx_router_add_middleware (NxRouter *self, NxMiddleware *middleware)
{
  g_return_if_fail (NX_IS_ROUTER (self));
  g_return_if_fail (NX_IS_MIDDLEWARE (middleware));

  g_signal_connect_data (self, "middleware", G_CALLBACK (middleware_cb), g_object_ref (middleware),
                         unref_closure_data, 0);
  if (NX_IS_APP (self) && NX_MIDDLEWARE_GET_CLASS (middleware)->refused != NULL
      && g_signal_handler_find (self, G_SIGNAL_MATCH_FUNC | G_SIGNAL_MATCH_DATA, 0, 0, NULL,
                                refused_cb, middleware)
             == 0)
    g_signal_connect_data (self, "refused", G_CALLBACK (refused_cb), g_object_ref (middleware),
                           unref_closure_data, 0);
}

/**
 * nx_router_remove_middleware:
 * @self: a router
 * @middleware: what was added to it
 *
 * Takes a middleware away, however often it was added. It still sees the messages and the end of the connections whose handshake it
 * has seen.
 *
 * Since: 0.1
 */
void
nx_router_remove_middleware (NxRouter *self, NxMiddleware *middleware)
{
  g_return_if_fail (NX_IS_ROUTER (self));
  g_return_if_fail (NX_IS_MIDDLEWARE (middleware));

  g_object_ref (middleware); /* those hold it */
  g_signal_handlers_disconnect_by_func (self, middleware_cb, middleware);
  g_signal_handlers_disconnect_by_func (self, refused_cb, middleware);
  g_object_unref (middleware);
}
