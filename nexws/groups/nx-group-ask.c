/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sending with something awaited: that it was taken, or who has answered. */
#include "config.h"

#include "groups/nx-group-private.h"
#include "groups/nx-sending-private.h"
#include "groups/nx-question-private.h"
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

typedef struct
{
  GHashTable *answers;
  char **missing;
} Answers;

static void
answers_free (Answers *self)
{
  g_clear_pointer (&self->answers, g_hash_table_unref);
  g_strfreev (self->missing);
  g_free (self);
}

static void
answered_cb (NxQuestion *question, gpointer data)
{
  g_autoptr (GTask) task = data;
  Answers *answers;

  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    g_task_return_error_if_cancelled (task);
  else
    {
      g_autoptr (GPtrArray) missing = g_steal_pointer (&question->missing);

      question->missing = g_ptr_array_new ();
      g_ptr_array_add (missing, NULL);
      answers = g_new0 (Answers, 1);
      answers->answers = g_hash_table_ref (question->answers);
      answers->missing = (char **) g_ptr_array_free (g_steal_pointer (&missing), FALSE);
      g_task_return_pointer (task, answers, (GDestroyNotify) answers_free);
    }
  g_task_set_task_data (task, NULL, NULL); /* frees the question */
}

static void
cancelled_cb (GCancellable *cancellable, GTask *task)
{
  NxQuestion *question = g_task_get_task_data (task);

  if (question != NULL)
    nx_question_end (question);
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
 * Sends a message that every member is to answer, as [method@WebSocket.ask_async] describes. It is not kept in the history.
 * With a backplane the members of this process alone are asked.
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
  g_autoptr (NxMessage) wrapped = NULL;
  g_autoptr (GPtrArray) all = NULL;
  NxQuestion *question;
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
  question = nx_question_new (self->groups->reactor, answered_cb, task);
  g_task_set_task_data (task, question, (GDestroyNotify) nx_question_free);
  wrapped = nx_question_wrap (question, message);
  sending = nx_sending_new (self, wrapped, excluding);
  sending->kind = NX_SENDING_HERE;
  sending->is_volatile = TRUE;
  sending->receivers = g_ptr_array_new_with_free_func (g_object_unref);
  all = g_ptr_array_new_with_free_func (g_object_unref);
  nx_connection_list_collect_members (self->members, all);
  for (guint i = 0; i < all->len; i++)
    {
      NxWebSocket *ws = g_ptr_array_index (all, i);

      if (ws == excluding || ws->state != NX_STATE_OPEN)
        continue;
      g_ptr_array_add (sending->receivers, g_object_ref (ws));
      nx_question_expect (question, ws);
    }
  nx_question_start (question, timeout_ms);
  if (cancellable != NULL)
    g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (cancelled_cb), task, 0);
  g_steal_pointer (&task);
  nx_groups_send (self->groups, sending);
}

/**
 * nx_group_ask_finish:
 * @self: a group
 * @result: what the callback got
 * @missing: (out) (optional) (transfer full) (array zero-terminated=1): the ids of those who have not answered: who was too late, or left
 * @error: return location for an error
 *
 * Ends [method@Group.ask_async].
 *
 * Returns: (transfer container) (element-type utf8 NxMessage): the answers by the ids of the websockets that they came from; %NULL with
 *   %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
GHashTable *
nx_group_ask_finish (NxGroup *self, GAsyncResult *result, char ***missing, GError **error)
{
  Answers *answers;
  GHashTable *by_id;

  g_return_val_if_fail (NX_IS_GROUP (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_group_ask_async), NULL);

  answers = g_task_propagate_pointer (G_TASK (result), error);
  if (missing != NULL)
    *missing = answers != NULL ? g_steal_pointer (&answers->missing) : NULL;
  if (answers == NULL)
    return NULL;
  by_id = g_steal_pointer (&answers->answers);
  answers_free (answers);
  return by_id;
}
