/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An app as an object: its properties, its statistics, its connections. */
#include "app-fixture.h"

#include "nx-app-private.h"

/* -- Properties -- */

typedef struct
{
  const char *name;
  guint normal;
  guint least;
  guint most;
} Limit;

static const Limit limits[] = {
  { "handshake-timeout", 10000, 1, G_MAXINT },
  { "decision-timeout", 30000, 1, G_MAXINT },
  { "max-header-size", 16384, 256, 61440 },
  { "max-header-lines", 100, 8, 10000 },
  { "max-pending-handshakes", 2048, 1, G_MAXINT },
  { "max-undecided", 4096, 1, G_MAXINT },
  { "max-connections", 0, 0, G_MAXUINT },
  { "max-connections-per-address", 0, 0, G_MAXUINT },
  { "drain-timeout", 10000, 0, G_MAXINT },
  { "drain-spread", 0, 0, G_MAXINT },
};

static guint
get_uint (gpointer object, const char *name)
{
  guint value;

  g_object_get (object, name, &value, NULL);
  return value;
}

static guint64
get_uint64 (gpointer object, const char *name)
{
  guint64 value;

  g_object_get (object, name, &value, NULL);
  return value;
}

static void
test_limits (void)
{
  g_autoptr (NxApp) app = nx_app_new ();

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      const Limit *limit = &limits[i];
      GParamSpecUInt *pspec =
          G_PARAM_SPEC_UINT (g_object_class_find_property (G_OBJECT_GET_CLASS (app), limit->name));

      g_assert_cmpuint (pspec->default_value, ==, limit->normal);
      g_assert_cmpuint (pspec->minimum, ==, limit->least);
      g_assert_cmpuint (pspec->maximum, ==, limit->most);
      g_assert_cmpuint (get_uint (app, limit->name), ==, limit->normal);
      g_object_set (app, limit->name, limit->most, NULL);
      g_assert_cmpuint (get_uint (app, limit->name), ==, limit->most);
      g_object_set (app, limit->name, limit->least, NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    g_assert_cmpuint (get_uint (app, limits[i].name), ==, limits[i].least);
  g_assert_cmpuint (get_uint64 (app, "max-body-size"), ==, 1024 * 1024);
  g_object_set (app, "max-body-size", G_GUINT64_CONSTANT (7), NULL);
  g_assert_cmpuint (get_uint64 (app, "max-body-size"), ==, 7);
}

/* The settings of connections are tested one by one elsewhere. */
static void
test_setting (void)
{
  g_autoptr (NxApp) app = nx_app_new ();

  g_object_set (app, "ping-interval", 7, NULL);
  g_assert_cmpuint (get_uint (app, "ping-interval"), ==, 7);
  g_assert_cmpuint (get_uint (app, "pong-timeout"), ==, 20000);
}

static void
test_lists (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  const char *const names[] = { "allowed-hosts", "allowed-origins" };
  const char *const values[][3] = { { "a", "b:8000", NULL }, { "http://a", "https://b", NULL } };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_auto (GStrv) unset = NULL;
      g_auto (GStrv) set = NULL;
      g_auto (GStrv) again = NULL;

      g_object_get (app, names[i], &unset, NULL);
      g_assert_null (unset);
      g_object_set (app, names[i], values[i], NULL);
      g_object_get (app, names[i], &set, NULL);
      g_assert_cmpstrv (set, values[i]);
      g_object_set (app, names[i], NULL, NULL);
      g_object_get (app, names[i], &again, NULL);
      g_assert_null (again);
    }
}

static const struct
{
  const char *property;
  const char *entry;
  const char *warning; /* NULL: none */
} entries[] = {
  { "allowed-hosts", "*", NULL },
  { "allowed-hosts", "example.org", NULL },
  { "allowed-hosts", "example.org:8000", NULL },
  { "allowed-hosts", "[::1]:8000", NULL },
  { "allowed-hosts", "*.example.org", "allowed-hosts: *.example.org*HOST, HOST:PORT*" },
  { "allowed-hosts", "http://example.org", "allowed-hosts: \"http://example.org\"*" },
  { "allowed-hosts", "example.org/", "allowed-hosts: \"example.org/\"*" },
  { "allowed-hosts", "", "allowed-hosts: \"\"*" },
  { "allowed-origins", "*", NULL },
  { "allowed-origins", "null", NULL },
  { "allowed-origins", "https://example.org", NULL },
  { "allowed-origins", "http://localhost:8000", NULL },
  { "allowed-origins", "chrome-extension://abcdef", NULL },
  { "allowed-origins", "example.org", "allowed-origins: \"example.org\"*SCHEME://HOST*" },
  { "allowed-origins", "https://example.org/", "allowed-origins: \"https://example.org/\"*" },
  { "allowed-origins", "https://*.example.org", "allowed-origins: *NxOriginFilter takes*" },
  { "allowed-origins", "https://", "allowed-origins: \"https://\"*" },
  { "allowed-origins", " https://example.org", "allowed-origins: \" https*" },
};

