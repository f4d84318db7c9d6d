/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxFileName: which file a request's path means. Nothing here looks at a file. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char *const *prefix; /* the segments under which the files are served */
  const char *index;         /* what stands for a folder */
  gboolean hidden;           /* names that begin with a dot are served */
} NxFileNaming;

/* The segments of a path under which to serve, without an empty one at its end; NULL when it is malformed. */
char **nx_file_prefix_parse (const char *path);

/* (transfer full): relative, never with `.`, `..`, an empty segment, or a slash that was encoded. NULL: there is no such file. */
char *nx_file_name_parse (const NxFileNaming *naming, const char *path);

/* (transfer full): @path with a slash behind it, and the query, as a Location. */
char *nx_file_name_make_folder_location (const char *path, const char *query);

/* Whether a part of a relative name begins with a dot. */
gboolean nx_file_name_is_hidden (const char *name);

/* What it holds, by its ending. */
char *nx_file_name_guess_type (const char *name);

G_END_DECLS
