/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-app-handle-private.h"

#include <string.h>

NxAppHandle *
nx_app_handle_new (NxApp *app)
{
  NxAppHandle *self = g_atomic_rc_box_new0 (NxAppHandle);

  self->app = app;
  while (self->node == 0)
    self->node = (guint64) g_random_int () << 32 | g_random_int ();
  return self;
}

NxAppHandle *
nx_app_handle_ref (NxAppHandle *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
nx_app_handle_unref (NxAppHandle *self)
{
  g_atomic_rc_box_release (self);
}

char *
nx_app_handle_format_id (guint64 node, guint64 serial)
{
  return g_strdup_printf ("%" G_GINT64_MODIFIER "x-%" G_GUINT64_FORMAT, node, serial);
}

char *
nx_app_handle_make_id (const NxAppHandle *self, guint64 serial)
{
  return nx_app_handle_format_id (self->node, serial);
}

/* What is not as we write it is none: no two ids are one websocket's. */
gboolean
nx_app_handle_parse_id (const char *id, guint64 *node, guint64 *serial)
{
  const char *dash = strchr (id, '-');
  g_autofree char *made = NULL;

  if (dash == NULL)
    return FALSE;
  *node = g_ascii_strtoull (id, NULL, 16);
  *serial = g_ascii_strtoull (dash + 1, NULL, 10);
  made = nx_app_handle_format_id (*node, *serial);
  return strcmp (made, id) == 0;
}
