/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An echo that logs: a line for every connection when it is over, the refused ones as well. */
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

static void
closed (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_reject (ws, 403, "We are closed\n", error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxRequestLog) log = nx_request_log_new ();

  nx_router_add_middleware (NX_ROUTER (app), NX_MIDDLEWARE (log));
  nx_router_add_route (NX_ROUTER (app), "/ws", echo, NULL, NULL, NULL);
  nx_router_add_route (NX_ROUTER (app), "/closed", closed, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
