/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom an app lets in, and what it hands to whom. */
#include "fixture.h"

/* -- Hosts -- */

static void
expect_host (Fixture *f, const char *host, guint status)
{
  Client *client = client_connect (f);

  if (status == 421)
    g_test_expect_message ("nexws", G_LOG_LEVEL_MESSAGE, "*421: not in allowed-hosts*");
  client_send_handshake (client, host, "/", "");
  g_assert_cmpuint (client_wait_status (client), ==, status);
  g_test_assert_expected_messages ();
}

static void
test_hosts_of_loopback (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  expect_host (f, "localhost", 101);
  expect_host (f, "LOCALHOST:1234", 101);
  expect_host (f, "127.0.0.1", 101);
  expect_host (f, "127.3.2.1:80", 101);
  expect_host (f, "[::1]:80", 101);
  expect_host (f, "example.com", 421);
  expect_host (f, "localhost.example.com", 421);
  expect_host (f, "127.0.0.1.example.com", 421);
  expect_host (f, "192.168.0.1", 421);
}

static void
test_allowed_hosts (Fixture *f)
{
  const char *const hosts[] = { "example.com", "ported.example:8000", "[fe80::1]", "not a host",
                                NULL };

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "allowed-hosts: \"not a host\"*");
  g_object_set (f->app, "allowed-hosts", hosts, NULL);
  g_test_assert_expected_messages ();
  expect_host (f, "example.com", 101);
  expect_host (f, "EXAMPLE.com", 101);
  expect_host (f, "example.com:81", 101);
  expect_host (f, "ported.example:8000", 101);
  expect_host (f, "[fe80::1]:9", 101);
  expect_host (f, "ported.example", 421);
  expect_host (f, "ported.example:8001", 421);
  expect_host (f, "example.co", 421);
  expect_host (f, "example.net", 421);
  expect_host (f, "example.comm", 421);
  expect_host (f, "sub.example.com", 421);
  expect_host (f, "localhost", 421);
}

static void
test_any_host (Fixture *f)
{
  const char *const hosts[] = { "*", NULL };

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "allowed-hosts", hosts, NULL);
  expect_host (f, "anything.example:1", 101);
}

static void
test_no_host (Fixture *f)
{
  const char *const hosts[] = { NULL };

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "allowed-hosts", hosts, NULL);
  expect_host (f, "localhost", 421);
}

/* Plain HTTP is checked as well. */
static void
test_host_of_plain_request (Fixture *f)
{
  Client *client = client_connect (f);
  const char *request = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

  g_test_expect_message ("nexws", G_LOG_LEVEL_MESSAGE, "*421*");
  client_send_raw (client, request, strlen (request));
  g_assert_cmpuint (client_wait_status (client), ==, 421);
  g_test_assert_expected_messages ();
}

/* What a stream that the test changed is answered with. */
static void
expect_answer (Fixture *f,
               NxStream *stream,
               NxMemoryPeer *peer,
               const char *request,
               const char *answer)
{
  g_autoptr (GByteArray) octets = g_byte_array_new ();

  nx_app_take_stream (f->app, stream);
  nx_memory_peer_send (peer, request, strlen (request));
  wait_until (f, nx_memory_peer_take (peer, octets) > 0);
  g_assert_true (g_str_has_prefix ((const char *) octets->data, answer));
  nx_memory_peer_cut (peer);
  nx_memory_peer_unref (peer);
}

/* A listener that is no loopback one answers to any name. */
static void
test_hosts_elsewhere (Fixture *f)
{
  NxMemoryPeer *peer;
  NxStream *stream = nx_memory_stream_new (nx_app_get_private (f->app)->reactor, &peer);

  g_object_unref (stream->local);
  stream->local = g_inet_socket_address_new_from_string ("192.0.2.1", 80);
  expect_answer (f, stream, peer, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "HTTP/1.1 404");
}

/* -- Origins -- */

static void
expect_origin (Fixture *f, const char *host, const char *origin, guint status)
{
  g_autofree char *header = g_strdup_printf ("Origin: %s\r\n", origin);
  Client *client = client_connect (f);

  if (status == 403)
    g_test_expect_message ("nexws", G_LOG_LEVEL_MESSAGE, "*403: not in allowed-origins*");
  client_send_handshake (client, host, "/", header);
  g_assert_cmpuint (client_wait_status (client), ==, status);
  g_test_assert_expected_messages ();
}

static void
test_own_origin (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  expect_origin (f, "localhost", "http://localhost", 101);
  expect_origin (f, "localhost", "http://localhost:80", 101);
  expect_origin (f, "localhost:8000", "http://localhost:8000", 101);
  expect_origin (f, "localhost:8000", "https://localhost:8000", 101);
  expect_origin (f, "localhost:8000", "http://localhost", 403);
  expect_origin (f, "localhost:8000", "http://127.0.0.1:8000", 403);
  expect_origin (f, "localhost", "null", 403);
  expect_origin (f, "localhost", "file://", 403);
}

