/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-object-private.h"

#include "messages/nx-scalar-private.h"
#include "messages/nx-variant-private.h"

/* What a member is read into: its own value, or another's array of values. */
typedef struct
{
  const NxMember *member;
  const NxPlace *place;
  guint depth;   /* levels of objects that may still be entered */
  guint *n_left; /* objects that the message may still have */
  GError **error;
} Reader;

static GObject *read_object (JsonNode *node,
                             GType type,
                             const char *besides,
                             const NxPlace *place,
                             guint depth,
                             guint *n_left,
                             GError **error);

static gboolean
refuse (const Reader *self, JsonNode *node)
{
  return nx_place_fail (self->place, node, nx_member_describe (self->member), self->error);
}

/* -- Numbers -- */

static gboolean
read_unsigned (const Reader *self, JsonNode *node, GValue *value)
{
  const NxMember *member = self->member;
  guint64 maximum = member->of.integer.beyond != 0 ? member->of.integer.beyond
                                                   : (guint64) member->of.integer.maximum;
  gboolean is_text = nx_scalar_get_string (node) != NULL;
  guint64 number;

  if ((is_text && member->of.integer.beyond == 0) || !nx_scalar_get_uint64 (node, &number)
      || number < (guint64) member->of.integer.minimum || number > maximum)
    return refuse (self, node);
  if (G_VALUE_HOLDS_UCHAR (value))
    g_value_set_uchar (value, (guchar) number);
  else if (G_VALUE_HOLDS_UINT (value))
    g_value_set_uint (value, (guint) number);
  else if (G_VALUE_HOLDS_ULONG (value))
    g_value_set_ulong (value, (gulong) number);
  else
    g_value_set_uint64 (value, number);
  return TRUE;
}

static gboolean
read_integer (const Reader *self, JsonNode *node, GValue *value)
{
  gint64 number;

  if (G_VALUE_HOLDS_UCHAR (value) || G_VALUE_HOLDS_UINT (value) || G_VALUE_HOLDS_ULONG (value)
      || G_VALUE_HOLDS_UINT64 (value))
    return read_unsigned (self, node, value);
  if (!nx_scalar_get_int64 (node, &number) || number < self->member->of.integer.minimum
      || number > self->member->of.integer.maximum)
    return refuse (self, node);
  if (G_VALUE_HOLDS_CHAR (value))
    g_value_set_schar (value, (gint8) number);
  else if (G_VALUE_HOLDS_INT (value))
    g_value_set_int (value, (int) number);
  else if (G_VALUE_HOLDS_LONG (value))
    g_value_set_long (value, (glong) number);
  else
    g_value_set_int64 (value, number);
  return TRUE;
}

static gboolean
read_number (const Reader *self, JsonNode *node, GValue *value)
{
  double number;

  if (!nx_scalar_get_double (node, &number) || number < self->member->of.number.minimum
      || number > self->member->of.number.maximum)
    return refuse (self, node);
  if (G_VALUE_HOLDS_FLOAT (value))
    g_value_set_float (value, (float) number);
  else
    g_value_set_double (value, number);
  return TRUE;
}

/* -- Words -- */

static gboolean
read_enum (const Reader *self, JsonNode *node, GValue *value)
{
  const char *nick = nx_scalar_get_string (node);
  const GEnumValue *found =
      nick != NULL ? g_enum_get_value_by_nick ((GEnumClass *) self->member->of.enumeration, nick)
                   : NULL;

  if (found == NULL)
    return refuse (self, node);
  g_value_set_enum (value, found->value);
  return TRUE;
}

static gboolean
read_flags (const Reader *self, JsonNode *node, GValue *value)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  guint flags = 0;

  if (array == NULL)
    return refuse (self, node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      const NxPlace place = { self->place, NULL, i };
      const char *nick = nx_scalar_get_string (element);
      const GFlagsValue *found =
          nick != NULL ? g_flags_get_value_by_nick ((GFlagsClass *) self->member->of.flags, nick)
                       : NULL;
      g_autofree char *nicks = NULL;

      if (found == NULL)
        {
          nicks = nx_member_list_nicks (self->member);
          return nx_place_fail (&place, element, g_strdup_printf ("one of %s", nicks), self->error);
        }
      flags |= found->value;
    }
  g_value_set_flags (value, flags);
  return TRUE;
}

static gboolean
read_strings (const Reader *self, JsonNode *node, GValue *value)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (array == NULL)
    return refuse (self, node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      const NxPlace place = { self->place, NULL, i };

      if (nx_scalar_get_string (element) == NULL)
        return nx_place_fail_literally (&place, element, "a string", self->error);
      g_strv_builder_add (builder, nx_scalar_get_string (element));
    }
  g_value_take_boxed (value, g_strv_builder_end (builder));
  return TRUE;
}

/* -- Objects -- */

