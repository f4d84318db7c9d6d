/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxStreamTally: which of a stream's newest entries are within the limits of a history. They are counted by stretches, each a small share of the
 * limits: so it takes the same room however many entries there are, and keeps up to that much too few octets, or too many messages.
 */
#pragma once

#include "groups/nx-history-limits-private.h"
#include "groups/nx-message-id-private.h"

G_BEGIN_DECLS

typedef struct
{
  GArray *stretches; /* (nullable) of Stretch, oldest first */
  guint64 n_entries;
  gsize n_bytes;
} NxStreamTally;

void nx_stream_tally_clear (NxStreamTally *self);
/* Behind all others. @now_us: when it was read. */
void nx_stream_tally_append (NxStreamTally *self,
                             const NxHistoryLimits *limits,
                             const NxMessageId *id,
                             gsize n_bytes,
                             gint64 now_us);
/* In front of all others. */
void nx_stream_tally_prepend (NxStreamTally *self,
                              const NxHistoryLimits *limits,
                              const NxMessageId *id,
                              gsize n_bytes,
                              gint64 now_us);
/* Whether what is in front of all others is beyond the limits in any case. */
gboolean nx_stream_tally_is_full (const NxStreamTally *self, const NxHistoryLimits *limits);
/* Whether something is to be forgotten, now or when it is old enough. */
gboolean nx_stream_tally_is_too_much (const NxStreamTally *self, const NxHistoryLimits *limits);
/* Forgets those that are beyond the limits, unless they were read after @before_us. The newest stretch stays. @first: the oldest one that is left;
 * FALSE: there is none. */
gboolean nx_stream_tally_trim (NxStreamTally *self,
                               const NxHistoryLimits *limits,
                               gint64 before_us,
                               NxMessageId *first);

G_END_DECLS
