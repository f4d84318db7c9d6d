/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "routing/nx-route-tree-private.h"

#include <string.h>

/* What is stored, and under which pattern. The parameters' names are here and not in the nodes, so
 * that `/{a}/x` and `/{b}/y` share theirs. */
typedef struct
{
  NxPattern *pattern;
  gpointer value;
  GDestroyNotify destroy;
} Entry;

/* What may be stored at a node, in the order in which it is tried. */
typedef enum {
  SLOT_ROUTE, /* the path ends here */
  SLOT_REST,  /* it ends in a parameter of kind PATH */
  SLOT_MOUNT, /* it goes on in what is mounted */
  N_SLOTS
} Slot;

typedef struct _Node Node;

struct _Node
{
  GHashTable *texts;                    /* text (owned by the table) to Node; NULL without any */
  Node *parameters[NX_N_SEGMENT_KINDS]; /* those of TEXT and PATH stay NULL */
  Entry *entries[N_SLOTS];
};

struct _NxRouteTree
{
  Node root;
  GDestroyNotify destroy;
};

/* --- Nodes and entries --- */

static Entry *
entry_new (NxPattern *pattern, gpointer value, GDestroyNotify destroy)
{
  Entry *self = g_new (Entry, 1);

  *self = (Entry){ nx_pattern_ref (pattern), value, destroy };
  return self;
}

static void
entry_free (Entry *self)
{
  if (self->destroy != NULL)
    self->destroy (self->value);
  nx_pattern_unref (self->pattern);
  g_free (self);
}

static void node_free (gpointer data);

static void
node_clear (Node *self)
{
  g_clear_pointer (&self->texts, g_hash_table_unref);
  for (guint kind = 0; kind < NX_N_SEGMENT_KINDS; kind++)
    g_clear_pointer (&self->parameters[kind], node_free);
  for (guint slot = 0; slot < N_SLOTS; slot++)
    g_clear_pointer (&self->entries[slot], entry_free);
}

static void
node_free (gpointer data)
{
  node_clear (data);
  g_free (data);
}

static gboolean
node_is_empty (const Node *self)
{
  for (guint kind = 0; kind < NX_N_SEGMENT_KINDS; kind++)
    if (self->parameters[kind] != NULL)
      return FALSE;
  for (guint slot = 0; slot < N_SLOTS; slot++)
    if (self->entries[slot] != NULL)
      return FALSE;

  return self->texts == NULL;
}

static Node *
node_find_text (const Node *self, const char *text)
{
  return self->texts != NULL ? g_hash_table_lookup (self->texts, text) : NULL;
}

static Node *
node_find_child (const Node *self, const NxSegment *segment)
{
  return segment->kind == NX_SEGMENT_TEXT ? node_find_text (self, segment->text)
                                          : self->parameters[segment->kind];
}

static Node *
node_ensure_child (Node *self, const NxSegment *segment)
{
  Node *child = node_find_child (self, segment);

  if (child != NULL)
    return child;

  child = g_new0 (Node, 1);
  if (segment->kind != NX_SEGMENT_TEXT)
    return self->parameters[segment->kind] = child;

  if (self->texts == NULL)
    self->texts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, node_free);
  g_hash_table_insert (self->texts, g_strdup (segment->text), child);
  return child;
}

static void
node_remove_child (Node *self, const NxSegment *segment)
{
  if (segment->kind != NX_SEGMENT_TEXT)
    {
      g_clear_pointer (&self->parameters[segment->kind], node_free);
      return;
    }

  g_hash_table_remove (self->texts, segment->text);
  if (g_hash_table_size (self->texts) == 0)
    g_clear_pointer (&self->texts, g_hash_table_unref);
}

/* --- Inserting and removing --- */

