/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "protocol/nx-field-private.h"

#include <string.h>

#include "protocol/nx-octet-private.h"

static void
trim (const char **start, gsize *length)
{
  while (*length > 0 && nx_octet_is_ows (**start))
    {
      (*start)++;
      (*length)--;
    }
  while (*length > 0 && nx_octet_is_ows ((*start)[*length - 1]))
    (*length)--;
}

static gboolean
equals_ci (const char *text, gsize length, const char *other)
{
  return length == strlen (other) && g_ascii_strncasecmp (text, other, length) == 0;
}

/* What is wrong where a name or its colon should be: each of these is somebody's way to hide a
 * field from somebody else. */
static gboolean
fault_in_name (const char *line, gsize length, gsize name_length, NxHeadFault *fault)
{
  if (nx_octet_is_ows (line[0]))
    return nx_head_fault (fault, 400, "a folded header line");
  if (name_length == length)
    return nx_head_fault (fault, 400, "a header line without a colon");
  if (name_length == 0)
    return nx_head_fault (fault, 400, "a header line without a name");
  if (nx_octet_is_ows (line[name_length]))
    return nx_head_fault (fault, 400, "white space in or behind a header name");
  return nx_head_fault (fault, 400, "an octet in a header name that no token has");
}

gboolean
nx_field_parse (const char *line, gsize length, NxField *out, NxHeadFault *fault)
{
  gsize colon = 0;

  g_assert (length > 0);

  while (colon < length && nx_octet_is (line[colon], NX_OCTET_TOKEN))
    colon++;
  if (colon == 0 || colon == length || line[colon] != ':')
    return fault_in_name (line, length, colon, fault);

  for (gsize i = colon + 1; i < length; i++)
    if (!nx_octet_is (line[i], NX_OCTET_FIELD))
      return nx_head_fault (fault, 400, "a control character in a header value");

  out->name = line;
  out->name_length = colon;
  out->value = line + colon + 1;
  out->value_length = length - colon - 1;
  trim (&out->value, &out->value_length);
  return TRUE;
}

gboolean
nx_field_next (const char **at, const char *end, NxField *out)
{
  const char *line = *at;
  const char *lf;
  NxHeadFault fault;

  if (line >= end || *line == '\r')
    return FALSE;

  lf = memchr (line, '\n', end - line);
  g_assert (lf != NULL && lf > line);
  *at = lf + 1;

  if (!nx_field_parse (line, lf - line - 1, out, &fault))
    g_assert_not_reached ();
  return TRUE;
}

gboolean
nx_field_has_name (const NxField *self, const char *name)
{
  return equals_ci (self->name, self->name_length, name);
}

gboolean
nx_field_has_value (const NxField *self, const char *value)
{
  return self->value_length == strlen (value)
         && memcmp (self->value, value, self->value_length) == 0;
}

gboolean
nx_field_has_value_ci (const NxField *self, const char *value)
{
  return equals_ci (self->value, self->value_length, value);
}

gboolean
nx_field_lists_token (const NxField *self, const char *token)
{
  const char *end = self->value + self->value_length;
  const char *member = self->value;

  while (member < end)
    {
      const char *comma = memchr (member, ',', end - member);
      gsize length = (comma != NULL ? comma : end) - member;

      trim (&member, &length);
      if (equals_ci (member, length, token))
        return TRUE;
      if (comma == NULL)
        break;
      member = comma + 1;
    }

  return FALSE;
}
