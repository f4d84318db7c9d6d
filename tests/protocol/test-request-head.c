/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-request-head-private.h"

#include <string.h>

#include "guard.h"

#define MAX_BODY 1000

static const NxHeadLimits limits = { .max_size = 16384, .max_lines = 100 };

/* Handshakes are written as what they say beyond, or instead of, this. */
#define HOST "Host: example.org\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define GET "GET /ws HTTP/1.1\r\n"
#define SHAKE GET HOST UPGRADE KEY VERSION
#define END "\r\n"

typedef struct
{
  const char *prose;
  const char *head;
  gsize length; /* of the literal, for there are NULs in some */
  NxHeadVerdict verdict;
  guint status;
} Case;

#define RAW(head) head, sizeof (head) - 1
#define UPGRADES(prose, head)                                                                      \
  {                                                                                                \
    prose, RAW (head), NX_HEAD_UPGRADE, 0                                                          \
  }
#define PLAIN(prose, head)                                                                         \
  {                                                                                                \
    prose, RAW (head), NX_HEAD_PLAIN, 0                                                            \
  }
#define REFUSED(n, prose, head)                                                                    \
  {                                                                                                \
    prose, RAW (head), NX_HEAD_REFUSED, n                                                          \
  }
#define TARGET_OK(prose, target) PLAIN (prose, "GET " target " HTTP/1.1\r\n" HOST END)
#define TARGET_BAD(prose, target) REFUSED (400, prose, "GET " target " HTTP/1.1\r\n" HOST END)
#define HOST_OK(prose, host) PLAIN (prose, "GET / HTTP/1.1\r\nHost:" host "\r\n" END)
#define HOST_BAD(prose, host) REFUSED (400, prose, "GET / HTTP/1.1\r\nHost:" host "\r\n" END)
#define FIELD_OK(prose, field) UPGRADES (prose, SHAKE field "\r\n" END)
#define FIELD_BAD(prose, field) REFUSED (400, prose, SHAKE field "\r\n" END)

