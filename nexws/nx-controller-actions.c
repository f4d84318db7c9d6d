/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages that say what is to be done: from their member `type` to a handler with an object of its own. */
#include "config.h"

#include "nx-controller-private.h"

#include "messages/nx-place-private.h"
#include "messages/nx-scalar-private.h"
#include "nx-message-private.h"
#include "nx-web-socket-private.h"

/* -- What the peer did wrong -- */

/* Takes @fault. */
static void
blame (NxController *self, NxWebSocket *ws, guint code, GError *fault)
{
  NX_CONTROLLER_GET_CLASS (self)->on_fault (self, ws, code, fault->message);
  g_error_free (fault);
}

static char *
list_types (NxController *self)
{
  g_autoptr (GPtrArray) actions = nx_actions_list (
      NX_ACTIONS_MESSAGES, nx_controller_get_private (self)->actions, G_OBJECT_TYPE (self), FALSE);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < actions->len; i++)
    g_string_append_printf (text, "%s\"%s\"", i > 0 ? ", " : "",
                            ((NxAction *) g_ptr_array_index (actions, i))->type);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* @node: NULL when the message is not JSON. Returns why no action was found. */
static GError *
make_unknown_error (NxController *self, JsonNode *node)
{
  JsonNode *type = node != NULL && JSON_NODE_HOLDS_OBJECT (node)
                       ? json_object_get_member (json_node_get_object (node), NX_ACTION_MEMBER)
                       : NULL;
  g_autofree char *came = node == NULL                     ? g_strdup ("something else than JSON")
                          : !JSON_NODE_HOLDS_OBJECT (node) ? nx_place_show (node)
                          : type != NULL                   ? nx_place_show (type)
                                                           : g_strdup ("nothing");
  g_autofree char *types = list_types (self);

  return g_error_new (NX_ERROR, NX_ERROR_INVALID_DATA, "%s: %s came, one of %s is wanted",
                      NX_ACTION_MEMBER, came, types);
}

static void
blame_for_unknown (NxController *self, NxWebSocket *ws, NxMessage *message, JsonNode *node)
{
  if (nx_message_get_kind (message) == NX_MESSAGE_TEXT)
    blame (self, ws, NX_CLOSE_INVALID_DATA, make_unknown_error (self, node));
  else
    blame (self, ws, NX_CLOSE_UNSUPPORTED_DATA,
           g_error_new_literal (NX_ERROR, NX_ERROR_INVALID_DATA,
                                "actions come as text, and this message is binary"));
}

/* -- Dispatch -- */

static NxAction *
find_action (NxController *self, JsonNode *node)
{
  JsonNode *type = node != NULL && JSON_NODE_HOLDS_OBJECT (node)
                       ? json_object_get_member (json_node_get_object (node), NX_ACTION_MEMBER)
                       : NULL;
  const char *name = type != NULL ? nx_scalar_get_string (type) : NULL;

  return name != NULL
             ? nx_actions_find (NX_ACTIONS_MESSAGES, nx_controller_get_private (self)->actions,
                                G_OBJECT_TYPE (self), name)
             : NULL;
}

/* The object of the other members; for an action without any, none. */
static gboolean
read_members (NxAction *action,
              NxWebSocket *ws,
              NxMessage *message,
              JsonNode *node,
              GObject **object,
              GError **error)
{
  if (action->message_type != G_TYPE_NONE)
    {
      *object = nx_message_read_object (message, action->message_type, ws->settings->max_json_depth,
                                        NX_ACTION_MEMBER, error);
      return *object != NULL;
    }
  if (json_object_get_size (json_node_get_object (node)) == 1)
    return TRUE;
  g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_DATA,
                       "there are members besides " NX_ACTION_MEMBER ", and no others are wanted");
  return FALSE;
}

static void
run (NxController *self,
     NxWebSocket *ws,
     NxMessage *message,
     JsonNode *node,
     NxAction *action,
     GError **error)
{
  g_autoptr (GObject) object = NULL;
  GError *fault = NULL;

  if (!read_members (action, ws, message, node, &object, &fault))
    {
      g_prefix_error (&fault, "%s: ", action->type);
      blame (self, ws, NX_CLOSE_INVALID_DATA, fault);
      return;
    }
  g_rc_box_acquire (action);
  ((NxActionFunc) action->func) (self, ws, object, action->data, error);
  nx_action_release (action);
}

