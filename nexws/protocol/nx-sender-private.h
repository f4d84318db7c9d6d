/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxSender: messages in, frames out. Without compression a frame is a message's own block and this is nearly nothing;
 * with it, the deflate context of one direction lives here.
 */
#pragma once

#include "protocol/nx-frame-private.h"
#include "protocol/nx-deflate-private.h"
#include "protocol/nx-receiver-private.h"

G_BEGIN_DECLS

typedef struct _NxSender NxSender;

void nx_sender_init (NxSender *self, NxSide side, const NxDeflateParams *deflate);
void nx_sender_clear (NxSender *self);

/* Compressed frame of a data message for this connection; NULL when the connection did not negotiate compression or the
 * result would not be smaller. With no context takeover the result depends on window_bits alone and may be shared. */
NxFrame *nx_sender_deflate (NxSender *self, const NxFrame *message);
/* Window bits of frames that may be shared among connections (no takeover); 0 when this one's may not. */
guint nx_sender_get_shared_bits (const NxSender *self);

/* Control frames. @reason: at most 123 octets of UTF-8, longer is cut at a character. Code 1005: an empty payload. */
NxFrame *nx_sender_close_frame (guint code, const char *reason);

/* For clients (tests, load generators): @frame's octets masked with @mask, appended to @out. */
void nx_sender_mask_into (GByteArray *out, const NxFrame *frame, guint32 mask);

/* RFC 6455 section 7.4: 1000-1003, 1007-1014, 3000-4999. */
gboolean nx_close_code_is_valid_on_wire (guint code);

G_END_DECLS
