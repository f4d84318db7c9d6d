/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a group's members share of a turn. */
#include "config.h"

#include <glib.h>
#include <string.h>

#include "transport/nx-batch-private.h"

static guint n_released;

static void
release_cb (gpointer connection)
{
  n_released++;
}

static NxFrame *
make_frame (gsize size, char c)
{
  g_autofree char *payload = g_strnfill (size, c);

  return nx_frame_new (NX_OPCODE_TEXT, payload, size);
}

/* As it goes over the wire. */
static GBytes *
get_wire (NxFrame *frame)
{
  gsize size;
  gconstpointer wire = nx_frame_get_wire (frame, &size);

  return g_bytes_new (wire, size);
}

static GBytes *
join (NxFrame **frames, guint n)
{
  GByteArray *all = g_byte_array_new ();

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GBytes) wire = get_wire (frames[i]);

      g_byte_array_append (all, g_bytes_get_data (wire, NULL), g_bytes_get_size (wire));
    }
  return g_byte_array_free_to_bytes (all);
}

static void
assert_wire (NxFrame *frame, NxFrame **frames, guint n)
{
  g_autoptr (GBytes) wire = get_wire (frame);
  g_autoptr (GBytes) expected = join (frames, n);

  g_assert_true (g_bytes_equal (wire, expected));
}

/* One message is not copied. */
static void
test_one (void)
{
  g_autoptr (NxFrame) frame = make_frame (5, 'a');
  NxBatch *batch = nx_batch_new (frame, &n_released, release_cb);
  g_autoptr (NxFrame) early = nx_batch_dup_frame (batch);

  g_assert_true (batch->owner == &n_released);
  g_assert_cmpuint (batch->size, ==, 7);
  g_assert_true (early == frame);
  g_assert_true (nx_batch_close (batch) == frame);
  g_assert_false (nx_batch_fits (batch, frame));
  nx_batch_unref (batch);
  assert_wire (frame, &frame, 1);
}

/* Further ones stand behind it, octet for octet, and what it held before is not changed by that. */
static void
test_several (void)
{
  NxFrame *frames[] = { make_frame (0, 'a'), make_frame (125, 'b'), make_frame (126, 'c'),
                        make_frame (NX_BATCH_MESSAGE_MAX - 4, 'd') };
  NxBatch *batch = nx_batch_new (frames[0], NULL, release_cb);
  NxFrame *held[G_N_ELEMENTS (frames)];
  gsize size = 0;

  for (guint i = 1; i < G_N_ELEMENTS (frames); i++)
    {
      held[i - 1] = nx_batch_dup_frame (batch);
      g_assert_true (nx_batch_fits (batch, frames[i]));
      nx_batch_append (batch, frames[i]);
    }
  for (guint i = 1; i < G_N_ELEMENTS (frames); i++)
    {
      assert_wire (held[i - 1], frames, i);
      nx_frame_unref (held[i - 1]);
    }
  assert_wire (nx_batch_close (batch), frames, G_N_ELEMENTS (frames));
  held[0] = nx_batch_dup_frame (batch);
  assert_wire (held[0], frames, G_N_ELEMENTS (frames));
  nx_frame_get_wire (held[0], &size);
  g_assert_cmpuint (size, ==, batch->size);
  nx_frame_unref (held[0]);
  nx_batch_unref (batch);
  for (guint i = 0; i < G_N_ELEMENTS (frames); i++)
    nx_frame_unref (frames[i]);
}

/* Neither a large message nor much of them is copied. */
static void
test_fits (void)
{
  g_autoptr (NxFrame) small = make_frame (1000, 's');
  g_autoptr (NxFrame) largest = make_frame (NX_BATCH_MESSAGE_MAX - 4, 'l');
  g_autoptr (NxFrame) too_large = make_frame (NX_BATCH_MESSAGE_MAX - 3, 'x');
  NxBatch *batch = nx_batch_new (small, NULL, release_cb);
  guint n = 1;

  g_assert_true (nx_batch_fits (batch, largest));
  g_assert_false (nx_batch_fits (batch, too_large));
  while (nx_batch_fits (batch, small))
    {
      nx_batch_append (batch, small);
      n++;
    }
  g_assert_cmpuint (batch->size, ==, n * 1004);
  g_assert_cmpuint (batch->size, >=, NX_BATCH_MAX);
  g_assert_cmpuint (batch->size - 1004, <, NX_BATCH_MAX);
  nx_batch_unref (batch);

  /* At that size one of the queues has enough. */
  batch = nx_batch_new (small, NULL, release_cb);
  batch->limit = batch->size + 1;
  g_assert_true (nx_batch_fits (batch, small));
  nx_batch_append (batch, small);
  g_assert_false (nx_batch_fits (batch, small));
  nx_batch_unref (batch);
}

/* Who stands apart is let go with the last reference. */
static void
test_apart (void)
{
  g_autoptr (NxFrame) frame = make_frame (1, 'a');
  NxBatch *batch = nx_batch_new (frame, NULL, release_cb);
  int one, other;

  n_released = 0;
  g_assert_null (batch->apart);
  nx_batch_add_apart (batch, &one);
  nx_batch_add_apart (batch, &other);
  g_assert_cmpuint (batch->apart->len, ==, 2);
  g_assert_true (g_ptr_array_index (batch->apart, 1) == &other);
  nx_batch_unref (nx_batch_ref (batch));
  g_assert_cmpuint (n_released, ==, 0);
  nx_batch_unref (batch);
  g_assert_cmpuint (n_released, ==, 2);
}

/* Who appends to one that was written has made a mistake. */
static void
test_closed (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (NxFrame) frame = make_frame (1, 'a');
      NxBatch *batch = nx_batch_new (frame, NULL, release_cb);

      nx_batch_close (batch);
      nx_batch_append (batch, frame);
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*is_open*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/batch/one", test_one);
  g_test_add_func ("/batch/several", test_several);
  g_test_add_func ("/batch/fits", test_fits);
  g_test_add_func ("/batch/apart", test_apart);
  g_test_add_func ("/batch/closed", test_closed);
  return g_test_run ();
}
