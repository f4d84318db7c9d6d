/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain HTTP beside the websocket, and a look at the last answer of either. */
#include "config.h"

#include "nx-app-private.h"
#include "testing/nx-test-client-private.h"

/* One that runs; on a connection of its own, so that it does not meet the websocket. */
typedef struct
{
  NxTestClient *client; /* owned: the task lets go of its own first */
  NxTestExchange *exchange;
  gboolean is_answered;
} Request;

static void
request_free (Request *self)
{
  g_queue_remove (&self->client->requests, self->exchange);
  nx_test_exchange_free (self->exchange);
  g_object_unref (self->client);
  g_free (self);
}

static void
answered_cb (NxTestExchange *exchange, gpointer data)
{
  Request *self = data;

  self->is_answered = TRUE;
  nx_test_client_look (self->client);
}

static gboolean
is_answered (NxTestClient *self, gpointer data)
{
  return ((Request *) data)->is_answered;
}

static void
finish_request (NxTestClient *self, GTask *task, gpointer data)
{
  Request *request = data;

  g_clear_pointer (&self->answer, nx_test_answer_free);
  self->answer = nx_test_exchange_take_answer (request->exchange);
  g_queue_remove (&self->requests, request->exchange);
  if (self->answer->status == 101) /* which nobody here speaks */
    nx_memory_peer_cut (nx_test_exchange_get_peer (request->exchange));
  if (self->answer->fault != NULL)
    g_task_return_error (task, g_error_copy (self->answer->fault));
  else
    g_task_return_int (task, self->answer->status);
}

/* Takes @task. */
static void
ask (NxTestClient *self, GBytes *octets, GTask *task, const NxTestWaitKind *kind)
{
  Request *request = g_new0 (Request, 1);

  nx_app_tell_started (self->app);
  request->client = g_object_ref (self);
  request->exchange = nx_test_exchange_new (self->app, &self->wire, octets, answered_cb, request);
  g_queue_push_tail (&self->requests, request->exchange);
  g_task_set_task_data (task, request, (GDestroyNotify) request_free);
  nx_test_client_wait (self, task, kind);
}

static const NxTestWaitKind request_kind = { "the answer to the request", is_answered,
                                             finish_request };

/**
 * nx_test_client_request_async:
 * @self: a client
 * @method: such as `GET`
 * @path: path and query, percent-encoded; it goes out as it is
 * @body: (nullable): what to send behind the head; %NULL for nothing, and no Content-Length
 * @cancellable: (nullable): a cancellable, which cuts the request's connection
 * @callback: (scope async) (closure user_data): called when the answer is there
 * @user_data: data for @callback
 *
 * Makes a plain HTTP request to what [property@App:server] serves, with the client's headers and cookies. It has a connection
 * of its own, and leaves the websocket alone.
 *
 * Since: 0.1
 */
void
nx_test_client_request_async (NxTestClient *self,
                              const char *method,
                              const char *path,
                              GBytes *body,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GBytes) octets = NULL;
  GTask *task;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (method != NULL);
  g_return_if_fail (path != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_test_client_request_async);
  octets = nx_test_client_make_request (self, method, path, body);
  ask (self, octets, task, &request_kind);
}

/**
 * nx_test_client_request_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.request_async].
 *
 * Returns: the status, whichever it is; 0 with %NX_ERROR_DISCONNECTED when no answer came before the connection's end, with
 *   %NX_ERROR_INVALID_DATA when it was malformed, with %NX_ERROR_TIMEOUT, or with %G_IO_ERROR_CANCELLED
 *
 * Since: 0.1
 */
guint
nx_test_client_request_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  gssize status;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), 0);
  g_return_val_if_fail (g_task_is_valid (result, self), 0);

  status = g_task_propagate_int (G_TASK (result), error);
  return status > 0 ? (guint) status : 0;
}

/**
 * nx_test_client_request:
 * @self: a client
 * @method: such as `GET`
 * @path: path and query, percent-encoded; it goes out as it is
 * @body: (nullable): what to send behind the head; %NULL for nothing, and no Content-Length
 * @error: return location for an error
 *
 * Makes a plain HTTP request, as [method@TestClient.request_async] does, and waits for the answer.
 *
 * Returns: as [method@TestClient.request_finish]
 *
 * Since: 0.1
 */
