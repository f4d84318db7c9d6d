/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is present at this node, in a hash for each group that expires unless we live. Whom the others were told of is remembered until they
 * have been told that it left, too: over a lost connection, and where a Redis refuses to take it.
 */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#include <string.h>

#include "messages/nx-keyed-hash-private.h"

/* How many that left are remembered for a Redis that may refuse to take them out for ever; the hash keeps the others for as long as we live. */
#define MAX_REFUSED 1024

typedef struct
{
  gboolean has_left;
  gboolean is_refused; /* to be taken out of the hash */
  gboolean is_stale;   /* was told over a connection that is no more */
  guint n_unanswered;  /* how often it was said that it left */
} Own;

static Own *
find (NxRedisBackplane *self, const char *name, const char *member)
{
  GHashTable *members = g_hash_table_lookup (self->own, name);

  return members != NULL ? g_hash_table_lookup (members, member) : NULL;
}

static Own *
ensure (NxRedisBackplane *self, const char *name, const char *member)
{
  GHashTable *members = g_hash_table_lookup (self->own, name);
  Own *own = find (self, name, member);

  if (own != NULL)
    return own;
  if (members == NULL)
    {
      members = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, g_free, g_free);
      g_hash_table_insert (self->own, g_strdup (name), members);
    }
  own = g_new0 (Own, 1);
  g_hash_table_insert (members, g_strdup (member), own);
  return own;
}

static void
forget (NxRedisBackplane *self, const char *name, const char *member)
{
  GHashTable *members = g_hash_table_lookup (self->own, name);

  g_hash_table_remove (members, member);
  if (g_hash_table_size (members) == 0)
    g_hash_table_remove (self->own, name);
}

/* Each, of all groups; @func takes none away. */
static void
for_each (NxRedisBackplane *self,
          void (*func) (NxRedisBackplane *self, const char *name, const char *member, Own *own))
{
  GHashTableIter groups, iter;
  const char *name, *member;
  GHashTable *members;
  Own *own;

  g_hash_table_iter_init (&groups, self->own);
  while (g_hash_table_iter_next (&groups, (gpointer *) &name, (gpointer *) &members))
    {
      g_hash_table_iter_init (&iter, members);
      while (g_hash_table_iter_next (&iter, (gpointer *) &member, (gpointer *) &own))
        func (self, name, member, own);
    }
}

/* -- Who is there -- */

static void
tell (NxRedisBackplane *self,
      const char *name,
      const char *member,
      GBytes *meta,
      NxRedisReplyFunc func,
      gpointer data,
      GDestroyNotify destroy)
{
  const char *node = nx_backplane_get_node (NX_BACKPLANE (self));
  g_autofree char *channel = nx_redis_make_channel (self, name);
  g_autoptr (GByteArray) text = g_byte_array_new ();
  const char *words[] = { "PUBLISH", channel, NULL };
  gsize lengths[] = { strlen ("PUBLISH"), strlen (channel), 0 };

  g_byte_array_append (text, (const guint8 *) "p", 1);
  g_byte_array_append (text, (const guint8 *) node, strlen (node) + 1);
  g_byte_array_append (text, (const guint8 *) member, strlen (member) + 1);
  g_byte_array_append (text, (const guint8 *) (meta != NULL ? "+" : "-"), 1);
  if (meta != NULL)
    g_byte_array_append (text, g_bytes_get_data (meta, NULL), g_bytes_get_size (meta));
  words[2] = (const char *) text->data;
  lengths[2] = text->len;
  nx_redis_connection_send (self->commands, func, data, destroy, G_N_ELEMENTS (words), words,
                            lengths);
}

static void
refreshed_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;

  /* It has expired: the others think that we are dead. */
  if (reply->type == REDIS_REPLY_INTEGER && reply->integer == 0
      && g_hash_table_contains (self->own, data))
    nx_backplane_restore_presence (NX_BACKPLANE (self));
}

/* Somebody who found our hash empty may have taken us out of the index just when it was not any more. */
static void
refresh (NxRedisBackplane *self, const char *name, NxRedisReplyFunc func)
{
  const char *node = nx_backplane_get_node (NX_BACKPLANE (self));
  g_autofree char *hash = nx_redis_make_hash (self, node, name);
  g_autofree char *index = nx_redis_make_index (self, name);
  g_autofree char *ttl = g_strdup_printf ("%u", nx_redis_link_get_ttl (self));

  NX_REDIS_SEND (self->commands, NULL, NULL, NULL, "SADD", index, node);
  NX_REDIS_SEND (self->commands, NULL, NULL, NULL, "PEXPIRE", index, ttl);
  NX_REDIS_SEND (self->commands, func, g_strdup (name), g_free, "PEXPIRE", hash, ttl);
}

