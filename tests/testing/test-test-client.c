/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client that users test their apps with: what it can do, and what it says when a test fails. */
#include "must.h"

#include <unistd.h>

typedef struct
{
  NxApp *app;
  NxTestClient *client;
  GString *log; /* what the app's side saw */
} Fixture;

#define assert_fails(call, code, part)                                                             \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (GError) error_ = NULL;                                                              \
    GError **e = &error_;                                                                          \
    g_assert_false (!!(call));                                                                     \
    g_assert_error (error_, NX_ERROR, code);                                                       \
    if (strstr (error_->message, part) == NULL)                                                    \
      g_error ("%s: \"%s\" is not in \"%s\"", G_STRLOC, part, error_->message);                    \
  }                                                                                                \
  G_STMT_END

/* -- An app -- */

static void
echo_message (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  nx_web_socket_send_message (ws, message, NULL);
}

static void
note_end (NxWebSocket *ws, guint code, const char *reason, GString *log)
{
  g_string_append_printf (log, "[%u %s]", code, reason != NULL ? reason : "");
}

static void
echo (NxWebSocket *ws, gpointer log, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (echo_message), NULL);
  g_signal_connect (ws, "closed", G_CALLBACK (note_end), log);
  nx_web_socket_accept (ws, error);
}

static void
greet (NxWebSocket *ws, gpointer data, GError **error)
{
  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, "hello", error);
}

static void
farewell (NxWebSocket *ws, gpointer data, GError **error)
{
  if (nx_web_socket_accept (ws, error) && nx_web_socket_send_text (ws, "bye", error))
    nx_web_socket_close (ws, 4321, "enough", error);
}

static void
refuse (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_set_response_header (ws, "X-Why", "because", NULL);
  nx_web_socket_reject (ws, 401, "Who are you?\n", error);
}

static void
think (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_defer (ws);
}

static void
tell (NxWebSocket *ws, gpointer data, GError **error)
{
  const char *subprotocol = nx_web_socket_get_header (ws, "X-Choose");
  GTlsCertificate *certificate = nx_web_socket_get_peer_certificate (ws);
  g_autofree char *uri = g_uri_to_string (nx_web_socket_get_uri (ws));
  g_autofree char *text = NULL;

  if (subprotocol != NULL)
    nx_web_socket_set_subprotocol (ws, subprotocol, NULL);
  text = g_strdup_printf (
      "%s origin=%s cookie=%s header=%s pid=%d certificate=%s", uri, nx_web_socket_get_origin (ws),
      nx_web_socket_get_cookie (ws, "taste"), nx_web_socket_get_header (ws, "X-Any"),
      nx_web_socket_get_credentials (ws) != NULL
          ? g_credentials_get_unix_pid (nx_web_socket_get_credentials (ws), NULL) == getpid ()
          : -1,
      certificate != NULL ? "yes" : "no");
  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, text, error);
}

static void
serve (SoupServer *server,
       SoupServerMessage *message,
       const char *path,
       GHashTable *query,
       gpointer data)
{
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autofree char *text =
      g_strdup_printf ("%s %.*s", soup_server_message_get_method (message), (int) body->length,
                       body->data != NULL ? body->data : "");

  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_COPY, text, strlen (text));
}

static void
serve_in_pieces (SoupServer *server,
                 SoupServerMessage *message,
                 const char *path,
                 GHashTable *query,
                 gpointer data)
{
  SoupMessageBody *body = soup_server_message_get_response_body (message);

  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_set_encoding (soup_server_message_get_response_headers (message),
                                     SOUP_ENCODING_CHUNKED);
  soup_message_body_append (body, SOUP_MEMORY_STATIC, "one, ", 5);
  soup_message_body_append (body, SOUP_MEMORY_STATIC, "two", 3);
  soup_message_body_complete (body);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  NxRouter *router;

  f->app = nx_app_new ();
  f->log = g_string_new (NULL);
  router = NX_ROUTER (f->app);
  nx_router_add_route (router, "/echo", echo, f->log, NULL, NULL);
  nx_router_add_route (router, "/greet", greet, NULL, NULL, NULL);
  nx_router_add_route (router, "/farewell", farewell, NULL, NULL, NULL);
  nx_router_add_route (router, "/refuse", refuse, NULL, NULL, NULL);
  nx_router_add_route (router, "/think", think, NULL, NULL, NULL);
  nx_router_add_route (router, "/tell", tell, NULL, NULL, NULL);
  soup_server_add_handler (nx_app_get_server (f->app), "/page", serve, NULL, NULL);
  soup_server_add_handler (nx_app_get_server (f->app), "/pieces", serve_in_pieces, NULL, NULL);
  f->client = nx_test_client_new (f->app);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_object (&f->client);
  g_assert_finalize_object (f->app);
  while (g_main_context_iteration (g_main_context_get_thread_default (), FALSE))
    ;
  g_string_free (f->log, TRUE);
}

