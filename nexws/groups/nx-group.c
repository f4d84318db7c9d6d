/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-group-private.h"

#include "nx-enum-types.h"
#include "nx-error-private.h"
#include "nx-web-socket-private.h"

/**
 * NxGroup:
 *
 * Websockets by a name, to send to them all.
 *
 * [method@App.dup_group] makes a group, or finds it. Whoever's connection ends leaves its groups by itself. A group that nobody is in, and
 * that nobody holds a reference to, is forgotten with its settings.
 *
 * What one callback sends to members and groups, each member gets in that order; and all members of groups get what is sent to them in one
 * order, also when something is sent from inside a callback of another sending: it waits until that one has reached everybody.
 *
 * A message is framed once, and compressed at most once for each window size, whoever receives it; what is sent to a group within one turn of the
 * main loop leaves with one system call a member.
 *
 * Since: 0.1
 */
enum {
  PROP_0,
  PROP_NAME,
  PROP_MEMBERS,
  PROP_N_MEMBERS,
  PROP_SLOW_POLICY,
  PROP_HISTORY_SIZE,
  PROP_HISTORY_AGE,
  PROP_HISTORY_BYTES,
  PROP_ANNOUNCES_PRESENCE,
  PROP_N_DROPPED,
  PROP_N_GAPS,
  N_PROPS
};

#define DEFAULT_HISTORY_BYTES (1024 * 1024)

enum {
  JOINED,
  LEFT,
  PRESENCE_CHANGED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (NxGroup, nx_group, G_TYPE_OBJECT)

static void
nx_group_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxGroup *self = NX_GROUP (object);

  switch (id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_MEMBERS:
      g_value_set_object (value, self->members);
      break;
    case PROP_N_MEMBERS:
      g_value_set_uint (value, nx_group_get_n_members (self));
      break;
    case PROP_SLOW_POLICY:
      g_value_set_enum (value, self->slow_policy);
      break;
    case PROP_HISTORY_SIZE:
      g_value_set_uint (value, self->limits.size);
      break;
    case PROP_HISTORY_AGE:
      g_value_set_uint (value, self->limits.age_ms);
      break;
    case PROP_HISTORY_BYTES:
      g_value_set_uint64 (value, self->limits.n_bytes);
      break;
    case PROP_ANNOUNCES_PRESENCE:
      g_value_set_boolean (value, self->announces_presence);
      break;
    case PROP_N_DROPPED:
      g_value_set_uint64 (value, self->n_dropped);
      break;
    case PROP_N_GAPS:
      g_value_set_uint64 (value, self->n_gaps);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
set_limit (NxGroup *self, guint id, const GValue *value, GParamSpec *pspec)
{
  NxHistoryLimits limits = self->limits;

  switch (id)
    {
    case PROP_HISTORY_SIZE:
      limits.size = g_value_get_uint (value);
      break;
    case PROP_HISTORY_AGE:
      limits.age_ms = g_value_get_uint (value);
      break;
    case PROP_HISTORY_BYTES:
      limits.n_bytes = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (self, id, pspec);
      return;
    }
  if (self->groups != NULL)
    nx_group_set_limits (self, &limits);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
nx_group_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxGroup *self = NX_GROUP (object);

  if (id == PROP_SLOW_POLICY)
    nx_group_set_slow_policy (self, g_value_get_enum (value));
  else if (id == PROP_ANNOUNCES_PRESENCE)
    {
      self->announces_presence = g_value_get_boolean (value);
      g_object_notify_by_pspec (object, pspec);
    }
  else
    set_limit (self, id, value, pspec);
}

NxMember *
nx_group_find_member (NxGroup *self, NxWebSocket *ws)
{
  NxListPlace *place = nx_web_socket_find_place (ws, self->members);

  return place != NULL ? place->data : NULL;
}

NxMember *
nx_group_ensure_member (NxGroup *self, NxWebSocket *ws)
{
  NxListPlace *place = nx_web_socket_find_place (ws, self->members);

  if (place->data == NULL)
    place->data = g_new0 (NxMember, 1);
  return place->data;
}

/* What is known of it, which ends with the membership. */
static NxMember *
steal_member (NxGroup *self, NxWebSocket *ws)
{
  return g_steal_pointer (&nx_web_socket_find_place (ws, self->members)->data);
}

static void
free_member (NxGroup *self, NxMember *member)
{
  if (member == NULL)
    return;
  nx_group_end_presence (self, member);
  g_free (member);
}

/* Only when the app goes in the middle of a change is there anybody. */
static void
forget_members (NxGroup *self)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);

