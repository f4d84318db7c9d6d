/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-connection-private.h"

#include "transport/nx-output-queue-private.h"

/* More than so many pongs do not wait: beyond that the latest ping is answered (RFC 6455 section 5.5.3). */
#define UNSENT_PONGS_MAX 16

/* How many octets of messages are delivered of one connection before the others have their turn: with compression a read
 * buffer may hold a thousand times its size. */
#define DELIVERED_A_TURN (256 * 1024)

/* A peer that has gone while its messages were not taken is heard to the end, up to so many octets: about what the
 * kernel holds for one socket. */
#define DRAIN_MAX (8 * 1024 * 1024)

typedef enum {
  OPEN,
  INPUT_ENDED,
  CLOSING,
  LEAVING,
  ENDED,
} State;

struct _NxConnection
{
  guint ref_count;
  State state;
  const NxConnectionFuncs *funcs;
  gpointer owner;
  NxSettings *settings;
  NxStream *stream; /* NULL once it ended */
  NxReactor *reactor;
  NxLingerer *lingerer;

  /* Reading. */
  NxReceiver receiver;
  gboolean is_full;     /* the owner takes no more */
  gboolean is_yielding; /* it had its share of this turn */
  gboolean is_draining; /* the peer has gone: read to the end whether the owner takes it or not */
  gsize drained;
  NxTask resume_task;

  /* Writing. */
  NxSender sender;
  NxOutputQueue output;
  NxTask flush_task;
  gboolean is_blocked; /* the stream took less than we had */
  gboolean is_broken;  /* it takes nothing any more */
  gboolean was_above_low;

  /* Life. */
  NxTimer timer; /* OPEN: keepalive. Else the deadline of the state */
  gint64 alive_us;
  gint64 ping_sent_us; /* 0: no answer is awaited */

  /* The end. */
  NxFault fault;
  guint16 close_code;
  guint16 answer_code; /* of the close frame that finish() sends; 0: none */
  char *close_reason;
};

static gint64
now (NxConnection *self)
{
  return nx_reactor_get_now (self->reactor);
}

/* Any octet that comes, or that the peer made room for, answers a ping. */
static void
note_life (NxConnection *self)
{
  self->alive_us = now (self);
  self->ping_sent_us = 0;
}

static void
start_timer (NxConnection *self, gint64 from_us, guint after_ms)
{
  nx_reactor_start_timer (self->reactor, &self->timer,
                          from_us + after_ms * G_GINT64_CONSTANT (1000));
}

static gboolean
is_reading (const NxConnection *self)
{
  switch (self->state)
    {
    case OPEN:
      return (!self->is_full || self->is_draining) && !self->is_yielding;
    case CLOSING:
      return !self->is_yielding;
    default:
      return FALSE;
    }
}

static void
update_interest (NxConnection *self)
{
  NxReady interest = 0;

  if (self->stream == NULL)
    return;
  if (is_reading (self))
    interest |= NX_READY_READ;
  if (self->is_blocked)
    interest |= NX_READY_WRITE;
  nx_stream_set_interest (self->stream, interest);
}

/* -- The end -- */

static void
set_close (NxConnection *self, guint code, const char *reason, gsize length)
{
  g_free (self->close_reason);
  self->close_code = code;
  self->close_reason = length > 0 ? g_strndup (reason, length) : NULL;
}

static void
end (NxConnection *self)
{
  if (self->state == ENDED)
    return;

  self->state = ENDED;
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
  if (self->state == ENDED)
    return;
  self->is_broken = TRUE;
  set_close (self, 1006, NULL, 0);
  end (self);
}

static void
tell_closing (NxConnection *self)
{
  if (self->funcs != NULL)
    self->funcs->closing (self, self->owner);
}

