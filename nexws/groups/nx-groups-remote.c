/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The groups as the client of a backplane: what is sent goes out here, and what comes enters the one order of sendings as if it had been
 * sent here. A recorded message is delivered when it comes back, so the order of the ids is everybody's.
 */
#include "config.h"

#include "groups/nx-backplane-private.h"
#include "groups/nx-group-private.h"
#include "groups/nx-inquiry-private.h"
#include "groups/nx-sending-private.h"
#include "groups/nx-parcel-private.h"
#include "groups/nx-poll-private.h"
#include "nx-web-socket-private.h"

/* What gives ids may count with one number alone. */
static gboolean
parse_id (NxGroups *self, const char *text, NxMessageId *id)
{
  g_autofree char *with_number = NULL;

  if (nx_message_id_parse (id, text))
    return TRUE;
  with_number = g_strconcat (text, "-0", NULL);
  if (nx_message_id_parse (id, with_number))
    return TRUE;
  g_critical ("%s: \"%s\" is no id of an entry: NUMBER or NUMBER-NUMBER",
              self->backplane != NULL ? G_OBJECT_TYPE_NAME (self->backplane) : "NxBackplane", text);
  return FALSE;
}

static void
subscribed_cb (gpointer owner, const char *name, const char *text)
{
  NxGroups *self = owner;
  NxGroup *group = nx_groups_find (self, name);
  NxMessageId id = { 0, 0 };

  if (group == NULL || !nx_group_has_history (group)
      || (text != NULL && !parse_id (self, text, &id)))
    return;
  nx_group_start_counting (group, &id);
}

/* A websocket of ours by its number; NULL: it is another process', or gone. */
static NxWebSocket *
find_own (NxGroups *self, const NxParcel *parcel)
{
  if (parcel->node != self->app_handle->node || self->is_closed)
    return NULL;
  return nx_connection_list_find (self->connections, parcel->serial);
}

static void
reject (NxGroups *self)
{
  if (self->backplane != NULL)
    nx_backplane_reject (self->backplane);
}

/* (nullable) (transfer full) */
static NxSending *
open_parcel (NxGroups *self, const char *name, GBytes *payload, NxSendingKind kind)
{
  NxGroup *group = nx_groups_find (self, name);
  g_auto (NxParcel) parcel = { NULL };
  NxSending *sending;

  if (!nx_parcel_unpack (&parcel, payload))
    {
      reject (self);
      return NULL;
    }
  if (group == NULL)
    return NULL;
  sending = nx_sending_new (group, parcel.message, find_own (self, &parcel));
  sending->kind = kind;
  if (parcel.node == self->app_handle->node)
    sending->excluding_serial = parcel.serial;
  sending->several = g_steal_pointer (&parcel.several);
  sending->preceding = g_steal_pointer (&parcel.preceding);
  return sending;
}

/* @group: (nullable): we have none. */
static void
take_query (NxGroups *self, NxGroup *group, GBytes *payload)
{
  g_auto (NxQuery) query = { 0 };

  if (!nx_query_unpack (&query, payload) || query.node == self->app_handle->node
      || !nx_inquiry_begin (self, group, &query))
    reject (self);
}

static void
received_cb (gpointer owner, const char *name, const char *text, GBytes *payload)
{
  NxGroups *self = owner;
  NxMessageId id = { 0, 0 };
  NxSending *sending;

  if (text == NULL && nx_query_is_one (payload))
    {
      take_query (self, nx_groups_find (self, name), payload);
      return;
    }
  if (text != NULL && !parse_id (self, text, &id))
    return;
  sending = open_parcel (self, name, payload, NX_SENDING_RECEIVED);
  if (sending == NULL)
    return;
  sending->id = id;
  sending->is_volatile = text == NULL;
  nx_groups_send (self, sending);
}

static void
gap_cb (gpointer owner, const char *name, const char *text)
{
  NxGroups *self = owner;
  NxGroup *group = nx_groups_find (self, name);
  NxMessageId id = { 0, 0 };
  NxSending *sending;

  if (group == NULL || (text != NULL && !parse_id (self, text, &id)))
    return;
  sending = nx_sending_new (group, NULL, NULL);
  sending->kind = NX_SENDING_GAP;
  sending->id = id;
  nx_groups_send (self, sending);
}

