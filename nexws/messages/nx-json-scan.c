/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-json-scan-private.h"

#include <math.h>
#include <string.h>

#include "messages/nx-name-set-private.h"

typedef struct
{
  NxNameSet *names; /* of an object, those that were seen; made for the second one */
  char *first_name;
  gboolean is_object;
} Level;

typedef struct
{
  const char *text;
  const char *position;
  const char *end;
  guint max_depth;
  GArray *levels; /* of Level, the innermost last */
  GArray *big_integers;
  GError **error;
} Scan;

static void
level_clear (gpointer data)
{
  Level *level = data;

  g_clear_pointer (&level->names, nx_name_set_free);
  g_free (level->first_name);
}

/* -- Saying what is wrong -- */

static char *
describe (const Scan *self)
{
  guchar c;

  if (self->position >= self->end)
    return g_strdup ("the end");
  c = *self->position;
  return c > 0x20 && c < 0x7f ? g_strdup_printf ("'%c'", c) : g_strdup_printf ("octet 0x%02x", c);
}

static gboolean
fail (Scan *self, const char *what)
{
  g_set_error (self->error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
               "octet %" G_GSIZE_FORMAT ": %s", (gsize) (self->position - self->text), what);
  return FALSE;
}

static gboolean
expected (Scan *self, const char *what)
{
  g_autofree char *found = describe (self);
  g_autofree char *message = g_strdup_printf ("%s where %s is allowed", found, what);

  return fail (self, message);
}

/* -- Looking: there is no U+0000 -- */

static gboolean
next_is (const Scan *self, char c)
{
  return self->position < self->end && *self->position == c;
}

static gboolean
take (Scan *self, char c)
{
  if (!next_is (self, c))
    return FALSE;
  self->position++;
  return TRUE;
}

static void
skip_space (Scan *self)
{
  while (self->position < self->end && strchr (" \t\r\n", *self->position) != NULL)
    self->position++;
}

static gboolean
next_is_digit (const Scan *self)
{
  return self->position < self->end && g_ascii_isdigit (*self->position);
}

static gsize
skip_digits (Scan *self)
{
  const char *start = self->position;

  while (next_is_digit (self))
    self->position++;
  return self->position - start;
}

/* -- Strings -- */

/* The four hex digits behind `\u`; -1 when they are not. */
static int
take_hex (Scan *self)
{
  int value = 0;

  for (guint i = 0; i < 4; i++, self->position++)
    {
      if (self->position >= self->end || !g_ascii_isxdigit (*self->position))
        return -1;
      value = value * 16 + g_ascii_xdigit_value (*self->position);
    }
  return value;
}

