/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The payload of a close frame (RFC 6455 section 5.5.1) and the codes that may stand in it
 * (section 7.4). */
#pragma once

#include "protocol/nx-fault-private.h"

G_BEGIN_DECLS

/* Stands for a close frame without a code; never sent (RFC 6455 section 7.4.1). */
#define NX_CLOSE_NO_CODE 1005
#define NX_CLOSE_PAYLOAD_MAX 125
#define NX_CLOSE_REASON_MAX (NX_CLOSE_PAYLOAD_MAX - 2)

/* RFC 6455 section 7.4: 1000-1003, 1007-1014, 3000-4999. */
gboolean nx_close_code_is_valid_on_wire (guint code);

/* On success the reason is the rest of @payload behind the code. */
NxFault nx_close_parse (const guint8 *payload,
                        gsize length,
                        guint16 *code,
                        const guint8 **reason,
                        gsize *reason_length);

/* Returns the payload's length. @reason: (nullable), cut at a character where it gets too long or
 * stops being UTF-8. */
gsize nx_close_write (guint code, const char *reason, guint8 payload[NX_CLOSE_PAYLOAD_MAX]);

G_END_DECLS
