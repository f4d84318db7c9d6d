/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The routes of a router as a whole: found by their names, and listed for people. */
#include "config.h"

#include "nx-error-private.h"
#include "nx-route-private.h"
#include "nx-router-private.h"

#include "messages/nx-place-private.h"
#include "routing/nx-pattern-fill-private.h"

/* -- Patterns as a whole, from the router that is asked on -- */

static char *
join_patterns (const GPtrArray *prefixes, NxRoute *route)
{
  GString *whole = g_string_new (NULL);

  for (guint i = 0; i < prefixes->len; i++)
    {
      g_string_append (whole, ((const NxPattern *) g_ptr_array_index (prefixes, i))->text);
      if (whole->str[whole->len - 1] == '/')
        g_string_truncate (whole, whole->len - 1);
    }
  g_string_append (whole, nx_route_get_pattern (route));
  return g_string_free (whole, FALSE);
}

typedef struct
{
  NxRoute *route;
  char *whole; /* NULL until it is found */
} Way;

static gboolean
find_way (NxRoute *route, const GPtrArray *prefixes, gpointer data)
{
  Way *way = data;

  if (route != way->route)
    return TRUE;
  way->whole = join_patterns (prefixes, route);
  return FALSE;
}

/* (transfer full): of several ways, the first. */
static char *
describe_way (NxRouter *self, NxRoute *route)
{
  Way way = { route, NULL };

  nx_router_walk (self, find_way, &way);
  return way.whole != NULL ? way.whole : g_strdup (nx_route_get_pattern (route));
}

/* -- By name -- */

typedef struct
{
  const char *name;
  NxRoute *route;      /* NULL until it is found; not owned */
  GPtrArray *prefixes; /* of NxPattern, owned: the way there, and at last its own pattern */
  GString *names;      /* of all that have one */
} Search;

static gboolean
find_name (NxRoute *route, const GPtrArray *prefixes, gpointer data)
{
  Search *search = data;
  const char *name = nx_route_get_name (route);

  if (name == NULL)
    return TRUE;
  if (g_strcmp0 (name, search->name) != 0)
    {
      g_string_append_printf (search->names, "%s%s", search->names->len > 0 ? ", " : "", name);
      return TRUE;
    }
  search->route = route;
  for (guint i = 0; i < prefixes->len; i++)
    g_ptr_array_add (search->prefixes, nx_pattern_ref (g_ptr_array_index (prefixes, i)));
  g_ptr_array_add (search->prefixes, nx_pattern_ref (nx_route_get_parsed_pattern (route)));
  return FALSE;
}

static char *
list_parameters (const Search *search)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < search->prefixes->len; i++)
    {
      const NxPattern *pattern = g_ptr_array_index (search->prefixes, i);

      for (guint j = 0; j < pattern->n_segments; j++)
        if (pattern->segments[j].kind != NX_SEGMENT_TEXT)
          g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "",
                                  pattern->segments[j].text);
    }
  return g_string_free (list, FALSE);
}

static gboolean
has_parameter (const Search *search, const char *name)
{
  for (guint i = 0; i < search->prefixes->len; i++)
    if (nx_pattern_has_parameter (g_ptr_array_index (search->prefixes, i), name))
      return TRUE;
  return FALSE;
}

static gboolean
check_names (const Search *search, GHashTable *parameters, GError **error)
{
  GHashTableIter iter;
  gpointer name;
  g_autofree char *list = NULL;

  if (parameters == NULL)
    return TRUE;
  g_hash_table_iter_init (&iter, parameters);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      if (has_parameter (search, name))
        continue;
      list = list_parameters (search);
      g_set_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_PARAMETER,
                   "there is no parameter \"%s\"; allowed: %s", (const char *) name,
                   *list != '\0' ? list : "none");
      return FALSE;
    }
  return TRUE;
}

static char *
fill (const Search *search, GHashTable *parameters, GError **error)
{
  g_autoptr (GString) path = g_string_new (NULL);

  if (!check_names (search, parameters, error))
    return NULL;
  for (guint i = 0; i < search->prefixes->len; i++)
    if (!nx_pattern_fill (g_ptr_array_index (search->prefixes, i), i + 1 < search->prefixes->len,
                          parameters, path, error))
      return NULL;
  return g_string_free (g_steal_pointer (&path), FALSE);
}

/* Another route may be nearer to that path: `/rooms/new` is not for `/rooms/{room}` when it has one of its own. */
static gboolean
check_way (NxRouter *self, const Search *search, const char *path, GError **error)
{
  g_autoptr (NxPath) parsed = nx_path_parse (path, strlen (path));
  NxRouteMatch found = { 0 };
  g_autofree char *other = NULL;
  gboolean is_right;

  if (parsed != NULL)
    nx_router_match (self, parsed, &found);
  is_right = found.route == search->route;
  if (!is_right && found.route != NULL)
    other = describe_way (self, found.route);
  if (!is_right)
    g_set_error (error, NX_PATTERN_ERROR, NX_PATTERN_ERROR_PARAMETER,
                 "%s leads to %s%s%s; allowed: values that no other route is for", path,
                 other != NULL ? "route \"" : "nothing", other != NULL ? other : "",
                 other != NULL ? "\"" : "");
  if (parsed != NULL)
    nx_route_match_clear (&found);
  return is_right;
}

