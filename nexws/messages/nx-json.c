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

/* -- Writing: json-glib writes 1e19 as `1e+19.0` and leaves U+001F as it is, neither of which is JSON -- */

static gboolean
fail (const char *what, GError **error)
{
  g_set_error_literal (error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED, what);
  return FALSE;
}

static void
write_character (GString *text, guchar c)
{
  static const char characters[] = "\"\\\b\f\n\r\t";
  static const char letters[] = "\"\\bfnrt";
  const char *special = strchr (characters, c);

  if (special != NULL)
    g_string_append_printf (text, "\\%c", letters[special - characters]);
  else if (c < 0x20)
    g_string_append_printf (text, "\\u%04x", c);
  else
    g_string_append_c (text, c);
}

static void
write_string (GString *text, const char *string)
{
  g_string_append_c (text, '"');
  for (; *string != '\0'; string++)
    write_character (text, *string);
  g_string_append_c (text, '"');
}

/* As few digits as bring the same number back, and always something that tells it from an integer. */
static gboolean
write_double (GString *text, double value, GError **error)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isfinite (value))
    return fail ("a number that is not finite", error);
  g_ascii_formatd (buffer, sizeof buffer, "%.15g", value);
  if (g_ascii_strtod (buffer, NULL) != value)
    g_ascii_dtostr (buffer, sizeof buffer, value);
  g_string_append (text, buffer);
  if (strpbrk (buffer, ".e") == NULL)
    g_string_append (text, ".0");
  return TRUE;
}

static gboolean
write_value (GString *text, JsonNode *node, GError **error)
{
  switch (json_node_get_value_type (node))
    {
    case G_TYPE_INT64:
      g_string_append_printf (text, "%" G_GINT64_FORMAT, json_node_get_int (node));
      return TRUE;
    case G_TYPE_DOUBLE:
      return write_double (text, json_node_get_double (node), error);
    case G_TYPE_BOOLEAN:
      g_string_append (text, json_node_get_boolean (node) ? "true" : "false");
      return TRUE;
    case G_TYPE_STRING:
      write_string (text, json_node_get_string (node));
      return TRUE;
    default:
      return fail ("a node that holds nothing", error);
    }
}

static gboolean write_node (GString *text, JsonNode *node, guint depth, GError **error);

static gboolean
write_members (GString *text, JsonObject *object, guint depth, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  gboolean is_first = TRUE;

  g_string_append_c (text, '{');
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      if (!is_first)
        g_string_append_c (text, ',');
      is_first = FALSE;
      write_string (text, name);
      g_string_append_c (text, ':');
      if (!write_node (text, node, depth, error))
        return FALSE;
    }
  g_string_append_c (text, '}');
  return TRUE;
}

static gboolean
write_elements (GString *text, JsonArray *array, guint depth, GError **error)
{
  g_string_append_c (text, '[');
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      if (i > 0)
        g_string_append_c (text, ',');
      if (!write_node (text, json_array_get_element (array, i), depth, error))
        return FALSE;
    }
  g_string_append_c (text, ']');
  return TRUE;
}

/* @depth: levels that may still be entered. */
static gboolean
write_container (GString *text, JsonNode *node, guint depth, GError **error)
{
  JsonObject *object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (depth == 0)
    {
      g_set_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED,
                   "nested too deeply; %d levels are allowed", NX_JSON_DEPTH_MAX);
      return FALSE;
    }
  if (object != NULL)
    return write_members (text, object, depth - 1, error);
  if (array != NULL)
    return write_elements (text, array, depth - 1, error);
  return fail ("a node that holds nothing", error);
}

static gboolean
write_node (GString *text, JsonNode *node, guint depth, GError **error)
{
  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_OBJECT:
    case JSON_NODE_ARRAY:
      return write_container (text, node, depth, error);
    case JSON_NODE_VALUE:
      return write_value (text, node, error);
    case JSON_NODE_NULL:
    default:
      g_string_append (text, "null");
      return TRUE;
    }
}

char *
nx_json_generate (JsonNode *node, gsize *length, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!write_node (text, node, NX_JSON_DEPTH_MAX, error))
    return NULL;
  if (!g_utf8_validate_len (text->str, text->len, NULL))
    {
      fail ("a string that is not UTF-8", error);
      return NULL;
    }
  *length = text->len;
  return g_string_free (g_steal_pointer (&text), FALSE);
}
