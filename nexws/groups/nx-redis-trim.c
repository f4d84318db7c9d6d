/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * That a stream does not hold more than the limits of its history. A stream knows how many entries it has, and not how large they are; so whoever
 * appends to one counts what is read of it, after it has counted once what was there before. What goes is named by its id: that is the same whoever
 * says so, and never takes what others have appended since.
 */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#include <string.h>

#define TRIM_EVERY_US G_USEC_PER_SEC
/* For so long others may take to read an entry before it goes. */
#define GRACE_MS 1000

static gboolean
parse_id (NxMessageId *id, const char *text)
{
  return text != NULL && nx_redis_parse_id (text, id);
}

/* -- Trimming -- */

/* It is tried again each time: what was refused may have been refused for a while alone. */
static void
trimmed_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  gboolean was_refused = self->refuses_to_trim;

  self->refuses_to_trim = reply->type == REDIS_REPLY_ERROR;
  if (self->refuses_to_trim && !was_refused)
    {
      g_autoptr (GError) error = nx_redis_link_make_error (self, reply);

      g_prefix_error (&error, "Histories are kept within their history-size alone: ");
      nx_backplane_report (NX_BACKPLANE (self), error);
    }
}

static void
trim_before (NxRedisBackplane *self, NxRedisGroup *group, const NxMessageId *first)
{
  g_autofree char *text = nx_message_id_to_string (first);

  if (self->lacks_minid)
    return;
  NX_REDIS_SEND (self->commands, trimmed_cb, NULL, NULL, "XTRIM", group->stream, "MINID", "~", text,
                 "LIMIT", "0");
}

/* By the clock that has given the ids. */
static void
trim_old (NxRedisBackplane *self, NxRedisGroup *group)
{
  guint keep_ms = MAX (group->limits.age_ms, GRACE_MS);
  NxMessageId first;

  if (group->limits.age_ms == 0 || !parse_id (&first, group->cursor) || first.ms <= keep_ms)
    return;
  first.ms -= keep_ms;
  first.number = 0;
  trim_before (self, group, &first);
}

static void
trim (NxRedisBackplane *self, NxRedisGroup *group)
{
  gint64 now_us = g_get_monotonic_time ();
  NxMessageId first;

  group->trimmed_us = now_us;
  trim_old (self, group);
  if (!group->is_measured)
    return;
  if (nx_stream_tally_trim (&group->tally, &group->limits, now_us - GRACE_MS * 1000, &first))
    trim_before (self, group, &first);
  group->is_to_trim = nx_stream_tally_is_too_much (&group->tally, &group->limits);
}

void
nx_redis_trim_all (NxRedisBackplane *self)
{
  GHashTableIter iter;
  NxRedisGroup *group;

  g_hash_table_iter_init (&iter, self->groups);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &group))
    if (group->is_to_trim)
      trim (self, group);
}

/* -- Measuring: one stream after the other, page by page, so that nobody waits behind it -- */

static void measured_cb (redisReply *reply, gpointer data, gpointer owner);

/* Each begins with what the one before it ended with, which has one more for that. */
static void
measure_page (NxRedisBackplane *self, NxRedisGroup *group)
{
  const char *last = self->measured != NULL ? self->measured : group->cursor;
  g_autofree char *count = g_strdup_printf ("%u", self->measure_page + 1);

  NX_REDIS_SEND (self->commands, measured_cb, nx_redis_group_ref (group), nx_redis_group_unref,
                 "XREVRANGE", group->stream, last, "-", "COUNT", count);
}

static void
measure_next (NxRedisBackplane *self)
{
  NxRedisGroup *group;

  while (!self->is_measuring && (group = g_queue_pop_head (&self->to_measure)) != NULL)
    {
      if (!group->is_gone && group->cursor != NULL)
        {
          self->is_measuring = TRUE;
          self->measure_page = NX_REDIS_FIRST_PAGE;
          group->is_counted = TRUE;
          measure_page (self, group);
        }
      group->is_waiting = FALSE;
      nx_redis_group_unref (group);
    }
}

static void
stop_measuring (NxRedisBackplane *self)
{
  self->is_measuring = FALSE;
  g_clear_pointer (&self->measured, g_free);
}

static void
count_page (NxRedisBackplane *self, NxRedisGroup *group, redisReply *reply)
{
  gint64 now_us = g_get_monotonic_time ();
  gsize n_octets = 0;

  for (gsize i = self->measured != NULL ? 1 : 0; i < reply->elements; i++)
    {
      redisReply *entry = reply->element[i];
      NxMessageId id;
      gsize size;

      if (!nx_redis_is_entry (entry) || !parse_id (&id, entry->element[0]->str))
        continue;
      size = nx_redis_get_entry_size (entry);
      n_octets += size;
      nx_stream_tally_prepend (&group->tally, &group->limits, &id, size, now_us);
      g_free (self->measured);
      self->measured = g_strdup (entry->element[0]->str);
    }
  nx_redis_adapt_page (&self->measure_page, n_octets);
}

static void
measured_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  NxRedisGroup *group = data;
  gboolean is_last = TRUE;

  if (!nx_redis_is_list (reply))
    nx_redis_trim_forget (group);
  else if (!group->is_gone && group->is_counted)
    {
      is_last = reply->elements <= self->measure_page;
      count_page (self, group, reply);
      is_last |= nx_stream_tally_is_full (&group->tally, &group->limits);
      group->is_measured = is_last;
    }
  if (!is_last)
    {
      measure_page (self, group);
      return;
    }
  stop_measuring (self);
  measure_next (self);
}

/* -- What happens to a stream -- */

void
nx_redis_trim_appended (NxRedisBackplane *self, NxRedisGroup *group, const NxHistoryLimits *limits)
{
  group->limits = *limits;
  group->is_to_trim = TRUE;
  if (group->is_counted || group->is_waiting)
    return;
  group->is_waiting = TRUE;
  g_queue_push_tail (&self->to_measure, nx_redis_group_ref (group));
  measure_next (self);
}

void
nx_redis_trim_count (NxRedisGroup *group, redisReply *entry)
{
  NxMessageId id;

  if (group->is_counted && parse_id (&id, group->cursor))
    nx_stream_tally_append (&group->tally, &group->limits, &id, nx_redis_get_entry_size (entry),
                            g_get_monotonic_time ());
}

/* Whoever has appended once goes on, or nobody would if those who append die. */
void
nx_redis_trim_read (NxRedisBackplane *self, NxRedisGroup *group)
{
  group->is_to_trim |= nx_stream_tally_is_too_much (&group->tally, &group->limits);
  if (group->is_to_trim && g_get_monotonic_time () - group->trimmed_us >= TRIM_EVERY_US)
    trim (self, group);
}

void
nx_redis_trim_forget (NxRedisGroup *group)
{
  nx_stream_tally_clear (&group->tally);
  group->is_counted = group->is_measured = FALSE;
}

void
nx_redis_trim_clear (NxRedisBackplane *self)
{
  self->lacks_minid = self->refuses_to_trim = FALSE;
  stop_measuring (self);
  g_queue_clear_full (&self->to_measure, nx_redis_group_unref);
}
