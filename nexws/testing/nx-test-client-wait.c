/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the client waits: always with a deadline in real time, whatever the app's clock says, so that a test fails with a
 * sentence and never hangs. The synchronous functions are the asynchronous ones, with the context iterated until they are done.
 */
#include "config.h"

#include "testing/nx-test-client-private.h"

#include "nx-app-private.h"

#define SHOWN_OCTETS 60
#define SHOWN_MESSAGES 3

typedef struct
{
  NxTestClient *client; /* which the task keeps alive */
  GTask *task;
  const NxTestWaitKind *kind;
  GSource *deadline; /* has its turn among all others, so that what is there by then is seen */
  GSource *
      backstop; /* comes before all others, where one that is always ready keeps them from their turn */
  gulong cancelled_id;
} Wait;

static gpointer
get_data (Wait *wait)
{
  return g_task_get_task_data (wait->task);
}

/* Returns: (transfer full): the task, of what is waited for no more. */
static GTask *
end_wait (Wait *wait)
{
  GTask *task = wait->task;
  GCancellable *cancellable = g_task_get_cancellable (task);

  g_queue_remove (&wait->client->waits, wait);
  g_source_destroy (wait->deadline);
  g_source_unref (wait->deadline);
  g_source_destroy (wait->backstop);
  g_source_unref (wait->backstop);
  if (wait->cancelled_id != 0)
    g_signal_handler_disconnect (cancellable, wait->cancelled_id);
  g_free (wait);
  return task;
}

static gboolean
deadline_cb (gpointer data)
{
  Wait *wait = data;
  NxTestClient *self = wait->client;
  g_autofree char *state = nx_test_client_describe (self);
  gboolean is_inside = nx_reactor_is_turning (nx_app_get_private (self->app)->reactor);
  const NxTestWaitKind *kind = wait->kind;
  const char *what = kind->what;
  /* On a machine that is busy, both may have come since it was last looked. */
  gboolean is_met = kind->is_met (self, get_data (wait));
  g_autoptr (GTask) task = end_wait (wait);

  if (is_met)
    {
      kind->finish (self, task, g_task_get_task_data (task));
      return G_SOURCE_REMOVE;
    }
  g_task_return_new_error (
      task, NX_ERROR, NX_ERROR_TIMEOUT, "%c%s did not come within %u ms: %s%s",
      g_ascii_toupper (*what), what + 1, self->timeout_ms, state,
      is_inside ? " (called from inside a handler of the app, which cannot go on meanwhile)" : "");
  return G_SOURCE_REMOVE;
}

static void
cancelled_cb (GCancellable *cancellable, Wait *wait)
{
  g_autoptr (GTask) task = end_wait (wait);

  g_task_return_error_if_cancelled (task);
}

static gboolean
look_cb (gpointer data)
{
  NxTestClient *self = data;
  GList *next;

  /* A callback may come at once, and do anything: from the start again after each. */
  g_clear_pointer (&self->look, g_source_unref);
  for (GList *l = self->waits.head; l != NULL; l = next)
    {
      Wait *wait = l->data;
      const NxTestWaitKind *kind = wait->kind;
      g_autoptr (GTask) task = NULL;

      next = l->next;
      if (!kind->is_met (self, get_data (wait)))
        continue;
      task = end_wait (wait);
      kind->finish (self, task, g_task_get_task_data (task));
      next = self->waits.head;
    }
  return G_SOURCE_REMOVE;
}

void
nx_test_client_look (NxTestClient *self)
{
  if (self->look != NULL || self->waits.length == 0)
    return;
  self->look = g_idle_source_new ();
  g_source_set_priority (self->look, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->look, look_cb, g_object_ref (self), g_object_unref);
  g_source_attach (self->look, self->context);
}

static GSource *
add_deadline (Wait *wait, guint64 timeout_ms, int priority)
{
  GSource *source = g_timeout_source_new ((guint) MIN (timeout_ms, G_MAXUINT));

  g_source_set_priority (source, priority);
  g_source_set_callback (source, deadline_cb, wait, NULL);
  g_source_attach (source, g_task_get_context (wait->task));
  return source;
}

