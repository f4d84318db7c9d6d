/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the test client says of itself, its plain requests, and how it lets the app come to rest. */
#include "app-fixture.h"

#include <sys/socket.h>

#define BIG (1024 * 1024)

static void
tell (NxWebSocket *ws, gpointer data, GError **error)
{
  GCredentials *credentials = nx_web_socket_get_credentials (ws);

  note (data, "%s/%s", nx_web_socket_get_header (ws, "X-One"),
        nx_web_socket_get_header (ws, "X-Two"));
  note (data, "%d",
        credentials != NULL ? (int) g_credentials_get_unix_user (credentials, NULL) : -1);
  nx_web_socket_accept (ws, error);
}

static void
serve_big (SoupServer *server,
           SoupServerMessage *message,
           const char *path,
           GHashTable *query,
           gpointer data)
{
  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_TAKE, g_strnfill (BIG, 'x'),
                                    BIG);
}

static void
set_up (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", tell, f, NULL, NULL);
  soup_server_add_handler (nx_app_get_server (f->app), "/big", serve_big, NULL, NULL);
}

/* -- Header fields -- */

static void
test_headers (Fixture *f)
{
  set_up (f);
  nx_test_client_add_header (f->client, "X-One", "a");
  nx_test_client_add_header (f->client, "x-one", "b");
  nx_test_client_add_header (f->client, "X-Two", "c");
  must (open, f->client, "/");
  assert_log (f, "a, b/c -1");

  /* One in place of all of its name; none of it. */
  nx_test_client_set_header (f->client, "X-ONE", "d");
  g_assert_cmpuint (try_open (f->client, "/"), ==, 101);
  assert_log (f, "d/c -1");
  nx_test_client_add_header (f->client, "X-One", "e");
  nx_test_client_set_header (f->client, "X-One", NULL);
  g_assert_cmpuint (try_open (f->client, "/"), ==, 101);
  assert_log (f, "(null)/c -1");

  /* Two of what there must be one. */
  nx_test_client_add_header (f->client, "Authorization", "Basic a");
  nx_test_client_add_header (f->client, "Authorization", "Basic a");
  g_assert_cmpuint (try_open (f->client, "/"), ==, 400);
}

static void
test_credentials (Fixture *f)
{
  g_autoptr (GCredentials) somebody = g_credentials_new ();
  const struct ucred peer = { .pid = 1, .uid = 4711, .gid = 4712 };

  set_up (f);
  g_credentials_set_native (somebody, G_CREDENTIALS_TYPE_LINUX_UCRED, (gpointer) &peer);
  nx_test_client_set_credentials (f->client, somebody);
  g_assert_true (nx_test_client_get_credentials (f->client) == somebody);
  must (open, f->client, "/"); /* over TCP there are none */
  assert_log (f, "(null)/(null) -1");
  g_object_set (f->client, "transport", NX_TEST_TRANSPORT_UNIX, NULL);
  g_assert_cmpuint (try_open (f->client, "/"), ==, 101);
  assert_log (f, "(null)/(null) 4711");
}

/* -- Plain requests -- */

static guint
say (NxTestClient *client, const char *text, GError **error)
{
  g_autoptr (GBytes) octets = g_bytes_new (text, strlen (text));

  return nx_test_client_request_raw (client, octets, error);
}

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n" KEY

static void
test_raw (Fixture *f)
{
  GError *error = NULL;

  set_up (f);
  nx_test_client_set_header (f->client, "X-One", "not said");
  g_assert_cmpuint (say (f->client, "nonsense\r\n\r\n", &error), ==, 400);
  g_assert_cmpuint (say (f->client, "HEAD /big HTTP/1.1\r\nHost: localhost\r\n\r\n", &error), ==,
                    200);
  assert_body (f->client, "");
  g_assert_cmpuint (say (f->client,
                         "GET / HTTP/1.1\r\nHost: localhost\r\n" UPGRADE
                         "Sec-WebSocket-Version: 12\r\n\r\n",
                         &error),
                    ==, 426);
  assert_log (f, "");
  /* One that becomes a websocket is nobody's. */
  g_assert_cmpuint (say (f->client,
                         "GET / HTTP/1.1\r\nHost: localhost\r\n" UPGRADE
                         "Sec-WebSocket-Version: 13\r\n\r\n",
                         &error),
                    ==, 101);
  g_assert_no_error (error);
  g_assert_cmpint (nx_test_client_get_state (f->client), ==, NX_STATE_CLOSED);
  assert_log (f, "(null)/(null) -1");
  must (settle, f->client);
  g_assert_cmpuint (g_list_model_get_n_items (nx_app_get_connections (f->app)), ==, 0);
  /* Half a head. */
  nx_test_client_set_timeout (f->client, 20);
  g_assert_cmpuint (say (f->client, "GET / HT", &error), ==, 0);
  expect_error (error, NX_ERROR, NX_ERROR_TIMEOUT, "The answer to the request did not come");
}

static void
answered_cb (GObject *client, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;
  guint status = nx_test_client_request_raw_finish (NX_TEST_CLIENT (client), result, &error);

  note (data, "%u", error != NULL ? 0 : status);
  g_clear_error (&error);
}

static void
test_raw_async (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) octets = g_bytes_new_static ("nonsense\r\n\r\n", 12);
  g_autoptr (GBytes) half = g_bytes_new_static ("GET / HT", 8);

  set_up (f);
  nx_test_client_request_raw_async (f->client, half, cancellable, answered_cb, f);
  nx_test_client_request_raw_async (f->client, octets, NULL, answered_cb, f);
  assert_log_settled (f, "400");
  g_cancellable_cancel (cancellable);
  assert_log_settled (f, "0");
}