static void
test_allowed_origins (Fixture *f)
{
  const char *const some[] = { "https://a.example", "http://b.example:81", NULL };
  const char *const any[] = { "*", NULL };

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "allowed-origins", some, NULL);
  expect_origin (f, "localhost", "https://a.example", 101);
  expect_origin (f, "localhost", "HTTPS://A.example", 101);
  expect_origin (f, "localhost", "http://b.example:81", 101);
  expect_origin (f, "localhost", "http://a.example", 403);
  expect_origin (f, "localhost", "http://b.example", 403);
  expect_origin (f, "localhost", "http://localhost", 403);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 101);
  g_object_set (f->app, "allowed-origins", any, NULL);
  expect_origin (f, "localhost", "null", 101);
}

/* Over TLS the port that goes without saying is another one. */
static void
test_own_origin_over_tls (Fixture *f)
{
  NxMemoryPeer *peer;
  NxStream *stream = nx_memory_stream_new (nx_app_get_private (f->app)->reactor, &peer);

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  stream->is_secure = TRUE;
  expect_answer (f, stream, peer,
                 "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Version: 13\r\nOrigin: https://localhost:443\r\n\r\n",
                 "HTTP/1.1 101");
}

/* -- How many -- */

static guint
get_n_connections (Fixture *f)
{
  return nx_connection_list_get_size (nx_app_get_private (f->app)->connections);
}

static void
test_max_connections (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "max-connections", 1, NULL);
  client = client_open (f, "/");
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 503);
  client_cut (client);
  wait_until (f, get_n_connections (f) == 0);
  client_open (f, "/");
}

/* A request whose body does not come holds a descriptor as a websocket does. */
static void
test_plain_requests_count (Fixture *f)
{
  static const char request[] = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n";
  Client *client = client_connect (f);

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "max-connections", 1, NULL);
  client_send_raw (client, request, strlen (request));
  wait_until (f, nx_app_get_private (f->app)->n_plain_requests == 1);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 503);
  client = client_connect (f);
  client_send_raw (client, request, strlen (request));
  g_assert_cmpuint (client_wait_status (client), ==, 503);
}

static void
test_max_per_address (Fixture *f)
{
  GHashTable *counts = nx_app_get_private (f->app)->n_per_address;
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "max-connections-per-address", 2, NULL);
  client = client_open (f, "/");
  client_open (f, "/");
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 429);
  client_cut (client);
  wait_until (f, get_n_connections (f) == 1);
  client = client_open (f, "/");
  g_object_set (f->app, "max-connections-per-address", 0, NULL);
  client_open (f, "/");
  for (guint i = 0; i < f->clients->len; i++)
    client_cut (g_ptr_array_index (f->clients, i));
  wait_until (f, get_n_connections (f) == 0);
  g_assert_cmpuint (g_hash_table_size (counts), ==, 0);
}

/* Whoever comes over a unix socket has no address, and takes none of the places of one. */
static void
test_unix_has_no_address (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_assert_true (nx_app_listen_unix (f->app, fixture_get_socket_path (f), NX_LISTEN_DEFAULT, NULL));
  g_object_set (f->app, "max-connections-per-address", 1, NULL);
  for (guint i = 0; i < 2; i++)
    {
      client = client_connect_unix (f, fixture_get_socket_path (f));
      client_send_handshake (client, "localhost", "/", "");
      g_assert_cmpuint (client_wait_status (client), ==, 101);
    }
  client_open (f, "/");
}

/* -- What is asked for -- */

static void
expect_status (Fixture *f, const char *path, const char *headers, guint status)
{
  g_assert_cmpuint (client_wait_status (client_new (f, path, headers)), ==, status);
}

static void
test_paths (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/a", accept_func, f, NULL, NULL);
  expect_status (f, "/a", "", 101);
  expect_status (f, "/a?b", "", 101);
  expect_status (f, "/b", "", 404);
  expect_status (f, "/%zz", "", 400);
  expect_status (f, "/a/../a", "", 400);
  expect_status (f, "//a", "", 400);
}

static void
test_offers (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  expect_status (f, "/", "Sec-WebSocket-Protocol: a, b\r\n", 101);
  expect_status (f, "/", "Sec-WebSocket-Protocol: a,,b\r\n", 400);
  expect_status (f, "/", "Sec-WebSocket-Extensions: permessage-deflate\r\n", 101);
  expect_status (f, "/", "Sec-WebSocket-Extensions: a;;b\r\n", 400);
}

static void
defers_func (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_defer (ws);
}

static void
test_max_undecided (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", defers_func, f, NULL, NULL);
  g_object_set (f->app, "max-undecided", 1, NULL);
  client_new (f, "/", "");
  wait_until (f, get_n_connections (f) == 1);
  expect_status (f, "/", "", 503);
}

/* -- Plain HTTP -- */

