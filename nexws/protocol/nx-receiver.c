/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "protocol/nx-close-private.h"
#include "protocol/nx-mask-private.h"
#include "protocol/nx-receiver-judge-private.h"

/* An event's data when there is none. */
static const guint8 nothing[1];

void
nx_receiver_init (NxReceiver *self,
                  NxSide side,
                  const NxReceiverLimits *limits,
                  const NxDeflateParams *deflate)
{
  *self = (NxReceiver){ .side = side, .limits = limits };

  if (deflate != NULL && side == NX_SIDE_SERVER)
    {
      self->inflate_window_bits = deflate->client_max_window_bits;
      self->inflate_takeover = !deflate->client_no_context_takeover;
    }
  else if (deflate != NULL)
    {
      self->inflate_window_bits = deflate->server_max_window_bits;
      self->inflate_takeover = !deflate->server_no_context_takeover;
    }
}

static void
forget_message (NxReceiver *self)
{
  g_clear_pointer (&self->message, nx_frame_unref);
  self->message_opcode = 0;
  self->n_fragments = 0;
  self->compressed = FALSE;
  self->utf8 = (NxUtf8){ 0 };
  if (!self->inflate_takeover)
    g_clear_pointer (&self->inflater, nx_inflater_free);
}

void
nx_receiver_clear (NxReceiver *self)
{
  forget_message (self);
  g_clear_pointer (&self->inflater, nx_inflater_free);
  g_clear_pointer (&self->long_control, g_free);
  g_clear_pointer (&self->held, g_free);
  self->available = 0;
  self->fed_available = 0;
}

/* Input */

void
nx_receiver_feed (NxReceiver *self, guint8 *data, gsize length, gint64 now_us)
{
  if (self->phase == NX_PHASE_OVER)
    return;

  self->now_us = now_us;
  if (self->held == NULL)
    {
      g_assert (self->available == 0);
      self->data = data;
      self->available = length;
    }
  else
    {
      g_assert (self->fed_available == 0);
      self->fed = data;
      self->fed_available = length;
    }
}

gsize
nx_receiver_get_pending (const NxReceiver *self)
{
  return self->available + self->fed_available;
}

void
nx_receiver_hold (NxReceiver *self)
{
  const gsize pending = nx_receiver_get_pending (self);
  guint8 *copy;

  if (self->held != NULL && self->available > 0 && self->fed_available == 0)
    return;

  copy = pending > 0 ? g_malloc (pending) : NULL;
  if (self->available > 0)
    memcpy (copy, self->data, self->available);
  if (self->fed_available > 0)
    memcpy (copy + self->available, self->fed, self->fed_available);

  g_free (self->held);
  self->held = self->data = copy;
  self->available = pending;
  self->fed = NULL;
  self->fed_available = 0;
}

/* From what was held to what was fed behind it. */
static gboolean
go_to_next_input (NxReceiver *self)
{
  g_assert (self->available == 0);

  if (self->fed_available == 0)
    return FALSE;

  self->data = self->fed;
  self->available = self->fed_available;
  self->fed_available = 0;
  g_free (g_steal_pointer (&self->held));
  return TRUE;
}

static guint8 *
take (NxReceiver *self, gsize length)
{
  guint8 *octets = self->data;

  self->data += length;
  self->available -= length;
  return octets;
}

/* The end of everything: only memory that the event of the end may point into stays until the next
 * call. */
static void
finish (NxReceiver *self)
{
  self->phase = NX_PHASE_OVER;
  self->available = 0;
  self->fed_available = 0;
  forget_message (self);
  g_clear_pointer (&self->inflater, nx_inflater_free);
}

static gboolean
fail (NxReceiver *self, NxFault fault, NxEvent *event)
{
  finish (self);
  *event = (NxEvent){
    .kind = NX_EVENT_FAILURE,
    .data = nothing,
    .code = nx_fault_to_close_code (fault),
    .fault = fault,
  };
  return TRUE;
}

/* Frame headers */

/* A header that comes in pieces. Its second octet tells how long it is. */
static gboolean
gather_header (NxReceiver *self, NxFrameHeader *header)
{
  while (self->gathered < 2 || self->gathered < nx_frame_header_get_size (self->scrap[1]))
    {
      if (self->available == 0)
        return FALSE;

      self->scrap[self->gathered++] = *take (self, 1);
    }

  nx_frame_header_parse (header, self->scrap);
  self->gathered = 0;
  return TRUE;
}

