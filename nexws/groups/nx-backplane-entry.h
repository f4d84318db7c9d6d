/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include <glib-object.h>

#include "nx-version.h"

G_BEGIN_DECLS

/**
 * NxBackplaneEntry:
 *
 * One message of a group's history, as a [class@Backplane] recorded it.
 *
 * Since: 0.1
 */
typedef struct _NxBackplaneEntry NxBackplaneEntry;

#define NX_TYPE_BACKPLANE_ENTRY (nx_backplane_entry_get_type ())
NX_AVAILABLE_IN_ALL
GType nx_backplane_entry_get_type (void);
NX_AVAILABLE_IN_ALL
NxBackplaneEntry *nx_backplane_entry_new (const char *id,
                                          GBytes *envelope) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
NxBackplaneEntry *nx_backplane_entry_ref (NxBackplaneEntry *self);
NX_AVAILABLE_IN_ALL
void nx_backplane_entry_unref (NxBackplaneEntry *self);
NX_AVAILABLE_IN_ALL
const char *nx_backplane_entry_get_id (NxBackplaneEntry *self);
NX_AVAILABLE_IN_ALL
GBytes *nx_backplane_entry_get_envelope (NxBackplaneEntry *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxBackplaneEntry, nx_backplane_entry_unref)

G_END_DECLS
