/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A controller: what its class does, what a derived one overrides, how long it lives and for whom. */
#include "app-fixture.h"

#include "nx-web-socket-private.h"

/* -- One that overrides nothing -- */

#define PLAIN_TYPE_CONTROLLER (plain_controller_get_type ())
G_DECLARE_FINAL_TYPE (PlainController, plain_controller, PLAIN, CONTROLLER, NxController)

struct _PlainController
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (PlainController, plain_controller, NX_TYPE_CONTROLLER)

static void
plain_controller_class_init (PlainControllerClass *klass)
{
}

static void
plain_controller_init (PlainController *self)
{
}

/* -- One that notes everything, with state in its fields -- */

#define NOTING_TYPE_CONTROLLER (noting_controller_get_type ())
G_DECLARE_FINAL_TYPE (NotingController, noting_controller, NOTING, CONTROLLER, NxController)

struct _NotingController
{
  NxController parent_instance;
  guint n_messages;
};

G_DEFINE_FINAL_TYPE (NotingController, noting_controller, NX_TYPE_CONTROLLER)

/* Type functions get no data; a controller that is made by its type notes here. */
static Fixture *current;
static gboolean fails_to_connect;
static gboolean handles_errors;

static void
noting_controller_on_connect (NxController *controller, NxWebSocket *ws, GError **error)
{
  note (current, "connect");
  if (fails_to_connect)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "a secret");
  else
    NX_CONTROLLER_CLASS (noting_controller_parent_class)->on_connect (controller, ws, error);
}

static void
noting_controller_on_receive (NxController *controller,
                              NxWebSocket *ws,
                              NxMessage *message,
                              GError **error)
{
  NotingController *self = NOTING_CONTROLLER (controller);
  const char *text = nx_message_get_text (message);

  note (current, "receive%u:%s", ++self->n_messages, text != NULL ? text : "binary");
  if (g_strcmp0 (text, "fail") == 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "a secret");
  else if (g_strcmp0 (text, "close") == 0)
    nx_web_socket_close (ws, 4000, "enough", error);
  else if (g_strcmp0 (text, "close and send") == 0)
    {
      nx_web_socket_close (ws, 4000, NULL, error);
      g_assert_false (nx_web_socket_send_text (ws, "too late", error));
    }
  else if (g_strcmp0 (text, "outlast") == 0)
    {
      nx_web_socket_cut (ws);
      must (advance_time, current->client, 10000);
      note (current, "over%u", self->n_messages);
    }
}

static void
noting_controller_on_disconnect (NxController *controller,
                                 NxWebSocket *ws,
                                 guint code,
                                 const char *reason)
{
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSED);
  note (current, "disconnect:%u:%s", code, reason != NULL && *reason != '\0' ? reason : "-");
  NX_CONTROLLER_CLASS (noting_controller_parent_class)
      ->on_disconnect (controller, ws, code, reason);
}

static void
noting_controller_on_error (NxController *controller, NxWebSocket *ws, GError *error)
{
  note (current, "error:%s", error->message);
  if (!handles_errors)
    NX_CONTROLLER_CLASS (noting_controller_parent_class)->on_error (controller, ws, error);
}

static void
noting_controller_finalize (GObject *object)
{
  note (current, "finalize");
  G_OBJECT_CLASS (noting_controller_parent_class)->finalize (object);
}

static void
noting_controller_class_init (NotingControllerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = noting_controller_finalize;
  NX_CONTROLLER_CLASS (klass)->on_connect = noting_controller_on_connect;
  NX_CONTROLLER_CLASS (klass)->on_receive = noting_controller_on_receive;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = noting_controller_on_disconnect;
  NX_CONTROLLER_CLASS (klass)->on_error = noting_controller_on_error;
}

static void
noting_controller_init (NotingController *self)
{
}

static void
begin (Fixture *f)
{
  current = f;
  fails_to_connect = FALSE;
  handles_errors = FALSE;
}

static NxController *
add_shared (Fixture *f, GType type)
{
  g_autoptr (NxController) controller = g_object_new (type, NULL);

  begin (f);
  nx_router_add_controller (NX_ROUTER (f->app), "/", controller, NULL);
  return controller;
}

static void
add_type (Fixture *f)
{
  begin (f);
  nx_router_add_controller_type (NX_ROUTER (f->app), "/", NOTING_TYPE_CONTROLLER, NULL);
}

static void
finish (NxTestClient *client, guint code)
{
  must (close, client, code, NULL);
  must (settle, client);
}

/* -- The defaults -- */

static void
test_plain (Fixture *f)
{
  NxController *controller = add_shared (f, PLAIN_TYPE_CONTROLLER);

  must (open, f->client, "/");
  g_assert_true (nx_controller_get_app (controller) == f->app);
  g_assert_cmpint (nx_web_socket_get_state (get_websocket (f)), ==, NX_STATE_OPEN);
  must (send_text, f->client, "for whoever receives");
  must (expect_nothing, f->client);
}

