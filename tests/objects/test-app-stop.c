/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The drain: everybody is told, and waited for, but not for ever. */
#include "fixture.h"

static void
stopped_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;

  if (nx_app_stop_finish (NX_APP (source), result, &error))
    note (data, "done");
  else
    note (data, "failed:%d", error->code);
  g_clear_error (&error);
}

static void
stop (Fixture *f)
{
  nx_app_stop_async (f->app, NULL, stopped_cb, f);
  settle (f);
}

static void
started_signal_cb (NxApp *app, gpointer data)
{
  note (data, "started");
}

static void
stopping_signal_cb (NxApp *app, gpointer data)
{
  note (data, "stopping");
}

static void
stopped_signal_cb (NxApp *app, gpointer data)
{
  note (data, "stopped");
}

static void
note_signals (Fixture *f)
{
  g_signal_connect (f->app, "started", G_CALLBACK (started_signal_cb), f);
  g_signal_connect (f->app, "stopping", G_CALLBACK (stopping_signal_cb), f);
  g_signal_connect (f->app, "stopped", G_CALLBACK (stopped_signal_cb), f);
}

static void
add_route (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
}

static void
end_closing (Client *client)
{
  client_expect_close (client, 1001);
  client_send_close (client, 1001);
  client_expect_end (client);
  client_shutdown (client);
  settle (client->fixture);
}

/* By way of the deadline: an app that is stopping does not go away. */
static void
finish (Fixture *f)
{
  pass_time (f, 10001);
  assert_log (f, "done");
}

/* -- Whom it tells -- */

static void
test_nothing (Fixture *f)
{
  note_signals (f);
  stop (f);
  assert_log (f, "stopping stopped done");
}

static void
test_tells_everybody (Fixture *f)
{
  Client *clients[3];

  add_route (f);
  for (guint i = 0; i < 3; i++)
    clients[i] = client_open (f, "/");
  note_signals (f);
  stop (f);
  for (guint i = 0; i < 3; i++)
    {
      assert_log (f, i == 0 ? "stopping" : "");
      end_closing (clients[i]);
    }
  wait_until (f, f->log->len == 2);
  assert_log (f, "stopped done");
}

/* Until our own end of TCP is known to have arrived. */
static void
test_waits_for_the_last_word (Fixture *f)
{
  Client *client;

  add_route (f);
  client = client_open (f, "/");
  stop (f);
  client_expect_close (client, 1001);
  assert_log (f, "");
  client_send_close (client, 1001);
  client_expect_end (client);
  assert_log (f, "");
  client_shutdown (client);
  wait_until (f, f->log->len > 0);
  assert_log (f, "done");
}

static void
defers_func (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_defer (ws);
}

static void
test_undecided (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", defers_func, f, NULL, NULL);
  client = client_new (f, "/", "");
  only_websocket (f);
  stop (f);
  g_assert_cmpuint (client_wait_status (client), ==, 503);
  client_shutdown (client);
  wait_until (f, f->log->len > 0);
  assert_log (f, "done");
}

static void
test_pending_heads (Fixture *f)
{
  Client *silent = client_connect (f);
  Client *half = client_connect (f);

  client_send_raw (half, "GET / HT", 8);
  settle (f);
  stop (f);
  assert_log (f, "done");
  wait_until (f, silent->is_ended && half->is_ended);
}

/* Who was let in before, and asks while it stops. */
static void
test_late (Fixture *f)
{
  Client *client;

  add_route (f);
  client_open (f, "/");
  stop (f);
  client = client_new (f, "/", "");
  g_assert_cmpuint (client_wait_status (client), ==, 503);
  finish (f);
}

static void
test_accepts_nobody (Fixture *f)
{
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  GError *error = NULL;

  add_route (f);
  client_open (f, "/");
  stop (f);
  g_assert_null (nx_app_get_uris (f->app));
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", f->port, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_error_free (error);
  finish (f);
}

/* -- How long it waits -- */

static guint
count_told (Fixture *f)
{
  guint n = 0;

  for (guint i = 0; i < f->clients->len; i++)
    n += ((Client *) g_ptr_array_index (f->clients, i))->close_code == 1001;
  return n;
}

static void
test_spread (Fixture *f)
{
  add_route (f);
  g_object_set (f->app, "drain-spread", 1000, NULL);
  for (guint i = 0; i < 4; i++)
    client_open (f, "/");
  stop (f);
  g_assert_cmpuint (count_told (f), ==, 1);
  pass_time (f, 240);
  g_assert_cmpuint (count_told (f), ==, 1);
  pass_time (f, 20);
  g_assert_cmpuint (count_told (f), ==, 2);
  pass_time (f, 250);
  g_assert_cmpuint (count_told (f), ==, 3);
  pass_time (f, 250);
  g_assert_cmpuint (count_told (f), ==, 4);
  for (guint i = 0; i < 4; i++)
    end_closing (g_ptr_array_index (f->clients, i));
  wait_until (f, f->log->len > 0);
  assert_log (f, "done");
}

