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
 * Returns: %FALSE as [method@WebSocket.send_message], and with %NX_ERROR_UNSUPPORTED or %NX_ERROR_INVALID_DATA when JSON cannot
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
 * Returns: %FALSE as [method@WebSocket.send_message], and with %NX_ERROR_UNSUPPORTED or %NX_ERROR_INVALID_DATA when JSON cannot
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
 * Returns: %FALSE as [method@WebSocket.send_message], and with %NX_ERROR_INVALID_DATA when JSON cannot express @value
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
