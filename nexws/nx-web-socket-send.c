/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way out: a message is framed, queued, and written with all others of this turn. */
#include "config.h"

#include "nx-error-private.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"

#include "messages/nx-json-private.h"

#include <string.h>

/* An asynchronous sender waits for the low-water mark, so it may queue beyond the high one, up to so many times. */
#define ASYNC_PATIENCE 4

static gboolean
check_open (NxWebSocket *self, GError **error)
{
  if (self->state == NX_STATE_OPEN)
    return TRUE;
  if (self->state == NX_STATE_CONNECTING)
    g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_STATE,
                         "Accept the websocket before sending");
  else if (error != NULL)
    *error = nx_web_socket_make_disconnected_error (self);
  return FALSE;
}

static gboolean
queue_message (NxWebSocket *self, NxMessage *message, guint patience, GError **error)
{
  /* Whoever is told that the peer is too slow may drop what holds it. */
  g_autoptr (NxWebSocket) kept = g_object_ref (self);
  NxSender *sender;

  if (!check_open (self, error))
    return FALSE;
  switch (nx_connection_admit (self->connection, patience))
    {
    case NX_SEND_OK:
      break;
    case NX_SEND_CLOSED:
      if (error != NULL)
        *error = nx_web_socket_make_disconnected_error (self);
      return FALSE;
    case NX_SEND_SLOW:
      g_set_error (error, NX_ERROR, NX_ERROR_SLOW_PEER,
                   "The peer is too slow: %" G_GSIZE_FORMAT " octets wait to be sent",
                   nx_web_socket_get_buffered_amount (self));
      return FALSE;
    }
  sender = nx_connection_get_sender (self->connection);
  nx_connection_push (
      self->connection,
      nx_message_dup_frame (message, sender, self->settings->compression_threshold));
  for (NxTap *tap = self->taps; tap != NULL; tap = tap->next)
    if (tap->sent != NULL)
      tap->sent (tap, self, message);
  return TRUE;
}

/* The public functions' way: a mistake that nobody looks at is logged with their name. */
static gboolean
send_message (NxWebSocket *self, NxMessage *message, GError **error, const char *function)
{
  GError *local = NULL;

  if (queue_message (self, message, 1, &local))
    return TRUE;
  nx_error_give (error, local, function);
  return FALSE;
}

/* -- Now -- */

/**
 * nx_web_socket_send_message:
 * @self: a websocket
 * @message: what to send
 * @error: return location for an error
 *
 * Queues a message. It leaves at the end of this turn of the main loop, with all others that are queued until then.
 *
 * Returns: %FALSE with %NX_ERROR_DISCONNECTED when the connection ends or has ended, with %NX_ERROR_INVALID_STATE before
 *   it was accepted, or with %NX_ERROR_SLOW_PEER when [property@App:slow-policy] did not take it
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_message (NxWebSocket *self, NxMessage *message, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return send_message (self, message, error, G_STRFUNC);
}

/**
 * nx_web_socket_send_text:
 * @self: a websocket
 * @text: UTF-8; for text that holds U+0000 see [ctor@Message.new_text_from_bytes]
 * @error: return location for an error
 *
 * Queues a text message.
 *
 * Returns: as [method@WebSocket.send_message]; also %FALSE with %NX_ERROR_INVALID_ARGUMENT when @text is not UTF-8
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_text (NxWebSocket *self, const char *text, GError **error)
{
  g_autoptr (NxMessage) message = NULL;
  GError *local = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  message = nx_message_make_text (text, &local);
  if (message == NULL)
    {
      nx_error_give (error, local, G_STRFUNC);
      return FALSE;
    }
  return send_message (self, message, error, G_STRFUNC);
}

/**
 * nx_web_socket_send_text_counted:
 * @self: a websocket
 * @text: UTF-8
 * @error: return location for an error
 *
 * [method@WebSocket.send_text] and [method@WebSocket.is_congested] in one, for a language to which a second call is dear.
 *
 * Returns: 0 when the low-water mark allows what is unsent now, else its octets as [method@WebSocket.get_buffered_amount]
 *   counts them; -1 with an error as of [method@WebSocket.send_text]
 *
 * Since: 0.1
 */
