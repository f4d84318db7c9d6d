/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is decided about a handshake before the application sees it: origins, offers, and limits. */
#include "must.h"

static void
accepts (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, error);
}

static void
defers (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_defer (ws);
}

static NxApp *
make_app (void)
{
  NxApp *app = nx_app_new ();

  nx_router_add_route (NX_ROUTER (app), "/", accepts, NULL, NULL, NULL);
  nx_router_add_route (NX_ROUTER (app), "/later", defers, NULL, NULL, NULL);
  return app;
}

static void
expect_end (NxTestClient *client)
{
  must (close, client, NX_CLOSE_NORMAL, NULL);
  must (settle, client);
}

/* -- Origins -- */

static void
check_origin (NxTestClient *client, const char *origin, gboolean is_allowed)
{
  nx_test_client_set_header (client, "Origin", origin);
  if (is_allowed)
    {
      must (open, client, "/");
      expect_end (client);
      return;
    }
  g_test_expect_message ("nexws", G_LOG_LEVEL_MESSAGE, "*allowed-origins*");
  must (expect_refusal, client, "/", 403);
  g_test_assert_expected_messages ();
}

static void
test_origin (void)
{
  const char *const allowed[] = { "https://pages.example", NULL };
  g_autoptr (NxApp) app = make_app ();
  g_autoptr (NxTestClient) client = nx_test_client_new (app);

  check_origin (client, NULL, TRUE);
  check_origin (client, "http://localhost", TRUE);
  check_origin (client, "https://localhost", TRUE);
  check_origin (client, "http://localhost:81", FALSE);
  check_origin (client, "http://evil.example", FALSE);
  check_origin (client, "null", FALSE);

  nx_test_client_set_transport (client, NX_TEST_TRANSPORT_TLS);
  check_origin (client, "https://localhost", TRUE);
  check_origin (client, "https://localhost:444", FALSE);
  check_origin (client, "http://localhost", FALSE);
  check_origin (client, "http://localhost:443", FALSE);

  g_object_set (app, "allowed-origins", allowed, NULL);
  check_origin (client, "https://pages.example", TRUE);
  check_origin (client, "https://localhost", FALSE);
}

/* -- Offers -- */

static void
test_offers (void)
{
  g_autoptr (NxApp) app = make_app ();
  g_autoptr (NxTestClient) client = nx_test_client_new (app);

  nx_test_client_set_header (client, "Sec-WebSocket-Protocol", "a,,b");
  must (expect_refusal, client, "/", 400);
  nx_test_client_set_header (client, "Sec-WebSocket-Protocol", NULL);
  nx_test_client_set_header (client, "Sec-WebSocket-Extensions", "a;;b");
  must (expect_refusal, client, "/", 400);
  /* Well-formed, and cannot be met: passed over. */
  nx_test_client_set_header (client, "Sec-WebSocket-Extensions",
                             "permessage-deflate; server_max_window_bits=7");
  must (open, client, "/");
  g_assert_null (nx_test_client_get_extensions (client));
}

/* -- Limits -- */

static void
test_connections (void)
{
  g_autoptr (NxApp) app = make_app ();
  g_autoptr (NxTestClient) first = nx_test_client_new (app);
  g_autoptr (NxTestClient) second = nx_test_client_new (app);
  g_autoptr (NxTestClient) third = nx_test_client_new (app);

  g_object_set (app, "max-connections", 2, NULL);
  must (open, first, "/");
  must (open, second, "/");
  must (expect_refusal, third, "/", 503);
  expect_end (first);
  must (open, third, "/");
}

static void
test_undecided (void)
{
  g_autoptr (NxApp) app = make_app ();
  g_autoptr (NxTestClient) waiting = nx_test_client_new (app);
  g_autoptr (NxTestClient) client = nx_test_client_new (app);
  g_autoptr (GError) error = NULL;

  g_object_set (app, "max-undecided", 1, NULL);
  nx_test_client_open_async (waiting, "/later", NULL, NULL, NULL);
  must (expect_refusal, client, "/", 503);
  nx_test_client_cut (waiting);
  nx_test_client_advance_time (client, 0, &error);
  g_assert_no_error (error);
  must (open, client, "/");
}

static void
test_connections_per_address (void)
{
  g_autoptr (NxApp) app = make_app ();
  g_autoptr (NxTestClient) first = nx_test_client_new (app);
  g_autoptr (NxTestClient) second = nx_test_client_new (app);
  g_autoptr (NxTestClient) elsewhere = nx_test_client_new (app);
  g_autoptr (NxTestClient) unix_client = nx_test_client_new (app);
  g_autofree char *phrase = NULL;
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("2001:db8::1", 99);

  g_object_set (app, "max-connections-per-address", 1, NULL);
  nx_test_client_set_remote_address (elsewhere, address);
  nx_test_client_set_transport (unix_client, NX_TEST_TRANSPORT_UNIX);
  must (open, first, "/");
  must (expect_refusal, second, "/", 429);
  phrase = nx_test_client_dup_response_text (second);
  g_assert_cmpstr (phrase, ==, "Too Many Requests\n"); /* libsoup has none */
  must (open, elsewhere, "/");
  must (open, unix_client, "/"); /* has no address to count */
  expect_end (first);
  must (open, second, "/");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/screening/origin", test_origin);
  g_test_add_func ("/screening/offers", test_offers);
  g_test_add_func ("/screening/connections", test_connections);
  g_test_add_func ("/screening/undecided", test_undecided);
  g_test_add_func ("/screening/connections-per-address", test_connections_per_address);
  return g_test_run ();
}
