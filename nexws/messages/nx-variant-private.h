/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GVariants out of JSON and back, in json-glib's mapping (json_gvariant_serialize()), which is not used itself: it takes 300
 * for a byte, -1 for a `u`, 2^64-1 becomes -1, and a string that is no object path a critical.
 *
 * Maybes are the value or null; dictionaries are objects; tuples and arrays arrays; `v` is what is in it, and reads back as
 * one of b x d s av a{sv}, or mv for null. Handles have no meaning elsewhere.
 */
#pragma once

#include "messages/nx-place-private.h"

G_BEGIN_DECLS

/* (transfer full): a value of @type, which is definite; NULL: whatever fits, as in a `v`. */
GVariant *nx_variant_read (JsonNode *node,
                           const GVariantType *type,
                           const NxPlace *place,
                           GError **error);
/* (transfer full): @value may float. */
JsonNode *nx_variant_write (GVariant *value, GError **error);

G_END_DECLS