/* Answers with the body, or else with the Range that it was asked for. */
static void
plain_cb (SoupServer *server,
          SoupServerMessage *message,
          const char *path,
          GHashTable *query,
          gpointer data)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *range = soup_message_headers_get_one (headers, "Range");
  g_autoptr (GBytes) body =
      soup_message_body_flatten (soup_server_message_get_request_body (message));
  gsize length;
  const char *text = g_bytes_get_data (body, &length);

  g_assert_null (range); /* with which libsoup would answer as often as a range overlaps */
  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_COPY,
                                    length > 0 ? text : "empty", length > 0 ? length : 5);
}

static Client *
ask_plain (Fixture *f, const char *request)
{
  Client *client = client_connect (f);

  soup_server_add_handler (nx_app_get_server (f->app), "/plain", plain_cb, NULL, NULL);
  client_send_raw (client, request, strlen (request));
  return client;
}

static void
expect_plain (Client *client, const char *answer)
{
  g_autofree char *end = g_strconcat ("\r\n\r\n", answer, NULL);

  g_assert_cmpuint (client_wait_status (client), ==, 200);
  client_expect_end (client);
  g_assert_true (client_head_has (client, end));
}

static void
test_plain (Fixture *f)
{
  expect_plain (ask_plain (f, "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n"), "empty");
}

static void
test_plain_with_range (Fixture *f)
{
  expect_plain (ask_plain (f, "GET /plain HTTP/1.1\r\nHost: localhost\r\n"
                              "Range: bytes=0-1,0-1,0-1\r\n\r\n"),
                "empty");
}

#define POST "POST /plain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n"

static void
test_body_at_once (Fixture *f)
{
  expect_plain (ask_plain (f, POST "hello"), "hello");
}

/* What comes behind the body is nobody's. */
static void
test_too_much_body (Fixture *f)
{
  expect_plain (ask_plain (f, POST "hello and more"), "hello");
}

static void
test_body_in_pieces (Fixture *f)
{
  Client *client = ask_plain (f, POST "he");

  settle (f);
  client_send_raw (client, "l", 1);
  settle (f);
  client_send_raw (client, "lo", 2);
  expect_plain (client, "hello");
}

/* HTTP/1.1 demands one (RFC 9112 section 3.2). */
static void
test_without_host (Fixture *f)
{
  Client *client = ask_plain (f, "GET /plain HTTP/1.1\r\n\r\n");

  g_assert_cmpuint (client_wait_status (client), ==, 400);
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
  *paused = g_object_ref (message);
}

/* The app goes, and the request that it was busy with a little later. */
static void
test_drop_while_asked (Fixture *f)
{
  SoupServerMessage *paused = NULL;
  Client *client = client_connect (f);
  const char *request = "GET /pause HTTP/1.1\r\nHost: localhost\r\n\r\n";

  soup_server_add_handler (nx_app_get_server (f->app), "/pause", pause_cb, &paused, NULL);
  client_send_raw (client, request, strlen (request));
  wait_until (f, paused != NULL);
  g_assert_finalize_object (g_steal_pointer (&f->app));
  settle (f);
  g_object_unref (paused);
  wait_until (f, client->is_ended);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/reception/hosts/loopback", test_hosts_of_loopback);
  ADD_SCENARIO ("/reception/hosts/allowed", test_allowed_hosts);
  ADD_SCENARIO ("/reception/hosts/any", test_any_host);
  ADD_SCENARIO ("/reception/hosts/none", test_no_host);
  ADD_SCENARIO ("/reception/hosts/plain", test_host_of_plain_request);
  ADD_MEMORY_SCENARIO ("/reception/hosts/elsewhere", test_hosts_elsewhere);
  ADD_SCENARIO ("/reception/origins/own", test_own_origin);
  ADD_MEMORY_SCENARIO ("/reception/origins/tls", test_own_origin_over_tls);
  ADD_SCENARIO ("/reception/origins/allowed", test_allowed_origins);
  ADD_SCENARIO ("/reception/max/connections", test_max_connections);
  ADD_SCENARIO ("/reception/max/connections/plain", test_plain_requests_count);
  ADD_SCENARIO ("/reception/max/per-address", test_max_per_address);
  ADD_SOCKET_SCENARIO ("/reception/max/unix", test_unix_has_no_address);
  ADD_SCENARIO ("/reception/paths", test_paths);
  ADD_SCENARIO ("/reception/offers", test_offers);
  ADD_SCENARIO ("/reception/max/undecided", test_max_undecided);
  ADD_SCENARIO ("/reception/plain", test_plain);
  ADD_SCENARIO ("/reception/plain/range", test_plain_with_range);
  ADD_SCENARIO ("/reception/plain/body", test_body_at_once);
  ADD_SCENARIO ("/reception/plain/too-much-body", test_too_much_body);
  ADD_SCENARIO ("/reception/plain/pieces", test_body_in_pieces);
  ADD_SCENARIO ("/reception/plain/no-host", test_without_host);
  ADD_SCENARIO ("/reception/plain/drop", test_drop_while_asked);
  return g_test_run ();
}
