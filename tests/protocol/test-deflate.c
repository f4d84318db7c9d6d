/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-deflate-private.h"

#include "scarce-memory.h"

#define LIMIT (1 << 20)

/* Messages of all sorts; some refer far back into the ones before. */
static GBytes *
make_message (GRand *rand, guint i)
{
  static const gsize sizes[] = { 1, 10, 100, 250, 1000, 5000, 70000 };
  const gsize size = sizes[i % G_N_ELEMENTS (sizes)];
  guint8 *octets = g_malloc (size);

  for (gsize n = 0; n < size; n++)
    octets[n] = i % 3 == 0 && n > 400 && n % 1000 > 100
                    ? octets[n - 400]
                    : (guint8) ("abcdefgh"[g_rand_int (rand) % 8]);
  return g_bytes_new_take (octets, size);
}

static NxFrame *
deflate_bytes (NxDeflater *deflater, GBytes *message)
{
  gsize length;
  const guint8 *octets = g_bytes_get_data (message, &length);
  NxFrame *frame = nx_deflater_deflate (deflater, octets, length);

  if (frame != NULL)
    {
      gsize compressed_length;

      nx_frame_get_payload (frame, &compressed_length);
      g_assert_cmpuint (compressed_length, <, length);
    }
  return frame;
}

static NxFault
inflate_in_pieces (NxInflater *inflater,
                   const guint8 *octets,
                   gsize length,
                   gsize piece,
                   gsize limit,
                   NxFrame **out)
{
  for (gsize at = 0; at < length; at += piece)
    {
      const NxFault fault =
          nx_inflater_push (inflater, octets + at, MIN (piece, length - at), limit, out);

      if (fault != NX_FAULT_NONE)
        return fault;
    }
  return nx_inflater_finish (inflater, limit, out);
}

static void
check_inflates_to (NxInflater *inflater, NxFrame *compressed, gsize piece, GBytes *expected)
{
  NxFrame *out = NULL;
  gsize length, expected_length;
  const guint8 *octets = nx_frame_get_payload (compressed, &length);
  const guint8 *expected_octets = g_bytes_get_data (expected, &expected_length);

  g_assert_cmpint (inflate_in_pieces (inflater, octets, length, piece, LIMIT, &out), ==,
                   NX_FAULT_NONE);
  octets = nx_frame_get_payload (out, &length);
  g_assert_cmpmem (octets, length, expected_octets, expected_length);
  nx_frame_unref (out);
}

/* Any window, kept or not, in pieces of any size: the peer's window is just as large and no larger.
 */
static void
check_round_trip (guint bits, gboolean takeover, gsize piece)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (bits);
  NxDeflater *deflater = nx_deflater_new (bits);
  NxInflater *inflater = nx_inflater_new (bits);
  guint n_compressed = 0;

  for (guint i = 0; i < 14; i++)
    {
      g_autoptr (GBytes) message = make_message (rand, i);
      g_autoptr (NxFrame) compressed = deflate_bytes (deflater, message);

      if (compressed != NULL)
        {
          check_inflates_to (inflater, compressed, piece, message);
          n_compressed++;
        }
      if (!takeover)
        {
          nx_deflater_free (deflater);
          nx_inflater_free (inflater);
          deflater = nx_deflater_new (bits);
          inflater = nx_inflater_new (bits);
        }
    }

  g_assert_cmpuint (n_compressed, >=, 10);
  nx_deflater_free (deflater);
  nx_inflater_free (inflater);
}

static void
test_round_trip (void)
{
  static const gsize pieces[] = { 1, 7, 100, 4096, G_MAXSIZE / 2 };

  for (guint bits = 9; bits <= 15; bits++)
    for (guint i = 0; i < G_N_ELEMENTS (pieces); i++)
      {
        check_round_trip (bits, TRUE, pieces[i]);
        check_round_trip (bits, FALSE, pieces[i]);
      }
}

/* zlib cannot deflate with so small a window; what fits in it is the same with a larger one. */
static void
test_inflating_with_eight_bits (void)
{
  g_autoptr (GBytes) message = g_bytes_new_static ("hello hello hello hello hello hello", 35);
  NxDeflater *deflater = nx_deflater_new (9);
  NxInflater *inflater = nx_inflater_new (8);
  g_autoptr (NxFrame) compressed = deflate_bytes (deflater, message);

  check_inflates_to (inflater, compressed, 1, message);
  nx_deflater_free (deflater);
  nx_inflater_free (inflater);
}

