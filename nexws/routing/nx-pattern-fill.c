/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "routing/nx-pattern-fill-private.h"

#include <string.h>

/* What RFC 3986 section 3.3 lets stand in a segment besides letters, digits, and `-._~`. */
#define SEGMENT_CHARACTERS "!$&'()*+,;=:@"

static const char *const allowed[NX_N_SEGMENT_KINDS] = {
  [NX_SEGMENT_INT] = "a decimal number of 64 bits",
  [NX_SEGMENT_UUID] = "8-4-4-4-12 hex digits",
  [NX_SEGMENT_FLOAT] = "a decimal number",
  [NX_SEGMENT_STRING] = "UTF-8 that is neither empty nor \".\" or \"..\"",
  [NX_SEGMENT_PATH] =
      "segments of UTF-8 between slashes, none \".\" or \"..\", only the last one empty",
};

static void
append_segment (GString *path, const char *segment)
{
  g_string_append_c (path, '/');
  g_string_append_uri_escaped (path, segment, SEGMENT_CHARACTERS, FALSE);
}

/* No path has such a segment, encoded or not. */
static gboolean
is_dots (const char *segment)
{
  return strcmp (segment, ".") == 0 || strcmp (segment, "..") == 0;
}

static gboolean
append_rest (GString *path, const char *value)
{
  g_auto (GStrv) segments = g_strsplit (value, "/", -1);

  if (segments[0] == NULL) /* g_strsplit() of nothing */
    append_segment (path, "");
  for (guint i = 0; segments[i] != NULL; i++)
    {
      if (is_dots (segments[i]) || (*segments[i] == '\0' && segments[i + 1] != NULL))
        return FALSE;
      append_segment (path, segments[i]);
    }
  return TRUE;
}

static gboolean
append_value (GString *path, NxSegmentKind kind, const char *value)
{
  if (!g_utf8_validate (value, -1, NULL))
    return FALSE;
  if (kind == NX_SEGMENT_PATH)
    return append_rest (path, value);
  if (!nx_segment_kind_fits (kind, value) || is_dots (value))
    return FALSE;
  append_segment (path, value);
  return TRUE;
}

static gboolean
fill_parameter (const NxSegment *segment, GHashTable *values, GString *path, GError **error)
{
  const char *value = values != NULL ? g_hash_table_lookup (values, segment->text) : NULL;
  g_autofree char *shown = NULL;

  if (value == NULL)
    {
      g_set_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_PARAMETER,
                   "parameter \"%s\" is missing; allowed: %s", segment->text,
                   allowed[segment->kind]);
      return FALSE;
    }
  if (append_value (path, segment->kind, value))
    return TRUE;
  shown = g_utf8_make_valid (value, -1);
  g_set_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_PARAMETER,
               "parameter \"%s\" cannot be \"%s\"; allowed: %s", segment->text, shown,
               allowed[segment->kind]);
  return FALSE;
}

gboolean
nx_pattern_fill (const NxPattern *self,
                 gboolean is_prefix,
                 GHashTable *values,
                 GString *path,
                 GError **error)
{
  for (guint i = 0; i < self->n_segments; i++)
    {
      const NxSegment *segment = &self->segments[i];

      if (segment->kind != NX_SEGMENT_TEXT)
        {
          if (!fill_parameter (segment, values, path, error))
            return FALSE;
        }
      else if (!is_prefix || *segment->text != '\0')
        append_segment (path, segment->text);
    }
  return TRUE;
}

gboolean
nx_pattern_has_parameter (const NxPattern *self, const char *name)
{
  for (guint i = 0; i < self->n_segments; i++)
    if (self->segments[i].kind != NX_SEGMENT_TEXT && strcmp (self->segments[i].text, name) == 0)
      return TRUE;
  return FALSE;
}
