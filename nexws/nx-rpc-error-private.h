/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nx-rpc-error.h"

G_BEGIN_DECLS

/* (transfer full): of NX_RPC_ERROR. @data: (nullable) */
GError *nx_rpc_error_new (int code, const char *message, JsonNode *data);
/* (transfer full): @why goes into its data. */
GError *nx_rpc_error_new_invalid_params (const char *why);
/* What JSON-RPC 2.0 calls the error, as its own table has it. */
const char *nx_rpc_error_get_title (int code);

G_END_DECLS
