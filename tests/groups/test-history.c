/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept, and what a history says of what it does not keep. */
#include <nexws.h>

#include "groups/nx-history-private.h"

static const NxHistoryLimits wide = { 1000, 0, 1024 * 1024 };

static void
append (NxHistory *self, guint64 ms, guint64 number, gint64 now_us)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, ms, number);
  g_autoptr (NxMessage) message = nx_message_new_text (text, -1);
  NxMessageId id = { ms, number };

  nx_history_append (self, &id, message, 0, now_us);
}

static const char *
text_after (NxHistory *self, guint64 ms, guint64 number)
{
  NxMessageId id = { ms, number };
  const NxHistoryEntry *entry = nx_history_find_after (self, &id);

  return entry != NULL ? nx_message_get_text (entry->message) : NULL;
}

static gboolean
reaches (NxHistory *self, guint64 ms, guint64 number)
{
  return nx_history_reaches (self, &(NxMessageId){ ms, number });
}

static void
test_find (void)
{
  NxHistory history;

  nx_history_init (&history, &(NxMessageId){ 10, 0 });
  g_assert_null (text_after (&history, 0, 0));
  g_assert_true (reaches (&history, 10, 0));
  g_assert_false (reaches (&history, 9, 99));
  g_assert_false (reaches (&history, 10, 1)); /* which we have not given */
  append (&history, 11, 0, 0);
  append (&history, 11, 1, 0);
  append (&history, 15, 0, 0);
  g_assert_cmpstr (text_after (&history, 10, 0), ==, "11-0");
  g_assert_cmpstr (text_after (&history, 11, 0), ==, "11-1");
  g_assert_cmpstr (text_after (&history, 12, 5), ==, "15-0");
  g_assert_null (text_after (&history, 15, 0));
  g_assert_true (reaches (&history, 15, 0));
  g_assert_false (reaches (&history, 15, 1));
  nx_history_clear (&history);
}

static void
test_number (void)
{
  NxHistory history;
  NxHistoryLimits limits = wide;

  limits.size = 3;
  nx_history_init (&history, &(NxMessageId){ 0, 0 });
  for (guint i = 1; i <= 1000; i++)
    {
      append (&history, i, 0, 0);
      nx_history_trim (&history, &limits, 0);
      g_assert_cmpuint (nx_history_get_size (&history), ==, MIN (i, 3));
      g_assert_cmpuint (history.entries->len, <=, 8); /* what is gone is not kept */
    }
  g_assert_cmpstr (text_after (&history, 0, 0), ==, "998-0");
  g_assert_true (reaches (&history, 997, 0));
  g_assert_false (reaches (&history, 996, 0));
  nx_history_clear (&history);
}

static void
test_age (void)
{
  NxHistory history;
  NxHistoryLimits limits = wide;

  limits.age_ms = 100;
  nx_history_init (&history, &(NxMessageId){ 0, 0 });
  g_assert_cmpint (nx_history_get_expiry (&history, &limits), ==, G_MAXINT64);
  append (&history, 1, 0, 1000);
  append (&history, 2, 0, 51000);
  g_assert_cmpint (nx_history_get_expiry (&history, &limits), ==, 101000);
  nx_history_trim (&history, &limits, 100999);
  g_assert_cmpuint (nx_history_get_size (&history), ==, 2);
  nx_history_trim (&history, &limits, 101000);
  g_assert_cmpuint (nx_history_get_size (&history), ==, 1);
  nx_history_trim (&history, &limits, 151000);
  g_assert_cmpuint (nx_history_get_size (&history), ==, 0);
  g_assert_null (history.entries);
  g_assert_true (reaches (&history, 2, 0)); /* that one missed nothing */
  g_assert_false (reaches (&history, 1, 0));
  nx_history_clear (&history);
}

static void
test_bytes (void)
{
  NxHistory history;
  NxHistoryLimits limits = wide;
  g_autofree char *text = g_strnfill (1000, 'x');
  g_autoptr (NxMessage) big = nx_message_new_text (text, -1);

  limits.n_bytes = 5000;
  nx_history_init (&history, &(NxMessageId){ 0, 0 });
  for (guint i = 1; i <= 100; i++)
    {
      nx_history_append (&history, &(NxMessageId){ i, 0 }, big, 0, 0);
      nx_history_trim (&history, &limits, 0);
      g_assert_cmpuint (history.cost, <=, 5000);
    }
  g_assert_cmpuint (nx_history_get_size (&history), ==, 3);
  limits.n_bytes = 500; /* which not even one fits */
  nx_history_trim (&history, &limits, 0);
  g_assert_cmpuint (nx_history_get_size (&history), ==, 0);
  g_assert_cmpuint (history.cost, ==, 0);
  g_assert_false (reaches (&history, 99, 0));
  nx_history_clear (&history);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/history/find", test_find);
  g_test_add_func ("/history/number", test_number);
  g_test_add_func ("/history/age", test_age);
  g_test_add_func ("/history/bytes", test_bytes);
  return g_test_run ();
}
