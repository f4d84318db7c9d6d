/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a frame may come here, by its header alone. */
#include "config.h"

#include "protocol/nx-receiver-judge-private.h"

#define CONTROL_PERIOD_US G_USEC_PER_SEC

static NxFault
judge_control_frame (NxReceiver *self, const NxFrameHeader *header)
{
  /* RFC 6455 section 5.5 */
  if (!header->fin)
    return NX_FAULT_CONTROL_FRAGMENTED;
  if (header->length > NX_CONTROL_PAYLOAD_MAX)
    return NX_FAULT_CONTROL_TOO_LONG;

  /* A close frame ends the flood by itself. */
  if (self->limits->max_control_frames == 0 || header->opcode == NX_OPCODE_CLOSE)
    return NX_FAULT_NONE;

  if (self->n_control == 0 || self->now_us - self->control_since_us >= CONTROL_PERIOD_US)
    {
      self->control_since_us = self->now_us;
      self->n_control = 0;
    }
  self->n_control++;
  return self->n_control > self->limits->max_control_frames ? NX_FAULT_TOO_MANY_CONTROL_FRAMES
                                                            : NX_FAULT_NONE;
}

/* A compressed frame may be longer than what it holds, but no compressor makes it twice as long; it is bounded so that nobody has us inflate
 * empty blocks for ever. The inflater keeps the true limit. */
static gboolean
is_too_big (const NxReceiver *self, const NxFrameHeader *header, gboolean compressed)
{
  const gsize limit = self->limits->max_message_size;
  gsize assembled = 0;

  if (compressed)
    return (MAX (header->length, 16) - 16) / 2 > limit;

  if (self->message != NULL)
    nx_frame_get_payload (self->message, &assembled);
  return assembled > limit || header->length > limit - assembled;
}

static NxFault
judge_data_frame (const NxReceiver *self, const NxFrameHeader *header)
{
  const gboolean continues = header->opcode == NX_OPCODE_CONTINUATION;

  /* RFC 6455 section 5.4 */
  if (continues && self->message_opcode == 0)
    return NX_FAULT_CONTINUATION_UNEXPECTED;
  if (!continues && self->message_opcode != 0)
    return NX_FAULT_CONTINUATION_EXPECTED;
  if (continues && self->n_fragments >= self->limits->max_fragments)
    return NX_FAULT_TOO_MANY_FRAGMENTS;

  if (is_too_big (self, header, continues ? self->compressed : header->rsv != 0))
    return NX_FAULT_MESSAGE_TOO_BIG;

  return NX_FAULT_NONE;
}

NxFault
nx_receiver_judge_frame (NxReceiver *self, const NxFrameHeader *header)
{
  const gboolean begins_message =
      header->opcode == NX_OPCODE_TEXT || header->opcode == NX_OPCODE_BINARY;
  const gboolean is_control = (header->opcode & NX_CONTROL_BIT) != 0;

  /* RFC 6455 section 5.2; RFC 7692 section 6: RSV1 belongs to the first frame of a message. */
  if (header->rsv != 0
      && !(header->rsv == NX_RSV1 && begins_message && self->inflate_window_bits != 0))
    return NX_FAULT_RESERVED_BITS;
  if ((header->opcode & ~NX_CONTROL_BIT) > 2)
    return NX_FAULT_RESERVED_OPCODE;

  /* RFC 6455 section 5.1 */
  if (header->masked != (self->side == NX_SIDE_SERVER))
    return header->masked ? NX_FAULT_MASKED : NX_FAULT_UNMASKED;

  /* RFC 6455 section 5.2 */
  if (!header->minimal)
    return NX_FAULT_LENGTH_NOT_MINIMAL;
  if (header->length > G_MAXINT64)
    return NX_FAULT_LENGTH_TOP_BIT;

  return is_control ? judge_control_frame (self, header) : judge_data_frame (self, header);
}