gssize
nx_web_socket_send_text_counted (NxWebSocket *self, const char *text, GError **error)
{
  if (!nx_web_socket_send_text (self, text, error))
    return -1;
  return nx_web_socket_is_congested (self) ? (gssize) nx_web_socket_get_buffered_amount (self) : 0;
}

/**
 * nx_web_socket_send_bytes:
 * @self: a websocket
 * @bytes: octets
 * @error: return location for an error
 *
 * Queues a binary message.
 *
 * Returns: as [method@WebSocket.send_message]
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_bytes (NxWebSocket *self, GBytes *bytes, GError **error)
{
  g_autoptr (NxMessage) message = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);

  message = nx_message_new_bytes (bytes);
  return send_message (self, message, error, G_STRFUNC);
}

/**
 * nx_web_socket_send_json:
 * @self: a websocket
 * @node: a JSON value
 * @error: return location for an error
 *
 * Queues a text message that holds @node.
 *
 * Returns: as [method@WebSocket.send_message]; also %FALSE with %NX_ERROR_INVALID_ARGUMENT when JSON cannot express @node (a
 *   number that is not finite) or it is nested deeper than 128 levels
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_json (NxWebSocket *self, JsonNode *node, GError **error)
{
  g_autoptr (NxMessage) message = NULL;
  GError *local = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (node != NULL, FALSE);

  message = nx_message_make_json (node, &local);
  if (message == NULL)
    {
      nx_error_give (error, local, G_STRFUNC);
      return FALSE;
    }
  return send_message (self, message, error, G_STRFUNC);
}

/**
 * nx_web_socket_get_buffered_amount:
 * @self: a websocket
 *
 * Octets that are queued and that the kernel has not taken yet, with their frames' headers.
 *
 * Returns: octets
 *
 * Since: 0.1
 */
gsize
nx_web_socket_get_buffered_amount (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), 0);

  return self->connection != NULL ? nx_connection_get_buffered (self->connection) : 0;
}

/* -- And waiting -- */

static void
cancelled_cb (GCancellable *cancellable, GTask *task)
{
  NxWebSocket *self = g_task_get_source_object (task);

  if (!g_queue_remove (&self->senders, task))
    return;
  g_task_return_error_if_cancelled (task);
  g_object_unref (task);
}

static gboolean
has_room (NxWebSocket *self)
{
  return self->connection == NULL || !nx_connection_is_above_low (self->connection);
}

/* What a callback sends beyond the low-water mark waits, and whoever has not been told yet waits with it: the mark is looked at before
 * each. They stay in the queue, where cancelling finds them. */
void
nx_web_socket_end_senders (NxWebSocket *self, gboolean is_drained)
{
  GTask *task;

  while ((!is_drained || has_room (self)) && (task = g_queue_pop_head (&self->senders)) != NULL)
    {
      if (is_drained)
        g_task_return_boolean (task, TRUE);
      else
        g_task_return_error (task, nx_web_socket_make_disconnected_error (self));
      g_object_unref (task);
    }
}

void
nx_web_socket_queue_async (NxWebSocket *self,
                           NxMessage *message,
                           GError *error,
                           gpointer tag,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (NxMessage) owned = message;
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_check_cancellable (task, FALSE);
  if (error == NULL && g_cancellable_is_cancelled (cancellable))
    g_cancellable_set_error_if_cancelled (cancellable, &error);
  if (error != NULL || !queue_message (self, message, ASYNC_PATIENCE, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (has_room (self))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (cancellable != NULL)
    g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (cancelled_cb), task, 0);
  g_queue_push_tail (&self->senders, g_steal_pointer (&task));
}

gboolean
nx_web_socket_queue_finish (NxWebSocket *self, GAsyncResult *result, gpointer tag, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, tag), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * nx_web_socket_send_message_async:
 * @self: a websocket
 * @message: what to send
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when there is room again
 * @user_data: data for @callback
 *
 * Queues a message at once, and ends when at most the low-water mark of octets is unsent.
 *
 * Who waits may queue up to four times the high-water mark before [property@App:slow-policy] judges.
 *
 * Cancel @cancellable in the thread that the app lives in.
 *
 * Since: 0.1
 */
void
nx_web_socket_send_message_async (NxWebSocket *self,
                                  NxMessage *message,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));
  g_return_if_fail (message != NULL);

  nx_web_socket_queue_async (self, nx_message_ref (message), NULL, nx_web_socket_send_message_async,
                             cancellable, callback, user_data);
}

