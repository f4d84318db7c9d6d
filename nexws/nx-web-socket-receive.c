/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Receives that wait: the application pulls. */
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
  g_autoptr (NxMessage) message = nx_web_socket_open_parcel (G_TASK (result), error);

  if (message == NULL)
    return NULL;
  if (!is_wanted (message, take, error))
    return NULL;
  if (take == TAKE_JSON
      && nx_message_parse_json (message, self->settings->max_json_depth, error) == NULL)
    return NULL;
  return g_steal_pointer (&message);
}

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
