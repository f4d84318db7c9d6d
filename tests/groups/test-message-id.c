/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>

#include "groups/nx-message-id-private.h"

static void
test_parse (void)
{
  static const char *bad[] = { "",
                               "-",
                               "1",
                               "1-",
                               "-1",
                               "1-2-3",
                               "1-x",
                               " 1-2",
                               "1- 2",
                               "+1-2",
                               "0x1-2",
                               "18446744073709551616-0",
                               "1-99999999999999999999999999",
                               "a-b",
                               NULL };
  NxMessageId id;
  g_autofree char *text = NULL;

  g_assert_true (nx_message_id_parse (&id, "1763980000123-7"));
  g_assert_cmpuint (id.ms, ==, 1763980000123);
  g_assert_cmpuint (id.number, ==, 7);
  text = nx_message_id_to_string (&id);
  g_assert_cmpstr (text, ==, "1763980000123-7");
  g_assert_true (nx_message_id_parse (&id, "18446744073709551615-18446744073709551615"));
  for (guint i = 0; bad[i] != NULL; i++)
    {
      g_assert_false (nx_message_id_parse (&id, bad[i]));
      g_assert_cmpuint (id.ms + id.number, ==, 0);
    }
}

static void
test_order (void)
{
  NxMessageId one = { 5, 9 }, two = { 5, 10 }, three = { 6, 0 };

  g_assert_cmpint (nx_message_id_compare (&one, &two), <, 0);
  g_assert_cmpint (nx_message_id_compare (&three, &two), >, 0);
  g_assert_cmpint (nx_message_id_compare (&two, &two), ==, 0);
}

static void
test_advance (void)
{
  NxMessageId id = { 0, 0 }, last;

  nx_message_id_advance (&id, 100);
  g_assert_cmpuint (id.ms, ==, 100);
  g_assert_cmpuint (id.number, ==, 0);
  for (guint i = 0; i < 5; i++)
    {
      last = id;
      nx_message_id_advance (&id, 100 - i); /* the clock goes back */
      g_assert_cmpint (nx_message_id_compare (&id, &last), >, 0);
      g_assert_cmpuint (id.ms, ==, 100);
    }
  nx_message_id_advance (&id, 101);
  g_assert_cmpuint (id.ms, ==, 101);
  g_assert_cmpuint (id.number, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/message-id/parse", test_parse);
  g_test_add_func ("/message-id/order", test_order);
  g_test_add_func ("/message-id/advance", test_advance);
  return g_test_run ();
}
