/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once
#include <json-glib/json-glib.h>
JsonNode *nx_json_parse (const char *text, gsize length, guint max_depth, GError **error);
char *nx_json_generate (JsonNode *node, gsize *length, GError **error);
