/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "fuzz-mutate.h"

#include <string.h>

void
fuzz_mutate (GByteArray *input, GRand *rand)
{
  const guint at = (guint) g_rand_int_range (rand, 0, (gint32) input->len);
  const guint rest = input->len - at;
  const guint n = (guint) g_rand_int_range (rand, 0, (gint32) MIN (rest, 16) + 1);
  guint8 copy[16];

  switch (g_rand_int_range (rand, 0, 5))
    {
    case 0:
      input->data[at] ^= (guint8) (1 << g_rand_int_range (rand, 0, 8));
      break;
    case 1:
      input->data[at] = (guint8) g_rand_int (rand);
      break;
    case 2:
      g_byte_array_remove_range (input, at, MIN (n, input->len - 1));
      break;
    case 3:
      memcpy (copy, input->data + at, n);
      g_byte_array_append (input, copy, n);
      break;
    default:
      input->data[at] = (guint8) (input->data[at] + (g_rand_boolean (rand) ? 1 : -1));
      break;
    }
}
