/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-question-private.h"

#include "groups/nx-envelope-private.h"
#include "groups/nx-group.h"
#include "nx-error-private.h"
#include "nx-message-private.h"

#include <string.h>

/* What looks for answers in the messages of one websocket. */
typedef struct
{
  NxTap tap;
  GPtrArray *questions; /* of NxQuestion, which wait for this one */
} Listener;

static guint64 n_questions;

/* -- Who was asked -- */

static NxQuestion *
find_question (Listener *self, const char *number)
{
  for (guint i = 0; i < self->questions->len; i++)
    {
      NxQuestion *question = g_ptr_array_index (self->questions, i);
      g_autofree char *its = g_strdup_printf ("%" G_GUINT64_FORMAT, question->number);

      if (strcmp (its, number) == 0)
        return question;
    }
  return NULL;
}

static void
end_if_complete (NxQuestion *self)
{
  if (g_hash_table_size (self->asked) == 0)
    nx_question_end (self);
}

static gboolean
received (NxTap *tap, NxWebSocket *ws, NxMessage *message)
{
  Listener *self = (Listener *) tap;
  NxQuestion *question;
  JsonObject *nx;
  JsonNode *answer;

  if (self->questions->len == 0)
    return TRUE;
  nx = nx_envelope_find (message, ws->settings->max_json_depth);
  answer = nx != NULL ? json_object_get_member (nx, "answer") : NULL;
  if (answer == NULL || !JSON_NODE_HOLDS_VALUE (answer) || json_node_get_string (answer) == NULL)
    return TRUE;
  question = find_question (self, json_node_get_string (answer));
  if (question == NULL)
    return TRUE;
  question->answered (question, ws, message, question->data);
  g_ptr_array_remove_fast (self->questions, question);
  g_hash_table_remove (question->asked, ws);
  end_if_complete (question);
  return FALSE;
}

static void
free_listener (NxTap *tap)
{
  g_ptr_array_unref (((Listener *) tap)->questions);
  g_free (tap);
}

static Listener *
find_listener (NxWebSocket *ws)
{
  for (NxTap *tap = ws->taps; tap != NULL; tap = tap->next)
    if (tap->received == received)
      return (Listener *) tap;
  return NULL;
}

/* Whoever leaves answers nothing any more. */
static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  Listener *self = find_listener (ws);

  while (self->questions->len > 0)
    {
      NxQuestion *question = g_ptr_array_steal_index_fast (self->questions, 0);

      g_ptr_array_add (question->missing, g_strdup (nx_web_socket_get_id (ws)));
      g_hash_table_remove (question->asked, ws);
      end_if_complete (question);
    }
}

static Listener *
ensure_listener (NxWebSocket *ws)
{
  Listener *self = find_listener (ws);

  if (self != NULL)
    return self;
  self = g_new0 (Listener, 1);
  self->tap.received = received;
  self->tap.free = free_listener;
  self->questions = g_ptr_array_new ();
  nx_web_socket_add_tap (ws, &self->tap);
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), NULL);
  return self;
}

/* -- The question -- */

static void
timer_cb (NxTimer *timer)
{
  NxQuestion *self = (NxQuestion *) ((guint8 *) timer - G_STRUCT_OFFSET (NxQuestion, timer));

  self->is_late = TRUE;
  nx_question_end (self);
}

NxQuestion *
nx_question_new (NxReactor *reactor,
                 NxQuestionAnswerFunc answered,
                 NxQuestionFunc func,
                 gpointer data)
{
  NxQuestion *self = g_new0 (NxQuestion, 1);

  self->number = ++n_questions;
  self->reactor = nx_reactor_ref (reactor);
  nx_timer_init (&self->timer, timer_cb);
  self->asked = g_hash_table_new_full (NULL, NULL, g_object_unref, NULL);
  self->missing = g_ptr_array_new_with_free_func (g_free);
  self->answered = answered;
  self->func = func;
  self->data = data;
  return self;
}

static void
stop_asking (NxQuestion *self)
{
  GHashTableIter iter;
  gpointer ws;

  nx_reactor_stop_timer (self->reactor, &self->timer);
  g_hash_table_iter_init (&iter, self->asked);
  while (g_hash_table_iter_next (&iter, &ws, NULL))
    {
      g_ptr_array_remove_fast (find_listener (ws)->questions, self);
      g_ptr_array_add (self->missing, g_strdup (nx_web_socket_get_id (ws)));
      g_hash_table_iter_remove (&iter);
    }
}

void
nx_question_free (NxQuestion *self)
{
  stop_asking (self);
  g_hash_table_unref (self->asked);
  g_ptr_array_unref (self->missing);
  nx_reactor_unref (self->reactor);
  g_free (self);
}

NxMessage *
nx_question_wrap (NxQuestion *self, NxMessage *message)
{
  g_autofree char *member = g_strdup_printf ("{\"ask\":\"%" G_GUINT64_FORMAT "\"}", self->number);

  return nx_envelope_wrap (message, member);
}

