/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "service/nx-file-service.h"

#include "nx-app-private.h"
#include "nx-error-private.h"
#include "service/nx-file-answer-private.h"
#include "service/nx-file-name-private.h"
#include "service/nx-file-source-private.h"
#include "service/nx-site-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/**
 * NxFileService:
 *
 * Files that an app serves over plain HTTP, on the ports of its websockets: the pages that use them. It is made by
 * [method@App.serve_directory] or [method@App.serve_resources].
 *
 * It answers GET and HEAD; anything else gets 405. What a client has already is answered with 304, by `ETag` or `Last-Modified`. Large
 * files are sent in pieces, as fast as the client reads them, and what may wait for the disk happens in another thread.
 *
 * Nothing outside of the directory can be reached: no `.` or `..`, plain or encoded once or twice, leads out of it, nor does a symbolic
 * link; an empty part or NUL leads nowhere. Names that begin with a dot are hidden. Whatever cannot be served is 404, without a word
 * about why; or 426, where the path is that of a websocket.
 *
 * Since: 0.1
 */
struct _NxFileService
{
  GObject parent_instance;

  NxAppHandle *handle;
  char *root; /* of the directory, without symbolic links; or of the resources */
  gboolean is_resource;
  char **prefix;
  char *index;
  char *cache_control;
  gboolean hidden_files;
};

enum {
  PROP_0,
  PROP_INDEX,
  PROP_CACHE_CONTROL,
  PROP_HIDDEN_FILES,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (NxFileService, nx_file_service, G_TYPE_OBJECT)

/* -- One request -- */

/* What the thread that opens the file needs. */
typedef struct
{
  NxFileAnswer *answer; /* untouched by it */
  char *root;
  char *name;
  gboolean hidden;
  char *folder_location; /* where to send the client if it is a folder; NULL: it was there */
  guint missing;         /* the status if it is not there */
} Search;

static void
search_free (gpointer data)
{
  Search *self = data;

  g_free (self->root);
  g_free (self->name);
  g_free (self->folder_location);
  g_free (self);
}

/* Takes @file. */
static void
answer_search (NxFileService *self, Search *search, NxFile *file, const GError *error)
{
  if (file != NULL)
    nx_file_answer_send (search->answer, file, self->cache_control);
  else if (search->folder_location != NULL
           && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY))
    nx_file_answer_redirect (search->answer, search->folder_location);
  else
    nx_file_answer_refuse (search->answer, search->missing);
}

static void
open_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Search *search = task_data;
  GError *error = NULL;
  NxFile *file = nx_file_open (search->root, search->name, search->hidden, &error);

  if (file != NULL)
    g_task_return_pointer (task, file, (GDestroyNotify) nx_file_free);
  else
    g_task_return_error (task, error);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  NxFile *file = g_task_propagate_pointer (G_TASK (result), &error);

  answer_search (NX_FILE_SERVICE (source), g_task_get_task_data (G_TASK (result)), file, error);
}

/* Takes @search. */
static void
open_in_directory (NxFileService *self, Search *search)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, opened_cb, NULL);

  g_task_set_task_data (task, search, search_free);
  g_task_run_in_thread (task, open_in_thread);
}

/* Takes @search. */
static void
open_resource (NxFileService *self, Search *search)
{
  g_autoptr (GError) error = NULL;
  NxFile *file = nx_file_open_resource (search->root, search->name, &error);

  answer_search (self, search, file, error);
  search_free (search);
}

static gboolean
check_method (SoupServerMessage *message)
{
  const char *method = soup_server_message_get_method (message);

  if (method == SOUP_METHOD_GET || method == SOUP_METHOD_HEAD)
    return TRUE;
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Allow",
                                "GET, HEAD");
  soup_server_message_set_status (message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
  return FALSE;
}

/* A page may be asked for where a websocket is. */
static guint
get_missing_status (NxFileService *self, const char *encoded)
{
  return self->handle->app != NULL && nx_app_has_route_for (self->handle->app, encoded)
             ? 426
             : SOUP_STATUS_NOT_FOUND;
}

