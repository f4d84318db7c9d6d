/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include <glib-object.h>

#include "nx-version.h"

G_BEGIN_DECLS

/**
 * NxTurnFunc:
 * @elapsed_ms: for how long, in milliseconds
 * @user_data: data
 *
 * Hears of what has held the main loop.
 *
 * Since: 0.1
 */
typedef void (*NxTurnFunc) (guint elapsed_ms, gpointer user_data);

NX_AVAILABLE_IN_ALL
guint nx_watch_turns (int priority,
                      guint limit_ms,
                      NxTurnFunc func,
                      gpointer user_data,
                      GDestroyNotify destroy);

G_END_DECLS
