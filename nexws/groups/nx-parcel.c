/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-parcel-private.h"

#include "groups/nx-groups-private.h"
#include "groups/nx-octets-private.h"
#include "messages/nx-json-private.h"
#include "messages/nx-json-scan-private.h"

#include <string.h>

typedef enum {
  IS_BINARY = 1 << 0,
  HAS_SERIAL = 1 << 1,
  HAS_SEVERAL = 1 << 2,
  ALL = IS_BINARY | HAS_SERIAL | HAS_SEVERAL,
} Flags;

GBytes *
nx_parcel_pack (const NxParcel *self)
{
  GByteArray *to = g_byte_array_new ();
  gsize size;
  const guint8 *data = g_bytes_get_data (nx_message_get_bytes (self->message), &size);
  guint8 flags = (nx_message_get_kind (self->message) == NX_MESSAGE_BINARY ? IS_BINARY : 0)
                 | (self->serial != 0 ? HAS_SERIAL : 0) | (self->several != NULL ? HAS_SEVERAL : 0);

  g_byte_array_append (to, &flags, 1);
  if (flags & HAS_SERIAL)
    {
      nx_octets_put_number (to, self->node);
      nx_octets_put_number (to, self->serial);
    }
  if (flags & HAS_SEVERAL)
    {
      guint n = self->preceding != NULL ? g_strv_length (self->preceding) : 0;

      nx_octets_put_string (to, self->several);
      nx_octets_put_short (to, (guint16) n);
      for (guint i = 0; i < n; i++)
        nx_octets_put_string (to, self->preceding[i]);
    }
  if (size > 0)
    g_byte_array_append (to, data, size);
  return g_byte_array_free_to_bytes (to);
}

GBytes *
nx_presence_pack (guint64 stamp, const char *key, const char *meta)
{
  GByteArray *to = g_byte_array_new ();

  nx_octets_put_number (to, stamp);
  nx_octets_put_string (to, key);
  g_byte_array_append (to, (const guint8 *) meta, strlen (meta));
  return g_byte_array_free_to_bytes (to);
}

static NxMessage *
take_message (NxOctets *octets, GBytes *bytes, gboolean is_binary)
{
  g_autoptr (GBytes) rest = nx_octets_take_rest (octets, bytes);
  g_autoptr (GError) error = NULL; /* it is the backplane's to say */

  if (rest == NULL)
    return NULL;
  return is_binary ? nx_message_new_bytes (rest) : nx_message_new_text_from_bytes (rest, &error);
}

gboolean
nx_parcel_unpack (NxParcel *self, GBytes *bytes)
{
  NxOctets octets;
  const guint8 *flags;

  *self = (NxParcel){ NULL };
  nx_octets_init (&octets, bytes);
  flags = nx_octets_take (&octets, 1);
  if (flags == NULL || (*flags & ~ALL) != 0)
    return FALSE;
  if (*flags & HAS_SERIAL)
    {
      self->node = nx_octets_take_number (&octets);
      self->serial = nx_octets_take_number (&octets);
    }
  if (*flags & HAS_SEVERAL)
    {
      self->several = nx_octets_take_string (&octets);
      self->preceding = nx_octets_take_strings (&octets);
    }
  self->message = take_message (&octets, bytes, *flags & IS_BINARY);
  if (self->message != NULL)
    return TRUE;
  nx_parcel_clear (self);
  return FALSE;
}

void
nx_parcel_clear (NxParcel *self)
{
  g_clear_pointer (&self->message, nx_message_unref);
  g_clear_pointer (&self->several, g_free);
  g_clear_pointer (&self->preceding, g_strfreev);
}

static gboolean
is_json (const char *text, gsize length)
{
  g_autoptr (GArray) big_integers = g_array_new (FALSE, FALSE, sizeof (gsize));

  return nx_json_scan (text, length, NX_JSON_DEPTH_MAX, big_integers, NULL);
}

gboolean
nx_presence_unpack (GBytes *bytes, guint64 *stamp, char **key, char **meta)
{
  NxOctets octets;
  g_autofree char *its_key = NULL;

  nx_octets_init (&octets, bytes);
  *stamp = nx_octets_take_number (&octets);
  its_key = nx_octets_take_string (&octets);
  if (octets.has_failed || !nx_groups_check_name (its_key, NULL)
      || octets.n_left > NX_PRESENCE_META_MAX
      || !g_utf8_validate_len ((const char *) octets.at, octets.n_left, NULL)
      || !is_json ((const char *) octets.at, octets.n_left))
    return FALSE;
  *key = g_steal_pointer (&its_key);
  *meta = g_strndup ((const char *) octets.at, octets.n_left);
  return TRUE;
}
