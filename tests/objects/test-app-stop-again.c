/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A drain that is asked for more than once, or called off, and what can be done afterwards. */
#include "fixture.h"

static void
add_route (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
}

/* By way of the deadline: an app that is stopping does not go away. */
static void
finish (Fixture *f)
{
  pass_time (f, 10001);
  assert_log (f, "done");
}

/* -- Asked more than once -- */

static void
test_twice (Fixture *f)
{
  Client *client;

  add_route (f);
  client = client_open (f, "/");
  note_app_signals (f);
  stop_app (f);
  stop_app (f);
  assert_log (f, "stopping");
  client_end_closing (client);
  wait_until (f, f->log->len == 3);
  assert_log (f, "stopped done done");
  stop_app (f);
  assert_log (f, "stopping stopped done");
}

static void
stop_again_cb (NxApp *app, gpointer data)
{
  nx_app_stop_async (app, NULL, note_stopped_cb, data);
}

static void
test_from_inside (Fixture *f)
{
  note_app_signals (f);
  g_signal_connect (f->app, "stopping", G_CALLBACK (stop_again_cb), f);
  g_signal_connect (f->app, "stopped", G_CALLBACK (stop_again_cb), f);
  stop_app (f);
  assert_log (f, "stopping stopped done done done");
}

static void
listen_and_stop_cb (NxApp *app, gpointer data)
{
  g_signal_handlers_disconnect_by_func (app, listen_and_stop_cb, data);
  g_assert_true (nx_app_listen (app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  nx_app_stop_async (app, NULL, note_stopped_cb, data);
}

static void
test_listen_from_inside (Fixture *f)
{
  note_app_signals (f);
  g_signal_connect (f->app, "stopped", G_CALLBACK (listen_and_stop_cb), f);
  stop_app (f);
  assert_log (f, "stopping stopped started stopping stopped done done");
}

/* Cancelling ends the waiting; the drain goes on. */
static void
test_cancel (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Client *client;

  add_route (f);
  note_app_signals (f);
  client = client_open (f, "/");
  nx_app_stop_async (f->app, cancellable, note_stopped_cb, f);
  settle (f);
  g_cancellable_cancel (cancellable);
  settle (f);
  assert_log (f, "stopping failed:19");
  client_end_closing (client);
  wait_until (f, f->log->len > 0);
  assert_log (f, "stopped");
  g_assert_false (nx_app_get_private (f->app)->is_stopping);
}

static void
test_cancelled_before (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  note_app_signals (f);
  g_cancellable_cancel (cancellable);
  nx_app_stop_async (f->app, cancellable, note_stopped_cb, f);
  settle (f);
  assert_log (f, "stopping stopped failed:19");
}

static gboolean
cancel_cb (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return G_SOURCE_REMOVE;
}

static void
wait_for_note_cb (NxApp *app, gpointer data)
{
  Fixture *f = data;

  while (f->log->len == 0)
    g_main_context_iteration (NULL, TRUE);
}

/* While who is told that it stops iterates the main loop: the waiting is over before it began. */
static void
test_cancelled_inside (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_signal_connect (f->app, "stopping", G_CALLBACK (wait_for_note_cb), f);
  g_idle_add (cancel_cb, cancellable);
  nx_app_stop_async (f->app, cancellable, note_stopped_cb, f);
  settle (f);
  assert_log (f, "failed:19");
}

static void
cancel_other_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_cancellable_cancel (data);
}

/* From inside the end of the other one that waits. */
static void
test_cancel_late (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  nx_app_stop_async (f->app, NULL, cancel_other_cb, cancellable);
  nx_app_stop_async (f->app, cancellable, note_stopped_cb, f);
  settle (f);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  assert_log (f, "failed:19");
}

static void
cancel_own_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_cancellable_cancel (g_task_get_cancellable (G_TASK (result)));
  note_stopped_cb (source, result, data);
}

static void
test_cancel_when_done (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  nx_app_stop_async (f->app, cancellable, cancel_own_cb, f);
  settle (f);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  assert_log (f, "failed:19"); /* as GTask has it */
}

/* Nobody waits for it, so it may go. */
static void
test_drop_while_stopping (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Client *client;

  add_route (f);
  client = client_open (f, "/");
  nx_app_stop_async (f->app, cancellable, note_stopped_cb, f);
  settle (f);
  g_cancellable_cancel (cancellable);
  settle (f);
  g_assert_finalize_object (g_steal_pointer (&f->app));
  assert_log (f, "failed:19");
  wait_until (f, client->is_ended);
}

