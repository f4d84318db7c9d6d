/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's side of a backplane: what it publishes, subscribes to and asks for. */
#include "config.h"

#include "groups/nx-backplane-private.h"

#include "nx-error.h"

#define FIRST_SWEEP 1024
#define UNUSED_AFTER_US (60 * G_USEC_PER_SEC)

static gboolean
is_connected (NxBackplanePrivate *priv)
{
  return priv->state == NX_BACKPLANE_STATE_CONNECTED;
}

GError *
nx_backplane_make_lost_error (void)
{
  return g_error_new_literal (NX_ERROR, NX_ERROR_BACKPLANE, "The backplane is not connected");
}

static GError *
make_unreachable_error (void)
{
  return g_error_new_literal (NX_ERROR, NX_ERROR_UNSUPPORTED,
                              "This backplane does not reach a single process");
}

/* -- Records -- */

static void
unsubscribe (NxBackplane *self, NxRecord *record)
{
  NxBackplaneClass *klass = NX_BACKPLANE_GET_CLASS (self);

  if (!record->is_subscribing)
    return;
  record->is_subscribing = record->is_ready = FALSE;
  g_clear_pointer (&record->last_id, g_free);
  g_hash_table_remove_all (record->present);
  if (klass->unsubscribe != NULL)
    klass->unsubscribe (self, record->name);
}

/* Of groups that were only published to, and are not any more. */
static void
sweep (NxBackplane *self)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  gint64 before_us = g_get_monotonic_time () - UNUSED_AFTER_US;
  g_autoptr (GPtrArray) unused = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_record_unref);
  GHashTableIter iter;
  NxRecord *record;

  g_hash_table_iter_init (&iter, priv->records);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &record))
    if (nx_record_is_unused (record) && record->used_us < before_us)
      {
        g_ptr_array_add (unused, nx_record_ref (record));
        g_hash_table_iter_remove (&iter);
      }
  priv->sweep_at = MAX (FIRST_SWEEP, 2 * g_hash_table_size (priv->records));
  for (guint i = 0; i < unused->len; i++)
    unsubscribe (self, g_ptr_array_index (unused, i));
}

static NxRecord *
ensure_record (NxBackplane *self, const char *group)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  NxRecord *record = g_hash_table_lookup (priv->records, group);

  if (record == NULL)
    {
      if (g_hash_table_size (priv->records) >= MAX (priv->sweep_at, FIRST_SWEEP))
        sweep (self);
      record = nx_record_new (group);
      g_hash_table_insert (priv->records, record->name, record);
    }
  record->used_us = g_get_monotonic_time ();
  return record;
}

void
nx_backplane_subscribe_record (NxBackplane *self, NxRecord *record)
{
  NxBackplaneClass *klass = NX_BACKPLANE_GET_CLASS (self);
  g_autofree char *after_id = g_strdup (record->last_id);
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  NxPresent *present;

  record->is_subscribing = TRUE;
  record->is_ready = FALSE;
  g_hash_table_iter_init (&iter, record->present);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &present))
    present->is_confirmed = FALSE;
  if (klass->subscribe != NULL)
    klass->subscribe (self, record->name, record->is_recorded, after_id, &error);
  if (error != NULL)
    nx_backplane_report (self, error);
}

/* -- Tickets -- */

static NxPending *
add_ticket (NxBackplane *self, NxPendingKind kind, const char *group, gpointer tag)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  NxPending *pending = g_new0 (NxPending, 1);

  pending->kind = kind;
  pending->ticket = ++priv->n_tickets;
  pending->tag = tag;
  pending->group = g_strdup (group);
  g_hash_table_insert (priv->tickets, &pending->ticket, pending);
  return pending;
}

