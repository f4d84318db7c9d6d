/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Actions of controllers: which handler gets which object, and what becomes of everything else. */
#include "app-fixture.h"

#include "../messages/sample.h"

static Fixture *fixture; /* of the test that runs */

/* -- A class with actions, and one derived from it that binds one anew -- */

typedef struct
{
  NxController parent_instance;
} Board;

typedef struct
{
  NxControllerClass parent_class;
} BoardClass;

GType board_get_type (void);
G_DEFINE_TYPE (Board, board, NX_TYPE_CONTROLLER)

static void
note_point (const char *what, GObject *message)
{
  guchar x;

  g_object_get (message, "x", &x, NULL);
  note (fixture, "%s-%u", what, x);
}

static void
move (NxController *self, NxWebSocket *ws, GObject *message, gpointer data, GError **error)
{
  note_point (data, message);
}

static void
stop (NxController *self, NxWebSocket *ws, GObject *message, gpointer data, GError **error)
{
  g_assert_null (message);
  nx_web_socket_send_action (ws, "stopped", NULL, error);
}

static void
break_ (NxController *self, NxWebSocket *ws, GObject *message, gpointer data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "a secret");
}

static void
board_class_init (BoardClass *klass)
{
  NxControllerClass *controller_class = NX_CONTROLLER_CLASS (klass);

  nx_controller_class_bind_action (controller_class, "move", TYPE_POINT, move, (gpointer) "moved",
                                   NULL);
  nx_controller_class_bind_action (controller_class, "jump", TYPE_POINT, move, (gpointer) "jumped",
                                   NULL);
  nx_controller_class_bind_action (controller_class, "stop", G_TYPE_NONE, stop, NULL, NULL);
  nx_controller_class_bind_action (controller_class, "break", G_TYPE_NONE, break_, NULL, NULL);
  nx_controller_class_declare_sent (controller_class, "stopped", G_TYPE_NONE);
}

static void
board_init (Board *self)
{
}

typedef Board SmallBoard;
typedef BoardClass SmallBoardClass;

GType small_board_get_type (void);
G_DEFINE_TYPE (SmallBoard, small_board, board_get_type ())

static void
small_board_on_receive (NxController *self, NxWebSocket *ws, NxMessage *message, GError **error)
{
  note (fixture, "received-%s", nx_message_get_text (message));
}

static void
small_board_class_init (SmallBoardClass *klass)
{
  NxControllerClass *controller_class = NX_CONTROLLER_CLASS (klass);

  controller_class->on_receive = small_board_on_receive;
  nx_controller_class_bind_action (controller_class, "move", TYPE_POINT, move, (gpointer) "small",
                                   NULL);
}

static void
small_board_init (SmallBoard *self)
{
}

/* One that answers what is wrong. */
typedef Board PatientBoard;
typedef BoardClass PatientBoardClass;

GType patient_board_get_type (void);
G_DEFINE_TYPE (PatientBoard, patient_board, board_get_type ())

static void
patient_board_on_error (NxController *self, NxWebSocket *ws, GError *error)
{
  g_assert_error (error, NX_ERROR, NX_ERROR_INVALID_DATA);
  nx_web_socket_send_text (ws, error->message, NULL);
}

static void
patient_board_class_init (PatientBoardClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_error = patient_board_on_error;
}

static void
patient_board_init (PatientBoard *self)
{
}

/* One that takes it as a code and a text. */
typedef Board PlainBoard;
typedef BoardClass PlainBoardClass;

GType plain_board_get_type (void);
G_DEFINE_TYPE (PlainBoard, plain_board, board_get_type ())

static void
plain_board_on_fault (NxController *self, NxWebSocket *ws, guint code, const char *text)
{
  g_autofree char *answer = g_strdup_printf ("%u %s", code, text);

  nx_web_socket_send_text (ws, answer, NULL);
  if (code == NX_CLOSE_UNSUPPORTED_DATA)
    NX_CONTROLLER_CLASS (plain_board_parent_class)->on_fault (self, ws, code, "again");
}

static void
plain_board_class_init (PlainBoardClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_fault = plain_board_on_fault;
}

static void
plain_board_init (PlainBoard *self)
{
}

static NxTestClient *
open_board (Fixture *f, GType type)
{
  fixture = f;
  nx_router_add_controller_type (NX_ROUTER (f->app), "/ws", type, NULL);
  must (open, f->client, "/ws");
  return f->client;
}

/* -- Dispatch -- */

