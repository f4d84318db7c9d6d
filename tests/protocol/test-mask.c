/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-mask-private.h"

#define MARGIN 16
#define MAX_LENGTH 140

static const guint8 key[4] = { 0x37, 0xfa, 0x21, 0x3d };

static void
fill (guint8 *octets, gsize length)
{
  for (gsize i = 0; i < length; i++)
    octets[i] = (guint8) (i * 31 + 7);
}

/* The definition of RFC 6455 section 5.3. */
static void
mask_plainly (guint8 *octets, gsize length, gsize phase)
{
  for (gsize i = 0; i < length; i++)
    octets[i] ^= key[(i + phase) % 4];
}

static void
test_key (void)
{
  guint8 stored[4];

  g_assert_cmphex (nx_mask_load (key), ==, 0x3d21fa37);
  nx_mask_store (0x3d21fa37, stored);
  g_assert_cmpmem (stored, 4, key, 4);
}

/* At every alignment and of every length; nothing beside it is touched. */
static void
test_every_alignment (void)
{
  for (gsize offset = 0; offset < MARGIN; offset++)
    for (gsize length = 0; length <= MAX_LENGTH; length++)
      {
        guint8 octets[MARGIN + MAX_LENGTH + MARGIN], expected[sizeof octets];
        guint32 next;

        fill (octets, sizeof octets);
        memcpy (expected, octets, sizeof octets);
        mask_plainly (expected + offset, length, 0);

        next = nx_mask_apply (nx_mask_load (key), octets + offset, length);
        g_assert_cmpmem (octets, sizeof octets, expected, sizeof expected);
        for (guint i = 0; i < 4; i++)
          g_assert_cmphex ((guint8) (next >> (8 * i)), ==, key[(length + i) % 4]);
      }
}

/* In three pieces, cut everywhere. */
static void
test_resumed (void)
{
  guint8 expected[MAX_LENGTH];

  fill (expected, sizeof expected);
  mask_plainly (expected, sizeof expected, 0);

  for (gsize first = 0; first <= MAX_LENGTH; first++)
    for (gsize second = first; second <= MAX_LENGTH; second++)
      {
        guint8 octets[MAX_LENGTH];
        guint32 mask = nx_mask_load (key);

        fill (octets, sizeof octets);
        mask = nx_mask_apply (mask, octets, first);
        mask = nx_mask_apply (mask, octets + first, second - first);
        nx_mask_apply (mask, octets + second, MAX_LENGTH - second);
        g_assert_cmpmem (octets, sizeof octets, expected, sizeof expected);
      }
}

static void
test_twice_is_nothing (void)
{
  guint8 octets[MAX_LENGTH], expected[MAX_LENGTH];

  fill (octets, sizeof octets);
  fill (expected, sizeof expected);
  nx_mask_apply (nx_mask_load (key), octets, sizeof octets);
  g_assert_cmpint (memcmp (octets, expected, sizeof octets), !=, 0);
  nx_mask_apply (nx_mask_load (key), octets, sizeof octets);
  g_assert_cmpmem (octets, sizeof octets, expected, sizeof expected);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mask/key", test_key);
  g_test_add_func ("/mask/every-alignment", test_every_alignment);
  g_test_add_func ("/mask/resumed", test_resumed);
  g_test_add_func ("/mask/twice-is-nothing", test_twice_is_nothing);
  return g_test_run ();
}
