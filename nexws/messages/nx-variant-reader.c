/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-variant-private.h"

#include "messages/nx-json-private.h"
#include "messages/nx-scalar-private.h"

typedef struct
{
  const NxPlace *place;
  guint depth; /* levels of the GVariant that may still be entered */
  GError **error;
} Reader;

static GVariant *read_value (const Reader *self, JsonNode *node, const GVariantType *type);

static GVariant *
fail (const Reader *self, JsonNode *node, const char *wanted)
{
  nx_place_fail_literally (self->place, node, wanted, self->error);
  return NULL;
}

/* -- Basic types -- */

static GVariant *
read_integer (const Reader *self, JsonNode *node, char type)
{
  static const struct
  {
    char type;
    gint64 minimum, maximum;
  } ranges[] = {
    { 'y', 0, G_MAXUINT8 },  { 'n', G_MININT16, G_MAXINT16 },
    { 'q', 0, G_MAXUINT16 }, { 'i', G_MININT32, G_MAXINT32 },
    { 'u', 0, G_MAXUINT32 }, { 'x', G_MININT64, G_MAXINT64 },
  };
  gint64 value;
  guint i = 0;

  while (ranges[i].type != type)
    i++;
  if (!nx_scalar_get_int64 (node, &value) || value < ranges[i].minimum || value > ranges[i].maximum)
    {
      nx_place_fail (self->place, node,
                     g_strdup_printf ("an integer from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                                      ranges[i].minimum, ranges[i].maximum),
                     self->error);
      return NULL;
    }
  switch (type)
    {
    case 'y':
      return g_variant_new_byte ((guint8) value);
    case 'n':
      return g_variant_new_int16 ((gint16) value);
    case 'q':
      return g_variant_new_uint16 ((guint16) value);
    case 'i':
      return g_variant_new_int32 ((gint32) value);
    case 'u':
      return g_variant_new_uint32 ((guint32) value);
    default:
      return g_variant_new_int64 (value);
    }
}

static GVariant *
read_string (const Reader *self, JsonNode *node, char type)
{
  const char *text = nx_scalar_get_string (node);

  if (text == NULL)
    return fail (self, node, "a string");
  switch (type)
    {
    case 'o':
      if (!g_variant_is_object_path (text))
        return fail (self, node, "an object path");
      return g_variant_new_object_path (text);
    case 'g':
      if (!g_variant_is_signature (text))
        return fail (self, node, "a signature");
      return g_variant_new_signature (text);
    default:
      return g_variant_new_string (text);
    }
}

static GVariant *
read_basic (const Reader *self, JsonNode *node, char type)
{
  guint64 number;
  double real;

  switch (type)
    {
    case 'b':
      if (!JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_BOOLEAN)
        return fail (self, node, "true or false");
      return g_variant_new_boolean (json_node_get_boolean (node));
    case 't':
      if (!nx_scalar_get_uint64 (node, &number))
        return fail (self, node, "an integer from 0, as a string where it is over 2^63-1");
      return g_variant_new_uint64 (number);
    case 'd':
      if (!nx_scalar_get_double (node, &real))
        return fail (self, node, "a number");
      return g_variant_new_double (real);
    case 's':
    case 'o':
    case 'g':
      return read_string (self, node, type);
    case 'h':
      return fail (self, node, "no handle: they have no meaning elsewhere, so something else");
    default:
      return read_integer (self, node, type);
    }
}

/* -- Containers -- */

static GVariant *
read_element (const Reader *self, JsonArray *array, guint i, const GVariantType *type)
{
  const NxPlace place = { self->place, NULL, i };
  const Reader inner = { &place, self->depth, self->error };

  return read_value (&inner, json_array_get_element (array, i), type);
}

static GVariant *
read_array (const Reader *self, JsonNode *node, const GVariantType *type)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (type);
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return fail (self, node, "an array");
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      GVariant *element = read_element (self, array, i, g_variant_type_element (type));

      if (element == NULL)
        return NULL;
      g_variant_builder_add_value (&builder, element);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
read_tuple (const Reader *self, JsonNode *node, const GVariantType *type)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (type);
  const GVariantType *item = g_variant_type_first (type);
  gsize n = g_variant_type_n_items (type);
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (array == NULL || json_array_get_length (array) != n)
    {
      nx_place_fail (self->place, node, g_strdup_printf ("an array of %" G_GSIZE_FORMAT, n),
                     self->error);
      return NULL;
    }
  for (guint i = 0; i < n; i++, item = g_variant_type_next (item))
    {
      GVariant *element = read_element (self, array, i, item);

      if (element == NULL)
        return NULL;
      g_variant_builder_add_value (&builder, element);
    }
  return g_variant_builder_end (&builder);
}

/* Spelled as we do, so that no key comes twice: 1 could be 1.0 as well. Of doubles each program has its own spelling. */
static gboolean
is_plain_key (const char *name, JsonNode *value, char type)
{
  return type == 'd'
         || (json_node_get_value_type (value) != G_TYPE_DOUBLE && strcmp (name, "-0") != 0
             && strpbrk (name, " \t\r\n") == NULL);
}

