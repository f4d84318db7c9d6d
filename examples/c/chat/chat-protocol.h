/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON that goes both ways; examples/web/README.md says what there is. */
#pragma once

#include <nexws.h>

G_BEGIN_DECLS

/* Close codes of the chat's own. */
#define CHAT_CLOSE_TAKEN_OVER 4001 /* the same person came in by a newer connection */
#define CHAT_CLOSE_NO_ROOM 4004    /* not a name of a room */

/* What is told to who made the mistake; the connection goes on. */
typedef enum {
  CHAT_ERROR_BAD_MESSAGE,
  CHAT_ERROR_NOT_JOINED,
  CHAT_ERROR_ALREADY_JOINED,
  CHAT_ERROR_NAME_INVALID,
  CHAT_ERROR_NAME_TAKEN,
  CHAT_ERROR_TEXT_INVALID,
} ChatError;

#define CHAT_ERROR (chat_error_quark ())
GQuark chat_error_quark (void);

const char *chat_protocol_get_string (JsonObject *object, const char *member);
JsonObject *chat_protocol_new (const char *type) G_GNUC_WARN_UNUSED_RESULT;
JsonObject *chat_protocol_new_error (const GError *error) G_GNUC_WARN_UNUSED_RESULT;
void chat_protocol_set_time (JsonObject *object);
NxMessage *chat_protocol_to_message (JsonObject *object) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