/* What could match nothing is said when it is set, and not when everybody has been refused. */
static void
test_entries (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      g_autoptr (NxApp) app = nx_app_new ();
      const char *list[] = { entries[i].entry, NULL };

      if (entries[i].warning != NULL)
        g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, entries[i].warning);
      g_object_set (app, entries[i].property, list, NULL);
      g_test_assert_expected_messages ();
    }
}

/* Set one by one they may be the wrong way round for a moment, and then may not. */
static void
test_marks (Fixture *f)
{
  NxRoute *route = nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);

  g_object_set (f->app, "low-water-mark", (guint64) 4000000, "high-water-mark", (guint64) 5000000,
                NULL);
  must (open, add_client (f), "/");
  g_object_set (f->app, "high-water-mark", (guint64) 1000, NULL);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING,
                         "low-water-mark is 4000000, more than high-water-mark*0 to 1000");
  must (open, add_client (f), "/");
  g_test_assert_expected_messages ();
  must (open, add_client (f), "/"); /* once */
  g_object_set (route, "low-water-mark", (guint64) 2000, NULL);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "low-water-mark is 2000*0 to 1000");
  must (open, add_client (f), "/");
  g_test_assert_expected_messages ();
  g_object_set (route, "low-water-mark", (guint64) 1000, NULL);
  must (open, add_client (f), "/");
}

static void
test_application_version (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  before = nx_app_describe_as (app, NX_DESCRIPTION_ASYNCAPI, NULL);
  g_assert_nonnull (strstr (before, "\"version\": \"0\""));
  g_object_set (app, "application-version", "2.1.0", NULL);
  after = nx_app_describe_as (app, NX_DESCRIPTION_ASYNCAPI, NULL);
  g_assert_nonnull (strstr (after, "\"version\": \"2.1.0\""));
}

static void
test_objects (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (SoupServer) server = NULL;
  g_autoptr (GListModel) connections = NULL;

  g_object_get (app, "server", &server, "connections", &connections, NULL);
  g_assert_true (server == nx_app_get_server (app));
  g_assert_true (connections == nx_app_get_connections (app));
  g_assert_cmpuint (g_list_model_get_n_items (connections), ==, 0);
}

static void
test_no_such_property (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  GObjectClass *klass = G_OBJECT_GET_CLASS (app);
  GParamSpec *pspec = g_object_class_find_property (klass, "drain-spread");
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_UINT);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*invalid property id*");
  klass->get_property (G_OBJECT (app), 999, &value, pspec);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*invalid property id*");
  klass->set_property (G_OBJECT (app), 999, &value, pspec);
  g_test_assert_expected_messages ();
}

/* -- TLS -- */

static GTlsCertificate *
load_certificate (void)
{
  GError *error = NULL;
  GTlsCertificate *certificate = g_tls_certificate_new_from_file (
      g_test_get_filename (G_TEST_DIST, "objects", "certificate.pem", NULL), &error);

  g_assert_no_error (error);
  return certificate;
}

/* The certificate alone. */
static GTlsCertificate *
load_without_key (void)
{
  g_autoptr (GTlsCertificate) whole = load_certificate ();
  g_autofree char *pem = NULL;

  g_object_get (whole, "certificate-pem", &pem, NULL);
  return g_tls_certificate_new_from_pem (pem, -1, NULL);
}

static GTlsCertificate *
get_certificate (NxApp *app)
{
  g_autoptr (GTlsCertificate) certificate = NULL;

  g_object_get (app, "tls-certificate", &certificate, NULL);
  return certificate; /* which the app holds */
}

