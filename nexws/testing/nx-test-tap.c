/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "testing/nx-test-tap-private.h"

#include <string.h>

void
nx_test_tap_init (NxTestTap *self, NxTestTapFunc func, gpointer owner)
{
  *self = (NxTestTap){ .func = func, .owner = owner };
}

static gboolean
is_header_whole (const NxTestTap *self)
{
  return self->n_header >= 2 && self->n_header == nx_frame_header_get_size (self->header[1]);
}

static void
end_frame (NxTestTap *self)
{
  self->n_header = 0;
  if (self->opcode & 0x8)
    self->func (self->opcode, self->payload, self->n_payload, self->owner);
}

static void
take_header (NxTestTap *self, guint8 octet)
{
  NxFrameHeader header;

  self->header[self->n_header++] = octet;
  if (!is_header_whole (self))
    return;
  nx_frame_header_parse (&header, self->header);
  self->opcode = header.opcode;
  self->remaining = header.length;
  self->n_payload = 0;
  if (self->remaining == 0)
    end_frame (self);
}

static gsize
take_payload (NxTestTap *self, const guint8 *data, gsize length)
{
  gsize n = MIN (length, self->remaining);
  gsize n_kept = self->opcode & 0x8 ? MIN (n, sizeof self->payload - self->n_payload) : 0;

  memcpy (self->payload + self->n_payload, data, n_kept);
  self->n_payload += (guint) n_kept;
  self->remaining -= n;
  if (self->remaining == 0)
    end_frame (self);
  return n;
}

void
nx_test_tap_feed (NxTestTap *self, const guint8 *data, gsize length)
{
  for (gsize at = 0; at < length;)
    if (is_header_whole (self))
      at += take_payload (self, data + at, length - at);
    else
      take_header (self, data[at++]);
}
