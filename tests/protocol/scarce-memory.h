/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stands in for the two GLib functions that the engine asks when a peer decides how much: it
 * counts, and can say no. It must be linked into the test program itself.
 */
#pragma once

#include <glib.h>

/* The @nth request from now on fails, and all after it until this is called again; 0: none. */
void scarce_memory_fail_at (guint nth);
/* Requests since then. */
guint scarce_memory_get_requests (void);
/* The largest block asked for since then. */
gsize scarce_memory_get_largest (void);
