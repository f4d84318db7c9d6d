/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rooms with a memory: /rooms/{room}?name=NAME&after=ID. What one says goes to all of the room, and who comes again with the last id that it saw gets what it
 * missed. {"vote": …} asks everybody, and tells how many have answered.
 */
#include <nexws.h>

#define VOTE_TIMEOUT_MS 5000

static NxGroup *
dup_room (NxWebSocket *ws, GError **error)
{
  NxGroup *room = nx_app_dup_group (nx_web_socket_get_app (ws),
                                    nx_web_socket_get_path_param (ws, "room"), error);

  if (room != NULL)
    g_object_set (room, "history-size", 100, "history-age", 24 * 3600 * 1000, "announces-presence",
                  TRUE, NULL);
  return room;
}

static void
counted_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  NxGroup *room = NX_GROUP (source);
  g_auto (GStrv) missing = NULL;
  g_autoptr (GHashTable) answers = nx_group_ask_finish (room, result, &missing, NULL);
  g_autofree char *text = NULL;

  if (answers == NULL)
    return;
  text = g_strdup_printf ("%u have answered, %u have not", g_hash_table_size (answers),
                          g_strv_length (missing));
  nx_group_send_text (room, text, NULL, NULL);
}

static void
received_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  g_autoptr (NxGroup) room = dup_room (ws, NULL);
  JsonNode *node = nx_message_get_json (message, NULL);

  if (node != NULL && JSON_NODE_HOLDS_OBJECT (node)
      && json_object_has_member (json_node_get_object (node), "vote"))
    nx_group_ask_async (room, message, VOTE_TIMEOUT_MS, NULL, NULL, counted_cb, NULL);
  else
    nx_group_send_message (room, message, NULL);
}

static void
enter (NxWebSocket *ws, gpointer data, GError **error)
{
  g_autoptr (NxGroup) room = dup_room (ws, error);
  const char *name = nx_web_socket_get_query_param (ws, "name");
  g_autoptr (JsonNode) meta = json_from_string ("{}", NULL);

  if (room == NULL || !nx_web_socket_accept (ws, error))
    return;
  g_signal_connect (ws, "message", G_CALLBACK (received_cb), NULL);
  if (nx_group_add_after (room, ws, nx_web_socket_get_query_param (ws, "after"), error))
    nx_group_set_presence (room, ws, name != NULL ? name : "somebody", meta, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  nx_router_add_route (NX_ROUTER (app), "/rooms/{room}", enter, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