/* -- What it can do -- */

static void
test_exchange (Fixture *f, gconstpointer data)
{
  g_autoptr (JsonNode) node = json_from_string ("{\"a\": [1, 2]}", NULL);
  g_autoptr (GBytes) octets = g_bytes_new ("\0\1\2", 3);
  g_autoptr (GBytes) got = NULL;
  g_autoptr (JsonNode) got_node = NULL;
  g_autoptr (NxMessage) message = NULL;

  must (open, f->client, "/echo");
  g_assert_cmpint (nx_test_client_get_state (f->client), ==, NX_STATE_OPEN);
  g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 101);

  must (send_text, f->client, "grüße");
  must (expect_text, f->client, "grüße");
  must (send_bytes, f->client, octets);
  got = nx_test_client_receive_bytes (f->client, NULL);
  g_assert_true (g_bytes_equal (got, octets));
  must (send_json, f->client, node);
  got_node = nx_test_client_receive_json (f->client, NULL);
  g_assert_true (json_node_equal (got_node, node));
  message = nx_message_new_text ("", 0);
  must (send_message, f->client, message);
  must (expect_text, f->client, "");
  must (ping, f->client);
  must (expect_nothing, f->client);

  must (close, f->client, 3000, "done");
  must (expect_close, f->client, 3000, NULL);
  must (advance_time, f->client, 0);
  g_assert_cmpstr (f->log->str, ==, "[3000 done]");
}

static void
test_handshake (Fixture *f, gconstpointer data)
{
  const char *const offered[] = { "chat.v2", "chat.v1", NULL };
  g_autofree char *text = NULL;

  nx_test_client_set_header (f->client, "Origin", "http://localhost");
  nx_test_client_set_header (f->client, "X-Any", "thing");
  nx_test_client_set_header (f->client, "X-Choose", "chat.v1");
  nx_test_client_set_cookie (f->client, "taste", "sweet");
  nx_test_client_set_cookie (f->client, "other", "1");
  nx_test_client_set_subprotocols (f->client, offered);
  must (open, f->client, "/tell?a=%201");
  g_assert_cmpstr (nx_test_client_get_subprotocol (f->client), ==, "chat.v1");
  text = nx_test_client_receive_text (f->client, NULL);
  g_assert_cmpstr (
      text, ==,
      "ws://localhost/tell?a=%201 origin=http://localhost cookie=sweet header=thing pid=-1 "
      "certificate=no");

  /* What is taken away is not said again. */
  must (close, f->client, 1000, NULL);
  nx_test_client_set_header (f->client, "x-any", NULL);
  nx_test_client_set_cookie (f->client, "taste", NULL);
  nx_test_client_set_subprotocols (f->client, NULL);
  nx_test_client_set_header (f->client, "X-Choose", NULL);
  must (open, f->client, "/tell");
  g_assert_null (nx_test_client_get_subprotocol (f->client));
  g_clear_pointer (&text, g_free);
  text = nx_test_client_receive_text (f->client, NULL);
  g_assert_nonnull (strstr (text, "cookie=(null) header=(null)"));
}

static void
test_transports (Fixture *f, gconstpointer data)
{
  g_autofree char *tls = NULL;
  g_autofree char *local = NULL;

  nx_test_client_set_transport (f->client, NX_TEST_TRANSPORT_TLS);
  must (open, f->client, "/tell");
  tls = nx_test_client_receive_text (f->client, NULL);
  g_assert_true (g_str_has_prefix (tls, "wss://localhost/tell "));

  nx_test_client_cut (f->client);
  nx_test_client_set_transport (f->client, NX_TEST_TRANSPORT_UNIX);
  must (open, f->client, "/tell");
  local = nx_test_client_receive_text (f->client, NULL);
  g_assert_nonnull (strstr (local, "pid=1 "));
}

