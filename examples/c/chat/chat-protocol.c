/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chat-protocol.h"

G_DEFINE_QUARK (chat - error - quark, chat_error)

static const char *const codes[] = {
  [CHAT_ERROR_BAD_MESSAGE] = "bad-message",       [CHAT_ERROR_NOT_JOINED] = "not-joined",
  [CHAT_ERROR_ALREADY_JOINED] = "already-joined", [CHAT_ERROR_NAME_INVALID] = "name-invalid",
  [CHAT_ERROR_NAME_TAKEN] = "name-taken",         [CHAT_ERROR_TEXT_INVALID] = "text-invalid",
};

/* NULL when there is no such member, or it is of another kind. */
const char *
chat_protocol_get_string (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

JsonObject *
chat_protocol_new (const char *type)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "type", type);
  return object;
}

JsonObject *
chat_protocol_new_error (const GError *error)
{
  JsonObject *object = chat_protocol_new ("error");

  json_object_set_string_member (object, "code", codes[error->code]);
  json_object_set_string_member (object, "text", error->message);
  return object;
}

/* Milliseconds, as JavaScript counts them. */
void
chat_protocol_set_time (JsonObject *object)
{
  json_object_set_int_member (object, "time", g_get_real_time () / 1000);
}

NxMessage *
chat_protocol_to_message (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return nx_message_new_json (node);
}
