/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all of a backplane stands on: what is private to it, and how it tells that something is wrong. */
#include "config.h"

#include "groups/nx-backplane-private.h"

/* The object's file defines the type, and calls the others: those do not call it. */
static int private_offset;

NxBackplanePrivate *
nx_backplane_get_private (NxBackplane *self)
{
  return G_STRUCT_MEMBER_P (self, private_offset);
}

void
nx_backplane_set_up_base (NxBackplaneClass *klass)
{
  private_offset = g_type_class_get_instance_private_offset (klass);
}

/**
 * nx_backplane_report:
 * @self: a backplane
 * @error: (nullable): what is wrong, without a password in it; %NULL: nothing is any more
 *
 * For implementations: sets [property@Backplane:problem], and logs it: when it is another one, and else once a minute.
 *
 * Since: 0.1
 */
void
nx_backplane_report (NxBackplane *self, const GError *error)
{
  NxBackplanePrivate *priv;
  gint64 now_us = g_get_monotonic_time ();
  gboolean is_new;

  g_return_if_fail (NX_IS_BACKPLANE (self));

  priv = nx_backplane_get_private (self);
  is_new = g_strcmp0 (priv->problem, error != NULL ? error->message : NULL) != 0;
  if (error != NULL && (is_new || now_us - priv->reported_us >= NX_BACKPLANE_REPORT_EVERY_US))
    {
      priv->reported_us = now_us;
      g_warning ("Backplane: %s", error->message);
    }
  if (!is_new)
    return;
  g_free (priv->problem);
  priv->problem = error != NULL ? g_strdup (error->message) : NULL;
  g_object_notify (G_OBJECT (self), "problem");
}
