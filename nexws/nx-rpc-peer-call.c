/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of the peer's methods, each until its answer has come. */
#include "config.h"

#include "nx-rpc-error-private.h"
#include "nx-rpc-peer-private.h"

/* A task's data. */
typedef struct
{
  guint64 id;
  NxRpcPeer *peer; /* not owned; NULL: it does not wait any more */
  GTask *task;     /* which owns this */
  char *method;
  guint timeout_ms;
  NxTimer timer;
} Pending;

static void
pending_free (gpointer data)
{
  Pending *self = data;

  g_assert (self->peer == NULL);
  g_free (self->method);
  g_free (self);
}

/* (transfer full): the task, which does not wait any more. */
static GTask *
take (Pending *self)
{
  NxRpcPeer *peer = g_steal_pointer (&self->peer);

  g_hash_table_remove (peer->pending, &self->id);
  nx_reactor_stop_timer (peer->reactor, &self->timer);
  nx_rpc_peer_update_reading (peer);
  return self->task;
}

static void
timer_cb (NxTimer *timer)
{
  Pending *self = (Pending *) ((guint8 *) timer - G_STRUCT_OFFSET (Pending, timer));
  g_autoptr (GTask) task = take (self);

  g_task_return_new_error (task, NX_ERROR, NX_ERROR_TIMEOUT, "\"%s\" was not answered within %u ms",
                           self->method, self->timeout_ms);
}

static void
cancelled_cb (GCancellable *cancellable, GTask *task)
{
  Pending *self = g_task_get_task_data (task);

  if (self->peer == NULL)
    return;
  take (self);
  g_task_return_error_if_cancelled (task);
  g_object_unref (task);
}

/* Takes @task. */
static void
wait (NxRpcPeer *peer, const char *method, guint timeout_ms, GTask *task)
{
  Pending *self = g_new0 (Pending, 1);
  GCancellable *cancellable = g_task_get_cancellable (task);

  self->id = ++peer->last_id;
  self->peer = peer;
  self->task = task;
  self->method = g_strdup (method);
  self->timeout_ms = timeout_ms;
  nx_timer_init (&self->timer, timer_cb);
  g_task_set_task_data (task, self, pending_free);
  g_hash_table_insert (peer->pending, &self->id, self);
  if (timeout_ms > 0)
    nx_reactor_start_timer (peer->reactor, &self->timer,
                            nx_reactor_get_now (peer->reactor) + timeout_ms * (gint64) 1000);
  if (cancellable != NULL)
    g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (cancelled_cb), task, 0);
  nx_rpc_peer_update_reading (peer);
}

gboolean
nx_rpc_peer_send (NxRpcPeer *self, const char *text, GError **error)
{
  if (self->n_gatherings == 0)
    return nx_rpc_peer_send_to (self->ws, text, error);
  if (nx_web_socket_get_state (self->ws) != NX_STATE_OPEN)
    {
      g_propagate_error (error, nx_web_socket_make_disconnected_error (self->ws));
      return FALSE;
    }
  if (self->gathered == NULL)
    self->gathered = g_string_new ("[");
  else
    g_string_append_c (self->gathered, ',');
  g_string_append (self->gathered, text);
  return TRUE;
}

void
nx_rpc_peer_begin_batch (NxRpcPeer *self)
{
  if (self->n_gatherings++ == 0)
    self->gathered_after = self->last_id;
}

/* The calls of a batch that was not sent fail as it did. */
static void
fail_gathered (NxRpcPeer *self, const GError *error)
{
  guint64 last_id = self->last_id; /* who hears of it may call again */

  for (guint64 id = self->gathered_after + 1; id <= last_id; id++)
    {
      Pending *pending = g_hash_table_lookup (self->pending, &id);
      g_autoptr (GTask) task = pending != NULL ? take (pending) : NULL;

      if (task != NULL)
        g_task_return_error (task, g_error_copy (error));
    }
}

gboolean
nx_rpc_peer_end_batch (NxRpcPeer *self, GError **error)
{
  g_autofree char *text = NULL;
  GError *cause = NULL;

  if (--self->n_gatherings > 0 || self->gathered == NULL)
    return TRUE;
  g_string_append_c (self->gathered, ']');
  text = g_string_free (g_steal_pointer (&self->gathered), FALSE);
  nx_rpc_peer_ref (self);
  if (!nx_rpc_peer_send_to (self->ws, text, &cause))
    fail_gathered (self, cause);
  nx_rpc_peer_unref (self);
  if (cause == NULL)
    return TRUE;
  g_propagate_error (error, cause);
  return FALSE;
}

void
nx_rpc_peer_call (NxRpcPeer *self,
                  const char *method,
                  JsonNode *params,
                  guint timeout_ms,
                  guint max_pending,
                  GTask *task)
{
  GError *error = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GTask) owned = task;
  Pending *pending;

  if (g_hash_table_size (self->pending) >= max_pending)
    {
      g_task_return_new_error (task, NX_ERROR, NX_ERROR_TOO_LARGE,
                               "\"%s\" was not called: %u calls wait for this peer already, which "
                               "is what max-pending-calls allows",
                               method, g_hash_table_size (self->pending));
      return;
    }
  text = nx_rpc_write_call (self->last_id + 1, method, params, &error);
  if (text == NULL)
    {
      g_task_return_new_error (task, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "%s", error->message);
      g_error_free (error);
      return;
    }
  wait (self, method, timeout_ms, g_object_ref (task));
  pending = g_task_get_task_data (task);
  if (nx_rpc_peer_send (self, text, &error))
    return;
  /* Sending can be the end of the connection, which has then ended the task as well. */
  if (pending->peer != NULL)
    {
      g_task_return_error (take (pending), g_steal_pointer (&error));
      g_object_unref (task);
    }
  g_clear_error (&error);
}

void
nx_rpc_peer_end_calls (NxRpcPeer *self, NxWebSocket *ws)
{
  GHashTableIter iter;
  gpointer pending;

  for (;;)
    {
      g_autoptr (GTask) task = NULL;

      g_hash_table_iter_init (&iter, self->pending);
      if (!g_hash_table_iter_next (&iter, NULL, &pending))
        return;
      task = take (pending);
      g_task_return_error (task, nx_web_socket_make_disconnected_error (ws));
    }
}

/* NULL of who waits for nothing such: it came too late, or is made up. */
static Pending *
find (NxRpcPeer *self, const NxRpcItem *item)
{
  guint64 id;

  if (item->id == NULL || !g_ascii_string_to_unsigned (item->id, 10, 1, G_MAXUINT64, &id, NULL))
    return NULL;
  return g_hash_table_lookup (self->pending, &id);
}

void
nx_rpc_peer_take_answer (NxRpcPeer *self, const NxRpcItem *item)
{
  Pending *pending = find (self, item);
  g_autoptr (GTask) task = NULL;

  if (pending == NULL)
    {
      g_debug ("Connection %s: nobody waits for an answer to %.64s",
               nx_web_socket_get_id (self->ws), item->id != NULL ? item->id : "nothing");
      return;
    }
  task = take (pending);
  if (item->kind == NX_RPC_ITEM_RESULT)
    g_task_return_pointer (task, json_node_ref (item->value), (GDestroyNotify) json_node_unref);
  else if (item->kind == NX_RPC_ITEM_ERROR)
    g_task_return_error (task, nx_rpc_error_new (item->code, item->text, item->value));
  else
    g_task_return_new_error (task, NX_ERROR, NX_ERROR_INVALID_DATA,
                             "The answer to \"%s\" is none: %s", pending->method, item->text);
}
