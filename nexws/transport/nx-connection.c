/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-connection-inside-private.h"

/* -- Keepalive -- */

/* A peer whose octets wait to be read is alive: a process that was stopped for a minute must not cut everybody. */
static gboolean
has_input (NxConnection *self)
{
  if (nx_connection_is_reading (self))
    nx_connection_read_some (self);
  return self->ping_sent_us == 0;
}

static void
keep_alive (NxConnection *self)
{
  const NxSettings *settings = self->settings;
  gint64 now_us = nx_connection_get_now (self);
  gint64 interval_us = settings->ping_interval_ms * G_GINT64_CONSTANT (1000);
  gint64 timeout_us = settings->pong_timeout_ms * G_GINT64_CONSTANT (1000);

  if (self->ping_sent_us != 0)
    {
      if (!nx_connection_is_reading (self))
        self->ping_sent_us = now_us;
      if (now_us - self->ping_sent_us >= timeout_us && !has_input (self)
          && self->state == NX_CONNECTION_OPEN)
        nx_connection_cut (self);
      else if (self->state == NX_CONNECTION_OPEN)
        nx_connection_start_timer (self, MAX (self->ping_sent_us, self->alive_us),
                                   settings->pong_timeout_ms);
      return;
    }

  if (now_us - self->alive_us >= interval_us)
    {
      nx_connection_ping (self, NULL, 0);
      self->ping_sent_us = now_us;
      nx_connection_start_timer (self, now_us, settings->pong_timeout_ms);
      return;
    }
  nx_connection_start_timer (self, self->alive_us, settings->ping_interval_ms);
}

static void
timer_cb (NxTimer *timer)
{
  NxConnection *self = (NxConnection *) ((guint8 *) timer - G_STRUCT_OFFSET (NxConnection, timer));

  nx_connection_ref (self);
  switch (self->state)
    {
    case NX_CONNECTION_OPEN:
      keep_alive (self);
      break;
    case NX_CONNECTION_INPUT_ENDED:
      nx_connection_finish (self);
      break;
    case NX_CONNECTION_CLOSING:
      /* The peer's answer may be there already, and the process was stopped. */
      has_input (self);
      if (self->state == NX_CONNECTION_CLOSING)
        nx_connection_cut (self);
      break;
    case NX_CONNECTION_LEAVING:
      self->is_broken = TRUE;
      nx_connection_end (self);
      break;
    case NX_CONNECTION_ENDED:
      break;
    }
  nx_connection_unref (self);
}

/* -- The stream -- */

static void
ready_cb (NxStream *stream, NxReady ready, gpointer data)
{
  NxConnection *self = data;

  nx_connection_ref (self);
  if (ready & NX_READY_WRITE)
    {
      /* Room came: the peer has read something. */
      nx_connection_note_life (self);
      nx_connection_flush (self);
    }
  if (ready & NX_READY_HANGUP)
    self->is_draining = TRUE;
  if (ready & NX_READY_READ && self->stream != NULL && nx_connection_is_reading (self))
    nx_connection_read_some (self);
  if (self->is_draining && self->state == NX_CONNECTION_OPEN)
    nx_reactor_queue_task (self->reactor, &self->resume_task);
  nx_connection_update_interest (self);
  nx_connection_unref (self);
}

/* -- Made and gone -- */

NxConnection *
nx_connection_new (NxStream *stream,
                   NxLingerer *lingerer,
                   NxSettings *settings,
                   const NxDeflateParams *deflate,
                   const NxConnectionFuncs *funcs,
                   gpointer owner)
{
  NxConnection *self = g_new0 (NxConnection, 1);

  self->ref_count = 1;
  self->state = NX_CONNECTION_OPEN;
  self->funcs = funcs;
  self->owner = owner;
  self->settings = nx_settings_ref (settings);
  self->stream = stream;
  self->reactor = nx_reactor_ref (stream->reactor);
  self->lingerer = nx_lingerer_ref (lingerer);
  nx_receiver_init (&self->receiver, NX_SIDE_SERVER, &settings->receiver, deflate);
  nx_sender_init (&self->sender, NX_SIDE_SERVER, deflate);
  nx_task_init (&self->flush_task, nx_connection_flush_task_cb);
  nx_task_init (&self->resume_task, nx_connection_resume_task_cb);
  nx_timer_init (&self->timer, timer_cb);
  return self;
}

void
nx_connection_disown (NxConnection *self)
{
  self->funcs = NULL;
  self->owner = NULL;
}

void
nx_connection_start (NxConnection *self, NxFrame *head)
{
  nx_connection_push (self, head);
  self->alive_us = nx_connection_get_now (self);
  if (self->settings->ping_interval_ms > 0)
    nx_connection_start_timer (self, self->alive_us, self->settings->ping_interval_ms);
  nx_stream_set_owner (self->stream, ready_cb, self, NX_READY_READ);
}

/* -- What can be asked -- */

gboolean
nx_connection_is_broken (const NxConnection *self)
{
  return self->is_broken;
}

NxSender *
nx_connection_get_sender (NxConnection *self)
{
  return &self->sender;
}

gsize
nx_connection_get_buffered (const NxConnection *self)
{
  return nx_output_queue_get_size (&self->output);
}

NxFault
nx_connection_get_fault (const NxConnection *self)
{
  return self->fault;
}

guint
nx_connection_get_close_code (const NxConnection *self)
{
  return self->close_code;
}

const char *
nx_connection_get_close_reason (const NxConnection *self)
{
  return self->close_reason;
}

NxSettings *
nx_connection_get_settings (const NxConnection *self)
{
  return self->settings;
}

gpointer
nx_connection_get_owner (const NxConnection *self)
{
  return self->owner;
}

NxStream *
nx_connection_get_stream (const NxConnection *self)
{
  return self->stream;
}
