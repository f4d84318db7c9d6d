/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a message finds its taker. It is decided for each message when it is delivered: a receive that waits, else the
 * controller's on_receive, else handlers of `message`, else it waits in the inbox. While the inbox is full, nothing is read.
 */
#include "config.h"

#include "nx-error-private.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"

typedef enum {
  TAKE_ANY,
  TAKE_TEXT,
  TAKE_BYTES,
  TAKE_JSON,
} Take;

/* A message on its way to the callback of a receive. If nobody takes it there, it goes back. */
typedef struct
{
  NxWebSocket *ws;
  NxMessage *message;
} Parcel;

/* In the queue of those who wait, the place of a nx_web_socket_try_receive() that found nothing. */
static char puller;
#define PULLER ((gpointer) &puller)

static gboolean
has_room (NxWebSocket *self)
{
  if (self->n_holds > 0)
    return FALSE;
  return self->inbox.length == 0
         || (self->inbox.length < self->settings->receive_queue_messages
             && self->inbox_size < self->settings->receive_queue_size);
}

static void
put (NxWebSocket *self, NxMessage *message)
{
  self->inbox_size += nx_message_get_size (message);
  g_queue_push_tail (&self->inbox, message);
}

static void
put_back (NxWebSocket *self, NxMessage *message)
{
  self->inbox_size += nx_message_get_size (message);
  g_queue_push_head (&self->inbox, message);
}

static NxMessage *
take_first (NxWebSocket *self)
{
  NxMessage *message = g_queue_pop_head (&self->inbox);

  self->inbox_size -= nx_message_get_size (message);
  return message;
}

void
nx_web_socket_drop_inbox (NxWebSocket *self)
{
  while (self->inbox.length > 0)
    nx_message_unref (take_first (self));
  if (self->is_offered)
    {
      self->is_offered = FALSE;
      nx_reactor_cancel_task (self->reactor, &self->readable_task);
      g_queue_push_head (&self->receivers, PULLER);
    }
}

/* -- Pulling -- */

static void
parcel_return (gpointer data)
{
  Parcel *parcel = data;

  if (parcel->ws->parcel == parcel)
    parcel->ws->parcel = NULL;
  if (parcel->message != NULL)
    {
      put_back (parcel->ws, parcel->message);
      nx_web_socket_pump (parcel->ws);
    }
  g_object_unref (parcel->ws);
  g_free (parcel);
}

static void
completed_cb (NxWebSocket *self)
{
  self->is_serving = FALSE;
  /* What the callback has not taken goes back when the task does: the message behind it must not be served before. */
  if (self->parcel != NULL)
    nx_reactor_queue_task (self->reactor, &self->pump_task);
  else
    nx_web_socket_pump (self);
  if (self->state == NX_STATE_CLOSED)
    nx_web_socket_end_receivers (self);
}

/*
 * A task that is as young as this iteration of the main loop calls back in a later one, an older one at once. So that results
 * come in order, the next receive is served when this one's result is there.
 */
static void
serve (NxWebSocket *self, GTask *task, NxMessage *message)
{
  Parcel *parcel = g_new0 (Parcel, 1);

  parcel->ws = g_object_ref (self);
  parcel->message = message;
  self->parcel = parcel;
  self->is_digesting = TRUE;
  g_task_return_pointer (task, parcel, parcel_return);
  if (!g_task_get_completed (task))
    {
      self->is_serving = TRUE;
      g_signal_connect_object (task, "notify::completed", G_CALLBACK (completed_cb), self,
                               G_CONNECT_SWAPPED);
    }
  g_object_unref (task);
}

static void
tell_readable (NxWebSocket *self)
{
  g_object_ref (self);
  g_signal_emit (self, nx_web_socket_signals[NX_WEB_SOCKET_READABLE], 0);
  g_object_unref (self);
}

void
nx_web_socket_readable_cb (NxTask *task)
{
  tell_readable ((NxWebSocket *) ((guint8 *) task - G_STRUCT_OFFSET (NxWebSocket, readable_task)));
}

/* The first message is its own from now on. Whatever else comes in this turn of the loop waits behind it, so it is told once. */
static void
offer (NxWebSocket *self)
{
  self->is_offered = TRUE;
  self->is_digesting = TRUE;
  nx_reactor_queue_task (self->reactor, &self->readable_task);
}

