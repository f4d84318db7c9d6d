/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-authority-private.h"

#include <string.h>

#include "guard.h"

static gboolean
parse (Guard *guard, const char *text, NxAuthority *out)
{
  gsize length = strlen (text);

  return nx_authority_parse (guard_put (guard, text, length), length, out);
}

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    const char *host;
    int port; /* -1: none */
  } cases[] = {
    { "example.org", "example.org", -1 },
    { "example.org:80", "example.org", 80 },
    { "example.org:", "example.org", -1 },
    { "example.org:0", "example.org", 0 },
    { "example.org:00080", "example.org", 80 },
    { "example.org:65535", "example.org", 65535 },
    { "a", "a", -1 },
    { "A-b_c~d.e.", "A-b_c~d.e.", -1 },
    { "127.0.0.1:8080", "127.0.0.1", 8080 },
    { "[::]", "::", -1 },
    { "[::1]:8080", "::1", 8080 },
    { "[::1]:", "::1", -1 },
  };
  Guard guard = guard_new (4096);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      NxAuthority authority;

      g_assert_true (parse (&guard, cases[i].text, &authority));
      g_assert_cmpmem (authority.host, authority.host_length, cases[i].host,
                       strlen (cases[i].host));
      g_assert_cmpint (authority.has_port ? authority.port : -1, ==, cases[i].port);
      g_assert_cmpint (authority.is_ipv6, ==, cases[i].text[0] == '[');
    }

  guard_free (&guard);
}

static void
test_parse_refuses (void)
{
  static const char *const cases[] = {
    "",
    ":",
    ":80",
    "a b",
    "a:b",
    "a:-1",
    "a:65536",
    "a:99999999999999999999",
    "a:80:80",
    "a@b",
    "@a",
    "a/",
    "a?",
    "a#",
    "a,b",
    "a;b",
    "%61",
    "\xc3\xa9",
    "a\x7f",
    "::1",
    "[",
    "[]",
    "[::1",
    "[::1]x",
    "[::1]80",
    "::1]",
    "[:]",
    "[:::]",
    "[1]",
    "[:1]",
    "[1:]",
    "[1::2::3]",
    "[12345::]",
    "[g::]",
    "[::1%25lo]",
    "[::1%lo]",
    "[v1.a]",
    "[1:2:3:4:5:6:7]",
    "[1:2:3:4:5:6:7:8:9]",
    "[1:2:3:4:5:6:7:8::]",
    "[::1:2:3:4:5:6:7:8]",
    "[1:2:3:4::5:6:7:8]",
    "[1:2:3:4:5:6:7:1.2.3.4]",
    "[::1.2.3]",
    "[::1.2.3.4.5]",
    "[::1.2.3.256]",
    "[::01.2.3.4]",
    "[1.2.3.4]",
    "[::1.2.3.4:5]",
    "[::1 ]",
    "[ ::1]",
  };
  Guard guard = guard_new (4096);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      NxAuthority authority;

      show (cases[i]);
      g_assert_false (parse (&guard, cases[i], &authority));
    }

  guard_free (&guard);
}

static void
test_ipv6 (void)
{
  static const struct
  {
    const char *text;
    guint16 groups[8];
  } cases[] = {
    { "[::]", { 0 } },
    { "[::1]", { 0, 0, 0, 0, 0, 0, 0, 1 } },
    { "[1::]", { 1 } },
    { "[0:0:0:0:0:0:0:1]", { 0, 0, 0, 0, 0, 0, 0, 1 } },
    { "[1:2:3:4:5:6:7:8]", { 1, 2, 3, 4, 5, 6, 7, 8 } },
    { "[1::8]", { 1, 0, 0, 0, 0, 0, 0, 8 } },
    { "[::2:3:4:5:6:7:8]", { 0, 2, 3, 4, 5, 6, 7, 8 } },
    { "[1:2:3:4:5:6:7::]", { 1, 2, 3, 4, 5, 6, 7, 0 } },
    { "[1:2:3::5:6:7:8]", { 1, 2, 3, 0, 5, 6, 7, 8 } },
    { "[2001:DB8::fFfF]", { 0x2001, 0xdb8, 0, 0, 0, 0, 0, 0xffff } },
    { "[::ffff:192.0.2.1]", { 0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201 } },
    { "[::192.0.2.1]", { 0, 0, 0, 0, 0, 0, 0xc000, 0x201 } },
    { "[1:2:3:4:5:6:255.255.255.255]", { 1, 2, 3, 4, 5, 6, 0xffff, 0xffff } },
    { "[1::5:6:0.0.0.1]", { 1, 0, 0, 0, 5, 6, 0, 1 } },
  };
  Guard guard = guard_new (4096);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      NxAuthority authority;

      show (cases[i].text);
      g_assert_true (parse (&guard, cases[i].text, &authority));
      g_assert_cmpmem (authority.ipv6, sizeof authority.ipv6, cases[i].groups,
                       sizeof cases[i].groups);
    }

  guard_free (&guard);
}

