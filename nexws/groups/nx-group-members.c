/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is in a group: it comes in, with what it missed if it wants that, and goes; of both those who listen are told.
 */
#include "config.h"

#include "groups/nx-group-private.h"

#include "nx-error-private.h"
#include "nx-web-socket-private.h"

/* What is known of it, which ends with the membership. */
static NxMember *
steal_member (NxGroup *self, NxWebSocket *ws)
{
  return g_steal_pointer (&nx_web_socket_find_place (ws, self->members)->data);
}

static void
free_member (NxGroup *self, NxMember *member)
{
  if (member == NULL)
    return;
  nx_group_end_presence (self, member);
  g_free (member);
}

/* Only when the app goes in the middle of a change is there anybody. */
void
nx_group_forget_members (NxGroup *self)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

  nx_connection_list_collect_members (self->members, all);
  for (guint i = 0; i < all->len; i++)
    free_member (self, steal_member (self, g_ptr_array_index (all, i)));
  for (guint i = 0; i < all->len; i++)
    nx_connection_list_remove (self->members, g_ptr_array_index (all, i));
}

static gboolean
check_joining (NxGroup *self, NxWebSocket *ws, GError **error)
{
  if (ws->app_handle != self->groups->app_handle || self->groups->is_closed)
    g_set_error (error, NX_ERROR, NX_ERROR_INVALID_STATE,
                 "The group %s is of another app, or its app has gone", self->name);
  else if (ws->state == NX_STATE_CONNECTING)
    g_set_error (error, NX_ERROR, NX_ERROR_INVALID_STATE,
                 "Accept the websocket before it joins the group %s", self->name);
  else if (ws->state != NX_STATE_OPEN)
    {
      if (error != NULL)
        *error = nx_web_socket_make_disconnected_error (ws);
    }
  else if (ws->n_places >= NX_GROUPS_A_CONNECTION_MAX)
    g_set_error (error, NX_ERROR, NX_ERROR_TOO_LARGE, "A websocket can be in at most %d groups",
                 NX_GROUPS_A_CONNECTION_MAX);
  else
    return TRUE;
  return FALSE;
}

/* That it is there, or was: sets what is known to @is_told. */
static gboolean
exchange_told (NxGroup *self, NxWebSocket *ws, gboolean is_told)
{
  NxListPlace *place = nx_web_socket_find_place (ws, self->members);
  gboolean was_told = place != NULL && place->is_told;

  if (place != NULL)
    place->is_told = is_told;
  return was_told;
}

/* Whoever is told of a removal may add it again before that is done: then it has left, and comes in anew. */
static void
take_in (NxGroup *self, NxWebSocket *ws, const NxMessageId *seen, gboolean is_new)
{
  g_autoptr (NxWebSocket) kept_ws = g_object_ref (ws);
  g_autoptr (NxGroup) kept = g_object_ref (self);
  gboolean was_told = exchange_told (self, ws, FALSE);
  NxMember *member = NULL;

  nx_group_close_batch (self);
  if (seen != NULL)
    {
      /* Before anybody is told: what they send comes behind what was missed. */
      member = g_new0 (NxMember, 1);
      nx_group_fall_behind (ws, member, seen);
      member->is_new = is_new;
      member->is_gap_due = self->history.is_broken; /* behind the last one that there is */
    }
  nx_connection_list_add (self->members, ws, member);
  nx_group_update_kept (self);
  if (seen != NULL && nx_connection_list_contains (self->members, ws))
    nx_group_go_on (self, ws);
  if (was_told)
    nx_group_emit_left (self, ws);
  if (nx_connection_list_contains (self->members, ws) && !exchange_told (self, ws, TRUE))
    nx_group_emit_joined (self, ws);
  if (self->announces_presence && nx_connection_list_contains (self->members, ws))
    nx_group_inform (self, ws);
}

gboolean
nx_group_take_out (NxGroup *self, NxWebSocket *ws)
{
  g_autoptr (NxGroup) kept = NULL;
  g_autoptr (NxWebSocket) kept_ws = NULL;
  NxMember *member;
  gboolean was_told;

  if (!nx_connection_list_contains (self->members, ws))
    return FALSE;
  kept = g_object_ref (self);
  kept_ws = g_object_ref (ws);
  /* What was sent before still goes to it. */
  if (self->batch != NULL && ws->connection != NULL)
    nx_connection_stand_apart (ws->connection, self->batch);
  member = steal_member (self, ws);
  was_told = nx_web_socket_find_place (ws, self->members)->is_told;
  if (nx_connection_list_remove (self->members, ws) && was_told)
    nx_group_emit_left (self, ws);
  free_member (self, member);
  nx_group_update_kept (self);
  return TRUE;
}