void
nx_test_client_wait (NxTestClient *self, GTask *task, const NxTestWaitKind *kind)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Wait *wait;

  /* What came before the cancellation must not be lost. */
  g_task_set_check_cancellable (task, FALSE);
  if (g_task_return_error_if_cancelled (task))
    {
      g_object_unref (task);
      return;
    }
  wait = g_new0 (Wait, 1);
  wait->client = self;
  wait->task = task;
  wait->kind = kind;
  wait->deadline = add_deadline (wait, self->timeout_ms, G_PRIORITY_DEFAULT);
  wait->backstop = add_deadline (wait, 2 * (guint64) self->timeout_ms, G_MININT);
  if (cancellable != NULL)
    wait->cancelled_id =
        g_signal_connect (cancellable, "cancelled", G_CALLBACK (cancelled_cb), wait);
  g_queue_push_tail (&self->waits, wait);
  nx_test_client_look (self);
}

void
nx_test_client_done_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

void
nx_test_client_await (GAsyncResult **result)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  while (*result == NULL)
    g_main_context_iteration (context, TRUE);
}

/* -- For people -- */

static char *
describe_octets (const guint8 *data, gsize length)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < MIN (length, SHOWN_OCTETS / 3); i++)
    g_string_append_printf (text, i > 0 ? " %02x" : "%02x", data[i]);
  if (length > SHOWN_OCTETS / 3)
    g_string_append (text, " …");
  return g_string_free (text, FALSE);
}

char *
nx_test_client_describe_message (NxMessage *message)
{
  gsize length = nx_message_get_size (message);
  const char *text = nx_message_get_text (message);
  g_autofree char *octets = NULL;

  if (text != NULL)
    {
      const char *end = g_utf8_offset_to_pointer (
          text, MIN (g_utf8_strlen (text, SHOWN_OCTETS * 4), SHOWN_OCTETS));

      return g_strdup_printf ("text message \"%.*s%s\"", (int) (end - text), text,
                              (gsize) (end - text) < length ? "…" : "");
    }
  octets = describe_octets (g_bytes_get_data (nx_message_get_bytes (message), NULL), length);
  return g_strdup_printf ("binary message of %" G_GSIZE_FORMAT " octets (%s)", length, octets);
}

static void
append_messages (NxTestClient *self, GString *text)
{
  guint n = 0;

  if (self->messages.length == 0)
    {
      g_string_append (text, ", and no message waits");
      return;
    }
  g_string_append_printf (text, ", and %u message%s that nobody received: ", self->messages.length,
                          self->messages.length == 1 ? " waits" : "s wait");
  for (GList *l = self->messages.head; l != NULL && n < SHOWN_MESSAGES; l = l->next, n++)
    {
      g_autofree char *one = nx_test_client_describe_message (l->data);

      g_string_append_printf (text, "%s%s", n > 0 ? ", " : "", one);
    }
  if (self->messages.length > n)
    g_string_append (text, ", …");
}

static void
append_end (NxTestClient *self, GString *text)
{
  g_autofree char *answer = self->answer != NULL ? nx_test_answer_describe (self->answer) : NULL;

  if (self->path == NULL)
    g_string_append (text, "the client was never opened");
  else if (self->close_code != 0)
    g_string_append_printf (text, "the connection ended with code %u%s%s%s", self->close_code,
                            self->close_reason != NULL ? " (" : "",
                            self->close_reason != NULL ? self->close_reason : "",
                            self->close_reason != NULL ? ")" : "");
  else if (answer != NULL)
    g_string_append_printf (text, "the handshake for %s was answered with %s", self->path, answer);
  else
    g_string_append_printf (text, "the handshake for %s was not answered", self->path);
  if (self->fault != NULL)
    g_string_append_printf (text, "; %s", self->fault->message);
}

char *
nx_test_client_describe (NxTestClient *self)
{
  GString *text = g_string_new (NULL);

  switch (self->state)
    {
    case NX_STATE_CONNECTING:
      g_string_append_printf (text, "the handshake for %s is not answered yet", self->path);
      break;
    case NX_STATE_OPEN:
      g_string_append (text, "the connection is open");
      append_messages (self, text);
      break;
    case NX_STATE_CLOSING:
      if (self->close_code != 0)
        g_string_append_printf (text, "a close frame with code %u came, and then no end",
                                self->close_code);
      else
        g_string_append (text, "a close frame was sent, and none has come");
      append_messages (self, text);
      break;
    case NX_STATE_CLOSED:
      append_end (self, text);
      if (self->messages.length > 0)
        append_messages (self, text);
      break;
    default:
      g_assert_not_reached ();
    }
  return g_string_free (text, FALSE);
}

GError *
nx_test_client_make_ended_error (NxTestClient *self, const char *expected)
{
  g_autofree char *state = nx_test_client_describe (self);

  return g_error_new (NX_ERROR, NX_ERROR_DISCONNECTED, "%c%s was expected, but %s",
                      g_ascii_toupper (*expected), expected + 1, state);
}
