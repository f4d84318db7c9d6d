/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all of a backplane over Redis stands on: its groups, how it calls things there, and what it says of errors. */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#define MAX_PAGE 512
#define SMALL_PAGE (256 * 1024) /* octets */
#define LARGE_PAGE (2 * 1024 * 1024)

NxRedisGroup *
nx_redis_group_ref (NxRedisGroup *self)
{
  self->n_refs++;
  return self;
}

void
nx_redis_group_unref (gpointer data)
{
  NxRedisGroup *self = data;

  if (--self->n_refs > 0)
    return;
  g_free (self->name);
  g_free (self->channel);
  g_free (self->stream);
  g_free (self->after_id);
  g_free (self->cursor);
  nx_stream_tally_clear (&self->tally);
  g_clear_pointer (&self->held, g_ptr_array_unref);
  g_hash_table_unref (self->members);
  g_free (self);
}

char *
nx_redis_make_channel (NxRedisBackplane *self, const char *group)
{
  return g_strconcat (self->channels, "g:", group, NULL);
}

char *
nx_redis_make_stream (NxRedisBackplane *self, const char *group)
{
  return g_strconcat (self->prefix, "s:", group, NULL);
}

char *
nx_redis_make_hash (NxRedisBackplane *self, const char *node, const char *group)
{
  return g_strconcat (self->prefix, "p:", node, ":", group, NULL);
}

char *
nx_redis_make_index (NxRedisBackplane *self, const char *group)
{
  return g_strconcat (self->prefix, "n:", group, NULL);
}

static void
mark_gone (gpointer name, gpointer group, gpointer data)
{
  ((NxRedisGroup *) group)->is_gone = TRUE;
}

void
nx_redis_groups_clear (NxRedisBackplane *self)
{
  g_hash_table_foreach (self->groups, mark_gone, NULL);
  g_hash_table_remove_all (self->groups);
}

void
nx_redis_group_progress (NxRedisBackplane *self, NxRedisGroup *group)
{
  if (group->is_gone || group->is_live || !group->has_snapshot
      || (group->is_recorded && !group->has_caught_up))
    return;
  group->is_live = TRUE;
  nx_backplane_subscribed (NX_BACKPLANE (self), group->name,
                           group->is_recorded ? group->cursor : NULL);
}

guint
nx_redis_link_get_ttl (NxRedisBackplane *self)
{
  return self->heartbeat_ms + self->heartbeat_ms / 2;
}

GError *
nx_redis_link_make_error (NxRedisBackplane *self, redisReply *reply)
{
  return nx_redis_reply_to_error (reply, self->address->text);
}

void
nx_redis_adapt_page (guint *page, gsize n_octets)
{
  if (n_octets > LARGE_PAGE)
    *page = MAX (*page / 2, 1);
  else if (n_octets < SMALL_PAGE)
    *page = MIN (*page * 2, MAX_PAGE);
}
