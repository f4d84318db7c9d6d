/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxAddressTable: what is remembered of the addresses that clients come from. Those with connections are kept; of the others only
 * as many as allowed, the latest ones, so that it costs nothing to come from many.
 *
 * An IPv6 client has a whole /64 to come from, which counts as one address; processes behind a unix socket count by their user.
 */
#pragma once

#include "middleware/nx-token-bucket-private.h"
#include "nx-web-socket.h"

G_BEGIN_DECLS

typedef struct _NxAddressTable NxAddressTable;

typedef struct
{
  guint64 key;
  guint kind;
  guint n_users;
  GList idle_link; /* in the table's queue, while there are no users */
  NxTokenBucket messages;
  NxTokenBucket bytes;
} NxAddressEntry;

NxAddressTable *nx_address_table_new (void);
NxAddressTable *nx_address_table_ref (NxAddressTable *self);
void nx_address_table_unref (NxAddressTable *self);
void nx_address_table_set_max_idle (NxAddressTable *self, guint max_idle);
guint nx_address_table_get_size (NxAddressTable *self);

/* @is_new: its buckets are to be filled. To be given back with nx_address_table_leave(). */
NxAddressEntry *nx_address_table_enter (NxAddressTable *self, NxWebSocket *ws, gboolean *is_new);
void nx_address_table_leave (NxAddressTable *self, NxAddressEntry *entry);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxAddressTable, nx_address_table_unref)

G_END_DECLS
