/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The basic endpoint: what comes to /ws goes back. */
#include <nexws.h>

#define ECHO_TYPE_CONTROLLER (echo_controller_get_type ())
G_DECLARE_FINAL_TYPE (EchoController, echo_controller, ECHO, CONTROLLER, NxController)

struct _EchoController
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (EchoController, echo_controller, NX_TYPE_CONTROLLER)

static void
echo_controller_on_receive (NxController *controller,
                            NxWebSocket *ws,
                            NxMessage *message,
                            GError **error)
{
  nx_web_socket_send_message (ws, message, error);
}

static void
echo_controller_class_init (EchoControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_receive = echo_controller_on_receive;
}

static void
echo_controller_init (EchoController *self)
{
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  nx_router_add_controller_type (NX_ROUTER (app), "/ws", ECHO_TYPE_CONTROLLER, NULL);
  return nx_app_run (app, argc, argv);
}
