/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-sending-private.h"

#include "groups/nx-group-private.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"

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

void
nx_sending_free (NxSending *self)
{
  g_clear_object (&self->group);
  g_clear_pointer (&self->message, nx_message_unref);
  g_clear_object (&self->excluding);
  g_clear_pointer (&self->receivers, g_ptr_array_unref);
  g_clear_pointer (&self->shared_id, g_rc_box_release);
  g_free (self->several);
  g_strfreev (self->preceding);
  g_clear_pointer (&self->query, g_bytes_unref);
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
