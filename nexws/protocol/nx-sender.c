/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-frame-header-private.h"
#include "protocol/nx-mask-private.h"
#include "protocol/nx-sender-private.h"

void
nx_sender_init (NxSender *self, NxSide side, const NxDeflateParams *deflate)
{
  *self = (NxSender){ 0 };

  if (deflate != NULL && side == NX_SIDE_SERVER)
    {
      self->window_bits = deflate->server_max_window_bits;
      self->takeover = !deflate->server_no_context_takeover;
    }
  else if (deflate != NULL)
    {
      self->window_bits = deflate->client_max_window_bits;
      self->takeover = !deflate->client_no_context_takeover;
    }
}

void
nx_sender_clear (NxSender *self)
{
  g_clear_pointer (&self->deflater, nx_deflater_free);
}

NxFrame *
nx_sender_deflate (NxSender *self, const NxFrame *message)
{
  const NxOpcode opcode = nx_frame_get_opcode (message);
  const guint8 *payload;
  gsize length;
  NxFrame *frame;

  g_assert (opcode == NX_OPCODE_TEXT || opcode == NX_OPCODE_BINARY);

  if (self->window_bits == 0)
    return NULL;
  if (self->deflater == NULL)
    self->deflater = nx_deflater_new (self->window_bits);
  if (self->deflater == NULL)
    return NULL;

  payload = nx_frame_get_payload (message, &length);
  frame = nx_deflater_deflate (self->deflater, payload, length);
  if (frame != NULL)
    nx_frame_finish (frame, opcode, TRUE);
  if (!self->takeover)
    nx_deflater_free (g_steal_pointer (&self->deflater));

  return frame;
}

guint
nx_sender_get_shared_bits (const NxSender *self)
{
  return self->takeover ? 0 : self->window_bits;
}

void
nx_sender_restart (NxSender *self)
{
  if (self->deflater != NULL)
    nx_deflater_restart (self->deflater);
}

NxFrame *
nx_sender_close_frame (guint code, const char *reason)
{
  guint8 payload[NX_CLOSE_PAYLOAD_MAX];
  const gsize length = nx_close_write (code, reason, payload);

  return nx_frame_new (NX_OPCODE_CLOSE, payload, length);
}

void
nx_sender_mask_into (GByteArray *out, const NxFrame *frame, guint32 mask)
{
  guint8 octets[NX_FRAME_HEADER_MASKED_MAX];
  const guint8 *wire, *begin;
  const guint8 key[] = { mask >> 24, mask >> 16 & 0xFF, mask >> 8 & 0xFF, mask & 0xFF };
  gsize wire_length, length;
  const guint8 *payload = nx_frame_get_payload (frame, &length);
  NxFrameHeader header;

  /* RSV1 of a compressed frame stays: only the length and the key are written anew. */
  wire = nx_frame_get_wire (frame, &wire_length);
  nx_frame_header_parse (&header, wire);
  header.masked = TRUE;
  header.mask = nx_mask_load (key);

  begin = nx_frame_header_write_before (&header, octets + sizeof octets);
  g_byte_array_append (out, begin, octets + sizeof octets - begin);
  g_byte_array_append (out, payload, length);
  nx_mask_apply (header.mask, out->data + out->len - length, length);
}
