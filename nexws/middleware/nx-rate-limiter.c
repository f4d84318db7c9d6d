/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "middleware/nx-rate-limiter.h"

#include "middleware/nx-address-table-private.h"
#include "middleware/nx-token-bucket-private.h"
#include "nx-enum-types.h"
#include "nx-web-socket-private.h"

/**
 * NxRateLimiter:
 *
 * Middleware that limits how much clients send: messages and octets, of each connection and of each address.
 *
 * A message counts as a whole and inflated, when it has come and before anybody gets it. Each limit is a token bucket: so
 * many a second in the long run, and a burst at once. A rate of 0 is no limit. A message that is larger than the burst of octets
 * needs a full bucket.
 *
 * With %NX_LIMIT_SLOW_DOWN the message that goes beyond the limit is delivered, and the next one is not read until the time
 * for this one has passed: TCP makes the client wait. Messages of routers that share the limiter count together for an address.
 *
 * Control frames have a limit of their own, which is part of the protocol engine.
 *
 * Since: 0.1
 */

/* In the order of the properties: a rate and a burst each. */
enum {
  MESSAGES,
  BYTES,
  ADDRESS_MESSAGES,
  ADDRESS_BYTES,
  N_RATES
};

struct _NxRateLimiter
{
  NxMiddleware parent_instance;

  NxRate rates[N_RATES];
  NxLimitOutcome outcome;
  guint max_addresses;
  NxAddressTable *addresses;
  guint64 n_limited;
};

/* What a connection has of it. */
typedef struct
{
  NxTap tap;
  NxRateLimiter *limiter;
  NxWebSocket *ws; /* which owns this */
  NxTokenBucket messages;
  NxTokenBucket bytes;
  NxAddressEntry *address; /* nullable: addresses are not limited */
  NxTimer timer;           /* while nothing is read */
} Limit;