/* Whoever waits keeps it. */
static void
test_unref_while_stopping (Fixture *f)
{
  Client *client;

  add_route (f);
  client = client_open (f, "/");
  stop_app (f);
  g_clear_object (&f->app);
  client_end_closing (client);
  wait_until (f, f->log->len > 0);
  assert_log (f, "done");
}

/* -- And again -- */

static void
listen_again (Fixture *f)
{
  GList *uris;

  g_assert_true (nx_app_listen (f->app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  uris = nx_app_get_uris (f->app);
  f->port = (guint16) g_uri_get_port (uris->data);
  g_list_free_full (uris, (GDestroyNotify) g_uri_unref);
}

static void
hello_cb (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer data)
{
  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, "hello", 5);
}

static Client *
get_plain (Fixture *f)
{
  Client *client = client_connect (f);
  const char *request = "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n";

  client_send_raw (client, request, strlen (request));
  return client;
}

static void
test_listen_again (Fixture *f)
{
  Client *client;

  add_route (f);
  soup_server_add_handler (nx_app_get_server (f->app), "/plain", hello_cb, NULL, NULL);
  note_app_signals (f);
  stop_app (f);
  listen_again (f);
  assert_log (f, "stopping stopped done started");
  client_open (f, "/");
  client = get_plain (f);
  g_assert_cmpuint (client_wait_status (client), ==, 200);
}

static void
test_listen_while_stopping (Fixture *f)
{
  GError *error = NULL;

  add_route (f);
  client_open (f, "/");
  stop_app (f);
  g_assert_false (nx_app_listen (f->app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_STATE, "stopping");
  finish (f);
}

/* What has ended is not kept for the next time. */
static void
test_keeps_nobody (Fixture *f)
{
  NxWebSocket *ws;
  gpointer weak;

  add_route (f);
  client_open (f, "/");
  ws = only_websocket (f);
  weak = ws;
  g_object_add_weak_pointer (G_OBJECT (ws), &weak);
  stop_app (f);
  client_end_closing (g_ptr_array_index (f->clients, 0));
  wait_until (f, f->log->len > 0);
  settle (f);
  g_assert_null (weak);
}

static void
stop_once_more_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  note (data, "first");
  g_assert_true (nx_app_stop_finish (NX_APP (source), result, NULL));
  g_assert_true (nx_app_listen (NX_APP (source), "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  /* As if a plain request were being answered: it takes a while. */
  nx_app_get_private (NX_APP (source))->n_plain_requests++;
  nx_app_stop_async (NX_APP (source), NULL, note_stopped_cb, data);
}

/* Whoever restarts and stops it when he hears of the end waits for the next one. */
static void
test_again_when_done (Fixture *f)
{
  Client *client;

  add_route (f);
  client = client_open (f, "/");
  note_app_signals (f);
  nx_app_stop_async (f->app, NULL, stop_once_more_cb, f);
  client_end_closing (client);
  wait_until (f, f->log->len >= 5);
  settle (f);
  assert_log (f, "stopping stopped first started stopping");
  nx_app_get_private (f->app)->n_plain_requests--;
  nx_app_connection_closed (f->app);
  settle (f);
  assert_log (f, "stopped done");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/stop/twice", test_twice);
  ADD_SCENARIO ("/stop/from-inside", test_from_inside);
  ADD_SCENARIO ("/stop/from-inside/listen", test_listen_from_inside);
  ADD_SCENARIO ("/stop/cancel", test_cancel);
  ADD_SCENARIO ("/stop/cancel/before", test_cancelled_before);
  ADD_SCENARIO ("/stop/cancel/inside", test_cancelled_inside);
  ADD_SCENARIO ("/stop/cancel/late", test_cancel_late);
  ADD_SCENARIO ("/stop/cancel/done", test_cancel_when_done);
  ADD_SCENARIO ("/stop/drop", test_drop_while_stopping);
  ADD_SCENARIO ("/stop/unref", test_unref_while_stopping);
  ADD_SCENARIO ("/stop/listen-again", test_listen_again);
  ADD_SCENARIO ("/stop/listen-while-stopping", test_listen_while_stopping);
  ADD_SCENARIO ("/stop/keeps-nobody", test_keeps_nobody);
  ADD_SCENARIO ("/stop/again-when-done", test_again_when_done);
  return g_test_run ();
}
