/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Receiving what is known beforehand: a text, a JSON value, or nothing at all. */
#include "config.h"

#include <string.h>

#include "testing/nx-test-client-private.h"

#include "messages/nx-json-private.h"

/* What an expectation's own receive, or wait, ended with: the rest is for its finish function. */
static void
inner_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;

  g_task_return_pointer (task, g_object_ref (result), g_object_unref);
}

static GTask *
make_task (NxTestClient *self,
           gpointer tag,
           const char *expected,
           GCancellable *cancellable,
           GAsyncReadyCallback callback,
           gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, g_strdup (expected), g_free);
  /* The inner one hears of the cancellation, and loses no message by it. */
  g_task_set_check_cancellable (task, FALSE);
  return task;
}

/* (transfer full): the next message, which is to be @kind and @expected; NULL with an error that says so. */
static NxMessage *
take_message (NxTestClient *self,
              GAsyncResult *result,
              const char *kind,
              const char *expected,
              GError **error)
{
  g_autoptr (GAsyncResult) inner = g_task_propagate_pointer (G_TASK (result), NULL);
  NxMessage *message = nx_test_client_receive_finish (self, inner, error);

  if (message == NULL)
    g_prefix_error (error, "%s %s was expected: ", kind, expected);
  return message;
}

static void
fail_with (NxMessage *message, const char *kind, const char *expected, GError **error)
{
  g_autofree char *what = nx_test_client_describe_message (message);

  g_set_error (error, NX_ERROR, NX_ERROR_INVALID_DATA, "A %s came where %s %s was expected", what,
               kind, expected);
}

/* -- Text -- */

/**
 * nx_test_client_expect_text_async:
 * @self: a client
 * @text: what the next message is to be
 * @cancellable: (nullable): a cancellable, which loses no message
 * @callback: (scope async) (closure user_data): called when a message has come
 * @user_data: data for @callback
 *
 * Waits for the next message, which is to be this text.
 *
 * Since: 0.1
 */
void
nx_test_client_expect_text_async (NxTestClient *self,
                                  const char *text,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (text != NULL);

  nx_test_client_receive_async (
      self, cancellable, inner_cb,
      make_task (self, nx_test_client_expect_text_async, text, cancellable, callback, user_data));
}

/**
 * nx_test_client_expect_text_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.expect_text_async].
 *
 * Returns: %TRUE when it came; %FALSE as [method@TestClient.receive_finish], and with %NX_ERROR_INVALID_DATA for another
 *   message, which is gone then
 *
 * Since: 0.1
 */
gboolean
nx_test_client_expect_text_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  const char *text;
  g_autofree char *quoted = NULL;
  g_autoptr (NxMessage) message = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_test_client_expect_text_async), FALSE);

  text = g_task_get_task_data (G_TASK (result));
  quoted = g_strdup_printf ("\"%s\"", text);
  message = take_message (self, result, "Text", quoted, error);
  if (message == NULL)
    return FALSE;
  if (g_strcmp0 (nx_message_get_text (message), text) == 0)
    return TRUE;
  fail_with (message, "text", quoted, error);
  return FALSE;
}

/**
 * nx_test_client_expect_text:
 * @self: a client
 * @text: what the next message is to be
 * @error: return location for an error
 *
 * Waits for the next message, which is to be this text.
 *
 * Returns: as [method@TestClient.expect_text_finish]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_expect_text (NxTestClient *self, const char *text, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  nx_test_client_expect_text_async (self, text, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_expect_text_finish (self, result, error);
}

/* -- JSON -- */

/**
 * nx_test_client_expect_json_async:
 * @self: a client
 * @json: JSON, such as `{"type": "moved", "x": 1}`
 * @cancellable: (nullable): a cancellable, which loses no message
 * @callback: (scope async) (closure user_data): called when a message has come
 * @user_data: data for @callback
 *
 * Waits for the next message, which is to be this JSON value. White space, the order of an object's members, and how a number is
 * written (`1`, `1.0`) make no difference.
 *
 * Since: 0.1
 */
