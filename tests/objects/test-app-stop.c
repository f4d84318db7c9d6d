/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The drain: everybody is told, and waited for, but not for ever. */
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

/* -- Whom it tells -- */

static void
test_nothing (Fixture *f)
{
  note_app_signals (f);
  stop_app (f);
  assert_log (f, "stopping stopped done");
}

static void
test_tells_everybody (Fixture *f)
{
  Client *clients[3];

  add_route (f);
  for (guint i = 0; i < 3; i++)
    clients[i] = client_open (f, "/");
  note_app_signals (f);
  stop_app (f);
  for (guint i = 0; i < 3; i++)
    {
      assert_log (f, i == 0 ? "stopping" : "");
      client_end_closing (clients[i]);
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
  stop_app (f);
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
  stop_app (f);
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
  stop_app (f);
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
  stop_app (f);
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
  stop_app (f);
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
  stop_app (f);
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
    client_end_closing (g_ptr_array_index (f->clients, i));
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
  stop_app (f);
  client_end_closing (g_ptr_array_index (f->clients, 0));
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
  note_app_signals (f);
  stop_app (f);
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
  stop_app (f);
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
  stop_app (f);
  pass_time (f, 20);
  assert_log (f, "done");
  g_assert_cmpuint (nx_connection_list_get_size (nx_app_get_private (f->app)->connections), ==, 0);
}

/* -- Plain HTTP -- */

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
  stop_app (f);
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
  stop_app (f);
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
  stop_app (f);
  pass_time (f, 1020);
  assert_log (f, "done");
  wait_until (f, client->is_ended);
  g_assert_cmpuint (client->status, ==, 0);
}

/* -- From inside its beginning -- */

static void
reject_all_cb (NxApp *app, gpointer data)
{
  GListModel *model = nx_app_get_connections (app);

  while (g_list_model_get_n_items (model) > 0)
    {
      g_autoptr (NxWebSocket) ws = g_list_model_get_item (model, 0);

      g_assert_true (nx_web_socket_reject (ws, 429, NULL, NULL));
    }
}

static void
test_reject_in_stopping (Fixture *f)
{
  Client *clients[2];

  nx_router_add_route (NX_ROUTER (f->app), "/", defers_func, f, NULL, NULL);
  for (guint i = 0; i < 2; i++)
    clients[i] = client_new (f, "/", "");
  wait_until (f, nx_connection_list_get_size (nx_app_get_private (f->app)->connections) == 2);
  note_app_signals (f);
  g_signal_connect (f->app, "stopping", G_CALLBACK (reject_all_cb), f);
  stop_app (f);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpuint (client_wait_status (clients[i]), ==, 429);
      client_shutdown (clients[i]);
    }
  wait_until (f, f->log->len == 3);
  assert_log (f, "stopping stopped done");
}

static void
lose_client_cb (NxApp *app, gpointer data)
{
  Fixture *f = data;

  client_cut (g_ptr_array_index (f->clients, 0));
  wait_until (f, nx_connection_list_get_size (nx_app_get_private (app)->connections) == 0);
  settle (f);
  note (f, "told");
}

/* It has stopped when everybody who wants to has heard that it is about to. */
static void
test_iterate_in_stopping (Fixture *f)
{
  add_route (f);
  client_open (f, "/");
  note_app_signals (f);
  g_signal_connect (f->app, "stopping", G_CALLBACK (lose_client_cb), f);
  stop_app (f);
  wait_until (f, f->log->len == 4);
  assert_log (f, "stopping told stopped done");
  g_assert_false (nx_app_get_private (f->app)->is_stopping);
}

static void
stop_when_removed_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  g_signal_handlers_disconnect_by_func (model, stop_when_removed_cb, data);
  nx_app_stop_async (((Fixture *) data)->app, NULL, note_stopped_cb, data);
}

/* While the last one of the list is on its way to another place. */
static void
test_stop_in_items_changed (Fixture *f)
{
  Client *clients[3];

  add_route (f);
  for (guint i = 0; i < 3; i++)
    clients[i] = client_open (f, "/");
  g_signal_connect (nx_app_get_connections (f->app), "items-changed",
                    G_CALLBACK (stop_when_removed_cb), f);
  client_send_close (clients[0], 1000);
  client_expect_close (clients[0], 1000);
  client_shutdown (clients[0]);
  settle (f);
  client_end_closing (clients[1]);
  client_end_closing (clients[2]);
  wait_until (f, f->log->len == 1);
  assert_log (f, "done");
}

