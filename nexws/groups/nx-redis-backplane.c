/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-redis-backplane-private.h"

#include "nx-error-private.h"
#include "messages/nx-keyed-hash-private.h"

#define DEFAULT_PREFIX "nexws:"
#define DEFAULT_HEARTBEAT_MS (5 * 1000)
#define DEFAULT_TIMEOUT_MS (5 * 1000)
#define DEFAULT_MAX_DELAY_MS (10 * 1000)

/**
 * NxRedisBackplane:
 *
 * A [class@Backplane] over a Redis, of version 5 or later.
 *
 * Groups without a history go over pub/sub. The history of a group is a Redis Stream, and what is recorded is delivered, at every process
 * and in one order, only out of that. "Accepted" means that Redis has answered the append: it is as safe as Redis keeps it
 * (`appendfsync always` for what is to survive a crash of Redis itself).
 *
 * A lost connection, which is noticed within [property@RedisBackplane:heartbeat-interval] and
 * [property@RedisBackplane:timeout] together, is tried again after growing delays, and what was recorded meanwhile is read. A stream that
 * has lost what was read before is a gap.
 *
 * Processes that share a Redis, a database and a [property@RedisBackplane:key-prefix] share their groups. Whoever may write to that Redis
 * may speak to all members.
 *
 * Since: 0.1
 */
enum {
  PROP_0,
  PROP_URI,
  PROP_KEY_PREFIX,
  PROP_HEARTBEAT_INTERVAL,
  PROP_TIMEOUT,
  PROP_MAX_RETRY_DELAY,
  PROP_TLS_DATABASE,
  PROP_TLS_CERTIFICATE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (NxRedisBackplane, nx_redis_backplane, NX_TYPE_BACKPLANE)

static void
nx_redis_backplane_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxRedisBackplane *self = NX_REDIS_BACKPLANE (object);

