/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What happens to who sends more than ten messages at once, and one every 50 ms in the long run: at /slow/ws the rest waits in the
 * client's own socket, at /lossy/ws it is dropped, at /strict/ws the connection is closed.
 */
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
add (NxApp *app, const char *prefix, double messages_per_second, NxLimitOutcome outcome)
{
  g_autoptr (NxRouter) router = nx_router_new ();
  g_autoptr (NxRateLimiter) limiter = nx_rate_limiter_new (messages_per_second, outcome);

  g_object_set (limiter, "message-burst", 10.0, NULL);
  nx_router_add_middleware (router, NX_MIDDLEWARE (limiter));
  nx_router_add_route (router, "/ws", echo, NULL, NULL, NULL);
  nx_router_mount (NX_ROUTER (app), prefix, router, NULL);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  add (app, "/slow", 20, NX_LIMIT_SLOW_DOWN);
  add (app, "/lossy", 0.1, NX_LIMIT_DROP);
  add (app, "/strict", 0.1, NX_LIMIT_CLOSE);
  return nx_app_run (app, argc, argv);
}
