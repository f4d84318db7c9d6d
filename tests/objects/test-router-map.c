/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routes by their names, typed parameters, and the list for people. */
#include "../testing/must.h"

#define TALK_TYPE_CONTROLLER (talk_controller_get_type ())
G_DECLARE_FINAL_TYPE (TalkController, talk_controller, TALK, CONTROLLER, NxController)

struct _TalkController
{
  NxController parent_instance;
};

G_DEFINE_FINAL_TYPE (TalkController, talk_controller, NX_TYPE_CONTROLLER)

static void
talk_controller_class_init (TalkControllerClass *klass)
{
}

static void
talk_controller_init (TalkController *self)
{
}

static void
tell_numbers (NxWebSocket *ws, gpointer data, GError **error)
{
  gint64 whole;
  double number;
  gboolean is_whole = nx_web_socket_get_path_param_int (ws, "id", &whole);
  gboolean is_number = nx_web_socket_get_path_param_double (ws, "id", &number);
  g_autofree char *text =
      g_strdup_printf ("%d %" G_GINT64_FORMAT " %d %g %d", is_whole, whole, is_number, number,
                       nx_web_socket_get_path_param_int (ws, "none", NULL));

  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, text, error);
}

static NxController *
make_controller (NxWebSocket *ws, gpointer data, GError **error)
{
  return g_object_new (TALK_TYPE_CONTROLLER, NULL);
}

static NxRoute *
add (NxRouter *router, const char *pattern, const char *name)
{
  NxRoute *route = nx_router_add_route (router, pattern, tell_numbers, NULL, NULL, NULL);

  nx_route_set_name (route, name);
  return route;
}

/* @values: name, value, name, value…, NULL. */
static char *
url_for (NxRouter *router, GError **error, const char *name, ...)
{
  g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);
  va_list arguments;
  const char *key;

  va_start (arguments, name);
  while ((key = va_arg (arguments, const char *)) != NULL)
    g_hash_table_insert (values, (gpointer) key, va_arg (arguments, char *));
  va_end (arguments);
  return nx_router_url_for (router, name, values, error);
}

#define assert_url(expected, ...)                                                                  \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (GError) error_ = NULL;                                                              \
    g_autofree char *url_ = url_for (router, &error_, __VA_ARGS__, NULL);                          \
    g_assert_no_error (error_);                                                                    \
    g_assert_cmpstr (url_, ==, expected);                                                          \
  }                                                                                                \
  G_STMT_END
#define assert_no_url(part, ...)                                                                   \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (GError) error_ = NULL;                                                              \
    g_assert_null (url_for (router, &error_, __VA_ARGS__, NULL));                                  \
    g_assert_error (error_, NX_ERROR, NX_ERROR_INVALID_ARGUMENT);                                  \
    if (strstr (error_->message, part) == NULL)                                                    \
      g_error ("%s: \"%s\" is not in \"%s\"", G_STRLOC, part, error_->message);                    \
  }                                                                                                \
  G_STMT_END

static void
test_numbers (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxTestClient) client = nx_test_client_new (app);
  const char *const cases[][2] = {
    { "/whole/-42", "1 -42 1 -42 0" }, { "/number/1.5", "0 0 1 1.5 0" },
    { "/any/7", "1 7 1 7 0" },         { "/any/7e2", "0 0 1 700 0" },
    { "/any/seven", "0 0 0 0 0" },     { "/any/9223372036854775808", "0 0 1 9.22337e+18 0" },
  };

  add (NX_ROUTER (app), "/whole/{id:int}", NULL);
  add (NX_ROUTER (app), "/number/{id:float}", NULL);
  add (NX_ROUTER (app), "/any/{id}", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      must (open, client, cases[i][0]);
      must (expect_text, client, cases[i][1]);
      must (close, client, NX_CLOSE_NORMAL, NULL);
    }
}

