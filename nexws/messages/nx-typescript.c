/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "messages/nx-schema-private.h"

/* What ends a comment, or a line, would let a text be code. */
static void
append_comment (GString *text, const char *words)
{
  if (words == NULL || *words == '\0')
    return;
  g_string_append (text, "  /** ");
  for (; *words != '\0'; words++)
    if (*words == '*' && words[1] == '/')
      g_string_append (text, "* ");
    else
      g_string_append_c (text, (guchar) *words < 0x20 ? ' ' : *words);
  g_string_append (text, " */\n");
}

void
nx_typescript_append_literal (GString *text, const char *value)
{
  g_string_append_c (text, '"');
  for (; *value != '\0'; value++)
    if (*value == '"' || *value == '\\')
      g_string_append_printf (text, "\\%c", *value);
    else if ((guchar) *value < 0x20)
      g_string_append_printf (text, "\\u%04x", (guchar) *value);
    else
      g_string_append_c (text, *value);
  g_string_append_c (text, '"');
}

/* -- Variants -- */

static void
append_variant (GString *text, const GVariantType *type)
{
  if (!g_variant_type_is_definite (type) || g_variant_type_is_variant (type))
    g_string_append (text, "unknown");
  else if (g_variant_type_equal (type, G_VARIANT_TYPE_BOOLEAN))
    g_string_append (text, "boolean");
  else if (g_variant_type_equal (type, G_VARIANT_TYPE_UINT64))
    g_string_append (text, "(number | string)");
  else if (g_variant_type_is_basic (type))
    g_string_append (text, strchr ("sog", g_variant_type_peek_string (type)[0]) != NULL ? "string"
                                                                                        : "number");
  else if (g_variant_type_is_tuple (type))
    {
      g_string_append_c (text, '[');
      for (const GVariantType *item = g_variant_type_first (type); item != NULL;
           item = g_variant_type_next (item))
        {
          append_variant (text, item);
          if (g_variant_type_next (item) != NULL)
            g_string_append (text, ", ");
        }
      g_string_append_c (text, ']');
    }
  else if (g_variant_type_is_dict_entry (type))
    {
      g_string_append (text, "{ [key: string]: ");
      append_variant (text, g_variant_type_value (type));
      g_string_append (text, " }");
    }
  else if (g_variant_type_is_maybe (type))
    {
      g_string_append_c (text, '(');
      append_variant (text, g_variant_type_element (type));
      g_string_append (text, " | null)");
    }
  else
    {
      append_variant (text, g_variant_type_element (type));
      if (!g_variant_type_is_dict_entry (g_variant_type_element (type)))
        g_string_append (text, "[]");
    }
}

/* -- Members -- */

static void
append_nicks (GString *text, const NxMember *member)
{
  guint n = member->kind == NX_MEMBER_ENUM ? member->of.enumeration->n_values
                                           : member->of.flags->n_values;

  if (n == 0)
    g_string_append (text, "never");
  for (guint i = 0; i < n; i++)
    {
      g_string_append (text, i > 0 ? " | " : "");
      nx_typescript_append_literal (text, member->kind == NX_MEMBER_ENUM
                                              ? member->of.enumeration->values[i].value_nick
                                              : member->of.flags->values[i].value_nick);
    }
}

static void
append_type (GString *text, const NxMember *member, NxNames *names)
{
  switch (member->kind)
    {
    case NX_MEMBER_BOOLEAN:
      g_string_append (text, "boolean");
      break;
    case NX_MEMBER_INTEGER:
      g_string_append (text, member->of.integer.beyond != 0 ? "number | string" : "number");
      break;
    case NX_MEMBER_NUMBER:
      g_string_append (text, "number");
      break;
    case NX_MEMBER_STRING:
    case NX_MEMBER_DATE_TIME:
    case NX_MEMBER_BYTES:
      g_string_append (text, "string");
      break;
    case NX_MEMBER_ENUM:
      append_nicks (text, member);
      break;
    case NX_MEMBER_FLAGS:
      g_string_append_c (text, '(');
      append_nicks (text, member);
      g_string_append (text, ")[]");
      break;
    case NX_MEMBER_STRINGS:
      g_string_append (text, "string[]");
      break;
    case NX_MEMBER_OBJECT:
      g_string_append (text, nx_names_of_type (names, member->of.type));
      break;
    case NX_MEMBER_LIST:
      g_string_append_printf (text, "%s[]", nx_names_of_type (names, member->of.type));
      break;
    case NX_MEMBER_JSON_OBJECT:
      g_string_append (text, "{ [key: string]: unknown }");
      break;
    case NX_MEMBER_JSON_ARRAY:
      g_string_append (text, "unknown[]");
      break;
    case NX_MEMBER_VARIANT:
      append_variant (text, member->of.signature);
      break;
    case NX_MEMBER_NODE:
    case NX_MEMBER_CUSTOM:
    default:
      g_string_append (text, "unknown");
      break;
    }
  if (member->is_nullable)
    g_string_append (text, " | null");
}

void
nx_typescript_append_shape (GString *text, const NxShape *shape, NxNames *names)
{
  g_string_append_printf (text, "export interface %s {\n", nx_names_of_type (names, shape->type));
  for (guint i = 0; i < shape->n_members; i++)
    {
      const NxMember *member = &shape->members[i];

      append_comment (text, g_param_spec_get_blurb (member->pspec));
      g_string_append (text, "  ");
      nx_typescript_append_literal (text, member->name);
      g_string_append (text, member->is_required ? ": " : "?: ");
      append_type (text, member, names);
      g_string_append (text, ";\n");
    }
  g_string_append (text, "}\n\n");
}
