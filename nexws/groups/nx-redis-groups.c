/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which groups are subscribed to at a Redis, and where what is pushed goes. */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#include <string.h>

#include "nx-error.h"
#include "messages/nx-keyed-hash-private.h"

static NxRedisGroup *
group_new (NxRedisBackplane *self, const char *name, gboolean is_recorded)
{
  NxRedisGroup *group = g_new0 (NxRedisGroup, 1);

  group->n_refs = 1;
  group->name = g_strdup (name);
  group->channel = nx_redis_make_channel (self, name);
  group->stream = nx_redis_make_stream (self, name);
  group->is_recorded = is_recorded;
  group->held = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  group->members = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify) g_hash_table_unref);
  return group;
}

/* -- Subscribing -- */

static void
subscribed_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  NxRedisGroup *group = data;

  if (group->is_gone)
    return;
  if (reply->type == REDIS_REPLY_ERROR)
    {
      g_autoptr (GError) error = nx_redis_link_make_error (self, reply);

      group->is_refused = TRUE;
      nx_backplane_report (NX_BACKPLANE (self), error);
      return;
    }
  group->is_subscribed = TRUE;
  nx_redis_presence_take_snapshot (self, group);
  if (group->is_recorded)
    nx_redis_streams_catch_up (self, group);
}

static void
subscribe (NxRedisBackplane *self, NxRedisGroup *group)
{
  NX_REDIS_SEND (self->pushes, subscribed_cb, nx_redis_group_ref (group), nx_redis_group_unref,
                 "SUBSCRIBE", group->channel);
}

void
nx_redis_groups_subscribe (NxRedisBackplane *self,
                           const char *name,
                           gboolean is_recorded,
                           const char *after_id)
{
  NxRedisGroup *group = group_new (self, name, is_recorded);
  NxRedisGroup *before = g_hash_table_lookup (self->groups, name);

  if (before != NULL)
    before->is_gone = TRUE;
  g_hash_table_replace (self->groups, group->name, group);
  group->after_id = g_strdup (after_id);
  subscribe (self, group);
}

/* Who has said no may have said so for a while alone, as one that runs a long script. */
void
nx_redis_groups_try_again (NxRedisBackplane *self)
{
  GHashTableIter iter;
  NxRedisGroup *group;

  g_hash_table_iter_init (&iter, self->groups);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &group))
    {
      if (!group->is_refused)
        continue;
      group->is_refused = FALSE;
      if (group->is_subscribed)
        nx_redis_streams_catch_up (self, group);
      else
        subscribe (self, group);
    }
}

void
nx_redis_groups_unsubscribe (NxRedisBackplane *self, const char *name)
{
  NxRedisGroup *group = g_hash_table_lookup (self->groups, name);

  if (group == NULL)
    return;
  group->is_gone = TRUE;
  NX_REDIS_SEND (self->pushes, NULL, NULL, NULL, "UNSUBSCRIBE", group->channel);
  g_hash_table_remove (self->groups, name);
}

/* -- Publishing -- */

static void
published_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  guint64 ticket = *(guint64 *) data;

  if (reply->type == REDIS_REPLY_INTEGER)
    nx_backplane_published (NX_BACKPLANE (self), ticket, NULL);
  else
    {
      g_autoptr (GError) error = nx_redis_link_make_error (self, reply);

      nx_backplane_report (NX_BACKPLANE (self), error);
      nx_backplane_failed (NX_BACKPLANE (self), ticket, error);
    }
}

static void
publish (NxRedisBackplane *self,
         const char *channel,
         const char *data,
         gsize length,
         NxRedisReplyFunc func,
         guint64 ticket)
{
  const char *words[] = { "PUBLISH", channel, data };
  const gsize lengths[] = { strlen ("PUBLISH"), strlen (channel), length };

  nx_redis_connection_send (self->commands, func, g_memdup2 (&ticket, sizeof ticket), g_free,
                            G_N_ELEMENTS (words), words, lengths);
}

/* Redis says how many have heard it. */
static void
delivered_cb (redisReply *reply, gpointer data, gpointer owner)
{
  if (reply->type == REDIS_REPLY_INTEGER && reply->integer >= 0)
    nx_backplane_delivered (owner, *(guint64 *) data, (guint) MIN (reply->integer, G_MAXINT));
  else
    published_cb (reply, data, owner);
}

void
nx_redis_groups_publish (NxRedisBackplane *self, guint64 ticket, const char *name, GBytes *envelope)
{
  g_autofree char *channel = nx_redis_make_channel (self, name);
  gsize size;
  const char *octets = g_bytes_get_data (envelope, &size);
  g_autofree char *data = g_malloc (size + 1);

  data[0] = 'm';
  memcpy (data + 1, octets, size);
  publish (self, channel, data, size + 1, delivered_cb, ticket);
}

static void
sent_cb (redisReply *reply, gpointer data, gpointer owner)
{
  g_autoptr (GError) error = NULL;

  if (reply->type != REDIS_REPLY_INTEGER || reply->integer > 0)
    {
      published_cb (reply, data, owner);
      return;
    }
  error = g_error_new_literal (NX_ERROR, NX_ERROR_BACKPLANE, "There is no such node");
  nx_backplane_failed (owner, *(guint64 *) data, error);
}

void
nx_redis_groups_send_to (NxRedisBackplane *self, guint64 ticket, const char *node, GBytes *envelope)
{
  g_autofree char *channel = g_strconcat (self->channels, "d:", node, NULL);
  gsize size;
  const char *octets = g_bytes_get_data (envelope, &size);

  publish (self, channel, octets, size, sent_cb, ticket);
}

/* -- What is pushed -- */

static gboolean
is_own_notice (NxRedisBackplane *self, const char *data, gsize length)
{
  const char *node = nx_backplane_get_node (NX_BACKPLANE (self));

  return length == strlen (node) && memcmp (data, node, length) == 0;
}

static void
take_push (NxRedisBackplane *self, NxRedisGroup *group, const char *data, gsize length)
{
  g_autoptr (GBytes) rest = length > 0 ? g_bytes_new (data + 1, length - 1) : g_bytes_new (NULL, 0);

  switch (length > 0 ? *data : '\0')
    {
    case 'n':
      /* Of our own we have read already. */
      if (group->is_recorded && !is_own_notice (self, data + 1, length - 1))
        nx_redis_streams_read (self, group);
      break;
    case 'p':
      nx_redis_presence_pushed (self, group, rest);
      break;
    default: /* m, or what is no envelope either */
      nx_backplane_received (NX_BACKPLANE (self), group->name, NULL, rest);
    }
}

void
nx_redis_groups_pushed (NxRedisBackplane *self, const char *channel, const char *data, gsize length)
{
  NxRedisGroup *group;

  if (!g_str_has_prefix (channel, self->channels))
    return;
  channel += strlen (self->channels);
  if (strcmp (channel, "alive") == 0)
    nx_redis_presence_heard (self, data, length);
  else if (g_str_has_prefix (channel, "d:"))
    {
      g_autoptr (GBytes) envelope = g_bytes_new (data, length);

      nx_backplane_received_direct (NX_BACKPLANE (self), envelope);
    }
  else if (g_str_has_prefix (channel, "g:"))
    {
      group = g_hash_table_lookup (self->groups, channel + 2);
      if (group == NULL)
        return;
      nx_redis_group_ref (group);
      take_push (self, group, data, length);
      nx_redis_group_unref (group);
    }
}
