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

/* Where a browser on this machine finds the page; NULL when it listens on a unix socket only. */
static char *
dup_page_address (NxApp *app)
{
  GList *uris = nx_app_get_uris (app);
  char *address = NULL;

  for (GList *l = uris; l != NULL && address == NULL; l = l->next)
    {
      const char *host = g_uri_get_host (l->data);
      gboolean is_secure = g_str_has_prefix (g_uri_get_scheme (l->data), "wss");
      g_autofree char *authority = NULL;

      if (host == NULL)
        continue;
      if (g_str_equal (host, "0.0.0.0") || g_str_equal (host, "::"))
        host = "localhost";
      authority = g_strdup_printf (strchr (host, ':') != NULL ? "[%s]" : "%s", host);
      address = g_strdup_printf ("%s://%s:%d/", is_secure ? "https" : "http", authority,
                                 g_uri_get_port (l->data));
    }
  g_list_free_full (uris, (GDestroyNotify) g_uri_unref);
  return address;
}

/* The loop's first turn: it listens, and has said so. */
static gboolean
running_cb (gpointer app)
{
  g_autofree char *address = dup_page_address (app);
  guint worker;

  /* One of several says it for all. */
  g_object_get (app, "worker-number", &worker, NULL);
  if (address != NULL && worker <= 1)
    g_print ("nexws: open %s\n", address);
  return G_SOURCE_REMOVE;
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (ChatRooms) rooms = chat_rooms_new ();

  g_object_set (app, "max-message-size", (guint64) MAX_MESSAGE_SIZE, NULL);
  nx_router_add_controller_factory (NX_ROUTER (app), "/ws/{room}", make_controller,
                                    g_object_ref (rooms), g_object_unref, NULL);
  chat_page_serve (nx_app_get_server (app));
  g_idle_add (running_cb, app);
  return nx_app_run (app, argc, argv);
}
