/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* on_text and on_receive_text: what they get, and what is left to on_receive. */
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

/* One that wants the message as well, and one that has all three. */

#define BESIDE_TYPE_CONTROLLER (beside_controller_get_type ())
G_DECLARE_FINAL_TYPE (BesideController, beside_controller, BESIDE, CONTROLLER, NxController)

struct _BesideController
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (BesideController, beside_controller, NX_TYPE_CONTROLLER)

static void
beside_controller_on_receive_text (NxController *controller,
                                   NxWebSocket *ws,
                                   NxMessage *message,
                                   const char *text,
                                   GError **error)
{
  g_assert_cmpstr (nx_message_get_text (message), ==, text);
  note (current, "beside:%s", text);
  if (g_str_equal (text, "fail"))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "a secret");
}

static void
beside_controller_class_init (BesideControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_receive_text = beside_controller_on_receive_text;
}

static void
beside_controller_init (BesideController *self)
{
}

#define RICH_TYPE_CONTROLLER (rich_controller_get_type ())
G_DECLARE_FINAL_TYPE (RichController, rich_controller, RICH, CONTROLLER, NxController)

struct _RichController
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (RichController, rich_controller, NX_TYPE_CONTROLLER)

static void
rich_controller_class_init (RichControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_receive_text = beside_controller_on_receive_text;
  NX_CONTROLLER_CLASS (klass)->on_receive = both_controller_on_receive;
}

static void
rich_controller_init (RichController *self)
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
test_beside (Fixture *f)
{
  Client *client = open_controlled (f, RICH_TYPE_CONTROLLER);

  client_send_text (client, "a");
  client_send_frame (client, NX_OPCODE_TEXT, "b\0c", 3);
  client_send_bytes (client, "de", 2);
  client_send_text (client, "");
  settle (f);
  assert_log (f, "beside:a nul:3 binary:2 beside:");
  g_assert_cmpuint (client->close_code, ==, 0);
}

static void
expect_failure (Fixture *f, GType type)
{
  Client *client = open_controlled (f, type);

  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*a secret*");
  client_send_text (client, "fail");
  client_expect_close (client, 1011);
  g_test_assert_expected_messages ();
}

static void
test_fails (Fixture *f)
{
  expect_failure (f, BOTH_TYPE_CONTROLLER);
}

static void
test_beside_fails (Fixture *f)
{
  expect_failure (f, BESIDE_TYPE_CONTROLLER);
}

static void
test_beside_alone (Fixture *f)
{
  Client *client = open_controlled (f, BESIDE_TYPE_CONTROLLER);

  client_send_text (client, "a");
  client_send_bytes (client, "b", 1);
  client_expect_close (client, 1003);
  assert_log (f, "beside:a");
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
  ADD_SCENARIO ("/controller-text/beside", test_beside);
  ADD_SCENARIO ("/controller-text/beside/fails", test_beside_fails);
  ADD_SCENARIO ("/controller-text/beside/alone", test_beside_alone);
  ADD_SCENARIO ("/controller-text/alone/binary", test_alone_binary);
  ADD_SCENARIO ("/controller-text/alone/nul", test_alone_nul);
  return g_test_run ();
}
