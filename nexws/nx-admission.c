/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-admission-private.h"

#include "nx-controller-private.h"
#include "nx-route-private.h"

typedef struct
{
  NxRoute *route;
  NxController *controller; /* NULL for a route to a function, and before its stage */
  /* Below the app, which is not ours to hold. NULL once their stages are over, if there is none that an error could come to. */
  GPtrArray *routers;
  guint n_asked;
  gboolean is_asking;
  const NxAdmissionFuncs *funcs;
  gpointer owner;
} Admission;

static void
admission_clear (gpointer data)
{
  Admission *self = data;

  g_clear_object (&self->route);
  g_clear_object (&self->controller);
  g_clear_pointer (&self->routers, g_ptr_array_unref);
}

static void
release (gpointer data)
{
  g_rc_box_release_full (data, admission_clear);
}

/* -- Deciding -- */

static void
ask_router (NxRouter *router, NxWebSocket *ws)
{
  if (nx_router_ask_middleware (router, ws) == NX_VERDICT_PASS
      || nx_web_socket_get_state (ws) != NX_STATE_CONNECTING)
    return;
  /* Any peer can have it said again, so it is a warning but once. */
  g_log (G_LOG_DOMAIN,
         nx_router_is_first_refusal (router) ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_DEBUG,
         "Connection %s to %.128s: a middleware of %s refused without a word; answered 403",
         nx_web_socket_get_id (ws), nx_web_socket_get_path (ws), G_OBJECT_TYPE_NAME (router));
  nx_web_socket_refuse (ws, 403, NULL);
}

/* The app first. */
static NxRouter *
next_router (Admission *self, NxWebSocket *ws)
{
  guint n = self->n_asked++;

  return n == 0 ? NX_ROUTER (ws->app_handle->app) : g_ptr_array_index (self->routers, n - 1);
}

/* TRUE when all of them passed it. */
static gboolean
ask_routers (Admission *self, NxWebSocket *ws)
{
  self->is_asking = TRUE;
  while (ws->state == NX_STATE_CONNECTING && ws->n_deferrals == 0
         && self->n_asked <= self->routers->len)
    ask_router (next_router (self, ws), ws);
  self->is_asking = FALSE;
  return ws->state == NX_STATE_CONNECTING && ws->n_deferrals == 0;
}

static void
run_handler (Admission *self, NxWebSocket *ws)
{
  GError *error = NULL;

  if (self->routers->len == 0)
    g_clear_pointer (&self->routers, g_ptr_array_unref);
  ws->stage = NX_STAGE_HANDLER;
  nx_web_socket_enter_handler (ws);
  nx_route_connect (self->route, ws, &self->controller, &error);
  nx_web_socket_leave_handler (ws, error);
}

static void
refuse_undecided (Admission *self, NxWebSocket *ws)
{
  g_warning (
      "Connection %s to %.128s: the handler of route %s ended without having accepted, rejected or "
      "deferred; answered 403",
      nx_web_socket_get_id (ws), nx_web_socket_get_path (ws), nx_route_get_pattern (self->route));
  nx_web_socket_refuse (ws, 403, NULL);
}

static void
advance (NxWebSocket *ws, gpointer data)
{
  Admission *self = data;

  if (self->is_asking) /* the loop that asks will see it */
    return;
  g_object_ref (ws);
  g_rc_box_acquire (self);
  if (ws->stage == NX_STAGE_HANDLER)
    refuse_undecided (self, ws);
  else if (ask_routers (self, ws))
    run_handler (self, ws);
  release (self);
  g_object_unref (ws);
}

/* -- Handling, each with a reference: a handler that iterates the main loop may see the end of its connection -- */

static gboolean
has_receiver (NxWebSocket *ws, gpointer data)
{
  Admission *self = data;

  return self->controller != NULL && nx_controller_takes_messages (self->controller);
}

static void
receive (NxWebSocket *ws, NxMessage *message, gpointer data, GError **error)
{
  Admission *self = g_rc_box_acquire (data);

  nx_controller_receive (self->controller, ws, message, error);
  release (self);
}

static void
disconnected (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  Admission *self = g_rc_box_acquire (data);

  if (self->controller != NULL)
    nx_controller_disconnect (self->controller, ws, code, reason);
  release (self);
}

static void
failed (NxWebSocket *ws, GError *error, gpointer data)
{
  Admission *self = g_rc_box_acquire (data);

  if (self->controller != NULL)
    nx_controller_fail (self->controller, ws, error);
  else
    nx_route_fail (self->route, ws, error);
  release (self);
}

/* The innermost router first, and the app at last: as the error goes outwards. */
static gboolean
handle_error (NxWebSocket *ws, const GError *error, gpointer data)
{
  Admission *self = g_rc_box_acquire (data);
  gboolean is_handled = FALSE;

  for (guint i = self->routers != NULL ? self->routers->len : 0; !is_handled && i-- > 0;)
    is_handled = nx_router_handle_error (g_ptr_array_index (self->routers, i), ws, error);
  if (!is_handled && ws->app_handle->app != NULL)
    is_handled = nx_router_handle_error (NX_ROUTER (ws->app_handle->app), ws, error);
  release (self);
  return is_handled;
}

static void
decided (NxWebSocket *ws, gpointer data)
{
  Admission *self = data;

  self->funcs->decided (ws, self->owner);
}

static void
closed (NxWebSocket *ws, gpointer data)
{
  Admission *self = data;

  self->funcs->closed (ws, self->owner);
}

static const NxWebSocketHooks hooks = {
  .advance = advance,
  .decided = decided,
  .has_receiver = has_receiver,
  .receive = receive,
  .disconnected = disconnected,
  .failed = failed,
  .handle_error = handle_error,
  .closed = closed,
  .free = release,
};

void
nx_admission_attach (NxWebSocket *ws,
                     NxRouteMatch *match,
                     const NxAdmissionFuncs *funcs,
                     gpointer owner)
{
  Admission *self = g_rc_box_new0 (Admission);

  self->route = g_steal_pointer (&match->route);
  self->routers = g_steal_pointer (&match->routers);
  self->funcs = funcs;
  self->owner = owner;
  ws->path_params = match->params;
  match->params = (NxPathParams) NX_PATH_PARAMS_INIT;
  nx_web_socket_set_hooks (ws, &hooks, self);
}
