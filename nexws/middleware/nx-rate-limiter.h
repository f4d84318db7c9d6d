/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "middleware/nx-middleware.h"

G_BEGIN_DECLS

#define NX_TYPE_RATE_LIMITER (nx_rate_limiter_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (NxRateLimiter, nx_rate_limiter, NX, RATE_LIMITER, NxMiddleware)

NX_AVAILABLE_IN_ALL
NxRateLimiter *nx_rate_limiter_new (double messages_per_second,
                                    NxLimitOutcome outcome) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
