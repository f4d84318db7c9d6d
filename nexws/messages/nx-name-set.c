/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-name-set-private.h"

#include <string.h>

#define FIRST_SHIFT 3
#define LAST_SHIFT 31

/* Of names that nobody chose to collide, one is found after three steps. So many, and some for small sets, are no chance. */
#define STEPS_PER_NAME_MAX 16
#define STEPS_FREE 4096

typedef struct
{
  char *name; /* NULL: the slot is empty */
  guint hash;
} Slot;

struct _NxNameSet
{
  Slot *slots; /* 1 << shift of them */
  guint shift;
  guint n_names;
  guint64 n_steps; /* from one slot to the next, while names went in */
};

NxNameSet *
nx_name_set_new (void)
{
  NxNameSet *self = g_new0 (NxNameSet, 1);

  self->shift = FIRST_SHIFT;
  self->slots = g_new0 (Slot, 1 << FIRST_SHIFT);
  return self;
}

void
nx_name_set_free (NxNameSet *self)
{
  for (guint i = 0; i < 1u << self->shift; i++)
    g_free (self->slots[i].name);
  g_free (self->slots);
  g_free (self);
}

/* Where GHashTable (GLib 2.74) looks first, so that what collides there does so here. */
static guint
get_first_slot (const NxNameSet *self, guint hash)
{
  static const guint primes[LAST_SHIFT + 1] = {
    1,        2,        3,        7,         13,        31,        61,         127,
    251,      509,      1021,     2039,      4093,      8191,      16381,      32749,
    65521,    131071,   262139,   524287,    1048573,   2097143,   4194301,    8388593,
    16777213, 33554393, 67108859, 134217689, 268435399, 536870909, 1073741789, 2147483647,
  };

  return hash * 11 % primes[self->shift];
}

/* The slot that has it, or that it belongs in. @name: NULL when it is known to be new. */
static Slot *
find (NxNameSet *self, const char *name, guint hash)
{
  guint i = get_first_slot (self, hash);

  for (guint step = 1; self->slots[i].name != NULL; step++, self->n_steps++)
    {
      if (name != NULL && self->slots[i].hash == hash && strcmp (self->slots[i].name, name) == 0)
        break;
      i = (i + step) & ((1u << self->shift) - 1);
    }
  return &self->slots[i];
}

/* When GHashTable does. */
static void
grow (NxNameSet *self)
{
  g_autofree Slot *old = self->slots;
  guint n_old = 1u << self->shift;

  if (n_old > self->n_names + self->n_names / 16 || self->shift == LAST_SHIFT)
    {
      g_steal_pointer (&old);
      return;
    }
  self->shift++;
  self->slots = g_new0 (Slot, 1u << self->shift);
  for (guint i = 0; i < n_old; i++)
    if (old[i].name != NULL)
      *find (self, NULL, old[i].hash) = old[i];
}

NxNameVerdict
nx_name_set_add (NxNameSet *self, const char *name)
{
  guint hash = g_str_hash (name);
  Slot *slot = find (self, name, hash);

  if (slot->name != NULL)
    return NX_NAME_IS_KNOWN;
  *slot = (Slot){ g_strdup (name), hash };
  self->n_names++;
  grow (self);
  if (self->n_steps > STEPS_FREE + STEPS_PER_NAME_MAX * (guint64) self->n_names)
    return NX_NAME_IS_CROWDED;
  return NX_NAME_IS_NEW;
}
