/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxSender: messages in, frames out. Without compression a frame is a message's own block and this
 * is nearly nothing; with it, the deflate context of one direction lives here.
 */
#pragma once

#include "protocol/nx-close-private.h"
#include "protocol/nx-deflate-private.h"
#include "protocol/nx-frame-private.h"
#include "protocol/nx-receiver-private.h"

G_BEGIN_DECLS

typedef struct _NxSender NxSender;
struct _NxSender
{
  NxDeflater *deflater; /* outlives a message only with context takeover */
  guint8 window_bits;   /* 0: compression was not negotiated */
  guint8 takeover;
};

void nx_sender_init (NxSender *self, NxSide side, const NxDeflateParams *deflate);
void nx_sender_clear (NxSender *self);

/*
 * Compressed frame of a data message for this connection; NULL when the connection did not
 * negotiate compression or the result would not be smaller. With no context takeover the result
 * depends on window_bits alone and may be shared.
 *
 * With takeover the frames must be sent, all of them and in this order: so it is asked for when a
 * frame is about to be written, or nx_sender_restart() is called when one is dropped.
 */
NxFrame *nx_sender_deflate (NxSender *self, const NxFrame *message);
/* Window bits of frames that may be shared among connections (no takeover); 0 when this one's may
 * not. */
guint nx_sender_get_shared_bits (const NxSender *self);
/* A compressed frame, and all that were made after it, will not be sent: what is compressed from
 * now on does not refer to them. */
void nx_sender_restart (NxSender *self);

/* Control frames. @reason: (nullable), at most 123 octets of UTF-8, longer is cut at a character.
 * Code 1005: an empty payload. */
NxFrame *nx_sender_close_frame (guint code, const char *reason);

/* For clients (tests, load generators): @frame's octets masked with @mask (its most significant
 * octet goes first), appended to @out. */
void nx_sender_mask_into (GByteArray *out, const NxFrame *frame, guint32 mask);

G_END_DECLS
