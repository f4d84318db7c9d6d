/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include <glib-object.h>
#include <json-glib/json-glib.h>

#include "nx-enums.h"
#include "nx-version.h"

G_BEGIN_DECLS

/**
 * NX_ACTION_MEMBER:
 *
 * The member of a message that names its action.
 *
 * Since: 0.1
 */
#define NX_ACTION_MEMBER "type"

#define NX_TYPE_MESSAGE (nx_message_get_type ())

typedef struct _NxMessage NxMessage;

NX_AVAILABLE_IN_ALL
GType nx_message_get_type (void) G_GNUC_CONST;

NX_AVAILABLE_IN_ALL
NxMessage *nx_message_new_text (const char *text, gssize length) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
NxMessage *nx_message_new_text_from_bytes (GBytes *utf8, GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
NxMessage *nx_message_new_bytes (GBytes *bytes) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
NxMessage *nx_message_new_json (JsonNode *node) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
NxMessage *nx_message_new_object (GObject *object, GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
NxMessage *nx_message_new_action (const char *type,
                                  GObject *object,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
NxMessage *nx_message_new_variant (GVariant *value, GError **error) G_GNUC_WARN_UNUSED_RESULT;

NX_AVAILABLE_IN_ALL
NxMessage *nx_message_ref (NxMessage *self);
NX_AVAILABLE_IN_ALL
void nx_message_unref (NxMessage *self);

NX_AVAILABLE_IN_ALL
NxMessageKind nx_message_get_kind (NxMessage *self);
NX_AVAILABLE_IN_ALL
gsize nx_message_get_size (NxMessage *self);
NX_AVAILABLE_IN_ALL
const char *nx_message_get_text (NxMessage *self);
NX_AVAILABLE_IN_ALL
const char *nx_message_get_plain_text (NxMessage *self);
NX_AVAILABLE_IN_ALL
GBytes *nx_message_get_bytes (NxMessage *self);
NX_AVAILABLE_IN_ALL
const guint8 *nx_message_get_data (NxMessage *self, gsize *length);
NX_AVAILABLE_IN_ALL
JsonNode *nx_message_get_json (NxMessage *self, GError **error);
NX_AVAILABLE_IN_ALL
GObject *nx_message_get_object (NxMessage *self,
                                GType type,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
GVariant *nx_message_get_variant (NxMessage *self,
                                  const char *signature,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxMessage, nx_message_unref)

G_END_DECLS
