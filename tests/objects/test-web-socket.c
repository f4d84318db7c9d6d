/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A websocket as an object: what it tells of its request and of itself, and whom it notifies. */
#include "fixture.h"

/* -- The request -- */

static NxWebSocket *
open_with (Fixture *f, const char *pattern, const char *target, const char *headers)
{
  nx_router_add_route (NX_ROUTER (f->app), pattern, accept_func, f, NULL, NULL);
  g_assert_cmpuint (client_wait_status (client_new (f, target, headers)), ==, 101);
  return only_websocket (f);
}

static void
test_uri (Fixture *f)
{
  NxWebSocket *ws = open_with (f, "/a b/{room}", "/a%20b/c%2Fd?x=1&x=%C3%A9&y", "");
  g_autofree char *uri = g_uri_to_string (nx_web_socket_get_uri (ws));
  g_auto (GStrv) all = nx_web_socket_get_query_param_all (ws, "x");
  const char *const expected[] = { "1", "\xc3\xa9", NULL };

  g_assert_cmpstr (nx_web_socket_get_path (ws), ==, "/a%20b/c%2Fd");
  g_assert_cmpstr (uri, ==, "ws://localhost/a%20b/c%2Fd?x=1&x=%C3%A9&y");
  g_assert_cmpstr (nx_web_socket_get_query_param (ws, "x"), ==, "\xc3\xa9");
  g_assert_cmpstr (nx_web_socket_get_query_param (ws, "y"), ==, "");
  g_assert_null (nx_web_socket_get_query_param (ws, "z"));
  g_assert_cmpstrv (all, expected);
  g_assert_cmpstr (nx_web_socket_get_path_param (ws, "room"), ==, "c/d");
  g_assert_null (nx_web_socket_get_path_param (ws, "x"));
}

static void
test_headers (Fixture *f)
{
  NxWebSocket *ws = open_with (f, "/", "/",
                               "Origin: http://localhost\r\nX-A: 1\r\nX-A: 2\r\n"
                               "Cookie: session=s; theme=dark\r\n"
                               "Sec-WebSocket-Protocol: two, one\r\n");
  const char *const expected[] = { "two", "one", NULL };

  g_assert_cmpstr (nx_web_socket_get_header (ws, "x-a"), ==, "1, 2");
  g_assert_null (nx_web_socket_get_header (ws, "X-B"));
  g_assert_cmpstr (soup_message_headers_get_one (nx_web_socket_get_headers (ws), "Host"), ==,
                   "localhost");
  g_assert_cmpstr (nx_web_socket_get_origin (ws), ==, "http://localhost");
  g_assert_cmpstr (nx_web_socket_get_cookie (ws, "theme"), ==, "dark");
  g_assert_null (nx_web_socket_get_cookie (ws, "other"));
  g_assert_cmpstrv ((char **) nx_web_socket_get_offered_subprotocols (ws), expected);
}

static void
test_bare (Fixture *f)
{
  NxWebSocket *ws = open_with (f, "/", "/", "");

  g_assert_null (nx_web_socket_get_origin (ws));
  g_assert_null (nx_web_socket_get_cookie (ws, "a"));
  g_assert_null (nx_web_socket_get_offered_subprotocols (ws)[0]);
  g_assert_null (nx_web_socket_get_subprotocol (ws));
  g_assert_null (nx_web_socket_get_credentials (ws));
  g_assert_null (nx_web_socket_get_peer_certificate (ws));
  g_assert_null (nx_web_socket_get_close_reason (ws));
  g_assert_cmpuint (nx_web_socket_get_close_code (ws), ==, 0);
  g_assert_true (nx_web_socket_get_app (ws) == f->app);
}

static void
test_remote_address (Fixture *f)
{
  NxWebSocket *ws = open_with (f, "/", "/", "");
  GSocketAddress *address = nx_web_socket_get_remote_address (ws);
  g_autofree char *text = g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));

  g_assert_cmpstr (text, ==, "127.0.0.1");
}

/* What it was asked with stays when it has ended, and when the app has gone. */
static void
test_request_stays (Fixture *f)
{
  g_autoptr (NxWebSocket) ws = g_object_ref (open_with (f, "/{room}", "/r?a=1", "Cookie: c=2\r\n"));

  nx_web_socket_close (ws, 1000, NULL, NULL);
  client_send_close (g_ptr_array_index (f->clients, 0), 1000);
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  g_assert_finalize_object (g_steal_pointer (&f->app));
  g_assert_null (nx_web_socket_get_app (ws));
  g_assert_cmpstr (nx_web_socket_get_path (ws), ==, "/r");
  g_assert_cmpstr (nx_web_socket_get_path_param (ws, "room"), ==, "r");
  g_assert_cmpstr (nx_web_socket_get_query_param (ws, "a"), ==, "1");
  g_assert_cmpstr (nx_web_socket_get_cookie (ws, "c"), ==, "2");
}