NxPending *
nx_backplane_take_ticket (NxBackplane *self, guint64 ticket)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  NxPending *pending = g_hash_table_lookup (priv->tickets, &ticket);

  if (pending == NULL)
    return NULL;
  g_hash_table_remove (priv->tickets, &ticket);
  if (pending->kind == NX_PENDING_RECORDED)
    {
      nx_record_remove_pending (g_hash_table_lookup (priv->records, pending->group), pending);
      priv->n_waiting--;
    }
  return pending;
}

void
nx_backplane_give_up (NxBackplane *self, NxPending *pending, const GError *error)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);

  if (pending->kind == NX_PENDING_RECORDED && !pending->is_marker)
    {
      gsize size = g_bytes_get_size (pending->envelope) - NX_ENVELOPE_HEADER_SIZE;
      g_autoptr (GBytes) payload =
          g_bytes_new_from_bytes (pending->envelope, NX_ENVELOPE_HEADER_SIZE, size);

      priv->n_unrecorded++;
      NX_TELL (priv, unrecorded, pending->group, payload, pending->tag, error);
    }
  else if (pending->kind == NX_PENDING_FETCH)
    NX_TELL (priv, fetched, pending->tag, NULL, FALSE, error);
  else if (pending->kind == NX_PENDING_QUESTION)
    {
      priv->n_dropped++;
      NX_TELL (priv, asked, pending->tag, -1, error);
    }
  else if (pending->kind != NX_PENDING_RECORDED)
    {
      priv->n_dropped++;
      if (pending->tag != NULL)
        NX_TELL (priv, failed, pending->tag, error);
    }
  nx_pending_free (pending);
}

/* An implementation in another language may throw where it should have answered. */
static void
settle_call (NxBackplane *self, guint64 ticket, GError *error)
{
  if (error == NULL)
    return;
  nx_backplane_failed (self, ticket, error);
  g_error_free (error);
}

/* -- Publishing -- */

GBytes *
nx_backplane_make_envelope (NxBackplane *self,
                            guint64 *last,
                            NxBackplaneEnvelopeFlags flags,
                            GBytes *payload)
{
  NxBackplaneEnvelopeHeader header = { .flags = flags,
                                       .node = nx_backplane_get_private (self)->node };

  /* A record that is made anew must not begin below where an earlier one ended. */
  if (*last == 0)
    {
      *last = (guint64) g_get_monotonic_time ();
      header.flags |= NX_ENVELOPE_FIRST;
    }
  header.sequence = ++*last;
  return nx_backplane_envelope_close (&header, payload);
}

static void
send_recorded (NxBackplane *self, NxRecord *record, NxPending *pending)
{
  guint64 ticket = pending->ticket;
  g_autoptr (GBytes) envelope = g_bytes_ref (pending->envelope);
  GError *error = NULL;

  NX_BACKPLANE_GET_CLASS (self)->publish (self, ticket, record->name, envelope, record->limits.size,
                                          record->limits.age_ms, record->limits.n_bytes, &error);
  settle_call (self, ticket, error);
}

void
nx_backplane_flush (NxBackplane *self, NxRecord *record)
{
  g_autoptr (NxRecord) kept = nx_record_ref (record);
  GList *link;

  while (record->is_ready && (link = record->waiting.head) != NULL)
    {
      NxPending *pending = link->data;

      nx_record_mark_sent (record, pending);
      send_recorded (self, record, pending);
    }
}

/* In order, whoever publishes meanwhile; what was sent may be found in the history later. */
void
nx_backplane_hand_back (NxBackplane *self, NxRecord *record)
{
  g_autoptr (NxRecord) kept = nx_record_ref (record);
  g_autoptr (GError) error = nx_backplane_make_lost_error ();
  GList *link;

  if (record->is_handing_back)
    return;
  record->is_handing_back = TRUE;
  while ((link = g_queue_peek_head_link (&record->sent)) != NULL
         || (link = g_queue_peek_head_link (&record->waiting)) != NULL)
    {
      NxPending *pending = link->data;

      if (pending->was_sent)
        g_hash_table_add (record->withdrawn,
                          g_memdup2 (&pending->sequence, sizeof pending->sequence));
      nx_backplane_take_ticket (self, pending->ticket);
      nx_backplane_give_up (self, pending, error);
    }
  record->is_handing_back = FALSE;
}

