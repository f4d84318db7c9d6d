/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "visited.h"

#include <unistd.h>

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

void
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

void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_object (&f->client);
  g_assert_finalize_object (f->app);
  while (g_main_context_iteration (g_main_context_get_thread_default (), FALSE))
    ;
  g_string_free (f->log, TRUE);
}