/* Our last frame is queued: what is left is to get it out. */
static void
leave (NxConnection *self)
{
  gboolean is_told = self->state == CLOSING;

  self->state = LEAVING;
  start_timer (self, now (self), self->settings->close_timeout_ms);
  update_interest (self);
  nx_reactor_queue_flush (self->reactor, &self->flush_task);
  if (!is_told)
    tell_closing (self);
}

static void
end_input (NxConnection *self)
{
  self->state = INPUT_ENDED;
  start_timer (self, now (self), self->settings->close_timeout_ms);
  update_interest (self);
  if (self->funcs != NULL)
    self->funcs->input_ended (self, self->owner);
  else
    nx_connection_finish (self);
}

void
nx_connection_finish (NxConnection *self)
{
  if (self->state != INPUT_ENDED)
    return;
  if (self->is_broken || self->answer_code == 0)
    {
      self->is_broken = TRUE;
      end (self);
      return;
    }
  nx_connection_push (self, nx_sender_close_frame (self->answer_code, NULL));
  leave (self);
}

void
nx_connection_close (NxConnection *self, guint code, const char *reason)
{
  switch (self->state)
    {
    case OPEN:
      break;
    case INPUT_ENDED:
      nx_connection_finish (self);
      return;
    default:
      return;
    }

  self->state = CLOSING;
  nx_connection_push (self, nx_sender_close_frame (code, reason));
  start_timer (self, now (self), self->settings->close_timeout_ms);
  update_interest (self);
  /* Frames may wait in the receiver, the peer's close among them, because the owner took no more. */
  nx_reactor_queue_task (self->reactor, &self->resume_task);
  tell_closing (self);
}

/* The stream has ended, or fails, without a close frame before it. */
static void
lose (NxConnection *self)
{
  self->is_broken = TRUE;
  nx_output_queue_clear (&self->output);
  self->is_blocked = FALSE;
  set_close (self, 1006, NULL, 0);
  if (self->state == OPEN)
    end_input (self);
  else if (self->state != INPUT_ENDED)
    end (self);
}

/* The stream takes nothing any more. What the peer sent before may still be there to read. */
static void
lose_output (NxConnection *self)
{
  self->is_broken = TRUE;
  nx_output_queue_clear (&self->output);
  self->is_blocked = FALSE;
  if (self->state == OPEN)
    {
      self->is_draining = TRUE;
      update_interest (self);
      nx_reactor_queue_task (self->reactor, &self->resume_task);
    }
  else if (self->state == CLOSING || self->state == LEAVING)
    {
      if (self->close_code == 0)
        set_close (self, 1006, NULL, 0);
      end (self);
    }
}

/* -- Reading -- */

static void
receive_close (NxConnection *self, const NxEvent *event)
{
  set_close (self, event->code, (const char *) event->data, event->length);
  if (self->state == CLOSING)
    {
      leave (self);
      return;
    }
  self->answer_code = event->code;
  end_input (self);
}

static void
receive_fault (NxConnection *self, const NxEvent *event)
{
  self->fault = event->fault;
  if (self->state == CLOSING)
    {
      /* We have said our close already, and nothing else may follow it. */
      set_close (self, 1006, NULL, 0);
      leave (self);
      return;
    }
  set_close (self, event->code, NULL, 0);
  self->answer_code = event->code;
  end_input (self);
}

/* Something is to stand behind what the batch holds now: what it gets later comes behind that, to this connection alone. */
static void
detach_batch (NxConnection *self)
{
  NxBatch *batch = self->output.batch;

  if (batch == NULL)
    return;
  if (batch->is_open)
    nx_batch_add_apart (batch, self);
  nx_output_queue_detach (&self->output);
}

static void
receive_ping (NxConnection *self, const NxEvent *event)
{
  NxFrame *pong;

  if (self->state != OPEN || self->is_broken)
    return;
  pong = nx_frame_new (NX_OPCODE_PONG, event->data, event->length);
  if (self->output.n_pongs >= UNSENT_PONGS_MAX)
    {
      detach_batch (self);
      nx_output_queue_replace_pong (&self->output, pong);
    }
  else
    nx_connection_push (self, pong);
}

