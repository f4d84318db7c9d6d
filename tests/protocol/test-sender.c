/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-sender-private.h"

/* Each of the four values is another, so that none is taken for another. */
static const NxDeflateParams server_takes_over = {
  .server_no_context_takeover = FALSE,
  .client_no_context_takeover = TRUE,
  .server_max_window_bits = 10,
  .client_max_window_bits = 13,
};
static const NxDeflateParams client_takes_over = {
  .server_no_context_takeover = TRUE,
  .client_no_context_takeover = FALSE,
  .server_max_window_bits = 10,
  .client_max_window_bits = 13,
};

static void
test_what_was_negotiated (void)
{
  NxSender sender;

  g_assert_cmpuint (sizeof sender, <, 48);

  nx_sender_init (&sender, NX_SIDE_SERVER, NULL);
  g_assert_cmpuint (nx_sender_get_shared_bits (&sender), ==, 0);
  nx_sender_init (&sender, NX_SIDE_SERVER, &server_takes_over);
  g_assert_cmpuint (nx_sender_get_shared_bits (&sender), ==, 0);
  nx_sender_init (&sender, NX_SIDE_SERVER, &client_takes_over);
  g_assert_cmpuint (nx_sender_get_shared_bits (&sender), ==, 10);
  nx_sender_init (&sender, NX_SIDE_CLIENT, &server_takes_over);
  g_assert_cmpuint (nx_sender_get_shared_bits (&sender), ==, 13);
  nx_sender_init (&sender, NX_SIDE_CLIENT, &client_takes_over);
  g_assert_cmpuint (nx_sender_get_shared_bits (&sender), ==, 0);
  nx_sender_clear (&sender);
}

static NxFrame *
make_text (char c)
{
  g_autofree char *text = g_strnfill (2000, c);

  return nx_frame_new (NX_OPCODE_TEXT, text, strlen (text));
}

static void
test_deflate (void)
{
  g_autoptr (NxFrame) text = make_text ('x');
  g_autoptr (NxFrame) hello = nx_frame_new (NX_OPCODE_BINARY, "Hello", 5);
  g_autoptr (NxFrame) compressed = NULL;
  NxSender sender;
  gsize length;
  const guint8 *wire;

  nx_sender_init (&sender, NX_SIDE_SERVER, NULL);
  g_assert_null (nx_sender_deflate (&sender, text));
  nx_sender_restart (&sender);
  nx_sender_clear (&sender);

  nx_sender_init (&sender, NX_SIDE_SERVER, &client_takes_over);
  g_assert_null (nx_sender_deflate (&sender, hello));
  compressed = nx_sender_deflate (&sender, text);
  wire = nx_frame_get_wire (compressed, &length);
  g_assert_cmphex (wire[0], ==, 0xC1);
  g_assert_cmpuint (length, <, 50);
  g_assert_cmpint (nx_frame_get_opcode (compressed), ==, NX_OPCODE_TEXT);

  /* Idle it owns nothing. */
  g_assert_null (sender.deflater);
  nx_sender_clear (&sender);
}

static void
receive (NxReceiver *receiver, NxSide side, NxFrame *frame, NxFrame *expected)
{
  g_autoptr (GByteArray) octets = g_byte_array_new ();
  gsize length, expected_length;
  gconstpointer wire = nx_frame_get_wire (frame, &length);
  NxEvent event;

  if (side == NX_SIDE_SERVER)
    nx_sender_mask_into (octets, frame, g_random_int ());
  else
    g_byte_array_append (octets, wire, (guint) length);

  nx_receiver_feed (receiver, octets->data, octets->len, 0);
  g_assert_true (nx_receiver_next (receiver, &event));
  g_assert_cmpint (event.kind, ==, NX_EVENT_MESSAGE);
  g_assert_cmpint (event.opcode, ==, nx_frame_get_opcode (expected));
  wire = nx_frame_get_payload (expected, &expected_length);
  g_assert_cmpmem (event.data, event.length, wire, expected_length);
  g_clear_pointer (&event.frame, nx_frame_unref);
  g_assert_false (nx_receiver_next (receiver, &event));
}

/* So varied that what it is compressed to is wrong behind another window. */
static NxFrame *
make_varied_text (guint seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  char text[200];

  for (guint i = 0; i < sizeof text; i++)
    text[i] = (char) g_rand_int_range (rand, 'a', 'a' + 8);
  return nx_frame_new (NX_OPCODE_TEXT, text, sizeof text);
}

