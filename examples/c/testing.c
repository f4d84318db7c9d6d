/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A controller and its unit tests: no port, no waiting. Run it, or have Meson's test() do that. */
#include <nexws.h>

#define SHOUT_TYPE_CONTROLLER (shout_controller_get_type ())
G_DECLARE_FINAL_TYPE (ShoutController, shout_controller, SHOUT, CONTROLLER, NxController)

struct _ShoutController
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (ShoutController, shout_controller, NX_TYPE_CONTROLLER)

static void
shout_controller_on_connect (NxController *controller, NxWebSocket *ws, GError **error)
{
  if (nx_web_socket_get_query_param (ws, "name") == NULL)
    nx_web_socket_reject (ws, 400, "Who are you?", error);
  else
    nx_web_socket_accept (ws, error);
}

static void
shout_controller_on_receive (NxController *controller,
                             NxWebSocket *ws,
                             NxMessage *message,
                             GError **error)
{
  g_autofree char *loud = g_utf8_strup (nx_message_get_text (message), -1);

  nx_web_socket_send_text (ws, loud, error);
}

static void
shout_controller_class_init (ShoutControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_connect = shout_controller_on_connect;
  NX_CONTROLLER_CLASS (klass)->on_receive = shout_controller_on_receive;
}

static void
shout_controller_init (ShoutController *self)
{
  nx_controller_set_encoding (NX_CONTROLLER (self), NX_ENCODING_TEXT);
}

static void
test_shouting (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxTestClient) client = nx_test_client_new (app);
  g_autoptr (GBytes) octets = g_bytes_new_static ("\1\2", 2);
  g_autoptr (GError) error = NULL;

  nx_router_add_controller_type (NX_ROUTER (app), "/shout", SHOUT_TYPE_CONTROLLER, NULL);
  nx_test_client_expect_refusal (client, "/shout", 400, &error);
  g_assert_no_error (error);
  nx_test_client_open (client, "/shout?name=ada", &error);
  g_assert_no_error (error);
  nx_test_client_send_text (client, "grüße", &error);
  nx_test_client_expect_text (client, "GRÜSSE", &error);
  g_assert_no_error (error);
  nx_test_client_send_bytes (client, octets, &error);
  nx_test_client_expect_close (client, NX_CLOSE_UNSUPPORTED_DATA, NULL, &error);
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shout", test_shouting);
  return g_test_run ();
}
