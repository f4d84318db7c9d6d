/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A group's history, and those who are behind it: who has just come in again, and who reads too slowly. They get what they missed from the history
 * as their queues drain, and are told where something has gone for good. What is sent meanwhile waits for them there.
 */
#include "config.h"

#include "groups/nx-envelope-private.h"
#include "groups/nx-group-private.h"
#include "nx-error-private.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"

/* -- Who is behind -- */

static void
drained (NxTap *tap, NxWebSocket *ws)
{
  for (guint i = 0; i < ws->n_places; i++)
    {
      NxMember *member = ws->places[i].data;

      if (member == NULL || ws->places[i].is_leaving)
        continue;
      nx_group_go_on (nx_connection_list_get_owner (ws->places[i].list), ws);
      if (member->is_uninformed && !member->is_behind)
        nx_group_inform (nx_connection_list_get_owner (ws->places[i].list), ws);
    }
}

static void
free_tap (NxTap *tap)
{
  g_free (tap);
}

static void
ensure_tap (NxWebSocket *ws)
{
  NxTap *tap;

  for (tap = ws->taps; tap != NULL; tap = tap->next)
    if (tap->drained == drained)
      return;
  tap = g_new0 (NxTap, 1);
  tap->drained = drained;
  tap->free = free_tap;
  nx_web_socket_add_tap (ws, tap);
}

void
nx_group_fall_behind (NxWebSocket *ws, NxMember *member, const NxMessageId *seen)
{
  if (member->is_behind)
    return;
  member->is_behind = TRUE;
  member->seen = *seen;
  ensure_tap (ws);
}

static char *
id_or_null (const NxMessageId *id)
{
  g_autofree char *text = NULL;

  if (id == NULL || (id->ms == 0 && id->number == 0))
    return g_strdup ("null");
  text = nx_message_id_to_string (id);
  return g_strdup_printf ("\"%s\"", text);
}

static void
push (NxGroup *self, NxWebSocket *ws, NxMessage *message)
{
  nx_connection_push_shared (ws->connection,
                             nx_message_dup_frame (message,
                                                   nx_connection_get_sender (ws->connection),
                                                   ws->settings->compression_threshold),
                             self);
}

static void
push_gap (NxGroup *self, NxWebSocket *ws, const NxMessageId *after, const NxMessageId *before)
{
  g_autofree char *name = nx_envelope_quote (self->name);
  g_autofree char *from = id_or_null (after);
  g_autofree char *to = id_or_null (before);
  g_autofree char *member =
      g_strdup_printf ("{\"group\":%s,\"gap\":{\"after\":%s,\"before\":%s}}", name, from, to);
  g_autoptr (NxMessage) message = nx_envelope_new (member);

  self->n_gaps++;
  push (self, ws, message);
}

void
nx_group_inform (NxGroup *self, NxWebSocket *ws)
{
  NxMember *member = nx_group_ensure_member (self, ws);

  if (ws->connection == NULL || !self->announces_presence)
    return;
  member->is_uninformed = member->is_behind || !nx_connection_has_room (ws->connection);
  if (member->is_uninformed)
    ensure_tap (ws);
  else
    push (self, ws, nx_group_get_snapshot (self));
}

/* What of its past is gone is said before what is left. */
static void
bridge_gap (NxGroup *self, NxWebSocket *ws, NxMember *member)
{
  const NxHistoryEntry *first = nx_history_find_after (&self->history, &self->history.floor);
  gboolean is_lost = !self->is_counting;

  if (member->is_new)
    is_lost |= self->past == NX_PAST_OUT_OF_REACH;
  else if (!is_lost)
    {
      is_lost = !nx_history_reaches (&self->history, &member->seen);
      if (!is_lost)
        return;
    }
  if (is_lost)
    {
      push_gap (self, ws, &member->seen, first != NULL ? &first->id : NULL);
      member->is_gap_due = FALSE;
    }
  member->is_new = FALSE;
  member->seen = self->history.floor;
}