/* Where a pattern is stored: at the node that its first *@depth segments lead to. */
static Slot
find_place (const NxPattern *pattern, gboolean is_prefix, guint *depth)
{
  const NxSegment *last = &pattern->segments[pattern->n_segments - 1];

  *depth = pattern->n_segments;
  if (is_prefix)
    {
      *depth -= last->kind == NX_SEGMENT_TEXT && *last->text == '\0';
      return SLOT_MOUNT;
    }
  if (last->kind == NX_SEGMENT_PATH)
    {
      *depth -= 1;
      return SLOT_REST;
    }
  return SLOT_ROUTE;
}

static gboolean
insert (NxRouteTree *self, NxPattern *pattern, gboolean is_prefix, gpointer value, GError **error)
{
  Node *node = &self->root;
  guint depth;
  Slot slot = find_place (pattern, is_prefix, &depth);

  g_assert (value != NULL);

  for (guint i = 0; i < depth; i++)
    node = node_ensure_child (node, &pattern->segments[i]);

  if (node->entries[slot] != NULL)
    {
      g_set_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_TAKEN,
                   "pattern “%s” stands for the same paths as “%s”, which is there already",
                   pattern->text, node->entries[slot]->pattern->text);
      return FALSE;
    }

  node->entries[slot] = entry_new (pattern, value, self->destroy);
  return TRUE;
}

/* Takes the entry out, and on the way back the nodes that led to nothing else. */
static Entry *
take_out (Node *self, const NxSegment *segments, guint depth, Slot slot)
{
  Node *child;
  Entry *entry;

  if (depth == 0)
    return g_steal_pointer (&self->entries[slot]);

  child = node_find_child (self, segments);
  if (child == NULL)
    return NULL;

  entry = take_out (child, segments + 1, depth - 1, slot);
  if (entry != NULL && node_is_empty (child))
    node_remove_child (self, segments);
  return entry;
}

static gboolean
remove_entry (NxRouteTree *self, const NxPattern *pattern, gboolean is_prefix)
{
  guint depth;
  Slot slot = find_place (pattern, is_prefix, &depth);
  Entry *entry = take_out (&self->root, pattern->segments, depth, slot);

  if (entry == NULL)
    return FALSE;

  /* Last, for whoever destroys the value may come back to the tree; and @pattern may be the entry's
   * own. */
  entry_free (entry);
  return TRUE;
}

NxRouteTree *
nx_route_tree_new (GDestroyNotify destroy)
{
  NxRouteTree *self = g_new0 (NxRouteTree, 1);

  self->destroy = destroy;
  return self;
}

void
nx_route_tree_free (NxRouteTree *self)
{
  node_clear (&self->root);
  g_free (self);
}

gboolean
nx_route_tree_insert (NxRouteTree *self, NxPattern *pattern, gpointer value, GError **error)
{
  return insert (self, pattern, FALSE, value, error);
}

gboolean
nx_route_tree_insert_prefix (NxRouteTree *self, NxPattern *prefix, gpointer mounted, GError **error)
{
  if (prefix->segments[prefix->n_segments - 1].kind == NX_SEGMENT_PATH)
    {
      g_set_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_SYNTAX,
                   "prefix “%s”: its last parameter leaves nothing of the path to what is mounted",
                   prefix->text);
      return FALSE;
    }

  return insert (self, prefix, TRUE, mounted, error);
}

gboolean
nx_route_tree_remove (NxRouteTree *self, const NxPattern *pattern)
{
  return remove_entry (self, pattern, FALSE);
}

gboolean
nx_route_tree_remove_prefix (NxRouteTree *self, const NxPattern *prefix)
{
  return remove_entry (self, prefix, TRUE);
}

gboolean
nx_route_tree_is_empty (const NxRouteTree *self)
{
  return node_is_empty (&self->root);
}

/* --- Looking up --- */

/* Everything about one look-up that stays the same from node to node. */
typedef struct
{
  const char *const *segments;
  guint n_segments;
  NxPathParams *params; /* (nullable) */
  NxRouteTreeDescend descend;
  gpointer data;
  guint n_visits; /* to nodes */
} Lookup;