static void
test_dispatch (Fixture *f)
{
  NxTestClient *client = open_board (f, board_get_type ());

  must (send_text, client, "{\"type\":\"move\",\"x\":1,\"y\":0}");
  must (send_text, client, "{\"y\":0,\"x\":2,\"type\":\"jump\"}");
  must (send_text, client, "{\"type\":\"stop\"}");
  must (expect_text, client, "{\"type\":\"stopped\"}");
  assert_log (f, "moved-1 jumped-2");
}

static void
test_inherited (Fixture *f)
{
  NxTestClient *client = open_board (f, small_board_get_type ());

  must (send_text, client, "{\"type\":\"move\",\"x\":1,\"y\":0}");
  must (send_text, client, "{\"type\":\"jump\",\"x\":2,\"y\":0}");
  must (send_text, client, "{\"type\":\"fly\"}");
  must (send_text, client, "hello");
  must (send_text, client, "{\"type\":\"stop\"}");
  must (expect_text, client, "{\"type\":\"stopped\"}");
  assert_log (f, "small-1 jumped-2 received-{\"type\":\"fly\"} received-hello");
}

/* The instance's come before the class's, and what is bound anew is freed, also by itself. */
static void
free_data (gpointer data)
{
  note (fixture, "freed");
}

static void
bind_again (NxController *self, NxWebSocket *ws, GObject *message, gpointer data, GError **error)
{
  nx_controller_add_action (self, "move", TYPE_POINT, move, (gpointer) "again", NULL);
  note (fixture, "bound");
}

static void
test_instance (Fixture *f)
{
  g_autoptr (NxController) board = g_object_new (board_get_type (), NULL);
  NxTestClient *client = f->client;

  fixture = f;
  nx_controller_add_action (board, "move", TYPE_POINT, bind_again, NULL, free_data);
  nx_router_add_controller (NX_ROUTER (f->app), "/ws", board, NULL);
  must (open, client, "/ws");
  must (send_text, client, "{\"type\":\"move\",\"x\":1,\"y\":0}");
  must (send_text, client, "{\"type\":\"move\",\"x\":2,\"y\":0}");
  must (send_text, client, "{\"type\":\"stop\"}");
  must (expect_text, client, "{\"type\":\"stopped\"}");
  assert_log (f, "bound freed again-2");
}

/* -- What the peer does wrong -- */

static const struct
{
  const char *text, *reason;
} faults[] = {
  { "{\"type\":\"fly\"}",
    "type: \"fly\" came, one of \"move\", \"jump\", \"stop\", \"break\" is wanted" },
  { "{}", "type: nothing came, one of \"move\", \"jump\", \"stop\", \"break\" is wanted" },
  { "{\"type\":7}", "type: 7 came, one of \"move\", \"jump\", \"stop\", \"break\" is wanted" },
  { "[1]", "type: an array came, one of \"move\", \"jump\", \"stop\", \"break\" is wanted" },
  { "{", "type: something else than JSON came, one of \"move\", \"jump\", \"stop\", \"break\" is "
         "wanted" },
  { "{\"type\":\"move\",\"x\":1}", "move: y: nothing came, an integer from -5 to 5 is wanted" },
  { "{\"type\":\"move\",\"x\":300,\"y\":0}",
    "move: x: 300 came, an integer from 0 to 255 is wanted" },
  { "{\"type\":\"move\",\"x\":1,\"y\":0,\"z\":0}",
    "move: z: there is no such member (0 came); the members are: x, y, label" },
  { "{\"type\":\"stop\",\"x\":1}",
    "stop: there are members besides type, and no others are wanted" },
};

static void
test_faults (Fixture *f)
{
  fixture = f;
  nx_router_add_controller_type (NX_ROUTER (f->app), "/ws", board_get_type (), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      must (open, f->client, "/ws");
      must (send_text, f->client, faults[i].text);
      must (expect_close, f->client, NX_CLOSE_INVALID_DATA, faults[i].reason);
    }
}

static void
test_answered (Fixture *f)
{
  g_autoptr (GBytes) braces = g_bytes_new_static ("{}", 2);
  NxTestClient *client = open_board (f, patient_board_get_type ());

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      must (send_text, client, faults[i].text);
      must (expect_text, client, faults[i].reason);
    }
  must (send_bytes, client, braces);
  must (expect_text, client, "actions come as text, and this message is binary");
  must (send_text, client, "{\"type\":\"stop\"}");
  must (expect_text, client, "{\"type\":\"stopped\"}");
}

