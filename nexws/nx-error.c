/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-error-private.h"

/**
 * nx_error_quark:
 *
 * What tells the errors of this library from all others.
 *
 * Returns: the error domain
 *
 * Since: 0.1
 */
/* clang-format off */
G_DEFINE_QUARK (nx-error-quark, nx_error)
/* clang-format on */

static gboolean
is_mistake (const GError *error)
{
  return error->domain == NX_ERROR
         && (error->code == NX_ERROR_INVALID_STATE || error->code == NX_ERROR_INVALID_ARGUMENT
             || error->code == NX_ERROR_PATTERN || error->code == NX_ERROR_TOO_LARGE
             || error->code == NX_ERROR_UNSUPPORTED);
}

void
nx_error_give (GError **error, GError *local, const char *function)
{
  if (error == NULL && is_mistake (local))
    g_warning ("%s: %s", function, local->message);
  g_propagate_error (error, local);
}