static void
test_takeover_is_worth_it (void)
{
  static const char text[] =
      "{\"type\":\"position\",\"user\":\"somebody\",\"latitude\":52.52,\"longitude\":13.405,"
      "\"message\":\"the quick brown fox jumps over the lazy dog\"}";
  g_autoptr (GBytes) message = g_bytes_new_static (text, strlen (text));
  NxDeflater *deflater = nx_deflater_new (15);
  g_autoptr (NxFrame) first = deflate_bytes (deflater, message);
  g_autoptr (NxFrame) second = deflate_bytes (deflater, message);
  gsize first_length, second_length;

  nx_frame_get_payload (first, &first_length);
  nx_frame_get_payload (second, &second_length);
  g_assert_cmpuint (second_length, <, first_length / 2);
  nx_deflater_free (deflater);
}

/* What two connections may share. */
static void
test_new_contexts_give_the_same_octets (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  g_autoptr (GBytes) message = make_message (rand, 5);
  NxDeflater *one = nx_deflater_new (12), *other = nx_deflater_new (12);
  g_autoptr (NxFrame) a = deflate_bytes (one, message);
  g_autoptr (NxFrame) b = deflate_bytes (other, message);
  gsize a_length, b_length;
  const guint8 *octets = nx_frame_get_payload (a, &a_length);

  g_assert_cmpmem (octets, a_length, nx_frame_get_payload (b, &b_length), b_length);
  nx_deflater_free (one);
  nx_deflater_free (other);
}

static void
test_not_smaller (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  NxDeflater *deflater = nx_deflater_new (15);
  NxInflater *inflater = nx_inflater_new (15);
  g_autoptr (GBytes) text = make_message (rand, 4);
  guint8 noise[3000];

  for (guint i = 0; i < sizeof noise; i++)
    noise[i] = (guint8) g_rand_int (rand);

  g_assert_null (nx_deflater_deflate (deflater, noise, 0));
  /* More than zlib can count is not even looked at. */
  g_assert_null (nx_deflater_deflate (deflater, noise, (gsize) G_MAXINT32 + 1));
  g_assert_null (nx_deflater_deflate (deflater, (const guint8 *) "a", 1));
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (NxFrame) compressed = deflate_bytes (deflater, text);

      /* The noise was never sent, and is not referred to. */
      check_inflates_to (inflater, compressed, 100, text);
      g_assert_null (nx_deflater_deflate (deflater, noise, sizeof noise));
    }

  nx_deflater_free (deflater);
  nx_inflater_free (inflater);
}

/* At each length around the edge the answer is smaller or none. */
static void
test_barely_smaller (void)
{
  guint8 octets[300];
  guint n_compressed = 0;
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  for (gsize length = 1; length <= sizeof octets; length++)
    {
      NxDeflater *deflater = nx_deflater_new (15);
      NxInflater *inflater = nx_inflater_new (15);
      g_autoptr (GBytes) message = NULL;
      g_autoptr (NxFrame) compressed = NULL;

      /* About as long compressed as not. */
      for (gsize i = 0; i < length; i++)
        octets[i] = i % 40 < 8 ? 'x' : (guint8) g_rand_int (rand);
      message = g_bytes_new (octets, length);
      compressed = deflate_bytes (deflater, message);
      if (compressed != NULL)
        {
          check_inflates_to (inflater, compressed, 1, message);
          n_compressed++;
        }
      nx_deflater_free (deflater);
      nx_inflater_free (inflater);
    }
  g_assert_cmpuint (n_compressed, >, 0);
  g_assert_cmpuint (n_compressed, <, sizeof octets);
}

/* A message is compressed and then not sent. */
static void
test_restart (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  g_autoptr (GBytes) first = make_message (rand, 4), dropped = make_message (rand, 5);
  NxDeflater *deflater = nx_deflater_new (15);
  NxInflater *inflater = nx_inflater_new (15);
  g_autoptr (NxFrame) sent = deflate_bytes (deflater, first);
  NxFrame *unsent = deflate_bytes (deflater, dropped);
  g_autoptr (NxFrame) after = NULL;

  check_inflates_to (inflater, sent, 10, first);
  nx_frame_unref (unsent);
  nx_deflater_restart (deflater);
  after = deflate_bytes (deflater, dropped);
  check_inflates_to (inflater, after, 10, dropped);

  nx_deflater_free (deflater);
  nx_inflater_free (inflater);
}

