/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handshakes: what is made of the answer. */
#include "config.h"

#include <string.h>

#include "nx-app-private.h"
#include "nx-message-private.h"
#include "testing/nx-test-client-private.h"

/* -- What the engine tells -- */

static void
message_cb (SoupWebsocketDataType type, GBytes *payload, gpointer owner)
{
  NxTestClient *self = owner;
  gsize length;
  const char *data = g_bytes_get_data (payload, &length);

  g_queue_push_tail (&self->messages,
                     type == SOUP_WEBSOCKET_DATA_TEXT
                         ? nx_message_new_checked_text (length > 0 ? data : "", length)
                         : nx_message_new_bytes (payload));
}

static void
control_cb (NxOpcode opcode, const guint8 *payload, gsize length, gpointer owner)
{
  NxTestClient *self = owner;

  if (opcode == NX_OPCODE_PONG)
    g_queue_push_tail (&self->pongs, g_bytes_new (payload, length));
  else if (opcode == NX_OPCODE_PING)
    self->n_pings_received++;
}

static void
failed_cb (const GError *error, gpointer owner)
{
  NxTestClient *self = owner;

  if (self->fault == NULL)
    self->fault = g_error_copy (error);
}

static void
closing_cb (guint code, const char *reason, gpointer owner)
{
  NxTestClient *self = owner;

  if (self->close_code != 0)
    return;
  if (self->state == NX_STATE_OPEN)
    self->state = NX_STATE_CLOSING;
  self->close_code = code;
  self->close_reason = reason != NULL && *reason != '\0' ? g_strdup (reason) : NULL;
}

static void
closed_cb (gpointer owner)
{
  NxTestClient *self = owner;

  if (self->close_code == 0)
    self->close_code = NX_CLOSE_ABNORMAL;
  self->state = NX_STATE_CLOSED;
}

static const NxTestEngineFuncs engine_funcs = {
  .message = message_cb,
  .control = control_cb,
  .failed = failed_cb,
  .closing = closing_cb,
  .closed = closed_cb,
};

static void
peer_cb (NxMemoryPeer *peer, gpointer data)
{
  g_autoptr (NxTestClient) self = g_object_ref (data);

  nx_test_engine_turn (self->engine);
  nx_test_client_look (self);
}

/* -- Opening -- */

void
nx_test_client_forget_connection (NxTestClient *self)
{
  if (self->engine != NULL && self->state != NX_STATE_CLOSED)
    nx_test_engine_cut (self->engine);
  g_clear_pointer (&self->engine, nx_test_engine_free);
  if (self->peer != NULL)
    nx_memory_peer_set_func (self->peer, NULL, NULL);
  g_clear_pointer (&self->peer, nx_memory_peer_unref);
  g_clear_pointer (&self->opening, nx_test_exchange_free);
  g_clear_object (&self->offered_extension);
  g_queue_clear_full (&self->messages, (GDestroyNotify) nx_message_unref);
  g_queue_clear_full (&self->pongs, (GDestroyNotify) g_bytes_unref);
  g_clear_pointer (&self->subprotocol, g_free);
  g_clear_pointer (&self->extensions, g_free);
  g_clear_pointer (&self->close_reason, g_free);
  g_clear_error (&self->fault);
  self->close_code = 0;
  self->n_pings = 0;
  self->n_pings_received = 0;
  self->state = NX_STATE_CLOSED;
}

static void
take_answer (NxTestClient *self, NxTestAnswer *answer)
{
  g_clear_pointer (&self->answer, nx_test_answer_free);
  self->answer = answer;
}

