/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is present, kept in a hash for each group and node that expires unless its node lives. Whoever subscribes reads them all; what
 * changes from then on is pushed. A node that is not heard of for one and a half heartbeats is dead, and its members are gone.
 */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#include <string.h>

static char *
make_hash (NxRedisBackplane *self, const char *node, const char *group)
{
  return g_strconcat (self->prefix, "p:", node, ":", group, NULL);
}

static char *
make_index (NxRedisBackplane *self, const char *group)
{
  return g_strconcat (self->prefix, "n:", group, NULL);
}

static gboolean
is_own (NxRedisBackplane *self, const char *node)
{
  return strcmp (node, nx_backplane_get_node (NX_BACKPLANE (self))) == 0;
}

static char *
make_ttl (NxRedisBackplane *self)
{
  return g_strdup_printf ("%u", nx_redis_link_get_ttl (self));
}

/* -- Our own -- */

static void
tell (NxRedisBackplane *self, const char *name, const char *member, GBytes *meta)
{
  const char *node = nx_backplane_get_node (NX_BACKPLANE (self));
  g_autofree char *channel = nx_redis_make_channel (self, name);
  g_autoptr (GByteArray) data = g_byte_array_new ();
  const char *words[] = { "PUBLISH", channel, NULL };
  gsize lengths[] = { strlen ("PUBLISH"), strlen (channel), 0 };

  g_byte_array_append (data, (const guint8 *) "p", 1);
  g_byte_array_append (data, (const guint8 *) node, strlen (node) + 1);
  g_byte_array_append (data, (const guint8 *) member, strlen (member) + 1);
  g_byte_array_append (data, (const guint8 *) (meta != NULL ? "+" : "-"), 1);
  if (meta != NULL)
    g_byte_array_append (data, g_bytes_get_data (meta, NULL), g_bytes_get_size (meta));
  words[2] = (const char *) data->data;
  lengths[2] = data->len;
  nx_redis_connection_send (self->commands, NULL, NULL, NULL, G_N_ELEMENTS (words), words, lengths);
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

static void
refresh (NxRedisBackplane *self, const char *name, NxRedisReplyFunc func)
{
  g_autofree char *hash = make_hash (self, nx_backplane_get_node (NX_BACKPLANE (self)), name);
  g_autofree char *index = make_index (self, name);
  g_autofree char *ttl = make_ttl (self);

  NX_REDIS_SEND (self->commands, NULL, NULL, NULL, "PEXPIRE", index, ttl);
  NX_REDIS_SEND (self->commands, func, g_strdup (name), g_free, "PEXPIRE", hash, ttl);
}

static void
write_member (NxRedisBackplane *self, const char *name, const char *member, GBytes *meta)
{
  const char *node = nx_backplane_get_node (NX_BACKPLANE (self));
  g_autofree char *hash = make_hash (self, node, name);
  g_autofree char *index = make_index (self, name);
  gsize size;
  const char *octets = g_bytes_get_data (meta, &size);
  const char *words[] = { "HSET", hash, member, octets != NULL ? octets : "" };
  const gsize lengths[] = { strlen ("HSET"), strlen (hash), strlen (member), size };

  nx_redis_connection_send (self->commands, NULL, NULL, NULL, G_N_ELEMENTS (words), words, lengths);
  NX_REDIS_SEND (self->commands, NULL, NULL, NULL, "SADD", index, node);
  refresh (self, name, NULL);
}

static void
erase_member (NxRedisBackplane *self, const char *name, const char *member)
{
  g_autofree char *hash = make_hash (self, nx_backplane_get_node (NX_BACKPLANE (self)), name);

  NX_REDIS_SEND (self->commands, NULL, NULL, NULL, "HDEL", hash, member);
}

void
nx_redis_presence_set (NxRedisBackplane *self, const char *name, const char *member, GBytes *meta)
{
  GHashTable *members = g_hash_table_lookup (self->own, name);

  if (meta != NULL)
    {
      if (members == NULL)
        {
          members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
          g_hash_table_insert (self->own, g_strdup (name), members);
        }
      g_hash_table_add (members, g_strdup (member));
      write_member (self, name, member, meta);
    }
  else
    {
      if (members != NULL && g_hash_table_remove (members, member)
          && g_hash_table_size (members) == 0)
        g_hash_table_remove (self->own, name);
      erase_member (self, name, member);
    }
  tell (self, name, member, meta);
}

void
nx_redis_presence_refresh (NxRedisBackplane *self)
{
  GHashTableIter iter;
  const char *name;

  g_hash_table_iter_init (&iter, self->own);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, NULL))
    refresh (self, name, refreshed_cb);
}

