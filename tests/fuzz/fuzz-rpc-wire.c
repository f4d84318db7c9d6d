/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first two octets choose the limits. What is taken for a call or an answer is what the specification says it is, and
 * what is written of it is taken for the same again.
 */
#include "config.h"

#include "messages/nx-json-private.h"
#include "messages/nx-rpc-wire-private.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

#define CHECK(condition)                                                                           \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if (!(condition))                                                                              \
      abort ();                                                                                    \
  }                                                                                                \
  G_STMT_END

/* An id is one JSON value, and nothing besides. */
static void
check_id (const NxRpcItem *item)
{
  g_autoptr (JsonNode) id = NULL;

  if (item->id == NULL)
    return;
  CHECK (strlen (item->id) <= NX_RPC_ID_MAX);
  id = nx_json_parse (item->id, strlen (item->id), 1, NULL);
  CHECK (id != NULL && (JSON_NODE_HOLDS_VALUE (id) || JSON_NODE_HOLDS_NULL (id)));
}

static void
check_again (char *text, NxRpcItemKind kind, const char *id)
{
  g_autofree char *owned = text;
  g_autoptr (NxRpcPacket) packet = NULL;
  NxRpcItem *item;

  if (text == NULL) /* what came cannot be nested as deeply once more */
    return;
  packet = nx_rpc_packet_parse (text, strlen (text), NX_JSON_DEPTH_MAX + 2, 1);
  CHECK (packet->fault == 0 && packet->items->len == 1);
  item = g_ptr_array_index (packet->items, 0);
  CHECK (item->kind == kind && g_strcmp0 (item->id, id) == 0);
}

static void
check_item (const NxRpcItem *item)
{
  check_id (item);
  switch (item->kind)
    {
    case NX_RPC_ITEM_CALL:
      CHECK (item->method != NULL);
      CHECK (item->value == NULL || !JSON_NODE_HOLDS_VALUE (item->value));
      check_again (nx_rpc_write_call (7, item->method, item->value, NULL), NX_RPC_ITEM_CALL, "7");
      break;
    case NX_RPC_ITEM_RESULT:
      CHECK (item->value != NULL);
      if (item->id != NULL)
        check_again (nx_rpc_write_result (item->id, item->value, NULL), item->kind, item->id);
      break;
    case NX_RPC_ITEM_ERROR:
      check_again (nx_rpc_write_error (item->id, item->code, item->text, item->value, NULL),
                   item->kind, item->id != NULL ? item->id : "null");
      break;
    case NX_RPC_ITEM_BAD_CALL:
    case NX_RPC_ITEM_BAD_ANSWER:
      CHECK (item->text != NULL);
      break;
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (NxRpcPacket) packet = NULL;
  g_autofree char *text = NULL;
  guint max_batch;

  if (size < 3)
    return 0;
  max_batch = 1 + data[1] % 8;
  /* A copy of its own size, so that the sanitizer sees the octet behind it. */
  text = g_memdup2 (data + 2, size - 2);
  packet = nx_rpc_packet_parse (text, size - 2, 2 + data[0] % 120, max_batch);
  if (packet->fault != 0)
    {
      CHECK (packet->fault == -32700 || packet->fault == -32600);
      CHECK (packet->why != NULL && g_utf8_validate (packet->why, -1, NULL));
      return 0;
    }
  CHECK (packet->items->len > 0 && packet->items->len <= (packet->is_batch ? max_batch : 1));
  for (guint i = 0; i < packet->items->len; i++)
    check_item (g_ptr_array_index (packet->items, i));
  return 0;
}
