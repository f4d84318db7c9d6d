/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxPathParams: what the parameters of a route's pattern, and of the prefixes above it, stood for
 * in one path.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Owns its strings, so that it outlives the path and the route. */
typedef struct
{
  GPtrArray *strings; /* name, value, name, value…; NULL while there is none */
} NxPathParams;

#define NX_PATH_PARAMS_INIT                                                                        \
  {                                                                                                \
    NULL                                                                                           \
  }

void nx_path_params_clear (NxPathParams *self);

/* @value: (transfer full) */
void nx_path_params_add (NxPathParams *self, const char *name, char *value);
/* Takes away all but the first @n_params. */
void nx_path_params_truncate (NxPathParams *self, guint n_params);

/* In the order of the path. */
guint nx_path_params_get_size (const NxPathParams *self);
const char *nx_path_params_get_name (const NxPathParams *self, guint index);
const char *nx_path_params_get_value (const NxPathParams *self, guint index);

/* (nullable): the value of that name; the innermost when a prefix has one of the same name. */
const char *nx_path_params_find (const NxPathParams *self, const char *name);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NxPathParams, nx_path_params_clear)

G_END_DECLS
