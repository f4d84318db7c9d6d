/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "harness.h"
#include "transport/nx-output-queue-private.h"

/* A stream that takes as many octets as it is told to, and counts. */
typedef struct
{
  NxStream parent;
  GByteArray *taken;
  gsize room;
  gboolean fails;
  guint n_calls;
  guint n_parts; /* of the last call */
} Sink;

static gssize
sink_write (NxStream *stream, const struct iovec *parts, guint n_parts)
{
  Sink *self = (Sink *) stream;
  gssize written = 0;

  self->n_calls++;
  self->n_parts = n_parts;
  if (self->fails)
    return NX_IO_FAILED;
  for (guint i = 0; i < n_parts; i++)
    {
      gsize n = MIN (parts[i].iov_len, self->room);

      g_byte_array_append (self->taken, parts[i].iov_base, n);
      self->room -= n;
      written += n;
    }
  return written > 0 ? written : NX_IO_BLOCKED;
}

static const NxStreamClass sink_class = { .write = sink_write };

static void
sink_init (Sink *self, Ground *g)
{
  *self = (Sink){ .taken = g_byte_array_new () };
  nx_stream_init (&self->parent, &sink_class, g->reactor, NULL, NULL);
}

static void
sink_clear (Sink *self)
{
  g_byte_array_unref (self->taken);
  nx_stream_clear (&self->parent);
}

static NxFrame *
make_frame (NxOpcode opcode, gsize length, guint seed)
{
  g_autofree guint8 *payload = g_malloc (length + 1);

  for (gsize i = 0; i < length; i++)
    payload[i] = (guint8) (seed * 17 + i);
  return opcode == NX_OPCODE_RAW ? nx_frame_new_raw (payload, length)
                                 : nx_frame_new (opcode, payload, length);
}

static void
append_wire (GByteArray *out, NxFrame *frame)
{
  gsize length;
  const guint8 *wire = nx_frame_get_wire (frame, &length);

  g_byte_array_append (out, wire, length);
}

static void
assert_empty (const NxOutputQueue *queue)
{
  g_assert_null (queue->ring);
  g_assert_cmpuint (queue->ring_size, ==, 0);
  g_assert_cmpuint (queue->n_frames, ==, 0);
  g_assert_cmpuint (queue->n_pongs, ==, 0);
  g_assert_cmpuint (queue->n_octets, ==, 0);
  g_assert_cmpuint (queue->head_written, ==, 0);
}

/* -- Flushing -- */

typedef struct
{
  gsize lengths[6]; /* of binary frames; 0 ends it */
} Shape;

static void
push_shape (NxOutputQueue *queue, const Shape *shape, GByteArray *expected)
{
  for (guint i = 0; i < G_N_ELEMENTS (shape->lengths) && shape->lengths[i] > 0; i++)
    {
      NxFrame *frame = make_frame (NX_OPCODE_BINARY, shape->lengths[i], i);

      append_wire (expected, frame);
      nx_output_queue_push (queue, frame, NULL);
    }
  g_assert_cmpuint (queue->n_octets, ==, expected->len);
}

static void
flush_in_two (Ground *g, const Shape *shape, gsize first)
{
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  NxOutputQueue queue = { 0 };
  gsize written;
  Sink sink;

  sink_init (&sink, g);
  push_shape (&queue, shape, expected);
  sink.room = first;
  g_assert_cmpint (nx_output_queue_flush (&queue, &sink.parent, &written), ==,
                   first < expected->len ? NX_FLUSH_BLOCKED : NX_FLUSH_DONE);
  g_assert_cmpuint (written, ==, first);
  g_assert_cmpuint (queue.n_octets, ==, expected->len - first);
  sink.room = G_MAXSIZE;
  g_assert_cmpint (nx_output_queue_flush (&queue, &sink.parent, &written), ==, NX_FLUSH_DONE);
  g_assert_cmpuint (written, ==, expected->len - first);
  g_assert_cmpmem (sink.taken->data, sink.taken->len, expected->data, expected->len);
  assert_empty (&queue);
  sink_clear (&sink);
}

