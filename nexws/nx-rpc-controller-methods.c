/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an NxRpcController can be called for, and what it calls for: declarations, and the way out. */
#include "config.h"

#include "nx-rpc-controller-private.h"

#include "nx-error-private.h"
#include "nx-rpc-error-private.h"

/* -- Declarations -- */

/**
 * nx_rpc_controller_class_bind_method:
 * @klass: a class of controllers
 * @name: the method's name
 * @params_type: a type of objects, which the params are read into; %G_TYPE_NONE for none; that of [struct@Json.Node] for whatever comes
 * @result_type: what it returns, for descriptions: a type of objects, %G_TYPE_NONE for `null`, a boolean, integer, double or string, or
 *   that of [struct@Json.Node] for anything
 * @func: (scope notified) (closure user_data) (destroy destroy): does it
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data
 *
 * Binds a method of all controllers of this class, best in `class_init`.
 *
 * An object of @params_type is made of params by name, as [method@Message.get_object] does. What does not fit is answered with
 * %NX_RPC_ERROR_INVALID_PARAMS, whose data says which member is wrong, what came and what is allowed. Params by position are
 * for those that take whatever comes ([method@RpcCall.get_params]).
 *
 * A derived class inherits the methods, and may bind them anew. A type that JSON cannot express is a programming mistake.
 *
 * Since: 0.1
 */
void
nx_rpc_controller_class_bind_method (NxRpcControllerClass *klass,
                                     const char *name,
                                     GType params_type,
                                     GType result_type,
                                     NxRpcMethodFunc func,
                                     gpointer user_data,
                                     GDestroyNotify destroy)
{
  g_return_if_fail (NX_IS_RPC_CONTROLLER_CLASS (klass));
  g_return_if_fail (name != NULL && g_utf8_validate (name, -1, NULL));
  g_return_if_fail (func != NULL);

  nx_actions_add (nx_actions_ensure_of_type (NX_ACTIONS_METHODS, G_TYPE_FROM_CLASS (klass)), name,
                  params_type, result_type, G_CALLBACK (func), user_data, destroy);
}

/**
 * nx_rpc_controller_class_declare_called:
 * @klass: a class of controllers
 * @name: a method of the peer's
 * @params_type: as for [method@RpcControllerClass.bind_method]
 * @result_type: likewise
 *
 * Declares that controllers of this class call a method of their peers ([method@RpcController.call_async]), for
 * [method@App.describe_as]. Nothing else depends on it.
 *
 * Since: 0.1
 */
void
nx_rpc_controller_class_declare_called (NxRpcControllerClass *klass,
                                        const char *name,
                                        GType params_type,
                                        GType result_type)
{
  g_return_if_fail (NX_IS_RPC_CONTROLLER_CLASS (klass));
  g_return_if_fail (name != NULL && g_utf8_validate (name, -1, NULL));

  nx_actions_add (nx_actions_ensure_of_type (NX_ACTIONS_METHODS, G_TYPE_FROM_CLASS (klass)), name,
                  params_type, result_type, NULL, NULL, NULL);
}

/**
 * nx_rpc_controller_add_method:
 * @self: a controller
 * @name: the method's name
 * @params_type: as for [method@RpcControllerClass.bind_method]
 * @result_type: likewise
 * @func: (scope notified) (closure user_data) (destroy destroy): does it
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data
 *
 * Binds a method of this controller alone, as [method@RpcControllerClass.bind_method] does for a class; it comes before the class's of
 * the same name.
 *
 * @func gets the controller, and must not hold it: the controller holds @user_data as long as it lives.
 *
 * Since: 0.1
 */
void
nx_rpc_controller_add_method (NxRpcController *self,
                              const char *name,
                              GType params_type,
                              GType result_type,
                              NxRpcMethodFunc func,
                              gpointer user_data,
                              GDestroyNotify destroy)
{
  g_return_if_fail (NX_IS_RPC_CONTROLLER (self));
  g_return_if_fail (name != NULL && g_utf8_validate (name, -1, NULL));
  g_return_if_fail (func != NULL);

  nx_actions_add (nx_rpc_controller_ensure_own_methods (self), name, params_type, result_type,
                  G_CALLBACK (func), user_data, destroy);
}

/**
 * nx_rpc_controller_add_called:
 * @self: a controller
 * @name: a method of the peer's
 * @params_type: as for [method@RpcControllerClass.bind_method]
 * @result_type: likewise
 *
 * Declares that this controller calls a method of its peers, as [method@RpcControllerClass.declare_called] does for a class.
 *
 * Since: 0.1
 */
