/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON Schema 2020-12: under `$defs` each type, and for each route all messages to the server, and all to the client. A
 * message that is not described there is not refused by the document itself, which has no root to validate.
 */
#include "config.h"

#include "nx-description-private.h"

#define PREFIX "#/$defs/"

static JsonObject *
make_choice (const NxDescription *self, GPtrArray *actions)
{
  JsonObject *schema = json_object_new ();
  JsonArray *choices = json_array_new ();

  for (guint i = 0; i < actions->len; i++)
    {
      NxAction *action = g_ptr_array_index (actions, i);

      json_array_add_object_element (choices, nx_schema_of_shape (nx_description_shape_of (action),
                                                                  NX_ACTION_MEMBER, action->type,
                                                                  PREFIX, self->names));
    }
  json_object_set_array_member (schema, "oneOf", choices);
  return schema;
}

char *
nx_description_to_json_schema (const NxDescription *self, GError **error)
{
  JsonObject *root = json_object_new ();
  JsonObject *definitions = json_object_new ();

  for (guint i = 0; i < self->shapes->len; i++)
    {
      const NxShape *shape = g_ptr_array_index (self->shapes, i);

      json_object_set_object_member (definitions, nx_names_of_type (self->names, shape->type),
                                     nx_schema_of_shape (shape, NULL, NULL, PREFIX, self->names));
    }
  for (guint i = 0; i < self->channels->len; i++)
    {
      const NxChannel *channel = g_ptr_array_index (self->channels, i);

      if (channel->received->len > 0)
        json_object_set_object_member (definitions, channel->to_server,
                                       make_choice (self, channel->received));
      if (channel->sent->len > 0)
        json_object_set_object_member (definitions, channel->to_client,
                                       make_choice (self, channel->sent));
    }
  json_object_set_string_member (root, "$schema", "https://json-schema.org/draft/2020-12/schema");
  json_object_set_string_member (root, "title", nx_description_get_title ());
  json_object_set_object_member (root, "$defs", definitions);
  return nx_description_print (root, error);
}
