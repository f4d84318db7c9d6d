/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A WebSocket and the page that uses it, from one port: the files of $DIRECTORY (or the current one) at /, the echo at /ws. */
#include <nexws.h>

static void
received_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  nx_web_socket_send_message (ws, message, NULL);
}

static void
echo (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (received_cb), NULL);
  nx_web_socket_accept (ws, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (GError) error = NULL;
  const char *directory = g_getenv ("DIRECTORY");

  if (nx_app_serve_directory (app, "/", directory != NULL ? directory : ".", &error) == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  nx_router_add_route (NX_ROUTER (app), "/ws", echo, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
