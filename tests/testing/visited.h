/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An app with what a client may meet, and a client of it.
 */
#pragma once

#include "must.h"

typedef struct
{
  NxApp *app;
  NxTestClient *client;
  GString *log; /* what the app's side saw */
} Fixture;

#define assert_fails(call, code, part)                                                             \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (GError) error_ = NULL;                                                              \
    GError **e = &error_;                                                                          \
    g_assert_false (!!(call));                                                                     \
    g_assert_error (error_, NX_ERROR, code);                                                       \
    if (strstr (error_->message, part) == NULL)                                                    \
      g_error ("%s: \"%s\" is not in \"%s\"", G_STRLOC, part, error_->message);                    \
  }                                                                                                \
  G_STMT_END

void set_up (Fixture *f, gconstpointer data);
void tear_down (Fixture *f, gconstpointer data);

#define ADD(path, func) g_test_add ("/test-client/" path, Fixture, NULL, set_up, func, tear_down)
