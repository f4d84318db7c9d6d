/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * TypeScript, for a client: an interface for each type, for each route the union of the messages either way, and a table of
 * all routes. What a client sends may leave out members that have defaults; what it gets has them all. Messages that are no
 * actions are told of only where there are no actions: `unknown` beside them would be all that is left.
 */
#include "config.h"

#include "nx-description-private.h"

/* Takes @schema. */
static void
append_schema (GString *text, JsonObject *schema)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), schema);

  json_object_unref (schema);
  nx_typescript_append_schema (text, node);
}

/* Those that came as a schema, and hold themselves. */
static void
append_definitions (GString *text, const NxDescription *self)
{
  for (guint i = 0; i < self->definitions->all->len; i++)
    {
      const NxDefinition *definition = g_ptr_array_index (self->definitions->all, i);

      g_string_append_printf (text, "export type %s = ", definition->name);
      append_schema (
          text, nx_definitions_resolve (self->definitions, definition->type, definition->home, ""));
      g_string_append (text, ";\n\n");
    }
}

static void
append_message (GString *text, const NxDescription *self, const NxAction *action, gboolean is_sent)
{
  g_string_append (text, "\n  | ({ " NX_ACTION_MEMBER ": ");
  nx_typescript_append_literal (text, action->type);
  g_string_append (text, " }");
  if (action->message_type != G_TYPE_NONE)
    g_string_append_printf (text, is_sent ? " & Required<%s>" : " & %s",
                            nx_names_of_type (self->names, action->message_type));
  else if (action->schema != NULL)
    {
      g_string_append (text, " & ");
      append_schema (
          text, nx_definitions_resolve (self->definitions, action->schema, action->schema, ""));
    }
  g_string_append_c (text, ')');
}

static const char *
name_other (const NxChannel *channel, gboolean is_sent)
{
  if (!is_sent && !channel->takes_other)
    return "never";
  switch (channel->encoding)
    {
    case NX_ENCODING_TEXT:
      return "string";
    case NX_ENCODING_BYTES:
      return "ArrayBuffer";
    case NX_ENCODING_JSON:
    case NX_ENCODING_ANY:
    default:
      return "unknown";
    }
}

static void
append_union (GString *text, const NxDescription *self, const NxChannel *channel, gboolean is_sent)
{
  GPtrArray *actions = is_sent ? channel->sent : channel->received;

  g_string_append_printf (text,
                          "export type %s =", is_sent ? channel->to_client : channel->to_server);
  if (channel->is_rpc)
    nx_description_append_rpc_union (text, self, is_sent ? channel->called : channel->methods,
                                     is_sent ? channel->methods : channel->called, is_sent);
  if (actions->len == 0 && channel->methods->len + channel->called->len == 0)
    g_string_append_printf (text, " %s", name_other (channel, is_sent));
  for (guint i = 0; i < actions->len; i++)
    append_message (text, self, g_ptr_array_index (actions, i), is_sent);
  g_string_append (text, ";\n\n");
}

static void
append_subprotocols (GString *text, const NxChannel *channel)
{
  if (channel->subprotocols == NULL || channel->subprotocols[0] == NULL)
    return;
  g_string_append (text, " subprotocol:");
  for (guint i = 0; channel->subprotocols[i] != NULL; i++)
    {
      g_string_append (text, i > 0 ? " | " : " ");
      nx_typescript_append_literal (text, channel->subprotocols[i]);
    }
  g_string_append_c (text, ';');
}

static void
append_channel (GString *text, const NxChannel *channel)
{
  g_string_append (text, "  ");
  nx_typescript_append_literal (text, channel->address);
  g_string_append_printf (text, ": { toServer: %s; toClient: %s;", channel->to_server,
                          channel->to_client);
  if (channel->is_rpc)
    g_string_append_printf (text, " methods: %s; called: %s;", channel->methods_name,
                            channel->called_name);
  append_subprotocols (text, channel);
  g_string_append (text, " };\n");
}

char *
nx_description_to_typescript (const NxDescription *self)
{
  GString *text = g_string_new ("/* Written by nexws: change the service, and not this. */\n\n");

  for (guint i = 0; i < self->shapes->len; i++)
    nx_typescript_append_shape (text, g_ptr_array_index (self->shapes, i), self->names);
  append_definitions (text, self);
  for (guint i = 0; i < self->channels->len; i++)
    {
      const NxChannel *channel = g_ptr_array_index (self->channels, i);

      append_union (text, self, channel, FALSE);
      append_union (text, self, channel, TRUE);
      if (!channel->is_rpc)
        continue;
      nx_description_append_methods (text, self, channel, FALSE);
      nx_description_append_methods (text, self, channel, TRUE);
    }
  g_string_append (text, "/** What goes either way, by the path that is connected to. */\n"
                         "export interface " NX_DESCRIPTION_CHANNELS " {\n");
  for (guint i = 0; i < self->channels->len; i++)
    append_channel (text, g_ptr_array_index (self->channels, i));
  g_string_append (text, "}\n");
  return g_string_free (text, FALSE);
}
