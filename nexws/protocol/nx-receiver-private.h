/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxReceiver: octets in, events out (RFC 6455 sections 5 to 8). It owns no input buffer: it unmasks
 * in place in the caller's and hands a message that arrived whole out as a slice of it.
 *
 *   nx_receiver_feed (receiver, octets, n, now_us);
 *   while (nx_receiver_next (receiver, &event)) ...;   may stop early: a queue is full
 *   nx_receiver_hold (receiver);                       before the caller's buffer is used again
 */
#pragma once

#include "protocol/nx-deflate-private.h"
#include "protocol/nx-fault-private.h"
#include "protocol/nx-frame-private.h"
#include "protocol/nx-utf8-private.h"

G_BEGIN_DECLS

typedef enum {
  NX_SIDE_SERVER, /* frames that arrive must be masked */
  NX_SIDE_CLIENT, /* frames that arrive must not be masked */
} NxSide;

typedef enum {
  NX_EVENT_MESSAGE, /* a whole data message: opcode TEXT or BINARY */
  NX_EVENT_PING,
  NX_EVENT_PONG,
  NX_EVENT_CLOSE,   /* code (1005 when the frame had none), reason in data; nothing follows */
  NX_EVENT_FAILURE, /* the peer broke the protocol: fault and the code for it; nothing follows */
} NxEventKind;

/* The limits are read at each use and may be shared by all connections of an app: the receiver
 * keeps the pointer. */
typedef struct
{
  gsize max_message_size;   /* octets, after inflation, all fragments together; over it 1009 */
  guint max_fragments;      /* frames a message; over it 1008 */
  guint max_control_frames; /* pings and pongs a second without data between them; over it 1008;
                             * 0 = no limit */
} NxReceiverLimits;

typedef struct
{
  NxEventKind kind;
  NxOpcode opcode; /* of a MESSAGE */
  /* Payload or close reason: valid until the next call on the receiver; never NULL. */
  const guint8 *data;
  gsize length;
  /* (nullable) A MESSAGE that had to be assembled, already finished as an unmasked frame: it is the
   * caller's to unref, and data points into it. NULL: data is a slice of the caller's buffer, or
   * the message is empty. */
  NxFrame *frame;
  guint16 code;  /* CLOSE: the code that came. FAILURE: the code to close with */
  NxFault fault; /* FAILURE */
} NxEvent;

/* What a header or control frame that comes in pieces is gathered in; what is longer needs an
 * allocation for that time. */
#define NX_RECEIVER_SCRAP_SIZE 32

typedef enum {
  NX_PHASE_HEADER,
  NX_PHASE_CONTROL,
  NX_PHASE_DATA,
  NX_PHASE_OVER, /* CLOSE or FAILURE was told: what comes is discarded */
} NxReceiverPhase;

typedef struct _NxReceiver NxReceiver;
struct _NxReceiver
{
  /* Input that next() has not looked at: in the caller's buffer, or in `held`. */
  guint8 *data;
  gsize available;
  /* Input that comes after that, in the caller's buffer; only while something is held. */
  guint8 *fed;
  gsize fed_available;
  guint8 *held; /* hold()'s copy; owned */
  gint64 now_us;
  const NxReceiverLimits *limits;

  /* The frame that is being received. */
  guint64 remaining; /* payload octets that have not come yet */
  guint32 mask;      /* for the next of them */
  guint8 phase;      /* NxReceiverPhase */
  guint8 opcode;
  guint8 fin;
  guint8 gathered; /* octets of a header or control payload that came in pieces */
  guint8 scrap[NX_RECEIVER_SCRAP_SIZE];
  guint8 *long_control; /* instead of scrap, for a longer control payload; owned */

  /* The message that is being received; everything zero between messages. */
  NxFrame *message;
  NxInflater *inflater; /* outlives a message only with context takeover */
  guint32 n_fragments;
  guint8 message_opcode; /* 0 between messages */
  guint8 compressed;
  NxUtf8 utf8;

  /* What this connection is. */
  guint8 side;                /* NxSide */
  guint8 inflate_window_bits; /* 0: compression was not negotiated */
  guint8 inflate_takeover;

  /* Pings and pongs since the last data frame, in the second that began then. */
  guint32 n_control;
  gint64 control_since_us;
};

/* @deflate: (nullable) what was negotiated; then RSV1 is allowed on the first frame of a message.
 */
void nx_receiver_init (NxReceiver *self,
                       NxSide side,
                       const NxReceiverLimits *limits,
                       const NxDeflateParams *deflate);
void nx_receiver_clear (NxReceiver *self);

/* @data is written to (unmasking). What an earlier feed left over and nx_receiver_hold() kept comes
 * first. */
void nx_receiver_feed (NxReceiver *self, guint8 *data, gsize length, gint64 now_us);
gboolean nx_receiver_next (NxReceiver *self, NxEvent *event);
/* Copies what next() has not consumed; frees the memory when there is nothing. */
void nx_receiver_hold (NxReceiver *self);
/* Octets fed and not yet consumed. When next() returned FALSE there are none: what it was given of
 * an unfinished frame is consumed. */
gsize nx_receiver_get_pending (const NxReceiver *self);
/* TRUE between the first octet of a message's first frame and its last: an unfinished message is
 * being assembled. */
gboolean nx_receiver_is_inside_message (const NxReceiver *self);

G_END_DECLS
