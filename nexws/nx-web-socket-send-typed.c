/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way out for what is more than JSON. */
#include "config.h"

#include "nx-error-private.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"

/* Takes @message; NULL: why has been given. */
static gboolean
send_made (NxWebSocket *self, NxMessage *message, GError **error, const char *function)
{
  g_autoptr (NxMessage) owned = message;
  GError *local = NULL;

  if (message == NULL)
    return FALSE;
  if (nx_web_socket_send_message (self, message, &local))
    return TRUE;
  nx_error_give (error, local, function);
  return FALSE;
}

/**
 * nx_web_socket_send_object:
 * @self: a websocket
 * @object: what to send
 * @error: return location for an error
 *
 * Queues a text message that holds the properties of an object, as [ctor@Message.new_object] makes it.
 *
 * Returns: %FALSE as [method@WebSocket.send_message], and with %NX_ERROR_UNSUPPORTED or %NX_ERROR_INVALID_ARGUMENT when JSON cannot
 *   express @object
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_object (NxWebSocket *self, GObject *object, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (G_IS_OBJECT (object), FALSE);

  return send_made (self, nx_message_make_object (object, error, G_STRFUNC), error, G_STRFUNC);
}

/**
 * nx_web_socket_send_action:
 * @self: a websocket
 * @type: the action's name
 * @object: (nullable): the other members
 * @error: return location for an error
 *
 * Queues a text message that asks the peer for an action, or tells it of one, as [ctor@Message.new_action] makes it.
 *
 * Returns: %FALSE as [method@WebSocket.send_message], and with %NX_ERROR_UNSUPPORTED or %NX_ERROR_INVALID_ARGUMENT when JSON cannot
 *   express @object
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_action (NxWebSocket *self, const char *type, GObject *object, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (type != NULL, FALSE);
  g_return_val_if_fail (object == NULL || G_IS_OBJECT (object), FALSE);

  return send_made (self, nx_message_make_action (type, object, error, G_STRFUNC), error,
                    G_STRFUNC);
}

/**
 * nx_web_socket_send_variant:
 * @self: a websocket
 * @value: what to send
 * @error: return location for an error
 *
 * Queues a text message that holds a variant, as [ctor@Message.new_variant] makes it.
 *
 * Returns: %FALSE as [method@WebSocket.send_message], and with %NX_ERROR_INVALID_ARGUMENT when JSON cannot express @value
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_variant (NxWebSocket *self, GVariant *value, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  return send_made (self, nx_message_make_variant (value, error, G_STRFUNC), error, G_STRFUNC);
}

/**
 * nx_web_socket_send_object_async:
 * @self: a websocket
 * @object: what to send
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when there is room again
 * @user_data: data for @callback
 *
 * As [method@WebSocket.send_message_async], for an object as of [method@WebSocket.send_object].
 *
 * Since: 0.1
 */
void
nx_web_socket_send_object_async (NxWebSocket *self,
                                 GObject *object,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  GError *error = NULL;
  NxMessage *message;

  g_return_if_fail (NX_IS_WEB_SOCKET (self));
  g_return_if_fail (G_IS_OBJECT (object));

  message = nx_message_make_object (object, &error, G_STRFUNC);
  nx_web_socket_queue_async (self, message, error, nx_web_socket_send_object_async, cancellable,
                             callback, user_data);
}

/**
 * nx_web_socket_send_object_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.send_object_async].
 *
 * Returns: as [method@WebSocket.send_object]; also %FALSE with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_object_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  return nx_web_socket_queue_finish (self, result, nx_web_socket_send_object_async, error);
}

/**
 * nx_web_socket_send_action_async:
 * @self: a websocket
 * @type: the action's name
 * @object: (nullable): the other members
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when there is room again
 * @user_data: data for @callback
 *
 * As [method@WebSocket.send_message_async], for an action as of [method@WebSocket.send_action].
 *
 * Since: 0.1
 */
void
nx_web_socket_send_action_async (NxWebSocket *self,
                                 const char *type,
                                 GObject *object,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  GError *error = NULL;
  NxMessage *message;

  g_return_if_fail (NX_IS_WEB_SOCKET (self));
  g_return_if_fail (type != NULL);
  g_return_if_fail (object == NULL || G_IS_OBJECT (object));

  message = nx_message_make_action (type, object, &error, G_STRFUNC);
  nx_web_socket_queue_async (self, message, error, nx_web_socket_send_action_async, cancellable,
                             callback, user_data);
}

/**
 * nx_web_socket_send_action_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.send_action_async].
 *
 * Returns: as [method@WebSocket.send_action]; also %FALSE with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_action_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  return nx_web_socket_queue_finish (self, result, nx_web_socket_send_action_async, error);
}

/**
 * nx_web_socket_send_variant_async:
 * @self: a websocket
 * @value: what to send
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when there is room again
 * @user_data: data for @callback
 *
 * As [method@WebSocket.send_message_async], for a variant as of [method@WebSocket.send_variant].
 *
 * Since: 0.1
 */
void
nx_web_socket_send_variant_async (NxWebSocket *self,
                                  GVariant *value,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GError *error = NULL;
  NxMessage *message;

  g_return_if_fail (NX_IS_WEB_SOCKET (self));
  g_return_if_fail (value != NULL);

  message = nx_message_make_variant (value, &error, G_STRFUNC);
  nx_web_socket_queue_async (self, message, error, nx_web_socket_send_variant_async, cancellable,
                             callback, user_data);
}

/**
 * nx_web_socket_send_variant_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.send_variant_async].
 *
 * Returns: as [method@WebSocket.send_variant]; also %FALSE with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_web_socket_send_variant_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  return nx_web_socket_queue_finish (self, result, nx_web_socket_send_variant_async, error);
}
