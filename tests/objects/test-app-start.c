/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of a program, and where they make it listen. */
#include "fixture.h"

/* -- An app with a property of each kind -- */

#define OPTION_TYPE_APP (option_app_get_type ())
G_DECLARE_FINAL_TYPE (OptionApp, option_app, OPTION, APP, NxApp)

struct _OptionApp
{
  NxApp parent_instance;
  char *motto;
};

G_DEFINE_FINAL_TYPE (OptionApp, option_app, NX_TYPE_APP)

enum {
  PROP_MOTTO = 1,
  PROP_RATIO
};

static void
option_app_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_MOTTO)
    g_value_set_string (value, OPTION_APP (object)->motto);
}

static void
option_app_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id != PROP_MOTTO)
    return;
  g_free (OPTION_APP (object)->motto);
  OPTION_APP (object)->motto = g_value_dup_string (value);
}

static void
option_app_finalize (GObject *object)
{
  g_free (OPTION_APP (object)->motto);
  G_OBJECT_CLASS (option_app_parent_class)->finalize (object);
}

static void
option_app_class_init (OptionAppClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = option_app_get_property;
  object_class->set_property = option_app_set_property;
  object_class->finalize = option_app_finalize;
  g_object_class_install_property (
      object_class, PROP_MOTTO,
      g_param_spec_string ("motto", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (
      object_class, PROP_RATIO,
      g_param_spec_double ("ratio", NULL, NULL, 0, 1, 0,
                           G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
}

static void
option_app_init (OptionApp *self)
{
}

/* -- Starting -- */

/* @words: of a command line, without the program's name, joined by spaces. */
static gboolean
start_with (NxApp *app, const char *words, GError **error)
{
  g_autofree char *line = g_strconcat ("program ", words, NULL);
  g_auto (GStrv) argv = g_strsplit (g_strchomp (line), " ", -1);

  return nx_app_start (app, argv, error);
}

static NxApp *
start (const char *words)
{
  NxApp *app = g_object_new (OPTION_TYPE_APP, NULL);
  GError *error = NULL;

  start_with (app, words, &error);
  g_assert_no_error (error);
  return app;
}

static void
expect_refused (const char *words, GQuark domain, int code, const char *part)
{
  g_autoptr (NxApp) app = g_object_new (OPTION_TYPE_APP, NULL);
  GError *error = NULL;

  g_assert_false (start_with (app, words, &error));
  expect_error (error, domain, code, part);
  g_assert_null (nx_app_get_uris (app));
}

/* -- Where -- */

static guint
count_listeners (NxApp *app)
{
  return nx_app_get_private (app)->listeners->len;
}

/* The scheme and host of the first. */
static char *
dup_first (NxApp *app)
{
  GList *uris = nx_app_get_uris (app);
  char *text = g_strdup_printf ("%s %s", g_uri_get_scheme (uris->data),
                                g_uri_get_host (uris->data) != NULL ? g_uri_get_host (uris->data)
                                                                    : g_uri_get_path (uris->data));

  g_list_free_full (uris, (GDestroyNotify) g_uri_unref);
  return text;
}

static void
expect_first (NxApp *app, const char *expected)
{
  g_autofree char *first = dup_first (app);

  g_assert_cmpstr (first, ==, expected);
}

static void
test_port (void)
{
  g_autoptr (NxApp) app = start ("--port 0");
  g_autoptr (NxApp) short_one = start ("-p 0");

  expect_first (app, "ws 127.0.0.1");
  expect_first (short_one, "ws 127.0.0.1");
}

static void
test_address (void)
{
  g_autoptr (NxApp) app = start ("--address 127.0.0.1 --port 0");
  g_autoptr (NxApp) all = start ("-a * -p 0");

  g_assert_cmpuint (count_listeners (app), ==, 1);
  expect_first (app, "ws 127.0.0.1");
  expect_first (all, "ws 0.0.0.0");
}

static void
test_unix (Fixture *f)
{
  g_autofree char *alone = g_strconcat ("--unix ", fixture_get_socket_path (f), NULL);
  g_autofree char *beside = g_strconcat (alone, " --port 0", NULL);
  g_autofree char *expected = g_strconcat ("ws+unix ", fixture_get_socket_path (f), NULL);
  NxApp *app = start (alone);

  g_assert_cmpuint (count_listeners (app), ==, 1);
  expect_first (app, expected);
  g_assert_finalize_object (app);
  app = start (beside);
  g_assert_cmpuint (count_listeners (app), >=, 2);
  g_assert_finalize_object (app);
}

/* One that listens already listens nowhere else unless it is told to. */
static void
test_listens_already (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  GError *error = NULL;

  g_assert_true (nx_app_listen (app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  g_assert_true (nx_app_start (app, NULL, &error));
  g_assert_cmpuint (count_listeners (app), ==, 1);
  g_assert_true (start_with (app, "", &error));
  g_assert_cmpuint (count_listeners (app), ==, 1);
  g_assert_true (start_with (app, "--port 0", &error));
  g_assert_cmpuint (count_listeners (app), >, 1);
}

/* The default port may be taken by somebody else; then that is what is said. */
static void
test_default_port (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  GError *error = NULL;

  if (!nx_app_start (app, NULL, &error))
    {
      expect_error (error, NX_ERROR, NX_ERROR_ADDRESS, "localhost port 8000");
      return;
    }
  expect_first (app, "ws 127.0.0.1");
}

static void
test_nowhere (void)
{
  expect_refused ("--address nonsense --port 0", NX_ERROR, NX_ERROR_ADDRESS, "nonsense");
  expect_refused ("--unix /nowhere/at/all", NX_ERROR, NX_ERROR_ADDRESS, "/nowhere/at/all");
}

static void
test_bad_options (void)
{
  expect_refused ("--nonsense", G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, "--nonsense");
  expect_refused ("--port x", G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "x");
  expect_refused ("--port 65536", G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                  "--port: 65536 is not a port; 0 to 65535 are");
  expect_refused ("--port -2", G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "-2 is not a port");
  expect_refused ("8000", G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                  "What is \"8000\"? --help lists the options");
}

static void
test_no_program_name (void)
{
  char *argv[] = { NULL };
  g_autoptr (NxApp) app = nx_app_new ();

  g_assert_true (nx_app_listen (app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  g_assert_true (nx_app_start (app, argv, NULL));
}

/* -- TLS -- */

static char *
dup_with_certificate (const char *format)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "objects", "certificate.pem", NULL);
  g_auto (GStrv) parts = g_strsplit (format, "PEM", -1);

  return g_strjoinv (path, parts);
}

static void
test_tls (void)
{
  g_autofree char *one = dup_with_certificate ("--port 0 --tls-certificate PEM");
  g_autofree char *two = dup_with_certificate ("--port 0 --tls-certificate PEM --tls-key PEM");
  g_autoptr (NxApp) app = start (one);
  g_autoptr (NxApp) app_with_key = start (two);

  expect_first (app, "wss 127.0.0.1");
  expect_first (app_with_key, "wss 127.0.0.1");
}

static void
test_bad_tls (Fixture *f)
{
  g_autofree char *key_alone = dup_with_certificate ("--port 0 --tls-key PEM");
  g_autofree char *path = dup_with_certificate ("PEM");
  g_autofree char *text = NULL;
  g_autofree char *no_key = g_strconcat ("--tls-certificate ", fixture_get_socket_path (f), NULL);
  char *key;

  expect_refused ("--tls-certificate /nowhere", G_FILE_ERROR, G_FILE_ERROR_NOENT,
                  "--tls-certificate: ");
  expect_refused (key_alone, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--tls-certificate");

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  key = strstr (text, "-----BEGIN PRIVATE KEY");
  g_assert_true (g_file_set_contents (fixture_get_socket_path (f), text, key - text, NULL));
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*no private key*");
  expect_refused (no_key, NX_ERROR, NX_ERROR_ADDRESS, "is --tls-key missing?");
  g_test_assert_expected_messages ();
}

/* -- --set -- */

static void
test_set (void)
{
  g_autoptr (NxApp) app =
      start ("--port 0 --set ping-interval=7 --set max-message-size=65536 --set compression=true"
             " --set slow-policy=drop-oldest --set allowed-origins=https://a,https://b"
             " --set motto=a=b");
  g_auto (GStrv) origins = NULL;
  const char *const expected[] = { "https://a", "https://b", NULL };
  guint ping_interval;
  guint64 max_message_size;
  gboolean compression;
  NxSlowPolicy policy;

  g_object_get (app, "ping-interval", &ping_interval, "max-message-size", &max_message_size,
                "compression", &compression, "slow-policy", &policy, "allowed-origins", &origins,
                NULL);
  g_assert_cmpuint (ping_interval, ==, 7);
  g_assert_cmpuint (max_message_size, ==, 65536);
  g_assert_true (compression);
  g_assert_cmpint (policy, ==, NX_SLOW_POLICY_DROP_OLDEST);
  g_assert_cmpstrv (origins, expected);
  g_assert_cmpstr (OPTION_APP (app)->motto, ==, "a=b");
}

static void
test_set_false (void)
{
  g_autoptr (NxApp) app = start ("--port 0 --set compression=true --set compression=false");
  gboolean compression;

  g_object_get (app, "compression", &compression, NULL);
  g_assert_false (compression);
}

static void
expect_bad_set (const char *assignment, const char *part)
{
  g_autofree char *words = g_strconcat ("--port 0 --set ", assignment, NULL);
  g_autoptr (NxApp) app = g_object_new (OPTION_TYPE_APP, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (start_with (app, words, &error));
  if (strstr (error->message, part) == NULL || !g_str_has_prefix (error->message, "--set "))
    g_error ("\"%s\" is not in \"%s\"", part, error->message);
}

static void
test_bad_set (void)
{
  expect_bad_set ("nothing", "PROPERTY=VALUE is wanted, with a property of OptionApp");
  expect_bad_set ("nothing=1", "a property of OptionApp");
  expect_bad_set ("=1", "a property of OptionApp");
  expect_bad_set ("n-connections=1", "that can be set");
  expect_bad_set ("max-json-depth=x", "--set max-json-depth: ");
  expect_bad_set ("max-json-depth=", "--set max-json-depth: ");
  expect_bad_set ("max-json-depth=-1", "--set max-json-depth: ");
  expect_bad_set ("max-json-depth=0", "1000");
  expect_bad_set ("max-json-depth=1001", "1000");
  expect_bad_set ("max-message-size=0", "--set max-message-size: ");
  expect_bad_set ("max-message-size=1e3", "--set max-message-size: ");
  expect_bad_set ("slow-policy=panic",
                  "--set slow-policy: \"panic\" is none of: close, drop-new, drop-oldest, keep");
  expect_bad_set ("compression=yes", "\"yes\" is neither true nor false");
  expect_bad_set ("tls-certificate=x", "cannot be set from the command line");
  expect_bad_set ("ratio=0.5", "cannot be set from the command line");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/start/port", test_port);
  g_test_add_func ("/start/address", test_address);
  ADD_SOCKET_SCENARIO ("/start/unix", test_unix);
  g_test_add_func ("/start/listens-already", test_listens_already);
  g_test_add_func ("/start/default-port", test_default_port);
  g_test_add_func ("/start/nowhere", test_nowhere);
  g_test_add_func ("/start/bad-options", test_bad_options);
  g_test_add_func ("/start/no-program-name", test_no_program_name);
  g_test_add_func ("/start/tls", test_tls);
  ADD_SOCKET_SCENARIO ("/start/tls/bad", test_bad_tls);
  g_test_add_func ("/start/set", test_set);
  g_test_add_func ("/start/set/false", test_set_false);
  g_test_add_func ("/start/set/bad", test_bad_set);
  return g_test_run ();
}
