/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same in a test that runs in a loop, in threads, and where it must not be called. */
#include "visited.h"

/* -- Asynchronously -- */

static void
done_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static GAsyncResult *
iterate (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static void
test_async (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) opened = NULL;
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  g_autoptr (GAsyncResult) moved = NULL;
  g_autoptr (GAsyncResult) closed = NULL;
  g_autoptr (GAsyncResult) ended = NULL;
  g_autofree char *one = NULL;
  g_autoptr (NxMessage) two = NULL;

  nx_test_client_open_async (f->client, "/echo", NULL, done_cb, &opened);
  must (open_finish, f->client, iterate (&opened));
  nx_test_client_receive_text_async (f->client, NULL, done_cb, &first);
  nx_test_client_receive_async (f->client, NULL, done_cb, &second);
  must (send_text, f->client, "one");
  must (send_text, f->client, "two");
  one = nx_test_client_receive_text_finish (f->client, iterate (&first), NULL);
  g_assert_cmpstr (one, ==, "one");
  two = nx_test_client_receive_finish (f->client, iterate (&second), NULL);
  g_assert_cmpstr (nx_message_get_text (two), ==, "two");
  nx_test_client_advance_time_async (f->client, 1000, NULL, done_cb, &moved);
  must (advance_time_finish, f->client, iterate (&moved));
  nx_test_client_expect_close_async (f->client, 1000, NULL, NULL, done_cb, &ended);
  nx_test_client_close_async (f->client, 1000, NULL, NULL, done_cb, &closed);
  must (close_finish, f->client, iterate (&closed));
  must (expect_close_finish, f->client, iterate (&ended));
}

static void
test_cancelling (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) before = NULL;
  g_autoptr (GAsyncResult) after = NULL;
  g_autoptr (GError) error = NULL;

  must (open, f->client, "/echo");
  nx_test_client_receive_text_async (f->client, cancellable, done_cb, &before);
  g_cancellable_cancel (cancellable);
  g_assert_null (nx_test_client_receive_text_finish (f->client, iterate (&before), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  nx_test_client_receive_text_async (f->client, cancellable, done_cb, &after);
  g_assert_null (nx_test_client_receive_text_finish (f->client, iterate (&after), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  must (send_text, f->client, "not lost");
  must (expect_text, f->client, "not lost");
}

static void
received_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxTestClient *client = NX_TEST_CLIENT (source);
  g_autofree char *text = nx_test_client_receive_text_finish (client, result, NULL);

  g_assert_cmpstr (text, ==, "one");
  must (send_text, client, "two");
  must (expect_text, client, "two");
  *(gboolean *) data = TRUE;
}

static void
test_cut_while_opening (Fixture *f, gconstpointer data)
{
  g_autoptr (GAsyncResult) opened = NULL;
  g_autoptr (GAsyncResult) refused = NULL;

  nx_test_client_open_async (f->client, "/think", NULL, done_cb, &opened);
  nx_test_client_cut (f->client);
  iterate (&opened);
  assert_fails (nx_test_client_open_finish (f->client, opened, e), NX_ERROR_DISCONNECTED,
                "An answer was expected, but the handshake for /think was not answered");
  nx_test_client_expect_refusal_async (f->client, "/think", 403, NULL, done_cb, &refused);
  nx_test_client_cut (f->client);
  iterate (&refused);
  assert_fails (nx_test_client_expect_refusal_finish (f->client, refused, e), NX_ERROR_DISCONNECTED,
                "the handshake for /think was not answered");

  /* And another one takes its place. */
  g_clear_object (&opened);
  g_clear_object (&refused);
  nx_test_client_open_async (f->client, "/think", NULL, done_cb, &opened);
  nx_test_client_cut (f->client);
  must (open, f->client, "/echo");
  iterate (&opened);
  assert_fails (nx_test_client_open_finish (f->client, opened, e), NX_ERROR_DISCONNECTED,
                "The handshake was cut, and another one begun");
}

static gpointer
run_thread (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Fixture f = { 0 };

  g_main_context_push_thread_default (context);
  set_up (&f, NULL);
  for (guint i = 0; i < 50; i++)
    {
      must (open, f.client, "/echo");
      must (send_text, f.client, "in a thread");
      must (expect_text, f.client, "in a thread");
      must (close, f.client, 1000, NULL);
    }
  nx_test_client_advance_time (f.client, 0, NULL);
  tear_down (&f, NULL);
  g_main_context_pop_thread_default (context);
  return NULL;
}

/* Each with its app in a context of its own. */
static void
test_threads (Fixture *f, gconstpointer data)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("test", run_thread, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* A callback is no handler of the app: the synchronous functions can be called there. */
static void
test_sync_in_async (Fixture *f, gconstpointer data)
{
  gboolean is_done = FALSE;

  must (open, f->client, "/echo");
  nx_test_client_receive_text_async (f->client, NULL, received_cb, &is_done);
  must (send_text, f->client, "one");
  while (!is_done)
    g_main_context_iteration (NULL, TRUE);
}

static void
call_client (NxWebSocket *ws, gpointer data, GError **error)
{
  NxTestClient *client = data;

  assert_fails (nx_test_client_open (client, "/echo", e), NX_ERROR_TIMEOUT,
                "called from inside a handler of the app");
  nx_test_client_cut (client);
  nx_web_socket_accept (ws, error);
}

static void
test_in_handler (Fixture *f, gconstpointer data)
{
  g_autoptr (NxTestClient) inner = nx_test_client_new (f->app);

  nx_test_client_set_timeout (inner, 20);
  nx_router_add_route (NX_ROUTER (f->app), "/inside", call_client, inner, NULL, NULL);
  must (open, f->client, "/inside");
}

static gboolean
always_cb (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* An app that never comes to rest keeps sources of a lower priority from their turn, but not the client's deadline. */
static void
test_busy_loop (Fixture *f, gconstpointer data)
{
  guint id;

  must (open, f->client, "/echo");
  nx_test_client_set_timeout (f->client, 20);
  id = g_idle_add_full (G_PRIORITY_HIGH, always_cb, NULL, NULL);
  assert_fails (nx_test_client_receive_text (f->client, e), NX_ERROR_TIMEOUT, "did not come");
  g_source_remove (id);
  while (g_main_context_iteration (NULL, FALSE)) /* what had no turn */
    ;
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("async", test_async);
  ADD ("cancelling", test_cancelling);
  ADD ("cut-while-opening", test_cut_while_opening);
  ADD ("threads", test_threads);
  ADD ("sync-in-async", test_sync_in_async);
  ADD ("in-handler", test_in_handler);
  ADD ("busy-loop", test_busy_loop);
  return g_test_run ();
}
