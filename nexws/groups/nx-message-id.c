/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-message-id-private.h"

#include <string.h>

/* Decimal digits without a sign, up to @end. */
static gboolean
parse_number (const char *text, const char *end, guint64 *number)
{
  g_autofree char *copy = NULL;

  if (end - text > 20 || end == text)
    return FALSE;
  copy = g_strndup (text, end - text);
  return g_ascii_string_to_unsigned (copy, 10, 0, G_MAXUINT64, number, NULL);
}

gboolean
nx_message_id_parse (NxMessageId *self, const char *text)
{
  const char *dash = strchr (text, '-');

  if (dash != NULL && parse_number (text, dash, &self->ms)
      && parse_number (dash + 1, dash + strlen (dash), &self->number))
    return TRUE;
  *self = (NxMessageId){ 0, 0 };
  return FALSE;
}

char *
nx_message_id_to_string (const NxMessageId *self)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, self->ms, self->number);
}

int
nx_message_id_compare (const NxMessageId *self, const NxMessageId *other)
{
  if (self->ms != other->ms)
    return self->ms < other->ms ? -1 : 1;
  return (self->number > other->number) - (self->number < other->number);
}

void
nx_message_id_advance (NxMessageId *self, guint64 now_ms)
{
  if (now_ms > self->ms)
    *self = (NxMessageId){ now_ms, 0 };
  else
    self->number++;
}
