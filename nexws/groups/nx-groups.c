/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-groups-private.h"

#include <string.h>

#include "groups/nx-group-private.h"
#include "nx-connection-list-private.h"
#include "nx-web-socket-private.h"
#include "messages/nx-keyed-hash-private.h"

NxGroups *
nx_groups_new (NxAppHandle *app_handle, NxReactor *reactor, NxConnectionList *connections)
{
  NxGroups *self = g_new0 (NxGroups, 1);

  self->ref_count = 1;
  self->app_handle = nx_app_handle_ref (app_handle);
  self->reactor = nx_reactor_ref (reactor);
  self->connections = g_object_ref (connections);
  self->by_name = g_hash_table_new (nx_keyed_str_hash, g_str_equal);
  return self;
}

NxGroups *
nx_groups_ref (NxGroups *self)
{
  self->ref_count++;
  return self;
}

void
nx_groups_unref (NxGroups *self)
{
  if (--self->ref_count > 0)
    return;
  g_hash_table_unref (self->by_name);
  g_object_unref (self->connections);
  nx_reactor_unref (self->reactor);
  nx_app_handle_unref (self->app_handle);
  g_free (self);
}

void
nx_groups_close (NxGroups *self)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer group;

  self->is_closed = TRUE;
  g_hash_table_iter_init (&iter, self->by_name);
  while (g_hash_table_iter_next (&iter, NULL, &group))
    g_ptr_array_add (all, g_object_ref (group));
  for (guint i = 0; i < all->len; i++)
    nx_group_close (g_ptr_array_index (all, i));
}

gboolean
nx_groups_check_name (const char *name, GError **error)
{
  gsize length = strlen (name);

  if (length > NX_GROUP_NAME_MAX)
    g_set_error (error, NX_ERROR, NX_ERROR_TOO_LARGE,
                 "A group's name has at most %d octets, this one has %" G_GSIZE_FORMAT,
                 NX_GROUP_NAME_MAX, length);
  else if (length == 0)
    g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_DATA, "A group has a name");
  else if (!g_utf8_validate_len (name, length, NULL))
    g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_DATA, "A group's name is UTF-8");
  else
    return TRUE;
  return FALSE;
}

NxGroup *
nx_groups_find (NxGroups *self, const char *name)
{
  return g_hash_table_lookup (self->by_name, name);
}

NxGroup *
nx_groups_dup (NxGroups *self, const char *name)
{
  NxGroup *group = nx_groups_find (self, name);

  return group != NULL ? g_object_ref (group) : nx_group_new (self, name);
}

/* One that it is leaving already is left by whoever is further up the stack. */
static NxGroup *
find_one_to_leave (NxWebSocket *ws)
{
  for (guint i = ws->n_places; i-- > 0;)
    if (!ws->places[i].is_leaving)
      return nx_connection_list_get_owner (ws->places[i].list);
  return NULL;
}

void
nx_groups_leave_all (NxWebSocket *ws)
{
  NxGroup *group;

  while ((group = find_one_to_leave (ws)) != NULL)
    nx_group_take_out (group, ws);
}

void
nx_groups_make_id (NxGroups *self, NxMessageId *id)
{
  nx_message_id_advance (&self->last_id, g_get_real_time () / 1000);
  *id = self->last_id;
}

/* -- One order -- */

NxSending *
nx_sending_new (NxGroup *group, NxMessage *message, NxWebSocket *excluding)
{
  NxSending *self = g_new0 (NxSending, 1);

  g_set_object (&self->group, group);
  self->message = message != NULL ? nx_message_ref (message) : NULL;
  g_set_object (&self->excluding, excluding);
  self->excluding_serial = excluding != NULL ? excluding->serial : 0;
  return self;
}

static void
sending_free (NxSending *self)
{
  g_clear_object (&self->group);
  g_clear_pointer (&self->message, nx_message_unref);
  g_clear_object (&self->excluding);
  g_clear_pointer (&self->receivers, g_ptr_array_unref);
  g_clear_pointer (&self->shared_id, g_rc_box_release);
  g_free (self->several);
  g_strfreev (self->preceding);
  g_clear_object (&self->task);
  g_free (self);
}

void
nx_sending_choose (NxSending *self, GHashTable *seen)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

  self->receivers = g_ptr_array_new_with_free_func (g_object_unref);
  nx_connection_list_collect_members (self->group->members, all);
  for (guint i = 0; i < all->len; i++)
    if (g_hash_table_add (seen, g_ptr_array_index (all, i)))
      g_ptr_array_add (self->receivers, g_object_ref (g_ptr_array_index (all, i)));
}

/* It was delivered, and nobody else is to take it. */
static void
tell_task (NxGroups *self, NxSending *sending)
{
  if (self->is_closed)
    g_task_return_new_error (sending->task, NX_ERROR, NX_ERROR_INVALID_STATE, "The app has gone");
  else
    g_task_return_pointer (
        sending->task, sending->id.ms != 0 ? nx_message_id_to_string (&sending->id) : NULL, g_free);
}

gboolean
nx_groups_begin (NxGroups *self)
{
  if (self->is_sending)
    return FALSE;
  self->is_sending = TRUE;
  return TRUE;
}

void
nx_groups_end (NxGroups *self)
{
  NxSending *sending;

  nx_groups_ref (self);
  while ((sending = g_queue_pop_head (&self->waiting)) != NULL)
    {
      nx_group_deliver (sending);
      if (sending->task != NULL)
        tell_task (self, sending);
      sending_free (sending);
    }
  self->is_sending = FALSE;
  nx_groups_unref (self);
}

void
nx_groups_send (NxGroups *self, NxSending *sending)
{
  gboolean is_first = nx_groups_begin (self);

  g_queue_push_tail (&self->waiting, sending);
  if (is_first)
    nx_groups_end (self);
}
