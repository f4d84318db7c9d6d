/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The implementation's side of a backplane: what came, and what became of what was published. */
#include "config.h"

#include "groups/nx-backplane-private.h"

#include "nx-error.h"

static void
count_answer (NxBackplanePrivate *priv, NxPending *pending)
{
  if (pending->sent_us != 0)
    priv->lag_us = (guint64) (g_get_monotonic_time () - pending->sent_us);
}

static void
accept_pending (NxBackplane *self, NxPending *pending, const char *id, int n_receivers)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);

  if (!pending->is_marker)
    priv->n_published++;
  if (pending->kind == NX_PENDING_QUESTION)
    NX_TELL (priv, asked, pending->tag, n_receivers, NULL);
  else if (pending->tag != NULL)
    NX_TELL (priv, published, pending->tag, id);
  nx_pending_free (pending);
}

static void
take_answer (NxBackplane *self, guint64 ticket, const char *id, int n_receivers)
{
  NxPending *pending = nx_backplane_take_ticket (self, ticket);

  if (pending == NULL)
    return; /* it was found in the history, or given up */
  count_answer (nx_backplane_get_private (self), pending);
  accept_pending (self, pending, id, n_receivers);
}

/**
 * nx_backplane_published:
 * @self: a backplane
 * @ticket: its number
 * @id: (nullable): the entry of the history that it became; %NULL when it was not to be recorded
 *
 * For implementations: what was published, or sent to a process, has been taken, and cannot be lost any more.
 *
 * Since: 0.1
 */
void
nx_backplane_published (NxBackplane *self, guint64 ticket, const char *id)
{
  g_return_if_fail (NX_IS_BACKPLANE (self));

  take_answer (self, ticket, id, -1);
}

/**
 * nx_backplane_delivered:
 * @self: a backplane
 * @ticket: its number
 * @n_receivers: how many processes get it with [method@Backplane.received], this one included if it does
 *
 * For implementations: as [method@Backplane.published], for what was not to be recorded, where the engine knows who gets it.
 *
 * So a question to a group ([method@Group.ask_async]) is over when all have answered. An engine that does not know calls [method@Backplane.published]; such
 * a question then takes as long as it may.
 *
 * Since: 0.1
 */
void
nx_backplane_delivered (NxBackplane *self, guint64 ticket, guint n_receivers)
{
  g_return_if_fail (NX_IS_BACKPLANE (self));

  take_answer (self, ticket, NULL, (int) MIN (n_receivers, G_MAXINT));
}

/**
 * nx_backplane_subscribed:
 * @self: a backplane
 * @group: the name of a group
 * @id: (nullable): the last entry of its history, in whatever form; %NULL when it has none
 *
 * For implementations: a subscription has begun, and what its history had is handed on.
 *
 * Since: 0.1
 */
void
nx_backplane_subscribed (NxBackplane *self, const char *group, const char *id)
{
  NxBackplanePrivate *priv;
  NxRecord *record;

  g_return_if_fail (NX_IS_BACKPLANE (self));
  g_return_if_fail (group != NULL);

  priv = nx_backplane_get_private (self);
  record = g_hash_table_lookup (priv->records, group);
  if (record == NULL || !record->is_subscribing)
    return;
  if (id != NULL && g_strcmp0 (id, record->last_id) != 0)
    {
      g_free (record->last_id);
      record->last_id = g_strdup (id);
    }
  if (!record->is_ready)
    nx_backplane_become_ready (self, record);
}

/* A stranger's: said once a minute, without a word of what it was. */
void
nx_backplane_reject (NxBackplane *self)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  gint64 now_us = g_get_monotonic_time ();

  priv->n_rejected++;
  if (priv->rejected_us != 0 && now_us - priv->rejected_us < NX_BACKPLANE_REPORT_EVERY_US)
    return;
  priv->rejected_us = now_us;
  g_warning (
      "Backplane: something that is not ours was dropped; does somebody else use the same prefix?");
}

void
nx_backplane_miss (NxBackplane *self, guint n)
{
  nx_backplane_get_private (self)->n_missed += n;
}

/* What is ours and waits was recorded, though nobody had told us so. */
static void
settle_own (NxBackplane *self, NxRecord *record, guint64 sequence, const char *id)
{
  GList *links[2] = { record->sent.head, record->waiting.head };

  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    {
      NxPending *pending = links[i] != NULL ? links[i]->data : NULL;

      if (pending != NULL && pending->sequence == sequence)
        {
          nx_backplane_take_ticket (self, pending->ticket);
          accept_pending (self, pending, id, -1);
          return;
        }
    }
}