/* The kernel's word for who is at the other end. */
static void
test_credentials (Fixture *f)
{
  Client *client;
  GCredentials *credentials;
  g_autoptr (GCredentials) mine = g_credentials_new ();

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_assert_true (nx_app_listen_unix (f->app, fixture_get_socket_path (f), NX_LISTEN_DEFAULT, NULL));
  client = client_connect_unix (f, fixture_get_socket_path (f));
  client_send_handshake (client, "anything.example", "/", "");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  credentials = nx_web_socket_get_credentials (only_websocket (f));
  g_assert_true (g_credentials_is_same_user (credentials, mine, NULL));
  g_assert_cmpint (g_credentials_get_unix_pid (credentials, NULL), ==, getpid ());
  g_assert_true (G_IS_INET_SOCKET_ADDRESS (nx_web_socket_get_remote_address (only_websocket (f))));
}

/* -- Its id -- */

static void
test_id (Fixture *f)
{
  NxWebSocket *one = open_with (f, "/", "/", "");
  NxWebSocket *other;
  NxConnectionList *connections = nx_app_get_private (f->app)->connections;

  client_open (f, "/");
  other = nx_connection_list_peek (connections, 1);
  g_assert_true (other != one);
  g_assert_cmpstr (nx_web_socket_get_id (one), !=, nx_web_socket_get_id (other));
  g_assert_true (nx_web_socket_get_id (one) == nx_web_socket_get_id (one));
}

/* It may be asked for the first time when the app has gone. */
static void
test_id_late (Fixture *f)
{
  g_autoptr (NxWebSocket) ended = g_object_ref (open_with (f, "/", "/", ""));
  g_autoptr (NxWebSocket) ended_early = NULL;
  g_autofree char *id = NULL;

  client_cut (g_ptr_array_index (f->clients, 0));
  wait_until (f, nx_web_socket_get_state (ended) == NX_STATE_CLOSED);
  client_open (f, "/");
  ended_early = g_object_ref (only_websocket (f));
  id = nx_app_handle_make_id (ended->app_handle, ended->serial);
  g_assert_finalize_object (g_steal_pointer (&f->app));
  g_assert_cmpstr (nx_web_socket_get_id (ended), ==, id);
  g_assert_cmpstr (nx_web_socket_get_id (ended_early), !=, id);
}

/* -- Properties -- */

static void
test_properties (Fixture *f)
{
  NxWebSocket *ws = open_with (f, "/", "/?x", "");
  g_autoptr (NxApp) app = NULL;
  g_autofree char *id = NULL;
  g_autofree char *path = NULL;
  g_autofree char *subprotocol = NULL;
  g_autofree char *reason = NULL;
  g_autoptr (GSocketAddress) address = NULL;
  NxState state;
  guint code;
  guint64 amount;

  g_object_get (ws, "app", &app, "id", &id, "path", &path, "state", &state, "subprotocol",
                &subprotocol, "close-code", &code, "close-reason", &reason, "buffered-amount",
                &amount, "remote-address", &address, NULL);
  g_assert_true (app == f->app);
  g_assert_cmpstr (id, ==, nx_web_socket_get_id (ws));
  g_assert_cmpstr (path, ==, "/");
  g_assert_cmpint (state, ==, NX_STATE_OPEN);
  g_assert_null (subprotocol);
  g_assert_cmpuint (code, ==, 0);
  g_assert_null (reason);
  g_assert_cmpuint (amount, ==, 0);
  g_assert_true (address == nx_web_socket_get_remote_address (ws));
}

static void
test_no_such_property (Fixture *f)
{
  NxWebSocket *ws = open_with (f, "/", "/", "");
  g_auto (GValue) value = G_VALUE_INIT;
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (ws), "id");

  g_value_init (&value, G_TYPE_STRING);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*invalid property id*");
  G_OBJECT_GET_CLASS (ws)->get_property (G_OBJECT (ws), 99, &value, pspec);
  g_test_assert_expected_messages ();
}

static void
notify_cb (NxWebSocket *ws, GParamSpec *pspec, gpointer data)
{
  if (g_str_equal (pspec->name, "state"))
    note (data, "state:%d", nx_web_socket_get_state (ws));
  else if (g_str_equal (pspec->name, "close-code"))
    note (data, "close-code:%u", nx_web_socket_get_close_code (ws));
  else
    note (data, "%s", pspec->name);
}

static void
watched_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "notify", G_CALLBACK (notify_cb), data);
  g_assert_true (nx_web_socket_set_subprotocol (ws, "one", error));
  nx_web_socket_accept (ws, error);
}

