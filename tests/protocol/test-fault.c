/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-close-private.h"
#include "protocol/nx-fault-private.h"

/* Each fault has a name of its own, and a code that may be sent. */
static void
test_every_fault (void)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (NxFault fault = NX_FAULT_NONE; fault < NX_N_FAULTS; fault++)
    {
      const char *name = nx_fault_to_string (fault);

      g_assert_nonnull (name);
      g_assert_true (g_hash_table_add (names, (gpointer) name));
      g_assert_cmpint (nx_close_code_is_valid_on_wire (nx_fault_to_close_code (fault)), ==,
                       fault != NX_FAULT_NONE);
    }
}

static void
test_codes (void)
{
  g_assert_cmpuint (nx_fault_to_close_code (NX_FAULT_NONE), ==, 0);
  g_assert_cmpuint (nx_fault_to_close_code (NX_FAULT_UNMASKED), ==, 1002);
  g_assert_cmpuint (nx_fault_to_close_code (NX_FAULT_UTF8), ==, 1007);
  g_assert_cmpuint (nx_fault_to_close_code (NX_FAULT_TOO_MANY_FRAGMENTS), ==, 1008);
  g_assert_cmpuint (nx_fault_to_close_code (NX_FAULT_MESSAGE_TOO_BIG), ==, 1009);
  g_assert_cmpuint (nx_fault_to_close_code (NX_FAULT_NO_MEMORY), ==, 1011);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fault/every-fault", test_every_fault);
  g_test_add_func ("/fault/codes", test_codes);
  return g_test_run ();
}
