/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxFrameHeader: what stands in front of a frame's payload (RFC 6455 section 5.2), of either side.
 * Parsing tells what is there; whether it is allowed is the receiver's business.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* FIN, RSV and opcode octet, MASK and length octet, 64-bit length, masking key. */
#define NX_FRAME_HEADER_MASKED_MAX 14

#define NX_RSV1 4
#define NX_RSV2 2
#define NX_RSV3 1

typedef struct
{
  guint64 length;
  guint32 mask;  /* the key (see nx-mask-private.h); 0 without one */
  guint8 opcode; /* may be a reserved one */
  guint8 rsv;    /* NX_RSV bits */
  guint8 fin;
  guint8 masked;
  guint8 minimal; /* the length is in the shortest form that holds it */
} NxFrameHeader;

/* How long the header is, by its second octet. */
static inline guint
nx_frame_header_get_size (guint8 second)
{
  const guint8 length = second & 0x7F;

  return 2 + (length == 126 ? 2 : length == 127 ? 8 : 0) + (second & 0x80 ? 4 : 0);
}

/* @octets: a whole header. */
void nx_frame_header_parse (NxFrameHeader *self, const guint8 *octets);

/* Always the minimal form. Writes the header so that it ends at @end, returns where it begins. */
guint8 *nx_frame_header_write_before (const NxFrameHeader *self, guint8 *end);

G_END_DECLS