static void
published_cb (gpointer owner, gpointer tag, const char *id)
{
  g_autoptr (GTask) task = tag;

  g_task_return_pointer (task, g_strdup (id), g_free);
}

static void
fail_task (NxGroups *self, GTask *task, const GError *error)
{
  if (self->is_closed)
    g_task_return_new_error (task, NX_ERROR, NX_ERROR_INVALID_STATE, "The app has gone");
  else
    g_task_return_error (task, g_error_copy (error));
  g_object_unref (task);
}

static void
failed_cb (gpointer owner, gpointer tag, const GError *error)
{
  fail_task (owner, tag, error);
}

static void
unrecorded_cb (gpointer owner, const char *name, GBytes *payload, gpointer tag, const GError *error)
{
  NxGroups *self = owner;
  NxSending *sending = open_parcel (self, name, payload, NX_SENDING_UNRECORDED);

  if (sending != NULL)
    nx_groups_send (self, sending);
  if (tag != NULL)
    fail_task (self, tag, error);
}

/* By the clocks of whoever gave the id and of this machine, which are taken to agree. */
static gint64
guess_when (NxGroup *group, const NxMessageId *id)
{
  gint64 age_us = g_get_real_time () - (gint64) MIN (id->ms, G_MAXINT64 / 1000) * 1000;

  return nx_reactor_get_now (group->groups->reactor) - MAX (age_us, 0);
}

static void
add_older (NxGroup *group, GArray *older, const NxMessageId *id, GBytes *payload, gboolean broken)
{
  g_auto (NxParcel) parcel = { NULL };
  NxHistoryEntry entry = { .id = *id, .is_broken = broken, .taken_us = guess_when (group, id) };

  if (!nx_parcel_unpack (&parcel, payload))
    {
      nx_backplane_reject (group->groups->backplane);
      return;
    }
  entry.message = nx_group_wrap (group, parcel.message, id, parcel.several);
  if (parcel.node == group->groups->app_handle->node)
    entry.excluding = parcel.serial;
  g_array_append_val (older, entry);
}

/* What of it is older than what is here. */
static GArray *
choose_older (NxGroup *group, GPtrArray *entries, gboolean *is_broken)
{
  GArray *older = g_array_new (FALSE, FALSE, sizeof (NxHistoryEntry));

  for (guint i = 0; i < entries->len; i++)
    {
      NxBackplaneEntry *entry = g_ptr_array_index (entries, i);
      GBytes *payload = nx_backplane_entry_get_envelope (entry);
      NxMessageId id;

      if (!parse_id (group->groups, nx_backplane_entry_get_id (entry), &id)
          || nx_message_id_compare (&id, &group->history.floor) > 0)
        continue;
      if (payload != NULL)
        add_older (group, older, &id, payload, *is_broken);
      *is_broken = payload == NULL;
    }
  return older;
}

static void
fetched_cb (gpointer owner, gpointer tag, GPtrArray *entries, gboolean gap, const GError *error)
{
  g_autofree NxFetch *fetch = tag;
  g_autoptr (NxGroup) group = fetch->group;
  g_autoptr (GArray) older = NULL;
  gboolean is_broken = FALSE;

  if (entries != NULL && fetch->life == group->life && group->groups->backplane != NULL)
    older = choose_older (group, entries, &is_broken);
  nx_group_take_past (group, fetch->life, older, is_broken);
}

static void
presence_cb (gpointer owner, const char *name, const char *member, GBytes *presence)
{
  NxGroups *self = owner;
  NxGroup *group = nx_groups_find (self, name);

  if (group != NULL && !nx_group_take_stranger (group, member, presence))
    nx_backplane_reject (self->backplane);
}

static void
asked_cb (gpointer owner, gpointer tag, int n_receivers, const GError *error)
{
  NxPoll *poll = nx_poll_find (owner, GPOINTER_TO_UINT (tag));

  if (poll != NULL && error != NULL)
    nx_poll_go_alone (poll);
  else if (poll != NULL)
    nx_poll_set_n_receivers (poll, n_receivers);
}

/* What is asked is answered by all that got it: we have nobody to ask, or are the one who asks. */
static void
passed_by_cb (gpointer owner, GBytes *payload)
{
  NxGroups *self = owner;
  g_auto (NxQuery) query = { 0 };
  NxPoll *poll;

  if (!nx_query_is_one (payload) || !nx_query_unpack (&query, payload))
    return;
  if (query.node != self->app_handle->node)
    {
      nx_inquiry_begin (self, NULL, &query);
      return;
    }
  poll = nx_poll_find (self, query.number);
  if (poll != NULL)
    nx_poll_take_own (poll);
}

