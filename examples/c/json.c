/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON both ways: {"add": [1, 2, 3]} is answered with {"sum": 6}. */
#include <nexws.h>

/* FALSE when one of them is no number. */
static gboolean
add_up (JsonArray *numbers, double *sum)
{
  *sum = 0;
  for (guint i = 0; i < json_array_get_length (numbers); i++)
    {
      JsonNode *number = json_array_get_element (numbers, i);

      if (!JSON_NODE_HOLDS_VALUE (number)
          || (json_node_get_value_type (number) != G_TYPE_INT64
              && json_node_get_value_type (number) != G_TYPE_DOUBLE))
        return FALSE;
      *sum += json_node_get_double (number);
    }
  return TRUE;
}

static JsonNode *
make_answer (JsonNode *question)
{
  g_autoptr (JsonObject) answer = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (question) ? json_node_get_object (question) : NULL;
  JsonNode *numbers = object != NULL ? json_object_get_member (object, "add") : NULL;
  double sum;

  if (numbers != NULL && JSON_NODE_HOLDS_ARRAY (numbers)
      && add_up (json_node_get_array (numbers), &sum))
    json_object_set_double_member (answer, "sum", sum);
  else
    json_object_set_string_member (answer, "error", "I can {\"add\": [numbers]}");
  json_node_set_object (node, answer);
  return node;
}

static void
received_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  g_autoptr (GError) error = NULL;
  JsonNode *question = nx_message_get_json (message, &error);
  g_autoptr (JsonNode) answer = NULL;

  if (question == NULL)
    {
      nx_web_socket_close (ws, NX_CLOSE_INVALID_DATA, "JSON expected", NULL);
      return;
    }
  answer = make_answer (question);
  nx_web_socket_send_json (ws, answer, NULL);
}

static void
calculate (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (received_cb), NULL);
  nx_web_socket_accept (ws, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  nx_router_add_route (NX_ROUTER (app), "/ws", calculate, NULL, NULL, NULL);
  return nx_app_run (app, argc, argv);
}
