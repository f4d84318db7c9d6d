/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a client asked with: parsed when somebody asks, out of the octets of its head. */
#include "fixture.h"

#include "nx-request-private.h"

static NxRequest *
new_request (const char *target, const char *headers)
{
  g_autofree char *text = g_strdup_printf ("GET %s HTTP/1.1\r\n%s\r\n", target, headers);
  g_autoptr (GBytes) head = g_bytes_new (text, strlen (text));

  return nx_request_new (head, FALSE);
}

#define HOST "Host: localhost\r\n"

static void
test_target (void)
{
  gsize length;
  const char *no_target = "GET";
  const char *no_end = "GET /";

  g_assert_true (nx_request_find_target (no_target, 3, &length) == no_target);
  g_assert_cmpuint (length, ==, 0);
  nx_request_find_target (no_end, 5, &length);
  g_assert_cmpuint (length, ==, 0);
}

static void
expect_path (const char *target, const char *path)
{
  g_autoptr (NxRequest) request = new_request (target, HOST);

  g_assert_cmpstr (nx_request_get_path (request), ==, path);
  g_assert_true (nx_request_get_path (request) == nx_request_get_path (request));
}

static void
test_path (void)
{
  expect_path ("/", "/");
  expect_path ("/a/b", "/a/b");
  expect_path ("/a%20b/?c=/d?e", "/a%20b/");
  expect_path ("/?", "/");
}

/* -- URI -- */

static void
expect_uri (const char *target, const char *headers, const char *uri)
{
  g_autoptr (NxRequest) request = new_request (target, headers);
  g_autofree char *text = g_uri_to_string (nx_request_get_uri (request));

  g_assert_cmpstr (text, ==, uri);
}

static void
test_uri (void)
{
  expect_uri ("/a?b=c", HOST, "ws://localhost/a?b=c");
  expect_uri ("/", "Host: [::1]:8000\r\n", "ws://[::1]:8000/");
  expect_uri ("/%C3%A9?q=%2F", HOST, "ws://localhost/%C3%A9?q=%2F");
  /* An upgrade of HTTP/1.0 without a Host is for whoever gets it. */
  expect_uri ("/a", "", "ws://localhost/a");
}

static void
test_uri_secure (void)
{
  const char *text = "GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n";
  g_autoptr (GBytes) head = g_bytes_new_static (text, strlen (text));
  g_autoptr (NxRequest) request = nx_request_new (head, TRUE);
  g_autofree char *uri = g_uri_to_string (nx_request_get_uri (request));

  g_assert_cmpstr (uri, ==, "wss://example.com/a");
}

static void
test_uri_secure_with_strange_host (void)
{
  const char *text = "GET /a HTTP/1.1\r\nHost: [v1.x\r\n\r\n";
  g_autoptr (GBytes) head = g_bytes_new_static (text, strlen (text));
  g_autoptr (NxRequest) request = nx_request_new (head, TRUE);
  g_autofree char *uri = g_uri_to_string (nx_request_get_uri (request));

  g_assert_cmpstr (uri, ==, "wss://localhost/a");
  g_assert_true (nx_request_get_uri (request) == nx_request_get_uri (request));
}

/* There is always a URI, and the query is in it. */
static void
test_uri_with_strange_host (void)
{
  expect_uri ("/a", "Host: [v1.x\r\n", "ws://localhost/a");
  expect_uri ("/a?b=c", "Host: a:99999999\r\n", "ws://localhost/a?b=c");
}

/* -- Query -- */

static void
expect_query (const char *query, const char *name, const char *value)
{
  g_autofree char *target = g_strconcat ("/?", query, NULL);
  g_autoptr (NxRequest) request = new_request (target, HOST);

  g_assert_cmpstr (nx_request_get_query_param (request, name), ==, value);
}

static void
test_query (void)
{
  expect_query ("a=1&b=2", "a", "1");
  expect_query ("a=1&b=2", "b", "2");
  expect_query ("a=1&b=2", "c", NULL);
  expect_query ("", "", NULL);
  expect_query ("a", "a", "");
  expect_query ("a&b=2", "a", "");
  expect_query ("a&b=2", "b", "2");
  expect_query ("a=", "a", "");
  expect_query ("=1", "", "1");
  expect_query ("a=b=c", "a", "b=c");
  expect_query ("&&a=1&&", "a", "1");
  expect_query ("a=1&a=2", "a", "2");
  expect_query ("A=1", "a", NULL);
  expect_query ("a=x+y%2Bz", "a", "x y+z");
  expect_query ("a+b=1", "a b", "1");
  expect_query ("%61%26=1%3D2%26", "a&", "1=2&");
  expect_query ("a=caf%C3%A9", "a", "caf\xc3\xa9");
  expect_query ("a=1;b=2", "a", "1;b=2");
  expect_query ("a=?/:@", "a", "?/:@");
  /* What decodes to nothing that is text is left as it came. */
  expect_query ("a=%FF", "a", "%FF");
  expect_query ("a=%00", "a", "%00");
  expect_query ("a=%zz", "a", "%zz");
  expect_query ("a=%2", "a", "%2");
}

