/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxFile: one file that was found, in a directory or among the program's resources, and is to be sent. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  GInputStream *input;
  guint64 size;
  char *etag;        /* with its quotes */
  gint64 modified_s; /* since 1970; 0: not known */
  char *content_type;
} NxFile;

void nx_file_free (NxFile *self);

/*
 * A name below @root, which is a path without symbolic links. It blocks. What is not a plain file, or leads out of @root, is
 * G_IO_ERROR_NOT_FOUND, and a folder G_IO_ERROR_IS_DIRECTORY.
 */
NxFile *nx_file_open (const char *root, const char *name, gboolean hidden, GError **error);
/* Likewise below a path of resources. */
NxFile *nx_file_open_resource (const char *root, const char *name, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxFile, nx_file_free)

G_END_DECLS
