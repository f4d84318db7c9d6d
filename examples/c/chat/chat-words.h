/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people may call themselves and their rooms, and what they may say. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CHAT_MAX_NAME 24   /* characters */
#define CHAT_MAX_ROOM 32   /* characters */
#define CHAT_MAX_TEXT 2000 /* characters */
#define CHAT_MAX_TOKEN 64  /* octets */

char *chat_words_dup_name (const char *name) G_GNUC_WARN_UNUSED_RESULT;
char *chat_words_fold (const char *words) G_GNUC_WARN_UNUSED_RESULT;
gboolean chat_words_is_room (const char *room);
gboolean chat_words_is_text (const char *text);
gboolean chat_words_is_token (const char *token);

G_END_DECLS
