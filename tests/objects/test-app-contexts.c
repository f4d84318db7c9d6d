/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where apps live: in main contexts of others, in several threads, and not for ever. */
#include "fixture.h"

/* -- An app that goes while connections live -- */

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  note (data, "closed:%u", code);
}

static void
watched_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), data);
  nx_web_socket_accept (ws, error);
}

static void
test_drop (Fixture *f)
{
  g_autoptr (NxWebSocket) ws = NULL;
  GError *error = NULL;
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", watched_func, f, NULL, NULL);
  client = client_open (f, "/");
  ws = g_object_ref (only_websocket (f));
  client_connect (f); /* which has not said anything */
  client_send_raw (client_connect (f), "GET / HT", 8);
  settle (f);
  g_assert_finalize_object (g_steal_pointer (&f->app));
  assert_log (f, "closed:1006");
  g_assert_null (nx_web_socket_get_app (ws));
  g_assert_cmpuint (nx_web_socket_get_close_code (ws), ==, 1006);
  g_assert_false (nx_web_socket_send_text (ws, "a", &error));
  expect_error (error, NX_ERROR, NX_ERROR_DISCONNECTED, "1006");
  g_assert_true (nx_web_socket_close (ws, 1000, NULL, NULL));
  for (guint i = 0; i < f->clients->len; i++)
    wait_until (f, ((Client *) g_ptr_array_index (f->clients, i))->is_ended);
  g_assert_cmpuint (client->close_code, ==, 0);
}

/* Also while it lingers over the last words to a peer, and while a plain request is served. */
static void
test_drop_busy (Fixture *f)
{
  const char *request = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf";
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  client = client_open (f, "/");
  nx_web_socket_close (only_websocket (f), 1000, NULL, NULL);
  client_send_close (client, 1000);
  client_wait_status (client_new (f, "/nowhere", ""));
  client_send_raw (client_connect (f), request, strlen (request));
  settle (f);
  g_assert_finalize_object (g_steal_pointer (&f->app));
  settle (f);
}

static void
test_dispose_twice (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", watched_func, f, NULL, NULL);
  client_open (f, "/");
  g_object_run_dispose (G_OBJECT (f->app));
  assert_log (f, "closed:1006");
  g_object_run_dispose (G_OBJECT (f->app));
  assert_log (f, "");
}

/* -- Where it lives -- */

static void
message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  g_assert_true (g_main_context_is_owner (data));
  nx_web_socket_send_message (ws, message, NULL);
}

static void
echo_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (message_cb), data);
  nx_web_socket_accept (ws, error);
}

static char *
dup_uri (NxApp *app)
{
  GList *uris = nx_app_get_uris (app);
  char *text = g_uri_to_string (uris->data);

  g_list_free_full (uris, (GDestroyNotify) g_uri_unref);
  return text;
}

/* A client that says hello, and when it hears that back, stops the app. */
typedef struct
{
  NxApp *app;
  SoupSession *session;
  SoupWebsocketConnection *connection;
  guint close_code;
  void (*done) (gpointer data);
  gpointer data;
} Greeter;

static void
stopped_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Greeter *self = data;

  g_assert_true (nx_app_stop_finish (NX_APP (source), result, NULL));
  self->close_code = soup_websocket_connection_get_close_code (self->connection);
  self->done (self->data);
}

static void
heard_cb (SoupWebsocketConnection *connection, int type, GBytes *message, gpointer data)
{
  Greeter *self = data;

  g_assert_cmpmem (g_bytes_get_data (message, NULL), g_bytes_get_size (message), "hello", 5);
  nx_app_stop_async (self->app, NULL, stopped_cb, self);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Greeter *self = data;
  GError *error = NULL;

  self->connection = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);
  g_assert_no_error (error);
  g_signal_connect (self->connection, "message", G_CALLBACK (heard_cb), self);
  soup_websocket_connection_send_text (self->connection, "hello");
}

static void
greeter_begin (Greeter *self, GMainContext *context)
{
  g_autofree char *uri = NULL;
  g_autoptr (SoupMessage) message = NULL;

  self->app = nx_app_new ();
  nx_router_add_route (NX_ROUTER (self->app), "/", echo_func, context, NULL, NULL);
  g_assert_true (nx_app_listen (self->app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  uri = dup_uri (self->app);
  message = soup_message_new ("GET", uri);
  self->session = soup_session_new ();
  soup_session_websocket_connect_async (self->session, message, NULL, NULL, G_PRIORITY_DEFAULT,
                                        NULL, connected_cb, self);
}

static void
greeter_clear (Greeter *self)
{
  g_assert_cmpuint (self->close_code, ==, 1001);
  g_clear_object (&self->connection);
  g_clear_object (&self->session);
  g_assert_finalize_object (self->app);
}

static void
quit_loop (gpointer data)
{
  g_main_loop_quit (data);
}

static gpointer
run_in_context (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  Greeter greeter = { .done = quit_loop, .data = loop };

  g_main_context_push_thread_default (context);
  greeter_begin (&greeter, context);
  g_main_loop_run (loop);
  greeter_clear (&greeter);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("app", run_in_context, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* In a context of its own that is not the default one, beside one that is. */
static void
test_two_contexts (void)
{
  g_autoptr (NxApp) app = nx_app_new ();

  run_in_context (NULL);
}

/* -- In a GApplication -- */

static void
release_application (gpointer data)
{
  g_application_release (data);
}

static void
activate_cb (GApplication *application, gpointer data)
{
  g_application_hold (application);
  greeter_begin (data, g_main_context_default ());
}

static void
test_application (void)
{
  g_autoptr (GApplication) application = g_application_new (NULL, G_APPLICATION_NON_UNIQUE);
  Greeter greeter = { .done = release_application, .data = application };

  g_signal_connect (application, "activate", G_CALLBACK (activate_cb), &greeter);
  g_assert_cmpint (g_application_run (application, 0, NULL), ==, 0);
  greeter_clear (&greeter);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/app/drop", test_drop);
  ADD_SCENARIO ("/app/drop/busy", test_drop_busy);
  ADD_SCENARIO ("/app/drop/dispose-twice", test_dispose_twice);
  g_test_add_func ("/app/contexts/threads", test_threads);
  g_test_add_func ("/app/contexts/two", test_two_contexts);
  g_test_add_func ("/app/contexts/application", test_application);
  return g_test_run ();
}
