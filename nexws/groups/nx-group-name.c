/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-groups-private.h"

#include <string.h>

#include "nx-error.h"

gboolean
nx_groups_check_name (const char *name, GError **error)
{
  gsize length = strlen (name);

  if (length > NX_GROUP_NAME_MAX)
    g_set_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT,
                 "A group's name has at most %d octets, this one has %" G_GSIZE_FORMAT,
                 NX_GROUP_NAME_MAX, length);
  else if (length == 0)
    g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "A group has a name");
  else if (!g_utf8_validate_len (name, length, NULL))
    g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "A group's name is UTF-8");
  else
    return TRUE;
  return FALSE;
}
