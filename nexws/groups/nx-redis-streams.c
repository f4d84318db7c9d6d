/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Histories as Redis Streams. A stream is read when somebody says that it has grown, and not with a command that waits: one that did
 * would have to be taken back whenever a group comes or goes, and carry the names of all of them each time. Whatever nobody said is found
 * when the stream is looked at, once in a heartbeat and after each connection.
 */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#include <string.h>

#include "nx-error.h"

#define MAX_ENVELOPE (8 * 1024 * 1024)

/* -- Appending -- */

static void
appended_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  NxBackplane *base = NX_BACKPLANE (self);
  guint64 ticket = *(guint64 *) data;
  g_autoptr (GError) error = NULL;
  NxMessageId id;

  if (reply->type == REDIS_REPLY_STRING && nx_redis_parse_id (reply->str, &id))
    {
      if (nx_backplane_get_problem (base) != NULL)
        nx_backplane_report (base, NULL);
      nx_backplane_published (base, ticket, reply->str);
      return;
    }
  error = nx_redis_link_make_error (self, reply);
  /* It has become another's replica: the one that we want is elsewhere, or will be here again. */
  if (nx_redis_reply_is_error (reply, "READONLY") || nx_redis_reply_is_error (reply, "MASTERDOWN"))
    {
      nx_redis_link_lose (self, error);
      return;
    }
  nx_backplane_report (base, error);
  nx_backplane_failed (base, ticket, error);
}

void
nx_redis_streams_append (NxRedisBackplane *self,
                         guint64 ticket,
                         const char *name,
                         GBytes *envelope,
                         const NxHistoryLimits *limits)
{
  NxRedisGroup *group = g_hash_table_lookup (self->groups, name);
  g_autofree char *stream = nx_redis_make_stream (self, name);
  g_autofree char *length = g_strdup_printf ("%u", limits->size);
  const char *words[8] = { "XADD", stream };
  gsize lengths[G_N_ELEMENTS (words)];
  int n_words = 2;
  gsize size;

  if (g_bytes_get_size (envelope) > MAX_ENVELOPE)
    {
      g_autoptr (GError) error = g_error_new (
          NX_ERROR, NX_ERROR_TOO_LARGE, "A recorded message has at most %d octets", MAX_ENVELOPE);

      nx_backplane_failed (NX_BACKPLANE (self), ticket, error);
      return;
    }
  if (self->lacks_minid || self->refuses_to_trim)
    {
      words[n_words++] = "MAXLEN";
      words[n_words++] = "~";
      words[n_words++] = length;
    }
  words[n_words++] = "*";
  words[n_words++] = NX_REDIS_FIELD;
  for (int i = 0; i < n_words; i++)
    lengths[i] = strlen (words[i]);
  words[n_words] = g_bytes_get_data (envelope, &size);
  lengths[n_words++] = size;
  nx_redis_connection_send (self->commands, appended_cb, g_memdup2 (&ticket, sizeof ticket), g_free,
                            n_words, words, lengths);
  if (group != NULL)
    nx_redis_trim_appended (self, group, limits);
  g_hash_table_add (self->touched, g_strdup (name));
}

/* Once a turn for each group, however much it got. We read behind our own append, with no notice from outside. */
void
nx_redis_streams_notify (NxRedisBackplane *self)
{
  const char *node = nx_backplane_get_node (NX_BACKPLANE (self));
  g_autofree char *notice = g_strconcat ("n", node, NULL);
  GHashTableIter iter;
  const char *name;

  g_hash_table_iter_init (&iter, self->touched);
  while (g_hash_table_iter_next (&iter, (gpointer *) &name, NULL))
    {
      NxRedisGroup *group = g_hash_table_lookup (self->groups, name);
      g_autofree char *channel = nx_redis_make_channel (self, name);

      NX_REDIS_SEND (self->commands, NULL, NULL, NULL, "PUBLISH", channel, notice);
      if (group != NULL && group->is_recorded)
        nx_redis_streams_read (self, group);
    }
  g_hash_table_remove_all (self->touched);
}

/* -- Reading -- */

/* "(ID", for servers that do not know it yet. */
static char *
make_next_id (const char *id)
{
  NxMessageId next;

  if (!nx_redis_parse_id (id, &next))
    return g_strdup (id);
  next.number++;
  return nx_message_id_to_string (&next);
}

static void
set_cursor (NxRedisGroup *group, const char *id)
{
  g_free (group->cursor);
  group->cursor = g_strdup (id);
}

static void
group_unref_cb (gpointer group)
{
  nx_redis_group_unref (group);
}

static void read_cb (redisReply *reply, gpointer data, gpointer owner);

static void
read_page (NxRedisBackplane *self, NxRedisGroup *group)
{
  gboolean is_from_start = strcmp (group->cursor, NX_REDIS_START) == 0;
  g_autofree char *next = make_next_id (group->cursor);
  g_autofree char *count = g_strdup_printf ("%u", group->page);

  group->is_reading = TRUE;
  group->is_behind = FALSE;
  group->is_verifying = group->is_to_verify && !is_from_start;
  group->is_to_verify = FALSE;
  NX_REDIS_SEND (self->commands, read_cb, nx_redis_group_ref (group), group_unref_cb, "XRANGE",
                 group->stream,
                 is_from_start         ? "-"
                 : group->is_verifying ? group->cursor
                                       : next,
                 "+", "COUNT", count);
}

static void
finish_reading (NxRedisBackplane *self, NxRedisGroup *group)
{
  group->is_reading = FALSE;
  group->has_caught_up = TRUE;
  nx_redis_group_progress (self, group);
  if (!group->is_gone && !group->is_reading && (group->is_behind || group->is_to_verify))
    read_page (self, group);
}

