/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A route: its name, limits of its own, and whom its errors are told. */
#include "app-fixture.h"

#include "nx-app-private.h"
#include "nx-route-private.h"

static NxRoute *
add_route (Fixture *f, NxRouteFunc func)
{
  return nx_router_add_route (NX_ROUTER (f->app), "/", func, f, NULL, NULL);
}

/* -- Properties -- */

static void
notify_cb (NxRoute *route, GParamSpec *pspec, gpointer data)
{
  note (data, "%s", pspec->name);
}

static void
test_properties (Fixture *f)
{
  NxRoute *route =
      nx_router_add_route (NX_ROUTER (f->app), "/a/{b:int}", accept_func, f, NULL, NULL);
  g_autofree char *pattern = NULL;
  g_autofree char *name = NULL;
  guint ping_interval;

  g_signal_connect (route, "notify", G_CALLBACK (notify_cb), f);
  g_object_get (route, "pattern", &pattern, "name", &name, NULL);
  g_assert_cmpstr (pattern, ==, "/a/{b:int}");
  g_assert_cmpstr (nx_route_get_pattern (route), ==, "/a/{b:int}");
  g_assert_null (name);
  g_object_get (route, "ping-interval", &ping_interval, NULL);
  g_assert_cmpuint (ping_interval, ==, 20000);
  nx_route_set_name (route, "numbers");
  nx_route_set_name (route, "numbers");
  assert_log (f, "name");
  g_object_set (route, "name", "other", NULL);
  g_assert_cmpstr (nx_route_get_name (route), ==, "other");
  nx_route_set_name (route, NULL);
  g_assert_null (nx_route_get_name (route));
  assert_log (f, "name name");
}

static void
test_no_such_property (Fixture *f)
{
  NxRoute *route = add_route (f, accept_func);
  GObjectClass *klass = G_OBJECT_GET_CLASS (route);
  GParamSpec *pspec = g_object_class_find_property (klass, "name");
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_STRING);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*invalid property id*");
  klass->get_property (G_OBJECT (route), 99, &value, pspec);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*invalid property id*");
  klass->set_property (G_OBJECT (route), 99, &value, pspec);
  g_test_assert_expected_messages ();
}

/* -- What it leads to -- */

#define ROUTED_TYPE_CONTROLLER (routed_controller_get_type ())
G_DECLARE_FINAL_TYPE (RoutedController, routed_controller, ROUTED, CONTROLLER, NxController)

struct _RoutedController
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (RoutedController, routed_controller, NX_TYPE_CONTROLLER)

static void
routed_controller_class_init (RoutedControllerClass *klass)
{
}

static void
routed_controller_init (RoutedController *self)
{
}

static NxController *
make_controller (NxWebSocket *ws, gpointer data, GError **error)
{
  note (data, "make");
  return g_object_new (ROUTED_TYPE_CONTROLLER, NULL);
}

static NxController *
fail_to_make (NxWebSocket *ws, gpointer data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "a secret");
  return NULL;
}

static void
destroyed_cb (gpointer data)
{
  note (data, "destroyed");
}

static void
test_kinds (Fixture *f)
{
  g_autoptr (NxController) controller = g_object_new (ROUTED_TYPE_CONTROLLER, NULL);
  NxRouter *router = NX_ROUTER (f->app);

  nx_router_add_route (router, "/func", accept_func, f, destroyed_cb, NULL);
  nx_router_add_controller (router, "/shared", controller, NULL);
  nx_router_add_controller_type (router, "/type", ROUTED_TYPE_CONTROLLER, NULL);
  nx_router_add_controller_factory (router, "/factory", make_controller, f, destroyed_cb, NULL);
  must (open, f->client, "/func");
  must (open, add_client (f), "/shared");
  must (open, add_client (f), "/type");
  assert_log (f, "");
  must (open, add_client (f), "/factory");
  assert_log (f, "make");
  drop_app (f);
  assert_log (f, "destroyed destroyed");
}

/* -- Limits -- */

static void
message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
}

static void
sink_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (message_cb), NULL);
  nx_web_socket_accept (ws, error);
}

static void
test_narrower (Fixture *f)
{
  NxRoute *route = add_route (f, sink_func);

  nx_router_add_route (NX_ROUTER (f->app), "/other", sink_func, f, NULL, NULL);
  g_object_set (route, "max-message-size", G_GUINT64_CONSTANT (10), NULL);
  must (open, f->client, "/");
  must (send_text, f->client, "0123456789");
  must (expect_nothing, f->client);
  must (send_text, f->client, "0123456789a");
  must (expect_close, f->client, 1009, NULL);
  must (open, f->client, "/other");
  must (send_text, f->client, "0123456789a");
  must (expect_nothing, f->client);
}

static void
test_wider (Fixture *f)
{
  NxRoute *route = add_route (f, sink_func);

  g_object_set (f->app, "max-message-size", G_GUINT64_CONSTANT (10), NULL);
  g_object_set (route, "max-message-size", G_GUINT64_CONSTANT (20), NULL);
  must (open, f->client, "/");
  must (send_text, f->client, "0123456789a");
  must (expect_nothing, f->client);
}

