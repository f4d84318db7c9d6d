/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxTimerWheel: every deadline of a reactor, started and stopped in constant time (a hierarchical timing wheel).
 * A timer is embedded in its owner, fires once, never early, and late by at most one tick.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define NX_TIMER_TICK_US 8192

typedef struct _NxTimer NxTimer;
typedef struct _NxTimerWheel NxTimerWheel;
typedef void (*NxTimerFunc) (NxTimer *timer);

struct _NxTimer
{
  NxTimer *previous; /* NULL while not started */
  NxTimer *next;
  gint64 due_us;
  NxTimerFunc func;
};

void nx_timer_init (NxTimer *timer, NxTimerFunc func);
gboolean nx_timer_is_started (const NxTimer *timer);

NxTimerWheel *nx_timer_wheel_new (gint64 now_us);
/* Timers that are still started belong to nobody from then on. */
void nx_timer_wheel_free (NxTimerWheel *self);

/* A started timer is moved. A due time in the past fires at the next turn. */
void nx_timer_wheel_start (NxTimerWheel *self, NxTimer *timer, gint64 due_us);
void nx_timer_wheel_stop (NxTimerWheel *self, NxTimer *timer);
/* Stops all. */
void nx_timer_wheel_clear (NxTimerWheel *self);

/* When to turn next: never later than the first timer's due time plus a tick. G_MAXINT64 without timers. */
gint64 nx_timer_wheel_get_next (const NxTimerWheel *self);
/* Fires what is due at @now_us, at most @max timers; TRUE when more are due. */
gboolean nx_timer_wheel_turn (NxTimerWheel *self, gint64 now_us, guint max);
/* Makes that due at @now_us which the tick would hold back: for a clock that stands still there. TRUE when it found any. */
gboolean nx_timer_wheel_expire (NxTimerWheel *self, gint64 now_us);

G_END_DECLS