static gboolean
scan_unicode_escape (Scan *self, GString *decoded)
{
  int unit = take_hex (self);

  if (unit < 0)
    return expected (self, "a hex digit");
  if (unit == 0)
    return fail (self, "\\u0000 cannot be kept");
  if (unit >= 0xDC00 && unit <= 0xDFFF)
    return fail (self, "a low surrogate without a high one");
  if (unit >= 0xD800 && unit <= 0xDBFF)
    {
      int low = take (self, '\\') && take (self, 'u') ? take_hex (self) : -1;

      if (low < 0xDC00 || low > 0xDFFF)
        return fail (self, "a high surrogate without a low one");
      unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
  if (decoded != NULL)
    g_string_append_unichar (decoded, unit);
  return TRUE;
}

static gboolean
scan_escape (Scan *self, GString *decoded)
{
  static const char letters[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  const char *letter;

  if (take (self, 'u'))
    return scan_unicode_escape (self, decoded);
  letter = self->position < self->end ? strchr (letters, *self->position) : NULL;
  if (letter == NULL)
    return expected (self, "one of \"\\/bfnrtu");
  self->position++;
  if (decoded != NULL)
    g_string_append_c (decoded, meanings[letter - letters]);
  return TRUE;
}

/* @decoded: (nullable). The text is valid UTF-8 as a whole. */
static gboolean
scan_string (Scan *self, GString *decoded)
{
  if (!take (self, '"'))
    return expected (self, "a string");
  for (;;)
    {
      const char *start = self->position;

      while (self->position < self->end && (guchar) *self->position >= 0x20
             && *self->position != '"' && *self->position != '\\')
        self->position++;
      if (decoded != NULL)
        g_string_append_len (decoded, start, self->position - start);
      if (take (self, '"'))
        return TRUE;
      if (!take (self, '\\'))
        return self->position < self->end ? fail (self, "a control character must be escaped")
                                          : expected (self, "the end of the string");
      if (!scan_escape (self, decoded))
        return FALSE;
    }
}

/* -- Numbers -- */

static gboolean
is_finite (const char *start, gsize length)
{
  g_autofree char *copy = g_strndup (start, length);

  return isfinite (g_ascii_strtod (copy, NULL));
}

static gboolean
fits_64_bits (const char *start, gsize length)
{
  g_autofree char *copy = NULL;
  gint64 value;

  if (length < 19) /* no such number is too big */
    return TRUE;
  copy = g_strndup (start, length);
  return g_ascii_string_to_signed (copy, 10, G_MININT64, G_MAXINT64, &value, NULL);
}

static gboolean
scan_number (Scan *self)
{
  const char *start = self->position;
  gboolean is_integer = TRUE;
  gsize length;

  take (self, '-');
  if (!take (self, '0') && skip_digits (self) == 0)
    return expected (self, "a digit");
  if (take (self, '.'))
    {
      is_integer = FALSE;
      if (skip_digits (self) == 0)
        return expected (self, "a digit");
    }
  if (take (self, 'e') || take (self, 'E'))
    {
      is_integer = FALSE;
      if (!take (self, '+'))
        take (self, '-');
      if (skip_digits (self) == 0)
        return expected (self, "a digit");
    }
  length = self->position - start;
  if ((!is_integer || length > 300) && !is_finite (start, length))
    return fail (self, "a number beyond what a double can hold");
  if (is_integer && !fits_64_bits (start, length))
    {
      gsize offset = self->position - self->text;

      g_array_append_val (self->big_integers, offset);
    }
  return TRUE;
}

/* -- Values -- */

static gboolean
scan_word (Scan *self, const char *word)
{
  for (; *word != '\0'; word++)
    if (!take (self, *word))
      return expected (self, "true, false or null");
  return TRUE;
}

static Level *
innermost (Scan *self)
{
  return self->levels->len > 0 ? &g_array_index (self->levels, Level, self->levels->len - 1) : NULL;
}

static NxNameVerdict
add_name (Level *level, const char *name)
{
  if (level->first_name == NULL)
    {
      level->first_name = g_strdup (name);
      return NX_NAME_IS_NEW;
    }
  if (level->names == NULL)
    {
      level->names = nx_name_set_new ();
      nx_name_set_add (level->names, level->first_name);
    }
  return nx_name_set_add (level->names, name);
}

static gboolean
check_name (Scan *self, const char *name)
{
  switch (add_name (innermost (self), name))
    {
    case NX_NAME_IS_KNOWN:
      return fail (self, "a member's name that was there already");
    case NX_NAME_IS_CROWDED:
      return fail (self, "members' names that were chosen to collide");
    case NX_NAME_IS_NEW:
    default:
      return TRUE;
    }
}

/* `"name":`, at the innermost level. */
static gboolean
scan_name (Scan *self)
{
  g_autoptr (GString) name = g_string_new (NULL);

  skip_space (self);
  if (!scan_string (self, name))
    return FALSE;
  if (!check_name (self, name->str))
    return FALSE;
  skip_space (self);
  return take (self, ':') ? TRUE : expected (self, "':'");
}

static gboolean
enter (Scan *self, gboolean is_object)
{
  const Level level = { NULL, NULL, is_object };

  if (self->levels->len >= self->max_depth)
    {
      g_autofree char *message =
          g_strdup_printf ("nested too deeply; %u levels are allowed", self->max_depth);

      return fail (self, message);
    }
  g_array_append_val (self->levels, level);
  return TRUE;
}

static void
leave (Scan *self)
{
  g_array_set_size (self->levels, self->levels->len - 1);
}

/*
 * One value, or the beginning of one that holds others. @is_open: whether those must follow.
 */
static gboolean
scan_value (Scan *self, gboolean *is_open)
{
  *is_open = FALSE;
  skip_space (self);
  if (next_is (self, '"'))
    return scan_string (self, NULL);
  if (next_is (self, '-') || next_is_digit (self))
    return scan_number (self);
  if (next_is (self, '{') || next_is (self, '['))
    {
      gboolean is_object = *self->position++ == '{';

      if (!enter (self, is_object))
        return FALSE;
      skip_space (self);
      if (take (self, is_object ? '}' : ']'))
        {
          leave (self);
          return TRUE;
        }
      *is_open = TRUE;
      return is_object ? scan_name (self) : TRUE;
    }
  if (next_is (self, 't'))
    return scan_word (self, "true");
  if (next_is (self, 'f'))
    return scan_word (self, "false");
  if (next_is (self, 'n'))
    return scan_word (self, "null");
  return expected (self, "a value");
}

/* Behind a value: the levels that end here. @is_over: whether the last of them did. */
static gboolean
close_levels (Scan *self, gboolean *is_over)
{
  Level *level;

  *is_over = FALSE;
  while ((level = innermost (self)) != NULL)
    {
      skip_space (self);
      if (take (self, ','))
        return level->is_object ? scan_name (self) : TRUE;
      if (!take (self, level->is_object ? '}' : ']'))
        return expected (self, level->is_object ? "',' or '}'" : "',' or ']'");
      leave (self);
    }
  *is_over = TRUE;
  return TRUE;
}

static gboolean
scan_document (Scan *self)
{
  gboolean is_open, is_over = FALSE;

  while (!is_over)
    {
      if (!scan_value (self, &is_open))
        return FALSE;
      if (!is_open && !close_levels (self, &is_over))
        return FALSE;
    }
  skip_space (self);
  return self->position == self->end ? TRUE : expected (self, "the end");
}

gboolean
nx_json_scan (const char *text, gsize length, guint max_depth, GArray *big_integers, GError **error)
{
  g_autoptr (GArray) levels = g_array_new (FALSE, FALSE, sizeof (Level));
  Scan self = { text, text, text + length, max_depth, levels, big_integers, error };

  g_array_set_clear_func (levels, level_clear);
  if (!g_utf8_validate_len (text, length, &self.position))
    return fail (&self, "not UTF-8, or U+0000");
  self.position = text;
  return scan_document (&self);
}