/* Whoever has waited longest gets the first message. */
static void
serve_first (NxWebSocket *self)
{
  gpointer receiver = g_queue_pop_head (&self->receivers);

  if (receiver == PULLER)
    offer (self);
  else
    serve (self, receiver, take_first (self));
}

static void
cancelled_cb (GCancellable *cancellable, GTask *task)
{
  NxWebSocket *self = g_task_get_source_object (task);

  if (!g_queue_remove (&self->receivers, task))
    return;
  g_task_return_error_if_cancelled (task);
  g_object_unref (task);
}

static void
receive_async (NxWebSocket *self,
               Take take,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  /* A result that came before the cancellation is a message: it must not be lost. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, GINT_TO_POINTER (take), NULL);
  self->is_digesting = FALSE;

  if (g_cancellable_is_cancelled (cancellable))
    {
      g_task_return_error_if_cancelled (task);
      g_object_unref (task);
      return;
    }
  g_queue_push_tail (&self->receivers, task);
  if (cancellable != NULL)
    g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (cancelled_cb), task, 0);
  nx_web_socket_pump (self);
  if (self->state == NX_STATE_CLOSED && self->inbox.length == 0)
    nx_web_socket_end_receivers (self);
}

void
nx_web_socket_end_receivers (NxWebSocket *self)
{
  gpointer receiver;

  if (nx_task_is_queued (&self->pump_task))
    {
      nx_reactor_cancel_task (self->reactor, &self->pump_task);
      nx_web_socket_pump (self);
    }
  /* The reactor may have had its last turn. */
  if (nx_task_is_queued (&self->readable_task))
    {
      nx_reactor_cancel_task (self->reactor, &self->readable_task);
      tell_readable (self);
    }
  while (!self->is_serving && !self->is_offered
         && (receiver = g_queue_pop_head (&self->receivers)) != NULL)
    if (receiver == PULLER)
      tell_readable (self);
    else
      {
        g_task_return_error (receiver, nx_web_socket_make_disconnected_error (self));
        g_object_unref (receiver);
      }
}

static gboolean
is_wanted (NxMessage *message, Take take, GError **error)
{
  NxMessageKind kind = nx_message_get_kind (message);

  if ((take == TAKE_TEXT && kind != NX_MESSAGE_TEXT)
      || (take == TAKE_BYTES && kind != NX_MESSAGE_BINARY))
    {
      g_set_error (
          error, NX_ERROR, NX_ERROR_INVALID_DATA, "A %s message came where %s was expected",
          kind == NX_MESSAGE_TEXT ? "text" : "binary", take == TAKE_TEXT ? "text" : "binary");
      return FALSE;
    }
  return TRUE;
}

/* The message of a finished receive; it is taken even when it is of the wrong kind. */
static NxMessage *
receive_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  Take take = GPOINTER_TO_INT (g_task_get_task_data (G_TASK (result)));
  Parcel *parcel = g_task_propagate_pointer (G_TASK (result), error);
  g_autoptr (NxMessage) message = NULL;

  if (parcel == NULL)
    return NULL;
  message = g_steal_pointer (&parcel->message);
  parcel_return (parcel);
  if (!is_wanted (message, take, error))
    return NULL;
  if (take == TAKE_JSON
      && nx_message_parse_json (message, self->settings->max_json_depth, error) == NULL)
    return NULL;
  return g_steal_pointer (&message);
}

/* -- Pushing -- */

static gboolean
has_push_taker (NxWebSocket *self)
{
  if (self->hooks != NULL && self->hooks->has_receiver (self, self->hooks_data))
    return TRUE;
  return g_signal_has_handler_pending (self, nx_web_socket_signals[NX_WEB_SOCKET_MESSAGE], 0,
                                       FALSE);
}

gboolean
nx_web_socket_has_taker (NxWebSocket *self)
{
  return self->n_handlers > 0 || self->is_digesting || self->is_offered
         || self->receivers.length > 0 || has_push_taker (self);
}

/* A service that forgot its messages stands still without a word, so there is one. */
static void
tell_untaken (NxWebSocket *self)
{
  if (self->app_handle->has_told_untaken || nx_web_socket_has_taker (self))
    return;
  self->app_handle->has_told_untaken = TRUE;
  g_message (
      "Connection %s to %.128s: %u messages wait and nobody takes them, so nothing more is read; override on_receive, "
      "connect to `message`, or receive them",
      nx_web_socket_get_id (self), nx_web_socket_get_path (self), self->inbox.length);
}

