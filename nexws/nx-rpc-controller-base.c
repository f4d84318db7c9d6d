/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all of a JSON-RPC controller stands on: what is private to it, what it knows of its connections, and how it tells of errors. */
#include "config.h"

#include "nx-rpc-controller-private.h"

/* The object's file defines the type, and calls the others: those do not call it. */
static int private_offset;

NxRpcControllerPrivate *
nx_rpc_controller_get_private (NxRpcController *self)
{
  return G_STRUCT_MEMBER_P (self, private_offset);
}

void
nx_rpc_controller_set_up_base (NxRpcControllerClass *klass)
{
  private_offset = g_type_class_get_instance_private_offset (klass);
}

static void
peer_ended_cb (NxRpcPeer *peer, NxWebSocket *ws, gpointer owner)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (owner);

  g_hash_table_remove (priv->peers, ws);
}

NxRpcPeer *
nx_rpc_controller_find_peer (NxRpcController *self, NxWebSocket *ws)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);

  return g_hash_table_lookup (priv->peers, ws);
}

NxRpcPeer *
nx_rpc_controller_ensure_peer (NxRpcController *self, NxWebSocket *ws)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);
  NxRpcPeer *peer = g_hash_table_lookup (priv->peers, ws);

  if (peer == NULL)
    {
      peer = nx_rpc_peer_new (ws, peer_ended_cb, self);
      g_hash_table_insert (priv->peers, ws, peer);
    }
  peer->max_batch = priv->max_batch;
  nx_rpc_peer_set_max_calls (peer, priv->max_calls);
  return peer;
}

void
nx_rpc_controller_report (NxRpcController *self,
                          NxWebSocket *ws,
                          const char *method,
                          const GError *error)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);
  g_autoptr (GError) named = NULL;

  named = g_error_copy (error);
  g_prefix_error (&named, "%.128s: ", method);
  /* Maybe from outside of any handler; none is to run beside on_error. */
  g_object_ref (self);
  g_object_ref (ws);
  nx_web_socket_enter_handler (ws);
  priv->n_reports++;
  nx_web_socket_fail (ws, named);
  priv->n_reports--;
  nx_web_socket_leave_handler (ws, NULL);
  g_object_unref (ws);
  g_object_unref (self);
}

NxActions *
nx_rpc_controller_get_own_methods (NxRpcController *self)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);

  return priv->methods;
}

NxActions *
nx_rpc_controller_ensure_own_methods (NxRpcController *self)
{
  NxRpcControllerPrivate *priv = nx_rpc_controller_get_private (self);

  if (priv->methods == NULL)
    priv->methods = nx_actions_new (NX_ACTIONS_METHODS);
  return priv->methods;
}