static void
test_addresses (Fixture *f, gconstpointer data)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("192.0.2.7", 4711);
  g_autoptr (NxTestClient) second = nx_test_client_new (f->app);
  g_autoptr (NxTestClient) third = nx_test_client_new (f->app);

  g_object_set (f->app, "max-connections-per-address", 1, NULL);
  nx_test_client_set_remote_address (f->client, address);
  nx_test_client_set_remote_address (second, address);
  must (open, f->client, "/echo");
  must (expect_refusal, second, "/echo", 429);
  must (open, third, "/echo");

  nx_test_client_cut (third);
  nx_test_client_set_host (third, "elsewhere.example");
  must (expect_refusal, third, "/echo", 421);
}

static void
test_compression (Fixture *f, gconstpointer data)
{
  g_autofree char *long_text = g_strnfill (100 * 1000, 'a');

  nx_test_client_set_compression (f->client, TRUE);
  must (open, f->client, "/echo"); /* an app that does not want to */
  g_assert_null (nx_test_client_get_extensions (f->client));
  must (close, f->client, 1000, NULL);

  g_object_set (f->app, "compression", TRUE, NULL);
  must (open, f->client, "/echo");
  g_assert_true (
      g_str_has_prefix (nx_test_client_get_extensions (f->client), "permessage-deflate"));
  for (guint i = 0; i < 3; i++)
    {
      must (send_text, f->client, long_text);
      must (expect_text, f->client, long_text);
    }
}

static void
test_refusal (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  must (expect_refusal, f->client, "/refuse", 401);
  text = nx_test_client_dup_response_text (f->client);
  g_assert_cmpstr (text, ==, "Who are you?\n");
  g_assert_cmpstr (nx_test_client_get_response_header (f->client, "x-why"), ==, "because");
  g_assert_cmpint (nx_test_client_get_state (f->client), ==, NX_STATE_CLOSED);
  must (expect_refusal, f->client, "/nowhere", 404);

  assert_fails (nx_test_client_open (f->client, "/refuse", e), NX_ERROR_DISCONNECTED,
                "The handshake for /refuse was refused with 401 Unauthorized (Who are you?)");
  assert_fails (nx_test_client_expect_refusal (f->client, "/refuse", 403, e), NX_ERROR_INVALID_DATA,
                "refused with 401 Unauthorized (Who are you?) where 403 was");
  assert_fails (nx_test_client_expect_refusal (f->client, "/echo", 403, e), NX_ERROR_INVALID_DATA,
                "accepted with 101 Switching Protocols where 403 was");
}

static void
test_http (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("a body", 6);
  g_autoptr (GError) error = NULL;
  g_autofree char *got = NULL;
  g_autofree char *posted = NULL;
  g_autofree char *pieces = NULL;

  must (open, f->client, "/echo");
  g_assert_cmpuint (nx_test_client_request (f->client, "GET", "/page", NULL, &error), ==, 200);
  g_assert_no_error (error);
  got = nx_test_client_dup_response_text (f->client);
  g_assert_cmpstr (got, ==, "GET ");
  g_assert_cmpstr (nx_test_client_get_response_header (f->client, "Content-Type"), ==,
                   "text/plain");
  g_assert_cmpuint (nx_test_client_request (f->client, "HEAD", "/page", NULL, &error), ==, 200);
  g_assert_cmpuint (g_bytes_get_size (nx_test_client_get_response_body (f->client)), ==, 0);
  g_assert_cmpstr (nx_test_client_get_response_header (f->client, "Content-Length"), ==, "5");
  g_assert_cmpuint (nx_test_client_request (f->client, "POST", "/page", body, &error), ==, 200);
  posted = nx_test_client_dup_response_text (f->client);
  g_assert_cmpstr (posted, ==, "POST a body");
  g_assert_cmpuint (nx_test_client_request (f->client, "GET", "/pieces", NULL, &error), ==, 200);
  pieces = nx_test_client_dup_response_text (f->client);
  g_assert_cmpstr (pieces, ==, "one, two");
  g_assert_cmpuint (nx_test_client_request (f->client, "GET", "/none", NULL, &error), ==, 404);
  g_assert_cmpuint (nx_test_client_request (f->client, "GET", "no path", NULL, &error), ==, 400);
  g_assert_no_error (error);

  /* The websocket has not noticed. */
  must (ping, f->client);
}

