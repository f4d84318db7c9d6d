/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "routing/nx-path-private.h"

#include <string.h>

/* One octet of the path at @at, decoded, which moves on behind it; -1 for a percent sign that
 * encodes nothing, or NUL. */
static int
take_octet (const char **at, const char *end)
{
  const char *octet = *at;
  int high, low;

  if (*octet != '%')
    {
      (*at)++;
      return *octet == '\0' ? -1 : (guchar) *octet;
    }

  if (end - octet < 3)
    return -1;
  high = g_ascii_xdigit_value (octet[1]);
  low = g_ascii_xdigit_value (octet[2]);
  *at += 3;
  return high < 0 || low < 0 || high + low == 0 ? -1 : high << 4 | low;
}

static gboolean
is_segment (const char *text, gsize length, gboolean is_last)
{
  if (length == 0)
    return is_last;
  if (text[0] == '.' && (length == 1 || (length == 2 && text[1] == '.')))
    return FALSE;
  return g_utf8_validate_len (text, length, NULL);
}

/* Decodes up to the next slash or the end into *@out, NUL-terminated, and moves both on. */
static gboolean
take_segment (const char **at, const char *end, char **out)
{
  const char *start = *out;

  while (*at < end && **at != '/')
    {
      int octet = take_octet (at, end);

      if (octet < 0)
        return FALSE;
      *(*out)++ = octet;
    }
  *(*out)++ = '\0';

  return is_segment (start, *out - start - 1, *at == end);
}

NxPath *
nx_path_parse (const char *path, gsize length)
{
  const char *query = memchr (path, '?', length);
  const char *end = query != NULL ? query : path + length;
  const char *at = path;
  g_autoptr (NxPath) self = NULL;
  gsize n_slashes = 0;
  char *out;

  if (at == end || *at != '/')
    return NULL;

  for (const char *slash = at; slash < end; slash++)
    n_slashes += *slash == '/';

  /* The segments' octets lie behind the pointers to them: each slash makes room for a NUL, and
   * decoding only shrinks. */
  self = g_malloc (sizeof (NxPath) + n_slashes * sizeof (char *) + (end - path));
  self->n_segments = 0;
  out = (char *) &self->segments[n_slashes];

  while (at < end)
    {
      at++;
      self->segments[self->n_segments++] = out;
      if (!take_segment (&at, end, &out))
        return NULL;
    }

  return g_steal_pointer (&self);
}

void
nx_path_free (NxPath *self)
{
  g_free (self);
}
