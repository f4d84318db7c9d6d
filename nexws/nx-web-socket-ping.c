/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pings of the application, and their pongs. */
#include "config.h"

#include <string.h>

#include "nx-web-socket-private.h"

typedef struct
{
  guint64 number;
  gint64 sent_us;
} Ping;

void
nx_web_socket_pong_cb (NxConnection *connection, const guint8 *data, gsize length, gpointer owner)
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
