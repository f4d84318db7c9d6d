/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-router-private.h"

#include "nx-app.h"
#include "nx-enum-types.h"
#include "nx-error-private.h"
#include "nx-route-private.h"

/* Two mounts of the same router on each of thirty floors are a thousand million ways to the lowest one, which nobody means. */
#define WAYS_MAX 65536u

/**
 * NxRouter:
 *
 * Leads paths to what handles them.
 *
 * Routers are mounted in one another to any depth. Each has its middleware: handlers of [signal@Router::middleware] look at
 * every handshake that leads to a route in or below the router, before the route's handler does.
 *
 * Since: 0.1
 */
typedef struct
{
  NxPattern *prefix;
  NxRouter *router;
} Mount;

typedef struct
{
  NxRouteTree *tree;    /* of NxRoute, and of NxRouter where one is mounted */
  GPtrArray *routes;    /* of NxRoute, which the tree owns */
  GPtrArray *mounts;    /* of Mount */
  gboolean has_refused; /* without a word, which has been told */
} NxRouterPrivate;

static guint middleware_signal;
static guint error_signal;

G_DEFINE_TYPE_WITH_PRIVATE (NxRouter, nx_router, G_TYPE_OBJECT)

static NxRouterPrivate *
get_private (NxRouter *self)
{
  return nx_router_get_instance_private (self);
}

static void
mount_free (Mount *mount)
{
  nx_pattern_unref (mount->prefix);
  g_object_unref (mount->router);
  g_free (mount);
}

static NxVerdict
nx_router_real_middleware (NxRouter *self, NxWebSocket *ws)
{
  return NX_VERDICT_PASS;
}

/* The first REFUSE ends it, and so does whatever is no verdict. */
static gboolean
accumulate_verdicts (GSignalInvocationHint *hint,
                     GValue *accumulated,
                     const GValue *verdict,
                     gpointer data)
{
  g_value_copy (verdict, accumulated);
  return g_value_get_enum (verdict) == NX_VERDICT_PASS;
}

static void
nx_router_finalize (GObject *object)
{
  NxRouterPrivate *priv = get_private (NX_ROUTER (object));

  nx_route_tree_free (priv->tree);
  g_ptr_array_unref (priv->routes);
  g_ptr_array_unref (priv->mounts);
  G_OBJECT_CLASS (nx_router_parent_class)->finalize (object);
}

static void
nx_router_class_init (NxRouterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = nx_router_finalize;
  klass->middleware = nx_router_real_middleware;

  /**
   * NxRouter::middleware:
   * @self: the router
   * @ws: who asks to come in
   *
   * A handshake leads to a route in or below this router.
   *
   * A handler may read the request, attach data to @ws, add response headers, choose the subprotocol, refuse with a status or
   * a close code of its own, or take its time ([method@WebSocket.defer]). It does not accept: that is for the route's handler.
   *
   * The outermost router comes first. Within one router all handlers run until one refuses, and the next stage waits until
   * all deferrals are ended. What refuses without a word is answered with 403.
   *
   * Returns: whether the next one may look at it
   *
   * Since: 0.1
   */
  middleware_signal = g_signal_new (
      "middleware", NX_TYPE_ROUTER, G_SIGNAL_RUN_LAST, G_STRUCT_OFFSET (NxRouterClass, middleware),
      accumulate_verdicts, NULL, NULL, NX_TYPE_VERDICT, 1, NX_TYPE_WEB_SOCKET);

  /**
   * NxRouter::error:
   * @self: the router
   * @ws: on whose behalf
   * @error: what went wrong
   *
   * What handles a route in or below this router failed, and nobody nearer has dealt with it: an
   * [vfunc@Controller.on_error] that calls its parent's, which is the default, or a route without a handler of [signal@Route::error].
   *
   * The innermost router comes first, the app last. A handler that returns %TRUE has handled the error: whether the peer is
   * told, and the connection ends, was for it to do, and nothing is logged. Before the decision it has to accept or refuse, or
   * the handshake is answered with 403. When it returns %FALSE, the next one is asked, and after the app's what [Errors](errors.html) says
   * happens: the error is logged, and the connection ends, unless somebody has ended it.
   *
   * Returns: whether it is handled
   *
   * Since: 0.1
   */
  error_signal = g_signal_new ("error", NX_TYPE_ROUTER, G_SIGNAL_RUN_LAST, 0,
                               g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN, 2,
                               NX_TYPE_WEB_SOCKET, G_TYPE_ERROR);
}