/* -- Who lives -- */

static void
set_deadline (NxRedisBackplane *self, const char *node, gint64 ttl_ms)
{
  gint64 deadline_us = g_get_monotonic_time () + ttl_ms * 1000;
  gint64 *known = g_hash_table_lookup (self->deadlines, node);

  if (known == NULL)
    g_hash_table_insert (self->deadlines, g_strdup (node),
                         g_memdup2 (&deadline_us, sizeof deadline_us));
  else
    *known = MAX (*known, deadline_us);
}

#define MAX_TTL_MS (24 * 60 * 60 * 1000)
#define MAX_BURIED 1024

/* It was only late, or the news of it: it need not know that its members were taken for gone, and say so again. */
static void
look_again (NxRedisBackplane *self)
{
  GHashTableIter iter;
  NxRedisGroup *group;

  g_hash_table_iter_init (&iter, self->groups);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &group))
    if (group->has_snapshot)
      {
        group->has_snapshot = FALSE;
        group->held = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
        nx_redis_presence_take_snapshot (self, group);
      }
}

void
nx_redis_presence_heard (NxRedisBackplane *self, const char *data, gsize length)
{
  g_autofree char *text = g_strndup (data, MIN (length, 64));
  char *space = strchr (text, ' ');

  if (space == NULL)
    return;
  *space = '\0';
  if (g_hash_table_remove (self->buried, text))
    look_again (self);
  /* Of a node none of whose members we know nothing need be remembered. */
  if (g_hash_table_contains (self->deadlines, text))
    set_deadline (self, text, (gint64) MIN (g_ascii_strtoull (space + 1, NULL, 10), MAX_TTL_MS));
}

static void
forget_members (NxRedisBackplane *self, NxRedisGroup *group, const char *node)
{
  g_autoptr (GHashTable) members = NULL;
  g_autofree char *key = NULL;
  GHashTableIter iter;
  const char *member;

  if (!g_hash_table_steal_extended (group->members, node, (gpointer *) &key, (gpointer *) &members))
    return;
  g_hash_table_iter_init (&iter, members);
  while (!group->is_gone && g_hash_table_iter_next (&iter, (gpointer *) &member, NULL))
    nx_backplane_presence (NX_BACKPLANE (self), group->name, member, NULL);
}

static void
bury (NxRedisBackplane *self, const char *node)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (nx_redis_group_unref);
  GHashTableIter iter;
  NxRedisGroup *group;

  g_hash_table_iter_init (&iter, self->groups);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &group))
    g_ptr_array_add (all, nx_redis_group_ref (group));
  for (guint i = 0; i < all->len; i++)
    forget_members (self, g_ptr_array_index (all, i), node);
}

void
nx_redis_presence_expire (NxRedisBackplane *self, gint64 late_us)
{
  gint64 now_us = g_get_monotonic_time ();
  g_autoptr (GPtrArray) dead = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  const char *node;
  gint64 *deadline_us;

  g_hash_table_iter_init (&iter, self->deadlines);
  while (g_hash_table_iter_next (&iter, (gpointer *) &node, (gpointer *) &deadline_us))
    {
      *deadline_us += late_us;
      if (*deadline_us > now_us)
        continue;
      g_ptr_array_add (dead, g_strdup (node));
      if (g_hash_table_size (self->buried) >= MAX_BURIED)
        g_hash_table_remove_all (self->buried);
      g_hash_table_add (self->buried, g_strdup (node));
      g_hash_table_iter_remove (&iter);
    }
  for (guint i = 0; i < dead->len; i++)
    bury (self, g_ptr_array_index (dead, i));
}

/* -- The others' -- */

static void
set_member (NxRedisBackplane *self,
            NxRedisGroup *group,
            const char *node,
            const char *member,
            GBytes *meta)
{
  GHashTable *members = g_hash_table_lookup (group->members, node);

  if (meta == NULL)
    {
      if (members != NULL)
        g_hash_table_remove (members, member);
    }
  else
    {
      if (members == NULL)
        {
          members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
          g_hash_table_insert (group->members, g_strdup (node), members);
        }
      g_hash_table_add (members, g_strdup (member));
    }
  nx_backplane_presence (NX_BACKPLANE (self), group->name, member, meta);
}

