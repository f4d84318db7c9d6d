/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Types that schemas from elsewhere hold under their `$defs`, brought together for one document: those that hold themselves need a name. */
#pragma once

#include "messages/nx-names-private.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct
{
  char *name;     /* in the document; nobody else's */
  JsonNode *type; /* its schema, as it came */
  JsonNode *home; /* the schema under whose `$defs` it stands */
} NxDefinition;

typedef struct
{
  GPtrArray *all;      /* of NxDefinition, in the order in which they came */
  GHashTable *by_text; /* what is called the same and says the same is one */
} NxDefinitions;

NxDefinitions *nx_definitions_new (void);
void nx_definitions_free (NxDefinitions *self);
/* Takes up what @schema defines. */
void nx_definitions_collect (NxDefinitions *self, JsonNode *schema, NxNames *names);
/*
 * (transfer full): an object of @schema, which stands in @home or is it. Its references are to @prefix and a name; those that lead
 * nowhere are left out, so that anything fits there.
 */
JsonObject *nx_definitions_resolve (NxDefinitions *self,
                                    JsonNode *schema,
                                    JsonNode *home,
                                    const char *prefix);

G_END_DECLS
