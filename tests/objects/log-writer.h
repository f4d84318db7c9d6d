/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* For who looks at what is logged. g_test_init() has put a handler in front, which in GLib 2.84, unlike 2.74, keeps it all to itself. */
static inline void
log_to_writer (GLogWriterFunc func)
{
  g_log_set_default_handler (g_log_default_handler, NULL);
  g_log_set_writer_func (func, NULL, NULL);
}
