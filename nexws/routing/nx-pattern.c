/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "routing/nx-pattern-private.h"

#include <errno.h>
#include <string.h>

#define ALLOWED_SEGMENT                                                                            \
  "text, {name}, {name:int}, {name:float}, {name:uuid} or, at the end, {name:path}"
#define ALLOWED_NAME "a letter or an underscore, then letters, digits and underscores"

G_DEFINE_QUARK (nx - pattern - error - quark, nx_pattern_error)

static const char *const type_names[NX_N_SEGMENT_KINDS] = {
  [NX_SEGMENT_INT] = "int",
  [NX_SEGMENT_UUID] = "uuid",
  [NX_SEGMENT_FLOAT] = "float",
  [NX_SEGMENT_PATH] = "path",
};

/* --- Parsing --- */

/* @at: where in the pattern, counted in characters from 1, as an editor does. */
static gboolean
fail (const NxPattern *self,
      const char *at,
      NxPatternError code,
      GError **error,
      const char *problem,
      const char *allowed)
{
  glong column = g_utf8_pointer_to_offset (self->text, at) + 1;

  g_set_error (error, NX_PATTERN_ERROR, code, "pattern \"%s\", character %ld: %s; allowed: %s",
               self->text, column, problem, allowed);
  return FALSE;
}

/* The same, of what is between @start and @end. */
static gboolean
fail_at (const NxPattern *self,
         const char *at,
         const char *start,
         const char *end,
         NxPatternError code,
         GError **error,
         const char *problem,
         const char *allowed)
{
  g_autofree char *text = g_strdup_printf ("\"%.*s\" %s", (int) (end - start), start, problem);

  return fail (self, at, code, error, text, allowed);
}

static gboolean
is_name (const char *text, gsize length)
{
  if (length == 0 || g_ascii_isdigit (text[0]))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (text[i]) && text[i] != '_')
      return FALSE;
  return TRUE;
}

static gboolean
has_parameter (const NxPattern *self, const char *name)
{
  for (guint i = 0; i < self->n_segments; i++)
    if (self->segments[i].kind != NX_SEGMENT_TEXT && g_str_equal (self->segments[i].text, name))
      return TRUE;

  return FALSE;
}

static gboolean
parse_type (const char *text, gsize length, NxSegmentKind *out)
{
  for (guint kind = 0; kind < NX_N_SEGMENT_KINDS; kind++)
    if (type_names[kind] != NULL && length == strlen (type_names[kind])
        && memcmp (text, type_names[kind], length) == 0)
      {
        *out = kind;
        return TRUE;
      }

  return FALSE;
}

/* @start is behind the opening brace, @end at the closing one. */
static gboolean
parse_parameter (NxPattern *self, const char *start, const char *end, GError **error)
{
  NxSegment *segment = &self->segments[self->n_segments];
  const char *colon = memchr (start, ':', end - start);
  const char *name_end = colon != NULL ? colon : end;
  g_autofree char *name = NULL;

  if (!is_name (start, name_end - start))
    return fail_at (self, start, start, name_end, NX_PATTERN_ERROR_PARAMETER, error,
                    "is no parameter's name", ALLOWED_NAME);

  segment->kind = NX_SEGMENT_STRING;
  if (colon != NULL && !parse_type (colon + 1, end - colon - 1, &segment->kind))
    return fail_at (self, colon + 1, colon + 1, end, NX_PATTERN_ERROR_PARAMETER, error,
                    "is no parameter's type", "int, float, uuid, path, or none for any segment");

  name = g_strndup (start, name_end - start);
  if (has_parameter (self, name))
    return fail (self, start, NX_PATTERN_ERROR_PARAMETER, error, "a second parameter of this name",
                 "each name once");

  if (segment->kind == NX_SEGMENT_PATH && end[1] != '\0')
    return fail (self, end + 1, NX_PATTERN_ERROR_SYNTAX, error,
                 "something behind a parameter that takes the rest of the path", "nothing");

  segment->text = g_steal_pointer (&name);
  self->n_segments++;
  return TRUE;
}

/* How others write a parameter: it would be text here, which nobody who writes it means. */
static gboolean
check_foreign (const NxPattern *self, const char *start, const char *end, GError **error)
{
  const char *name = start + 1, *name_end = end;
  g_autofree char *hint = NULL;

  if (end - start == 1 && *start == '*')
    return fail (self, start, NX_PATTERN_ERROR_SYNTAX, error, "\"*\" stands for nothing here",
                 "{rest:path} for the rest of the path, {name} for one segment");
  if (end - start < 2 || (*start != ':' && *start != '<'))
    return TRUE;
  if (*start == '<')
    {
      const char *type = memchr (name, ':', end - name);

      if (end[-1] == '>')
        name_end--;
      if (type != NULL)
        name = type + 1; /* <int:id> */
    }
  if (name >= name_end || !is_name (name, name_end - name))
    return TRUE;
  hint = g_strdup_printf ("{%.*s}", (int) (name_end - name), name);
  return fail_at (self, start, start, end, NX_PATTERN_ERROR_SYNTAX, error,
                  "is how others write a parameter", hint);
}