guint
nx_test_client_request (NxTestClient *self,
                        const char *method,
                        const char *path,
                        GBytes *body,
                        GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), 0);
  g_return_val_if_fail (method != NULL, 0);
  g_return_val_if_fail (path != NULL, 0);

  nx_test_client_request_async (self, method, path, body, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_request_finish (self, result, error);
}

/**
 * nx_test_client_request_raw_async:
 * @self: a client
 * @octets: what is sent, head and body
 * @cancellable: (nullable): a cancellable, which cuts the request's connection
 * @callback: (scope async) (closure user_data): called when the answer is there
 * @user_data: data for @callback
 *
 * Sends octets as a request of their own, as [method@TestClient.request_raw] does.
 *
 * Since: 0.1
 */
void
nx_test_client_request_raw_async (NxTestClient *self,
                                  GBytes *octets,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (octets != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_test_client_request_raw_async);
  ask (self, octets, task, &request_kind);
}

/**
 * nx_test_client_request_raw_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.request_raw_async].
 *
 * Returns: as [method@TestClient.request_finish]
 *
 * Since: 0.1
 */
guint
nx_test_client_request_raw_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  return nx_test_client_request_finish (self, result, error);
}

/**
 * nx_test_client_request_raw:
 * @self: a client
 * @octets: what is sent, head and body
 * @error: return location for an error
 *
 * Sends octets as a request, on a connection of their own, and waits for the answer: nothing is added to them, so that one can
 * see what the app makes of what is no HTTP, or of a handshake that no client would write. A connection that becomes a
 * websocket is cut.
 *
 * Returns: as [method@TestClient.request_finish]
 *
 * Since: 0.1
 */
guint
nx_test_client_request_raw (NxTestClient *self, GBytes *octets, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), 0);
  g_return_val_if_fail (octets != NULL, 0);

  nx_test_client_request_raw_async (self, octets, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_request_raw_finish (self, result, error);
}

/* -- The last answer -- */

/**
 * nx_test_client_get_status:
 * @self: a client
 *
 * The HTTP status of the last answer, to a handshake or a plain request.
 *
 * Returns: the status, 101 for a handshake that was accepted; 0 without an answer
 *
 * Since: 0.1
 */
guint
nx_test_client_get_status (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), 0);

  return self->answer != NULL ? self->answer->status : 0;
}

/**
 * nx_test_client_get_response_headers:
 * @self: a client
 *
 * The header fields of the last answer.
 *
 * Returns: (transfer none) (nullable): the fields; %NULL without an answer
 *
 * Since: 0.1
 */
SoupMessageHeaders *
nx_test_client_get_response_headers (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  return self->answer != NULL ? self->answer->headers : NULL;
}

/**
 * nx_test_client_get_response_header:
 * @self: a client
 * @name: a field name, in any case
 *
 * A header field of the last answer; several of one name are joined with commas.
 *
 * Returns: (nullable): the value
 *
 * Since: 0.1
 */
const char *
nx_test_client_get_response_header (NxTestClient *self, const char *name)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return self->answer != NULL ? soup_message_headers_get_list (self->answer->headers, name) : NULL;
}

/**
 * nx_test_client_get_response_body:
 * @self: a client
 *
 * The body of the last answer.
 *
 * Returns: (transfer none) (nullable): the body; %NULL without one
 *
 * Since: 0.1
 */
GBytes *
nx_test_client_get_response_body (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  return self->answer != NULL ? self->answer->body : NULL;
}

/**
 * nx_test_client_dup_response_text:
 * @self: a client
 *
 * The body of the last answer, as text.
 *
 * Returns: (transfer full) (nullable): the text; %NULL without a body, or when it is not UTF-8 or holds U+0000
 *
 * Since: 0.1
 */
char *
nx_test_client_dup_response_text (NxTestClient *self)
{
  GBytes *body;
  gsize length;
  const char *data;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  body = nx_test_client_get_response_body (self);
  if (body == NULL)
    return NULL;
  data = g_bytes_get_data (body, &length);
  if (length > 0 && !g_utf8_validate_len (data, length, NULL))
    return NULL;
  return g_strndup (length > 0 ? data : "", length);
}
