/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Members of a group that announces presence are told of what a turn has changed.
 */
#include "config.h"

#include "groups/nx-group-private.h"
#include "groups/nx-sending-private.h"

void
nx_group_presence_task_cb (NxTask *task)
{
  NxGroup *self = (NxGroup *) ((guint8 *) task - G_STRUCT_OFFSET (NxGroup, presence_task));
  g_autoptr (GHashTable) changed = g_steal_pointer (&self->changed_keys);
  g_autoptr (NxMessage) message = nx_group_make_presence_changes (self, changed);
  g_autoptr (NxGroup) kept = g_object_ref (self);
  NxSending *sending = nx_sending_new (self, message, NULL);

  sending->kind = NX_SENDING_HERE; /* others tell their own */
  sending->is_volatile = TRUE;
  nx_groups_send (self->groups, sending);
}