static void
test_tls (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (GTlsCertificate) good = load_certificate ();
  g_autoptr (GTlsCertificate) bad = load_without_key ();
  GTlsAuthenticationMode mode;

  g_assert_null (get_certificate (app));
  g_object_set (app, "tls-certificate", good, NULL);
  g_assert_true (get_certificate (app) == good);
  /* What cannot be used does not end what can. */
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*left as it was*no private key*");
  g_object_set (app, "tls-certificate", bad, NULL);
  g_test_assert_expected_messages ();
  g_assert_true (get_certificate (app) == good);
  g_assert_nonnull (nx_app_get_private (app)->tls);

  g_object_set (app, "tls-client-authentication", G_TLS_AUTHENTICATION_REQUESTED, NULL);
  g_object_get (app, "tls-client-authentication", &mode, NULL);
  g_assert_cmpint (mode, ==, G_TLS_AUTHENTICATION_REQUESTED);
  g_object_set (app, "tls-certificate", NULL, NULL);
  g_assert_null (get_certificate (app));
  g_assert_null (nx_app_get_private (app)->tls);
}

static void
test_tls_database (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (
      g_test_get_filename (G_TEST_DIST, "objects", "certificate.pem", NULL), NULL);
  g_autoptr (GTlsDatabase) same = NULL;

  g_object_set (app, "tls-database", database, NULL);
  g_object_get (app, "tls-database", &same, NULL);
  g_assert_true (same == database);
}

/* -- Statistics -- */

static void
test_statistics (Fixture *f)
{
  g_autoptr (GBytes) potato = g_bytes_new_static ("POTATO\r\n\r\n", 10);

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_assert_cmpuint (get_uint (f->app, "n-connections"), ==, 0);
  must (open, f->client, "/");
  must (expect_refusal, add_client (f), "/nowhere", 404);
  g_assert_cmpuint (nx_test_client_request_raw (f->client, potato, NULL), ==, 400);
  g_assert_cmpuint (get_uint64 (f->app, "n-refused-heads"), ==, 1);
  g_assert_cmpuint (get_uint64 (f->app, "n-accepted"), ==, 3);
  g_assert_cmpuint (get_uint (f->app, "n-connections"), ==, 1);
  g_assert_cmpuint (get_uint (f->app, "n-undecided"), ==, 0);
  nx_test_client_cut (f->client);
  must (settle, f->client);
  g_assert_cmpuint (get_uint (f->app, "n-connections"), ==, 0);
  g_assert_cmpuint (get_uint64 (f->app, "n-accepted"), ==, 3);
}

static void
test_find (Fixture *f)
{
  g_autoptr (NxWebSocket) ws = NULL;
  const char *id;
  g_autofree char *longer = NULL;
  g_autofree char *other = NULL;
  g_autofree char *zero = NULL;
  const char *const wrong[] = { "", "-", "1", "00000000", "00000000-", "garbage-garbage" };

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  must (open, f->client, "/");
  ws = g_object_ref (get_websocket (f));
  id = nx_web_socket_get_id (ws);
  g_assert_true (nx_app_find_web_socket (f->app, id) == ws);

  longer = g_strconcat (id, "x", NULL);
  zero = g_strdup_printf ("%.*s01", (int) (strchr (id, '-') + 1 - id), id);
  other = g_strdup_printf ("%.*s2", (int) (strchr (id, '-') + 1 - id), id);
  g_assert_null (nx_app_find_web_socket (f->app, longer));
  g_assert_null (nx_app_find_web_socket (f->app, zero));
  g_assert_null (nx_app_find_web_socket (f->app, other));
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_null (nx_app_find_web_socket (f->app, wrong[i]));

  nx_test_client_cut (f->client);
  must (settle, f->client);
  g_assert_cmpint (nx_web_socket_get_state (ws), ==, NX_STATE_CLOSED);
  g_assert_null (nx_app_find_web_socket (f->app, id));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/limits", test_limits);
  g_test_add_func ("/app/setting", test_setting);
  g_test_add_func ("/app/lists", test_lists);
  g_test_add_func ("/app/entries", test_entries);
  ADD_TEST ("/app/marks", test_marks);
  g_test_add_func ("/app/application-version", test_application_version);
  g_test_add_func ("/app/objects", test_objects);
  g_test_add_func ("/app/no-such-property", test_no_such_property);
  g_test_add_func ("/app/tls", test_tls);
  g_test_add_func ("/app/tls/database", test_tls_database);
  ADD_TEST ("/app/statistics", test_statistics);
  ADD_TEST ("/app/find", test_find);
  return g_test_run ();
}
