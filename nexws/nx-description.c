/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-description-private.h"

#include "nx-app-private.h"

#include "messages/nx-json-private.h"
#include "nx-controller-private.h"
#include "nx-error-private.h"
#include "nx-route-private.h"
#include "nx-router-private.h"
#include "nx-rpc-controller-private.h"

static void
channel_free (NxChannel *self)
{
  g_free (self->address);
  g_free (self->name);
  g_free (self->to_server);
  g_free (self->to_client);
  g_strfreev (self->subprotocols);
  g_ptr_array_unref (self->parameters);
  g_ptr_array_unref (self->patterns);
  g_clear_pointer (&self->received, g_ptr_array_unref);
  g_clear_pointer (&self->sent, g_ptr_array_unref);
  g_clear_pointer (&self->methods, g_ptr_array_unref);
  g_clear_pointer (&self->called, g_ptr_array_unref);
  g_free (self->methods_name);
  g_free (self->called_name);
  g_clear_object (&self->controller);
  g_type_class_unref (self->klass);
  g_object_unref (self->route);
  g_free (self);
}

void
nx_description_free (NxDescription *self)
{
  nx_names_free (self->names);
  g_ptr_array_unref (self->shapes);
  nx_definitions_free (self->definitions);
  g_ptr_array_unref (self->channels);
  g_free (self);
}

/* -- Where -- */

/* What a mounted router's prefix and its route's pattern say one after the other. */
static void
append_pattern (NxChannel *self, GString *address, NxPattern *pattern, gboolean is_last)
{
  g_ptr_array_add (self->patterns, nx_pattern_ref (pattern));
  for (guint i = 0; i < pattern->n_segments; i++)
    {
      NxSegment *segment = &pattern->segments[i];

      if (segment->kind == NX_SEGMENT_TEXT)
        {
          if (*segment->text != '\0' || is_last)
            g_string_append_printf (address, "/%s", segment->text);
          continue;
        }
      g_string_append_printf (address, "/{%s}", segment->text);
      g_ptr_array_add (self->parameters, segment);
    }
}

static void
take_address (NxChannel *self, const GPtrArray *prefixes, NxPattern *own)
{
  GString *address = g_string_new (NULL);

  for (guint i = 0; i < prefixes->len; i++)
    append_pattern (self, address, g_ptr_array_index (prefixes, i), FALSE);
  append_pattern (self, address, own, TRUE);
  self->address = g_string_free (address, FALSE);
}

/* -- What -- */

static void
take_methods (NxChannel *self, GType type)
{
  const NxActions *own = NULL;

  self->is_rpc = g_type_is_a (type, NX_TYPE_RPC_CONTROLLER);
  if (self->is_rpc && self->controller != NULL)
    own = nx_rpc_controller_get_own_methods (NX_RPC_CONTROLLER (self->controller));
  if (self->is_rpc)
    self->takes_other = FALSE;
  self->methods = nx_actions_list (NX_ACTIONS_METHODS, own, type, FALSE);
  self->called = nx_actions_list (NX_ACTIONS_METHODS, own, type, TRUE);
}

static void
take_controller (NxChannel *self, NxRoute *route)
{
  GType type = nx_route_get_controller_type (route);
  const NxActions *own = NULL;

  self->klass = g_type_class_ref (type); /* its actions are bound by its class_init */
  self->controller = nx_route_dup_sample (route);
  self->takes_other =
      (NX_CONTROLLER_CLASS (self->klass)->on_receive != NULL && !nx_actions_take_no_other (type));
  if (self->controller != NULL)
    {
      own = nx_controller_get_private (self->controller)->actions;
      self->encoding = nx_controller_get_encoding (self->controller);
      self->subprotocols = g_strdupv ((char **) nx_controller_get_subprotocols (self->controller));
    }
  self->received = nx_actions_list (NX_ACTIONS_MESSAGES, own, type, FALSE);
  self->sent = nx_actions_list (NX_ACTIONS_MESSAGES, own, type, TRUE);
  take_methods (self, type);
}

/* (transfer full): the name of a type, as types are written, whatever the route is called: `chat-room` has a ChatRoomToServer. */
static char *
take_name_with (const NxChannel *self, const char *ending, NxNames *names)
{
  g_autoptr (GString) type = g_string_new (NULL);
  gboolean is_first = TRUE;

  for (const char *at = self->name; *at != '\0'; at++)
    if (*at == '_')
      is_first = TRUE;
    else
      {
        g_string_append_c (type, is_first ? g_ascii_toupper (*at) : *at);
        is_first = FALSE;
      }
  g_string_append (type, ending);
  return nx_names_take (names, type->str);
}

static void
take_names (NxChannel *self, NxNames *names)
{
  GType type = nx_route_get_controller_type (self->route);
  g_autofree char *plain = NULL;

  if (nx_route_get_name (self->route) != NULL)
    plain = g_strdup (nx_route_get_name (self->route));
  else if (type != NX_TYPE_CONTROLLER)
    plain = nx_names_plain (type);
  else
    plain = g_strdelimit (g_strconcat ("Route", self->address, NULL), "{}", '_');
  self->name = nx_names_take (names, plain);
  self->to_server = take_name_with (self, "ToServer", names);
  self->to_client = take_name_with (self, "ToClient", names);
  if (!self->is_rpc)
    return;
  self->methods_name = take_name_with (self, "Methods", names);
  self->called_name = take_name_with (self, "Called", names);
}