static const Case cases[] = {
  /* Handshakes as they should be, RFC 6455 section 4.2.1 */
  UPGRADES ("a handshake", SHAKE END),
  UPGRADES ("the RFC's own example",
            "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n"),
  UPGRADES ("Firefox's Connection",
            GET HOST KEY VERSION "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n" END),
  UPGRADES ("Connection without white space",
            GET HOST KEY VERSION "Connection: keep-alive,Upgrade\r\nUpgrade: websocket\r\n" END),
  UPGRADES ("Connection on two lines",
            GET HOST KEY VERSION
            "Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: websocket\r\n" END),
  UPGRADES ("Connection with empty members",
            GET HOST KEY VERSION "Connection: ,\t, upgrade ,\r\nUpgrade: websocket\r\n" END),
  UPGRADES ("names and tokens in any case",
            GET "HOST: A\r\nuPGRADE: WebSocket\r\nconnection: UPGRADE\r\n"
                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nSEC-WEBSOCKET-VERSION: 13\r\n" END),
  UPGRADES ("no white space behind colons, and much of it",
            GET
            "Host:a\r\nUpgrade:websocket\r\nConnection:\t \tUpgrade \t\r\n"
            "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==  \r\nSec-WebSocket-Version:13\t\r\n" END),
  UPGRADES ("a key of plus and slash",
            GET HOST UPGRADE VERSION "Sec-WebSocket-Key: +/+/+/+/+/+/+/+/+/+/+A==\r\n" END),
  UPGRADES ("a key whose last digit has bits behind the octet",
            GET HOST UPGRADE VERSION "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAB==\r\n" END),
  UPGRADES ("one empty line in front, RFC 9112 2.2", "\r\n" SHAKE END),
  FIELD_OK ("Content-Length 0", "Content-Length: 0"),
  FIELD_OK ("Content-Length of many zeros", "Content-Length: 0000000000000000000000000"),
  FIELD_OK ("obs-text in a value", "X-Name: \xff\x80\xe9"),
  FIELD_OK ("HTAB in a value", "X: a\tb"),
  FIELD_OK ("an empty value", "X:"),
  FIELD_OK ("a value of white space", "X: \t "),
  FIELD_OK ("a colon in a value", "X: a:b"),
  FIELD_OK ("every mark a token has", "!#$%&'*+-.^_`|~09azAZ: 1"),
  FIELD_OK ("two lines of subprotocols", "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b"),

  /* Wrong versions of the WebSocket protocol: 426, RFC 6455 section 4.2.2 and 4.4 */
  REFUSED (426, "version 8", GET HOST UPGRADE KEY "Sec-WebSocket-Version: 8\r\n" END),
  REFUSED (426, "no version", GET HOST UPGRADE KEY END),
  REFUSED (426, "a list of versions", GET HOST UPGRADE KEY "Sec-WebSocket-Version: 13, 8\r\n" END),
  REFUSED (426, "an empty version", GET HOST UPGRADE KEY "Sec-WebSocket-Version:\r\n" END),
  REFUSED (426, "version 013", GET HOST UPGRADE KEY "Sec-WebSocket-Version: 013\r\n" END),
  REFUSED (426, "version 130", GET HOST UPGRADE KEY "Sec-WebSocket-Version: 130\r\n" END),
  REFUSED (
      426,
      "a draft's handshake, its keys others",
      GET HOST UPGRADE
      "Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5\r\nSec-WebSocket-Key2: 12998 5 Y3 1  .P00\r\n" END),
  REFUSED (400, "two versions", GET HOST UPGRADE KEY VERSION "Sec-WebSocket-Version: 8\r\n" END),

  /* Half handshakes */
  REFUSED (426, "Upgrade without Connection", GET HOST "Upgrade: websocket\r\n" KEY VERSION END),
  REFUSED (426,
           "Connection without the token",
           GET HOST "Upgrade: websocket\r\nConnection: close\r\n" KEY VERSION END),
  REFUSED (426,
           "Connection with a longer token",
           GET HOST "Upgrade: websocket\r\nConnection: upgraded\r\n" KEY VERSION END),
  REFUSED (426,
           "Connection with a shorter token",
           GET HOST "Upgrade: websocket\r\nConnection: upgrad\r\n" KEY VERSION END),
  REFUSED (426, "a key without Upgrade", GET HOST KEY VERSION END),
  REFUSED (426,
           "a key with another Upgrade",
           GET HOST "Upgrade: h2c\r\nConnection: Upgrade\r\n" KEY VERSION END),
  REFUSED (426,
           "Upgrade with a version",
           GET HOST "Upgrade: websocket/13\r\nConnection: Upgrade\r\n" KEY VERSION END),
  REFUSED (400,
           "Upgrade to two protocols",
           GET HOST "Upgrade: websocket, h2c\r\nConnection: Upgrade\r\n" KEY VERSION END),
  REFUSED (400,
           "Upgrade on two lines",
           GET HOST
           "Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" KEY VERSION END),
  PLAIN ("an Upgrade to something else",
         GET HOST
         "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMA\r\n" END),
  PLAIN ("Connection: upgrade alone", GET HOST "Connection: upgrade\r\n" END),
  PLAIN ("a version alone", GET HOST VERSION END),

  /* Keys */
  REFUSED (400, "no key", GET HOST UPGRADE VERSION END),
  REFUSED (400, "an empty key", GET HOST UPGRADE VERSION "Sec-WebSocket-Key:\r\n" END),
  REFUSED (400,
           "a key of 15 octets",
           GET HOST UPGRADE VERSION "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\r\n" END),
  REFUSED (400,
           "a key of 17 octets",
           GET HOST UPGRADE VERSION "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=\r\n" END),
  REFUSED (400,
           "a key of 18 octets",
           GET HOST UPGRADE VERSION "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAAA\r\n" END),
  REFUSED (400,
           "a key without padding",
           GET HOST UPGRADE VERSION "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA\r\n" END),
  REFUSED (400,
           "a key with padding inside",
           GET HOST UPGRADE VERSION "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA====\r\n" END),
  REFUSED (400,
           "a key that is wrong at its first digit",
           GET HOST UPGRADE VERSION "Sec-WebSocket-Key: -AAAAAAAAAAAAAAAAAAAAA==\r\n" END),
  REFUSED (400,
           "a key that is wrong at its last digit",
           GET HOST UPGRADE VERSION "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAA-==\r\n" END),
  REFUSED (400,
           "a key with a space",
           GET HOST UPGRADE VERSION "Sec-WebSocket-Key: AAAAAAAAAAA AAAAAAAAAA==\r\n" END),
  REFUSED (400,
           "a key in the URL alphabet",
           GET HOST UPGRADE VERSION "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA-_==\r\n" END),
  FIELD_BAD ("two keys", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),

  /* What an upgrade may not have */
  REFUSED (400, "a handshake with POST", "POST /ws HTTP/1.1\r\n" HOST UPGRADE KEY VERSION END),
  REFUSED (400, "a handshake with get", "get /ws HTTP/1.1\r\n" HOST UPGRADE KEY VERSION END),
  REFUSED (400, "a handshake with HEAD", "HEAD /ws HTTP/1.1\r\n" HOST UPGRADE KEY VERSION END),
  REFUSED (400,
           "a handshake with OPTIONS *",
           "OPTIONS * HTTP/1.1\r\n" HOST UPGRADE KEY VERSION END),
  REFUSED (400, "a handshake in HTTP/1.0", "GET /ws HTTP/1.0\r\n" HOST UPGRADE KEY VERSION END),
  FIELD_BAD ("a handshake with a body", "Content-Length: 5"),
  FIELD_BAD ("a handshake with a body over the limit", "Content-Length: 200000000"),
  FIELD_BAD ("a handshake with a body of over 64 bits", "Content-Length: 99999999999999999999"),
  FIELD_BAD ("a handshake, chunked", "Transfer-Encoding: chunked"),
  FIELD_BAD ("a handshake with Expect", "Expect: 100-continue"),
  FIELD_BAD ("a handshake with another Expect", "expect: nothing"),

  /* Twice */
  FIELD_BAD ("two Hosts", "Host: example.org"),
  FIELD_BAD ("two Hosts, of different case", "hOST: evil.example"),
  FIELD_BAD ("two Authorizations", "Authorization: Basic YTpi\r\nauthorization: Basic Yzpk"),
  FIELD_BAD ("two Origins", "Origin: http://a\r\nOrigin: http://b"),
  FIELD_BAD ("two Upgrades", "Upgrade: websocket"),
  FIELD_BAD ("two Content-Lengths, equal", "Content-Length: 0\r\nContent-Length: 0"),
  REFUSED (400,
           "two Content-Lengths in a plain request",
           "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 6\r\n" END),
  REFUSED (400,
           "two Transfer-Encodings",
           "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n" END),

  /* Lines */
  FIELD_BAD ("a folded line", "X: a\r\n b"),
  FIELD_BAD ("a line folded with a tab", "X: a\r\n\tb"),
  REFUSED (400, "a folded first line", GET " Host: a\r\n" END),
  FIELD_BAD ("a space before the colon", "X-A : a"),
  FIELD_BAD ("a tab before the colon", "X-A\t: a"),
  FIELD_BAD ("a space before the colon of a Content-Length", "Content-Length : 5"),
  FIELD_BAD ("a space in a name", "X A: a"),
  FIELD_BAD ("no colon", "Hello"),
  FIELD_BAD ("no name", ": a"),
  FIELD_BAD ("obs-text in a name", "X\xe9: a"),
  FIELD_BAD ("a quote in a name", "X\"Y: a"),
  FIELD_BAD ("NUL in a name", "X\0Y: a"),
  FIELD_BAD ("NUL in a value", "X: a\0b"),
  FIELD_BAD ("NUL right behind the colon", "X:\0"),
  FIELD_BAD ("a control character right behind the colon", "X:\x01y"),
  FIELD_BAD ("NUL at the end of a value", "Host\0: b"),
  FIELD_BAD ("DEL in a value", "X: a\x7f"),
  FIELD_BAD ("an escape in a value", "X: a\x1b[2J"),
  FIELD_BAD ("a bare CR in a value", "X: a\rY: b"),
  FIELD_BAD ("a bare CR before the CR LF", "X: a\r"),
  FIELD_BAD ("a bare CR at the start of a line", "\rX: a"),
  FIELD_BAD ("a bare LF between lines", "X: a\nY: b"),
  REFUSED (400, "a bare LF behind the request line", "GET / HTTP/1.1\n" HOST END),
  REFUSED (400, "a bare LF as the empty line", SHAKE "\n"),
  REFUSED (400, "LF LF", "GET / HTTP/1.1\nHost: a\n\n"),
  REFUSED (400, "CR CR LF as the empty line", SHAKE "\r\r\n"),

  /* The request line */
  REFUSED (400, "a space in front", " GET / HTTP/1.1\r\n" HOST END),
  REFUSED (400, "two spaces before the target", "GET  / HTTP/1.1\r\n" HOST END),
  REFUSED (400, "two spaces behind the target", "GET /  HTTP/1.1\r\n" HOST END),
  REFUSED (400, "a space at the end", "GET / HTTP/1.1 \r\n" HOST END),
  REFUSED (400, "tabs", "GET\t/\tHTTP/1.1\r\n" HOST END),
  REFUSED (400, "a tab behind the target", "GET /\tHTTP/1.1\r\n" HOST END),
  REFUSED (400, "no version, as HTTP/0.9 has it", "GET /\r\n" HOST END),
  REFUSED (400, "no target", "GET HTTP/1.1\r\n" HOST END),
  REFUSED (400, "a method alone", "GET\r\n" HOST END),
  REFUSED (400, "a method and a space", "GET \r\n" HOST END),
  REFUSED (400, "a method that is no token", "G@T / HTTP/1.1\r\n" HOST END),
  REFUSED (400, "NUL in the method", "GE\0T / HTTP/1.1\r\n" HOST END),
  REFUSED (400, "a space in the target", "GET /a b HTTP/1.1\r\n" HOST END),
  REFUSED (400, "two empty lines in front", "\r\n\r\n" SHAKE END),
  REFUSED (400, "a bare LF in front", "\n" SHAKE END),
  REFUSED (400, "a header line first", HOST GET END),
  REFUSED (505, "HTTP/2.0", "GET / HTTP/2.0\r\n" HOST END),
  REFUSED (505, "HTTP/1.2", "GET / HTTP/1.2\r\n" HOST END),
  REFUSED (505, "HTTP/0.9 by name", "GET / HTTP/0.9\r\n" HOST END),
  REFUSED (505, "HTTP/3.1", "GET / HTTP/3.1\r\n" HOST END),
  REFUSED (505, "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  REFUSED (400, "http/1.1", "GET / http/1.1\r\n" HOST END),
  REFUSED (400, "HTTP/1", "GET / HTTP/1\r\n" HOST END),
  REFUSED (400, "HTTP/1.10", "GET / HTTP/1.10\r\n" HOST END),
  REFUSED (400, "HTTP/01.1", "GET / HTTP/01.1\r\n" HOST END),
  REFUSED (400, "HTTP/1,1", "GET / HTTP/1,1\r\n" HOST END),
  REFUSED (400, "HTTP/a.1", "GET / HTTP/a.1\r\n" HOST END),
  REFUSED (400, "another protocol", "GET / ICAP/1.0\r\n" HOST END),
  REFUSED (400, "a TLS hello", "\x16\x03\x01\x02\x00\x01\x00"),
  REFUSED (400, "noise", "\x80\x2e\x01"),
  REFUSED (400, "a quote", "\""),
  REFUSED (501, "CONNECT", "CONNECT example.org:443 HTTP/1.1\r\n" HOST END),

  /* The target */
  TARGET_OK ("a query", "/a/b?c=d&e=f/?"),
  TARGET_OK ("an empty query", "/?"),
  TARGET_OK ("two slashes in front", "//evil.example/"),
  TARGET_OK ("all that a path may hold", "/-._~!$&'()*+,;=:@%2F%c3%A9"),
  TARGET_OK ("what browsers leave in a path", "/a[b]|c^d"),
  TARGET_OK ("what browsers leave in a query", "/?a[]={b}|^`\\"),
  TARGET_OK ("an encoded NUL in the query", "/?%00"),
  TARGET_BAD ("an encoded NUL in the path", "/a%00b"),
  TARGET_BAD ("a fragment", "/a#b"),
  TARGET_BAD ("a fragment behind a query", "/a?b#c"),
  TARGET_BAD ("percent and one digit", "/%4"),
  TARGET_BAD ("percent at the end", "/%"),
  TARGET_BAD ("percent and no hex digit", "/%g0"),
  TARGET_BAD ("percent and a late no hex digit", "/%0g"),
  TARGET_BAD ("percent in the query", "/?a=%zz"),
  TARGET_BAD ("obs-text", "/caf\xc3\xa9"),
  TARGET_BAD ("a control character", "/a\x01"),
  TARGET_BAD ("DEL", "/a\x7f"),
  TARGET_BAD ("NUL", "/a\0b"),
  TARGET_BAD ("a quote", "/\""),
  TARGET_BAD ("angles", "/<script>"),
  TARGET_BAD ("a backslash in the path", "/a\\b"),
  TARGET_BAD ("a brace in the path", "/{a}"),
  TARGET_BAD ("the absolute form", "http://example.org/"),
  TARGET_BAD ("a foreign absolute URI", "http://evil.example/"),
  TARGET_BAD ("the authority form", "example.org:80"),
  TARGET_BAD ("no slash", "a"),
  TARGET_BAD ("a star for GET", "*"),
  TARGET_BAD ("a query alone", "?a"),
  PLAIN ("OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST END),
  REFUSED (400, "OPTIONS **", "OPTIONS ** HTTP/1.1\r\n" HOST END),
  PLAIN ("a method nobody knows", "B-R.E~W /pot HTTP/1.1\r\n" HOST END),

  /* Host, RFC 9112 section 3.2 */
  HOST_OK ("a port", "example.org:8080"),
  HOST_OK ("an empty port", "example.org:"),
  HOST_OK ("an address", "192.0.2.1:80"),
  HOST_OK ("an IPv6 address", "[2001:db8::1]"),
  HOST_OK ("an IPv6 address and port", " [::ffff:192.0.2.1]:8080 "),
  HOST_OK ("a name with an underscore", "my_service.local."),
  HOST_BAD ("nothing", ""),
  HOST_BAD ("white space", "  "),
  HOST_BAD ("a port alone", ":80"),
  HOST_BAD ("a userinfo", "user@example.org"),
  HOST_BAD ("a userinfo with a password", "user:pw@example.org"),
  HOST_BAD ("two hosts", "a.example, b.example"),
  HOST_BAD ("two hosts without a space", "a.example,b.example"),
  HOST_BAD ("a path", "example.org/"),
  HOST_BAD ("a scheme", "http://example.org"),
  HOST_BAD ("a space", "example org"),
  HOST_BAD ("percent-encoding", "%6cocalhost"),
  HOST_BAD ("obs-text", "caf\xc3\xa9.example"),
  HOST_BAD ("a port that is none", "example.org:http"),
  HOST_BAD ("a port with a sign", "example.org:+80"),
  HOST_BAD ("a port over 65535", "example.org:65536"),
  HOST_BAD ("a port of 40 digits", "example.org:1111111111111111111111111111111111111111"),
  HOST_BAD ("two ports", "example.org:80:80"),
  HOST_BAD ("an open bracket", "[::1"),
  HOST_BAD ("a bare IPv6 address", "::1"),
  HOST_BAD ("no IPv6 address in brackets", "[localhost]"),
  HOST_BAD ("something behind the bracket", "[::1]a"),
  REFUSED (400, "no Host", GET UPGRADE KEY VERSION END),
  REFUSED (400, "no Host in a plain request", "GET / HTTP/1.1\r\n" END),

  /* HTTP/1.0 */
  PLAIN ("HTTP/1.0 without Host", "GET / HTTP/1.0\r\n" END),
  PLAIN ("HTTP/1.0 with Host", "GET / HTTP/1.0\r\n" HOST END),
  REFUSED (400, "HTTP/1.0 with a bad Host", "GET / HTTP/1.0\r\nHost: a@b\r\n" END),
  REFUSED (400, "HTTP/1.0, chunked", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n" END),

  /* Bodies, RFC 9112 section 6.3 */
  PLAIN ("a GET", "GET / HTTP/1.1\r\n" HOST END),
  PLAIN ("a POST without length", "POST / HTTP/1.1\r\n" HOST END),
  PLAIN ("a POST with Expect",
         "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nExpect: 100-continue\r\n" END),
  PLAIN ("a body at the limit", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1000\r\n" END),
  REFUSED (413, "a body over the limit", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n" END),
  REFUSED (413, "2^64", "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n" END),
  REFUSED (413,
           "2^64 + 5",
           "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551621\r\n" END),
  REFUSED (413,
           "20 nines",
           "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n" END),
  REFUSED (400,
           "20 nines and a letter",
           "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999a\r\n" END),
  REFUSED (400, "-5", "POST / HTTP/1.1\r\n" HOST "Content-Length: -5\r\n" END),
  REFUSED (400, "+5", "POST / HTTP/1.1\r\n" HOST "Content-Length: +5\r\n" END),
  REFUSED (400, "0x5", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x5\r\n" END),
  REFUSED (400, "5 5", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5 5\r\n" END),
  REFUSED (400, "5, 5", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5, 5\r\n" END),
  REFUSED (400, "5.0", "POST / HTTP/1.1\r\n" HOST "Content-Length: 5.0\r\n" END),
  REFUSED (400, "no length", "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n" END),
  REFUSED (411, "chunked", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END),
  REFUSED (411, "another coding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n" END),
  REFUSED (411, "identity", "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n" END),
  REFUSED (411, "no coding", "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n" END),
  REFUSED (400,
           "chunked and counted",
           "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" END),
  REFUSED (400,
           "counted and chunked",
           "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" END),
};

/* --- Running a case in every way --- */

static void
assert_outcome (const NxHead *head, const Case *this, gsize length)
{
  g_assert_cmpint (head->verdict, ==, this->verdict);
  g_assert_cmpuint (head->status, ==, this->status);
  if (this->verdict == NX_HEAD_REFUSED)
    g_assert_nonnull (head->why);
  else
    g_assert_cmpuint (head->length, ==, length);
}

/* A prefix is never accepted; and once refused, it is refused as the whole is. */
static gboolean
goes_on (const NxHead *head, const Case *this)
{
  if (head->verdict == NX_HEAD_INCOMPLETE)
    return TRUE;

  g_assert_cmpint (head->verdict, ==, NX_HEAD_REFUSED);
  assert_outcome (head, this, 0);
  return FALSE;
}

static void
run_whole (const Case *this, Guard *guard)
{
  g_autofree char *more = g_malloc (this->length + 4);
  gsize scanned = 0;
  NxHead head;

  nx_request_head_screen (guard_put (guard, this->head, this->length), this->length, &limits,
                          &scanned, MAX_BODY, &head);
  assert_outcome (&head, this, this->length);

  /* What follows a head is not looked at. */
  memcpy (more, this->head, this->length);
  memcpy (more + this->length, "\x81\x80\n\0", 4);
  scanned = 0;
  nx_request_head_screen (guard_put (guard, more, this->length + 4), this->length + 4, &limits,
                          &scanned, MAX_BODY, &head);
  assert_outcome (&head, this, this->length);
}

static void
run_split (const Case *this, Guard *guard, gsize first)
{
  gsize scanned = 0;
  NxHead head;

  nx_request_head_screen (guard_put (guard, this->head, first), first, &limits, &scanned, MAX_BODY,
                          &head);
  if (!goes_on (&head, this))
    return;
  nx_request_head_screen (guard_put (guard, this->head, this->length), this->length, &limits,
                          &scanned, MAX_BODY, &head);
  assert_outcome (&head, this, this->length);
}

static void
run_octet_by_octet (const Case *this, Guard *guard)
{
  gsize scanned = 0;
  NxHead head;

  for (gsize n = 0; n < this->length; n++)
    {
      nx_request_head_screen (guard_put (guard, this->head, n), n, &limits, &scanned, MAX_BODY,
                              &head);
      if (!goes_on (&head, this))
        return;
    }
  nx_request_head_screen (guard_put (guard, this->head, this->length), this->length, &limits,
                          &scanned, MAX_BODY, &head);
  assert_outcome (&head, this, this->length);
}

static void
test_case (gconstpointer data)
{
  const Case *this = data;
  Guard guard = guard_new (4096);

  run_whole (this, &guard);
  run_octet_by_octet (this, &guard);
  for (gsize first = 0; first < this->length; first++)
    run_split (this, &guard, first);

  guard_free (&guard);
}

/* --- Limits --- */

static NxHead
screen (const char *data, gsize length, gsize max_size, guint max_lines)
{
  const NxHeadLimits these = { .max_size = max_size, .max_lines = max_lines };
  gsize scanned = 0;
  NxHead head;

  nx_request_head_screen (data, length, &these, &scanned, MAX_BODY, &head);
  return head;
}

static void
test_size (void)
{
  const char *whole = SHAKE END;
  gsize length = strlen (whole);
  NxHead head;

  g_assert_cmpint (screen (whole, length, length, 100).verdict, ==, NX_HEAD_UPGRADE);

  /* Over the limit by one, with and without its end; and certain before the end is there. */
  head = screen (whole, length, length - 1, 100);
  g_assert_cmpint (head.verdict, ==, NX_HEAD_REFUSED);
  g_assert_cmpuint (head.status, ==, 431);
  g_assert_cmpuint (screen (whole, length - 1, length - 1, 100).status, ==, 431);
  g_assert_cmpint (screen (whole, length - 2, length - 1, 100).verdict, ==, NX_HEAD_INCOMPLETE);
}

static void
test_size_without_a_line (void)
{
  g_autofree char *data = g_strnfill (16384, 'A');

  g_assert_cmpint (screen (data, 16383, 16384, 100).verdict, ==, NX_HEAD_INCOMPLETE);
  g_assert_cmpuint (screen (data, 16384, 16384, 100).status, ==, 431);
}

static void
test_lines (void)
{
  g_autoptr (GString) head = g_string_new (GET HOST);
  gsize length;

  for (guint i = 0; i < 98; i++)
    g_string_append (head, "X: y\r\n");
  length = head->len;

  /* A hundred lines, then the empty one or one more, of which the first octet is enough. */
  g_string_append (head, "\r\n");
  g_assert_cmpint (screen (head->str, head->len, 16384, 100).verdict, ==, NX_HEAD_PLAIN);
  g_assert_cmpuint (screen (head->str, head->len, 16384, 99).status, ==, 431);
  g_string_truncate (head, length);
  g_assert_cmpint (screen (head->str, head->len, 16384, 100).verdict, ==, NX_HEAD_INCOMPLETE);
  g_string_append (head, "X");
  g_assert_cmpuint (screen (head->str, head->len, 16384, 100).status, ==, 431);
}

static void
test_many_lines (void)
{
  const NxHeadLimits large = { .max_size = NX_HEAD_SIZE_MAX, .max_lines = NX_HEAD_LINES_MAX };
  g_autoptr (GString) head = g_string_new (GET HOST);
  gsize scanned = 0;
  NxHead out;

  for (guint i = 0; i < 5000; i++)
    g_string_append (head, "X: y\r\n");
  g_string_append (head, "\r\n");

  g_assert_cmpuint (screen (head->str, head->len, 60000, 100).status, ==, 431);

  /* All of them remembered, octet by octet, when they are allowed. */
  for (gsize n = 0; n < head->len; n++)
    {
      nx_request_head_screen (head->str, n, &large, &scanned, MAX_BODY, &out);
      g_assert_cmpint (out.verdict, ==, NX_HEAD_INCOMPLETE);
    }
  nx_request_head_screen (head->str, head->len, &large, &scanned, MAX_BODY, &out);
  g_assert_cmpint (out.verdict, ==, NX_HEAD_PLAIN);
}

/*
 * What was scanned is not scanned again: it is full of line ends while the rest drips in, and only
 * put right before the line ends. A search that starts over would find them.
 */
static void
test_drip_is_linear (void)
{
  g_autoptr (GString) head = g_string_new (GET HOST "X: ");
  gsize line = head->len - 3;
  gsize scanned = 0;
  g_autofree char *copy = NULL;
  NxHead out;

  for (guint i = 0; i < 8000; i++)
    g_string_append_c (head, 'x');
  g_string_append (head, "\r\n\r\n");
  copy = g_strdup (head->str);

  for (gsize n = 1; n < head->len - 3; n++)
    {
      nx_request_head_screen (head->str, n, &limits, &scanned, MAX_BODY, &out);
      g_assert_cmpint (out.verdict, ==, NX_HEAD_INCOMPLETE);
      if (n > line)
        head->str[n - 1] = '\n';
    }

  memcpy (head->str, copy, head->len);
  nx_request_head_screen (head->str, head->len, &limits, &scanned, MAX_BODY, &out);
  g_assert_cmpint (out.verdict, ==, NX_HEAD_PLAIN);
}

static void
test_body (void)
{
  NxHead head;

  head = screen (RAW ("POST / HTTP/1.1\r\n" HOST "Content-Length: 0042\r\n" END), 16384, 100);
  g_assert_true (head.has_body);
  g_assert_cmpuint (head.body_length, ==, 42);

  head = screen (RAW ("POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n" END), 16384, 100);
  g_assert_true (head.has_body);
  g_assert_cmpuint (head.body_length, ==, 0);

  head = screen (RAW ("POST / HTTP/1.1\r\n" HOST END), 16384, 100);
  g_assert_false (head.has_body);

  head = screen (RAW (SHAKE "Content-Length: 0\r\n" END), 16384, 100);
  g_assert_false (head.has_body);
}

/* The largest limit there is does not wrap around into accepting. */
static void
test_body_without_limit (void)
{
  const char *fits = "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551615\r\n" END;
  const char *wraps = "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n" END;
  gsize scanned = 0;
  NxHead head;

  nx_request_head_screen (fits, strlen (fits), &limits, &scanned, G_MAXUINT64, &head);
  if (sizeof (gsize) == 8)
    g_assert_cmpuint (head.body_length, ==, G_MAXUINT64);
  else
    g_assert_cmpuint (head.status, ==, 413);

  scanned = 0;
  nx_request_head_screen (wraps, strlen (wraps), &limits, &scanned, G_MAXUINT64, &head);
  g_assert_cmpuint (head.status, ==, 413);
}

/* What the log says is what was wrong. */
static void
test_why (void)
{
  static const struct
  {
    const char *head;
    const char *word;
  } said[] = {
    { GET " Host: a\r\n", "folded" },
    { GET "Host\r\n", "without a colon" },
    { GET ": a\r\n", "without a name" },
    { GET "Host : a\r\n", "white space" },
    { GET "Ho@st: a\r\n", "header name" },
    { GET "Host: a\x01\r\n", "control character" },
    { GET "Host: a\n", "bare LF" },
    { GET HOST HOST END, "more than one Host" },
    { "GET /\r\n", "without an HTTP version" },
    { "GET  /\r\n", "two spaces" },
    { "GET /# HTTP/1.1\r\n", "fragment" },
    { "\x16", "TLS" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (said); i++)
    {
      NxHead head = screen (said[i].head, strlen (said[i].head), 16384, 100);

      g_assert_cmpint (head.verdict, ==, NX_HEAD_REFUSED);
      g_test_message ("%s", head.why);
      g_assert_nonnull (strstr (head.why, said[i].word));
    }
}

/* --- Accessors --- */

static void
assert_found (const char *head, const char *name, const char *expected)
{
  const char *value = NULL;
  gsize length = 0;

  g_assert_cmpint (nx_request_head_find (head, strlen (head), name, &value, &length), ==,
                   expected != NULL);
  if (expected != NULL)
    g_assert_cmpmem (value, length, expected, strlen (expected));
}

static void
test_find (void)
{
  const char *head = "\r\n" GET "Host: \t a.example \t\r\nHos: no\r\nHostess: no\r\nEmpty:\r\n"
                     "Twice: 1\r\ntWICE: 2\r\nTight:x\r\n\r\n";

  assert_found (head, "host", "a.example");
  assert_found (head, "HOSTESS", "no");
  assert_found (head, "Empty", "");
  assert_found (head, "Twice", "1");
  assert_found (head, "Tight", "x");
  assert_found (head, "GET /ws HTTP/1.1", NULL);
  assert_found (head, "Ho", NULL);
  assert_found (head, "", NULL);
  assert_found (head + 2, "host", "a.example");
}

static void
assert_stripped (const char *head, const char *name, const char *expected)
{
  gsize length = strlen (head);
  Guard guard = guard_new (length);
  char *copy = guard_put (&guard, head, length);

  length = nx_request_head_strip (copy, length, name);
  g_assert_cmpmem (copy, length, expected, strlen (expected));
  guard_free (&guard);
}

static void
test_strip (void)
{
  assert_stripped (GET "Range: a\r\n" HOST "range:b\r\nRANGE: c\r\nX: y\r\nrange: d\r\n\r\n",
                   "Range", GET HOST "X: y\r\n\r\n");
  assert_stripped (GET "Range: a\r\n\r\n", "Range", GET "\r\n");
  assert_stripped (GET HOST "Ranger: a\r\nRang: b\r\n\r\n", "Range",
                   GET HOST "Ranger: a\r\nRang: b\r\n\r\n");
  assert_stripped ("\r\n" GET "Range: a\r\n" HOST "\r\n", "range", "\r\n" GET HOST "\r\n");
  assert_stripped (GET "\r\n", "Range", GET "\r\n");
}

/* Nobody should lower them in between; what has been scanned is over them then, and refused. */
static void
test_lowered (void)
{
  const char *head = "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\nX: y\r\nX: y";
  const NxHeadLimits lowered[] = { { .max_size = 20, .max_lines = 100 },
                                   { .max_size = 4096, .max_lines = 2 } };

  for (guint i = 0; i < G_N_ELEMENTS (lowered); i++)
    {
      g_autofree char *more = g_strconcat (head, "\r\nX: y\r\nX: y\r\n\r\n", NULL);
      gsize scanned = 0;
      NxHead out;

      nx_request_head_screen (head, strlen (head), &limits, &scanned, MAX_BODY, &out);
      g_assert_cmpint (out.verdict, ==, NX_HEAD_INCOMPLETE);
      nx_request_head_screen (more, strlen (more), &lowered[i], &scanned, MAX_BODY, &out);
      g_assert_cmpint (out.verdict, ==, NX_HEAD_REFUSED);
      g_assert_cmpuint (out.status, ==, 431);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *prose = g_strdelimit (g_strdup (cases[i].prose), "/", '-');
      g_autofree char *path = g_strdup_printf ("/request-head/case/%03u %s", i, prose);

      g_test_add_data_func (path, &cases[i], test_case);
    }

  g_test_add_func ("/request-head/size", test_size);
  g_test_add_func ("/request-head/size-without-a-line", test_size_without_a_line);
  g_test_add_func ("/request-head/lines", test_lines);
  g_test_add_func ("/request-head/many-lines", test_many_lines);
  g_test_add_func ("/request-head/drip-is-linear", test_drip_is_linear);
  g_test_add_func ("/request-head/body", test_body);
  g_test_add_func ("/request-head/body-without-limit", test_body_without_limit);
  g_test_add_func ("/request-head/why", test_why);
  g_test_add_func ("/request-head/find", test_find);
  g_test_add_func ("/request-head/strip", test_strip);

  g_test_add_func ("/request-head/lowered", test_lowered);
  return g_test_run ();
}
