/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxTestEngine: the client's half of an open connection: libsoup's SoupWebsocketConnection, so that two implementations of
 * the protocol meet.
 *
 * It lives in a main context of its own that is turned here and nowhere else: what is sent is on its way when the call is
 * back, so that octets of the test's own can follow, and what has come is told before the turn ends.
 */
#pragma once

#include <libsoup/soup.h>

#include "protocol/nx-frame-private.h"
#include "transport/nx-memory-stream-private.h"

G_BEGIN_DECLS

typedef struct _NxTestEngine NxTestEngine;

/* Called from inside a turn. */
typedef struct
{
  void (*message) (SoupWebsocketDataType type, GBytes *payload, gpointer owner);
  /* A control frame came: pings, which are answered by themselves, pongs, and close frames. */
  void (*control) (NxOpcode opcode, const guint8 *payload, gsize length, gpointer owner);
  /* The app broke the protocol, or the connection. */
  void (*failed) (const GError *error, gpointer owner);
  /* A close frame has come. @code: 1005 for one without. */
  void (*closing) (guint code, const char *reason, gpointer owner);
  /* The connection is over. */
  void (*closed) (gpointer owner);
} NxTestEngineFuncs;

/* @extension: (nullable) what was agreed to. @early: what came behind the answer's head. */
NxTestEngine *nx_test_engine_new (NxMemoryPeer *peer,
                                  GUri *uri,
                                  const char *subprotocol,
                                  SoupWebsocketExtension *extension,
                                  const guint8 *early,
                                  gsize length,
                                  const NxTestEngineFuncs *funcs,
                                  gpointer owner);
/* Ends our output if it has not ended yet. Not from inside a turn. */
void nx_test_engine_free (NxTestEngine *self);

/* Takes what has come. */
void nx_test_engine_turn (NxTestEngine *self);

void nx_test_engine_send (NxTestEngine *self, SoupWebsocketDataType type, GBytes *payload);
void nx_test_engine_send_raw (NxTestEngine *self, const guint8 *data, gsize length);
void nx_test_engine_close (NxTestEngine *self, guint code, const char *reason);

void nx_test_engine_set_reading (NxTestEngine *self, gboolean reading);
void nx_test_engine_half_close (NxTestEngine *self);
void nx_test_engine_cut (NxTestEngine *self);

G_END_DECLS