static void
receive_message (NxConnection *self, NxEvent *event)
{
  if (self->state == OPEN && self->funcs != NULL)
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
  return is_reading (self) && nx_receiver_next (&self->receiver, event);
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
  if (self->state != ENDED)
    nx_receiver_hold (&self->receiver);
}

static void
read_some (NxConnection *self)
{
  guint8 *buffer = nx_reactor_get_buffer (self->reactor);
  gssize n = nx_stream_read (self->stream, buffer, NX_REACTOR_BUFFER_SIZE);

  if (n == NX_IO_BLOCKED)
    return;
  if (n <= 0 || self->drained > DRAIN_MAX)
    {
      /* Behind whatever the receiver still holds. */
      process_events (self);
      if (self->state == OPEN || self->state == CLOSING)
        lose (self);
      return;
    }
  note_life (self);
  nx_receiver_feed (&self->receiver, buffer, n, self->alive_us);
  process_events (self);
}

static void
resume_task_cb (NxTask *task)
{
  NxConnection *self =
      (NxConnection *) ((guint8 *) task - G_STRUCT_OFFSET (NxConnection, resume_task));

  nx_connection_ref (self);
  self->is_yielding = FALSE;
  process_events (self);
  update_interest (self);
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
    self->ping_sent_us = now (self);
  if (self->state == OPEN)
    nx_reactor_queue_task (self->reactor, &self->resume_task);
}

void
nx_connection_push_back (NxConnection *self, const guint8 *data, gsize length)
{
  g_autofree guint8 *copy = g_memdup2 (data, length);

  nx_receiver_feed (&self->receiver, copy, length, now (self));
  nx_receiver_hold (&self->receiver);
  nx_reactor_queue_task (self->reactor, &self->resume_task);
}

/* -- Writing -- */

static void
flush (NxConnection *self)
{
  gsize written;
  NxFlushResult result;

  if (nx_connection_is_above_low (self))
    self->was_above_low = TRUE; /* a batch grows by itself */
  if (nx_output_queue_is_empty (&self->output))
    result = self->is_broken ? NX_FLUSH_FAILED : NX_FLUSH_DONE;
  else
    result = nx_output_queue_flush (&self->output, self->stream, &written);

  self->is_blocked = result == NX_FLUSH_BLOCKED;
  if (result == NX_FLUSH_FAILED)
    {
      lose_output (self);
      return;
    }
  update_interest (self);
  if (self->was_above_low && !nx_connection_is_above_low (self))
    {
      self->was_above_low = FALSE;
      if (self->funcs != NULL)
        self->funcs->drained (self, self->owner);
    }
  if (self->state == LEAVING && nx_output_queue_is_empty (&self->output))
    end (self);
}

static void
flush_task_cb (NxTask *task)
{
  NxConnection *self =
      (NxConnection *) ((guint8 *) task - G_STRUCT_OFFSET (NxConnection, flush_task));

  /* While the stream is blocked, only its readiness is worth a system call. */
  if (self->is_blocked)
    return;
  nx_connection_ref (self);
  flush (self);
  nx_connection_unref (self);
}

static void
push (NxConnection *self, NxFrame *frame, gconstpointer owner)
{
  if (self->state == ENDED || self->state == LEAVING || self->is_broken)
    {
      nx_frame_unref (frame);
      return;
    }
  detach_batch (self);
  nx_output_queue_push (&self->output, frame, owner);
  if (nx_connection_is_above_low (self))
    self->was_above_low = TRUE;
  nx_reactor_queue_flush (self->reactor, &self->flush_task);
}

void
nx_connection_push (NxConnection *self, NxFrame *frame)
{
  push (self, frame, NULL);
}

void
nx_connection_push_shared (NxConnection *self, NxFrame *frame, gconstpointer owner)
{
  push (self, frame, owner);
}

