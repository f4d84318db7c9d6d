/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plain HTTP on the same port: served, one request a connection, and no way to hold a connection for ever. */
#include "hostile.h"

#include <string.h>

static void
hello (SoupServer *server,
       SoupServerMessage *message,
       const char *path,
       GHashTable *query,
       gpointer data)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  note (data, "%s:%u%s", soup_server_message_get_method (message), (guint) body->length,
        soup_message_headers_get_one (headers, "Range") != NULL ? ":range" : "");
  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, "hello", 5);
}

static void
serve_hello (Fixture *f)
{
  soup_server_add_handler (nx_app_get_server (f->app), "/hello", hello, f, NULL);
  serve_echo (f);
}

static void
test_get (Fixture *f)
{
  Client *client;

  serve_hello (f);
  client = say (f, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 200);
  client_expect_end (client);
  g_assert_true (client_head_has (client, "Connection: close\r\n"));
  g_assert_cmpstr (get_body (client), ==, "hello");
  client_open (f, "/");
  assert_log (f, "GET:0 connect");
}

/* Asking to keep the connection does not keep it. */
static void
test_keep_alive (Fixture *f)
{
  Client *client;

  serve_hello (f);
  client = say (f, "GET /hello HTTP/1.1\r\n" HOST "Connection: keep-alive\r\n\r\n"
                   "GET /hello HTTP/1.1\r\n" HOST "\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 200);
  client_expect_end (client);
  g_assert_true (client_head_has (client, "Connection: close\r\n"));
  g_assert_cmpstr (get_body (client), ==, "hello");
  assert_log (f, "GET:0");
}

static void
test_head (Fixture *f)
{
  Client *client;

  serve_hello (f);
  client = say (f, "HEAD /hello HTTP/1.1\r\n" HOST "\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 200);
  client_expect_end (client);
  g_assert_true (client_head_has (client, "Content-Length: 5\r\n"));
  g_assert_cmpstr (get_body (client), ==, "");
}

static void
test_fin_behind_the_request (Fixture *f)
{
  Client *client;

  serve_hello (f);
  client = say (f, "GET /hello HTTP/1.1\r\n" HOST "\r\n");
  client_shutdown (client);
  g_assert_cmpuint (client_wait_status (client), ==, 200);
  client_expect_end (client);
  g_assert_cmpstr (get_body (client), ==, "hello");
}

/* libsoup makes megabytes of a few octets when it is asked for thousands of ranges. */
static void
test_ranges (Fixture *f)
{
  Client *client;

  serve_hello (f);
  client = say (f, "GET /hello HTTP/1.1\r\n" HOST "Range: bytes=0-0,1-1,2-2,-100\r\n\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 200);
  client_expect_end (client);
  g_assert_cmpstr (get_body (client), ==, "hello");
  assert_log (f, "GET:0");
}

/* -- Bodies -- */

static Client *
post (Fixture *f, guint length)
{
  g_autofree char *head =
      g_strdup_printf ("POST /hello HTTP/1.1\r\n" HOST "Content-Length: %u\r\n\r\n", length);

  serve_hello (f);
  return say (f, head);
}

static void
test_body_in_pieces (Fixture *f)
{
  Client *client = post (f, 20);

  for (guint i = 0; i < 20; i++)
    {
      pass_time (f, 1000);
      client_send_raw (client, "x", 1);
    }
  g_assert_cmpuint (client_wait_status (client), ==, 200);
  assert_log (f, "POST:20");
}

/* Each octet does not buy more time. */
static void
test_dripping_body (Fixture *f)
{
  Client *client = post (f, 1000);
  guint seconds = 0;

  for (; seconds < 100 && !client->is_ended; seconds++)
    {
      client_send_raw (client, "x", 1);
      pass_time (f, 1000);
    }
  g_assert_cmpuint (seconds, >=, 30);
  g_assert_cmpuint (seconds, <=, 32);
  assert_log (f, "");
}

static void
test_body_cut (Fixture *f)
{
  Client *client = post (f, 1000);

  client_send_raw (client, "x", 1);
  settle (f);
  client_shutdown (client);
  client_expect_end (client);
  assert_log (f, "");
}

/* What is behind the body belongs to nobody. */
static void
test_more_than_the_body (Fixture *f)
{
  const char *octets = "xxGET /hello HTTP/1.1\r\n" HOST "\r\n";
  Client *client = post (f, 2);

  client_send_raw (client, octets, strlen (octets));
  g_assert_cmpuint (client_wait_status (client), ==, 200);
  client_expect_end (client);
  g_assert_cmpstr (get_body (client), ==, "hello");
  assert_log (f, "POST:2");
}

/* -- Answers -- */

static void
big (SoupServer *server,
     SoupServerMessage *message,
     const char *path,
     GHashTable *query,
     gpointer data)
{
  gsize size = 32 * 1024 * 1024;

  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_TAKE, g_malloc0 (size),
                                    size);
}

static void
aborted_cb (SoupServer *server, SoupServerMessage *message, gpointer data)
{
  note (data, "aborted");
}

static Client *
get_big (Fixture *f, gboolean reading)
{
  SoupServer *server = nx_app_get_server (f->app);
  Client *client;

  soup_server_add_handler (server, "/big", big, f, NULL);
  g_signal_connect (server, "request-aborted", G_CALLBACK (aborted_cb), f);
  client = client_connect (f);
  client_set_reading (client, reading);
  client_send_raw (client, "GET /big HTTP/1.1\r\n" HOST "\r\n",
                   strlen ("GET /big HTTP/1.1\r\n" HOST "\r\n"));
  return client;
}

static void
test_big_answer (Fixture *f)
{
  Client *client = get_big (f, TRUE);

  client_expect_end (client);
  g_assert_cmpuint (client->head->len, >, 32 * 1024 * 1024);
  assert_log (f, "");
}

static void
test_answer_that_nobody_reads (Fixture *f)
{
  get_big (f, FALSE);
  pass_time (f, 29 * 1000);
  assert_log (f, "");
  pass_time (f, 2 * 1000);
  wait_until (f, f->log->len > 0);
  assert_log (f, "aborted");
}

/* -- Authentication -- */

static gboolean
check_password (SoupAuthDomain *domain,
                SoupServerMessage *message,
                const char *user,
                const char *password,
                gpointer data)
{
  return strcmp (user, "anna") == 0 && strcmp (password, "secret") == 0;
}

/* What guards plain HTTP guards a handshake: `anna:secret`. */
static void
test_auth_domain (Fixture *f)
{
  SoupServer *server = nx_app_get_server (f->app);
  g_autoptr (SoupAuthDomain) domain = soup_auth_domain_basic_new (
      "realm", "nexws", "auth-callback", check_password, "auth-data", NULL, NULL);
  Client *client;

  soup_auth_domain_add_path (domain, "/");
  soup_server_add_auth_domain (server, domain);
  serve_echo (f);

  client = client_new (f, "/", "");
  g_assert_cmpuint (client_wait_status (client), ==, 401);
  client_expect_end (client);
  client = client_new (f, "/", "Authorization: Basic YW5uYTp3cm9uZw==\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 401);
  client_expect_end (client);
  assert_log (f, "");
  client = client_new (f, "/", "Authorization: Basic YW5uYTpzZWNyZXQ=\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  client_send_text (client, "hello");
  client_expect_text (client, "hello");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/http/get", test_get);
  ADD_SCENARIO ("/http/keep-alive-is-refused", test_keep_alive);
  ADD_SCENARIO ("/http/head", test_head);
  ADD_SCENARIO ("/http/fin-behind-the-request", test_fin_behind_the_request);
  ADD_SCENARIO ("/http/ranges", test_ranges);
  ADD_SCENARIO ("/http/body-in-pieces", test_body_in_pieces);
  ADD_SCENARIO ("/http/dripping-body", test_dripping_body);
  ADD_SCENARIO ("/http/body-cut", test_body_cut);
  ADD_SCENARIO ("/http/more-than-the-body", test_more_than_the_body);
  ADD_SCENARIO ("/http/big-answer", test_big_answer);
  ADD_SCENARIO ("/http/answer-that-nobody-reads", test_answer_that_nobody_reads);
  ADD_SCENARIO ("/http/auth-domain", test_auth_domain);
  return g_test_run ();
}
