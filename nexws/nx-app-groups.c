/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An app's groups, and one websocket by its id. */
#include "config.h"

#include "nx-app-private.h"
#include "nx-error-private.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"

#include "groups/nx-group-private.h"

/**
 * nx_app_dup_group:
 * @self: an app
 * @name: 1 to 256 octets of UTF-8
 * @error: return location for an error
 *
 * Finds a group, or makes it.
 *
 * Returns: (transfer full): the group; %NULL with %NX_ERROR_TOO_LARGE when @name is longer, with %NX_ERROR_INVALID_DATA when it
 *   is empty or not UTF-8
 *
 * Since: 0.1
 */
NxGroup *
nx_app_dup_group (NxApp *self, const char *name, GError **error)
{
  GError *local = NULL;

  g_return_val_if_fail (NX_IS_APP (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (nx_groups_check_name (name, &local))
    return nx_groups_dup (nx_app_get_private (self)->groups, name);
  nx_error_give (error, local, G_STRFUNC);
  return NULL;
}

/**
 * nx_app_find_group:
 * @self: an app
 * @name: a group's name
 *
 * Finds a group that somebody is in, or holds.
 *
 * Returns: (transfer none) (nullable): the group
 *
 * Since: 0.1
 */
NxGroup *
nx_app_find_group (NxApp *self, const char *name)
{
  g_return_val_if_fail (NX_IS_APP (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return nx_groups_find (nx_app_get_private (self)->groups, name);
}

/* Of each group those who are in none before it. */
static void
collect_receivers (NxGroup *group, GHashTable *seen, NxSending *sending)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

  sending->receivers = g_ptr_array_new_with_free_func (g_object_unref);
  nx_connection_list_collect_members (group->members, all);
  for (guint i = 0; i < all->len; i++)
    if (g_hash_table_add (seen, g_ptr_array_index (all, i)))
      g_ptr_array_add (sending->receivers, g_object_ref (g_ptr_array_index (all, i)));
}

/**
 * nx_app_send_to_groups:
 * @self: an app
 * @names: (array zero-terminated=1): names of groups; those that there are not have nobody in them
 * @message: what to send
 * @excluding: (nullable): who does not get it
 *
 * Sends to the members of several groups. Who is in more than one of them gets it once, through the first one.
 *
 * Each group with history keeps it, under one id that is the same in all: so a client that catches up in several of them knows it again.
 *
 * Since: 0.1
 */
void
nx_app_send_to_groups (NxApp *self,
                       const char *const *names,
                       NxMessage *message,
                       NxWebSocket *excluding)
{
  g_autoptr (GHashTable) seen = NULL;
  g_autoptr (NxGroups) groups = NULL;
  NxMessageId id;
  gboolean is_first;

  g_return_if_fail (NX_IS_APP (self));
  g_return_if_fail (names != NULL);
  g_return_if_fail (message != NULL);
  g_return_if_fail (excluding == NULL || NX_IS_WEB_SOCKET (excluding));

  seen = g_hash_table_new (NULL, NULL);
  groups = nx_groups_ref (nx_app_get_private (self)->groups);
  is_first = nx_groups_begin (groups);
  nx_groups_make_id (groups, &id);
  for (; *names != NULL; names++)
    {
      NxGroup *group = nx_groups_find (groups, *names);
      NxSending *sending;

      if (group == NULL)
        continue;
      sending = nx_sending_new (group, message, excluding);
      sending->id = id;
      collect_receivers (group, seen, sending);
      g_queue_push_tail (&groups->waiting, sending);
    }
  if (is_first)
    nx_groups_end (groups);
}

/**
 * nx_app_send_to:
 * @self: an app
 * @id: an id as [method@WebSocket.get_id] has it
 * @message: what to send
 *
 * Sends to one websocket, wherever it is; to nobody when there is none of that id.
 *
 * Returns: whether it was found here
 *
 * Since: 0.1
 */
gboolean
nx_app_send_to (NxApp *self, const char *id, NxMessage *message)
{
  NxWebSocket *ws;

  g_return_val_if_fail (NX_IS_APP (self), FALSE);
  g_return_val_if_fail (id != NULL, FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  ws = nx_app_find_web_socket (self, id);
  return ws != NULL && nx_web_socket_get_state (ws) == NX_STATE_OPEN
         && nx_web_socket_send_message (ws, message, NULL);
}
