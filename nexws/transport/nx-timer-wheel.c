/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-timer-wheel-private.h"

#define LEVELS 4
#define SLOT_BITS 6
#define SLOTS (1 << SLOT_BITS)
#define SLOT_MASK (SLOTS - 1)

/* The farthest tick that fits: what lies beyond waits in the last slot and is sorted in again when that comes round. */
#define HORIZON ((G_GINT64_CONSTANT (1) << (SLOT_BITS * LEVELS)) - 1)

struct _NxTimerWheel
{
  gint64 tick; /* all slots up to and including this tick are empty */
  /* A bit a slot: may hold timers. Cleared when the slot is emptied, not when it becomes empty. */
  guint64 filled[LEVELS];
  NxTimer slots[LEVELS][SLOTS];
  NxTimer expired; /* due, not fired yet */
};

static void
list_init (NxTimer *head)
{
  head->previous = head->next = head;
}

static gboolean
list_is_empty (const NxTimer *head)
{
  return head->next == head;
}

static void
list_append (NxTimer *head, NxTimer *timer)
{
  timer->previous = head->previous;
  timer->next = head;
  head->previous->next = timer;
  head->previous = timer;
}

static void
list_remove (NxTimer *timer)
{
  timer->previous->next = timer->next;
  timer->next->previous = timer->previous;
  timer->previous = timer->next = NULL;
}

void
nx_timer_init (NxTimer *timer, NxTimerFunc func)
{
  timer->previous = timer->next = NULL;
  timer->due_us = 0;
  timer->func = func;
}

gboolean
nx_timer_is_started (const NxTimer *timer)
{
  return timer->previous != NULL;
}

NxTimerWheel *
nx_timer_wheel_new (gint64 now_us)
{
  NxTimerWheel *self = g_new0 (NxTimerWheel, 1);

  self->tick = now_us / NX_TIMER_TICK_US;
  for (guint level = 0; level < LEVELS; level++)
    for (guint slot = 0; slot < SLOTS; slot++)
      list_init (&self->slots[level][slot]);
  list_init (&self->expired);
  return self;
}

static void
abandon (NxTimer *head)
{
  while (!list_is_empty (head))
    list_remove (head->next);
}

void
nx_timer_wheel_clear (NxTimerWheel *self)
{
  for (guint level = 0; level < LEVELS; level++)
    for (guint slot = 0; slot < SLOTS; slot++)
      abandon (&self->slots[level][slot]);
  abandon (&self->expired);
}

void
nx_timer_wheel_free (NxTimerWheel *self)
{
  nx_timer_wheel_clear (self);
  g_free (self);
}

static void
insert (NxTimerWheel *self, NxTimer *timer)
{
  /* Rounded up: a timer may be late by a tick, but never early. */
  gint64 tick = timer->due_us / NX_TIMER_TICK_US + (timer->due_us % NX_TIMER_TICK_US != 0);
  gint64 distance = MIN (tick - self->tick, HORIZON);
  guint level = 0, slot;

  if (distance <= 0)
    {
      list_append (&self->expired, timer);
      return;
    }

  while (distance >> (SLOT_BITS * (level + 1)) != 0)
    level++;
  slot = ((self->tick + distance) >> (SLOT_BITS * level)) & SLOT_MASK;
  list_append (&self->slots[level][slot], timer);
  self->filled[level] |= G_GUINT64_CONSTANT (1) << slot;
}

void
nx_timer_wheel_start (NxTimerWheel *self, NxTimer *timer, gint64 due_us)
{
  nx_timer_wheel_stop (self, timer);
  timer->due_us = due_us;
  insert (self, timer);
}

void
nx_timer_wheel_stop (NxTimerWheel *self, NxTimer *timer)
{
  if (nx_timer_is_started (timer))
    list_remove (timer);
}