/* What a route has not set follows the app, also when the app changes after the route did. */
static void
test_follows_app (Fixture *f)
{
  NxRoute *route = add_route (f, accept_func);
  NxAppPrivate *priv = nx_app_get_private (f->app);
  g_autoptr (NxSettings) plain = nx_route_dup_settings (route, priv->settings);
  g_autoptr (NxSettings) first = NULL;
  g_autoptr (NxSettings) same = NULL;
  g_autoptr (NxSettings) second = NULL;
  g_autoptr (NxSettings) third = NULL;

  g_assert_true (plain == priv->settings);
  g_object_set (route, "ping-interval", 7, NULL);
  first = nx_route_dup_settings (route, priv->settings);
  same = nx_route_dup_settings (route, priv->settings);
  g_assert_true (first == same);
  g_assert_cmpuint (first->ping_interval_ms, ==, 7);
  g_assert_cmpuint (first->pong_timeout_ms, ==, 20000);

  g_object_set (f->app, "pong-timeout", 8, "ping-interval", 9, NULL);
  second = nx_route_dup_settings (route, priv->settings);
  g_assert_cmpuint (second->ping_interval_ms, ==, 7);
  g_assert_cmpuint (second->pong_timeout_ms, ==, 8);

  g_object_set (route, "pong-timeout", 10, NULL);
  third = nx_route_dup_settings (route, priv->settings);
  g_assert_cmpuint (third->ping_interval_ms, ==, 7);
  g_assert_cmpuint (third->pong_timeout_ms, ==, 10);
}

/* -- Errors -- */

static void
fails_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "a secret");
}

static void
accepts_and_fails_func (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, error);
  fails_func (ws, data, error);
}

static void
rejects_and_fails_func (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_reject (ws, 418, NULL, NULL);
  fails_func (ws, data, error);
}

static void
closes_and_fails_func (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, NULL);
  nx_web_socket_close (ws, 4000, NULL, NULL);
  fails_func (ws, data, error);
}

static void
expect_log_of_failure (Fixture *f)
{
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Connection *-1 to /*failed: a secret");
}

static void
test_fails_before_accept (Fixture *f)
{
  add_route (f, fails_func);
  expect_log_of_failure (f);
  must (expect_refusal, f->client, "/", 500);
  g_test_assert_expected_messages ();
  assert_unsaid (f->client, "secret");
}

static void
test_fails_after_accept (Fixture *f)
{
  add_route (f, accepts_and_fails_func);
  expect_log_of_failure (f);
  must (open, f->client, "/");
  must (expect_close, f->client, 1011, "");
  g_test_assert_expected_messages ();
}

static void
test_fails_when_decided (Fixture *f)
{
  add_route (f, rejects_and_fails_func);
  expect_log_of_failure (f);
  must (expect_refusal, f->client, "/", 418);
  g_test_assert_expected_messages ();
}

static void
test_fails_when_closing (Fixture *f)
{
  add_route (f, closes_and_fails_func);
  expect_log_of_failure (f);
  must (open, f->client, "/");
  must (expect_close, f->client, 4000, NULL);
  g_test_assert_expected_messages ();
}

static void
test_factory_fails (Fixture *f)
{
  nx_router_add_controller_factory (NX_ROUTER (f->app), "/", fail_to_make, f, NULL, NULL);
  expect_log_of_failure (f);
  must (expect_refusal, f->client, "/", 500);
  g_test_assert_expected_messages ();
}

/* -- The signal -- */

static void
error_cb (NxRoute *route, NxWebSocket *ws, GError *error, gpointer data)
{
  note (data, "error:%s", error->message);
}

static void
closing_error_cb (NxRoute *route, NxWebSocket *ws, GError *error, gpointer data)
{
  nx_web_socket_close (ws, 4001, "sorry", NULL);
}

static void
test_signal (Fixture *f)
{
  NxRoute *route = add_route (f, accepts_and_fails_func);

  g_signal_connect (route, "error", G_CALLBACK (error_cb), f);
  must (open, f->client, "/");
  must (expect_close, f->client, 1011, NULL);
  assert_log (f, "error:a secret");
}

static void
test_signal_before_accept (Fixture *f)
{
  NxRoute *route = add_route (f, fails_func);

  g_signal_connect (route, "error", G_CALLBACK (error_cb), f);
  must (expect_refusal, f->client, "/", 500);
  assert_log (f, "error:a secret");
}

static void
test_signal_closes (Fixture *f)
{
  NxRoute *route = add_route (f, accepts_and_fails_func);

  g_signal_connect (route, "error", G_CALLBACK (closing_error_cb), f);
  must (open, f->client, "/");
  must (expect_close, f->client, 4001, "sorry");
}

/* Whoever had the signal blocked is not told, and the log is. */
static void
test_signal_gone (Fixture *f)
{
  NxRoute *route = add_route (f, accepts_and_fails_func);

  g_signal_handler_disconnect (route, g_signal_connect (route, "error", G_CALLBACK (error_cb), f));
  expect_log_of_failure (f);
  must (open, f->client, "/");
  must (expect_close, f->client, 1011, NULL);
  g_test_assert_expected_messages ();
  assert_log (f, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/route/properties", test_properties);
  ADD_TEST ("/route/properties/none", test_no_such_property);
  ADD_TEST ("/route/kinds", test_kinds);
  ADD_TEST ("/route/limits/narrower", test_narrower);
  ADD_TEST ("/route/limits/wider", test_wider);
  ADD_TEST ("/route/limits/follows-app", test_follows_app);
  ADD_TEST ("/route/fails/before-accept", test_fails_before_accept);
  ADD_TEST ("/route/fails/after-accept", test_fails_after_accept);
  ADD_TEST ("/route/fails/decided", test_fails_when_decided);
  ADD_TEST ("/route/fails/closing", test_fails_when_closing);
  ADD_TEST ("/route/fails/factory", test_factory_fails);
  ADD_TEST ("/route/signal", test_signal);
  ADD_TEST ("/route/signal/before-accept", test_signal_before_accept);
  ADD_TEST ("/route/signal/closes", test_signal_closes);
  ADD_TEST ("/route/signal/gone", test_signal_gone);
  return g_test_run ();
}
