/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stages of a decision: the middleware of each router, the outermost first, and then the route's handler. */
#include "fixture.h"

/* -- A middleware by name -- */

typedef struct
{
  Fixture *f;
  const char *name;
  NxVerdict verdict;
  gboolean defers;
} Guard;

static NxVerdict
guard_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  Guard *self = data;

  note (self->f, "%s", self->name);
  if (self->defers)
    nx_web_socket_defer (ws);
  return self->verdict;
}

static void
guard_free (gpointer data, GClosure *closure)
{
  g_free (data);
}

static Guard *
add_guard (Fixture *f, gpointer router, const char *name)
{
  Guard *self = g_new0 (Guard, 1);

  self->f = f;
  self->name = name;
  self->verdict = NX_VERDICT_PASS;
  g_signal_connect_data (router, "middleware", G_CALLBACK (guard_cb), self, guard_free, 0);
  return self;
}

/* -- A router whose class looks as well -- */

#define CLASS_TYPE_ROUTER (class_router_get_type ())
G_DECLARE_FINAL_TYPE (ClassRouter, class_router, CLASS, ROUTER, NxRouter)

struct _ClassRouter
{
  NxRouter parent_instance;
  Fixture *f;
  NxVerdict verdict;
};

G_DEFINE_FINAL_TYPE (ClassRouter, class_router, NX_TYPE_ROUTER)

static NxVerdict
class_router_middleware (NxRouter *router, NxWebSocket *ws)
{
  ClassRouter *self = CLASS_ROUTER (router);

  note (self->f, "class");
  if (self->verdict == NX_VERDICT_REFUSE)
    return NX_VERDICT_REFUSE;
  return NX_ROUTER_CLASS (class_router_parent_class)->middleware (router, ws);
}

static void
class_router_class_init (ClassRouterClass *klass)
{
  NX_ROUTER_CLASS (klass)->middleware = class_router_middleware;
}

static void
class_router_init (ClassRouter *self)
{
  self->verdict = NX_VERDICT_PASS;
}

/* -- Three routers in one another -- */

static void
handler_func (NxWebSocket *ws, gpointer data, GError **error)
{
  note (data, "handler");
  nx_web_socket_accept (ws, error);
}

typedef struct
{
  NxRouter *outer; /* the app */
  NxRouter *middle;
  NxRouter *inner;
} House;

static House
build_house (Fixture *f)
{
  House house = { NX_ROUTER (f->app), nx_router_new (), nx_router_new () };

  nx_router_add_route (house.inner, "/x", handler_func, f, NULL, NULL);
  nx_router_add_route (house.middle, "/y", handler_func, f, NULL, NULL);
  nx_router_mount (house.middle, "/in", house.inner, NULL);
  nx_router_mount (house.outer, "/mid", house.middle, NULL);
  g_object_unref (house.middle); /* their mounts hold them */
  g_object_unref (house.inner);
  return house;
}

static void
test_order (Fixture *f)
{
  House house = build_house (f);

  add_guard (f, house.inner, "inner");
  add_guard (f, house.middle, "middle1");
  add_guard (f, house.middle, "middle2");
  add_guard (f, house.outer, "outer");
  client_open (f, "/mid/in/x");
  assert_log (f, "outer middle1 middle2 inner handler");
  client_open (f, "/mid/y");
  assert_log (f, "outer middle1 middle2 handler");
}

/* The first that refuses ends it: within its router, and for all behind. */
static void
test_first_refusal (Fixture *f)
{
  House house = build_house (f);

  add_guard (f, house.outer, "outer");
  add_guard (f, house.middle, "middle1")->verdict = NX_VERDICT_REFUSE;
  add_guard (f, house.middle, "middle2");
  add_guard (f, house.inner, "inner");
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*/mid/in/x: a middleware of NxRouter*403");
  g_assert_cmpuint (client_wait_status (client_new (f, "/mid/in/x", "")), ==, 403);
  g_test_assert_expected_messages ();
  assert_log (f, "outer middle1");
}