void
nx_rpc_controller_add_called (NxRpcController *self,
                              const char *name,
                              GType params_type,
                              GType result_type)
{
  g_return_if_fail (NX_IS_RPC_CONTROLLER (self));
  g_return_if_fail (name != NULL && g_utf8_validate (name, -1, NULL));

  nx_actions_add (nx_rpc_controller_ensure_own_methods (self), name, params_type, result_type, NULL,
                  NULL, NULL);
}

/* -- Calling -- */

static gboolean
are_params (JsonNode *params)
{
  return params == NULL || JSON_NODE_HOLDS_OBJECT (params) || JSON_NODE_HOLDS_ARRAY (params);
}

gpointer
nx_rpc_controller_propagate (GAsyncResult *result, GError **error)
{
  GError *local = NULL;
  gpointer value = g_task_propagate_pointer (G_TASK (result), &local);

  if (local != NULL)
    {
      JsonNode *data = nx_rpc_error_get_data (local);

      if (data != NULL)
        g_object_set_data_full (G_OBJECT (result), "nx-rpc-error-data", json_node_ref (data),
                                (GDestroyNotify) json_node_unref);
      g_propagate_error (error, local);
    }
  return value;
}

/**
 * nx_rpc_controller_call_async:
 * @self: a controller
 * @ws: a connection of its
 * @method: the name of a method of the peer's
 * @params: (nullable) (transfer none): an array of params by position, or an object of params by name; %NULL for none
 * @timeout_ms: how long to wait for the answer, in milliseconds; 0 for as long as the connection lives
 * @cancellable: (nullable): a cancellable, which stops the waiting alone: the peer does not hear of it
 * @callback: (scope async) (closure user_data): called when the answer is there
 * @user_data: data for @callback
 *
 * Calls a method of the peer. With objects, or variants, do [method@RpcController.call_object_async] and
 * [method@RpcController.call_variant_async] the same.
 *
 * As many calls as [property@RpcController:max-pending-calls] may wait for their answers. One that comes when nobody waits for it any more is ignored. JSON-RPC has no
 * word for cancelling; where the peer's protocol has a notification for it, send that with [method@RpcController.send_notification].
 *
 * As to @cancellable, see [method@WebSocket.receive_async].
 *
 * Since: 0.1
 */
void
nx_rpc_controller_call_async (NxRpcController *self,
                              NxWebSocket *ws,
                              const char *method,
                              JsonNode *params,
                              guint timeout_ms,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (NX_IS_RPC_CONTROLLER (self));
  g_return_if_fail (NX_IS_WEB_SOCKET (ws));
  g_return_if_fail (method != NULL);
  g_return_if_fail (are_params (params));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_rpc_controller_call_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (ws->state == NX_STATE_OPEN)
    nx_rpc_peer_call (nx_rpc_controller_ensure_peer (self, ws), method, params, timeout_ms,
                      nx_rpc_controller_get_max_pending_calls (self), g_steal_pointer (&task));
  else if (ws->state == NX_STATE_CONNECTING)
    g_task_return_new_error (task, NX_ERROR, NX_ERROR_INVALID_STATE,
                             "The handshake is not accepted yet");
  else
    g_task_return_error (task, nx_web_socket_make_disconnected_error (ws));
}

/**
 * nx_rpc_controller_call_finish:
 * @self: a controller
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@RpcController.call_async].
 *
 * Returns: (transfer full): the result; do not change it. %NULL with an error of %NX_RPC_ERROR that the peer answered with, its code and
 *   message, and its data by [func@RpcError.get_data]; with %NX_ERROR_TIMEOUT; with %NX_ERROR_DISCONNECTED when the peer has gone or goes;
 *   with %NX_ERROR_INVALID_DATA when the answer is none; with %NX_ERROR_INVALID_ARGUMENT when JSON cannot express the params; with %NX_ERROR_INVALID_STATE before the
 *   handshake is accepted; with %NX_ERROR_TOO_LARGE when [property@RpcController:max-pending-calls] calls wait already; with
 *   %NX_ERROR_SLOW_PEER; or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
JsonNode *
nx_rpc_controller_call_finish (NxRpcController *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_RPC_CONTROLLER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_rpc_controller_call_async), NULL);

  return nx_rpc_controller_propagate (result, error);
}

/**
 * nx_rpc_controller_get_error_data:
 * @self: a controller
 * @result: what the callback got
 *
 * What the peer said of its error besides code and message, once [method@RpcController.call_finish], or one of its likes, has failed with it: for languages whose
 * exceptions do not keep it. Others have [func@RpcError.get_data].
 *
 * Returns: (transfer none) (nullable): the data, as long as @result lives; %NULL when there is none. Do not change it
 *
 * Since: 0.1
 */