static void
nx_router_init (NxRouter *self)
{
  NxRouterPrivate *priv = get_private (self);

  priv->tree = nx_route_tree_new (g_object_unref);
  priv->routes = g_ptr_array_new ();
  priv->mounts = g_ptr_array_new_with_free_func ((GDestroyNotify) mount_free);
}

/**
 * nx_router_new:
 *
 * Makes a router, to be mounted.
 *
 * Returns: (transfer full): the router
 *
 * Since: 0.1
 */
NxRouter *
nx_router_new (void)
{
  return g_object_new (NX_TYPE_ROUTER, NULL);
}

/* -- Routes -- */

/* What the tree of patterns finds wrong is one code to the outside. */
static void
give_pattern_error (GError **error, GError *cause, const char *function)
{
  nx_error_give (error, g_error_new_literal (NX_ERROR, NX_ERROR_PATTERN, cause->message), function);
  g_error_free (cause);
}

static NxPattern *
parse (const char *text, GError **error, const char *function)
{
  GError *cause = NULL;
  NxPattern *pattern = nx_pattern_parse (text, &cause);

  if (pattern == NULL)
    give_pattern_error (error, cause, function);
  return pattern;
}

/* What comes with a pattern that is malformed goes at once. */
static NxPattern *
parse_or_destroy (const char *pattern,
                  gpointer user_data,
                  GDestroyNotify destroy,
                  GError **error,
                  const char *function)
{
  NxPattern *parsed = parse (pattern, error, function);

  if (parsed == NULL && destroy != NULL)
    destroy (user_data);
  return parsed;
}

/* Takes @route. */
static NxRoute *
add (NxRouter *self, NxRoute *route, GError **error, const char *function)
{
  GError *cause = NULL;

  if (nx_route_tree_insert (get_private (self)->tree, nx_route_get_parsed_pattern (route), route,
                            &cause))
    {
      g_ptr_array_add (get_private (self)->routes, route);
      return route;
    }
  give_pattern_error (error, cause, function);
  g_object_unref (route);
  return NULL;
}

/**
 * nx_router_add_route:
 * @self: a router
 * @pattern: which paths it is for, such as `/rooms/{room}`
 * @func: (scope notified) (closure user_data) (destroy destroy): what handles their connections
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data
 * @error: return location for an error
 *
 * Adds a route to a function.
 *
 * Returns: (transfer none): the route; %NULL with %NX_ERROR_PATTERN when @pattern is malformed, or means the same as another's
 *
 * Since: 0.1
 */
NxRoute *
nx_router_add_route (NxRouter *self,
                     const char *pattern,
                     NxRouteFunc func,
                     gpointer user_data,
                     GDestroyNotify destroy,
                     GError **error)
{
  g_autoptr (NxPattern) parsed = NULL;

  g_return_val_if_fail (NX_IS_ROUTER (self), NULL);
  g_return_val_if_fail (pattern != NULL, NULL);
  g_return_val_if_fail (func != NULL, NULL);

  parsed = parse_or_destroy (pattern, user_data, destroy, error, G_STRFUNC);
  if (parsed == NULL)
    return NULL;
  return add (self, nx_route_new_func (parsed, func, user_data, destroy), error, G_STRFUNC);
}

/**
 * nx_router_add_controller:
 * @self: a router
 * @pattern: which paths it is for, such as `/rooms/{room}`
 * @controller: what handles their connections, all of them
 * @error: return location for an error
 *
 * Adds a route to a controller that its connections share.
 *
 * Returns: (transfer none): the route; %NULL with %NX_ERROR_PATTERN when @pattern is malformed, or means the same as another's
 *
 * Since: 0.1
 */
NxRoute *
nx_router_add_controller (NxRouter *self,
                          const char *pattern,
                          NxController *controller,
                          GError **error)
{
  g_autoptr (NxPattern) parsed = NULL;

  g_return_val_if_fail (NX_IS_ROUTER (self), NULL);
  g_return_val_if_fail (pattern != NULL, NULL);
  g_return_val_if_fail (NX_IS_CONTROLLER (controller), NULL);

  parsed = parse (pattern, error, G_STRFUNC);
  if (parsed == NULL)
    return NULL;
  return add (self, nx_route_new_controller (parsed, controller), error, G_STRFUNC);
}

