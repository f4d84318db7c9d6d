/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nx-error.h"

G_BEGIN_DECLS

/*
 * Gives @local to @error as g_propagate_error() does; when nobody looks and it was a programming mistake, it is logged
 * with the function's name. A peer that has gone is not one.
 */
void nx_error_give (GError **error, GError *local, const char *function);

#define nx_error_set(error, code, ...)                                                             \
  nx_error_give (error, g_error_new (NX_ERROR, code, __VA_ARGS__), G_STRFUNC)

G_END_DECLS