static gboolean
read_inner (const Reader *self, JsonNode *node, GValue *value)
{
  GObject *object = read_object (node, self->member->of.type, NULL, self->place, self->depth,
                                 self->n_left, self->error);

  if (object == NULL)
    return FALSE;
  g_value_take_object (value, object);
  return TRUE;
}

static gboolean
read_list (const Reader *self, JsonNode *node, GValue *value)
{
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  g_autoptr (GListStore) store = NULL;

  if (array == NULL)
    return refuse (self, node);
  store = g_list_store_new (self->member->of.type);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      const NxPlace place = { self->place, NULL, i };
      g_autoptr (GObject) item =
          read_object (json_array_get_element (array, i), self->member->of.type, NULL, &place,
                       self->depth, self->n_left, self->error);

      if (item == NULL)
        return FALSE;
      g_list_store_append (store, item);
    }
  g_value_take_object (value, g_steal_pointer (&store));
  return TRUE;
}

/* -- Any member -- */

/* A boxed value that was made of the node, if it could be. */
static gboolean
take_boxed (const Reader *self, JsonNode *node, GValue *value, gpointer boxed)
{
  if (boxed == NULL)
    return refuse (self, node);
  g_value_take_boxed (value, boxed);
  return TRUE;
}

static gboolean
read_variant (const Reader *self, JsonNode *node, GValue *value)
{
  const GVariantType *signature = self->member->of.signature;
  GVariant *variant = nx_variant_read (
      node, g_variant_type_equal (signature, G_VARIANT_TYPE_ANY) ? NULL : signature, self->place,
      self->error);

  if (variant == NULL)
    return FALSE;
  g_value_take_variant (value, variant);
  return TRUE;
}

static gboolean
read_present (const Reader *self, JsonNode *node, GValue *value)
{
  switch (self->member->kind)
    {
    case NX_MEMBER_BOOLEAN:
      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
        return refuse (self, node);
      g_value_set_boolean (value, json_node_get_boolean (node));
      return TRUE;
    case NX_MEMBER_INTEGER:
      return read_integer (self, node, value);
    case NX_MEMBER_NUMBER:
      return read_number (self, node, value);
    case NX_MEMBER_STRING:
      g_value_set_string (value, nx_scalar_get_string (node));
      return g_value_get_string (value) != NULL ? TRUE : refuse (self, node);
    case NX_MEMBER_ENUM:
      return read_enum (self, node, value);
    case NX_MEMBER_FLAGS:
      return read_flags (self, node, value);
    case NX_MEMBER_STRINGS:
      return read_strings (self, node, value);
    case NX_MEMBER_OBJECT:
      return read_inner (self, node, value);
    case NX_MEMBER_LIST:
      return read_list (self, node, value);
    case NX_MEMBER_DATE_TIME:
      return take_boxed (self, node, value, nx_scalar_get_date_time (node));
    case NX_MEMBER_BYTES:
      return take_boxed (self, node, value, nx_scalar_get_bytes (node));
    case NX_MEMBER_JSON_OBJECT:
      return take_boxed (self, node, value,
                         JSON_NODE_HOLDS_OBJECT (node) ? json_node_dup_object (node) : NULL);
    case NX_MEMBER_JSON_ARRAY:
      return take_boxed (self, node, value,
                         JSON_NODE_HOLDS_ARRAY (node) ? json_node_dup_array (node) : NULL);
    case NX_MEMBER_VARIANT:
      return read_variant (self, node, value);
    case NX_MEMBER_NODE:
    case NX_MEMBER_CUSTOM: /* has its turn when the object is there */
    default:
      return take_boxed (self, node, value, json_node_copy (node));
    }
}

/* What only the property itself knows: the characters of a string, what a GParamSpec of somebody else's checks. */
static gboolean
read_member (const Reader *self, JsonNode *node, GValue *value)
{
  gboolean is_null = JSON_NODE_HOLDS_NULL (node) && self->member->is_nullable
                     && self->member->kind != NX_MEMBER_NODE;

  g_value_init (value, self->member->pspec->value_type);
  if (is_null)
    return TRUE;
  if (!read_present (self, node, value))
    return FALSE;
  if (g_param_value_validate (self->member->pspec, value))
    return nx_place_fail_literally (self->place, node, "what its property allows", self->error);
  return TRUE;
}

/* -- The object -- */

typedef struct
{
  const NxShape *shape;
  JsonObject *json;
  const NxPlace *place;
  guint depth;
  guint *n_left;
  GError **error;
  /* For its construction. */
  guint n_values;
  const char **names;
  GValue *values;
} Maker;

static gboolean
is_made_with (const NxMember *member)
{
  return member->kind != NX_MEMBER_CUSTOM && member->pspec->flags & G_PARAM_WRITABLE;
}

