/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxOutputQueue: the frames that a connection has not sent yet, shared with whoever else sends them. Empty, it owns nothing. */
#pragma once

#include "protocol/nx-frame-private.h"
#include "transport/nx-batch-private.h"
#include "transport/nx-stream-private.h"

G_BEGIN_DECLS

typedef struct
{
  NxFrame *frame;
  gconstpointer
      owner; /* for whom it may be dropped; NULL: whoever sent it to this connection alone */
} NxOutputItem;

typedef struct
{
  NxOutputItem *ring; /* NULL while empty */
  guint ring_size;    /* a power of two */
  guint head;
  guint n_frames;
  guint n_pongs;      /* among them */
  guint64 n_gone;     /* frames that have left the head of the ring so far */
  guint64 last_pong;  /* of the last pong: n_gone plus its position, while there is one */
  gsize head_written; /* octets of the first frame that are out already */
  gsize n_octets;     /* unsent, of all frames */
  NxBatch *
      batch; /* (nullable) behind all of them: what goes to many others as well, and may still grow */
} NxOutputQueue;

typedef enum {
  NX_FLUSH_DONE,    /* nothing is left */
  NX_FLUSH_BLOCKED, /* something is, and the stream takes no more now */
  NX_FLUSH_FAILED,
} NxFlushResult;

gboolean nx_output_queue_is_empty (const NxOutputQueue *self);
/* Octets that are unsent. */
gsize nx_output_queue_get_size (const NxOutputQueue *self);
/* What it costs to keep: a small frame is more than its octets. Water marks go by this. */
gsize nx_output_queue_get_cost (const NxOutputQueue *self);

void nx_output_queue_clear (NxOutputQueue *self);

/* Takes @frame. Not behind a batch. */
void nx_output_queue_push (NxOutputQueue *self, NxFrame *frame, gconstpointer owner);
/* What @batch holds when it is written. There is at most one. */
void nx_output_queue_attach (NxOutputQueue *self, NxBatch *batch);
/* What the batch holds now, and nothing that it gets later. */
void nx_output_queue_detach (NxOutputQueue *self);
/* Takes @frame, which stands in for the last pong that is wholly unsent. */
void nx_output_queue_replace_pong (NxOutputQueue *self, NxFrame *frame);
/* Writes as much as the stream takes; @written is the count of octets. */
NxFlushResult nx_output_queue_flush (NxOutputQueue *self, NxStream *stream, gsize *written);

/* Forget every frame of which nothing is sent yet. */
void nx_output_queue_drop_unsent (NxOutputQueue *self);
/* Forgets the oldest of @owner's data frames of which nothing is sent yet until all cost at most @target; how many frames. */
guint nx_output_queue_drop_oldest (NxOutputQueue *self, gsize target, gconstpointer owner);

G_END_DECLS
