/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a message finds the functions that it calls, and the calls that it answers. */
#include "config.h"

#include "nx-rpc-controller-private.h"

#include "messages/nx-object-private.h"
#include "nx-rpc-call-private.h"
#include "nx-rpc-error-private.h"

/* -- What comes -- */

/* Our own words, which cannot fail to be JSON. */
static void
blame (NxRpcPeer *peer, NxRpcBatch *batch, const char *id, int code, const char *why)
{
  g_autoptr (JsonNode) data = json_node_init_string (json_node_alloc (), why);

  if (batch != NULL)
    nx_rpc_batch_expect (batch);
  nx_rpc_peer_answer (peer, batch,
                      nx_rpc_write_error (id, code, nx_rpc_error_get_title (code), data, NULL));
}

static void
take_call (NxRpcController *self, NxRpcPeer *peer, NxRpcBatch *batch, const NxRpcItem *item)
{
  NxRpcTicket *ticket =
      item->id != NULL ? nx_rpc_ticket_new (peer, batch, item->id, item->method,
                                            nx_rpc_controller_get_private (self)->call_timeout_ms)
                       : NULL;
  g_autoptr (NxRpcCall) call = nx_rpc_call_new (self, peer->ws, item->method, item->value, ticket);
  g_autoptr (GError) error = NULL;

  NX_RPC_CONTROLLER_GET_CLASS (self)->on_call (self, call, &error);
  if (error != NULL)
    nx_rpc_call_fail (call, error);
}

static void
take_item (NxRpcController *self,
           NxRpcPeer *peer,
           NxRpcBatch *batch,
           const NxRpcItem *item,
           gboolean is_overrun)
{
  switch (item->kind)
    {
    case NX_RPC_ITEM_CALL:
      if (is_overrun && item->id != NULL)
        blame (peer, batch, item->id, NX_RPC_ERROR_INTERNAL, "too many calls are unanswered");
      else
        take_call (self, peer, batch, item);
      break;
    case NX_RPC_ITEM_BAD_CALL:
      blame (peer, batch, item->id, NX_RPC_ERROR_INVALID_REQUEST, item->text);
      break;
    case NX_RPC_ITEM_RESULT:
    case NX_RPC_ITEM_ERROR:
    case NX_RPC_ITEM_BAD_ANSWER:
      nx_rpc_peer_take_answer (peer, item);
      break;
    }
}

/* A handler may have closed the connection: then what it did not come to is dropped, as messages are. */
static void
take_items (NxRpcController *self, NxRpcPeer *peer, NxRpcPacket *packet)
{
  NxRpcBatch *batch = packet->is_batch ? nx_rpc_batch_new () : NULL;
  gboolean is_overrun = nx_rpc_peer_is_overrun (peer);

  for (guint i = 0; i < packet->items->len; i++)
    if (peer->ws != NULL && peer->ws->state == NX_STATE_OPEN)
      take_item (self, peer, batch, g_ptr_array_index (packet->items, i), is_overrun);
  if (batch != NULL)
    {
      nx_rpc_peer_answer (peer, batch, NULL);
      nx_rpc_batch_unref (batch);
    }
}

void
nx_rpc_controller_take_message (NxRpcController *controller, NxWebSocket *ws, NxMessage *message)
{
  g_autoptr (NxRpcController) self = g_object_ref (controller);
  g_autoptr (NxWebSocket) held = g_object_ref (ws);
  g_autoptr (NxRpcPeer) peer = NULL;
  g_autoptr (NxRpcPacket) packet = NULL;
  gsize length;
  const char *text = g_bytes_get_data (nx_message_get_bytes (message), &length);

  if (ws->state != NX_STATE_OPEN)
    return;
  packet = nx_rpc_packet_parse (text, length, ws->settings->max_json_depth,
                                nx_rpc_controller_get_private (self)->max_batch);
  peer = nx_rpc_peer_ref (nx_rpc_controller_ensure_peer (self, ws));
  if (packet->fault != 0)
    blame (peer, NULL, NULL, packet->fault, packet->why);
  else
    take_items (self, peer, packet);
}

/* -- Dispatch -- */

static guint
count_params (JsonNode *params)
{
  if (params == NULL)
    return 0;
  return JSON_NODE_HOLDS_OBJECT (params) ? json_object_get_size (json_node_get_object (params))
                                         : json_array_get_length (json_node_get_array (params));
}

/* (transfer full) (nullable) */
static GObject *
read_object (JsonNode *params, GType type, GError **cause)
{
  g_autoptr (JsonObject) nothing = json_object_new ();
  g_autoptr (JsonNode) none = json_node_init_object (json_node_alloc (), nothing);

  return nx_object_read (params != NULL ? params : none, type, NULL, cause);
}

/* FALSE with an error for the peer. */
static gboolean
read_params (const NxAction *method, JsonNode *params, GObject **object, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autoptr (JsonNode) why = NULL;

  if (method->message_type == JSON_TYPE_NODE)
    return TRUE;
  if (method->message_type != G_TYPE_NONE)
    *object = read_object (params, method->message_type, &cause);
  else if (count_params (params) > 0)
    cause = g_error_new_literal (G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED, "no params are wanted");
  if (cause == NULL)
    return TRUE;
  why = json_node_init_string (json_node_alloc (), cause->message);
  g_propagate_error (error,
                     nx_rpc_error_new (NX_RPC_ERROR_INVALID_PARAMS,
                                       nx_rpc_error_get_title (NX_RPC_ERROR_INVALID_PARAMS), why));
  return FALSE;
}

void
nx_rpc_controller_dispatch (NxRpcController *self, NxRpcCall *call, GError **error)
{
  NxAction *method = nx_actions_find (NX_ACTIONS_METHODS, nx_rpc_controller_get_own_methods (self),
                                      G_OBJECT_TYPE (self), nx_rpc_call_get_method (call));
  g_autoptr (GObject) params = NULL;

  if (method == NULL)
    {
      g_set_error_literal (error, NX_RPC_ERROR, NX_RPC_ERROR_METHOD_NOT_FOUND,
                           nx_rpc_error_get_title (NX_RPC_ERROR_METHOD_NOT_FOUND));
      return;
    }
  if (!read_params (method, nx_rpc_call_get_params (call), &params, error))
    return;
  g_rc_box_acquire (method);
  ((NxRpcMethodFunc) method->func) (self, call, params, method->data, error);
  nx_action_release (method);
}