static void
give_error (NxRouter *self, const Search *search, GError *cause, GError **error)
{
  g_autofree char *whole = describe_way (self, search->route);

  nx_error_give (error,
                 g_error_new (NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "Route \"%s\" (%s): %s",
                              search->name, whole, cause->message),
                 "nx_router_url_for");
  g_error_free (cause);
}

/**
 * nx_router_url_for:
 * @self: a router
 * @name: the name of a route in it or in a router that is mounted below, see [method@Route.set_name]
 * @parameters: (nullable) (element-type utf8 utf8): values for the parameters of its pattern, and of the prefixes above it, by
 *   name: both are strings, a number's too
 * @error: return location for an error
 *
 * Makes the path that leads to a route, from @self on: percent-encoded, and with the values given.
 *
 * Of several routes of one name, the first is taken: the router's own before those of mounted ones, in the order in which
 * they were added.
 *
 * Returns: (transfer full): the path; %NULL with %NX_ERROR_INVALID_ARGUMENT when there is no such route, when a parameter is missing,
 *   unknown, or has a value that does not fit its type, or when the path leads elsewhere; the message names it and says what is
 *   allowed
 *
 * Since: 0.1
 */
char *
nx_router_url_for (NxRouter *self, const char *name, GHashTable *parameters, GError **error)
{
  g_autoptr (GPtrArray) prefixes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nx_pattern_unref);
  g_autoptr (GString) names = g_string_new (NULL);
  Search search = { name, NULL, prefixes, names };
  g_autofree char *path = NULL;
  GError *cause = NULL;

  g_return_val_if_fail (NX_IS_ROUTER (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  nx_router_walk (self, find_name, &search);
  if (search.route == NULL)
    {
      nx_error_set (error, NX_ERROR_INVALID_ARGUMENT, "No route is called \"%s\"; allowed: %s",
                    name, names->len > 0 ? names->str : "none, for no route has a name");
      return NULL;
    }
  path = fill (&search, parameters, &cause);
  if (path != NULL && check_way (self, &search, path, &cause))
    return g_steal_pointer (&path);
  give_error (self, &search, cause, error);
  return NULL;
}

/* -- For people -- */

#define N_COLUMNS 3

static char *
show_name (const char *name)
{
  GString *shown = g_string_new (NULL);

  for (const char *at = name; *at != '\0'; at = g_utf8_next_char (at))
    nx_place_append_visible (shown, g_utf8_get_char (at));
  return g_string_free (shown, FALSE);
}

static gboolean
add_row (NxRoute *route, const GPtrArray *prefixes, gpointer data)
{
  GPtrArray *cells = data;

  g_ptr_array_add (cells, join_patterns (prefixes, route));
  g_ptr_array_add (cells,
                   show_name (nx_route_get_name (route) != NULL ? nx_route_get_name (route) : "-"));
  g_ptr_array_add (cells, nx_route_describe_handler (route));
  return TRUE;
}

/**
 * nx_router_describe:
 * @self: a router
 *
 * Lists the routes in this router and in those that are mounted below, for people: a line each, with its whole pattern, its name,
 * and what handles it.
 *
 * Returns: (transfer full): the lines, with a heading; meant to be read, not parsed
 *
 * Since: 0.1
 */
char *
nx_router_describe (NxRouter *self)
{
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (g_free);
  GString *text = g_string_new (NULL);
  glong widths[N_COLUMNS] = { 0 };

  g_return_val_if_fail (NX_IS_ROUTER (self), NULL);

  g_ptr_array_add (cells, g_strdup ("PATTERN"));
  g_ptr_array_add (cells, g_strdup ("NAME"));
  g_ptr_array_add (cells, g_strdup ("HANDLED BY"));
  nx_router_walk (self, add_row, cells);
  for (guint i = 0; i < cells->len; i++)
    widths[i % N_COLUMNS] =
        MAX (widths[i % N_COLUMNS], g_utf8_strlen (g_ptr_array_index (cells, i), -1));
  for (guint i = 0; i < cells->len; i++)
    {
      const char *cell = g_ptr_array_index (cells, i);
      guint column = i % N_COLUMNS;

      g_string_append (text, cell);
      if (column == N_COLUMNS - 1)
        g_string_append_c (text, '\n');
      else
        g_string_append_printf (text, "%*s", (int) (widths[column] - g_utf8_strlen (cell, -1)) + 2,
                                "");
    }
  return g_string_free (text, FALSE);
}
