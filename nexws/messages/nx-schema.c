/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-schema-private.h"

#include <float.h>

#include "messages/nx-scalar-private.h"

static JsonObject *
new_typed (const char *type)
{
  JsonObject *schema = json_object_new ();

  json_object_set_string_member (schema, "type", type);
  return schema;
}

/* `items` or another keyword, with a schema of its own, which is taken. */
static void
set_schema (JsonObject *schema, const char *keyword, JsonObject *inner)
{
  json_object_set_object_member (schema, keyword, inner);
}

static JsonObject *
new_array_of (JsonObject *items)
{
  JsonObject *schema = new_typed ("array");

  set_schema (schema, "items", items);
  return schema;
}

static JsonObject *
new_either (JsonObject *one, JsonObject *other)
{
  JsonObject *schema = json_object_new ();
  JsonArray *choices = json_array_new ();

  json_array_add_object_element (choices, one);
  json_array_add_object_element (choices, other);
  json_object_set_array_member (schema, "anyOf", choices);
  return schema;
}

static JsonObject *
new_pattern (const char *pattern)
{
  JsonObject *schema = new_typed ("string");

  json_object_set_string_member (schema, "pattern", pattern);
  return schema;
}

static JsonObject *
new_integer (gint64 minimum, gint64 maximum)
{
  JsonObject *schema = new_typed ("integer");

  json_object_set_int_member (schema, "minimum", minimum);
  json_object_set_int_member (schema, "maximum", maximum);
  return schema;
}

static JsonObject *
new_reference (GType type, const char *prefix, NxNames *names)
{
  JsonObject *schema = json_object_new ();
  g_autofree char *reference = g_strconcat (prefix, nx_names_of_type (names, type), NULL);

  json_object_set_string_member (schema, "$ref", reference);
  return schema;
}

/* -- Variants -- */

static JsonObject *schema_of_variant (const GVariantType *type);

static JsonObject *
schema_of_basic (char type)
{
  switch (type)
    {
    case 'b':
      return new_typed ("boolean");
    case 'y':
      return new_integer (0, G_MAXUINT8);
    case 'n':
      return new_integer (G_MININT16, G_MAXINT16);
    case 'q':
      return new_integer (0, G_MAXUINT16);
    case 'i':
      return new_integer (G_MININT32, G_MAXINT32);
    case 'u':
      return new_integer (0, G_MAXUINT32);
    case 'x':
      return new_integer (G_MININT64, G_MAXINT64);
    case 't':
      return new_either (new_integer (0, G_MAXINT64), new_pattern (NX_PATTERN_UNSIGNED));
    case 'd':
      return new_typed ("number");
    default:
      return new_typed ("string");
    }
}

static JsonObject *
schema_of_tuple (const GVariantType *type)
{
  JsonObject *schema = new_typed ("array");
  JsonArray *items = json_array_new ();

  for (const GVariantType *item = g_variant_type_first (type); item != NULL;
       item = g_variant_type_next (item))
    json_array_add_object_element (items, schema_of_variant (item));
  json_object_set_int_member (schema, "minItems", json_array_get_length (items));
  json_object_set_int_member (schema, "maxItems", json_array_get_length (items));
  if (json_array_get_length (items) > 0)
    json_object_set_array_member (schema, "prefixItems", items);
  else
    json_array_unref (items);
  return schema;
}

static JsonObject *
schema_of_entries (const GVariantType *entry)
{
  JsonObject *schema = new_typed ("object");

  set_schema (schema, "additionalProperties", schema_of_variant (g_variant_type_value (entry)));
  return schema;
}

static JsonObject *
schema_of_variant (const GVariantType *type)
{
  if (g_variant_type_is_variant (type) || !g_variant_type_is_definite (type))
    return json_object_new ();
  if (g_variant_type_is_basic (type))
    return schema_of_basic (g_variant_type_peek_string (type)[0]);
  if (g_variant_type_is_maybe (type))
    return new_either (schema_of_variant (g_variant_type_element (type)), new_typed ("null"));
  if (g_variant_type_is_tuple (type))
    return schema_of_tuple (type);
  if (g_variant_type_is_dict_entry (type))
    {
      JsonObject *schema = schema_of_entries (type);

      json_object_set_int_member (schema, "minProperties", 1);
      json_object_set_int_member (schema, "maxProperties", 1);
      return schema;
    }
  if (g_variant_type_is_dict_entry (g_variant_type_element (type)))
    return schema_of_entries (g_variant_type_element (type));
  return new_array_of (schema_of_variant (g_variant_type_element (type)));
}

/* -- Members -- */

static JsonObject *
schema_of_number (const NxMember *member)
{
  JsonObject *schema = new_typed ("number");

  if (member->of.number.minimum > -DBL_MAX)
    json_object_set_double_member (schema, "minimum", member->of.number.minimum);
  if (member->of.number.maximum < DBL_MAX)
    json_object_set_double_member (schema, "maximum", member->of.number.maximum);
  return schema;
}

static JsonObject *
schema_of_nicks (const NxMember *member)
{
  JsonObject *schema = json_object_new ();
  JsonArray *nicks = json_array_new ();

  if (member->kind == NX_MEMBER_ENUM)
    for (guint i = 0; i < member->of.enumeration->n_values; i++)
      json_array_add_string_element (nicks, member->of.enumeration->values[i].value_nick);
  else
    for (guint i = 0; i < member->of.flags->n_values; i++)
      json_array_add_string_element (nicks, member->of.flags->values[i].value_nick);
  json_object_set_array_member (schema, "enum", nicks);
  return schema;
}

