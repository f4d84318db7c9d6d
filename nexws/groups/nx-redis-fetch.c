/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a history holds, for who asks for it. */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#include <string.h>

#include "nx-error.h"

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

  if (!nx_redis_is_entry (entry))
    return;
  envelope = nx_redis_dup_envelope (entry);
  g_ptr_array_add (self->entries, nx_backplane_entry_new (entry->element[0]->str, envelope));
}

/* Whether something may be missing behind an entry that is not there: from how the stream has been filled. */
static gboolean
has_gap (Fetch *self, redisReply *info)
{
  const char *last_id = nx_redis_find_last_id (info);
  redisReply *n_added = nx_redis_find_info (info, "entries-added");
  redisReply *length = nx_redis_find_info (info, "length");

  if (strcmp (self->after_id, NX_REDIS_START) != 0)
    return last_id == NULL || strcmp (last_id, self->after_id) != 0;
  /* Before Redis 7 nobody knows, and one who may not look does not either. */
  if (last_id == NULL || n_added == NULL || length == NULL)
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
  gsize n = nx_redis_is_list (reply) ? reply->elements : 0;
  gboolean is_there = FALSE;

  if (!nx_redis_is_list (reply))
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
nx_redis_fetch (NxRedisBackplane *self,
                guint64 ticket,
                const char *name,
                const char *after_id,
                guint limit,
                GError **error)
{
  g_autofree char *stream = nx_redis_make_stream (self, name);
  g_autofree char *count =
      g_strdup_printf ("%u", limit < G_MAXUINT && after_id != NULL ? limit + 1 : limit);
  NxMessageId id;
  g_autofree char *canonical = NULL;
  Fetch *fetch;

  if (after_id != NULL && !nx_redis_parse_id (after_id, &id))
    {
      g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_DATA, "This is no id of a message");
      return FALSE;
    }
  if (after_id != NULL)
    canonical = nx_message_id_to_string (&id);
  fetch = fetch_new (ticket, canonical, stream);
  if (after_id == NULL)
    NX_REDIS_SEND (self->commands, fetched_cb, fetch, fetch_free, "XREVRANGE", stream, "+", "-",
                   "COUNT", count);
  else
    NX_REDIS_SEND (self->commands, fetched_cb, fetch, fetch_free, "XRANGE", stream, canonical, "+",
                   "COUNT", count);
  return TRUE;
}
