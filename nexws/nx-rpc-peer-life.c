/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the first message of a connection to its end, or the controller's: then nobody waits any more, either way. */
#include "config.h"

#include "nx-rpc-peer-private.h"

static void
resume_task_cb (NxTask *task)
{
  NxRpcPeer *self = (NxRpcPeer *) ((guint8 *) task - G_STRUCT_OFFSET (NxRpcPeer, resume_task));

  if (!self->is_paused || nx_rpc_peer_has_enough (self))
    return;
  self->is_paused = FALSE;
  nx_web_socket_resume (self->ws);
}

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  nx_rpc_peer_end (data);
}

/* Whoever disposes of a websocket has its handlers forgotten, maybe before it was told that it is closed. */
static void
disposed_cb (gpointer data, GObject *ws)
{
  NxRpcPeer *self = data;

  self->is_watching = FALSE;
  nx_rpc_peer_end (self);
}

NxRpcPeer *
nx_rpc_peer_new (NxWebSocket *ws, NxRpcPeerEndedFunc ended, gpointer owner)
{
  NxRpcPeer *self = g_new0 (NxRpcPeer, 1);

  g_ref_count_init (&self->n_refs);
  self->ws = ws;
  self->reactor = nx_reactor_ref (ws->reactor);
  self->ended = ended;
  self->owner = owner;
  self->max_tickets = G_MAXUINT;
  self->max_batch = G_MAXUINT;
  self->pending = g_hash_table_new (g_int64_hash, g_int64_equal);
  nx_task_init (&self->resume_task, resume_task_cb);
  self->closed_handler = g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), self);
  self->is_watching = TRUE;
  g_object_weak_ref (G_OBJECT (ws), disposed_cb, self);
  nx_rpc_peer_listen (self);
  return self;
}

void
nx_rpc_peer_end (NxRpcPeer *self)
{
  g_autoptr (NxWebSocket) ws = NULL;
  NxRpcTicket *ticket;

  if (self->ws == NULL)
    return;
  nx_rpc_peer_ref (self);
  ws = g_object_ref (g_steal_pointer (&self->ws));
  if (self->is_watching)
    {
      g_object_weak_unref (G_OBJECT (ws), disposed_cb, self);
      g_signal_handler_disconnect (ws, self->closed_handler);
    }
  nx_rpc_peer_ignore (self);
  nx_reactor_cancel_task (self->reactor, &self->resume_task);
  self->ended (self, ws, self->owner);
  if (self->is_paused)
    nx_web_socket_resume (ws);
  while ((ticket = g_queue_peek_head (&self->tickets)) != NULL)
    nx_rpc_ticket_give_up (ticket);
  nx_rpc_peer_end_calls (self, ws);
  nx_rpc_peer_unref (self);
}
