/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-batch-private.h"

static gsize
wire_size (const NxFrame *frame)
{
  gsize size;

  nx_frame_get_wire (frame, &size);
  return size;
}

NxBatch *
nx_batch_new (NxFrame *first, gconstpointer owner, GDestroyNotify release)
{
  NxBatch *self = g_new0 (NxBatch, 1);

  self->ref_count = 1;
  self->is_open = TRUE;
  self->owner = owner;
  self->release = release;
  self->frame = nx_frame_ref (first);
  self->size = wire_size (first);
  self->limit = NX_BATCH_MAX;
  return self;
}

NxBatch *
nx_batch_ref (NxBatch *self)
{
  self->ref_count++;
  return self;
}

void
nx_batch_unref (NxBatch *self)
{
  if (--self->ref_count > 0)
    return;
  nx_frame_unref (self->frame);
  g_clear_pointer (&self->apart, g_ptr_array_unref);
  g_free (self);
}

void
nx_batch_add_apart (NxBatch *self, gpointer connection)
{
  if (self->apart == NULL)
    self->apart = g_ptr_array_new_with_free_func (self->release);
  g_ptr_array_add (self->apart, connection);
}

gboolean
nx_batch_fits (const NxBatch *self, const NxFrame *frame)
{
  return self->is_open && self->size < self->limit && wire_size (frame) <= NX_BATCH_MESSAGE_MAX;
}

/* There is no way to go on without the memory: who is attached would miss what others get. */
static NxFrame *
append_to (NxFrame *block, const NxFrame *frame)
{
  gsize size;
  gconstpointer wire = nx_frame_get_wire (frame, &size);
  NxFrame *grown = nx_frame_append (block, wire, size);

  if (grown == NULL)
    g_error ("No memory for a batch of messages");
  return grown;
}

void
nx_batch_append (NxBatch *self, const NxFrame *frame)
{
  g_assert (self->is_open);

  if (!self->is_copied)
    {
      g_autoptr (NxFrame) first = self->frame;

      self->frame = append_to (nx_frame_new_growing (NX_BATCH_MAX + NX_BATCH_MESSAGE_MAX), first);
      self->is_copied = TRUE;
    }
  self->frame = append_to (self->frame, frame);
  self->size += wire_size (frame);
}

NxFrame *
nx_batch_close (NxBatch *self)
{
  if (self->is_open && self->is_copied)
    nx_frame_finish_batch (self->frame);
  self->is_open = FALSE;
  return self->frame;
}

NxFrame *
nx_batch_dup_frame (const NxBatch *self)
{
  gsize length;
  gconstpointer octets;

  if (!self->is_open || !self->is_copied)
    return nx_frame_ref (self->frame);
  octets = nx_frame_get_payload (self->frame, &length);
  return nx_frame_new_batch (octets, length);
}
