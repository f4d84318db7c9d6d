/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A list of connections, kept by hand: what one sends to /ws/broadcast goes to all, the sender included. A group does the same
 * for less (broadcast.c).
 */
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
  GPtrArray *connections;
};

G_DEFINE_FINAL_TYPE (BroadcastController, broadcast_controller, NX_TYPE_CONTROLLER)

static void
broadcast_controller_on_connect (NxController *controller, NxWebSocket *ws, GError **error)
{
  if (nx_web_socket_accept (ws, error))
    g_ptr_array_add (BROADCAST_CONTROLLER (controller)->connections, g_object_ref (ws));
}

static void
broadcast_controller_on_receive (NxController *controller,
                                 NxWebSocket *ws,
                                 NxMessage *message,
                                 GError **error)
{
  GPtrArray *connections = BROADCAST_CONTROLLER (controller)->connections;
  g_autofree char *text = g_strdup_printf ("Broadcast: %s", nx_message_get_text (message));
  g_autoptr (NxMessage) told = nx_message_new_text (text, -1);

  /* One message, framed once, for all of them. Who has just gone, or reads too slowly, must not keep the others from it. */
  for (guint i = 0; i < connections->len; i++)
    nx_web_socket_send_message (connections->pdata[i], told, NULL);
}

static void
broadcast_controller_on_disconnect (NxController *controller,
                                    NxWebSocket *ws,
                                    guint code,
                                    const char *reason)
{
  g_ptr_array_remove_fast (BROADCAST_CONTROLLER (controller)->connections, ws);
}

static void
broadcast_controller_finalize (GObject *object)
{
  g_ptr_array_unref (BROADCAST_CONTROLLER (object)->connections);
  G_OBJECT_CLASS (broadcast_controller_parent_class)->finalize (object);
}

static void
broadcast_controller_class_init (BroadcastControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_connect = broadcast_controller_on_connect;
  NX_CONTROLLER_CLASS (klass)->on_receive = broadcast_controller_on_receive;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = broadcast_controller_on_disconnect;
  G_OBJECT_CLASS (klass)->finalize = broadcast_controller_finalize;
}

static void
broadcast_controller_init (BroadcastController *self)
{
  self->connections = g_ptr_array_new_with_free_func (g_object_unref);
  nx_controller_set_encoding (NX_CONTROLLER (self), NX_ENCODING_TEXT);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxController) controller = g_object_new (BROADCAST_TYPE_CONTROLLER, NULL);

  nx_router_add_controller (NX_ROUTER (app), "/ws/broadcast", controller, NULL);
  return nx_app_run (app, argc, argv);
}
