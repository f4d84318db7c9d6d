/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-output-queue-private.h"

#include <string.h>

#define FIRST_RING_SIZE 8

/* About what a frame takes beside its octets: its head, a place in the ring, the allocator's share. */
#define FRAME_OVERHEAD 128
#define PARTS_MAX 512

/* Frames up to this size are copied side by side: that costs less than the kernel takes to look at each of them. */
#define SMALL_FRAME 1024

static NxOutputItem *
slot (const NxOutputQueue *self, guint position)
{
  return &self->ring[(self->head + position) & (self->ring_size - 1)];
}

static gsize
wire_size (const NxFrame *frame)
{
  gsize size;

  nx_frame_get_wire (frame, &size);
  return size;
}

static gboolean
is_pong (const NxFrame *frame)
{
  return nx_frame_get_opcode (frame) == NX_OPCODE_PONG;
}

gboolean
nx_output_queue_is_empty (const NxOutputQueue *self)
{
  return self->n_frames == 0 && self->batch == NULL;
}

gsize
nx_output_queue_get_size (const NxOutputQueue *self)
{
  return self->n_octets + (self->batch != NULL ? self->batch->size : 0);
}

gsize
nx_output_queue_get_cost (const NxOutputQueue *self)
{
  guint n_frames = self->n_frames + (self->batch != NULL);

  return nx_output_queue_get_size (self) + n_frames * FRAME_OVERHEAD;
}

static void
forget_ring (NxOutputQueue *self)
{
  g_clear_pointer (&self->ring, g_free);
  self->ring_size = self->head = 0;
}

static void
pop_head (NxOutputQueue *self)
{
  NxFrame *frame = slot (self, 0)->frame;

  self->n_pongs -= is_pong (frame);
  nx_frame_unref (frame);
  self->head = (self->head + 1) & (self->ring_size - 1);
  self->n_frames--;
  self->n_gone++;
  self->head_written = 0;
}

void
nx_output_queue_clear (NxOutputQueue *self)
{
  while (self->n_frames > 0)
    pop_head (self);
  self->n_octets = 0;
  g_clear_pointer (&self->batch, nx_batch_unref);
  forget_ring (self);
}

static void
grow (NxOutputQueue *self)
{
  guint size = self->ring_size == 0 ? FIRST_RING_SIZE : self->ring_size * 2;
  NxOutputItem *ring = g_new (NxOutputItem, size);

  for (guint i = 0; i < self->n_frames; i++)
    ring[i] = *slot (self, i);
  g_free (self->ring);
  self->ring = ring;
  self->ring_size = size;
  self->head = 0;
}

void
nx_output_queue_push (NxOutputQueue *self, NxFrame *frame, gconstpointer owner)
{
  g_assert (self->batch == NULL);

  if (self->n_frames == self->ring_size)
    grow (self);
  self->n_octets += wire_size (frame);
  if (is_pong (frame))
    {
      self->n_pongs++;
      self->last_pong = self->n_gone + self->n_frames;
    }
  *slot (self, self->n_frames++) = (NxOutputItem){ frame, owner };
}

void
nx_output_queue_attach (NxOutputQueue *self, NxBatch *batch)
{
  g_assert (self->batch == NULL);

  self->batch = nx_batch_ref (batch);
}

void
nx_output_queue_detach (NxOutputQueue *self)
{
  g_autoptr (NxBatch) batch = g_steal_pointer (&self->batch);

  nx_output_queue_push (self, nx_batch_dup_frame (batch), batch->owner);
}

void
nx_output_queue_replace_pong (NxOutputQueue *self, NxFrame *frame)
{
  guint position = (guint) (self->last_pong - self->n_gone);
  NxFrame **place;

  if (self->n_pongs == 0 || (position == 0 && self->head_written > 0))
    {
      nx_output_queue_push (self, frame, NULL);
      return;
    }
  place = &slot (self, position)->frame;
  self->n_octets += wire_size (frame);
  self->n_octets -= wire_size (*place);
  nx_frame_unref (*place);
  *place = frame;
}

/* Small frames become one part, in @scratch. */
static guint
collect_small (const NxOutputQueue *self, guint8 *scratch, gsize room, struct iovec *part)
{
  guint n = 0;

  part->iov_base = scratch;
  part->iov_len = 0;
  for (; n < self->n_frames; n++)
    {
      gsize length, skip = n == 0 ? self->head_written : 0;
      const guint8 *wire = nx_frame_get_wire (slot (self, n)->frame, &length);

      if (length > SMALL_FRAME || part->iov_len + length > room)
        break;
      memcpy (scratch + part->iov_len, wire + skip, length - skip);
      part->iov_len += length - skip;
    }
  return n;
}

static guint
collect_parts (const NxOutputQueue *self, struct iovec *parts, gsize *size)
{
  guint n = MIN (self->n_frames, PARTS_MAX);

  *size = 0;
  for (guint i = 0; i < n; i++)
    {
      gsize length, skip = i == 0 ? self->head_written : 0;
      const guint8 *wire = nx_frame_get_wire (slot (self, i)->frame, &length);

      parts[i].iov_base = (gpointer) (wire + skip);
      parts[i].iov_len = length - skip;
      *size += length - skip;
    }
  return n;
}

