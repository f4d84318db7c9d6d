/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an orchestrator asks: /healthz is whether the process is alive, /readyz whether clients may be sent to it. */
#include <nexws.h>

static void
greet (NxWebSocket *ws, gpointer data, GError **error)
{
  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, "Hello", error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  nx_app_serve_health (app, "/healthz", NULL);
  nx_app_serve_readiness (app, "/readyz", NULL);
  nx_router_add_route (NX_ROUTER (app), "/ws", greet, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
