/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For tests with NxTestClient: they fail at once, where they stand, with the client's own sentence. */
#pragma once

#include <nexws.h>

#include <string.h>

/* must (expect_text, client, "hello"): nx_test_client_expect_text() does. */
#define must(verb, ...)                                                                            \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (GError) error_ = NULL;                                                              \
    gboolean is_done_ = nx_test_client_##verb (__VA_ARGS__, &error_);                              \
    g_assert_no_error (error_);                                                                    \
    g_assert_true (is_done_);                                                                      \
  }                                                                                                \
  G_STMT_END

/* @error: of this domain and code, and its message has this in it; frees it. */
#define expect_error(error, domain, code, part)                                                    \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_assert_error (error, domain, code);                                                          \
    if (strstr ((error)->message, part) == NULL)                                                   \
      g_error ("%s: \"%s\" is not in \"%s\"", G_STRLOC, part, (error)->message);                   \
    g_clear_error (&(error));                                                                      \
  }                                                                                                \
  G_STMT_END