/* When all have left it does not wait for their turns. */
static void
test_spread_ends_early (Fixture *f)
{
  add_route (f);
  g_object_set (f->app, "drain-spread", 1000, NULL);
  client_open (f, "/");
  client_open (f, "/");
  stop (f);
  end_closing (g_ptr_array_index (f->clients, 0));
  pass_time (f, 100);
  assert_log (f, "");
  client_cut (g_ptr_array_index (f->clients, 1));
  pass_time (f, 20);
  assert_log (f, "done");
}

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  note (data, "closed:%u", code);
}

static void
test_deadline (Fixture *f)
{
  Client *client;

  add_route (f);
  g_object_set (f->app, "drain-timeout", 1000, NULL);
  client = client_open (f, "/");
  g_signal_connect (only_websocket (f), "closed", G_CALLBACK (closed_cb), f);
  note_signals (f);
  stop (f);
  client_expect_close (client, 1001); /* which it does not answer */
  assert_log (f, "stopping");
  pass_time (f, 980);
  assert_log (f, "");
  pass_time (f, 40);
  assert_log (f, "closed:1006 stopped done");
  wait_until (f, client->is_ended);
}

/* Before the turn of all has come. */
static void
test_deadline_within_spread (Fixture *f)
{
  add_route (f);
  g_object_set (f->app, "drain-timeout", 500, "drain-spread", 10000, NULL);
  client_open (f, "/");
  client_open (f, "/");
  stop (f);
  pass_time (f, 520);
  assert_log (f, "done");
  g_assert_cmpuint (nx_connection_list_get_size (nx_app_get_private (f->app)->connections), ==, 0);
}

static void
test_deadline_of_undecided (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", defers_func, f, NULL, NULL);
  g_object_set (f->app, "drain-timeout", 0, NULL);
  client_new (f, "/", "");
  only_websocket (f);
  stop (f);
  pass_time (f, 20);
  assert_log (f, "done");
  g_assert_cmpuint (nx_connection_list_get_size (nx_app_get_private (f->app)->connections), ==, 0);
}

/* -- Asked more than once -- */

static void
test_twice (Fixture *f)
{
  Client *client;

  add_route (f);
  client = client_open (f, "/");
  note_signals (f);
  stop (f);
  stop (f);
  assert_log (f, "stopping");
  end_closing (client);
  wait_until (f, f->log->len == 3);
  assert_log (f, "stopped done done");
  stop (f);
  assert_log (f, "stopping stopped done");
}

static void
stop_again_cb (NxApp *app, gpointer data)
{
  nx_app_stop_async (app, NULL, stopped_cb, data);
}

static void
test_from_inside (Fixture *f)
{
  note_signals (f);
  g_signal_connect (f->app, "stopping", G_CALLBACK (stop_again_cb), f);
  g_signal_connect (f->app, "stopped", G_CALLBACK (stop_again_cb), f);
  stop (f);
  assert_log (f, "stopping stopped done done done");
}