/**
 * nx_router_add_controller_type:
 * @self: a router
 * @pattern: which paths it is for, such as `/rooms/{room}`
 * @type: a type derived from [class@Controller]
 * @error: return location for an error
 *
 * Adds a route whose connections each get a controller of their own, made without arguments. One that needs some is made by
 * [method@Router.add_controller_factory].
 *
 * Returns: (transfer none): the route; %NULL with %NX_ERROR_PATTERN when @pattern is malformed, or means the same as another's
 *
 * Since: 0.1
 */
NxRoute *
nx_router_add_controller_type (NxRouter *self, const char *pattern, GType type, GError **error)
{
  g_autoptr (NxPattern) parsed = NULL;

  g_return_val_if_fail (NX_IS_ROUTER (self), NULL);
  g_return_val_if_fail (pattern != NULL, NULL);
  g_return_val_if_fail (g_type_is_a (type, NX_TYPE_CONTROLLER) && !G_TYPE_IS_ABSTRACT (type), NULL);

  parsed = parse (pattern, error, G_STRFUNC);
  if (parsed == NULL)
    return NULL;
  return add (self, nx_route_new_type (parsed, type), error, G_STRFUNC);
}

/**
 * nx_router_add_controller_factory:
 * @self: a router
 * @pattern: which paths it is for, such as `/rooms/{room}`
 * @func: (scope notified) (closure user_data) (destroy destroy): makes a controller for each connection
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data
 * @error: return location for an error
 *
 * Adds a route whose connections each get a controller of their own, made by a function, so that it gets what it depends on.
 *
 * A function that rejects the handshake itself ([method@WebSocket.reject]) returns %NULL without an error.
 *
 * Returns: (transfer none): the route; %NULL with %NX_ERROR_PATTERN when @pattern is malformed, or means the same as another's
 *
 * Since: 0.1
 */
NxRoute *
nx_router_add_controller_factory (NxRouter *self,
                                  const char *pattern,
                                  NxControllerFactory func,
                                  gpointer user_data,
                                  GDestroyNotify destroy,
                                  GError **error)
{
  g_autoptr (NxPattern) parsed = NULL;

  g_return_val_if_fail (NX_IS_ROUTER (self), NULL);
  g_return_val_if_fail (pattern != NULL, NULL);
  g_return_val_if_fail (func != NULL, NULL);

  parsed = parse_or_destroy (pattern, user_data, destroy, error, G_STRFUNC);
  if (parsed == NULL)
    return NULL;
  return add (self, nx_route_new_factory (parsed, func, user_data, destroy), error, G_STRFUNC);
}

/**
 * nx_router_remove_route:
 * @self: a router
 * @route: a route that was added to it
 *
 * Removes a route. Its connections live on.
 *
 * Since: 0.1
 */
void
nx_router_remove_route (NxRouter *self, NxRoute *route)
{
  g_return_if_fail (NX_IS_ROUTER (self));
  g_return_if_fail (NX_IS_ROUTE (route));

  if (g_ptr_array_remove (get_private (self)->routes, route))
    nx_route_tree_remove (get_private (self)->tree, nx_route_get_parsed_pattern (route));
}

/* -- Routers in routers -- */

/* @seen: routers that were looked into: one that is mounted twice on each of many floors can be come to in very many ways. */
static gboolean
leads_to (NxRouter *self, NxRouter *target, GHashTable *seen)
{
  NxRouterPrivate *priv = get_private (self);

  if (self == target)
    return TRUE;
  if (!g_hash_table_add (seen, self))
    return FALSE;
  for (guint i = 0; i < priv->mounts->len; i++)
    if (leads_to (((Mount *) g_ptr_array_index (priv->mounts, i))->router, target, seen))
      return TRUE;
  return FALSE;
}

static const char *
why_not_mount (NxRouter *self, NxRouter *router)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  if (NX_IS_APP (router))
    return "an app listens by itself and cannot be mounted";
  if (leads_to (router, self, seen))
    return "that would lead in a circle";
  return NULL;
}

/**
 * nx_router_mount:
 * @self: a router
 * @prefix: the beginning of the paths that @router is for; `/` for all
 * @router: a router, before or after its routes are added
 * @error: return location for an error
 *
 * Hands all paths that begin with @prefix on to another router, which sees the rest of them.
 *
 * Where both a route and a mounted router match, the route is taken.
 *
 * Returns: %FALSE with %NX_ERROR_PATTERN when @prefix is malformed or taken, when @router is an app, or when routers would lead
 *   in a circle
 *
 * Since: 0.1
 */
