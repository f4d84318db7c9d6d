/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chat-words.h"

#include <string.h>

/* The name as others see it: without white space at its ends, and one space for any inside. NULL when it is none: empty, too long,
 * or with characters that cannot be seen, which would let two names look alike. */
char *
chat_words_dup_name (const char *name)
{
  g_autoptr (GString) clean = g_string_new (NULL);
  gboolean is_apart = FALSE;

  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_isspace (c))
        {
          is_apart = clean->len > 0;
          continue;
        }
      if (!g_unichar_isprint (c))
        return NULL;
      if (is_apart)
        g_string_append_c (clean, ' ');
      g_string_append_unichar (clean, c);
      is_apart = FALSE;
    }
  if (clean->len == 0 || g_utf8_strlen (clean->str, clean->len) > CHAT_MAX_NAME)
    return NULL;
  return g_strdup (clean->str);
}

/* Two names, or two rooms, are the same when this is. */
char *
chat_words_fold (const char *words)
{
  g_autofree char *normal = g_utf8_normalize (words, -1, G_NORMALIZE_NFKC);

  return g_utf8_casefold (normal, -1);
}

/* A room is a part of an address, and should look well there. */
gboolean
chat_words_is_room (const char *room)
{
  guint length = 0;

  for (const char *p = room; *p != '\0'; p = g_utf8_next_char (p), length++)
    {
      gunichar c = g_utf8_get_char (p);

      if (!g_unichar_isalnum (c) && !g_unichar_ismark (c) && c != '-' && c != '_')
        return FALSE;
    }
  return length > 0 && length <= CHAT_MAX_ROOM;
}

/* Something to read, of more than white space; of the control characters only tabs and new lines. */
gboolean
chat_words_is_text (const char *text)
{
  gboolean is_blank = TRUE;

  if (g_utf8_strlen (text, -1) > CHAT_MAX_TEXT)
    return FALSE;
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_iscntrl (c) && c != '\t' && c != '\n')
        return FALSE;
      is_blank = is_blank && g_unichar_isspace (c);
    }
  return !is_blank;
}

/* What a page makes up: the id of what it says, and its key to a name. */
gboolean
chat_words_is_token (const char *token)
{
  gsize length = strspn (token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

  return token[length] == '\0' && length > 0 && length <= CHAT_MAX_TOKEN;
}