  switch (id)
    {
    case PROP_KEY_PREFIX:
      g_value_set_string (value, self->prefix);
      break;
    case PROP_HEARTBEAT_INTERVAL:
      g_value_set_uint (value, self->heartbeat_ms);
      break;
    case PROP_TIMEOUT:
      g_value_set_uint (value, self->timeout_ms);
      break;
    case PROP_MAX_RETRY_DELAY:
      g_value_set_uint (value, self->max_delay_ms);
      break;
    case PROP_TLS_DATABASE:
      g_value_set_object (value, self->tls.database);
      break;
    case PROP_TLS_CERTIFICATE:
      g_value_set_object (value, self->tls.certificate);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_redis_backplane_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxRedisBackplane *self = NX_REDIS_BACKPLANE (object);

  switch (id)
    {
    case PROP_URI:
      if (g_value_get_string (value) != NULL)
        self->address = nx_redis_address_parse (g_value_get_string (value), NULL);
      break;
    case PROP_KEY_PREFIX:
      g_free (self->prefix);
      self->prefix = g_value_dup_string (value);
      if (self->prefix == NULL)
        self->prefix = g_strdup ("");
      break;
    case PROP_HEARTBEAT_INTERVAL:
      self->heartbeat_ms = g_value_get_uint (value);
      break;
    case PROP_TIMEOUT:
      self->timeout_ms = g_value_get_uint (value);
      break;
    case PROP_MAX_RETRY_DELAY:
      self->max_delay_ms = g_value_get_uint (value);
      break;
    case PROP_TLS_DATABASE:
      g_set_object (&self->tls.database, g_value_get_object (value));
      break;
    case PROP_TLS_CERTIFICATE:
      g_set_object (&self->tls.certificate, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
nx_redis_backplane_finalize (GObject *object)
{
  NxRedisBackplane *self = NX_REDIS_BACKPLANE (object);

  g_clear_pointer (&self->address, nx_redis_address_free);
  g_free (self->prefix);
  g_free (self->channels);
  nx_redis_tls_clear (&self->tls);
  g_free (self->run_id);
  g_free (self->old_run_id);
  g_hash_table_unref (self->groups);
  g_hash_table_unref (self->touched);
  g_hash_table_unref (self->own);
  g_hash_table_unref (self->deadlines);
  g_hash_table_unref (self->buried);
  G_OBJECT_CLASS (nx_redis_backplane_parent_class)->finalize (object);
}

/* -- What a backplane does -- */

static void
nx_redis_backplane_start (NxBackplane *base)
{
  NxRedisBackplane *self = NX_REDIS_BACKPLANE (base);

  if (self->address == NULL)
    {
      g_autoptr (GError) error = g_error_new_literal (NX_ERROR, NX_ERROR_ADDRESS,
                                                      "It was made without the address of a Redis");

      nx_backplane_report (base, error);
      return;
    }
  g_free (self->channels);
  self->channels = g_strdup_printf ("%s%u:", self->prefix, self->address->database);
  nx_redis_link_open (self);
}

static void
nx_redis_backplane_stop (NxBackplane *base)
{
  nx_redis_link_close (NX_REDIS_BACKPLANE (base));
}

static void
nx_redis_backplane_publish (NxBackplane *base,
                            guint64 ticket,
                            const char *group,
                            GBytes *envelope,
                            guint keep,
                            guint keep_ms,
                            guint64 keep_bytes,
                            GError **error)
{
  NxRedisBackplane *self = NX_REDIS_BACKPLANE (base);
  const NxHistoryLimits limits = { keep, keep_ms, (gsize) MIN (keep_bytes, G_MAXSIZE) };

  if (keep > 0)
    nx_redis_streams_append (self, ticket, group, envelope, &limits);
  else
    nx_redis_groups_publish (self, ticket, group, envelope);
}

static void
nx_redis_backplane_subscribe (NxBackplane *base,
                              const char *group,
                              gboolean recorded,
                              const char *after_id,
                              GError **error)
{
  nx_redis_groups_subscribe (NX_REDIS_BACKPLANE (base), group, recorded, after_id);
}

static void
nx_redis_backplane_unsubscribe (NxBackplane *base, const char *group)
{
  nx_redis_groups_unsubscribe (NX_REDIS_BACKPLANE (base), group);
}

static void
nx_redis_backplane_fetch (NxBackplane *base,
                          guint64 ticket,
                          const char *group,
                          const char *after_id,
                          guint limit,
                          GError **error)
{
  nx_redis_fetch (NX_REDIS_BACKPLANE (base), ticket, group, after_id, limit, error);
}

static void
nx_redis_backplane_set_presence (NxBackplane *base,
                                 const char *group,
                                 const char *member,
                                 GBytes *meta,
                                 GError **error)
{
  nx_redis_own_set (NX_REDIS_BACKPLANE (base), group, member, meta);
}

static void
nx_redis_backplane_send_to (NxBackplane *base,
                            guint64 ticket,
                            const char *node,
                            GBytes *envelope,
                            GError **error)
{
  nx_redis_groups_send_to (NX_REDIS_BACKPLANE (base), ticket, node, envelope);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  /**
   * NxRedisBackplane:uri:
   *
   * Where the Redis is, as [ctor@RedisBackplane.new] has it. It cannot be read, since it may hold a password.
   *
   * Since: 0.1
   */
  properties[PROP_URI] = g_param_spec_string (
      "uri", NULL, NULL, NULL, G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);
  /**
   * NxRedisBackplane:key-prefix:
   *
   * What the names of all keys and channels begin with. What is set holds from the next start.
   *
   * The default is `nexws:`.
   *
   * Since: 0.1
   */
  properties[PROP_KEY_PREFIX] =
      g_param_spec_string ("key-prefix", NULL, NULL, DEFAULT_PREFIX, flags);
  /**
   * NxRedisBackplane:heartbeat-interval:
   *
   * How long a heartbeat is, in milliseconds: the members of a process that dies are gone everywhere within two of them. What is set
   * holds from the next connection.
   *
   * From 20 to 600000; the default is 5000.
   *
   * Since: 0.1
   */
  properties[PROP_HEARTBEAT_INTERVAL] = g_param_spec_uint (
      "heartbeat-interval", NULL, NULL, 20, 10 * 60 * 1000, DEFAULT_HEARTBEAT_MS, flags);
  /**
   * NxRedisBackplane:timeout:
   *
   * How many milliseconds the Redis has to let us in, and to answer a command. What is set holds from the next connection.
   *
   * From 20 to 600000; the default is 5000.
   *
   * Since: 0.1
   */
  properties[PROP_TIMEOUT] =
      g_param_spec_uint ("timeout", NULL, NULL, 20, 10 * 60 * 1000, DEFAULT_TIMEOUT_MS, flags);
  /**
   * NxRedisBackplane:max-retry-delay:
   *
   * How many milliseconds there are at most between two attempts to connect. A Redis that does not want us because of our user or
   * password is not asked more often than that.
   *
   * From 1 to 600000; the default is 10000.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_RETRY_DELAY] = g_param_spec_uint (
      "max-retry-delay", NULL, NULL, 1, 10 * 60 * 1000, DEFAULT_MAX_DELAY_MS, flags);
  /**
   * NxRedisBackplane:tls-database:
   *
   * Which certificates are trusted when the URI begins with `rediss`; %NULL for what its `ca` names, or for those that the system
   * trusts. What is set holds from the next connection.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_DATABASE] =
      g_param_spec_object ("tls-database", NULL, NULL, G_TYPE_TLS_DATABASE, flags);
  /**
   * NxRedisBackplane:tls-certificate:
   *
   * Who we are when the URI begins with `rediss`, with a private key; %NULL for what its `certificate` names, or for nobody. A Redis asks
   * for it unless `tls-auth-clients` says otherwise. What is set holds from the next connection.
   *
   * Since: 0.1
   */
  properties[PROP_TLS_CERTIFICATE] =
      g_param_spec_object ("tls-certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
nx_redis_backplane_class_init (NxRedisBackplaneClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  NxBackplaneClass *backplane_class = NX_BACKPLANE_CLASS (klass);

  object_class->get_property = nx_redis_backplane_get_property;
  object_class->set_property = nx_redis_backplane_set_property;
  object_class->finalize = nx_redis_backplane_finalize;
  backplane_class->start = nx_redis_backplane_start;
  backplane_class->stop = nx_redis_backplane_stop;
  backplane_class->publish = nx_redis_backplane_publish;
  backplane_class->subscribe = nx_redis_backplane_subscribe;
  backplane_class->unsubscribe = nx_redis_backplane_unsubscribe;
  backplane_class->fetch = nx_redis_backplane_fetch;
  backplane_class->set_presence = nx_redis_backplane_set_presence;
  backplane_class->send_to = nx_redis_backplane_send_to;
  install_properties (object_class);
}

static void
nx_redis_backplane_init (NxRedisBackplane *self)
{
  self->prefix = g_strdup (DEFAULT_PREFIX);
  self->heartbeat_ms = DEFAULT_HEARTBEAT_MS;
  self->timeout_ms = DEFAULT_TIMEOUT_MS;
  self->max_delay_ms = DEFAULT_MAX_DELAY_MS;
  self->groups = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, NULL, nx_redis_group_unref);
  self->touched = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, g_free, NULL);
  self->own = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, g_free,
                                     (GDestroyNotify) g_hash_table_unref);
  self->deadlines = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, g_free, g_free);
  self->buried = g_hash_table_new_full (nx_keyed_str_hash, g_str_equal, g_free, NULL);
}

/**
 * nx_redis_backplane_new:
 * @uri: where the Redis is
 * @error: return location for an error
 *
 * Makes a backplane over a Redis: `redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`, `rediss:` for the same over TLS, or
 * `redis+unix://[USER[:PASSWORD]@]/PATH[?db=DATABASE]`. A password without a user is `redis://:PASSWORD@HOST`. What is not a letter or a
 * digit in a user or a password is to be percent-encoded.
 *
 * Behind `rediss:` may stand `?ca=FILE&certificate=FILE&key=FILE`, any of them: files in PEM format with the certificates that are trusted,
 * ours, and its key unless that is in the same file. They are read now. The server's certificate has to be for the host of the URI.
 *
 * Nothing is connected to before it is used.
 *
 * Returns: (transfer full): the backplane; %NULL with %NX_ERROR_ADDRESS for a URI that is none of these, with an error of GIO's
 *   for a file that cannot be used, with %NX_ERROR_UNSUPPORTED when this library was built without hiredis
 *
 * Since: 0.1
 */
NxRedisBackplane *
nx_redis_backplane_new (const char *uri, GError **error)
{
  g_autoptr (NxRedisBackplane) self = NULL;
  g_autoptr (NxRedisAddress) address = NULL;
  GError *local = NULL;

  g_return_val_if_fail (uri != NULL, NULL);

  address = nx_redis_address_parse (uri, &local);
  if (address != NULL)
    {
      self = g_object_new (NX_TYPE_REDIS_BACKPLANE, "uri", uri, NULL);
      if (nx_redis_tls_load (&self->tls, self->address, &local))
        return g_steal_pointer (&self);
    }
  nx_error_give (error, local, G_STRFUNC);
  return NULL;
}
