/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-app.h"

G_BEGIN_DECLS

NX_AVAILABLE_IN_ALL
gboolean nx_app_serve_health (NxApp *self, const char *path, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_app_serve_readiness (NxApp *self, const char *path, GError **error);

G_END_DECLS
