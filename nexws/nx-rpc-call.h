/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-web-socket.h"

G_BEGIN_DECLS

#define NX_TYPE_RPC_CALL (nx_rpc_call_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (NxRpcCall, nx_rpc_call, NX, RPC_CALL, GObject)

NX_AVAILABLE_IN_ALL
const char *nx_rpc_call_get_method (NxRpcCall *self);
NX_AVAILABLE_IN_ALL
JsonNode *nx_rpc_call_get_params (NxRpcCall *self);
NX_AVAILABLE_IN_ALL
GVariant *nx_rpc_call_get_params_variant (NxRpcCall *self,
                                          const char *signature,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
const char *nx_rpc_call_get_id (NxRpcCall *self);
NX_AVAILABLE_IN_ALL
gboolean nx_rpc_call_is_notification (NxRpcCall *self);
NX_AVAILABLE_IN_ALL
NxWebSocket *nx_rpc_call_get_web_socket (NxRpcCall *self);
NX_AVAILABLE_IN_ALL
GCancellable *nx_rpc_call_get_cancellable (NxRpcCall *self);

NX_AVAILABLE_IN_ALL
void nx_rpc_call_return_json (NxRpcCall *self, JsonNode *result);
NX_AVAILABLE_IN_ALL
void nx_rpc_call_return_object (NxRpcCall *self, GObject *result);
NX_AVAILABLE_IN_ALL
void nx_rpc_call_return_variant (NxRpcCall *self, GVariant *result);
NX_AVAILABLE_IN_ALL
void nx_rpc_call_return_error (NxRpcCall *self, int code, const char *message, JsonNode *data);
NX_AVAILABLE_IN_ALL
void nx_rpc_call_return_gerror (NxRpcCall *self, const GError *error);

G_END_DECLS
