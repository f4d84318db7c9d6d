/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include <glib-object.h>

#include "nx-version.h"

G_BEGIN_DECLS

NX_AVAILABLE_IN_ALL
GSource *nx_guest_source_new (int fd) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
