/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Authentication by a token in the query: /ws?token=secret. At /ws a wrong one is refused with HTTP 403, before there is a
 * WebSocket; at /ws/polite it is told with close code 1008, which, unlike a status, a browser's script can read.
 */
#include <nexws.h>

static gboolean
has_token (NxWebSocket *ws)
{
  const char *expected = g_getenv ("TOKEN");

  return g_strcmp0 (nx_web_socket_get_query_param (ws, "token"),
                    expected != NULL ? expected : "secret")
         == 0;
}

static void
received_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  nx_web_socket_send_message (ws, message, NULL);
}

static void
welcome (NxWebSocket *ws, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (received_cb), NULL);
  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, "Authenticated", error);
}

static void
strict (NxWebSocket *ws, gpointer data, GError **error)
{
  if (has_token (ws))
    welcome (ws, error);
  else
    nx_web_socket_reject (ws, 403, "Unauthorized\n", error);
}

static void
polite (NxWebSocket *ws, gpointer data, GError **error)
{
  if (has_token (ws))
    welcome (ws, error);
  else
    nx_web_socket_accept_and_close (ws, NX_CLOSE_POLICY_VIOLATION, "Unauthorized", error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  nx_router_add_route (NX_ROUTER (app), "/ws", strict, NULL, NULL, NULL);
  nx_router_add_route (NX_ROUTER (app), "/ws/polite", polite, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
