/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON Schema 2020-12: under `$defs` each type, and for each route all messages to the server, and all to the client. A
 * message that is not described there is not refused by the document itself, which has no root to validate.
 */
#include "config.h"

#include "nx-description-private.h"

#define PREFIX "#/$defs/"

static void
add_methods (const NxDescription *self, JsonArray *choices, GPtrArray *methods, GPtrArray *called)
{
  for (guint i = 0; i < methods->len; i++)
    json_array_add_object_element (
        choices,
        nx_description_schema_of_request (g_ptr_array_index (methods, i), PREFIX, self->names));
  for (guint i = 0; i < called->len; i++)
    json_array_add_object_element (
        choices,
        nx_description_schema_of_result (g_ptr_array_index (called, i), PREFIX, self->names));
  if (called->len > 0)
    json_array_add_object_element (choices, nx_description_schema_of_error ());
}

/* All messages either way; nothing where there are none. Of results, which say no method, several may fit. */
static void
add_choice (const NxDescription *self,
            JsonObject *definitions,
            const NxChannel *channel,
            gboolean is_sent)
{
  GPtrArray *actions = is_sent ? channel->sent : channel->received;
  JsonObject *schema = json_object_new ();
  JsonArray *choices = json_array_new ();

  for (guint i = 0; i < actions->len; i++)
    {
      NxAction *action = g_ptr_array_index (actions, i);

      json_array_add_object_element (choices,
                                     nx_description_schema_of_action (self, action, PREFIX));
    }
  add_methods (self, choices, is_sent ? channel->called : channel->methods,
               is_sent ? channel->methods : channel->called);
  if (json_array_get_length (choices) > 0)
    {
      json_object_set_array_member (schema, channel->is_rpc ? "anyOf" : "oneOf", choices);
      json_object_set_object_member (definitions, is_sent ? channel->to_client : channel->to_server,
                                     schema);
      return;
    }
  json_array_unref (choices);
  json_object_unref (schema);
}

char *
nx_description_to_json_schema (const NxDescription *self, GError **error)
{
  JsonObject *root = json_object_new ();
  JsonObject *definitions = json_object_new ();

  nx_description_add_types (self, definitions, PREFIX);
  for (guint i = 0; i < self->channels->len; i++)
    {
      const NxChannel *channel = g_ptr_array_index (self->channels, i);

      add_choice (self, definitions, channel, FALSE);
      add_choice (self, definitions, channel, TRUE);
    }
  json_object_set_string_member (root, "$schema", "https://json-schema.org/draft/2020-12/schema");
  json_object_set_string_member (root, "title", nx_description_get_title ());
  json_object_set_object_member (root, "$defs", definitions);
  return nx_description_print (root, error);
}
