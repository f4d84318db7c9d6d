/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxClock: where the reactor has its time from. Monotonic in life, turned by hand in a test, so that a test of a
 * twenty-second deadline takes no time and cannot be late.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _NxClock NxClock;

NxClock *nx_clock_new_monotonic (void);
/* Starts at @now_us and moves only by nx_clock_advance(). */
NxClock *nx_clock_new_manual (gint64 now_us);
NxClock *nx_clock_ref (NxClock *self);
void nx_clock_unref (NxClock *self);

/* The clock of the apps that are made in this thread from now on; NULL for a monotonic one. For tests. */
void nx_clock_set_default (NxClock *self);
NxClock *nx_clock_dup_default (void);

gint64 nx_clock_get_now (const NxClock *self); /* microseconds */
/* From now on it moves only by nx_clock_advance(). */
void nx_clock_freeze (NxClock *self);
gboolean nx_clock_is_manual (const NxClock *self);
void nx_clock_advance (NxClock *self, gint64 by_us);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxClock, nx_clock_unref)

G_END_DECLS