/* What goes out with the next system call. */
static guint
collect (const NxOutputQueue *self, NxStream *stream, struct iovec *parts, gsize *size)
{
  if (self->n_frames > 1
      && collect_small (self, nx_reactor_get_write_buffer (stream->reactor), NX_REACTOR_BUFFER_SIZE,
                        parts)
             > 1)
    {
      *size = parts[0].iov_len;
      return 1;
    }
  return collect_parts (self, parts, size);
}

static void
consume (NxOutputQueue *self, gsize written)
{
  self->n_octets -= written;
  while (self->n_frames > 0)
    {
      gsize left = wire_size (slot (self, 0)->frame) - self->head_written;

      if (written < left)
        {
          self->head_written += written;
          return;
        }
      written -= left;
      pop_head (self);
    }
  forget_ring (self);
}

/* A batch alone goes out without a ring: that is what a turn's broadcast costs each of its receivers. */
static NxFlushResult
flush_batch (NxOutputQueue *self, NxStream *stream, gsize *written)
{
  NxFrame *frame = nx_batch_close (self->batch);
  gconstpointer owner = self->batch->owner;
  gsize size;
  struct iovec part = { .iov_base = (gpointer) nx_frame_get_wire (frame, &size) };
  gssize n;

  part.iov_len = size;
  n = nx_stream_write (stream, &part, 1);
  if (n == NX_IO_FAILED)
    return NX_FLUSH_FAILED;
  n = MAX (n, 0); /* NX_IO_BLOCKED */
  *written = n;
  if ((gsize) n < size)
    nx_frame_ref (frame);
  g_clear_pointer (&self->batch, nx_batch_unref);
  if ((gsize) n == size)
    return NX_FLUSH_DONE;
  nx_output_queue_push (self, frame, owner);
  self->head_written = n;
  self->n_octets -= n;
  return NX_FLUSH_BLOCKED;
}

NxFlushResult
nx_output_queue_flush (NxOutputQueue *self, NxStream *stream, gsize *written)
{
  struct iovec parts[PARTS_MAX];

  *written = 0;
  if (self->batch != NULL && self->n_frames == 0)
    return flush_batch (self, stream, written);
  if (self->batch != NULL)
    {
      nx_batch_close (self->batch);
      nx_output_queue_detach (self);
    }
  while (self->n_frames > 0)
    {
      gsize size;
      guint n_parts = collect (self, stream, parts, &size);
      gssize n = nx_stream_write (stream, parts, n_parts);

      if (n == NX_IO_FAILED)
        return NX_FLUSH_FAILED;
      if (n == NX_IO_BLOCKED)
        return NX_FLUSH_BLOCKED;
      consume (self, n);
      *written += n;
      /* A short count says that the next attempt would block: do not make it. */
      if ((gsize) n < size)
        return NX_FLUSH_BLOCKED;
    }
  return NX_FLUSH_DONE;
}

static gboolean
is_control (const NxFrame *frame)
{
  return nx_frame_get_opcode (frame) & 0x8;
}

/* A frame that has begun must be ended, and the answer to the handshake comes before everything. */
static gboolean
must_stay (const NxOutputQueue *self, guint position)
{
  return (position == 0 && self->head_written > 0)
         || nx_frame_get_opcode (slot (self, position)->frame) == NX_OPCODE_RAW;
}

static void
drop (NxOutputQueue *self, guint position)
{
  NxFrame **place = &slot (self, position)->frame;

  self->n_octets -= wire_size (*place);
  self->n_pongs -= is_pong (*place);
  g_clear_pointer (place, nx_frame_unref);
}

/* Of the first @n frames, those that were not dropped move up to the others: that is what makes dropping cheap. */
static void
close_gaps (NxOutputQueue *self, guint n)
{
  guint to = n;

  for (guint from = n; from-- > 0;)
    {
      NxOutputItem item = *slot (self, from);

      if (item.frame == NULL)
        continue;
      *slot (self, --to) = item;
      if (is_pong (item.frame) && self->last_pong < self->n_gone + n)
        self->last_pong = MAX (self->last_pong, self->n_gone + to);
    }
  self->head = (self->head + to) & (self->ring_size - 1);
  self->n_frames -= to;
  self->n_gone += to;
  if (self->n_frames == 0)
    forget_ring (self);
}

void
nx_output_queue_drop_unsent (NxOutputQueue *self)
{
  g_clear_pointer (&self->batch, nx_batch_unref);
  for (guint i = 0; i < self->n_frames; i++)
    if (!must_stay (self, i))
      drop (self, i);
  if (self->n_frames > 0)
    close_gaps (self, self->n_frames);
}

static gboolean
may_drop (const NxOutputQueue *self, guint position, gconstpointer owner)
{
  const NxOutputItem *item = slot (self, position);

  return item->owner == owner && !must_stay (self, position) && !is_control (item->frame);
}

guint
nx_output_queue_drop_oldest (NxOutputQueue *self, gsize target, gconstpointer owner)
{
  gsize cost = nx_output_queue_get_cost (self);
  guint n_dropped = 0, i = 0;

  for (; i < self->n_frames && cost > target; i++)
    if (may_drop (self, i, owner))
      {
        cost -= wire_size (slot (self, i)->frame) + FRAME_OVERHEAD;
        drop (self, i);
        n_dropped++;
      }
  if (n_dropped > 0)
    close_gaps (self, i);
  return n_dropped;
}