static ClassRouter *
mount_class_router (Fixture *f)
{
  ClassRouter *router = g_object_new (CLASS_TYPE_ROUTER, NULL);

  router->f = f;
  nx_router_add_route (NX_ROUTER (router), "/x", handler_func, f, NULL, NULL);
  nx_router_mount (NX_ROUTER (f->app), "/class", NX_ROUTER (router), NULL);
  g_object_unref (router);
  return router;
}

/* Behind the handlers. */
static void
test_class_passes (Fixture *f)
{
  add_guard (f, mount_class_router (f), "guard");
  client_open (f, "/class/x");
  assert_log (f, "guard class handler");
}

static void
test_class_refuses (Fixture *f)
{
  ClassRouter *router = mount_class_router (f);

  add_guard (f, router, "guard");
  router->verdict = NX_VERDICT_REFUSE;
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*a middleware of ClassRouter refused*");
  g_assert_cmpuint (client_wait_status (client_new (f, "/class/x", "")), ==, 403);
  g_test_assert_expected_messages ();
  assert_log (f, "guard class");
}

static void
test_class_is_not_asked (Fixture *f)
{
  Guard *guard = add_guard (f, mount_class_router (f), "guard");

  guard->verdict = NX_VERDICT_REFUSE;
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*refused without a word*");
  g_assert_cmpuint (client_wait_status (client_new (f, "/class/x", "")), ==, 403);
  g_test_assert_expected_messages ();
  assert_log (f, "guard");
}

/* -- Deferring -- */

/* Each stage waits until all deferrals of the one before are ended. */
static void
test_defer_between_stages (Fixture *f)
{
  House house = build_house (f);
  NxWebSocket *ws;
  Client *client;

  add_guard (f, house.outer, "outer1")->defers = TRUE;
  add_guard (f, house.outer, "outer2")->defers = TRUE;
  add_guard (f, house.middle, "middle")->defers = TRUE;
  add_guard (f, house.inner, "inner");
  client = client_new (f, "/mid/in/x", "");
  ws = only_websocket (f);
  assert_log (f, "outer1 outer2");
  nx_web_socket_proceed (ws);
  assert_log (f, "");
  nx_web_socket_proceed (ws);
  assert_log (f, "middle");
  nx_web_socket_proceed (ws);
  assert_log (f, "inner handler");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
}

static void
test_reject_while_deferring (Fixture *f)
{
  House house = build_house (f);
  g_autoptr (NxWebSocket) ws = NULL;
  Client *client;

  add_guard (f, house.outer, "outer")->defers = TRUE;
  client = client_new (f, "/mid/in/x", "");
  ws = g_object_ref (only_websocket (f));
  g_assert_true (nx_web_socket_reject (ws, 401, NULL, NULL));
  g_assert_cmpuint (client_wait_status (client), ==, 401);
  nx_web_socket_proceed (ws);
  assert_log (f, "outer");
}

/* A handler that defers and refuses by its verdict is done with it. */
static void
test_defer_and_refuse (Fixture *f)
{
  House house = build_house (f);
  Guard *guard = add_guard (f, house.outer, "outer");

  guard->defers = TRUE;
  guard->verdict = NX_VERDICT_REFUSE;
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*refused without a word*");
  g_assert_cmpuint (client_wait_status (client_new (f, "/mid/y", "")), ==, 403);
  g_test_assert_expected_messages ();
}

/* What lies on the way was found before, and stays on it. */
static void
test_unmount_while_deferring (Fixture *f)
{
  House house = build_house (f);
  Client *client;

  add_guard (f, house.outer, "outer")->defers = TRUE;
  add_guard (f, house.inner, "inner");
  client = client_new (f, "/mid/in/x", "");
  only_websocket (f);
  nx_router_unmount (house.outer, house.middle);
  nx_web_socket_proceed (only_websocket (f));
  assert_log (f, "outer inner handler");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
}

