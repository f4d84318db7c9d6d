/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "nx-settings-properties-private.h"

#include <string.h>

#include "nx-enum-types.h"

typedef enum {
  KIND_SIZE, /* octets: a gsize, as a 64-bit property */
  KIND_UINT,
  KIND_BOOLEAN,
  KIND_POLICY,
} Kind;

typedef struct
{
  const char *name;
  Kind kind;
  gsize offset;
  guint64 minimum;
  guint64 maximum;
} Setting;

#define AT(member) G_STRUCT_OFFSET (NxSettings, member)

/* The documentation of each stands below, for both classes. */
static const Setting settings[NX_N_SETTINGS] = {
  { "max-message-size", KIND_SIZE, AT (receiver.max_message_size), 1, G_MAXSIZE / 2 },
  { "max-fragments", KIND_UINT, AT (receiver.max_fragments), 1, G_MAXUINT },
  { "max-control-frames", KIND_UINT, AT (receiver.max_control_frames), 0, G_MAXUINT },
  { "ping-interval", KIND_UINT, AT (ping_interval_ms), 0, G_MAXINT },
  { "pong-timeout", KIND_UINT, AT (pong_timeout_ms), 1, G_MAXINT },
  { "close-timeout", KIND_UINT, AT (close_timeout_ms), 1, G_MAXINT },
  { "high-water-mark", KIND_SIZE, AT (high_water_mark), 1, G_MAXSIZE / 16 },
  { "low-water-mark", KIND_SIZE, AT (low_water_mark), 0, G_MAXSIZE / 16 },
  { "slow-policy", KIND_POLICY, AT (slow_policy), 0, 0 },
  { "receive-queue-messages", KIND_UINT, AT (receive_queue_messages), 1, G_MAXUINT },
  { "receive-queue-size", KIND_SIZE, AT (receive_queue_size), 1, G_MAXSIZE / 2 },
  { "max-json-depth", KIND_UINT, AT (max_json_depth), 1, 1000 },
  { "compression", KIND_BOOLEAN, AT (compression), 0, 0 },
  { "compression-context-takeover", KIND_BOOLEAN, AT (compression_takeover), 0, 0 },
  { "compression-window-bits", KIND_UINT, AT (compression_window_bits), 9, 15 },
  { "compression-threshold", KIND_SIZE, AT (compression_threshold), 0, G_MAXSIZE / 2 },
};

/**
 * NxApp:max-message-size:
 *
 * The largest message that is taken, in octets, after inflation and with all fragments together; a larger one closes the
 * connection with 1009.
 *
 * From 1 on; the default is 1048576, one mebibyte.
 *
 * Since: 0.1
 */
/**
 * NxRoute:max-message-size:
 *
 * As [property@App:max-message-size], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:max-fragments:
 *
 * How many fragments a message may come in; more close the connection with 1008.
 *
 * From 1 on; the default is 1024.
 *
 * Since: 0.1
 */
/**
 * NxRoute:max-fragments:
 *
 * As [property@App:max-fragments], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:max-control-frames:
 *
 * How many pings and pongs may come in a second without data between them; more close the connection with 1008. 0: any number.
 *
 * The default is 64.
 *
 * Since: 0.1
 */
/**
 * NxRoute:max-control-frames:
 *
 * As [property@App:max-control-frames], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:ping-interval:
 *
 * After how many milliseconds without a sign of life a ping asks for one; 0: never.
 *
 * The default is 20000.
 *
 * Since: 0.1
 */
/**
 * NxRoute:ping-interval:
 *
 * As [property@App:ping-interval], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:pong-timeout:
 *
 * How many milliseconds a peer has to answer a ping before it is given up with 1006. Any octet is an answer.
 *
 * From 1 on; the default is 20000.
 *
 * Since: 0.1
 */
/**
 * NxRoute:pong-timeout:
 *
 * As [property@App:pong-timeout], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:close-timeout:
 *
 * How many milliseconds each step of the closing handshake may take.
 *
 * From 1 on; the default is 5000.
 *
 * Since: 0.1
 */
/**
 * NxRoute:close-timeout:
 *
 * As [property@App:close-timeout], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:high-water-mark:
 *
 * So many octets unsent make a peer a slow one, to which [property@App:slow-policy] applies.
 *
 * From 1 on; the default is 1048576, one mebibyte.
 *
 * Since: 0.1
 */
/**
 * NxRoute:high-water-mark:
 *
 * As [property@App:high-water-mark], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:low-water-mark:
 *
 * At so many octets unsent, who waits with an asynchronous sending goes on. More than [property@App:high-water-mark] counts as that,
 * with a warning at the first connection.
 *
 * The default is 262144.
 *
 * Since: 0.1
 */
/**
 * NxRoute:low-water-mark:
 *
 * As [property@App:low-water-mark], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:slow-policy:
 *
 * What happens to a message for a slow peer.
 *
 * The default is %NX_SLOW_POLICY_CLOSE.
 *
 * Since: 0.1
 */
/**
 * NxRoute:slow-policy:
 *
 * As [property@App:slow-policy], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:receive-queue-messages:
 *
 * How many messages may wait to be taken before nothing more is read.
 *
 * From 1 on; the default is 16.
 *
 * Since: 0.1
 */
