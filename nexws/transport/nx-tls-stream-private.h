/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxTlsStream: TLS over a socket, by GnuTLS and without blocking: the handshake is driven by the reactor like everything else,
 * so a peer that falls silent in the middle of it holds a few KiB and no thread.
 */
#pragma once

#include "transport/nx-stream-private.h"

G_BEGIN_DECLS

/* A certificate with its key, ready for use by many connections. Immutable, reference counted. */
typedef struct _NxTlsContext NxTlsContext;

/* @database: (nullable) what clients' certificates are verified with. */
NxTlsContext *nx_tls_context_new (GTlsCertificate *certificate,
                                  GTlsDatabase *database,
                                  GTlsAuthenticationMode client_authentication,
                                  GError **error);
NxTlsContext *nx_tls_context_ref (NxTlsContext *self);
void nx_tls_context_unref (NxTlsContext *self);

/* Takes @socket. The handshake runs when the stream is first read or written. */
NxStream *nx_tls_stream_new (NxStream *socket, NxTlsContext *context);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxTlsContext, nx_tls_context_unref)

G_END_DECLS
