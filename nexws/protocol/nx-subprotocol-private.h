/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names in Sec-WebSocket-Protocol (RFC 6455 section 11.3.4).
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* More than anybody speaks; bounds what looking for duplicates can cost. */
#define NX_SUBPROTOCOLS_MAX 128

/*
 * @list: the header's value; those of several lines joined by commas. Returns: (transfer full)
 * (nullable): the names in the client's order; NULL when one is empty, not a token, or there twice
 * (RFC 6455 section 4.1, 10), or when there are too many: HTTP 400. Names are case-sensitive.
 */
char **nx_subprotocol_split (const char *list);

G_END_DECLS
