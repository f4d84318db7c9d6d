/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "middleware/nx-middleware.h"

G_BEGIN_DECLS

#define NX_TYPE_CREDENTIALS_FILTER (nx_credentials_filter_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (NxCredentialsFilter,
                      nx_credentials_filter,
                      NX,
                      CREDENTIALS_FILTER,
                      NxMiddleware)

NX_AVAILABLE_IN_ALL
NxCredentialsFilter *nx_credentials_filter_new (void) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_credentials_filter_allow_user (NxCredentialsFilter *self, guint uid);
NX_AVAILABLE_IN_ALL
void nx_credentials_filter_allow_group (NxCredentialsFilter *self, guint gid);

G_END_DECLS