  nx_connection_list_collect_members (self->members, all);
  for (guint i = 0; i < all->len; i++)
    free_member (self, steal_member (self, g_ptr_array_index (all, i)));
  for (guint i = 0; i < all->len; i++)
    nx_connection_list_remove (self->members, g_ptr_array_index (all, i));
}

static void
nx_group_finalize (GObject *object)
{
  NxGroup *self = NX_GROUP (object);

  if (self->groups != NULL)
    nx_reactor_stop_timer (self->groups->reactor, &self->age_timer);
  nx_history_clear (&self->history);
  forget_members (self);
  if (self->groups != NULL)
    {
      nx_reactor_cancel_task (self->groups->reactor, &self->presence_task);
      nx_reactor_cancel_task (self->groups->reactor, &self->attach_task);
    }
  g_clear_pointer (&self->strangers, g_hash_table_unref);
  g_clear_pointer (&self->persons, g_hash_table_unref);
  g_clear_pointer (&self->changed_keys, g_hash_table_unref);
  g_clear_pointer (&self->snapshot, nx_message_unref);
  if (self->groups != NULL) /* a bare one, made by g_object_new(), has none */
    {
      if (nx_groups_find (self->groups, self->name) == self)
        {
          g_hash_table_remove (self->groups->by_name, self->name);
          nx_groups_detach (self->groups, self);
        }
      nx_group_close_batch (self);
      nx_groups_unref (self->groups);
    }
  nx_connection_list_disown (self->members);
  g_object_unref (self->members);
  g_free (self->name);
  G_OBJECT_CLASS (nx_group_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *klass)
{
  const GParamFlags flags = G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  /**
   * NxGroup:name: (getter get_name)
   *
   * What it is called: 1 to 256 octets of UTF-8.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags | G_PARAM_READABLE);
  /**
   * NxGroup:members: (getter get_members)
   *
   * The websockets that are in it. Their order changes: who leaves is replaced by the last one.
   *
   * Since: 0.1
   */
  properties[PROP_MEMBERS] =
      g_param_spec_object ("members", NULL, NULL, G_TYPE_LIST_MODEL, flags | G_PARAM_READABLE);
  /**
   * NxGroup:n-members: (getter get_n_members)
   *
   * How many websockets are in it.
   *
   * Since: 0.1
   */
  properties[PROP_N_MEMBERS] =
      g_param_spec_uint ("n-members", NULL, NULL, 0, G_MAXUINT, 0, flags | G_PARAM_READABLE);
  /**
   * NxGroup:slow-policy: (getter get_slow_policy) (setter set_slow_policy)
   *
   * What happens to a message for a member that does not read as fast as it is sent to; %NX_SLOW_POLICY_KEEP is not for groups.
   *
   * %NX_SLOW_POLICY_DROP_OLDEST forgets messages of this group alone: when something else fills the queue, the new message is
   * dropped.
   *
   * The default is %NX_SLOW_POLICY_CLOSE.
   *
   * Since: 0.1
   */
  properties[PROP_SLOW_POLICY] =
      g_param_spec_enum ("slow-policy", NULL, NULL, NX_TYPE_SLOW_POLICY, NX_SLOW_POLICY_CLOSE,
                         flags | G_PARAM_READWRITE);
  /**
   * NxGroup:history-size:
   *
   * How many messages are kept for those who come later; 0 for none. Each message of a group with history has an id, and goes out as a JSON object
   * with a member `nx`, see [the guide](groups.html).
   *
   * What was sent before there was a history is gone. A group that keeps messages is not forgotten.
   *
   * The default is 0.
   *
   * Since: 0.1
   */
  properties[PROP_HISTORY_SIZE] =
      g_param_spec_uint ("history-size", NULL, NULL, 0, G_MAXINT, 0, flags | G_PARAM_READWRITE);
  /**
   * NxGroup:history-age:
   *
   * For how many milliseconds a message is kept; 0 for any time.
   *
   * The default is 0.
   *
   * Since: 0.1
   */
  properties[PROP_HISTORY_AGE] =
      g_param_spec_uint ("history-age", NULL, NULL, 0, G_MAXINT, 0, flags | G_PARAM_READWRITE);
  /**
   * NxGroup:history-bytes:
   *
   * How many octets of memory the kept messages may take.
   *
   * The default is 1048576, one mebibyte.
   *
   * Since: 0.1
   */
  properties[PROP_HISTORY_BYTES] =
      g_param_spec_uint64 ("history-bytes", NULL, NULL, 0, G_MAXSIZE / 2, DEFAULT_HISTORY_BYTES,
                           flags | G_PARAM_READWRITE);
  /**
   * NxGroup:announces-presence:
   *
   * Whether members are told who is there: who comes in with `{"nx": {"group": NAME, "presence": {"all": {KEY: VALUE, …}}}}`, and all of them of what a turn of
   * the main loop has changed with `"presence": {"set": {KEY: VALUE, …}, "gone": [KEY, …]}`. Who missed that for being too slow is told all again.
   *
   * The default is %FALSE.
   *
   * Since: 0.1
   */
  properties[PROP_ANNOUNCES_PRESENCE] =
      g_param_spec_boolean ("announces-presence", NULL, NULL, FALSE, flags | G_PARAM_READWRITE);
  /**
   * NxGroup:n-gaps:
   *
   * How many marked gaps were sent: where something was missed and is gone for good.
   *
   * Since: 0.1
   */
  properties[PROP_N_GAPS] =
      g_param_spec_uint64 ("n-gaps", NULL, NULL, 0, G_MAXUINT64, 0, flags | G_PARAM_READABLE);
  /**
   * NxGroup:n-dropped:
   *
   * How many times a message was not sent to a member, because that one was too slow.
   *
   * Since: 0.1
   */
  properties[PROP_N_DROPPED] =
      g_param_spec_uint64 ("n-dropped", NULL, NULL, 0, G_MAXUINT64, 0, flags | G_PARAM_READABLE);
  g_object_class_install_properties (klass, N_PROPS, properties);
}

static void
nx_group_class_init (NxGroupClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = nx_group_get_property;
  object_class->set_property = nx_group_set_property;
  object_class->finalize = nx_group_finalize;
  install_properties (object_class);

  /**
   * NxGroup::joined:
   * @self: the group
   * @ws: who
   *
   * A websocket is a member from now on.
   *
   * Since: 0.1
   */
  signals[JOINED] =
      g_signal_new ("joined", NX_TYPE_GROUP, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__OBJECT, G_TYPE_NONE, 1, NX_TYPE_WEB_SOCKET);
  /**
   * NxGroup::left:
   * @self: the group
   * @ws: who
   *
   * A websocket is no member any more: it was removed, or its connection has ended.
   *
   * Since: 0.1
   */
  signals[LEFT] =
      g_signal_new ("left", NX_TYPE_GROUP, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                    g_cclosure_marshal_VOID__OBJECT, G_TYPE_NONE, 1, NX_TYPE_WEB_SOCKET);
  /**
   * NxGroup::presence-changed:
   * @self: the group
   * @key: who
   * @meta: (nullable): what is known of that one; %NULL when nobody of that key is there any more
   *
   * Somebody came, changed or went, see [method@Group.set_presence].
   *
   * Since: 0.1
   */
  signals[PRESENCE_CHANGED] =
      g_signal_new ("presence-changed", NX_TYPE_GROUP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_STRING, JSON_TYPE_NODE);
}

void
nx_group_emit_presence_changed (NxGroup *self, const char *key, JsonNode *meta)
{
  g_signal_emit (self, signals[PRESENCE_CHANGED], 0, key, meta);
}

static void
batch_task_cb (NxTask *task)
{
  nx_group_close_batch ((NxGroup *) ((guint8 *) task - G_STRUCT_OFFSET (NxGroup, batch_task)));
}

/* Whoever makes a group to send once, and drops it, need not hear what others send to it. */
static void
attach_task_cb (NxTask *task)
{
  NxGroup *self = (NxGroup *) ((guint8 *) task - G_STRUCT_OFFSET (NxGroup, attach_task));

  nx_groups_attach (self->groups, self);
}

static void
nx_group_init (NxGroup *self)
{
  self->members = nx_connection_list_new_partial (self);
  nx_task_init (&self->batch_task, batch_task_cb);
  nx_task_init (&self->attach_task, attach_task_cb);
  nx_timer_init (&self->age_timer, nx_group_age_timer_cb);
  nx_task_init (&self->presence_task, nx_group_presence_task_cb);
  self->limits.n_bytes = DEFAULT_HISTORY_BYTES;
}

NxGroup *
nx_group_new (NxGroups *groups, const char *name)
{
  NxGroup *self = g_object_new (NX_TYPE_GROUP, NULL);

  self->groups = nx_groups_ref (groups);
  self->name = g_strdup (name);
  g_hash_table_insert (groups->by_name, self->name, self);
  if (groups->backplane != NULL)
    nx_reactor_queue_task (groups->reactor, &self->attach_task);
  return self;
}

/* While somebody is in it, or it keeps messages, it holds itself. */
void
nx_group_update_kept (NxGroup *self)
{
  gboolean is_kept =
      !self->groups->is_closed
      && (nx_group_get_n_members (self) > 0 || nx_history_get_size (&self->history) > 0);

  if (is_kept == self->is_kept)
    return;
  self->is_kept = is_kept;
  if (is_kept)
    g_object_ref (self);
  else
    g_object_unref (self);
}

void
nx_group_close (NxGroup *self)
{
  nx_group_close_batch (self);
  nx_reactor_stop_timer (self->groups->reactor, &self->age_timer);
  nx_history_clear (&self->history);
  nx_group_update_kept (self);
}

void
nx_group_close_batch (NxGroup *self)
{
  NxBatch *batch = g_steal_pointer (&self->batch);

  if (batch == NULL)
    return;
  nx_reactor_cancel_task (self->groups->reactor, &self->batch_task);
  nx_batch_close (batch);
  nx_batch_unref (batch);
}

/* -- Who is in it -- */

gboolean
nx_group_check_joining (NxGroup *self, NxWebSocket *ws, GError **error)
{
  if (ws->app_handle != self->groups->app_handle || self->groups->is_closed)
    g_set_error (error, NX_ERROR, NX_ERROR_INVALID_STATE,
                 "The group %s is of another app, or its app has gone", self->name);
  else if (ws->state == NX_STATE_CONNECTING)
    g_set_error (error, NX_ERROR, NX_ERROR_INVALID_STATE,
                 "Accept the websocket before it joins the group %s", self->name);
  else if (ws->state != NX_STATE_OPEN)
    {
      if (error != NULL)
        *error = nx_web_socket_make_disconnected_error (ws);
    }
  else if (ws->n_places >= NX_GROUPS_A_CONNECTION_MAX)
    g_set_error (error, NX_ERROR, NX_ERROR_TOO_LARGE, "A websocket can be in at most %d groups",
                 NX_GROUPS_A_CONNECTION_MAX);
  else
    return TRUE;
  return FALSE;
}

static void
tell (NxGroup *self, guint signal, NxWebSocket *ws)
{
  g_signal_emit (self, signals[signal], 0, ws);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_MEMBERS]);
}

