/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-variant-private.h"

#include "messages/nx-scalar-private.h"

static JsonNode *write_value (GVariant *value, guint depth, GError **error);

static JsonNode *
fail (const char *why, GVariant *value, GError **error)
{
  g_set_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED, "a variant of type \"%s\": %s",
               g_variant_get_type_string (value), why);
  return NULL;
}

static gint64
get_integer (GVariant *value)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BYTE:
      return g_variant_get_byte (value);
    case G_VARIANT_CLASS_INT16:
      return g_variant_get_int16 (value);
    case G_VARIANT_CLASS_UINT16:
      return g_variant_get_uint16 (value);
    case G_VARIANT_CLASS_INT32:
      return g_variant_get_int32 (value);
    case G_VARIANT_CLASS_UINT32:
      return g_variant_get_uint32 (value);
    default:
      return g_variant_get_int64 (value);
    }
}

static JsonNode *
write_basic (GVariant *value, GError **error)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      return json_node_init_boolean (json_node_alloc (), g_variant_get_boolean (value));
    case G_VARIANT_CLASS_UINT64:
      return nx_scalar_new_uint64 (g_variant_get_uint64 (value));
    case G_VARIANT_CLASS_DOUBLE:
      return json_node_init_double (json_node_alloc (), g_variant_get_double (value));
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      return json_node_init_string (json_node_alloc (), g_variant_get_string (value, NULL));
    case G_VARIANT_CLASS_HANDLE:
      return fail ("a handle has no meaning elsewhere", value, error);
    default:
      return json_node_init_int (json_node_alloc (), get_integer (value));
    }
}

static char *
write_key (GVariant *key, GError **error)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  switch (g_variant_classify (key))
    {
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      return g_variant_dup_string (key, NULL);
    case G_VARIANT_CLASS_BOOLEAN:
      return g_strdup (g_variant_get_boolean (key) ? "true" : "false");
    case G_VARIANT_CLASS_UINT64:
      return g_strdup_printf ("%" G_GUINT64_FORMAT, g_variant_get_uint64 (key));
    case G_VARIANT_CLASS_DOUBLE:
      return g_strdup (g_ascii_dtostr (buffer, sizeof buffer, g_variant_get_double (key)));
    case G_VARIANT_CLASS_HANDLE:
      fail ("a handle has no meaning elsewhere", key, error);
      return NULL;
    default:
      return g_strdup_printf ("%" G_GINT64_FORMAT, get_integer (key));
    }
}

static gboolean
write_entry (JsonObject *object, GVariant *entry, guint depth, GError **error)
{
  g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
  g_autoptr (GVariant) value = g_variant_get_child_value (entry, 1);
  g_autofree char *name = write_key (key, error);
  JsonNode *node = name != NULL ? write_value (value, depth, error) : NULL;

  if (node == NULL)
    return FALSE;
  if (json_object_has_member (object, name))
    {
      json_node_unref (node);
      fail ("the same key twice", entry, error);
      return FALSE;
    }
  json_object_set_member (object, name, node);
  return TRUE;
}

/* An entry alone, or all of a dictionary. */
static JsonNode *
write_object (GVariant *value, guint depth, GError **error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  gboolean is_one = g_variant_is_of_type (value, G_VARIANT_TYPE_DICT_ENTRY);

  if (is_one && !write_entry (object, value, depth, error))
    return NULL;
  for (gsize i = 0; !is_one && i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (value, i);

      if (!write_entry (object, entry, depth, error))
        return NULL;
    }
  return json_node_init_object (json_node_alloc (), object);
}

static JsonNode *
write_array (GVariant *value, guint depth, GError **error)
{
  g_autoptr (JsonArray) array = json_array_new ();

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);
      JsonNode *node = write_value (child, depth, error);

      if (node == NULL)
        return NULL;
      json_array_add_element (array, node);
    }
  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
write_maybe (GVariant *value, guint depth, GError **error)
{
  g_autoptr (GVariant) child = g_variant_get_maybe (value);

  if (child == NULL)
    return json_node_init_null (json_node_alloc ());
  /* It would come back as nothing at all. */
  if (g_variant_is_of_type (child, G_VARIANT_TYPE_MAYBE) && g_variant_n_children (child) == 0)
    return fail ("a maybe that holds nothing in another", value, error);
  return write_value (child, depth, error);
}

static JsonNode *
write_value (GVariant *value, guint depth, GError **error)
{
  g_autoptr (GVariant) inner = NULL;

  if (!g_variant_is_container (value))
    return write_basic (value, error);
  if (depth == 0)
    return fail ("nested too deeply", value, error);
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_VARIANT:
      inner = g_variant_get_variant (value);
      return write_value (inner, depth - 1, error);
    case G_VARIANT_CLASS_MAYBE:
      return write_maybe (value, depth - 1, error);
    case G_VARIANT_CLASS_DICT_ENTRY:
      return write_object (value, depth - 1, error);
    case G_VARIANT_CLASS_ARRAY:
      if (g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY))
        return write_object (value, depth - 1, error);
      return write_array (value, depth - 1, error);
    default:
      return write_array (value, depth - 1, error);
    }
}

JsonNode *
nx_variant_write (GVariant *value, GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);

  return write_value (owned, NX_SHAPE_DEPTH_MAX, error);
}
