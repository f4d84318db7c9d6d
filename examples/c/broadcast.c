/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Broadcasting to a group: what one sends to /ws/broadcast goes to all, the sender included. */
#include <nexws.h>

#define BROADCAST_TYPE_CONTROLLER (broadcast_controller_get_type ())
G_DECLARE_FINAL_TYPE (BroadcastController,
                      broadcast_controller,
                      BROADCAST,
                      CONTROLLER,
                      NxController)

struct _BroadcastController
{
  NxController parent_instance;
  NxGroup *group;
};

G_DEFINE_FINAL_TYPE (BroadcastController, broadcast_controller, NX_TYPE_CONTROLLER)

static void
broadcast_controller_on_connect (NxController *controller, NxWebSocket *ws, GError **error)
{
  if (nx_web_socket_accept (ws, error))
    nx_group_add (BROADCAST_CONTROLLER (controller)->group, ws, error);
}

static void
broadcast_controller_on_receive (NxController *controller,
                                 NxWebSocket *ws,
                                 NxMessage *message,
                                 GError **error)
{
  nx_group_send_message (BROADCAST_CONTROLLER (controller)->group, message, NULL);
}

static void
broadcast_controller_finalize (GObject *object)
{
  g_clear_object (&BROADCAST_CONTROLLER (object)->group);
  G_OBJECT_CLASS (broadcast_controller_parent_class)->finalize (object);
}

static void
broadcast_controller_class_init (BroadcastControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_connect = broadcast_controller_on_connect;
  NX_CONTROLLER_CLASS (klass)->on_receive = broadcast_controller_on_receive;
  G_OBJECT_CLASS (klass)->finalize = broadcast_controller_finalize;
}

static void
broadcast_controller_init (BroadcastController *self)
{
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxController) controller = g_object_new (BROADCAST_TYPE_CONTROLLER, NULL);

  BROADCAST_CONTROLLER (controller)->group = nx_app_dup_group (app, "all", NULL);
  nx_router_add_controller (NX_ROUTER (app), "/ws/broadcast", controller, NULL);
  return nx_app_run (app, argc, argv);
}
