/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-stream-tally-private.h"

/* What share of a limit a stretch may have. */
#define SHARE 64

typedef struct
{
  NxMessageId first;
  guint n_entries;
  gsize n_bytes;
  gint64 read_us; /* the one of them that was read last */
} Stretch;

static Stretch *
get (const NxStreamTally *self, guint position)
{
  return &g_array_index (self->stretches, Stretch, position);
}

static guint
get_n_stretches (const NxStreamTally *self)
{
  return self->stretches != NULL ? self->stretches->len : 0;
}

void
nx_stream_tally_clear (NxStreamTally *self)
{
  g_clear_pointer (&self->stretches, g_array_unref);
  self->n_entries = 0;
  self->n_bytes = 0;
}

static gboolean
has_room (const Stretch *stretch, const NxHistoryLimits *limits, gsize n_bytes)
{
  return stretch->n_entries < limits->size / SHARE
         && stretch->n_bytes + n_bytes <= limits->n_bytes / SHARE;
}

/* To the stretch at @position if there is room; else to a new one, at @fresh. */
static Stretch *
count (NxStreamTally *self,
       const NxHistoryLimits *limits,
       guint position,
       guint fresh,
       const NxMessageId *id,
       gsize n_bytes,
       gint64 now_us)
{
  const Stretch none = { .first = *id };
  Stretch *stretch;

  if (self->stretches == NULL)
    self->stretches = g_array_new (FALSE, FALSE, sizeof (Stretch));
  if (position >= self->stretches->len || !has_room (get (self, position), limits, n_bytes))
    {
      g_array_insert_val (self->stretches, fresh, none);
      position = fresh;
    }
  stretch = get (self, position);
  stretch->n_entries++;
  stretch->n_bytes += n_bytes;
  stretch->read_us = now_us;
  self->n_entries++;
  self->n_bytes += n_bytes;
  return stretch;
}

void
nx_stream_tally_append (NxStreamTally *self,
                        const NxHistoryLimits *limits,
                        const NxMessageId *id,
                        gsize n_bytes,
                        gint64 now_us)
{
  guint n = get_n_stretches (self);

  count (self, limits, n > 0 ? n - 1 : 0, n, id, n_bytes, now_us);
}

void
nx_stream_tally_prepend (NxStreamTally *self,
                         const NxHistoryLimits *limits,
                         const NxMessageId *id,
                         gsize n_bytes,
                         gint64 now_us)
{
  count (self, limits, 0, 0, id, n_bytes, now_us)->first = *id;
}

gboolean
nx_stream_tally_is_full (const NxStreamTally *self, const NxHistoryLimits *limits)
{
  return self->n_bytes > limits->n_bytes || self->n_entries >= limits->size;
}

/* @n_dropped: how many stretches are to be forgotten already. */
static gboolean
is_too_much (const NxStreamTally *self, const NxHistoryLimits *limits, guint n_dropped)
{
  return n_dropped + 1 < get_n_stretches (self)
         && (self->n_bytes > limits->n_bytes
             || self->n_entries - get (self, n_dropped)->n_entries >= limits->size);
}

gboolean
nx_stream_tally_is_too_much (const NxStreamTally *self, const NxHistoryLimits *limits)
{
  return is_too_much (self, limits, 0);
}

gboolean
nx_stream_tally_trim (NxStreamTally *self,
                      const NxHistoryLimits *limits,
                      gint64 before_us,
                      NxMessageId *first)
{
  guint n_dropped = 0;

  while (is_too_much (self, limits, n_dropped) && get (self, n_dropped)->read_us <= before_us)
    {
      const Stretch *stretch = get (self, n_dropped++);

      self->n_entries -= stretch->n_entries;
      self->n_bytes -= stretch->n_bytes;
    }
  if (n_dropped > 0)
    g_array_remove_range (self->stretches, 0, n_dropped);
  if (get_n_stretches (self) == 0)
    return FALSE;
  *first = get (self, 0)->first;
  return TRUE;
}