/* One that comes too late is nobody's. */
static void
take_report (NxGroups *self, GBytes *payload)
{
  g_autoptr (NxGroups) kept = nx_groups_ref (self);
  g_auto (NxReport) report = { 0 };
  NxPoll *poll;
  guint n_missed = 0;

  if (!nx_report_unpack (&report, payload))
    {
      reject (self);
      return;
    }
  poll = nx_poll_find (self, report.number);
  if (poll != NULL && !nx_poll_take_report (poll, &report, &n_missed))
    reject (self);
  if (self->backplane != NULL)
    nx_backplane_miss (self->backplane, n_missed);
}

static void
received_direct_cb (gpointer owner, GBytes *payload)
{
  NxGroups *self = owner;
  g_auto (NxParcel) parcel = { NULL };
  NxWebSocket *ws;

  if (nx_report_is_one (payload))
    {
      take_report (self, payload);
      return;
    }
  if (!nx_parcel_unpack (&parcel, payload))
    {
      nx_backplane_reject (self->backplane);
      return;
    }
  ws = find_own (self, &parcel);
  if (ws != NULL && nx_web_socket_get_state (ws) == NX_STATE_OPEN)
    nx_web_socket_send_message (ws, parcel.message, NULL);
}

static const NxBackplaneClient client = {
  .subscribed = subscribed_cb,
  .received = received_cb,
  .gap = gap_cb,
  .published = published_cb,
  .unrecorded = unrecorded_cb,
  .failed = failed_cb,
  .fetched = fetched_cb,
  .presence = presence_cb,
  .received_direct = received_direct_cb,
  .asked = asked_cb,
  .passed_by = passed_by_cb,
};

/* -- It comes and goes -- */

static GPtrArray *
collect_groups (NxGroups *self)
{
  GPtrArray *all = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer group;

  g_hash_table_iter_init (&iter, self->by_name);
  while (g_hash_table_iter_next (&iter, NULL, &group))
    g_ptr_array_add (all, g_object_ref (group));
  return all;
}

static void
end_questions (NxGroups *self)
{
  g_autoptr (GList) numbers = g_hash_table_get_keys (self->polls);

  nx_inquiry_end_all (self);
  for (GList *l = numbers; l != NULL; l = l->next)
    {
      NxPoll *poll = nx_poll_find (self, GPOINTER_TO_UINT (l->data));

      if (poll != NULL)
        nx_poll_go_alone (poll);
    }
}

static void
leave_backplane (NxGroups *self)
{
  g_autoptr (NxBackplane) backplane = g_object_ref (self->backplane);
  g_autoptr (GPtrArray) all = collect_groups (self);

  for (guint i = 0; i < all->len; i++)
    {
      nx_group_publish_all_presence (g_ptr_array_index (all, i), FALSE);
      nx_groups_detach (self, g_ptr_array_index (all, i));
    }
  g_clear_object (&self->backplane);
  nx_backplane_stop (backplane); /* what waits comes back, marked */
  nx_backplane_set_client (backplane, NULL, NULL);
  end_questions (self);
  for (guint i = 0; i < all->len; i++)
    {
      nx_group_forget_strangers (g_ptr_array_index (all, i));
      nx_group_go_on_alone (g_ptr_array_index (all, i));
    }
}

void
nx_groups_set_backplane (NxGroups *self, NxBackplane *backplane)
{
  g_autoptr (NxGroups) kept = nx_groups_ref (self);
  g_autoptr (GPtrArray) all = NULL;

  if (self->backplane != NULL)
    leave_backplane (self);
  if (backplane == NULL)
    return;
  self->backplane = g_object_ref (backplane);
  all = collect_groups (self);
  for (guint i = 0; i < all->len; i++)
    nx_group_begin_anew (g_ptr_array_index (all, i));
  nx_backplane_set_client (backplane, &client, self);
  nx_backplane_start (backplane, self->app_handle->node);
  for (guint i = 0; i < all->len && self->backplane == backplane; i++)
    {
      nx_groups_attach (self, g_ptr_array_index (all, i));
      nx_group_publish_all_presence (g_ptr_array_index (all, i), TRUE);
    }
}