static void
test_abstract (void)
{
  g_assert_true (G_TYPE_IS_ABSTRACT (NX_TYPE_CONTROLLER));
}

static void
test_error_before_accept (Fixture *f)
{
  add_type (f);
  fails_to_connect = TRUE;
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Connection *-1 to / failed: a secret");
  must (expect_refusal, f->client, "/", 500);
  g_test_assert_expected_messages ();
  assert_unsaid (f->client, "secret");
  assert_log (f, "connect error:a secret finalize");
}

static void
test_error_after_accept (Fixture *f)
{
  add_type (f);
  must (open, f->client, "/");
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Connection *-1 to / failed: a secret");
  must (send_text, f->client, "fail");
  must (expect_close, f->client, 1011, "");
  g_test_assert_expected_messages ();
  assert_log_settled (f, "connect receive1:fail error:a secret disconnect:1011:- finalize");
}

/* Without chaining up, nothing is logged and the connection goes on. */
static void
test_error_is_handled (Fixture *f)
{
  add_type (f);
  handles_errors = TRUE;
  must (open, f->client, "/");
  must (send_text, f->client, "fail");
  must (send_text, f->client, "go on");
  must (settle, f->client);
  assert_log (f, "connect receive1:fail error:a secret receive2:go on");
  finish (f->client, 1000);
  assert_log (f, "disconnect:1000:- finalize");
}

/* A handled error of on_connect has decided nothing. */
static void
test_error_is_handled_undecided (Fixture *f)
{
  add_type (f);
  handles_errors = TRUE;
  fails_to_connect = TRUE;
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*without having accepted*");
  must (expect_refusal, f->client, "/", 403);
  g_test_assert_expected_messages ();
  assert_log (f, "connect error:a secret finalize");
}

/* That its own connection is closing is no error of a handler. */
static void
test_disconnected_is_no_error (Fixture *f)
{
  add_type (f);
  must (open, f->client, "/");
  must (send_text, f->client, "close and send");
  must (expect_close, f->client, 4000, NULL);
  assert_log_settled (f, "connect receive1:close and send disconnect:4000:- finalize");
}

/* -- How long it lives, and for whom -- */

static void
test_shared (Fixture *f)
{
  NxTestClient *one = f->client, *two = add_client (f);

  add_shared (f, NOTING_TYPE_CONTROLLER);
  must (open, one, "/");
  must (open, two, "/");
  must (send_text, one, "a");
  must (settle, one);
  must (send_text, two, "b");
  must (settle, two);
  finish (one, 1000);
  finish (two, 4005);
  assert_log (f, "connect connect receive1:a receive2:b disconnect:1000:- disconnect:4005:-");
  drop_app (f);
  assert_log (f, "finalize");
}

static void
test_one_each (Fixture *f)
{
  NxTestClient *one = f->client, *two = add_client (f);

  add_type (f);
  must (open, one, "/");
  must (open, two, "/");
  must (send_text, one, "a");
  must (settle, one);
  must (send_text, two, "b");
  must (settle, two);
  must (send_text, one, "c");
  must (settle, one);
  assert_log (f, "connect connect receive1:a receive1:b receive2:c");
  finish (one, 1000);
  assert_log (f, "disconnect:1000:- finalize");
  finish (two, 1000);
  assert_log (f, "disconnect:1000:- finalize");
}

/* -- The factory -- */

typedef struct
{
  Fixture *f;
  gboolean fails;
  gboolean makes_nothing;
  gboolean makes_anyway; /* although it fails */
} Factory;

static NxController *
make (NxWebSocket *ws, gpointer data, GError **error)
{
  Factory *self = data;

  note (self->f, "make:%s", nx_web_socket_get_path (ws));
  if (self->fails)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "no database");
  if ((self->fails && !self->makes_anyway) || self->makes_nothing)
    return NULL;
  return g_object_new (NOTING_TYPE_CONTROLLER, NULL);
}

static NxRoute *
add_factory (Factory *factory)
{
  begin (factory->f);
  return nx_router_add_controller_factory (NX_ROUTER (factory->f->app), "/", make, factory, NULL,
                                           NULL);
}

static void
test_factory (Fixture *f)
{
  Factory factory = { f, FALSE, FALSE, FALSE };

  add_factory (&factory);
  must (open, f->client, "/");
  must (open, add_client (f), "/");
  assert_log (f, "make:/ connect make:/ connect");
  finish (f->client, 1000);
  assert_log (f, "disconnect:1000:- finalize");
  drop_app (f);
  assert_log (f, "disconnect:1006:- finalize");
}

