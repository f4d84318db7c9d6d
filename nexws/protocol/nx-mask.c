/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-mask-private.h"

static inline guint32
rotate (guint32 mask, gsize octets)
{
  const guint bits = 8 * (octets & 3);

  return mask >> bits | mask << ((32 - bits) & 31);
}

guint32
nx_mask_apply (guint32 mask, guint8 *data, gsize length)
{
  const guint64 wide = GUINT64_TO_LE ((guint64) mask << 32 | mask);
  gsize left = length;

  /* memcpy() is how C reads an unaligned word: it costs nothing, and compilers make one vector
   * operation of the block. */
  for (; left >= 4 * sizeof wide; left -= 4 * sizeof wide, data += 4 * sizeof wide)
    {
      guint64 block[4];

      memcpy (block, data, sizeof block);
      for (guint i = 0; i < G_N_ELEMENTS (block); i++)
        block[i] ^= wide;
      memcpy (data, block, sizeof block);
    }

  for (; left >= sizeof wide; left -= sizeof wide, data += sizeof wide)
    {
      guint64 word;

      memcpy (&word, data, sizeof word);
      word ^= wide;
      memcpy (data, &word, sizeof word);
    }

  for (gsize i = 0; i < left; i++)
    data[i] ^= (guint8) rotate (mask, i);

  return rotate (mask, length);
}