static void
test_plain (Fixture *f)
{
  g_autoptr (GBytes) braces = g_bytes_new_static ("{}", 2);
  NxTestClient *client = open_board (f, plain_board_get_type ());

  for (guint i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      g_autofree char *expected = g_strdup_printf ("1007 %s", faults[i].reason);

      must (send_text, client, faults[i].text);
      must (expect_text, client, expected);
    }
  must (send_bytes, client, braces);
  must (expect_text, client, "1003 actions come as text, and this message is binary");
  must (expect_close, client, NX_CLOSE_UNSUPPORTED_DATA, "again");
}

static void
test_binary (Fixture *f)
{
  g_autoptr (GBytes) braces = g_bytes_new_static ("{}", 2);
  NxTestClient *client = open_board (f, board_get_type ());

  must (send_bytes, client, braces);
  must (expect_close, client, NX_CLOSE_UNSUPPORTED_DATA, NULL);
}

/* A reason is at most 123 octets, and ends with a whole character. */
static void
test_long_reason (Fixture *f)
{
  g_autoptr (NxController) board = g_object_new (board_get_type (), NULL);
  NxTestClient *client = f->client;

  fixture = f;
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *type = g_strdup_printf ("\xc3\xa9\xc3\xa9%u", i);

      nx_controller_add_action (board, type, G_TYPE_NONE, stop, NULL, NULL);
    }
  nx_router_add_controller (NX_ROUTER (f->app), "/ws", board, NULL);
  must (open, client, "/ws");
  must (send_text, client, "{}");
  must (expect_close, client, NX_CLOSE_INVALID_DATA, NULL);
  g_assert_cmpuint (strlen (nx_test_client_get_close_reason (client)), >, 115);
}

/* What an action's function fails with goes the way of any handler's error, and nothing of it is told. */
static void
test_handler_fails (Fixture *f)
{
  NxTestClient *client = open_board (f, board_get_type ());

  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*a secret");
  must (send_text, client, "{\"type\":\"break\"}");
  must (expect_close, client, NX_CLOSE_INTERNAL_ERROR, "");
  g_test_assert_expected_messages ();
}

/* -- The program's mistakes -- */

static void
test_mistakes (Fixture *f)
{
  g_autoptr (NxController) board = g_object_new (board_get_type (), NULL);

  fixture = f;
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "The action \"a\": Odd:pointer *");
  nx_controller_add_action (board, "a", TYPE_ODD, move, NULL, free_data);
  g_test_assert_expected_messages ();
  assert_log (f, "freed");
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "The action \"a\": gint is not a class*");
  nx_controller_add_sent (board, "a", G_TYPE_INT);
  g_test_assert_expected_messages ();
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "The action \"a\": 0 is not a class*");
  nx_controller_add_sent (board, "a", G_TYPE_INVALID);
  g_test_assert_expected_messages ();
  /* An interface that only objects have is still none of their classes. */
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL,
                         "The action \"a\": GListModel is not a class*");
  nx_controller_add_action (board, "a", G_TYPE_LIST_MODEL, move, NULL, NULL);
  g_test_assert_expected_messages ();
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL,
                         "The action \"a\": GInputStream is abstract*");
  nx_controller_add_action (board, "a", G_TYPE_INPUT_STREAM, move, NULL, NULL);
  g_test_assert_expected_messages ();
}

/* -- Waiting -- */

static void
sent_object_cb (GObject *ws, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  note (data, "object:%d", nx_web_socket_send_object_finish (NX_WEB_SOCKET (ws), result, &error));
  if (error != NULL)
    note (data, "%s:%d", g_quark_to_string (error->domain), error->code);
}

static void
sent_action_cb (GObject *ws, GAsyncResult *result, gpointer data)
{
  note (data, "action:%d", nx_web_socket_send_action_finish (NX_WEB_SOCKET (ws), result, NULL));
}

static void
sent_variant_cb (GObject *ws, GAsyncResult *result, gpointer data)
{
  note (data, "variant:%d", nx_web_socket_send_variant_finish (NX_WEB_SOCKET (ws), result, NULL));
}

static void
sends_and_waits (NxWebSocket *ws, gpointer data, GError **error)
{
  g_autoptr (GObject) point = g_object_new (TYPE_POINT, "x", 1, NULL);
  g_autoptr (GObject) odd = g_object_new (TYPE_ODD, NULL);

  nx_web_socket_accept (ws, error);
  nx_web_socket_send_object_async (ws, point, NULL, sent_object_cb, data);
  nx_web_socket_send_action_async (ws, "go", point, NULL, sent_action_cb, data);
  nx_web_socket_send_variant_async (ws, g_variant_new_string ("v"), NULL, sent_variant_cb, data);
  nx_web_socket_send_object_async (ws, odd, NULL, sent_object_cb, data);
}

