/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxFlushSource: dispatched in each turn of the main loop that begins while it is ready. It is for the main loop's own
 * thread alone: a ready time would wake that with a system call, and cost another one to take note of it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

GSource *nx_flush_source_new (void);
void nx_flush_source_set_ready (GSource *source, gboolean ready);

G_END_DECLS