/* Sender to receiver, in both directions, with every window and either kind of context. */
static void
test_round_trip (void)
{
  const NxReceiverLimits limits = { .max_message_size = 4000, .max_fragments = 1 };

  for (guint i = 0; i < 7 * 2 * 2; i++)
    {
      const NxSide side = i % 2 ? NX_SIDE_CLIENT : NX_SIDE_SERVER;
      const NxDeflateParams deflate = {
        .server_no_context_takeover = i / 2 % 2,
        .client_no_context_takeover = i / 2 % 2,
        .server_max_window_bits = 9 + i / 4,
        .client_max_window_bits = 9 + i / 4,
      };
      NxSender sender;
      NxReceiver receiver;

      nx_sender_init (&sender, side, &deflate);
      nx_receiver_init (&receiver, side == NX_SIDE_CLIENT ? NX_SIDE_SERVER : NX_SIDE_CLIENT,
                        &limits, &deflate);
      for (guint n = 0; n < 8; n++)
        {
          /* Each text comes twice; the third one's first time is never sent. */
          g_autoptr (NxFrame) message = make_varied_text (n / 2);
          g_autoptr (NxFrame) compressed = nx_sender_deflate (&sender, message);

          g_assert_nonnull (compressed);
          if (n == 4)
            nx_sender_restart (&sender);
          else
            receive (&receiver, receiver.side, compressed, message);
        }
      nx_sender_clear (&sender);
      nx_receiver_clear (&receiver);
    }
}

static void
check_close (guint code, const char *reason, gconstpointer expected, gsize expected_length)
{
  g_autoptr (NxFrame) frame = nx_sender_close_frame (code, reason);
  gsize length;
  gconstpointer wire = nx_frame_get_wire (frame, &length);

  g_assert_cmpmem (wire, length, expected, expected_length);
  g_assert_cmpint (nx_frame_get_opcode (frame), ==, NX_OPCODE_CLOSE);
}

static void
test_close_frame (void)
{
  g_autofree char *reason = g_strnfill (200, 'r');
  g_autofree char *expected = g_strconcat ("\x88\x7d\x03\xe9", reason, NULL);

  check_close (1005, NULL, "\x88\x00", 2);
  check_close (1000, NULL, "\x88\x02\x03\xe8", 4);
  check_close (1000, "bye",
               "\x88\x05\x03\xe8"
               "bye",
               7);
  check_close (1001, reason, expected, 4 + 123);
}

static void
test_mask_into (void)
{
  g_autoptr (NxFrame) hello = nx_frame_new (NX_OPCODE_TEXT, "Hello", 5);
  g_autoptr (NxFrame) empty = nx_frame_new (NX_OPCODE_PING, NULL, 0);
  g_autoptr (GByteArray) out = g_byte_array_new ();

  /* RFC 6455 section 5.7 */
  nx_sender_mask_into (out, hello, 0x37fa213d);
  g_assert_cmpmem (out->data, out->len, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
  /* Behind what is there already. */
  nx_sender_mask_into (out, empty, 0x01020304);
  g_assert_cmpmem (out->data, out->len,
                   "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x89\x80\x01\x02\x03\x04", 17);
}

static void
test_mask_into_of_every_length (void)
{
  static const gsize lengths[] = { 0, 125, 126, 65535, 65536 };
  const NxReceiverLimits limits = { .max_message_size = 65536 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *payload = g_strnfill (lengths[i], 'p');
      g_autoptr (NxFrame) frame = nx_frame_new (NX_OPCODE_BINARY, payload, lengths[i]);
      NxReceiver receiver;

      nx_receiver_init (&receiver, NX_SIDE_SERVER, &limits, NULL);
      receive (&receiver, NX_SIDE_SERVER, frame, frame);
      nx_receiver_clear (&receiver);
    }
}

static void
test_compressing_a_control_frame_is_a_mistake (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (NxFrame) ping = nx_frame_new (NX_OPCODE_PING, "Hello", 5);
      NxSender sender;

      nx_sender_init (&sender, NX_SIDE_SERVER, &client_takes_over);
      nx_sender_deflate (&sender, ping);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sender/what-was-negotiated", test_what_was_negotiated);
  g_test_add_func ("/sender/deflate", test_deflate);
  g_test_add_func ("/sender/round-trip", test_round_trip);
  g_test_add_func ("/sender/close-frame", test_close_frame);
  g_test_add_func ("/sender/mask-into", test_mask_into);
  g_test_add_func ("/sender/mask-into-of-every-length", test_mask_into_of_every_length);
  g_test_add_func ("/sender/compressing-a-control-frame-is-a-mistake",
                   test_compressing_a_control_frame_is_a_mistake);
  return g_test_run ();
}
