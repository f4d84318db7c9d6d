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

/* How many entries are read at once: few until it is known how large they are. */
#define FIRST_PAGE 8
#define MAX_PAGE 512
#define SMALL_PAGE (256 * 1024) /* octets */
#define LARGE_PAGE (2 * 1024 * 1024)
#define MAX_ENVELOPE (8 * 1024 * 1024)
#define TRIM_EVERY_US G_USEC_PER_SEC
#define START "0-0"
#define FIELD "m"

/* -- Appending -- */

static void
appended_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  NxBackplane *base = NX_BACKPLANE (self);
  guint64 ticket = *(guint64 *) data;
  g_autoptr (GError) error = NULL;

  if (reply->type == REDIS_REPLY_STRING)
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

/* What is too old goes, when there is something new. */
static void
trim (NxRedisBackplane *self, const char *name, const char *stream, guint keep_ms)
{
  NxRedisGroup *group = g_hash_table_lookup (self->groups, name);
  gint64 now_us = g_get_monotonic_time ();
  g_autofree char *oldest = NULL;

  if (keep_ms == 0 || group == NULL || now_us - group->trimmed_us < TRIM_EVERY_US)
    return;
  group->trimmed_us = now_us;
  oldest = g_strdup_printf ("%" G_GINT64_FORMAT, MAX (g_get_real_time () / 1000 - keep_ms, 0));
  NX_REDIS_SEND (self->commands, NULL, NULL, NULL, "XTRIM", stream, "MINID", "~", oldest);
}

