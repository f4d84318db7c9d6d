/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answers of a group for languages that do not keep what is in a hash table. */
#include "config.h"

#include "groups/nx-group.h"

/**
 * nx_group_ask_finish_lists:
 * @self: a group
 * @result: what the callback got
 * @ids: (out) (transfer full) (array zero-terminated=1): the ids of the websockets that the answers came from, in their order
 * @missing: (out) (transfer full) (array zero-terminated=1): the ids of those who have not answered: who was too late, or left
 * @error: return location for an error
 *
 * Ends [method@Group.ask_async], as [method@Group.ask_finish] does: for bindings, some of which do not keep a message that a hash table owns.
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
  g_autoptr (GStrvBuilder) builder = NULL;
  g_autoptr (GHashTable) answers = NULL;
  GList *messages = NULL;
  GHashTableIter iter;
  gpointer id, message;

  g_return_val_if_fail (NX_IS_GROUP (self), NULL);
  g_return_val_if_fail (ids != NULL && missing != NULL, NULL);

  *ids = *missing = NULL;
  answers = nx_group_ask_finish (self, result, missing, error);
  if (answers == NULL)
    return NULL;
  builder = g_strv_builder_new ();
  g_hash_table_iter_init (&iter, answers);
  while (g_hash_table_iter_next (&iter, &id, &message))
    {
      g_strv_builder_add (builder, id);
      messages = g_list_prepend (messages, nx_message_ref (message));
    }
  *ids = g_strv_builder_end (builder);
  return g_list_reverse (messages);
}
