/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an echo cannot show:
 *
 *   /subprotocol   chooses "v2.chat" where it is offered
 *   /ping          answers each message with "pong", once the client has answered a ping
 *   /close         closes with 4321 and "that is all" at the first message
 *   /listen        notes with which code and reason the client closes
 *   /noted         tells what was noted, as CODE:REASON
 *   /forbidden     403
 */
#include <nexws.h>
#include <string.h>

static char *noted;

static void
subprotocol (NxWebSocket *ws, gpointer data, GError **error)
{
  const char *const *offered = nx_web_socket_get_offered_subprotocols (ws);

  if (offered != NULL && g_strv_contains (offered, "v2.chat")
      && !nx_web_socket_set_subprotocol (ws, "v2.chat", error))
    return;
  nx_web_socket_accept (ws, error);
}

static void
pong_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxWebSocket *ws = NX_WEB_SOCKET (source);

  if (nx_web_socket_ping_finish (ws, result, NULL) >= 0)
    nx_web_socket_send_text (ws, "pong", NULL);
}

static void
ping_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  nx_web_socket_ping_async (ws, NULL, pong_cb, NULL);
}

static void
ping (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (ping_cb), NULL);
  nx_web_socket_accept (ws, error);
}

static void
close_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  nx_web_socket_close (ws, 4321, "that is all", NULL);
}

static void
closes (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (close_cb), NULL);
  nx_web_socket_accept (ws, error);
}

static void
note_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  g_free (noted);
  noted = g_strdup_printf ("%u:%s", code, reason != NULL ? reason : "");
}

static void
listens (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "closed", G_CALLBACK (note_cb), NULL);
  nx_web_socket_accept (ws, error);
}

static void
tells (NxWebSocket *ws, gpointer data, GError **error)
{
  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, noted != NULL ? noted : "", error);
}

static void
forbids (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_reject (ws, 403, NULL, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  const struct
  {
    const char *path;
    NxRouteFunc func;
  } routes[] = {
    { "/subprotocol", subprotocol }, { "/ping", ping },   { "/close", closes },
    { "/listen", listens },          { "/noted", tells }, { "/forbidden", forbids },
  };

  for (guint i = 0; i < G_N_ELEMENTS (routes); i++)
    nx_router_add_route (NX_ROUTER (app), routes[i].path, routes[i].func, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