static void
test_waiting (Fixture *f)
{
  g_autofree char *expected = g_strdup_printf (
      "object:1 action:1 variant:1 object:0 nx-error-quark:%d", NX_ERROR_UNSUPPORTED);
  g_autofree char *object = NULL;
  g_autofree char *action = NULL;
  NxTestClient *client = f->client;

  nx_router_add_route (NX_ROUTER (f->app), "/ws", sends_and_waits, f, NULL, NULL);
  must (open, client, "/ws");
  object = nx_test_client_receive_text (client, NULL);
  g_assert_nonnull (strstr (object, "\"x\":1"));
  action = nx_test_client_receive_text (client, NULL);
  g_assert_true (g_str_has_prefix (action, "{\"type\":\"go\","));
  must (expect_text, client, "\"v\"");
  assert_log (f, expected);
}

/* -- By hand -- */

static void
send_and_take (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GObject) point = nx_message_get_object (message, TYPE_POINT, &error);
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (NxMessage) empty = nx_message_new_text ("[]", -1);
  g_autoptr (GObject) odd = g_object_new (TYPE_ODD, NULL);

  g_assert_no_error (error);
  g_assert_true (nx_web_socket_send_object (ws, point, &error));
  g_assert_true (nx_web_socket_send_action (ws, "go", point, &error));
  variant = nx_message_get_variant (message, "a{sv}", &error);
  g_assert_no_error (error);
  g_assert_true (nx_web_socket_send_variant (ws, variant, &error));
  g_assert_null (nx_message_get_object (empty, TYPE_POINT, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_DATA, "an array came");
  g_assert_null (nx_message_get_variant (empty, "s", &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_DATA, "a string is wanted");
  g_assert_null (nx_message_get_variant (empty, "a", &error));
  expect_error (error, NX_ERROR, NX_ERROR_UNSUPPORTED, "\"a\" is no signature");
  g_assert_null (nx_message_get_variant (empty, "a*", &error));
  expect_error (error, NX_ERROR, NX_ERROR_UNSUPPORTED, "\"a*\" is indefinite");
  g_assert_null (nx_message_get_variant (empty, "ah", &error));
  expect_error (error, NX_ERROR, NX_ERROR_UNSUPPORTED, "handle");
  g_assert_false (nx_web_socket_send_object (ws, odd, &error));
  expect_error (error, NX_ERROR, NX_ERROR_UNSUPPORTED, "Odd:pointer");
  g_assert_false (nx_web_socket_send_variant (ws, g_variant_new_handle (1), &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "handle");
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "nx_web_socket_send_object: Odd:pointer*");
  g_assert_false (nx_web_socket_send_object (ws, odd, NULL));
  g_test_assert_expected_messages ();
}

static void
accept_and_take (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (send_and_take), NULL);
  nx_web_socket_accept (ws, error);
}

static void
test_by_hand (Fixture *f)
{
  NxTestClient *client = f->client;

  nx_router_add_route (NX_ROUTER (f->app), "/ws", accept_and_take, NULL, NULL, NULL);
  must (open, client, "/ws");
  must (send_text, client, "{\"y\":-1,\"x\":2}");
  must (expect_text, client, "{\"x\":2,\"y\":-1,\"label\":\"\"}");
  must (expect_text, client, "{\"type\":\"go\",\"x\":2,\"y\":-1,\"label\":\"\"}");
  must (expect_text, client, "{\"y\":-1,\"x\":2}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/actions/dispatch", test_dispatch);
  ADD_TEST ("/actions/inherited", test_inherited);
  ADD_TEST ("/actions/instance", test_instance);
  ADD_TEST ("/actions/faults", test_faults);
  ADD_TEST ("/actions/plain", test_plain);
  ADD_TEST ("/actions/waiting", test_waiting);
  ADD_TEST ("/actions/answered", test_answered);
  ADD_TEST ("/actions/binary", test_binary);
  ADD_TEST ("/actions/long-reason", test_long_reason);
  ADD_TEST ("/actions/handler-fails", test_handler_fails);
  ADD_TEST ("/actions/mistakes", test_mistakes);
  ADD_TEST ("/actions/by-hand", test_by_hand);
  return g_test_run ();
}