static gboolean
is_too_much (NxBackplanePrivate *priv, NxRecord *record)
{
  return nx_record_get_n_pending (record) > priv->max_waiting
         || record->pending_bytes > priv->max_waiting_bytes;
}

NxPending *
nx_backplane_add_recorded (NxBackplane *self, NxRecord *record, GBytes *envelope, gpointer tag)
{
  NxPending *pending = add_ticket (self, NX_PENDING_RECORDED, record->name, tag);

  pending->envelope = g_bytes_ref (envelope);
  pending->sequence = record->n_recorded;
  nx_record_add_pending (record, pending);
  nx_backplane_get_private (self)->n_waiting++;
  return pending;
}

static void
publish_recorded (NxBackplane *self,
                  const char *group,
                  GBytes *payload,
                  const NxHistoryLimits *limits,
                  gpointer tag)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  g_autoptr (NxRecord) record = nx_record_ref (ensure_record (self, group));
  g_autoptr (GBytes) envelope = nx_backplane_make_envelope (self, &record->n_recorded, 0, payload);

  record->limits = *limits;
  nx_backplane_add_recorded (self, record, envelope, tag);
  if (record->is_ready && !record->is_overflown)
    nx_backplane_flush (self, record);
  else if (record->is_overflown || is_too_much (priv, record))
    {
      record->is_overflown = TRUE;
      nx_backplane_hand_back (self, record);
    }
  else if (is_connected (priv) && !(record->is_subscribing && record->is_recorded))
    {
      /* What we sent is known to be recorded when it comes back. */
      record->is_recorded = TRUE;
      nx_backplane_subscribe_record (self, record);
    }
  else
    record->is_recorded = TRUE;
}

static void
publish_live (NxBackplane *self,
              NxPendingKind kind,
              const char *group,
              GBytes *payload,
              gpointer tag)
{
  NxPending *pending = add_ticket (self, kind, NULL, tag);
  guint64 ticket = pending->ticket;
  GError *error = NULL;

  if (!is_connected (nx_backplane_get_private (self)))
    error = nx_backplane_make_lost_error ();
  else if (kind == NX_PENDING_QUESTION && NX_BACKPLANE_GET_CLASS (self)->send_to == NULL)
    error = make_unreachable_error ();
  else
    {
      NxRecord *record = ensure_record (self, group);
      g_autoptr (GBytes) envelope = nx_backplane_make_envelope (self, &record->n_live, 0, payload);

      pending->sent_us = g_get_monotonic_time ();
      NX_BACKPLANE_GET_CLASS (self)->publish (self, ticket, group, envelope, 0, 0, 0, &error);
    }
  settle_call (self, ticket, error);
}

void
nx_backplane_publish (NxBackplane *self,
                      const char *group,
                      GBytes *payload,
                      const NxHistoryLimits *limits,
                      gpointer tag)
{
  if (limits != NULL)
    publish_recorded (self, group, payload, limits, tag);
  else
    publish_live (self, NX_PENDING_LIVE, group, payload, tag);
}

void
nx_backplane_ask (NxBackplane *self, const char *group, GBytes *payload, gpointer tag)
{
  publish_live (self, NX_PENDING_QUESTION, group, payload, tag);
}

