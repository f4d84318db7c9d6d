/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "messages/nx-definitions-private.h"

#include <string.h>

#define DEFS "$defs"
#define REF "$ref"
#define HERE "#/" DEFS "/" /* how a schema refers to its own */

typedef struct
{
  const NxDefinitions *definitions;
  JsonObject *own; /* nullable; what the references are among */
  const char *prefix;
} Walk;

static void walk_node (const Walk *self, JsonNode *node);

static void
definition_free (gpointer data)
{
  NxDefinition *self = data;

  g_free (self->name);
  json_node_unref (self->type);
  json_node_unref (self->home);
  g_free (self);
}

NxDefinitions *
nx_definitions_new (void)
{
  NxDefinitions *self = g_new0 (NxDefinitions, 1);

  self->all = g_ptr_array_new_with_free_func (definition_free);
  self->by_text = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
nx_definitions_free (NxDefinitions *self)
{
  g_hash_table_unref (self->by_text);
  g_ptr_array_unref (self->all);
  g_free (self);
}

/* nullable */
static JsonObject *
get_own (JsonNode *schema)
{
  JsonNode *own = json_object_get_member (json_node_get_object (schema), DEFS);

  return own != NULL && JSON_NODE_HOLDS_OBJECT (own) ? json_node_get_object (own) : NULL;
}

/* (transfer full) */
static char *
make_key (const char *name, JsonNode *type)
{
  g_autofree char *text = json_to_string (type, FALSE);

  return g_strconcat (name, "\n", text, NULL);
}

void
nx_definitions_collect (NxDefinitions *self, JsonNode *schema, NxNames *names)
{
  JsonObject *own = get_own (schema);
  JsonObjectIter iter;
  const char *name;
  JsonNode *type;

  if (own == NULL)
    return;
  json_object_iter_init_ordered (&iter, own);
  while (json_object_iter_next_ordered (&iter, &name, &type))
    {
      g_autofree char *key = make_key (name, type);
      NxDefinition *definition;

      if (!JSON_NODE_HOLDS_OBJECT (type) || g_hash_table_contains (self->by_text, key))
        continue;
      definition = g_new0 (NxDefinition, 1);
      definition->name = nx_names_take (names, name);
      definition->type = json_node_ref (type);
      definition->home = json_node_ref (schema);
      g_ptr_array_add (self->all, definition);
      g_hash_table_insert (self->by_text, g_steal_pointer (&key), definition);
    }
}

/* nullable */
static const NxDefinition *
find (const Walk *self, const char *reference)
{
  JsonNode *type;
  g_autofree char *key = NULL;

  if (self->own == NULL || !g_str_has_prefix (reference, HERE))
    return NULL;
  type = json_object_get_member (self->own, reference + strlen (HERE));
  if (type == NULL)
    return NULL;
  key = make_key (reference + strlen (HERE), type);
  return g_hash_table_lookup (self->definitions->by_text, key);
}

static void
walk_reference (const Walk *self, JsonObject *object)
{
  JsonNode *node = json_object_get_member (object, REF);
  const NxDefinition *definition;
  g_autofree char *target = NULL;

  /* A member of somebody's object may be called so. */
  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_STRING)
    return;
  definition = find (self, json_node_get_string (node));
  if (definition == NULL)
    {
      json_object_remove_member (object, REF);
      return;
    }
  target = g_strconcat (self->prefix, definition->name, NULL);
  json_object_set_string_member (object, REF, target);
}

static void
walk_member (JsonObject *object, const char *name, JsonNode *node, gpointer walk)
{
  walk_node (walk, node);
}

static void
walk_element (JsonArray *array, guint index, JsonNode *node, gpointer walk)
{
  walk_node (walk, node);
}

static void
walk_node (const Walk *self, JsonNode *node)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    {
      walk_reference (self, json_node_get_object (node));
      json_object_foreach_member (json_node_get_object (node), walk_member, (gpointer) self);
    }
  else if (JSON_NODE_HOLDS_ARRAY (node))
    json_array_foreach_element (json_node_get_array (node), walk_element, (gpointer) self);
}

JsonObject *
nx_definitions_resolve (NxDefinitions *self, JsonNode *schema, JsonNode *home, const char *prefix)
{
  /* Through text, since a copy of a node shares what it holds. */
  g_autofree char *text = json_to_string (schema, FALSE);
  g_autoptr (JsonNode) copy = json_from_string (text, NULL);
  const Walk walk = { self, get_own (home), prefix };

  json_object_remove_member (json_node_get_object (copy), DEFS);
  walk_node (&walk, copy);
  return json_object_ref (json_node_get_object (copy));
}
