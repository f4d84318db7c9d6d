/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nx-error.h"
#include "nx-message.h"

#include "protocol/nx-receiver-private.h"
#include "protocol/nx-sender-private.h"

G_BEGIN_DECLS

/* The one copy of a payload that was received; of one that had to be assembled, its own frame. */
NxMessage *nx_message_new_from_event (const NxEvent *event);

/* The text was checked already. */
NxMessage *nx_message_new_checked_text (const char *text, gsize length);

/* What to send: the message's own frame, or a compressed one, which is kept where others can share it. */
NxFrame *nx_message_dup_frame (NxMessage *self, NxSender *sender, gsize compression_threshold);

/* (transfer none): payload and header, not compressed. */
NxFrame *nx_message_peek_frame (NxMessage *self);

/* (transfer full): as what nx_web_socket_send_text() and _json() make of their arguments; NULL with an error. */
NxMessage *nx_message_make_text (const char *text, GError **error);
NxMessage *nx_message_make_json (JsonNode *node, GError **error);

/* As nx_message_get_json(), with a nesting limit. */
JsonNode *nx_message_parse_json (NxMessage *self, guint max_depth, GError **error);

/* nx-message-typed.c: as the public constructors; @function is in the log when nobody looks at the error. */
NxMessage *nx_message_make_object (GObject *object, GError **error, const char *function);
NxMessage *nx_message_make_action (const char *type,
                                   GObject *object,
                                   GError **error,
                                   const char *function);
NxMessage *nx_message_make_variant (GVariant *value, GError **error, const char *function);
/* As nx_message_get_object(), with a nesting limit, and but for a member. */
GObject *nx_message_read_object (NxMessage *self,
                                 GType type,
                                 guint max_depth,
                                 const char *besides,
                                 GError **error);

/*
 * Of what nx_object_read(), nx_object_write() and their likes for variants failed with. What JSON cannot express of a program's types is a
 * mistake of its own; @of_value is whose a value is: NX_ERROR_INVALID_DATA of what came, NX_ERROR_INVALID_ARGUMENT of what was to be sent.
 */
NxError nx_message_get_misfit_code (const GError *cause, NxError of_value);

/* Whether values can be read by it; NULL is fine. */
gboolean nx_message_check_signature (const char *signature, GError **error);

G_END_DECLS
