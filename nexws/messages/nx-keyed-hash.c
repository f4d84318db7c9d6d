/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SipHash-1-3: a round for each eight octets, three at the end. */
#include "config.h"

#include "messages/nx-keyed-hash-private.h"

#include <string.h>

typedef struct
{
  guint64 v[4];
} State;

static const guint64 *
get_secret (void)
{
  static guint64 secret[2];
  static gsize is_made;

  if (g_once_init_enter (&is_made))
    {
      for (guint i = 0; i < G_N_ELEMENTS (secret); i++)
        secret[i] = (guint64) g_random_int () << 32 | g_random_int ();
      g_once_init_leave (&is_made, 1);
    }
  return secret;
}

static guint64
rotate (guint64 word, guint n)
{
  return word << n | word >> (64 - n);
}

static void
mix (State *self)
{
  guint64 *v = self->v;

  v[0] += v[1];
  v[2] += v[3];
  v[1] = rotate (v[1], 13) ^ v[0];
  v[3] = rotate (v[3], 16) ^ v[2];
  v[0] = rotate (v[0], 32);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = rotate (v[1], 17) ^ v[2];
  v[3] = rotate (v[3], 21) ^ v[0];
  v[2] = rotate (v[2], 32);
}

static void
absorb (State *self, guint64 word)
{
  self->v[3] ^= word;
  mix (self);
  self->v[0] ^= word;
}

static guint64
read_word (const char *from, gsize size)
{
  guint64 word = 0;

  memcpy (&word, from, size);
  return GUINT64_FROM_LE (word);
}

guint
nx_keyed_str_hash (gconstpointer text)
{
  const guint64 *secret = get_secret ();
  const char *octets = text;
  gsize length = strlen (octets);
  State state = { { secret[0] ^ G_GUINT64_CONSTANT (0x736f6d6570736575),
                    secret[1] ^ G_GUINT64_CONSTANT (0x646f72616e646f6d),
                    secret[0] ^ G_GUINT64_CONSTANT (0x6c7967656e657261),
                    secret[1] ^ G_GUINT64_CONSTANT (0x7465646279746573) } };
  guint64 hash;
  gsize i;

  for (i = 0; i + 8 <= length; i += 8)
    absorb (&state, read_word (octets + i, 8));
  absorb (&state, read_word (octets + i, length - i) | (guint64) length << 56);
  state.v[2] ^= 0xff;
  for (guint round = 0; round < 3; round++)
    mix (&state);
  hash = state.v[0] ^ state.v[1] ^ state.v[2] ^ state.v[3];
  return (guint) (hash ^ hash >> 32);
}
