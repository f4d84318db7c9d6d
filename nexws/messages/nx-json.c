/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-json-private.h"

#include <math.h>
#include <string.h>

#include "messages/nx-json-scan-private.h"

/* An exponent makes json-glib read a number as a double, as a peer who wrote 1e20 as an integer will do as well. */
static char *
mark_as_doubles (const char *text, gsize *length, GArray *offsets)
{
  GString *marked = g_string_sized_new (*length + 2 * offsets->len);
  gsize from = 0;

  for (guint i = 0; i < offsets->len; i++)
    {
      gsize to = g_array_index (offsets, gsize, i);

      g_string_append_len (marked, text + from, to - from);
      g_string_append (marked, "e0");
      from = to;
    }
  g_string_append_len (marked, text + from, *length - from);
  *length = marked->len;
  return g_string_free (marked, FALSE);
}

JsonNode *
nx_json_parse (const char *text, gsize length, guint max_depth, GError **error)
{
  g_autoptr (GArray) big_integers = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (JsonParser) parser = NULL;
  g_autofree char *marked = NULL;

  if (!nx_json_scan (text, length, max_depth, big_integers, error))
    return NULL;
  if (big_integers->len > 0)
    text = marked = mark_as_doubles (text, &length, big_integers);
  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, length, error))
    return NULL;
  return json_parser_steal_root (parser);
}

static gboolean check_node (JsonNode *node, guint depth, GError **error);

static gboolean
check_members (JsonObject *object, guint depth, GError **error)
{
  JsonObjectIter iter;
  JsonNode *node;

  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, NULL, &node))
    if (!check_node (node, depth, error))
      return FALSE;
  return TRUE;
}

static gboolean
check_elements (JsonArray *array, guint depth, GError **error)
{
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!check_node (json_array_get_element (array, i), depth, error))
      return FALSE;
  return TRUE;
}

/* @depth: levels that may still be entered. */
static gboolean
check_node (JsonNode *node, guint depth, GError **error)
{
  JsonNodeType type = json_node_get_node_type (node);

  if ((type == JSON_NODE_OBJECT || type == JSON_NODE_ARRAY) && depth == 0)
    {
      g_set_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED,
                   "nested too deeply; %d levels are allowed", NX_JSON_DEPTH_MAX);
      return FALSE;
    }
  if (type == JSON_NODE_OBJECT)
    return check_members (json_node_get_object (node), depth - 1, error);
  if (type == JSON_NODE_ARRAY)
    return check_elements (json_node_get_array (node), depth - 1, error);
  if (json_node_get_value_type (node) == G_TYPE_DOUBLE && !isfinite (json_node_get_double (node)))
    {
      g_set_error_literal (error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED,
                           "a number that is not finite");
      return FALSE;
    }
  return TRUE;
}

char *
nx_json_generate (JsonNode *node, gsize *length, GError **error)
{
  g_autofree char *text = NULL;

  if (!check_node (node, NX_JSON_DEPTH_MAX, error))
    return NULL;
  text = json_to_string (node, FALSE);
  *length = strlen (text);
  if (!g_utf8_validate_len (text, *length, NULL))
    {
      g_set_error_literal (error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
                           "a string that is not UTF-8");
      return NULL;
    }
  return g_steal_pointer (&text);
}
