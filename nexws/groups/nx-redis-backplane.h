/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "groups/nx-backplane.h"

G_BEGIN_DECLS

#define NX_TYPE_REDIS_BACKPLANE (nx_redis_backplane_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (NxRedisBackplane, nx_redis_backplane, NX, REDIS_BACKPLANE, NxBackplane)

NX_AVAILABLE_IN_ALL
NxRedisBackplane *nx_redis_backplane_new (const char *uri,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
