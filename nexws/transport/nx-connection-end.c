/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a connection ends; doc/architecture.md has the states. */
#include "config.h"

#include "transport/nx-connection-inside-private.h"

void
nx_connection_set_close (NxConnection *self, guint code, const char *reason, gsize length)
{
  g_free (self->close_reason);
  self->close_code = code;
  self->close_reason = length > 0 ? g_strndup (reason, length) : NULL;
}

void
nx_connection_end (NxConnection *self)
{
  if (self->state == NX_CONNECTION_ENDED)
    return;

  self->state = NX_CONNECTION_ENDED;
  nx_reactor_stop_timer (self->reactor, &self->timer);
  nx_reactor_cancel_task (self->reactor, &self->flush_task);
  nx_reactor_cancel_task (self->reactor, &self->resume_task);
  if (self->is_broken || !nx_output_queue_is_empty (&self->output))
    nx_stream_free (self->stream);
  else
    nx_lingerer_add (self->lingerer, self->stream, NULL, self->settings->close_timeout_ms);
  self->stream = NULL;
  nx_output_queue_clear (&self->output);
  nx_receiver_clear (&self->receiver);
  nx_sender_clear (&self->sender);
  if (self->funcs != NULL)
    self->funcs->ended (self, self->owner);
}

void
nx_connection_cut (NxConnection *self)
{
  if (self->state == NX_CONNECTION_ENDED)
    return;
  self->is_broken = TRUE;
  nx_connection_set_close (self, 1006, NULL, 0);
  nx_connection_end (self);
}

static void
tell_closing (NxConnection *self)
{
  if (self->funcs != NULL)
    self->funcs->closing (self, self->owner);
}

/* Our last frame is queued: what is left is to get it out. */
void
nx_connection_leave (NxConnection *self)
{
  gboolean is_told = self->state == NX_CONNECTION_CLOSING;

  self->state = NX_CONNECTION_LEAVING;
  nx_connection_start_timer (self, nx_connection_get_now (self), self->settings->close_timeout_ms);
  nx_connection_update_interest (self);
  nx_reactor_queue_flush (self->reactor, &self->flush_task);
  if (!is_told)
    tell_closing (self);
}

void
nx_connection_end_input (NxConnection *self)
{
  self->state = NX_CONNECTION_INPUT_ENDED;
  nx_connection_start_timer (self, nx_connection_get_now (self), self->settings->close_timeout_ms);
  nx_connection_update_interest (self);
  if (self->funcs != NULL)
    self->funcs->input_ended (self, self->owner);
  else
    nx_connection_finish (self);
}

void
nx_connection_finish (NxConnection *self)
{
  if (self->state != NX_CONNECTION_INPUT_ENDED)
    return;
  if (self->is_broken || self->answer_code == 0)
    {
      self->is_broken = TRUE;
      nx_connection_end (self);
      return;
    }
  nx_connection_push (self, nx_sender_close_frame (self->answer_code, NULL));
  nx_connection_leave (self);
}

void
nx_connection_close (NxConnection *self, guint code, const char *reason)
{
  switch (self->state)
    {
    case NX_CONNECTION_OPEN:
      break;
    case NX_CONNECTION_INPUT_ENDED:
      nx_connection_finish (self);
      return;
    default:
      return;
    }

  self->state = NX_CONNECTION_CLOSING;
  nx_connection_push (self, nx_sender_close_frame (code, reason));
  nx_connection_start_timer (self, nx_connection_get_now (self), self->settings->close_timeout_ms);
  nx_connection_update_interest (self);
  /* Frames may wait in the receiver, the peer's close among them, because the owner took no more. */
  nx_reactor_queue_task (self->reactor, &self->resume_task);
  tell_closing (self);
}

/* The stream has ended, or fails, without a close frame before it. */
void
nx_connection_lose (NxConnection *self)
{
  self->is_broken = TRUE;
  nx_output_queue_clear (&self->output);
  self->is_blocked = FALSE;
  nx_connection_set_close (self, 1006, NULL, 0);
  if (self->state == NX_CONNECTION_OPEN)
    nx_connection_end_input (self);
  else if (self->state != NX_CONNECTION_INPUT_ENDED)
    nx_connection_end (self);
}

/* The stream takes nothing any more. What the peer sent before may still be there to read. */
void
nx_connection_lose_output (NxConnection *self)
{
  self->is_broken = TRUE;
  nx_output_queue_clear (&self->output);
  self->is_blocked = FALSE;
  if (self->state == NX_CONNECTION_OPEN)
    {
      self->is_draining = TRUE;
      nx_connection_update_interest (self);
      nx_reactor_queue_task (self->reactor, &self->resume_task);
    }
  else if (self->state == NX_CONNECTION_CLOSING || self->state == NX_CONNECTION_LEAVING)
    {
      if (self->close_code == 0)
        nx_connection_set_close (self, 1006, NULL, 0);
      nx_connection_end (self);
    }
}

void
nx_connection_unref (NxConnection *self)
{
  if (--self->ref_count > 0)
    return;
  self->ref_count++; /* while it ends */
  self->funcs = NULL;
  nx_connection_cut (self);
  nx_settings_unref (self->settings);
  nx_lingerer_unref (self->lingerer);
  nx_reactor_unref (self->reactor);
  g_free (self->close_reason);
  g_free (self);
}