static void
test_factory_fails (Fixture *f)
{
  Factory factory = { f, TRUE, FALSE, FALSE };

  add_factory (&factory);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Connection *-1 to / failed: no database");
  must (expect_refusal, f->client, "/", 500);
  g_test_assert_expected_messages ();
  assert_log (f, "make:/");
}

/* What comes with an error is not connected. */
static void
test_factory_fails_and_makes (Fixture *f)
{
  Factory factory = { f, TRUE, FALSE, TRUE };

  add_factory (&factory);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Connection *-1 to / failed: no database");
  must (expect_refusal, f->client, "/", 500);
  g_test_assert_expected_messages ();
  assert_log (f, "make:/ finalize");
}

static void
route_error_cb (NxRoute *route, NxWebSocket *ws, GError *error, gpointer data)
{
  note (data, "error:%s", error->message);
  nx_web_socket_reject (ws, 502, NULL, NULL);
}

static void
test_factory_failure_is_signalled (Fixture *f)
{
  Factory factory = { f, TRUE, FALSE, FALSE };

  g_signal_connect (add_factory (&factory), "error", G_CALLBACK (route_error_cb), f);
  must (expect_refusal, f->client, "/", 502);
  assert_log (f, "make:/ error:no database");
}

/* NULL without an error is a mistake like deciding nothing. */
static void
test_factory_makes_nothing (Fixture *f)
{
  Factory factory = { f, FALSE, TRUE, FALSE };

  add_factory (&factory);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING,
                         "*The factory of route / made no controller*");
  must (expect_refusal, f->client, "/", 500);
  g_test_assert_expected_messages ();
  assert_log (f, "make:/");
}

static NxController *
make_rejection (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_reject (ws, 403, NULL, error);
  return NULL;
}

/* Who has decided has nothing to make, and nothing to explain. */
static void
test_factory_rejects (Fixture *f)
{
  begin (f);
  nx_router_add_controller_factory (NX_ROUTER (f->app), "/", make_rejection, NULL, NULL, NULL);
  must (expect_refusal, f->client, "/", 403);
  assert_log (f, "");
}

/* -- The end -- */

static void
test_disconnect_by_peer (Fixture *f)
{
  add_type (f);
  must (open, f->client, "/");
  must (close, f->client, 4000, "bye");
  assert_log_settled (f, "connect disconnect:4000:bye finalize");
}

static void
test_disconnect_by_us (Fixture *f)
{
  add_type (f);
  must (open, f->client, "/");
  nx_test_client_set_delay (f->client, 100); /* of its answer, so that there is a while between */
  nx_test_client_freeze_time (f->client);
  must (send_text, f->client, "close");
  must (advance_time, f->client, 110);
  assert_log (f, "connect receive1:close");
  must (advance_time, f->client, 110);
  must (expect_close, f->client, 4000, "enough");
  assert_log_settled (f, "disconnect:4000:enough finalize");
}

static void
test_disconnect_without_status (Fixture *f)
{
  add_type (f);
  must (open, f->client, "/");
  finish (f->client, 1005);
  assert_log (f, "connect disconnect:1005:- finalize");
}

static void
test_disconnect_by_reset (Fixture *f)
{
  add_type (f);
  must (open, f->client, "/");
  nx_test_client_cut (f->client);
  assert_log_settled (f, "connect disconnect:1006:- finalize");
}

static NxVerdict
refusing_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  nx_web_socket_accept_and_close (ws, 4403, NULL, NULL);
  return NX_VERDICT_REFUSE;
}

/* It never saw this one. */
static void
test_no_disconnect_when_refused (Fixture *f)
{
  add_type (f);
  g_signal_connect (f->app, "middleware", G_CALLBACK (refusing_cb), NULL);
  must (open, f->client, "/");
  must (expect_close, f->client, 4403, NULL);
  assert_log_settled (f, "");
}

/* -- Properties -- */

static void
notify_cb (NxController *controller, GParamSpec *pspec, gpointer data)
{
  note (data, "%s", pspec->name);
}

