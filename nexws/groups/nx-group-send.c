/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the application sends to a group. */
#include "config.h"

#include "groups/nx-group-private.h"
#include "groups/nx-sending-private.h"
#include "nx-error-private.h"
#include "nx-message-private.h"

static void
send_message (NxGroup *self, NxMessage *message, NxWebSocket *excluding)
{
  nx_groups_send (self->groups, nx_sending_new (self, message, excluding));
}

/**
 * nx_group_send_message:
 * @self: a group
 * @message: what to send
 * @excluding: (nullable): who does not get it, such as the one that it came from
 *
 * Sends to all members. It leaves at the end of this turn of the main loop, with all else that is sent until then.
 *
 * Members whose connections are about to end do not get it, and those that are too slow as [property@Group:slow-policy] says. From
 * inside a callback of another sending it waits until that one has reached everybody.
 *
 * Since: 0.1
 */
void
nx_group_send_message (NxGroup *self, NxMessage *message, NxWebSocket *excluding)
{
  g_return_if_fail (NX_IS_GROUP (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (excluding == NULL || NX_IS_WEB_SOCKET (excluding));

  send_message (self, message, excluding);
}

/**
 * nx_group_send_volatile:
 * @self: a group
 * @message: what to send
 * @excluding: (nullable): who does not get it
 *
 * As [method@Group.send_message], for what is of no use later, such as that somebody is typing: it is not kept in the history, has no id, and does not
 * reach who is behind.
 *
 * Since: 0.1
 */
void
nx_group_send_volatile (NxGroup *self, NxMessage *message, NxWebSocket *excluding)
{
  NxSending *sending;

  g_return_if_fail (NX_IS_GROUP (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (excluding == NULL || NX_IS_WEB_SOCKET (excluding));

  sending = nx_sending_new (self, message, excluding);
  sending->is_volatile = TRUE;
  nx_groups_send (self->groups, sending);
}

/* Takes @message and @local, of which one is NULL. */
static gboolean
send_made (NxGroup *self,
           NxMessage *message,
           NxWebSocket *excluding,
           GError *local,
           GError **error,
           const char *function)
{
  g_autoptr (NxMessage) owned = message;

  if (message == NULL)
    {
      nx_error_give (error, local, function);
      return FALSE;
    }
  send_message (self, message, excluding);
  return TRUE;
}

/**
 * nx_group_send_text:
 * @self: a group
 * @text: UTF-8; for text that holds U+0000 see [ctor@Message.new_text_from_bytes]
 * @excluding: (nullable): who does not get it
 * @error: return location for an error
 *
 * As [method@Group.send_message], for text.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_ARGUMENT when @text is not UTF-8
 *
 * Since: 0.1
 */
gboolean
nx_group_send_text (NxGroup *self, const char *text, NxWebSocket *excluding, GError **error)
{
  GError *local = NULL;
  NxMessage *message;

  g_return_val_if_fail (NX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);
  g_return_val_if_fail (excluding == NULL || NX_IS_WEB_SOCKET (excluding), FALSE);

  message = nx_message_make_text (text, &local);
  return send_made (self, message, excluding, local, error, G_STRFUNC);
}

/**
 * nx_group_send_bytes:
 * @self: a group
 * @bytes: octets
 * @excluding: (nullable): who does not get it
 *
 * As [method@Group.send_message], for a binary message.
 *
 * Since: 0.1
 */
void
nx_group_send_bytes (NxGroup *self, GBytes *bytes, NxWebSocket *excluding)
{
  g_autoptr (NxMessage) message = NULL;

  g_return_if_fail (NX_IS_GROUP (self));
  g_return_if_fail (bytes != NULL);
  g_return_if_fail (excluding == NULL || NX_IS_WEB_SOCKET (excluding));

  message = nx_message_new_bytes (bytes);
  send_message (self, message, excluding);
}

/**
 * nx_group_send_json:
 * @self: a group
 * @node: a JSON value
 * @excluding: (nullable): who does not get it
 * @error: return location for an error
 *
 * As [method@Group.send_message], for JSON.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_ARGUMENT when JSON cannot express @node, or it is nested deeper than 128 levels
 *
 * Since: 0.1
 */
gboolean
nx_group_send_json (NxGroup *self, JsonNode *node, NxWebSocket *excluding, GError **error)
{
  GError *local = NULL;
  NxMessage *message;

  g_return_val_if_fail (NX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (node != NULL, FALSE);
  g_return_val_if_fail (excluding == NULL || NX_IS_WEB_SOCKET (excluding), FALSE);

  message = nx_message_make_json (node, &local);
  return send_made (self, message, excluding, local, error, G_STRFUNC);
}

/**
 * nx_group_send_filtered:
 * @self: a group
 * @message: what to send
 * @filter: (scope call) (closure user_data): asked once for each member
 * @user_data: data for @filter
 *
 * Sends to those members for which @filter returns %TRUE. All of them are asked before anybody gets it; who leaves meanwhile is
 * out, and who joins meanwhile is not asked. It is not kept in the history. With a backplane the members of this process alone are asked.
 *
 * Since: 0.1
 */
void
nx_group_send_filtered (NxGroup *self, NxMessage *message, NxGroupFilter filter, gpointer user_data)
{
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (NxGroups) groups = NULL;
  NxSending *sending;
  gboolean is_first;

  g_return_if_fail (NX_IS_GROUP (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (filter != NULL);

  groups = nx_groups_ref (self->groups);
  all = g_ptr_array_new_with_free_func (g_object_unref);
  sending = nx_sending_new (self, message, NULL);
  sending->kind = NX_SENDING_HERE;
  sending->is_volatile = TRUE; /* those for whom it is not must not find it in the history */
  sending->receivers = g_ptr_array_new_with_free_func (g_object_unref);
  is_first = nx_groups_begin (groups);
  nx_connection_list_collect_members (self->members, all);
  for (guint i = 0; i < all->len; i++)
    {
      NxWebSocket *ws = g_ptr_array_index (all, i);

      if (nx_connection_list_contains (self->members, ws) && filter (self, ws, user_data))
        g_ptr_array_add (sending->receivers, g_object_ref (ws));
    }
  /* What the filter has sent is behind it. */
  if (is_first)
    {
      g_queue_push_head (&groups->waiting, sending);
      nx_groups_end (groups);
    }
  else
    g_queue_push_tail (&groups->waiting, sending);
}
