/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sending with something awaited: that it was taken, or who has answered. */
#include "config.h"

#include "groups/nx-group-private.h"
#include "groups/nx-poll-private.h"
#include "groups/nx-sending-private.h"
#include "nx-error-private.h"

/* -- That it was taken -- */

/**
 * nx_group_send_message_async:
 * @self: a group
 * @message: what to send
 * @excluding: (nullable): who does not get it
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when it was taken
 * @user_data: data for @callback
 *
 * As [method@Group.send_message], and says under which id it was kept. With a backplane it ends when that has taken the message: from then
 * on it cannot be lost, as far as what is behind the backplane keeps it.
 *
 * Since: 0.1
 */
void
nx_group_send_message_async (NxGroup *self,
                             NxMessage *message,
                             NxWebSocket *excluding,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  NxSending *sending;
  GTask *task;

  g_return_if_fail (NX_IS_GROUP (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (excluding == NULL || NX_IS_WEB_SOCKET (excluding));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_group_send_message_async);
  sending = nx_sending_new (self, message, excluding);
  sending->task = task;
  nx_groups_send (self->groups, sending);
}

/**
 * nx_group_send_message_finish:
 * @self: a group
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@Group.send_message_async].
 *
 * Returns: (transfer full) (nullable): the id of the message; %NULL when the group keeps no history, or with an error:
 *   %NX_ERROR_INVALID_STATE when the app has gone, %NX_ERROR_BACKPLANE (or another one of the backplane's) when the message reached the members of
 *   this process alone, %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
char *
nx_group_send_message_finish (NxGroup *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_GROUP (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_group_send_message_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* -- Who has answered -- */

/* What it gives, nx-group-answers.c hands on. */
static void
ended_cb (NxPoll *poll, gpointer data)
{
  g_autoptr (GTask) task = data;

  g_task_set_task_data (task, NULL, NULL);
  g_object_set_data (G_OBJECT (task), NX_POLL_IS_COMPLETE, GINT_TO_POINTER (poll->is_complete));
  if (g_task_return_error_if_cancelled (task))
    nx_poll_free (poll);
  else
    g_task_return_pointer (task, poll, (GDestroyNotify) nx_poll_free);
}

static void
cancelled_cb (GCancellable *cancellable, GTask *task)
{
  NxPoll *poll = g_task_get_task_data (task);

  if (poll != NULL)
    nx_poll_end (poll);
}

/**
 * nx_group_ask_async:
 * @self: a group
 * @message: the question
 * @timeout_ms: milliseconds that the answers may take, at least 1
 * @excluding: (nullable): who is not asked
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when all have answered or left, or the time has passed
 * @user_data: data for @callback
 *
 * Sends a message that every member is to answer, as [method@WebSocket.ask_async] describes. As [method@Group.send_volatile], it is not kept in the
 * history, and does not wait for it.
 *
 * With a [class@Backplane] the members of all processes are asked: each process asks its own. When all processes have told that theirs have answered
 * or left, it is over; when one does not, because it died or something on the way is lost, at the timeout. Where the others cannot be asked, since
 * the backplane is not connected or does not carry anything to a single process, those of this process are asked alone.
 * [method@Group.ask_is_complete] tells which it was.
 *
 * An answer of another process' member is not carried when it has more than 8 MiB: it is missing then.
 *
 * Cancel @cancellable in the thread that the app lives in.
 *
 * Since: 0.1
 */
void
nx_group_ask_async (NxGroup *self,
                    NxMessage *message,
                    guint timeout_ms,
                    NxWebSocket *excluding,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  NxPoll *poll;
  NxSending *sending;

  g_return_if_fail (NX_IS_GROUP (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (timeout_ms > 0);
  g_return_if_fail (excluding == NULL || NX_IS_WEB_SOCKET (excluding));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_group_ask_async);
  g_task_set_check_cancellable (task, FALSE);
  if (g_task_return_error_if_cancelled (task))
    return;
  poll = nx_poll_new (self->groups, ended_cb, task);
  g_task_set_task_data (task, poll, NULL);
  sending = nx_poll_start (poll, self, message, timeout_ms, excluding);
  if (cancellable != NULL)
    g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (cancelled_cb), task, 0);
  g_steal_pointer (&task);
  nx_groups_send (self->groups, sending);
}
