/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxHistory: the last messages of a group, in the order of their ids, as they went to its members. What it holds is everything after its floor; what
 * is older is gone, or was never there, and it says so.
 */
#pragma once

#include "groups/nx-history-limits-private.h"
#include "groups/nx-message-id-private.h"
#include "nx-message.h"

G_BEGIN_DECLS

typedef struct
{
  NxMessageId id;
  NxMessage *message;
  guint64 excluding; /* the serial of the websocket that it was not for; 0: none */
  gint64 taken_us;
  gboolean is_broken; /* messages are missing in front of it */
  gsize cost;
} NxHistoryEntry;

typedef struct
{
  GArray *entries; /* (nullable) of NxHistoryEntry; the first n_gone of them are gone */
  guint n_gone;
  gsize cost;
  NxMessageId floor;
  NxMessageId last;   /* of all that were ever in it; the floor when there was none */
  gboolean is_broken; /* messages are missing behind the last one */
} NxHistory;

/* Nothing is known of what was at @floor and before. */
void nx_history_init (NxHistory *self, const NxMessageId *floor);
void nx_history_clear (NxHistory *self);
/* @id is behind all others. */
void nx_history_append (NxHistory *self,
                        const NxMessageId *id,
                        NxMessage *message,
                        guint64 excluding,
                        gint64 now_us);
void nx_history_trim (NxHistory *self, const NxHistoryLimits *limits, gint64 now_us);
guint nx_history_get_size (const NxHistory *self);
/* What is older than all that is here, in order, is found after all. @older: of NxHistoryEntry, whose messages are taken. @floor: nothing
 * is known of what was there and before. */
void nx_history_prepend (NxHistory *self, GArray *older, const NxMessageId *floor);
/* Messages are missing in front of the oldest one. */
void nx_history_break_first (NxHistory *self);
/* When the oldest one is too old; G_MAXINT64: never. */
gint64 nx_history_get_expiry (const NxHistory *self, const NxHistoryLimits *limits);
/* The first one behind @id. (nullable) (transfer none): valid until the next change. */
const NxHistoryEntry *nx_history_find_after (const NxHistory *self, const NxMessageId *id);
/* Whether everything behind @id is here. */
gboolean nx_history_reaches (const NxHistory *self, const NxMessageId *id);

G_END_DECLS
