/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxReceiver: octets in, events out (RFC 6455 sections 5 to 8). It owns no input buffer: it unmasks in place in the
 * caller's and hands a message that arrived whole out as a slice of it.
 *
 *   nx_receiver_feed (receiver, octets, n, now_us);
 *   while (nx_receiver_next (receiver, &event)) ...;      may stop early, for instance because a queue is full
 *   nx_receiver_hold (receiver);                           before the caller's buffer is used for something else
 */
#pragma once

#include "protocol/nx-frame-private.h"
#include "protocol/nx-deflate-private.h"

G_BEGIN_DECLS

typedef enum {
  NX_SIDE_SERVER, /* frames that arrive must be masked */
  NX_SIDE_CLIENT, /* frames that arrive must not be masked */
} NxSide;

typedef enum {
  NX_EVENT_MESSAGE, /* a whole data message: opcode TEXT or BINARY */
  NX_EVENT_PING,
  NX_EVENT_PONG,
  NX_EVENT_CLOSE,   /* code (1005 when the frame had none) and the reason in data; nothing follows it */
  NX_EVENT_FAILURE, /* the peer broke the protocol: fault, and the close code that tells it; nothing follows it */
} NxEventKind;

/* Why a connection failed. One value a MUST that can be broken; nx_fault_to_string() names it for logs and tests. */
typedef enum {
  NX_FAULT_NONE,
  NX_FAULT_RESERVED_BITS,
  NX_FAULT_RESERVED_OPCODE,
  NX_FAULT_UNMASKED,
  NX_FAULT_MASKED,
  NX_FAULT_LENGTH_NOT_MINIMAL,
  NX_FAULT_LENGTH_TOP_BIT,
  NX_FAULT_CONTROL_TOO_LONG,
  NX_FAULT_CONTROL_FRAGMENTED,
  NX_FAULT_CONTINUATION_UNEXPECTED,
  NX_FAULT_CONTINUATION_EXPECTED,
  NX_FAULT_MESSAGE_TOO_BIG,
  NX_FAULT_TOO_MANY_FRAGMENTS,
  NX_FAULT_TOO_MANY_CONTROL_FRAMES,
  NX_FAULT_UTF8,
  NX_FAULT_CLOSE_TOO_SHORT,
  NX_FAULT_CLOSE_CODE,
  NX_FAULT_CLOSE_UTF8,
  NX_FAULT_DEFLATE,
} NxFault;

const char *nx_fault_to_string (NxFault fault);
guint nx_fault_to_close_code (NxFault fault);

/* The limits are read at each use and may be shared by all connections of an app: the receiver keeps the pointer. */
typedef struct
{
  gsize max_message_size;        /* octets, after inflation, all fragments together; over it 1009 */
  guint max_fragments;           /* a message; over it 1008 */
  guint max_control_frames;      /* a second, without data between them; over it 1008; 0 = no limit */
} NxReceiverLimits;

typedef struct
{
  NxEventKind kind;
  NxOpcode opcode;      /* of a MESSAGE */
  const guint8 *data;   /* payload, close reason: valid until the next call on the receiver */
  gsize length;
  NxFrame *frame;       /* (nullable) a MESSAGE that had to be assembled, already finished as an unmasked frame: it is
                         * the caller's to unref, and data points into it. NULL: data is a slice of the caller's buffer. */
  guint16 code;         /* CLOSE: the code that came. FAILURE: the code to close with */
  NxFault fault;        /* FAILURE */
} NxEvent;

typedef struct _NxReceiver NxReceiver;
struct _NxReceiver; /* defined below by whoever implements it: embedded in each connection, so small and without buffers when idle */

/* @inflate: (nullable) what was negotiated; then RSV1 is allowed on the first frame of a message. */
void nx_receiver_init (NxReceiver *self, NxSide side, const NxReceiverLimits *limits, const NxDeflateParams *deflate);
void nx_receiver_clear (NxReceiver *self);

/* @data is written to (unmasking). What an earlier feed left over and nx_receiver_hold() kept comes first. */
void nx_receiver_feed (NxReceiver *self, guint8 *data, gsize length, gint64 now_us);
gboolean nx_receiver_next (NxReceiver *self, NxEvent *event);
/* Copies what next() has not consumed; frees the memory when there is nothing. */
void nx_receiver_hold (NxReceiver *self);
/* Octets fed and not yet consumed. */
gsize nx_receiver_get_pending (const NxReceiver *self);
/* TRUE between the first octet of a message's first frame and its last: an unfinished message is being assembled. */
gboolean nx_receiver_is_inside_message (const NxReceiver *self);

G_END_DECLS