static gboolean
take_header (NxReceiver *self, NxFrameHeader *header)
{
  if (self->gathered == 0 && self->available >= 2)
    {
      const guint size = nx_frame_header_get_size (self->data[1]);

      if (self->available >= size)
        {
          nx_frame_header_parse (header, take (self, size));
          return TRUE;
        }
    }

  return gather_header (self, header);
}

static void
begin_frame (NxReceiver *self, const NxFrameHeader *header)
{
  self->opcode = header->opcode;
  self->fin = header->fin;
  self->mask = header->mask;
  self->remaining = header->length;

  if (header->opcode & NX_CONTROL_BIT)
    {
      self->phase = NX_PHASE_CONTROL;
      return;
    }

  self->phase = NX_PHASE_DATA;
  self->n_control = 0;
  self->n_fragments++;
  if (header->opcode != NX_OPCODE_CONTINUATION)
    {
      self->message_opcode = header->opcode;
      self->compressed = header->rsv != 0;
    }
}

/* Control frames */

static gboolean
tell_control (NxReceiver *self, const guint8 *payload, gsize length, NxEvent *event)
{
  NxFault fault;

  *event = (NxEvent){ .data = payload, .length = length };
  switch (self->opcode)
    {
    case NX_OPCODE_PING:
      event->kind = NX_EVENT_PING;
      return TRUE;

    case NX_OPCODE_PONG:
      event->kind = NX_EVENT_PONG;
      return TRUE;

    default:
      event->kind = NX_EVENT_CLOSE;
      fault = nx_close_parse (payload, length, &event->code, &event->data, &event->length);
      if (fault != NX_FAULT_NONE)
        return fail (self, fault, event);
      finish (self);
      return TRUE;
    }
}

/* Where the payload of a control frame that comes in pieces is gathered. */
static guint8 *
get_control_buffer (NxReceiver *self, gsize length)
{
  if (length <= sizeof self->scrap)
    return self->scrap;

  if (self->long_control == NULL)
    self->long_control = g_malloc (NX_CONTROL_PAYLOAD_MAX);
  return self->long_control;
}

static gboolean
take_control (NxReceiver *self, NxEvent *event)
{
  const gsize length = self->gathered + self->remaining;
  const gsize n = MIN (self->available, self->remaining);
  guint8 *payload = take (self, n);

  self->mask = nx_mask_apply (self->mask, payload, n);
  self->remaining -= n;
  if (n < length)
    {
      guint8 *buffer = get_control_buffer (self, length);

      memcpy (buffer + self->gathered, payload, n);
      self->gathered += n;
      payload = buffer;
    }

  if (self->remaining > 0)
    return FALSE;

  self->phase = NX_PHASE_HEADER;
  self->gathered = 0;
  return tell_control (self, payload, length, event);
}

/* Data frames */

static gboolean
tell_slice (NxReceiver *self, const NxFrameHeader *header, NxEvent *event)
{
  guint8 *payload = take (self, header->length);

  self->n_control = 0;
  nx_mask_apply (header->mask, payload, header->length);
  if (header->opcode == NX_OPCODE_TEXT && !nx_utf8_is_valid (payload, header->length))
    return fail (self, NX_FAULT_UTF8, event);

  *event = (NxEvent){
    .kind = NX_EVENT_MESSAGE,
    .opcode = header->opcode,
    .data = payload,
    .length = header->length,
  };
  return TRUE;
}

/* The way of nearly all messages: nothing is kept, nothing is copied. */
static inline gboolean
is_whole_message (const NxReceiver *self, const NxFrameHeader *header)
{
  return header->fin && header->rsv == 0
         && (header->opcode == NX_OPCODE_TEXT || header->opcode == NX_OPCODE_BINARY)
         && self->available >= header->length;
}

static gboolean
accept_text (NxReceiver *self, const guint8 *octets, gsize length)
{
  return self->message_opcode != NX_OPCODE_TEXT
         || nx_utf8_accept (&self->utf8, octets, length) == length;
}

static NxFault
assemble (NxReceiver *self, const guint8 *octets, gsize length)
{
  if (!accept_text (self, octets, length))
    return NX_FAULT_UTF8;

  if (self->message == NULL)
    self->message = nx_frame_new_growing (self->limits->max_message_size);
  self->message = nx_frame_append (self->message, octets, length);
  return self->message != NULL ? NX_FAULT_NONE : NX_FAULT_NO_MEMORY;
}