static gboolean
collect_shape (GType type, GPtrArray *shapes, GError **error)
{
  return type == G_TYPE_NONE || nx_actions_is_plain_type (type)
         || nx_shape_collect (type, shapes, error);
}

static gboolean
collect_shapes (GPtrArray *actions, GPtrArray *shapes, GError **error)
{
  for (guint i = 0; i < actions->len; i++)
    {
      NxAction *action = g_ptr_array_index (actions, i);

      if (!collect_shape (action->message_type, shapes, error)
          || !collect_shape (action->result_type, shapes, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_route (NxRoute *route, const GPtrArray *prefixes, gpointer data)
{
  NxDescription *self = data;
  NxChannel *channel = g_new0 (NxChannel, 1);

  channel->parameters = g_ptr_array_new ();
  channel->patterns = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_pattern_unref);
  take_address (channel, prefixes, nx_route_get_parsed_pattern (route));
  take_controller (channel, route);
  channel->route = g_object_ref (route);
  g_ptr_array_add (self->channels, channel);
  return TRUE;
}

static void
collect_definitions (NxDescription *self, GPtrArray *actions)
{
  for (guint i = 0; i < actions->len; i++)
    {
      NxAction *action = g_ptr_array_index (actions, i);

      if (action->schema != NULL)
        nx_definitions_collect (self->definitions, action->schema, self->names);
    }
}

/* Types come first: they keep the names that they have in the program. */
static void
take_all_names (NxDescription *self)
{
  g_free (nx_names_take (self->names, NX_DESCRIPTION_CHANNELS));
  for (guint i = 0; i < self->shapes->len; i++)
    nx_names_of_type (self->names, ((NxShape *) g_ptr_array_index (self->shapes, i))->type);
  for (guint i = 0; i < self->channels->len; i++)
    {
      NxChannel *channel = g_ptr_array_index (self->channels, i);

      collect_definitions (self, channel->received);
      collect_definitions (self, channel->sent);
    }
  for (guint i = 0; i < self->channels->len; i++)
    take_names (g_ptr_array_index (self->channels, i), self->names);
}

NxDescription *
nx_description_new (NxApp *app, GError **error)
{
  g_autoptr (NxDescription) self = g_new0 (NxDescription, 1);

  self->names = nx_names_new ();
  self->shapes = g_ptr_array_new ();
  self->definitions = nx_definitions_new ();
  self->channels = g_ptr_array_new_with_free_func ((GDestroyNotify) channel_free);
  nx_router_walk (NX_ROUTER (app), take_route, self);
  for (guint i = 0; i < self->channels->len; i++)
    {
      NxChannel *channel = g_ptr_array_index (self->channels, i);

      if (!collect_shapes (channel->received, self->shapes, error)
          || !collect_shapes (channel->sent, self->shapes, error)
          || !collect_shapes (channel->methods, self->shapes, error)
          || !collect_shapes (channel->called, self->shapes, error))
        return NULL;
    }
  take_all_names (self);
  return g_steal_pointer (&self);
}

JsonObject *
nx_description_schema_of_action (const NxDescription *self,
                                 const NxAction *action,
                                 const char *prefix)
{
  const NxShape *shape =
      action->message_type != G_TYPE_NONE ? nx_shape_get (action->message_type, NULL) : NULL;
  JsonObject *schema;

  if (action->schema == NULL)
    return nx_schema_of_shape (shape, NX_ACTION_MEMBER, action->type, prefix, self->names);
  schema = nx_definitions_resolve (self->definitions, action->schema, action->schema, prefix);
  nx_schema_add_tag (schema, NX_ACTION_MEMBER, action->type);
  return schema;
}

void
nx_description_add_types (const NxDescription *self, JsonObject *types, const char *prefix)
{
  for (guint i = 0; i < self->shapes->len; i++)
    {
      const NxShape *shape = g_ptr_array_index (self->shapes, i);

      json_object_set_object_member (types, nx_names_of_type (self->names, shape->type),
                                     nx_schema_of_shape (shape, NULL, NULL, prefix, self->names));
    }
  for (guint i = 0; i < self->definitions->all->len; i++)
    {
      const NxDefinition *definition = g_ptr_array_index (self->definitions->all, i);

      json_object_set_object_member (
          types, definition->name,
          nx_definitions_resolve (self->definitions, definition->type, definition->home, prefix));
    }
}

const char *
nx_description_get_title (void)
{
  const char *title = g_get_application_name ();

  return title != NULL ? title : "nexws";
}

char *
nx_description_print (JsonObject *root, GError **error)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), root);
  g_autofree char *compact = NULL;
  g_autofree char *indented = NULL;
  gsize length;

  json_object_unref (root);
  compact = nx_json_generate (node, &length, error);
  if (compact == NULL)
    return NULL;
  indented = nx_json_indent (compact);
  return g_strconcat (indented, "\n", NULL);
}
