/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that somebody chose so that g_str_hash() takes them for one. */
#include "crowd.h"

#include "messages/nx-keyed-hash-private.h"

#define N_BITS 13

/* "ab" and "bA" have one hash under it, wherever they stand: so do all words that are made of them. */
static char *
make_name (guint number)
{
  GString *name = g_string_new (NULL);

  for (guint bit = 0; bit < N_BITS; bit++)
    g_string_append (name, number >> bit & 1 ? "ab" : "bA");
  return g_string_free (name, FALSE);
}

static void
test_spread (void)
{
  g_autofree char *first = make_name (0);
  g_autoptr (GHashTable) hashes = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < 1u << N_BITS; i++)
    {
      g_autofree char *name = make_name (i);

      g_assert_cmpuint (g_str_hash (name), ==, g_str_hash (first));
      g_assert_cmpuint (nx_keyed_str_hash (name), ==, nx_keyed_str_hash (name));
      g_hash_table_add (hashes, GUINT_TO_POINTER (nx_keyed_str_hash (name)));
    }
  g_assert_cmpuint (g_hash_table_size (hashes), >, (1u << N_BITS) - 16);
}

static void
test_lengths (void)
{
  g_autoptr (GHashTable) hashes = g_hash_table_new (NULL, NULL);

  for (guint n = 0; n < 40; n++)
    {
      g_autofree char *name = g_strnfill (n, 'a');

      g_hash_table_add (hashes, GUINT_TO_POINTER (nx_keyed_str_hash (name)));
    }
  g_assert_cmpuint (g_hash_table_size (hashes), ==, 40);
}

/* Each step through a group's tables of names is short, so this ends at once; with collisions it is 30 million comparisons. */
static void
test_groups (Fixture *f)
{
  g_autoptr (GPtrArray) groups = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < 1u << N_BITS; i++)
    {
      g_autofree char *name = make_name (i);

      g_ptr_array_add (groups, crowd_group (f, name));
      g_assert_true (nx_app_find_group (f->app, name) == g_ptr_array_index (groups, i));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/keyed-hash/spread", test_spread);
  g_test_add_func ("/keyed-hash/lengths", test_lengths);
  ADD_MEMORY_SCENARIO ("/keyed-hash/groups", test_groups);
  return g_test_run ();
}
