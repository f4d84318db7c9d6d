/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "messages/nx-name-set-private.h"

/* Of GHashTable: what it divides by while it has 1024 slots, and how many names it has at most by then. */
#define PRIME 1021
#define N_MAX 963

static guint
get_first_slot (const char *name)
{
  return g_str_hash (name) * 11 % PRIME;
}

/* Whether all of them go in, each is known afterwards, and none is crowded. */
static void
expect_honest (char *(*make) (guint i, GRand *random), guint n)
{
  g_autoptr (NxNameSet) set = nx_name_set_new ();
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GRand) again = g_rand_new_with_seed (1);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = make (i, random);

      g_assert_cmpint (nx_name_set_add (set, name), ==, NX_NAME_IS_NEW);
    }
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = make (i, again);

      g_assert_cmpint (nx_name_set_add (set, name), ==, NX_NAME_IS_KNOWN);
    }
}

static char *
make_number (guint i, GRand *random)
{
  return g_strdup_printf ("%u", i);
}

static char *
make_even_number (guint i, GRand *random)
{
  return g_strdup_printf ("%u", i * 1024);
}

static char *
make_hex (guint i, GRand *random)
{
  return g_strdup_printf ("id-%08X", i);
}

static char *
make_uuid (guint i, GRand *random)
{
  return g_strdup_printf ("%08x-%04x-4%03x-a%03x-%08x%04x", g_rand_int (random), i & 0xffff,
                          i >> 16, g_rand_int_range (random, 0, 0x1000), g_rand_int (random),
                          g_rand_int_range (random, 0, 0x10000));
}

static char *
make_word (guint i, GRand *random)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-";
  GString *word = g_string_new (NULL);

  for (guint j = 0; j < 8; j++)
    g_string_append_c (word, letters[g_rand_int_range (random, 0, sizeof letters - 1)]);
  g_string_append_printf (word, "%u", i);
  return g_string_free (word, FALSE);
}

static void
test_honest (void)
{
  expect_honest (make_number, 100000);
  expect_honest (make_even_number, 100000);
  expect_honest (make_hex, 100000);
  expect_honest (make_uuid, 20000);
  expect_honest (make_word, 50000);
}

/* Each pair of "Ab" and "BA" has the same hash, so that 18 of them make 2^18 names of one. */
static char *
make_same (guint i)
{
  GString *name = g_string_new (NULL);

  for (guint bit = 0; bit < 18; bit++)
    g_string_append (name, i >> bit & 1 ? "BA" : "Ab");
  return g_string_free (name, FALSE);
}

static void
test_same_hash (void)
{
  g_autoptr (NxNameSet) set = nx_name_set_new ();
  NxNameVerdict verdict = NX_NAME_IS_NEW;
  guint n = 0;

  for (; verdict == NX_NAME_IS_NEW && n < 10000; n++)
    {
      g_autofree char *name = make_same (n);

      verdict = nx_name_set_add (set, name);
    }
  g_assert_cmpint (verdict, ==, NX_NAME_IS_CROWDED);
  g_assert_cmpuint (n, <, 200);
}

/* Hashes that differ, and are the same to a table of one size. */
static void
test_same_slot (void)
{
  g_autoptr (NxNameSet) set = nx_name_set_new ();
  NxNameVerdict verdict = NX_NAME_IS_NEW;
  guint n = 0;

  for (guint i = 0; verdict == NX_NAME_IS_NEW && n < N_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("%x", i);

      if (get_first_slot (name) != 7)
        continue;
      verdict = nx_name_set_add (set, name);
      n++;
    }
  g_assert_cmpint (verdict, ==, NX_NAME_IS_CROWDED);
}

/* That GHashTable goes on as it is believed to: names that do not collide are found in the order of their slots. */
static void
test_glib (void)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree gboolean *is_taken = g_new0 (gboolean, PRIME);
  GHashTableIter iter;
  gpointer name;
  guint next = 0;

  for (guint i = 0; g_hash_table_size (names) < N_MAX; i++)
    {
      g_autofree char *candidate = g_strdup_printf ("%x", i);
      gboolean *slot = &is_taken[get_first_slot (candidate)];

      if (!*slot)
        g_hash_table_add (names, g_steal_pointer (&candidate));
      *slot = TRUE;
    }
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      g_assert_cmpuint (get_first_slot (name), >=, next);
      next = get_first_slot (name) + 1;
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/name-set/honest", test_honest);
  g_test_add_func ("/name-set/same-hash", test_same_hash);
  g_test_add_func ("/name-set/same-slot", test_same_slot);
  g_test_add_func ("/name-set/glib", test_glib);
  return g_test_run ();
}