static void
take_recorded (NxBackplane *self,
               NxRecord *record,
               const char *id,
               const NxBackplaneEnvelopeHeader *header,
               GBytes *payload)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  gint64 n_missing = nx_record_check (&nx_record_get_seen (record, header->node)->recorded, header);
  gboolean is_own = header->node == priv->node;
  gboolean is_withdrawn = is_own && g_hash_table_remove (record->withdrawn, &header->sequence);

  g_free (record->last_id);
  record->last_id = g_strdup (id);
  if (n_missing < 0 || is_withdrawn)
    priv->n_repeated++;
  if (n_missing < 0)
    return;
  if (is_own)
    settle_own (self, record, header->sequence, id);
  if (!record->is_wanted)
    return;
  if (n_missing > 0 || header->flags & NX_ENVELOPE_GAP)
    {
      priv->n_missed += (guint64) n_missing;
      NX_TELL (priv, gap, record->name, id);
    }
  if (is_withdrawn || header->flags & NX_ENVELOPE_GAP || !record->is_wanted)
    return;
  priv->n_received++;
  NX_TELL (priv, received, record->name, id, payload);
}

static void
take_live (NxBackplane *self,
           NxRecord *record,
           const NxBackplaneEnvelopeHeader *header,
           GBytes *payload)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  gint64 n_missing;

  if (header->node == priv->node)
    {
      NX_TELL (priv, passed_by, payload);
      return;
    }
  n_missing = nx_record_check (&nx_record_get_seen (record, header->node)->live, header);
  if (n_missing < 0)
    {
      priv->n_repeated++;
      return;
    }
  priv->n_missed += (guint64) n_missing;
  if (!record->is_wanted)
    {
      NX_TELL (priv, passed_by, payload);
      return;
    }
  priv->n_received++;
  NX_TELL (priv, received, record->name, NULL, payload);
}

/**
 * nx_backplane_received:
 * @self: a backplane
 * @group: the name of a group
 * @id: (nullable): its entry in the group's history; %NULL when it was not recorded
 * @envelope: what was published, octet for octet
 *
 * For implementations: something was published to a group, perhaps by this very process.
 *
 * What comes twice is dropped here, and what is missing is noticed; what nobody of ours has published is dropped and counted.
 *
 * Since: 0.1
 */
void
nx_backplane_received (NxBackplane *self, const char *group, const char *id, GBytes *envelope)
{
  NxBackplanePrivate *priv;
  NxRecord *record;
  NxBackplaneEnvelopeHeader header;
  g_autoptr (GBytes) payload = NULL;

  g_return_if_fail (NX_IS_BACKPLANE (self));
  g_return_if_fail (group != NULL);
  g_return_if_fail (envelope != NULL);

  priv = nx_backplane_get_private (self);
  record = g_hash_table_lookup (priv->records, group);
  if (record == NULL || !record->is_subscribing)
    return;
  nx_record_ref (record);
  if (!nx_backplane_envelope_open (envelope, &header, &payload))
    nx_backplane_reject (self);
  else if (id != NULL)
    take_recorded (self, record, id, &header, payload);
  else
    take_live (self, record, &header, payload);
  nx_record_unref (record);
}

/**
 * nx_backplane_received_direct:
 * @self: a backplane
 * @envelope: what was sent, octet for octet
 *
 * For implementations: something was sent to this process alone.
 *
 * Since: 0.1
 */
void
nx_backplane_received_direct (NxBackplane *self, GBytes *envelope)
{
  NxBackplanePrivate *priv;
  NxBackplaneEnvelopeHeader header;
  g_autoptr (GBytes) payload = NULL;

  g_return_if_fail (NX_IS_BACKPLANE (self));
  g_return_if_fail (envelope != NULL);

  priv = nx_backplane_get_private (self);
  if (!nx_backplane_envelope_open (envelope, &header, &payload))
    {
      nx_backplane_reject (self);
      return;
    }
  priv->n_received++;
  NX_TELL (priv, received_direct, payload);
}

/**
 * nx_backplane_gap:
 * @self: a backplane
 * @group: the name of a group
 *
 * For implementations: what was recorded for a group has been lost, or can no longer be read.
 *
 * Since: 0.1
 */
