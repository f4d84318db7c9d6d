/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxConnection: an open WebSocket connection: a stream, a receiver, a sender and the queue of what is not sent yet; with
 * keepalive, the policy for slow peers, and both ways to an orderly end. It knows no GObject above it: what happens is
 * told to its owner through NxConnectionFuncs.
 *
 *   OPEN -> (the peer ends: close frame, fault, FIN, reset) -> INPUT_ENDED -> (owner: finish) -> LEAVING -> ENDED
 *   OPEN -> (we close)                                      -> CLOSING -> (the peer's close)  -> LEAVING -> ENDED
 */
#pragma once

#include "protocol/nx-receiver-private.h"
#include "protocol/nx-sender-private.h"
#include "transport/nx-batch-private.h"
#include "transport/nx-lingerer-private.h"
#include "transport/nx-settings-private.h"
#include "transport/nx-stream-private.h"

G_BEGIN_DECLS

typedef struct _NxConnection NxConnection;

typedef struct
{
  /* A whole message. FALSE: it was taken, but no more for now, until nx_connection_resume(). */
  gboolean (*message) (NxConnection *self, const NxEvent *event, gpointer owner);
  /* Nothing more will come. The owner deals with what came before, sends what it has to say to that, and calls
   * nx_connection_finish(); it is called for it when the closing handshake's time is over. */
  void (*input_ended) (NxConnection *self, gpointer owner);
  /* Nothing more can be sent: a close frame is the last. */
  void (*closing) (NxConnection *self, gpointer owner);
  void (*pong) (NxConnection *self, const guint8 *data, gsize length, gpointer owner);
  /* What is unsent went below the low-water mark after it had been above. */
  void (*drained) (NxConnection *self, gpointer owner);
  /* Over. The last call. */
  void (*ended) (NxConnection *self, gpointer owner);
} NxConnectionFuncs;

typedef enum {
  NX_SEND_OK,
  NX_SEND_CLOSED, /* not open */
  NX_SEND_SLOW,   /* refused by the policy for slow peers, which may have closed the connection */
} NxSendResult;

/* Takes @stream. */
NxConnection *nx_connection_new (NxStream *stream,
                                 NxLingerer *lingerer,
                                 NxSettings *settings,
                                 const NxDeflateParams *deflate,
                                 const NxConnectionFuncs *funcs,
                                 gpointer owner);
NxConnection *nx_connection_ref (NxConnection *self);
void nx_connection_unref (NxConnection *self);
/* From now on nothing is told to the owner. */
void nx_connection_disown (NxConnection *self);

/* Octets that go out before the first frame: the answer to the handshake. Takes @head. */
void nx_connection_start (NxConnection *self, NxFrame *head);
/* Octets that came behind the handshake, in front of what the stream has. */
void nx_connection_push_back (NxConnection *self, const guint8 *data, gsize length);

/* Before a message is framed: may it be sent? @patience: how many high-water marks may wait already (1, or more for a sender
 * who waits). */
NxSendResult nx_connection_admit (NxConnection *self, guint patience);
/* Takes @frame, which was admitted. */
void nx_connection_push (NxConnection *self, NxFrame *frame);

/*
 * What goes to many. @owner: for whom the policy DROP_OLDEST may drop it, and who drops nothing else.
 */
/* Whether one more message may be queued, without asking the policy. */
gboolean nx_connection_has_room (const NxConnection *self);
/* As nx_connection_admit(), by a policy of the sender's. */
NxSendResult nx_connection_admit_shared (NxConnection *self,
                                         NxSlowPolicy policy,
                                         gconstpointer owner);
/* Takes @frame, which was admitted. */
void nx_connection_push_shared (NxConnection *self, NxFrame *frame, gconstpointer owner);
/* Sends what @batch holds and will get, until something else is sent. There must be room. */
void nx_connection_attach (NxConnection *self, NxBatch *batch);
/* Sends what @batch holds, and nothing that it gets from now on. */
void nx_connection_stand_apart (NxConnection *self, NxBatch *batch);

void nx_connection_ping (NxConnection *self, const guint8 *data, gsize length);
NxSender *nx_connection_get_sender (NxConnection *self);

/* The owner can take messages again. */
void nx_connection_resume (NxConnection *self);
/* Starts the closing handshake; nothing when it has begun. */
void nx_connection_close (NxConnection *self, guint code, const char *reason);
/* What came before the end of the input is dealt with. */
void nx_connection_finish (NxConnection *self);
/* Ends at once, with 1006. */
void nx_connection_cut (NxConnection *self);

gboolean nx_connection_is_writable (const NxConnection *self);
gboolean nx_connection_is_broken (const NxConnection *self);
/* Whether more waits than the low-water mark allows. */
gboolean nx_connection_is_above_low (const NxConnection *self);
gsize nx_connection_get_buffered (const NxConnection *self);
NxFault nx_connection_get_fault (const NxConnection *self);
guint nx_connection_get_close_code (const NxConnection *self);
const char *nx_connection_get_close_reason (const NxConnection *self);
NxSettings *nx_connection_get_settings (const NxConnection *self);
gpointer nx_connection_get_owner (const NxConnection *self);   /* nullable once it disowned */
NxStream *nx_connection_get_stream (const NxConnection *self); /* nullable once it ended */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxConnection, nx_connection_unref)

G_END_DECLS
