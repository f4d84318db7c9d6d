/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a group keeps for those who come later, and for how long.
 */
#include "config.h"

#include "groups/nx-group-private.h"

gint64
nx_group_get_now (NxGroup *self)
{
  return nx_reactor_get_now (self->groups->reactor);
}

void
nx_group_trim_history (NxGroup *self)
{
  gint64 expiry;

  nx_history_trim (&self->history, &self->limits, nx_group_get_now (self));
  expiry = nx_history_get_expiry (&self->history, &self->limits);
  if (expiry == G_MAXINT64)
    nx_reactor_stop_timer (self->groups->reactor, &self->age_timer);
  else
    nx_reactor_start_timer (self->groups->reactor, &self->age_timer, expiry);
}

void
nx_group_age_timer_cb (NxTimer *timer)
{
  NxGroup *self = (NxGroup *) ((guint8 *) timer - G_STRUCT_OFFSET (NxGroup, age_timer));

  g_object_ref (self);
  nx_group_trim_history (self);
  nx_group_update_kept (self);
  g_object_unref (self);
}

/* What was sent before there was a history is not known to it. */
void
nx_group_set_limits (NxGroup *self, const NxHistoryLimits *limits)
{
  gboolean had_history = nx_group_has_history (self);
  gboolean is_more = limits->size > self->limits.size || limits->n_bytes > self->limits.n_bytes
                     || limits->age_ms > self->limits.age_ms || limits->age_ms == 0;

  self->limits = *limits;
  if (!had_history && limits->size > 0)
    {
      NxMessageId floor;

      nx_groups_make_id (self->groups, &floor);
      nx_history_init (&self->history, &floor);
      self->is_counting = self->groups->backplane == NULL;
      self->past = self->is_counting ? NX_PAST_HERE : NX_PAST_UNREAD;
    }
  else if (is_more && self->past == NX_PAST_HERE && self->groups->backplane != NULL)
    self->past = NX_PAST_UNREAD;
  if (!had_history && limits->size > 0 && self->groups->backplane != NULL)
    nx_groups_attach (self->groups, self);
  nx_group_trim_history (self);
  nx_group_update_kept (self);
}

/**
 * nx_group_dup_last_id:
 * @self: a group
 *
 * The id of the last message that was sent to it and kept: what a client that joins now has seen.
 *
 * Returns: (transfer full) (nullable): the id; %NULL for a group without history, and until a backplane has told it for the first time
 *
 * Since: 0.1
 */
char *
nx_group_dup_last_id (NxGroup *self)
{
  g_return_val_if_fail (NX_IS_GROUP (self), NULL);

  return nx_group_has_history (self) && self->is_counting
             ? nx_message_id_to_string (&self->history.last)
             : NULL;
}
