/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nx-action-private.h"
#include "nx-rpc-controller.h"
#include "nx-rpc-peer-private.h"

G_BEGIN_DECLS

typedef struct
{
  GHashTable *peers;  /* NxWebSocket to NxRpcPeer */
  NxActions *methods; /* nullable: this one's own */
  guint max_batch;
  guint max_calls;
  guint max_pending_calls;
  guint call_timeout_ms;
  guint n_reports; /* while on_error is told of a call */
} NxRpcControllerPrivate;

/* nx-rpc-controller-base.c */
NxRpcControllerPrivate *nx_rpc_controller_get_private (NxRpcController *self);
void nx_rpc_controller_set_up_base (NxRpcControllerClass *klass);
NxActions *nx_rpc_controller_get_own_methods (NxRpcController *self); /* nullable */
NxActions *nx_rpc_controller_ensure_own_methods (NxRpcController *self);
/* (transfer none): what is known of a connection that is open; made for it. */
NxRpcPeer *nx_rpc_controller_find_peer (NxRpcController *self, NxWebSocket *ws); /* nullable */
NxRpcPeer *nx_rpc_controller_ensure_peer (NxRpcController *self, NxWebSocket *ws);
/* Tells on_error what a handler did wrong, which does not end the connection. */
void nx_rpc_controller_report (NxRpcController *self,
                               NxWebSocket *ws,
                               const char *method,
                               const GError *error);

/* nx-rpc-controller-methods.c */
/* What a call's task has; of an error, get_error_data() has the data from now on. */
gpointer nx_rpc_controller_propagate (GAsyncResult *result, GError **error);

/* nx-rpc-controller-receive.c */
void nx_rpc_controller_take_message (NxRpcController *self, NxWebSocket *ws, NxMessage *message);
/* To the function that is bound to the method. */
void nx_rpc_controller_dispatch (NxRpcController *self, NxRpcCall *call, GError **error);

G_END_DECLS