/* Far below and right at the message's length, in pieces of every size. */
static void
test_limit (void)
{
  g_autofree char *text = g_strnfill (5000, 'x');
  g_autoptr (GBytes) message = g_bytes_new_static (text, 5000);
  static const gsize limits[] = { 0, 1, 207, 208, 1000, 4998, 4999, 5000, 5001, LIMIT };
  NxDeflater *deflater = nx_deflater_new (15);
  g_autoptr (NxFrame) compressed = deflate_bytes (deflater, message);
  gsize length;
  const guint8 *octets = nx_frame_get_payload (compressed, &length);

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    for (gsize piece = 1; piece <= length; piece++)
      {
        NxInflater *inflater = nx_inflater_new (15);
        NxFrame *out = NULL;
        gsize out_length;
        const NxFault fault = inflate_in_pieces (inflater, octets, length, piece, limits[i], &out);

        nx_frame_get_payload (out, &out_length);
        g_assert_cmpint (fault, ==, limits[i] < 5000 ? NX_FAULT_MESSAGE_TOO_BIG : NX_FAULT_NONE);
        g_assert_cmpuint (out_length, ==, MIN (limits[i], 5000));
        nx_frame_unref (out);
        nx_inflater_free (inflater);
      }
  nx_deflater_free (deflater);
}

static gsize
inflate_beginning (const guint8 *octets, gsize length, gsize limit, NxFault expected)
{
  NxInflater *inflater = nx_inflater_new (15);
  NxFrame *out = NULL;
  gsize out_length;

  g_assert_cmpint (nx_inflater_push (inflater, octets, length, limit, &out), ==, expected);
  nx_frame_get_payload (out, &out_length);
  nx_frame_unref (out);
  nx_inflater_free (inflater);
  return out_length;
}

/* Nothing is left inside zlib for later: the octet that decides is told when it has come. */
static void
test_limit_is_told_at_once (void)
{
  g_autofree char *text = g_strnfill (5000, 'x');
  g_autoptr (GBytes) message = g_bytes_new_static (text, 5000);
  NxDeflater *deflater = nx_deflater_new (15);
  g_autoptr (NxFrame) compressed = deflate_bytes (deflater, message);
  gsize length;
  const guint8 *octets = nx_frame_get_payload (compressed, &length);

  for (gsize n = 1; n <= length; n++)
    {
      const gsize produced = inflate_beginning (octets, n, LIMIT, NX_FAULT_NONE);

      inflate_beginning (octets, n, produced, NX_FAULT_NONE);
      if (produced > 0)
        inflate_beginning (octets, n, produced - 1, NX_FAULT_MESSAGE_TOO_BIG);
    }
  nx_deflater_free (deflater);
}

/* 60 MB in 60 KB: what is asked for is the limit, and zlib's own window and state. */
static void
test_bomb (void)
{
  static guint8 zeroes[LIMIT];
  NxDeflater *deflater = nx_deflater_new (15);
  NxInflater *inflater;
  NxFrame *out = NULL;
  NxFault fault = NX_FAULT_NONE;
  guint n_pieces = 0;

  scarce_memory_fail_at (0);
  inflater = nx_inflater_new (15);
  while (fault == NX_FAULT_NONE && n_pieces < 60)
    {
      g_autoptr (NxFrame) piece = nx_deflater_deflate (deflater, zeroes, sizeof zeroes);
      gsize length;
      const guint8 *octets = nx_frame_get_payload (piece, &length);

      scarce_memory_fail_at (0);
      fault = nx_inflater_push (inflater, octets, length, 3 * LIMIT, &out);
      if (fault == NX_FAULT_NONE)
        fault =
            nx_inflater_push (inflater, (const guint8 *) "\x00\x00\xff\xff", 4, 3 * LIMIT, &out);
      g_assert_cmpuint (scarce_memory_get_largest (), <=, 3 * LIMIT + 256);
      n_pieces++;
    }

  g_assert_cmpint (fault, ==, NX_FAULT_MESSAGE_TOO_BIG);
  g_assert_cmpuint (n_pieces, ==, 4);
  nx_frame_unref (out);
  nx_inflater_free (inflater);
  nx_deflater_free (deflater);
}

