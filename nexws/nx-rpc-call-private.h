/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nx-rpc-call.h"
#include "nx-rpc-controller.h"
#include "nx-rpc-peer-private.h"

G_BEGIN_DECLS

/* @params: (nullable). Takes @ticket; NULL of a notification. */
NxRpcCall *nx_rpc_call_new (NxRpcController *controller,
                            NxWebSocket *ws,
                            const char *method,
                            JsonNode *params,
                            NxRpcTicket *ticket);
/*
 * A handler's error, with the words of one of NX_RPC_ERROR for the peer and of any other for on_error alone. It is the answer, unless
 * there is one already.
 */
void nx_rpc_call_fail (NxRpcCall *self, const GError *error);

G_END_DECLS
