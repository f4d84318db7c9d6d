/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * AsyncAPI 3.0, from the service's side: it receives what clients send. A channel is a route; its messages are its actions, and
 * where it takes others, one of the kind that its encoding says; and the requests and answers of its methods.
 */
#include "config.h"

#include "nx-description-private.h"

#define PREFIX "#/components/schemas/"

typedef struct
{
  const NxDescription *description;
  JsonObject *channels, *operations, *messages;
} Writer;

/* To what stands at @base, such as `#/channels/`, and further parts of the way. */
static JsonObject *
new_reference (const char *base, const char *name, const char *more, const char *last)
{
  JsonObject *reference = json_object_new ();
  g_autofree char *target = g_strconcat (base, name, more, last, NULL);

  json_object_set_string_member (reference, "$ref", target);
  return reference;
}

/* -- Messages -- */

/* Takes @payload. Adds a message to the components, to the channel's and to the operation's. */
static void
add_message (Writer *self,
             const NxChannel *channel,
             JsonObject *channel_messages,
             JsonArray *operation_messages,
             const char *name,
             const char *title,
             const char *content_type,
             JsonObject *payload)
{
  g_autofree char *global = g_strconcat (channel->name, ".", name, NULL);
  JsonObject *message = json_object_new ();

  json_object_set_string_member (message, "name", title);
  json_object_set_string_member (message, "contentType", content_type);
  json_object_set_object_member (message, "payload", payload);
  json_object_set_object_member (self->messages, global, message);
  json_object_set_object_member (channel_messages, name,
                                 new_reference ("#/components/messages/", global, NULL, NULL));
  json_array_add_object_element (operation_messages,
                                 new_reference ("#/channels/", channel->name, "/messages/", name));
}

static JsonObject *
make_other_payload (const NxChannel *channel)
{
  JsonObject *payload = json_object_new ();

  if (channel->encoding == NX_ENCODING_TEXT)
    json_object_set_string_member (payload, "type", "string");
  return payload;
}

static const char *
get_other_content_type (const NxChannel *channel)
{
  switch (channel->encoding)
    {
    case NX_ENCODING_TEXT:
      return "text/plain";
    case NX_ENCODING_JSON:
      return "application/json";
    case NX_ENCODING_ANY:
    case NX_ENCODING_BYTES:
    default:
      return "application/octet-stream";
    }
}

/* -- Operations -- */

static void
add_operation (Writer *self, const NxChannel *channel, JsonObject *messages, gboolean is_sent)
{
  GPtrArray *actions = is_sent ? channel->sent : channel->received;
  g_autofree char *name = g_strconcat (channel->name, is_sent ? ".send" : ".receive", NULL);
  g_autoptr (NxNames) names = nx_names_new ();
  JsonArray *references = json_array_new ();
  JsonObject *operation = json_object_new ();

  for (guint i = 0; i < actions->len; i++)
    {
      NxAction *action = g_ptr_array_index (actions, i);
      g_autofree char *unique = nx_names_take (names, action->type);
      g_autofree char *key = g_strconcat (is_sent ? "send." : "receive.", unique, NULL);

      add_message (self, channel, messages, references, key, action->type, "application/json",
                   nx_description_schema_of_action (self->description, action, PREFIX));
    }
  if (!is_sent && channel->takes_other)
    add_message (self, channel, messages, references, "receive", "message",
                 get_other_content_type (channel), make_other_payload (channel));
  json_object_set_string_member (operation, "action", is_sent ? "send" : "receive");
  json_object_set_object_member (operation, "channel",
                                 new_reference ("#/channels/", channel->name, NULL, NULL));
  if (json_array_get_length (references) > 0)
    {
      json_object_set_array_member (operation, "messages", references);
      json_object_set_object_member (self->operations, name, operation);
      return;
    }
  json_array_unref (references);
  json_object_unref (operation);
}

/* -- Methods of JSON-RPC: each is an operation of its own, which has a reply -- */

static void
add_method (Writer *self,
            const NxChannel *channel,
            JsonObject *messages,
            const NxAction *method,
            const char *key,
            gboolean is_called)
{
  g_autofree char *name = g_strconcat (channel->name, ".", key, NULL);
  g_autofree char *result = g_strconcat (key, ".result", NULL);
  JsonObject *operation = json_object_new ();
  JsonObject *reply = json_object_new ();
  JsonArray *requests = json_array_new ();
  JsonArray *replies = json_array_new ();

  add_message (self, channel, messages, requests, key, method->type, "application/json",
               nx_description_schema_of_request (method, PREFIX, self->description->names));
  add_message (self, channel, messages, replies, result, method->type, "application/json",
               nx_description_schema_of_result (method, PREFIX, self->description->names));
  json_array_add_object_element (
      replies, new_reference ("#/channels/", channel->name, "/messages/", "error"));
  json_object_set_object_member (reply, "channel",
                                 new_reference ("#/channels/", channel->name, NULL, NULL));
  json_object_set_array_member (reply, "messages", replies);
  json_object_set_string_member (operation, "action", is_called ? "send" : "receive");
  json_object_set_object_member (operation, "channel",
                                 new_reference ("#/channels/", channel->name, NULL, NULL));
  json_object_set_array_member (operation, "messages", requests);
  json_object_set_object_member (operation, "reply", reply);
  json_object_set_object_member (self->operations, name, operation);
}

