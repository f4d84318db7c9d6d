/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-action-private.h"

#include "messages/nx-shape-private.h"

/* clang-format off */
static G_DEFINE_QUARK (nx-actions, nx_actions)
static G_DEFINE_QUARK (nx-methods, nx_methods)
/* clang-format on */

static GQuark
get_quark (NxActionsKind kind)
{
  return kind == NX_ACTIONS_METHODS ? nx_methods_quark () : nx_actions_quark ();
}

static void
action_clear (NxAction *self)
{
  if (self->destroy != NULL)
    self->destroy (self->data);
  g_clear_pointer (&self->schema, json_node_unref);
  g_free (self->type);
}

void
nx_action_release (NxAction *self)
{
  g_rc_box_release_full (self, (GDestroyNotify) action_clear);
}

NxActions *
nx_actions_new (NxActionsKind kind)
{
  NxActions *self = g_new0 (NxActions, 1);

  self->kind = kind;
  self->received = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_action_release);
  self->sent = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_action_release);
  return self;
}

void
nx_actions_free (NxActions *self)
{
  g_ptr_array_unref (self->received);
  g_ptr_array_unref (self->sent);
  g_clear_pointer (&self->read_by_class, g_ptr_array_unref);
  g_free (self);
}

/* Mistakes show when they are made, and not with the first message. @is_made: out of messages. */
static gboolean
check_type (const char *what,
            const char *type,
            GType message_type,
            gboolean is_made,
            const NxShape **shape)
{
  g_autoptr (GPtrArray) shapes = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  if (message_type == G_TYPE_NONE)
    return TRUE;
  if (!nx_shape_collect (message_type, shapes, &error))
    {
      g_critical ("The %s \"%s\": %s", what, type, error->message);
      return FALSE;
    }
  if (is_made && G_TYPE_IS_ABSTRACT (message_type))
    {
      g_critical ("The %s \"%s\": %s is abstract, and no message can be made one", what, type,
                  g_type_name (message_type));
      return FALSE;
    }
  *shape = g_ptr_array_index (shapes, 0);
  return TRUE;
}

static gboolean
check_message (const char *type, GType message_type, gboolean is_made)
{
  const NxShape *shape = NULL;

  if (!check_type ("action", type, message_type, is_made, &shape))
    return FALSE;
  if (shape != NULL && nx_shape_find (shape, NX_ACTION_MEMBER) != NULL)
    {
      g_critical ("The action \"%s\": %s has a property called " NX_ACTION_MEMBER
                  ", which is the action's name",
                  type, g_type_name (message_type));
      return FALSE;
    }
  return TRUE;
}

gboolean
nx_actions_is_plain_type (GType type)
{
  return type == JSON_TYPE_NODE || type == G_TYPE_BOOLEAN || type == G_TYPE_STRING
         || type == G_TYPE_INT || type == G_TYPE_INT64 || type == G_TYPE_DOUBLE;
}

static gboolean
check_method (const char *name, GType params_type, GType result_type, gboolean is_made)
{
  const NxShape *shape = NULL;

  return (params_type == JSON_TYPE_NODE
          || check_type ("method", name, params_type, is_made, &shape))
         && (nx_actions_is_plain_type (result_type)
             || check_type ("method", name, result_type, FALSE, &shape));
}

static NxAction *
find_in (GPtrArray *actions, const char *type, guint *index)
{
  for (guint i = 0; i < actions->len; i++)
    {
      NxAction *action = g_ptr_array_index (actions, i);

      if (strcmp (action->type, type) != 0)
        continue;
      if (index != NULL)
        *index = i;
      return action;
    }
  return NULL;
}

/* Takes @action. */
static void
put (GPtrArray *actions, NxAction *action)
{
  guint index;

  if (find_in (actions, action->type, &index) == NULL)
    g_ptr_array_add (actions, action);
  else
    {
      nx_action_release (g_ptr_array_index (actions, index));
      g_ptr_array_index (actions, index) = action;
    }
}