/**
 * NxRoute:receive-queue-messages:
 *
 * As [property@App:receive-queue-messages], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:receive-queue-size:
 *
 * How many octets of messages may wait to be taken before nothing more is read. One message always fits.
 *
 * From 1 on; the default is 65536.
 *
 * Since: 0.1
 */
/**
 * NxRoute:receive-queue-size:
 *
 * As [property@App:receive-queue-size], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:max-json-depth:
 *
 * How many levels may be nested in JSON that is received.
 *
 * From 1 to 1000; the default is 128.
 *
 * Since: 0.1
 */
/**
 * NxRoute:max-json-depth:
 *
 * As [property@App:max-json-depth], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:compression:
 *
 * Whether permessage-deflate (RFC 7692) is agreed to when a client offers it.
 *
 * The default is %FALSE.
 *
 * Since: 0.1
 */
/**
 * NxRoute:compression:
 *
 * As [property@App:compression], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:compression-context-takeover:
 *
 * Whether both sides may keep their compression's memory from one message to the next: smaller messages, for up to
 * 300 KiB a connection, and none that can be shared between receivers.
 *
 * The default is %FALSE.
 *
 * Since: 0.1
 */
/**
 * NxRoute:compression-context-takeover:
 *
 * As [property@App:compression-context-takeover], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:compression-window-bits:
 *
 * The window of the compression, as a power of two, in both directions.
 *
 * From 9 to 15; the default is 12.
 *
 * Since: 0.1
 */
/**
 * NxRoute:compression-window-bits:
 *
 * As [property@App:compression-window-bits], for the connections of this route.
 *
 * Since: 0.1
 */
/**
 * NxApp:compression-threshold:
 *
 * Messages of fewer octets are sent as they are.
 *
 * The default is 1024.
 *
 * Since: 0.1
 */
/**
 * NxRoute:compression-threshold:
 *
 * As [property@App:compression-threshold], for the connections of this route.
 *
 * Since: 0.1
 */

static GParamSpec *
make_pspec (const Setting *setting, const NxSettings *defaults)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  gconstpointer field = (const guint8 *) defaults + setting->offset;

  switch (setting->kind)
    {
    case KIND_SIZE:
      return g_param_spec_uint64 (setting->name, NULL, NULL, setting->minimum, setting->maximum,
                                  *(const gsize *) field, flags);
    case KIND_UINT:
      return g_param_spec_uint (setting->name, NULL, NULL, (guint) setting->minimum,
                                (guint) setting->maximum, *(const guint *) field, flags);
    case KIND_BOOLEAN:
      return g_param_spec_boolean (setting->name, NULL, NULL, *(const gboolean *) field, flags);
    case KIND_POLICY:
      return g_param_spec_enum (setting->name, NULL, NULL, NX_TYPE_SLOW_POLICY,
                                *(const NxSlowPolicy *) field, flags);
    default:
      g_assert_not_reached ();
    }
}

void
nx_settings_install_properties (GObjectClass *klass, guint first_id)
{
  g_autoptr (NxSettings) defaults = nx_settings_new ();

  for (guint i = 0; i < NX_N_SETTINGS; i++)
    g_object_class_install_property (klass, first_id + i, make_pspec (&settings[i], defaults));
}

void
nx_settings_get_property (const NxSettings *self, guint index, GValue *value)
{
  gconstpointer field = (const guint8 *) self + settings[index].offset;

  switch (settings[index].kind)
    {
    case KIND_SIZE:
      g_value_set_uint64 (value, *(const gsize *) field);
      break;
    case KIND_UINT:
      g_value_set_uint (value, *(const guint *) field);
      break;
    case KIND_BOOLEAN:
      g_value_set_boolean (value, *(const gboolean *) field);
      break;
    case KIND_POLICY:
      g_value_set_enum (value, *(const NxSlowPolicy *) field);
      break;
    }
}

void
nx_settings_set_property (NxSettings *self, guint index, const GValue *value)
{
  gpointer field = (guint8 *) self + settings[index].offset;

  self->has_told_marks = FALSE;
  switch (settings[index].kind)
    {
    case KIND_SIZE:
      *(gsize *) field = g_value_get_uint64 (value);
      break;
    case KIND_UINT:
      *(guint *) field = g_value_get_uint (value);
      break;
    case KIND_BOOLEAN:
      *(gboolean *) field = g_value_get_boolean (value);
      break;
    case KIND_POLICY:
      *(NxSlowPolicy *) field = g_value_get_enum (value);
      break;
    }
}

void
nx_settings_check (NxSettings *self)
{
  if (self->low_water_mark <= self->high_water_mark || self->has_told_marks)
    return;
  self->has_told_marks = TRUE;
  g_warning ("low-water-mark is %" G_GSIZE_FORMAT
             ", more than high-water-mark, and counts as that; "
             "allowed: 0 to %" G_GSIZE_FORMAT,
             self->low_water_mark, self->high_water_mark);
}

static gsize
field_size (Kind kind)
{
  return kind == KIND_SIZE ? sizeof (gsize) : sizeof (guint);
}

void
nx_settings_override (NxSettings *self, const NxSettings *from, guint mask)
{
  self->has_told_marks = FALSE;
  for (guint i = 0; i < NX_N_SETTINGS; i++)
    if (mask & (1u << i))
      memcpy ((guint8 *) self + settings[i].offset, (const guint8 *) from + settings[i].offset,
              field_size (settings[i].kind));
}
