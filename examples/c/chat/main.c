/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A chat: the page and its WebSocket, /ws/{room}, out of one process and one port. */
#include "chat-controller.h"
#include "chat-page.h"

/* The longest text, when each of its characters is escaped, and what is around it. */
#define MAX_MESSAGE_SIZE (32 * 1024)

static NxController *
make_controller (NxWebSocket *ws, gpointer rooms, GError **error)
{
  return chat_controller_new (rooms);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (ChatRooms) rooms = chat_rooms_new ();

  g_object_set (app, "max-message-size", (guint64) MAX_MESSAGE_SIZE, "page", "/", NULL);
  nx_router_add_controller_factory (NX_ROUTER (app), "/ws/{room}", make_controller,
                                    g_object_ref (rooms), g_object_unref, NULL);
  chat_page_serve (nx_app_get_server (app));
  return nx_app_run (app, argc, argv);
}