static void
add_methods (Writer *self, const NxChannel *channel, JsonObject *messages, gboolean is_called)
{
  GPtrArray *methods = is_called ? channel->called : channel->methods;
  g_autoptr (NxNames) names = nx_names_new ();

  for (guint i = 0; i < methods->len; i++)
    {
      const NxAction *method = g_ptr_array_index (methods, i);
      g_autofree char *unique = nx_names_take (names, method->type);
      g_autofree char *key = g_strconcat (is_called ? "called." : "method.", unique, NULL);

      add_method (self, channel, messages, method, key, is_called);
    }
}

static void
add_rpc (Writer *self, const NxChannel *channel, JsonObject *messages)
{
  g_autoptr (JsonArray) ignored = json_array_new ();

  if (channel->methods->len + channel->called->len == 0)
    return;
  add_message (self, channel, messages, ignored, "error", "error", "application/json",
               nx_description_schema_of_error ());
  add_methods (self, channel, messages, FALSE);
  add_methods (self, channel, messages, TRUE);
}

/* -- Channels -- */

static JsonObject *
make_parameters (const NxChannel *channel)
{
  static const char *const kinds[NX_N_SEGMENT_KINDS] = {
    [NX_SEGMENT_INT] = "An integer",
    [NX_SEGMENT_UUID] = "A UUID",
    [NX_SEGMENT_FLOAT] = "A decimal number",
    [NX_SEGMENT_PATH] = "The rest of the path, slashes and all",
  };
  JsonObject *parameters = json_object_new ();

  for (guint i = 0; i < channel->parameters->len; i++)
    {
      const NxSegment *segment = g_ptr_array_index (channel->parameters, i);
      JsonObject *parameter = json_object_new ();

      if (kinds[segment->kind] != NULL)
        json_object_set_string_member (parameter, "description", kinds[segment->kind]);
      json_object_set_object_member (parameters, segment->text, parameter);
    }
  return parameters;
}

/* A handshake is a GET, and a subprotocol one of its headers. */
static JsonObject *
make_bindings (const NxChannel *channel)
{
  JsonObject *bindings = json_object_new ();
  JsonObject *ws = json_object_new ();
  JsonObject *headers = json_object_new ();
  JsonObject *properties = json_object_new ();
  JsonObject *header = json_object_new ();
  JsonArray *names = json_array_new ();

  json_object_set_string_member (ws, "method", "GET");
  json_object_set_string_member (ws, "bindingVersion", "0.1.0");
  json_object_set_object_member (bindings, "ws", ws);
  for (guint i = 0; channel->subprotocols != NULL && channel->subprotocols[i] != NULL; i++)
    json_array_add_string_element (names, channel->subprotocols[i]);
  json_object_set_array_member (header, "enum", names);
  json_object_set_object_member (properties, "Sec-WebSocket-Protocol", header);
  json_object_set_string_member (headers, "type", "object");
  json_object_set_object_member (headers, "properties", properties);
  if (json_array_get_length (names) > 0)
    json_object_set_object_member (ws, "headers", headers);
  else
    json_object_unref (headers);
  return bindings;
}

static void
add_channel (Writer *self, const NxChannel *channel)
{
  JsonObject *json = json_object_new ();
  JsonObject *messages = json_object_new ();

  json_object_set_string_member (json, "address", channel->address);
  if (channel->parameters->len > 0)
    json_object_set_object_member (json, "parameters", make_parameters (channel));
  json_object_set_object_member (json, "messages", messages);
  json_object_set_object_member (json, "bindings", make_bindings (channel));
  json_object_set_object_member (self->channels, channel->name, json);
  add_operation (self, channel, messages, FALSE);
  add_operation (self, channel, messages, TRUE);
  add_rpc (self, channel, messages);
}

/* -- The document -- */

static JsonObject *
make_info (const NxDescription *self)
{
  JsonObject *info = json_object_new ();

  json_object_set_string_member (info, "title", nx_description_get_title ());
  json_object_set_string_member (info, "version", self->version != NULL ? self->version : "0");
  return info;
}

char *
nx_description_to_asyncapi (const NxDescription *self, GError **error)
{
  JsonObject *root = json_object_new ();
  JsonObject *components = json_object_new ();
  JsonObject *schemas = json_object_new ();
  Writer writer = { self, json_object_new (), json_object_new (), json_object_new () };

  for (guint i = 0; i < self->channels->len; i++)
    add_channel (&writer, g_ptr_array_index (self->channels, i));
  nx_description_add_types (self, schemas, PREFIX);
  json_object_set_object_member (components, "messages", writer.messages);
  json_object_set_object_member (components, "schemas", schemas);
  json_object_set_string_member (root, "asyncapi", "3.0.0");
  json_object_set_object_member (root, "info", make_info (self));
  json_object_set_string_member (root, "defaultContentType", "application/json");
  json_object_set_object_member (root, "channels", writer.channels);
  json_object_set_object_member (root, "operations", writer.operations);
  json_object_set_object_member (root, "components", components);
  return nx_description_print (root, error);
}