void
nx_connection_attach (NxConnection *self, NxBatch *batch)
{
  gsize mark = self->settings->high_water_mark, others;

  g_assert (nx_connection_has_room (self));

  detach_batch (self);
  nx_output_queue_attach (&self->output, batch);
  others = nx_output_queue_get_cost (&self->output) - batch->size;
  /* Whoever is at the mark is judged by itself, as for any message: so the batch ends there. */
  batch->limit = MIN (batch->limit, mark > others ? mark - others : 0);
  nx_reactor_queue_flush (self->reactor, &self->flush_task);
}

void
nx_connection_stand_apart (NxConnection *self, NxBatch *batch)
{
  if (self->output.batch == batch)
    detach_batch (self);
}

void
nx_connection_ping (NxConnection *self, const guint8 *data, gsize length)
{
  if (nx_connection_is_writable (self))
    nx_connection_push (self, nx_frame_new (NX_OPCODE_PING, data, length));
}

static gboolean
has_room (const NxConnection *self, guint patience)
{
  return nx_output_queue_get_cost (&self->output) < self->settings->high_water_mark * patience;
}

static NxSendResult
drop_oldest (NxConnection *self, gconstpointer owner)
{
  detach_batch (self);
  nx_output_queue_drop_oldest (&self->output, self->settings->high_water_mark - 1, owner);
  /* What others have sent is not ours to drop; alone, a message goes behind the one that is on its way. */
  return has_room (self, 1) || self->output.n_frames <= 1 ? NX_SEND_OK : NX_SEND_SLOW;
}

static NxSendResult
apply_slow_policy (NxConnection *self, NxSlowPolicy policy, gconstpointer owner)
{
  /* With a context that is taken over, a frame that was compressed cannot be left out any more. */
  if (policy == NX_SLOW_POLICY_DROP_OLDEST && self->sender.takeover)
    policy = NX_SLOW_POLICY_DROP_NEW;

  switch (policy)
    {
    case NX_SLOW_POLICY_KEEP:
      return NX_SEND_OK;
    case NX_SLOW_POLICY_DROP_OLDEST:
      return drop_oldest (self, owner);
    case NX_SLOW_POLICY_DROP_NEW:
      return NX_SEND_SLOW;
    case NX_SLOW_POLICY_CLOSE:
    default:
      nx_output_queue_drop_unsent (&self->output);
      nx_connection_close (self, 1013, "too slow");
      return NX_SEND_SLOW;
    }
}

NxSendResult
nx_connection_admit (NxConnection *self, guint patience)
{
  NxSendResult result;

  if (!nx_connection_is_writable (self))
    return NX_SEND_CLOSED;
  if (has_room (self, patience))
    return NX_SEND_OK;

  nx_connection_ref (self);
  flush (self);
  if (!nx_connection_is_writable (self))
    result = NX_SEND_CLOSED;
  else if (has_room (self, patience))
    result = NX_SEND_OK;
  else
    result = apply_slow_policy (self, self->settings->slow_policy, NULL);
  nx_connection_unref (self);
  return result;
}

NxSendResult
nx_connection_admit_shared (NxConnection *self, NxSlowPolicy policy, gconstpointer owner)
{
  NxSendResult result;

  if (!nx_connection_is_writable (self))
    return NX_SEND_CLOSED;
  if (has_room (self, 1))
    return NX_SEND_OK;

  nx_connection_ref (self);
  /* A burst to many does not knock at the door of the slow ones with each message. */
  if (!self->is_blocked)
    flush (self);
  if (!nx_connection_is_writable (self))
    result = NX_SEND_CLOSED;
  else if (has_room (self, 1))
    result = NX_SEND_OK;
  else
    result = apply_slow_policy (self, policy, owner);
  nx_connection_unref (self);
  return result;
}

gboolean
nx_connection_has_room (const NxConnection *self)
{
  return nx_connection_is_writable (self) && has_room (self, 1);
}

