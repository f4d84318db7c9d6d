/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What all rules of a group stand on: its signals, what is known of a member, whether it holds itself, and the block of what this turn has sent.
 */
#include "config.h"

#include "groups/nx-group-private.h"

#include "nx-web-socket-private.h"

/* -- Signals -- */

enum {
  JOINED,
  LEFT,
  PRESENCE_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

void
nx_group_install_signals (void)
{
  /**
   * NxGroup::joined:
   * @self: the group
   * @ws: who
   *
   * A websocket is a member from now on.
   *
   * Since: 0.1
   */
  signals[JOINED] =
      g_signal_new ("joined", NX_TYPE_GROUP, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__OBJECT, G_TYPE_NONE, 1, NX_TYPE_WEB_SOCKET);
  /**
   * NxGroup::left:
   * @self: the group
   * @ws: who
   *
   * A websocket is no member any more: it was removed, or its connection has ended.
   *
   * Since: 0.1
   */
  signals[LEFT] =
      g_signal_new ("left", NX_TYPE_GROUP, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__OBJECT, G_TYPE_NONE, 1, NX_TYPE_WEB_SOCKET);
  /**
   * NxGroup::presence-changed:
   * @self: the group
   * @key: who
   * @meta: (nullable): what is known of that one; %NULL when nobody of that key is there any more
   *
   * Somebody came, changed or went, see [method@Group.set_presence].
   *
   * Since: 0.1
   */
  signals[PRESENCE_CHANGED] =
      g_signal_new ("presence-changed", NX_TYPE_GROUP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_STRING, JSON_TYPE_NODE);
}

static void
tell (NxGroup *self, guint signal, NxWebSocket *ws)
{
  g_signal_emit (self, signals[signal], 0, ws);
  g_object_notify (G_OBJECT (self), "n-members");
}

void
nx_group_emit_joined (NxGroup *self, NxWebSocket *ws)
{
  tell (self, JOINED, ws);
}

void
nx_group_emit_left (NxGroup *self, NxWebSocket *ws)
{
  tell (self, LEFT, ws);
}

void
nx_group_emit_presence_changed (NxGroup *self, const char *key, JsonNode *meta)
{
  g_signal_emit (self, signals[PRESENCE_CHANGED], 0, key, meta);
}

/* -- What it holds -- */

NxMember *
nx_group_find_member (NxGroup *self, NxWebSocket *ws)
{
  NxListPlace *place = nx_web_socket_find_place (ws, self->members);

  return place != NULL ? place->data : NULL;
}

NxMember *
nx_group_ensure_member (NxGroup *self, NxWebSocket *ws)
{
  NxListPlace *place = nx_web_socket_find_place (ws, self->members);

  if (place->data == NULL)
    place->data = g_new0 (NxMember, 1);
  return place->data;
}

/* While somebody is in it, or it keeps messages, it holds itself. */
void
nx_group_update_kept (NxGroup *self)
{
  gboolean is_kept = !self->groups->is_closed
                     && (nx_connection_list_count_members (self->members) > 0
                         || nx_history_get_size (&self->history) > 0);

  if (is_kept == self->is_kept)
    return;
  self->is_kept = is_kept;
  if (is_kept)
    g_object_ref (self);
  else
    g_object_unref (self);
}

void
nx_group_batch_task_cb (NxTask *task)
{
  nx_group_close_batch ((NxGroup *) ((guint8 *) task - G_STRUCT_OFFSET (NxGroup, batch_task)));
}

void
nx_group_close_batch (NxGroup *self)
{
  NxBatch *batch = g_steal_pointer (&self->batch);

  if (batch == NULL)
    return;
  nx_reactor_cancel_task (self->groups->reactor, &self->batch_task);
  nx_batch_close (batch);
  nx_batch_unref (batch);
}

gboolean
nx_group_has_history (NxGroup *self)
{
  return self->limits.size > 0;
}