/* That it is there, or was: sets what is known to @is_told. */
static gboolean
exchange_told (NxGroup *self, NxWebSocket *ws, gboolean is_told)
{
  NxListPlace *place = nx_web_socket_find_place (ws, self->members);
  gboolean was_told = place != NULL && place->is_told;

  if (place != NULL)
    place->is_told = is_told;
  return was_told;
}

/* Whoever is told of a removal may add it again before that is done: then it has left, and comes in anew. */
void
nx_group_take_in (NxGroup *self, NxWebSocket *ws, const NxMessageId *seen, gboolean is_new)
{
  g_autoptr (NxWebSocket) kept_ws = g_object_ref (ws);
  g_autoptr (NxGroup) kept = g_object_ref (self);
  gboolean was_told = exchange_told (self, ws, FALSE);
  NxMember *member = NULL;

  nx_group_close_batch (self);
  if (seen != NULL)
    {
      /* Before anybody is told: what they send comes behind what was missed. */
      member = g_new0 (NxMember, 1);
      nx_group_fall_behind (ws, member, seen);
      member->is_new = is_new;
      member->is_gap_due = self->history.is_broken; /* behind the last one that there is */
    }
  nx_connection_list_add (self->members, ws, member);
  nx_group_update_kept (self);
  if (seen != NULL && nx_connection_list_contains (self->members, ws))
    nx_group_go_on (self, ws);
  if (was_told)
    tell (self, LEFT, ws);
  if (nx_connection_list_contains (self->members, ws) && !exchange_told (self, ws, TRUE))
    tell (self, JOINED, ws);
  if (self->announces_presence && nx_connection_list_contains (self->members, ws))
    nx_group_inform (self, ws);
}

