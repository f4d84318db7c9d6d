/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a backplane keeps of a group: what waits, what came, who is there. */
#include "config.h"

#include "groups/nx-backplane-private.h"
#include "messages/nx-keyed-hash-private.h"

/* Each process that ever sent to the group is remembered, but not for ever. */
#define MANY_NODES 64
#define FORGET_AFTER_US (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

static void
present_free (gpointer data)
{
  NxPresent *self = data;

  g_bytes_unref (self->meta);
  g_free (self);
}

void
nx_pending_free (NxPending *self)
{
  g_free (self->group);
  g_clear_pointer (&self->envelope, g_bytes_unref);
  g_free (self);
}

NxRecord *
nx_record_new (const char *name)
{
  NxRecord *self = g_new0 (NxRecord, 1);

  self->n_refs = 1;
  self->name = g_strdup (name);
  self->seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->withdrawn = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->present = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, g_free, present_free);
  self->own = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, g_free,
                                     (GDestroyNotify) g_bytes_unref);
  return self;
}

NxRecord *
nx_record_ref (NxRecord *self)
{
  self->n_refs++;
  return self;
}

void
nx_record_unref (NxRecord *self)
{
  if (--self->n_refs > 0)
    return;
  g_assert (nx_record_get_n_pending (self) == 0);
  g_free (self->name);
  g_free (self->last_id);
  g_hash_table_unref (self->seen);
  g_hash_table_unref (self->withdrawn);
  g_hash_table_unref (self->present);
  g_hash_table_unref (self->own);
  g_free (self);
}

gboolean
nx_record_is_unused (NxRecord *self)
{
  return !self->is_wanted && !self->is_handing_back && nx_record_get_n_pending (self) == 0
         && g_hash_table_size (self->own) == 0;
}

static gboolean
is_forgotten (gpointer key, gpointer value, gpointer now_us)
{
  return ((NxSeen *) value)->heard_us + FORGET_AFTER_US < *(gint64 *) now_us;
}

NxSeen *
nx_record_get_seen (NxRecord *self, guint64 node)
{
  gint64 now_us = g_get_monotonic_time ();
  NxSeen *seen = g_hash_table_lookup (self->seen, &node);

  if (seen == NULL)
    {
      if (g_hash_table_size (self->seen) >= MANY_NODES)
        g_hash_table_foreach_remove (self->seen, is_forgotten, &now_us);
      seen = g_new0 (NxSeen, 1);
      seen->node = node;
      g_hash_table_insert (self->seen, &seen->node, seen);
    }
  seen->heard_us = now_us;
  return seen;
}

gint64
nx_record_check (guint64 *last, const NxBackplaneEnvelopeHeader *header)
{
  guint64 before = *last;

  if (header->sequence <= before)
    return -1;
  *last = header->sequence;
  if (before == 0 || header->flags & NX_ENVELOPE_FIRST)
    return 0;
  return (gint64) (header->sequence - before - 1);
}

void
nx_record_add_pending (NxRecord *self, NxPending *pending)
{
  pending->link.data = pending;
  g_queue_push_tail_link (&self->waiting, &pending->link);
  self->pending_bytes += g_bytes_get_size (pending->envelope);
}

void
nx_record_mark_sent (NxRecord *self, NxPending *pending)
{
  g_queue_unlink (&self->waiting, &pending->link);
  g_queue_push_tail_link (&self->sent, &pending->link);
  pending->sent_us = g_get_monotonic_time ();
  pending->was_sent = TRUE;
}

void
nx_record_remove_pending (NxRecord *self, NxPending *pending)
{
  g_queue_unlink (pending->sent_us != 0 ? &self->sent : &self->waiting, &pending->link);
  self->pending_bytes -= g_bytes_get_size (pending->envelope);
}

guint
nx_record_get_n_pending (NxRecord *self)
{
  return self->sent.length + self->waiting.length;
}

void
nx_record_lose (NxRecord *self)
{
  GList *link;

  self->is_ready = self->is_subscribing = FALSE;
  while ((link = g_queue_pop_tail_link (&self->sent)) != NULL)
    {
      ((NxPending *) link->data)->sent_us = 0;
      g_queue_push_head_link (&self->waiting, link);
    }
}
