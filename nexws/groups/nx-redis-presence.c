/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is present at the other nodes: whoever subscribes reads the hashes of them all; what changes from then on is pushed. A node that is
 * not heard of for one and a half heartbeats is dead, and its members are gone.
 */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#include <string.h>

static gboolean
is_own (NxRedisBackplane *self, const char *node)
{
  return strcmp (node, nx_backplane_get_node (NX_BACKPLANE (self))) == 0;
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

static void
look_again (NxRedisBackplane *self, gboolean at_all)
{
  GHashTableIter iter;
  NxRedisGroup *group;

  g_hash_table_iter_init (&iter, self->groups);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &group))
    if (group->has_snapshot && (at_all || group->is_half_seen))
      {
        group->has_snapshot = group->is_half_seen = FALSE;
        group->held = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
        nx_redis_presence_take_snapshot (self, group);
      }
}

void
nx_redis_presence_try_again (NxRedisBackplane *self)
{
  look_again (self, FALSE);
}

void
nx_redis_presence_heard (NxRedisBackplane *self, const char *data, gsize length)
{
  g_autofree char *text = g_strndup (data, MIN (length, 64));
  char *space = strchr (text, ' ');

  if (space == NULL)
    return;
  *space = '\0';
  /* It was only late, or the news of it: it need not know that its members were taken for gone, and say so again. */
  if (g_hash_table_remove (self->buried, text))
    look_again (self, TRUE);
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

/* Its node may have died before it said for how long its hash holds, or the hash has expired since we read it. */
static void
limit_life (NxRedisBackplane *self, Hash *hash)
{
  g_autofree char *key = nx_redis_make_hash (self, hash->node, hash->group->name);
  g_autofree char *ttl = g_strdup_printf ("%u", nx_redis_link_get_ttl (self));

  if (!g_hash_table_contains (hash->group->members, hash->node))
    return;
  set_deadline (self, hash->node, nx_redis_link_get_ttl (self));
  NX_REDIS_SEND (self->commands, NULL, NULL, NULL, "PEXPIRE", key, ttl);
}

static void
life_cb (redisReply *reply, gpointer data, gpointer owner)
{
  Hash *hash = data;

  if (hash->group->is_gone)
    return;
  if (reply->type == REDIS_REPLY_INTEGER && reply->integer > 0)
    set_deadline (owner, hash->node, MIN (reply->integer, MAX_TTL_MS));
  else
    limit_life (owner, hash);
  if (--hash->group->n_hashes == 0)
    finish_snapshot (owner, hash->group);
}

/* The group goes on with what is known, and the rest is asked for once more. */
static void
take_refusal (NxRedisBackplane *self, NxRedisGroup *group, redisReply *reply)
{
  g_autoptr (GError) error = nx_redis_link_make_error (self, reply);

  group->is_half_seen = TRUE;
  nx_backplane_report (NX_BACKPLANE (self), error);
}

static void
hash_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  Hash *hash = data;
  NxRedisGroup *group = hash->group;

  if (!group->is_gone && !nx_redis_is_list (reply))
    take_refusal (self, group, reply);
  if (group->is_gone || !nx_redis_is_list (reply))
    return;
  if (reply->elements == 0)
    {
      g_autofree char *index = nx_redis_make_index (self, group->name);

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

  if (!group->is_gone && !nx_redis_is_list (reply))
    take_refusal (self, group, reply);
  if (group->is_gone)
    return;
  group->n_hashes = 1; /* this very answer */
  for (gsize i = 0; nx_redis_is_list (reply) && i < reply->elements; i++)
    {
      redisReply *node = reply->element[i];
      g_autofree char *key = NULL;

      if (node->type != REDIS_REPLY_STRING || is_own (self, node->str))
        continue;
      key = nx_redis_make_hash (self, node->str, group->name);
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
  g_autofree char *index = nx_redis_make_index (self, group->name);

  NX_REDIS_SEND (self->commands, nodes_cb, nx_redis_group_ref (group), nx_redis_group_unref,
                 "SMEMBERS", index);
}