static gboolean
can_push (NxWebSocket *self)
{
  return self->n_handlers == 0 && self->n_pauses == 0 && self->state == NX_STATE_OPEN
         && has_push_taker (self);
}

static void
push (NxWebSocket *self, NxMessage *message)
{
  GError *error = NULL;

  nx_web_socket_enter_handler (self);
  if (self->hooks != NULL && self->hooks->has_receiver (self, self->hooks_data))
    self->hooks->receive (self, message, self->hooks_data, &error);
  else
    g_signal_emit (self, nx_web_socket_signals[NX_WEB_SOCKET_MESSAGE], 0, message);
  nx_web_socket_leave_handler (self, error);
  nx_message_unref (message);
}

void
nx_web_socket_pump (NxWebSocket *self)
{
  if (self->is_pumping)
    return;

  g_object_ref (self);
  self->is_pumping = TRUE;
  while (self->inbox.length > 0)
    {
      if (self->is_serving || self->is_offered)
        break;
      if (self->receivers.length > 0)
        serve_first (self);
      else if (can_push (self))
        push (self, take_first (self));
      else
        break;
    }
  self->is_pumping = FALSE;
  if (self->connection != NULL && has_room (self))
    nx_connection_resume (self->connection);
  nx_web_socket_check_input_end (self);
  g_object_unref (self);
}

void
nx_web_socket_pump_cb (NxTask *task)
{
  nx_web_socket_pump ((NxWebSocket *) ((guint8 *) task - G_STRUCT_OFFSET (NxWebSocket, pump_task)));
}

/* One that refuses spares those behind it; one that closes has taken what was not delivered away. */
static gboolean
pass_taps (NxWebSocket *self, NxMessage *message)
{
  NxState state = self->state;

  for (NxTap *tap = self->taps; tap != NULL; tap = tap->next)
    if (tap->received != NULL && (!tap->received (tap, self, message) || self->state != state))
      return FALSE;
  return TRUE;
}

void
nx_web_socket_hold_input (NxWebSocket *self)
{
  self->n_holds++;
}

void
nx_web_socket_release_input (NxWebSocket *self)
{
  if (--self->n_holds == 0)
    nx_web_socket_pump (self);
}

gboolean
nx_web_socket_take_message (NxWebSocket *self, NxMessage *message)
{
  if (self->taps != NULL && !pass_taps (self, message))
    {
      nx_message_unref (message);
      return has_room (self);
    }
  /* The way nearly every message goes: nothing waits, and somebody takes it at once. */
  if (self->inbox.length == 0 && self->receivers.length == 0 && !self->is_serving
      && !self->is_pumping && can_push (self))
    {
      self->is_pumping = TRUE;
      push (self, message);
      self->is_pumping = FALSE;
      if (self->inbox.length > 0)
        nx_web_socket_pump (self);
      return has_room (self);
    }
  put (self, message);
  nx_web_socket_pump (self);
  if (has_room (self))
    return TRUE;
  tell_untaken (self);
  return FALSE;
}

/* -- Public -- */

/**
 * nx_web_socket_pause:
 * @self: a websocket
 *
 * Stops the delivery of messages to [vfunc@Controller.on_receive] and [signal@WebSocket::message], until
 * [method@WebSocket.resume] was called as often. A receive that waits still gets its message.
 *
 * While nothing is taken and the queue is full, nothing is read, and the peer has to wait.
 *
 * Since: 0.1
 */
void
nx_web_socket_pause (NxWebSocket *self)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));

  self->n_pauses++;
}

/**
 * nx_web_socket_resume:
 * @self: a websocket
 *
 * Takes one [method@WebSocket.pause] back. Messages may be delivered before this returns, but not while a handler of this
 * connection runs.
 *
 * Since: 0.1
 */
void
nx_web_socket_resume (NxWebSocket *self)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));
  g_return_if_fail (self->n_pauses > 0);

  if (--self->n_pauses == 0)
    nx_web_socket_pump (self);
}