static JsonObject *
schema_of_integer (const NxMember *member)
{
  JsonObject *schema = new_integer (member->of.integer.minimum, member->of.integer.maximum);

  return member->of.integer.beyond == 0 ? schema
                                        : new_either (schema, new_pattern (NX_PATTERN_UNSIGNED));
}

static JsonObject *
schema_of_date_time (void)
{
  JsonObject *schema = new_pattern (NX_PATTERN_DATE_TIME);

  json_object_set_string_member (schema, "format", "date-time");
  return schema;
}

static JsonObject *
schema_of_bytes (void)
{
  JsonObject *schema = new_pattern (NX_PATTERN_BASE64);

  json_object_set_string_member (schema, "contentEncoding", "base64");
  return schema;
}

static JsonObject *
schema_of_kind (const NxMember *member, const char *prefix, NxNames *names)
{
  switch (member->kind)
    {
    case NX_MEMBER_BOOLEAN:
      return new_typed ("boolean");
    case NX_MEMBER_INTEGER:
      return schema_of_integer (member);
    case NX_MEMBER_NUMBER:
      return schema_of_number (member);
    case NX_MEMBER_STRING:
      return new_typed ("string");
    case NX_MEMBER_ENUM:
      return schema_of_nicks (member);
    case NX_MEMBER_FLAGS:
      return new_array_of (schema_of_nicks (member));
    case NX_MEMBER_STRINGS:
      return new_array_of (new_typed ("string"));
    case NX_MEMBER_OBJECT:
      return new_reference (member->of.type, prefix, names);
    case NX_MEMBER_LIST:
      return new_array_of (new_reference (member->of.type, prefix, names));
    case NX_MEMBER_DATE_TIME:
      return schema_of_date_time ();
    case NX_MEMBER_BYTES:
      return schema_of_bytes ();
    case NX_MEMBER_JSON_OBJECT:
      return new_typed ("object");
    case NX_MEMBER_JSON_ARRAY:
      return new_typed ("array");
    case NX_MEMBER_VARIANT:
      return schema_of_variant (member->of.signature);
    case NX_MEMBER_NODE:
    case NX_MEMBER_CUSTOM:
    default:
      return json_object_new ();
    }
}

static JsonObject *
schema_of_member (const NxMember *member, const char *prefix, NxNames *names)
{
  const char *blurb = g_param_spec_get_blurb (member->pspec);
  JsonObject *schema = schema_of_kind (member, prefix, names);

  if (member->is_nullable && json_object_get_size (schema) > 0)
    schema = new_either (schema, new_typed ("null"));
  if (blurb != NULL && *blurb != '\0')
    json_object_set_string_member (schema, "description", blurb);
  return schema;
}

/* -- Objects -- */

JsonObject *
nx_schema_of_shape (const NxShape *shape,
                    const char *tag,
                    const char *value,
                    const char *prefix,
                    NxNames *names)
{
  JsonObject *schema = new_typed ("object");
  JsonObject *properties = json_object_new ();
  JsonArray *required = json_array_new ();

  if (tag != NULL)
    {
      JsonObject *constant = json_object_new ();

      json_object_set_string_member (constant, "const", value);
      set_schema (properties, tag, constant);
      json_array_add_string_element (required, tag);
    }
  for (guint i = 0; shape != NULL && i < shape->n_members; i++)
    {
      const NxMember *member = &shape->members[i];

      set_schema (properties, member->name, schema_of_member (member, prefix, names));
      if (member->is_required)
        json_array_add_string_element (required, member->name);
    }
  set_schema (schema, "properties", properties);
  json_object_set_array_member (schema, "required", required);
  json_object_set_boolean_member (schema, "additionalProperties", FALSE);
  return schema;
}

/* Where @object has no such member, or one of another kind: an empty one. */
static JsonObject *
ensure_properties (JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "properties");

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    set_schema (object, "properties", json_object_new ());
  return json_object_get_object_member (object, "properties");
}

static JsonArray *
ensure_required (JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, "required");

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    json_object_set_array_member (object, "required", json_array_new ());
  return json_object_get_array_member (object, "required");
}

void
nx_schema_add_tag (JsonObject *schema, const char *tag, const char *value)
{
  JsonObject *constant = json_object_new ();

  json_object_set_string_member (constant, "const", value);
  set_schema (ensure_properties (schema), tag, constant);
  json_array_add_string_element (ensure_required (schema), tag);
}

/* -- For people -- */

static void
append_line (GString *text, guint depth)
{
  g_string_append_c (text, '\n');
  for (guint i = 0; i < depth; i++)
    g_string_append (text, "  ");
}

static const char *
skip_string (const char *text)
{
  for (text++; *text != '"'; text++)
    if (*text == '\\')
      text++;
  return text + 1;
}

char *
nx_json_indent (const char *text)
{
  GString *indented = g_string_new (NULL);
  guint depth = 0;

  while (*text != '\0')
    {
      const char *end = *text == '"' ? skip_string (text) : text + 1;
      gboolean is_open = *text == '{' || *text == '[';

      if (*text == '}' || *text == ']')
        append_line (indented, --depth);
      g_string_append_len (indented, text, end - text);
      if (*text == ':')
        g_string_append_c (indented, ' ');
      if (is_open && (*end == '}' || *end == ']'))
        g_string_append_c (indented, *end++);
      else if (is_open)
        append_line (indented, ++depth);
      else if (*text == ',')
        append_line (indented, depth);
      text = end;
    }
  return g_string_free (indented, FALSE);
}
