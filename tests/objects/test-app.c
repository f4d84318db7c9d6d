/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An app as an object: its properties and statistics, and whom it lets in. */
#include "fixture.h"

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

static void
test_lists (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  const char *const names[] = { "allowed-hosts", "allowed-origins" };
  const char *const values[] = { "a", "b", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_auto (GStrv) unset = NULL;
      g_auto (GStrv) set = NULL;
      g_auto (GStrv) again = NULL;

      g_object_get (app, names[i], &unset, NULL);
      g_assert_null (unset);
      g_object_set (app, names[i], values, NULL);
      g_object_get (app, names[i], &set, NULL);
      g_assert_cmpstrv (set, values);
      g_object_set (app, names[i], NULL, NULL);
      g_object_get (app, names[i], &again, NULL);
      g_assert_null (again);
    }
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
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_assert_cmpuint (get_uint (f->app, "n-connections"), ==, 0);
  client = client_open (f, "/");
  client_wait_status (client_new (f, "/nowhere", ""));
  client_send_raw (client_connect (f), "POTATO\r\n\r\n", 10);
  wait_until (f, get_uint64 (f->app, "n-refused-heads") == 1);
  g_assert_cmpuint (get_uint64 (f->app, "n-accepted"), ==, 3);
  g_assert_cmpuint (get_uint (f->app, "n-connections"), ==, 1);
  g_assert_cmpuint (get_uint (f->app, "n-undecided"), ==, 0);
  client_cut (client);
  wait_until (f, get_uint (f->app, "n-connections") == 0);
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
  client_open (f, "/");
  ws = g_object_ref (only_websocket (f));
  id = nx_web_socket_get_id (ws);
  g_assert_true (nx_app_find_web_socket (f->app, id) == ws);

  longer = g_strconcat (id, "x", NULL);
  zero = g_strdup_printf ("%.9s01", id);
  other = g_strdup_printf ("%.9s2", id);
  g_assert_null (nx_app_find_web_socket (f->app, longer));
  g_assert_null (nx_app_find_web_socket (f->app, zero));
  g_assert_null (nx_app_find_web_socket (f->app, other));
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_null (nx_app_find_web_socket (f->app, wrong[i]));

  client_cut (g_ptr_array_index (f->clients, 0));
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  g_assert_null (nx_app_find_web_socket (f->app, id));
}

/* -- Hosts -- */

static void
expect_host (Fixture *f, const char *host, guint status)
{
  Client *client = client_connect (f);

  if (status == 421)
    g_test_expect_message ("nexws", G_LOG_LEVEL_MESSAGE, "*421: not in allowed-hosts*");
  client_send_handshake (client, host, "/", "");
  g_assert_cmpuint (client_wait_status (client), ==, status);
  g_test_assert_expected_messages ();
}

static void
test_hosts_of_loopback (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  expect_host (f, "localhost", 101);
  expect_host (f, "LOCALHOST:1234", 101);
  expect_host (f, "127.0.0.1", 101);
  expect_host (f, "127.3.2.1:80", 101);
  expect_host (f, "[::1]:80", 101);
  expect_host (f, "example.com", 421);
  expect_host (f, "localhost.example.com", 421);
  expect_host (f, "127.0.0.1.example.com", 421);
  expect_host (f, "192.168.0.1", 421);
}

static void
test_allowed_hosts (Fixture *f)
{
  const char *const hosts[] = { "example.com", "ported.example:8000", "[fe80::1]", "not a host",
                                NULL };

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "allowed-hosts", hosts, NULL);
  expect_host (f, "example.com", 101);
  expect_host (f, "EXAMPLE.com", 101);
  expect_host (f, "example.com:81", 101);
  expect_host (f, "ported.example:8000", 101);
  expect_host (f, "[fe80::1]:9", 101);
  expect_host (f, "ported.example", 421);
  expect_host (f, "ported.example:8001", 421);
  expect_host (f, "example.co", 421);
  expect_host (f, "example.comm", 421);
  expect_host (f, "sub.example.com", 421);
  expect_host (f, "localhost", 421);
}

static void
test_any_host (Fixture *f)
{
  const char *const hosts[] = { "*", NULL };

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "allowed-hosts", hosts, NULL);
  expect_host (f, "anything.example:1", 101);
}

static void
test_no_host (Fixture *f)
{
  const char *const hosts[] = { NULL };

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "allowed-hosts", hosts, NULL);
  expect_host (f, "localhost", 421);
}

/* Plain HTTP is checked as well. */
static void
test_host_of_plain_request (Fixture *f)
{
  Client *client = client_connect (f);
  const char *request = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

  g_test_expect_message ("nexws", G_LOG_LEVEL_MESSAGE, "*421*");
  client_send_raw (client, request, strlen (request));
  g_assert_cmpuint (client_wait_status (client), ==, 421);
  g_test_assert_expected_messages ();
}

/* A listener that is no loopback one answers to any name. */
static void
test_hosts_elsewhere (Fixture *f)
{
  NxMemoryPeer *peer;
  NxStream *stream = nx_memory_stream_new (nx_app_get_private (f->app)->reactor, &peer);
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  const char *request = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";

  g_object_unref (stream->local);
  stream->local = g_inet_socket_address_new_from_string ("192.0.2.1", 80);
  nx_app_take_stream (f->app, stream);
  nx_memory_peer_send (peer, request, strlen (request));
  wait_until (f, nx_memory_peer_take (peer, answer) > 0);
  g_assert_true (g_str_has_prefix ((const char *) answer->data, "HTTP/1.1 404"));
  nx_memory_peer_cut (peer);
  nx_memory_peer_unref (peer);
}

