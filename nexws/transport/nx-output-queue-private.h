/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxOutputQueue: the frames that a connection has not sent yet, shared with whoever else sends them. Empty, it owns nothing. */
#pragma once

#include "protocol/nx-frame-private.h"
#include "transport/nx-stream-private.h"

G_BEGIN_DECLS

typedef struct
{
  NxFrame **ring;  /* NULL while empty */
  guint ring_size; /* a power of two */
  guint head;
  guint n_frames;
  guint n_pongs;      /* among them */
  guint64 n_gone;     /* frames that have left the head of the ring so far */
  guint64 last_pong;  /* of the last pong: n_gone plus its position, while there is one */
  gsize head_written; /* octets of the first frame that are out already */
  gsize n_octets;     /* unsent, of all frames */
} NxOutputQueue;

typedef enum {
  NX_FLUSH_DONE,    /* nothing is left */
  NX_FLUSH_BLOCKED, /* something is, and the stream takes no more now */
  NX_FLUSH_FAILED,
} NxFlushResult;

/* What it costs to keep: a small frame is more than its octets. Water marks go by this. */
gsize nx_output_queue_get_cost (const NxOutputQueue *self);

void nx_output_queue_clear (NxOutputQueue *self);

/* Takes @frame. */
void nx_output_queue_push (NxOutputQueue *self, NxFrame *frame);
/* Takes @frame, which stands in for the last pong that is wholly unsent. */
void nx_output_queue_replace_pong (NxOutputQueue *self, NxFrame *frame);
/* Writes as much as the stream takes; @written is the count of octets. */
NxFlushResult nx_output_queue_flush (NxOutputQueue *self, NxStream *stream, gsize *written);

/* Forget every frame of which nothing is sent yet. */
void nx_output_queue_drop_unsent (NxOutputQueue *self);
/* Forgets the oldest data frames of which nothing is sent yet until they cost at most @target; how many frames. */
guint nx_output_queue_drop_oldest (NxOutputQueue *self, gsize target);

G_END_DECLS