void
nx_test_client_expect_json_async (NxTestClient *self,
                                  const char *json,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (json != NULL);

  nx_test_client_receive_async (
      self, cancellable, inner_cb,
      make_task (self, nx_test_client_expect_json_async, json, cancellable, callback, user_data));
}

/**
 * nx_test_client_expect_json_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.expect_json_async].
 *
 * Returns: %TRUE when it came; %FALSE as [method@TestClient.receive_finish], and with %NX_ERROR_INVALID_DATA for another
 *   message, which is gone then, and when what was expected is no JSON itself
 *
 * Since: 0.1
 */
gboolean
nx_test_client_expect_json_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  const char *json;
  g_autoptr (NxMessage) message = NULL;
  g_autoptr (JsonNode) expected = NULL;
  g_autoptr (GError) cause = NULL;
  JsonNode *node;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_test_client_expect_json_async), FALSE);

  json = g_task_get_task_data (G_TASK (result));
  message = take_message (self, result, "JSON", json, error);
  if (message == NULL)
    return FALSE;
  expected = nx_json_parse (json, strlen (json), NX_JSON_DEPTH_MAX, &cause);
  if (expected == NULL)
    {
      g_set_error (error, NX_ERROR, NX_ERROR_INVALID_DATA,
                   "What is expected is no JSON itself, %s: %s", json, cause->message);
      return FALSE;
    }
  node = nx_message_get_json (message, NULL);
  if (node != NULL && json_node_equal (node, expected))
    return TRUE;
  fail_with (message, "JSON", json, error);
  return FALSE;
}

/**
 * nx_test_client_expect_json:
 * @self: a client
 * @json: JSON, such as `{"type": "moved", "x": 1}`
 * @error: return location for an error
 *
 * Waits for the next message, which is to be this JSON value, as [method@TestClient.expect_json_async] compares them.
 *
 * Returns: as [method@TestClient.expect_json_finish]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_expect_json (NxTestClient *self, const char *json, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (json != NULL, FALSE);

  nx_test_client_expect_json_async (self, json, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_expect_json_finish (self, result, error);
}

/* -- Nothing -- */

/**
 * nx_test_client_expect_nothing_async:
 * @self: a client that is open
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called when the app has come to rest
 * @user_data: data for @callback
 *
 * Lets everything happen that can happen without time passing, and expects that no message has come of it and the connection is
 * still open.
 *
 * Since: 0.1
 */
void
nx_test_client_expect_nothing_async (NxTestClient *self,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  nx_test_client_settle_async (self, cancellable, inner_cb,
                               make_task (self, nx_test_client_expect_nothing_async, NULL,
                                          cancellable, callback, user_data));
}

/**
 * nx_test_client_expect_nothing_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.expect_nothing_async].
 *
 * Returns: %TRUE when nothing came; %FALSE with %NX_ERROR_INVALID_DATA when a message waits, which can still be received, with
 *   %NX_ERROR_DISCONNECTED when the connection has ended, with %NX_ERROR_TIMEOUT when the app does not come to rest, or with
 *   %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
gboolean
nx_test_client_expect_nothing_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GAsyncResult) inner = NULL;
  g_autofree char *state = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_test_client_expect_nothing_async),
                        FALSE);

  inner = g_task_propagate_pointer (G_TASK (result), NULL);
  if (!nx_test_client_settle_finish (self, inner, error))
    return FALSE;
  if (self->state == NX_STATE_OPEN && self->messages.length == 0)
    return TRUE;
  state = nx_test_client_describe (self);
  g_set_error (error, NX_ERROR,
               self->messages.length > 0 ? NX_ERROR_INVALID_DATA : NX_ERROR_DISCONNECTED,
               "Nothing was expected to happen, but %s", state);
  return FALSE;
}

/**
 * nx_test_client_expect_nothing:
 * @self: a client that is open
 * @error: return location for an error
 *
 * Lets everything happen that can happen without time passing, and expects that no message has come of it and the connection is
 * still open.
 *
 * Returns: as [method@TestClient.expect_nothing_finish]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_expect_nothing (NxTestClient *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);

  nx_test_client_expect_nothing_async (self, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_expect_nothing_finish (self, result, error);
}
