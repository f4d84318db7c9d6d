/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that break the protocol, behind one that does not: that one is answered, then comes the close code, and on_disconnect once. */
#include "hostile.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *hex; /* masked with zeros where a mask belongs */
  guint code;
} Row;

#define MASK "00000000"

static const Row rows[] = {
  { "15-unmasked-text", "810568656c6c6f", 1002 },
  { "15-unmasked-ping", "8900", 1002 },
  { "16-rsv1", "c185" MASK "68656c6c6f", 1002 },
  { "16-rsv2", "a185" MASK "68656c6c6f", 1002 },
  { "16-rsv3", "9185" MASK "68656c6c6f", 1002 },
  { "16-opcode-3", "8380" MASK, 1002 },
  { "16-opcode-7", "8780" MASK, 1002 },
  { "16-opcode-b", "8b80" MASK, 1002 },
  { "16-opcode-f", "8f80" MASK, 1002 },
  { "17-length-2^63", "82ff8000000000000000" MASK, 1002 },
  { "17-length-2^64-1", "82ffffffffffffffffff" MASK, 1002 },
  { "17-length-2^63-1", "82ff7fffffffffffffff" MASK, 1009 },
  { "17-length-over-the-limit", "82ff0000000000100001" MASK, 1009 },
  { "17-length-16-not-minimal", "82fe007d" MASK, 1002 },
  { "17-length-64-not-minimal", "82ff000000000000ffff" MASK, 1002 },
  { "21-ping-of-126", "89fe007e" MASK, 1002 },
  { "21-ping-fragmented", "0980" MASK, 1002 },
  { "21-close-fragmented", "0880" MASK, 1002 },
  { "19-continuation-of-nothing", "8080" MASK, 1002 },
  { "19-text-inside-a-text",
    "0181" MASK "61"
    "8181" MASK "61",
    1002 },
  { "24-bad-octet-first", "8185" MASK "ff", 1007 },
  { "24-bad-octet-middle", "8185" MASK "6868ff", 1007 },
  { "24-bad-octet-last", "8181" MASK "ff", 1007 },
  { "24-cut-at-the-end", "8182" MASK "c3c3", 1007 },
  { "24-unfinished", "8181" MASK "c3", 1007 },
  { "24-surrogate", "8183" MASK "eda080", 1007 },
  { "24-overlong-slash", "8182" MASK "c0af", 1007 },
  { "24-overlong-nul", "8183" MASK "e08080", 1007 },
  { "24-beyond-unicode", "8184" MASK "f4908080", 1007 },
  { "24-split-over-frames",
    "0181" MASK "c3"
    "8081" MASK "28",
    1007 },
  { "24-surrogate-before-the-frame-is-whole", "81ff0000000000010000" MASK "eda0", 1007 },
  { "25-code-0", "8882" MASK "0000", 1002 },
  { "25-code-999", "8882" MASK "03e7", 1002 },
  { "25-code-1004", "8882" MASK "03ec", 1002 },
  { "25-code-1005", "8882" MASK "03ed", 1002 },
  { "25-code-1006", "8882" MASK "03ee", 1002 },
  { "25-code-1015", "8882" MASK "03f7", 1002 },
  { "25-code-5000", "8882" MASK "1388", 1002 },
  { "25-one-octet", "8881" MASK "03", 1002 },
  { "25-reason-not-utf8", "8883" MASK "03e8ff", 1007 },
};

/* With permessage-deflate. */
static const Row deflated[] = {
  { "23-bad-block", "c183" MASK "070000", 1007 },
  { "23-stored-block-with-wrong-length", "c185" MASK "0005000000", 1007 },
  { "23-distance-before-the-start", "c183" MASK "038100", 1007 },
  { "23-rsv1-on-a-continuation",
    "4182" MASK "f248"
    "c080" MASK,
    1002 },
  { "23-rsv1-on-a-ping", "c980" MASK, 1002 },
  { "23-not-utf8-inside", "c183" MASK "fa0f00", 1007 },
};

