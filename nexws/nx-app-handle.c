/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-app-handle-private.h"

NxAppHandle *
nx_app_handle_new (NxApp *app)
{
  NxAppHandle *self = g_atomic_rc_box_new0 (NxAppHandle);

  self->app = app;
  self->id_prefix = g_random_int ();
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
nx_app_handle_make_id (const NxAppHandle *self, guint64 serial)
{
  return g_strdup_printf ("%08x-%" G_GUINT64_FORMAT, self->id_prefix, serial);
}