/**
 * nx_web_socket_receive_async:
 * @self: a websocket
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when a message has come
 * @user_data: data for @callback
 *
 * Waits for the next message of either kind. Several may wait; they are served in order.
 *
 * A message whose receive is cancelled, or whose result nobody takes, goes to the next one.
 *
 * Cancel @cancellable in the thread that the app lives in.
 *
 * Since: 0.1
 */
void
nx_web_socket_receive_async (NxWebSocket *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));

  receive_async (self, TAKE_ANY, nx_web_socket_receive_async, cancellable, callback, user_data);
}

/**
 * nx_web_socket_receive_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.receive_async].
 *
 * Returns: (transfer full): the message; %NULL with %NX_ERROR_DISCONNECTED when the connection has ended and no message
 *   is left, or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
NxMessage *
nx_web_socket_receive_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_web_socket_receive_async), NULL);

  return receive_finish (self, result, error);
}

/**
 * nx_web_socket_receive_text_async:
 * @self: a websocket
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when a message has come
 * @user_data: data for @callback
 *
 * As [method@WebSocket.receive_async], for text.
 *
 * Since: 0.1
 */
void
nx_web_socket_receive_text_async (NxWebSocket *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));

  receive_async (self, TAKE_TEXT, nx_web_socket_receive_text_async, cancellable, callback,
                 user_data);
}

/**
 * nx_web_socket_receive_text_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.receive_text_async]. Text that may hold U+0000 is better taken with [method@WebSocket.receive_async].
 *
 * Returns: (transfer full): the text; %NULL with %NX_ERROR_DISCONNECTED when the connection has ended and no message is
 *   left, with %NX_ERROR_INVALID_DATA when the message was binary (it is gone then), or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
char *
nx_web_socket_receive_text_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  g_autoptr (NxMessage) message = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_web_socket_receive_text_async), NULL);

  message = receive_finish (self, result, error);
  return message != NULL ? g_strdup (nx_message_get_text (message)) : NULL;
}

/**
 * nx_web_socket_receive_bytes_async:
 * @self: a websocket
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when a message has come
 * @user_data: data for @callback
 *
 * As [method@WebSocket.receive_async], for binary messages.
 *
 * Since: 0.1
 */
void
nx_web_socket_receive_bytes_async (NxWebSocket *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));

  receive_async (self, TAKE_BYTES, nx_web_socket_receive_bytes_async, cancellable, callback,
                 user_data);
}

/**
 * nx_web_socket_receive_bytes_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.receive_bytes_async].
 *
 * Returns: (transfer full): the octets; %NULL with %NX_ERROR_DISCONNECTED when the connection has ended and no message is
 *   left, with %NX_ERROR_INVALID_DATA when the message was text (it is gone then), or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
GBytes *
nx_web_socket_receive_bytes_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  g_autoptr (NxMessage) message = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_web_socket_receive_bytes_async), NULL);

  message = receive_finish (self, result, error);
  return message != NULL ? g_bytes_ref (nx_message_get_bytes (message)) : NULL;
}

/**
 * nx_web_socket_receive_json_async:
 * @self: a websocket
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when a message has come
 * @user_data: data for @callback
 *
 * As [method@WebSocket.receive_async], for text that holds one JSON value.
 *
 * Since: 0.1
 */
void
nx_web_socket_receive_json_async (NxWebSocket *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));

  receive_async (self, TAKE_JSON, nx_web_socket_receive_json_async, cancellable, callback,
                 user_data);
}

/**
 * nx_web_socket_receive_json_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.receive_json_async].
 *
 * Returns: (transfer full): the value; %NULL with %NX_ERROR_DISCONNECTED when the connection has ended and no message is
 *   left, with %NX_ERROR_INVALID_DATA when the message was no JSON (it is gone then), or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
JsonNode *
nx_web_socket_receive_json_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  g_autoptr (NxMessage) message = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_web_socket_receive_json_async), NULL);

  message = receive_finish (self, result, error);
  return message != NULL ? json_node_ref (nx_message_get_json (message, NULL)) : NULL;
}

static gboolean
can_poll (NxWebSocket *self)
{
  return self->inbox.length > 0
         && (self->is_offered || (self->receivers.length == 0 && !self->is_serving));
}

static NxMessage *
take_polled (NxWebSocket *self)
{
  NxMessage *message;

  self->is_offered = FALSE;
  nx_reactor_cancel_task (self->reactor, &self->readable_task);
  message = take_first (self);
  self->is_digesting = TRUE;
  /* Whoever is behind hears of the next message when this one is there; but the reactor may have had its last turn. */
  nx_reactor_queue_task (self->reactor, &self->pump_task);
  if (self->state == NX_STATE_CLOSED)
    {
      g_object_ref (self);
      nx_web_socket_end_receivers (self);
      g_object_unref (self);
    }
  return message;
}