/* The tick at which the next filled slot of @level begins; -1 when the level is empty. */
static gint64
next_tick_of_level (const NxTimerWheel *self, guint level)
{
  gint64 turn = self->tick >> (SLOT_BITS * level);
  guint from = (turn + 1) & SLOT_MASK;
  guint64 filled = self->filled[level];

  if (filled == 0)
    return -1;
  if (from != 0)
    filled = filled >> from | filled << (SLOTS - from);
  return (turn + 1 + __builtin_ctzll (filled)) << (SLOT_BITS * level);
}

static gint64
next_tick (const NxTimerWheel *self)
{
  gint64 nearest = G_MAXINT64;

  for (guint level = 0; level < LEVELS; level++)
    {
      gint64 tick = next_tick_of_level (self, level);

      if (tick >= 0)
        nearest = MIN (nearest, tick);
    }
  return nearest;
}

gint64
nx_timer_wheel_get_next (const NxTimerWheel *self)
{
  gint64 tick;

  if (!list_is_empty (&self->expired))
    return self->tick * NX_TIMER_TICK_US;
  tick = next_tick (self);
  return tick == G_MAXINT64 ? G_MAXINT64 : tick * NX_TIMER_TICK_US;
}

/* Empties the slots that begin at the wheel's tick: what is due expires, the rest moves a level down. */
static void
empty_slots_at_tick (NxTimerWheel *self)
{
  for (guint level = LEVELS; level-- > 0;)
    {
      guint slot = (self->tick >> (SLOT_BITS * level)) & SLOT_MASK;
      NxTimer *head = &self->slots[level][slot];

      if ((self->tick & ((G_GINT64_CONSTANT (1) << (SLOT_BITS * level)) - 1)) != 0)
        continue;
      self->filled[level] &= ~(G_GUINT64_CONSTANT (1) << slot);
      while (!list_is_empty (head))
        {
          NxTimer *timer = head->next;

          list_remove (timer);
          insert (self, timer);
        }
    }
}

static void
advance (NxTimerWheel *self, gint64 to_tick)
{
  while (self->tick < to_tick)
    {
      gint64 tick = next_tick (self);

      if (tick > to_tick)
        {
          self->tick = to_tick;
          return;
        }
      self->tick = tick;
      empty_slots_at_tick (self);
    }
}

gboolean
nx_timer_wheel_expire (NxTimerWheel *self, gint64 now_us)
{
  gint64 tick = now_us / NX_TIMER_TICK_US + 1;
  gboolean is_found = FALSE;

  advance (self, tick - 1);
  /* Whichever level a timer of the tick under way was put on, it is in a slot that begins with the next one. */
  for (guint level = 0; level < LEVELS; level++)
    {
      NxTimer *head = &self->slots[level][(tick >> (SLOT_BITS * level)) & SLOT_MASK];

      if ((tick & ((G_GINT64_CONSTANT (1) << (SLOT_BITS * level)) - 1)) != 0)
        break;
      for (NxTimer *timer = head->next, *next; timer != head; timer = next)
        {
          next = timer->next;
          if (timer->due_us > now_us)
            continue;
          list_remove (timer);
          list_append (&self->expired, timer);
          is_found = TRUE;
        }
    }
  return is_found;
}

/* GCC 14 does not see that `end` has left the list before it ends. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#endif
gboolean
nx_timer_wheel_turn (NxTimerWheel *self, gint64 now_us, guint max)
{
  NxTimer end; /* behind it, what callbacks start in the past: for the next turn */

  advance (self, now_us / NX_TIMER_TICK_US);

  list_append (&self->expired, &end);
  /* A callback may stop them all, the end included. */
  while (nx_timer_is_started (&end) && self->expired.next != &end && max-- > 0)
    {
      NxTimer *timer = self->expired.next;

      list_remove (timer);
      timer->func (timer);
    }
  nx_timer_wheel_stop (self, &end);
  return !list_is_empty (&self->expired);
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
