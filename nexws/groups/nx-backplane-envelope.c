/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "groups/nx-backplane-envelope-private.h"

#include <string.h>

#define MAGIC "NX1"
#define MAGIC_SIZE 3
#define ALL_FLAGS (NX_ENVELOPE_FIRST | NX_ENVELOPE_GAP)

static void
write_number (guint8 *to, guint64 number)
{
  number = GUINT64_TO_BE (number);
  memcpy (to, &number, sizeof number);
}

static guint64
read_number (const guint8 *from)
{
  guint64 number;

  memcpy (&number, from, sizeof number);
  return GUINT64_FROM_BE (number);
}

GBytes *
nx_backplane_envelope_close (const NxBackplaneEnvelopeHeader *header, GBytes *payload)
{
  gsize size = 0;
  const void *data = payload != NULL ? g_bytes_get_data (payload, &size) : NULL;
  guint8 *octets = g_malloc (NX_ENVELOPE_HEADER_SIZE + size);

  memcpy (octets, MAGIC, MAGIC_SIZE);
  octets[MAGIC_SIZE] = (guint8) header->flags;
  write_number (octets + 4, header->node);
  write_number (octets + 12, header->sequence);
  if (size > 0)
    memcpy (octets + NX_ENVELOPE_HEADER_SIZE, data, size);
  return g_bytes_new_take (octets, NX_ENVELOPE_HEADER_SIZE + size);
}

gboolean
nx_backplane_envelope_open (GBytes *envelope, NxBackplaneEnvelopeHeader *header, GBytes **payload)
{
  gsize size;
  const guint8 *octets = g_bytes_get_data (envelope, &size);

  if (size < NX_ENVELOPE_HEADER_SIZE || memcmp (octets, MAGIC, MAGIC_SIZE) != 0
      || (octets[MAGIC_SIZE] & ~ALL_FLAGS) != 0)
    return FALSE;
  header->flags = octets[MAGIC_SIZE];
  header->node = read_number (octets + 4);
  header->sequence = read_number (octets + 12);
  if (header->sequence == 0)
    return FALSE;
  *payload =
      g_bytes_new_from_bytes (envelope, NX_ENVELOPE_HEADER_SIZE, size - NX_ENVELOPE_HEADER_SIZE);
  return TRUE;
}
