/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routers in routers: /ws/chat/{room} and /ws/notifications, each from a router of its own. */
#include <nexws.h>

static void
said_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  const char *room = nx_web_socket_get_path_param (ws, "room");
  const char *text = nx_message_get_text (message);
  g_autofree char *answer = text != NULL ? g_strdup_printf ("[%s] %s", room, text) : NULL;

  if (answer != NULL)
    nx_web_socket_send_text (ws, answer, NULL);
  else
    nx_web_socket_close (ws, NX_CLOSE_UNSUPPORTED_DATA, "Text expected", NULL);
}

static void
chat (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (said_cb), NULL);
  nx_web_socket_accept (ws, error);
}

/* Here only the service speaks: what it does not want to hear it has to take all the same, or nothing more would be read. */
static void
unheard_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
}

static void
notify (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (unheard_cb), NULL);
  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, "You have no new notifications", error);
}

static NxRouter *
make_chat_router (void)
{
  NxRouter *router = nx_router_new ();

  nx_router_add_route (router, "/{room}", chat, NULL, NULL, NULL);
  return router;
}

static NxRouter *
make_ws_router (void)
{
  NxRouter *router = nx_router_new ();
  g_autoptr (NxRouter) chat_router = make_chat_router ();
  g_autoptr (NxRouter) notifications = nx_router_new ();

  nx_router_add_route (notifications, "/notifications", notify, NULL, NULL, NULL);
  nx_router_mount (router, "/chat", chat_router, NULL);
  nx_router_mount (router, "/", notifications, NULL);
  return router;
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxRouter) router = make_ws_router ();

  nx_router_mount (NX_ROUTER (app), "/ws", router, NULL);
  return nx_app_run (app, argc, argv);
}
