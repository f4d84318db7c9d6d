/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-object-private.h"

#include "messages/nx-place-private.h"
#include "messages/nx-scalar-private.h"
#include "messages/nx-variant-private.h"

typedef struct
{
  guint n_objects;
  GPtrArray *way; /* of GObject: those that are being written, each in the one before */
  GError **error;
} Writer;

static JsonNode *write_object (Writer *self, GObject *object, GType type, JsonObject *first);

static JsonNode *
fail (Writer *self, const NxMember *member, const char *why)
{
  GObject *owner = g_ptr_array_index (self->way, self->way->len - 1);

  g_set_error (self->error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED, "%s:%s: %s",
               G_OBJECT_TYPE_NAME (owner), member->name, why);
  return NULL;
}

static JsonNode *
write_string (const char *text)
{
  return json_node_init_string (json_node_alloc (), text);
}

/* -- Values -- */

static JsonNode *
write_integer (const GValue *value)
{
  g_auto (GValue) number = G_VALUE_INIT;

  if (G_VALUE_HOLDS_UINT64 (value))
    return nx_scalar_new_uint64 (g_value_get_uint64 (value));
  if (G_VALUE_HOLDS_ULONG (value))
    return nx_scalar_new_uint64 (g_value_get_ulong (value));
  g_value_init (&number, G_TYPE_INT64);
  g_value_transform (value, &number);
  return json_node_init_int (json_node_alloc (), g_value_get_int64 (&number));
}

/* The double that is written as the float would be: 0.1 and not 0.10000000149. */
static double
widen (float number)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  double value;

  g_ascii_formatd (digits, sizeof digits, "%.6g", number);
  value = g_ascii_strtod (digits, NULL);
  return (float) value == number ? value : number;
}

static JsonNode *
write_number (const GValue *value)
{
  double number =
      G_VALUE_HOLDS_FLOAT (value) ? widen (g_value_get_float (value)) : g_value_get_double (value);

  return json_node_init_double (json_node_alloc (), number);
}

static JsonNode *
write_enum (Writer *self, const NxMember *member, const GValue *value)
{
  const GEnumValue *found =
      g_enum_get_value ((GEnumClass *) member->of.enumeration, g_value_get_enum (value));

  return found != NULL ? write_string (found->value_nick)
                       : fail (self, member, "a value that its enum does not have");
}

static JsonNode *
write_flags (Writer *self, const NxMember *member, const GValue *value)
{
  g_autoptr (JsonArray) nicks = json_array_new ();
  guint flags = g_value_get_flags (value);

  while (flags != 0)
    {
      const GFlagsValue *found = g_flags_get_first_value ((GFlagsClass *) member->of.flags, flags);

      if (found == NULL)
        return fail (self, member, "a flag that its type does not have");
      json_array_add_string_element (nicks, found->value_nick);
      flags &= ~found->value;
    }
  return json_node_init_array (json_node_alloc (), nicks);
}