JsonNode *
nx_rpc_controller_get_error_data (NxRpcController *self, GAsyncResult *result)
{
  g_return_val_if_fail (NX_IS_RPC_CONTROLLER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_object_get_data (G_OBJECT (result), "nx-rpc-error-data");
}

/**
 * nx_rpc_controller_send_notification:
 * @self: a controller
 * @ws: a connection of its
 * @method: the name of a method of the peer's
 * @params: (nullable) (transfer none): as for [method@RpcController.call_async]
 * @error: return location for an error
 *
 * Calls a method of the peer without wanting an answer.
 *
 * Returns: %FALSE as [method@WebSocket.send_json]
 *
 * Since: 0.1
 */
gboolean
nx_rpc_controller_send_notification (NxRpcController *self,
                                     NxWebSocket *ws,
                                     const char *method,
                                     JsonNode *params,
                                     GError **error)
{
  NxRpcPeer *peer;
  g_autoptr (GError) cause = NULL;
  g_autofree char *text = NULL;

  g_return_val_if_fail (NX_IS_RPC_CONTROLLER (self), FALSE);
  g_return_val_if_fail (NX_IS_WEB_SOCKET (ws), FALSE);
  g_return_val_if_fail (method != NULL, FALSE);
  g_return_val_if_fail (are_params (params), FALSE);

  text = nx_rpc_write_call (0, method, params, &cause);
  if (text == NULL)
    {
      nx_error_set (error, NX_ERROR_INVALID_ARGUMENT, "%s", cause->message);
      return FALSE;
    }
  peer = nx_rpc_controller_find_peer (self, ws);
  return peer != NULL ? nx_rpc_peer_send (peer, text, error)
                      : nx_rpc_peer_send_to (ws, text, error);
}

/**
 * nx_rpc_controller_begin_batch:
 * @self: a controller
 * @ws: a connection of its
 *
 * Gathers what is called on a connection, [method@RpcController.call_async] and its likes and
 * [method@RpcController.send_notification], until [method@RpcController.end_batch] was called as often: then it goes out as one
 * batch, which the peer answers as one.
 *
 * Answers to what the peer calls are not held up. On a connection that is not open nothing happens.
 *
 * Since: 0.1
 */
void
nx_rpc_controller_begin_batch (NxRpcController *self, NxWebSocket *ws)
{
  g_return_if_fail (NX_IS_RPC_CONTROLLER (self));
  g_return_if_fail (NX_IS_WEB_SOCKET (ws));

  if (nx_web_socket_get_state (ws) == NX_STATE_OPEN)
    nx_rpc_peer_begin_batch (nx_rpc_controller_ensure_peer (self, ws));
}

/**
 * nx_rpc_controller_end_batch:
 * @self: a controller
 * @ws: a connection of its
 * @error: return location for an error
 *
 * Sends what was gathered since [method@RpcController.begin_batch]; nothing when nothing was called. When it cannot be sent, its
 * calls fail with the same error.
 *
 * Returns: %FALSE as [method@WebSocket.send_json]; %NX_ERROR_DISCONNECTED when the connection has ended, which has ended its calls
 *   as well
 *
 * Since: 0.1
 */
gboolean
nx_rpc_controller_end_batch (NxRpcController *self, NxWebSocket *ws, GError **error)
{
  NxRpcPeer *peer;

  g_return_val_if_fail (NX_IS_RPC_CONTROLLER (self), FALSE);
  g_return_val_if_fail (NX_IS_WEB_SOCKET (ws), FALSE);

  peer = nx_rpc_controller_find_peer (self, ws);
  /* One that was closing when the batch began has gathered nothing, and still has its peer. */
  if (peer == NULL || (peer->n_gatherings == 0 && nx_web_socket_get_state (ws) != NX_STATE_OPEN))
    {
      g_propagate_error (error, nx_web_socket_make_disconnected_error (ws));
      return FALSE;
    }
  if (peer->n_gatherings == 0)
    {
      g_critical ("nx_rpc_controller_end_batch() was called once more than begin_batch()");
      return TRUE;
    }
  return nx_rpc_peer_end_batch (peer, error);
}
