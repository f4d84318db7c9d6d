/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "middleware/nx-middleware.h"

G_BEGIN_DECLS

#define NX_TYPE_ORIGIN_FILTER (nx_origin_filter_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (NxOriginFilter, nx_origin_filter, NX, ORIGIN_FILTER, NxMiddleware)

NX_AVAILABLE_IN_ALL
NxOriginFilter *nx_origin_filter_new (const char *const *allowed_origins) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