static gboolean
parse_text (NxPattern *self, const char *start, const char *end, GError **error)
{
  gsize length = end - start;

  if (!check_foreign (self, start, end, error))
    return FALSE;
  for (const char *at = start; at < end; at++)
    if (*at == '%')
      return fail (self, at, NX_PATTERN_ERROR_SYNTAX, error,
                   "a percent sign: write the character itself, not its encoding", ALLOWED_SEGMENT);
    else if (g_ascii_iscntrl (*at))
      return fail (self, at, NX_PATTERN_ERROR_SYNTAX, error, "a control character",
                   ALLOWED_SEGMENT);
    else if (strchr ("{}?#<>", *at) != NULL)
      return fail_at (self, at, at, at + 1, NX_PATTERN_ERROR_SYNTAX, error,
                      "is no character of a path", ALLOWED_SEGMENT);

  if (length == 0 && *end == '/')
    return fail (self, start, NX_PATTERN_ERROR_SYNTAX, error, "an empty segment", ALLOWED_SEGMENT);
  if ((length == 1 && start[0] == '.') || (length == 2 && start[0] == '.' && start[1] == '.'))
    return fail (self, start, NX_PATTERN_ERROR_SYNTAX, error, "a segment that no path has",
                 ALLOWED_SEGMENT);

  self->segments[self->n_segments].kind = NX_SEGMENT_TEXT;
  self->segments[self->n_segments++].text = g_strndup (start, length);
  return TRUE;
}

static gboolean
parse_segment (NxPattern *self, const char *start, const char *end, GError **error)
{
  const char *brace;

  if (*start != '{')
    return parse_text (self, start, end, error);

  brace = memchr (start, '}', end - start);
  if (brace == NULL)
    return fail (self, start, NX_PATTERN_ERROR_SYNTAX, error,
                 "an opening brace without a closing one", ALLOWED_SEGMENT);
  if (brace + 1 != end)
    return fail (self, brace + 1, NX_PATTERN_ERROR_SYNTAX, error,
                 "a parameter that is not a whole segment", ALLOWED_SEGMENT);

  return parse_parameter (self, start + 1, brace, error);
}

static gboolean
parse_segments (NxPattern *self, GError **error)
{
  const char *start = self->text;

  if (*start != '/')
    return fail (self, start, NX_PATTERN_ERROR_SYNTAX, error, "a pattern begins with it",
                 "a slash");

  while (*start == '/')
    {
      const char *end = ++start;

      while (*end != '\0' && *end != '/')
        end++;
      if (self->n_segments == NX_PATTERN_MAX_SEGMENTS)
        return fail (self, start, NX_PATTERN_ERROR_SYNTAX, error, "one segment too many",
                     G_STRINGIFY (NX_PATTERN_MAX_SEGMENTS) " segments");
      if (!parse_segment (self, start, end, error))
        return FALSE;
      start = end;
    }

  return TRUE;
}

static void
pattern_clear (gpointer data)
{
  NxPattern *self = data;

  for (guint i = 0; i < self->n_segments; i++)
    g_free (self->segments[i].text);
  g_free (self->segments);
  g_free (self->text);
}

NxPattern *
nx_pattern_parse (const char *text, GError **error)
{
  g_autoptr (NxPattern) self = g_atomic_rc_box_new0 (NxPattern);

  self->text = g_strdup (text);
  if (!g_utf8_validate (text, -1, NULL))
    {
      g_autofree char *shown = g_utf8_make_valid (text, -1);

      g_set_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_SYNTAX, "pattern \"%s\": not UTF-8",
                   shown);
      return NULL;
    }

  self->segments = g_new0 (NxSegment, NX_PATTERN_MAX_SEGMENTS);
  if (!parse_segments (self, error))
    return NULL;

  self->segments = g_renew (NxSegment, self->segments, self->n_segments);
  return g_steal_pointer (&self);
}

NxPattern *
nx_pattern_ref (NxPattern *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
nx_pattern_unref (NxPattern *self)
{
  g_atomic_rc_box_release_full (self, pattern_clear);
}

/* --- Fitting --- */

static const char *
skip_digits (const char *at)
{
  while (g_ascii_isdigit (*at))
    at++;
  return at;
}

static gboolean
fits_int (const char *segment)
{
  const char *digits = *segment == '-' ? segment + 1 : segment;
  const char *end = skip_digits (digits);

  if (end == digits || *end != '\0')
    return FALSE;

  errno = 0;
  g_ascii_strtoll (segment, NULL, 10);
  return errno == 0;
}

/* Neither hex nor `inf` nor `nan`, which strtod would take; nor what is too large to be finite. */
static gboolean
fits_float (const char *segment)
{
  const char *start = *segment == '-' ? segment + 1 : segment;
  const char *at = skip_digits (start);
  gdouble value;

  if (at == start)
    return FALSE;
  if (*at == '.')
    {
      start = at + 1;
      if ((at = skip_digits (start)) == start)
        return FALSE;
    }
  if (*at == 'e' || *at == 'E')
    {
      start = at + 1;
      if (*start == '-' || *start == '+')
        start++;
      if ((at = skip_digits (start)) == start)
        return FALSE;
    }
  if (*at != '\0')
    return FALSE;

  value = g_ascii_strtod (segment, NULL);
  return value >= -G_MAXDOUBLE && value <= G_MAXDOUBLE;
}

gboolean
nx_segment_kind_fits (NxSegmentKind kind, const char *segment)
{
  switch (kind)
    {
    case NX_SEGMENT_INT:
      return fits_int (segment);
    case NX_SEGMENT_UUID:
      return g_uuid_string_is_valid (segment);
    case NX_SEGMENT_FLOAT:
      return fits_float (segment);
    case NX_SEGMENT_STRING:
      return *segment != '\0';
    case NX_SEGMENT_TEXT:
    case NX_SEGMENT_PATH:
    case NX_N_SEGMENT_KINDS:
    default:
      g_assert_not_reached ();
    }
}