/**
 * nx_web_socket_send_message_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.send_message_async].
 *
 * Returns: as [method@WebSocket.send_message]; also %FALSE with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_message_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  return nx_web_socket_queue_finish (self, result, nx_web_socket_send_message_async, error);
}

/**
 * nx_web_socket_send_text_async:
 * @self: a websocket
 * @text: UTF-8
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when there is room again
 * @user_data: data for @callback
 *
 * As [method@WebSocket.send_message_async], for text.
 *
 * Since: 0.1
 */
void
nx_web_socket_send_text_async (NxWebSocket *self,
                               const char *text,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GError *error = NULL;
  NxMessage *message;

  g_return_if_fail (NX_IS_WEB_SOCKET (self));
  g_return_if_fail (text != NULL);

  message = nx_message_make_text (text, &error);
  nx_web_socket_queue_async (self, message, error, nx_web_socket_send_text_async, cancellable,
                             callback, user_data);
}

/**
 * nx_web_socket_send_text_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.send_text_async].
 *
 * Returns: as [method@WebSocket.send_text]; also %FALSE with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_text_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  return nx_web_socket_queue_finish (self, result, nx_web_socket_send_text_async, error);
}

/**
 * nx_web_socket_send_bytes_async:
 * @self: a websocket
 * @bytes: octets
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when there is room again
 * @user_data: data for @callback
 *
 * As [method@WebSocket.send_message_async], for octets.
 *
 * Since: 0.1
 */
void
nx_web_socket_send_bytes_async (NxWebSocket *self,
                                GBytes *bytes,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_return_if_fail (NX_IS_WEB_SOCKET (self));
  g_return_if_fail (bytes != NULL);

  nx_web_socket_queue_async (self, nx_message_new_bytes (bytes), NULL,
                             nx_web_socket_send_bytes_async, cancellable, callback, user_data);
}

/**
 * nx_web_socket_send_bytes_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.send_bytes_async].
 *
 * Returns: as [method@WebSocket.send_bytes]; also %FALSE with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_bytes_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  return nx_web_socket_queue_finish (self, result, nx_web_socket_send_bytes_async, error);
}

/**
 * nx_web_socket_send_json_async:
 * @self: a websocket
 * @node: a JSON value
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when there is room again
 * @user_data: data for @callback
 *
 * As [method@WebSocket.send_message_async], for JSON.
 *
 * Since: 0.1
 */
void
nx_web_socket_send_json_async (NxWebSocket *self,
                               JsonNode *node,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GError *error = NULL;
  NxMessage *message;

  g_return_if_fail (NX_IS_WEB_SOCKET (self));
  g_return_if_fail (node != NULL);

  message = nx_message_make_json (node, &error);
  nx_web_socket_queue_async (self, message, error, nx_web_socket_send_json_async, cancellable,
                             callback, user_data);
}

/**
 * nx_web_socket_send_json_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.send_json_async].
 *
 * Returns: as [method@WebSocket.send_json]; also %FALSE with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_json_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  return nx_web_socket_queue_finish (self, result, nx_web_socket_send_json_async, error);
}

/**
 * nx_web_socket_is_congested:
 * @self: a websocket
 *
 * Whether more is unsent than the low-water mark allows ([property@App:low-water-mark]): [signal@WebSocket::drain] will tell when
 * that has changed.
 *
 * Returns: %TRUE if whoever has more to send does well to wait
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_is_congested (NxWebSocket *self)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);

  return self->connection != NULL && nx_connection_is_above_low (self->connection);
}