/* Whoever found nothing waits, if there is something to wait for. */
static void
wait_polling (NxWebSocket *self, GError **error)
{
  if (self->state == NX_STATE_CLOSED && self->inbox.length == 0)
    {
      g_propagate_error (error, nx_web_socket_make_disconnected_error (self));
      return;
    }
  self->is_digesting = FALSE;
  if (g_queue_find (&self->receivers, PULLER) == NULL)
    g_queue_push_tail (&self->receivers, PULLER);
  nx_web_socket_check_input_end (self);
}

/**
 * nx_web_socket_try_receive:
 * @self: a websocket
 * @error: return location for an error
 *
 * Takes the next message if it is there. For languages whose coroutines wait for something cheaper than a callback a message.
 *
 * If none is there, this counts as a receive that waits, in its turn among those of [method@WebSocket.receive_async]: when a
 * message has come for it, or the connection is over, [signal@WebSocket::readable] is emitted once, and this is to be called
 * again. Until then further calls change nothing; [method@WebSocket.cancel_receive] takes it back.
 *
 * Returns: (transfer full) (nullable): the message; %NULL without an error when none is there, and %NULL with
 *   %NX_ERROR_DISCONNECTED when the connection has ended and no message is left
 *
 * Since: 0.1
 */
NxMessage *
nx_web_socket_try_receive (NxWebSocket *self, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  if (can_poll (self))
    return take_polled (self);
  wait_polling (self, error);
  return NULL;
}

/**
 * nx_web_socket_try_receive_text:
 * @self: a websocket
 * @error: return location for an error
 *
 * As [method@WebSocket.try_receive], for a language to which a string is cheaper than an object around it: takes the next message
 * if it is text that a string of C can hold, so without U+0000.
 *
 * Another one is left to [method@WebSocket.try_receive]: it is %NULL here, and [signal@WebSocket::readable] is emitted.
 *
 * Returns: (transfer full) (nullable): the text; %NULL without an error when there is none, and %NULL with
 *   %NX_ERROR_DISCONNECTED when the connection has ended and no message is left
 *
 * Since: 0.1
 */
char *
nx_web_socket_try_receive_text (NxWebSocket *self, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  if (!can_poll (self))
    wait_polling (self, error);
  else if (nx_message_get_plain_text (g_queue_peek_head (&self->inbox)) != NULL)
    {
      g_autoptr (NxMessage) message = take_polled (self);

      return g_strdup (nx_message_get_text (message));
    }
  else if (!nx_task_is_queued (&self->readable_task))
    offer (self);
  return NULL;
}

/**
 * nx_web_socket_cancel_receive:
 * @self: a websocket
 *
 * Takes a [method@WebSocket.try_receive] that found nothing back: [signal@WebSocket::readable] is not emitted for it any more,
 * and a message that has come for it goes to the next one.
 *
 * Since: 0.1
 */
void
nx_web_socket_cancel_receive (NxWebSocket *self)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));

  if (self->is_offered)
    {
      self->is_offered = FALSE;
      self->is_digesting = FALSE;
      nx_reactor_cancel_task (self->reactor, &self->readable_task);
    }
  else if (!g_queue_remove (&self->receivers, PULLER))
    return;
  g_object_ref (self);
  nx_web_socket_pump (self);
  if (self->state == NX_STATE_CLOSED)
    nx_web_socket_end_receivers (self);
  g_object_unref (self);
}

/**
 * nx_web_socket_put_back:
 * @self: a websocket
 * @message: a message that was received and is not wanted
 *
 * Puts a message back in front of those that wait, as if it had not been received. Of several, put the last one back first.
 *
 * Since: 0.1
 */
void
nx_web_socket_put_back (NxWebSocket *self, NxMessage *message)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));
  g_return_if_fail (message != NULL);

  put_back (self, nx_message_ref (message));
  nx_web_socket_pump (self);
}
