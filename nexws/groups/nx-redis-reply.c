/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-redis-reply-private.h"

#include <string.h>

#include "nx-error.h"

#define MAX_WORDS 200

/* The largest of all are none that anything could come behind. */
gboolean
nx_redis_parse_id (const char *text, NxMessageId *id)
{
  return nx_message_id_parse (id, text) && id->ms < G_MAXUINT64 && id->number < G_MAXUINT64;
}

gboolean
nx_redis_is_list (redisReply *reply)
{
  return reply->type == REDIS_REPLY_ARRAY;
}

gboolean
nx_redis_is_entry (redisReply *reply)
{
  NxMessageId id;

  return nx_redis_is_list (reply) && reply->elements == 2
         && reply->element[0]->type == REDIS_REPLY_STRING
         && nx_redis_parse_id (reply->element[0]->str, &id);
}

GBytes *
nx_redis_dup_envelope (redisReply *entry)
{
  redisReply *fields = entry->element[1];

  for (gsize i = 0; nx_redis_is_list (fields) && i + 1 < fields->elements; i += 2)
    if (fields->element[i]->type == REDIS_REPLY_STRING
        && strcmp (fields->element[i]->str, NX_REDIS_FIELD) == 0
        && fields->element[i + 1]->type == REDIS_REPLY_STRING)
      return g_bytes_new (fields->element[i + 1]->str, fields->element[i + 1]->len);
  return g_bytes_new (NULL, 0);
}

gsize
nx_redis_get_entry_size (redisReply *entry)
{
  redisReply *fields = entry->element[1];
  gsize size = 0;

  for (gsize i = 0; nx_redis_is_list (fields) && i < fields->elements; i++)
    if (fields->element[i]->type == REDIS_REPLY_STRING)
      size += fields->element[i]->len;
  return size;
}

redisReply *
nx_redis_find_info (redisReply *reply, const char *name)
{
  for (gsize i = 0; nx_redis_is_list (reply) && i + 1 < reply->elements; i += 2)
    if (reply->element[i]->type == REDIS_REPLY_STRING && strcmp (reply->element[i]->str, name) == 0)
      return reply->element[i + 1];
  return NULL;
}

const char *
nx_redis_find_last_id (redisReply *reply)
{
  redisReply *found = nx_redis_find_info (reply, "last-generated-id");

  return found != NULL && found->type == REDIS_REPLY_STRING ? found->str : NULL;
}

gboolean
nx_redis_reply_is_error (redisReply *reply, const char *code)
{
  gsize length = strlen (code);

  return reply->type == REDIS_REPLY_ERROR && strncmp (reply->str, code, length) == 0
         && (reply->str[length] == ' ' || reply->str[length] == '\0');
}

GError *
nx_redis_reply_to_error (redisReply *reply, const char *where)
{
  g_autofree char *valid = NULL;

  if (reply->type != REDIS_REPLY_ERROR)
    return g_error_new (NX_ERROR, NX_ERROR_BACKPLANE, "%s: It answers something else", where);
  valid = g_utf8_make_valid (reply->str, MIN ((gssize) reply->len, MAX_WORDS));
  for (char *c = valid; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  return g_error_new (NX_ERROR, NX_ERROR_BACKPLANE, "%s: %s", where, valid);
}
