/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One message to its receivers, in two steps. In the first one nothing is called that is not ours, so whoever has room gets the message
 * at the same time; those who are slow, and those whose messages somebody looks at, come in the second one, in which anything may happen.
 */
#include "config.h"

#include "groups/nx-group-private.h"
#include "groups/nx-sending-private.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"

typedef struct
{
  NxGroup *group; /* (nullable) */
  NxMessage *message;
  NxWebSocket *excluding;
  NxMessageId before; /* of the one that was kept before this; of one that is kept too */
  gboolean is_kept;
  GPtrArray *slow;   /* (nullable) of NxWebSocket: no room */
  GPtrArray *tapped; /* (nullable) of NxWebSocket: queued, and somebody wants to know */
} Delivery;

static void
put_off (GPtrArray **list, NxWebSocket *ws)
{
  if (*list == NULL)
    *list = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (*list, g_object_ref (ws));
}

static gboolean
has_tap (NxWebSocket *ws)
{
  for (NxTap *tap = ws->taps; tap != NULL; tap = tap->next)
    if (tap->sent != NULL)
      return TRUE;
  return FALSE;
}

static void
queue (Delivery *self, NxWebSocket *ws)
{
  NxSender *sender = nx_connection_get_sender (ws->connection);

  nx_connection_push_shared (
      ws->connection,
      nx_message_dup_frame (self->message, sender, ws->settings->compression_threshold),
      self->group);
  if (has_tap (ws))
    put_off (&self->tapped, ws);
}

/* Who is behind finds it in the history. */
static gboolean
is_behind (Delivery *self, NxWebSocket *ws)
{
  NxMember *member = self->group != NULL ? nx_group_find_member (self->group, ws) : NULL;

  return member != NULL && member->is_behind;
}

/* By itself. */
static void
give (Delivery *self, NxWebSocket *ws)
{
  if (ws->connection == NULL || !nx_connection_is_writable (ws->connection) || is_behind (self, ws))
    return;
  if (nx_connection_has_room (ws->connection))
    queue (self, ws);
  else
    put_off (&self->slow, ws);
}

/* Whether what it gets is what the others get, octet by octet, and nobody wants to know. */
static gboolean
can_share (Delivery *self, NxWebSocket *ws)
{
  return ws->connection != NULL && nx_connection_has_room (ws->connection)
         && nx_connection_get_sender (ws->connection)->window_bits == 0
         && (ws->taps == NULL || (!has_tap (ws) && !is_behind (self, ws)));
}

/* The turn's first message to all: from here on they share what comes. */
static void
begin_batch (Delivery *self, NxFrame *frame)
{
  NxGroup *group = self->group;
  NxBatch *batch = group->batch = nx_batch_new (frame, group, (GDestroyNotify) nx_connection_unref);
  guint n = nx_connection_list_get_size (group->members);

  nx_reactor_queue_flush (group->groups->reactor, &group->batch_task);
  for (guint i = 0; i < n; i++)
    {
      NxWebSocket *ws = nx_connection_list_peek (group->members, i);

      if (ws != self->excluding && can_share (self, ws))
        {
          nx_connection_attach (ws->connection, batch);
          continue;
        }
      if (ws->connection != NULL)
        nx_batch_add_apart (batch, nx_connection_ref (ws->connection));
      if (ws != self->excluding)
        give (self, ws);
    }
}

static void
go_on_with_batch (Delivery *self, NxFrame *frame)
{
  NxGroup *group = self->group;
  NxBatch *batch = group->batch;

  if (self->excluding != NULL && self->excluding->connection != NULL)
    nx_connection_stand_apart (self->excluding->connection, batch);
  for (guint i = 0; batch->apart != NULL && i < batch->apart->len; i++)
    {
      NxWebSocket *ws = nx_connection_get_owner (g_ptr_array_index (batch->apart, i));

      if (ws != NULL && ws != self->excluding && nx_connection_list_contains (group->members, ws))
        give (self, ws);
    }
  nx_batch_append (batch, frame);
}

static void
give_to_all (Delivery *self, GPtrArray *all, gboolean are_members)
{
  for (guint i = 0; i < all->len; i++)
    {
      NxWebSocket *ws = g_ptr_array_index (all, i);

      /* Who was chosen may have left meanwhile. */
      if (ws != self->excluding
          && (are_members || self->group == NULL
              || nx_connection_list_contains (self->group->members, ws)))
        give (self, ws);
    }
}

static void
give_to_members (Delivery *self)
{
  NxGroup *group = self->group;
  NxFrame *frame = nx_message_peek_frame (self->message);
  gboolean is_settled = nx_connection_list_is_settled (group->members);
  gsize size;

  nx_frame_get_wire (frame, &size);
  if (group->batch != NULL && nx_batch_fits (group->batch, frame))
    {
      go_on_with_batch (self, frame);
      return;
    }
  nx_group_close_batch (group);
  if (is_settled && size <= NX_BATCH_MESSAGE_MAX)
    begin_batch (self, frame);
  else
    {
      g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

      nx_connection_list_collect_members (group->members, all);
      give_to_all (self, all, TRUE);
    }
}

/* -- What may call the application -- */

