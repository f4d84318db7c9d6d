/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the client sends, and how it misbehaves. */
#include "config.h"

#include <string.h>

#include "nx-error-private.h"
#include "nx-message-private.h"
#include "protocol/nx-sender-private.h"
#include "testing/nx-test-client-private.h"

gboolean
nx_test_client_check_open (NxTestClient *self, GError **error)
{
  g_autofree char *state = NULL;

  if (self->state == NX_STATE_OPEN)
    return TRUE;
  state = nx_test_client_describe (self);
  nx_error_set (error,
                self->path == NULL || self->state == NX_STATE_CONNECTING ? NX_ERROR_INVALID_STATE
                                                                         : NX_ERROR_DISCONNECTED,
                "Nothing can be sent: %s", state);
  return FALSE;
}

static gboolean
send_payload (NxTestClient *self, SoupWebsocketDataType type, GBytes *payload, GError **error)
{
  if (!nx_test_client_check_open (self, error))
    return FALSE;
  nx_test_engine_send (self->engine, type, payload);
  nx_test_client_look (self);
  return TRUE;
}

/**
 * nx_test_client_send_text:
 * @self: a client
 * @text: UTF-8
 * @error: return location for an error
 *
 * Sends a text message, at once.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_ARGUMENT when @text is not UTF-8, with %NX_ERROR_DISCONNECTED when the connection has ended
 *   or ends, or with %NX_ERROR_INVALID_STATE before it is open
 *
 * Since: 0.1
 */
gboolean
nx_test_client_send_text (NxTestClient *self, const char *text, GError **error)
{
  g_autoptr (GBytes) payload = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (text != NULL, FALSE);

  if (!g_utf8_validate (text, -1, NULL))
    {
      nx_error_set (error, NX_ERROR_INVALID_ARGUMENT,
                    "A text message must be UTF-8; send_raw() sends what is none");
      return FALSE;
    }
  payload = g_bytes_new (text, strlen (text));
  return send_payload (self, SOUP_WEBSOCKET_DATA_TEXT, payload, error);
}

/**
 * nx_test_client_send_bytes:
 * @self: a client
 * @bytes: the payload
 * @error: return location for an error
 *
 * Sends a binary message, at once.
 *
 * Returns: as [method@TestClient.send_text]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_send_bytes (NxTestClient *self, GBytes *bytes, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);

  return send_payload (self, SOUP_WEBSOCKET_DATA_BINARY, bytes, error);
}

/**
 * nx_test_client_send_json:
 * @self: a client
 * @node: a JSON value
 * @error: return location for an error
 *
 * Sends a JSON value as a text message, at once.
 *
 * Returns: as [method@TestClient.send_text]; %NX_ERROR_INVALID_ARGUMENT also for a value that JSON cannot express
 *
 * Since: 0.1
 */
gboolean
nx_test_client_send_json (NxTestClient *self, JsonNode *node, GError **error)
{
  g_autoptr (NxMessage) message = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (node != NULL, FALSE);

  message = nx_message_new_json (node);
  if (message == NULL)
    {
      nx_error_set (error, NX_ERROR_INVALID_ARGUMENT, "The value cannot be written as JSON");
      return FALSE;
    }
  return nx_test_client_send_message (self, message, error);
}

/**
 * nx_test_client_send_message:
 * @self: a client
 * @message: a message of either kind
 * @error: return location for an error
 *
 * Sends a message, at once.
 *
 * Returns: as [method@TestClient.send_text]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_send_message (NxTestClient *self, NxMessage *message, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (message != NULL, FALSE);

  return send_payload (self,
                       nx_message_get_kind (message) == NX_MESSAGE_TEXT
                           ? SOUP_WEBSOCKET_DATA_TEXT
                           : SOUP_WEBSOCKET_DATA_BINARY,
                       nx_message_get_bytes (message), error);
}

/**
 * nx_test_client_send_raw:
 * @self: a client
 * @octets: what to put on the wire
 * @error: return location for an error
 *
 * Sends octets as they are, behind what was sent before, to play a peer that breaks the protocol: frames that are malformed,
 * cut, unmasked, or fragmented (RFC 6455 section 5.2).
 *
 * Returns: as [method@TestClient.send_text]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_send_raw (NxTestClient *self, GBytes *octets, GError **error)
{
  gsize length;
  const guint8 *data;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (octets != NULL, FALSE);

  if (!nx_test_client_check_open (self, error))
    return FALSE;
  data = g_bytes_get_data (octets, &length);
  nx_test_engine_send_raw (self->engine, data, length);
  return TRUE;
}

/* -- Ping -- */

static gboolean
is_ponged (NxTestClient *self, gpointer data)
{
  return self->pongs.length > 0 || self->state == NX_STATE_CLOSED;
}

/* Payloads are numbers: one that answers a later ping answers all before it (RFC 6455 section 5.5.3). */
static void
finish_ping (NxTestClient *self, GTask *task, gpointer data)
{
  g_autoptr (GBytes) pong = g_queue_pop_head (&self->pongs);

  if (pong == NULL)
    g_task_return_error (task, nx_test_client_make_ended_error (self, "a pong"));
  else if (!g_bytes_equal (pong, data))
    g_task_return_new_error (task, NX_ERROR, NX_ERROR_INVALID_DATA,
                             "A pong came whose payload is not that of the ping");
  else
    g_task_return_boolean (task, TRUE);
}

static const NxTestWaitKind ping_kind = { "the pong", is_ponged, finish_ping };