void
nx_backplane_send_to (NxBackplane *self, const char *node, GBytes *payload, gpointer tag)
{
  NxBackplaneClass *klass = NX_BACKPLANE_GET_CLASS (self);
  NxPending *pending = add_ticket (self, NX_PENDING_DIRECT, NULL, tag);
  guint64 ticket = pending->ticket;
  guint64 last = 0;
  g_autoptr (GBytes) envelope = nx_backplane_make_envelope (self, &last, 0, payload);
  GError *error = NULL;

  pending->sent_us = g_get_monotonic_time ();
  if (!is_connected (nx_backplane_get_private (self)))
    error = nx_backplane_make_lost_error ();
  else if (klass->send_to == NULL)
    error = make_unreachable_error ();
  else
    klass->send_to (self, ticket, node, envelope, &error);
  settle_call (self, ticket, error);
}

void
nx_backplane_fetch (NxBackplane *self,
                    const char *group,
                    const char *after_id,
                    guint limit,
                    gpointer tag)
{
  NxBackplaneClass *klass = NX_BACKPLANE_GET_CLASS (self);
  NxPending *pending = add_ticket (self, NX_PENDING_FETCH, NULL, tag);
  guint64 ticket = pending->ticket;
  GError *error = NULL;

  pending->is_from_start = after_id == NULL;
  pending->sent_us = g_get_monotonic_time ();
  if (!is_connected (nx_backplane_get_private (self)))
    error = nx_backplane_make_lost_error ();
  else if (klass->fetch == NULL)
    error = g_error_new_literal (NX_ERROR, NX_ERROR_UNSUPPORTED, "This backplane has no history");
  else
    klass->fetch (self, ticket, group, after_id, limit, &error);
  settle_call (self, ticket, error);
}

/* -- Subscribing -- */

void
nx_backplane_subscribe (NxBackplane *self, const char *group, gboolean is_recorded)
{
  NxRecord *record = ensure_record (self, group);
  gboolean is_told = record->is_subscribing && (record->is_recorded || !is_recorded);

  record->is_recorded |= is_recorded;
  if (record->is_wanted && is_told)
    return;
  record->is_wanted = TRUE;
  if (!is_connected (nx_backplane_get_private (self)))
    return;
  if (!is_told)
    nx_backplane_subscribe_record (self, record);
  else if (record->is_ready)
    {
      NxBackplanePrivate *priv = nx_backplane_get_private (self);
      g_autofree char *id = g_strdup (record->last_id);

      NX_TELL (priv, subscribed, group, id);
    }
}

void
nx_backplane_unsubscribe (NxBackplane *self, const char *group)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  NxRecord *record = g_hash_table_lookup (priv->records, group);

  if (record == NULL)
    return;
  record->is_wanted = FALSE;
  if (!nx_record_is_unused (record))
    return;
  g_hash_table_steal (priv->records, group);
  unsubscribe (self, record);
  nx_record_unref (record);
}

void
nx_backplane_set_presence (NxBackplane *self, const char *group, const char *member, GBytes *meta)
{
  NxBackplaneClass *klass = NX_BACKPLANE_GET_CLASS (self);
  NxRecord *record = ensure_record (self, group);
  g_autoptr (GError) error = NULL;

  if (meta != NULL)
    g_hash_table_insert (record->own, g_strdup (member), g_bytes_ref (meta));
  else if (!g_hash_table_remove (record->own, member))
    return;
  if (!is_connected (nx_backplane_get_private (self)) || klass->set_presence == NULL)
    return;
  klass->set_presence (self, group, member, meta, &error);
  if (error != NULL)
    nx_backplane_report (self, error);
}

/**
 * nx_backplane_failed:
 * @self: a backplane
 * @ticket: its number
 * @error: why
 *
 * For implementations: what was published, sent to a process or asked for has been refused, and will not be carried out.
 *
 * Since: 0.1
 */
void
nx_backplane_failed (NxBackplane *self, guint64 ticket, const GError *error)
{
  NxPending *pending;

  g_return_if_fail (NX_IS_BACKPLANE (self));
  g_return_if_fail (error != NULL);

  pending = nx_backplane_take_ticket (self, ticket);
  if (pending != NULL)
    nx_backplane_give_up (self, pending, error);
}