gboolean
nx_controller_take_action (NxController *self, NxWebSocket *ws, NxMessage *message, GError **error)
{
  JsonNode *node = nx_message_parse_json (message, ws->settings->max_json_depth, NULL);
  NxAction *action = find_action (self, node);

  if (action != NULL)
    run (self, ws, message, node, action, error);
  else if (NX_CONTROLLER_GET_CLASS (self)->on_receive == NULL
           && NX_CONTROLLER_GET_CLASS (self)->on_text == NULL
           && NX_CONTROLLER_GET_CLASS (self)->on_receive_text == NULL)
    blame_for_unknown (self, ws, message, node);
  else
    return FALSE;
  return TRUE;
}

/* -- Declarations -- */

/**
 * nx_controller_class_bind_action:
 * @klass: a class of controllers
 * @type: the action's name
 * @message_type: what @func gets: a type of objects, or %G_TYPE_NONE when the message has no other members
 * @func: (scope notified) (closure user_data) (destroy destroy): does it
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data
 *
 * Binds an action of all controllers of this class, best in `class_init`: a text message `{"type": "move", …}`
 * ([const@ACTION_MEMBER]) goes to the function for `move`, with an object of @message_type made of the other members as
 * [method@Message.get_object] does.
 *
 * A derived class inherits the actions, and may bind them anew. A message that says no action goes to
 * [vfunc@Controller.on_receive]. When that is not overridden, and when the members are not what @message_type wants, the peer
 * is at fault: [vfunc@Controller.on_error] gets an %NX_ERROR_INVALID_DATA that names the member, what came and what is
 * allowed, or the actions that there are. Its default closes with 1007 and that text as the reason, with 1003 for a binary
 * message; overridden, it may answer, and the connection goes on.
 *
 * A @message_type that JSON cannot express, or that has a property called `type`, is a programming mistake.
 *
 * Since: 0.1
 */
void
nx_controller_class_bind_action (NxControllerClass *klass,
                                 const char *type,
                                 GType message_type,
                                 NxActionFunc func,
                                 gpointer user_data,
                                 GDestroyNotify destroy)
{
  g_return_if_fail (NX_IS_CONTROLLER_CLASS (klass));
  g_return_if_fail (type != NULL && g_utf8_validate (type, -1, NULL));
  g_return_if_fail (func != NULL);

  nx_actions_add (nx_actions_ensure_of_type (NX_ACTIONS_MESSAGES, G_TYPE_FROM_CLASS (klass)), type,
                  message_type, G_TYPE_NONE, G_CALLBACK (func), user_data, destroy);
}

/**
 * nx_controller_class_declare_sent:
 * @klass: a class of controllers
 * @type: an action's name
 * @message_type: the type of its members, or %G_TYPE_NONE
 *
 * Declares that controllers of this class send such messages ([method@WebSocket.send_action]), for
 * [method@App.describe_as]. Nothing else depends on it.
 *
 * Since: 0.1
 */
void
nx_controller_class_declare_sent (NxControllerClass *klass, const char *type, GType message_type)
{
  g_return_if_fail (NX_IS_CONTROLLER_CLASS (klass));
  g_return_if_fail (type != NULL && g_utf8_validate (type, -1, NULL));

  nx_actions_add (nx_actions_ensure_of_type (NX_ACTIONS_MESSAGES, G_TYPE_FROM_CLASS (klass)), type,
                  message_type, G_TYPE_NONE, NULL, NULL, NULL);
}

/**
 * nx_controller_add_action:
 * @self: a controller
 * @type: the action's name
 * @message_type: what @func gets: a type of objects, or %G_TYPE_NONE when the message has no other members
 * @func: (scope notified) (closure user_data) (destroy destroy): does it
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data
 *
 * Binds an action of this controller alone, as [method@ControllerClass.bind_action] does for a class; it comes before the
 * class's of the same name.
 *
 * @func gets the controller, and must not hold it: the controller holds @user_data as long as it lives.
 *
 * Since: 0.1
 */
