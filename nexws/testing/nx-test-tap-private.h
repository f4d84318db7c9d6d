/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxTestTap: sees the app's frames on their way to libsoup, for what libsoup keeps to itself: the pings that it answers, and
 * pongs, which its signal of that name cannot tell without harm (in 3.2 it emits a GByteArray as GBytes).
 */
#pragma once

#include "protocol/nx-frame-header-private.h"
#include "protocol/nx-frame-private.h"

G_BEGIN_DECLS

/* @payload: at most 125 octets. */
typedef void (*NxTestTapFunc) (NxOpcode opcode,
                               const guint8 *payload,
                               gsize length,
                               gpointer owner);

typedef struct
{
  guint8 header[NX_FRAME_HEADER_MASKED_MAX];
  guint n_header;
  guint64 remaining; /* octets of payload, once the header is whole */
  guint8 opcode;
  guint8 payload[125]; /* of a control frame */
  guint n_payload;
  NxTestTapFunc func;
  gpointer owner;
} NxTestTap;

void nx_test_tap_init (NxTestTap *self, NxTestTapFunc func, gpointer owner);
/* Calls @func for each control frame that is whole now. */
void nx_test_tap_feed (NxTestTap *self, const guint8 *data, gsize length);

G_END_DECLS
