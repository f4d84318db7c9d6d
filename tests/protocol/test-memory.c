/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation whose size a peer decides is refused once: its connection fails, nothing leaks,
 * nothing else happens. */
#include "config.h"

#include <string.h>

#include "protocol/nx-receiver-private.h"
#include "protocol/nx-sender-private.h"

#include "scarce-memory.h"

static const NxReceiverLimits limits = { .max_message_size = 1 << 20, .max_fragments = 16 };
static const NxDeflateParams takeover = { .server_max_window_bits = 15,
                                          .client_max_window_bits = 15 };

static GByteArray *
encode (NxSender *sender, NxFrame *message)
{
  GByteArray *octets = g_byte_array_new ();
  g_autoptr (NxFrame) compressed = nx_sender_deflate (sender, message);

  nx_sender_mask_into (octets, compressed != NULL ? compressed : message, 0x01020304);
  return octets;
}

/* Large, and not so regular that its compressed form were small. */
static NxFrame *
make_text (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autofree char *text = g_strnfill (100000, 'x');

  for (char *p = text; *p != '\0'; p++)
    *p = (char) g_rand_int_range (rand, 'a', 'a' + 8);
  return nx_frame_new (NX_OPCODE_TEXT, text, strlen (text));
}

/* Small pieces, so that the message has to grow. Returns whether it was received. */
static gboolean
receive (const GByteArray *octets, const NxDeflateParams *deflate, guint fail_at)
{
  g_autofree guint8 *copy = g_memdup2 (octets->data, octets->len);
  NxReceiver receiver;
  gboolean received = FALSE;

  nx_receiver_init (&receiver, NX_SIDE_SERVER, &limits, deflate);
  scarce_memory_fail_at (fail_at);
  for (guint at = 0; at < octets->len; at += 100)
    {
      NxEvent event;

      nx_receiver_feed (&receiver, copy + at, MIN (100, octets->len - at), 0);
      while (nx_receiver_next (&receiver, &event))
        {
          received = event.kind == NX_EVENT_MESSAGE;
          if (!received)
            {
              g_assert_cmpint (event.kind, ==, NX_EVENT_FAILURE);
              g_assert_cmpint (event.fault, ==, NX_FAULT_NO_MEMORY);
              g_assert_cmpuint (event.code, ==, 1011);
            }
          g_clear_pointer (&event.frame, nx_frame_unref);
        }
    }
  nx_receiver_clear (&receiver);
  return received;
}

static void
check_receiving (const NxDeflateParams *deflate, guint at_least)
{
  g_autoptr (NxFrame) message = make_text ();
  g_autoptr (GByteArray) octets = NULL;
  NxSender sender;
  guint n_requests;

  nx_sender_init (&sender, NX_SIDE_CLIENT, deflate);
  scarce_memory_fail_at (0);
  octets = encode (&sender, message);
  nx_sender_clear (&sender);

  g_assert_true (receive (octets, deflate, 0));
  n_requests = scarce_memory_get_requests ();
  g_assert_cmpuint (n_requests, >=, at_least);
  for (guint fail_at = 1; fail_at <= n_requests; fail_at++)
    g_assert_false (receive (octets, deflate, fail_at));
}

static void
test_assembling (void)
{
  check_receiving (NULL, 8);
}

static void
test_inflating (void)
{
  check_receiving (&takeover, 10);
}

/* The message goes out as it is then. */
static void
test_deflating (void)
{
  g_autoptr (NxFrame) message = make_text ();
  guint fail_at = 0;
  gboolean compressed = FALSE;

  while (!compressed)
    {
      NxSender sender;
      NxFrame *frame;

      nx_sender_init (&sender, NX_SIDE_SERVER, &takeover);
      scarce_memory_fail_at (++fail_at);
      frame = nx_sender_deflate (&sender, message);
      compressed = frame != NULL;
      g_clear_pointer (&frame, nx_frame_unref);

      /* Once there is memory again, so is compression. */
      scarce_memory_fail_at (0);
      frame = nx_sender_deflate (&sender, message);
      g_assert_nonnull (frame);
      nx_frame_unref (frame);
      nx_sender_clear (&sender);
    }
  g_assert_cmpuint (fail_at, >, 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/memory/assembling", test_assembling);
  g_test_add_func ("/memory/inflating", test_inflating);
  g_test_add_func ("/memory/deflating", test_deflating);
  return g_test_run ();
}