enum {
  PROP_0,
  PROP_OUTCOME,
  PROP_MAX_ADDRESSES,
  PROP_N_LIMITED,
  PROP_FIRST_RATE,
  N_PROPS = PROP_FIRST_RATE + 2 * N_RATES
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (NxRateLimiter, nx_rate_limiter, NX_TYPE_MIDDLEWARE)

/* -- Counting -- */

/* NULL: this one is not kept. */
static NxTokenBucket *
get_bucket (Limit *limit, guint which)
{
  switch (which)
    {
    case MESSAGES:
      return &limit->messages;
    case BYTES:
      return &limit->bytes;
    case ADDRESS_MESSAGES:
      return limit->address != NULL ? &limit->address->messages : NULL;
    default:
      return limit->address != NULL ? &limit->address->bytes : NULL;
    }
}

static double
get_cost (guint which, NxMessage *message)
{
  return which == BYTES || which == ADDRESS_BYTES ? (double) nx_message_get_size (message) : 1;
}

static gboolean
has_all (Limit *limit, NxMessage *message, gint64 now_us)
{
  for (guint i = 0; i < N_RATES; i++)
    {
      NxTokenBucket *bucket = get_bucket (limit, i);

      if (bucket != NULL
          && !nx_token_bucket_has (bucket, &limit->limiter->rates[i], get_cost (i, message),
                                   now_us))
        return FALSE;
    }
  return TRUE;
}

static void
take_all (Limit *limit, NxMessage *message, gint64 now_us)
{
  for (guint i = 0; i < N_RATES; i++)
    {
      NxTokenBucket *bucket = get_bucket (limit, i);

      if (bucket != NULL)
        nx_token_bucket_take (bucket, &limit->limiter->rates[i], get_cost (i, message), now_us);
    }
}

static gint64
get_debt (Limit *limit, gint64 now_us)
{
  gint64 debt_us = 0;

  for (guint i = 0; i < N_RATES; i++)
    {
      NxTokenBucket *bucket = get_bucket (limit, i);

      if (bucket != NULL)
        debt_us =
            MAX (debt_us, nx_token_bucket_get_debt (bucket, &limit->limiter->rates[i], now_us));
    }
  return debt_us;
}

/* -- Slowing down -- */

static void
timer_cb (NxTimer *timer)
{
  Limit *limit = (Limit *) ((guint8 *) timer - G_STRUCT_OFFSET (Limit, timer));
  gint64 now_us = nx_reactor_get_now (limit->ws->reactor);
  gint64 debt_us = get_debt (limit, now_us);

  /* Others from its address may have come first. */
  if (debt_us > 0)
    nx_reactor_start_timer (limit->ws->reactor, timer, now_us + debt_us);
  else
    nx_web_socket_release_input (limit->ws);
}

static void
slow_down (Limit *limit, gint64 now_us)
{
  gint64 debt_us = get_debt (limit, now_us);

  if (debt_us == 0 || nx_timer_is_started (&limit->timer))
    return;
  limit->limiter->n_limited++;
  nx_web_socket_hold_input (limit->ws);
  nx_reactor_start_timer (limit->ws->reactor, &limit->timer, now_us + debt_us);
}

static gboolean
received_cb (NxTap *tap, NxWebSocket *ws, NxMessage *message)
{
  Limit *limit = (Limit *) tap;
  NxRateLimiter *self = limit->limiter;
  gint64 now_us = nx_reactor_get_now (ws->reactor);

  if (self->outcome == NX_LIMIT_SLOW_DOWN)
    {
      take_all (limit, message, now_us);
      slow_down (limit, now_us);
      return TRUE;
    }
  if (has_all (limit, message, now_us))
    {
      take_all (limit, message, now_us);
      return TRUE;
    }
  self->n_limited++;
  if (self->outcome == NX_LIMIT_CLOSE)
    nx_web_socket_close (ws, NX_CLOSE_POLICY_VIOLATION, "Rate limit exceeded", NULL);
  return FALSE;
}

/* -- Coming and going -- */

static void
limit_free (NxTap *tap)
{
  Limit *limit = (Limit *) tap;

  nx_reactor_stop_timer (limit->ws->reactor, &limit->timer);
  if (limit->address != NULL)
    nx_address_table_leave (limit->limiter->addresses, limit->address);
  g_object_unref (limit->limiter);
  g_free (limit);
}

static gboolean
has_limit (NxRateLimiter *self, NxWebSocket *ws)
{
  for (NxTap *tap = ws->taps; tap != NULL; tap = tap->next)
    if (tap->free == limit_free && ((Limit *) tap)->limiter == self)
      return TRUE;
  return FALSE;
}

static void
enter_address (NxRateLimiter *self, Limit *limit, gint64 now_us)
{
  gboolean is_new;

  if (self->rates[ADDRESS_MESSAGES].per_second == 0 && self->rates[ADDRESS_BYTES].per_second == 0)
    return;
  limit->address = nx_address_table_enter (self->addresses, limit->ws, &is_new);
  if (!is_new)
    return;
  nx_token_bucket_init (&limit->address->messages, &self->rates[ADDRESS_MESSAGES], now_us);
  nx_token_bucket_init (&limit->address->bytes, &self->rates[ADDRESS_BYTES], now_us);
}

static NxVerdict
nx_rate_limiter_handshake (NxMiddleware *middleware, NxWebSocket *ws)
{
  NxRateLimiter *self = NX_RATE_LIMITER (middleware);
  gint64 now_us = nx_reactor_get_now (ws->reactor);
  Limit *limit;

  if (has_limit (self, ws))
    return NX_VERDICT_PASS;
  limit = g_new0 (Limit, 1);
  limit->tap.received = received_cb;
  limit->tap.free = limit_free;
  limit->limiter = g_object_ref (self);
  limit->ws = ws;
  nx_token_bucket_init (&limit->messages, &self->rates[MESSAGES], now_us);
  nx_token_bucket_init (&limit->bytes, &self->rates[BYTES], now_us);
  enter_address (self, limit, now_us);
  nx_timer_init (&limit->timer, timer_cb);
  nx_web_socket_add_tap (ws, &limit->tap);
  return NX_VERDICT_PASS;
}

/* -- The object -- */

static double *
get_rate_field (NxRateLimiter *self, guint id)
{
  NxRate *rate = &self->rates[(id - PROP_FIRST_RATE) / 2];

  return (id - PROP_FIRST_RATE) % 2 == 0 ? &rate->per_second : &rate->burst;
}

static void
nx_rate_limiter_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  NxRateLimiter *self = NX_RATE_LIMITER (object);

  switch (id)
    {
    case PROP_OUTCOME:
      g_value_set_enum (value, self->outcome);
      break;
    case PROP_MAX_ADDRESSES:
      g_value_set_uint (value, self->max_addresses);
      break;
    case PROP_N_LIMITED:
      g_value_set_uint64 (value, self->n_limited);
      break;
    default:
      g_value_set_double (value, *get_rate_field (self, id));
    }
}

static void
nx_rate_limiter_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  NxRateLimiter *self = NX_RATE_LIMITER (object);

  switch (id)
    {
    case PROP_OUTCOME:
      self->outcome = g_value_get_enum (value);
      break;
    case PROP_MAX_ADDRESSES:
      self->max_addresses = g_value_get_uint (value);
      nx_address_table_set_max_idle (self->addresses, self->max_addresses);
      break;
    default:
      *get_rate_field (self, id) = g_value_get_double (value);
    }
}

static void
nx_rate_limiter_finalize (GObject *object)
{
  nx_address_table_unref (NX_RATE_LIMITER (object)->addresses);
  G_OBJECT_CLASS (nx_rate_limiter_parent_class)->finalize (object);
}