/* libsoup has no call for it. */
static GBytes *
send_ping (NxTestClient *self)
{
  g_autofree char *payload = g_strdup_printf ("ping %u", ++self->n_pings);
  g_autoptr (NxFrame) frame = nx_frame_new (NX_OPCODE_PING, payload, strlen (payload));
  g_autoptr (GByteArray) octets = g_byte_array_new ();

  nx_sender_mask_into (octets, frame, g_random_int ());
  nx_test_engine_send_raw (self->engine, octets->data, octets->len);
  return g_bytes_new (payload, strlen (payload));
}

/**
 * nx_test_client_ping_async:
 * @self: a client
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when the pong has come
 * @user_data: data for @callback
 *
 * Sends a ping, and waits for the pong.
 *
 * Since: 0.1
 */
void
nx_test_client_ping_async (NxTestClient *self,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task;
  GError *error = NULL;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_test_client_ping_async);
  if (!nx_test_client_check_open (self, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  g_task_set_task_data (task, send_ping (self), (GDestroyNotify) g_bytes_unref);
  nx_test_client_wait (self, task, &ping_kind);
}

/**
 * nx_test_client_ping_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.ping_async].
 *
 * Returns: %TRUE when the pong came; %FALSE with %NX_ERROR_DISCONNECTED when the connection ended before it, with
 *   %NX_ERROR_INVALID_DATA when it was another's, with %NX_ERROR_INVALID_STATE before it is open, or with %NX_ERROR_TIMEOUT
 *
 * Since: 0.1
 */
gboolean
nx_test_client_ping_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * nx_test_client_ping:
 * @self: a client
 * @error: return location for an error
 *
 * Sends a ping, and waits for the pong. Since messages are handled in order, the app has taken by then what was sent before.
 *
 * Returns: as [method@TestClient.ping_finish]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_ping (NxTestClient *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);

  nx_test_client_ping_async (self, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_ping_finish (self, result, error);
}

/* -- Misbehaving -- */

/**
 * nx_test_client_set_delay:
 * @self: a client
 * @delay_ms: milliseconds of the app's time
 *
 * Makes what is sent from now on arrive later: a line with that latency. Nothing arrives while the app's time stands still.
 *
 * Since: 0.1
 */
void
nx_test_client_set_delay (NxTestClient *self, guint delay_ms)
{
  NxMemoryPeer *peer;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  self->wire.delay_ms = delay_ms;
  peer = self->opening != NULL ? nx_test_exchange_get_peer (self->opening) : self->peer;
  if (peer != NULL)
    nx_memory_peer_set_delay (peer, delay_ms * G_GINT64_CONSTANT (1000));
}

/**
 * nx_test_client_set_chunk_size:
 * @self: a client
 * @size: octets; 0, the default: as many as there are
 *
 * Makes what is sent arrive in small pieces: no read of the app gets more than that. With 1, it comes octet by octet, and every
 * frame is cut everywhere.
 *
 * Since: 0.1
 */
void
nx_test_client_set_chunk_size (NxTestClient *self, gsize size)
{
  NxMemoryPeer *peer;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  self->wire.chunk_size = size;
  peer = self->opening != NULL ? nx_test_exchange_get_peer (self->opening) : self->peer;
  if (peer != NULL)
    nx_memory_peer_set_chunk_size (peer, size);
}

static void
set_reading (NxTestClient *self, gboolean reading, gsize capacity)
{
  self->wire.is_deaf = !reading;
  self->wire.capacity = capacity;
  if (self->engine != NULL)
    {
      nx_memory_peer_set_capacity (self->peer, capacity);
      nx_test_engine_set_reading (self->engine, reading);
    }
  if (self->opening != NULL)
    nx_test_exchange_set_reading (self->opening, reading, capacity);
  for (GList *l = self->requests.head; l != NULL; l = l->next)
    nx_test_exchange_set_reading (l->data, reading, capacity);
}

/**
 * nx_test_client_stop_reading:
 * @self: a client
 * @capacity: octets that the app can write before it is blocked, of each connection; 0: none
 *
 * Plays a peer that does not read: nothing that the app sends is looked at, and behind @capacity octets the app's queue fills,
 * until its policy for slow peers decides. With a large @capacity, it plays a peer that is there and says nothing: not even
 * pings are answered.
 *
 * So do its plain requests, those that wait for their answer and those that are made later. A new handshake reads again.
 *
 * Since: 0.1
 */
void
nx_test_client_stop_reading (NxTestClient *self, gsize capacity)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  set_reading (self, FALSE, capacity);
}

/**
 * nx_test_client_start_reading:
 * @self: a client
 *
 * Ends what [method@TestClient.stop_reading] began.
 *
 * Since: 0.1
 */
void
nx_test_client_start_reading (NxTestClient *self)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  set_reading (self, TRUE, NX_TEST_CAPACITY);
  nx_test_client_look (self);
}

/**
 * nx_test_client_half_close:
 * @self: a client that is open, or waits for the answer to its handshake
 *
 * Ends the client's output without a close frame, as a TCP FIN does, and goes on reading. What is sent afterwards gets
 * nowhere.
 *
 * Since: 0.1
 */
void
nx_test_client_half_close (NxTestClient *self)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (self->engine != NULL || self->opening != NULL);

  if (self->opening != NULL)
    nx_memory_peer_shutdown (nx_test_exchange_get_peer (self->opening));
  else
    nx_test_engine_half_close (self->engine);
}

/**
 * nx_test_client_cut:
 * @self: a client
 *
 * Vanishes: the connection, or the handshake, is over at once for both sides, as with a TCP reset.
 *
 * Since: 0.1
 */
void
nx_test_client_cut (NxTestClient *self)
{
  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  if (self->engine != NULL)
    nx_test_engine_cut (self->engine);
  else
    nx_test_client_forget_connection (self);
  nx_test_client_look (self);
}
