/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>

#include "middleware/nx-token-bucket-private.h"

#define SECOND ((gint64) G_USEC_PER_SEC)
#define START (1000 * SECOND)

/* A bucket that is full at START, from which so many are taken; then, after a while: has it that much, and what does it owe? */
static const struct
{
  const char *name;
  NxRate rate;
  double taken;
  gint64 later_us;
  double cost;
  gboolean has;
  gint64 debt_us;
} rows[] = {
  { "no-limit", { 0, 0 }, 1e9, 0, 1e9, TRUE, 0 },
  { "full", { 10, 5 }, 0, 0, 5, TRUE, 0 },
  { "burst-is-used-up", { 10, 5 }, 5, 0, 1, FALSE, 0 },
  { "refilled", { 10, 5 }, 5, SECOND / 10, 1, TRUE, 0 },
  { "not-yet", { 10, 5 }, 5, SECOND / 10 - 10, 1, FALSE, 0 },
  { "thirds", { 3, 3 }, 3, SECOND / 3 + 1, 1, TRUE, 0 },
  { "never-over-the-burst", { 10, 5 }, 5, 3600 * SECOND, 6, TRUE, 0 },
  { "larger-than-the-burst", { 10, 5 }, 1, 0, 6, FALSE, 0 },
  { "burst-of-a-second", { 10, 0 }, 9, 0, 1, TRUE, 0 },
  { "slow-has-one", { 0.1, 0 }, 0, 0, 1, TRUE, 0 },
  { "slow-refills-to-one", { 0.1, 0 }, 1, 10 * SECOND, 1, TRUE, 0 },
  { "owes", { 10, 5 }, 7, 0, 1, FALSE, SECOND / 5 },
  { "owes-less", { 10, 5 }, 7, SECOND / 10, 1, FALSE, SECOND / 10 },
  { "has-paid", { 10, 5 }, 7, SECOND / 5, 0, TRUE, 0 },
  { "asks-again-after-an-hour", { 1e-9, 1 }, 1e6, 0, 0, FALSE, 3600 * SECOND },
  { "clock-goes-back", { 10, 5 }, 5, -SECOND, 1, FALSE, 0 },
};

static void
test_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gint64 then = START + rows[i].later_us;
      NxTokenBucket bucket;

      g_test_message ("%s", rows[i].name);
      nx_token_bucket_init (&bucket, &rows[i].rate, START);
      nx_token_bucket_take (&bucket, &rows[i].rate, rows[i].taken, START);
      g_assert_cmpint (nx_token_bucket_has (&bucket, &rows[i].rate, rows[i].cost, then), ==,
                       rows[i].has);
      g_assert_cmpint (
          ABS (nx_token_bucket_get_debt (&bucket, &rows[i].rate, then) - rows[i].debt_us), <=, 1);
    }
}

/* However small the steps in which time passes, what comes in a minute is the rate. */
static void
test_long_run (void)
{
  const NxRate rate = { 7, 2 };
  NxTokenBucket bucket;
  guint n = 0;

  nx_token_bucket_init (&bucket, &rate, START);
  for (gint64 now = START; now < START + 60 * SECOND; now += 137)
    if (nx_token_bucket_has (&bucket, &rate, 1, now))
      {
        nx_token_bucket_take (&bucket, &rate, 1, now);
        n++;
      }
  g_assert_cmpuint (n, >=, 60 * 7 + 1);
  g_assert_cmpuint (n, <=, 60 * 7 + 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/token-bucket/rows", test_rows);
  g_test_add_func ("/token-bucket/long-run", test_long_run);
  return g_test_run ();
}
