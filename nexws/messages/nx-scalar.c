/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-scalar-private.h"

#include <math.h>
#include <string.h>

const char *
nx_scalar_get_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

gboolean
nx_scalar_get_double (JsonNode *node, double *value)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return FALSE;
  *value = json_node_get_double (node);
  return TRUE;
}

gboolean
nx_scalar_get_int64 (JsonNode *node, gint64 *value)
{
  double number;

  if (!nx_scalar_get_double (node, &number))
    return FALSE;
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    {
      *value = json_node_get_int (node);
      return TRUE;
    }
  /* Integers beyond 64 bits have become doubles as well, and are not in this range. */
  if (number != trunc (number) || number < -0x1p63 || number >= 0x1p63)
    return FALSE;
  *value = (gint64) number;
  return TRUE;
}

gboolean
nx_scalar_get_uint64 (JsonNode *node, guint64 *value)
{
  const char *digits = nx_scalar_get_string (node);
  gint64 number;

  if (digits != NULL)
    return (digits[0] != '0' || digits[1] == '\0')
           && g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT64, value, NULL);
  if (!nx_scalar_get_int64 (node, &number) || number < 0)
    return FALSE;
  *value = (guint64) number;
  return TRUE;
}

JsonNode *
nx_scalar_new_uint64 (guint64 value)
{
  g_autofree char *digits = NULL;

  if (value <= G_MAXINT64)
    return json_node_init_int (json_node_alloc (), (gint64) value);
  digits = g_strdup_printf ("%" G_GUINT64_FORMAT, value);
  return json_node_init_string (json_node_alloc (), digits);
}

/* -- Dates: GLib takes all of ISO 8601 -- */

/* In @form 0 stands for a digit. Returns what is behind it, or NULL. */
static const char *
skip_form (const char *text, const char *form)
{
  for (; *form != '\0'; form++, text++)
    if (*form == '0' ? !g_ascii_isdigit (*text) : *text != *form)
      return NULL;
  return text;
}

static gboolean
is_rfc3339 (const char *text)
{
  text = skip_form (text, "0000-00-00T00:00:00");
  if (text != NULL && *text == '.')
    {
      text = skip_form (text, ".0");
      while (text != NULL && g_ascii_isdigit (*text))
        text++;
    }
  if (text == NULL)
    return FALSE;
  if (*text == '+' || *text == '-')
    text = skip_form (text + 1, "00:00");
  else
    text = skip_form (text, "Z");
  return text != NULL && *text == '\0';
}

GDateTime *
nx_scalar_get_date_time (JsonNode *node)
{
  const char *text = nx_scalar_get_string (node);

  return text != NULL && is_rfc3339 (text) ? g_date_time_new_from_iso8601 (text, NULL) : NULL;
}

/* -- Base64: GLib skips what it does not know -- */

static gboolean
is_base64 (const char *text)
{
  gsize length = strlen (text);
  gsize n_padding = 0;

  while (n_padding < 2 && n_padding < length && text[length - 1 - n_padding] == '=')
    n_padding++;
  if (length % 4 != 0)
    return FALSE;
  for (gsize i = 0; i < length - n_padding; i++)
    if (!g_ascii_isalnum (text[i]) && text[i] != '+' && text[i] != '/')
      return FALSE;
  return TRUE;
}

GBytes *
nx_scalar_get_bytes (JsonNode *node)
{
  const char *text = nx_scalar_get_string (node);
  guchar *octets;
  gsize length;

  if (text == NULL || !is_base64 (text))
    return NULL;
  octets = g_base64_decode (text, &length);
  return g_bytes_new_take (octets, length);
}

JsonNode *
nx_scalar_new_bytes (GBytes *bytes)
{
  gsize length;
  gconstpointer octets = g_bytes_get_data (bytes, &length);
  g_autofree char *text = length > 0 ? g_base64_encode (octets, length) : g_strdup ("");

  return json_node_init_string (json_node_alloc (), text);
}