static void
test_no_query (void)
{
  g_autoptr (NxRequest) request = new_request ("/a", HOST);
  g_auto (GStrv) values = nx_request_get_query_param_all (request, "a");

  g_assert_null (nx_request_get_query_param (request, "a"));
  g_assert_cmpuint (g_strv_length (values), ==, 0);
}

static void
test_query_all (void)
{
  g_autoptr (NxRequest) request = new_request ("/?a=1&b=2&a&a=3+", HOST);
  g_auto (GStrv) values = nx_request_get_query_param_all (request, "a");
  const char *const expected[] = { "1", "", "3 ", NULL };

  g_assert_cmpstrv (values, expected);
}

/* -- Headers -- */

static void
test_headers (void)
{
  g_autoptr (NxRequest) request = new_request ("/", HOST "X-A: 1\r\nx-a:2  \r\n");
  SoupMessageHeaders *headers = nx_request_get_headers (request);

  g_assert_cmpstr (soup_message_headers_get_list (headers, "X-a"), ==, "1, 2");
  g_assert_cmpstr (soup_message_headers_get_one (headers, "host"), ==, "localhost");
  g_assert_true (nx_request_get_headers (request) == headers);
}

static void
expect_cookie (const char *headers, const char *name, const char *value)
{
  g_autofree char *all = g_strconcat (HOST, headers, NULL);
  g_autoptr (NxRequest) request = new_request ("/", all);

  g_assert_cmpstr (nx_request_get_cookie (request, name), ==, value);
  g_assert_true (nx_request_get_cookie (request, name) == nx_request_get_cookie (request, name));
}

static void
test_cookies (void)
{
  expect_cookie ("", "a", NULL);
  expect_cookie ("Cookie: a=1\r\n", "a", "1");
  expect_cookie ("Cookie: a=1; b=2\r\n", "b", "2");
  expect_cookie ("Cookie: a=1;b=2;\r\n", "b", "2");
  expect_cookie ("Cookie: a=1; a=2\r\n", "a", "1");
  expect_cookie ("Cookie: a=1; nothing; b=2\r\n", "nothing", NULL);
  expect_cookie ("Cookie: a=1; nothing; b=2\r\n", "b", "2");
  expect_cookie ("Cookie: a=b=c\r\n", "a", "b=c");
  expect_cookie ("Cookie: a=\r\n", "a", "");
  expect_cookie ("Cookie: a = 1 \r\n", "a", "1");
  expect_cookie ("Cookie: A=1\r\n", "a", NULL);
  expect_cookie ("Cookie: a=\"q\"\r\n", "a", "\"q\"");
  expect_cookie ("Cookie: a=%20\r\n", "a", "%20");
}

/* HTTP/2's way, which a proxy may pass on: RFC 9113 section 8.2.3 joins them with a semicolon. */
static void
test_cookies_in_two_lines (void)
{
  expect_cookie ("Cookie: a=1\r\nCookie: b=2\r\n", "a", "1");
  expect_cookie ("Cookie: a=1\r\nCookie: b=2\r\n", "b", "2");
  expect_cookie ("Cookie: a=1,2; b=3\r\n", "a", "1,2");
}

static void
expect_subprotocols (const char *headers, const char *joined)
{
  g_autofree char *all = g_strconcat (HOST, headers, NULL);
  g_autoptr (NxRequest) request = new_request ("/", all);
  g_autofree char *text = g_strjoinv (" ", (char **) nx_request_get_subprotocols (request));

  g_assert_cmpstr (text, ==, joined);
  g_assert_true (nx_request_get_subprotocols (request) == nx_request_get_subprotocols (request));
}

static void
test_subprotocols (void)
{
  expect_subprotocols ("", "");
  expect_subprotocols ("Sec-WebSocket-Protocol: b\r\n", "b");
  expect_subprotocols ("Sec-WebSocket-Protocol: b, a.v1,c\r\n", "b a.v1 c");
  expect_subprotocols ("Sec-WebSocket-Protocol: b\r\nSec-WebSocket-Protocol: a\r\n", "b a");
  expect_subprotocols ("Sec-WebSocket-Protocol: a,,b\r\n", "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/request/target", test_target);
  g_test_add_func ("/request/path", test_path);
  g_test_add_func ("/request/uri", test_uri);
  g_test_add_func ("/request/uri/secure", test_uri_secure);
  g_test_add_func ("/request/uri/secure/strange-host", test_uri_secure_with_strange_host);
  g_test_add_func ("/request/uri/strange-host", test_uri_with_strange_host);
  g_test_add_func ("/request/query", test_query);
  g_test_add_func ("/request/query/none", test_no_query);
  g_test_add_func ("/request/query/all", test_query_all);
  g_test_add_func ("/request/headers", test_headers);
  g_test_add_func ("/request/cookies", test_cookies);
  g_test_add_func ("/request/cookies/two-lines", test_cookies_in_two_lines);
  g_test_add_func ("/request/subprotocols", test_subprotocols);
  return g_test_run ();
}