/* The message so far, as far as it was inflated before and not looked at yet. */
static gboolean
accept_inflated (NxReceiver *self, gsize before)
{
  const guint8 *payload;
  gsize length;

  if (self->message == NULL)
    return TRUE;

  payload = nx_frame_get_payload (self->message, &length);
  return accept_text (self, payload + before, length - before);
}

/* The next piece of a compressed message; NULL is its end. Invalid text that came out before
 * another fault is the earlier one and therefore the one that is told. */
static NxFault
inflate (NxReceiver *self, const guint8 *octets, gsize length)
{
  const gsize limit = self->limits->max_message_size;
  gsize before = 0;
  NxFault fault;

  if (self->inflater == NULL)
    self->inflater = nx_inflater_new (self->inflate_window_bits);
  if (self->inflater == NULL)
    return NX_FAULT_NO_MEMORY;

  if (self->message != NULL)
    nx_frame_get_payload (self->message, &before);
  if (octets != NULL)
    fault = nx_inflater_push (self->inflater, octets, length, limit, &self->message);
  else
    fault = nx_inflater_finish (self->inflater, limit, &self->message);

  return accept_inflated (self, before) ? fault : NX_FAULT_UTF8;
}

static gboolean
tell_message (NxReceiver *self, NxEvent *event)
{
  const NxFault fault = self->compressed ? inflate (self, NULL, 0) : NX_FAULT_NONE;

  if (fault != NX_FAULT_NONE)
    return fail (self, fault, event);
  if (!nx_utf8_is_complete (&self->utf8))
    return fail (self, NX_FAULT_UTF8, event);

  *event = (NxEvent){ .kind = NX_EVENT_MESSAGE, .opcode = self->message_opcode, .data = nothing };
  if (self->message != NULL)
    {
      nx_frame_finish (self->message, self->message_opcode, FALSE);
      event->frame = g_steal_pointer (&self->message);
      event->data = nx_frame_get_payload (event->frame, &event->length);
    }
  forget_message (self);
  return TRUE;
}

static gboolean
take_data (NxReceiver *self, NxEvent *event)
{
  const gsize n = MIN (self->available, self->remaining);

  if (n > 0)
    {
      guint8 *octets = take (self, n);
      NxFault fault;

      self->mask = nx_mask_apply (self->mask, octets, n);
      self->remaining -= n;
      fault = self->compressed ? inflate (self, octets, n) : assemble (self, octets, n);
      if (fault != NX_FAULT_NONE)
        return fail (self, fault, event);
    }

  if (self->remaining > 0)
    return FALSE;

  self->phase = NX_PHASE_HEADER;
  return self->fin ? tell_message (self, event) : FALSE;
}

/* Events */

static gboolean
take_frame (NxReceiver *self, NxEvent *event)
{
  NxFrameHeader header;
  NxFault fault;

  if (!take_header (self, &header))
    return FALSE;

  fault = nx_receiver_judge_frame (self, &header);
  if (fault != NX_FAULT_NONE)
    return fail (self, fault, event);

  if (is_whole_message (self, &header))
    return tell_slice (self, &header, event);

  begin_frame (self, &header);
  return FALSE;
}

/* Whether another step can be made: there is input, or a frame that needs none. */
static inline gboolean
can_go_on (const NxReceiver *self)
{
  return self->available > 0 || (self->phase != NX_PHASE_HEADER && self->remaining == 0);
}

gboolean
nx_receiver_next (NxReceiver *self, NxEvent *event)
{
  /* The event that pointed into it has been seen. */
  if (self->phase != NX_PHASE_CONTROL)
    g_clear_pointer (&self->long_control, g_free);

  while (self->phase != NX_PHASE_OVER)
    {
      gboolean told;

      if (!can_go_on (self) && !go_to_next_input (self))
        break;

      switch (self->phase)
        {
        case NX_PHASE_HEADER:
          told = take_frame (self, event);
          break;

        case NX_PHASE_CONTROL:
          told = take_control (self, event);
          break;

        default:
          told = take_data (self, event);
          break;
        }

      if (told)
        return TRUE;
    }

  g_clear_pointer (&self->held, g_free);
  return FALSE;
}

/* Looking at it */

gboolean
nx_receiver_is_inside_message (const NxReceiver *self)
{
  const guint8 opcode = self->scrap[0] & 0xF;

  if (self->message_opcode != 0)
    return TRUE;

  /* Not even the header of its first frame is whole. */
  return self->phase == NX_PHASE_HEADER && self->gathered > 0
         && (opcode == NX_OPCODE_TEXT || opcode == NX_OPCODE_BINARY);
}