/**
 * nx_group_add:
 * @self: a group
 * @ws: an open websocket of the same app
 * @error: return location for an error
 *
 * Makes a websocket a member, until it is removed or its connection ends. One that is a member already stays one.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_STATE when @ws was not accepted yet, or is of another app; with %NX_ERROR_DISCONNECTED
 *   when its connection ends or has ended; with %NX_ERROR_TOO_LARGE when it is in 1024 groups
 *
 * Since: 0.1
 */
gboolean
nx_group_add (NxGroup *self, NxWebSocket *ws, GError **error)
{
  GError *local = NULL;

  g_return_val_if_fail (NX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (NX_IS_WEB_SOCKET (ws), FALSE);

  if (nx_connection_list_contains (self->members, ws))
    return TRUE;
  if (!check_joining (self, ws, &local))
    {
      nx_error_give (error, local, G_STRFUNC);
      return FALSE;
    }
  take_in (self, ws, NULL, FALSE);
  return TRUE;
}

/**
 * nx_group_remove:
 * @self: a group
 * @ws: a websocket
 *
 * Takes a member out. What was sent to the group before still goes to it.
 *
 * Returns: whether it was a member
 *
 * Since: 0.1
 */
gboolean
nx_group_remove (NxGroup *self, NxWebSocket *ws)
{
  g_return_val_if_fail (NX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (NX_IS_WEB_SOCKET (ws), FALSE);

  return nx_group_take_out (self, ws);
}

/**
 * nx_group_contains:
 * @self: a group
 * @ws: a websocket
 *
 * Whether a websocket is a member.
 *
 * Returns: %TRUE if it is
 *
 * Since: 0.1
 */
gboolean
nx_group_contains (NxGroup *self, NxWebSocket *ws)
{
  g_return_val_if_fail (NX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (NX_IS_WEB_SOCKET (ws), FALSE);

  return nx_connection_list_contains (self->members, ws);
}

/**
 * nx_web_socket_get_groups:
 * @self: a websocket
 *
 * The groups that it is in, in no particular order.
 *
 * Returns: (transfer full) (element-type NxGroup): the groups
 *
 * Since: 0.1
 */
GList *
nx_web_socket_get_groups (NxWebSocket *self)
{
  GList *groups = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  for (guint i = 0; i < self->n_places; i++)
    if (!self->places[i].is_leaving)
      groups = g_list_prepend (groups,
                               g_object_ref (nx_connection_list_get_owner (self->places[i].list)));
  return groups;
}

/* One that it is leaving already is left by whoever is further up the stack. */
static NxGroup *
find_one_to_leave (NxWebSocket *ws)
{
  for (guint i = ws->n_places; i-- > 0;)
    if (!ws->places[i].is_leaving)
      return nx_connection_list_get_owner (ws->places[i].list);
  return NULL;
}

void
nx_groups_leave_all (NxWebSocket *ws)
{
  NxGroup *group;

  while ((group = find_one_to_leave (ws)) != NULL)
    nx_group_take_out (group, ws);
}

/**
 * nx_group_add_after:
 * @self: a group with history
 * @ws: an open websocket of the same app, which is no member
 * @after_id: (nullable): the last id that the client saw, in whatever life of its; %NULL for one that is new: it gets all that is kept
 * @error: return location for an error
 *
 * Makes a websocket a member, and sends what it missed: the messages behind @after_id, once and in order, and behind them what is sent
 * from now on. Nothing comes in between.
 *
 * Where something is gone for good, because the history does not reach back so far or knows nothing of @after_id, a marked gap comes in its
 * place: `{"nx": {"group": NAME, "gap": {"after": ID or null, "before": ID or null}}}`. Missed messages that do not fit below the high-water mark follow as
 * the client reads.
 *
 * Returns: %FALSE as [method@Group.add]; also with %NX_ERROR_INVALID_STATE when the group has no history, or @ws is a member already
 *
 * Since: 0.1
 */
gboolean
nx_group_add_after (NxGroup *self, NxWebSocket *ws, const char *after_id, GError **error)
{
  GError *local = NULL;
  NxMessageId seen;

  g_return_val_if_fail (NX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (NX_IS_WEB_SOCKET (ws), FALSE);

  if (!nx_group_has_history (self))
    g_set_error (&local, NX_ERROR, NX_ERROR_INVALID_STATE,
                 "The group %s has no history: set its history-size", self->name);
  else if (nx_connection_list_contains (self->members, ws))
    g_set_error (&local, NX_ERROR, NX_ERROR_INVALID_STATE,
                 "The websocket is in the group %s already: what it missed is not known",
                 self->name);
  else if (check_joining (self, ws, &local))
    {
      nx_history_trim (&self->history, &self->limits, nx_group_get_now (self));
      if (after_id != NULL)
        nx_message_id_parse (&seen, after_id); /* what is none is nothing that we know of */
      take_in (self, ws, &seen, after_id == NULL);
      return TRUE;
    }
  nx_error_give (error, local, G_STRFUNC);
  return FALSE;
}