/* The key as the value that it would be outside of quotes. */
static GVariant *
read_key (const Reader *self, const char *name, const GVariantType *type)
{
  char basic = g_variant_type_peek_string (type)[0];
  g_autoptr (JsonNode) text = json_node_init_string (json_node_alloc (), name);
  g_autoptr (JsonNode) value = NULL;

  if (strchr ("sogt", basic) == NULL)
    value = nx_json_parse (name, strlen (name), 1, NULL);
  if (value != NULL && JSON_NODE_HOLDS_VALUE (value) && !is_plain_key (name, value, basic))
    return fail (self, text, "a key in its shortest spelling");
  return read_basic (self, value != NULL ? value : text, basic);
}

static GVariant *
read_entry (const Reader *self, const char *name, JsonNode *node, const GVariantType *type)
{
  g_autofree char *shown = nx_place_shorten (name);
  const NxPlace place = { self->place, shown, 0 };
  const Reader inner = { &place, self->depth, self->error };
  g_autoptr (GVariant) key = read_key (&inner, name, g_variant_type_key (type));
  GVariant *value;

  if (key == NULL)
    return NULL;
  value = read_value (&inner, node, g_variant_type_value (type));
  return value != NULL ? g_variant_new_dict_entry (g_steal_pointer (&key), value) : NULL;
}

static GVariant *
read_dictionary (const Reader *self, JsonNode *node, const GVariantType *type)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (type);
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (self, node, "an object");
  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  while (json_object_iter_next_ordered (&iter, &name, &member))
    {
      GVariant *entry = read_entry (self, name, member, g_variant_type_element (type));

      if (entry == NULL)
        return NULL;
      g_variant_builder_add_value (&builder, entry);
    }
  return g_variant_builder_end (&builder);
}

/* A dictionary's entry that is not in one: an object of one member. */
static GVariant *
read_lone_entry (const Reader *self, JsonNode *node, const GVariantType *type)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (object == NULL || json_object_get_size (object) != 1)
    return fail (self, node, "an object of one member");
  json_object_iter_init_ordered (&iter, object);
  json_object_iter_next_ordered (&iter, &name, &member);
  return read_entry (self, name, member, type);
}

static GVariant *
read_maybe (const Reader *self, JsonNode *node, const GVariantType *type)
{
  const GVariantType *element = g_variant_type_element (type);
  GVariant *value;

  if (JSON_NODE_HOLDS_NULL (node))
    return g_variant_new_maybe (element, NULL);
  value = read_value (self, node, element);
  return value != NULL ? g_variant_new_maybe (element, value) : NULL;
}

/* -- Anything -- */

static const GVariantType *
guess_type (JsonNode *node)
{
  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_OBJECT:
      return G_VARIANT_TYPE_VARDICT;
    case JSON_NODE_ARRAY:
      return G_VARIANT_TYPE ("av");
    case JSON_NODE_NULL:
      return G_VARIANT_TYPE ("mv");
    case JSON_NODE_VALUE:
    default:
      switch (json_node_get_value_type (node))
        {
        case G_TYPE_BOOLEAN:
          return G_VARIANT_TYPE_BOOLEAN;
        case G_TYPE_INT64:
          return G_VARIANT_TYPE_INT64;
        case G_TYPE_DOUBLE:
          return G_VARIANT_TYPE_DOUBLE;
        default:
          return G_VARIANT_TYPE_STRING;
        }
    }
}

static GVariant *
read_container (const Reader *self, JsonNode *node, const GVariantType *type)
{
  if (g_variant_type_is_variant (type))
    {
      GVariant *value = read_value (self, node, guess_type (node));

      return value != NULL ? g_variant_new_variant (value) : NULL;
    }
  if (g_variant_type_is_maybe (type))
    return read_maybe (self, node, type);
  if (g_variant_type_is_tuple (type))
    return read_tuple (self, node, type);
  if (g_variant_type_is_dict_entry (type))
    return read_lone_entry (self, node, type);
  if (g_variant_type_is_dict_entry (g_variant_type_element (type)))
    return read_dictionary (self, node, type);
  return read_array (self, node, type);
}

/* Returns a floating reference. */
static GVariant *
read_value (const Reader *self, JsonNode *node, const GVariantType *type)
{
  const Reader inner = { self->place, self->depth - 1, self->error };

  if (g_variant_type_is_basic (type))
    return read_basic (self, node, g_variant_type_peek_string (type)[0]);
  /* GVariant itself takes no more levels when it reads its own bytes. */
  if (self->depth == 0)
    return fail (self, node, "something that is nested less deeply");
  return read_container (&inner, node, type);
}

GVariant *
nx_variant_read (JsonNode *node, const GVariantType *type, const NxPlace *place, GError **error)
{
  const Reader self = { place, NX_SHAPE_DEPTH_MAX, error };
  GVariant *value = read_value (&self, node, type != NULL ? type : guess_type (node));

  return value != NULL ? g_variant_ref_sink (value) : NULL;
}
