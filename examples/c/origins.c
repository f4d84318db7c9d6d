/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which pages may connect: the public part to those of any site, /admin to those of https://admin.example.org alone. The app lets
 * in what any of its routers wants; the filter narrows one of them down.
 */
#include <nexws.h>

static void
greet (NxWebSocket *ws, gpointer data, GError **error)
{
  const char *origin = nx_web_socket_get_origin (ws);
  g_autofree char *text = g_strdup_printf ("Hello, %s", origin != NULL ? origin : "no browser");

  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, text, error);
}

int
main (int argc, char **argv)
{
  const char *const any[] = { "*", NULL };
  const char *const ours[] = { "https://admin.example.org", NULL };
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxRouter) admin = nx_router_new ();
  g_autoptr (NxOriginFilter) filter = nx_origin_filter_new (ours);

  g_object_set (app, "allowed-origins", any, NULL);
  nx_router_add_route (NX_ROUTER (app), "/public", greet, NULL, NULL, NULL);
  nx_router_add_route (admin, "/ws", greet, NULL, NULL, NULL);
  nx_router_add_middleware (admin, NX_MIDDLEWARE (filter));
  nx_router_mount (NX_ROUTER (app), "/admin", admin, NULL);
  return nx_app_run (app, argc, argv);
}