/* For what was there before we were. */
static gboolean
is_waiting (NxGroup *self, NxMember *member)
{
  return (self->past == NX_PAST_UNREAD || self->past == NX_PAST_AWAITED)
         && (!self->is_counting || member->is_new
             || !nx_history_reaches (&self->history, &member->seen));
}

static void
read_past (NxGroup *self)
{
  if (self->past != NX_PAST_UNREAD || !self->is_counting)
    return;
  self->past = NX_PAST_AWAITED;
  nx_groups_fetch (self->groups, self);
}

/* Calls nothing that is not ours. */
void
nx_group_go_on (NxGroup *self, NxWebSocket *ws)
{
  NxMember *member = nx_group_find_member (self, ws);

  /* Whoever was told that it comes in may have taken it out, and in again. */
  if (member == NULL || !member->is_behind)
    return;
  nx_history_trim (&self->history, &self->limits, nx_group_get_now (self));
  while (ws->connection != NULL && nx_connection_has_room (ws->connection))
    {
      const NxHistoryEntry *entry;

      if (is_waiting (self, member))
        {
          read_past (self);
          return;
        }
      bridge_gap (self, ws, member);
      entry = nx_history_find_after (&self->history, &member->seen);
      if (entry != NULL ? entry->is_broken : member->is_gap_due)
        {
          push_gap (self, ws, &member->seen, entry != NULL ? &entry->id : &self->hole);
          member->is_gap_due = FALSE;
        }
      if (entry == NULL)
        {
          member->is_behind = FALSE; /* of a batch that is open, it is apart */
          if (member->is_uninformed)
            nx_group_inform (self, ws);
          return;
        }
      member->seen = entry->id;
      if (entry->excluding != ws->serial)
        push (self, ws, entry->message);
    }
}

/* -- What others know -- */

/* All that are behind, as far as they can. */
static void
go_on_all (NxGroup *self)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

  nx_connection_list_collect_members (self->members, all);
  for (guint i = 0; i < all->len; i++)
    nx_group_go_on (self, g_ptr_array_index (all, i));
}

/* What counts from 1 has nothing at this. */
static const NxMessageId before_all = { 0, 1 };

static void
restart_history (NxGroup *self, const NxMessageId *floor)
{
  nx_history_clear (&self->history);
  nx_history_init (&self->history,
                   nx_message_id_compare (floor, &before_all) > 0 ? floor : &before_all);
  self->hole = (NxMessageId){ 0, 0 };
  self->life++;
}

static NxMessageId
get_before (const NxMessageId *id)
{
  if (id->number > 0)
    return (NxMessageId){ id->ms, id->number - 1 };
  return id->ms > 0 ? (NxMessageId){ id->ms - 1, G_MAXUINT64 } : before_all;
}

void
nx_group_begin_anew (NxGroup *self)
{
  g_autoptr (NxGroup) kept = g_object_ref (self);

  if (!nx_group_has_history (self))
    return;
  if (nx_history_get_size (&self->history) > 0)
    nx_group_take_gap (self, &(NxMessageId){ 0, 0 });
  restart_history (self, &before_all);
  self->is_counting = FALSE;
  self->past = NX_PAST_UNREAD;
  nx_group_trim_history (self);
  nx_group_update_kept (self);
}

void
nx_group_go_on_alone (NxGroup *self)
{
  NxGroups *groups = self->groups;

  if (!nx_group_has_history (self))
    return;
  if (nx_message_id_compare (&self->history.last, &groups->last_id) > 0)
    groups->last_id = self->history.last;
  if (!self->is_counting)
    {
      NxMessageId floor;

      nx_groups_make_id (groups, &floor);
      restart_history (self, &floor);
    }
  self->life++;
  self->is_counting = TRUE;
  self->past = NX_PAST_HERE;
  go_on_all (self);
}

void
nx_group_start_counting (NxGroup *self, const NxMessageId *last)
{
  if (!self->is_counting)
    {
      restart_history (self, last);
      self->is_counting = TRUE;
      self->past = NX_PAST_UNREAD;
    }
  else if (self->past == NX_PAST_OUT_OF_REACH)
    self->past = NX_PAST_UNREAD;
  go_on_all (self);
}