/* -- Origins -- */

static void
expect_origin (Fixture *f, const char *host, const char *origin, guint status)
{
  g_autofree char *header = g_strdup_printf ("Origin: %s\r\n", origin);
  Client *client = client_connect (f);

  if (status == 403)
    g_test_expect_message ("nexws", G_LOG_LEVEL_MESSAGE, "*403: not in allowed-origins*");
  client_send_handshake (client, host, "/", header);
  g_assert_cmpuint (client_wait_status (client), ==, status);
  g_test_assert_expected_messages ();
}

static void
test_own_origin (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  expect_origin (f, "localhost", "http://localhost", 101);
  expect_origin (f, "localhost", "http://localhost:80", 101);
  expect_origin (f, "localhost:8000", "http://localhost:8000", 101);
  expect_origin (f, "localhost:8000", "https://localhost:8000", 101);
  expect_origin (f, "localhost:8000", "http://localhost", 403);
  expect_origin (f, "localhost:8000", "http://127.0.0.1:8000", 403);
  expect_origin (f, "localhost", "null", 403);
  expect_origin (f, "localhost", "file://", 403);
}

static void
test_allowed_origins (Fixture *f)
{
  const char *const some[] = { "https://a.example", "http://b.example:81", NULL };
  const char *const any[] = { "*", NULL };

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "allowed-origins", some, NULL);
  expect_origin (f, "localhost", "https://a.example", 101);
  expect_origin (f, "localhost", "HTTPS://A.example", 101);
  expect_origin (f, "localhost", "http://b.example:81", 101);
  expect_origin (f, "localhost", "http://a.example", 403);
  expect_origin (f, "localhost", "http://b.example", 403);
  expect_origin (f, "localhost", "http://localhost", 403);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 101);
  g_object_set (f->app, "allowed-origins", any, NULL);
  expect_origin (f, "localhost", "null", 101);
}

/* -- How many -- */

static void
test_max_connections (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "max-connections", 1, NULL);
  client = client_open (f, "/");
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 503);
  client_cut (client);
  wait_until (f, get_uint (f->app, "n-connections") == 0);
  client_open (f, "/");
}

static void
test_max_per_address (Fixture *f)
{
  GHashTable *counts = nx_app_get_private (f->app)->n_per_address;
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_object_set (f->app, "max-connections-per-address", 2, NULL);
  client = client_open (f, "/");
  client_open (f, "/");
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 429);
  client_cut (client);
  wait_until (f, get_uint (f->app, "n-connections") == 1);
  client = client_open (f, "/");
  g_object_set (f->app, "max-connections-per-address", 0, NULL);
  client_open (f, "/");
  for (guint i = 0; i < f->clients->len; i++)
    client_cut (g_ptr_array_index (f->clients, i));
  wait_until (f, get_uint (f->app, "n-connections") == 0);
  g_assert_cmpuint (g_hash_table_size (counts), ==, 0);
}

/* Whoever comes over a unix socket has no address, and takes none of the places of one. */
static void
test_unix_has_no_address (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_assert_true (nx_app_listen_unix (f->app, fixture_get_socket_path (f), NX_LISTEN_DEFAULT, NULL));
  g_object_set (f->app, "max-connections-per-address", 1, NULL);
  for (guint i = 0; i < 2; i++)
    {
      client = client_connect_unix (f, fixture_get_socket_path (f));
      client_send_handshake (client, "localhost", "/", "");
      g_assert_cmpuint (client_wait_status (client), ==, 101);
    }
  client_open (f, "/");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/app/limits", test_limits);
  g_test_add_func ("/app/lists", test_lists);
  g_test_add_func ("/app/objects", test_objects);
  g_test_add_func ("/app/no-such-property", test_no_such_property);
  g_test_add_func ("/app/tls", test_tls);
  g_test_add_func ("/app/tls/database", test_tls_database);
  ADD_SCENARIO ("/app/statistics", test_statistics);
  ADD_SCENARIO ("/app/find", test_find);
  ADD_SCENARIO ("/app/hosts/loopback", test_hosts_of_loopback);
  ADD_SCENARIO ("/app/hosts/allowed", test_allowed_hosts);
  ADD_SCENARIO ("/app/hosts/any", test_any_host);
  ADD_SCENARIO ("/app/hosts/none", test_no_host);
  ADD_SCENARIO ("/app/hosts/plain", test_host_of_plain_request);
  ADD_SCENARIO ("/app/hosts/elsewhere", test_hosts_elsewhere);
  ADD_SCENARIO ("/app/origins/own", test_own_origin);
  ADD_SCENARIO ("/app/origins/allowed", test_allowed_origins);
  ADD_SCENARIO ("/app/max/connections", test_max_connections);
  ADD_SCENARIO ("/app/max/per-address", test_max_per_address);
  ADD_SOCKET_SCENARIO ("/app/max/unix", test_unix_has_no_address);
  return g_test_run ();
}