static void
test_several (Fixture *f, gconstpointer data)
{
  NxTestClient *clients[20];

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = nx_test_client_new (f->app);
      must (open, clients[i], "/echo");
    }
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autofree char *text = g_strdup_printf ("from %u", i);

      must (send_text, clients[i], text);
    }
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autofree char *text = g_strdup_printf ("from %u", i);

      must (expect_text, clients[i], text);
      must (expect_nothing, clients[i]);
      g_object_unref (clients[i]);
    }
}

/* -- What it says -- */

static void
test_timeouts (Fixture *f, gconstpointer data)
{
  nx_test_client_set_timeout (f->client, 30);
  assert_fails (nx_test_client_receive_text (f->client, e), NX_ERROR_DISCONNECTED,
                "A text message was expected, but the client was never opened");
  assert_fails (
      nx_test_client_open (f->client, "/think", e), NX_ERROR_TIMEOUT,
      "The answer to the handshake did not come within 30 ms: the handshake for /think is not "
      "answered yet");
  assert_fails (nx_test_client_open (f->client, "/echo", e), NX_ERROR_INVALID_STATE,
                "The client is not closed");
  nx_test_client_cut (f->client);

  must (open, f->client, "/greet");
  assert_fails (
      nx_test_client_expect_close (f->client, 1000, NULL, e), NX_ERROR_TIMEOUT,
      "The end of the connection did not come within 30 ms: the connection is open, and 1 "
      "message waits that nobody received: text message \"hello\"");
  must (expect_text, f->client, "hello");
  assert_fails (nx_test_client_receive_json (f->client, e), NX_ERROR_TIMEOUT,
                "A JSON message did not come within 30 ms: the connection is open, and no message "
                "waits");
  assert_fails (nx_test_client_expect_text (f->client, "more", e), NX_ERROR_TIMEOUT,
                "Text \"more\" was expected: A message did not come");
}

static void
test_wrong_messages (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) octets = g_bytes_new ("\1\2\377", 3);

  must (open, f->client, "/echo");
  must (send_bytes, f->client, octets);
  assert_fails (nx_test_client_receive_text (f->client, e), NX_ERROR_INVALID_DATA,
                "A binary message of 3 octets (01 02 ff) came where a text message was expected");
  must (send_text, f->client, "ä");
  assert_fails (nx_test_client_receive_bytes (f->client, e), NX_ERROR_INVALID_DATA,
                "A text message \"ä\" came where");
  must (send_text, f->client, "{\"a\":");
  assert_fails (nx_test_client_receive_json (f->client, e), NX_ERROR_INVALID_DATA,
                "A text message \"{\"a\":\" came where JSON was expected: ");
  must (send_text, f->client, "left");
  assert_fails (nx_test_client_expect_text (f->client, "right", e), NX_ERROR_INVALID_DATA,
                "A text message \"left\" came where text \"right\" was expected");
  must (send_text, f->client, "too much");
  assert_fails (nx_test_client_expect_nothing (f->client, e), NX_ERROR_INVALID_DATA,
                "1 message waits that nobody received: text message \"too much\"");
  assert_fails (nx_test_client_send_text (f->client, "\xff", e), NX_ERROR_INVALID_DATA, "UTF-8");
}

static void
test_app_closes (Fixture *f, gconstpointer data)
{
  must (open, f->client, "/farewell");
  must (expect_close, f->client, 4321, "enough");
  must (expect_text, f->client, "bye"); /* it came before */
  assert_fails (nx_test_client_receive (f->client, e), NX_ERROR_DISCONNECTED,
                "A message was expected, but the connection ended with code 4321 (enough)");
  assert_fails (nx_test_client_send_text (f->client, "late", e), NX_ERROR_DISCONNECTED,
                "Nothing can be sent: the connection ended with code 4321 (enough)");
  assert_fails (
      nx_test_client_expect_close (f->client, 1000, "", e), NX_ERROR_INVALID_DATA,
      "Close code 1000 () was expected, but the connection ended with code 4321 (enough)");
  assert_fails (nx_test_client_ping (f->client, e), NX_ERROR_DISCONNECTED, "Nothing can be sent");
  assert_fails (nx_test_client_close (f->client, 1011, NULL, e), NX_ERROR_INVALID_DATA,
                "A client does not close with 1011");
}

/* -- Bad peers -- */

