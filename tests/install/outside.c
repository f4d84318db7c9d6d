/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program that knows nothing of the source tree: a service, and libsoup's client that talks to it. */
#include <nexws.h>

static void
echo_message (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  nx_web_socket_send_message (ws, message, NULL);
}

static void
echo (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (echo_message), NULL);
  nx_web_socket_accept (ws, error);
}

static void
answered_cb (SoupWebsocketConnection *connection, int type, GBytes *message, gpointer loop)
{
  g_print ("%s\n", (const char *) g_bytes_get_data (message, NULL));
  g_main_loop_quit (loop);
}

static void
connected_cb (GObject *session, GAsyncResult *result, gpointer loop)
{
  g_autoptr (GError) error = NULL;
  SoupWebsocketConnection *connection =
      soup_session_websocket_connect_finish (SOUP_SESSION (session), result, &error);

  g_assert_no_error (error);
  g_signal_connect (connection, "message", G_CALLBACK (answered_cb), loop);
  soup_websocket_connection_send_text (connection, "from outside");
}

int
main (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) request = NULL;
  g_autofree char *uri = NULL;
  GList *uris;

  g_assert_true (NX_CHECK_VERSION (0, 1, 0));
  nx_router_add_route (NX_ROUTER (app), "/{any}", echo, NULL, NULL, NULL);
  g_assert_true (nx_app_listen (app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  uris = nx_app_get_uris (app);
  uri = g_uri_to_string (uris->data);
  g_list_free_full (uris, (GDestroyNotify) g_uri_unref);

  request = soup_message_new ("GET", uri);
  {
    g_autofree char *whole = g_strconcat (uri, "x", NULL);
    g_autoptr (GUri) parsed = g_uri_parse (whole, SOUP_HTTP_URI_FLAGS, NULL);

    soup_message_set_uri (request, parsed);
  }
  soup_session_websocket_connect_async (session, request, NULL, NULL, G_PRIORITY_DEFAULT, NULL,
                                        connected_cb, loop);
  g_main_loop_run (loop);
  return 0;
}
