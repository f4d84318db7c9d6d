/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * For the processes of this user alone: run with `--unix PATH`, where the kernel says who is at the other end, so that there is
 * nothing to log in with.
 */
#include <nexws.h>

static void
greet (NxWebSocket *ws, gpointer data, GError **error)
{
  GCredentials *credentials = nx_web_socket_get_credentials (ws);
  guint uid = g_credentials_get_unix_user (credentials, NULL);
  g_autofree char *text = g_strdup_printf ("Hello, user %u", uid);

  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, text, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxCredentialsFilter) filter = nx_credentials_filter_new ();

  nx_router_add_middleware (NX_ROUTER (app), NX_MIDDLEWARE (filter));
  nx_router_add_route (NX_ROUTER (app), "/ws", greet, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
