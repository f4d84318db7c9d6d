/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Receiving: the oldest message that nobody received yet, or the next one. */
#include "config.h"

#include "testing/nx-test-client-private.h"

#include "messages/nx-json-private.h"
#include "nx-message-private.h"

static gboolean
is_there (NxTestClient *self, gpointer data)
{
  return self->messages.length > 0 || self->state == NX_STATE_CLOSED;
}

/* @data: what is expected. A message of the wrong kind is taken as well. */
static void
finish_receive (NxTestClient *self, GTask *task, gpointer data)
{
  NxMessage *message = g_queue_pop_head (&self->messages);

  if (message != NULL)
    g_task_return_pointer (task, message, (GDestroyNotify) nx_message_unref);
  else
    g_task_return_error (task, nx_test_client_make_ended_error (self, data));
}

static const NxTestWaitKind message_kind = { "a message", is_there, finish_receive };
static const NxTestWaitKind text_kind = { "a text message", is_there, finish_receive };
static const NxTestWaitKind bytes_kind = { "a binary message", is_there, finish_receive };
static const NxTestWaitKind json_kind = { "a JSON message", is_there, finish_receive };

static void
receive_async (NxTestClient *self,
               const NxTestWaitKind *kind,
               gpointer tag,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, (gpointer) kind->what, NULL);
  nx_test_client_wait (self, task, kind);
}

static NxMessage *
receive_finish (GAsyncResult *result, NxMessageKind kind, GError **error)
{
  g_autoptr (NxMessage) message = g_task_propagate_pointer (G_TASK (result), error);
  g_autofree char *what = NULL;

  if (message == NULL || nx_message_get_kind (message) == kind)
    return g_steal_pointer (&message);
  what = nx_test_client_describe_message (message);
  g_set_error (error, NX_ERROR, NX_ERROR_INVALID_DATA, "A %s came where %s was expected", what,
               (const char *) g_task_get_task_data (G_TASK (result)));
  return NULL;
}

/**
 * nx_test_client_receive_async:
 * @self: a client
 * @cancellable: (nullable): a cancellable, which loses no message
 * @callback: (scope async) (closure user_data): called when it has come
 * @user_data: data for @callback
 *
 * Waits for the next message of either kind. Several may wait; they are served in order.
 *
 * Since: 0.1
 */
void
nx_test_client_receive_async (NxTestClient *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  receive_async (self, &message_kind, nx_test_client_receive_async, cancellable, callback,
                 user_data);
}

/**
 * nx_test_client_receive_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.receive_async].
 *
 * Returns: (transfer full): the message; %NULL with %NX_ERROR_TIMEOUT, with %NX_ERROR_DISCONNECTED when the connection has ended and no
 *   message is left, or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
NxMessage *
nx_test_client_receive_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_test_client_receive_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * nx_test_client_receive:
 * @self: a client
 * @error: return location for an error
 *
 * Waits for the next message of either kind.
 *
 * Returns: (transfer full): as [method@TestClient.receive_finish]
 *
 * Since: 0.1
 */
