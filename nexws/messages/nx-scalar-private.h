/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of one piece that JSON has no type for: dates, octets, integers. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* As patterns of ECMA 262, for descriptions: exactly what is taken below. */
#define NX_PATTERN_DATE_TIME                                                                       \
  "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"
#define NX_PATTERN_BASE64 "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
#define NX_PATTERN_UNSIGNED "^(0|[1-9][0-9]{0,19})$"

/* (nullable): NULL when @node holds none. */
const char *nx_scalar_get_string (JsonNode *node);
/* An integer, written as one or as 2.0; not where it would have to be rounded. */
gboolean nx_scalar_get_int64 (JsonNode *node, gint64 *value);
/* Likewise, and what is over G_MAXINT64 as a string of digits. */
gboolean nx_scalar_get_uint64 (JsonNode *node, guint64 *value);
JsonNode *nx_scalar_new_uint64 (guint64 value);
gboolean nx_scalar_get_double (JsonNode *node, double *value);
/* (transfer full) (nullable): RFC 3339. */
GDateTime *nx_scalar_get_date_time (JsonNode *node);
/* (transfer full) (nullable): Base64 (RFC 4648 section 4), with its padding and nothing else. */
GBytes *nx_scalar_get_bytes (JsonNode *node);
JsonNode *nx_scalar_new_bytes (GBytes *bytes);

G_END_DECLS