static void
test_loopback (void)
{
  static const struct
  {
    const char *host;
    gboolean is_loopback;
  } cases[] = {
    { "localhost", TRUE },
    { "LOCALHOST", TRUE },
    { "localhost.", TRUE },
    { "LocalHost.:8080", TRUE },
    { "localhost:1", TRUE },
    { "127.0.0.1", TRUE },
    { "127.255.255.255:80", TRUE },
    { "127.1.2.3", TRUE },
    { "[::1]", TRUE },
    { "[::1]:8080", TRUE },
    { "[0:0:0:0:0:0:0:1]", TRUE },
    { "[::0001]", TRUE },
    { "localhost..", FALSE },
    { "localhos", FALSE },
    { "localhost.example.org", FALSE },
    { "evil.localhost", FALSE },
    { "localhost.localdomain", FALSE },
    { "127.0.0.1.example.org", FALSE },
    { "127.0.0.1.", FALSE },
    { "127.0.0.256", FALSE },
    { "127.0.0.01", FALSE },
    { "127.1", FALSE },
    { "127.0.0", FALSE },
    { "127.0.0.", FALSE },
    { "127.0.0.1.1", FALSE },
    { "128.0.0.1", FALSE },
    { "12.7.0.0.1", FALSE },
    { "0.0.0.0", FALSE },
    { "2130706433", FALSE },
    { "0x7f000001", FALSE },
    { "[::]", FALSE },
    { "[::2]", FALSE },
    { "[1::1]", FALSE },
    { "[::ffff:127.0.0.1]", FALSE },
    { "example.org", FALSE },
  };
  Guard guard = guard_new (4096);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      NxAuthority authority;

      show (cases[i].host);
      g_assert_true (parse (&guard, cases[i].host, &authority));
      g_assert_cmpint (nx_authority_is_loopback (&authority), ==, cases[i].is_loopback);
    }

  guard_free (&guard);
}

static void
test_origin (void)
{
  static const struct
  {
    const char *host;
    guint16 default_port;
    const char *origin;
    gboolean matches;
  } cases[] = {
    { "example.org", 80, "http://example.org", TRUE },
    { "Example.ORG", 80, "HTTP://eXAMPLE.org", TRUE },
    { "example.org:8080", 80, "http://example.org:8080", TRUE },
    { "example.org", 443, "https://example.org", TRUE },
    { "[::1]:8080", 80, "http://[0::1]:8080", TRUE },
    { "127.0.0.1:8080", 80, "http://127.0.0.1:8080", TRUE },
    { "example.org", 80, "ws://example.org", TRUE },
    { "example.org", 443, "wss://example.org", TRUE },
    /* Default ports, said or not */
    { "example.org", 80, "http://example.org:80", TRUE },
    { "example.org:80", 80, "http://example.org", TRUE },
    { "example.org:443", 443, "https://example.org", TRUE },
    { "example.org", 443, "https://example.org:443", TRUE },
    { "example.org:", 80, "http://example.org", TRUE },
    /* A proxy that ends TLS */
    { "example.org", 80, "https://example.org", TRUE },
    { "example.org:443", 80, "https://example.org", TRUE },
    { "example.org:8443", 80, "https://example.org:8443", TRUE },
    { "example.org", 443, "http://example.org", TRUE },
    /* Other ports */
    { "example.org:8080", 80, "http://example.org", FALSE },
    { "example.org", 80, "http://example.org:8080", FALSE },
    { "example.org:8080", 80, "http://example.org:8081", FALSE },
    { "example.org", 80, "https://example.org:8443", FALSE },
    { "example.org:8443", 80, "https://example.org", FALSE },
    { "example.org", 80, "http://example.org:443", FALSE },
    /* Other hosts */
    { "example.org", 80, "http://evil.example", FALSE },
    { "example.org", 80, "http://example.org.evil.example", FALSE },
    { "example.org", 80, "http://evilexample.org", FALSE },
    { "example.org", 80, "http://example.or", FALSE },
    { "example.org", 80, "http://example.org.", FALSE },
    { "localhost", 80, "http://127.0.0.1", FALSE },
    { "[::1]", 80, "http://[::2]", FALSE },
    { "1", 80, "http://[::1]", FALSE },
    /* Not an http origin */
    { "example.org", 80, "null", FALSE },
    { "null", 80, "null", FALSE },
    { "example.org", 80, "", FALSE },
    { "example.org", 80, "example.org", FALSE },
    { "example.org", 80, "//example.org", FALSE },
    { "example.org", 80, "http:/example.org", FALSE },
    { "example.org", 80, "http://", FALSE },
    { "example.org", 80, "http://example.org/", FALSE },
    { "example.org", 80, "http://example.org http://evil.example", FALSE },
    { "example.org", 80, "http://evil.example http://example.org", FALSE },
    { "example.org", 80, "http://a@example.org", FALSE },
    { "example.org", 80, "http://evil.example#@example.org", FALSE },
    { "example.org", 80, "app://example.org", FALSE },
    { "example.org", 80, "file://example.org", FALSE },
    { "example.org", 80, "xhttp://example.org", FALSE },
  };
  Guard host_guard = guard_new (4096);
  Guard origin_guard = guard_new (4096);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gsize length = strlen (cases[i].origin);
      const char *origin = guard_put (&origin_guard, cases[i].origin, length);
      NxAuthority host;

      show (cases[i].host);
      show (cases[i].origin);
      g_assert_true (parse (&host_guard, cases[i].host, &host));
      g_assert_cmpint (nx_authority_matches_origin (&host, cases[i].default_port, origin, length),
                       ==, cases[i].matches);
    }

  guard_free (&host_guard);
  guard_free (&origin_guard);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/authority/parse", test_parse);
  g_test_add_func ("/authority/parse-refuses", test_parse_refuses);
  g_test_add_func ("/authority/ipv6", test_ipv6);
  g_test_add_func ("/authority/loopback", test_loopback);
  g_test_add_func ("/authority/origin", test_origin);

  return g_test_run ();
}