static void
test_raw (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) unmasked = g_bytes_new ("\x81\x01"
                                             "a",
                                             3);
  GBytes *halves[] = { g_bytes_new ("\x01\x81\0\0\0\0a", 7), g_bytes_new ("\x80\x81\0\0\0\0b", 7) };

  must (open, f->client, "/echo");
  must (send_text, f->client, "first");
  must (send_raw, f->client, halves[0]);
  must (send_raw, f->client, halves[1]);
  must (send_text, f->client, "third");
  must (send_raw, f->client, unmasked);
  must (expect_text, f->client, "first");
  must (expect_text, f->client, "ab");
  must (expect_text, f->client, "third");
  must (expect_close, f->client, NX_CLOSE_PROTOCOL_ERROR, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (halves); i++)
    g_clear_pointer (&halves[i], g_bytes_unref);
}

static void
test_vanishing (Fixture *f, gconstpointer data)
{
  must (open, f->client, "/echo");
  nx_test_client_cut (f->client);
  must (expect_close, f->client, NX_CLOSE_ABNORMAL, NULL);
  must (advance_time, f->client, 0);
  g_assert_cmpstr (f->log->str, ==, "[1006 ]");

  must (open, f->client, "/echo");
  nx_test_client_half_close (f->client);
  must (expect_close, f->client, NX_CLOSE_ABNORMAL, NULL);
  g_assert_cmpstr (f->log->str, ==, "[1006 ][1006 ]");

  must (open, f->client, "/echo");
  g_clear_object (&f->client);
  f->client = nx_test_client_new (f->app);
  must (advance_time, f->client, 0);
  g_assert_cmpstr (f->log->str, ==, "[1006 ][1006 ][1006 ]");

  /* In the middle of a handshake. */
  nx_test_client_set_timeout (f->client, 20);
  assert_fails (nx_test_client_open (f->client, "/think", e), NX_ERROR_TIMEOUT, "not answered yet");
  nx_test_client_cut (f->client);
  must (advance_time, f->client, 0);
  g_assert_cmpuint (g_list_model_get_n_items (nx_app_get_connections (f->app)), ==, 0);
}

static void
test_not_reading (Fixture *f, gconstpointer data)
{
  g_autofree char *big = g_strnfill (64 * 1024, 'x');

  must (open, f->client, "/echo");
  nx_test_client_stop_reading (f->client, 1000);
  for (guint i = 0; i < 4; i++)
    must (send_text, f->client, big);
  must (expect_nothing, f->client);
  nx_test_client_start_reading (f->client);
  for (guint i = 0; i < 4; i++)
    must (expect_text, f->client, big);

  /* The app's policy for slow peers. */
  g_object_set (f->app, "high-water-mark", (guint64) 128 * 1024, "low-water-mark", (guint64) 1024,
                NULL);
  must (close, f->client, 1000, NULL);
  must (open, f->client, "/echo");
  nx_test_client_stop_reading (f->client, 1000);
  for (guint i = 0; i < 8; i++)
    must (send_text, f->client, big);
  must (advance_time, f->client, 0);
  nx_test_client_start_reading (f->client);
  must (expect_close, f->client, NX_CLOSE_TRY_AGAIN_LATER, NULL);
}

static void
test_slow_line (Fixture *f, gconstpointer data)
{
  nx_test_client_set_chunk_size (f->client, 1);
  must (open, f->client, "/echo");
  must (send_text, f->client, "octet by octet");
  must (expect_text, f->client, "octet by octet");
  nx_test_client_set_chunk_size (f->client, 0);

  nx_test_client_freeze_time (f->client);
  nx_test_client_set_delay (f->client, 300);
  must (send_text, f->client, "later");
  must (advance_time, f->client, 280);
  must (expect_nothing, f->client);
  must (advance_time, f->client, 40);
  must (expect_text, f->client, "later");
}

/* -- Time -- */

static void
test_keepalive (Fixture *f, gconstpointer data)
{
  nx_test_client_freeze_time (f->client);
  must (open, f->client, "/echo");
  must (advance_time, f->client, 60 * 60 * 1000);
  g_assert_cmpuint (nx_test_client_get_n_pings (f->client), >=, 175);
  g_assert_cmpuint (nx_test_client_get_n_pings (f->client), <=, 180);
  g_assert_cmpint (nx_test_client_get_state (f->client), ==, NX_STATE_OPEN);

  /* One that is there and says nothing. */
  nx_test_client_stop_reading (f->client, G_MAXSIZE);
  must (advance_time, f->client, 15 * 1000);
  g_assert_cmpstr (f->log->str, ==, "");
  must (advance_time, f->client, 30 * 1000);
  g_assert_cmpstr (f->log->str, ==, "[1006 ]");
}

