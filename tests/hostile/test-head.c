/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Request heads, good and bad, each with the status that answers it. No bad one reaches a handler. */
#include "hostile.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *octets;
  guint status;
  const char *with; /* (nullable) a line that the answer has */
} Row;

#define HOSTLESS UPGRADE KEY VERSION
#define UNVERSIONED GET_ROOT HOST UPGRADE KEY
#define VERSION_LINE "Sec-WebSocket-Version: 13\r\n"

static const Row accepted[] = {
  { "accept", HANDSHAKE "\r\n", 101, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" },
  { "upgrade-line", HANDSHAKE "\r\n", 101, "Upgrade: websocket\r\n" },
  { "connection-line", HANDSHAKE "\r\n", 101, "Connection: Upgrade\r\n" },
  { "names-in-any-case",
    GET_ROOT "hOsT: localhost\r\nUPGRADE: WebSocket\r\nconnection: UPGRADE\r\n"
             "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nSEC-WEBSOCKET-VERSION: 13\r\n\r\n",
    101, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" },
  { "connection-is-a-list",
    GET_ROOT HOST "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" KEY VERSION "\r\n",
    101, NULL },
  { "connection-on-two-lines",
    GET_ROOT HOST
    "Upgrade: websocket\r\nConnection: keep-alive\r\nConnection: Upgrade\r\n" KEY VERSION "\r\n",
    101, NULL },
  { "no-space-behind-the-colon",
    GET_ROOT "Host:localhost\r\n" UPGRADE KEY "Sec-WebSocket-Version:13\r\n\r\n", 101, NULL },
  { "query", "GET /?a=b&c HTTP/1.1\r\n" HOST HOSTLESS "\r\n", 101, NULL },
  { "empty-line-first", "\r\n" HANDSHAKE "\r\n", 101, NULL },
  { "zero-content-length", HANDSHAKE "Content-Length: 0\r\n\r\n", 101, NULL },
};

static const Row refused[] = {
  { "04-version-8", UNVERSIONED "Sec-WebSocket-Version: 8\r\n\r\n", 426,
    "\r\nSec-WebSocket-Version: 13\r\n" },
  { "04-version-missing", UNVERSIONED "\r\n", 426, "\r\nSec-WebSocket-Version: 13\r\n" },
  { "04-version-list", UNVERSIONED "Sec-WebSocket-Version: 13, 8\r\n\r\n", 426,
    "\r\nSec-WebSocket-Version: 13\r\n" },
  { "04-connection-without-upgrade",
    GET_ROOT HOST "Upgrade: websocket\r\nConnection: keep-alive\r\n" KEY VERSION "\r\n", 426,
    "\r\nUpgrade: websocket\r\n" },
  { "05-two-keys", HANDSHAKE KEY "\r\n", 400, NULL },
  { "05-two-hosts", HANDSHAKE HOST "\r\n", 400, NULL },
  { "05-two-versions", HANDSHAKE VERSION_LINE "\r\n", 400, NULL },
  { "05-two-origins", HANDSHAKE "Origin: http://localhost\r\nOrigin: http://localhost\r\n\r\n", 400,
    NULL },
  { "05-two-content-lengths", HANDSHAKE "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400,
    NULL },
  { "05-two-content-lengths-of-plain-http",
    "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400, NULL },
  { "05-transfer-encoding-with-content-length",
    "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx", 400,
    NULL },
  { "05-folded-line", HANDSHAKE "X: a\r\n b\r\n\r\n", 400, NULL },
  { "05-space-before-colon", HANDSHAKE "X : a\r\n\r\n", 400, NULL },
  { "05-bare-cr", HANDSHAKE "X: a\rb\r\n\r\n", 400, NULL },
  { "05-bare-lf", HANDSHAKE "X: a\n\r\n", 400, NULL },
  { "05-line-without-colon", HANDSHAKE "X\r\n\r\n", 400, NULL },
  { "05-no-host", GET_ROOT HOSTLESS "\r\n", 400, NULL },
  { "05-host-with-userinfo", GET_ROOT "Host: a@localhost\r\n" HOSTLESS "\r\n", 400, NULL },
  { "06-content-length", HANDSHAKE "Content-Length: 5\r\n\r\nhello", 400, NULL },
  { "06-chunked", HANDSHAKE "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 400,
    NULL },
  { "06-expect", HANDSHAKE "Expect: 100-continue\r\n\r\n", 400, NULL },
  { "key-missing", GET_ROOT HOST UPGRADE VERSION "\r\n", 400, NULL },
  { "key-short", GET_ROOT HOST UPGRADE VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n\r\n", 400,
    NULL },
  { "key-of-other-letters",
    GET_ROOT HOST UPGRADE VERSION "Sec-WebSocket-Key: dGhl!HNhbXBsZSBub25jZQ==\r\n\r\n", 400,
    NULL },
  { "post", "POST / HTTP/1.1\r\n" HOST HOSTLESS "\r\n", 400, NULL },
  { "head", "HEAD / HTTP/1.1\r\n" HOST HOSTLESS "\r\n", 400, NULL },
  { "http-1.0", "GET / HTTP/1.0\r\n" HOST HOSTLESS "\r\n", 400, NULL },
  { "http-2.0", "GET / HTTP/2.0\r\n" HOST HOSTLESS "\r\n", 505, NULL },
  { "absolute-target", "GET http://localhost/ HTTP/1.1\r\n" HOST HOSTLESS "\r\n", 400, NULL },
  { "target-with-nul", "GET /%00 HTTP/1.1\r\n" HOST HOSTLESS "\r\n", 400, NULL },
  { "no-such-path", "GET /nowhere HTTP/1.1\r\n" HOST HOSTLESS "\r\n", 404, NULL },
  { "chunked-body", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411,
    NULL },
  { "body-over-the-limit", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1048577\r\n\r\n", 413,
    NULL },
  { "content-length-of-20-digits",
    "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 413, NULL },
  { "negative-content-length", "POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n", 400, NULL },
  { "30-tls-on-the-plain-port", "\x16\x03\x01\x02", 400, NULL },
  { "not-http", "\x80\x80\x80\x80", 400, NULL },
};

static void
check_row (Fixture *f, gboolean in_pieces)
{
  const Row *row = f->data;
  Client *client = client_connect (f);
  gsize length = strlen (row->octets);

  serve_echo (f);
  if (!in_pieces)
    client_send_raw (client, row->octets, length);
  for (gsize i = 0; in_pieces && i < length; i++)
    {
      client_send_raw (client, row->octets + i, 1);
      settle (f);
    }
  g_assert_cmpuint (client_wait_status (client), ==, row->status);
  if (row->with != NULL)
    g_assert_true (client_head_has (client, row->with));
  if (row->status == 101)
    {
      assert_log (f, "connect");
      return;
    }
  client_expect_end (client);
  assert_log (f, "");
  g_assert_cmpuint (get_uint (f, "n-connections"), ==, 0);
}

static void
test_whole (Fixture *f)
{
  check_row (f, FALSE);
}

static void
test_in_pieces (Fixture *f)
{
  check_row (f, TRUE);
}

static void
add_rows (const char *group, const Row *rows, guint n_rows)
{
  for (guint i = 0; i < n_rows; i++)
    {
      g_autofree char *whole = g_strdup_printf ("/head/%s/%s", group, rows[i].name);
      g_autofree char *pieces = g_strconcat (whole, "/octet-by-octet", NULL);

      fixture_add_case (whole, test_whole, &rows[i]);
      fixture_add_case (pieces, test_in_pieces, &rows[i]);
    }
}

/* -- Sizes -- */

static void
expect_431 (Fixture *f, const char *octets)
{
  Client *client = say (f, octets);

  g_assert_cmpuint (client_wait_status (client), ==, 431);
  client_expect_end (client);
  assert_log (f, "");
}

static void
test_huge_line (Fixture *f)
{
  g_autofree char *filling = g_strnfill (16 * 1024, 'x');
  g_autofree char *head = g_strconcat (HANDSHAKE "X: ", filling, NULL);

  serve_echo (f);
  expect_431 (f, head);
  g_object_set (f->app, "max-header-size", 32 * 1024, NULL);
  strcpy (head + strlen (head) - 4, "\r\n\r\n");
  g_assert_cmpuint (client_wait_status (say (f, head)), ==, 101);
}

static void
test_many_lines (Fixture *f)
{
  g_autoptr (GString) head = g_string_new (HANDSHAKE);

  serve_echo (f);
  for (guint i = 0; i < 5000; i++)
    g_string_append (head, "a:\r\n");
  g_object_set (f->app, "max-header-size", 60 * 1024, NULL);
  expect_431 (f, head->str);
}

/* Whoever goes on sending what was refused must still be able to read why. */
static void
test_refused_goes_on (Fixture *f)
{
  Client *client = say (f, HANDSHAKE "Content-Length: 100000\r\n\r\n");
  g_autofree char *body = g_strnfill (1000, 'x');

  for (guint i = 0; i < 100; i++)
    client_send_raw (client, body, 1000);
  g_assert_cmpuint (client_wait_status (client), ==, 400);
  client_expect_end (client);
}

static void
test_cut_head (Fixture *f)
{
  Client *client = say (f, HANDSHAKE);

  serve_echo (f);
  settle (f);
  client_shutdown (client);
  client_expect_end (client);
  g_assert_cmpuint (client->status, ==, 0);
  assert_log (f, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows ("accepted", accepted, G_N_ELEMENTS (accepted));
  add_rows ("refused", refused, G_N_ELEMENTS (refused));
  ADD_SCENARIO ("/head/03-huge-line", test_huge_line);
  ADD_SCENARIO ("/head/03-five-thousand-lines", test_many_lines);
  ADD_SCENARIO ("/head/06-refused-goes-on-sending", test_refused_goes_on);
  ADD_SCENARIO ("/head/07-cut-before-the-empty-line", test_cut_head);
  return g_test_run ();
}
