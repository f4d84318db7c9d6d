/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxConnectionList: websockets as a GListModel: all of an app, or the members of a group. Adding and removing take constant time, so the
 * order changes. A websocket keeps its place in each list that it is in.
 */
#pragma once

#include "nx-web-socket.h"

G_BEGIN_DECLS

#define NX_TYPE_CONNECTION_LIST (nx_connection_list_get_type ())
G_DECLARE_FINAL_TYPE (NxConnectionList, nx_connection_list, NX, CONNECTION_LIST, GObject)

/* The app's list. */
NxConnectionList *nx_connection_list_new (void);
/* One of many that a websocket can be in: it has a NxListPlace for each. */
NxConnectionList *nx_connection_list_new_partial (gpointer owner);
gpointer nx_connection_list_get_owner (NxConnectionList *self);
void nx_connection_list_disown (NxConnectionList *self);
/* @ws: not contained. @data: of its place, in a partial list. */
void nx_connection_list_add (NxConnectionList *self, NxWebSocket *ws, gpointer data);
/* FALSE: it was not in it, is being removed already, or was added again by whoever was told of its removal. */
gboolean nx_connection_list_remove (NxConnectionList *self, NxWebSocket *ws);
/* Not while it is being removed. */
gboolean nx_connection_list_contains (NxConnectionList *self, NxWebSocket *ws);
guint nx_connection_list_get_size (NxConnectionList *self);
NxWebSocket *nx_connection_list_peek (NxConnectionList *self, guint position);
/* Whether size and peek tell of exactly those that it contains: always, but to those who are told of a removal. */
gboolean nx_connection_list_is_settled (NxConnectionList *self);
guint nx_connection_list_count_members (NxConnectionList *self);
/* Adds references to all that it contains. */
void nx_connection_list_collect_members (NxConnectionList *self, GPtrArray *all);
/* Of the app's list. Also the one that is between two places, which the two above do not see: adds references to @all, the oldest first. */
void nx_connection_list_collect (NxConnectionList *self, GPtrArray *all);
/* The same. */
gboolean nx_connection_list_is_empty (NxConnectionList *self);
/* The same. */
NxWebSocket *nx_connection_list_find (NxConnectionList *self, guint64 serial);

G_END_DECLS
