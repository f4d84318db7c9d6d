/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The drain: tell who asks that it comes, for a while if so wished, stop accepting, refuse what is not decided, close everybody with 1001 (not all at once, if so wished), wait for the
 * closing handshakes, and after the deadline cut.
 */
#include "config.h"

#include "nx-app-private.h"
#include "nx-web-socket-private.h"

#define DRAIN_STEP_US (10 * 1000)

static gboolean
is_drained (NxAppPrivate *priv)
{
  return nx_connection_list_is_empty (priv->connections) && priv->n_plain_requests == 0
         && nx_lingerer_get_n_streams (priv->lingerer) == 0;
}

static void
forget_to_drain (NxAppPrivate *priv)
{
  g_ptr_array_set_size (priv->to_drain, 0);
  priv->n_to_drain = priv->n_drained = 0;
}

static void
finish (NxApp *self)
{
  NxAppPrivate *priv = nx_app_get_private (self);
  GQueue told = G_QUEUE_INIT;
  GTask *task;

  nx_reactor_stop_timer (priv->reactor, &priv->drain_timer);
  nx_reactor_stop_timer (priv->reactor, &priv->drain_deadline);
  nx_lingerer_set_func (priv->lingerer, NULL, NULL);
  nx_handshaker_disconnect (priv->handshaker);
  forget_to_drain (priv);
  priv->is_draining = FALSE;
  priv->is_stopping = FALSE;
  priv->is_started = FALSE;
  priv->is_telling = TRUE;
  g_signal_emit (self, nx_app_signals[NX_APP_STOPPED], 0);
  priv->is_telling = FALSE;
  if (priv->is_stopping) /* again: it listened meanwhile */
    return;
  /* They may stop it once more, which ends another time. */
  told = priv->stoppers;
  g_queue_init (&priv->stoppers);
  while ((task = g_queue_pop_head (&told)) != NULL)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
}

void
nx_app_connection_closed (NxApp *self)
{
  /* In a later turn: whoever closes a connection is still busy with it. */
  NxAppPrivate *priv = nx_app_get_private (self);

  if (priv->is_draining && !nx_timer_is_started (&priv->drain_timer))
    nx_reactor_start_timer (priv->reactor, &priv->drain_timer, 0);
}

static void
lingered_cb (gpointer data)
{
  nx_app_connection_closed (data);
}

static void
end_websocket (NxWebSocket *ws)
{
  if (nx_web_socket_get_state (ws) == NX_STATE_CONNECTING)
    nx_web_socket_refuse (ws, 503, NULL);
  else
    nx_web_socket_close (ws, NX_CLOSE_GOING_AWAY, NULL, NULL);
}

/* How many connections should be closing by now. */
static guint
get_n_due (NxAppPrivate *priv)
{
  gint64 elapsed_us = nx_reactor_get_now (priv->reactor) - priv->drain_began_us;
  gint64 spread_us = priv->drain_spread_ms * G_GINT64_CONSTANT (1000);

  if (spread_us == 0 || elapsed_us >= spread_us)
    return priv->n_to_drain;
  return (guint) (priv->n_to_drain * elapsed_us / spread_us) + 1;
}

/* Closes those whose turn it is. The list changes underneath, so they were collected before. */
static void
drain_timer_cb (NxTimer *timer)
{
  NxAppPrivate *priv =
      (NxAppPrivate *) ((guint8 *) timer - G_STRUCT_OFFSET (NxAppPrivate, drain_timer));
  g_autoptr (NxApp) self = g_object_ref (priv->handle->app);
  guint n_due = MIN (get_n_due (priv), priv->n_to_drain);

  for (; priv->n_drained < n_due; priv->n_drained++)
    end_websocket (g_ptr_array_index (priv->to_drain, priv->n_drained));

  if (is_drained (priv))
    finish (self);
  else if (priv->n_drained < priv->n_to_drain)
    nx_reactor_start_timer (priv->reactor, &priv->drain_timer,
                            nx_reactor_get_now (priv->reactor) + DRAIN_STEP_US);
}

/* Whoever is there, whether it was when the drain began or not. */
static void
cut_all (NxAppPrivate *priv)
{
  priv->n_drained = priv->n_to_drain;
  while (!nx_connection_list_is_empty (priv->connections))
    {
      g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

      nx_connection_list_collect (priv->connections, all);
      for (guint i = 0; i < all->len; i++)
        {
          NxWebSocket *ws = g_ptr_array_index (all, i);

          end_websocket (ws);
          if (ws->connection != NULL)
            nx_connection_cut (ws->connection);
          nx_web_socket_cut (ws);
          nx_connection_list_remove (priv->connections, ws);
        }
    }
}

