/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routers: what leads where, what is refused, and what is taken away while connections live. */
#include "app-fixture.h"

#include "nx-router-private.h"

#define ROUTER(f) NX_ROUTER ((f)->app)

/* The pattern of the route that a path leads to, and its parameters. */
static char *
match (NxRouter *router, const char *path)
{
  g_autoptr (NxPath) parsed = nx_path_parse (path, strlen (path));
  NxRouteMatch found = { 0 };
  GString *text = g_string_new (NULL);

  nx_router_match (router, parsed, &found);
  if (found.route != NULL)
    g_string_append_printf (text, "%u:%s", found.routers->len, nx_route_get_pattern (found.route));
  for (guint i = 0; i < nx_path_params_get_size (&found.params); i++)
    g_string_append_printf (text, " %s=%s", nx_path_params_get_name (&found.params, i),
                            nx_path_params_get_value (&found.params, i));
  nx_route_match_clear (&found);
  return g_string_free (text, FALSE);
}

static void
expect_match (NxRouter *router, const char *path, const char *expected)
{
  g_autofree char *found = match (router, path);

  g_assert_cmpstr (found, ==, expected);
}

static NxRoute *
add (NxRouter *router, const char *pattern)
{
  GError *error = NULL;
  NxRoute *route = nx_router_add_route (router, pattern, accept_func, NULL, NULL, &error);

  g_assert_no_error (error);
  return route;
}

static void
mount (NxRouter *router, const char *prefix, NxRouter *inner)
{
  GError *error = NULL;

  nx_router_mount (router, prefix, inner, &error);
  g_assert_no_error (error);
}

/* -- Patterns -- */

static void
test_patterns (void)
{
  g_autoptr (NxRouter) router = nx_router_new ();

  add (router, "/rooms/{room}");
  add (router, "/rooms/lobby");
  add (router, "/rooms/{id:int}");
  add (router, "/files/{rest:path}");
  expect_match (router, "/rooms/a%2Fb", "0:/rooms/{room} room=a/b");
  expect_match (router, "/rooms/lobby", "0:/rooms/lobby");
  expect_match (router, "/rooms/-7", "0:/rooms/{id:int} id=-7");
  expect_match (router, "/rooms/7x", "0:/rooms/{room} room=7x");
  expect_match (router, "/files/a/b", "0:/files/{rest:path} rest=a/b");
  expect_match (router, "/rooms", "");
  expect_match (router, "/rooms/lobby/", "");
  expect_match (router, "/", "");
}

static void
count_cb (gpointer data)
{
  (*(guint *) data)++;
}

static NxController *
make_nothing (NxWebSocket *ws, gpointer data, GError **error)
{
  return NULL;
}

/* Adds a route to a function, and one to a factory; each must fail alike, and give its data back once. */
static void
expect_refused (NxRouter *router, const char *pattern, const char *part)
{
  guint n_destroyed = 0;
  GError *error = NULL;

  g_assert_null (
      nx_router_add_route (router, pattern, accept_func, &n_destroyed, count_cb, &error));
  expect_error (error, NX_ERROR, NX_ERROR_PATTERN, part);
  g_assert_cmpuint (n_destroyed, ==, 1);
  g_assert_null (nx_router_add_controller_factory (router, pattern, make_nothing, &n_destroyed,
                                                   count_cb, &error));
  expect_error (error, NX_ERROR, NX_ERROR_PATTERN, part);
  g_assert_cmpuint (n_destroyed, ==, 2);
  g_assert_null (nx_router_add_route (router, pattern, accept_func, NULL, NULL, &error));
  g_clear_error (&error);
  g_assert_null (
      nx_router_add_controller_factory (router, pattern, make_nothing, NULL, NULL, &error));
  g_clear_error (&error);
}

static void
test_malformed (void)
{
  g_autoptr (NxRouter) router = nx_router_new ();

  expect_refused (router, "", "");
  expect_refused (router, "rooms", "rooms");
  expect_refused (router, "/{", "/{");
  expect_refused (router, "/{a:number}", "number");
  expect_refused (router, "/{a}/{a}", "a");
  expect_refused (router, "/{a:path}/b", "path");
}

static void
test_taken (void)
{
  g_autoptr (NxRouter) router = nx_router_new ();

  add (router, "/rooms/{room}");
  expect_refused (router, "/rooms/{room}", "/rooms/{room}");
  expect_refused (router, "/rooms/{other}", "/rooms/{room}");
  expect_refused (router, "/rooms/{other}", "/rooms/{other}");
  expect_match (router, "/rooms/1", "0:/rooms/{room} room=1");
}