static void
test_drop_app_while_deferring (Fixture *f)
{
  House house = build_house (f);
  g_autoptr (NxWebSocket) ws = NULL;

  add_guard (f, house.outer, "outer")->defers = TRUE;
  client_new (f, "/mid/in/x", "");
  ws = g_object_ref (only_websocket (f));
  g_assert_finalize_object (g_steal_pointer (&f->app));
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSED);
  nx_web_socket_proceed (ws);
  assert_log (f, "outer");
}

/* -- What a stage may do -- */

static NxVerdict
drops_app_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  Fixture *f = data;

  g_clear_object (&f->app);
  return NX_VERDICT_PASS;
}

static void
test_drop_app_in_middleware (Fixture *f)
{
  build_house (f);
  g_signal_connect (f->app, "middleware", G_CALLBACK (drops_app_cb), f);
  client_new (f, "/mid/in/x", "");
  wait_until (f, f->app == NULL);
  settle (f);
  assert_log (f, "");
}

static void
drops_app_func (NxWebSocket *ws, gpointer data, GError **error)
{
  Fixture *f = data;

  g_clear_object (&f->app);
  note (f, "state:%d", nx_web_socket_get_state (ws));
}

static void
test_drop_app_in_handler (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", drops_app_func, f, NULL, NULL);
  client_new (f, "/", "");
  wait_until (f, f->app == NULL);
  settle (f);
  assert_log (f, "state:3");
}

static void
removes_route_func (NxWebSocket *ws, gpointer data, GError **error)
{
  NxRoute **route = data;

  nx_router_remove_route (NX_ROUTER (nx_web_socket_get_app (ws)), *route);
  *route = NULL;
  nx_web_socket_accept (ws, error);
}

static void
test_remove_route_in_handler (Fixture *f)
{
  NxRoute *route = NULL;

  route = nx_router_add_route (NX_ROUTER (f->app), "/", removes_route_func, &route, NULL, NULL);
  client_open (f, "/");
  g_assert_null (route);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 404);
}

/* -- What stands behind it from then on -- */

#define TEST_TYPE_CONTROLLER (test_controller_get_type ())
G_DECLARE_FINAL_TYPE (TestController, test_controller, TEST, CONTROLLER, NxController)

struct _TestController
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (TestController, test_controller, NX_TYPE_CONTROLLER)

static Fixture *current;

static void
test_controller_on_receive (NxController *controller,
                            NxWebSocket *ws,
                            NxMessage *message,
                            GError **error)
{
  note (current, "receive");
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "receive");
}

static void
test_controller_on_disconnect (NxController *controller,
                               NxWebSocket *ws,
                               guint code,
                               const char *reason)
{
  note (current, "disconnect");
}

static void
test_controller_on_error (NxController *controller, NxWebSocket *ws, GError *error)
{
  note (current, "error");
}

static void
test_controller_class_init (TestControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_receive = test_controller_on_receive;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = test_controller_on_disconnect;
  NX_CONTROLLER_CLASS (klass)->on_error = test_controller_on_error;
}

static void
test_controller_init (TestController *self)
{
}

static void
test_controller (Fixture *f)
{
  Client *client;

  current = f;
  nx_router_add_controller_type (NX_ROUTER (f->app), "/", TEST_TYPE_CONTROLLER, NULL);
  client = client_open (f, "/");
  client_send_text (client, "a");
  settle (f);
  client_cut (client);
  wait_until (f, nx_connection_list_get_size (nx_app_get_private (f->app)->connections) == 0);
  assert_log (f, "receive error disconnect");
}

static void
fails_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "handler");
}

static void
route_error_cb (NxRoute *route, NxWebSocket *ws, GError *error, gpointer data)
{
  note (data, "error:%s", error->message);
}

static void
test_route_fails (Fixture *f)
{
  NxRoute *route = nx_router_add_route (NX_ROUTER (f->app), "/", fails_func, f, NULL, NULL);

  g_signal_connect (route, "error", G_CALLBACK (route_error_cb), f);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 500);
  assert_log (f, "error:handler");
}

static void
message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  note (data, "message");
}

static void
signals_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (message_cb), data);
  nx_web_socket_accept (ws, error);
}