static void
send_hex (Client *client, const char *hex)
{
  g_autoptr (GByteArray) octets = g_byte_array_new ();

  for (; *hex != '\0'; hex += 2)
    {
      guint8 octet = (guint8) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));

      g_byte_array_append (octets, &octet, 1);
    }
  client_send_raw (client, octets->data, octets->len);
}

static void
expect_failure (Fixture *f, Client *client, guint code)
{
  g_autofree char *gone = g_strdup_printf ("connect good gone:%u", code);

  client_expect_text (client, "good");
  client_expect_close (client, code);
  client_expect_end (client);
  /* Nothing was delivered of what broke the protocol, and the end was told once. */
  assert_log (f, gone);
  pass_time (f, 60 * 1000);
  assert_log (f, "");
  g_assert_cmpuint (get_uint (f, "n-connections"), ==, 0);
}

static void
test_row (Fixture *f)
{
  const Row *row = f->data;
  Client *client;

  serve_echo (f);
  client = client_open (f, "/");
  client_send_text (client, "good");
  send_hex (client, row->hex);
  expect_failure (f, client, row->code);
}

static void
test_deflated_row (Fixture *f)
{
  const Row *row = f->data;
  Client *client;

  serve_echo (f);
  g_object_set (f->app, "compression", TRUE, NULL);
  client = client_new (f, "/", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  client_send_text (client, "good");
  send_hex (client, row->hex);
  expect_failure (f, client, row->code);
}

/* -- One octet at a time -- */

/* 32 octets */
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

#define STREAM                                                                                     \
  "8185" MASK "68656c6c6f" /* hello */                                                             \
  "0182" MASK "c3a4"       /* ä, */                                                               \
  "8983" MASK "616263"     /* a ping between */                                                    \
  "0081" MASK "c3"         /* and half an ö */                                                    \
  "8081" MASK "b6"                                                                                 \
  "8280" MASK                                                /* nothing */                         \
  "82fe0080" MASK ZEROS ZEROS ZEROS ZEROS "8882" MASK "0fa0" /* close 4000 */

static void
expect_stream (Fixture *f, Client *client)
{
  client_expect_close (client, 4000);
  client_expect_end (client);
  g_assert_cmpuint (client->n_pongs, ==, 1);
  client_expect_text (client, "hello");
  client_expect_text (client, "\303\244\303\266");
  client_expect_text (client, "");
  g_assert_cmpuint (client->messages.length, ==, 1);
  assert_log (f, "connect hello \303\244\303\266 0 128 gone:4000");
}

static gsize
stream_octets (guint8 *octets)
{
  const char *hex = STREAM;
  gsize n = 0;

  for (; hex[2 * n] != '\0'; n++)
    octets[n] =
        (guint8) (g_ascii_xdigit_value (hex[2 * n]) << 4 | g_ascii_xdigit_value (hex[2 * n + 1]));
  return n;
}

static void
test_octet_by_octet (Fixture *f)
{
  guint8 octets[512];
  gsize n = stream_octets (octets);
  Client *client;

  serve_echo (f);
  client = client_open (f, "/");
  for (gsize i = 0; i < n; i++)
    {
      client_send_raw (client, octets + i, 1);
      settle (f);
    }
  expect_stream (f, client);
}

static void
test_every_split (Fixture *f)
{
  guint8 octets[512];
  gsize n = stream_octets (octets);

  serve_echo (f);
  for (gsize split = 1; split < n; split++)
    {
      Client *client = client_open (f, "/");

      client_send_raw (client, octets, split);
      settle (f);
      client_send_raw (client, octets + split, n - split);
      expect_stream (f, client);
    }
}

/* -- Without end -- */

static void
fragment_for_ever (Fixture *f, gsize size, guint max, guint code)
{
  g_autofree guint8 *payload = g_malloc0 (size);
  Client *client;

  serve_echo (f);
  client = client_open (f, "/");
  for (guint i = 0; i < max && client->close_code == 0; i++)
    {
      guint8 header[8] = { i == 0 ? 0x02 : 0x00, 0x80 | 126, (guint8) (size >> 8), (guint8) size };
      guint8 empty[6] = { i == 0 ? 0x02 : 0x00, 0x80 };

      client_send_raw (client, size > 0 ? header : empty, size > 0 ? 8 : 6);
      client_send_raw (client, payload, size);
      settle (f);
    }
  client_expect_close (client, code);
  client_expect_end (client);
  g_free (take_log (f));
}

static void
test_empty_fragments (Fixture *f)
{
  fragment_for_ever (f, 0, 2000, 1008);
}

static void
test_big_fragments (Fixture *f)
{
  fragment_for_ever (f, 32 * 1024, 100, 1009);
}

/* -- Pings -- */

static void
ping (Client *client, guint8 number)
{
  client_send_frame (client, NX_OPCODE_PING, &number, 1);
}

static void
test_ping_flood (Fixture *f)
{
  Client *client;

  serve_echo (f);
  client = client_open (f, "/");
  for (guint i = 0; i < 100; i++)
    {
      ping (client, (guint8) i);
      settle (f);
    }
  client_expect_close (client, 1008);
  g_assert_cmpuint (client->n_pongs, ==, 64);
}

static void
test_pings_over_time (Fixture *f)
{
  Client *client;

  serve_echo (f);
  client = client_open (f, "/");
  for (guint i = 0; i < 200; i++)
    {
      ping (client, (guint8) i);
      pass_time (f, 20);
    }
  g_assert_cmpuint (client->n_pongs, ==, 200);
  client_send_text (client, "alive");
  client_expect_text (client, "alive");
}

static void
fill_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (16 << 20), 16 << 20);

  nx_web_socket_send_bytes (ws, bytes, NULL);
}