static void
written_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  g_autoptr (GError) error = NULL;

  if (reply->type == REDIS_REPLY_INTEGER)
    return;
  self->is_to_tell_again = TRUE;
  error = nx_redis_link_make_error (self, reply);
  nx_backplane_report (NX_BACKPLANE (self), error);
}

static void
write_member (NxRedisBackplane *self, const char *name, const char *member, GBytes *meta)
{
  g_autofree char *hash =
      nx_redis_make_hash (self, nx_backplane_get_node (NX_BACKPLANE (self)), name);
  gsize size;
  const char *octets = g_bytes_get_data (meta, &size);
  const char *words[] = { "HSET", hash, member, octets != NULL ? octets : "" };
  const gsize lengths[] = { strlen ("HSET"), strlen (hash), strlen (member), size };

  nx_redis_connection_send (self->commands, written_cb, NULL, NULL, G_N_ELEMENTS (words), words,
                            lengths);
  refresh (self, name, NULL);
}

/* -- Who has left -- */

typedef struct
{
  char *name;
  char *member;
} Leaving;

static void
leaving_free (gpointer data)
{
  Leaving *self = data;

  g_free (self->name);
  g_free (self->member);
  g_free (self);
}

static Leaving *
leaving_new (const char *name, const char *member)
{
  Leaving *self = g_new (Leaving, 1);

  self->name = g_strdup (name);
  self->member = g_strdup (member);
  return self;
}

static void
erased_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  Leaving *leaving = data;
  Own *own = find (self, leaving->name, leaving->member);

  if (own != NULL && reply->type != REDIS_REPLY_INTEGER)
    own->is_refused = TRUE;
  written_cb (reply, NULL, owner);
}

static void
left_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  Leaving *leaving = data;
  Own *own = find (self, leaving->name, leaving->member);

  if (own == NULL || own->n_unanswered == 0)
    return;
  own->n_unanswered--;
  if (reply->type != REDIS_REPLY_INTEGER)
    own->is_refused = self->is_to_tell_again = TRUE;
  if (!own->has_left || own->n_unanswered > 0)
    return;
  if (!own->is_refused || ++self->n_refused > MAX_REFUSED)
    forget (self, leaving->name, leaving->member);
}

/* Who reads the hash behind the first of the two hears the second, or knew nothing. */
static void
withdraw (NxRedisBackplane *self, const char *name, const char *member, Own *own)
{
  g_autofree char *hash =
      nx_redis_make_hash (self, nx_backplane_get_node (NX_BACKPLANE (self)), name);

  own->has_left = TRUE;
  own->is_refused = own->is_stale = FALSE;
  own->n_unanswered++;
  NX_REDIS_SEND (self->commands, erased_cb, leaving_new (name, member), leaving_free, "HDEL", hash,
                 member);
  tell (self, name, member, NULL, left_cb, leaving_new (name, member), leaving_free);
}

void
nx_redis_own_set (NxRedisBackplane *self, const char *name, const char *member, GBytes *meta)
{
  Own *own = ensure (self, name, member);

  if (meta == NULL)
    {
      withdraw (self, name, member, own);
      return;
    }
  own->has_left = own->is_refused = own->is_stale = FALSE;
  write_member (self, name, member, meta);
  tell (self, name, member, meta, NULL, NULL, NULL);
}

/* -- What happens to the connection -- */

static void
withdraw_if_refused (NxRedisBackplane *self, const char *name, const char *member, Own *own)
{
  if (own->has_left && own->is_refused)
    withdraw (self, name, member, own);
}

void
nx_redis_own_refresh (NxRedisBackplane *self)
{
  GHashTableIter iter;
  const char *name;

  if (self->is_to_tell_again)
    {
      self->is_to_tell_again = FALSE;
      self->n_refused = 0;
      for_each (self, withdraw_if_refused);
      nx_backplane_restore_presence (NX_BACKPLANE (self));
    }
  g_hash_table_iter_init (&iter, self->own);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, NULL))
    refresh (self, name, refreshed_cb);
}

static void
become_stale (NxRedisBackplane *self, const char *name, const char *member, Own *own)
{
  own->is_stale = TRUE;
  own->n_unanswered = 0;
}

void
nx_redis_own_lose (NxRedisBackplane *self)
{
  self->is_to_tell_again = FALSE;
  for_each (self, become_stale);
}

static void
withdraw_if_stale (NxRedisBackplane *self, const char *name, const char *member, Own *own)
{
  if (own->is_stale)
    withdraw (self, name, member, own);
}

void
nx_redis_own_restored (NxRedisBackplane *self)
{
  for_each (self, withdraw_if_stale);
}
