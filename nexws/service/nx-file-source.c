/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "service/nx-file-source-private.h"

#include "service/nx-file-name-private.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
nx_file_free (NxFile *self)
{
  g_clear_object (&self->input);
  g_free (self->etag);
  g_free (self->content_type);
  g_free (self);
}

/* No more than that: a stranger need not know why. */
static NxFile *
fail (GError **error, GIOErrorEnum code)
{
  g_set_error_literal (error, G_IO_ERROR, code, "There is no such file");
  return NULL;
}

/* -- Directories -- */

/* The part behind the root; NULL: a symbolic link led out of it. */
static const char *
get_inner_name (const char *root, const char *resolved)
{
  gsize length = strlen (root);

  if (strcmp (root, "/") == 0)
    return resolved + 1;
  if (strncmp (resolved, root, length) != 0)
    return NULL;
  if (resolved[length] == '\0')
    return resolved + length;
  return resolved[length] == '/' ? resolved + length + 1 : NULL;
}

/* (transfer full): without symbolic links. */
static char *
resolve (const char *root, const char *name, gboolean hidden)
{
  g_autofree char *joined = g_build_filename (root, name, NULL);
  char *resolved = realpath (joined, NULL);
  const char *inner = resolved != NULL ? get_inner_name (root, resolved) : NULL;

  if (inner != NULL && (hidden || !nx_file_name_is_hidden (inner)))
    return resolved;
  free (resolved);
  return NULL;
}

static NxFile *
new_for_descriptor (int fd, const struct stat *status, const char *name)
{
  NxFile *self = g_new0 (NxFile, 1);

  self->input = g_unix_input_stream_new (fd, TRUE);
  self->size = status->st_size;
  self->modified_s = status->st_mtim.tv_sec;
  self->etag = g_strdup_printf ("\"%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x.%lx\"",
                                (guint64) status->st_size, (guint64) status->st_mtim.tv_sec,
                                status->st_mtim.tv_nsec);
  self->content_type = nx_file_name_guess_type (name);
  return self;
}

NxFile *
nx_file_open (const char *root, const char *name, gboolean hidden, GError **error)
{
  char *resolved = resolve (root, name, hidden);
  struct stat status = { 0 };
  int fd;

  if (resolved == NULL)
    return fail (error, G_IO_ERROR_NOT_FOUND);
  /* Without waiting for the other end of a FIFO. */
  fd = open (resolved, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  free (resolved);
  if (fd < 0)
    return fail (error, G_IO_ERROR_NOT_FOUND);
  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    return new_for_descriptor (fd, &status, name);
  close (fd);
  return fail (error, S_ISDIR (status.st_mode) ? G_IO_ERROR_IS_DIRECTORY : G_IO_ERROR_NOT_FOUND);
}

/* -- Resources -- */

static gboolean
is_folder (const char *path)
{
  g_auto (GStrv) children =
      g_resources_enumerate_children (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  return children != NULL;
}

NxFile *
nx_file_open_resource (const char *root, const char *name, GError **error)
{
  g_autofree char *path = g_build_path ("/", root, name, NULL);
  g_autoptr (GBytes) data = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  g_autofree char *digest = NULL;
  NxFile *self;

  if (data == NULL)
    return fail (error, is_folder (path) ? G_IO_ERROR_IS_DIRECTORY : G_IO_ERROR_NOT_FOUND);
  digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA1, data);
  self = g_new0 (NxFile, 1);
  self->input = g_memory_input_stream_new_from_bytes (data);
  self->size = g_bytes_get_size (data);
  self->etag = g_strdup_printf ("\"%s\"", digest);
  self->content_type = nx_file_name_guess_type (name);
  return self;
}
