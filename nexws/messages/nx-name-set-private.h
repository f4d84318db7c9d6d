/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxNameSet: the names of one object's members, so that none comes twice, and that a peer has not chosen them to collide.
 *
 * JsonObject keeps its members in a GHashTable under g_str_hash(), which knows no secret: whoever picks names that all belong in the
 * same place has each of them compared with all that came before, and 1 MiB of them keeps the main loop busy for a minute.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _NxNameSet NxNameSet;

typedef enum {
  NX_NAME_IS_NEW,
  NX_NAME_IS_KNOWN,
  NX_NAME_IS_CROWDED, /* it went in, and there are far more collisions than chance would have */
} NxNameVerdict;

NxNameSet *nx_name_set_new (void);
void nx_name_set_free (NxNameSet *self);
NxNameVerdict nx_name_set_add (NxNameSet *self, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxNameSet, nx_name_set_free)

G_END_DECLS
