/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON-RPC 2.0 as text: what a message holds, and what is written. It knows no connection; who asked for what is not its
 * business. An id is kept as the octets that came, since JSON's numbers are not those of any type: `1.0` is echoed as `1.0`.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* An id that is longer is no id; in octets as they came, quotes and escapes included. */
#define NX_RPC_ID_MAX 1024

typedef enum {
  NX_RPC_ITEM_CALL,
  NX_RPC_ITEM_RESULT,
  NX_RPC_ITEM_ERROR,
  NX_RPC_ITEM_BAD_CALL,   /* to be answered with an error */
  NX_RPC_ITEM_BAD_ANSWER, /* never to be answered: two peers would go on for ever */
} NxRpcItemKind;

typedef struct
{
  NxRpcItemKind kind;
  char *id;        /* JSON; NULL: a notification, or one that has none that can be echoed */
  char *method;    /* of a call */
  JsonNode *value; /* nullable: params, result, or an error's data */
  int code;        /* of an error */
  char *text;      /* an error's message; of what is bad, why */
} NxRpcItem;

typedef struct
{
  gboolean is_batch;
  GPtrArray *items; /* of NxRpcItem; at least one, unless there is a fault */
  int fault;        /* 0, or the code of the one error that answers all of it */
  char *why;
} NxRpcPacket;

/* (transfer full): @text need not end in U+0000, and may be anything. No batch is parsed that has more than @max_batch elements. */
NxRpcPacket *nx_rpc_packet_parse (const char *text, gsize length, guint max_depth, guint max_batch);
void nx_rpc_packet_free (NxRpcPacket *self);

/* (transfer full): @params: (nullable) an array or an object. @id: 0 for a notification. Fails for what JSON cannot express. */
char *nx_rpc_write_call (guint64 id, const char *method, JsonNode *params, GError **error);
/* (transfer full): @id: JSON. @result: (nullable): NULL is `null`. Fails likewise. */
char *nx_rpc_write_result (const char *id, JsonNode *result, GError **error);
/* (transfer full): @id: (nullable) JSON. @data: (nullable): left out. Fails likewise. */
char *nx_rpc_write_error (const char *id,
                          int code,
                          const char *message,
                          JsonNode *data,
                          GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxRpcPacket, nx_rpc_packet_free)

G_END_DECLS
