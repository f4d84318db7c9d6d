/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-utf8-private.h"

#define LONGEST_CHARACTER 4
#define TOP_BITS G_GUINT64_CONSTANT (0x8080808080808080)

/* Most text is ASCII: 32 octets a step, then 8, then one. */
static inline const guint8 *
skip_ascii (const guint8 *p, const guint8 *end)
{
  guint64 words[4];

  for (; end - p >= (gssize) sizeof words; p += sizeof words)
    {
      memcpy (words, p, sizeof words);
      if ((words[0] | words[1] | words[2] | words[3]) & TOP_BITS)
        break;
    }

  for (; end - p >= (gssize) sizeof words[0]; p += sizeof words[0])
    {
      memcpy (words, p, sizeof words[0]);
      if (words[0] & TOP_BITS)
        break;
    }

  while (p < end && *p < 0x80)
    p++;

  return p;
}

static inline gboolean
is_continuation (guint8 octet)
{
  return (octet & 0xC0) == 0x80;
}

/* The length of the valid character at @p, of which LONGEST_CHARACTER octets can be read and the
 * first is not ASCII; 0 when it is not one. */
static inline guint
whole_character (const guint8 *p)
{
  if (p[0] < 0xE0)
    return p[0] >= 0xC2 && is_continuation (p[1]) ? 2 : 0;

  if (!is_continuation (p[1]) || !is_continuation (p[2]))
    return 0;

  if (p[0] < 0xF0)
    {
      const guint32 code = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);

      return code >= 0x800 && (code & 0xF800) != 0xD800 ? 3 : 0;
    }
  else
    {
      /* F8 to FF carry a bit that takes the number beyond the last character. */
      const guint32 code = (p[0] & 0x0Fu) << 18 | (p[1] & 0x3Fu) << 12;

      return code >= 0x10000 && code <= 0x10FFFF && is_continuation (p[3]) ? 4 : 0;
    }
}

/* The table of RFC 3629 section 4: what may follow the first octet of a character. */
static gboolean
begin_character (NxUtf8 *self, guint8 octet)
{
  if (octet < 0xC2 || octet > 0xF4)
    return FALSE;

  self->missing = octet < 0xE0 ? 1 : octet < 0xF0 ? 2 : 3;
  self->low = octet == 0xE0 ? 0xA0 : octet == 0xF0 ? 0x90 : 0x80;
  self->high = octet == 0xED ? 0x9F : octet == 0xF4 ? 0x8F : 0xBF;
  return TRUE;
}

static gboolean
go_on_with_character (NxUtf8 *self, guint8 octet)
{
  if (octet < self->low || octet > self->high)
    return FALSE;

  self->missing--;
  self->low = 0x80;
  self->high = 0xBF;
  return TRUE;
}

gsize
nx_utf8_accept (NxUtf8 *self, const guint8 *data, gsize length)
{
  const guint8 *const end = data + length;
  const guint8 *p = data;

  while (p < end)
    {
      if (self->missing > 0)
        {
          if (!go_on_with_character (self, *p))
            break;
          p++;
          continue;
        }

      p = skip_ascii (p, end);

      /* Characters that are there whole; those of other scripts come in runs. */
      while (end - p >= LONGEST_CHARACTER && *p >= 0x80)
        {
          const guint size = whole_character (p);

          if (size == 0)
            break;
          p += size;
        }

      /* One at the edge, or an invalid one whose first impossible octet is wanted: octet by octet.
       */
      if (p < end && *p >= 0x80)
        {
          if (!begin_character (self, *p))
            break;
          p++;
        }
    }

  return p - data;
}