static gboolean
is_connected (NxGroup *self)
{
  NxBackplane *backplane = self->groups->backplane;

  return backplane != NULL && nx_backplane_get_state (backplane) == NX_BACKPLANE_STATE_CONNECTED;
}

/* When it is connected again, it is asked again. One that is, and knows nothing, will not know more. */
void
nx_group_take_past (NxGroup *self, guint life, GArray *older, gboolean is_broken)
{
  g_autoptr (NxGroup) kept = g_object_ref (self);

  if (life != self->life || self->past != NX_PAST_AWAITED)
    {
      for (guint i = 0; older != NULL && i < older->len; i++)
        nx_message_unref (g_array_index (older, NxHistoryEntry, i).message);
      return;
    }
  self->past = older != NULL || is_connected (self) ? NX_PAST_HERE : NX_PAST_UNREAD;
  if (self->past == NX_PAST_UNREAD)
    return;
  if (is_broken)
    nx_history_break_first (&self->history);
  if (older != NULL && older->len > 0)
    {
      NxMessageId floor = get_before (&g_array_index (older, NxHistoryEntry, 0).id);

      nx_history_prepend (&self->history, older, &floor);
    }
  nx_group_trim_history (self);
  nx_group_update_kept (self);
  go_on_all (self);
}

void
nx_group_take_gap (NxGroup *self, const NxMessageId *id)
{
  g_autoptr (GPtrArray) all = NULL;

  if (!nx_group_has_history (self) || !self->is_counting)
    return;
  nx_group_close_batch (self);
  self->history.is_broken = TRUE;
  self->hole = *id;
  all = g_ptr_array_new_with_free_func (g_object_unref);
  nx_connection_list_collect_members (self->members, all);
  for (guint i = 0; i < all->len; i++)
    {
      NxWebSocket *ws = g_ptr_array_index (all, i);
      NxMember *member = nx_group_ensure_member (self, ws);

      nx_group_fall_behind (ws, member, &self->history.last);
      member->is_gap_due = TRUE;
      nx_group_go_on (self, ws);
    }
}

void
nx_group_stop_waiting (NxGroup *self)
{
  if (self->past == NX_PAST_HERE || self->past == NX_PAST_OUT_OF_REACH
      || self->groups->backplane == NULL || is_connected (self))
    return;
  self->past = NX_PAST_OUT_OF_REACH;
  self->life++;
  go_on_all (self);
}

/* What gave the ids has lost its data, and begun anew. */
static void
forget_past (NxGroup *self, const NxMessageId *id)
{
  NxMessageId floor = get_before (id);

  restart_history (self, &floor);
  self->past = self->groups->backplane != NULL ? NX_PAST_UNREAD : NX_PAST_HERE;
}

/* -- Messages that are kept -- */

void
nx_group_take_recorded (NxGroup *self, const NxMessageId *id, NxMessage *message, guint64 excluding)
{
  if (nx_message_id_compare (id, &self->history.last) <= 0)
    forget_past (self, id);
  nx_history_append (&self->history, id, message, excluding, nx_group_get_now (self));
  nx_group_trim_history (self);
  nx_group_update_kept (self);
}

NxMessage *
nx_group_wrap (NxGroup *self, NxMessage *message, const NxMessageId *id, const char *several)
{
  g_autofree char *name = nx_envelope_quote (self->name);
  g_autofree char *quoted = several != NULL ? nx_envelope_quote (several) : NULL;
  g_autoptr (GString) member = g_string_new (NULL);

  g_string_printf (member, "{\"group\":%s", name);
  if (id != NULL)
    {
      g_autofree char *text = nx_message_id_to_string (id);

      g_string_append_printf (member, ",\"id\":\"%s\"", text);
    }
  else
    g_string_append (member, ",\"unrecorded\":true");
  if (quoted != NULL)
    g_string_append_printf (member, ",\"several\":%s", quoted);
  g_string_append_c (member, '}');
  return nx_envelope_wrap (message, member->str);
}