static void
listen_and_stop_cb (NxApp *app, gpointer data)
{
  g_signal_handlers_disconnect_by_func (app, listen_and_stop_cb, data);
  g_assert_true (nx_app_listen (app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  nx_app_stop_async (app, NULL, stopped_cb, data);
}

static void
test_listen_from_inside (Fixture *f)
{
  note_signals (f);
  g_signal_connect (f->app, "stopped", G_CALLBACK (listen_and_stop_cb), f);
  stop (f);
  assert_log (f, "stopping stopped started stopping stopped done done");
}

/* Cancelling ends the waiting; the drain goes on. */
static void
test_cancel (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Client *client;

  add_route (f);
  note_signals (f);
  client = client_open (f, "/");
  nx_app_stop_async (f->app, cancellable, stopped_cb, f);
  settle (f);
  g_cancellable_cancel (cancellable);
  settle (f);
  assert_log (f, "stopping failed:19");
  end_closing (client);
  wait_until (f, f->log->len > 0);
  assert_log (f, "stopped");
  g_assert_false (nx_app_get_private (f->app)->is_stopping);
}

static void
test_cancelled_before (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  note_signals (f);
  g_cancellable_cancel (cancellable);
  nx_app_stop_async (f->app, cancellable, stopped_cb, f);
  settle (f);
  assert_log (f, "stopping stopped failed:19");
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
  nx_app_stop_async (f->app, cancellable, stopped_cb, f);
  settle (f);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  assert_log (f, "failed:19");
}

static void
cancel_own_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_cancellable_cancel (g_task_get_cancellable (G_TASK (result)));
  stopped_cb (source, result, data);
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
  nx_app_stop_async (f->app, cancellable, stopped_cb, f);
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
  stop (f);
  g_clear_object (&f->app);
  end_closing (client);
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
  note_signals (f);
  stop (f);
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
  stop (f);
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
  stop (f);
  end_closing (g_ptr_array_index (f->clients, 0));
  wait_until (f, f->log->len > 0);
  settle (f);
  g_assert_null (weak);
}

/* -- Plain HTTP -- */

static void
pause_cb (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer data)
{
  SoupServerMessage **paused = data;

  soup_server_message_pause (message);
  *paused = message;
}

static void
answer (SoupServerMessage *message)
{
  hello_cb (NULL, message, NULL, NULL, NULL);
  soup_server_message_unpause (message);
}

static void
test_waits_for_plain_request (Fixture *f)
{
  SoupServerMessage *paused = NULL;
  Client *client;

  soup_server_add_handler (nx_app_get_server (f->app), "/plain", pause_cb, &paused, NULL);
  client = get_plain (f);
  wait_until (f, paused != NULL);
  stop (f);
  assert_log (f, "");
  answer (paused);
  g_assert_cmpuint (client_wait_status (client), ==, 200);
  client_expect_end (client);
  g_assert_true (client_head_has (client, "\r\n\r\nhello"));
  client_shutdown (client);
  wait_until (f, f->log->len > 0);
  assert_log (f, "done");
}

static void
test_waits_for_body (Fixture *f)
{
  const char *request = "POST /plain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nha";
  Client *client = client_connect (f);

  soup_server_add_handler (nx_app_get_server (f->app), "/plain", hello_cb, NULL, NULL);
  client_send_raw (client, request, strlen (request));
  settle (f);
  stop (f);
  assert_log (f, "");
  client_send_raw (client, "lf", 2);
  g_assert_cmpuint (client_wait_status (client), ==, 200);
  client_expect_end (client);
  client_shutdown (client);
  wait_until (f, f->log->len > 0);
  assert_log (f, "done");
}

static void
test_deadline_of_plain_request (Fixture *f)
{
  SoupServerMessage *paused = NULL;
  Client *client;

  soup_server_add_handler (nx_app_get_server (f->app), "/plain", pause_cb, &paused, NULL);
  g_object_set (f->app, "drain-timeout", 1000, NULL);
  client = get_plain (f);
  wait_until (f, paused != NULL);
  stop (f);
  pass_time (f, 1020);
  assert_log (f, "done");
  wait_until (f, client->is_ended);
  g_assert_cmpuint (client->status, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/stop/nothing", test_nothing);
  ADD_SCENARIO ("/stop/tells-everybody", test_tells_everybody);
  ADD_SCENARIO ("/stop/last-word", test_waits_for_the_last_word);
  ADD_SCENARIO ("/stop/undecided", test_undecided);
  ADD_SCENARIO ("/stop/pending-heads", test_pending_heads);
  ADD_MEMORY_SCENARIO ("/stop/late", test_late);
  ADD_SOCKET_SCENARIO ("/stop/accepts-nobody", test_accepts_nobody);
  ADD_SCENARIO ("/stop/spread", test_spread);
  ADD_SCENARIO ("/stop/spread/early", test_spread_ends_early);
  ADD_SCENARIO ("/stop/deadline", test_deadline);
  ADD_SCENARIO ("/stop/deadline/spread", test_deadline_within_spread);
  ADD_SCENARIO ("/stop/deadline/undecided", test_deadline_of_undecided);
  ADD_SCENARIO ("/stop/twice", test_twice);
  ADD_SCENARIO ("/stop/from-inside", test_from_inside);
  ADD_SCENARIO ("/stop/from-inside/listen", test_listen_from_inside);
  ADD_SCENARIO ("/stop/cancel", test_cancel);
  ADD_SCENARIO ("/stop/cancel/before", test_cancelled_before);
  ADD_SCENARIO ("/stop/cancel/late", test_cancel_late);
  ADD_SCENARIO ("/stop/cancel/done", test_cancel_when_done);
  ADD_SCENARIO ("/stop/drop", test_drop_while_stopping);
  ADD_SCENARIO ("/stop/unref", test_unref_while_stopping);
  ADD_SCENARIO ("/stop/listen-again", test_listen_again);
  ADD_SCENARIO ("/stop/listen-while-stopping", test_listen_while_stopping);
  ADD_SCENARIO ("/stop/keeps-nobody", test_keeps_nobody);
  ADD_SCENARIO ("/stop/plain/waits", test_waits_for_plain_request);
  ADD_SCENARIO ("/stop/plain/waits-for-body", test_waits_for_body);
  ADD_SCENARIO ("/stop/plain/deadline", test_deadline_of_plain_request);
  return g_test_run ();
}
