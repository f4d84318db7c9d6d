/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call of the peer, from when it is taken until it is answered, takes too long, or the peer has gone. */
#include "config.h"

#include "nx-rpc-error-private.h"
#include "nx-rpc-peer-private.h"

void
nx_rpc_ticket_unref (NxRpcTicket *self)
{
  if (!g_ref_count_dec (&self->n_refs))
    return;
  g_assert (self->peer == NULL);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->batch, nx_rpc_batch_unref);
  g_free (self->id);
  g_free (self->method);
  g_free (self);
}

/* (transfer full): the peer, which does not know the ticket any more. Whoever calls holds the ticket. */
static NxRpcPeer *
leave_peer (NxRpcTicket *self)
{
  NxRpcPeer *peer = g_steal_pointer (&self->peer);

  g_queue_unlink (&peer->tickets, &self->link);
  nx_reactor_stop_timer (peer->reactor, &self->timer);
  nx_reactor_cancel_task (peer->reactor, &self->drop_task);
  nx_rpc_ticket_unref (self);
  return peer;
}

/* Takes @text. */
static void
answer (NxRpcTicket *self, char *text)
{
  g_autoptr (NxRpcPeer) peer = leave_peer (self);

  nx_rpc_peer_answer (peer, self->batch, text);
  nx_rpc_peer_update_reading (peer);
}

/* What is told cannot fail: the words are ours, or were checked. */
static void
answer_error (NxRpcTicket *self, int code, const char *message)
{
  answer (self, nx_rpc_write_error (self->id, code, message, NULL, NULL));
}

static void
tell_unwritable (NxRpcTicket *self, const GError *error)
{
  g_warning ("The call of \"%.128s\" is answered with an internal error: %s", self->method,
             error->message);
  answer_error (self, NX_RPC_ERROR_INTERNAL, nx_rpc_error_get_title (NX_RPC_ERROR_INTERNAL));
}

static void
timer_cb (NxTimer *timer)
{
  NxRpcTicket *self = (NxRpcTicket *) ((guint8 *) timer - G_STRUCT_OFFSET (NxRpcTicket, timer));

  g_ref_count_inc (&self->n_refs);
  self->is_lost = TRUE;
  answer_error (self, NX_RPC_ERROR_TIMED_OUT, nx_rpc_error_get_title (NX_RPC_ERROR_TIMED_OUT));
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  nx_rpc_ticket_unref (self);
}

static void
drop_task_cb (NxTask *task)
{
  NxRpcTicket *self = (NxRpcTicket *) ((guint8 *) task - G_STRUCT_OFFSET (NxRpcTicket, drop_task));

  g_ref_count_inc (&self->n_refs);
  g_warning ("The call of \"%.128s\" is answered with an internal error: its NxRpcCall was dropped "
             "without an answer",
             self->method);
  answer_error (self, NX_RPC_ERROR_INTERNAL, nx_rpc_error_get_title (NX_RPC_ERROR_INTERNAL));
  nx_rpc_ticket_unref (self);
}

NxRpcTicket *
nx_rpc_ticket_new (NxRpcPeer *peer,
                   NxRpcBatch *batch,
                   const char *id,
                   const char *method,
                   guint timeout_ms)
{
  NxRpcTicket *self = g_new0 (NxRpcTicket, 1);

  g_ref_count_init (&self->n_refs);
  self->peer = nx_rpc_peer_ref (peer);
  self->id = g_strdup (id);
  self->method = g_strdup (method);
  if (batch != NULL)
    {
      self->batch = nx_rpc_batch_ref (batch);
      nx_rpc_batch_expect (batch);
    }
  nx_timer_init (&self->timer, timer_cb);
  nx_task_init (&self->drop_task, drop_task_cb);
  if (timeout_ms > 0)
    nx_reactor_start_timer (peer->reactor, &self->timer,
                            nx_reactor_get_now (peer->reactor) + timeout_ms * (gint64) 1000);
  self->link.data = self;
  g_ref_count_inc (&self->n_refs);
  g_queue_push_tail_link (&peer->tickets, &self->link);
  nx_rpc_peer_update_reading (peer);
  return self;
}

GCancellable *
nx_rpc_ticket_get_cancellable (NxRpcTicket *self)
{
  if (self->cancellable == NULL)
    {
      self->cancellable = g_cancellable_new ();
      if (self->is_lost)
        g_cancellable_cancel (self->cancellable);
    }
  return self->cancellable;
}

void
nx_rpc_ticket_return_result (NxRpcTicket *self, JsonNode *result)
{
  g_autoptr (GError) error = NULL;
  char *text;

  if (self->peer == NULL)
    return;
  text = nx_rpc_write_result (self->id, result, &error);
  if (text != NULL)
    answer (self, text);
  else
    tell_unwritable (self, error);
}

void
nx_rpc_ticket_return_error (NxRpcTicket *self, int code, const char *message, JsonNode *data)
{
  g_autoptr (GError) error = NULL;
  char *text;

  if (self->peer == NULL)
    return;
  text = nx_rpc_write_error (self->id, code, message, data, &error);
  if (text != NULL)
    answer (self, text);
  else
    tell_unwritable (self, error);
}

void
nx_rpc_ticket_give_up (NxRpcTicket *self)
{
  g_autoptr (NxRpcPeer) peer = NULL;

  g_ref_count_inc (&self->n_refs);
  peer = leave_peer (self);
  self->is_lost = TRUE;
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  nx_rpc_ticket_unref (self);
}

void
nx_rpc_ticket_drop (NxRpcTicket *self)
{
  if (self->peer != NULL)
    nx_reactor_queue_task (self->peer->reactor, &self->drop_task);
}
