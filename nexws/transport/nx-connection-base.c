/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all of a connection stands on: what it waits for, and its queue. */
#include "config.h"

#include "transport/nx-connection-inside-private.h"

/* Any octet that comes, or that the peer made room for, answers a ping. */
void
nx_connection_note_life (NxConnection *self)
{
  self->alive_us = nx_connection_get_now (self);
  self->ping_sent_us = 0;
}

void
nx_connection_start_timer (NxConnection *self, gint64 from_us, guint after_ms)
{
  nx_reactor_start_timer (self->reactor, &self->timer,
                          from_us + after_ms * G_GINT64_CONSTANT (1000));
}

void
nx_connection_update_interest (NxConnection *self)
{
  NxReady interest = 0;

  if (self->stream == NULL)
    return;
  if (nx_connection_is_reading (self))
    interest |= NX_READY_READ;
  if (self->is_blocked)
    interest |= NX_READY_WRITE;
  nx_stream_set_interest (self->stream, interest);
}

/* Something is to stand behind what the batch holds now: what it gets later comes behind that, to this connection alone. */
void
nx_connection_detach_batch (NxConnection *self)
{
  NxBatch *batch = self->output.batch;

  if (batch == NULL)
    return;
  if (batch->is_open)
    nx_batch_add_apart (batch, nx_connection_ref (self));
  nx_output_queue_detach (&self->output);
}

static void
push (NxConnection *self, NxFrame *frame, gconstpointer owner)
{
  if (self->state == NX_CONNECTION_ENDED || self->state == NX_CONNECTION_LEAVING || self->is_broken)
    {
      nx_frame_unref (frame);
      return;
    }
  nx_connection_detach_batch (self);
  nx_output_queue_push (&self->output, frame, owner);
  if (nx_connection_is_above_low (self))
    self->was_above_low = TRUE;
  nx_reactor_queue_flush (self->reactor, &self->flush_task);
}

void
nx_connection_push (NxConnection *self, NxFrame *frame)
{
  push (self, frame, NULL);
}

void
nx_connection_push_shared (NxConnection *self, NxFrame *frame, gconstpointer owner)
{
  push (self, frame, owner);
}

void
nx_connection_attach (NxConnection *self, NxBatch *batch)
{
  gsize mark = self->settings->high_water_mark, others;

  g_assert (nx_connection_has_room (self));

  nx_connection_detach_batch (self);
  nx_output_queue_attach (&self->output, batch);
  others = nx_output_queue_get_cost (&self->output) - batch->size;
  /* Whoever is at the mark is judged by itself, as for any message: so the batch ends there. */
  batch->limit = MIN (batch->limit, mark > others ? mark - others : 0);
  nx_reactor_queue_flush (self->reactor, &self->flush_task);
}

void
nx_connection_stand_apart (NxConnection *self, NxBatch *batch)
{
  if (self->output.batch == batch)
    nx_connection_detach_batch (self);
}

void
nx_connection_ping (NxConnection *self, const guint8 *data, gsize length)
{
  if (nx_connection_is_writable (self))
    nx_connection_push (self, nx_frame_new (NX_OPCODE_PING, data, length));
}

gboolean
nx_connection_has_room (const NxConnection *self)
{
  return nx_connection_is_writable (self) && nx_connection_is_below_mark (self, 1);
}

NxConnection *
nx_connection_ref (NxConnection *self)
{
  self->ref_count++;
  return self;
}

gboolean
nx_connection_is_writable (const NxConnection *self)
{
  return nx_connection_can_write (self);
}

gboolean
nx_connection_is_above_low (const NxConnection *self)
{
  return nx_output_queue_get_cost (&self->output)
         > MIN (self->settings->low_water_mark, self->settings->high_water_mark);
}
