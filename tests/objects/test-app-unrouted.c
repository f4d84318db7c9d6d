/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests that become no websocket: who hears of them, and what a page's request gets where a websocket is. */
#include "fixture.h"

#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static void
say (Fixture *f, const char *text)
{
  g_autoptr (GBytes) octets = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;

  nx_test_client_request_raw (f->client, octets, &error);
  g_assert_no_error (error);
}

/* -- Refused -- */

static void
refused_cb (NxApp *app, GSocketAddress *remote, const char *path, guint status, gpointer data)
{
  g_assert_true (G_IS_SOCKET_ADDRESS (remote));
  note (data, "refused:%s:%u", path != NULL ? path : "-", status);
}

static const struct
{
  const char *request;
  const char *expected;
} refusals[] = {
  { "GET /nowhere?token=secret HTTP/1.1\r\nHost: localhost\r\n" UPGRADE KEY
    "Sec-WebSocket-Version: 13\r\n\r\n",
    "refused:/nowhere:404" },
  { "GET /a%00b HTTP/1.1\r\nHost: localhost\r\n" UPGRADE KEY "Sec-WebSocket-Version: 13\r\n\r\n",
    "refused:-:400" },
  { "GET /ws HTTP/1.1\r\nHost: localhost\r\n" UPGRADE KEY
    "Sec-WebSocket-Version: 13\r\nOrigin: http://evil.example\r\n\r\n",
    "refused:/ws:403" },
  { "GET /ws HTTP/1.1\r\nHost: evil.example\r\n" UPGRADE KEY "Sec-WebSocket-Version: 13\r\n\r\n",
    "refused:/ws:421" },
  { "GET /page HTTP/1.1\r\nHost: evil.example\r\n\r\n", "refused:/page:421" },
  { "GET /private/ws HTTP/1.1\r\nHost: localhost\r\n" UPGRADE KEY
    "Sec-WebSocket-Version: 13\r\n\r\n",
    "refused:/private/ws:401" },
  { "GET /ws HTTP/1.1\r\nHost: localhost\r\n" UPGRADE KEY "Sec-WebSocket-Version: 12\r\n\r\n",
    "refused:-:426" },
  { "GET /ws HTTP/1.1\r\nHost : localhost\r\n\r\n", "refused:-:400" },
  { "nonsense\r\n\r\n", "refused:-:400" },
  /* With a websocket, or by the server: none of these. */
  { "GET /ws HTTP/1.1\r\nHost: localhost\r\n\r\n", "" },
  { "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n", "" },
  { "GET /closed HTTP/1.1\r\nHost: localhost\r\n" UPGRADE KEY "Sec-WebSocket-Version: 13\r\n\r\n",
    "" },
};

static void
reject_func (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_reject (ws, 418, NULL, error);
}

static void
serve (Fixture *f)
{
  g_autoptr (SoupAuthDomain) domain = soup_auth_domain_basic_new ("realm", "nexws", NULL);

  nx_router_add_route (NX_ROUTER (f->app), "/ws", accept_func, f, NULL, NULL);
  nx_router_add_route (NX_ROUTER (f->app), "/closed", reject_func, f, NULL, NULL);
  soup_auth_domain_add_path (domain, "/private");
  soup_server_add_auth_domain (nx_app_get_server (f->app), domain);
}

static void
test_refused (Fixture *f)
{
  serve (f);
  g_signal_connect (f->app, "refused", G_CALLBACK (refused_cb), f);
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      say (f, refusals[i].request);
      assert_log (f, refusals[i].expected);
    }
}

