/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calling a method of an NxRpcController's, as a peer that speaks JSON-RPC 2.0 does. */
#include "config.h"

#include <string.h>

#include "testing/nx-test-client-private.h"

#include "messages/nx-json-private.h"
#include "messages/nx-rpc-wire-private.h"
#include "nx-message-private.h"
#include "nx-rpc-error-private.h"

typedef struct
{
  char *id; /* as JSON has it */
  char *what;
} Call;

static void
call_free (gpointer data)
{
  Call *self = data;

  g_free (self->id);
  g_free (self->what);
  g_free (self);
}

/* (transfer full) (nullable): what the message answers @id with. A batch is nobody's answer: none was asked. */
static NxRpcPacket *
read_answer (NxMessage *message, const char *id)
{
  g_autoptr (NxRpcPacket) packet = NULL;
  const NxRpcItem *item;
  gsize length;
  const char *text;

  if (nx_message_get_kind (message) != NX_MESSAGE_TEXT)
    return NULL;
  text = g_bytes_get_data (nx_message_get_bytes (message), &length);
  packet = nx_rpc_packet_parse (text, length, NX_JSON_DEPTH_MAX, 1);
  if (packet->fault != 0 || packet->is_batch)
    return NULL;
  item = g_ptr_array_index (packet->items, 0);
  if (item->kind == NX_RPC_ITEM_CALL || item->kind == NX_RPC_ITEM_BAD_CALL
      || g_strcmp0 (item->id, id) != 0)
    return NULL;
  return g_steal_pointer (&packet);
}

/* What came before it, and is for others, stays in the queue. */
static NxRpcPacket *
find_answer (NxTestClient *self, const char *id, GList **place)
{
  for (GList *l = self->messages.head; l != NULL; l = l->next)
    {
      NxRpcPacket *packet = read_answer (l->data, id);

      if (packet != NULL)
        {
          *place = l;
          return packet;
        }
    }
  return NULL;
}

static gboolean
is_answered (NxTestClient *self, gpointer data)
{
  Call *call = data;
  GList *place;
  g_autoptr (NxRpcPacket) packet = find_answer (self, call->id, &place);

  return packet != NULL || self->state == NX_STATE_CLOSED;
}

static void
finish_call (NxTestClient *self, GTask *task, gpointer data)
{
  Call *call = data;
  GList *place;
  g_autoptr (NxRpcPacket) packet = find_answer (self, call->id, &place);
  const NxRpcItem *item;

  if (packet == NULL)
    {
      g_task_return_error (task, nx_test_client_make_ended_error (self, call->what));
      return;
    }
  nx_message_unref (place->data);
  g_queue_delete_link (&self->messages, place);
  item = g_ptr_array_index (packet->items, 0);
  if (item->kind == NX_RPC_ITEM_RESULT)
    g_task_return_pointer (task, json_node_ref (item->value), (GDestroyNotify) json_node_unref);
  else if (item->kind == NX_RPC_ITEM_ERROR)
    g_task_return_error (task, nx_rpc_error_new (item->code, item->text, item->value));
  else
    g_task_return_new_error (task, NX_ERROR, NX_ERROR_INVALID_DATA, "%s is none: %s", call->what,
                             item->text);
}

static const NxTestWaitKind call_kind = { "the answer", is_answered, finish_call };

static gboolean
send_call (NxTestClient *self, guint64 id, const char *method, JsonNode *params, GError **error)
{
  g_autoptr (GError) cause = NULL;
  g_autofree char *text = nx_rpc_write_call (id, method, params, &cause);
  g_autoptr (NxMessage) message = NULL;

  if (text == NULL)
    {
      g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_DATA, cause->message);
      return FALSE;
    }
  message = nx_message_new_checked_text (text, strlen (text));
  return nx_test_client_send_message (self, message, error);
}

static gboolean
are_params (JsonNode *params)
{
  return params == NULL || JSON_NODE_HOLDS_OBJECT (params) || JSON_NODE_HOLDS_ARRAY (params);
}

/**
 * nx_test_client_call_async:
 * @self: a client
 * @method: a method of the app's [class@RpcController]
 * @params: (nullable) (transfer none): an array of params by position, or an object of params by name; %NULL for none
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when the answer is there
 * @user_data: data for @callback
 *
 * Calls a method by JSON-RPC 2.0, and waits for the answer to it. Other messages that come meanwhile, such as the app's own
 * calls and notifications, wait to be received. Several calls may wait, and be answered in any order. A receive that waits already
 * takes whatever comes next, the answer too.
 *
 * Since: 0.1
 */
void
nx_test_client_call_async (NxTestClient *self,
                           const char *method,
                           JsonNode *params,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;
  Call *call;
  guint64 id;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (method != NULL);
  g_return_if_fail (are_params (params));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_test_client_call_async);
  id = ++self->last_call_id;
  if (!send_call (self, id, method, params, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  call = g_new0 (Call, 1);
  call->id = g_strdup_printf ("%" G_GUINT64_FORMAT, id);
  call->what = g_strdup_printf ("the answer to \"%s\"", method);
  g_task_set_task_data (task, call, call_free);
  nx_test_client_wait (self, g_steal_pointer (&task), &call_kind);
}

/**
 * nx_test_client_call_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.call_async].
 *
 * Returns: (transfer full): the result; do not change it. %NULL with an error of %NX_RPC_ERROR that the app answered with, its code and
 *   message, and its data by [func@RpcError.get_data]; with %NX_ERROR_TIMEOUT; with %NX_ERROR_DISCONNECTED when the connection ends or
 *   has ended; with %NX_ERROR_INVALID_STATE before it is open; with %NX_ERROR_INVALID_DATA when the answer is none, or JSON cannot express
 *   the params; or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
JsonNode *
nx_test_client_call_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_test_client_call_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * nx_test_client_call:
 * @self: a client
 * @method: a method of the app's [class@RpcController]
 * @params: (nullable) (transfer none): an array of params by position, or an object of params by name; %NULL for none
 * @error: return location for an error
 *
 * Calls a method by JSON-RPC 2.0, and waits for the answer to it. See [method@TestClient.call_async].
 *
 * Returns: (transfer full): as [method@TestClient.call_finish]
 *
 * Since: 0.1
 */
JsonNode *
nx_test_client_call (NxTestClient *self, const char *method, JsonNode *params, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);
  g_return_val_if_fail (method != NULL, NULL);
  g_return_val_if_fail (are_params (params), NULL);

  nx_test_client_call_async (self, method, params, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_call_finish (self, result, error);
}
