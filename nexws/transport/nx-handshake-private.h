/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxHandshake: the upgrade of one connection. libsoup reads the head that the gate has screened, out of memory, and lets
 * go of it as soon as it has parsed it; from then on the decision is ours, however long it takes. libsoup also computes
 * the answer (RFC 6455 section 4.2.2), and may answer by itself before that: a SoupAuthDomain protects websockets as it
 * does HTTP.
 */
#pragma once

#include <libsoup/soup.h>

#include "protocol/nx-frame-private.h"
#include "transport/nx-lingerer-private.h"
#include "transport/nx-stream-private.h"

G_BEGIN_DECLS

typedef struct _NxHandshaker NxHandshaker;
typedef struct _NxHandshake NxHandshake;

/* A handshake waits for its decision; the callee owns it. */
typedef void (*NxHandshakeFunc) (NxHandshake *handshake, gpointer owner);

/* libsoup has answered a handshake by itself, with @status. */
typedef void (*NxHandshakeAnsweredFunc) (GSocketAddress *remote,
                                         GBytes *head,
                                         guint status,
                                         gpointer owner);

NxHandshaker *nx_handshaker_new (SoupServer *server,
                                 NxLingerer *lingerer,
                                 NxHandshakeFunc func,
                                 gpointer owner);
/* (nullable) told of those, the last thing that happens to them. */
void nx_handshaker_set_answered (NxHandshaker *self, NxHandshakeAnsweredFunc func);
void nx_handshaker_free (NxHandshaker *self);
/* soup_server_disconnect(), when libsoup is not in the middle of reading a head: it does not survive that. */
void nx_handshaker_disconnect (NxHandshaker *self);

/* Takes @stream. @data: @head_length octets of head and what came behind it; copied. */
void nx_handshaker_begin (NxHandshaker *self,
                          NxStream *stream,
                          const guint8 *data,
                          gsize head_length,
                          gsize length);

/* Frees, and closes the stream if it is still there. */
void nx_handshake_free (NxHandshake *self);
/* @func is called once if the peer leaves before the decision. */
void nx_handshake_watch (NxHandshake *self, void (*func) (gpointer data), gpointer data);

NxStream *nx_handshake_get_stream (NxHandshake *self);
NxStream *nx_handshake_steal_stream (NxHandshake *self);
NxLingerer *nx_handshake_get_lingerer (NxHandshake *self);
GBytes *nx_handshake_get_head (NxHandshake *self);
/* What the peer sent behind its head. */
const guint8 *nx_handshake_get_early (NxHandshake *self, gsize *length);
/*
 * (out) (transfer full) (nullable): whom a SoupAuthDomain accepted, if one was asked. FALSE: there is somebody, whose name
 * cannot be told.
 */
gboolean nx_handshake_get_user (NxHandshake *self, char **user);
SoupServerMessage *nx_handshake_get_message (NxHandshake *self);

/* The 101, as octets to send first. @subprotocol, @extensions: (nullable) what was agreed to. */
NxFrame *nx_handshake_answer (NxHandshake *self, const char *subprotocol, const char *extensions);
/* Sends a whole response and lets go of the stream. Headers that were set on the message go with it. */
void nx_handshake_refuse (NxHandshake *self, guint status, const char *body);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxHandshake, nx_handshake_free)

G_END_DECLS
