/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calling a peer with what is more than JSON: nx_rpc_controller_call_async() with objects, or variants, at both ends. */
#include "config.h"

#include "nx-rpc-controller-private.h"

#include "messages/nx-object-private.h"
#include "messages/nx-variant-private.h"
#include "nx-message-private.h"

/* What the result is to be, a task's data. */
typedef struct
{
  GType type;      /* else 0 */
  char *signature; /* nullable */
  char *method;
} Wanted;

static void
wanted_free (gpointer data)
{
  Wanted *self = data;

  g_free (self->signature);
  g_free (self->method);
  g_free (self);
}

static void
return_result (GTask *task, JsonNode *result)
{
  const Wanted *wanted = g_task_get_task_data (task);
  const NxPlace place = { NULL, NULL, 0 };
  g_autoptr (GError) cause = NULL;
  GVariant *variant = NULL;
  GObject *object = NULL;

  if (wanted->type != 0)
    object = nx_object_read (result, wanted->type, NULL, &cause);
  else
    variant = nx_variant_read (
        result, wanted->signature != NULL ? G_VARIANT_TYPE (wanted->signature) : NULL, &place,
        &cause);
  if (object != NULL)
    g_task_return_pointer (task, object, g_object_unref);
  else if (variant != NULL)
    g_task_return_pointer (task, variant, (GDestroyNotify) g_variant_unref);
  else
    g_task_return_new_error (task, NX_ERROR,
                             nx_message_get_misfit_code (cause, NX_ERROR_INVALID_DATA),
                             "The result of \"%s\": %s", wanted->method, cause->message);
}

static void
called_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;
  g_autoptr (JsonNode) node =
      nx_rpc_controller_call_finish (NX_RPC_CONTROLLER (source), result, &error);

  if (node != NULL)
    return_result (task, node);
  else
    g_task_return_error (task, error);
}

/* Takes @params, and @cause, which says why there are none. */
static void
call (GTask *task,
      NxWebSocket *ws,
      const char *method,
      JsonNode *params,
      GError *cause,
      guint timeout_ms)
{
  g_autoptr (JsonNode) owned = params;

  ((Wanted *) g_task_get_task_data (task))->method = g_strdup (method);
  /* The inner one hears of the cancellation. */
  g_task_set_check_cancellable (task, FALSE);
  if (cause == NULL)
    {
      nx_rpc_controller_call_async (g_task_get_source_object (task), ws, method, params, timeout_ms,
                                    g_task_get_cancellable (task), called_cb, task);
      return;
    }
  g_task_return_new_error (task, NX_ERROR,
                           nx_message_get_misfit_code (cause, NX_ERROR_INVALID_ARGUMENT),
                           "The params of \"%s\": %s", method, cause->message);
  g_error_free (cause);
  g_object_unref (task);
}

/* -- Objects -- */

/**
 * nx_rpc_controller_call_object_async:
 * @self: a controller
 * @ws: a connection of its
 * @method: the name of a method of the peer's
 * @params: (nullable) (transfer none): an object, whose properties are the params by name; %NULL for none
 * @result_type: a type of objects, which the result is read into
 * @timeout_ms: how long to wait for the answer, in milliseconds; 0 for as long as the connection lives
 * @cancellable: (nullable): a cancellable, which stops the waiting alone: the peer does not hear of it
 * @callback: (scope async) (closure user_data): called when the answer is there
 * @user_data: data for @callback
 *
 * Calls a method of the peer with an object, as [ctor@Message.new_object] writes it, for an object, as [method@Message.get_object]
 * reads it. See [method@RpcController.call_async]; a result of another kind is for that, or for
 * [method@RpcController.call_variant_async].
 *
 * Since: 0.1
 */
void
nx_rpc_controller_call_object_async (NxRpcController *self,
                                     NxWebSocket *ws,
                                     const char *method,
                                     GObject *params,
                                     GType result_type,
                                     guint timeout_ms,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  GError *cause = NULL;
  Wanted *wanted;
  GTask *task;
  JsonNode *node;

  g_return_if_fail (NX_IS_RPC_CONTROLLER (self));
  g_return_if_fail (NX_IS_WEB_SOCKET (ws));
  g_return_if_fail (method != NULL);
  g_return_if_fail (params == NULL || G_IS_OBJECT (params));
  g_return_if_fail (g_type_is_a (result_type, G_TYPE_OBJECT) && !G_TYPE_IS_ABSTRACT (result_type));

  wanted = g_new0 (Wanted, 1);
  wanted->type = result_type;
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_rpc_controller_call_object_async);
  g_task_set_task_data (task, wanted, wanted_free);
  node = params != NULL ? nx_object_write (params, NULL, &cause) : NULL;
  call (task, ws, method, node, cause, timeout_ms);
}

