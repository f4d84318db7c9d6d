/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "service/nx-file-name-private.h"

#include "routing/nx-path-private.h"

#include <gio/gio.h>
#include <string.h>

char **
nx_file_prefix_parse (const char *path)
{
  g_autoptr (NxPath) parsed = nx_path_parse (path, strlen (path));
  g_autoptr (GStrvBuilder) segments = g_strv_builder_new ();

  if (parsed == NULL || strpbrk (path, "?%") != NULL)
    return NULL;
  for (guint i = 0; i < parsed->n_segments; i++)
    if (parsed->segments[i][0] != '\0') /* the last one alone may be empty */
      g_strv_builder_add (segments, parsed->segments[i]);
  return g_strv_builder_end (segments);
}

/* How many segments the prefix takes; -1: the path is not under it. */
static int
match_prefix (const NxFileNaming *naming, const NxPath *path)
{
  guint n = 0;

  for (; naming->prefix[n] != NULL; n++)
    if (n == path->n_segments || strcmp (path->segments[n], naming->prefix[n]) != 0)
      return -1;
  return n;
}

static gboolean
is_name (const NxFileNaming *naming, const char *segment)
{
  return strchr (segment, '/') == NULL && (naming->hidden || segment[0] != '.');
}

char *
nx_file_name_parse (const NxFileNaming *naming, const char *path)
{
  g_autoptr (NxPath) parsed = nx_path_parse (path, strlen (path));
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  int first = parsed != NULL ? match_prefix (naming, parsed) : -1;

  if (first < 0)
    return NULL;
  for (guint i = first; i < parsed->n_segments; i++)
    {
      const char *segment = parsed->segments[i];

      if (segment[0] == '\0') /* the last one: a folder */
        segment = naming->index;
      else if (!is_name (naming, segment))
        return NULL;
      g_ptr_array_add (names, (char *) segment);
    }
  g_ptr_array_add (names, NULL);
  return g_strjoinv ("/", (char **) names->pdata);
}

char *
nx_file_name_make_folder_location (const char *path, const char *query)
{
  return g_strconcat (path, "/", query != NULL ? "?" : NULL, query, NULL);
}

gboolean
nx_file_name_is_hidden (const char *name)
{
  return name[0] == '.' || strstr (name, "/.") != NULL;
}

/* -- Types -- */

/* Those of the Web, so that a page works where the system's data base of types is not installed. */
static const struct
{
  const char *ending;
  const char *type;
} types[] = {
  { ".avif", "image/avif" },
  { ".css", "text/css; charset=utf-8" },
  { ".csv", "text/csv; charset=utf-8" },
  { ".gif", "image/gif" },
  { ".html", "text/html; charset=utf-8" },
  { ".ico", "image/x-icon" },
  { ".jpeg", "image/jpeg" },
  { ".jpg", "image/jpeg" },
  { ".js", "text/javascript; charset=utf-8" },
  { ".json", "application/json" },
  { ".map", "application/json" },
  { ".md", "text/markdown; charset=utf-8" },
  { ".mjs", "text/javascript; charset=utf-8" },
  { ".mp3", "audio/mpeg" },
  { ".mp4", "video/mp4" },
  { ".pdf", "application/pdf" },
  { ".png", "image/png" },
  { ".svg", "image/svg+xml" },
  { ".txt", "text/plain; charset=utf-8" },
  { ".wasm", "application/wasm" },
  { ".webmanifest", "application/manifest+json" },
  { ".webp", "image/webp" },
  { ".woff", "font/woff" },
  { ".woff2", "font/woff2" },
  { ".xml", "application/xml" },
};

char *
nx_file_name_guess_type (const char *name)
{
  const char *ending = strrchr (name, '.');
  g_autofree char *guess = NULL;
  g_autofree char *type = NULL;
  gboolean is_uncertain;

  for (guint i = 0; ending != NULL && i < G_N_ELEMENTS (types); i++)
    if (g_ascii_strcasecmp (ending, types[i].ending) == 0)
      return g_strdup (types[i].type);
  guess = g_content_type_guess (name, NULL, 0, &is_uncertain);
  type = !is_uncertain ? g_content_type_get_mime_type (guess) : NULL;
  return type != NULL ? g_steal_pointer (&type) : g_strdup ("application/octet-stream");
}