static void
test_deadlines (Fixture *f, gconstpointer data)
{
  nx_test_client_freeze_time (f->client);
  nx_test_client_set_timeout (f->client, 20);
  assert_fails (nx_test_client_open (f->client, "/think", e), NX_ERROR_TIMEOUT, "not answered yet");
  nx_test_client_set_timeout (f->client, 5000);
  must (advance_time, f->client, 29 * 1000);
  g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 0);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*was not decided in time*");
  must (advance_time, f->client, 2000);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 503);
}

/* To the millisecond, wherever the target falls between the ticks by which the app goes. */
static void
test_exact_deadlines (Fixture *f, gconstpointer data)
{
  nx_test_client_freeze_time (f->client);
  for (guint delay_ms = 1; delay_ms < 700; delay_ms += 1 + delay_ms / 8)
    {
      g_autofree char *path = NULL;

      g_object_set (f->app, "decision-timeout", delay_ms, NULL);
      nx_test_client_set_timeout (f->client, 1);
      assert_fails (nx_test_client_open (f->client, "/think", e), NX_ERROR_TIMEOUT,
                    "not answered yet");
      nx_test_client_set_timeout (f->client, 5000);
      must (advance_time, f->client, delay_ms - 1);
      g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 0);
      g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*was not decided in time*");
      must (advance_time, f->client, 1);
      g_test_assert_expected_messages ();
      g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 503);
    }
}

static void
note_cb (NxApp *app, gpointer word)
{
  char **log = g_object_get_data (G_OBJECT (app), "signals");
  char *longer = g_strconcat (*log, word, NULL);

  g_free (*log);
  *log = longer;
}

static void
stopped_cb (GObject *app, GAsyncResult *result, gpointer is_stopped)
{
  *(gboolean *) is_stopped = nx_app_stop_finish (NX_APP (app), result, NULL);
}

static void
test_drain (Fixture *f, gconstpointer data)
{
  g_autoptr (NxTestClient) deaf = nx_test_client_new (f->app);
  gboolean is_stopped = FALSE;

  nx_test_client_freeze_time (f->client);
  must (open, f->client, "/echo");
  must (open, deaf, "/echo");
  nx_test_client_stop_reading (deaf, 0);
  nx_app_stop_async (f->app, NULL, stopped_cb, &is_stopped);
  must (advance_time, f->client, 2000);
  must (expect_close, f->client, NX_CLOSE_GOING_AWAY, NULL);
  g_assert_false (is_stopped);
  must (advance_time, f->client, 60 * 1000);
  g_assert_true (is_stopped);
  nx_test_client_start_reading (deaf);
  must (expect_close, deaf, NX_CLOSE_ABNORMAL, NULL);
}

/* What a service makes in `started` is there for its tests as well, and is taken down again by a stop. */
static void
test_life_span (Fixture *f, gconstpointer data)
{
  g_autofree char *log = g_strdup ("");
  gboolean is_stopped = FALSE;
  GError *error = NULL;

  g_object_set_data (G_OBJECT (f->app), "signals", &log);
  g_signal_connect (f->app, "started", G_CALLBACK (note_cb), (gpointer) "started ");
  g_signal_connect (f->app, "stopping", G_CALLBACK (note_cb), (gpointer) "stopping ");
  g_signal_connect (f->app, "stopped", G_CALLBACK (note_cb), (gpointer) "stopped ");
  g_assert_cmpuint (nx_test_client_request (f->client, "GET", "/none", NULL, &error), ==, 404);
  g_assert_cmpstr (log, ==, "started ");
  must (open, f->client, "/echo");
  g_assert_cmpstr (log, ==, "started ");

  g_object_set (f->app, "drain-delay", 1000, NULL);
  nx_test_client_freeze_time (f->client);
  nx_app_stop_async (f->app, NULL, stopped_cb, &is_stopped);
  g_assert_cmpuint (nx_test_client_request (f->client, "GET", "/none", NULL, &error), ==, 404);
  must (advance_time, f->client, 1000);
  must (expect_close, f->client, NX_CLOSE_GOING_AWAY, NULL);
  must (advance_time, f->client, 1000);
  g_assert_true (is_stopped);
  g_assert_cmpstr (log, ==, "started stopping stopped ");

  /* As one that listens again. */
  must (open, f->client, "/echo");
  g_assert_cmpstr (log, ==, "started stopping stopped started ");
}