/**
 * nx_rpc_controller_call_object_finish:
 * @self: a controller
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@RpcController.call_object_async].
 *
 * Returns: (transfer full): a new object; %NULL as [method@RpcController.call_finish], with %NX_ERROR_INVALID_DATA when the result is
 *   not such an object (the error names the member, what came, and what is allowed), or with %NX_ERROR_UNSUPPORTED when
 *   either type has a property that JSON cannot express
 *
 * Since: 0.1
 */
GObject *
nx_rpc_controller_call_object_finish (NxRpcController *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_RPC_CONTROLLER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_rpc_controller_call_object_async),
                        NULL);

  return nx_rpc_controller_propagate (result, error);
}

/* -- Variants -- */

static gboolean
are_params (GVariant *params)
{
  return params == NULL || g_variant_is_of_type (params, G_VARIANT_TYPE_TUPLE)
         || g_variant_is_of_type (params, G_VARIANT_TYPE_ARRAY);
}

/**
 * nx_rpc_controller_call_variant_async:
 * @self: a controller
 * @ws: a connection of its
 * @method: the name of a method of the peer's
 * @params: (nullable) (transfer none): a tuple or an array of params by position, or a dictionary with string keys, of params by
 *   name; %NULL for none. A floating one is taken
 * @signature: (nullable): a definite type, which the result is to have; %NULL for whatever comes
 * @timeout_ms: how long to wait for the answer, in milliseconds; 0 for as long as the connection lives
 * @cancellable: (nullable): a cancellable, which stops the waiting alone: the peer does not hear of it
 * @callback: (scope async) (closure user_data): called when the answer is there
 * @user_data: data for @callback
 *
 * Calls a method of the peer with a variant, as [ctor@Message.new_variant] writes it, for a variant, as [method@Message.get_variant] reads
 * it. See [method@RpcController.call_async].
 *
 * Since: 0.1
 */
void
nx_rpc_controller_call_variant_async (NxRpcController *self,
                                      NxWebSocket *ws,
                                      const char *method,
                                      GVariant *params,
                                      const char *signature,
                                      guint timeout_ms,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  g_autoptr (GVariant) owned = params != NULL ? g_variant_ref_sink (params) : NULL;
  GError *cause = NULL;
  Wanted *wanted;
  GTask *task;
  JsonNode *node = NULL;

  g_return_if_fail (NX_IS_RPC_CONTROLLER (self));
  g_return_if_fail (NX_IS_WEB_SOCKET (ws));
  g_return_if_fail (method != NULL);
  g_return_if_fail (are_params (params));

  wanted = g_new0 (Wanted, 1);
  wanted->signature = g_strdup (signature);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_rpc_controller_call_variant_async);
  g_task_set_task_data (task, wanted, wanted_free);
  if (!nx_message_check_signature (signature, &cause))
    {
      g_task_return_error (task, cause);
      g_object_unref (task);
      return;
    }
  if (params != NULL)
    node = nx_variant_write (params, &cause);
  call (task, ws, method, node, cause, timeout_ms);
}

/**
 * nx_rpc_controller_call_variant_finish:
 * @self: a controller
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@RpcController.call_variant_async].
 *
 * Returns: (transfer full): the result; %NULL as [method@RpcController.call_finish], with %NX_ERROR_INVALID_DATA when the result does
 *   not have the type (the error says where, what came, and what is allowed), or with %NX_ERROR_UNSUPPORTED when the signature is
 *   malformed, indefinite, or has handles
 *
 * Since: 0.1
 */
GVariant *
nx_rpc_controller_call_variant_finish (NxRpcController *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_RPC_CONTROLLER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_rpc_controller_call_variant_async),
                        NULL);

  return nx_rpc_controller_propagate (result, error);
}
