/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A router with middleware of its own: /ws/chat wants to know a token, /ws/public/notifications does not. */
#include <nexws.h>

static void
ends_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  g_print ("%s ends\n", nx_web_socket_get_path (ws));
}

static NxVerdict
log_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  g_print ("%s begins\n", nx_web_socket_get_path (ws));
  g_signal_connect (ws, "closed", G_CALLBACK (ends_cb), NULL);
  return NX_VERDICT_PASS;
}

static NxVerdict
auth_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  if (g_strcmp0 (nx_web_socket_get_query_param (ws, "token"), "secret") == 0)
    return NX_VERDICT_PASS;
  nx_web_socket_accept_and_close (ws, NX_CLOSE_POLICY_VIOLATION, "Unauthorized", NULL);
  return NX_VERDICT_REFUSE;
}

static void
said_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  const char *text = nx_message_get_text (message);
  g_autofree char *answer = text != NULL ? g_strdup_printf ("You said: %s", text) : NULL;

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

static void
notify (NxWebSocket *ws, gpointer data, GError **error)
{
  if (nx_web_socket_accept (ws, error)
      && nx_web_socket_send_text (ws, "You have no new notifications", error))
    nx_web_socket_close (ws, NX_CLOSE_NORMAL, NULL, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxRouter) router = nx_router_new ();
  g_autoptr (NxRouter) chat_router = nx_router_new ();

  g_signal_connect (app, "middleware", G_CALLBACK (log_cb), NULL);
  g_signal_connect (chat_router, "middleware", G_CALLBACK (auth_cb), NULL);
  nx_router_add_route (chat_router, "/chat", chat, NULL, NULL, NULL);
  nx_router_mount (router, "/", chat_router, NULL);
  nx_router_add_route (router, "/public/notifications", notify, NULL, NULL, NULL);
  nx_router_mount (NX_ROUTER (app), "/ws", router, NULL);
  return nx_app_run (app, argc, argv);
}