/* -- The delay -- */

static void
test_delay (Fixture *f)
{
  GError *error = NULL;
  Client *client;

  add_route (f);
  g_object_set (f->app, "drain-delay", 3000, NULL);
  note_app_signals (f);
  stop_app (f);
  /* Clients that come, and those who are there, notice nothing. */
  client = client_open (f, "/");
  g_assert_false (nx_app_listen (f->app, NULL, 0, NX_LISTEN_DEFAULT, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_STATE, "stopping");
  pass_time (f, 2990);
  g_assert_cmpuint (client->close_code, ==, 0);
  stop_app (f); /* asked twice, it stops once, and no sooner */
  assert_log (f, "");
  pass_time (f, 20);
  client_expect_close (client, 1001);
  assert_log (f, "stopping");
  client_end_closing (client);
  wait_until (f, f->log->len == 3);
  assert_log (f, "stopped done done");
}

/* The drain's own deadline begins behind it. */
static void
test_delay_and_deadline (Fixture *f)
{
  add_route (f);
  g_object_set (f->app, "drain-delay", 3000, "close-timeout", 1000000, NULL);
  client_open (f, "/");
  stop_app (f);
  pass_time (f, 3020);
  pass_time (f, 9970);
  assert_log (f, "");
  pass_time (f, 40);
  assert_log (f, "done");
}

/* It is what the property was when it was asked to stop; and the next time has one of its own. */
static void
test_delay_again (Fixture *f)
{
  add_route (f);
  g_object_set (f->app, "drain-delay", 3000, NULL);
  stop_app (f);
  g_object_set (f->app, "drain-delay", 0, NULL);
  pass_time (f, 2990);
  assert_log (f, "");
  pass_time (f, 20);
  wait_until (f, f->log->len == 1);
  assert_log (f, "done");
  stop_app (f);
  assert_log (f, "done");
}

/* Who waits for it may give up waiting; the app leaves all the same. */
static void
test_delay_is_not_cancelled (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  add_route (f);
  g_object_set (f->app, "drain-delay", 3000, NULL);
  note_app_signals (f);
  nx_app_stop_async (f->app, cancellable, note_stopped_cb, f);
  g_cancellable_cancel (cancellable);
  settle (f);
  g_assert_true (nx_app_is_on_its_way_out (f->app));
  g_ptr_array_set_size (f->log, 0);
  pass_time (f, 3020);
  wait_until (f, f->log->len == 2);
  assert_log (f, "stopping stopped");
}

static void
test_dropped_in_delay (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Client *client;

  add_route (f);
  client = client_open (f, "/");
  g_object_set (f->app, "drain-delay", 3000, NULL);
  nx_app_stop_async (f->app, cancellable, note_stopped_cb, f);
  g_cancellable_cancel (cancellable);
  settle (f);
  g_assert_finalize_object (g_steal_pointer (&f->app));
  client_expect_end (client);
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
  ADD_SCENARIO ("/stop/plain/waits", test_waits_for_plain_request);
  ADD_SCENARIO ("/stop/plain/waits-for-body", test_waits_for_body);
  ADD_SCENARIO ("/stop/plain/deadline", test_deadline_of_plain_request);
  ADD_SCENARIO ("/stop/delay", test_delay);
  ADD_SCENARIO ("/stop/delay/deadline", test_delay_and_deadline);
  ADD_SCENARIO ("/stop/delay/again", test_delay_again);
  ADD_SCENARIO ("/stop/delay/cancelled", test_delay_is_not_cancelled);
  ADD_SCENARIO ("/stop/delay/dropped", test_dropped_in_delay);
  ADD_SCENARIO ("/stop/inside/reject", test_reject_in_stopping);
  ADD_SCENARIO ("/stop/inside/iterate", test_iterate_in_stopping);
  ADD_SCENARIO ("/stop/inside/items-changed", test_stop_in_items_changed);
  return g_test_run ();
}