/* -- A client that does not read what it asked for -- */

static void
test_slow_download (Fixture *f)
{
  NxTestClient *quick = add_client (f);
  GError *error = NULL;

  set_up (f);
  must (open, f->client, "/");
  nx_test_client_stop_reading (f->client, 1000);
  nx_test_client_request_async (f->client, "GET", "/big", NULL, NULL, answered_cb, f);
  assert_log_settled (f, "(null)/(null) -1");
  g_assert_cmpuint (try_request (quick, "GET", "/big"), ==, 200);
  assert_log (f, "");
  nx_test_client_start_reading (f->client);
  assert_log_settled (f, "200");
  g_assert_cmpuint (g_bytes_get_size (nx_test_client_get_response_body (f->client)), ==, BIG);
  must (ping, f->client);

  /* One that is under way; its deadline is the client's. */
  nx_test_client_set_timeout (f->client, 20);
  nx_test_client_request_async (f->client, "GET", "/big", NULL, NULL, answered_cb, f);
  nx_test_client_stop_reading (f->client, 0);
  g_assert_cmpuint (nx_test_client_request (f->client, "GET", "/big", NULL, &error), ==, 0);
  expect_error (error, NX_ERROR, NX_ERROR_TIMEOUT, "did not come within 20 ms");
  assert_log_settled (f, "0");

  /* A new handshake reads again. */
  nx_test_client_set_timeout (f->client, 5000);
  nx_test_client_cut (f->client);
  must (open, f->client, "/");
  g_assert_cmpuint (try_request (f->client, "GET", "/big"), ==, 200);
}

static void
think (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_defer (ws);
  *(NxWebSocket **) data = g_object_ref (ws);
}

/* Also the answer to a handshake that is under way. */
static void
test_slow_handshake (Fixture *f)
{
  g_autoptr (NxWebSocket) ws = NULL;

  nx_router_add_route (NX_ROUTER (f->app), "/think", think, &ws, NULL, NULL);
  nx_test_client_open_async (f->client, "/think", NULL, NULL, NULL);
  must (settle, f->client);
  nx_test_client_stop_reading (f->client, 0);
  nx_web_socket_reject (ws, 418, NULL, NULL);
  must (settle, f->client);
  g_assert_cmpint (nx_test_client_get_state (f->client), ==, NX_STATE_CONNECTING);
  nx_test_client_start_reading (f->client);
  must (settle, f->client);
  g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 418);
}

/* What ends its output gives its handshake up. */
static void
test_half_close_while_opening (Fixture *f)
{
  g_autoptr (NxWebSocket) ws = NULL;

  nx_router_add_route (NX_ROUTER (f->app), "/think", think, &ws, NULL, NULL);
  nx_test_client_open_async (f->client, "/think", NULL, NULL, NULL);
  must (settle, f->client);
  nx_test_client_half_close (f->client);
  must (settle, f->client);
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSED);
  g_assert_cmpuint (nx_web_socket_get_close_code (ws), ==, NX_CLOSE_ABNORMAL);
  g_assert_cmpint (nx_test_client_get_state (f->client), ==, NX_STATE_CLOSED);
}

/* -- Rest, and time -- */

static void
settled_cb (GObject *client, GAsyncResult *result, gpointer data)
{
  GError *error = NULL;

  note (data, "%d", nx_test_client_settle_finish (NX_TEST_CLIENT (client), result, &error));
  g_clear_error (&error);
}

static gboolean
always_cb (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_settle (Fixture *f)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gint64 before_us;
  guint id;

  set_up (f);
  before_us = g_get_monotonic_time ();
  must (settle, f->client);
  /* Time goes on. */
  g_assert_cmpint (nx_test_client_get_time (f->client), >=, before_us);
  g_assert_cmpint (nx_test_client_get_time (f->client), <=, g_get_monotonic_time ());

  nx_test_client_settle_async (f->client, NULL, settled_cb, f);
  must (settle, f->client);
  nx_test_client_settle_async (f->client, cancellable, settled_cb, f);
  g_cancellable_cancel (cancellable);
  must (settle, f->client);
  assert_log (f, "1 0");

  nx_test_client_set_timeout (f->client, 20);
  id = g_idle_add_full (G_PRIORITY_LOW, always_cb, NULL, NULL);
  must (settle, f->client); /* what is never done is not the app's */
  g_source_remove (id);
  nx_test_client_freeze_time (f->client);
  before_us = nx_test_client_get_time (f->client);
  must (settle, f->client);
  g_assert_cmpint (nx_test_client_get_time (f->client), ==, before_us);
  must (advance_time, f->client, 90);
  g_assert_cmpint (nx_test_client_get_time (f->client), ==, before_us + 90 * 1000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/test-client/headers", test_headers);
  ADD_TEST ("/test-client/credentials", test_credentials);
  ADD_TEST ("/test-client/raw-request", test_raw);
  ADD_TEST ("/test-client/raw-request-async", test_raw_async);
  ADD_TEST ("/test-client/slow-download", test_slow_download);
  ADD_TEST ("/test-client/slow-handshake", test_slow_handshake);
  ADD_TEST ("/test-client/half-close-while-opening", test_half_close_while_opening);
  ADD_TEST ("/test-client/settle", test_settle);
  return g_test_run ();
}
