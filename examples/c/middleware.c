/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Middleware: handlers that look at every handshake before its route does. One logs, one counts and adds a header, one
 * takes its time, as a look-up in a database would.
 */
#include <nexws.h>

static NxVerdict
log_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  g_print ("%s asks for %s\n", nx_web_socket_get_id (ws), nx_web_socket_get_path (ws));
  return NX_VERDICT_PASS;
}

static NxVerdict
count_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  guint *n_visits = data;
  g_autofree char *text = g_strdup_printf ("%u", ++*n_visits);

  nx_web_socket_set_response_header (ws, "X-Visit", text, NULL);
  return NX_VERDICT_PASS;
}

static gboolean
looked_up_cb (gpointer data)
{
  g_autoptr (NxWebSocket) ws = data;

  if (nx_web_socket_get_query_param (ws, "banned") != NULL)
    nx_web_socket_reject (ws, 403, "You are banned\n", NULL);
  else
    nx_web_socket_proceed (ws);
  return G_SOURCE_REMOVE;
}

static NxVerdict
look_up_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  nx_web_socket_defer (ws);
  g_timeout_add (50, looked_up_cb, g_object_ref (ws));
  return NX_VERDICT_PASS;
}

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

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  guint n_visits = 0;

  g_signal_connect (app, "middleware", G_CALLBACK (log_cb), NULL);
  g_signal_connect (app, "middleware", G_CALLBACK (count_cb), &n_visits);
  g_signal_connect (app, "middleware", G_CALLBACK (look_up_cb), NULL);
  nx_router_add_route (NX_ROUTER (app), "/ws", echo, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