gboolean
nx_router_mount (NxRouter *self, const char *prefix, NxRouter *router, GError **error)
{
  NxRouterPrivate *priv;
  g_autoptr (NxPattern) parsed = NULL;
  GError *cause = NULL;
  const char *why;
  Mount *mount;

  g_return_val_if_fail (NX_IS_ROUTER (self), FALSE);
  g_return_val_if_fail (prefix != NULL, FALSE);
  g_return_val_if_fail (NX_IS_ROUTER (router), FALSE);

  why = why_not_mount (self, router);
  if (why != NULL)
    {
      nx_error_set (error, NX_ERROR_PATTERN, "Cannot mount a router at \"%s\": %s", prefix, why);
      return FALSE;
    }
  parsed = parse (prefix, error, G_STRFUNC);
  if (parsed == NULL)
    return FALSE;
  priv = get_private (self);
  if (!nx_route_tree_insert_prefix (priv->tree, parsed, g_object_ref (router), &cause))
    {
      g_object_unref (router);
      give_pattern_error (error, cause, G_STRFUNC);
      return FALSE;
    }
  mount = g_new0 (Mount, 1);
  mount->prefix = g_steal_pointer (&parsed);
  mount->router = g_object_ref (router);
  g_ptr_array_add (priv->mounts, mount);
  return TRUE;
}

/**
 * nx_router_unmount:
 * @self: a router
 * @router: a router that is mounted in it
 *
 * Takes a router away, from wherever it is mounted in @self. Its connections live on.
 *
 * Since: 0.1
 */
void
nx_router_unmount (NxRouter *self, NxRouter *router)
{
  NxRouterPrivate *priv;

  g_return_if_fail (NX_IS_ROUTER (self));
  g_return_if_fail (NX_IS_ROUTER (router));

  priv = get_private (self);
  for (guint i = priv->mounts->len; i-- > 0;)
    {
      Mount *mount = g_ptr_array_index (priv->mounts, i);

      if (mount->router != router)
        continue;
      nx_route_tree_remove_prefix (priv->tree, mount->prefix);
      g_ptr_array_remove_index (priv->mounts, i);
    }
}

/* -- For the whole tree -- */

NxRouteTree *
nx_router_get_tree (NxRouter *self)
{
  return get_private (self)->tree;
}

/* @n_ways: how many more may be gone. */
static gboolean
walk (NxRouter *self, GPtrArray *prefixes, guint *n_ways, NxRouterVisit visit, gpointer data)
{
  NxRouterPrivate *priv = get_private (self);
  gboolean goes_on = TRUE;

  if (*n_ways == 0)
    {
      g_warning ("Routers are mounted in more than %u ways; those beyond are left out", WAYS_MAX);
      return FALSE;
    }
  (*n_ways)--;
  for (guint i = 0; goes_on && i < priv->routes->len; i++)
    goes_on = visit (g_ptr_array_index (priv->routes, i), prefixes, data);
  for (guint i = 0; goes_on && i < priv->mounts->len; i++)
    {
      Mount *mount = g_ptr_array_index (priv->mounts, i);

      g_ptr_array_add (prefixes, mount->prefix);
      goes_on = walk (mount->router, prefixes, n_ways, visit, data);
      g_ptr_array_set_size (prefixes, (int) prefixes->len - 1);
    }
  return goes_on;
}

void
nx_router_walk (NxRouter *self, NxRouterVisit visit, gpointer data)
{
  g_autoptr (GPtrArray) prefixes = g_ptr_array_new ();
  guint n_ways = WAYS_MAX;

  walk (self, prefixes, &n_ways, visit, data);
}

NxVerdict
nx_router_ask_middleware (NxRouter *self, NxWebSocket *ws)
{
  NxVerdict verdict = NX_VERDICT_PASS;

  g_signal_emit (self, middleware_signal, 0, ws, &verdict);
  return verdict;
}

gboolean
nx_router_handle_error (NxRouter *self, NxWebSocket *ws, const GError *error)
{
  gboolean is_handled = FALSE;

  g_signal_emit (self, error_signal, 0, ws, error, &is_handled);
  return is_handled;
}

gboolean
nx_router_is_first_refusal (NxRouter *self)
{
  NxRouterPrivate *priv = get_private (self);
  gboolean is_first = !priv->has_refused;

  priv->has_refused = TRUE;
  return is_first;
}
