/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-subprotocol-private.h"

#include <string.h>

#include "guard.h"

static char **
split (const char *list)
{
  Guard guard = guard_new (strlen (list) + 1);
  char **names = nx_subprotocol_split (guard_put (&guard, list, strlen (list) + 1));

  guard_free (&guard);
  return names;
}

static void
test_split (void)
{
  static const struct
  {
    const char *list;
    const char *joined;
  } cases[] = {
    { "chat", "chat" },
    { "chat, superchat", "chat|superchat" },
    { "b,a", "b|a" },
    { " \ta \t,\t b ", "a|b" },
    { "a, A", "a|A" },
    { "a, aa, aaa", "a|aa|aaa" },
    { "v12.stomp, mqtt!#$%&'*+-.^_`~", "v12.stomp|mqtt!#$%&'*+-.^_`~" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (GStrv) names = split (cases[i].list);
      g_autofree char *joined = NULL;

      g_assert_nonnull (names);
      joined = g_strjoinv ("|", names);
      g_assert_cmpstr (joined, ==, cases[i].joined);
    }
}

static void
test_refuses (void)
{
  static const char *const cases[] = {
    "",    " ",     ",",   "a,",          ",a",   "a,,b",  "a, ,b", "a b", "a, a", "a,b,a", "a;b",
    "a=b", "\"a\"", "a/b", "caf\xc3\xa9", "\xff", "a\x7f", "a\x01", "a@b", "a\nb", "a\r",   "(a)",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (GStrv) names = split (cases[i]);

      show (cases[i]);
      g_assert_null (names);
    }
}

/* Hostile lists are given up at once; and so is one that is merely longer than anybody's. */
static void
test_bound (void)
{
  g_autofree char *commas = g_strnfill (12000, ',');
  g_autoptr (GString) list = g_string_new ("p0");
  g_auto (GStrv) most = NULL;

  g_assert_null (split (commas));

  for (guint i = 1; i < NX_SUBPROTOCOLS_MAX; i++)
    g_string_append_printf (list, ",p%u", i);
  most = split (list->str);
  g_assert_cmpuint (g_strv_length (most), ==, NX_SUBPROTOCOLS_MAX);

  g_string_append (list, ",one-more");
  g_assert_null (split (list->str));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/subprotocol/split", test_split);
  g_test_add_func ("/subprotocol/refuses", test_refuses);
  g_test_add_func ("/subprotocol/bound", test_bound);

  return g_test_run ();
}