void
nx_redis_streams_append (NxRedisBackplane *self,
                         guint64 ticket,
                         const char *name,
                         GBytes *envelope,
                         guint keep,
                         guint keep_ms)
{
  g_autofree char *stream = nx_redis_make_stream (self, name);
  g_autofree char *length = g_strdup_printf ("%u", keep);
  gsize size;
  const char *octets = g_bytes_get_data (envelope, &size);
  const char *words[] = { "XADD", stream, "MAXLEN", "~", length, "*", FIELD, octets };
  gsize lengths[G_N_ELEMENTS (words)];

  if (size > MAX_ENVELOPE)
    {
      g_autoptr (GError) error = g_error_new (
          NX_ERROR, NX_ERROR_TOO_LARGE, "A recorded message has at most %d octets", MAX_ENVELOPE);

      nx_backplane_failed (NX_BACKPLANE (self), ticket, error);
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (words) - 1; i++)
    lengths[i] = strlen (words[i]);
  lengths[G_N_ELEMENTS (words) - 1] = size;
  nx_redis_connection_send (self->commands, appended_cb, g_memdup2 (&ticket, sizeof ticket), g_free,
                            G_N_ELEMENTS (words), words, lengths);
  trim (self, name, stream, keep_ms);
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

/* -- Entries -- */

static gboolean
parse_id (const char *id, guint64 *time, guint64 *number)
{
  char *end;

  if (!g_ascii_isdigit (*id))
    return FALSE;
  *time = g_ascii_strtoull (id, &end, 10);
  if (*end != '-' || !g_ascii_isdigit (end[1]))
    return FALSE;
  *number = g_ascii_strtoull (end + 1, &end, 10);
  return *end == '\0' && *time < G_MAXUINT64 && *number < G_MAXUINT64;
}

/* "(ID", for servers that do not know it yet. */
static char *
make_next_id (const char *id)
{
  guint64 time, number;

  if (!parse_id (id, &time, &number))
    return g_strdup (id);
  return g_strdup_printf ("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, time, number + 1);
}

static gboolean
is_list (redisReply *reply)
{
  return reply->type == REDIS_REPLY_ARRAY;
}

static gboolean
is_entry (redisReply *reply)
{
  return is_list (reply) && reply->elements == 2 && reply->element[0]->type == REDIS_REPLY_STRING;
}

/* What it holds; no octets at all when that is none of ours. */
static GBytes *
dup_envelope (redisReply *entry)
{
  redisReply *fields = entry->element[1];

  for (gsize i = 0; is_list (fields) && i + 1 < fields->elements; i += 2)
    if (fields->element[i]->type == REDIS_REPLY_STRING
        && strcmp (fields->element[i]->str, FIELD) == 0
        && fields->element[i + 1]->type == REDIS_REPLY_STRING)
      return g_bytes_new (fields->element[i + 1]->str, fields->element[i + 1]->len);
  return g_bytes_new (NULL, 0);
}

/* A field of what XINFO STREAM answers; NULL when it is missing. */
static redisReply *
find_info (redisReply *reply, const char *name)
{
  for (gsize i = 0; is_list (reply) && i + 1 < reply->elements; i += 2)
    if (reply->element[i]->type == REDIS_REPLY_STRING && strcmp (reply->element[i]->str, name) == 0)
      return reply->element[i + 1];
  return NULL;
}

static const char *
find_last_id (redisReply *reply)
{
  redisReply *found = find_info (reply, "last-generated-id");

  return found != NULL && found->type == REDIS_REPLY_STRING ? found->str : NULL;
}

/* -- Reading -- */

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
  gboolean is_from_start = strcmp (group->cursor, START) == 0;
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

static void
adapt_page (NxRedisGroup *group, gsize n_octets)
{
  if (n_octets > LARGE_PAGE)
    group->page = MAX (group->page / 2, 1);
  else if (n_octets < SMALL_PAGE)
    group->page = MIN (group->page * 2, MAX_PAGE);
}

/* Whoever gets them may unsubscribe, or disconnect. */
static void
take_entries (NxRedisBackplane *self, NxRedisGroup *group, redisReply *reply, gsize first)
{
  gsize n_octets = 0;

  for (gsize i = first; i < reply->elements && !group->is_gone; i++)
    {
      g_autoptr (GBytes) envelope = NULL;

      if (!is_entry (reply->element[i]))
        continue;
      envelope = dup_envelope (reply->element[i]);
      n_octets += g_bytes_get_size (envelope);
      set_cursor (group, reply->element[i]->element[0]->str);
      nx_backplane_received (NX_BACKPLANE (self), group->name, group->cursor, envelope);
    }
  adapt_page (group, n_octets);
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
  const char *last_id = find_last_id (reply);
  guint64 last[2], mine[2];

  if (group->is_gone)
    return;
  if (last_id == NULL || !parse_id (last_id, &last[0], &last[1]))
    last_id = START, last[0] = last[1] = 0;
  if (strcmp (last_id, group->cursor) != 0)
    {
      g_autofree char *cursor = g_strdup (last_id);

      nx_backplane_gap (NX_BACKPLANE (self), group->name);
      if (group->is_gone)
        return;
      if (!parse_id (group->cursor, &mine[0], &mine[1]) || last[0] < mine[0]
          || (last[0] == mine[0] && last[1] < mine[1]))
        set_cursor (group, cursor);
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
  if (!is_list (reply))
    {
      g_autoptr (GError) error = nx_redis_link_make_error (self, reply);

      group->is_reading = FALSE;
      nx_backplane_report (NX_BACKPLANE (self), error);
      return;
    }
  group->is_verifying = FALSE;
  if (was_verifying
      && (reply->elements == 0 || !is_entry (reply->element[0])
          || strcmp (reply->element[0]->element[0]->str, group->cursor) != 0))
    {
      NX_REDIS_SEND (self->commands, examined_cb, nx_redis_group_ref (group), group_unref_cb,
                     "XINFO", "STREAM", group->stream);
      return;
    }
  {
    gboolean is_full = reply->elements >= group->page;

    take_entries (self, group, reply, was_verifying ? 1 : 0);
    if (group->is_gone)
      return;
    if (is_full)
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
  if (!is_list (reply))
    {
      g_autoptr (GError) error = nx_redis_link_make_error (self, reply);

      nx_backplane_report (NX_BACKPLANE (self), error);
      return;
    }
  if (reply->elements > 0 && is_entry (reply->element[0]))
    set_cursor (group, reply->element[0]->element[0]->str);
  else
    set_cursor (group, START);
  finish_reading (self, group);
}

void
nx_redis_streams_catch_up (NxRedisBackplane *self, NxRedisGroup *group, const char *after_id)
{
  group->page = FIRST_PAGE;
  if (after_id == NULL)
    {
      group->is_reading = TRUE;
      NX_REDIS_SEND (self->commands, tail_cb, nx_redis_group_ref (group), group_unref_cb,
                     "XREVRANGE", group->stream, "+", "-", "COUNT", "1");
      return;
    }
  set_cursor (group, after_id);
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
    if (group->is_recorded && group->is_live)
      {
        group->is_to_verify = TRUE;
        nx_redis_streams_read (self, group);
      }
}

/* -- Fetching -- */

typedef struct
{
  guint64 ticket;
  char *after_id; /* nullable */
  char *stream;
  GPtrArray *entries;
} Fetch;

static void
fetch_free (gpointer data)
{
  Fetch *self = data;

  g_free (self->after_id);
  g_free (self->stream);
  g_ptr_array_unref (self->entries);
  g_free (self);
}

static Fetch *
fetch_new (guint64 ticket, const char *after_id, const char *stream)
{
  Fetch *self = g_new0 (Fetch, 1);

  self->ticket = ticket;
  self->after_id = g_strdup (after_id);
  self->stream = g_strdup (stream);
  self->entries = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_backplane_entry_unref);
  return self;
}

static void
add_entry (Fetch *self, redisReply *entry)
{
  g_autoptr (GBytes) envelope = NULL;

  if (!is_entry (entry))
    return;
  envelope = dup_envelope (entry);
  g_ptr_array_add (self->entries, nx_backplane_entry_new (entry->element[0]->str, envelope));
}

/* Whether something may be missing behind an entry that is not there: from how the stream has been filled. */
static gboolean
has_gap (Fetch *self, redisReply *info)
{
  const char *last_id = find_last_id (info);
  redisReply *n_added = find_info (info, "entries-added");
  redisReply *length = find_info (info, "length");

  if (strcmp (self->after_id, START) != 0)
    return last_id == NULL || strcmp (last_id, self->after_id) != 0;
  if (last_id == NULL)
    return FALSE;
  /* Before Redis 7 nobody knows. */
  if (n_added == NULL || length == NULL)
    return self->entries->len > 0;
  return n_added->integer != length->integer;
}

static void
fetch_examined_cb (redisReply *reply, gpointer data, gpointer owner)
{
  Fetch *fetch = data;

  nx_backplane_fetched (owner, fetch->ticket, fetch->entries, has_gap (fetch, reply));
}

static void
examine (NxRedisBackplane *self, Fetch *fetch)
{
  Fetch *next = fetch_new (fetch->ticket, fetch->after_id, fetch->stream);

  g_ptr_array_unref (next->entries);
  next->entries = g_ptr_array_ref (fetch->entries);
  NX_REDIS_SEND (self->commands, fetch_examined_cb, next, fetch_free, "XINFO", "STREAM",
                 fetch->stream);
}

static void
fetched_cb (redisReply *reply, gpointer data, gpointer owner)
{
  NxRedisBackplane *self = owner;
  Fetch *fetch = data;
  gsize n = is_list (reply) ? reply->elements : 0;
  gboolean is_there = FALSE;

  if (!is_list (reply))
    {
      g_autoptr (GError) error = nx_redis_link_make_error (self, reply);

      nx_backplane_failed (NX_BACKPLANE (self), fetch->ticket, error);
      return;
    }
  if (fetch->after_id == NULL)
    for (gsize i = n; i > 0; i--)
      add_entry (fetch, reply->element[i - 1]);
  else
    for (gsize i = 0; i < n; i++)
      add_entry (fetch, reply->element[i]);
  if (fetch->after_id != NULL && fetch->entries->len > 0)
    is_there =
        strcmp (nx_backplane_entry_get_id (g_ptr_array_index (fetch->entries, 0)), fetch->after_id)
        == 0;
  if (is_there)
    g_ptr_array_remove_index (fetch->entries, 0);
  if (is_there || fetch->after_id == NULL)
    nx_backplane_fetched (NX_BACKPLANE (self), fetch->ticket, fetch->entries, FALSE);
  else
    examine (self, fetch);
}

gboolean
nx_redis_streams_fetch (NxRedisBackplane *self,
                        guint64 ticket,
                        const char *name,
                        const char *after_id,
                        guint limit,
                        GError **error)
{
  g_autofree char *stream = nx_redis_make_stream (self, name);
  g_autofree char *count =
      g_strdup_printf ("%u", limit < G_MAXUINT && after_id != NULL ? limit + 1 : limit);
  guint64 time, number;
  g_autofree char *canonical = NULL;
  Fetch *fetch;

  if (after_id != NULL && !parse_id (after_id, &time, &number))
    {
      g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_DATA, "This is no id of a message");
      return FALSE;
    }
  if (after_id != NULL)
    canonical = g_strdup_printf ("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, time, number);
  fetch = fetch_new (ticket, canonical, stream);
  if (after_id == NULL)
    NX_REDIS_SEND (self->commands, fetched_cb, fetch, fetch_free, "XREVRANGE", stream, "+", "-",
                   "COUNT", count);
  else
    NX_REDIS_SEND (self->commands, fetched_cb, fetch, fetch_free, "XRANGE", stream, canonical, "+",
                   "COUNT", count);
  return TRUE;
}