/* Joined with slashes: only asked for where no segment has one of its own. */
static char *
join_rest (const Lookup *lookup, guint depth)
{
  GString *joined = g_string_new (lookup->segments[depth]);

  for (guint i = depth + 1; i < lookup->n_segments; i++)
    {
      g_string_append_c (joined, '/');
      g_string_append (joined, lookup->segments[i]);
    }

  return g_string_free (joined, FALSE);
}

/* The n-th segment of the pattern is where the n-th of the path went, so nothing need be remembered
 * on the way down. */
static void
capture (const Lookup *lookup, const NxPattern *pattern)
{
  if (lookup->params == NULL)
    return;

  for (guint i = 0; i < pattern->n_segments; i++)
    {
      const NxSegment *segment = &pattern->segments[i];

      if (segment->kind == NX_SEGMENT_PATH)
        nx_path_params_add (lookup->params, segment->text, join_rest (lookup, i));
      else if (segment->kind != NX_SEGMENT_TEXT)
        nx_path_params_add (lookup->params, segment->text, g_strdup (lookup->segments[i]));
    }
}

static gpointer
try_route (const Lookup *lookup, const Entry *entry)
{
  if (entry == NULL)
    return NULL;

  capture (lookup, entry->pattern);
  return entry->value;
}

/*
 * A slash inside a segment would look like one between two when the rest is joined: `a%2F..%2Fb`,
 * one innocent segment, would become a way out of a folder. Such a path has no rest to give.
 */
static gpointer
try_rest (const Lookup *lookup, const Entry *entry, guint depth)
{
  if (entry == NULL)
    return NULL;

  for (guint i = depth; i < lookup->n_segments; i++)
    if (strchr (lookup->segments[i], '/') != NULL)
      return NULL;

  return try_route (lookup, entry);
}

static gpointer
try_mount (const Lookup *lookup, const Entry *entry, guint depth)
{
  guint n_params;
  gpointer found;

  if (entry == NULL || lookup->descend == NULL)
    return NULL;

  n_params = lookup->params != NULL ? nx_path_params_get_size (lookup->params) : 0;
  capture (lookup, entry->pattern);
  found = lookup->descend (entry->value, lookup->segments + depth, lookup->n_segments - depth,
                           lookup->params, lookup->data);
  if (found == NULL && lookup->params != NULL)
    nx_path_params_truncate (lookup->params, n_params);
  return found;
}

/* Goes as deep as the deepest pattern, which is bounded, and into each node once at most, for only
 * one way leads to it. */
static gpointer
lookup_below (Lookup *lookup, const Node *node, guint depth)
{
  const char *segment;
  const Node *child;
  gpointer found;

  lookup->n_visits++;
  if (depth == lookup->n_segments)
    return try_route (lookup, node->entries[SLOT_ROUTE]);

  segment = lookup->segments[depth];
  child = node_find_text (node, segment);
  found = child != NULL ? lookup_below (lookup, child, depth + 1) : NULL;

  for (guint kind = 0; found == NULL && kind < NX_N_SEGMENT_KINDS; kind++)
    if (node->parameters[kind] != NULL && nx_segment_kind_fits (kind, segment))
      found = lookup_below (lookup, node->parameters[kind], depth + 1);

  if (found == NULL)
    found = try_rest (lookup, node->entries[SLOT_REST], depth);
  if (found == NULL)
    found = try_mount (lookup, node->entries[SLOT_MOUNT], depth);
  return found;
}

gpointer
nx_route_tree_lookup (const NxRouteTree *self,
                      const char *const *segments,
                      guint n_segments,
                      NxPathParams *params,
                      NxRouteTreeDescend descend,
                      gpointer data)
{
  Lookup lookup = { segments, n_segments, params, descend, data, 0 };

  return lookup_below (&lookup, &self->root, 0);
}

guint
nx_route_tree_count_visits (const NxRouteTree *self, const char *const *segments, guint n_segments)
{
  Lookup lookup = { segments, n_segments, NULL, NULL, NULL, 0 };

  lookup_below (&lookup, &self->root, 0);
  return lookup.n_visits;
}
