/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is queued goes out, and who is too slow is dealt with. */
#include "config.h"

#include "transport/nx-connection-inside-private.h"

void
nx_connection_flush (NxConnection *self)
{
  gsize written;
  NxFlushResult result;

  if (nx_connection_is_above_low (self))
    self->was_above_low = TRUE; /* a batch grows by itself */
  if (nx_output_queue_is_empty (&self->output))
    result = self->is_broken ? NX_FLUSH_FAILED : NX_FLUSH_DONE;
  else
    result = nx_output_queue_flush (&self->output, self->stream, &written);

  self->is_blocked = result == NX_FLUSH_BLOCKED;
  if (result == NX_FLUSH_FAILED)
    {
      nx_connection_lose_output (self);
      return;
    }
  nx_connection_update_interest (self);
  if (self->was_above_low && !nx_connection_is_above_low (self))
    {
      self->was_above_low = FALSE;
      if (self->funcs != NULL)
        self->funcs->drained (self, self->owner);
    }
  if (self->state == NX_CONNECTION_LEAVING && nx_output_queue_is_empty (&self->output))
    nx_connection_end (self);
}

void
nx_connection_flush_task_cb (NxTask *task)
{
  NxConnection *self =
      (NxConnection *) ((guint8 *) task - G_STRUCT_OFFSET (NxConnection, flush_task));

  /* While the stream is blocked, only its readiness is worth a system call. */
  if (self->is_blocked)
    return;
  nx_connection_ref (self);
  nx_connection_flush (self);
  nx_connection_unref (self);
}

static NxSendResult
drop_oldest (NxConnection *self, gconstpointer owner)
{
  nx_connection_detach_batch (self);
  nx_output_queue_drop_oldest (&self->output, self->settings->high_water_mark - 1, owner);
  /* What others have sent is not ours to drop; alone, a message goes behind the one that is on its way. */
  return nx_connection_is_below_mark (self, 1) || self->output.n_frames <= 1 ? NX_SEND_OK
                                                                             : NX_SEND_SLOW;
}

static NxSendResult
apply_slow_policy (NxConnection *self, NxSlowPolicy policy, gconstpointer owner)
{
  /* With a context that is taken over, a frame that was compressed cannot be left out any more. */
  if (policy == NX_SLOW_POLICY_DROP_OLDEST && self->sender.takeover)
    policy = NX_SLOW_POLICY_DROP_NEW;

  switch (policy)
    {
    case NX_SLOW_POLICY_KEEP:
      return NX_SEND_OK;
    case NX_SLOW_POLICY_DROP_OLDEST:
      return drop_oldest (self, owner);
    case NX_SLOW_POLICY_DROP_NEW:
      return NX_SEND_SLOW;
    case NX_SLOW_POLICY_CLOSE:
    default:
      nx_output_queue_drop_unsent (&self->output);
      nx_connection_close (self, 1013, "too slow");
      return NX_SEND_SLOW;
    }
}

NxSendResult
nx_connection_admit (NxConnection *self, guint patience)
{
  NxSendResult result;

  if (!nx_connection_can_write (self))
    return NX_SEND_CLOSED;
  if (nx_connection_is_below_mark (self, patience))
    return NX_SEND_OK;

  nx_connection_ref (self);
  nx_connection_flush (self);
  if (!nx_connection_can_write (self))
    result = NX_SEND_CLOSED;
  else if (nx_connection_is_below_mark (self, patience))
    result = NX_SEND_OK;
  else
    result = apply_slow_policy (self, self->settings->slow_policy, NULL);
  nx_connection_unref (self);
  return result;
}

NxSendResult
nx_connection_admit_shared (NxConnection *self, NxSlowPolicy policy, gconstpointer owner)
{
  NxSendResult result;

  if (!nx_connection_can_write (self))
    return NX_SEND_CLOSED;
  if (nx_connection_is_below_mark (self, 1))
    return NX_SEND_OK;

  nx_connection_ref (self);
  /* A burst to many does not knock at the door of the slow ones with each message. */
  if (!self->is_blocked)
    nx_connection_flush (self);
  if (!nx_connection_can_write (self))
    result = NX_SEND_CLOSED;
  else if (nx_connection_is_below_mark (self, 1))
    result = NX_SEND_OK;
  else
    result = apply_slow_policy (self, policy, owner);
  nx_connection_unref (self);
  return result;
}
