/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include <json-glib/json-glib.h>

#include "nx-version.h"

G_BEGIN_DECLS

/**
 * NX_RPC_ERROR:
 *
 * The error domain of JSON-RPC: what one peer tells the other. Its codes are those of [error@RpcError], and any other number that an
 * application has a meaning for.
 *
 * Since: 0.1
 */
#define NX_RPC_ERROR (nx_rpc_error_quark ())

/**
 * NxRpcError:
 * @NX_RPC_ERROR_PARSE: what came is no JSON
 * @NX_RPC_ERROR_INVALID_REQUEST: it is JSON, but no request
 * @NX_RPC_ERROR_METHOD_NOT_FOUND: there is no such method
 * @NX_RPC_ERROR_INVALID_PARAMS: the params are not what the method takes
 * @NX_RPC_ERROR_INTERNAL: the one that was called failed
 * @NX_RPC_ERROR_TIMED_OUT: the call was not answered in time ([property@RpcController:call-timeout]), or something that it took was not
 *
 * The codes that JSON-RPC 2.0 (section 5.1) and this library have a meaning for.
 *
 * -32768 to -32000 are reserved; all others are the application's.
 *
 * Since: 0.1
 */
typedef enum {
  NX_RPC_ERROR_PARSE = -32700,
  NX_RPC_ERROR_INVALID_REQUEST = -32600,
  NX_RPC_ERROR_METHOD_NOT_FOUND = -32601,
  NX_RPC_ERROR_INVALID_PARAMS = -32602,
  NX_RPC_ERROR_INTERNAL = -32603,
  NX_RPC_ERROR_TIMED_OUT = -32000,
} NxRpcError;

NX_AVAILABLE_IN_ALL
GQuark nx_rpc_error_quark (void);
NX_AVAILABLE_IN_ALL
JsonNode *nx_rpc_error_get_data (const GError *error);

G_END_DECLS
