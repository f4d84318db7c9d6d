/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "poller.h"

gboolean
poll_once (Fixture *f, NxWebSocket *ws, GString *word)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NxMessage) message = nx_web_socket_try_receive (ws, &error);

  if (message != NULL)
    {
      g_assert_no_error (error);
      g_string_append_printf (word, "%s%s", word->len > 0 ? "," : "",
                              nx_message_get_text (message));
      return TRUE;
    }
  if (error != NULL)
    {
      g_assert_error (error, NX_ERROR, NX_ERROR_DISCONNECTED);
      g_string_append (word, word->len > 0 ? ",end" : "end");
    }
  return FALSE;
}

void
poll_all (Fixture *f, NxWebSocket *ws)
{
  g_autoptr (GString) word = g_string_new (NULL);

  while (poll_once (f, ws, word))
    ;
  note (f, "<%s>", word->str);
}

void
readable_cb (NxWebSocket *ws, Fixture *f)
{
  poll_all (f, ws);
}

void
note_readable_cb (NxWebSocket *ws, Fixture *f)
{
  note (f, "readable");
}

void
message_cb (NxWebSocket *ws, NxMessage *message, Fixture *f)
{
  note (f, "message:%s", nx_message_get_text (message));
}

void
received_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NxMessage) message =
      nx_web_socket_receive_finish (NX_WEB_SOCKET (source), result, &error);

  if (message != NULL)
    note (data, "received:%s", nx_message_get_text (message));
  else
    note (data, "failed:%d", error->code);
}

Client *
open_route (Fixture *f, NxWebSocket **ws)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  client = client_open (f, "/");
  *ws = only_websocket (f);
  return client;
}

/* One that nobody takes for: its first poll has found nothing. */
Client *
open_polled (Fixture *f, NxWebSocket **ws)
{
  Client *client = open_route (f, ws);

  g_signal_connect (*ws, "readable", G_CALLBACK (readable_cb), f);
  poll_all (f, *ws);
  assert_log (f, "<>");
  return client;
}
