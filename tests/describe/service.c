/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A service with everything that can be described. `service --describe FORMAT` describes it; `service --judge` reads lines such as
 * `Point {"x": 1, "y": 2}` and prints for each `yes`, or `no` and why, as nx_message_get_object() has it.
 */
#include <nexws.h>

#include <stdio.h>
#include <string.h>

#include "../messages/sample.h"

typedef NxController Board;
typedef NxControllerClass BoardClass;
GType board_get_type (void);
G_DEFINE_TYPE (Board, board, NX_TYPE_CONTROLLER)

static void
act (NxController *self, NxWebSocket *ws, GObject *message, gpointer data, GError **error)
{
}

static void
board_class_init (BoardClass *klass)
{
  nx_controller_class_bind_action (klass, "move", TYPE_POINT, act, NULL, NULL);
  nx_controller_class_bind_action (klass, "fill", TYPE_SAMPLE, act, NULL, NULL);
  nx_controller_class_bind_action (klass, "tie", TYPE_KNOT, act, NULL, NULL);
  nx_controller_class_bind_action (klass, "kind of", TYPE_CUSTOM, act, NULL, NULL);
  nx_controller_class_bind_action (klass, "stop", G_TYPE_NONE, act, NULL, NULL);
  nx_controller_class_declare_sent (klass, "moved", TYPE_POINT);
  nx_controller_class_declare_sent (klass, "stopped", G_TYPE_NONE);
}

static void
board_init (Board *self)
{
  const char *const names[] = { "board.v2", "board.v1", NULL };

  nx_controller_set_subprotocols (self, names);
}

/* Takes text, and has an action of its own. */
typedef NxController Talk;
typedef NxControllerClass TalkClass;
GType talk_get_type (void);
G_DEFINE_TYPE (Talk, talk, NX_TYPE_CONTROLLER)

static void
talk_on_receive (NxController *self, NxWebSocket *ws, NxMessage *message, GError **error)
{
}

static void
talk_class_init (TalkClass *klass)
{
  g_autoptr (JsonNode) schema = json_from_string (
      "{\"type\": \"object\", \"required\": [\"n\"], \"properties\": {\"n\": {\"type\": \"integer\"},"
      " \"how\": {\"enum\": [\"wide\", 1, null]}, \"rest\": {\"type\": \"array\", \"items\":"
      " {\"anyOf\": [{\"type\": \"number\"}, {\"type\": \"string\"}]}}, \"odd\": {\"not\": {}},"
      " \"tree\": {\"$ref\": \"#/$defs/Branch\"}, \"lost\": {\"$ref\": \"#/$defs/Nothing\"}},"
      " \"$defs\": {\"Branch\": {\"type\": \"object\", \"additionalProperties\": false, \"properties\":"
      " {\"twigs\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/Branch\"}}}}, \"Bad\": 7}}",
      NULL);

  klass->on_receive = talk_on_receive;
  nx_controller_class_describe_received (klass, "paint", schema);
  nx_controller_class_describe_sent (klass, "painted", schema);
}

static void
talk_init (Talk *self)
{
  nx_controller_set_encoding (self, NX_ENCODING_TEXT);
}

/* JSON-RPC: has methods of each kind, and calls some. */
typedef NxRpcController Desk;
typedef NxRpcControllerClass DeskClass;
GType desk_get_type (void);
G_DEFINE_TYPE (Desk, desk, NX_TYPE_RPC_CONTROLLER)

static void
do_method (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
}

static void
desk_class_init (DeskClass *klass)
{
  nx_rpc_controller_class_bind_method (klass, "move", TYPE_POINT, TYPE_POINT, do_method, NULL,
                                       NULL);
  nx_rpc_controller_class_bind_method (klass, "any of it", JSON_TYPE_NODE, JSON_TYPE_NODE,
                                       do_method, NULL, NULL);
  nx_rpc_controller_class_bind_method (klass, "stop", G_TYPE_NONE, G_TYPE_NONE, do_method, NULL,
                                       NULL);
  nx_rpc_controller_class_declare_called (klass, "ask", TYPE_POINT, G_TYPE_BOOLEAN);
  nx_rpc_controller_class_declare_called (klass, "tell", G_TYPE_NONE, G_TYPE_STRING);
}

static void
desk_init (Desk *self)
{
  nx_rpc_controller_add_method (self, "count", TYPE_KNOT, G_TYPE_INT64, do_method, NULL, NULL);
}

static void
accept (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, error);
}

static NxController *
make_board (NxWebSocket *ws, gpointer data, GError **error)
{
  return g_object_new (board_get_type (), NULL);
}

static void
add_routes (NxApp *app)
{
  g_autoptr (NxRouter) inner = nx_router_new ();
  g_autoptr (NxController) talk = g_object_new (talk_get_type (), NULL);
  NxRoute *route;

  nx_controller_add_action (talk, "poke", TYPE_POINT, act, NULL, NULL);
  nx_router_add_controller_type (inner, "/board/{game:int}/{rest:path}", board_get_type (), NULL);
  nx_router_mount (NX_ROUTER (app), "/v1", inner, NULL);
  route = nx_router_add_controller (NX_ROUTER (app), "/talk", talk, NULL);
  nx_route_set_name (route, "talk");
  route = nx_router_add_controller (NX_ROUTER (app), "/flights", talk, NULL);
  nx_route_set_name (route, "flight-deck");
  nx_router_add_controller_type (NX_ROUTER (app), "/desk", desk_get_type (), NULL);
  nx_router_add_route (NX_ROUTER (app), "/", accept, NULL, NULL, NULL);
  route = nx_router_add_controller_factory (NX_ROUTER (app), "/made", make_board, NULL, NULL, NULL);
  nx_route_set_controller_type (route, board_get_type ());
  nx_route_set_name (route, "made");
}

static void
judge (char *line)
{
  char *space = strchr (line, ' ');
  g_autoptr (NxMessage) message = nx_message_new_text (space + 1, -1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GObject) object = NULL;

  *space = '\0';
  object = nx_message_get_object (message, g_type_from_name (line), &error);
  if (object != NULL)
    g_print ("yes\n");
  else
    g_print ("no %s\n", error->message);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  char *line = NULL;
  size_t size = 0;

  g_set_application_name ("Board & talk");
  if (g_strcmp0 (argv[1], "--judge") != 0)
    {
      add_routes (app);
      return nx_app_run (app, argc, argv);
    }
  g_type_ensure (TYPE_POINT);
  g_type_ensure (TYPE_SAMPLE);
  while (getline (&line, &size, stdin) > 0)
    judge (g_strchomp (line));
  free (line);
  return 0;
}
