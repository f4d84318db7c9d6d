/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How a message finds its taker. It is decided for each message when it is delivered: a receive that waits, else the
 * controller's on_receive, else handlers of `message`, else it waits in the inbox. While the inbox is full, nothing is read.
 */
#include "config.h"

#include "nx-message-private.h"
#include "nx-web-socket-private.h"

/* A message on its way to the callback of a receive. If nobody takes it there, it goes back. */
typedef struct
{
  NxWebSocket *ws;
  NxMessage *message;
} Parcel;

const char nx_web_socket_puller = 0;

static gboolean
has_room (NxWebSocket *self)
{
  if (self->n_holds > 0)
    return FALSE;
  return self->inbox.length == 0
         || (self->inbox.length < self->settings->receive_queue_messages
             && self->inbox_size < self->settings->receive_queue_size);
}

static void
put (NxWebSocket *self, NxMessage *message)
{
  self->inbox_size += nx_message_get_size (message);
  g_queue_push_tail (&self->inbox, message);
}

void
nx_web_socket_return_message (NxWebSocket *self, NxMessage *message)
{
  self->inbox_size += nx_message_get_size (message);
  g_queue_push_head (&self->inbox, message);
}

NxMessage *
nx_web_socket_take_first (NxWebSocket *self)
{
  NxMessage *message = g_queue_pop_head (&self->inbox);

  self->inbox_size -= nx_message_get_size (message);
  return message;
}

void
nx_web_socket_drop_inbox (NxWebSocket *self)
{
  while (self->inbox.length > 0)
    nx_message_unref (nx_web_socket_take_first (self));
  if (self->is_offered)
    {
      self->is_offered = FALSE;
      nx_reactor_cancel_task (self->reactor, &self->readable_task);
      g_queue_push_head (&self->receivers, NX_WEB_SOCKET_PULLER);
    }
}

/* -- Pulling -- */

static void
parcel_return (gpointer data)
{
  Parcel *parcel = data;

  if (parcel->ws->parcel == parcel)
    parcel->ws->parcel = NULL;
  if (parcel->message != NULL)
    {
      nx_web_socket_return_message (parcel->ws, parcel->message);
      nx_web_socket_pump (parcel->ws);
    }
  g_object_unref (parcel->ws);
  g_free (parcel);
}

static void
completed_cb (NxWebSocket *self)
{
  self->is_serving = FALSE;
  /* What the callback has not taken goes back when the task does: the message behind it must not be served before. */
  if (self->parcel != NULL)
    nx_reactor_queue_task (self->reactor, &self->pump_task);
  else
    nx_web_socket_pump (self);
  if (self->state == NX_STATE_CLOSED)
    nx_web_socket_end_receivers (self);
}

/*
 * A task that is as young as this iteration of the main loop calls back in a later one, an older one at once. So that results
 * come in order, the next receive is served when this one's result is there.
 */
static void
serve (NxWebSocket *self, GTask *task, NxMessage *message)
{
  Parcel *parcel = g_new0 (Parcel, 1);

  parcel->ws = g_object_ref (self);
  parcel->message = message;
  self->parcel = parcel;
  self->is_digesting = TRUE;
  g_task_return_pointer (task, parcel, parcel_return);
  if (!g_task_get_completed (task))
    {
      self->is_serving = TRUE;
      g_signal_connect_object (task, "notify::completed", G_CALLBACK (completed_cb), self,
                               G_CONNECT_SWAPPED);
    }
  g_object_unref (task);
}

static void
tell_readable (NxWebSocket *self)
{
  g_object_ref (self);
  g_signal_emit (self, nx_web_socket_signals[NX_WEB_SOCKET_READABLE], 0);
  g_object_unref (self);
}

void
nx_web_socket_readable_cb (NxTask *task)
{
  tell_readable ((NxWebSocket *) ((guint8 *) task - G_STRUCT_OFFSET (NxWebSocket, readable_task)));
}

/* The first message is its own from now on. Whatever else comes in this turn of the loop waits behind it, so it is told once. */
void
nx_web_socket_offer (NxWebSocket *self)
{
  self->is_offered = TRUE;
  self->is_digesting = TRUE;
  nx_reactor_queue_task (self->reactor, &self->readable_task);
}

/* Whoever has waited longest gets the first message. */
static void
serve_first (NxWebSocket *self)
{
  gpointer receiver = g_queue_pop_head (&self->receivers);

  if (receiver == NX_WEB_SOCKET_PULLER)
    nx_web_socket_offer (self);
  else
    serve (self, receiver, nx_web_socket_take_first (self));
}

void
nx_web_socket_end_receivers (NxWebSocket *self)
{
  gpointer receiver;

  if (nx_task_is_queued (&self->pump_task))
    {
      nx_reactor_cancel_task (self->reactor, &self->pump_task);
      nx_web_socket_pump (self);
    }
  /* The reactor may have had its last turn. */
  if (nx_task_is_queued (&self->readable_task))
    {
      nx_reactor_cancel_task (self->reactor, &self->readable_task);
      tell_readable (self);
    }
  while (!self->is_serving && !self->is_offered
         && (receiver = g_queue_pop_head (&self->receivers)) != NULL)
    if (receiver == NX_WEB_SOCKET_PULLER)
      tell_readable (self);
    else
      {
        g_task_return_error (receiver, nx_web_socket_make_disconnected_error (self));
        g_object_unref (receiver);
      }
}

