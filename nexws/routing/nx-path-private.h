/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxPath: the path of a request, split at its slashes and decoded segment by segment, once. What
 * was encoded is data from here on: the slash in `/a%2Fb` splits nothing.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint n_segments;       /* at least 1: `/` has one, the empty one */
  const char *segments[]; /* UTF-8; the last one is empty when the path ends in a slash */
} NxPath;

/*
 * @path is a request's target; a query behind it is passed over. NULL when it does not begin with a
 * slash, a percent sign is not followed by two hex digits, or when a segment, decoded, holds a NUL,
 * is not UTF-8, is `.` or `..`, or is empty and not the last. Such a path is nobody's: it is not
 * tidied up, for whoever checked it before us may have tidied it otherwise.
 */
NxPath *nx_path_parse (const char *path, gsize length) G_GNUC_WARN_UNUSED_RESULT;
void nx_path_free (NxPath *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxPath, nx_path_free)

G_END_DECLS
