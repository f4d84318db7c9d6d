/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An app's groups, and one websocket by its id. */
#include "config.h"

#include "nx-app-private.h"
#include "nx-error-private.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"

#include "groups/nx-group-private.h"
#include "groups/nx-sending-private.h"

/**
 * nx_app_dup_group:
 * @self: an app
 * @name: 1 to 256 octets of UTF-8
 * @error: return location for an error
 *
 * Finds a group, or makes it.
 *
 * Returns: (transfer full): the group; %NULL with %NX_ERROR_INVALID_ARGUMENT when @name is longer, empty or not UTF-8
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

#define MAX_SEVERAL 1024

static char **
copy_names (GPtrArray *names)
{
  char **copy = g_new0 (char *, names->len + 1);

  for (guint i = 0; i < names->len; i++)
    copy[i] = g_strdup (g_ptr_array_index (names, i));
  return copy;
}

/* With a backplane there may be somebody in it elsewhere. */
static NxGroup *
dup_named (NxGroups *groups, const char *name)
{
  NxGroup *group = nx_groups_find (groups, name);

  if (group != NULL)
    return g_object_ref (group);
  return groups->backplane != NULL && nx_groups_check_name (name, NULL)
             ? nx_groups_dup (groups, name)
             : NULL;
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
 * Each group with history keeps it, and a client that catches up in several of them knows it again by the same text as `several` in the member `nx`. (Its id
 * is the same in all groups too without a backplane, and another one in each with one.) With a backplane, who in other processes is in more than one of the groups is seen there
 * when it arrives, from the names before each, which it carries along; at most 1024 groups are sent to then. Groups with history have to be held by this process, or
 * have members in it, to be known as such.
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
  g_autofree char *several = NULL;
  g_autoptr (GPtrArray) before = NULL;
  NxMessageId *id;
  gboolean is_first;

  g_return_if_fail (NX_IS_APP (self));
  g_return_if_fail (names != NULL);
  g_return_if_fail (message != NULL);
  g_return_if_fail (excluding == NULL || NX_IS_WEB_SOCKET (excluding));

  seen = g_hash_table_new (NULL, NULL);
  groups = nx_groups_ref (nx_app_get_private (self)->groups);
  is_first = nx_groups_begin (groups);
  id = g_rc_box_new0 (NxMessageId);
  before = g_ptr_array_new_with_free_func (g_free);
  several = g_strdup_printf ("%016" G_GINT64_MODIFIER "x.%" G_GUINT64_FORMAT,
                             groups->app_handle->node, ++groups->n_several);
  for (; *names != NULL && before->len < MAX_SEVERAL; names++)
    {
      g_autoptr (NxGroup) group = dup_named (groups, *names);
      NxSending *sending;

      if (group == NULL)
        continue;
      sending = nx_sending_new (group, message, excluding);
      sending->shared_id = g_rc_box_acquire (id);
      nx_sending_choose (sending, seen);
      sending->several = g_strdup (several);
      if (groups->backplane != NULL)
        {
          sending->preceding = copy_names (before);
          g_ptr_array_add (before, g_strdup (*names));
        }
      g_queue_push_tail (&groups->waiting, sending);
    }
  g_rc_box_release (id);
  if (is_first)
    nx_groups_end (groups);
}

/**
 * nx_app_send_to:
 * @self: an app
 * @id: an id as [method@WebSocket.get_id] has it
 * @message: what to send
 *
 * Sends to one websocket, wherever it is; to nobody when there is none of that id. With a backplane that may be in another process: it
 * gets the message at most once.
 *
 * Returns: whether it was found here, or the message is on its way to the process that the id names
 *
 * Since: 0.1
 */
gboolean
nx_app_send_to (NxApp *self, const char *id, NxMessage *message)
{
  NxAppPrivate *priv;
  guint64 node, serial;
  NxWebSocket *ws;

  g_return_val_if_fail (NX_IS_APP (self), FALSE);
  g_return_val_if_fail (id != NULL, FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  priv = nx_app_get_private (self);
  if (nx_app_handle_parse_id (id, &node, &serial) && node != priv->handle->node)
    return nx_groups_send_to (priv->groups, node, serial, message);
  ws = nx_app_find_web_socket (self, id);
  return ws != NULL && nx_web_socket_get_state (ws) == NX_STATE_OPEN
         && nx_web_socket_send_message (ws, message, NULL);
}