static void
request_cb (SoupServer *server,
            SoupServerMessage *message,
            const char *decoded_path,
            GHashTable *query,
            gpointer data)
{
  NxFileService *self = data;
  /* libsoup has decoded it, so that an encoded slash is one; encoded again it has nothing to decode twice, and fits a header. */
  g_autofree char *encoded = g_uri_escape_string (decoded_path, "/", FALSE);
  const char *uri_query = g_uri_get_query (soup_server_message_get_uri (message));
  const NxFileNaming naming = { (const char *const *) self->prefix, self->index,
                                self->hidden_files };
  Search *search;

  if (!check_method (message))
    return;
  search = g_new0 (Search, 1);
  search->answer = nx_file_answer_begin (message);
  search->missing = get_missing_status (self, encoded);
  search->name = nx_file_name_parse (&naming, encoded);
  if (search->name == NULL)
    {
      nx_file_answer_refuse (search->answer, search->missing);
      search_free (search);
      return;
    }
  search->root = g_strdup (self->root);
  search->hidden = self->hidden_files;
  if (!g_str_has_suffix (encoded, "/")) /* or its index is a folder itself */
    search->folder_location = nx_file_name_make_folder_location (encoded, uri_query);
  if (self->is_resource)
    open_resource (self, search);
  else
    open_in_directory (self, search);
}

/* -- The object -- */

