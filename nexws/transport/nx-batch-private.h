/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxBatch: what one sender sends to many connections in one turn, one behind the other in one block that they share. While it is open it
 * grows behind all their queues at once: a further message costs one copy, however many receive it. It is closed when the first of them
 * is written. Who must get something else in between goes on alone, apart from the others.
 */
#pragma once

#include "protocol/nx-frame-private.h"

G_BEGIN_DECLS

typedef struct _NxBatch NxBatch;
struct _NxBatch
{
  guint ref_count;
  gboolean is_open;
  gboolean is_copied;  /* frame is a copy of several; else it is the first message's own */
  gconstpointer owner; /* as in NxOutputItem */
  NxFrame *frame;
  gsize size;             /* octets on the wire */
  gsize limit;            /* at this size it takes no more: then one of the queues has enough */
  GPtrArray *apart;       /* (nullable) of connections: who receives what comes now by itself */
  GDestroyNotify release; /* of such a one */
};

/* The largest message that is copied, and the size beyond which nothing is appended. */
#define NX_BATCH_MESSAGE_MAX (8 * 1024)
#define NX_BATCH_MAX (32 * 1024)

/* Begins with @first, whose size is at most NX_BATCH_MESSAGE_MAX. */
NxBatch *nx_batch_new (NxFrame *first, gconstpointer owner, GDestroyNotify release);
NxBatch *nx_batch_ref (NxBatch *self);
void nx_batch_unref (NxBatch *self);

/* What comes now does not reach @connection, a reference to which is taken. */
void nx_batch_add_apart (NxBatch *self, gpointer connection);
/* Whether @frame may be appended, and everybody who is not apart has room for it. */
gboolean nx_batch_fits (const NxBatch *self, const NxFrame *frame);
void nx_batch_append (NxBatch *self, const NxFrame *frame);
/* Nothing is appended any more. Returns what goes over the wire; (transfer none). */
NxFrame *nx_batch_close (NxBatch *self);
/* What it holds now. */
NxFrame *nx_batch_dup_frame (const NxBatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxBatch, nx_batch_unref)

G_END_DECLS