static void
test_function (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", signals_func, f, NULL, NULL);
  client_send_text (client_open (f, "/"), "a");
  settle (f);
  assert_log (f, "message");
}

static void
undecided_func (NxWebSocket *ws, gpointer data, GError **error)
{
}

static void
test_undecided (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/here", undecided_func, f, NULL, NULL);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*the handler of route /here ended*403");
  g_assert_cmpuint (client_wait_status (client_new (f, "/here", "")), ==, 403);
  g_test_assert_expected_messages ();
}

/* From inside the middleware: the loop that asks goes on, and only once. */
static NxVerdict
proceeds_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  nx_web_socket_defer (ws);
  nx_web_socket_proceed (ws);
  return NX_VERDICT_PASS;
}

static NxVerdict
rejects_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  nx_web_socket_reject (ws, 402, NULL, NULL);
  return NX_VERDICT_REFUSE;
}

static void
test_proceed_inside (Fixture *f)
{
  House house = build_house (f);

  g_signal_connect (house.outer, "middleware", G_CALLBACK (proceeds_cb), f);
  add_guard (f, house.outer, "outer");
  add_guard (f, house.middle, "middle");
  client_open (f, "/mid/y");
  assert_log (f, "outer middle handler");
}

/* With a status of its own nothing is left to warn of. */
static void
test_refuses_with_a_word (Fixture *f)
{
  House house = build_house (f);

  g_signal_connect (house.middle, "middleware", G_CALLBACK (rejects_cb), f);
  g_assert_cmpuint (client_wait_status (client_new (f, "/mid/y", "")), ==, 402);
}

/* -- Statistics -- */

static guint
get_n_undecided (Fixture *f)
{
  guint n;

  g_object_get (f->app, "n-undecided", &n, NULL);
  return n;
}

static void
test_n_undecided (Fixture *f)
{
  House house = build_house (f);

  add_guard (f, house.outer, "outer")->defers = TRUE;
  client_new (f, "/mid/in/x", "");
  client_new (f, "/mid/in/x", "");
  wait_until (f, get_n_undecided (f) == 2);
  nx_web_socket_proceed (nx_connection_list_peek (nx_app_get_private (f->app)->connections, 0));
  g_assert_cmpuint (get_n_undecided (f), ==, 1);
  client_cut (g_ptr_array_index (f->clients, 1));
  wait_until (f, get_n_undecided (f) == 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/admission/order", test_order);
  ADD_SCENARIO ("/admission/first-refusal", test_first_refusal);
  ADD_SCENARIO ("/admission/class/passes", test_class_passes);
  ADD_SCENARIO ("/admission/class/refuses", test_class_refuses);
  ADD_SCENARIO ("/admission/class/not-asked", test_class_is_not_asked);
  ADD_SCENARIO ("/admission/defer/between-stages", test_defer_between_stages);
  ADD_SCENARIO ("/admission/defer/reject", test_reject_while_deferring);
  ADD_SCENARIO ("/admission/defer/refuse", test_defer_and_refuse);
  ADD_SCENARIO ("/admission/defer/unmount", test_unmount_while_deferring);
  ADD_SCENARIO ("/admission/defer/drop-app", test_drop_app_while_deferring);
  ADD_SCENARIO ("/admission/drop-app/middleware", test_drop_app_in_middleware);
  ADD_SCENARIO ("/admission/drop-app/handler", test_drop_app_in_handler);
  ADD_SCENARIO ("/admission/remove-route", test_remove_route_in_handler);
  ADD_SCENARIO ("/admission/proceed-inside", test_proceed_inside);
  ADD_SCENARIO ("/admission/refuses-with-a-word", test_refuses_with_a_word);
  ADD_SCENARIO ("/admission/undecided", test_undecided);
  ADD_SCENARIO ("/admission/behind/controller", test_controller);
  ADD_SCENARIO ("/admission/behind/function", test_function);
  ADD_SCENARIO ("/admission/behind/route-error", test_route_fails);
  ADD_SCENARIO ("/admission/n-undecided", test_n_undecided);
  return g_test_run ();
}
