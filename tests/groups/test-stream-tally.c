/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "groups/nx-stream-tally-private.h"

#define N_IDS 1000

static void
add (NxStreamTally *tally, const NxHistoryLimits *limits, guint number, gsize size, gint64 now_us)
{
  const NxMessageId id = { number, 0 };

  nx_stream_tally_append (tally, limits, &id, size, now_us);
}

/* The number of the oldest one that is left. */
static guint64
trim (NxStreamTally *tally, const NxHistoryLimits *limits, gint64 before_us)
{
  NxMessageId first;

  g_assert_true (nx_stream_tally_trim (tally, limits, before_us, &first));
  g_assert_false (nx_stream_tally_is_too_much (tally, limits));
  return first.ms;
}

static void
test_empty (void)
{
  const NxHistoryLimits limits = { 10, 0, 1000 };
  NxStreamTally tally = { NULL };
  NxMessageId first;

  g_assert_false (nx_stream_tally_is_full (&tally, &limits));
  g_assert_false (nx_stream_tally_is_too_much (&tally, &limits));
  g_assert_false (nx_stream_tally_trim (&tally, &limits, G_MAXINT64, &first));
  nx_stream_tally_clear (&tally);
}

/* Never fewer than wanted, and no more than a share beyond that. */
static void
test_entries (void)
{
  const guint sizes[] = { 1, 2, 63, 64, 65, 640, N_IDS };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      const NxHistoryLimits limits = { sizes[i], 0, G_MAXSIZE / 2 };
      NxStreamTally tally = { NULL };
      guint64 n_left;

      for (guint n = 1; n <= N_IDS; n++)
        add (&tally, &limits, n, 1, 0);
      n_left = N_IDS - trim (&tally, &limits, 0) + 1;
      g_assert_cmpuint (n_left, ==, tally.n_entries);
      g_assert_cmpuint (n_left, >=, sizes[i]);
      g_assert_cmpuint (n_left, <=, sizes[i] + sizes[i] / 64);
      nx_stream_tally_clear (&tally);
    }
}

/* Never more than wanted, and no less than that without a share; of which one entry may be larger. */
static void
test_bytes (void)
{
  const gsize limits_tried[] = { 100, 6400, 10000, 99999 };

  for (guint i = 0; i < G_N_ELEMENTS (limits_tried); i++)
    {
      const NxHistoryLimits limits = { N_IDS * 2, 0, limits_tried[i] };
      NxStreamTally tally = { NULL };

      for (guint n = 1; n <= N_IDS; n++)
        add (&tally, &limits, n, 100, 0);
      trim (&tally, &limits, 0);
      g_assert_cmpuint (tally.n_bytes, <=, limits.n_bytes);
      g_assert_cmpuint (tally.n_bytes + 100 + limits.n_bytes / 64, >, limits.n_bytes);
      g_assert_cmpuint (tally.n_bytes, ==, tally.n_entries * 100);
      nx_stream_tally_clear (&tally);
    }
}

/* The newest one stays, whatever its size. */
static void
test_last (void)
{
  const NxHistoryLimits limits = { 10, 0, 100 };
  NxStreamTally tally = { NULL };

  add (&tally, &limits, 1, 10, 0);
  add (&tally, &limits, 2, 1000, 0);
  g_assert_cmpuint (trim (&tally, &limits, 0), ==, 2);
  g_assert_cmpuint (tally.n_bytes, ==, 1000);
  nx_stream_tally_clear (&tally);
}

static void
test_young (void)
{
  const NxHistoryLimits limits = { 2, 0, 1000 };
  NxStreamTally tally = { NULL };
  NxMessageId first;

  for (guint n = 1; n <= 5; n++)
    add (&tally, &limits, n, 10, n * 10);
  g_assert_true (nx_stream_tally_trim (&tally, &limits, 20, &first));
  g_assert_cmpuint (first.ms, ==, 3);
  g_assert_true (nx_stream_tally_is_too_much (&tally, &limits));
  g_assert_cmpuint (trim (&tally, &limits, 30), ==, 4);
  nx_stream_tally_clear (&tally);
}

/* What was there before is counted from its end while more comes. */
static void
test_prepend (void)
{
  const NxHistoryLimits limits = { 200, 0, G_MAXSIZE / 2 };
  NxStreamTally tally = { NULL };

  for (guint n = 500; n > 400; n--)
    {
      const NxMessageId id = { n, 0 };

      nx_stream_tally_prepend (&tally, &limits, &id, 1, 0);
      add (&tally, &limits, 1001 - n, 1, 0);
    }
  g_assert_true (nx_stream_tally_is_full (&tally, &limits));
  g_assert_cmpuint (trim (&tally, &limits, 0), ==, 401);
  for (guint n = 601; n <= 610; n++)
    add (&tally, &limits, n, 1, 0);
  g_assert_cmpuint (trim (&tally, &limits, 0), >, 401);
  g_assert_cmpuint (tally.n_entries, >=, 200);
  nx_stream_tally_clear (&tally);
}

/* However many there are, it takes the same room. */
static void
test_room (void)
{
  const NxHistoryLimits limits = { 1000 * 1000, 0, 100 * 1000 };
  NxStreamTally tally = { NULL };

  for (guint n = 1; n <= 100 * 1000; n++)
    {
      add (&tally, &limits, n, 10, 0);
      if (nx_stream_tally_is_too_much (&tally, &limits))
        trim (&tally, &limits, 0);
      g_assert_cmpuint (tally.stretches->len, <=, 70);
    }
  nx_stream_tally_clear (&tally);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stream-tally/empty", test_empty);
  g_test_add_func ("/stream-tally/entries", test_entries);
  g_test_add_func ("/stream-tally/bytes", test_bytes);
  g_test_add_func ("/stream-tally/last", test_last);
  g_test_add_func ("/stream-tally/young", test_young);
  g_test_add_func ("/stream-tally/prepend", test_prepend);
  g_test_add_func ("/stream-tally/room", test_room);
  return g_test_run ();
}
