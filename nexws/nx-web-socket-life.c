/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An open connection: what the transport tells, handlers that never overlap, and the one way in which everything ends. */
#include "config.h"

#include "nx-message-private.h"
#include "nx-web-socket-private.h"

#include "protocol/nx-close-private.h"

/* How long on_disconnect waits for a handler that still runs. */
#define HANDLER_GRACE_US (5 * G_USEC_PER_SEC)

/* -- What the transport tells -- */

static gboolean
message_cb (NxConnection *connection, const NxEvent *event, gpointer owner)
{
  NxWebSocket *self = owner;
  gboolean has_room;

  g_object_ref (self);
  has_room = nx_web_socket_take_message (self, nx_message_new_from_event (event));
  g_object_unref (self);
  return has_room;
}

static void
input_ended_cb (NxConnection *connection, gpointer owner)
{
  NxWebSocket *self = owner;

  self->input_ended = TRUE;
  nx_web_socket_check_input_end (self);
}

static void
closing_cb (NxConnection *connection, gpointer owner)
{
  nx_web_socket_set_state (owner, NX_STATE_CLOSING);
}

static void
drained_cb (NxConnection *connection, gpointer owner)
{
  NxWebSocket *self = owner;

  g_object_ref (self);
  for (NxTap *tap = self->taps; tap != NULL; tap = tap->next)
    if (tap->drained != NULL)
      tap->drained (tap, self);
  nx_web_socket_end_senders (self, TRUE);
  g_object_notify (G_OBJECT (self), "buffered-amount");
  g_signal_emit (self, nx_web_socket_signals[NX_WEB_SOCKET_DRAIN], 0);
  g_object_unref (self);
}

static void
ended_cb (NxConnection *connection, gpointer owner)
{
  NxWebSocket *self = owner;

  g_object_ref (self);
  if (self->was_accepted)
    nx_web_socket_set_close (self, nx_connection_get_close_code (connection),
                             nx_connection_get_close_reason (connection));
  else /* a refusal has the code that we gave it */
    nx_web_socket_set_close (self, self->sent_code, NULL);
  nx_web_socket_end (self);
  g_object_unref (self);
}

/* -- Open -- */

static const NxConnectionFuncs connection_funcs = {
  .message = message_cb,
  .input_ended = input_ended_cb,
  .closing = closing_cb,
  .pong = nx_web_socket_pong_cb,
  .drained = drained_cb,
  .ended = ended_cb,
};

void
nx_web_socket_open (NxWebSocket *self,
                    NxHandshake *handshake,
                    const NxDeflateParams *deflate,
                    NxFrame *answer)
{
  gsize n_early;
  const guint8 *early = nx_handshake_get_early (handshake, &n_early);
  NxLingerer *lingerer = nx_handshake_get_lingerer (handshake);

  self->connection = nx_connection_new (nx_handshake_steal_stream (handshake), lingerer,
                                        self->settings, deflate, &connection_funcs, self);
  if (n_early > 0)
    nx_connection_push_back (self->connection, early, n_early);
  nx_connection_start (self->connection, answer);
  nx_web_socket_set_state (self, NX_STATE_OPEN);
}

/* -- Handlers -- */

void
nx_web_socket_enter_handler (NxWebSocket *self)
{
  self->n_handlers++;
}

/* The last call: nobody stands behind it from here on. */
static void
disconnect (NxWebSocket *self)
{
  g_object_ref (self);
  self->disconnect_pending = FALSE;
  nx_reactor_stop_timer (self->reactor, &self->disconnect_timer);
  self->n_handlers++;
  if (self->was_accepted && self->hooks != NULL)
    self->hooks->disconnected (self, self->close_code, self->close_reason, self->hooks_data);
  self->n_handlers--;
  nx_web_socket_set_hooks (self, NULL, NULL);
  g_signal_emit (self, nx_web_socket_signals[NX_WEB_SOCKET_FINISHED], 0);
  g_object_unref (self);
}

void
nx_web_socket_leave_handler (NxWebSocket *self, GError *error)
{
  if (error != NULL)
    {
      nx_web_socket_fail (self, error);
      g_error_free (error);
    }
  if (--self->n_handlers == 0)
    {
      self->is_digesting = FALSE;
      if (self->disconnect_pending)
        disconnect (self);
      else if (self->state == NX_STATE_CONNECTING && self->stage == NX_STAGE_HANDLER
               && self->n_deferrals == 0)
        self->hooks->advance (self, self->hooks_data);
      else if (!self->is_pumping)
        nx_web_socket_pump (self);
    }
}