static void
install_rates (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  guint id = PROP_FIRST_RATE;

  /**
   * NxRateLimiter:messages-per-second:
   *
   * How many messages a connection may send in the long run. 0: any number.
   *
   * From 0 to 10⁹; the default is 0.
   *
   * Since: 0.1
   */
  properties[id++] = g_param_spec_double ("messages-per-second", NULL, NULL, 0, 1e9, 0, flags);
  /**
   * NxRateLimiter:message-burst:
   *
   * How many messages a connection may send at once. 0: what it may in a second, and at least one.
   *
   * From 0 to 10⁹; the default is 0.
   *
   * Since: 0.1
   */
  properties[id++] = g_param_spec_double ("message-burst", NULL, NULL, 0, 1e9, 0, flags);
  /**
   * NxRateLimiter:bytes-per-second:
   *
   * How many octets of messages a connection may send in the long run. 0: any number.
   *
   * From 0 to 10¹²; the default is 0.
   *
   * Since: 0.1
   */
  properties[id++] = g_param_spec_double ("bytes-per-second", NULL, NULL, 0, 1e12, 0, flags);
  /**
   * NxRateLimiter:byte-burst:
   *
   * How many octets of messages a connection may send at once. 0: what it may in a second, and at least one.
   *
   * From 0 to 10¹²; the default is 0.
   *
   * Since: 0.1
   */
  properties[id++] = g_param_spec_double ("byte-burst", NULL, NULL, 0, 1e12, 0, flags);
  /**
   * NxRateLimiter:address-messages-per-second:
   *
   * As [property@RateLimiter:messages-per-second], for all connections of an address together: an IPv4 address, an IPv6
   * network of 64 bits, or the user behind a unix socket. It holds for connections that come after it was set.
   *
   * From 0 to 10⁹; the default is 0.
   *
   * Since: 0.1
   */
  properties[id++] =
      g_param_spec_double ("address-messages-per-second", NULL, NULL, 0, 1e9, 0, flags);
  /**
   * NxRateLimiter:address-message-burst:
   *
   * As [property@RateLimiter:message-burst], for all connections of an address together.
   *
   * From 0 to 10⁹; the default is 0.
   *
   * Since: 0.1
   */
  properties[id++] = g_param_spec_double ("address-message-burst", NULL, NULL, 0, 1e9, 0, flags);
  /**
   * NxRateLimiter:address-bytes-per-second:
   *
   * As [property@RateLimiter:bytes-per-second], for all connections of an address together. It holds for connections that
   * come after it was set.
   *
   * From 0 to 10¹²; the default is 0.
   *
   * Since: 0.1
   */
  properties[id++] =
      g_param_spec_double ("address-bytes-per-second", NULL, NULL, 0, 1e12, 0, flags);
  /**
   * NxRateLimiter:address-byte-burst:
   *
   * As [property@RateLimiter:byte-burst], for all connections of an address together.
   *
   * From 0 to 10¹²; the default is 0.
   *
   * Since: 0.1
   */
  properties[id++] = g_param_spec_double ("address-byte-burst", NULL, NULL, 0, 1e12, 0, flags);
}

static void
nx_rate_limiter_class_init (NxRateLimiterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->get_property = nx_rate_limiter_get_property;
  object_class->set_property = nx_rate_limiter_set_property;
  object_class->finalize = nx_rate_limiter_finalize;
  NX_MIDDLEWARE_CLASS (klass)->handshake = nx_rate_limiter_handshake;

  /**
   * NxRateLimiter:outcome:
   *
   * What happens to who sends too much.
   *
   * The default is %NX_LIMIT_SLOW_DOWN.
   *
   * Since: 0.1
   */
  properties[PROP_OUTCOME] =
      g_param_spec_enum ("outcome", NULL, NULL, NX_TYPE_LIMIT_OUTCOME, NX_LIMIT_SLOW_DOWN, flags);
  /**
   * NxRateLimiter:max-addresses:
   *
   * How many addresses without a connection are remembered; the one that left first is forgotten first, and begins anew.
   *
   * The default is 4096.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_ADDRESSES] = g_param_spec_uint ("max-addresses", NULL, NULL, 0, G_MAXUINT,
                                                      4096, flags | G_PARAM_CONSTRUCT);
  /**
   * NxRateLimiter:n-limited:
   *
   * How many messages were dropped, or closed or slowed down their connection, so far.
   *
   * Since: 0.1
   */
  properties[PROP_N_LIMITED] = g_param_spec_uint64 ("n-limited", NULL, NULL, 0, G_MAXUINT64, 0,
                                                    G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  install_rates ();
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
nx_rate_limiter_init (NxRateLimiter *self)
{
  self->addresses = nx_address_table_new ();
}

/**
 * nx_rate_limiter_new:
 * @messages_per_second: how many messages a connection may send in the long run, and at once; 0: any number
 * @outcome: what happens to who sends more
 *
 * Makes a limiter for what clients send. More limits are properties.
 *
 * Returns: (transfer full): the limiter
 *
 * Since: 0.1
 */
NxRateLimiter *
nx_rate_limiter_new (double messages_per_second, NxLimitOutcome outcome)
{
  return g_object_new (NX_TYPE_RATE_LIMITER, "messages-per-second", messages_per_second, "outcome",
                       outcome, NULL);
}
