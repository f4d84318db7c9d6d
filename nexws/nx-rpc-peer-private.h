/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an NxRpcController knows of one connection: the calls that the peer waits for, and those that wait for the peer. It ends with
 * the connection, or with the controller; then nobody is called any more who is not waiting.
 */
#pragma once

#include "nx-web-socket-private.h"

#include <string.h>

#include "messages/nx-rpc-wire-private.h"

G_BEGIN_DECLS

typedef struct _NxRpcPeer NxRpcPeer;
typedef struct _NxRpcBatch NxRpcBatch;
typedef struct _NxRpcTicket NxRpcTicket;
typedef struct _NxRpcListener NxRpcListener;

/* It is over, and its owner lets it go. */
typedef void (*NxRpcPeerEndedFunc) (NxRpcPeer *self, NxWebSocket *ws, gpointer owner);

struct _NxRpcPeer
{
  grefcount n_refs;
  NxWebSocket *ws; /* NULL: it has ended */
  NxReactor *reactor;
  gulong closed_handler;
  gboolean is_watching; /* the websocket's end */
  NxRpcPeerEndedFunc ended;
  gpointer owner;

  GQueue tickets; /* of NxRpcTicket, unanswered */
  guint max_tickets;
  gboolean is_paused;
  NxTask resume_task;

  GHashTable *pending; /* our own calls, by their ids */
  guint64 last_id;

  guint max_batch;
  NxRpcListener *listener; /* of the websocket; NULL: that is going */

  guint n_gatherings;     /* while there are any, what we call is gathered */
  GString *gathered;      /* nullable: what was, so far, as an array without its end */
  guint64 gathered_after; /* the last id before it */
};

struct _NxRpcTicket
{
  grefcount n_refs; /* of whoever is to answer, and while it is open its peer's */
  NxRpcPeer *peer;  /* NULL: answered, or there is nobody to answer to */
  GList link;       /* in the peer's queue */
  NxRpcBatch *batch;
  char *id;
  char *method;
  NxTimer timer;
  NxTask drop_task;
  GCancellable *cancellable; /* made when asked for */
  gboolean is_lost;          /* nobody waits for an answer */
};

/* @ws: open. */
NxRpcPeer *nx_rpc_peer_new (NxWebSocket *ws, NxRpcPeerEndedFunc ended, gpointer owner);
NxRpcPeer *nx_rpc_peer_ref (NxRpcPeer *self);
void nx_rpc_peer_unref (NxRpcPeer *self);
/* Answers nobody any more: the peer has gone, or the controller goes. */
void nx_rpc_peer_end (NxRpcPeer *self);
/* So many calls of the peer are unanswered that nothing more is read. */
gboolean nx_rpc_peer_has_enough (const NxRpcPeer *self);
/* At so many unanswered calls nothing more is read, as long as we wait for nothing from there ourselves. */
void nx_rpc_peer_set_max_calls (NxRpcPeer *self, guint max_calls);
/* It is far beyond that, which is where one that never answers us comes to: no further call is taken. */
gboolean nx_rpc_peer_is_overrun (const NxRpcPeer *self);
/* The number of calls, either way, has changed. */
void nx_rpc_peer_update_reading (NxRpcPeer *self);

/* -- Of a batch, answers are collected until all are there -- */

NxRpcBatch *nx_rpc_batch_new (void);
NxRpcBatch *nx_rpc_batch_ref (NxRpcBatch *self);
void nx_rpc_batch_unref (NxRpcBatch *self);
/* There is one answer more to wait for; the batch itself is the first. */
void nx_rpc_batch_expect (NxRpcBatch *self);
/* Takes @text (nullable: there is none). Sends it, or puts it into @batch (nullable). */
void nx_rpc_peer_answer (NxRpcPeer *self, NxRpcBatch *batch, char *text);

/* -- nx-rpc-ticket.c: each is a call of the peer until it is answered -- */

/* (transfer full): @batch: nullable. @timeout_ms: 0 for none. */
NxRpcTicket *nx_rpc_ticket_new (NxRpcPeer *peer,
                                NxRpcBatch *batch,
                                const char *id,
                                const char *method,
                                guint timeout_ms);
void nx_rpc_ticket_unref (NxRpcTicket *self);
GCancellable *nx_rpc_ticket_get_cancellable (NxRpcTicket *self);
/* Nothing happens to a ticket that is over: the peer has gone, or does not wait any longer. */
void nx_rpc_ticket_return_result (NxRpcTicket *self, JsonNode *result);
void nx_rpc_ticket_return_error (NxRpcTicket *self, int code, const char *message, JsonNode *data);
/* Over, without an answer. */
void nx_rpc_ticket_give_up (NxRpcTicket *self);
/* Nobody is left who could answer. From a finalizer too, where a garbage collector may be at work: it is answered later. */
void nx_rpc_ticket_drop (NxRpcTicket *self);

/* -- nx-rpc-peer-call.c: our own calls -- */

/*
 * Takes @task, which gets a JsonNode. @method, @params: as for nx_rpc_write_call(). @timeout_ms: 0 for none. Fails when @max_pending
 * wait already.
 */
void nx_rpc_peer_call (NxRpcPeer *self,
                       const char *method,
                       JsonNode *params,
                       guint timeout_ms,
                       guint max_pending,
                       GTask *task);
/* Sends a call or a notification, now or with the others of a batch. */
gboolean nx_rpc_peer_send (NxRpcPeer *self, const char *text, GError **error);
/* Sends it now, whether or not the connection has a peer. */
gboolean nx_rpc_peer_send_to (NxWebSocket *ws, const char *text, GError **error);
/* What is called until it was ended as often goes out as one batch. */
void nx_rpc_peer_begin_batch (NxRpcPeer *self);
gboolean nx_rpc_peer_end_batch (NxRpcPeer *self, GError **error);
/* All of them fail: the connection has ended. */
void nx_rpc_peer_end_calls (NxRpcPeer *self, NxWebSocket *ws);
/* An answer has come. */
void nx_rpc_peer_take_answer (NxRpcPeer *self, const NxRpcItem *item);
/* From now on answers are heard while a handler of the websocket goes on; until nx_rpc_peer_ignore(). */
void nx_rpc_peer_listen (NxRpcPeer *self);
void nx_rpc_peer_ignore (NxRpcPeer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxRpcPeer, nx_rpc_peer_unref)

G_END_DECLS
