/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "routing/nx-path-params-private.h"

static void
test_params (void)
{
  g_auto (NxPathParams) params = NX_PATH_PARAMS_INIT;

  g_assert_cmpuint (nx_path_params_get_size (&params), ==, 0);
  g_assert_null (nx_path_params_find (&params, "a"));
  nx_path_params_truncate (&params, 0);

  nx_path_params_add (&params, "a", g_strdup ("1"));
  nx_path_params_add (&params, "b", g_strdup ("2"));
  nx_path_params_add (&params, "a", g_strdup ("3"));
  g_assert_cmpuint (nx_path_params_get_size (&params), ==, 3);
  g_assert_cmpstr (nx_path_params_get_name (&params, 1), ==, "b");
  g_assert_cmpstr (nx_path_params_get_value (&params, 0), ==, "1");

  /* The innermost wins, and what was there before comes back. */
  g_assert_cmpstr (nx_path_params_find (&params, "a"), ==, "3");
  nx_path_params_truncate (&params, 2);
  g_assert_cmpstr (nx_path_params_find (&params, "a"), ==, "1");
  g_assert_null (nx_path_params_find (&params, "1"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/path-params/params", test_params);

  return g_test_run ();
}
