/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What came of a question to a group. */
#include "config.h"

#include "groups/nx-group-private.h"
#include "groups/nx-poll-private.h"

/* (nullable) (transfer full) */
static NxPoll *
take_poll (NxGroup *self, GAsyncResult *result, char ***missing, GError **error)
{
  NxPoll *poll = g_task_propagate_pointer (G_TASK (result), error);

  if (missing != NULL)
    *missing = NULL;
  if (poll != NULL && missing != NULL)
    {
      g_ptr_array_add (poll->missing, NULL);
      *missing = (char **) g_ptr_array_steal (poll->missing, NULL);
    }
  return poll;
}

static gboolean
is_ours (NxGroup *self, GAsyncResult *result)
{
  return g_task_is_valid (result, self) && g_async_result_is_tagged (result, nx_group_ask_async);
}

/**
 * nx_group_ask_finish:
 * @self: a group
 * @result: what the callback got
 * @missing: (out) (optional) (transfer full) (array zero-terminated=1): the ids of those who have not answered: who was too late, or left
 * @error: return location for an error
 *
 * Ends [method@Group.ask_async]. Ids are those of websockets of all processes, as far as they could be asked ([method@Group.ask_is_complete]).
 *
 * Returns: (transfer container) (element-type utf8 NxMessage): the answers by the ids of the websockets that they came from; %NULL with
 *   %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
GHashTable *
nx_group_ask_finish (NxGroup *self, GAsyncResult *result, char ***missing, GError **error)
{
  NxPoll *poll;
  GHashTable *by_id;

  g_return_val_if_fail (NX_IS_GROUP (self), NULL);
  g_return_val_if_fail (is_ours (self, result), NULL);

  poll = take_poll (self, result, missing, error);
  if (poll == NULL)
    return NULL;
  by_id =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) nx_message_unref);
  for (guint i = 0; i < poll->ids->len; i++)
    g_hash_table_insert (by_id, g_strdup (g_ptr_array_index (poll->ids, i)),
                         nx_message_ref (g_ptr_array_index (poll->answers, i)));
  nx_poll_free (poll);
  return by_id;
}

/**
 * nx_group_ask_finish_lists:
 * @self: a group
 * @result: what the callback got
 * @ids: (out) (transfer full) (array zero-terminated=1): the ids of the websockets that the answers came from, in their order
 * @missing: (out) (transfer full) (array zero-terminated=1): the ids of those who have not answered: who was too late, or left
 * @error: return location for an error
 *
 * Ends [method@Group.ask_async], as [method@Group.ask_finish] does, with the answers in the order in which they came here; also for bindings, some of
 * which do not keep a message that a hash table owns.
 *
 * Returns: (transfer full) (element-type NxMessage): the answers; %NULL when there are none, and with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
GList *
nx_group_ask_finish_lists (NxGroup *self,
                           GAsyncResult *result,
                           char ***ids,
                           char ***missing,
                           GError **error)
{
  NxPoll *poll;
  GList *messages = NULL;

  g_return_val_if_fail (NX_IS_GROUP (self), NULL);
  g_return_val_if_fail (ids != NULL && missing != NULL, NULL);

  *ids = *missing = NULL;
  g_return_val_if_fail (is_ours (self, result), NULL);

  poll = take_poll (self, result, missing, error);
  if (poll == NULL)
    return NULL;
  for (guint i = poll->answers->len; i > 0; i--)
    messages = g_list_prepend (messages, nx_message_ref (g_ptr_array_index (poll->answers, i - 1)));
  g_ptr_array_add (poll->ids, NULL);
  *ids = (char **) g_ptr_array_steal (poll->ids, NULL);
  nx_poll_free (poll);
  return messages;
}

/**
 * nx_group_ask_is_complete:
 * @self: a group
 * @result: what the callback of [method@Group.ask_async] got
 *
 * Whether all members of all processes are among those who have answered or are missing.
 *
 * It is %TRUE without a backplane. With one it is %FALSE when it was not connected, or does not carry anything to a single process, so that this process
 * alone was asked; and when a process was asked that had not told, until the timeout, what became of all of its members: whoever is missing of those
 * may be unknown. A backplane that does not say how many processes get a message ([method@Backplane.delivered]) never makes it %TRUE. It may be called
 * before the result is ended or afterwards.
 *
 * Returns: %TRUE when nobody is unknown
 *
 * Since: 0.1
 */
gboolean
nx_group_ask_is_complete (NxGroup *self, GAsyncResult *result)
{
  g_return_val_if_fail (NX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (is_ours (self, result), FALSE);

  return GPOINTER_TO_INT (g_object_get_data (G_OBJECT (result), NX_POLL_IS_COMPLETE));
}
