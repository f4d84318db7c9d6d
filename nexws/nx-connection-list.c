/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-connection-list-private.h"

#include <gio/gio.h>

#include "nx-web-socket-private.h"

/* What a websocket's place says when it is in no list, or between two places of one. */
#define NOWHERE G_MAXUINT
#define IN_TRANSIT (G_MAXUINT - 1)

/* The one that moves into the gap of another, on the stack of who moves it. */
typedef struct _Transit Transit;
struct _Transit
{
  NxWebSocket *ws;
  Transit *outer;
};

struct _NxConnectionList
{
  GObject parent_instance;
  gpointer owner; /* (nullable) not owned */
  GPtrArray *items;
  Transit *transits;
  guint n_leaving; /* of which a removal has begun and not ended */
  GHashTable
      *by_serial; /* of pointers to the guint64 inside each. NULL: this is not the app's list */
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

  g_clear_pointer (&self->by_serial, g_hash_table_unref);
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
}

NxConnectionList *
nx_connection_list_new (void)
{
  NxConnectionList *self = g_object_new (NX_TYPE_CONNECTION_LIST, NULL);

  self->by_serial = g_hash_table_new (g_int64_hash, g_int64_equal);
  return self;
}

NxConnectionList *
nx_connection_list_new_partial (gpointer owner)
{
  NxConnectionList *self = g_object_new (NX_TYPE_CONNECTION_LIST, NULL);

  self->owner = owner;
  return self;
}

gpointer
nx_connection_list_get_owner (NxConnectionList *self)
{
  return self->owner;
}

void
nx_connection_list_disown (NxConnectionList *self)
{
  self->owner = NULL;
}

/* -- Where a websocket stands -- */

/* Its place in the app's list is a field of it; those in other lists are looked for. NULL: it is not here. */
static guint *
find_position (NxConnectionList *self, NxWebSocket *ws)
{
  NxListPlace *place;

  if (self->by_serial != NULL)
    return ws->list_position != NOWHERE ? &ws->list_position : NULL;
  place = nx_web_socket_find_place (ws, self);
  return place != NULL ? &place->position : NULL;
}

static guint
get_position (NxConnectionList *self, NxWebSocket *ws)
{
  guint *position = find_position (self, ws);

  return position != NULL ? *position : NOWHERE;
}

static void
set_position (NxConnectionList *self, NxWebSocket *ws, guint position)
{
  *find_position (self, ws) = position;
}

/* It is being removed: it is no member any more, and its place is not yet filled. */
static gboolean
is_leaving (NxConnectionList *self, NxWebSocket *ws)
{
  if (self->by_serial != NULL)
    return !g_hash_table_contains (self->by_serial, &ws->serial);
  return nx_web_socket_find_place (ws, self)->is_leaving;
}

static void
set_leaving (NxConnectionList *self, NxWebSocket *ws, gboolean leaving)
{
  self->n_leaving += leaving ? 1 : -1;
  if (self->by_serial == NULL)
    nx_web_socket_find_place (ws, self)->is_leaving = leaving;
  else if (leaving)
    g_hash_table_remove (self->by_serial, &ws->serial);
  else
    g_hash_table_insert (self->by_serial, &ws->serial, ws);
}

static void
forget (NxConnectionList *self, NxWebSocket *ws)
{
  self->n_leaving--;
  if (self->by_serial != NULL)
    ws->list_position = NOWHERE;
  else
    nx_web_socket_remove_place (ws, self);
}

/* -- Changes -- */

static NxWebSocket *
steal_last (NxConnectionList *self)
{
  guint last = self->items->len - 1;
  NxWebSocket *ws = g_ptr_array_steal_index (self->items, last);
  Transit transit = { ws, self->transits };

  set_position (self, ws, IN_TRANSIT);
  self->transits = &transit;
  g_list_model_items_changed (G_LIST_MODEL (self), last, 1, 0);
  self->transits = transit.outer;
  return ws;
}

/* Takes @ws. */
static void
append (NxConnectionList *self, NxWebSocket *ws)
{
  guint position = self->items->len;

  set_position (self, ws, position);
  g_ptr_array_add (self->items, ws);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);
}

