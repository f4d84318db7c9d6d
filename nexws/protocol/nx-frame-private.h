/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxFrame: one whole WebSocket frame (RFC 6455 section 5.2) in one block of memory, shared by
 * reference.
 *
 * The payload lies behind enough headroom for the header that will be written in front of it, so a
 * message is framed without being copied, whether it goes back to where it came from or to ten
 * thousand others.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  NX_OPCODE_CONTINUATION = 0x0,
  NX_OPCODE_TEXT = 0x1,
  NX_OPCODE_BINARY = 0x2,
  NX_OPCODE_CLOSE = 0x8,
  NX_OPCODE_PING = 0x9,
  NX_OPCODE_PONG = 0xA,
  /* Not a frame: several data frames in one block, which go out as they are. */
  NX_OPCODE_BATCH = 0x7,
  /* Not a frame: octets in front of the first one, such as the answer to the handshake. */
  NX_OPCODE_RAW = 0xF,
} NxOpcode;

/* FIN, RSV and opcode octet, 64-bit length. Servers do not mask; a client's frames are masked by
 * the sender. */
#define NX_FRAME_HEADER_MAX 10

typedef struct _NxFrame NxFrame;

/* Copies @payload once and NUL-terminates the copy behind its end. */
NxFrame *nx_frame_new (NxOpcode opcode, gconstpointer payload, gsize length);
/* Octets that go out as they are, without a header. */
NxFrame *nx_frame_new_raw (gconstpointer octets, gsize length);
/* Whole data frames, one behind the other. */
NxFrame *nx_frame_new_batch (gconstpointer octets, gsize length);

/* References may be taken and dropped in any thread. */
NxFrame *nx_frame_ref (NxFrame *self);
void nx_frame_unref (NxFrame *self);

/* What goes over the wire: header and payload, contiguous. Of a finished frame. */
gconstpointer nx_frame_get_wire (const NxFrame *self, gsize *length);
/* The payload alone; of a finished frame NUL-terminated behind its end. */
gconstpointer nx_frame_get_payload (const NxFrame *self, gsize *length);
NxOpcode nx_frame_get_opcode (const NxFrame *self);

/*
 * For whoever assembles a payload piece by piece (the receiver a message, the deflater its output):
 * a frame that nobody else holds yet. It grows by doubling as octets arrive, never from a declared
 * length, and not beyond `limit` unless what is appended needs it; @self may move.
 * nx_frame_finish() terminates the payload and writes the header; from then on the frame is
 * immutable.
 */
NxFrame *nx_frame_new_growing (gsize limit);
/* NULL when there is no memory; @self is gone then. */
NxFrame *nx_frame_append (NxFrame *self,
                          gconstpointer data,
                          gsize length) G_GNUC_WARN_UNUSED_RESULT;
void nx_frame_finish (NxFrame *self, NxOpcode opcode, gboolean compressed);
/* What was appended are whole data frames. */
void nx_frame_finish_batch (NxFrame *self);

/* Appending without a copy: write up to @room octets (at least one) to where this points, then say
 * how many they were. NULL when there is no memory. */
guint8 *nx_frame_reserve (NxFrame **self, gsize *room);
void nx_frame_commit (NxFrame *self, gsize length);
/* Takes octets away from the end. */
void nx_frame_truncate (NxFrame *self, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxFrame, nx_frame_unref)

G_END_DECLS
