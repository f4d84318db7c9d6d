/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-clock-private.h"

struct _NxClock
{
  gatomicrefcount ref_count;
  gboolean is_manual;
  gint64 now_us; /* of a manual clock */
};

static NxClock *
clock_new (gboolean is_manual, gint64 now_us)
{
  NxClock *self = g_new0 (NxClock, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->is_manual = is_manual;
  self->now_us = now_us;
  return self;
}

NxClock *
nx_clock_new_monotonic (void)
{
  return clock_new (FALSE, 0);
}

NxClock *
nx_clock_new_manual (gint64 now_us)
{
  return clock_new (TRUE, now_us);
}

NxClock *
nx_clock_ref (NxClock *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
nx_clock_unref (NxClock *self)
{
  if (g_atomic_ref_count_dec (&self->ref_count))
    g_free (self);
}

static GPrivate default_clock = G_PRIVATE_INIT ((GDestroyNotify) nx_clock_unref);

void
nx_clock_set_default (NxClock *self)
{
  g_private_replace (&default_clock, self != NULL ? nx_clock_ref (self) : NULL);
}

NxClock *
nx_clock_dup_default (void)
{
  NxClock *self = g_private_get (&default_clock);

  return self != NULL ? nx_clock_ref (self) : nx_clock_new_monotonic ();
}

gint64
nx_clock_get_now (const NxClock *self)
{
  return self->is_manual ? self->now_us : g_get_monotonic_time ();
}

void
nx_clock_freeze (NxClock *self)
{
  self->now_us = nx_clock_get_now (self);
  self->is_manual = TRUE;
}

gboolean
nx_clock_is_manual (const NxClock *self)
{
  return self->is_manual;
}

void
nx_clock_advance (NxClock *self, gint64 by_us)
{
  g_assert (self->is_manual && by_us >= 0);
  self->now_us += by_us;
}
