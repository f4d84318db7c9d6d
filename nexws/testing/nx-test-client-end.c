/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a connection ends, and in what state it is. */
#include "config.h"

#include "testing/nx-test-client-private.h"

#include "protocol/nx-close-private.h"

static gboolean
is_ended (NxTestClient *self, gpointer data)
{
  return self->state == NX_STATE_CLOSED;
}

static void
finish_close (NxTestClient *self, GTask *task, gpointer data)
{
  g_task_return_boolean (task, TRUE);
}

static const NxTestWaitKind close_kind = { "the end of the connection", is_ended, finish_close };

/* Codes that libsoup's client sends: no server's, and none that is for local use. 1005 is a close frame without one. */
static gboolean
can_send_code (guint code, GError **error)
{
  if ((nx_close_code_is_sendable (code) || code == NX_CLOSE_NO_STATUS)
      && code != NX_CLOSE_INTERNAL_ERROR)
    return TRUE;
  g_set_error (
      error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT,
      "A client does not close with %u; 1000 to 1003, 1005 (none), 1007 to 1014 but 1011, and "
      "3000 to 4999 are for clients, and send_raw() sends any",
      code);
  return FALSE;
}

/**
 * nx_test_client_close_async:
 * @self: a client
 * @code: a close code, such as %NX_CLOSE_NORMAL; 1005 for a close frame without one
 * @reason: (nullable): words with it, at most 123 octets
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when the connection has ended
 * @user_data: data for @callback
 *
 * Closes the connection, if it is open, and waits until the app has answered and ended it.
 *
 * Since: 0.1
 */
void
nx_test_client_close_async (NxTestClient *self,
                            guint code,
                            const char *reason,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task;
  GError *error = NULL;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_test_client_close_async);
  if (!can_send_code (code, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  if (self->state == NX_STATE_OPEN)
    {
      self->state = NX_STATE_CLOSING;
      nx_test_engine_close (self->engine, code, reason);
    }
  nx_test_client_wait (self, task, &close_kind);
}

/**
 * nx_test_client_close_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.close_async].
 *
 * Returns: %TRUE when the connection has ended, or had already; how, say [method@TestClient.get_close_code] and
 *   [method@TestClient.expect_close]. %FALSE with %NX_ERROR_INVALID_ARGUMENT for a code that a client does not send, or with
 *   %NX_ERROR_TIMEOUT
 *
 * Since: 0.1
 */
gboolean
nx_test_client_close_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * nx_test_client_close:
 * @self: a client
 * @code: a close code, such as %NX_CLOSE_NORMAL; 1005 for a close frame without one
 * @reason: (nullable): words with it, at most 123 octets
 * @error: return location for an error
 *
 * Closes the connection, if it is open, and waits until the app has answered and ended it.
 *
 * Returns: as [method@TestClient.close_finish]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_close (NxTestClient *self, guint code, const char *reason, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);

  nx_test_client_close_async (self, code, reason, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_close_finish (self, result, error);
}

/* -- The app's close -- */

typedef struct
{
  guint code;
  char *reason; /* NULL: any */
} Expected;

static void
expected_free (Expected *self)
{
  g_free (self->reason);
  g_free (self);
}

static void
finish_expect (NxTestClient *self, GTask *task, gpointer data)
{
  const Expected *expected = data;
  const char *reason = self->close_reason != NULL ? self->close_reason : "";
  g_autofree char *state = NULL;

  if (self->close_code == expected->code
      && (expected->reason == NULL || g_str_equal (reason, expected->reason)))
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  state = nx_test_client_describe (self);
  g_task_return_new_error (
      task, NX_ERROR, NX_ERROR_INVALID_DATA, "Close code %u%s%s%s was expected, but %s",
      expected->code, expected->reason != NULL ? " (" : "",
      expected->reason != NULL ? expected->reason : "", expected->reason != NULL ? ")" : "", state);
}

static const NxTestWaitKind expect_kind = { "the end of the connection", is_ended, finish_expect };

/**
 * nx_test_client_expect_close_async:
 * @self: a client
 * @code: the close code; 1005 for a close frame without one, 1006 for an end without a close frame
 * @reason: (nullable): the words with it, an empty string for none; %NULL for any
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called when the connection has ended
 * @user_data: data for @callback
 *
 * Waits until the app ends the connection, or has answered to the client's close. Messages that come before can still be
 * received afterwards.
 *
 * Since: 0.1
 */
void
nx_test_client_expect_close_async (NxTestClient *self,
                                   guint code,
                                   const char *reason,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  Expected *expected;
  GTask *task;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_test_client_expect_close_async);
  expected = g_new0 (Expected, 1);
  expected->code = code;
  expected->reason = g_strdup (reason);
  g_task_set_task_data (task, expected, (GDestroyNotify) expected_free);
  nx_test_client_wait (self, task, &expect_kind);
}

/**
 * nx_test_client_expect_close_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.expect_close_async].
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_DATA when the connection ended otherwise, or with %NX_ERROR_TIMEOUT
 *
 * Since: 0.1
 */
gboolean
nx_test_client_expect_close_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * nx_test_client_expect_close:
 * @self: a client
 * @code: the close code; 1005 for a close frame without one, 1006 for an end without a close frame
 * @reason: (nullable): the words with it, an empty string for none; %NULL for any
 * @error: return location for an error
 *
 * Waits until the app ends the connection, or has answered to the client's close. Messages that come before can still be
 * received afterwards.
 *
 * Returns: as [method@TestClient.expect_close_finish]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_expect_close (NxTestClient *self, guint code, const char *reason, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);

  nx_test_client_expect_close_async (self, code, reason, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_expect_close_finish (self, result, error);
}

/* -- State -- */

/**
 * nx_test_client_get_state:
 * @self: a client
 *
 * Where the client's side of the connection is in its life.
 *
 * Returns: the state; %NX_STATE_CLOSED also before the first connection
 *
 * Since: 0.1
 */
NxState
nx_test_client_get_state (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NX_STATE_CLOSED);

  return self->state;
}

/**
 * nx_test_client_get_subprotocol:
 * @self: a client
 *
 * The subprotocol that the app chose.
 *
 * Returns: (nullable): its name; %NULL for none
 *
 * Since: 0.1
 */
const char *
nx_test_client_get_subprotocol (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  return self->subprotocol;
}

/**
 * nx_test_client_get_extensions:
 * @self: a client
 *
 * The extensions that the app agreed to, with their parameters, as its answer has them.
 *
 * Returns: (nullable): the extensions; %NULL for none
 *
 * Since: 0.1
 */
const char *
nx_test_client_get_extensions (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  return self->extensions;
}

/**
 * nx_test_client_get_n_pings:
 * @self: a client
 *
 * How many pings came from the app, on this connection; all of them were answered, unless the client does not read.
 *
 * Returns: how many
 *
 * Since: 0.1
 */
guint
nx_test_client_get_n_pings (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), 0);

  return self->n_pings_received;
}

/**
 * nx_test_client_get_close_code:
 * @self: a client
 *
 * The code of the app's close frame.
 *
 * Returns: the code; 1005 for a close frame without one, 1006 when the connection ended without a close frame, 0 while it has
 *   not closed
 *
 * Since: 0.1
 */
guint
nx_test_client_get_close_code (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), 0);

  return self->close_code;
}

/**
 * nx_test_client_get_close_reason:
 * @self: a client
 *
 * The words in the app's close frame.
 *
 * Returns: (nullable): the words; %NULL for none
 *
 * Since: 0.1
 */
const char *
nx_test_client_get_close_reason (NxTestClient *self)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);

  return self->close_reason;
}
