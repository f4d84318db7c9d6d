/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The basic endpoint as a loop that receives by itself: what comes to /ws is answered, and then the next is received. */
#include <nexws.h>

static void received_cb (GObject *source, GAsyncResult *result, gpointer data);

static void
receive_next (NxWebSocket *ws)
{
  nx_web_socket_receive_text_async (ws, NULL, received_cb, NULL);
}

/* It has gone, or sent what is no text. Which of them, decides how the connection ends. */
static void
finish (NxWebSocket *ws, GError *error)
{
  if (g_error_matches (error, NX_ERROR, NX_ERROR_DISCONNECTED))
    g_print ("Client disconnected with code %u\n", nx_web_socket_get_close_code (ws));
  nx_web_socket_end_handler (ws, error);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxWebSocket *ws = NX_WEB_SOCKET (source);
  g_autoptr (GError) error = NULL;

  if (nx_web_socket_send_text_finish (ws, result, &error))
    receive_next (ws);
  else
    finish (ws, error);
}

static void
received_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxWebSocket *ws = NX_WEB_SOCKET (source);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = nx_web_socket_receive_text_finish (ws, result, &error);
  g_autofree char *answer = NULL;

  if (text == NULL)
    {
      finish (ws, error);
      return;
    }
  answer = g_strdup_printf ("Message text was: %s", text);
  nx_web_socket_send_text_async (ws, answer, NULL, sent_cb, NULL);
}

static void
endpoint (NxWebSocket *ws, gpointer data, GError **error)
{
  if (!nx_web_socket_accept (ws, error))
    return;
  /* A handler that goes on after it has returned says so. */
  nx_web_socket_begin_handler (ws);
  receive_next (ws);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  nx_router_add_route (NX_ROUTER (app), "/ws", endpoint, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
