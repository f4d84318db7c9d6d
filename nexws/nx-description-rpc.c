/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the methods of JSON-RPC are called with and return, in schemas and in TypeScript. */
#include "config.h"

#include "nx-description-private.h"

#define TS_ID "string | number | null"

/* -- Schemas -- */

static JsonObject *
new_typed (const char *type)
{
  JsonObject *schema = json_object_new ();

  if (type != NULL)
    json_object_set_string_member (schema, "type", type);
  return schema;
}

static JsonArray *
new_names (const char *const *names)
{
  JsonArray *array = json_array_new ();

  for (; *names != NULL; names++)
    json_array_add_string_element (array, *names);
  return array;
}

static JsonObject *
new_choice (const char *const *types)
{
  JsonObject *schema = json_object_new ();

  json_object_set_array_member (schema, "type", new_names (types));
  return schema;
}

static JsonObject *
new_constant (const char *value)
{
  JsonObject *schema = json_object_new ();

  json_object_set_string_member (schema, "const", value);
  return schema;
}

/* NULL for what may be anything. */
static const char *
get_plain_type (GType type)
{
  if (type == G_TYPE_NONE)
    return "null";
  if (type == G_TYPE_BOOLEAN)
    return "boolean";
  if (type == G_TYPE_STRING)
    return "string";
  if (type == G_TYPE_INT || type == G_TYPE_INT64)
    return "integer";
  if (type == G_TYPE_DOUBLE)
    return "number";
  return NULL;
}

static gboolean
is_object_type (GType type)
{
  return type != G_TYPE_NONE && !nx_actions_is_plain_type (type);
}

static JsonObject *
schema_of_type (GType type, const char *prefix, NxNames *names)
{
  g_autofree char *target = NULL;
  JsonObject *schema;

  if (!is_object_type (type))
    return new_typed (get_plain_type (type));
  target = g_strconcat (prefix, nx_names_of_type (names, type), NULL);
  schema = json_object_new ();
  json_object_set_string_member (schema, "$ref", target);
  return schema;
}

/* What every message of JSON-RPC is; @properties: gets what else it has. */
static JsonObject *
new_message (const char *const *required, JsonObject **properties)
{
  static const char *const ids[] = { "string", "number", "null", NULL };
  JsonObject *schema = new_typed ("object");

  *properties = json_object_new ();
  json_object_set_object_member (*properties, "jsonrpc", new_constant ("2.0"));
  json_object_set_object_member (*properties, "id", new_choice (ids));
  json_object_set_object_member (schema, "properties", *properties);
  json_object_set_array_member (schema, "required", new_names (required));
  return schema;
}

static gboolean
must_have_params (const NxAction *method)
{
  const NxShape *shape =
      is_object_type (method->message_type) ? nx_shape_get (method->message_type, NULL) : NULL;

  for (guint i = 0; shape != NULL && i < shape->n_members; i++)
    if (shape->members[i].is_required)
      return TRUE;
  return FALSE;
}

JsonObject *
nx_description_schema_of_request (const NxAction *method, const char *prefix, NxNames *names)
{
  const char *const required[] = { "jsonrpc", "method", must_have_params (method) ? "params" : NULL,
                                   NULL };
  static const char *const any[] = { "array", "object", NULL };
  JsonObject *properties;
  JsonObject *schema = new_message (required, &properties);
  JsonObject *params;

  json_object_set_object_member (properties, "method", new_constant (method->type));
  if (method->message_type == JSON_TYPE_NODE)
    params = new_choice (any);
  else if (method->message_type != G_TYPE_NONE)
    params = schema_of_type (method->message_type, prefix, names);
  else
    {
      params = new_choice (any);
      json_object_set_int_member (params, "maxItems", 0);
      json_object_set_int_member (params, "maxProperties", 0);
    }
  json_object_set_object_member (properties, "params", params);
  return schema;
}

