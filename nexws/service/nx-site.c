/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "service/nx-site-private.h"

#include <string.h>

#define KEY "nexws-site"

typedef struct
{
  GPtrArray *parts; /* of Part: all of the server's, not owned */
  char *path;
  gboolean is_tree;
  SoupServerCallback func;
  gpointer data;
  GDestroyNotify destroy;
} Part;

static void
part_free (gpointer data)
{
  Part *self = data;

  g_ptr_array_remove_fast (self->parts, self);
  g_ptr_array_unref (self->parts);
  self->destroy (self->data);
  g_free (self->path);
  g_free (self);
}

static gboolean
has (const Part *self, const char *path)
{
  gsize length = strlen (self->path);

  if (!self->is_tree)
    return strcmp (path, self->path) == 0;
  if (length == 1) /* the slash that every path begins with */
    return TRUE;
  return strncmp (path, self->path, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* The one that says most of the path. */
static const Part *
find (GPtrArray *parts, const char *path)
{
  const Part *found = NULL;

  for (guint i = 0; i < parts->len; i++)
    {
      const Part *part = g_ptr_array_index (parts, i);

      if (has (part, path) && (found == NULL || strlen (part->path) > strlen (found->path)))
        found = part;
    }
  return found;
}

static void
request_cb (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer data)
{
  const Part *part = find (((Part *) data)->parts, path);

  if (part != NULL)
    part->func (server, message, path, query, part->data);
  else
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
}

static GPtrArray *
ensure_parts (SoupServer *server)
{
  GPtrArray *parts = g_object_get_data (G_OBJECT (server), KEY);

  if (parts == NULL)
    {
      parts = g_ptr_array_new ();
      g_object_set_data_full (G_OBJECT (server), KEY, parts, (GDestroyNotify) g_ptr_array_unref);
    }
  return parts;
}

void
nx_site_add (SoupServer *server,
             const char *path,
             gboolean is_tree,
             SoupServerCallback func,
             gpointer data,
             GDestroyNotify destroy)
{
  Part *part = g_new0 (Part, 1);

  part->parts = g_ptr_array_ref (ensure_parts (server));
  part->path = g_strdup (path);
  part->is_tree = is_tree;
  part->func = func;
  part->data = data;
  part->destroy = destroy;
  soup_server_add_handler (server, path, request_cb, part, part_free);
  g_ptr_array_add (part->parts, part);
}
