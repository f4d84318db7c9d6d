/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxTokenSource: where in a handshake a token may stand, as text such as `query:token`. */
#pragma once

#include "nx-web-socket.h"

G_BEGIN_DECLS

typedef enum {
  NX_TOKEN_BEARER,
  NX_TOKEN_COOKIE,
  NX_TOKEN_QUERY,
  NX_TOKEN_SUBPROTOCOL,
} NxTokenPlace;

typedef struct
{
  NxTokenPlace place;
  char *name; /* of the cookie or parameter; the subprotocol's beginning; NULL for bearer */
} NxTokenSource;

/* NULL when @text is none. */
NxTokenSource *nx_token_source_parse (const char *text);
char *nx_token_source_to_string (const NxTokenSource *self);
void nx_token_source_free (NxTokenSource *self);

/* (transfer full) (nullable): what stands there. */
char *nx_token_source_find (const NxTokenSource *self, NxWebSocket *ws);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxTokenSource, nx_token_source_free)

G_END_DECLS
