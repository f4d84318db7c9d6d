/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Typed messages, as nx_message_get_object() and nx_web_socket_send_object() have them, from the other end. */
#include "config.h"

#include "testing/nx-test-client-private.h"

#include "nx-message-private.h"

/**
 * nx_test_client_send_object:
 * @self: a client
 * @object: an object
 * @error: return location for an error
 *
 * Sends an object, at once, as [ctor@Message.new_object] writes it. What no object of the service's would say, an unknown member or
 * none at all, is sent by [method@TestClient.send_text].
 *
 * Returns: %FALSE as [method@TestClient.send_message] and [ctor@Message.new_object]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_send_object (NxTestClient *self, GObject *object, GError **error)
{
  g_autoptr (NxMessage) message = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (G_IS_OBJECT (object), FALSE);

  message = nx_message_make_object (object, error, G_STRFUNC);
  return message != NULL && nx_test_client_send_message (self, message, error);
}

/**
 * nx_test_client_send_action:
 * @self: a client
 * @type: the action's name
 * @object: (nullable): the other members
 * @error: return location for an error
 *
 * Asks for an action ([method@ControllerClass.bind_action]), at once, as [ctor@Message.new_action] writes it.
 *
 * Returns: %FALSE as [method@TestClient.send_message] and [ctor@Message.new_action]
 *
 * Since: 0.1
 */
gboolean
nx_test_client_send_action (NxTestClient *self, const char *type, GObject *object, GError **error)
{
  g_autoptr (NxMessage) message = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), FALSE);
  g_return_val_if_fail (type != NULL, FALSE);
  g_return_val_if_fail (object == NULL || G_IS_OBJECT (object), FALSE);

  message = nx_message_make_action (type, object, error, G_STRFUNC);
  return message != NULL && nx_test_client_send_message (self, message, error);
}

/* -- Receiving -- */

static void
received_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxTestClient *self = NX_TEST_CLIENT (source);
  g_autoptr (GTask) task = data;
  g_autoptr (NxMessage) message = NULL;
  g_autofree char *what = NULL;
  GType type = *(GType *) g_task_get_task_data (task);
  GObject *object = NULL;
  GError *error = NULL;

  message = nx_test_client_receive_finish (self, result, &error);
  if (message != NULL)
    object = nx_message_get_object (message, type, &error);
  if (object != NULL)
    {
      g_task_return_pointer (task, object, g_object_unref);
      return;
    }
  if (message != NULL)
    {
      what = nx_test_client_describe_message (message);
      g_prefix_error (&error, "A %s came where a %s was expected: ", what, g_type_name (type));
    }
  g_task_return_error (task, error);
}

/**
 * nx_test_client_receive_object_async:
 * @self: a client
 * @type: a type of objects
 * @cancellable: (nullable): a cancellable, which loses no message
 * @callback: (scope async) (closure user_data): called when a message has come
 * @user_data: data for @callback
 *
 * Waits for the next message, which is to be an object of this type, as [method@Message.get_object] reads it. An action has the member
 * `type` besides ([const@ACTION_MEMBER]): a type for one has a property of that name.
 *
 * Since: 0.1
 */
void
nx_test_client_receive_object_async (NxTestClient *self,
                                     GType type,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  GTask *task;

  g_return_if_fail (NX_IS_TEST_CLIENT (self));
  g_return_if_fail (g_type_is_a (type, G_TYPE_OBJECT) && !G_TYPE_IS_ABSTRACT (type));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_test_client_receive_object_async);
  g_task_set_task_data (task, g_memdup2 (&type, sizeof type), g_free);
  g_task_set_check_cancellable (task, FALSE);
  nx_test_client_receive_async (self, cancellable, received_cb, task);
}

/**
 * nx_test_client_receive_object_finish:
 * @self: a client
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@TestClient.receive_object_async].
 *
 * Returns: (transfer full): a new object; %NULL as [method@TestClient.receive_finish], and as [method@Message.get_object]: the
 *   message is gone then
 *
 * Since: 0.1
 */
GObject *
nx_test_client_receive_object_finish (NxTestClient *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_test_client_receive_object_async),
                        NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * nx_test_client_receive_object:
 * @self: a client
 * @type: a type of objects
 * @error: return location for an error
 *
 * Waits for the next message, which is to be an object of this type. See [method@TestClient.receive_object_async].
 *
 * Returns: (transfer full): as [method@TestClient.receive_object_finish]
 *
 * Since: 0.1
 */
GObject *
nx_test_client_receive_object (NxTestClient *self, GType type, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (NX_IS_TEST_CLIENT (self), NULL);
  g_return_val_if_fail (g_type_is_a (type, G_TYPE_OBJECT) && !G_TYPE_IS_ABSTRACT (type), NULL);

  nx_test_client_receive_object_async (self, type, NULL, nx_test_client_done_cb, &result);
  nx_test_client_await (&result);
  return nx_test_client_receive_object_finish (self, result, error);
}
