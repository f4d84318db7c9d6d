/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client that users test their apps with: what it can do, and what it says when a test fails. */
#include <nexws.h>

#include <string.h>

typedef struct
{
  NxApp *app;
  NxTestClient *client;
  GString *log; /* what the app's side saw */
} Fixture;

/* The test fails at once, with the client's own sentence. */
#define assert_done(call)                                                                          \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (GError) error_ = NULL;                                                              \
    GError **error = &error_;                                                                      \
    gboolean is_done_ = call;                                                                      \
    g_assert_no_error (error_);                                                                    \
    g_assert_true (is_done_);                                                                      \
  }                                                                                                \
  G_STMT_END

#define assert_fails(call, code, part)                                                             \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (GError) error_ = NULL;                                                              \
    GError **error = &error_;                                                                      \
    g_assert_false (call);                                                                         \
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
  f->client = nx_test_client_new (f->app);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_object (&f->client);
  g_assert_finalize_object (f->app);
  while (g_main_context_iteration (NULL, FALSE))
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

  assert_done (nx_test_client_open (f->client, "/echo", error));
  g_assert_cmpint (nx_test_client_get_state (f->client), ==, NX_STATE_OPEN);
  g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 101);

  assert_done (nx_test_client_send_text (f->client, "grüße", error));
  assert_done (nx_test_client_expect_text (f->client, "grüße", error));
  assert_done (nx_test_client_send_bytes (f->client, octets, error));
  got = nx_test_client_receive_bytes (f->client, NULL);
  g_assert_true (g_bytes_equal (got, octets));
  assert_done (nx_test_client_send_json (f->client, node, error));
  got_node = nx_test_client_receive_json (f->client, NULL);
  g_assert_true (json_node_equal (got_node, node));
  message = nx_message_new_text ("", 0);
  assert_done (nx_test_client_send_message (f->client, message, error));
  assert_done (nx_test_client_expect_text (f->client, "", error));
  assert_done (nx_test_client_ping (f->client, error));
  assert_done (nx_test_client_expect_nothing (f->client, error));

  assert_done (nx_test_client_close (f->client, 3000, "done", error));
  assert_done (nx_test_client_expect_close (f->client, 3000, NULL, error));
  assert_done (nx_test_client_advance_time (f->client, 0, error));
  g_assert_cmpstr (f->log->str, ==, "[3000 done]");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add ("/test-client/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("exchange", test_exchange);
  return g_test_run ();
}