/* -- Keepalive -- */

/* A peer whose octets wait to be read is alive: a process that was stopped for a minute must not cut everybody. */
static gboolean
has_input (NxConnection *self)
{
  if (is_reading (self))
    read_some (self);
  return self->ping_sent_us == 0;
}

static void
keep_alive (NxConnection *self)
{
  const NxSettings *settings = self->settings;
  gint64 now_us = now (self);
  gint64 interval_us = settings->ping_interval_ms * G_GINT64_CONSTANT (1000);
  gint64 timeout_us = settings->pong_timeout_ms * G_GINT64_CONSTANT (1000);

  if (self->ping_sent_us != 0)
    {
      if (!is_reading (self))
        self->ping_sent_us = now_us;
      if (now_us - self->ping_sent_us >= timeout_us && !has_input (self) && self->state == OPEN)
        nx_connection_cut (self);
      else if (self->state == OPEN)
        start_timer (self, MAX (self->ping_sent_us, self->alive_us), settings->pong_timeout_ms);
      return;
    }

  if (now_us - self->alive_us >= interval_us)
    {
      nx_connection_ping (self, NULL, 0);
      self->ping_sent_us = now_us;
      start_timer (self, now_us, settings->pong_timeout_ms);
      return;
    }
  start_timer (self, self->alive_us, settings->ping_interval_ms);
}

static void
timer_cb (NxTimer *timer)
{
  NxConnection *self = (NxConnection *) ((guint8 *) timer - G_STRUCT_OFFSET (NxConnection, timer));

  nx_connection_ref (self);
  switch (self->state)
    {
    case OPEN:
      keep_alive (self);
      break;
    case INPUT_ENDED:
      nx_connection_finish (self);
      break;
    case CLOSING:
      /* The peer's answer may be there already, and the process was stopped. */
      has_input (self);
      if (self->state == CLOSING)
        nx_connection_cut (self);
      break;
    case LEAVING:
      self->is_broken = TRUE;
      end (self);
      break;
    case ENDED:
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
      note_life (self);
      flush (self);
    }
  if (ready & NX_READY_HANGUP)
    self->is_draining = TRUE;
  if (ready & NX_READY_READ && self->stream != NULL && is_reading (self))
    read_some (self);
  if (self->is_draining && self->state == OPEN)
    nx_reactor_queue_task (self->reactor, &self->resume_task);
  update_interest (self);
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
  self->state = OPEN;
  self->funcs = funcs;
  self->owner = owner;
  self->settings = nx_settings_ref (settings);
  self->stream = stream;
  self->reactor = nx_reactor_ref (stream->reactor);
  self->lingerer = nx_lingerer_ref (lingerer);
  nx_receiver_init (&self->receiver, NX_SIDE_SERVER, &settings->receiver, deflate);
  nx_sender_init (&self->sender, NX_SIDE_SERVER, deflate);
  nx_task_init (&self->flush_task, flush_task_cb);
  nx_task_init (&self->resume_task, resume_task_cb);
  nx_timer_init (&self->timer, timer_cb);
  return self;
}

NxConnection *
nx_connection_ref (NxConnection *self)
{
  self->ref_count++;
  return self;
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
  self->alive_us = now (self);
  if (self->settings->ping_interval_ms > 0)
    start_timer (self, self->alive_us, self->settings->ping_interval_ms);
  nx_stream_set_owner (self->stream, ready_cb, self, NX_READY_READ);
}

/* -- What can be asked -- */

gboolean
nx_connection_is_writable (const NxConnection *self)
{
  return (self->state == OPEN || self->state == INPUT_ENDED) && !self->is_broken;
}

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

gboolean
nx_connection_is_above_low (const NxConnection *self)
{
  return nx_output_queue_get_cost (&self->output)
         > MIN (self->settings->low_water_mark, self->settings->high_water_mark);
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