gboolean
nx_group_take_out (NxGroup *self, NxWebSocket *ws)
{
  g_autoptr (NxGroup) kept = NULL;
  g_autoptr (NxWebSocket) kept_ws = NULL;
  NxMember *member;
  gboolean was_told;

  if (!nx_connection_list_contains (self->members, ws))
    return FALSE;
  kept = g_object_ref (self);
  kept_ws = g_object_ref (ws);
  /* What was sent before still goes to it. */
  if (self->batch != NULL && ws->connection != NULL)
    nx_connection_stand_apart (ws->connection, self->batch);
  member = steal_member (self, ws);
  was_told = nx_web_socket_find_place (ws, self->members)->is_told;
  if (nx_connection_list_remove (self->members, ws) && was_told)
    tell (self, LEFT, ws);
  free_member (self, member);
  nx_group_update_kept (self);
  return TRUE;
}

/**
 * nx_group_add:
 * @self: a group
 * @ws: an open websocket of the same app
 * @error: return location for an error
 *
 * Makes a websocket a member, until it is removed or its connection ends. One that is a member already stays one.
 *
 * Returns: %FALSE with %NX_ERROR_INVALID_STATE when @ws was not accepted yet, or is of another app; with %NX_ERROR_DISCONNECTED
 *   when its connection ends or has ended; with %NX_ERROR_TOO_LARGE when it is in 1024 groups
 *
 * Since: 0.1
 */
