/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a Redis answers, which may be anything: errors, and what is in its streams. */
#pragma once

#include <glib.h>
#include <hiredis.h>

#include "groups/nx-message-id-private.h"

G_BEGIN_DECLS

/* The id in front of all, and the field of an entry that has the envelope. */
#define NX_REDIS_START "0-0"
#define NX_REDIS_FIELD "m"

gboolean nx_redis_parse_id (const char *text, NxMessageId *id);
gboolean nx_redis_is_list (redisReply *reply);
gboolean nx_redis_is_entry (redisReply *reply);
/* What it holds; no octets at all when that is none of ours. */
GBytes *nx_redis_dup_envelope (redisReply *entry);
/* How many octets it has, whosever it is. */
gsize nx_redis_get_entry_size (redisReply *entry);
/* A field of what XINFO STREAM answers; NULL when it is missing. */
redisReply *nx_redis_find_info (redisReply *reply, const char *name);
const char *nx_redis_find_last_id (redisReply *reply);

/* The first word of an error, such as WRONGPASS. */
gboolean nx_redis_reply_is_error (redisReply *reply, const char *code);
/* What an error says, in one line and not at any length. */
GError *nx_redis_reply_to_error (redisReply *reply, const char *where);

G_END_DECLS
