/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The connection of a backplane comes and goes: then all is subscribed to and told anew, and what waits goes out, or comes back. */
#include "config.h"

#include "groups/nx-backplane-private.h"

#include "nx-error.h"

static GPtrArray *
collect_records (NxBackplanePrivate *priv)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_record_unref);
  GHashTableIter iter;
  NxRecord *record;

  g_hash_table_iter_init (&iter, priv->records);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &record))
    g_ptr_array_add (all, nx_record_ref (record));
  return all;
}

static void
restore_own (NxBackplane *self, NxRecord *record)
{
  NxBackplaneClass *klass = NX_BACKPLANE_GET_CLASS (self);
  g_autoptr (GList) members = g_hash_table_get_keys (record->own);

  for (GList *l = members; l != NULL; l = l->next)
    {
      GBytes *meta = g_hash_table_lookup (record->own, l->data);
      g_autoptr (GError) error = NULL;

      klass->set_presence (self, record->name, l->data, meta, &error);
      if (error != NULL)
        nx_backplane_report (self, error);
    }
}

void
nx_backplane_restore_presence (NxBackplane *self)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  g_autoptr (GPtrArray) all = collect_records (priv);

  if (NX_BACKPLANE_GET_CLASS (self)->set_presence == NULL)
    return;
  for (guint i = 0; i < all->len && priv->state == NX_BACKPLANE_STATE_CONNECTED; i++)
    restore_own (self, g_ptr_array_index (all, i));
}

static void
connect_all (NxBackplane *self)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  g_autoptr (GPtrArray) all = collect_records (priv);

  for (guint i = 0; i < all->len && priv->state == NX_BACKPLANE_STATE_CONNECTED; i++)
    {
      NxRecord *record = g_ptr_array_index (all, i);

      if (!record->is_subscribing
          && (record->is_wanted || record->is_overflown || nx_record_get_n_pending (record) > 0))
        nx_backplane_subscribe_record (self, record);
    }
  nx_backplane_restore_presence (self);
}

/* The history tells, before anything else from here, that something is not in it. */
static void
publish_marker (NxBackplane *self, NxRecord *record)
{
  g_autoptr (GBytes) envelope =
      nx_backplane_make_envelope (self, &record->n_recorded, NX_ENVELOPE_GAP, NULL);

  nx_backplane_add_recorded (self, record, envelope, NULL)->is_marker = TRUE;
}

static void
forget_absent (NxBackplane *self, NxRecord *record)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  g_autoptr (GPtrArray) gone = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  const char *member;
  NxPresent *present;

  g_hash_table_iter_init (&iter, record->present);
  while (g_hash_table_iter_next (&iter, (gpointer *) &member, (gpointer *) &present))
    if (!present->is_confirmed)
      {
        g_ptr_array_add (gone, g_strdup (member));
        g_hash_table_iter_remove (&iter);
      }
  for (guint i = 0; record->is_wanted && i < gone->len; i++)
    NX_TELL (priv, presence, record->name, g_ptr_array_index (gone, i), NULL);
}

void
nx_backplane_become_ready (NxBackplane *self, NxRecord *record)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  g_autoptr (NxRecord) kept = nx_record_ref (record);
  g_autofree char *id = g_strdup (record->last_id);

  record->is_ready = TRUE;
  forget_absent (self, record);
  if (record->is_ready && record->is_overflown)
    {
      record->is_overflown = FALSE;
      publish_marker (self, record);
    }
  if (record->is_ready && record->is_wanted)
    NX_TELL (priv, subscribed, record->name, id);
  nx_backplane_flush (self, record);
}

static void
lose_all (NxBackplane *self)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  g_autoptr (GPtrArray) all = collect_records (priv);
  g_autoptr (GArray) lost = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GError) error = nx_backplane_make_lost_error ();
  GHashTableIter iter;
  NxPending *pending;

  for (guint i = 0; i < all->len; i++)
    nx_record_lose (g_ptr_array_index (all, i));
  g_hash_table_iter_init (&iter, priv->tickets);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &pending))
    if (pending->kind != NX_PENDING_RECORDED)
      g_array_append_val (lost, pending->ticket);
  for (guint i = 0; i < lost->len; i++)
    {
      pending = nx_backplane_take_ticket (self, g_array_index (lost, guint64, i));
      if (pending != NULL)
        nx_backplane_give_up (self, pending, error);
    }
}

/**
 * nx_backplane_set_state:
 * @self: a backplane
 * @state: what it is now
 *
 * For implementations: tells how the connection goes.
 *
 * When it becomes %NX_BACKPLANE_STATE_CONNECTED, all groups are subscribed to and all members told anew; whoever was told of before and is not told of
 * then has left. When it is not any more, what
 * was to be recorded waits, in order, and the rest is given up.
 *
 * Since: 0.1
 */
void
nx_backplane_set_state (NxBackplane *self, NxBackplaneState state)
{
  NxBackplanePrivate *priv;
  gboolean was_connected;

  g_return_if_fail (NX_IS_BACKPLANE (self));

  priv = nx_backplane_get_private (self);
  if (priv->state == state)
    return;
  was_connected = priv->state == NX_BACKPLANE_STATE_CONNECTED;
  g_object_ref (self);
  priv->state = state;
  if (state == NX_BACKPLANE_STATE_CONNECTED)
    nx_backplane_report (self, NULL);
  g_object_notify (G_OBJECT (self), "state");
  if (was_connected)
    lose_all (self);
  if (state == NX_BACKPLANE_STATE_CONNECTED && priv->state == state)
    connect_all (self);
  g_object_unref (self);
}

void
nx_backplane_start (NxBackplane *self, guint64 node)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  NxBackplaneClass *klass = NX_BACKPLANE_GET_CLASS (self);

  g_return_if_fail (!priv->is_started);

  while (node == 0)
    node = (guint64) g_random_int () << 32 | g_random_int ();
  priv->is_started = TRUE;
  priv->node = node;
  g_free (priv->node_name);
  priv->node_name = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", node);
  g_object_notify (G_OBJECT (self), "node");
  if (klass->start != NULL)
    klass->start (self);
}

void
nx_backplane_stop (NxBackplane *self)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);
  NxBackplaneClass *klass = NX_BACKPLANE_GET_CLASS (self);
  g_autoptr (NxBackplane) kept = g_object_ref (self);
  g_autoptr (GPtrArray) all = NULL;

  if (priv->is_started)
    {
      priv->is_started = FALSE;
      if (klass->stop != NULL)
        klass->stop (self);
      nx_backplane_set_state (self, NX_BACKPLANE_STATE_CONNECTING);
    }
  all = collect_records (priv);
  for (guint i = 0; i < all->len; i++)
    nx_backplane_hand_back (self, g_ptr_array_index (all, i));
}

void
nx_backplane_set_client (NxBackplane *self, const NxBackplaneClient *client, gpointer owner)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);

  priv->client = client;
  priv->owner = owner;
}