gboolean
nx_group_add (NxGroup *self, NxWebSocket *ws, GError **error)
{
  GError *local = NULL;

  g_return_val_if_fail (NX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (NX_IS_WEB_SOCKET (ws), FALSE);

  if (nx_connection_list_contains (self->members, ws))
    return TRUE;
  if (!nx_group_check_joining (self, ws, &local))
    {
      nx_error_give (error, local, G_STRFUNC);
      return FALSE;
    }
  nx_group_take_in (self, ws, NULL, FALSE);
  return TRUE;
}

/**
 * nx_group_remove:
 * @self: a group
 * @ws: a websocket
 *
 * Takes a member out. What was sent to the group before still goes to it.
 *
 * Returns: whether it was a member
 *
 * Since: 0.1
 */
gboolean
nx_group_remove (NxGroup *self, NxWebSocket *ws)
{
  g_return_val_if_fail (NX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (NX_IS_WEB_SOCKET (ws), FALSE);

  return nx_group_take_out (self, ws);
}

/**
 * nx_group_contains:
 * @self: a group
 * @ws: a websocket
 *
 * Whether a websocket is a member.
 *
 * Returns: %TRUE if it is
 *
 * Since: 0.1
 */
gboolean
nx_group_contains (NxGroup *self, NxWebSocket *ws)
{
  g_return_val_if_fail (NX_IS_GROUP (self), FALSE);
  g_return_val_if_fail (NX_IS_WEB_SOCKET (ws), FALSE);

  return nx_connection_list_contains (self->members, ws);
}

/**
 * nx_web_socket_get_groups:
 * @self: a websocket
 *
 * The groups that it is in, in no particular order.
 *
 * Returns: (transfer full) (element-type NxGroup): the groups
 *
 * Since: 0.1
 */
GList *
nx_web_socket_get_groups (NxWebSocket *self)
{
  GList *groups = NULL;

  g_return_val_if_fail (NX_IS_WEB_SOCKET (self), NULL);

  for (guint i = 0; i < self->n_places; i++)
    if (!self->places[i].is_leaving)
      groups = g_list_prepend (groups,
                               g_object_ref (nx_connection_list_get_owner (self->places[i].list)));
  return groups;
}

/* -- What it is -- */

/**
 * nx_group_get_name:
 * @self: a group
 *
 * What it is called.
 *
 * Returns: the name
 *
 * Since: 0.1
 */
const char *
nx_group_get_name (NxGroup *self)
{
  g_return_val_if_fail (NX_IS_GROUP (self), NULL);

  return self->name;
}

/**
 * nx_group_get_members:
 * @self: a group
 *
 * The members, of type [class@WebSocket]. Their order changes: who leaves is replaced by the last one.
 *
 * Returns: (transfer none): the list
 *
 * Since: 0.1
 */
GListModel *
nx_group_get_members (NxGroup *self)
{
  g_return_val_if_fail (NX_IS_GROUP (self), NULL);

  return G_LIST_MODEL (self->members);
}

/**
 * nx_group_get_n_members:
 * @self: a group
 *
 * How many members there are.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
nx_group_get_n_members (NxGroup *self)
{
  g_return_val_if_fail (NX_IS_GROUP (self), 0);

  return nx_connection_list_count_members (self->members);
}

/**
 * nx_group_get_slow_policy:
 * @self: a group
 *
 * What happens to a message for a member that is too slow.
 *
 * Returns: the policy
 *
 * Since: 0.1
 */
NxSlowPolicy
nx_group_get_slow_policy (NxGroup *self)
{
  g_return_val_if_fail (NX_IS_GROUP (self), NX_SLOW_POLICY_CLOSE);

  return self->slow_policy;
}

/**
 * nx_group_set_slow_policy:
 * @self: a group
 * @policy: a policy, but not %NX_SLOW_POLICY_KEEP
 *
 * Says what happens to a message for a member that is too slow. A group never keeps everything for one: its memory would be
 * that member's to fill.
 *
 * Since: 0.1
 */
void
nx_group_set_slow_policy (NxGroup *self, NxSlowPolicy policy)
{
  g_return_if_fail (NX_IS_GROUP (self));
  g_return_if_fail (policy != NX_SLOW_POLICY_KEEP);

  if (self->slow_policy == policy)
    return;
  self->slow_policy = policy;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SLOW_POLICY]);
}
