/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* on_text: what it gets, and what is left to on_receive. */
#include "fixture.h"

#define TEXT_TYPE_CONTROLLER (text_controller_get_type ())
G_DECLARE_DERIVABLE_TYPE (TextController, text_controller, TEXT, CONTROLLER, NxController)

struct _TextControllerClass
{
  NxControllerClass parent_class;
};

G_DEFINE_TYPE (TextController, text_controller, NX_TYPE_CONTROLLER)

static Fixture *current;

static void
text_controller_on_text (NxController *controller,
                         NxWebSocket *ws,
                         const char *text,
                         GError **error)
{
  note (current, "text:%s", text);
  if (g_str_equal (text, "fail"))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "a secret");
}

static void
text_controller_class_init (TextControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_text = text_controller_on_text;
}

static void
text_controller_init (TextController *self)
{
}

/* One with both. */

#define BOTH_TYPE_CONTROLLER (both_controller_get_type ())
G_DECLARE_FINAL_TYPE (BothController, both_controller, BOTH, CONTROLLER, TextController)

struct _BothController
{
  TextController parent_instance;
};

G_DEFINE_FINAL_TYPE (BothController, both_controller, TEXT_TYPE_CONTROLLER)

static void
both_controller_on_receive (NxController *controller,
                            NxWebSocket *ws,
                            NxMessage *message,
                            GError **error)
{
  note (current, "%s:%" G_GSIZE_FORMAT,
        nx_message_get_kind (message) == NX_MESSAGE_TEXT ? "nul" : "binary",
        nx_message_get_size (message));
}

static void
both_controller_class_init (BothControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_receive = both_controller_on_receive;
}

static void
both_controller_init (BothController *self)
{
}

static Client *
open_controlled (Fixture *f, GType type)
{
  g_autoptr (NxController) controller = g_object_new (type, NULL);

  current = f;
  nx_router_add_controller (NX_ROUTER (f->app), "/", controller, NULL);
  return client_open (f, "/");
}

static void
test_both (Fixture *f)
{
  Client *client = open_controlled (f, BOTH_TYPE_CONTROLLER);

  client_send_text (client, "a");
  client_send_frame (client, NX_OPCODE_TEXT, "b\0c", 3);
  client_send_bytes (client, "de", 2);
  client_send_text (client, "");
  settle (f);
  assert_log (f, "text:a nul:3 binary:2 text:");
  g_assert_cmpuint (client->close_code, ==, 0);
}

static void
test_fails (Fixture *f)
{
  Client *client = open_controlled (f, BOTH_TYPE_CONTROLLER);

  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*a secret*");
  client_send_text (client, "fail");
  client_expect_close (client, 1011);
  g_test_assert_expected_messages ();
}

/* Without on_receive there is nobody for the rest. */
static void
expect_refused (Fixture *f, NxOpcode opcode)
{
  Client *client = open_controlled (f, TEXT_TYPE_CONTROLLER);

  client_send_text (client, "a");
  client_send_frame (client, opcode, "b\0c", 3);
  client_expect_close (client, 1003);
  assert_log (f, "text:a");
}

static void
test_alone_binary (Fixture *f)
{
  expect_refused (f, NX_OPCODE_BINARY);
}

static void
test_alone_nul (Fixture *f)
{
  expect_refused (f, NX_OPCODE_TEXT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/controller-text/both", test_both);
  ADD_SCENARIO ("/controller-text/fails", test_fails);
  ADD_SCENARIO ("/controller-text/alone/binary", test_alone_binary);
  ADD_SCENARIO ("/controller-text/alone/nul", test_alone_nul);
  return g_test_run ();
}
