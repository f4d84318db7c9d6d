/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Receives that do not wait: whoever found nothing is told when there is something. */
#include "config.h"

#include "nx-message-private.h"
#include "nx-web-socket-private.h"

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
  message = nx_web_socket_take_first (self);
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
  if (g_queue_find (&self->receivers, NX_WEB_SOCKET_PULLER) == NULL)
    g_queue_push_tail (&self->receivers, NX_WEB_SOCKET_PULLER);
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
    nx_web_socket_offer (self);
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
  else if (!g_queue_remove (&self->receivers, NX_WEB_SOCKET_PULLER))
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

  nx_web_socket_return_message (self, nx_message_ref (message));
  nx_web_socket_pump (self);
}
