/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An open connection: what the transport tells, handlers that never overlap, and the one way in which everything ends. */
#include "config.h"

#include <string.h>

#include "nx-error-private.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"

#include "protocol/nx-close-private.h"

/* How long on_disconnect waits for a handler that still runs. */
#define HANDLER_GRACE_US (5 * G_USEC_PER_SEC)

/* RFC 6455 section 5.5: a control frame holds 125 octets, of which the code takes two. */
#define REASON_MAX 123

GError *
nx_web_socket_make_disconnected_error (NxWebSocket *self)
{
  if (self->state != NX_STATE_CLOSED)
    return g_error_new (NX_ERROR, NX_ERROR_DISCONNECTED, "The connection is closing");
  return g_error_new (NX_ERROR, NX_ERROR_DISCONNECTED, "The connection has ended with code %u%s%s",
                      self->close_code, self->close_reason != NULL ? ": " : "",
                      self->close_reason != NULL ? self->close_reason : "");
}

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

/* How it ends is known, and whoever only sends need not wait for the end itself to hear of it. */
static void
tell_input_end (NxWebSocket *self)
{
  if (self->close_code == 0 && self->was_accepted)
    nx_web_socket_set_close (self, nx_connection_get_close_code (self->connection),
                             nx_connection_get_close_reason (self->connection));
}

