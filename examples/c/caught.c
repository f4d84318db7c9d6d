/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An error that the handler deals with by itself, and tells its peer: an empty message is none. */
#include <nexws.h>

static gboolean
answer (NxWebSocket *ws, const char *text, GError **error)
{
  g_autofree char *received = g_strdup_printf ("Received: %s", text);

  if (*text == '\0')
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           "Empty messages are not allowed");
      return FALSE;
    }
  return nx_web_socket_send_text (ws, received, error);
}

static void
apologise (NxWebSocket *ws, GError *error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_object_set_string_member (object, "error", error->message);
  json_node_set_object (node, object);
  nx_web_socket_send_json (ws, node, NULL);
  nx_web_socket_close (ws, NX_CLOSE_INTERNAL_ERROR, "Server error", NULL);
}

static void
received_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxWebSocket *ws = NX_WEB_SOCKET (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = nx_web_socket_receive_text_finish (ws, result, &error);

  if (text != NULL && answer (ws, text, &error))
    {
      nx_web_socket_receive_text_async (ws, NULL, received_cb, NULL);
      return;
    }
  if (g_error_matches (error, NX_ERROR, NX_ERROR_DISCONNECTED))
    g_print ("Client disconnected\n");
  else
    apologise (ws, error);
  /* What has been dealt with is nobody else's: no error is handed on. */
  nx_web_socket_end_handler (ws, NULL);
}

static void
endpoint (NxWebSocket *ws, gpointer data, GError **error)
{
  if (!nx_web_socket_accept (ws, error))
    return;
  nx_web_socket_begin_handler (ws);
  nx_web_socket_receive_text_async (ws, NULL, received_cb, NULL);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  nx_router_add_route (NX_ROUTER (app), "/ws", endpoint, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
