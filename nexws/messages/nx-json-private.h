/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON of messages: json-glib, made safe with strangers. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* How deep a value may be nested that we write. */
#define NX_JSON_DEPTH_MAX 128

/* (transfer full): exactly one value of RFC 8259; see nx_json_scan() for what else is refused. */
JsonNode *nx_json_parse (const char *text, gsize length, guint max_depth, GError **error);

/* (transfer full): without white space. Fails for what JSON cannot express. */
char *nx_json_generate (JsonNode *node, gsize *length, GError **error);

G_END_DECLS