NxMessage *
nx_web_socket_open_parcel (GTask *task, GError **error)
{
  Parcel *parcel = g_task_propagate_pointer (task, error);
  NxMessage *message;

  if (parcel == NULL)
    return NULL;
  message = g_steal_pointer (&parcel->message);
  parcel_return (parcel);
  return message;
}

/* -- Pushing -- */

static gboolean
has_push_taker (NxWebSocket *self)
{
  if (self->hooks != NULL && self->hooks->has_receiver (self, self->hooks_data))
    return TRUE;
  return g_signal_has_handler_pending (self, nx_web_socket_signals[NX_WEB_SOCKET_MESSAGE], 0,
                                       FALSE);
}

gboolean
nx_web_socket_has_taker (NxWebSocket *self)
{
  return self->n_handlers > 0 || self->is_digesting || self->is_offered
         || self->receivers.length > 0 || has_push_taker (self);
}

/* A service that forgot its messages stands still without a word, so there is one. */
static void
tell_untaken (NxWebSocket *self)
{
  if (self->app_handle->has_told_untaken || nx_web_socket_has_taker (self))
    return;
  self->app_handle->has_told_untaken = TRUE;
  g_message (
      "Connection %s to %.128s: %u messages wait and nobody takes them, so nothing more is read; override on_receive, "
      "connect to `message`, or receive them",
      nx_web_socket_get_id (self), nx_web_socket_get_path (self), self->inbox.length);
}

static gboolean
can_push (NxWebSocket *self)
{
  return self->n_handlers == 0 && self->n_pauses == 0 && self->state == NX_STATE_OPEN
         && has_push_taker (self);
}

static void
push (NxWebSocket *self, NxMessage *message)
{
  GError *error = NULL;

  nx_web_socket_enter_handler (self);
  if (self->hooks != NULL && self->hooks->has_receiver (self, self->hooks_data))
    self->hooks->receive (self, message, self->hooks_data, &error);
  else
    g_signal_emit (self, nx_web_socket_signals[NX_WEB_SOCKET_MESSAGE], 0, message);
  nx_web_socket_leave_handler (self, error);
  nx_message_unref (message);
}

/* How it ends is known, and whoever only sends need not wait for the end itself to hear of it. */
static void
tell_input_end (NxWebSocket *self)
{
  if (self->close_code == 0 && self->was_accepted)
    nx_web_socket_set_close (self, nx_connection_get_close_code (self->connection),
                             nx_connection_get_close_reason (self->connection));
}

void
nx_web_socket_check_input_end (NxWebSocket *self)
{
  g_autoptr (NxWebSocket) kept = NULL;
  gboolean is_idle;

  if (!self->input_ended || self->connection == NULL)
    return;
  /* What nobody is going to take can be received after the end. */
  if (self->inbox.length > 0 && nx_web_socket_has_taker (self))
    return;
  kept = g_object_ref (self);
  tell_input_end (self);
  if (self->connection == NULL)
    return;
  /* A handler that waits in a receive has nothing more to say to what came before. */
  is_idle = (self->n_handlers == 0 || self->receivers.length > 0) && !self->is_digesting;
  if (is_idle || nx_connection_is_broken (self->connection))
    nx_connection_finish (self->connection);
}

void
nx_web_socket_pump (NxWebSocket *self)
{
  if (self->is_pumping)
    return;

  g_object_ref (self);
  self->is_pumping = TRUE;
  while (self->inbox.length > 0)
    {
      if (self->is_serving || self->is_offered)
        break;
      if (self->receivers.length > 0)
        serve_first (self);
      else if (can_push (self))
        push (self, nx_web_socket_take_first (self));
      else
        break;
    }
  self->is_pumping = FALSE;
  if (self->connection != NULL && has_room (self))
    nx_connection_resume (self->connection);
  nx_web_socket_check_input_end (self);
  g_object_unref (self);
}

void
nx_web_socket_pump_cb (NxTask *task)
{
  nx_web_socket_pump ((NxWebSocket *) ((guint8 *) task - G_STRUCT_OFFSET (NxWebSocket, pump_task)));
}

/* One that refuses spares those behind it; one that closes has taken what was not delivered away. */
static gboolean
pass_taps (NxWebSocket *self, NxMessage *message)
{
  NxState state = self->state;

  for (NxTap *tap = self->taps; tap != NULL; tap = tap->next)
    if (tap->received != NULL && (!tap->received (tap, self, message) || self->state != state))
      return FALSE;
  return TRUE;
}

void
nx_web_socket_hold_input (NxWebSocket *self)
{
  self->n_holds++;
}

void
nx_web_socket_release_input (NxWebSocket *self)
{
  if (--self->n_holds == 0)
    nx_web_socket_pump (self);
}

gboolean
nx_web_socket_take_message (NxWebSocket *self, NxMessage *message)
{
  if (self->taps != NULL && !pass_taps (self, message))
    {
      nx_message_unref (message);
      return has_room (self);
    }
  /* The way nearly every message goes: nothing waits, and somebody takes it at once. */
  if (self->inbox.length == 0 && self->receivers.length == 0 && !self->is_serving
      && !self->is_pumping && can_push (self))
    {
      self->is_pumping = TRUE;
      push (self, message);
      self->is_pumping = FALSE;
      if (self->inbox.length > 0)
        nx_web_socket_pump (self);
      return has_room (self);
    }
  put (self, message);
  nx_web_socket_pump (self);
  if (has_room (self))
    return TRUE;
  tell_untaken (self);
  return FALSE;
}

/* -- Public -- */