static void
fills_when_asked (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (fill_cb), NULL);
  nx_web_socket_accept (ws, error);
}

/* Pongs that nobody reads are not hoarded. */
static void
test_unread_pongs (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", fills_when_asked, f, NULL, NULL);
  client = client_open (f, "/");
  client_set_reading (client, FALSE);
  client_send_text (client, "fill");
  settle (f);
  for (guint i = 0; i < 1000; i++)
    {
      ping (client, (guint8) i);
      pass_time (f, 20);
    }
  client_set_reading (client, TRUE);
  wait_until (f, client->messages.length == 1 && client->n_pongs >= 16);
  settle (f);
  g_assert_cmpuint (client->n_pongs, <=, 17);
  g_queue_clear_full (&client->messages, (GDestroyNotify) g_bytes_unref);
}

static void
add_rows (Scenario scenario, const Row *table, guint n_rows)
{
  for (guint i = 0; i < n_rows; i++)
    {
      g_autofree char *path = g_strdup_printf ("/frames/%s", table[i].name);

      fixture_add_case (path, scenario, &table[i]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_rows (test_row, rows, G_N_ELEMENTS (rows));
  add_rows (test_deflated_row, deflated, G_N_ELEMENTS (deflated));
  ADD_SCENARIO ("/frames/18-octet-by-octet", test_octet_by_octet);
  ADD_SCENARIO ("/frames/18-every-split", test_every_split);
  ADD_SCENARIO ("/frames/19-empty-fragments-for-ever", test_empty_fragments);
  ADD_SCENARIO ("/frames/19-big-fragments-for-ever", test_big_fragments);
  ADD_SCENARIO ("/frames/21-ping-flood", test_ping_flood);
  ADD_SCENARIO ("/frames/21-pings-over-time", test_pings_over_time);
  ADD_SCENARIO ("/frames/21-unread-pongs", test_unread_pongs);
  return g_test_run ();
}