static void
test_limits (Fixture *f)
{
  serve (f);
  g_signal_connect (f->app, "refused", G_CALLBACK (refused_cb), f);
  g_object_set (f->app, "max-connections", 1, NULL);
  must (open, f->client, "/ws");
  say (f, refusals[0].request);
  assert_log (f, "refused:/nowhere:503");
  say (f, "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assert_log (f, "refused:/page:503");
}

static void
drop_cb (NxApp *app, GSocketAddress *remote, const char *path, guint status, gpointer data)
{
  Fixture *f = data;

  note (f, "%u", status);
  g_clear_object (&f->app);
}

/* Whoever hears of it may drop the app, at each place that tells. (An NxTestClient would keep it.) */
static void
test_dropped (Fixture *f)
{
  static const guint at[] = { 0, 3, 4, 5, 7 };

  for (guint i = 0; i < G_N_ELEMENTS (at); i++)
    {
      g_autoptr (NxApp) kept = f->app;
      Client *client;

      f->app = nx_app_new ();
      listen_on_socket (f);
      serve (f);
      g_object_add_weak_pointer (G_OBJECT (f->app), (gpointer *) &f->app);
      g_signal_connect (f->app, "refused", G_CALLBACK (drop_cb), f);
      client = client_connect (f);
      client_send_raw (client, refusals[at[i]].request, strlen (refusals[at[i]].request));
      wait_until (f, f->app == NULL);
      f->app = g_steal_pointer (&kept);
      g_ptr_array_set_size (f->log, 0);
    }
}

/* -- Middleware -- */

#define TYPE_WITNESS (witness_get_type ())
G_DECLARE_FINAL_TYPE (Witness, witness, TEST, WITNESS, NxMiddleware)

struct _Witness
{
  NxMiddleware parent_instance;
  Fixture *f;
};

G_DEFINE_FINAL_TYPE (Witness, witness, NX_TYPE_MIDDLEWARE)

static void
witness_refused (NxMiddleware *self,
                 NxApp *app,
                 GSocketAddress *remote,
                 const char *path,
                 guint status)
{
  refused_cb (app, remote, path, status, TEST_WITNESS (self)->f);
}

static void
witness_class_init (WitnessClass *klass)
{
  NX_MIDDLEWARE_CLASS (klass)->refused = witness_refused;
}

static void
witness_init (Witness *self)
{
}

static void
test_middleware (Fixture *f)
{
  g_autoptr (NxMiddleware) witness = g_object_new (TYPE_WITNESS, NULL);
  g_autoptr (NxRouter) inner = nx_router_new ();

  TEST_WITNESS (witness)->f = f;
  serve (f);
  nx_router_add_middleware (NX_ROUTER (f->app), witness);
  nx_router_add_middleware (NX_ROUTER (f->app), witness);
  nx_router_add_middleware (inner, witness);
  nx_router_mount (NX_ROUTER (f->app), "/inner", inner, NULL);
  say (f, refusals[0].request);
  assert_log (f, "refused:/nowhere:404"); /* once */
  nx_router_remove_middleware (NX_ROUTER (f->app), witness);
  say (f, refusals[0].request);
  assert_log (f, "");
  g_object_unref (g_object_ref (witness));
}

static void
test_removed_with_its_last_reference (Fixture *f)
{
  NxMiddleware *witness = g_object_new (TYPE_WITNESS, NULL);
  gpointer weak = witness;

  g_object_add_weak_pointer (G_OBJECT (witness), &weak);
  nx_router_add_middleware (NX_ROUTER (f->app), witness);
  g_object_unref (witness);
  nx_router_remove_middleware (NX_ROUTER (f->app), witness);
  g_assert_null (weak);
}

/* -- Pages -- */

static void
page_cb (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer data)
{
  soup_server_message_set_status (message, 200, NULL);
}

static guint
get (Fixture *f, const char *method, const char *path)
{
  guint status = try_request (f->client, method, path);
  SoupMessageHeaders *headers = nx_test_client_get_response_headers (f->client);

  g_assert_cmpint (status == 426, ==,
                   soup_message_headers_header_contains (headers, "Upgrade", "websocket"));
  g_assert_cmpint (status == 426, ==,
                   soup_message_headers_header_contains (headers, "Connection", "Upgrade"));
  g_assert_true (soup_message_headers_header_contains (headers, "Connection", "close"));
  return status;
}

static void
test_page (Fixture *f)
{
  g_autoptr (NxRouter) inner = nx_router_new ();

  serve (f);
  nx_router_add_route (inner, "/{room:int}", accept_func, f, NULL, NULL);
  nx_router_mount (NX_ROUTER (f->app), "/rooms", inner, NULL);
  g_assert_cmpuint (get (f, "GET", "/ws"), ==, 426);
  g_assert_cmpuint (get (f, "HEAD", "/ws?a=b"), ==, 426);
  g_assert_cmpuint (get (f, "GET", "/%77s"), ==, 426);
  g_assert_cmpuint (get (f, "POST", "/ws"), ==, 404);
  g_assert_cmpuint (get (f, "GET", "/rooms/7"), ==, 426);
  g_assert_cmpuint (get (f, "GET", "/rooms/seven"), ==, 404);
  g_assert_cmpuint (get (f, "GET", "/nowhere"), ==, 404);
  g_assert_cmpuint (get (f, "GET", "/"), ==, 404);
  g_assert_cmpuint (get (f, "GET", "/private/ws"), ==, 401);
  soup_server_add_handler (nx_app_get_server (f->app), "/ws", page_cb, NULL, NULL);
  g_assert_cmpuint (get (f, "GET", "/ws"), ==, 200);
  g_assert_cmpuint (get (f, "GET", "/rooms/7"), ==, 426);
  soup_server_add_handler (nx_app_get_server (f->app), NULL, page_cb, NULL, NULL);
  g_assert_cmpuint (get (f, "GET", "/rooms/7"), ==, 200);
}

/* Files are served where there are some. */
static void
test_page_beside_files (Fixture *f)
{
  g_autofree char *folder = g_test_build_filename (G_TEST_DIST, "objects", NULL);

  serve (f);
  nx_router_add_route (NX_ROUTER (f->app), "/certificate.pem", accept_func, f, NULL, NULL);
  g_assert_nonnull (nx_app_serve_directory (f->app, "/", folder, NULL));
  g_assert_cmpuint (get (f, "GET", "/certificate.pem"), ==, 200);
  g_assert_cmpuint (get (f, "GET", "/ws"), ==, 426);
  g_assert_cmpuint (get (f, "HEAD", "/ws"), ==, 426);
  g_assert_cmpuint (get (f, "GET", "/nothing"), ==, 404);
}

/* A server that outlives its app. */
static void
test_server_stays (Fixture *f)
{
  g_autoptr (SoupServer) server = g_object_ref (nx_app_get_server (f->app));

  serve (f);
  drop_app (f);
  soup_server_remove_handler (server, "/");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/unrouted/refused", test_refused);
  ADD_TEST ("/unrouted/limits", test_limits);
  ADD_SOCKET_SCENARIO ("/unrouted/dropped", test_dropped);
  ADD_TEST ("/unrouted/middleware", test_middleware);
  ADD_TEST ("/unrouted/middleware-removed", test_removed_with_its_last_reference);
  ADD_TEST ("/unrouted/page", test_page);
  ADD_TEST ("/unrouted/page-beside-files", test_page_beside_files);
  ADD_TEST ("/unrouted/server-stays", test_server_stays);
  return g_test_run ();
}