/* node NUL member NUL sign meta */
static void
take_change (NxRedisBackplane *self, NxRedisGroup *group, GBytes *data)
{
  gsize size;
  const char *octets = g_bytes_get_data (data, &size);
  const char *node_end = memchr (octets, '\0', size);
  const char *member = node_end != NULL ? node_end + 1 : NULL;
  const char *member_end =
      member != NULL ? memchr (member, '\0', (gsize) (octets + size - member)) : NULL;
  const char *sign = member_end != NULL ? member_end + 1 : octets + size;
  g_autoptr (GBytes) meta = NULL;

  if (sign >= octets + size || is_own (self, octets) || !g_utf8_validate (member, -1, NULL))
    return;
  if (*sign == '+')
    {
      meta = g_bytes_new (sign + 1, (gsize) (octets + size - sign - 1));
      set_deadline (self, octets, nx_redis_link_get_ttl (self));
    }
  set_member (self, group, octets, member, meta);
}

void
nx_redis_presence_pushed (NxRedisBackplane *self, NxRedisGroup *group, GBytes *data)
{
  /* What is read of the hashes may be older than this. */
  if (!group->has_snapshot)
    g_ptr_array_add (group->held, g_bytes_ref (data));
  else
    take_change (self, group, data);
}

static void
finish_snapshot (NxRedisBackplane *self, NxRedisGroup *group)
{
  g_autoptr (GPtrArray) held = g_steal_pointer (&group->held);

  group->has_snapshot = TRUE;
  for (guint i = 0; i < held->len && !group->is_gone; i++)
    take_change (self, group, g_ptr_array_index (held, i));
  nx_redis_group_progress (self, group);
}

typedef struct
{
  NxRedisGroup *group;
  char *node;
} Hash;

static void
hash_free (gpointer data)
{
  Hash *self = data;

  nx_redis_group_unref (self->group);
  g_free (self->node);
  g_free (self);
}

static void
life_cb (redisReply *reply, gpointer data, gpointer owner)
{
  Hash *hash = data;

  if (hash->group->is_gone)
    return;
  if (reply->type == REDIS_REPLY_INTEGER && reply->integer > 0)
    set_deadline (owner, hash->node, MIN (reply->integer, MAX_TTL_MS));
  if (--hash->group->n_hashes == 0)
    finish_snapshot (owner, hash->group);
}

static void
hash_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  Hash *hash = data;
  NxRedisGroup *group = hash->group;

  if (group->is_gone || reply->type != REDIS_REPLY_ARRAY)
    return;
  if (reply->elements == 0)
    {
      g_autofree char *index = make_index (self, group->name);

      NX_REDIS_SEND (self->commands, NULL, NULL, NULL, "SREM", index, hash->node);
    }
  for (gsize i = 0; i + 1 < reply->elements && !group->is_gone; i += 2)
    {
      redisReply *member = reply->element[i], *meta = reply->element[i + 1];
      g_autoptr (GBytes) bytes = NULL;

      if (member->type != REDIS_REPLY_STRING || meta->type != REDIS_REPLY_STRING
          || !g_utf8_validate (member->str, (gssize) member->len, NULL))
        continue;
      bytes = g_bytes_new (meta->str, meta->len);
      set_member (self, group, hash->node, member->str, bytes);
    }
}

static Hash *
hash_new (NxRedisGroup *group, const char *node)
{
  Hash *self = g_new0 (Hash, 1);

  self->group = nx_redis_group_ref (group);
  self->node = g_strdup (node);
  return self;
}

static void
nodes_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  NxRedisGroup *group = data;

  if (group->is_gone)
    return;
  group->n_hashes = 1; /* this very answer */
  for (gsize i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
    {
      redisReply *node = reply->element[i];
      g_autofree char *key = NULL;

      if (node->type != REDIS_REPLY_STRING || is_own (self, node->str))
        continue;
      key = make_hash (self, node->str, group->name);
      group->n_hashes++;
      NX_REDIS_SEND (self->commands, hash_cb, hash_new (group, node->str), hash_free, "HGETALL",
                     key);
      NX_REDIS_SEND (self->commands, life_cb, hash_new (group, node->str), hash_free, "PTTL", key);
    }
  if (--group->n_hashes == 0)
    finish_snapshot (self, group);
}

void
nx_redis_presence_take_snapshot (NxRedisBackplane *self, NxRedisGroup *group)
{
  g_autofree char *index = make_index (self, group->name);

  NX_REDIS_SEND (self->commands, nodes_cb, nx_redis_group_ref (group), nx_redis_group_unref,
                 "SMEMBERS", index);
}
