/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a backplane carries: a payload behind a header that says which node sent it, and as its how manieth of the group. By that a
 * repeated one is known, and one that is missing.
 *
 *     octets 0..3    "NX1" and the flags
 *     octets 4..11   the node
 *     octets 12..19  the sequence, most significant octet first
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define NX_ENVELOPE_HEADER_SIZE 20
#define NX_ENVELOPE_NODE_SIZE 8

typedef enum {
  NX_ENVELOPE_FIRST = 1 << 0, /* nothing is missing in front of it: its sender begins to count */
  NX_ENVELOPE_GAP = 1 << 1,   /* no message: some that were not recorded would be here */
} NxBackplaneEnvelopeFlags;

typedef struct
{
  NxBackplaneEnvelopeFlags flags;
  guint64 node;
  guint64 sequence;
} NxBackplaneEnvelopeHeader;

GBytes *nx_backplane_envelope_close (const NxBackplaneEnvelopeHeader *header, GBytes *payload);
/* FALSE for what is none, such as a stranger's message on our channel. @payload: (transfer full), shares the octets of @envelope. */
gboolean nx_backplane_envelope_open (GBytes *envelope,
                                     NxBackplaneEnvelopeHeader *header,
                                     GBytes **payload);

G_END_DECLS
