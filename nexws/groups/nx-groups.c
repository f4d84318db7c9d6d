/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-groups-private.h"

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
  self->polls = g_hash_table_new (NULL, NULL);
  self->inquiries = g_hash_table_new (NULL, NULL);
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
  g_hash_table_unref (self->polls);
  g_hash_table_unref (self->inquiries);
  g_object_unref (self->connections);
  nx_reactor_unref (self->reactor);
  nx_app_handle_unref (self->app_handle);
  g_free (self);
}

NxGroup *
nx_groups_find (NxGroups *self, const char *name)
{
  return g_hash_table_lookup (self->by_name, name);
}

void
nx_groups_make_id (NxGroups *self, NxMessageId *id)
{
  nx_message_id_advance (&self->last_id, g_get_real_time () / 1000);
  *id = self->last_id;
}
