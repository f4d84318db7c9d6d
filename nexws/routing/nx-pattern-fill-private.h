/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The way back from matching: a path out of a pattern and values for its parameters.
 */
#pragma once

#include "routing/nx-pattern-private.h"

G_BEGIN_DECLS

/*
 * Appends the path, percent-encoded segment by segment, so that it is parsed into the same values again. @is_prefix: a slash at
 * the pattern's end means nothing. @values: (nullable) (element-type utf8 utf8), those of other patterns may be among them.
 *
 * FALSE, with NX_PATTERN_ERROR_PARAMETER, when a value is missing or is none for its parameter; the message names the parameter
 * and says what is allowed. @path holds a part then.
 */
gboolean nx_pattern_fill (const NxPattern *self,
                          gboolean is_prefix,
                          GHashTable *values,
                          GString *path,
                          GError **error);

gboolean nx_pattern_has_parameter (const NxPattern *self, const char *name);

G_END_DECLS