/* Nobody looks: a warning that says which function. */
static void
test_unlooked_at (void)
{
  g_autoptr (NxRouter) router = nx_router_new ();

  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "nx_router_add_route: *");
  g_assert_null (nx_router_add_route (router, "x", accept_func, NULL, NULL, NULL));
  g_test_assert_expected_messages ();
}

/* -- Data -- */

static void
test_destroy (void)
{
  NxRouter *router = nx_router_new ();
  guint n_destroyed = 0;
  NxRoute *route = nx_router_add_route (router, "/a", accept_func, &n_destroyed, count_cb, NULL);

  nx_router_add_controller_factory (router, "/b", make_nothing, &n_destroyed, count_cb, NULL);
  g_assert_cmpuint (n_destroyed, ==, 0);
  nx_router_remove_route (router, route);
  g_assert_cmpuint (n_destroyed, ==, 1);
  g_assert_finalize_object (router);
  g_assert_cmpuint (n_destroyed, ==, 2);
}

/* -- Controllers -- */

#define TEST_TYPE_CONTROLLER (test_controller_get_type ())
G_DECLARE_FINAL_TYPE (TestController, test_controller, TEST, CONTROLLER, NxController)

struct _TestController
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (TestController, test_controller, NX_TYPE_CONTROLLER)

static void
test_controller_class_init (TestControllerClass *klass)
{
}

static void
test_controller_init (TestController *self)
{
}

static void
test_controllers (void)
{
  g_autoptr (NxRouter) router = nx_router_new ();
  NxController *controller = g_object_new (TEST_TYPE_CONTROLLER, NULL);
  GError *error = NULL;

  g_assert_nonnull (nx_router_add_controller (router, "/one", controller, NULL));
  g_assert_null (nx_router_add_controller (router, "/one", controller, &error));
  expect_error (error, NX_ERROR, NX_ERROR_PATTERN, "/one");
  g_assert_null (nx_router_add_controller (router, "one", controller, &error));
  expect_error (error, NX_ERROR, NX_ERROR_PATTERN, "one");
  g_assert_nonnull (nx_router_add_controller_type (router, "/two", TEST_TYPE_CONTROLLER, NULL));
  g_assert_null (nx_router_add_controller_type (router, "/two", TEST_TYPE_CONTROLLER, &error));
  expect_error (error, NX_ERROR, NX_ERROR_PATTERN, "/two");
  g_assert_null (nx_router_add_controller_type (router, "two", TEST_TYPE_CONTROLLER, &error));
  expect_error (error, NX_ERROR, NX_ERROR_PATTERN, "two");
  g_clear_object (&router);
  g_assert_finalize_object (controller);
}

static void
test_types (void)
{
  const GType wrong[] = { G_TYPE_OBJECT, NX_TYPE_ROUTER, NX_TYPE_CONTROLLER, G_TYPE_STRING };
  g_autoptr (NxRouter) router = nx_router_new ();

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "*NX_TYPE_CONTROLLER*");
      g_assert_null (nx_router_add_controller_type (router, "/", wrong[i], NULL));
      g_test_assert_expected_messages ();
    }
}

/* -- Mounts -- */

static void
test_mounts (void)
{
  g_autoptr (NxRouter) outer = nx_router_new ();
  g_autoptr (NxRouter) middle = nx_router_new ();
  g_autoptr (NxRouter) inner = nx_router_new ();

  add (inner, "/first");
  mount (middle, "/in/{b}", inner);
  mount (outer, "/mid/{a}", middle);
  add (inner, "/later/{c}"); /* after it was mounted */
  add (middle, "/");
  expect_match (outer, "/mid/1/in/2/first", "2:/first a=1 b=2");
  expect_match (outer, "/mid/1/in/2/later/3", "2:/later/{c} a=1 b=2 c=3");
  expect_match (outer, "/mid/1/", "1:/ a=1");
  expect_match (outer, "/mid/1/in/2/other", "");
  expect_match (outer, "/mid/1", "");
  expect_match (middle, "/in/2/first", "1:/first b=2");
}

/* A mounted router that knows nothing of the rest leaves no trace. */
static void
test_mount_knows_nothing (void)
{
  g_autoptr (NxRouter) outer = nx_router_new ();
  g_autoptr (NxRouter) inner = nx_router_new ();

  add (outer, "/{rest:path}");
  add (inner, "/only");
  mount (outer, "/in/{x}", inner);
  expect_match (outer, "/in/1/only", "1:/only x=1");
  expect_match (outer, "/in/1/other", "0:/{rest:path} rest=in/1/other");
}

static void
test_mount_at_root (void)
{
  g_autoptr (NxRouter) outer = nx_router_new ();
  g_autoptr (NxRouter) inner = nx_router_new ();

  add (inner, "/a");
  add (inner, "/b");
  add (outer, "/b");
  mount (outer, "/", inner);
  expect_match (outer, "/a", "1:/a");
  expect_match (outer, "/b", "0:/b");
}