static void
test_cut_at_every_octet (Ground *g)
{
  static const Shape shapes[] = {
    { { 1 } },
    { { 5, 1, 7, 130 } },
    { { 1500 } },
    { { 1500, 1300, 1100 } },
    { { 10, 1500, 10, 20 } },
    { { 1015, 3, 1021, 1020, 8 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autoptr (GByteArray) octets = g_byte_array_new ();
      NxOutputQueue queue = { 0 };

      push_shape (&queue, &shapes[i], octets);
      nx_output_queue_clear (&queue);
      assert_empty (&queue);
      for (gsize first = 0; first <= octets->len; first++)
        flush_in_two (g, &shapes[i], first);
    }
}

static void
check_calls (Ground *g, guint n_frames, gsize length, guint n_calls, guint n_parts)
{
  NxOutputQueue queue = { 0 };
  gsize written;
  Sink sink;

  sink_init (&sink, g);
  sink.room = G_MAXSIZE;
  for (guint i = 0; i < n_frames; i++)
    nx_output_queue_push (&queue, make_frame (NX_OPCODE_TEXT, length, i), NULL);
  g_assert_cmpint (nx_output_queue_flush (&queue, &sink.parent, &written), ==, NX_FLUSH_DONE);
  g_assert_cmpuint (sink.n_calls, ==, n_calls);
  g_assert_cmpuint (sink.n_parts, ==, n_parts);
  assert_empty (&queue);
  sink_clear (&sink);
}

/* However many frames wait: one call while they fit the buffer, or the kernel's list. */
static void
test_calls (Ground *g)
{
  check_calls (g, 0, 0, 0, 0);
  check_calls (g, 1, 10, 1, 1);
  check_calls (g, 500, 100, 1, 1);
  check_calls (g, 1000, 100, 2, 1);
  check_calls (g, 3, 5000, 1, 3);
  check_calls (g, 512, 2000, 1, 512);
  check_calls (g, 513, 2000, 2, 1);
}

/* A stream that took less than all would block at the next call: it is not made. */
static void
test_short_count (Ground *g)
{
  NxOutputQueue queue = { 0 };
  gsize written;
  Sink sink;

  sink_init (&sink, g);
  nx_output_queue_push (&queue, make_frame (NX_OPCODE_TEXT, 10, 0), NULL);
  sink.room = 3;
  g_assert_cmpint (nx_output_queue_flush (&queue, &sink.parent, &written), ==, NX_FLUSH_BLOCKED);
  g_assert_cmpuint (sink.n_calls, ==, 1);
  g_assert_cmpuint (queue.head_written, ==, 3);
  sink.fails = TRUE;
  g_assert_cmpint (nx_output_queue_flush (&queue, &sink.parent, &written), ==, NX_FLUSH_FAILED);
  g_assert_cmpuint (written, ==, 0);
  nx_output_queue_clear (&queue);
  assert_empty (&queue);
  nx_output_queue_clear (&queue);
  sink_clear (&sink);
}

/* -- Everything, against a list that is as simple as can be -- */

typedef struct
{
  NxFrame *frame;
  gsize written;
} Item;

typedef struct
{
  NxOutputQueue queue;
  Sink sink;
  GArray *items;        /* of Item */
  GByteArray *expected; /* what has gone out */
  GRand *rand;
} Model;

static void
forget_item (Model *self, guint i)
{
  nx_frame_unref (g_array_index (self->items, Item, i).frame);
  g_array_remove_index (self->items, i);
}

static gsize
wire_size (NxFrame *frame)
{
  gsize size;

  nx_frame_get_wire (frame, &size);
  return size;
}

static gsize
model_octets (Model *self)
{
  gsize n = 0;

  for (guint i = 0; i < self->items->len; i++)
    {
      Item *item = &g_array_index (self->items, Item, i);

      n += wire_size (item->frame) - item->written;
    }
  return n;
}

static NxFrame *
random_frame (Model *self)
{
  static const NxOpcode opcodes[] = { NX_OPCODE_TEXT, NX_OPCODE_BINARY, NX_OPCODE_TEXT,
                                      NX_OPCODE_PONG, NX_OPCODE_PING,   NX_OPCODE_CLOSE,
                                      NX_OPCODE_RAW };
  NxOpcode opcode = opcodes[g_rand_int_range (self->rand, 0, G_N_ELEMENTS (opcodes))];
  gsize max = opcode & 0x8 && opcode != NX_OPCODE_RAW    ? 125
              : g_rand_int_range (self->rand, 0, 4) == 0 ? 3000
                                                         : 200;

  return make_frame (opcode, g_rand_int_range (self->rand, 1, (gint32) max),
                     g_rand_int (self->rand));
}

static void
do_push (Model *self)
{
  NxFrame *frame = random_frame (self);
  Item item = { nx_frame_ref (frame), 0 };

  g_array_append_val (self->items, item);
  nx_output_queue_push (&self->queue, frame, NULL);
}

static void
do_replace_pong (Model *self)
{
  NxFrame *frame =
      make_frame (NX_OPCODE_PONG, g_rand_int_range (self->rand, 0, 100), g_rand_int (self->rand));
  Item item = { nx_frame_ref (frame), 0 };
  guint i = self->items->len;

  nx_output_queue_replace_pong (&self->queue, frame);
  while (i-- > 0)
    {
      Item *place = &g_array_index (self->items, Item, i);

      if (nx_frame_get_opcode (place->frame) != NX_OPCODE_PONG || place->written > 0)
        continue;
      nx_frame_unref (place->frame);
      *place = item;
      return;
    }
  g_array_append_val (self->items, item);
}

static void
do_flush (Model *self)
{
  gsize room = g_rand_int_range (self->rand, 0, 4000), written, left = room;

  while (self->items->len > 0 && left > 0)
    {
      Item *item = &g_array_index (self->items, Item, 0);
      gsize size;
      const guint8 *wire = nx_frame_get_wire (item->frame, &size);
      gsize n = MIN (left, size - item->written);

      g_byte_array_append (self->expected, wire + item->written, n);
      left -= n;
      item->written += n;
      if (item->written == size)
        forget_item (self, 0);
    }
  self->sink.room = room;
  g_assert_cmpint (nx_output_queue_flush (&self->queue, &self->sink.parent, &written), ==,
                   self->items->len > 0 ? NX_FLUSH_BLOCKED : NX_FLUSH_DONE);
  g_assert_cmpuint (written, ==, room - left);
}

/* A frame costs more than its octets. */
static gsize
model_cost (Model *self)
{
  return model_octets (self) + self->items->len * 128;
}

static void
do_drop (Model *self, gboolean everything)
{
  gsize target = everything ? 0 : (gsize) g_rand_int_range (self->rand, 0, 6000);
  guint n_dropped = 0;

  for (guint i = 0; i < self->items->len;)
    {
      Item *item = &g_array_index (self->items, Item, i);
      NxOpcode opcode = nx_frame_get_opcode (item->frame);

      if ((!everything && model_cost (self) <= target) || item->written > 0
          || opcode == NX_OPCODE_RAW || (opcode & 0x8 && !everything))
        {
          i++;
          continue;
        }
      forget_item (self, i);
      n_dropped++;
    }
  if (everything)
    nx_output_queue_drop_unsent (&self->queue);
  else
    g_assert_cmpuint (nx_output_queue_drop_oldest (&self->queue, target, NULL), ==, n_dropped);
}

static void
model_check (Model *self)
{
  guint n_pongs = 0;

  for (guint i = 0; i < self->items->len; i++)
    n_pongs += nx_frame_get_opcode (g_array_index (self->items, Item, i).frame) == NX_OPCODE_PONG;
  g_assert_cmpuint (self->queue.n_frames, ==, self->items->len);
  g_assert_cmpuint (self->queue.n_octets, ==, model_octets (self));
  g_assert_cmpuint (nx_output_queue_get_cost (&self->queue), ==, model_cost (self));
  g_assert_cmpuint (self->queue.n_pongs, ==, n_pongs);
  g_assert_cmpmem (self->sink.taken->data, self->sink.taken->len, self->expected->data,
                   self->expected->len);
  if (self->items->len == 0)
    assert_empty (&self->queue);
  g_byte_array_set_size (self->sink.taken, 0);
  g_byte_array_set_size (self->expected, 0);
}

static void
model_step (Model *self)
{
  switch (g_rand_int_range (self->rand, 0, 40))
    {
    case 0:
      do_drop (self, TRUE);
      break;
    case 1:
    case 2:
      do_drop (self, FALSE);
      break;
    case 3:
    case 4:
      do_replace_pong (self);
      break;
    case 5:
    case 6:
    case 7:
    case 8:
      do_flush (self);
      break;
    default:
      do_push (self);
    }
}

static void
test_against_a_model (Ground *g)
{
  Model model = { .items = g_array_new (FALSE, FALSE, sizeof (Item)),
                  .expected = g_byte_array_new (),
                  .rand = g_rand_new_with_seed (1) };

  sink_init (&model.sink, g);
  for (guint i = 0; i < 30000; i++)
    {
      model_step (&model);
      model_check (&model);
    }
  while (model.items->len > 0)
    forget_item (&model, 0);
  nx_output_queue_clear (&model.queue);
  g_array_unref (model.items);
  g_byte_array_unref (model.expected);
  g_rand_free (model.rand);
  sink_clear (&model.sink);
}

/* A ring that is full and begins in its middle grows in order. */
static void
test_growth_around_the_corner (Ground *g)
{
  g_autoptr (GByteArray) expected = g_byte_array_new ();
  NxOutputQueue queue = { 0 };
  gsize written;
  Sink sink;

  sink_init (&sink, g);
  for (guint i = 0; i < 20; i++)
    {
      NxFrame *frame = make_frame (NX_OPCODE_TEXT, 10, i);

      append_wire (expected, frame);
      nx_output_queue_push (&queue, frame, NULL);
      sink.room = i < 5 && i > 0 ? 12 : 0;
      nx_output_queue_flush (&queue, &sink.parent, &written);
    }
  g_assert_cmpuint (queue.ring_size, ==, 16);
  sink.room = G_MAXSIZE;
  g_assert_cmpint (nx_output_queue_flush (&queue, &sink.parent, &written), ==, NX_FLUSH_DONE);
  g_assert_cmpmem (sink.taken->data, sink.taken->len, expected->data, expected->len);
  assert_empty (&queue);
  sink_clear (&sink);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_scenario ("/output-queue/cut-at-every-octet", OVER_MEMORY, test_cut_at_every_octet);
  add_scenario ("/output-queue/calls", OVER_MEMORY, test_calls);
  add_scenario ("/output-queue/short-count", OVER_MEMORY, test_short_count);
  add_scenario ("/output-queue/against-a-model", OVER_MEMORY, test_against_a_model);
  add_scenario ("/output-queue/growth-around-the-corner", OVER_MEMORY,
                test_growth_around_the_corner);
  return g_test_run ();
}
