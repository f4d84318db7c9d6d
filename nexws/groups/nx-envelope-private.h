/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The member "nx" of what groups send: all that is ours to say to a client stands in it. A JSON object gets it as a further member; anything else
 * is put into an object, as "value" (JSON), "text" or "base64".
 */
#pragma once

#include "nx-message.h"

G_BEGIN_DECLS

/* (transfer full): a JSON string with its quotes. */
char *nx_envelope_quote (const char *text);
/* (transfer full): @message with the member "nx", whose value is @member (JSON). A member of that name which was there is taken out. */
NxMessage *nx_envelope_wrap (NxMessage *message, const char *member);
/* (transfer full): nothing but the member. */
NxMessage *nx_envelope_new (const char *member);
/* (nullable): the member "nx" of a message that came, when it is an object. */
JsonObject *nx_envelope_find (NxMessage *message, guint max_depth);

G_END_DECLS