static JsonNode *
write_strings (const char *const *strings)
{
  g_autoptr (JsonArray) array = json_array_new ();

  for (; strings != NULL && *strings != NULL; strings++)
    json_array_add_string_element (array, *strings);
  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
write_list (Writer *self, const NxMember *member, GListModel *list)
{
  g_autoptr (JsonArray) array = json_array_new ();

  for (guint i = 0; list != NULL && i < g_list_model_get_n_items (list); i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (list, i);
      JsonNode *node;

      if (!G_TYPE_CHECK_INSTANCE_TYPE (item, member->of.type))
        return fail (self, member, "an item of another type than its list has by default");
      node = write_object (self, item, member->of.type, NULL);
      if (node == NULL)
        return NULL;
      json_array_add_element (array, node);
    }
  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
write_date_time (GDateTime *date_time)
{
  g_autofree char *text = g_date_time_format_iso8601 (date_time);

  return write_string (text);
}

static JsonNode *
write_custom (Writer *self, const NxMember *member, const GValue *value)
{
  JsonSerializable *owner = g_ptr_array_index (self->way, self->way->len - 1);
  JsonNode *node = json_serializable_serialize_property (owner, member->name, value, member->pspec);

  return node != NULL ? node : fail (self, member, "its class made no JSON of it");
}

/* -- Members -- */

static JsonNode *
write_present (Writer *self, const NxMember *member, const GValue *value)
{
  switch (member->kind)
    {
    case NX_MEMBER_BOOLEAN:
      return json_node_init_boolean (json_node_alloc (), g_value_get_boolean (value));
    case NX_MEMBER_INTEGER:
      return write_integer (value);
    case NX_MEMBER_NUMBER:
      return write_number (value);
    case NX_MEMBER_STRING:
      return write_string (g_value_get_string (value));
    case NX_MEMBER_ENUM:
      return write_enum (self, member, value);
    case NX_MEMBER_FLAGS:
      return write_flags (self, member, value);
    case NX_MEMBER_STRINGS:
      return write_strings (g_value_get_boxed (value));
    case NX_MEMBER_OBJECT:
      return write_object (self, g_value_get_object (value), member->of.type, NULL);
    case NX_MEMBER_LIST:
      return write_list (self, member, g_value_get_object (value));
    case NX_MEMBER_DATE_TIME:
      return write_date_time (g_value_get_boxed (value));
    case NX_MEMBER_BYTES:
      return nx_scalar_new_bytes (g_value_get_boxed (value));
    case NX_MEMBER_NODE:
      return json_node_copy (g_value_get_boxed (value));
    case NX_MEMBER_JSON_OBJECT:
      return json_node_init_object (json_node_alloc (), g_value_get_boxed (value));
    case NX_MEMBER_JSON_ARRAY:
      return json_node_init_array (json_node_alloc (), g_value_get_boxed (value));
    case NX_MEMBER_VARIANT:
      return nx_variant_write (g_value_get_variant (value), self->error);
    case NX_MEMBER_CUSTOM:
    default:
      return write_custom (self, member, value);
    }
}

static gboolean
is_null (const NxMember *member, const GValue *value)
{
  switch (member->kind)
    {
    case NX_MEMBER_STRING:
    case NX_MEMBER_OBJECT:
    case NX_MEMBER_DATE_TIME:
    case NX_MEMBER_BYTES:
    case NX_MEMBER_NODE:
    case NX_MEMBER_JSON_OBJECT:
    case NX_MEMBER_JSON_ARRAY:
    case NX_MEMBER_VARIANT:
      return g_value_peek_pointer (value) == NULL;
    default:
      return FALSE;
    }
}

static JsonNode *
write_member (Writer *self, GObject *object, const NxMember *member)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, member->pspec->value_type);
  g_object_get_property (object, member->name, &value);
  if (!is_null (member, &value))
    return write_present (self, member, &value);
  if (!member->is_nullable)
    return fail (self, member, "NULL, although its default is not");
  return json_node_init_null (json_node_alloc ());
}

/* -- Objects -- */

static gboolean
enter (Writer *self, GObject *object)
{
  const char *why = NULL;

  if (g_ptr_array_find (self->way, object, NULL))
    why = "it is inside of itself";
  else if (self->way->len >= NX_SHAPE_DEPTH_MAX)
    why = "nested too deeply; 128 levels are allowed";
  /* One that is reached twice is written twice: where that happens on every level, a handful would never end. */
  else if (++self->n_objects > NX_SHAPE_OBJECTS_MAX)
    why = "too many objects for one message";
  if (why != NULL)
    {
      g_set_error (self->error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED, "a %s: %s",
                   G_OBJECT_TYPE_NAME (object), why);
      return FALSE;
    }
  g_ptr_array_add (self->way, object);
  return TRUE;
}

/* As @type, whatever is derived from it: an object inside of another looks as the other's property declares it. */
static JsonNode *
write_object (Writer *self, GObject *object, GType type, JsonObject *first)
{
  const NxShape *shape = nx_shape_get (type, self->error);
  g_autoptr (JsonObject) json = first != NULL ? json_object_ref (first) : json_object_new ();

  if (shape == NULL || !enter (self, object))
    return NULL;
  for (guint i = 0; i < shape->n_members; i++)
    {
      JsonNode *node;

      if (first != NULL && json_object_has_member (first, shape->members[i].name))
        {
          g_set_error (self->error, NX_SHAPE_ERROR, 0,
                       "%s:%s has the name of the member that says what a message is",
                       g_type_name (type), shape->members[i].name);
          return NULL;
        }
      node = write_member (self, object, &shape->members[i]);
      if (node == NULL)
        return NULL;
      json_object_set_member (json, shape->members[i].name, node);
    }
  g_ptr_array_set_size (self->way, self->way->len - 1);
  return json_node_init_object (json_node_alloc (), json);
}

JsonNode *
nx_object_write (GObject *object, JsonObject *first, GError **error)
{
  g_autoptr (GPtrArray) way = g_ptr_array_new ();
  Writer self = { 0, way, error };

  return write_object (&self, object, G_OBJECT_TYPE (object), first);
}