JsonObject *
nx_description_schema_of_result (const NxAction *method, const char *prefix, NxNames *names)
{
  static const char *const required[] = { "jsonrpc", "id", "result", NULL };
  JsonObject *properties;
  JsonObject *schema = new_message (required, &properties);

  json_object_set_object_member (properties, "result",
                                 schema_of_type (method->result_type, prefix, names));
  return schema;
}

JsonObject *
nx_description_schema_of_error (void)
{
  static const char *const required[] = { "jsonrpc", "id", "error", NULL };
  static const char *const parts[] = { "code", "message", NULL };
  JsonObject *properties, *members = json_object_new ();
  JsonObject *schema = new_message (required, &properties);
  JsonObject *error = new_typed ("object");

  json_object_set_object_member (members, "code", new_typed ("integer"));
  json_object_set_object_member (members, "message", new_typed ("string"));
  json_object_set_object_member (members, "data", new_typed (NULL));
  json_object_set_object_member (error, "properties", members);
  json_object_set_array_member (error, "required", new_names (parts));
  json_object_set_object_member (properties, "error", error);
  return schema;
}

/* -- TypeScript -- */

/* @is_ours: the service writes it, and so leaves nothing out. */
static void
append_type (GString *text, const NxDescription *self, GType type, gboolean is_ours)
{
  const char *plain = get_plain_type (type);

  if (is_object_type (type))
    g_string_append_printf (text, is_ours ? "Required<%s>" : "%s",
                            nx_names_of_type (self->names, type));
  else if (g_strcmp0 (plain, "integer") == 0)
    g_string_append (text, "number");
  else
    g_string_append (text, plain != NULL ? plain : "unknown");
}

static void
append_params (GString *text, const NxDescription *self, const NxAction *method, gboolean is_ours)
{
  g_string_append (text, must_have_params (method) ? "params: " : "params?: ");
  if (method->message_type == JSON_TYPE_NODE)
    g_string_append (text, "unknown[] | { [key: string]: unknown }");
  else if (method->message_type == G_TYPE_NONE)
    g_string_append (text, "[]");
  else
    append_type (text, self, method->message_type, is_ours);
}

void
nx_description_append_rpc_union (GString *text,
                                 const NxDescription *self,
                                 GPtrArray *methods,
                                 GPtrArray *called,
                                 gboolean is_sent)
{
  for (guint i = 0; i < methods->len; i++)
    {
      const NxAction *method = g_ptr_array_index (methods, i);

      g_string_append (text, "\n  | { jsonrpc: \"2.0\"; id?: " TS_ID "; method: ");
      nx_typescript_append_literal (text, method->type);
      g_string_append (text, "; ");
      append_params (text, self, method, is_sent);
      g_string_append (text, " }");
    }
  for (guint i = 0; i < called->len; i++)
    {
      g_string_append (text, "\n  | { jsonrpc: \"2.0\"; id: " TS_ID "; result: ");
      append_type (text, self, ((NxAction *) g_ptr_array_index (called, i))->result_type, is_sent);
      g_string_append (text, " }");
    }
  if (called->len > 0)
    g_string_append (text, "\n  | { jsonrpc: \"2.0\"; id: " TS_ID "; error: { code: number; "
                           "message: string; data?: unknown } }");
}

void
nx_description_append_methods (GString *text,
                               const NxDescription *self,
                               const NxChannel *channel,
                               gboolean is_called)
{
  GPtrArray *methods = is_called ? channel->called : channel->methods;

  g_string_append_printf (text,
                          is_called ? "/** Methods of a client that the service calls. */\n"
                                      "export interface %s {\n"
                                    : "/** Methods of the service. */\nexport interface %s {\n",
                          is_called ? channel->called_name : channel->methods_name);
  for (guint i = 0; i < methods->len; i++)
    {
      const NxAction *method = g_ptr_array_index (methods, i);

      g_string_append (text, "  ");
      nx_typescript_append_literal (text, method->type);
      g_string_append (text, ": { ");
      append_params (text, self, method, is_called);
      g_string_append (text, "; result: ");
      append_type (text, self, method->result_type, !is_called);
      g_string_append (text, " };\n");
    }
  g_string_append (text, "}\n\n");
}
