/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GObjects out of JSON objects and back, by their shapes. */
#pragma once

#include "messages/nx-shape-private.h"

G_BEGIN_DECLS

/*
 * (transfer full): an object of @type made of the members of @node, but for the one named @besides (nullable), which is for
 * somebody else. What the peer did wrong is of G_CONVERT_ERROR, a @type that has no JSON of NX_SHAPE_ERROR.
 */
GObject *nx_object_read (JsonNode *node, GType type, const char *besides, GError **error);

/* (transfer full): the members of @object, behind those of @first (nullable). Fails as above. */
JsonNode *nx_object_write (GObject *object, JsonObject *first, GError **error);

G_END_DECLS
