/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxTestExchange: one request to an app, on a connection of its own, and the answer to it. A handshake that was accepted
 * leaves its connection to whoever asked.
 */
#pragma once

#include "nx-app.h"

#include "testing/nx-test-answer-private.h"
#include "transport/nx-memory-stream-private.h"

G_BEGIN_DECLS

typedef struct _NxTestExchange NxTestExchange;

/* What the connection looks like to the app. */
typedef struct
{
  NxTestTransport transport;
  GTlsCertificate *certificate;   /* nullable */
  GSocketAddress *remote_address; /* nullable */
  GCredentials *credentials;      /* over a unix socket; NULL: this process's */
  guint delay_ms;
  gsize chunk_size;
  gboolean is_deaf; /* nothing that comes is looked at */
  gsize capacity;   /* of octets that come meanwhile */
} NxTestWire;

#define NX_TEST_CAPACITY (256 * 1024) /* of a client that reads: the memory stream's own */

/* @func: called once, in a later turn, when the answer is there. */
NxTestExchange *nx_test_exchange_new (NxApp *app,
                                      const NxTestWire *wire,
                                      GBytes *request,
                                      void (*func) (NxTestExchange *self, gpointer owner),
                                      gpointer owner);
/* An exchange that is not over is cut. May be called from inside @func. */
void nx_test_exchange_free (NxTestExchange *self);

/* @capacity: octets that the app can write while nothing is looked at. An answer that is complete at once calls @func. */
void nx_test_exchange_set_reading (NxTestExchange *self, gboolean reading, gsize capacity);

NxMemoryPeer *nx_test_exchange_get_peer (NxTestExchange *self);
/* (transfer full) both. */
NxTestAnswer *nx_test_exchange_take_answer (NxTestExchange *self);
NxMemoryPeer *nx_test_exchange_take_peer (NxTestExchange *self);

G_END_DECLS
