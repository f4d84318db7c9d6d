/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-parcel-private.h"

#include "groups/nx-groups-private.h"
#include "messages/nx-json-private.h"
#include "messages/nx-json-scan-private.h"

#include <string.h>

typedef enum {
  IS_BINARY = 1 << 0,
  HAS_SERIAL = 1 << 1,
  HAS_SEVERAL = 1 << 2,
  ALL = IS_BINARY | HAS_SERIAL | HAS_SEVERAL,
} Flags;

/* -- Writing: most significant octet first, and a string behind its length of two octets -- */

static void
put_number (GByteArray *to, guint64 number)
{
  number = GUINT64_TO_BE (number);
  g_byte_array_append (to, (const guint8 *) &number, sizeof number);
}

static void
put_short (GByteArray *to, guint16 number)
{
  number = GUINT16_TO_BE (number);
  g_byte_array_append (to, (const guint8 *) &number, sizeof number);
}

static void
put_string (GByteArray *to, const char *text)
{
  put_short (to, (guint16) strlen (text));
  g_byte_array_append (to, (const guint8 *) text, strlen (text));
}

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
      put_number (to, self->node);
      put_number (to, self->serial);
    }
  if (flags & HAS_SEVERAL)
    {
      guint n = self->preceding != NULL ? g_strv_length (self->preceding) : 0;

      put_string (to, self->several);
      put_short (to, (guint16) n);
      for (guint i = 0; i < n; i++)
        put_string (to, self->preceding[i]);
    }
  if (size > 0)
    g_byte_array_append (to, data, size);
  return g_byte_array_free_to_bytes (to);
}

GBytes *
nx_presence_pack (guint64 stamp, const char *key, const char *meta)
{
  GByteArray *to = g_byte_array_new ();

  put_number (to, stamp);
  put_string (to, key);
  g_byte_array_append (to, (const guint8 *) meta, strlen (meta));
  return g_byte_array_free_to_bytes (to);
}

/* -- Reading -- */

typedef struct
{
  const guint8 *at;
  gsize n_left;
  gboolean has_failed;
} Reader;

static const guint8 *
take (Reader *self, gsize size)
{
  const guint8 *taken = self->at;

  if (self->has_failed || self->n_left < size)
    {
      self->has_failed = TRUE;
      return NULL;
    }
  self->at += size;
  self->n_left -= size;
  return taken;
}

static guint64
take_number (Reader *self)
{
  const guint8 *from = take (self, sizeof (guint64));
  guint64 number = 0;

  if (from != NULL)
    memcpy (&number, from, sizeof number);
  return GUINT64_FROM_BE (number);
}

static guint16
take_short (Reader *self)
{
  const guint8 *from = take (self, sizeof (guint16));
  guint16 number = 0;

  if (from != NULL)
    memcpy (&number, from, sizeof number);
  return GUINT16_FROM_BE (number);
}

static char *
take_string (Reader *self)
{
  guint16 size = take_short (self);
  const guint8 *from = take (self, size);

  if (from == NULL || !g_utf8_validate_len ((const char *) from, size, NULL))
    {
      self->has_failed = TRUE;
      return NULL;
    }
  return g_strndup ((const char *) from, size);
}

static char **
take_strings (Reader *self)
{
  guint n = take_short (self);
  GStrvBuilder *builder = g_strv_builder_new ();
  char **strings;

  for (guint i = 0; i < n && !self->has_failed; i++)
    {
      g_autofree char *one = take_string (self);

      if (one != NULL)
        g_strv_builder_add (builder, one);
    }
  strings = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return strings;
}

static NxMessage *
make_message (GBytes *bytes, const Reader *reader, gboolean is_binary)
{
  gsize size = g_bytes_get_size (bytes);
  g_autoptr (GBytes) rest = g_bytes_new_from_bytes (bytes, size - reader->n_left, reader->n_left);
  g_autoptr (GError) error = NULL; /* it is the backplane's to say */

  return is_binary ? nx_message_new_bytes (rest) : nx_message_new_text_from_bytes (rest, &error);
}

gboolean
nx_parcel_unpack (NxParcel *self, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  Reader reader = { .at = data, .n_left = size };
  const guint8 *flags = take (&reader, 1);

  *self = (NxParcel){ NULL };
  if (flags == NULL || (*flags & ~ALL) != 0)
    return FALSE;
  if (*flags & HAS_SERIAL)
    {
      self->node = take_number (&reader);
      self->serial = take_number (&reader);
    }
  if (*flags & HAS_SEVERAL)
    {
      self->several = take_string (&reader);
      self->preceding = take_strings (&reader);
    }
  if (!reader.has_failed)
    self->message = make_message (bytes, &reader, *flags & IS_BINARY);
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
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  Reader reader = { .at = data, .n_left = size };
  g_autofree char *its_key = NULL;

  *stamp = take_number (&reader);
  its_key = take_string (&reader);
  if (reader.has_failed || !nx_groups_check_name (its_key, NULL)
      || reader.n_left > NX_PRESENCE_META_MAX
      || !g_utf8_validate_len ((const char *) reader.at, reader.n_left, NULL)
      || !is_json ((const char *) reader.at, reader.n_left))
    return FALSE;
  *key = g_steal_pointer (&its_key);
  *meta = g_strndup ((const char *) reader.at, reader.n_left);
  return TRUE;
}
