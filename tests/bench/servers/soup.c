/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Echo with libsoup's own WebSocket server. */
#include <libsoup/soup.h>

static void
message_cb (SoupWebsocketConnection *connection, int type, GBytes *message, gpointer data)
{
  soup_websocket_connection_send_message (connection, type, message);
}

static void
closed_cb (SoupWebsocketConnection *connection, gpointer data)
{
  g_object_unref (connection);
}

static void
websocket_cb (SoupServer *server,
              SoupServerMessage *message,
              const char *path,
              SoupWebsocketConnection *connection,
              gpointer data)
{
  g_object_ref (connection);
  g_signal_connect (connection, "message", G_CALLBACK (message_cb), NULL);
  g_signal_connect (connection, "closed", G_CALLBACK (closed_cb), NULL);
}

int
main (void)
{
  SoupServer *server = soup_server_new (NULL, NULL);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, 0, NULL);
  GInetAddress *loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  GSocketAddress *address = g_inet_socket_address_new (loopback, 0);
  GSocketAddress *bound;

  /* With its own listener the backlog would be ten. */
  g_socket_bind (socket, address, TRUE, NULL);
  g_socket_set_listen_backlog (socket, 4096);
  g_socket_listen (socket, NULL);
  bound = g_socket_get_local_address (socket, NULL);
  soup_server_listen_socket (server, socket, 0, NULL);
  soup_server_add_websocket_handler (server, "/ws", NULL, NULL, websocket_cb, NULL, NULL);
  g_print ("listening on ws://127.0.0.1:%u\n",
           g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  g_main_loop_run (g_main_loop_new (NULL, FALSE));
  return 0;
}
