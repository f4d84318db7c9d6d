/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who holds the loop at one priority is told of, and nobody else. */
#include <nexws.h>

#define PRIORITY (-1000)
#define LIMIT_MS 20

static guint n_told, told_ms, n_freed;

static void
told_cb (guint elapsed_ms, gpointer data)
{
  g_assert_true (data == &n_told);
  n_told++;
  told_ms = elapsed_ms;
}

static void
free_cb (gpointer data)
{
  n_freed++;
}

static guint
watch (void)
{
  n_told = told_ms = n_freed = 0;
  return nx_watch_turns (PRIORITY, LIMIT_MS, told_cb, &n_told, free_cb);
}

static gboolean
hold_cb (gpointer data)
{
  g_usleep (1000 * (gulong) GPOINTER_TO_UINT (data));
  return G_SOURCE_REMOVE;
}

static void
hold (int priority, guint ms)
{
  g_idle_add_full (priority, hold_cb, GUINT_TO_POINTER (ms), NULL);
}

static void
turn_until_idle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static void
test_held (void)
{
  guint id = watch ();

  hold (PRIORITY, 2 * LIMIT_MS);
  turn_until_idle ();
  g_assert_cmpuint (n_told, ==, 1);
  g_assert_cmpuint (told_ms, >=, 2 * LIMIT_MS);
  /* Again, and once for each time. */
  hold (PRIORITY, 3 * LIMIT_MS);
  turn_until_idle ();
  turn_until_idle ();
  g_assert_cmpuint (n_told, ==, 2);
  g_assert_cmpuint (told_ms, >=, 3 * LIMIT_MS);
  g_source_remove (id);
  g_assert_cmpuint (n_freed, ==, 1);
}

static void
test_others (void)
{
  static const int others[] = { G_PRIORITY_HIGH, G_PRIORITY_DEFAULT, G_PRIORITY_DEFAULT_IDLE };
  guint id = watch ();

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      hold (others[i], 2 * LIMIT_MS);
      turn_until_idle ();
      /* Nor who does little behind it. */
      hold (PRIORITY, 0);
      turn_until_idle ();
    }
  /* Nor when nothing at all is done. */
  g_timeout_add (2 * LIMIT_MS, hold_cb, NULL);
  g_main_context_iteration (NULL, TRUE);
  turn_until_idle ();
  g_assert_cmpuint (n_told, ==, 0);
  g_source_remove (id);
  g_assert_cmpuint (n_freed, ==, 1);
}

static void
test_removed (void)
{
  g_source_remove (watch ());
  hold (PRIORITY, 2 * LIMIT_MS);
  turn_until_idle ();
  g_assert_cmpuint (n_told, ==, 0);
}

static void
test_other_context (void)
{
  GMainContext *context = g_main_context_new ();
  GSource *source = g_idle_source_new ();

  g_main_context_push_thread_default (context);
  watch ();
  g_source_set_priority (source, PRIORITY);
  g_source_set_callback (source, hold_cb, GUINT_TO_POINTER (2 * LIMIT_MS), NULL);
  g_source_attach (source, context);
  while (g_main_context_iteration (context, FALSE))
    continue;
  g_assert_cmpuint (n_told, ==, 1);
  g_source_unref (source);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  g_assert_cmpuint (n_freed, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/turn-watch/held", test_held);
  g_test_add_func ("/turn-watch/others", test_others);
  g_test_add_func ("/turn-watch/removed", test_removed);
  g_test_add_func ("/turn-watch/other-context", test_other_context);
  return g_test_run ();
}
