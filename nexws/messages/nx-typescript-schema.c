/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TypeScript of JSON Schema that came from elsewhere: so nothing in it is taken for granted, and what is not known is `unknown`. */
#include "config.h"

#include "messages/nx-schema-private.h"

#define MAX_DEPTH 32

static void append (GString *text, JsonNode *schema, guint depth);

/* nullable */
static JsonArray *
get_array (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

/* nullable */
static const char *
get_string (JsonObject *object, const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_VALUE (node)
                 && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

static void
append_value (GString *text, JsonNode *value)
{
  g_autofree char *json = NULL;

  if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
    {
      nx_typescript_append_literal (text, json_node_get_string (value));
      return;
    }
  json = json_to_string (value, FALSE);
  g_string_append (text, JSON_NODE_HOLDS_VALUE (value) || JSON_NODE_HOLDS_NULL (value) ? json
                                                                                       : "unknown");
}

static void
append_choices (GString *text, JsonArray *choices, gboolean are_values, guint depth)
{
  guint n = json_array_get_length (choices);

  if (n == 0)
    g_string_append (text, "never");
  g_string_append (text, n > 1 ? "(" : "");
  for (guint i = 0; i < n; i++)
    {
      g_string_append (text, i > 0 ? " | " : "");
      if (are_values)
        append_value (text, json_array_get_element (choices, i));
      else
        append (text, json_array_get_element (choices, i), depth);
    }
  g_string_append (text, n > 1 ? ")" : "");
}

static gboolean
is_required (JsonObject *schema, const char *name)
{
  JsonArray *required = get_array (schema, "required");

  for (guint i = 0; required != NULL && i < json_array_get_length (required); i++)
    {
      JsonNode *node = json_array_get_element (required, i);

      if (JSON_NODE_HOLDS_VALUE (node) && g_strcmp0 (json_node_get_string (node), name) == 0)
        return TRUE;
    }
  return FALSE;
}

static void
append_object (GString *text, JsonObject *schema, guint depth)
{
  JsonNode *properties = json_object_get_member (schema, "properties");
  JsonNode *additional = json_object_get_member (schema, "additionalProperties");
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  g_string_append (text, "{ ");
  if (properties != NULL && JSON_NODE_HOLDS_OBJECT (properties))
    {
      json_object_iter_init_ordered (&iter, json_node_get_object (properties));
      while (json_object_iter_next_ordered (&iter, &name, &member))
        {
          nx_typescript_append_literal (text, name);
          g_string_append (text, is_required (schema, name) ? ": " : "?: ");
          append (text, member, depth);
          g_string_append (text, "; ");
        }
    }
  if (additional != NULL && JSON_NODE_HOLDS_OBJECT (additional))
    {
      g_string_append (text, "[key: string]: ");
      append (text, additional, depth);
      g_string_append (text, "; ");
    }
  else if (additional == NULL && properties == NULL)
    g_string_append (text, "[key: string]: unknown; ");
  g_string_append_c (text, '}');
}

static void
append_array (GString *text, JsonObject *schema, guint depth)
{
  JsonArray *items = get_array (schema, "prefixItems");
  JsonNode *item = json_object_get_member (schema, "items");

  if (items == NULL)
    {
      append (text, item, depth);
      g_string_append (text, "[]");
      return;
    }
  g_string_append_c (text, '[');
  for (guint i = 0; i < json_array_get_length (items); i++)
    {
      g_string_append (text, i > 0 ? ", " : "");
      append (text, json_array_get_element (items, i), depth);
    }
  g_string_append_c (text, ']');
}

static void
append_typed (GString *text, JsonObject *schema, const char *type, guint depth)
{
  if (g_strcmp0 (type, "object") == 0)
    append_object (text, schema, depth);
  else if (g_strcmp0 (type, "array") == 0)
    append_array (text, schema, depth);
  else if (g_strcmp0 (type, "integer") == 0)
    g_string_append (text, "number");
  else if (g_strcmp0 (type, "string") == 0 || g_strcmp0 (type, "number") == 0
           || g_strcmp0 (type, "boolean") == 0 || g_strcmp0 (type, "null") == 0)
    g_string_append (text, type);
  else
    g_string_append (text, "unknown");
}

static void
append (GString *text, JsonNode *schema, guint depth)
{
  JsonObject *object;

  if (schema == NULL || !JSON_NODE_HOLDS_OBJECT (schema) || depth == MAX_DEPTH)
    {
      g_string_append (text, "unknown");
      return;
    }
  object = json_node_get_object (schema);
  if (get_string (object, "$ref") != NULL)
    g_string_append (text, get_string (object, "$ref"));
  else if (json_object_has_member (object, "const"))
    append_value (text, json_object_get_member (object, "const"));
  else if (get_array (object, "enum") != NULL)
    append_choices (text, get_array (object, "enum"), TRUE, depth + 1);
  else if (get_array (object, "anyOf") != NULL)
    append_choices (text, get_array (object, "anyOf"), FALSE, depth + 1);
  else
    append_typed (text, object, get_string (object, "type"), depth + 1);
}

void
nx_typescript_append_schema (GString *text, JsonNode *schema)
{
  append (text, schema, 0);
}
