/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-backplane-entry.h"

struct _NxBackplaneEntry
{
  char *id;
  GBytes *envelope; /* NULL, inside of the library: messages are missing here */
};

G_DEFINE_BOXED_TYPE (NxBackplaneEntry,
                     nx_backplane_entry,
                     nx_backplane_entry_ref,
                     nx_backplane_entry_unref)

static void
clear (gpointer data)
{
  NxBackplaneEntry *self = data;

  g_free (self->id);
  g_clear_pointer (&self->envelope, g_bytes_unref);
}

/**
 * nx_backplane_entry_new: (constructor)
 * @id: its id: of two entries of a group, the later one's is another
 * @envelope: (nullable): what was published, octet for octet
 *
 * Makes an entry, for [method@Backplane.fetched].
 *
 * Returns: (transfer full): the entry
 *
 * Since: 0.1
 */
NxBackplaneEntry *
nx_backplane_entry_new (const char *id, GBytes *envelope)
{
  NxBackplaneEntry *self;

  g_return_val_if_fail (id != NULL, NULL);

  self = g_atomic_rc_box_new0 (NxBackplaneEntry);
  self->id = g_strdup (id);
  self->envelope = envelope != NULL ? g_bytes_ref (envelope) : NULL;
  return self;
}

/**
 * nx_backplane_entry_ref:
 * @self: an entry
 *
 * Takes a reference.
 *
 * Returns: (transfer full): the same entry
 *
 * Since: 0.1
 */
NxBackplaneEntry *
nx_backplane_entry_ref (NxBackplaneEntry *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_atomic_rc_box_acquire (self);
}

/**
 * nx_backplane_entry_unref:
 * @self: (transfer full): an entry
 *
 * Gives a reference back.
 *
 * Since: 0.1
 */
void
nx_backplane_entry_unref (NxBackplaneEntry *self)
{
  g_return_if_fail (self != NULL);

  g_atomic_rc_box_release_full (self, clear);
}

/**
 * nx_backplane_entry_get_id:
 * @self: an entry
 *
 * Its place in the history.
 *
 * Returns: (transfer none): the id
 *
 * Since: 0.1
 */
const char *
nx_backplane_entry_get_id (NxBackplaneEntry *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->id;
}

/**
 * nx_backplane_entry_get_envelope:
 * @self: an entry
 *
 * What was published.
 *
 * Returns: (transfer none) (nullable): the octets
 *
 * Since: 0.1
 */
GBytes *
nx_backplane_entry_get_envelope (NxBackplaneEntry *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->envelope;
}
