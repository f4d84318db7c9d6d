/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A controller that takes its messages by itself: a receive that waits comes before on_receive. One serves all connections. */
#include <nexws.h>

#define CHAT_TYPE_ENDPOINT (chat_endpoint_get_type ())
G_DECLARE_FINAL_TYPE (ChatEndpoint, chat_endpoint, CHAT, ENDPOINT, NxController)

struct _ChatEndpoint
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (ChatEndpoint, chat_endpoint, NX_TYPE_CONTROLLER)

static void
received_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxWebSocket *ws = NX_WEB_SOCKET (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = nx_web_socket_receive_text_finish (ws, result, &error);
  g_autofree char *answer = text != NULL ? g_strdup_printf ("You said: %s", text) : NULL;

  if (answer != NULL && nx_web_socket_send_text (ws, answer, &error))
    nx_web_socket_receive_text_async (ws, NULL, received_cb, NULL);
  else /* The end of the connection is none of a handler's errors; anything else goes to on_error. */
    nx_web_socket_end_handler (ws, error);
}

static void
chat_endpoint_on_connect (NxController *controller, NxWebSocket *ws, GError **error)
{
  if (!nx_web_socket_accept (ws, error))
    return;
  g_print ("Client connected\n");
  nx_web_socket_begin_handler (ws);
  nx_web_socket_receive_text_async (ws, NULL, received_cb, NULL);
}

static void
chat_endpoint_on_disconnect (NxController *controller,
                             NxWebSocket *ws,
                             guint code,
                             const char *reason)
{
  g_print ("Client disconnected with code %u\n", code);
}

static void
chat_endpoint_class_init (ChatEndpointClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_connect = chat_endpoint_on_connect;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = chat_endpoint_on_disconnect;
}

static void
chat_endpoint_init (ChatEndpoint *self)
{
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxController) controller = g_object_new (CHAT_TYPE_ENDPOINT, NULL);

  nx_router_add_controller (NX_ROUTER (app), "/", controller, NULL);
  return nx_app_run (app, argc, argv);
}
