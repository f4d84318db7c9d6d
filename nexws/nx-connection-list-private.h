/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxConnectionList: the websockets of an app as a GListModel. Adding and removing take constant time, so the order changes. */
#pragma once

#include "nx-web-socket.h"

G_BEGIN_DECLS

#define NX_TYPE_CONNECTION_LIST (nx_connection_list_get_type ())
G_DECLARE_FINAL_TYPE (NxConnectionList, nx_connection_list, NX, CONNECTION_LIST, GObject)

NxConnectionList *nx_connection_list_new (void);
void nx_connection_list_add (NxConnectionList *self, NxWebSocket *ws);
void nx_connection_list_remove (NxConnectionList *self, NxWebSocket *ws);
guint nx_connection_list_get_size (NxConnectionList *self);
NxWebSocket *nx_connection_list_peek (NxConnectionList *self, guint position);
/* Also the one that is between two places, which the two above do not see: adds references to @all, the oldest first. */
void nx_connection_list_collect (NxConnectionList *self, GPtrArray *all);
gboolean nx_connection_list_is_empty (NxConnectionList *self);
NxWebSocket *nx_connection_list_find (NxConnectionList *self, guint64 serial);

G_END_DECLS