static void
begin_frames (NxTestClient *self, gboolean is_compressed)
{
  g_autofree char *text = g_strdup_printf (
      "%s://localhost/", self->wire.transport == NX_TEST_TRANSPORT_TLS ? "wss" : "ws");
  g_autoptr (GUri) uri = g_uri_parse (text, SOUP_HTTP_URI_FLAGS, NULL);
  GByteArray *octets = self->answer->octets;

  self->engine = nx_test_engine_new (self->peer, uri, self->subprotocol,
                                     is_compressed ? self->offered_extension : NULL,
                                     octets->data + self->answer->head_length,
                                     octets->len - self->answer->head_length, &engine_funcs, self);
  self->state = NX_STATE_OPEN;
  nx_memory_peer_set_func (self->peer, peer_cb, self);
  nx_test_engine_turn (self->engine);
}

static void
opened_cb (NxTestExchange *exchange, gpointer data)
{
  NxTestClient *self = data;
  const char *subprotocol;
  gboolean is_compressed;

  self->peer = nx_test_exchange_take_peer (exchange);
  take_answer (self, nx_test_exchange_take_answer (exchange));
  g_clear_pointer (&self->opening, nx_test_exchange_free);
  self->state = NX_STATE_CLOSED;
  if (self->answer->fault != NULL)
    self->fault = g_error_copy (self->answer->fault);
  else if (self->answer->status == 101)
    {
      if (nx_test_answer_check_handshake (self->answer, self->key,
                                          (const char *const *) self->subprotocols, &subprotocol,
                                          &self->fault)
          && nx_test_answer_check_extensions (self->answer, self->offered_extension, &is_compressed,
                                              &self->fault))
        {
          self->subprotocol = g_strdup (subprotocol);
          self->extensions =
              g_strdup (nx_test_client_get_response_header (self, "Sec-WebSocket-Extensions"));
          begin_frames (self, is_compressed);
        }
      else
        nx_memory_peer_cut (self->peer);
    }
  nx_test_client_look (self);
}

/* One handshake that somebody waits for. */
typedef struct
{
  guint number;
  guint status; /* expected */
} Knock;

static gboolean
is_answered (NxTestClient *self, gpointer data)
{
  return self->state != NX_STATE_CONNECTING || ((Knock *) data)->number != self->n_knocks;
}

/* Fails when there is no answer to look at. What went wrong after a 101 is not the handshake's. */
static gboolean
has_answer (NxTestClient *self, GTask *task, const Knock *knock)
{
  if (knock->number != self->n_knocks)
    g_task_return_new_error (task, NX_ERROR, NX_ERROR_DISCONNECTED,
                             "The handshake was cut, and another one begun");
  else if (self->engine == NULL && self->fault != NULL)
    g_task_return_error (task, g_error_copy (self->fault));
  else if (self->answer == NULL) /* cut meanwhile */
    g_task_return_error (task, nx_test_client_make_ended_error (self, "an answer"));
  else
    return TRUE;
  return FALSE;
}

static void
finish_open (NxTestClient *self, GTask *task, gpointer data)
{
  g_autofree char *state = NULL;

  if (!has_answer (self, task, data))
    return;
  if (self->engine != NULL)
    g_task_return_boolean (task, TRUE);
  else
    {
      state = nx_test_answer_describe (self->answer);
      g_task_return_new_error (task, NX_ERROR, NX_ERROR_DISCONNECTED,
                               "The handshake for %s was refused with %s", self->path, state);
    }
}

static void
finish_refusal (NxTestClient *self, GTask *task, gpointer data)
{
  guint status = ((Knock *) data)->status;
  g_autofree char *state = NULL;

  if (!has_answer (self, task, data))
    return;
  if (self->answer->status == status)
    g_task_return_boolean (task, TRUE);
  else
    {
      state = nx_test_answer_describe (self->answer);
      g_task_return_new_error (task, NX_ERROR, NX_ERROR_INVALID_DATA,
                               "The handshake for %s was %s with %s where %u was expected",
                               self->path, self->answer->status == 101 ? "accepted" : "refused",
                               state, status);
    }
}

static const NxTestWaitKind open_kind = { "the answer to the handshake", is_answered, finish_open };
static const NxTestWaitKind refusal_kind = { "the answer to the handshake", is_answered,
                                             finish_refusal };

