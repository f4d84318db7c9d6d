/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-clock-private.h"

static void
test_monotonic (void)
{
  g_autoptr (NxClock) clock = nx_clock_new_monotonic ();
  gint64 before_us = g_get_monotonic_time ();
  gint64 now_us = nx_clock_get_now (clock);

  g_assert_false (nx_clock_is_manual (clock));
  g_assert_cmpint (now_us, >=, before_us);
  g_assert_cmpint (now_us, <=, g_get_monotonic_time ());
}

static void
test_manual (void)
{
  g_autoptr (NxClock) clock = nx_clock_new_manual (7);

  g_assert_true (nx_clock_is_manual (clock));
  g_assert_cmpint (nx_clock_get_now (clock), ==, 7);
  nx_clock_advance (clock, 0);
  g_assert_cmpint (nx_clock_get_now (clock), ==, 7);
  nx_clock_advance (clock, G_GINT64_CONSTANT (1) << 40);
  g_assert_cmpint (nx_clock_get_now (clock), ==, (G_GINT64_CONSTANT (1) << 40) + 7);
}

static void
test_references (void)
{
  NxClock *clock = nx_clock_new_manual (1);

  g_assert_true (nx_clock_ref (clock) == clock);
  nx_clock_unref (clock);
  g_assert_cmpint (nx_clock_get_now (clock), ==, 1);
  nx_clock_unref (clock);
}

static gpointer
look_at_default (gpointer data)
{
  g_autoptr (NxClock) clock = nx_clock_dup_default ();

  g_assert_false (nx_clock_is_manual (clock));
  nx_clock_set_default (data);
  return NULL;
}

/* Each thread has its own. */
static void
test_default (void)
{
  g_autoptr (NxClock) first = nx_clock_new_manual (1);
  g_autoptr (NxClock) second = nx_clock_new_manual (2);
  g_autoptr (NxClock) unset = NULL;

  nx_clock_set_default (first);
  nx_clock_set_default (second);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (NxClock) clock = nx_clock_dup_default ();

      g_assert_true (clock == second);
    }
  g_thread_join (g_thread_new ("other", look_at_default, first));

  nx_clock_set_default (NULL);
  unset = nx_clock_dup_default ();
  g_assert_false (nx_clock_is_manual (unset));
}

static void
test_only_a_manual_clock_is_turned (gconstpointer data)
{
  if (g_test_subprocess ())
    {
      g_autoptr (NxClock) clock = data ? nx_clock_new_manual (1) : nx_clock_new_monotonic ();

      nx_clock_advance (clock, data ? -1 : 1);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/clock/monotonic", test_monotonic);
  g_test_add_func ("/clock/manual", test_manual);
  g_test_add_func ("/clock/references", test_references);
  g_test_add_func ("/clock/default", test_default);
  g_test_add_data_func ("/clock/advancing-life-is-a-mistake", NULL,
                        test_only_a_manual_clock_is_turned);
  g_test_add_data_func ("/clock/turning-back-is-a-mistake", "back",
                        test_only_a_manual_clock_is_turned);
  return g_test_run ();
}