static gboolean
check_names (const Maker *self, const char *besides)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, self->json);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (g_strcmp0 (name, besides) != 0 && nx_shape_find (self->shape, name) == NULL)
      {
        g_autofree char *shown = nx_place_shorten (name);
        g_autofree char *value = nx_place_show (node);
        g_autofree char *allowed = nx_shape_list_members (self->shape);
        const NxPlace place = { self->place, shown, 0 };
        g_autofree char *text = nx_place_to_string (&place);

        g_set_error (self->error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
                     "%s: there is no such member (%s came); the members are: %s", text, value,
                     allowed);
        return FALSE;
      }
  return TRUE;
}

static gboolean
fail_missing (const Maker *self, const NxMember *member, const NxPlace *place)
{
  g_autofree char *text = nx_place_to_string (place);
  g_autofree char *wanted = nx_member_describe (member);

  g_set_error (self->error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
               "%s: nothing came, %s is wanted", text, wanted);
  return FALSE;
}

/* A list that is read-only is filled where it is. */
static gboolean
fill (const Maker *self, GObject *object, const Reader *reader, JsonNode *node)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GListStore) store = NULL;
  GListModel *items;

  if (!read_member (reader, node, &value))
    return FALSE;
  items = g_value_get_object (&value);
  g_object_get (object, reader->member->name, &store, NULL);
  g_list_store_remove_all (store);
  for (guint i = 0; i < g_list_model_get_n_items (items); i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (items, i);

      g_list_store_append (store, item);
    }
  return TRUE;
}

static gboolean
deserialize (const Maker *self, GObject *object, const Reader *reader, JsonNode *node)
{
  GParamSpec *pspec = reader->member->pspec;
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, pspec->value_type);
  if (!json_serializable_deserialize_property (JSON_SERIALIZABLE (object), pspec->name, &value,
                                               pspec, node))
    return refuse (reader, node);
  g_object_set_property (object, pspec->name, &value);
  return TRUE;
}

/* @object: NULL before it is there. */
static gboolean
take_members (Maker *self, GObject *object)
{
  for (guint i = 0; i < self->shape->n_members; i++)
    {
      const NxMember *member = &self->shape->members[i];
      const NxPlace place = { self->place, member->name, 0 };
      const Reader reader = { member, &place, self->depth, self->n_left, self->error };
      JsonNode *node = json_object_get_member (self->json, member->name);
      gboolean is_good = TRUE;

      if (node == NULL && member->is_required && object == NULL)
        return fail_missing (self, member, &place);
      if (node == NULL || is_made_with (member) != (object == NULL))
        continue;
      if (object != NULL)
        is_good = member->kind == NX_MEMBER_CUSTOM ? deserialize (self, object, &reader, node)
                                                   : fill (self, object, &reader, node);
      else
        {
          self->names[self->n_values] = member->name;
          is_good = read_member (&reader, node, &self->values[self->n_values++]);
        }
      if (!is_good)
        return FALSE;
    }
  return TRUE;
}

static GObject *
make (Maker *self)
{
  GObject *object;

  if (!take_members (self, NULL))
    return NULL;
  object =
      g_object_new_with_properties (self->shape->type, self->n_values, self->names, self->values);
  if (G_IS_INITIALLY_UNOWNED (object))
    g_object_ref_sink (object);
  if (!take_members (self, object))
    g_clear_object (&object);
  return object;
}

static GObject *
read_object (JsonNode *node,
             GType type,
             const char *besides,
             const NxPlace *place,
             guint depth,
             guint *n_left,
             GError **error)
{
  const NxShape *shape = nx_shape_get (type, error);
  Maker maker = {
    .shape = shape, .place = place, .depth = depth - 1, .n_left = n_left, .error = error
  };
  const char *wanted = NULL;
  GObject *object = NULL;

  if (shape == NULL)
    return NULL;
  if (depth == 0)
    wanted = "something that is nested less deeply";
  else if (!JSON_NODE_HOLDS_OBJECT (node))
    wanted = "an object";
  else if ((*n_left)-- == 0)
    wanted = "a message of fewer objects";
  if (wanted != NULL)
    {
      nx_place_fail_literally (place, node, wanted, error);
      return NULL;
    }
  maker.json = json_node_get_object (node);
  if (!check_names (&maker, besides))
    return NULL;
  maker.names = g_new0 (const char *, shape->n_members);
  maker.values = g_new0 (GValue, shape->n_members);
  object = make (&maker);
  for (guint i = 0; i < maker.n_values; i++)
    if (G_IS_VALUE (&maker.values[i]))
      g_value_unset (&maker.values[i]);
  g_free (maker.names);
  g_free (maker.values);
  return object;
}

GObject *
nx_object_read (JsonNode *node, GType type, const char *besides, GError **error)
{
  const NxPlace place = { NULL, NULL, 0 };
  guint n_left = NX_SHAPE_OBJECTS_MAX;

  return read_object (node, type, besides, &place, NX_SHAPE_DEPTH_MAX, &n_left, error);
}