void
nx_question_expect (NxQuestion *self, NxWebSocket *ws)
{
  g_ptr_array_add (ensure_listener (ws)->questions, self);
  g_hash_table_add (self->asked, g_object_ref (ws));
}

GPtrArray *
nx_question_expect_all (NxQuestion *self, NxConnectionList *members, NxWebSocket *excluding)
{
  GPtrArray *receivers = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

  nx_connection_list_collect_members (members, all);
  for (guint i = 0; i < all->len; i++)
    {
      NxWebSocket *ws = g_ptr_array_index (all, i);

      if (ws == excluding || ws->state != NX_STATE_OPEN)
        continue;
      g_ptr_array_add (receivers, g_object_ref (ws));
      nx_question_expect (self, ws);
    }
  return receivers;
}

void
nx_question_start (NxQuestion *self, guint timeout_ms)
{
  guint after_ms = g_hash_table_size (self->asked) > 0 ? timeout_ms : 0;

  nx_reactor_start_timer (self->reactor, &self->timer,
                          nx_reactor_get_now (self->reactor) + after_ms * G_GINT64_CONSTANT (1000));
}

void
nx_question_end (NxQuestion *self)
{
  stop_asking (self);
  self->func (self, self->data);
}

/* -- To one -- */

typedef struct
{
  NxQuestion *question;
  NxMessage *answer; /* (nullable) */
} Asking;

static void
asking_free (gpointer data)
{
  Asking *self = data;

  nx_question_free (self->question);
  g_clear_pointer (&self->answer, nx_message_unref);
  g_free (self);
}

static void
answered_cb (NxQuestion *question, NxWebSocket *ws, NxMessage *answer, gpointer task)
{
  ((Asking *) g_task_get_task_data (task))->answer = nx_message_ref (answer);
}

/* A task ends in the next turn of the loop, so whatever ended it is over by then. */
static void
ended_cb (NxQuestion *question, gpointer data)
{
  g_autoptr (GTask) task = data;
  Asking *asking = g_task_get_task_data (task);

  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    g_task_return_error_if_cancelled (task);
  else if (asking->answer != NULL)
    g_task_return_pointer (task, g_steal_pointer (&asking->answer),
                           (GDestroyNotify) nx_message_unref);
  else if (question->is_late)
    g_task_return_new_error (task, NX_ERROR, NX_ERROR_TIMEOUT, "The peer has not answered in time");
  else
    g_task_return_error (task,
                         nx_web_socket_make_disconnected_error (g_task_get_source_object (task)));
  g_task_set_task_data (task, NULL, NULL); /* frees the question */
}

static void
cancelled_cb (GCancellable *cancellable, GTask *task)
{
  Asking *asking = g_task_get_task_data (task);

  if (asking != NULL)
    nx_question_end (asking->question);
}

/**
 * nx_web_socket_ask_async:
 * @self: a websocket
 * @message: the question
 * @timeout_ms: milliseconds that the answer may take, at least 1
 * @cancellable: (nullable): a cancellable, which stops the waiting alone
 * @callback: (scope async) (closure user_data): called with the answer
 * @user_data: data for @callback
 *
 * Sends a message that the client is to answer.
 *
 * It goes out as a JSON object with the member `"nx": {"ask": NUMBER}`: an object gets it as a further member, anything else is its member `value`
 * (JSON), `text` or `base64`. The client answers with any JSON object that has the member `"nx": {"answer": NUMBER}`, the number being the string that
 * came; that one goes to @callback, and to no handler.
 *
 * Since: 0.1
 */
void
nx_web_socket_ask_async (NxWebSocket *self,
                         NxMessage *message,
                         guint timeout_ms,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (NxMessage) wrapped = NULL;
  Asking *asking;
  NxQuestion *question;
  GError *error = NULL;

  g_return_if_fail (NX_IS_WEB_SOCKET (self));
  g_return_if_fail (message != NULL);
  g_return_if_fail (timeout_ms > 0);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, nx_web_socket_ask_async);
  g_task_set_check_cancellable (task, FALSE);
  if (g_task_return_error_if_cancelled (task))
    return;
  question = nx_question_new (self->reactor, answered_cb, ended_cb, task);
  asking = g_new0 (Asking, 1);
  asking->question = question;
  g_task_set_task_data (task, asking, asking_free);
  wrapped = nx_question_wrap (question, message);
  if (!nx_web_socket_send_message (self, wrapped, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  nx_question_expect (question, self);
  nx_question_start (question, timeout_ms);
  if (cancellable != NULL)
    g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (cancelled_cb), task, 0);
  g_steal_pointer (&task);
}

/**
 * nx_web_socket_ask_finish:
 * @self: a websocket
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@WebSocket.ask_async].
 *
 * Returns: (transfer full): the answer, as it came; %NULL with %NX_ERROR_TIMEOUT, with %NX_ERROR_DISCONNECTED when the connection ended before,
 *   with %G_IO_ERROR_CANCELLED, or as [method@WebSocket.send_message]
 *
 * Since: 0.1
 */
NxMessage *
nx_web_socket_ask_finish (NxWebSocket *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_web_socket_ask_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
