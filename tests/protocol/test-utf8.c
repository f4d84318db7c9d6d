/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Against two oracles: GLib says what is valid; arithmetic on code points says where the first
 * impossible octet is.
 */
#include "config.h"

#include <string.h>

#include "protocol/nx-utf8-private.h"

/* One octet of each kind that RFC 3629 section 4 tells apart, both ends of each range. */
static const guint8 kinds[] = { 0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0,
                                0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0,
                                0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xfb, 0xfc, 0xfe, 0xff };

/* GLib takes a NUL for the end; WebSocket text may hold it. */
static gboolean
is_valid_for_glib (const guint8 *octets, gsize length)
{
  guint8 copy[64];

  g_assert_cmpuint (length, <=, sizeof copy);
  for (gsize i = 0; i < length; i++)
    copy[i] = octets[i] == 0 ? 'N' : octets[i];
  return g_utf8_validate_len ((const char *) copy, length, NULL);
}

/* Whether the first @have octets of a character of @size can become one: some code point that
 * begins so is allowed. */
static gboolean
is_possible (const guint8 *octets, guint have, guint size)
{
  static const guint32 smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
  guint32 code = octets[0] & (0x7Fu >> size);
  guint32 low, high;

  for (guint i = 1; i < have; i++)
    {
      if (octets[i] < 0x80 || octets[i] > 0xBF)
        return FALSE;
      code = code << 6 | (octets[i] & 0x3Fu);
    }

  low = code << (6 * (size - have));
  high = low + (1u << (6 * (size - have))) - 1;
  low = MAX (low, smallest[size]);
  high = MIN (high, 0x10FFFF);
  return low <= high && !(low >= 0xD800 && high <= 0xDFFF);
}

static gsize
count_possible (const guint8 *octets, gsize length)
{
  gsize at = 0;

  while (at < length)
    {
      const guint8 lead = octets[at];
      const guint size = lead < 0x80   ? 1
                         : lead < 0xC0 ? 0
                         : lead < 0xE0 ? 2
                         : lead < 0xF0 ? 3
                         : lead < 0xF8 ? 4
                                       : 0;

      if (size == 0)
        return at;
      for (guint have = 1; size > 1 && have <= size; have++)
        {
          if (at + have > length)
            return length;
          if (!is_possible (octets + at, have, size))
            return at + have - 1;
        }
      at += size;
    }

  return length;
}

static void
check (const guint8 *octets, gsize length)
{
  const gsize possible = count_possible (octets, length);
  NxUtf8 whole = { 0 }, pieces = { 0 };
  gsize n = 0;

  if (nx_utf8_accept (&whole, octets, length) != possible
      || nx_utf8_is_valid (octets, length) != is_valid_for_glib (octets, length))
    g_error ("%" G_GSIZE_FORMAT " octets from %02x %02x %02x on", length, octets[0], octets[1],
             octets[2]);

  while (n < length && nx_utf8_accept (&pieces, octets + n, 1) == 1)
    n++;
  g_assert_cmpuint (n, ==, possible);
  if (possible == length)
    g_assert_cmpint (nx_utf8_is_complete (&pieces), ==, nx_utf8_is_complete (&whole));
}

static void
test_all_of_one_and_two (void)
{
  for (guint i = 0; i < 0x10000; i++)
    {
      const guint8 octets[] = { i >> 8, i & 0xff, 0 };

      check (octets, 1);
      check (octets, 2);
    }
}

static void
test_all_of_three (void)
{
  /* Behind ASCII it is the two-octet case again. */
  for (guint i = 0x800000; i < 0x1000000; i++)
    {
      const guint8 octets[] = { i >> 16, i >> 8 & 0xff, i & 0xff };

      /* Without g_assert's cost eight million times. */
      if (nx_utf8_is_valid (octets, 3) != g_utf8_validate_len ((const char *) octets, 3, NULL))
        if (octets[1] != 0 && octets[2] != 0)
          g_error ("%06x", i);
    }
}