NxMessage *
nx_test_client_receive (NxTestClient *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  nx_test_client_receive_async (self, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_receive_finish (self, result, error);
}

/**
 * nx_test_client_receive_text_async:
 * @self: a client
 * @cancellable: (nullable): a cancellable, which loses no message
 * @callback: (scope async) (closure user_data): called when it has come
 * @user_data: data for @callback
 *
 * Waits for the next message, which is to be text. Several may wait; they are served in order.
 *
 * Since: 0.1
 */
void
nx_test_client_receive_text_async (NxTestClient *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  receive_async (self, &text_kind, nx_test_client_receive_text_async, cancellable, callback,
                 user_data);
}

/**
 * nx_test_client_receive_text_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.receive_text_async]. Text that may hold U+0000 is better received with [method@TestClient.receive_async].
 *
 * Returns: (transfer full): the text; %NULL with %NX_ERROR_TIMEOUT, with %NX_ERROR_DISCONNECTED when the connection has ended and no
 *   message is left, with %NX_ERROR_INVALID_DATA when it was binary (it is gone then), or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
char *
nx_test_client_receive_text_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (NxMessage) message = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_test_client_receive_text_async), NULL);

  message = receive_finish (result, NX_MESSAGE_TEXT, error);
  return message != NULL ? g_strdup (nx_message_get_text (message)) : NULL;
}

/**
 * nx_test_client_receive_text:
 * @self: a client
 * @error: return location for an error
 *
 * Waits for the next message, which is to be text. Text that may hold U+0000 is better received with [method@TestClient.receive_async].
 *
 * Returns: (transfer full): as [method@TestClient.receive_text_finish]
 *
 * Since: 0.1
 */
char *
nx_test_client_receive_text (NxTestClient *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  nx_test_client_receive_text_async (self, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_receive_text_finish (self, result, error);
}

/**
 * nx_test_client_receive_bytes_async:
 * @self: a client
 * @cancellable: (nullable): a cancellable, which loses no message
 * @callback: (scope async) (closure user_data): called when it has come
 * @user_data: data for @callback
 *
 * Waits for the next message, which is to be binary. Several may wait; they are served in order.
 *
 * Since: 0.1
 */
void
nx_test_client_receive_bytes_async (NxTestClient *self,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  receive_async (self, &bytes_kind, nx_test_client_receive_bytes_async, cancellable, callback,
                 user_data);
}

/**
 * nx_test_client_receive_bytes_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.receive_bytes_async].
 *
 * Returns: (transfer full): the payload; %NULL with %NX_ERROR_TIMEOUT, with %NX_ERROR_DISCONNECTED when the connection has ended and no
 *   message is left, with %NX_ERROR_INVALID_DATA when it was text (it is gone then), or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
GBytes *
nx_test_client_receive_bytes_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (NxMessage) message = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_test_client_receive_bytes_async),
                        NULL);

  message = receive_finish (result, NX_MESSAGE_BINARY, error);
  return message != NULL ? g_bytes_ref (nx_message_get_bytes (message)) : NULL;
}

/**
 * nx_test_client_receive_bytes:
 * @self: a client
 * @error: return location for an error
 *
 * Waits for the next message, which is to be binary.
 *
 * Returns: (transfer full): as [method@TestClient.receive_bytes_finish]
 *
 * Since: 0.1
 */
GBytes *
nx_test_client_receive_bytes (NxTestClient *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  nx_test_client_receive_bytes_async (self, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_receive_bytes_finish (self, result, error);
}

/**
 * nx_test_client_receive_json_async:
 * @self: a client
 * @cancellable: (nullable): a cancellable, which loses no message
 * @callback: (scope async) (closure user_data): called when it has come
 * @user_data: data for @callback
 *
 * Waits for the next message, which is to be text with a JSON value. Several may wait; they are served in order.
 *
 * Since: 0.1
 */
void
nx_test_client_receive_json_async (NxTestClient *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  receive_async (self, &json_kind, nx_test_client_receive_json_async, cancellable, callback,
                 user_data);
}

/**
 * nx_test_client_receive_json_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.receive_json_async].
 *
 * Returns: (transfer full): the value; %NULL with %NX_ERROR_TIMEOUT, with %NX_ERROR_DISCONNECTED when the connection has ended and no
 *   message is left, with %NX_ERROR_INVALID_DATA when it was something else (it is gone then), or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
JsonNode *
nx_test_client_receive_json_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (NxMessage) message = NULL;
  g_autofree char *what = NULL;
  GError *cause = NULL;
  JsonNode *node;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_test_client_receive_json_async), NULL);

  message = receive_finish (result, NX_MESSAGE_TEXT, error);
  node = message != NULL ? nx_message_get_json (message, &cause) : NULL;
  if (node != NULL)
    return json_node_ref (node);
  if (cause != NULL)
    {
      what = nx_test_client_describe_message (message);
      g_propagate_prefixed_error (error, cause, "A %s came where JSON was expected: ", what);
    }
  return NULL;
}

/**
 * nx_test_client_receive_json:
 * @self: a client
 * @error: return location for an error
 *
 * Waits for the next message, which is to be text with a JSON value.
 *
 * Returns: (transfer full): as [method@TestClient.receive_json_finish]
 *
 * Since: 0.1
 */
JsonNode *
nx_test_client_receive_json (NxTestClient *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  nx_test_client_receive_json_async (self, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_receive_json_finish (self, result, error);
}
