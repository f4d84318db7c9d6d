/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-group-private.h"

#include "nx-enum-types.h"

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

static GParamSpec *properties[N_PROPS];

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

static void
nx_group_finalize (GObject *object)
{
  NxGroup *self = NX_GROUP (object);

  if (self->groups != NULL)
    nx_reactor_stop_timer (self->groups->reactor, &self->age_timer);
  nx_history_clear (&self->history);
  nx_group_forget_members (self);
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
   * How many octets of memory the kept messages may take. What a backplane keeps of them has about as many octets at most; see
   * [the guide](many-processes.html).
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
  nx_group_install_signals ();
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
  nx_task_init (&self->batch_task, nx_group_batch_task_cb);
  nx_task_init (&self->attach_task, attach_task_cb);
  nx_timer_init (&self->age_timer, nx_group_age_timer_cb);
  nx_task_init (&self->presence_task, nx_group_presence_task_cb);
  self->limits.n_bytes = DEFAULT_HISTORY_BYTES;
}

static NxGroup *
group_new (NxGroups *groups, const char *name)
{
  NxGroup *self = g_object_new (NX_TYPE_GROUP, NULL);

  self->groups = nx_groups_ref (groups);
  self->name = g_strdup (name);
  g_hash_table_insert (groups->by_name, self->name, self);
  if (groups->backplane != NULL)
    nx_reactor_queue_task (groups->reactor, &self->attach_task);
  return self;
}

static void
group_close (NxGroup *self)
{
  nx_group_close_batch (self);
  nx_reactor_stop_timer (self->groups->reactor, &self->age_timer);
  nx_history_clear (&self->history);
  nx_group_update_kept (self);
}

/* -- Those of an app -- */

NxGroup *
nx_groups_dup (NxGroups *self, const char *name)
{
  NxGroup *group = nx_groups_find (self, name);

  return group != NULL ? g_object_ref (group) : group_new (self, name);
}

void
nx_groups_close (NxGroups *self)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer group;

  self->is_closed = TRUE;
  g_hash_table_iter_init (&iter, self->by_name);
  while (g_hash_table_iter_next (&iter, NULL, &group))
    g_ptr_array_add (all, g_object_ref (group));
  for (guint i = 0; i < all->len; i++)
    group_close (g_ptr_array_index (all, i));
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