/* Takes @ws. */
static void
replace (NxConnectionList *self, NxWebSocket *old, NxWebSocket *ws)
{
  guint position = get_position (self, old);
  g_autoptr (NxWebSocket) kept = old;

  forget (self, old);
  set_position (self, ws, position);
  self->items->pdata[position] = ws;
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 1);
}

/*
 * The last one takes the place of the one that goes: two small changes, each told when it is done. Whoever is told of the first one
 * may change the list as well, and take @ws back into it: then FALSE.
 */
static gboolean
take_out (NxConnectionList *self, NxWebSocket *ws)
{
  for (;;)
    {
      g_autoptr (NxWebSocket) last = steal_last (self);
      gboolean is_there = get_position (self, last) == IN_TRANSIT;

      if (last == ws && is_leaving (self, ws))
        {
          forget (self, ws);
          return TRUE;
        }
      if (last == ws || !is_leaving (self, ws))
        {
          if (is_there)
            append (self, g_steal_pointer (&last));
          return FALSE;
        }
      if (is_there)
        {
          replace (self, ws, g_steal_pointer (&last));
          return TRUE;
        }
      /* The last one was removed meanwhile, so the next one has to do. */
    }
}

/* Taken back by whoever is told that it goes. */
static void
take_back (NxConnectionList *self, NxWebSocket *ws, gpointer data)
{
  g_assert (is_leaving (self, ws));

  set_leaving (self, ws, FALSE);
  if (self->by_serial == NULL)
    nx_web_socket_find_place (ws, self)->data = data;
}

void
nx_connection_list_add (NxConnectionList *self, NxWebSocket *ws, gpointer data)
{
  if (find_position (self, ws) != NULL)
    {
      take_back (self, ws, data);
      return;
    }
  if (self->by_serial != NULL)
    {
      g_hash_table_insert (self->by_serial, &ws->serial, ws);
      ws->list_position = IN_TRANSIT;
    }
  else
    nx_web_socket_add_place (ws, self)->data = data;
  append (self, g_object_ref (ws));
}

static void
forget_transit (NxConnectionList *self, NxWebSocket *ws)
{
  for (Transit *transit = self->transits; transit != NULL; transit = transit->outer)
    if (transit->ws == ws)
      transit->ws = NULL;
}

gboolean
nx_connection_list_remove (NxConnectionList *self, NxWebSocket *ws)
{
  guint *position = find_position (self, ws);
  gboolean is_out = TRUE;

  if (position == NULL || is_leaving (self, ws))
    return FALSE;
  set_leaving (self, ws, TRUE);
  if (*position == IN_TRANSIT)
    {
      forget_transit (self, ws);
      forget (self, ws);
      return TRUE;
    }
  g_object_ref (self);
  is_out = take_out (self, ws);
  g_object_unref (self);
  return is_out;
}

gboolean
nx_connection_list_contains (NxConnectionList *self, NxWebSocket *ws)
{
  return find_position (self, ws) != NULL && !is_leaving (self, ws);
}

gboolean
nx_connection_list_is_settled (NxConnectionList *self)
{
  return self->transits == NULL && self->n_leaving == 0;
}

/* One that was removed between two places is in no count. */
guint
nx_connection_list_count_members (NxConnectionList *self)
{
  guint n = self->items->len - self->n_leaving;

  for (Transit *transit = self->transits; transit != NULL; transit = transit->outer)
    if (transit->ws != NULL)
      n++;
  return n;
}

void
nx_connection_list_collect_members (NxConnectionList *self, GPtrArray *all)
{
  for (guint i = 0; i < self->items->len; i++)
    if (self->n_leaving == 0 || !is_leaving (self, g_ptr_array_index (self->items, i)))
      g_ptr_array_add (all, g_object_ref (g_ptr_array_index (self->items, i)));
  for (Transit *transit = self->transits; transit != NULL; transit = transit->outer)
    if (transit->ws != NULL && !is_leaving (self, transit->ws))
      g_ptr_array_add (all, g_object_ref (transit->ws));
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
