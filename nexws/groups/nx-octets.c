/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-octets-private.h"

#include <string.h>

/* -- Writing -- */

void
nx_octets_put_number (GByteArray *to, guint64 number)
{
  number = GUINT64_TO_BE (number);
  g_byte_array_append (to, (const guint8 *) &number, sizeof number);
}

void
nx_octets_put_half (GByteArray *to, guint32 number)
{
  number = GUINT32_TO_BE (number);
  g_byte_array_append (to, (const guint8 *) &number, sizeof number);
}

void
nx_octets_put_short (GByteArray *to, guint16 number)
{
  number = GUINT16_TO_BE (number);
  g_byte_array_append (to, (const guint8 *) &number, sizeof number);
}

void
nx_octets_put_string (GByteArray *to, const char *text)
{
  nx_octets_put_short (to, (guint16) strlen (text));
  g_byte_array_append (to, (const guint8 *) text, strlen (text));
}

/* -- Reading -- */

void
nx_octets_init (NxOctets *self, GBytes *bytes)
{
  *self = (NxOctets){ NULL };
  self->at = g_bytes_get_data (bytes, &self->n_left);
}

const guint8 *
nx_octets_take (NxOctets *self, gsize size)
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

guint64
nx_octets_take_number (NxOctets *self)
{
  const guint8 *from = nx_octets_take (self, sizeof (guint64));
  guint64 number = 0;

  if (from != NULL)
    memcpy (&number, from, sizeof number);
  return GUINT64_FROM_BE (number);
}

guint32
nx_octets_take_half (NxOctets *self)
{
  const guint8 *from = nx_octets_take (self, sizeof (guint32));
  guint32 number = 0;

  if (from != NULL)
    memcpy (&number, from, sizeof number);
  return GUINT32_FROM_BE (number);
}

guint16
nx_octets_take_short (NxOctets *self)
{
  const guint8 *from = nx_octets_take (self, sizeof (guint16));
  guint16 number = 0;

  if (from != NULL)
    memcpy (&number, from, sizeof number);
  return GUINT16_FROM_BE (number);
}

char *
nx_octets_take_string (NxOctets *self)
{
  guint16 size = nx_octets_take_short (self);
  const guint8 *from = nx_octets_take (self, size);

  if (from == NULL || !g_utf8_validate_len ((const char *) from, size, NULL))
    {
      self->has_failed = TRUE;
      return NULL;
    }
  return g_strndup ((const char *) from, size);
}

char **
nx_octets_take_strings (NxOctets *self)
{
  guint n = nx_octets_take_short (self);
  GStrvBuilder *builder = g_strv_builder_new ();
  char **strings;

  for (guint i = 0; i < n && !self->has_failed; i++)
    {
      g_autofree char *one = nx_octets_take_string (self);

      if (one != NULL)
        g_strv_builder_add (builder, one);
    }
  strings = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return strings;
}

GBytes *
nx_octets_take_bytes (NxOctets *self, GBytes *bytes, gsize size)
{
  gsize from = g_bytes_get_size (bytes) - self->n_left;

  if (nx_octets_take (self, size) == NULL && self->has_failed)
    return NULL;
  return g_bytes_new_from_bytes (bytes, from, size);
}

GBytes *
nx_octets_take_rest (NxOctets *self, GBytes *bytes)
{
  return nx_octets_take_bytes (self, bytes, self->n_left);
}
