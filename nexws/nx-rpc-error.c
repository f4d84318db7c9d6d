/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-rpc-error-private.h"

/* Named as G_DEFINE_EXTENDED_ERROR() wants it. */
typedef struct
{
  JsonNode *data; /* nullable */
} NxRpcErrorPrivate;

static void
nx_rpc_error_private_init (NxRpcErrorPrivate *self)
{
}

static void
nx_rpc_error_private_copy (const NxRpcErrorPrivate *from, NxRpcErrorPrivate *to)
{
  to->data = from->data != NULL ? json_node_ref (from->data) : NULL;
}

static void
nx_rpc_error_private_clear (NxRpcErrorPrivate *self)
{
  g_clear_pointer (&self->data, json_node_unref);
}

/**
 * nx_rpc_error_quark:
 *
 * What tells the errors of JSON-RPC from all others.
 *
 * Returns: the error domain
 *
 * Since: 0.1
 */
/* clang-format off */
G_DEFINE_EXTENDED_ERROR (NxRpcError, nx_rpc_error)
/* clang-format on */

GError *
nx_rpc_error_new (int code, const char *message, JsonNode *data)
{
  GError *error = g_error_new_literal (NX_RPC_ERROR, code, message);

  if (data != NULL)
    nx_rpc_error_get_private (error)->data = json_node_ref (data);
  return error;
}

const char *
nx_rpc_error_get_title (int code)
{
  switch (code)
    {
    case NX_RPC_ERROR_PARSE:
      return "Parse error";
    case NX_RPC_ERROR_INVALID_REQUEST:
      return "Invalid Request";
    case NX_RPC_ERROR_METHOD_NOT_FOUND:
      return "Method not found";
    case NX_RPC_ERROR_INVALID_PARAMS:
      return "Invalid params";
    case NX_RPC_ERROR_TIMED_OUT:
      return "Timed out";
    case NX_RPC_ERROR_INTERNAL:
    default:
      return "Internal error";
    }
}

GError *
nx_rpc_error_new_invalid_params (const char *why)
{
  g_autoptr (JsonNode) data = json_node_init_string (json_node_alloc (), why);

  return nx_rpc_error_new (NX_RPC_ERROR_INVALID_PARAMS,
                           nx_rpc_error_get_title (NX_RPC_ERROR_INVALID_PARAMS), data);
}

/**
 * nx_rpc_error_get_data:
 * @error: an error
 *
 * What the peer said of an error besides its code and its message.
 *
 * Python's exceptions do not keep it: ask [method@RpcController.get_error_data] there.
 *
 * Returns: (transfer none) (nullable): the data; %NULL when there is none, and for an error of another domain. Do not change it
 *
 * Since: 0.1
 */
JsonNode *
nx_rpc_error_get_data (const GError *error)
{
  NxRpcErrorPrivate *priv;

  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain != NX_RPC_ERROR)
    return NULL;
  priv = nx_rpc_error_get_private (error);
  return priv->data;
}