static void
test_names (void)
{
  g_autoptr (NxRouter) router = nx_router_new ();
  g_autoptr (NxRouter) middle = nx_router_new ();
  g_autoptr (NxRouter) inner = nx_router_new ();

  assert_no_url ("No route is called \"room\"; allowed: none, for no route has a name", "room");
  add (router, "/rooms/new", "new");
  add (router, "/rooms/{room}", "room");
  add (router, "/", "root");
  add (router, "/unnamed", NULL);
  nx_router_mount (router, "/{tenant}/api", middle, NULL);
  nx_router_mount (middle, "/", inner, NULL);
  add (inner, "/users/{id:int}", "user");
  add (inner, "/", "inside");
  add (inner, "/elsewhere", "root"); /* hidden by the outer one */

  assert_url ("/", "root");
  assert_url ("/rooms/new", "new");
  assert_url ("/rooms/a%20b%2Fc", "room", "room", "a b/c");
  assert_url ("/acme/api/users/7", "user", "tenant", "acme", "id", "7");
  assert_url ("/acme/api/", "inside", "tenant", "acme");

  assert_no_url ("No route is called \"romm\"; allowed: new, room, root, user, inside", "romm");
  assert_no_url ("Route \"room\" (/rooms/{room}): parameter \"room\" is missing", "room");
  assert_no_url ("Route \"user\" (/{tenant}/api/users/{id:int}): parameter \"tenant\" is missing",
                 "user", "id", "7");
  assert_no_url ("there is no parameter \"idd\"; allowed: tenant, id", "user", "tenant", "acme",
                 "idd", "7");
  assert_no_url ("there is no parameter \"a\"; allowed: none", "root", "a", "b");
  assert_no_url ("parameter \"id\" cannot be \"x\"; allowed: a decimal number", "user", "tenant",
                 "acme", "id", "x");
  assert_no_url ("/rooms/new leads to route \"/rooms/new\"; allowed: values that no other route",
                 "room", "room", "new");
  add (inner, "/users/1", NULL);
  assert_no_url ("(/{tenant}/api/users/{id:int}): /acme/api/users/1 leads to route "
                 "\"/{tenant}/api/users/1\"; allowed",
                 "user", "tenant", "acme", "id", "1");

  /* From where it is asked. */
  {
    g_autofree char *url = url_for (inner, NULL, "user", "id", "7", NULL);
    g_autofree char *bare = nx_router_url_for (inner, "inside", NULL, NULL);

    g_assert_cmpstr (url, ==, "/users/7");
    g_assert_cmpstr (bare, ==, "/");
  }
  nx_router_unmount (router, middle);
  assert_no_url ("No route is called \"user\"", "user", "id", "7");
}

static void
test_description (void)
{
  g_autoptr (NxRouter) router = nx_router_new ();
  g_autoptr (NxRouter) mounted = nx_router_new ();
  g_autoptr (NxController) controller = g_object_new (TALK_TYPE_CONTROLLER, NULL);
  g_autofree char *empty = nx_router_describe (router);
  g_autofree char *text = NULL;
  NxRoute *gone;

  g_assert_cmpstr (empty, ==, "PATTERN  NAME  HANDLED BY\n");
  gone = add (router, "/gone", NULL);
  add (router, "/bell", "a b\a\x1b[2J\n");
  add (router, "/café/{room}", "café");
  nx_router_add_controller (router, "/shared", controller, NULL);
  nx_router_remove_route (router, gone);
  nx_router_mount (router, "/api/", mounted, NULL);
  nx_router_add_controller_type (mounted, "/own", TALK_TYPE_CONTROLLER, NULL);
  nx_router_add_controller_factory (mounted, "/made", make_controller, NULL, NULL, NULL);
  text = nx_router_describe (router);
  g_assert_cmpstr (
      text, ==,
      "PATTERN       NAME                      HANDLED BY\n"
      "/bell         a b\\u0007\\u001b[2J\\u000a  a function\n"
      "/café/{room}  café                      a function\n"
      "/shared       -                         TalkController\n"
      "/api/own      -                         TalkController, one a connection\n"
      "/api/made     -                         a factory's controller, one a connection\n");
}

static void
test_program (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (NxApp) app = nx_app_new ();
      char *argv[] = { (char *) "program", (char *) "--routes", NULL };

      add (NX_ROUTER (app), "/rooms/{room}", "room");
      exit (nx_app_run (app, 2, argv));
    }
  g_test_trap_subprocess (NULL, 20 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stdout ("*/rooms/{room}  room  a function\n*");
  g_test_trap_assert_stdout_unmatched ("*listening*");
}

/* For those who have a loop, the program's option is none. */
static void
test_start (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (GError) error = NULL;
  char *argv[] = { (char *) "program", (char *) "--routes", NULL };

  g_assert_false (nx_app_start (app, argv, &error));
  g_assert_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/router-map/numbers", test_numbers);
  g_test_add_func ("/router-map/names", test_names);
  g_test_add_func ("/router-map/description", test_description);
  g_test_add_func ("/router-map/program", test_program);
  g_test_add_func ("/router-map/start", test_start);
  return g_test_run ();
}
