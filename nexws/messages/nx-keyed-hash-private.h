/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A hash of strings under a secret of this process, for tables that peers fill with names of their choice: with g_str_hash(), which
 * knows no secret, they choose names that all belong in one place, and each is compared with all the others.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A GHashFunc. */
guint nx_keyed_str_hash (gconstpointer text);

G_END_DECLS
