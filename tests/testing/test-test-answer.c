/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the client makes of answers that no app of ours gives, and of frames that come in pieces. */
#include "config.h"

#include <string.h>

#include "nx-error.h"
#include "testing/nx-test-answer-private.h"
#include "testing/nx-test-tap-private.h"

/* RFC 6455 section 1.3 */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define SWITCHING "HTTP/1.1 101 Switching Protocols\r\n"
#define RIGHT                                                                                      \
  "Upgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\nSec-WebSocket-Accept: " ACCEPT "\r\n"

static NxTestAnswer *
answer_of (const char *octets, gsize piece)
{
  NxTestAnswer *answer = nx_test_answer_new ();
  gsize length = strlen (octets);

  for (gsize at = 0; at < length; at += piece)
    nx_test_answer_feed (answer, (const guint8 *) octets + at, MIN (piece, length - at));
  return answer;
}

static void
assert_fault (GError *error, int code, const char *part)
{
  g_assert_error (error, NX_ERROR, code);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" is not in \"%s\"", part, error->message);
}

/* -- Plain answers, however they are cut -- */

static void
assert_body (const char *octets, const char *expected)
{
  for (gsize piece = 1; piece <= strlen (octets); piece++)
    {
      g_autoptr (NxTestAnswer) answer = answer_of (octets, piece);
      gsize length;
      const char *data;

      g_assert_false (answer->is_complete);
      nx_test_answer_end (answer, FALSE);
      g_assert_no_error (answer->fault);
      data = g_bytes_get_data (answer->body, &length);
      g_assert_cmpmem (data, length, expected, strlen (expected));
    }
}

static void
assert_faulty (const char *octets, int code, const char *part)
{
  for (gsize piece = 1; piece <= strlen (octets) + 1; piece++)
    {
      g_autoptr (NxTestAnswer) answer = answer_of (octets, piece);

      nx_test_answer_end (answer, FALSE);
      g_assert_true (answer->is_complete);
      assert_fault (answer->fault, code, part);
    }
}

static void
test_bodies (void)
{
  const char *chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  g_autofree char *two =
      g_strconcat (chunked, "3\r\none\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", NULL);
  g_autofree char *cut = g_strconcat (chunked, "3\r\none\r\nA\r\n0123", NULL);
  g_autofree char *endless = g_strconcat (chunked, "3\r\none\r\n", NULL);
  g_autofree char *huge = g_strconcat (chunked, "ffffffffffffffff\r\none\r\n", NULL);

  assert_body ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc");
  assert_body ("HTTP/1.1 200 OK\r\n\r\nto the end", "to the end");
  assert_body ("HTTP/1.1 204 No Content\r\n\r\n", "");
  assert_body (two, "one0123456789");

  assert_faulty ("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", NX_ERROR_INVALID_DATA,
                 "Content-Length is 4, and its body has 3 octets");
  assert_faulty (cut, NX_ERROR_INVALID_DATA, "chunks");
  assert_faulty (endless, NX_ERROR_INVALID_DATA, "chunks");
  assert_faulty (huge, NX_ERROR_INVALID_DATA, "chunks");
  assert_faulty ("What?\r\n\r\n", NX_ERROR_INVALID_DATA, "no HTTP: What?");
  assert_faulty ("", NX_ERROR_DISCONNECTED, "without an answer");
  assert_faulty ("HTTP/1.1 200", NX_ERROR_DISCONNECTED, "without an answer, after: HTTP/1.1 200");
}

/* -- Answers to handshakes -- */

static void
check_handshake (const char *lines, const char *fault)
{
  const char *const offered[] = { "one", "two", NULL };
  g_autofree char *octets = g_strconcat (SWITCHING, lines, "\r\nbehind", NULL);
  g_autoptr (NxTestAnswer) answer = answer_of (octets, strlen (octets));
  g_autoptr (SoupWebsocketExtension) extension =
      g_object_new (SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE, NULL);
  g_autoptr (GError) error = NULL;
  const char *subprotocol;
  gboolean is_agreed, is_right;

  g_assert_true (answer->is_complete);
  g_assert_cmpuint (answer->octets->len - answer->head_length, ==, strlen ("behind"));
  is_right = nx_test_answer_check_handshake (answer, KEY, offered, &subprotocol, &error)
             && nx_test_answer_check_extensions (answer, extension, &is_agreed, &error);
  g_assert_true (is_right == (fault == NULL));
  if (fault != NULL)
    assert_fault (error, NX_ERROR_INVALID_DATA, fault);
}

static void
test_handshakes (void)
{
  g_autoptr (NxTestAnswer) answer =
      answer_of (SWITCHING RIGHT "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", 1000);
  gboolean is_agreed;

  check_handshake (RIGHT, NULL);
  check_handshake (RIGHT "Sec-WebSocket-Protocol: two\r\n", NULL);
  check_handshake (RIGHT "Sec-WebSocket-Extensions: permessage-deflate\r\n", NULL);
  check_handshake (
      RIGHT "Sec-WebSocket-Extensions: permessage-deflate ; server_no_context_takeover\r\n", NULL);
  check_handshake ("", "Upgrade is missing where websocket was expected");
  check_handshake ("Upgrade: h2c\r\n", "Upgrade is h2c");
  check_handshake ("Upgrade: websocket\r\nConnection: close\r\n",
                   "Connection is close where Upgrade");
  check_handshake ("Upgrade: websocket\r\nConnection: Upgrade\r\n",
                   "Sec-WebSocket-Accept is missing");
  check_handshake ("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n",
                   "Sec-WebSocket-Accept is x where " ACCEPT);
  check_handshake (RIGHT "Sec-WebSocket-Protocol: three\r\n", "Sec-WebSocket-Protocol is three");
  check_handshake (RIGHT "Sec-WebSocket-Extensions: x-other\r\n",
                   "Sec-WebSocket-Extensions is x-other");

  /* Nothing was offered. */
  g_assert_false (nx_test_answer_check_extensions (answer, NULL, &is_agreed, NULL));
  g_assert_false (is_agreed);
}

/* -- The tap -- */

static void
note_control (NxOpcode opcode, const guint8 *payload, gsize length, gpointer log)
{
  g_string_append_printf (log, "%x:%.*s ", opcode, (int) length, (const char *) payload);
}

static void
test_tap (void)
{
  g_autoptr (GByteArray) frames = g_byte_array_new ();
  guint8 long_payload[300] = { 0x89, 0x01 };

  g_byte_array_append (frames,
                       (const guint8 *) "\x89\x02hi\x8a\x00\x01\x03"
                                        "abc\x89\x01x",
                       14);
  g_byte_array_append (frames, (const guint8 *) "\x80\x7e\x01\x2c", 4);
  g_byte_array_append (frames, long_payload, sizeof long_payload);
  g_byte_array_append (frames, (const guint8 *) "\x88\x02\x03\xe8", 4);
  for (gsize piece = 1; piece <= frames->len; piece++)
    {
      g_autoptr (GString) log = g_string_new (NULL);
      NxTestTap tap;

      nx_test_tap_init (&tap, note_control, log);
      for (gsize at = 0; at < frames->len; at += piece)
        nx_test_tap_feed (&tap, frames->data + at, MIN (piece, frames->len - at));
      g_assert_cmpstr (log->str, ==, "9:hi a: 9:x 8:\x03\xe8 ");
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/test-answer/bodies", test_bodies);
  g_test_add_func ("/test-answer/handshakes", test_handshakes);
  g_test_add_func ("/test-tap", test_tap);
  return g_test_run ();
}
