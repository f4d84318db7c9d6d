/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-backplane-private.h"

#include "nx-enum-types.h"
#include "messages/nx-keyed-hash-private.h"

/**
 * NxBackplane:
 *
 * What carries the messages of groups between processes and machines.
 *
 * It is set as the app's [property@App:backplane]. [class@RedisBackplane] is the one that comes with the library.
 *
 * A class of one's own, in any language, carries octets: it overrides the virtual functions, each of which returns at once, and calls
 * the methods that are marked to be for implementations when something has happened, from the main context in which it was started. It
 * need not look into an envelope. What waits while the connection is lost, what is sent again, what comes twice and what is missing is seen
 * to here.
 *
 * Entries of a history have ids that are written `NUMBER` or `NUMBER-NUMBER`, and grow.
 *
 * What is to be recorded and cannot be, since the connection is lost, waits: up to
 * [property@Backplane:max-waiting] messages or [property@Backplane:max-waiting-bytes] octets a group. Beyond that all of it is
 * delivered in this process alone, marked as not recorded, and so is what comes until the connection is back; the history then has a marked
 * gap in its place.
 *
 * Since: 0.1
 */
enum {
  PROP_0,
  PROP_NODE,
  PROP_STATE,
  PROP_PROBLEM,
  PROP_MAX_WAITING,
  PROP_MAX_WAITING_BYTES,
  PROP_N_WAITING,
  PROP_N_PUBLISHED,
  PROP_N_RECEIVED,
  PROP_N_DROPPED,
  PROP_N_MISSED,
  PROP_N_UNRECORDED,
  PROP_N_REPEATED,
  PROP_N_REJECTED,
  PROP_LAG,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (NxBackplane, nx_backplane, G_TYPE_OBJECT)

static void
nx_backplane_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (NX_BACKPLANE (object));

