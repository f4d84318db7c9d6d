/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-place-private.h"

#include <float.h>
#include <string.h>

#include "messages/nx-json-private.h"

/* Octets of a value, or of a name, that a peer chose: enough to recognize it. */
#define SHOWN_MAX 40

static void
append_step (GString *text, const NxPlace *self)
{
  if (self->outer != NULL)
    append_step (text, self->outer);
  if (self->name == NULL)
    {
      if (self->outer != NULL)
        g_string_append_printf (text, "[%u]", self->index);
      return;
    }
  g_string_append_printf (text, "%s%s", text->len > 0 ? "." : "", self->name);
}

char *
nx_place_to_string (const NxPlace *self)
{
  GString *text = g_string_new (NULL);

  append_step (text, self);
  if (text->len == 0)
    g_string_append (text, "the message");
  return g_string_free (text, FALSE);
}

/* What cannot be seen is spelled out: a line break in a name would be one in the log. */
void
nx_place_append_visible (GString *text, gunichar c)
{
  if (c == ' ' || g_unichar_isgraph (c))
    g_string_append_unichar (text, c);
  else
    g_string_append_printf (text, "\\u%04x", c);
}

char *
nx_place_shorten (const char *text)
{
  GString *shown = g_string_new (NULL);

  for (const char *at = text, *next; *at != '\0'; at = next)
    {
      gunichar c = g_utf8_get_char (at);

      next = g_utf8_next_char (at);
      if (next - text > SHOWN_MAX)
        {
          g_string_append (shown, "…");
          break;
        }
      nx_place_append_visible (shown, c);
    }
  return g_string_free (shown, FALSE);
}

char *
nx_place_show (JsonNode *node)
{
  g_autofree char *text = NULL;
  gsize length;

  if (JSON_NODE_HOLDS_OBJECT (node))
    return g_strdup ("an object");
  if (JSON_NODE_HOLDS_ARRAY (node))
    return g_strdup ("an array");
  text = nx_json_generate (node, &length, NULL);
  return nx_place_shorten (text != NULL ? text : "something");
}

/* -- What is allowed -- */

static char *
join_nicks (guint n, const char *(*get) (gconstpointer klass, guint i), gconstpointer klass)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s\"%s\"", i > 0 ? ", " : "", get (klass, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const char *
get_enum_nick (gconstpointer klass, guint i)
{
  return ((const GEnumClass *) klass)->values[i].value_nick;
}

static const char *
get_flags_nick (gconstpointer klass, guint i)
{
  return ((const GFlagsClass *) klass)->values[i].value_nick;
}

char *
nx_member_list_nicks (const NxMember *member)
{
  if (member->kind == NX_MEMBER_ENUM)
    return join_nicks (member->of.enumeration->n_values, get_enum_nick, member->of.enumeration);
  return join_nicks (member->of.flags->n_values, get_flags_nick, member->of.flags);
}

static char *
describe_integer (const NxMember *member)
{
  if (member->of.integer.beyond != 0)
    return g_strdup_printf ("an integer from %" G_GINT64_FORMAT " to %" G_GUINT64_FORMAT
                            ", as a string where it is over %" G_GINT64_FORMAT,
                            member->of.integer.minimum, member->of.integer.beyond, G_MAXINT64);
  return g_strdup_printf ("an integer from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                          member->of.integer.minimum, member->of.integer.maximum);
}

static char *
describe_number (const NxMember *member)
{
  char minimum[G_ASCII_DTOSTR_BUF_SIZE], maximum[G_ASCII_DTOSTR_BUF_SIZE];

  if (member->of.number.minimum == -DBL_MAX && member->of.number.maximum == DBL_MAX)
    return g_strdup ("a number");
  g_ascii_formatd (minimum, sizeof minimum, "%.15g", member->of.number.minimum);
  g_ascii_formatd (maximum, sizeof maximum, "%.15g", member->of.number.maximum);
  return g_strdup_printf ("a number from %s to %s", minimum, maximum);
}

static char *
describe_variant (const NxMember *member)
{
  g_autofree char *signature = g_variant_type_dup_string (member->of.signature);

  return g_strdup_printf ("a value of type \"%s\"", signature);
}

static char *
describe_kind (const NxMember *member)
{
  g_autofree char *nicks = NULL;

  switch (member->kind)
    {
    case NX_MEMBER_BOOLEAN:
      return g_strdup ("true or false");
    case NX_MEMBER_INTEGER:
      return describe_integer (member);
    case NX_MEMBER_NUMBER:
      return describe_number (member);
    case NX_MEMBER_STRING:
      return g_strdup ("a string");
    case NX_MEMBER_ENUM:
      nicks = nx_member_list_nicks (member);
      return g_strdup_printf ("one of %s", nicks);
    case NX_MEMBER_FLAGS:
      nicks = nx_member_list_nicks (member);
      return g_strdup_printf ("an array of %s", nicks);
    case NX_MEMBER_STRINGS:
      return g_strdup ("an array of strings");
    case NX_MEMBER_OBJECT:
    case NX_MEMBER_JSON_OBJECT:
      return g_strdup ("an object");
    case NX_MEMBER_LIST:
      return g_strdup ("an array of objects");
    case NX_MEMBER_JSON_ARRAY:
      return g_strdup ("an array");
    case NX_MEMBER_DATE_TIME:
      return g_strdup ("a date and time such as \"2024-02-29T23:59:00Z\"");
    case NX_MEMBER_BYTES:
      return g_strdup ("a string of Base64");
    case NX_MEMBER_VARIANT:
      return describe_variant (member);
    case NX_MEMBER_NODE:
    case NX_MEMBER_CUSTOM:
    default:
      return g_strdup_printf ("what makes a %s", g_type_name (member->pspec->value_type));
    }
}

char *
nx_member_describe (const NxMember *member)
{
  g_autofree char *kind = describe_kind (member);

  return member->is_nullable ? g_strconcat (kind, ", or null,", NULL) : g_steal_pointer (&kind);
}

char *
nx_shape_list_members (const NxShape *shape)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < shape->n_members; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", shape->members[i].name);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* -- Faults -- */

gboolean
nx_place_fail_literally (const NxPlace *self, JsonNode *came, const char *wanted, GError **error)
{
  g_autofree char *place = nx_place_to_string (self);
  g_autofree char *value = nx_place_show (came);

  g_set_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
               "%s: %s came, %s is wanted", place, value, wanted);
  return FALSE;
}

gboolean
nx_place_fail (const NxPlace *self, JsonNode *came, char *wanted, GError **error)
{
  nx_place_fail_literally (self, came, wanted, error);
  g_free (wanted);
  return FALSE;
}