void
nx_controller_add_action (NxController *self,
                          const char *type,
                          GType message_type,
                          NxActionFunc func,
                          gpointer user_data,
                          GDestroyNotify destroy)
{
  g_return_if_fail (NX_IS_CONTROLLER (self));
  g_return_if_fail (type != NULL && g_utf8_validate (type, -1, NULL));
  g_return_if_fail (func != NULL);

  nx_actions_add (nx_controller_ensure_own_actions (self), type, message_type, G_TYPE_NONE,
                  G_CALLBACK (func), user_data, destroy);
}

/**
 * nx_controller_add_sent:
 * @self: a controller
 * @type: an action's name
 * @message_type: the type of its members, or %G_TYPE_NONE
 *
 * Declares that this controller sends such messages, as [method@ControllerClass.declare_sent] does for a class.
 *
 * Since: 0.1
 */
void
nx_controller_add_sent (NxController *self, const char *type, GType message_type)
{
  g_return_if_fail (NX_IS_CONTROLLER (self));
  g_return_if_fail (type != NULL && g_utf8_validate (type, -1, NULL));

  nx_actions_add (nx_controller_ensure_own_actions (self), type, message_type, G_TYPE_NONE, NULL,
                  NULL, NULL);
}

/* An object's schema, whose properties are the members besides the action's name. */
static gboolean
is_object_schema (JsonNode *schema)
{
  const char *type;

  if (schema == NULL || !JSON_NODE_HOLDS_OBJECT (schema))
    return FALSE;
  type = json_object_get_string_member_with_default (json_node_get_object (schema), "type", "");
  return g_strcmp0 (type, "object") == 0;
}

/**
 * nx_controller_class_describe_received:
 * @klass: a class of controllers
 * @type: the action's name
 * @schema: JSON Schema of the other members: an object with `"type": "object"`, and with `properties` and `required` where there are any;
 *   a `$ref` may lead to `#/$defs/NAME`, under its own `$defs`
 *
 * Declares that controllers of this class read such messages by themselves, in [vfunc@Controller.on_receive], for
 * [method@App.describe_as]. For languages whose types are no GObjects: nothing but the description depends on it.
 *
 * Since: 0.1
 */
void
nx_controller_class_describe_received (NxControllerClass *klass, const char *type, JsonNode *schema)
{
  g_return_if_fail (NX_IS_CONTROLLER_CLASS (klass));
  g_return_if_fail (type != NULL && g_utf8_validate (type, -1, NULL));
  g_return_if_fail (is_object_schema (schema));

  nx_actions_add_described (
      nx_actions_ensure_of_type (NX_ACTIONS_MESSAGES, G_TYPE_FROM_CLASS (klass)), type, schema,
      FALSE);
}

/**
 * nx_controller_class_describe_sent:
 * @klass: a class of controllers
 * @type: an action's name
 * @schema: JSON Schema of the other members, see [method@ControllerClass.describe_received]
 *
 * Declares that controllers of this class send such messages, for [method@App.describe_as]. Nothing else depends on it.
 *
 * Since: 0.1
 */
void
nx_controller_class_describe_sent (NxControllerClass *klass, const char *type, JsonNode *schema)
{
  g_return_if_fail (NX_IS_CONTROLLER_CLASS (klass));
  g_return_if_fail (type != NULL && g_utf8_validate (type, -1, NULL));
  g_return_if_fail (is_object_schema (schema));

  nx_actions_add_described (
      nx_actions_ensure_of_type (NX_ACTIONS_MESSAGES, G_TYPE_FROM_CLASS (klass)), type, schema,
      TRUE);
}

/**
 * nx_controller_class_set_takes_other:
 * @klass: a class of controllers
 * @takes_other: whether it takes messages that are no actions
 *
 * Says, for [method@App.describe_as], that an [vfunc@Controller.on_receive] is there for actions alone.
 *
 * Since: 0.1
 */
void
nx_controller_class_set_takes_other (NxControllerClass *klass, gboolean takes_other)
{
  g_return_if_fail (NX_IS_CONTROLLER_CLASS (klass));

  nx_actions_ensure_of_type (NX_ACTIONS_MESSAGES, G_TYPE_FROM_CLASS (klass))->takes_no_other =
      !takes_other;
}
