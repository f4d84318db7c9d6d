/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The strict reading of JSON (RFC 8259) that comes before json-glib's, which takes comments, garbage behind the value, numbers that
 * overflow and names that repeat, and recurses: iterative, linear, and it keeps nothing.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Whether @text is exactly one value, nested at most @max_depth levels, without anything that json-glib cannot keep. The error
 * (of G_CONVERT_ERROR) says where, what was found, and what is allowed.
 *
 * @big_integers: gets the offsets (gsize) behind integers that do not fit 64 bits, which json-glib would get wrong.
 */
gboolean nx_json_scan (const char *text,
                       gsize length,
                       guint max_depth,
                       GArray *big_integers,
                       GError **error);

G_END_DECLS
