/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "middleware/nx-middleware.h"

G_BEGIN_DECLS

#define NX_TYPE_REQUEST_LOG (nx_request_log_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (NxRequestLog, nx_request_log, NX, REQUEST_LOG, NxMiddleware)

NX_AVAILABLE_IN_ALL
NxRequestLog *nx_request_log_new (void) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