/**
 * nx_web_socket_begin_handler:
 * @self: a websocket
 *
 * Says that the handler that runs goes on after it returns, as a coroutine does, until
 * [method@WebSocket.end_handler] was called as often. No other handler of this connection runs meanwhile.
 *
 * Since: 0.1
 */
void
nx_web_socket_begin_handler (NxWebSocket *self)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));

  g_object_ref (self);
  nx_web_socket_enter_handler (self);
}

/**
 * nx_web_socket_end_handler:
 * @self: a websocket
 * @error: (nullable): what went wrong in it
 *
 * Ends what [method@WebSocket.begin_handler] began. An error goes the way of one that a handler returns: to
 * [vfunc@Controller.on_error] or [signal@Route::error].
 *
 * Since: 0.1
 */
void
nx_web_socket_end_handler (NxWebSocket *self, GError *error)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));
  g_return_if_fail (self->n_handlers > 0);

  nx_web_socket_leave_handler (self, error != NULL ? g_error_copy (error) : NULL);
  g_object_unref (self);
}

/**
 * nx_web_socket_handler_returned:
 * @self: a websocket
 *
 * [method@WebSocket.end_handler] without an error, for languages that cannot say so there.
 *
 * Since: 0.1
 */
void
nx_web_socket_handler_returned (NxWebSocket *self)
{
  nx_web_socket_end_handler (self, NULL);
}

/* -- The end -- */

static void
disconnect_timer_cb (NxTimer *timer)
{
  disconnect ((NxWebSocket *) ((guint8 *) timer - G_STRUCT_OFFSET (NxWebSocket, disconnect_timer)));
}

static void
schedule_disconnect (NxWebSocket *self)
{
  self->disconnect_pending = TRUE;
  if (self->n_handlers == 0)
    {
      disconnect (self);
      return;
    }
  nx_timer_init (&self->disconnect_timer, disconnect_timer_cb);
  nx_reactor_start_timer (self->reactor, &self->disconnect_timer,
                          nx_reactor_get_now (self->reactor) + HANDLER_GRACE_US);
}

void
nx_web_socket_cut (NxWebSocket *self)
{
  if (self->state == NX_STATE_CLOSED)
    return;
  g_object_ref (self);
  if (self->connection != NULL)
    nx_connection_cut (self->connection);
  /* Undecided; or its end has begun already, and somebody who was told of it cuts. */
  if (self->close_code == 0)
    nx_web_socket_set_close (self, NX_CLOSE_ABNORMAL, NULL);
  nx_web_socket_end (self);
  g_object_unref (self);
}

static void
end_tasks (NxWebSocket *self)
{
  GTask *task;

  nx_web_socket_end_receivers (self);
  nx_web_socket_end_senders (self, FALSE);
  while ((task = g_queue_pop_head (&self->pings)) != NULL)
    {
      g_task_return_error (task, nx_web_socket_make_disconnected_error (self));
      g_object_unref (task);
    }
  while ((task = g_queue_pop_head (&self->closers)) != NULL)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
}

void
nx_web_socket_end (NxWebSocket *self)
{
  g_autoptr (NxConnection) connection = NULL;

  if (self->state == NX_STATE_CLOSED)
    return;

  g_object_ref (self);
  /* Whoever is told of the new state finds the rest in order. */
  g_object_freeze_notify (G_OBJECT (self));
  connection = g_steal_pointer (&self->connection);
  nx_web_socket_finish_deciding (self);
  g_clear_pointer (&self->handshake, nx_handshake_free);
  nx_web_socket_set_state (self, NX_STATE_CLOSED);
  if (self->hooks != NULL)
    self->hooks->closed (self, self->hooks_data);
  g_object_thaw_notify (G_OBJECT (self));
  end_tasks (self);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_signal_emit (self, nx_web_socket_signals[NX_WEB_SOCKET_CLOSED], 0, self->close_code,
                 self->close_reason);
  schedule_disconnect (self);
  g_object_unref (self);
}
