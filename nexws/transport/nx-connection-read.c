/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes in. */
#include "config.h"

#include "transport/nx-connection-inside-private.h"

/* More than so many pongs do not wait: beyond that the latest ping is answered (RFC 6455 section 5.5.3). */
#define UNSENT_PONGS_MAX 16

/* How many octets of messages are delivered of one connection before the others have their turn: with compression a read
 * buffer may hold a thousand times its size. */
#define DELIVERED_A_TURN (256 * 1024)

/* A peer that has gone while its messages were not taken is heard to the end, up to so many octets: about what the
 * kernel holds for one socket. */
#define DRAIN_MAX (8 * 1024 * 1024)

static void
receive_close (NxConnection *self, const NxEvent *event)
{
  nx_connection_set_close (self, event->code, (const char *) event->data, event->length);
  if (self->state == NX_CONNECTION_CLOSING)
    {
      nx_connection_leave (self);
      return;
    }
  self->answer_code = event->code;
  nx_connection_end_input (self);
}

static void
receive_fault (NxConnection *self, const NxEvent *event)
{
  self->fault = event->fault;
  if (self->state == NX_CONNECTION_CLOSING)
    {
      /* We have said our close already, and nothing else may follow it. */
      nx_connection_set_close (self, 1006, NULL, 0);
      nx_connection_leave (self);
      return;
    }
  nx_connection_set_close (self, event->code, NULL, 0);
  self->answer_code = event->code;
  nx_connection_end_input (self);
}

static void
receive_ping (NxConnection *self, const NxEvent *event)
{
  NxFrame *pong;

  if (self->state != NX_CONNECTION_OPEN || self->is_broken)
    return;
  pong = nx_frame_new (NX_OPCODE_PONG, event->data, event->length);
  if (self->output.n_pongs >= UNSENT_PONGS_MAX)
    {
      nx_connection_detach_batch (self);
      nx_output_queue_replace_pong (&self->output, pong);
    }
  else
    nx_connection_push (self, pong);
}

static void
receive_message (NxConnection *self, NxEvent *event)
{
  if (self->state == NX_CONNECTION_OPEN && self->funcs != NULL)
    {
      if (self->is_draining)
        self->drained += event->length;
      if (!self->funcs->message (self, event, self->owner))
        self->is_full = TRUE;
    }
  g_clear_pointer (&event->frame, nx_frame_unref);
}

static gboolean
next_event (NxConnection *self, NxEvent *event)
{
  return nx_connection_is_reading (self) && nx_receiver_next (&self->receiver, event);
}

static void
process_events (NxConnection *self)
{
  NxEvent event;
  gsize n_delivered = 0;

  while (next_event (self, &event))
    {
      n_delivered += event.length;
      if (n_delivered > DELIVERED_A_TURN)
        {
          self->is_yielding = TRUE;
          nx_reactor_queue_task (self->reactor, &self->resume_task);
        }
      switch (event.kind)
        {
        case NX_EVENT_MESSAGE:
          receive_message (self, &event);
          break;
        case NX_EVENT_PING:
          receive_ping (self, &event);
          break;
        case NX_EVENT_PONG:
          if (self->funcs != NULL)
            self->funcs->pong (self, event.data, event.length, self->owner);
          break;
        case NX_EVENT_CLOSE:
          receive_close (self, &event);
          break;
        case NX_EVENT_FAILURE:
          receive_fault (self, &event);
          break;
        default:
          g_assert_not_reached ();
        }
    }
  if (self->state != NX_CONNECTION_ENDED)
    nx_receiver_hold (&self->receiver);
}

void
nx_connection_read_some (NxConnection *self)
{
  guint8 *buffer = nx_reactor_get_buffer (self->reactor);
  gssize n = nx_stream_read (self->stream, buffer, NX_REACTOR_BUFFER_SIZE);

  if (n == NX_IO_BLOCKED)
    return;
  if (n <= 0 || self->drained > DRAIN_MAX)
    {
      /* Behind whatever the receiver still holds. */
      process_events (self);
      if (self->state == NX_CONNECTION_OPEN || self->state == NX_CONNECTION_CLOSING)
        nx_connection_lose (self);
      return;
    }
  nx_connection_note_life (self);
  nx_receiver_feed (&self->receiver, buffer, n, self->alive_us);
  process_events (self);
}

void
nx_connection_resume_task_cb (NxTask *task)
{
  NxConnection *self =
      (NxConnection *) ((guint8 *) task - G_STRUCT_OFFSET (NxConnection, resume_task));

  nx_connection_ref (self);
  self->is_yielding = FALSE;
  process_events (self);
  nx_connection_update_interest (self);
  nx_connection_unref (self);
}

void
nx_connection_resume (NxConnection *self)
{
  if (!self->is_full)
    return;
  self->is_full = FALSE;
  /* A pong may be in what is read from now on. */
  if (self->ping_sent_us != 0)
    self->ping_sent_us = nx_connection_get_now (self);
  if (self->state == NX_CONNECTION_OPEN)
    nx_reactor_queue_task (self->reactor, &self->resume_task);
}

void
nx_connection_push_back (NxConnection *self, const guint8 *data, gsize length)
{
  g_autofree guint8 *copy = g_memdup2 (data, length);

  nx_receiver_feed (&self->receiver, copy, length, nx_connection_get_now (self));
  nx_receiver_hold (&self->receiver);
  nx_reactor_queue_task (self->reactor, &self->resume_task);
}
