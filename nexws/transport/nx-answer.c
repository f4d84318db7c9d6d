/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-answer-private.h"

#include <string.h>

gboolean
nx_answer_is_header_name (const char *name)
{
  if (*name == '\0')
    return FALSE;
  for (const char *p = name; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && strchr ("!#$%&'*+-.^_`|~", *p) == NULL)
      return FALSE;
  return TRUE;
}

gboolean
nx_answer_is_header_value (const char *value)
{
  for (const guchar *p = (const guchar *) value; *p != '\0'; p++)
    if ((*p < 0x20 && *p != '\t') || *p == 0x7f)
      return FALSE;
  return TRUE;
}

void
nx_answer_append_headers (GString *answer, SoupMessageHeaders *headers)
{
  SoupMessageHeadersIter iter;
  const char *name, *value;

  soup_message_headers_iter_init (&iter, headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    {
      g_string_append (answer, name);
      g_string_append (answer, ": ");
      g_string_append (answer, value);
      g_string_append (answer, "\r\n");
    }
}

/* libsoup has no words for what came after RFC 2616. */
static const char *
get_phrase (guint status)
{
  switch (status)
    {
    case 421:
      return "Misdirected Request";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    default:
      return soup_status_get_phrase (status);
    }
}

GBytes *
nx_answer_new (guint status, SoupMessageHeaders *headers, const char *body)
{
  GString *answer = g_string_new (NULL);
  const char *phrase = get_phrase (status);
  g_autofree char *line = body == NULL ? g_strconcat (phrase, "\n", NULL) : NULL;

  if (body == NULL)
    body = line;
  g_string_printf (answer, "HTTP/1.1 %u %s\r\n", status, phrase);
  if (headers != NULL)
    nx_answer_append_headers (answer, headers);
  if (status == 426) /* RFC 6455 section 4.4, RFC 9110 section 15.5.22 */
    g_string_append (answer, "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\n");
  if (headers == NULL || soup_message_headers_get_one (headers, "Content-Type") == NULL)
    g_string_append (answer, "Content-Type: text/plain; charset=utf-8\r\n");
  g_string_append_printf (answer,
                          "Content-Length: %" G_GSIZE_FORMAT "\r\nConnection: close\r\n\r\n%s",
                          strlen (body), body);
  return g_string_free_to_bytes (answer);
}
