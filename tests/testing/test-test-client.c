/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client that users test their apps with: what it can do, and what it says when a test fails. */
#include "visited.h"

#include <unistd.h>

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
  assert_fails (nx_test_client_send_text (f->client, "\xff", e), NX_ERROR_INVALID_ARGUMENT,
                "UTF-8");
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
  assert_fails (nx_test_client_close (f->client, 1011, NULL, e), NX_ERROR_INVALID_ARGUMENT,
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
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
  return g_test_run ();
}
