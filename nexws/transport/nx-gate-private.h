/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxGate: everything that connects waits here for its whole request head, within a deadline and a size, and is screened.
 * Nothing that is not strictly well-formed gets any further (libsoup's parser is lax, and slow to give up).
 */
#pragma once

#include "protocol/nx-request-head-private.h"
#include "transport/nx-lingerer-private.h"
#include "transport/nx-stream-private.h"

G_BEGIN_DECLS

typedef struct _NxGate NxGate;

typedef struct
{
  guint timeout_ms;  /* from the connection to the whole head, TLS handshake included */
  guint max_pending; /* beyond it, the oldest is cut; one always fits */
  guint64 max_body_size;
  NxHeadLimits head;
} NxGateLimits;

/* Takes @stream. @data: the head (@head->length octets) and what came behind it, valid during the call only. */
typedef void (*NxGateFunc) (NxStream *stream,
                            const NxHead *head,
                            const guint8 *data,
                            gsize length,
                            gpointer owner);

/* A head was answered with @status; the stream is gone already. */
typedef void (*NxGateRefusedFunc) (GSocketAddress *remote, guint status, gpointer owner);

/* @limits is looked at for each connection and must live as long as the gate. */
NxGate *nx_gate_new (NxReactor *reactor,
                     NxLingerer *lingerer,
                     const NxGateLimits *limits,
                     NxGateFunc func,
                     gpointer owner);
/* Cuts all that wait. */
void nx_gate_free (NxGate *self);

/* (nullable) told of those that get no further, the last thing that happens to them. */
void nx_gate_set_refused (NxGate *self, NxGateRefusedFunc func);

/* Takes @stream. */
void nx_gate_admit (NxGate *self, NxStream *stream);
/* Cuts all that wait: the service stops. */
void nx_gate_clear (NxGate *self);
/* The same, but what has come already is read, and answered if it is whole. */
void nx_gate_close (NxGate *self);
guint nx_gate_get_n_pending (NxGate *self);
guint64 nx_gate_get_n_refused (NxGate *self);

G_END_DECLS