static void
nx_file_service_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxFileService *self = NX_FILE_SERVICE (object);

  switch (id)
    {
    case PROP_INDEX:
      g_value_set_string (value, self->index);
      break;
    case PROP_CACHE_CONTROL:
      g_value_set_string (value, self->cache_control);
      break;
    case PROP_HIDDEN_FILES:
      g_value_set_boolean (value, self->hidden_files);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_file_service_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxFileService *self = NX_FILE_SERVICE (object);
  const char *text;

  switch (id)
    {
    case PROP_INDEX:
      text = g_value_get_string (value);
      g_return_if_fail (text != NULL && text[0] != '\0' && strchr (text, '/') == NULL);
      g_free (self->index);
      self->index = g_strdup (text);
      break;
    case PROP_CACHE_CONTROL:
      g_free (self->cache_control);
      self->cache_control = g_value_dup_string (value);
      break;
    case PROP_HIDDEN_FILES:
      self->hidden_files = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_file_service_finalize (GObject *object)
{
  NxFileService *self = NX_FILE_SERVICE (object);

  g_clear_pointer (&self->handle, nx_app_handle_unref);
  g_free (self->root);
  g_strfreev (self->prefix);
  g_free (self->index);
  g_free (self->cache_control);
  G_OBJECT_CLASS (nx_file_service_parent_class)->finalize (object);
}

static void
nx_file_service_class_init (NxFileServiceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS;

  object_class->get_property = nx_file_service_get_property;
  object_class->set_property = nx_file_service_set_property;
  object_class->finalize = nx_file_service_finalize;

  /**
   * NxFileService:index:
   *
   * The file that stands for its folder.
   *
   * The default is `index.html`.
   *
   * Since: 0.1
   */
  properties[PROP_INDEX] = g_param_spec_string ("index", NULL, NULL, "index.html", flags);
  /**
   * NxFileService:cache-control:
   *
   * The header Cache-Control of what is served. `no-cache` has a client ask each time whether its copy is still good, which costs
   * an answer without a body; a longer life, such as `max-age=31536000, immutable`, is for names that change with what they
   * name. %NULL: no such header.
   *
   * The default is `no-cache`.
   *
   * Since: 0.1
   */
  properties[PROP_CACHE_CONTROL] =
      g_param_spec_string ("cache-control", NULL, NULL, "no-cache", flags);
  /**
   * NxFileService:hidden-files:
   *
   * Whether names that begin with a dot are served.
   *
   * The default is %FALSE.
   *
   * Since: 0.1
   */
  properties[PROP_HIDDEN_FILES] = g_param_spec_boolean ("hidden-files", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
nx_file_service_init (NxFileService *self)
{
}

/* -- Serving -- */

/* Takes @root. */
static NxFileService *
serve (NxApp *app,
       const char *path,
       char *root,
       gboolean is_resource,
       GError **error,
       const char *function)
{
  g_auto (GStrv) prefix = nx_file_prefix_parse (path);
  g_autofree char *joined = NULL;
  g_autofree char *handler_path = NULL;
  NxFileService *self;

  if (prefix == NULL)
    {
      nx_error_give (error,
                     g_error_new (NX_ERROR, NX_ERROR_PATTERN,
                                  "Cannot serve at \"%s\": it is no path that begins with a slash",
                                  path),
                     function);
      g_free (root);
      return NULL;
    }
  joined = g_strjoinv ("/", prefix);
  handler_path = g_strconcat ("/", joined, NULL);
  self = g_object_new (NX_TYPE_FILE_SERVICE, NULL);
  self->handle = nx_app_handle_ref (nx_app_get_private (app)->handle);
  self->root = root;
  self->is_resource = is_resource;
  self->prefix = g_steal_pointer (&prefix);
  nx_site_add (nx_app_get_server (app), handler_path, TRUE, request_cb, self, g_object_unref);
  return self;
}

/**
 * nx_app_serve_directory:
 * @self: an app
 * @path: the path under which the files are, such as `/` or `/static`
 * @directory: (type filename): where they are
 * @error: return location for an error
 *
 * Serves the files of a directory, and of those in it, over plain HTTP. A folder is its `index.html`, and is never listed.
 *
 * Routes of websockets are not hidden by it, whatever @path is. What was served at @path before is replaced.
 *
 * Returns: (transfer none): the service, whose properties say more; %NULL with %G_FILE_ERROR when @directory is none, with
 *   %NX_ERROR_PATTERN when @path is malformed
 *
 * Since: 0.1
 */
NxFileService *
nx_app_serve_directory (NxApp *self, const char *path, const char *directory, GError **error)
{
  g_autofree char *slashed = NULL;
  char *resolved, *root;

  g_return_val_if_fail (NX_IS_APP (self), NULL);
  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (directory != NULL, NULL);

  slashed = g_strconcat (directory, "/", NULL); /* so that a file is none */
  resolved = realpath (slashed, NULL);
  if (resolved == NULL)
    {
      int number = errno;

      nx_error_give (error,
                     g_error_new (G_FILE_ERROR, g_file_error_from_errno (number),
                                  "Cannot serve \"%s\": %s", directory, g_strerror (number)),
                     G_STRFUNC);
      return NULL;
    }
  root = g_strdup (resolved);
  free (resolved);
  return serve (self, path, root, FALSE, error, G_STRFUNC);
}

/**
 * nx_app_serve_resources:
 * @self: an app
 * @path: the path under which the files are, such as `/` or `/static`
 * @resource_path: where they are among the program's resources, such as `/org/example/web`
 * @error: return location for an error
 *
 * As [method@App.serve_directory], for files that the program brings with it as a [struct@Gio.Resource].
 *
 * Returns: (transfer none): the service, whose properties say more; %NULL with %G_RESOURCE_ERROR when there are no such
 *   resources, with %NX_ERROR_PATTERN when @path is malformed
 *
 * Since: 0.1
 */
NxFileService *
nx_app_serve_resources (NxApp *self, const char *path, const char *resource_path, GError **error)
{
  g_auto (GStrv) children = NULL;
  GError *local = NULL;

  g_return_val_if_fail (NX_IS_APP (self), NULL);
  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (resource_path != NULL, NULL);

  children = g_resources_enumerate_children (resource_path, G_RESOURCE_LOOKUP_FLAGS_NONE, &local);
  if (children == NULL)
    {
      nx_error_give (error, local, G_STRFUNC);
      return NULL;
    }
  return serve (self, path, g_strdup (resource_path), TRUE, error, G_STRFUNC);
}
