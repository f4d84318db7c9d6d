/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxMessageId: what orders the messages of a group with history: a time in milliseconds and a number within it, written as Redis writes the ids of
 * its streams, so that one kind is compared with the other.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint64 ms;
  guint64 number;
} NxMessageId;

/* FALSE: @text is no id; then @self is zero. */
gboolean nx_message_id_parse (NxMessageId *self, const char *text);
char *nx_message_id_to_string (const NxMessageId *self); /* (transfer full) */
int nx_message_id_compare (const NxMessageId *self, const NxMessageId *other);
/* The next one at @now_ms, which is behind @self even if the clock was set back. */
void nx_message_id_advance (NxMessageId *self, guint64 now_ms);

G_END_DECLS