static void
test_notifies (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", watched_func, f, NULL, NULL);
  client = client_new (f, "/", "Sec-WebSocket-Protocol: one\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  assert_log (f, "subprotocol state:1 status");
  nx_web_socket_close (only_websocket (f), 4000, "bye", NULL);
  nx_web_socket_close (only_websocket (f), 4001, "again", NULL);
  assert_log (f, "state:2");
  client_send_close (client, 4000);
  client_expect_end (client);
  settle (f);
  assert_log (f, "close-code:4000 close-reason state:3");
}

static void
test_subprotocol (Fixture *f)
{
  NxWebSocket *ws = open_with (f, "/", "/", "Sec-WebSocket-Protocol: one\r\n");
  GError *error = NULL;

  g_assert_false (nx_web_socket_set_subprotocol (ws, "one", &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_STATE, "while the websocket is connecting");
}

static void
chooses_and_unchooses_func (NxWebSocket *ws, gpointer data, GError **error)
{
  GError *local = NULL;

  g_assert_false (nx_web_socket_set_subprotocol (ws, "two", &local));
  expect_error (local, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "none");
  g_assert_true (nx_web_socket_set_subprotocol (ws, NULL, error));
  g_assert_null (nx_web_socket_get_subprotocol (ws));
  nx_web_socket_accept (ws, error);
}

static void
test_no_subprotocol (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", chooses_and_unchooses_func, f, NULL, NULL);
  g_assert_false (client_head_has (client_open (f, "/"), "Sec-WebSocket-Protocol"));
}

/* -- Its cancellable -- */

static void
test_cancellable (Fixture *f)
{
  g_autoptr (NxWebSocket) ws = g_object_ref (open_with (f, "/", "/", ""));
  GCancellable *cancellable = nx_web_socket_get_cancellable (ws);

  g_assert_true (nx_web_socket_get_cancellable (ws) == cancellable);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  client_cut (g_ptr_array_index (f->clients, 0));
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  g_assert_true (g_cancellable_is_cancelled (cancellable));
}

static void
test_cancellable_asked_for_late (Fixture *f)
{
  g_autoptr (NxWebSocket) ws = g_object_ref (open_with (f, "/", "/", ""));

  client_cut (g_ptr_array_index (f->clients, 0));
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  g_assert_true (g_cancellable_is_cancelled (nx_web_socket_get_cancellable (ws)));
}

/* One that came from nowhere, as a binding may make it. */
static void
test_bare_object (void)
{
  g_assert_finalize_object (g_object_new (NX_TYPE_WEB_SOCKET, NULL));
}

static void
wants_another_func (NxWebSocket *ws, gpointer data, GError **error)
{
  GError *local = NULL;

  g_assert_false (nx_web_socket_set_subprotocol (ws, "three", &local));
  expect_error (local, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "the client offers: two, one");
  g_assert_true (nx_web_socket_set_subprotocol (ws, "one", error));
  nx_web_socket_defer (ws);
}

/* It may go while it is undecided. */
static void
test_drop_undecided (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", wants_another_func, f, NULL, NULL);
  client_new (f, "/", "Sec-WebSocket-Protocol: two, one\r\n");
  only_websocket (f);
}

/* One that somebody disposes of while it is open takes its connection along. */
static void
test_dispose (Fixture *f)
{
  g_autoptr (NxWebSocket) ws = g_object_ref (open_with (f, "/", "/", ""));

  nx_connection_list_remove (nx_app_get_private (f->app)->connections, ws);
  g_object_run_dispose (G_OBJECT (ws));
  wait_until (f, ((Client *) g_ptr_array_index (f->clients, 0))->is_ended);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/web-socket/uri", test_uri);
  ADD_SCENARIO ("/web-socket/headers", test_headers);
  ADD_SCENARIO ("/web-socket/bare", test_bare);
  ADD_SCENARIO ("/web-socket/remote-address", test_remote_address);
  ADD_SCENARIO ("/web-socket/request-stays", test_request_stays);
  ADD_SOCKET_SCENARIO ("/web-socket/credentials", test_credentials);
  ADD_SCENARIO ("/web-socket/id", test_id);
  ADD_SCENARIO ("/web-socket/id/late", test_id_late);
  ADD_SCENARIO ("/web-socket/properties", test_properties);
  ADD_SCENARIO ("/web-socket/properties/none", test_no_such_property);
  ADD_SCENARIO ("/web-socket/notifies", test_notifies);
  ADD_SCENARIO ("/web-socket/subprotocol", test_subprotocol);
  ADD_SCENARIO ("/web-socket/subprotocol/none", test_no_subprotocol);
  ADD_SCENARIO ("/web-socket/cancellable", test_cancellable);
  ADD_SCENARIO ("/web-socket/cancellable/late", test_cancellable_asked_for_late);
  g_test_add_func ("/web-socket/bare-object", test_bare_object);
  ADD_SCENARIO ("/web-socket/undecided", test_drop_undecided);
  ADD_SCENARIO ("/web-socket/dispose", test_dispose);
  return g_test_run ();
}
