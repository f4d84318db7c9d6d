/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-report-private.h"

#include "groups/nx-octets-private.h"
#include "groups/nx-parcel-private.h"

/* What they begin with. No flags of an NxParcel are so large. */
#define QUERY 0x80
#define REPORT 0x81

static gboolean
begins_with (GBytes *bytes, guint8 first)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  return size > 0 && *data == first;
}

static void
put_first (GByteArray *to, guint8 first)
{
  g_byte_array_append (to, &first, 1);
}

static void
put_bytes (GByteArray *to, GBytes *bytes)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  g_byte_array_append (to, data, size);
}

static NxMessage *
unpack_message (GBytes *bytes)
{
  g_auto (NxParcel) parcel = { NULL };

  return bytes != NULL && nx_parcel_unpack (&parcel, bytes) ? g_steal_pointer (&parcel.message)
                                                            : NULL;
}

/* -- The question -- */

GBytes *
nx_query_pack (const NxQuery *self)
{
  const NxParcel parcel = { .message = self->message };
  g_autoptr (GBytes) packed = nx_parcel_pack (&parcel);
  GByteArray *to = g_byte_array_new ();

  put_first (to, QUERY);
  nx_octets_put_number (to, self->node);
  nx_octets_put_number (to, self->number);
  nx_octets_put_half (to, self->timeout_ms);
  put_bytes (to, packed);
  return g_byte_array_free_to_bytes (to);
}

gboolean
nx_query_is_one (GBytes *bytes)
{
  return begins_with (bytes, QUERY);
}

gboolean
nx_query_unpack (NxQuery *self, GBytes *bytes)
{
  NxOctets octets;
  g_autoptr (GBytes) rest = NULL;

  *self = (NxQuery){ 0 };
  nx_octets_init (&octets, bytes);
  nx_octets_take (&octets, 1);
  self->node = nx_octets_take_number (&octets);
  self->number = nx_octets_take_number (&octets);
  self->timeout_ms = nx_octets_take_half (&octets);
  rest = nx_octets_take_rest (&octets, bytes);
  if (rest == NULL || self->timeout_ms == 0)
    return FALSE;
  self->message = unpack_message (rest);
  return self->message != NULL;
}

void
nx_query_clear (NxQuery *self)
{
  g_clear_pointer (&self->message, nx_message_unref);
}

/* -- What comes back -- */

static void
clear_answer (gpointer data)
{
  g_clear_pointer (&((NxReportAnswer *) data)->message, nx_message_unref);
}

void
nx_report_init (NxReport *self, guint64 node, guint64 number)
{
  *self = (NxReport){ .node = node, .number = number };
  self->asked = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->answers = g_array_new (FALSE, FALSE, sizeof (NxReportAnswer));
  g_array_set_clear_func (self->answers, clear_answer);
}

void
nx_report_clear (NxReport *self)
{
  g_clear_pointer (&self->asked, g_array_unref);
  g_clear_pointer (&self->answers, g_array_unref);
}

GBytes *
nx_report_pack (const NxReport *self)
{
  GByteArray *to = g_byte_array_new ();

  put_first (to, REPORT);
  nx_octets_put_number (to, self->node);
  nx_octets_put_number (to, self->number);
  nx_octets_put_half (to, self->index);
  put_first (to, self->is_last ? 1 : 0);
  nx_octets_put_half (to, self->asked->len);
  for (guint i = 0; i < self->asked->len; i++)
    nx_octets_put_number (to, g_array_index (self->asked, guint64, i));
  for (guint i = 0; i < self->answers->len; i++)
    {
      NxReportAnswer *answer = &g_array_index (self->answers, NxReportAnswer, i);
      const NxParcel parcel = { .message = answer->message };
      g_autoptr (GBytes) packed = nx_parcel_pack (&parcel);

      nx_octets_put_number (to, answer->serial);
      nx_octets_put_half (to, (guint32) g_bytes_get_size (packed));
      put_bytes (to, packed);
    }
  return g_byte_array_free_to_bytes (to);
}

gboolean
nx_report_is_one (GBytes *bytes)
{
  return begins_with (bytes, REPORT);
}

static void
take_answer (NxReport *self, NxOctets *octets, GBytes *bytes)
{
  NxReportAnswer answer = { .serial = nx_octets_take_number (octets) };
  guint32 size = nx_octets_take_half (octets);
  g_autoptr (GBytes) packed = nx_octets_take_bytes (octets, bytes, size);

  answer.message = unpack_message (packed);
  if (answer.message != NULL)
    g_array_append_val (self->answers, answer);
  else
    octets->has_failed = TRUE;
}

gboolean
nx_report_unpack (NxReport *self, GBytes *bytes)
{
  NxOctets octets;
  const guint8 *flags;
  guint64 node, number;
  guint32 n_asked;

  nx_octets_init (&octets, bytes);
  nx_octets_take (&octets, 1);
  node = nx_octets_take_number (&octets);
  number = nx_octets_take_number (&octets);
  nx_report_init (self, node, number);
  self->index = nx_octets_take_half (&octets);
  flags = nx_octets_take (&octets, 1);
  n_asked = nx_octets_take_half (&octets);
  self->is_last = flags != NULL && *flags == 1;
  if (flags == NULL || *flags > 1)
    octets.has_failed = TRUE;
  for (guint32 i = 0; i < n_asked && !octets.has_failed; i++)
    {
      guint64 serial = nx_octets_take_number (&octets);

      g_array_append_val (self->asked, serial);
    }
  while (octets.n_left > 0 && !octets.has_failed)
    take_answer (self, &octets, bytes);
  if (!octets.has_failed)
    return TRUE;
  nx_report_clear (self);
  return FALSE;
}
