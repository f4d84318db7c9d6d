/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-frame-header-private.h"
#include "protocol/nx-mask-private.h"

#define FIN 0x80
#define MASKED 0x80
#define LENGTH_IS_16_BITS 126
#define LENGTH_IS_64_BITS 127
#define MAX_SHORT_LENGTH 125

static const guint8 *
parse_extended_length (NxFrameHeader *self, const guint8 *octets)
{
  if (self->length == LENGTH_IS_16_BITS)
    {
      guint16 length;

      memcpy (&length, octets, sizeof length);
      self->length = GUINT16_FROM_BE (length);
      self->minimal = self->length > MAX_SHORT_LENGTH;
      return octets + sizeof length;
    }
  else
    {
      guint64 length;

      memcpy (&length, octets, sizeof length);
      self->length = GUINT64_FROM_BE (length);
      self->minimal = self->length > G_MAXUINT16;
      return octets + sizeof length;
    }
}

void
nx_frame_header_parse (NxFrameHeader *self, const guint8 *octets)
{
  self->fin = octets[0] >> 7;
  self->rsv = octets[0] >> 4 & 7;
  self->opcode = octets[0] & 0xF;
  self->masked = octets[1] >> 7;
  self->length = octets[1] & 0x7F;
  self->minimal = TRUE;
  octets += 2;

  if (self->length > MAX_SHORT_LENGTH)
    octets = parse_extended_length (self, octets);

  self->mask = self->masked ? nx_mask_load (octets) : 0;
}

guint8 *
nx_frame_header_write_before (const NxFrameHeader *self, guint8 *end)
{
  guint8 *p = end;
  guint8 length_octet = (guint8) self->length;

  if (self->masked)
    nx_mask_store (self->mask, p -= 4);

  if (self->length > G_MAXUINT16)
    {
      const guint64 length = GUINT64_TO_BE (self->length);

      memcpy (p -= sizeof length, &length, sizeof length);
      length_octet = LENGTH_IS_64_BITS;
    }
  else if (self->length > MAX_SHORT_LENGTH)
    {
      const guint16 length = GUINT16_TO_BE ((guint16) self->length);

      memcpy (p -= sizeof length, &length, sizeof length);
      length_octet = LENGTH_IS_16_BITS;
    }

  *--p = (self->masked ? MASKED : 0) | length_octet;
  *--p = (self->fin ? FIN : 0) | (guint8) (self->rsv << 4) | self->opcode;
  return p;
}
