/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-frame-header-private.h"
#include "protocol/nx-mask-private.h"

static void
test_parse_bits (void)
{
  /* Every first octet. */
  for (guint first = 0; first < 256; first++)
    {
      const guint8 octets[] = { (guint8) first, 0x05 };
      NxFrameHeader header;

      nx_frame_header_parse (&header, octets);
      g_assert_cmpint (header.fin, ==, first >= 0x80);
      g_assert_cmpint (!!(header.rsv & NX_RSV1), ==, !!(first & 0x40));
      g_assert_cmpint (!!(header.rsv & NX_RSV2), ==, !!(first & 0x20));
      g_assert_cmpint (!!(header.rsv & NX_RSV3), ==, !!(first & 0x10));
      g_assert_cmpint (header.opcode, ==, first % 16);
      g_assert_false (header.masked);
      g_assert_cmpuint (header.mask, ==, 0);
      g_assert_cmpuint (header.length, ==, 5);
      g_assert_true (header.minimal);
    }
}

static void
test_size (void)
{
  for (guint second = 0; second < 256; second++)
    {
      const guint length = second & 127;
      const guint expected = 2
                             + (length < 126    ? 0
                                : length == 126 ? 2
                                                : 8)
                             + (second >= 128 ? 4 : 0);

      g_assert_cmpuint (nx_frame_header_get_size ((guint8) second), ==, expected);
    }
}

static void
test_parse_lengths (void)
{
  static const struct
  {
    guint8 octets[NX_FRAME_HEADER_MASKED_MAX];
    guint64 length;
    gboolean minimal;
  } cases[] = {
    { { 0x81, 0x00 }, 0, TRUE },
    { { 0x81, 0x7d }, 125, TRUE },
    { { 0x81, 0x7e, 0x00, 0x00 }, 0, FALSE },
    { { 0x81, 0x7e, 0x00, 0x7d }, 125, FALSE },
    { { 0x81, 0x7e, 0x00, 0x7e }, 126, TRUE },
    { { 0x81, 0x7e, 0xff, 0xff }, 65535, TRUE },
    { { 0x81, 0x7f, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 65535, FALSE },
    { { 0x81, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0 }, 65536, TRUE },
    { { 0x81, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8 }, G_GUINT64_CONSTANT (0x0102030405060708), TRUE },
    { { 0x81, 0x7f, 255, 255, 255, 255, 255, 255, 255, 255 }, G_MAXUINT64, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      NxFrameHeader header;

      nx_frame_header_parse (&header, cases[i].octets);
      g_assert_cmpuint (header.length, ==, cases[i].length);
      g_assert_cmpint (header.minimal, ==, cases[i].minimal);
    }
}

static void
test_parse_key (void)
{
  const guint8 small[] = { 0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d };
  const guint8 large[] = { 0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0x37, 0xfa, 0x21, 0x3d };
  NxFrameHeader header;

  nx_frame_header_parse (&header, small);
  g_assert_true (header.masked);
  g_assert_cmphex (header.mask, ==, 0x3d21fa37);
  nx_frame_header_parse (&header, large);
  g_assert_cmphex (header.mask, ==, 0x3d21fa37);
}

/* What is written is read again, and is as long as it should be. */
static void
test_write (void)
{
  static const guint64 lengths[] = { 0, 1, 125, 126, 127, 65535, 65536, G_MAXUINT32, G_MAXINT64 };

  for (guint i = 0; i < 16 * 8 * 4 * G_N_ELEMENTS (lengths); i++)
    {
      const NxFrameHeader header = {
        .opcode = i % 16,
        .rsv = i / 16 % 8,
        .fin = i / 128 % 2,
        .masked = i / 256 % 2,
        .mask = i / 256 % 2 ? 0x3d21fa37 : 0,
        .minimal = TRUE,
        .length = lengths[i / 512],
      };
      guint8 octets[NX_FRAME_HEADER_MASKED_MAX + 1];
      guint8 *begin = nx_frame_header_write_before (&header, octets + sizeof octets - 1);
      NxFrameHeader again;

      g_assert_cmpuint (octets + sizeof octets - 1 - begin, ==,
                        nx_frame_header_get_size (begin[1]));
      nx_frame_header_parse (&again, begin);
      g_assert_cmpuint (again.opcode, ==, header.opcode);
      g_assert_cmpuint (again.rsv, ==, header.rsv);
      g_assert_cmpuint (again.fin, ==, header.fin);
      g_assert_cmpuint (again.masked, ==, header.masked);
      g_assert_cmphex (again.mask, ==, header.mask);
      g_assert_cmpuint (again.length, ==, header.length);
      g_assert_true (again.minimal);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/frame-header/parse-bits", test_parse_bits);
  g_test_add_func ("/frame-header/size", test_size);
  g_test_add_func ("/frame-header/parse-lengths", test_parse_lengths);
  g_test_add_func ("/frame-header/parse-key", test_parse_key);
  g_test_add_func ("/frame-header/write", test_write);
  return g_test_run ();
}
