/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-frame-private.h"

static void
check_wire (NxFrame *frame,
            const guint8 *header,
            gsize header_length,
            gconstpointer payload,
            gsize length)
{
  gsize wire_length, payload_length;
  const guint8 *wire = nx_frame_get_wire (frame, &wire_length);
  const guint8 *octets = nx_frame_get_payload (frame, &payload_length);

  g_assert_cmpuint (wire_length, ==, header_length + length);
  g_assert_cmpmem (wire, header_length, header, header_length);
  g_assert_true (octets == wire + header_length);
  g_assert_cmpmem (octets, payload_length, payload, length);
  g_assert_cmpint (octets[length], ==, '\0');
}

static void
test_new (void)
{
  g_autoptr (NxFrame) text = nx_frame_new (NX_OPCODE_TEXT, "Hello", 5);
  g_autoptr (NxFrame) empty = nx_frame_new (NX_OPCODE_PONG, NULL, 0);

  check_wire (text, (const guint8[]){ 0x81, 0x05 }, 2, "Hello", 5);
  g_assert_cmpint (nx_frame_get_opcode (text), ==, NX_OPCODE_TEXT);
  check_wire (empty, (const guint8[]){ 0x8a, 0x00 }, 2, "", 0);
  g_assert_cmpint (nx_frame_get_opcode (empty), ==, NX_OPCODE_PONG);
}

static void
test_lengths (void)
{
  static const struct
  {
    gsize length;
    guint8 header[NX_FRAME_HEADER_MAX];
    gsize header_length;
  } cases[] = {
    { 125, { 0x82, 125 }, 2 },
    { 126, { 0x82, 126, 0, 126 }, 4 },
    { 65535, { 0x82, 126, 0xff, 0xff }, 4 },
    { 65536, { 0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0 }, 10 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree guint8 *payload = g_malloc (cases[i].length);
      g_autoptr (NxFrame) frame = NULL;

      memset (payload, 0x5a, cases[i].length);
      frame = nx_frame_new (NX_OPCODE_BINARY, payload, cases[i].length);
      check_wire (frame, cases[i].header, cases[i].header_length, payload, cases[i].length);
    }
}

static void
test_references (void)
{
  NxFrame *frame = nx_frame_new (NX_OPCODE_TEXT, "x", 1);

  g_assert_true (nx_frame_ref (frame) == frame);
  nx_frame_unref (frame);
  g_assert_cmpint (nx_frame_get_opcode (frame), ==, NX_OPCODE_TEXT);
  nx_frame_unref (frame);
}

/* In steps of every size, so that each boundary of the growth is met. */
static void
test_growing (void)
{
  guint8 payload[3000];

  for (guint i = 0; i < sizeof payload; i++)
    payload[i] = (guint8) (i * 7);

  for (gsize step = 1; step <= sizeof payload; step += step < 300 ? 1 : 100)
    {
      NxFrame *frame = nx_frame_new_growing (sizeof payload);

      for (gsize at = 0; at < sizeof payload; at += step)
        frame = nx_frame_append (frame, payload + at, MIN (step, sizeof payload - at));
      frame = nx_frame_append (frame, NULL, 0);
      nx_frame_finish (frame, NX_OPCODE_BINARY, FALSE);
      check_wire (frame, (const guint8[]){ 0x82, 126, 0x0b, 0xb8 }, 4, payload, sizeof payload);
      nx_frame_unref (frame);
    }
}

static void
test_growing_needs_no_octet (void)
{
  g_autoptr (NxFrame) frame = nx_frame_new_growing (0);

  nx_frame_finish (frame, NX_OPCODE_TEXT, FALSE);
  check_wire (frame, (const guint8[]){ 0x81, 0x00 }, 2, "", 0);
}

static void
test_compressed (void)
{
  g_autoptr (NxFrame) frame = nx_frame_new_growing (100);

  frame = nx_frame_append (frame, "\x00", 1);
  nx_frame_finish (frame, NX_OPCODE_TEXT, TRUE);
  check_wire (frame, (const guint8[]){ 0xc1, 0x01 }, 2, "\x00", 1);
}

/* The room doubles, and ends at the limit. */
static void
test_reserve (void)
{
  const gsize limit = 1000;
  NxFrame *frame = nx_frame_new_growing (limit);
  gsize filled = 0, first = 0, room;

  while (filled < limit)
    {
      guint8 *spare = nx_frame_reserve (&frame, &room);

      g_assert_cmpuint (room, >, 0);
      g_assert_cmpuint (filled + room, <=, limit);
      g_assert_cmpuint (filled + room, <=, MAX (256, 2 * filled));
      if (first == 0)
        first = room;
      memset (spare, 'r', room);
      nx_frame_commit (frame, room);
      filled += room;
    }
  g_assert_cmpuint (first, <, 256);

  /* Only on demand does it pass the limit. */
  g_assert_nonnull (nx_frame_reserve (&frame, &room));
  g_assert_cmpuint (room, ==, 1);

  nx_frame_truncate (frame, 3);
  nx_frame_finish (frame, NX_OPCODE_TEXT, FALSE);
  check_wire (frame, (const guint8[]){ 0x81, 0x03 }, 2, "rrr", 3);
  nx_frame_unref (frame);
}

static void
test_payload_is_aligned (void)
{
  g_autoptr (NxFrame) frame = nx_frame_new (NX_OPCODE_BINARY, "x", 1);
  gsize length;

  g_assert_cmpuint (GPOINTER_TO_SIZE (nx_frame_get_payload (frame, &length)) % 16, ==, 0);
}

static void
test_appending_to_a_finished_frame_is_a_mistake (void)
{
  if (g_test_subprocess ())
    {
      NxFrame *frame = nx_frame_new (NX_OPCODE_TEXT, "x", 1);

      frame = nx_frame_append (frame, "y", 1);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/frame/new", test_new);
  g_test_add_func ("/frame/lengths", test_lengths);
  g_test_add_func ("/frame/references", test_references);
  g_test_add_func ("/frame/growing", test_growing);
  g_test_add_func ("/frame/growing-needs-no-octet", test_growing_needs_no_octet);
  g_test_add_func ("/frame/compressed", test_compressed);
  g_test_add_func ("/frame/reserve", test_reserve);
  g_test_add_func ("/frame/payload-is-aligned", test_payload_is_aligned);
  g_test_add_func ("/frame/appending-to-a-finished-frame-is-a-mistake",
                   test_appending_to_a_finished_frame_is_a_mistake);
  return g_test_run ();
}