/* Final blocks without end: linear, and each costs little. */
static void
test_many_final_blocks (void)
{
  g_autoptr (GByteArray) octets = g_byte_array_new ();
  NxInflater *inflater = nx_inflater_new (15);
  NxFrame *out = NULL;
  gsize length;

  /* "a" in a final block, then an empty final block, a hundred thousand times. */
  for (guint i = 0; i < 100000; i++)
    g_byte_array_append (octets, (const guint8 *) "\x4b\x04\x00\x03\x00", 5);
  g_byte_array_append (octets, (const guint8 *) "\x00", 1);

  g_assert_cmpint (inflate_in_pieces (inflater, octets->data, octets->len, 50000, LIMIT, &out), ==,
                   NX_FAULT_NONE);
  nx_frame_get_payload (out, &length);
  g_assert_cmpuint (length, ==, 100000);
  nx_frame_unref (out);
  nx_inflater_free (inflater);
}

/* A message longer than one of zlib's steps, in one piece. */
static void
test_long_input (void)
{
  const gsize size = 3 << 20;
  g_autofree guint8 *noise = g_malloc (size);
  g_autoptr (GByteArray) stored = g_byte_array_new ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (6);
  NxInflater *inflater = nx_inflater_new (15);
  NxFrame *out = NULL;
  const guint8 *octets;
  gsize length;

  for (gsize i = 0; i < size; i++)
    noise[i] = (guint8) g_rand_int (rand);
  for (gsize at = 0; at < size; at += 0x8000)
    {
      g_byte_array_append (stored, (const guint8 *) "\x00\x00\x80\xff\x7f", 5);
      g_byte_array_append (stored, noise + at, 0x8000);
    }

  g_assert_cmpint (nx_inflater_push (inflater, stored->data, stored->len, size, &out), ==,
                   NX_FAULT_NONE);
  octets = nx_frame_get_payload (out, &length);
  g_assert_cmpmem (octets, length, noise, size);
  nx_frame_unref (out);
  nx_inflater_free (inflater);
}

/* Anything may come: a fault or not, but nothing else. And the same in pieces as whole. */
static void
test_garbage (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);

  for (guint i = 0; i < 3000; i++)
    {
      guint8 octets[200];
      NxFault faults[2];
      gsize lengths[2];
      const gsize length = (gsize) g_rand_int_range (rand, 0, sizeof octets);

      for (guint n = 0; n < length; n++)
        octets[n] = (guint8) g_rand_int (rand);
      if (length > 0)
        octets[0] = (guint8) (octets[0] & ~7) | (guint8) (i % 6);

      for (guint turn = 0; turn < 2; turn++)
        {
          NxInflater *inflater = nx_inflater_new (15);
          NxFrame *out = NULL;

          lengths[turn] = 0;
          faults[turn] = inflate_in_pieces (inflater, octets, length, turn == 0 ? sizeof octets : 1,
                                            1000, &out);
          if (out != NULL)
            nx_frame_get_payload (out, &lengths[turn]);
          g_clear_pointer (&out, nx_frame_unref);
          nx_inflater_free (inflater);
        }
      g_assert_cmpint (faults[0], ==, faults[1]);
      g_assert_cmpuint (lengths[0], ==, lengths[1]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/deflate/round-trip", test_round_trip);
  g_test_add_func ("/deflate/inflating-with-eight-bits", test_inflating_with_eight_bits);
  g_test_add_func ("/deflate/takeover-is-worth-it", test_takeover_is_worth_it);
  g_test_add_func ("/deflate/new-contexts-give-the-same-octets",
                   test_new_contexts_give_the_same_octets);
  g_test_add_func ("/deflate/not-smaller", test_not_smaller);
  g_test_add_func ("/deflate/barely-smaller", test_barely_smaller);
  g_test_add_func ("/deflate/restart", test_restart);
  g_test_add_func ("/deflate/limit", test_limit);
  g_test_add_func ("/deflate/limit-is-told-at-once", test_limit_is_told_at_once);
  g_test_add_func ("/deflate/bomb", test_bomb);
  g_test_add_func ("/deflate/many-final-blocks", test_many_final_blocks);
  g_test_add_func ("/deflate/long-input", test_long_input);
  g_test_add_func ("/deflate/garbage", test_garbage);
  return g_test_run ();
}