static void
deadline_cb (NxTimer *timer)
{
  NxAppPrivate *priv =
      (NxAppPrivate *) ((guint8 *) timer - G_STRUCT_OFFSET (NxAppPrivate, drain_deadline));
  g_autoptr (NxApp) self = g_object_ref (priv->handle->app);

  cut_all (priv);
  if (priv->is_draining) /* whoever was told may have iterated the main loop, to the end of it */
    finish (self);
}

static void
begin (NxApp *self)
{
  NxAppPrivate *priv = nx_app_get_private (self);
  g_autoptr (NxApp) kept = g_object_ref (self); /* those who wait for it may be cancelled */

  priv->is_leaving = FALSE;
  priv->is_stopping = TRUE;
  g_ptr_array_set_size (priv->listeners, 0);
  nx_gate_close (priv->gate);
  g_signal_emit (self, nx_app_signals[NX_APP_STOPPING], 0);
  if (!priv->is_stopping) /* it was disposed of */
    return;
  priv->is_draining = TRUE;

  nx_connection_list_collect (priv->connections, priv->to_drain);
  priv->n_to_drain = priv->to_drain->len;
  priv->drain_began_us = nx_reactor_get_now (priv->reactor);
  nx_lingerer_set_func (priv->lingerer, lingered_cb, self);
  nx_reactor_start_timer (priv->reactor, &priv->drain_timer, 0);
  nx_reactor_start_timer (priv->reactor, &priv->drain_deadline,
                          priv->drain_began_us + priv->drain_timeout_ms * G_GINT64_CONSTANT (1000));
}

static void
leave_timer_cb (NxTimer *timer)
{
  NxAppPrivate *priv =
      (NxAppPrivate *) ((guint8 *) timer - G_STRUCT_OFFSET (NxAppPrivate, leave_timer));

  begin (priv->handle->app);
}

/* Takes leave first, if it is to. */
static void
leave (NxApp *self)
{
  NxAppPrivate *priv = nx_app_get_private (self);

  if (priv->drain_delay_ms == 0)
    {
      begin (self);
      return;
    }
  priv->is_leaving = TRUE;
  nx_reactor_start_timer (priv->reactor, &priv->leave_timer,
                          nx_reactor_get_now (priv->reactor)
                              + priv->drain_delay_ms * G_GINT64_CONSTANT (1000));
}

gboolean
nx_app_is_on_its_way_out (NxApp *self)
{
  NxAppPrivate *priv = nx_app_get_private (self);

  return priv->is_leaving || priv->is_stopping;
}

void
nx_app_init_drain (NxApp *self)
{
  NxAppPrivate *priv = nx_app_get_private (self);

  nx_timer_init (&priv->leave_timer, leave_timer_cb);
  nx_timer_init (&priv->drain_timer, drain_timer_cb);
  nx_timer_init (&priv->drain_deadline, deadline_cb);
}

static void
cancelled_cb (GCancellable *cancellable, GTask *task)
{
  NxApp *self = g_task_get_source_object (task);

  if (!g_queue_remove (&nx_app_get_private (self)->stoppers, task))
    return;
  g_task_return_error_if_cancelled (task);
  g_object_unref (task);
}

/**
 * nx_app_stop_async:
 * @self: an app
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when no connection is left
 * @user_data: data for @callback
 *
 * Ends the service in good order: after [property@App:drain-delay] nobody is accepted any more, what waits for a decision is answered with 503, and every connection
 * is closed with 1001, over [property@App:drain-spread]. It waits for their closing handshakes, and for plain HTTP requests that are
 * being answered. After [property@App:drain-timeout] the rest is cut.
 *
 * The app can listen again afterwards.
 *
 * As to @cancellable, see [method@WebSocket.send_message_async].
 *
 * Since: 0.1
 */
void
nx_app_stop_async (NxApp *self,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  NxAppPrivate *priv;
  GTask *task;
  g_autoptr (GTask) held = NULL; /* whoever is told of `stopping` may cancel it */

  g_return_if_fail (NX_IS_APP (self));

  priv = nx_app_get_private (self);
  task = g_task_new (self, cancellable, callback, user_data);
  held = g_object_ref (task);
  g_task_set_source_tag (task, nx_app_stop_async);
  g_queue_push_tail (&priv->stoppers, task);
  if (cancellable != NULL)
    g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (cancelled_cb), task, 0);
  /* Whoever is told that it has stopped has nothing to stop, unless it listens again. */
  if (!nx_app_is_on_its_way_out (self) && (!priv->is_telling || priv->is_started))
    leave (self);
  if (g_cancellable_is_cancelled (cancellable))
    cancelled_cb (cancellable, task);
}

/**
 * nx_app_stop_finish:
 * @self: an app
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@App.stop_async].
 *
 * Returns: %TRUE; %FALSE with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_app_stop_finish (NxApp *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_APP (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_app_stop_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