static void
meddle_cb (NxApp *app, gpointer client)
{
  GError *error = NULL;

  g_assert_true (nx_test_client_open (client, "/echo", &error));
  nx_app_stop_async (app, NULL, NULL, NULL);
}

/* Who is told that it started may use the client, and stop the app again. */
static void
test_started_meddles (Fixture *f, gconstpointer data)
{
  g_signal_connect (f->app, "started", G_CALLBACK (meddle_cb), f->client);
  assert_fails (nx_test_client_open (f->client, "/echo", e), NX_ERROR_INVALID_STATE, "not closed");
  must (expect_close, f->client, NX_CLOSE_GOING_AWAY, NULL);
  must (advance_time, f->client, 0); /* until the stop is over, which holds the app */
}

/* One that never started, and is stopped, is not started by who knocks meanwhile. */
static void
test_no_late_start (Fixture *f, gconstpointer data)
{
  g_autofree char *log = g_strdup ("");
  gboolean is_stopped = FALSE;

  g_object_set_data (G_OBJECT (f->app), "signals", &log);
  g_signal_connect (f->app, "started", G_CALLBACK (note_cb), (gpointer) "started ");
  g_object_set (f->app, "drain-delay", 1000, NULL);
  nx_test_client_freeze_time (f->client);
  nx_app_stop_async (f->app, NULL, stopped_cb, &is_stopped);
  must (open, f->client, "/echo");
  g_assert_cmpstr (log, ==, "");
  must (advance_time, f->client, 2000);
  g_assert_true (is_stopped);
  g_assert_cmpstr (log, ==, "");
}

/* A delay of minutes, without waiting for it. */
static void
test_drain_delay (Fixture *f, gconstpointer data)
{
  gboolean is_stopped = FALSE;
  GError *error = NULL;

  nx_app_serve_readiness (f->app, "/readyz", NULL);
  g_object_set (f->app, "drain-delay", 300 * 1000, NULL);
  nx_test_client_freeze_time (f->client);
  nx_app_stop_async (f->app, NULL, stopped_cb, &is_stopped);
  g_assert_cmpuint (nx_test_client_request (f->client, "GET", "/readyz", NULL, &error), ==, 503);
  must (open, f->client, "/echo");
  must (advance_time, f->client, 299 * 1000);
  must (expect_nothing, f->client);
  must (advance_time, f->client, 2 * 1000);
  must (expect_close, f->client, NX_CLOSE_GOING_AWAY, NULL);
  must (advance_time, f->client, 1000);
  g_assert_true (is_stopped);
}

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
#define ADD(path, func) g_test_add ("/test-client/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("exchange", test_exchange);
  ADD ("handshake", test_handshake);
  ADD ("transports", test_transports);
  ADD ("addresses", test_addresses);
  ADD ("compression", test_compression);
  ADD ("refusal", test_refusal);
  ADD ("http", test_http);
  ADD ("several", test_several);
  ADD ("timeouts", test_timeouts);
  ADD ("wrong-messages", test_wrong_messages);
  ADD ("app-closes", test_app_closes);
  ADD ("raw", test_raw);
  ADD ("vanishing", test_vanishing);
  ADD ("not-reading", test_not_reading);
  ADD ("slow-line", test_slow_line);
  ADD ("keepalive", test_keepalive);
  ADD ("deadlines", test_deadlines);
  ADD ("exact-deadlines", test_exact_deadlines);
  ADD ("life-span", test_life_span);
  ADD ("no-late-start", test_no_late_start);
  ADD ("started-meddles", test_started_meddles);
  ADD ("drain", test_drain);
  ADD ("drain-delay", test_drain_delay);
  ADD ("async", test_async);
  ADD ("cancelling", test_cancelling);
  ADD ("cut-while-opening", test_cut_while_opening);
  ADD ("threads", test_threads);
  ADD ("sync-in-async", test_sync_in_async);
  ADD ("in-handler", test_in_handler);
  ADD ("busy-loop", test_busy_loop);
  return g_test_run ();
}