void
nx_actions_add (NxActions *self,
                const char *type,
                GType message_type,
                GType result_type,
                GCallback func,
                gpointer data,
                GDestroyNotify destroy)
{
  GPtrArray *actions = func != NULL ? self->received : self->sent;
  NxAction *action = g_rc_box_new0 (NxAction);
  gboolean is_sound = self->kind == NX_ACTIONS_METHODS
                          ? check_method (type, message_type, result_type, func != NULL)
                          : check_message (type, message_type, func != NULL);

  action->type = g_strdup (type);
  action->message_type = message_type;
  action->result_type = result_type;
  action->func = func;
  action->data = data;
  action->destroy = destroy;
  if (is_sound)
    put (actions, action);
  else
    nx_action_release (action);
}

void
nx_actions_add_described (NxActions *self, const char *type, JsonNode *schema, gboolean is_sent)
{
  NxAction *action = g_rc_box_new0 (NxAction);

  action->type = g_strdup (type);
  action->message_type = action->result_type = G_TYPE_NONE;
  action->schema = json_node_copy (schema);
  if (!is_sent && self->read_by_class == NULL)
    self->read_by_class = g_ptr_array_new_with_free_func ((GDestroyNotify) nx_action_release);
  put (is_sent ? self->sent : self->read_by_class, action);
}

/* -- Of classes, and what they inherit -- */

NxActions *
nx_actions_of_type (NxActionsKind kind, GType type)
{
  return g_type_get_qdata (type, get_quark (kind));
}

NxActions *
nx_actions_ensure_of_type (NxActionsKind kind, GType type)
{
  NxActions *self = nx_actions_of_type (kind, type);

  if (self == NULL)
    {
      self = nx_actions_new (kind);
      g_type_set_qdata (type, get_quark (kind), self);
    }
  return self;
}

/* One table after the other, the first one the instance's own; @type is where to go on. */
static const NxActions *
next_table (NxActionsKind kind, GType *type)
{
  const NxActions *actions = NULL;

  while (actions == NULL && *type != 0)
    {
      actions = nx_actions_of_type (kind, *type);
      *type = g_type_parent (*type);
    }
  return actions;
}

gboolean
nx_actions_are_received (NxActionsKind kind, const NxActions *own, GType type)
{
  for (const NxActions *actions = own != NULL ? own : next_table (kind, &type); actions != NULL;
       actions = next_table (kind, &type))
    if (actions->received->len > 0)
      return TRUE;
  return FALSE;
}

NxAction *
nx_actions_find (NxActionsKind kind, const NxActions *own, GType type, const char *name)
{
  NxAction *action = NULL;

  for (const NxActions *actions = own != NULL ? own : next_table (kind, &type);
       actions != NULL && action == NULL; actions = next_table (kind, &type))
    action = find_in (actions->received, name, NULL);
  return action;
}

gboolean
nx_actions_take_no_other (GType type)
{
  for (const NxActions *actions = next_table (NX_ACTIONS_MESSAGES, &type); actions != NULL;
       actions = next_table (NX_ACTIONS_MESSAGES, &type))
    if (actions->takes_no_other)
      return TRUE;
  return FALSE;
}

static void
list_from (GPtrArray *list, GPtrArray *from)
{
  for (guint i = 0; from != NULL && i < from->len; i++)
    {
      NxAction *action = g_ptr_array_index (from, i);

      if (find_in (list, action->type, NULL) == NULL)
        g_ptr_array_add (list, action);
    }
}

GPtrArray *
nx_actions_list (NxActionsKind kind, const NxActions *own, GType type, gboolean is_sent)
{
  GPtrArray *list = g_ptr_array_new ();

  for (const NxActions *actions = own != NULL ? own : next_table (kind, &type); actions != NULL;
       actions = next_table (kind, &type))
    {
      list_from (list, is_sent ? actions->sent : actions->received);
      if (!is_sent)
        list_from (list, actions->read_by_class);
    }
  return list;
}
