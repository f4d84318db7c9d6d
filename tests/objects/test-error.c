/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom an error is told: the caller, or when that does not look and it was a mistake of the program, the log. */
#include "fixture.h"

#include "nx-error-private.h"

static void
test_domain (void)
{
  g_assert_cmpstr (g_quark_to_string (NX_ERROR), ==, "nx-error-quark");
}

/* What somebody looks at is not logged. */
static void
test_given (void)
{
  for (int code = NX_ERROR_DISCONNECTED; code <= NX_ERROR_INVALID_ARGUMENT; code++)
    {
      GError *error = NULL;

      nx_error_set (&error, code, "number %d", code);
      g_assert_error (error, NX_ERROR, code);
      g_assert_cmpint (g_ascii_strtoll (error->message + 7, NULL, 10), ==, code);
      g_error_free (error);
    }
}

static void
test_mistakes (void)
{
  const NxError mistakes[] = { NX_ERROR_INVALID_STATE, NX_ERROR_INVALID_ARGUMENT, NX_ERROR_PATTERN,
                               NX_ERROR_TOO_LARGE, NX_ERROR_UNSUPPORTED };

  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "test_mistakes: oh");
      nx_error_set (NULL, mistakes[i], "oh");
      g_test_assert_expected_messages ();
    }
}

/* A warning would end the test. */
static void
test_not_mistakes (void)
{
  const NxError others[] = { NX_ERROR_DISCONNECTED, NX_ERROR_INVALID_DATA, NX_ERROR_TIMEOUT,
                             NX_ERROR_ADDRESS,      NX_ERROR_SLOW_PEER,    NX_ERROR_BACKPLANE };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    nx_error_set (NULL, others[i], "oh");
  nx_error_give (NULL, g_error_new_literal (G_IO_ERROR, NX_ERROR_INVALID_STATE, "oh"), G_STRFUNC);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/domain", test_domain);
  g_test_add_func ("/error/given", test_given);
  g_test_add_func ("/error/mistakes", test_mistakes);
  g_test_add_func ("/error/not-mistakes", test_not_mistakes);
  return g_test_run ();
}