/* Two mounts of the same router on each floor are more ways to the lowest than could be tried: each floor is asked once. */
#define N_FLOORS 60

static void
test_each_asked_once (void)
{
  g_autoptr (NxRouter) top = nx_router_new ();
  g_autoptr (GString) path = g_string_new (NULL);
  g_autoptr (GString) expected = g_string_new (NULL);
  NxRouter *floor = top; /* which the one above holds */

  for (guint i = 0; i < N_FLOORS; i++)
    {
      g_autoptr (NxRouter) below = nx_router_new ();

      g_assert_true (nx_router_mount (floor, "/a", below, NULL));
      g_assert_true (nx_router_mount (floor, "/{x}", below, NULL));
      g_string_append (path, "/a");
      floor = below;
    }
  add (floor, "/end");
  add (top, "/{rest:path}");
  g_string_append_printf (expected, "0:/{rest:path} rest=%s/other", path->str + 1);
  g_string_append (path, "/other");
  expect_match (top, path->str, expected->str);
  g_string_truncate (path, path->len - strlen ("/other"));
  g_string_append (path, "/end");
  g_string_printf (expected, "%u:/end", N_FLOORS);
  expect_match (top, path->str, expected->str);
}

/* The same router, asked about another rest, is asked again. */
static void
test_asked_again (void)
{
  g_autoptr (NxRouter) outer = nx_router_new ();
  g_autoptr (NxRouter) inner = nx_router_new ();

  nx_router_mount (outer, "/a/b", inner, NULL);
  nx_router_mount (outer, "/a", inner, NULL);
  add (inner, "/b/c");
  expect_match (outer, "/a/b/c", "1:/b/c");
  expect_match (outer, "/a/b/b/c", "1:/b/c");
  expect_match (outer, "/a/b/d", "");
}

static void
test_mounted_twice (void)
{
  g_autoptr (NxRouter) outer = nx_router_new ();
  g_autoptr (NxRouter) inner = nx_router_new ();

  add (inner, "/x");
  mount (outer, "/a", inner);
  mount (outer, "/b", inner);
  expect_match (outer, "/a/x", "1:/x");
  expect_match (outer, "/b/x", "1:/x");
  nx_router_unmount (outer, inner);
  expect_match (outer, "/a/x", "");
  expect_match (outer, "/b/x", "");
  mount (outer, "/a", inner);
  expect_match (outer, "/a/x", "1:/x");
}

static void
expect_unmountable (NxRouter *router, const char *prefix, NxRouter *inner, const char *part)
{
  GError *error = NULL;

  g_assert_false (nx_router_mount (router, prefix, inner, &error));
  expect_error (error, NX_ERROR, NX_ERROR_PATTERN, part);
}

static void
test_circles (void)
{
  g_autoptr (NxRouter) a = nx_router_new ();
  g_autoptr (NxRouter) b = nx_router_new ();
  g_autoptr (NxRouter) c = nx_router_new ();

  expect_unmountable (a, "/a", a, "\"/a\": that would lead in a circle");
  mount (a, "/b", b);
  mount (b, "/c", c);
  expect_unmountable (b, "/a", a, "circle");
  expect_unmountable (c, "/a", a, "circle");
  expect_unmountable (c, "/b", b, "circle");
  mount (a, "/c", c); /* two ways to one are no circle */
  nx_router_unmount (a, b);
  mount (b, "/a", a);
}

/* Each floor leads to the next in two ways: what looks at all of them does not go them one by one. */
static void
test_many_ways (void)
{
  g_autoptr (NxRouter) top = nx_router_new ();
  g_autofree char *text = NULL;
  NxRouter *floors[40] = { top };
  NxRouter *inner;

  for (guint i = 1; i < G_N_ELEMENTS (floors); i++)
    floors[i] = nx_router_new ();
  for (guint i = G_N_ELEMENTS (floors) - 1; i > 0; i--)
    {
      mount (floors[i - 1], "/a", floors[i]);
      mount (floors[i - 1], "/b", floors[i]);
    }
  inner = floors[G_N_ELEMENTS (floors) - 1];
  expect_unmountable (inner, "/c", top, "circle");
  for (guint i = 1; i < G_N_ELEMENTS (floors); i++)
    g_object_unref (floors[i]);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*more than 65536 ways*");
  text = nx_router_describe (top);
  g_test_assert_expected_messages ();
  g_assert_cmpstr (text, ==, "PATTERN  NAME  HANDLED BY\n");
}

