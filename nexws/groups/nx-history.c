/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-history-private.h"

/* About what an entry takes beside its payload: itself, the message, the frame, the allocator's share. */
#define ENTRY_OVERHEAD 256

static NxHistoryEntry *
get (const NxHistory *self, guint position)
{
  return &g_array_index (self->entries, NxHistoryEntry, self->n_gone + position);
}

guint
nx_history_get_size (const NxHistory *self)
{
  return self->entries != NULL ? self->entries->len - self->n_gone : 0;
}

void
nx_history_init (NxHistory *self, const NxMessageId *floor)
{
  *self = (NxHistory){ .floor = *floor, .last = *floor };
}

static gsize
get_cost (NxMessage *message)
{
  return nx_message_get_size (message) + ENTRY_OVERHEAD;
}

static void
drop_first (NxHistory *self)
{
  NxHistoryEntry *entry = get (self, 0);

  self->floor = entry->id;
  self->cost -= entry->cost;
  nx_message_unref (entry->message);
  self->n_gone++;
}

void
nx_history_clear (NxHistory *self)
{
  while (nx_history_get_size (self) > 0)
    drop_first (self);
  g_clear_pointer (&self->entries, g_array_unref);
  self->n_gone = 0;
}

void
nx_history_append (NxHistory *self,
                   const NxMessageId *id,
                   NxMessage *message,
                   guint64 excluding,
                   gint64 now_us)
{
  NxHistoryEntry entry = { .id = *id,
                           .message = nx_message_ref (message),
                           .excluding = excluding,
                           .taken_us = now_us,
                           .is_broken = self->is_broken,
                           .cost = get_cost (message) };

  if (self->entries == NULL)
    self->entries = g_array_new (FALSE, FALSE, sizeof (NxHistoryEntry));
  g_array_append_val (self->entries, entry);
  self->cost += entry.cost;
  self->last = *id;
  self->is_broken = FALSE;
}

void
nx_history_prepend (NxHistory *self, GArray *older, const NxMessageId *floor)
{
  for (guint i = 0; i < older->len; i++)
    {
      NxHistoryEntry *entry = &g_array_index (older, NxHistoryEntry, i);

      entry->cost = get_cost (entry->message);
      self->cost += entry->cost;
    }
  if (self->entries == NULL)
    self->entries = g_array_new (FALSE, FALSE, sizeof (NxHistoryEntry));
  g_array_remove_range (self->entries, 0, self->n_gone);
  self->n_gone = 0;
  g_array_insert_vals (self->entries, 0, older->data, older->len);
  self->floor = *floor;
}

void
nx_history_break_first (NxHistory *self)
{
  if (nx_history_get_size (self) > 0)
    get (self, 0)->is_broken = TRUE;
  else
    self->is_broken = TRUE;
}

static gboolean
is_too_much (const NxHistory *self, const NxHistoryLimits *limits, gint64 now_us)
{
  return nx_history_get_size (self) > limits->size || self->cost > limits->n_bytes
         || nx_history_get_expiry (self, limits) <= now_us;
}

void
nx_history_trim (NxHistory *self, const NxHistoryLimits *limits, gint64 now_us)
{
  while (nx_history_get_size (self) > 0 && is_too_much (self, limits, now_us))
    drop_first (self);
  if (nx_history_get_size (self) == 0)
    nx_history_clear (self);
  else if (self->n_gone > self->entries->len / 2)
    {
      /* So each is moved once at most, on the average. */
      g_array_remove_range (self->entries, 0, self->n_gone);
      self->n_gone = 0;
    }
}

gint64
nx_history_get_expiry (const NxHistory *self, const NxHistoryLimits *limits)
{
  if (limits->age_ms == 0 || nx_history_get_size (self) == 0)
    return G_MAXINT64;
  return get (self, 0)->taken_us + limits->age_ms * G_GINT64_CONSTANT (1000);
}

const NxHistoryEntry *
nx_history_find_after (const NxHistory *self, const NxMessageId *id)
{
  guint first = 0, end = nx_history_get_size (self);

  while (first < end)
    {
      guint middle = first + (end - first) / 2;

      if (nx_message_id_compare (&get (self, middle)->id, id) > 0)
        end = middle;
      else
        first = middle + 1;
    }
  return first < nx_history_get_size (self) ? get (self, first) : NULL;
}

/* An id that is ahead of ours was given by somebody else, or in another life. */
gboolean
nx_history_reaches (const NxHistory *self, const NxMessageId *id)
{
  return nx_message_id_compare (id, &self->floor) >= 0
         && nx_message_id_compare (id, &self->last) <= 0;
}
