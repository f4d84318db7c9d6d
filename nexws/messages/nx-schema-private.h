/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shapes as JSON Schema (2020-12, and what AsyncAPI takes as well) and as TypeScript: what is read, and no other. */
#pragma once

#include "messages/nx-names-private.h"
#include "messages/nx-shape-private.h"

G_BEGIN_DECLS

/*
 * (transfer full): an object of @shape (NULL: without members), and with a member `@tag: @value` where @tag is not NULL.
 * @prefix: of references to other types, such as `#/$defs/`.
 */
JsonObject *nx_schema_of_shape (const NxShape *shape,
                                const char *tag,
                                const char *value,
                                const char *prefix,
                                NxNames *names);

/* Adds a member `@tag: @value` to an object's schema that came from elsewhere. */
void nx_schema_add_tag (JsonObject *schema, const char *tag, const char *value);
/* Appends a type: of what JSON Schema says by type, enum, const, properties, items, prefixItems and anyOf; of a reference what it says, as it
 * is. Of anything else, `unknown`. */
void nx_typescript_append_schema (GString *text, JsonNode *schema);

/* Appends an exported interface. */
void nx_typescript_append_shape (GString *text, const NxShape *shape, NxNames *names);
/* Appends a literal of a string. */
void nx_typescript_append_literal (GString *text, const char *value);

/* (transfer full): JSON without white space, as nx_json_generate() makes it, for people to read. */
char *nx_json_indent (const char *text);

G_END_DECLS
