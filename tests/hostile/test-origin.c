/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which pages may connect, and under which names the server is known: strangers' pages run in the browsers of friends. */
#include "hostile.h"

#include <netinet/in.h>
#include <sys/socket.h>

typedef struct
{
  const char *name;
  const char *host;
  const char *origin; /* nullable */
  guint status;
} Row;

/* Without a word from the application, on the loopback. */
static const Row by_default[] = {
  { "no-origin", "localhost", NULL, 101 },
  { "same", "localhost:8000", "http://localhost:8000", 101 },
  { "same-in-other-case", "LocalHost:8000", "HTTP://localhost:8000", 101 },
  { "same-default-port", "localhost", "http://localhost", 101 },
  { "same-default-port-said", "localhost:80", "http://localhost", 101 },
  { "same-behind-a-proxy-with-tls", "localhost", "https://localhost", 101 },
  { "same-ipv6", "[::1]:8000", "http://[::1]:8000", 101 },
  { "same-ipv6-spelt-out", "[::1]:8000", "http://[0:0:0:0:0:0:0:1]:8000", 101 },
  { "other-port", "localhost:8000", "http://localhost:8001", 403 },
  { "other-port-default", "localhost:8000", "http://localhost", 403 },
  { "other-name-of-the-loopback", "127.0.0.1:8000", "http://localhost:8000", 403 },
  { "foreign", "localhost:8000", "http://evil.example", 403 },
  { "foreign-with-our-name-in-front", "localhost:8000", "http://localhost:8000.evil.example", 403 },
  { "foreign-with-our-name-as-user", "localhost:8000", "http://localhost:8000@evil.example", 403 },
  { "null", "localhost:8000", "null", 403 },
  { "file", "localhost:8000", "file://", 403 },
  { "rebound-name", "evil.example", "http://evil.example", 421 },
  { "rebound-name-without-origin", "evil.example:8000", NULL, 421 },
  { "name-that-begins-like-ours", "localhost.evil.example", NULL, 421 },
  { "127.1.2.3", "127.1.2.3", NULL, 101 },
};

/* With allowed-hosts set to chat.example, [::1]:9000 and allowed-origins to https://page.example. */
static const Row by_list[] = {
  { "listed-host", "chat.example", NULL, 101 },
  { "listed-host-any-port", "Chat.Example:444", NULL, 101 },
  { "listed-host-its-port", "[::1]:9000", NULL, 101 },
  { "listed-host-other-port", "[::1]:9001", NULL, 421 },
  { "unlisted-loopback", "localhost", NULL, 421 },
  { "listed-origin", "chat.example", "https://page.example", 101 },
  { "same-but-unlisted", "chat.example", "http://chat.example", 403 },
  { "listed-origin-other-scheme", "chat.example", "http://page.example", 403 },
  { "null", "chat.example", "null", 403 },
};

static void
check_row (Fixture *f)
{
  const Row *row = f->data;
  g_autofree char *origin =
      row->origin != NULL ? g_strdup_printf ("Origin: %s\r\n", row->origin) : g_strdup ("");
  g_autofree char *head =
      g_strdup_printf (GET_ROOT "Host: %s\r\n" UPGRADE KEY VERSION "%s\r\n", row->host, origin);

  serve_echo (f);
  g_assert_cmpuint (client_wait_status (say (f, head)), ==, row->status);
  assert_log (f, row->status == 101 ? "connect" : "");
}

static void
test_by_list (Fixture *f)
{
  const char *const hosts[] = { "chat.example", "[::1]:9000", NULL };
  const char *const origins[] = { "https://page.example", NULL };

  g_object_set (f->app, "allowed-hosts", hosts, "allowed-origins", origins, NULL);
  check_row (f);
}

/* Plain HTTP on the same port is no way around. */
static void
test_http_of_a_rebound_name (Fixture *f)
{
  Client *client = say (f, GET_ROOT "Host: evil.example\r\n\r\n");

  g_assert_cmpuint (client_wait_status (client), ==, 421);
  g_assert_true (client_head_has (client, "HTTP/1.1 421 Misdirected Request\r\n"));
}

static void
test_any (Fixture *f)
{
  const char *const any[] = { "*", NULL };

  serve_echo (f);
  g_object_set (f->app, "allowed-hosts", any, "allowed-origins", any, NULL);
  g_assert_cmpuint (client_wait_status (say (f, GET_ROOT "Host: a.example\r\n" UPGRADE KEY VERSION
                                                         "Origin: http://b.example\r\n\r\n")),
                    ==, 101);
}

/* -- The same on IPv6 -- */

static guint16
listen_on (Fixture *f, const char *address, gboolean both)
{
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, 0, NULL);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new_from_string (address, 0);
  g_autoptr (GSocketAddress) got = NULL;

  if (socket == NULL)
    return 0;
  g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, !both, NULL);
  if (!g_socket_bind (socket, wanted, TRUE, NULL))
    return 0;
  g_assert_true (nx_app_listen_socket (f->app, socket, NX_LISTEN_DEFAULT, NULL));
  got = g_socket_get_local_address (socket, NULL);
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got));
}

static void
expect_guard (Fixture *f)
{
  g_assert_cmpuint (client_wait_status (say (f, HANDSHAKE "\r\n")), ==, 101);
  g_assert_cmpuint (
      client_wait_status (say (f, GET_ROOT "Host: evil.example\r\n" UPGRADE KEY VERSION "\r\n")),
      ==, 421);
}

static void
test_both_families (Fixture *f)
{
  guint16 port = listen_on (f, "::", TRUE);

  if (port == 0)
    {
      g_test_skip ("no IPv6 here");
      return;
    }
  serve_echo (f);
  f->port = port;
  expect_guard (f);
}

static void
test_ipv6 (Fixture *f)
{
  guint16 port = listen_on (f, "::1", FALSE);

  if (port == 0)
    {
      g_test_skip ("no IPv6 here");
      return;
    }
  serve_echo (f);
  f->port = port;
  f->family = AF_INET6;
  expect_guard (f);
}

static void
add_rows (const char *group, Scenario scenario, const Row *rows, guint n_rows)
{
  for (guint i = 0; i < n_rows; i++)
    {
      g_autofree char *path = g_strdup_printf ("/origin/%s/%s", group, rows[i].name);

      fixture_add_case (path, scenario, &rows[i]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows ("default", check_row, by_default, G_N_ELEMENTS (by_default));
  add_rows ("list", test_by_list, by_list, G_N_ELEMENTS (by_list));
  ADD_SCENARIO ("/origin/any", test_any);
  ADD_SCENARIO ("/origin/http-of-a-rebound-name", test_http_of_a_rebound_name);
  fixture_add_socket_scenario ("/origin/loopback/ipv6", test_ipv6);
  fixture_add_socket_scenario ("/origin/loopback/both-families", test_both_families);
  return g_test_run ();
}
