/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one order in which all groups of an app send: one message at a time reaches everybody, and what is sent from inside that waits.
 */
#include "config.h"

#include "groups/nx-group-private.h"
#include "groups/nx-sending-private.h"
#include "nx-error.h"

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
      nx_sending_free (sending);
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