void
nx_backplane_gap (NxBackplane *self, const char *group)
{
  NxBackplanePrivate *priv;
  NxRecord *record;

  g_return_if_fail (NX_IS_BACKPLANE (self));
  g_return_if_fail (group != NULL);

  priv = nx_backplane_get_private (self);
  record = g_hash_table_lookup (priv->records, group);
  if (record == NULL || !record->is_wanted)
    return;
  nx_record_ref (record);
  NX_TELL (priv, gap, record->name, NULL);
  nx_record_unref (record);
}

/* What a client is to see of an entry: none of one that repeats an earlier one, and a hole in front of one behind which some are missing. */
static void
add_entry (GPtrArray *entries, NxBackplaneEntry *entry, GHashTable *seen)
{
  NxBackplaneEnvelopeHeader header;
  g_autoptr (GBytes) payload = NULL;
  guint64 *last;
  gint64 n_missing;

  if (!nx_backplane_envelope_open (nx_backplane_entry_get_envelope (entry), &header, &payload))
    return;
  last = g_hash_table_lookup (seen, &header.node);
  if (last == NULL)
    {
      last = g_new0 (guint64, 2); /* its own key is behind it */
      last[1] = header.node;
      g_hash_table_insert (seen, &last[1], last);
    }
  n_missing = nx_record_check (last, &header);
  if (n_missing < 0)
    return;
  if (n_missing > 0 || header.flags & NX_ENVELOPE_GAP)
    g_ptr_array_add (entries, nx_backplane_entry_new (nx_backplane_entry_get_id (entry), NULL));
  if (!(header.flags & NX_ENVELOPE_GAP))
    g_ptr_array_add (entries, nx_backplane_entry_new (nx_backplane_entry_get_id (entry), payload));
}

/**
 * nx_backplane_fetched:
 * @self: a backplane
 * @ticket: its number
 * @entries: (element-type NxBackplaneEntry): the entries, oldest first
 * @gap: whether entries are missing between the one that was asked behind, and the first
 *
 * For implementations: answers [vfunc@Backplane.fetch].
 *
 * Since: 0.1
 */
void
nx_backplane_fetched (NxBackplane *self, guint64 ticket, GPtrArray *entries, gboolean gap)
{
  NxBackplanePrivate *priv;
  NxPending *pending;
  g_autoptr (GPtrArray) shown = NULL;
  g_autoptr (GHashTable) seen = NULL;

  g_return_if_fail (NX_IS_BACKPLANE (self));
  g_return_if_fail (entries != NULL);

  priv = nx_backplane_get_private (self);
  pending = nx_backplane_take_ticket (self, ticket);
  if (pending == NULL)
    return;
  count_answer (priv, pending);
  shown = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_backplane_entry_unref);
  seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  for (guint i = 0; i < entries->len; i++)
    add_entry (shown, g_ptr_array_index (entries, i), seen);
  NX_TELL (priv, fetched, pending->tag, shown, gap, NULL);
  nx_pending_free (pending);
}

static gboolean
set_present (NxRecord *record, const char *member, GBytes *meta)
{
  NxPresent *present = g_hash_table_lookup (record->present, member);

  if (meta == NULL)
    return g_hash_table_remove (record->present, member);
  if (present != NULL)
    {
      gboolean is_same = g_bytes_equal (present->meta, meta);

      present->is_confirmed = TRUE;
      g_bytes_unref (present->meta);
      present->meta = g_bytes_ref (meta);
      return !is_same;
    }
  present = g_new0 (NxPresent, 1);
  present->meta = g_bytes_ref (meta);
  present->is_confirmed = TRUE;
  g_hash_table_insert (record->present, g_strdup (member), present);
  return TRUE;
}

/**
 * nx_backplane_presence:
 * @self: a backplane
 * @group: the name of a group
 * @member: who
 * @meta: (nullable): what is to be known of them; %NULL: they are gone
 *
 * For implementations: a member of another process came, changed or went. What is known already may be told again.
 *
 * Since: 0.1
 */
void
nx_backplane_presence (NxBackplane *self, const char *group, const char *member, GBytes *meta)
{
  NxBackplanePrivate *priv;
  NxRecord *record;

  g_return_if_fail (NX_IS_BACKPLANE (self));
  g_return_if_fail (group != NULL);
  g_return_if_fail (member != NULL);

  priv = nx_backplane_get_private (self);
  record = g_hash_table_lookup (priv->records, group);
  if (record == NULL || !record->is_subscribing || g_hash_table_contains (record->own, member))
    return;
  nx_record_ref (record);
  if (set_present (record, member, meta) && record->is_wanted)
    NX_TELL (priv, presence, record->name, member, meta);
  nx_record_unref (record);
}
