/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the application closes with, and waiting until it is over. */
#include "config.h"

#include <string.h>

#include "nx-error-private.h"
#include "nx-web-socket-private.h"

#include "protocol/nx-close-private.h"

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
      g_set_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT,
                   "Close code %u cannot be sent; 1000 to 1003, 1007 to 1014 and 3000 to 4999 can",
                   code);
      return FALSE;
    }
  if (reason != NULL && !g_utf8_validate (reason, -1, NULL))
    {
      g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT,
                           "A close reason must be UTF-8");
      return FALSE;
    }
  if (reason != NULL && strlen (reason) > NX_CLOSE_REASON_MAX)
    {
      g_set_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT,
                   "A close reason holds at most %d octets, this one has %" G_GSIZE_FORMAT,
                   NX_CLOSE_REASON_MAX, strlen (reason));
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
 * Returns: %FALSE with %NX_ERROR_INVALID_ARGUMENT for a code or a reason that must not be sent, or a reason that is too long
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
