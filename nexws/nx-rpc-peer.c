/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-rpc-peer-private.h"

#include "nx-message-private.h"

/* A peer that does not answer us is read all the same; of its own calls, so many times the limit are taken meanwhile. */
#define OVERRUN_FACTOR G_GUINT64_CONSTANT (16)

struct _NxRpcBatch
{
  grefcount n_refs;
  GString *answers; /* without the bracket at the end */
  guint n_expected;
};

/* -- Batches -- */

NxRpcBatch *
nx_rpc_batch_new (void)
{
  NxRpcBatch *self = g_new0 (NxRpcBatch, 1);

  g_ref_count_init (&self->n_refs);
  self->answers = g_string_new (NULL);
  self->n_expected = 1;
  return self;
}

NxRpcBatch *
nx_rpc_batch_ref (NxRpcBatch *self)
{
  g_ref_count_inc (&self->n_refs);
  return self;
}

void
nx_rpc_batch_unref (NxRpcBatch *self)
{
  if (!g_ref_count_dec (&self->n_refs))
    return;
  g_string_free (self->answers, TRUE);
  g_free (self);
}

void
nx_rpc_batch_expect (NxRpcBatch *self)
{
  self->n_expected++;
}

/* (transfer full) (nullable): the whole answer, when this was the last one; NULL of a batch of notifications. */
static char *
batch_add (NxRpcBatch *self, const char *text)
{
  if (text != NULL)
    {
      g_string_append_c (self->answers, self->answers->len == 0 ? '[' : ',');
      g_string_append (self->answers, text);
    }
  if (--self->n_expected > 0 || self->answers->len == 0)
    return NULL;
  return g_strconcat (self->answers->str, "]", NULL);
}

/* -- Answering -- */

gboolean
nx_rpc_peer_send_to (NxWebSocket *ws, const char *text, GError **error)
{
  g_autoptr (NxMessage) message = nx_message_new_checked_text (text, strlen (text));

  return nx_web_socket_send_message (ws, message, error);
}

static void
send_answer (NxRpcPeer *self, const char *text)
{
  g_autoptr (NxWebSocket) ws = g_object_ref (self->ws);
  g_autoptr (GError) error = NULL;

  /* One that closes, or that the policy for slow peers has given up, does not wait for an answer. */
  if (!nx_rpc_peer_send_to (ws, text, &error))
    g_debug ("Connection %s: an answer is lost: %s", nx_web_socket_get_id (ws), error->message);
}

void
nx_rpc_peer_answer (NxRpcPeer *self, NxRpcBatch *batch, char *text)
{
  g_autofree char *answer = text;

  if (batch != NULL)
    {
      answer = batch_add (batch, text);
      g_free (text);
    }
  if (answer != NULL && self->ws != NULL)
    send_answer (self, answer);
}

/* -- Reading -- */

/*
 * Who waits for an answer from there must go on reading: otherwise two peers that have each other's limit of calls in flight,
 * all of which wait for a call back, would wait for ever.
 */
gboolean
nx_rpc_peer_has_enough (const NxRpcPeer *self)
{
  return self->tickets.length >= self->max_tickets && g_hash_table_size (self->pending) == 0;
}

gboolean
nx_rpc_peer_is_overrun (const NxRpcPeer *self)
{
  return self->tickets.length >= self->max_tickets * OVERRUN_FACTOR;
}

/* Resuming delivers what waits, and so calls handlers: never from inside of an answer. */
void
nx_rpc_peer_update_reading (NxRpcPeer *self)
{
  if (self->ws == NULL)
    return;
  if (!nx_rpc_peer_has_enough (self))
    {
      if (self->is_paused && !nx_task_is_queued (&self->resume_task))
        nx_reactor_queue_task (self->reactor, &self->resume_task);
    }
  else if (!self->is_paused)
    {
      self->is_paused = TRUE;
      nx_web_socket_pause (self->ws);
    }
}

void
nx_rpc_peer_set_max_calls (NxRpcPeer *self, guint max_calls)
{
  self->max_tickets = max_calls;
  nx_rpc_peer_update_reading (self);
}

NxRpcPeer *
nx_rpc_peer_ref (NxRpcPeer *self)
{
  g_ref_count_inc (&self->n_refs);
  return self;
}

void
nx_rpc_peer_unref (NxRpcPeer *self)
{
  if (!g_ref_count_dec (&self->n_refs))
    return;
  g_assert (self->ws == NULL);
  g_hash_table_unref (self->pending);
  if (self->gathered != NULL)
    g_string_free (self->gathered, TRUE);
  nx_reactor_unref (self->reactor);
  g_free (self);
}