static void
test_mount_app (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxRouter) router = nx_router_new ();

  expect_unmountable (router, "/", NX_ROUTER (app), "an app listens by itself");
  mount (NX_ROUTER (app), "/", router);
}

static void
test_mount_malformed (void)
{
  g_autoptr (NxRouter) router = nx_router_new ();
  g_autoptr (NxRouter) inner = nx_router_new ();
  g_autoptr (NxRouter) other = nx_router_new ();

  expect_unmountable (router, "x", inner, "x");
  expect_unmountable (router, "/{rest:path}", inner, "rest");
  mount (router, "/{a}", inner);
  expect_unmountable (router, "/{b}", other, "/{a}");
  expect_unmountable (router, "/{b}", other, "/{b}");
  nx_router_unmount (router, other); /* not mounted: nothing */
  g_clear_object (&router);
  g_assert_finalize_object (g_steal_pointer (&inner));
  g_assert_finalize_object (g_steal_pointer (&other));
}

/* -- Taken away -- */

static void
test_remove (void)
{
  g_autoptr (NxRouter) router = nx_router_new ();
  g_autoptr (NxRouter) other = nx_router_new ();
  NxRoute *a = add (router, "/{a}");
  g_autoptr (NxRoute) kept = g_object_ref (a);

  add (router, "/b");
  nx_router_remove_route (other, a); /* of another router: nothing */
  expect_match (router, "/1", "0:/{a} a=1");
  nx_router_remove_route (router, a);
  expect_match (router, "/1", "");
  expect_match (router, "/b", "0:/b");
  add (router, "/{c}");
  nx_router_remove_route (router, kept); /* again: the new one stays */
  expect_match (router, "/1", "0:/{c} c=1");
}

static void
message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  nx_web_socket_send_message (ws, message, NULL);
}

static void
echo_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (message_cb), NULL);
  nx_web_socket_accept (ws, error);
}

static void
expect_echo (NxTestClient *client)
{
  must (send_text, client, "hello");
  must (expect_text, client, "hello");
}

static void
destroyed_cb (gpointer data)
{
  note (data, "destroyed");
}

/* Its connections live on, and with them what its function needs. */
static void
test_remove_while_connected (Fixture *f)
{
  NxRoute *route = nx_router_add_route (ROUTER (f), "/", echo_func, f, destroyed_cb, NULL);

  must (open, f->client, "/");
  nx_router_remove_route (ROUTER (f), route);
  expect_echo (f->client);
  must (expect_refusal, add_client (f), "/", 404);
  assert_log (f, "");
  must (close, f->client, 1000, NULL);
  assert_log_settled (f, "destroyed");
}

/* A router lives on as long, for the errors of its connections. */
static void
test_unmount_while_connected (Fixture *f)
{
  NxRouter *inner = nx_router_new ();

  nx_router_add_route (inner, "/x", echo_func, f, NULL, NULL);
  mount (ROUTER (f), "/in", inner);
  must (open, f->client, "/in/x");
  nx_router_unmount (ROUTER (f), inner);
  g_object_add_weak_pointer (G_OBJECT (inner), (gpointer *) &inner);
  g_object_unref (inner);
  g_assert_nonnull (inner);
  expect_echo (f->client);
  must (expect_refusal, add_client (f), "/in/x", 404);
  must (close, f->client, 1000, NULL);
  must (settle, f->client);
  g_assert_null (inner);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/router/patterns", test_patterns);
  g_test_add_func ("/router/malformed", test_malformed);
  g_test_add_func ("/router/taken", test_taken);
  g_test_add_func ("/router/unlooked-at", test_unlooked_at);
  g_test_add_func ("/router/destroy", test_destroy);
  g_test_add_func ("/router/controllers", test_controllers);
  g_test_add_func ("/router/controllers/types", test_types);
  g_test_add_func ("/router/mount", test_mounts);
  g_test_add_func ("/router/mount/knows-nothing", test_mount_knows_nothing);
  g_test_add_func ("/router/mount/root", test_mount_at_root);
  g_test_add_func ("/router/mount/twice", test_mounted_twice);
  g_test_add_func ("/router/mount/asked-once", test_each_asked_once);
  g_test_add_func ("/router/mount/asked-again", test_asked_again);
  g_test_add_func ("/router/mount/circles", test_circles);
  g_test_add_func ("/router/mount/many-ways", test_many_ways);
  g_test_add_func ("/router/mount/app", test_mount_app);
  g_test_add_func ("/router/mount/malformed", test_mount_malformed);
  g_test_add_func ("/router/remove", test_remove);
  ADD_TEST ("/router/remove/connected", test_remove_while_connected);
  ADD_TEST ("/router/unmount/connected", test_unmount_while_connected);
  return g_test_run ();
}
