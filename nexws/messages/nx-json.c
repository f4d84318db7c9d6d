/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "messages/nx-json-private.h"
JsonNode *
nx_json_parse (const char *text, gsize length, guint max_depth, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  if (!json_parser_load_from_data (parser, text, length, error)) return NULL;
  return json_parser_steal_root (parser);
}
char *
nx_json_generate (JsonNode *node, gsize *length, GError **error)
{
  char *text = json_to_string (node, FALSE);
  *length = strlen (text);
  return text;
}