/* Takes @task. @status: as expected, or 0. */
static void
knock (NxTestClient *self, const char *path, guint status, GTask *task, const NxTestWaitKind *kind)
{
  g_autoptr (GBytes) request = NULL;
  Knock *data;

  /* As listening would have. Whoever is told may use this very client, so it comes before all else. */
  nx_app_tell_started (self->app);
  if (self->state != NX_STATE_CLOSED)
    {
      g_task_return_new_error (task, NX_ERROR, NX_ERROR_INVALID_STATE,
                               "The client is not closed: one connection at a time; make another "
                               "client for a second one");
      g_object_unref (task);
      return;
    }
  nx_test_client_forget_connection (self);
  take_answer (self, NULL);
  g_free (self->path);
  self->path = g_strdup (path);
  self->state = NX_STATE_CONNECTING;
  self->wire.is_deaf = FALSE;
  request = nx_test_client_make_handshake (self, path);
  self->opening = nx_test_exchange_new (self->app, &self->wire, request, opened_cb, self);
  data = g_new (Knock, 1);
  *data = (Knock){ ++self->n_knocks, status };
  g_task_set_task_data (task, data, g_free);
  nx_test_client_wait (self, task, kind);
}

/**
 * nx_test_client_open_async:
 * @self: a client that is not connected
 * @path: path and query, percent-encoded, such as `/rooms/attic?token=x`; it goes out as it is
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when the app has answered
 * @user_data: data for @callback
 *
 * Asks to come in. What is left of the last connection is forgotten.
 *
 * Since: 0.1
 */
void
nx_test_client_open_async (NxTestClient *self,
                           const char *path,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (path != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_test_client_open_async);
  knock (self, path, 0, task, &open_kind);
}

/**
 * nx_test_client_open_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.open_async].
 *
 * Returns: %TRUE when the connection is open; %FALSE with %NX_ERROR_DISCONNECTED when the app refused, see
 *   [method@TestClient.get_status], with %NX_ERROR_INVALID_DATA when its answer was none, with %NX_ERROR_INVALID_STATE when the
 *   client was connected, or with %NX_ERROR_TIMEOUT
 *
 * Since: 0.1
 */
gboolean
nx_test_client_open_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * nx_test_client_open:
 * @self: a client that is not connected
 * @path: path and query, percent-encoded, such as `/rooms/attic?token=x`; it goes out as it is
 * @error: return location for an error
 *
 * Comes in. What is left of the last connection is forgotten.
 *
 * Returns: as [method@TestClient.open_finish]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_open (NxTestClient *self, const char *path, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  nx_test_client_open_async (self, path, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_open_finish (self, result, error);
}

/**
 * nx_test_client_expect_refusal_async:
 * @self: a client that is not connected
 * @path: as for [method@TestClient.open_async]
 * @status: the HTTP status
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when the app has answered
 * @user_data: data for @callback
 *
 * Asks to come in, and expects to be refused.
 *
 * Since: 0.1
 */
void
nx_test_client_expect_refusal_async (NxTestClient *self,
                                     const char *path,
                                     guint status,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  GTask *task;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (path != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_test_client_expect_refusal_async);
  knock (self, path, status, task, &refusal_kind);
}

/**
 * nx_test_client_expect_refusal_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.expect_refusal_async].
 *
 * Returns: %TRUE when the status was that one; body and headers of the answer can be looked at then. %FALSE with
 *   %NX_ERROR_INVALID_DATA when it was another, or else as [method@TestClient.open_finish]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_expect_refusal_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * nx_test_client_expect_refusal:
 * @self: a client that is not connected
 * @path: as for [method@TestClient.open]
 * @status: the HTTP status
 * @error: return location for an error
 *
 * Asks to come in, and expects to be refused.
 *
 * Returns: as [method@TestClient.expect_refusal_finish]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_expect_refusal (NxTestClient *self, const char *path, guint status, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  nx_test_client_expect_refusal_async (self, path, status, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_expect_refusal_finish (self, result, error);
}
