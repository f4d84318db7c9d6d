/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Routers and middleware combined: everything is logged; what is below /admin wants a token, and tells its handler whose it
 * is; /public wants nothing.
 */
#include <nexws.h>

static NxVerdict
log_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  g_print ("%s\n", nx_web_socket_get_path (ws));
  return NX_VERDICT_PASS;
}

static NxVerdict
check_token_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  const char *token = nx_web_socket_get_query_param (ws, "token");

  if (g_strcmp0 (token, "secret") != 0)
    {
      nx_web_socket_reject (ws, 401, "A token is wanted\n", NULL);
      return NX_VERDICT_REFUSE;
    }
  g_object_set_data (G_OBJECT (ws), "user", (gpointer) "admin");
  return NX_VERDICT_PASS;
}

static void
greet (NxWebSocket *ws, gpointer data, GError **error)
{
  const char *user = g_object_get_data (G_OBJECT (ws), "user");
  g_autofree char *greeting = g_strdup_printf ("Hello, %s", user != NULL ? user : "stranger");

  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, greeting, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxRouter) admin = nx_router_new ();

  g_signal_connect (app, "middleware", G_CALLBACK (log_cb), NULL);
  g_signal_connect (admin, "middleware", G_CALLBACK (check_token_cb), NULL);
  nx_router_add_route (admin, "/status", greet, NULL, NULL, NULL);
  nx_router_mount (NX_ROUTER (app), "/admin", admin, NULL);
  nx_router_add_route (NX_ROUTER (app), "/public", greet, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