static void
test_properties (Fixture *f)
{
  const char *const names[] = { "a", "b", NULL };
  g_autoptr (NxController) controller = g_object_ref (add_shared (f, PLAIN_TYPE_CONTROLLER));
  g_auto (GStrv) subprotocols = NULL;
  g_autoptr (NxApp) app = NULL;
  NxEncoding encoding;

  g_signal_connect (controller, "notify", G_CALLBACK (notify_cb), f);
  g_assert_null (nx_controller_get_app (controller));
  g_object_get (controller, "app", &app, "encoding", &encoding, "subprotocols", &subprotocols,
                NULL);
  g_assert_null (app);
  g_assert_cmpint (encoding, ==, NX_ENCODING_ANY);
  g_assert_null (subprotocols);

  g_object_set (controller, "encoding", NX_ENCODING_JSON, NULL);
  g_object_set (controller, "subprotocols", names, NULL);
  nx_controller_set_encoding (controller, NX_ENCODING_JSON);
  g_assert_cmpint (nx_controller_get_encoding (controller), ==, NX_ENCODING_JSON);
  g_assert_cmpstrv ((char **) nx_controller_get_subprotocols (controller), names);
  nx_controller_set_subprotocols (controller, nx_controller_get_subprotocols (controller));
  g_assert_cmpstrv ((char **) nx_controller_get_subprotocols (controller), names);
  nx_controller_set_subprotocols (controller, NULL);
  g_assert_null (nx_controller_get_subprotocols (controller));
  assert_log (f, "encoding subprotocols subprotocols subprotocols");

  must (open, f->client, "/");
  must (open, add_client (f), "/");
  g_assert_true (nx_controller_get_app (controller) == f->app);
  assert_log (f, "app");
  drop_app (f);
  g_assert_null (nx_controller_get_app (controller));
}

/* One that served an app serves another one. */
static void
test_next_app (Fixture *f)
{
  g_autoptr (NxController) controller = g_object_ref (add_shared (f, PLAIN_TYPE_CONTROLLER));
  g_autoptr (NxApp) second = nx_app_new ();
  g_autoptr (NxTestClient) client = nx_test_client_new (second);

  must (open, f->client, "/");
  g_assert_true (nx_controller_get_app (controller) == f->app);
  nx_router_add_controller (NX_ROUTER (second), "/", controller, NULL);
  must (open, client, "/");
  g_assert_true (nx_controller_get_app (controller) == second);
}

static void
test_no_such_property (void)
{
  g_autoptr (NxController) controller = g_object_new (PLAIN_TYPE_CONTROLLER, NULL);
  GObjectClass *klass = G_OBJECT_CLASS (g_type_class_peek (NX_TYPE_CONTROLLER));
  GParamSpec *pspec = g_object_class_find_property (klass, "encoding");
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, NX_TYPE_ENCODING);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*invalid property id*");
  klass->get_property (G_OBJECT (controller), 99, &value, pspec);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*invalid property id*");
  klass->set_property (G_OBJECT (controller), 99, &value, pspec);
  g_test_assert_expected_messages ();
}

/* The end of a connection waits for a handler only so long; one that iterates the main loop for longer has its controller under it
 * to the end all the same. */
static void
test_outlives_a_long_handler (Fixture *f)
{
  g_autoptr (NxWebSocket) ws = NULL;

  add_type (f);
  must (open, f->client, "/");
  ws = g_object_ref (get_websocket (f));
  nx_web_socket_pause (ws);
  must (send_text, f->client, "outlast");
  must (settle, f->client);
  assert_log (f, "connect");
  nx_web_socket_resume (ws);
  assert_log (f, "receive1:outlast disconnect:1006:- over1 finalize");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/controller/plain", test_plain);
  g_test_add_func ("/controller/abstract", test_abstract);
  ADD_TEST ("/controller/error/before-accept", test_error_before_accept);
  ADD_TEST ("/controller/error/after-accept", test_error_after_accept);
  ADD_TEST ("/controller/error/handled", test_error_is_handled);
  ADD_TEST ("/controller/error/handled-undecided", test_error_is_handled_undecided);
  ADD_TEST ("/controller/error/disconnected", test_disconnected_is_no_error);
  ADD_TEST ("/controller/shared", test_shared);
  ADD_TEST ("/controller/one-each", test_one_each);
  ADD_TEST ("/controller/factory", test_factory);
  ADD_TEST ("/controller/factory/fails", test_factory_fails);
  ADD_TEST ("/controller/factory/fails-and-makes", test_factory_fails_and_makes);
  ADD_TEST ("/controller/factory/signals", test_factory_failure_is_signalled);
  ADD_TEST ("/controller/factory/nothing", test_factory_makes_nothing);
  ADD_TEST ("/controller/factory/rejects", test_factory_rejects);
  ADD_TEST ("/controller/disconnect/peer", test_disconnect_by_peer);
  ADD_TEST ("/controller/disconnect/us", test_disconnect_by_us);
  ADD_TEST ("/controller/disconnect/no-status", test_disconnect_without_status);
  ADD_TEST ("/controller/disconnect/reset", test_disconnect_by_reset);
  ADD_TEST ("/controller/disconnect/refused", test_no_disconnect_when_refused);
  ADD_TEST ("/controller/properties", test_properties);
  ADD_TEST ("/controller/properties/next-app", test_next_app);
  g_test_add_func ("/controller/properties/none", test_no_such_property);
  ADD_TEST ("/controller/outlives-a-long-handler", test_outlives_a_long_handler);
  return g_test_run ();
}
