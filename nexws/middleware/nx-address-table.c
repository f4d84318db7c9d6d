/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "middleware/nx-address-table-private.h"

#include <string.h>

#define IPV6_PREFIX_LENGTH 8

enum {
  KIND_OTHER,
  KIND_IPV4,
  KIND_IPV6,
  KIND_USER,
};

struct _NxAddressTable
{
  GHashTable *entries; /* a set of NxAddressEntry */
  GQueue idle;         /* of those without users, the oldest first */
  guint max_idle;
};

static guint
hash (gconstpointer data)
{
  const NxAddressEntry *entry = data;

  return g_int64_hash (&entry->key) ^ entry->kind;
}

static gboolean
equal (gconstpointer a, gconstpointer b)
{
  const NxAddressEntry *one = a, *other = b;

  return one->key == other->key && one->kind == other->kind;
}

NxAddressTable *
nx_address_table_new (void)
{
  NxAddressTable *self = g_rc_box_new0 (NxAddressTable);

  self->entries = g_hash_table_new_full (hash, equal, g_free, NULL);
  self->max_idle = G_MAXUINT;
  return self;
}

NxAddressTable *
nx_address_table_ref (NxAddressTable *self)
{
  return g_rc_box_acquire (self);
}

static void
clear (gpointer data)
{
  NxAddressTable *self = data;

  g_hash_table_unref (self->entries);
}

void
nx_address_table_unref (NxAddressTable *self)
{
  g_rc_box_release_full (self, clear);
}

static void
forget_oldest (NxAddressTable *self)
{
  while (self->idle.length > self->max_idle)
    {
      GList *link = g_queue_pop_head_link (&self->idle);

      g_hash_table_remove (self->entries, link->data);
    }
}

void
nx_address_table_set_max_idle (NxAddressTable *self, guint max_idle)
{
  self->max_idle = max_idle;
  forget_oldest (self);
}

guint
nx_address_table_get_size (NxAddressTable *self)
{
  return g_hash_table_size (self->entries);
}

/* -- Keys -- */

static guint64
read_octets (const guint8 *octets, gsize n)
{
  guint64 number = 0;

  for (gsize i = 0; i < n; i++)
    number = number << 8 | octets[i];
  return number;
}

static void
set_inet_key (NxAddressEntry *entry, GInetAddress *address)
{
  static const guint8 mapped[12] = { [10] = 0xff, [11] = 0xff };
  const guint8 *octets = g_inet_address_to_bytes (address);

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4)
    {
      entry->kind = KIND_IPV4;
      entry->key = read_octets (octets, 4);
    }
  else if (memcmp (octets, mapped, sizeof mapped) == 0)
    {
      entry->kind = KIND_IPV4;
      entry->key = read_octets (octets + sizeof mapped, 4);
    }
  else
    {
      entry->kind = KIND_IPV6;
      entry->key = read_octets (octets, IPV6_PREFIX_LENGTH);
    }
}

static void
set_key (NxAddressEntry *entry, NxWebSocket *ws)
{
  GCredentials *credentials = nx_web_socket_get_credentials (ws);
  GSocketAddress *address = nx_web_socket_get_remote_address (ws);

  if (credentials != NULL)
    {
      entry->kind = KIND_USER;
      entry->key = g_credentials_get_unix_user (credentials, NULL);
    }
  else if (G_IS_INET_SOCKET_ADDRESS (address))
    set_inet_key (entry, g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

/* -- Coming and going -- */

NxAddressEntry *
nx_address_table_enter (NxAddressTable *self, NxWebSocket *ws, gboolean *is_new)
{
  NxAddressEntry wanted = { 0 };
  NxAddressEntry *entry;

  set_key (&wanted, ws);
  entry = g_hash_table_lookup (self->entries, &wanted);
  *is_new = entry == NULL;
  if (*is_new)
    {
      entry = g_memdup2 (&wanted, sizeof wanted);
      entry->idle_link.data = entry;
      g_hash_table_add (self->entries, entry);
    }
  else if (entry->n_users == 0)
    g_queue_unlink (&self->idle, &entry->idle_link);
  entry->n_users++;
  return entry;
}

void
nx_address_table_leave (NxAddressTable *self, NxAddressEntry *entry)
{
  if (--entry->n_users > 0)
    return;
  g_queue_push_tail_link (&self->idle, &entry->idle_link);
  forget_oldest (self);
}