  switch (id)
    {
    case PROP_NODE:
      g_value_set_string (value, priv->node_name);
      break;
    case PROP_STATE:
      g_value_set_enum (value, priv->state);
      break;
    case PROP_PROBLEM:
      g_value_set_string (value, priv->problem);
      break;
    case PROP_MAX_WAITING:
      g_value_set_uint (value, priv->max_waiting);
      break;
    case PROP_MAX_WAITING_BYTES:
      g_value_set_uint64 (value, priv->max_waiting_bytes);
      break;
    case PROP_N_WAITING:
      g_value_set_uint (value, priv->n_waiting);
      break;
    case PROP_N_PUBLISHED:
      g_value_set_uint64 (value, priv->n_published);
      break;
    case PROP_N_RECEIVED:
      g_value_set_uint64 (value, priv->n_received);
      break;
    case PROP_N_DROPPED:
      g_value_set_uint64 (value, priv->n_dropped);
      break;
    case PROP_N_MISSED:
      g_value_set_uint64 (value, priv->n_missed);
      break;
    case PROP_N_UNRECORDED:
      g_value_set_uint64 (value, priv->n_unrecorded);
      break;
    case PROP_N_REPEATED:
      g_value_set_uint64 (value, priv->n_repeated);
      break;
    case PROP_N_REJECTED:
      g_value_set_uint64 (value, priv->n_rejected);
      break;
    case PROP_LAG:
      g_value_set_uint64 (value, priv->lag_us);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_backplane_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (NX_BACKPLANE (object));

  switch (id)
    {
    case PROP_MAX_WAITING:
      priv->max_waiting = g_value_get_uint (value);
      break;
    case PROP_MAX_WAITING_BYTES:
      priv->max_waiting_bytes = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_backplane_dispose (GObject *object)
{
  NxBackplane *self = NX_BACKPLANE (object);

  nx_backplane_set_client (self, NULL, NULL);
  nx_backplane_stop (self);
  G_OBJECT_CLASS (nx_backplane_parent_class)->dispose (object);
}

static void
nx_backplane_finalize (GObject *object)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (NX_BACKPLANE (object));

  g_hash_table_unref (priv->records);
  g_hash_table_unref (priv->tickets);
  g_free (priv->node_name);
  g_free (priv->problem);
  G_OBJECT_CLASS (nx_backplane_parent_class)->finalize (object);
}

static void
install_state (void)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * NxBackplane:node: (getter get_node)
   *
   * The name of this process among the others; %NULL before the first start.
   *
   * Since: 0.1
   */
  properties[PROP_NODE] = g_param_spec_string ("node", NULL, NULL, NULL, flags);
  /**
   * NxBackplane:state: (getter get_state) (setter set_state)
   *
   * Whether it reaches the other processes.
   *
   * It is %NX_BACKPLANE_STATE_CONNECTING at first.
   *
   * Since: 0.1
   */
  properties[PROP_STATE] =
      g_param_spec_enum ("state", NULL, NULL, NX_TYPE_BACKPLANE_STATE,
                         NX_BACKPLANE_STATE_CONNECTING, flags | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * NxBackplane:problem: (getter get_problem)
   *
   * What is wrong, in words for people and without a password; %NULL when nothing is.
   *
   * Since: 0.1
   */
  properties[PROP_PROBLEM] =
      g_param_spec_string ("problem", NULL, NULL, NULL, flags | G_PARAM_EXPLICIT_NOTIFY);
}

static void
install_limits (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * NxBackplane:max-waiting:
   *
   * How many messages of a group may wait to be recorded while the connection is lost; beyond it they are delivered in this
   * process alone, marked as not recorded.
   *
   * The default is 1024.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_WAITING] =
      g_param_spec_uint ("max-waiting", NULL, NULL, 0, G_MAXUINT, 1024, flags);
  /**
   * NxBackplane:max-waiting-bytes:
   *
   * How many octets of a group may wait to be recorded while the connection is lost.
   *
   * The default is 1048576, one mebibyte.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_WAITING_BYTES] =
      g_param_spec_uint64 ("max-waiting-bytes", NULL, NULL, 0, G_MAXUINT64, 1024 * 1024, flags);
}

static void
install_statistics (void)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * NxBackplane:n-waiting:
   *
   * How many messages wait until they are recorded, those included that were sent and are not answered.
   *
   * Since: 0.1
   */
  properties[PROP_N_WAITING] = g_param_spec_uint ("n-waiting", NULL, NULL, 0, G_MAXUINT, 0, flags);
  /**
   * NxBackplane:n-published:
   *
   * How many messages of this process were taken.
   *
   * Since: 0.1
   */
  properties[PROP_N_PUBLISHED] =
      g_param_spec_uint64 ("n-published", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * NxBackplane:n-received:
   *
   * How many messages came, those of this process' own included that were recorded.
   *
   * Since: 0.1
   */
  properties[PROP_N_RECEIVED] =
      g_param_spec_uint64 ("n-received", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * NxBackplane:n-dropped:
   *
   * How many messages of this process that were not to be recorded may have reached no other, since the connection was lost.
   *
   * Since: 0.1
   */
  properties[PROP_N_DROPPED] =
      g_param_spec_uint64 ("n-dropped", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * NxBackplane:n-missed:
   *
   * How many messages of other processes are known to have been sent and did not come.
   *
   * Since: 0.1
   */
  properties[PROP_N_MISSED] =
      g_param_spec_uint64 ("n-missed", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * NxBackplane:n-unrecorded:
   *
   * How many messages of this process were to be recorded and are not.
   *
   * Since: 0.1
   */
  properties[PROP_N_UNRECORDED] =
      g_param_spec_uint64 ("n-unrecorded", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * NxBackplane:n-repeated:
   *
   * How many messages came a second time, and were dropped.
   *
   * Since: 0.1
   */
  properties[PROP_N_REPEATED] =
      g_param_spec_uint64 ("n-repeated", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * NxBackplane:n-rejected:
   *
   * How many things came that no process of ours can have sent, and were dropped.
   *
   * Since: 0.1
   */
  properties[PROP_N_REJECTED] =
      g_param_spec_uint64 ("n-rejected", NULL, NULL, 0, G_MAXUINT64, 0, flags);
  /**
   * NxBackplane:lag:
   *
   * How many microseconds the last answer took.
   *
   * Since: 0.1
   */
  properties[PROP_LAG] = g_param_spec_uint64 ("lag", NULL, NULL, 0, G_MAXUINT64, 0, flags);
}

static void
nx_backplane_class_init (NxBackplaneClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = nx_backplane_get_property;
  object_class->set_property = nx_backplane_set_property;
  object_class->dispose = nx_backplane_dispose;
  object_class->finalize = nx_backplane_finalize;
  install_state ();
  install_limits ();
  install_statistics ();
  g_object_class_install_properties (object_class, N_PROPS, properties);
  nx_backplane_set_up_base (klass);
}

static void
nx_backplane_init (NxBackplane *self)
{
  NxBackplanePrivate *priv = nx_backplane_get_private (self);

  priv->state = NX_BACKPLANE_STATE_CONNECTING;
  priv->max_waiting = 1024;
  priv->max_waiting_bytes = 1024 * 1024;
  priv->records = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, NULL,
                                         (GDestroyNotify) nx_record_unref);
  priv->tickets = g_hash_table_new (g_int64_hash, g_int64_equal);
}

/**
 * nx_backplane_get_node:
 * @self: a backplane
 *
 * The name of this process among the others, of sixteen hexadecimal digits. It is the app's, and in the ids of its websockets.
 *
 * Returns: (transfer none) (nullable): the name; %NULL before the first start
 *
 * Since: 0.1
 */
const char *
nx_backplane_get_node (NxBackplane *self)
{
  g_return_val_if_fail (NX_IS_BACKPLANE (self), NULL);

  return nx_backplane_get_private (self)->node_name;
}

/**
 * nx_backplane_get_state:
 * @self: a backplane
 *
 * Whether it reaches the other processes.
 *
 * Returns: the state
 *
 * Since: 0.1
 */
NxBackplaneState
nx_backplane_get_state (NxBackplane *self)
{
  g_return_val_if_fail (NX_IS_BACKPLANE (self), NX_BACKPLANE_STATE_LOST);

  return nx_backplane_get_private (self)->state;
}

/**
 * nx_backplane_get_problem:
 * @self: a backplane
 *
 * What is wrong, in words for people and without a password.
 *
 * Returns: (transfer none) (nullable): the words; %NULL when nothing is wrong
 *
 * Since: 0.1
 */
const char *
nx_backplane_get_problem (NxBackplane *self)
{
  g_return_val_if_fail (NX_IS_BACKPLANE (self), NULL);

  return nx_backplane_get_private (self)->problem;
}
