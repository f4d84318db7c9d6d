/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-connection-list-private.h"

#include <gio/gio.h>

#include "nx-web-socket-private.h"

/* What a websocket's list_position says when it is in no list, or between two places of one. */
#define NOWHERE G_MAXUINT
#define IN_TRANSIT (G_MAXUINT - 1)

struct _NxConnectionList
{
  GObject parent_instance;
  GPtrArray *items;
  GHashTable *by_serial; /* of pointers to the guint64 inside each */
};

static void nx_connection_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (NxConnectionList,
                               nx_connection_list,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      nx_connection_list_model_init))

static GType
nx_connection_list_get_item_type (GListModel *model)
{
  return NX_TYPE_WEB_SOCKET;
}

static guint
nx_connection_list_get_n_items (GListModel *model)
{
  return NX_CONNECTION_LIST (model)->items->len;
}

static gpointer
nx_connection_list_get_item (GListModel *model, guint position)
{
  NxConnectionList *self = NX_CONNECTION_LIST (model);

  return position < self->items->len ? g_object_ref (g_ptr_array_index (self->items, position))
                                     : NULL;
}

static void
nx_connection_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = nx_connection_list_get_item_type;
  iface->get_n_items = nx_connection_list_get_n_items;
  iface->get_item = nx_connection_list_get_item;
}

static void
nx_connection_list_finalize (GObject *object)
{
  NxConnectionList *self = NX_CONNECTION_LIST (object);

  g_hash_table_unref (self->by_serial);
  g_ptr_array_unref (self->items);
  G_OBJECT_CLASS (nx_connection_list_parent_class)->finalize (object);
}

static void
nx_connection_list_class_init (NxConnectionListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = nx_connection_list_finalize;
}

static void
nx_connection_list_init (NxConnectionList *self)
{
  self->items = g_ptr_array_new_with_free_func (g_object_unref);
  self->by_serial = g_hash_table_new (g_int64_hash, g_int64_equal);
}

NxConnectionList *
nx_connection_list_new (void)
{
  return g_object_new (NX_TYPE_CONNECTION_LIST, NULL);
}

static NxWebSocket *
steal_last (NxConnectionList *self)
{
  guint last = self->items->len - 1;
  NxWebSocket *ws = g_ptr_array_steal_index (self->items, last);

  ws->list_position = IN_TRANSIT;
  g_list_model_items_changed (G_LIST_MODEL (self), last, 1, 0);
  return ws;
}

/* Takes @ws. */
static void
append (NxConnectionList *self, NxWebSocket *ws)
{
  ws->list_position = self->items->len;
  g_ptr_array_add (self->items, ws);
  g_list_model_items_changed (G_LIST_MODEL (self), ws->list_position, 0, 1);
}

/* Takes @ws. */
static void
replace (NxConnectionList *self, guint position, NxWebSocket *ws)
{
  g_autoptr (NxWebSocket) old = self->items->pdata[position];

  old->list_position = NOWHERE;
  ws->list_position = position;
  self->items->pdata[position] = ws;
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 1);
}

/* The last one takes the place of the one that goes: two small changes, each told when it is done. Whoever is told of the first one
 * may change the list as well. */
static void
take_out (NxConnectionList *self, NxWebSocket *ws)
{
  g_autoptr (NxWebSocket) last = steal_last (self);

  if (last == ws)
    ws->list_position = NOWHERE;
  else if (last->list_position != IN_TRANSIT) /* it was removed meanwhile */
    nx_connection_list_remove (self, ws);
  else if (ws->list_position == NOWHERE) /* and so was this one: its place is nobody's any more */
    append (self, g_steal_pointer (&last));
  else
    replace (self, ws->list_position, g_steal_pointer (&last));
}

void
nx_connection_list_add (NxConnectionList *self, NxWebSocket *ws)
{
  g_hash_table_insert (self->by_serial, &ws->serial, ws);
  append (self, g_object_ref (ws));
}

void
nx_connection_list_remove (NxConnectionList *self, NxWebSocket *ws)
{
  if (ws->list_position == NOWHERE)
    return;
  g_hash_table_remove (self->by_serial, &ws->serial);
  if (ws->list_position == IN_TRANSIT)
    {
      ws->list_position = NOWHERE;
      return;
    }
  g_object_ref (self);
  take_out (self, ws);
  g_object_unref (self);
}

guint
nx_connection_list_get_size (NxConnectionList *self)
{
  return self->items->len;
}

NxWebSocket *
nx_connection_list_peek (NxConnectionList *self, guint position)
{
  return g_ptr_array_index (self->items, position);
}

NxWebSocket *
nx_connection_list_find (NxConnectionList *self, guint64 serial)
{
  return g_hash_table_lookup (self->by_serial, &serial);
}

static int
compare_serials (gconstpointer one, gconstpointer two)
{
  guint64 first = (*(NxWebSocket *const *) one)->serial;
  guint64 second = (*(NxWebSocket *const *) two)->serial;

  return (first > second) - (first < second);
}

void
nx_connection_list_collect (NxConnectionList *self, GPtrArray *all)
{
  GHashTableIter iter;
  gpointer ws;

  g_hash_table_iter_init (&iter, self->by_serial);
  while (g_hash_table_iter_next (&iter, NULL, &ws))
    g_ptr_array_add (all, g_object_ref (ws));
  g_ptr_array_sort (all, compare_serials);
}

gboolean
nx_connection_list_is_empty (NxConnectionList *self)
{
  return g_hash_table_size (self->by_serial) == 0;
}