/* Whether it stands behind what has been read. No Redis answers otherwise; one that did would have us read for ever. */
static gboolean
is_next (NxRedisGroup *group, redisReply *entry)
{
  NxMessageId id, before;

  return nx_redis_is_entry (entry) && nx_redis_parse_id (entry->element[0]->str, &id)
         && nx_redis_parse_id (group->cursor, &before) && nx_message_id_compare (&id, &before) > 0;
}

/* Whoever gets them may unsubscribe, or disconnect. FALSE: there was none. */
static gboolean
take_entries (NxRedisBackplane *self, NxRedisGroup *group, redisReply *reply, gsize first)
{
  gsize n_octets = 0;
  gboolean is_any = FALSE;

  for (gsize i = first; i < reply->elements && !group->is_gone; i++)
    {
      g_autoptr (GBytes) envelope = NULL;

      if (!is_next (group, reply->element[i]))
        {
          nx_backplane_reject (NX_BACKPLANE (self));
          continue;
        }
      is_any = TRUE;
      envelope = nx_redis_dup_envelope (reply->element[i]);
      n_octets += g_bytes_get_size (envelope);
      set_cursor (group, reply->element[i]->element[0]->str);
      nx_redis_trim_count (group, reply->element[i]);
      nx_backplane_received (NX_BACKPLANE (self), group->name, group->cursor, envelope);
    }
  nx_redis_adapt_page (&group->page, n_octets);
  if (!group->is_gone)
    nx_redis_trim_read (self, group);
  return is_any;
}

/*
 * The last entry that we have read is not there any more. Either all of them have grown too old, and none has come since; or some are
 * lost to us, and perhaps the whole stream is.
 */
static void
examined_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  NxRedisGroup *group = data;
  const char *last_id = nx_redis_find_last_id (reply);
  NxMessageId last, mine;

  if (group->is_gone)
    return;
  if (last_id == NULL || !nx_redis_parse_id (last_id, &last))
    last_id = NX_REDIS_START, last = (NxMessageId){ 0, 0 };
  if (strcmp (last_id, group->cursor) != 0)
    {
      g_autofree char *cursor = g_strdup (last_id);

      nx_backplane_gap (NX_BACKPLANE (self), group->name);
      if (group->is_gone)
        return;
      if (!nx_redis_parse_id (group->cursor, &mine) || nx_message_id_compare (&last, &mine) < 0)
        {
          set_cursor (group, cursor);
          nx_redis_trim_forget (group);
        }
    }
  read_page (self, group);
}

static void
read_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  NxRedisGroup *group = data;
  gboolean was_verifying = group->is_verifying;

  if (group->is_gone)
    return;
  if (!nx_redis_is_list (reply))
    {
      g_autoptr (GError) error = nx_redis_link_make_error (self, reply);

      group->is_reading = FALSE;
      nx_backplane_report (NX_BACKPLANE (self), error);
      return;
    }
  group->is_verifying = FALSE;
  if (was_verifying
      && (reply->elements == 0 || !nx_redis_is_entry (reply->element[0])
          || strcmp (reply->element[0]->element[0]->str, group->cursor) != 0))
    {
      NX_REDIS_SEND (self->commands, examined_cb, nx_redis_group_ref (group), group_unref_cb,
                     "XINFO", "STREAM", group->stream);
      return;
    }
  {
    gboolean is_full = reply->elements >= group->page;

    gboolean is_any = take_entries (self, group, reply, was_verifying ? 1 : 0);

    if (group->is_gone)
      return;
    if (is_full && (is_any || was_verifying))
      read_page (self, group);
    else
      finish_reading (self, group);
  }
}

void
nx_redis_streams_read (NxRedisBackplane *self, NxRedisGroup *group)
{
  if (group->is_reading || group->cursor == NULL)
    group->is_behind = TRUE;
  else
    read_page (self, group);
}

/* From now on: behind what is there already. */
static void
tail_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  NxRedisGroup *group = data;

  if (group->is_gone)
    return;
  if (!nx_redis_is_list (reply))
    {
      g_autoptr (GError) error = nx_redis_link_make_error (self, reply);

      group->is_reading = FALSE;
      group->is_refused = TRUE;
      nx_backplane_report (NX_BACKPLANE (self), error);
      return;
    }
  if (reply->elements > 0 && nx_redis_is_entry (reply->element[0]))
    set_cursor (group, reply->element[0]->element[0]->str);
  else
    set_cursor (group, NX_REDIS_START);
  finish_reading (self, group);
}

void
nx_redis_streams_catch_up (NxRedisBackplane *self, NxRedisGroup *group)
{
  group->page = NX_REDIS_FIRST_PAGE;
  if (group->after_id == NULL)
    {
      group->is_reading = TRUE;
      NX_REDIS_SEND (self->commands, tail_cb, nx_redis_group_ref (group), group_unref_cb,
                     "XREVRANGE", group->stream, "+", "-", "COUNT", "1");
      return;
    }
  set_cursor (group, group->after_id);
  group->is_to_verify = TRUE;
  nx_redis_streams_read (self, group);
}

void
nx_redis_streams_verify_all (NxRedisBackplane *self)
{
  GHashTableIter iter;
  NxRedisGroup *group;

  g_hash_table_iter_init (&iter, self->groups);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &group))
    if (group->is_recorded && group->cursor != NULL)
      {
        group->is_to_verify = TRUE;
        nx_redis_streams_read (self, group);
      }
}
