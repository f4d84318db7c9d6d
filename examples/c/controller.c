/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A class-based controller: one instance a connection, which keeps the connection's state in its fields. */
#include <nexws.h>

#define COUNTER_TYPE_CONTROLLER (counter_controller_get_type ())
G_DECLARE_FINAL_TYPE (CounterController, counter_controller, COUNTER, CONTROLLER, NxController)

struct _CounterController
{
  NxController parent_instance;
  guint n_messages;
};

G_DEFINE_FINAL_TYPE (CounterController, counter_controller, NX_TYPE_CONTROLLER)

static void
counter_controller_on_connect (NxController *controller, NxWebSocket *ws, GError **error)
{
  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, "Welcome", error);
}

static void
counter_controller_on_receive (NxController *controller,
                               NxWebSocket *ws,
                               NxMessage *message,
                               GError **error)
{
  CounterController *self = COUNTER_CONTROLLER (controller);
  g_autofree char *answer =
      g_strdup_printf ("Message %u: %s", ++self->n_messages, nx_message_get_text (message));

  nx_web_socket_send_text (ws, answer, error);
}

static void
counter_controller_on_disconnect (NxController *controller,
                                  NxWebSocket *ws,
                                  guint code,
                                  const char *reason)
{
  g_print ("%s left with code %u after %u messages\n", nx_web_socket_get_id (ws), code,
           COUNTER_CONTROLLER (controller)->n_messages);
}

static void
counter_controller_class_init (CounterControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_connect = counter_controller_on_connect;
  NX_CONTROLLER_CLASS (klass)->on_receive = counter_controller_on_receive;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = counter_controller_on_disconnect;
}

static void
counter_controller_init (CounterController *self)
{
  nx_controller_set_encoding (NX_CONTROLLER (self), NX_ENCODING_TEXT);
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  nx_router_add_controller_type (NX_ROUTER (app), "/ws", COUNTER_TYPE_CONTROLLER, NULL);
  return nx_app_run (app, argc, argv);
}