void
nx_web_socket_check_input_end (NxWebSocket *self)
{
  g_autoptr (NxWebSocket) kept = NULL;
  gboolean is_idle;

  if (!self->input_ended || self->connection == NULL)
    return;
  /* What nobody is going to take can be received after the end. */
  if (self->inbox.length > 0 && nx_web_socket_has_taker (self))
    return;
  kept = g_object_ref (self);
  tell_input_end (self);
  if (self->connection == NULL)
    return;
  /* A handler that waits in a receive has nothing more to say to what came before. */
  is_idle = (self->n_handlers == 0 || self->receivers.length > 0) && !self->is_digesting;
  if (is_idle || nx_connection_is_broken (self->connection))
    nx_connection_finish (self->connection);
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

/* -- Pings -- */

typedef struct
{
  guint64 number;
  gint64 sent_us;
} Ping;

static void
pong_cb (NxConnection *connection, const guint8 *data, gsize length, gpointer owner)
{
  NxWebSocket *self = owner;
  guint64 number;
  GTask *task;

  if (length != sizeof number || self->pings.length == 0)
    return;
  memcpy (&number, data, sizeof number);

  /* A pong may answer the latest of several pings alone (RFC 6455 section 5.5.3). */
  g_object_ref (self);
  while ((task = g_queue_peek_head (&self->pings)) != NULL)
    {
      Ping *ping = g_task_get_task_data (task);

      if (ping->number > number)
        break;
      g_queue_pop_head (&self->pings);
      g_task_return_int (task, nx_reactor_get_now (self->reactor) - ping->sent_us);
      g_object_unref (task);
    }
  g_object_unref (self);
}

static void
ping_cancelled_cb (GCancellable *cancellable, GTask *task)
{
  NxWebSocket *self = g_task_get_source_object (task);

  if (!g_queue_remove (&self->pings, task))
    return;
  g_task_return_error_if_cancelled (task);
  g_object_unref (task);
}

/**
 * nx_web_socket_ping_async:
 * @self: a websocket
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the pong has come
 * @user_data: data for @callback
 *
 * Sends a ping (RFC 6455 section 5.5.2) and waits for its pong. [property@App:ping-interval] does so by itself, to find
 * peers that are gone.
 *
 * As to @cancellable, see [method@WebSocket.receive_async].
 *
 * Since: 0.1
 */
void
nx_web_socket_ping_async (NxWebSocket *self,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Ping *ping;

  g_return_if_fail (NX_IS_WEB_SOCKET (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_web_socket_ping_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (self->state != NX_STATE_OPEN)
    {
      g_task_return_error (task, nx_web_socket_make_disconnected_error (self));
      return;
    }
  ping = g_new (Ping, 1);
  ping->number = ++self->n_pings;
  ping->sent_us = nx_reactor_get_now (self->reactor);
  g_task_set_task_data (task, ping, g_free);
  if (cancellable != NULL)
    g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (ping_cancelled_cb), task, 0);
  nx_connection_ping (self->connection, (const guint8 *) &ping->number, sizeof ping->number);
  g_queue_push_tail (&self->pings, g_steal_pointer (&task));
}

/**
 * nx_web_socket_ping_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.ping_async].
 *
 * Returns: the time of the round trip in microseconds; -1 with %NX_ERROR_DISCONNECTED or %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gint64
nx_web_socket_ping_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), -1);
  g_return_val_if_fail (g_task_is_valid (result, self), -1);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_web_socket_ping_async), -1);

  return g_task_propagate_int (G_TASK (result), error);
}

/* -- Open -- */

static const NxConnectionFuncs connection_funcs = {
  .message = message_cb,
  .input_ended = input_ended_cb,
  .closing = closing_cb,
  .pong = pong_cb,
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

/* -- Closing -- */

/**
 * nx_close_code_is_sendable:
 * @code: a close code
 *
 * Whether a close frame may carry @code: 1000 to 1003, 1007 to 1014 and 3000 to 4999 (RFC 6455 section 7.4).
 *
 * Returns: %TRUE if it may
 *
 * Since: 0.1
 */
gboolean
nx_close_code_is_sendable (guint code)
{
  return nx_close_code_is_valid_on_wire (code);
}

gboolean
nx_web_socket_check_close (guint code, const char *reason, GError **error)
{
  if (!nx_close_code_is_sendable (code))
    {
      g_set_error (error, NX_ERROR, NX_ERROR_INVALID_DATA,
                   "Close code %u cannot be sent; 1000 to 1003, 1007 to 1014 and 3000 to 4999 can",
                   code);
      return FALSE;
    }
  if (reason != NULL && !g_utf8_validate (reason, -1, NULL))
    {
      g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_DATA, "A close reason must be UTF-8");
      return FALSE;
    }
  if (reason != NULL && strlen (reason) > REASON_MAX)
    {
      g_set_error (error, NX_ERROR, NX_ERROR_TOO_LARGE,
                   "A close reason holds at most %d octets, this one has %" G_GSIZE_FORMAT,
                   REASON_MAX, strlen (reason));
      return FALSE;
    }
  return TRUE;
}

/**
 * nx_web_socket_close:
 * @self: a websocket
 * @code: a close code, see [func@CloseCode.is_sendable]
 * @reason: (nullable): at most 123 octets of UTF-8
 * @error: return location for an error
 *
 * Starts the closing handshake (RFC 6455 section 7). What was queued before leaves first; what was received and not
 * delivered is dropped. Before the handshake is decided, it is refused with HTTP 403.
 *
 * Calling it again does nothing.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_DATA for a code or reason that must not be sent, with %NX_ERROR_TOO_LARGE for a
 *   reason that is too long
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_close (NxWebSocket *self, guint code, const char *reason, GError **error)
{
  GError *local = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);

  if (!nx_web_socket_check_close (code, reason, &local))
    {
      nx_error_give (error, local, G_STRFUNC);
      return FALSE;
    }
  switch (self->state)
    {
    case NX_STATE_CONNECTING:
      nx_web_socket_refuse (self, 403, NULL);
      break;
    case NX_STATE_OPEN:
      g_object_ref (self);
      nx_web_socket_drop_inbox (self);
      self->sent_code = code;
      nx_connection_close (self->connection, code, reason);
      g_object_unref (self);
      break;
    case NX_STATE_CLOSING:
    case NX_STATE_CLOSED:
      break;
    }
  return TRUE;
}

static void
close_cancelled_cb (GCancellable *cancellable, GTask *task)
{
  NxWebSocket *self = g_task_get_source_object (task);

  if (!g_queue_remove (&self->closers, task))
    return;
  g_task_return_error_if_cancelled (task);
  g_object_unref (task);
}

/**
 * nx_web_socket_close_async:
 * @self: a websocket
 * @code: a close code, see [func@CloseCode.is_sendable]
 * @reason: (nullable): at most 123 octets of UTF-8
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when the connection is over
 * @user_data: data for @callback
 *
 * As [method@WebSocket.close]; ends when the connection is over.
 *
 * As to @cancellable, see [method@WebSocket.send_message_async].
 *
 * Since: 0.1
 */
void
nx_web_socket_close_async (NxWebSocket *self,
                           guint code,
                           const char *reason,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (NX_IS_WEB_SOCKET (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_web_socket_close_async);
  g_task_set_check_cancellable (task, FALSE);
  if (!nx_web_socket_close (self, code, reason, &error))
    g_task_return_error (task, error);
  else if (self->state == NX_STATE_CLOSED)
    g_task_return_boolean (task, TRUE);
  else if (!g_task_return_error_if_cancelled (task))
    {
      if (cancellable != NULL)
        g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (close_cancelled_cb), task,
                                 0);
      g_queue_push_tail (&self->closers, g_steal_pointer (&task));
    }
}

/**
 * nx_web_socket_close_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.close_async].
 *
 * Returns: as [method@WebSocket.close]; also %FALSE with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_close_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_web_socket_close_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
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
