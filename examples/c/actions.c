/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Actions by name, and a state for each connection: {"type": "move", "x": 3} and {"type": "where-am-i"}. What names no action
 * is for on_receive.
 */
#include <nexws.h>

#define BOARD_TYPE_MOVE (board_move_get_type ())
G_DECLARE_FINAL_TYPE (BoardMove, board_move, BOARD, MOVE, GObject)

struct _BoardMove
{
  GObject parent_instance;
  int x;
};
G_DEFINE_FINAL_TYPE (BoardMove, board_move, G_TYPE_OBJECT)

static void
board_move_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_int (value, BOARD_MOVE (object)->x);
}

static void
board_move_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  BOARD_MOVE (object)->x = g_value_get_int (value);
}

static void
board_move_class_init (BoardMoveClass *klass)
{
  G_OBJECT_CLASS (klass)->get_property = board_move_get_property;
  G_OBJECT_CLASS (klass)->set_property = board_move_set_property;
  g_object_class_install_property (
      G_OBJECT_CLASS (klass), 1,
      g_param_spec_int ("x", NULL, "Which field", G_MININT, G_MAXINT, 0, G_PARAM_READWRITE));
}

static void
board_move_init (BoardMove *self)
{
}

#define BOARD_TYPE_CONTROLLER (board_controller_get_type ())
G_DECLARE_FINAL_TYPE (BoardController, board_controller, BOARD, CONTROLLER, NxController)

struct _BoardController
{
  NxController parent_instance;
  int x;
};
G_DEFINE_FINAL_TYPE (BoardController, board_controller, NX_TYPE_CONTROLLER)

static void
on_move (NxController *self, NxWebSocket *ws, GObject *move, gpointer data, GError **error)
{
  BOARD_CONTROLLER (self)->x = BOARD_MOVE (move)->x;
  nx_web_socket_send_action (ws, "moved", move, error);
}

static void
on_where_am_i (NxController *self, NxWebSocket *ws, GObject *nothing, gpointer data, GError **error)
{
  g_autoptr (GObject) here = g_object_new (BOARD_TYPE_MOVE, "x", BOARD_CONTROLLER (self)->x, NULL);

  nx_web_socket_send_action (ws, "here", here, error);
}

static void
board_controller_on_receive (NxController *controller,
                             NxWebSocket *ws,
                             NxMessage *message,
                             GError **error)
{
  const char *text = nx_message_get_text (message);
  g_autofree char *answer = g_strdup_printf ("What is %s?", text != NULL ? text : "this");

  nx_web_socket_send_text (ws, answer, error);
}

static void
board_controller_class_init (BoardControllerClass *klass)
{
  NxControllerClass *actions = NX_CONTROLLER_CLASS (klass);

  actions->on_receive = board_controller_on_receive;
  nx_controller_class_bind_action (actions, "move", BOARD_TYPE_MOVE, on_move, NULL, NULL);
  nx_controller_class_bind_action (actions, "where-am-i", G_TYPE_NONE, on_where_am_i, NULL, NULL);
}

static void
board_controller_init (BoardController *self)
{
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  nx_router_add_controller_type (NX_ROUTER (app), "/ws", BOARD_TYPE_CONTROLLER, NULL);
  return nx_app_run (app, argc, argv);
}