static void
test_all_kinds_of_three (void)
{
  const guint n = G_N_ELEMENTS (kinds);

  for (guint i = 0; i < n * n * n; i++)
    {
      const guint8 octets[] = { kinds[i % n], kinds[i / n % n], kinds[i / n / n] };

      check (octets, 3);
    }
}

static void
test_all_kinds_of_four (void)
{
  const guint n = G_N_ELEMENTS (kinds);

  for (guint i = 0; i < n * n * n * n; i++)
    {
      const guint8 octets[] = { kinds[i % n], kinds[i / n % n], kinds[i / n / n % n],
                                kinds[i / n / n / n] };

      check (octets, 4);
    }
}

/* Each code point there is. */
static void
test_all_characters (void)
{
  for (gunichar c = 0; c < 0x110000; c++)
    {
      char octets[6];
      int length;

      if (c >= 0xD800 && c <= 0xDFFF)
        continue;
      length = g_unichar_to_utf8 (c, octets);
      g_assert_true (nx_utf8_is_valid ((const guint8 *) octets, (gsize) length));
    }
}

/* A character, or a mistake, at every place of a text that is long enough for every step's width.
 */
static void
test_at_every_place (void)
{
  static const char *const samples[] = { "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9f\x98\x80",
                                         "\xff",
                                         "\x80",
                                         "\xc3",
                                         "\xed\xa0\x80",
                                         "\xe0\x80\x80",
                                         "\xf4\x90\x80\x80",
                                         "\xe2\x82",
                                         "\xe2\x82\xac\xff",
                                         "\xf0\x9f\x98" };

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    for (gsize length = strlen (samples[i]); length <= 60; length++)
      for (gsize at = 0; at + strlen (samples[i]) <= length; at++)
        {
          guint8 octets[64];

          memset (octets, 'a', sizeof octets);
          memcpy (octets + at, samples[i], strlen (samples[i]));
          check (octets, length);
        }
}

/* Mixed text in two pieces: the cut changes nothing. */
static void
test_cut_everywhere (void)
{
  static const char text[] =
      "ascii \xc3\xa9t\xc3\xa9 \xe2\x82\xac\xe2\x82\xac \xf0\x9f\x98\x80\xf0\x9f\x98\x80 \xd0\x96\xd0\x96\xd0\x96 and more ascii";
  const guint8 *octets = (const guint8 *) text;

  for (gsize cut = 0; cut <= strlen (text); cut++)
    {
      NxUtf8 utf8 = { 0 };

      g_assert_cmpuint (nx_utf8_accept (&utf8, octets, cut), ==, cut);
      g_assert_cmpuint (nx_utf8_accept (&utf8, octets + cut, strlen (text) - cut), ==,
                        strlen (text) - cut);
      g_assert_true (nx_utf8_is_complete (&utf8));
    }
}

static void
test_nothing (void)
{
  NxUtf8 utf8 = { 0 };

  g_assert_true (nx_utf8_is_valid ((const guint8 *) "", 0));
  g_assert_cmpuint (nx_utf8_accept (&utf8, (const guint8 *) "", 0), ==, 0);
  g_assert_true (nx_utf8_is_complete (&utf8));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/utf8/all-of-one-and-two", test_all_of_one_and_two);
  g_test_add_func ("/utf8/all-of-three", test_all_of_three);
  g_test_add_func ("/utf8/all-kinds-of-three", test_all_kinds_of_three);
  g_test_add_func ("/utf8/all-kinds-of-four", test_all_kinds_of_four);
  g_test_add_func ("/utf8/all-characters", test_all_characters);
  g_test_add_func ("/utf8/at-every-place", test_at_every_place);
  g_test_add_func ("/utf8/cut-everywhere", test_cut_everywhere);
  g_test_add_func ("/utf8/nothing", test_nothing);
  return g_test_run ();
}