static gboolean
is_receiver (Delivery *self, NxWebSocket *ws)
{
  return ws->connection != NULL
         && (self->group == NULL || nx_connection_list_contains (self->group->members, ws));
}

static void
judge (Delivery *self, NxWebSocket *ws)
{
  NxSlowPolicy policy = self->group != NULL ? self->group->slow_policy : ws->settings->slow_policy;

  if (!is_receiver (self, ws))
    return;
  /* It is not dropped: there it is found again, as long as it is kept. */
  if (self->is_kept && policy != NX_SLOW_POLICY_CLOSE)
    policy = NX_SLOW_POLICY_DROP_NEW;
  switch (nx_connection_admit_shared (ws->connection, policy, self->group))
    {
    case NX_SEND_OK:
      queue (self, ws);
      break;
    case NX_SEND_SLOW:
      if (self->is_kept && policy != NX_SLOW_POLICY_CLOSE)
        nx_group_fall_behind (ws, nx_group_ensure_member (self->group, ws), &self->before);
      else if (self->group != NULL)
        {
          self->group->n_dropped++;
          /* It may have been who is there. */
          if (self->group->announces_presence && is_receiver (self, ws))
            nx_group_inform (self->group, ws);
        }
      break;
    case NX_SEND_CLOSED:
      break;
    }
}

static void
tell_taps (NxWebSocket *ws, NxMessage *message)
{
  for (NxTap *tap = ws->taps; tap != NULL; tap = tap->next)
    if (tap->sent != NULL)
      tap->sent (tap, ws, message);
}

static void
deal_with_the_rest (Delivery *self)
{
  for (guint i = 0; self->slow != NULL && i < self->slow->len; i++)
    judge (self, g_ptr_array_index (self->slow, i));
  for (guint i = 0; self->tapped != NULL && i < self->tapped->len; i++)
    tell_taps (g_ptr_array_index (self->tapped, i), self->message);
  g_clear_pointer (&self->slow, g_ptr_array_unref);
  g_clear_pointer (&self->tapped, g_ptr_array_unref);
}

/* When it is delivered: so it is behind all that was delivered before. */
static void
make_id (NxGroups *groups, NxSending *sending)
{
  NxMessageId *shared = sending->shared_id;

  if (shared != NULL && shared->ms == 0)
    nx_groups_make_id (groups, shared);
  if (shared != NULL)
    sending->id = *shared;
  else
    nx_groups_make_id (groups, &sending->id);
}

/*
 * The one way into a group for what is kept: an id, and the message as it goes to the members. Whoever gives the ids, what is delivered here is in their
 * order.
 */
static NxMessage *
record (Delivery *self, NxSending *sending)
{
  NxMessage *message;

  if (sending->kind != NX_SENDING_RECEIVED)
    make_id (self->group->groups, sending);
  message = nx_group_wrap (self->group, sending->message, &sending->id, sending->several);
  self->is_kept = TRUE;
  self->before = self->group->history.last;
  nx_group_take_recorded (self->group, &sending->id, message, sending->excluding_serial);
  return message;
}

static NxMessage *
mark_unrecorded (Delivery *self, NxSending *sending)
{
  nx_group_stop_waiting (self->group);
  return nx_group_wrap (self->group, sending->message, NULL, sending->several);
}

/* Whoever is in one of the groups before it has got it there. */
static void
choose_receivers (NxSending *sending)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_object_unref);

  for (char **name = sending->preceding; *name != NULL; name++)
    {
      NxGroup *group = nx_groups_find (sending->group->groups, *name);

      if (group != NULL && group != sending->group)
        nx_connection_list_collect_members (group->members, others);
    }
  for (guint i = 0; i < others->len; i++)
    g_hash_table_add (seen, g_ptr_array_index (others, i));
  nx_sending_choose (sending, seen);
}

void
nx_group_deliver (NxSending *sending)
{
  Delivery self = { .group = sending->group,
                    .message = sending->message,
                    .excluding = sending->excluding };
  NxGroups *groups = sending->group != NULL ? sending->group->groups : NULL;
  gboolean is_kept =
      groups != NULL && nx_group_has_history (sending->group) && !sending->is_volatile;
  gboolean is_for_others =
      groups != NULL && sending->kind == NX_SENDING_NEW && groups->backplane != NULL;
  g_autoptr (NxMessage) made = NULL;

  if (groups != NULL && groups->is_closed)
    return;
  if (sending->kind == NX_SENDING_GAP)
    {
      nx_group_take_gap (self.group, &sending->id);
      return;
    }
  if (is_for_others)
    nx_groups_publish (groups, sending, is_kept);
  if (sending->query != NULL && groups->backplane != NULL)
    nx_groups_publish_query (groups, sending);
  if (is_for_others && is_kept)
    return; /* what is recorded comes back, and is delivered then */
  if (sending->preceding != NULL && sending->receivers == NULL)
    choose_receivers (sending);
  if (is_kept && sending->kind == NX_SENDING_UNRECORDED)
    self.message = made = mark_unrecorded (&self, sending);
  else if (is_kept)
    self.message = made = record (&self, sending);
  if (sending->receivers != NULL)
    give_to_all (&self, sending->receivers, FALSE);
  else
    give_to_members (&self);
  deal_with_the_rest (&self);
}
