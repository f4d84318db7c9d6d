/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-http-stream-private.h"

#include <string.h>

#define LINGER_MS 2000

/* What a body has to come with at least, in octets a second, once its peer has used up the time for one turn. */
#define BODY_RATE (16 * 1024)

struct _NxHttpStream
{
  NxPollableStream parent_instance;

  NxStream *stream; /* NULL once closed or cut */
  NxLingerer *lingerer;
  NxReactor *reactor;

  GBytes *replay; /* head, and what came of the body with it */
  gsize n_replayed;
  guint64 missing; /* octets of the body that have not come yet */
  gboolean peer_is_gone;

  NxTimer timer; /* runs while it is the peer's turn */
  guint timeout_ms;
  gint64 asked_us;     /* when that turn began */
  gint64 body_left_us; /* that the peer may still have us wait for its body, in all its turns */
};

G_DEFINE_FINAL_TYPE (NxHttpStream, nx_http_stream, NX_TYPE_POLLABLE_STREAM)

static gboolean
waits_for_body (NxHttpStream *self)
{
  return self->missing > 0 && nx_pollable_stream_has_readers (NX_POLLABLE_STREAM (self));
}

static void
begin_turn (NxHttpStream *self)
{
  gint64 turn_us = self->timeout_ms * G_GINT64_CONSTANT (1000);

  if (nx_timer_is_started (&self->timer))
    return;
  self->asked_us = nx_reactor_get_now (self->reactor);
  nx_reactor_start_timer (self->reactor, &self->timer,
                          self->asked_us + (waits_for_body (self) ? self->body_left_us : turn_us));
}

static void
end_turn (NxHttpStream *self)
{
  if (!nx_timer_is_started (&self->timer))
    return;
  nx_reactor_stop_timer (self->reactor, &self->timer);
  if (self->missing > 0)
    self->body_left_us -= nx_reactor_get_now (self->reactor) - self->asked_us;
}

static void
update (NxHttpStream *self)
{
  NxReady interest = 0;

  if (self->stream == NULL)
    return;
  if (waits_for_body (self))
    interest |= NX_READY_READ;
  if (nx_pollable_stream_has_writers (NX_POLLABLE_STREAM (self)))
    interest |= NX_READY_WRITE;
  nx_stream_set_interest (self->stream, interest);

  /* Whoever waited and was cancelled did so for a time that we do not know: the peer is not charged for it. */
  if (interest == 0)
    nx_reactor_stop_timer (self->reactor, &self->timer);
  else
    begin_turn (self);
}

static void
cut (NxHttpStream *self)
{
  nx_reactor_stop_timer (self->reactor, &self->timer);
  g_clear_pointer (&self->stream, nx_stream_free);
  self->peer_is_gone = TRUE;
  nx_pollable_stream_wake_readers (NX_POLLABLE_STREAM (self));
  nx_pollable_stream_wake_writers (NX_POLLABLE_STREAM (self));
}

static void
timer_cb (NxTimer *timer)
{
  NxHttpStream *self = (NxHttpStream *) ((guint8 *) timer - G_STRUCT_OFFSET (NxHttpStream, timer));

  update (self);
  /* It runs again when somebody still waits. */
  if (nx_timer_is_started (timer))
    cut (self);
}

static void
ready_cb (NxStream *stream, NxReady ready, gpointer data)
{
  NxHttpStream *self = data;

  if (ready & NX_READY_HANGUP)
    self->peer_is_gone = TRUE;
  if (ready & (NX_READY_READ | NX_READY_HANGUP))
    nx_pollable_stream_wake_readers (NX_POLLABLE_STREAM (self));
  if (ready & NX_READY_WRITE)
    nx_pollable_stream_wake_writers (NX_POLLABLE_STREAM (self));
  end_turn (self);
  update (self);
}

static gsize
n_left_to_replay (NxHttpStream *self)
{
  return g_bytes_get_size (self->replay) - self->n_replayed;
}

static gssize
replay (NxHttpStream *self, void *buffer, gsize size)
{
  gsize n = MIN (size, n_left_to_replay (self));

  memcpy (buffer, (const guint8 *) g_bytes_get_data (self->replay, NULL) + self->n_replayed, n);
  self->n_replayed += n;
  if (n_left_to_replay (self) == 0)
    g_clear_pointer (&self->replay, g_bytes_unref);
  return n;
}

static gssize
nx_http_stream_read (NxPollableStream *pollable, void *buffer, gsize size, GError **error)
{
  NxHttpStream *self = NX_HTTP_STREAM (pollable);
  gssize n;

  if (self->replay != NULL)
    return replay (self, buffer, size);
  if (self->stream == NULL || (self->missing == 0 && self->peer_is_gone))
    return 0;
  if (self->missing == 0)
    return nx_pollable_stream_would_block (error);

  n = nx_stream_read (self->stream, buffer, MIN (size, self->missing));
  if (n == NX_IO_BLOCKED)
    return nx_pollable_stream_would_block (error);
  if (n == NX_IO_FAILED)
    return nx_pollable_stream_peer_is_gone (error);
  self->missing -= n;
  /* An octet now and then buys no time worth speaking of. */
  self->body_left_us += n * G_USEC_PER_SEC / BODY_RATE;
  return n;
}

static gssize
nx_http_stream_write (NxPollableStream *pollable, const void *buffer, gsize size, GError **error)
{
  NxHttpStream *self = NX_HTTP_STREAM (pollable);
  struct iovec part = { (void *) buffer, size };
  gssize n = self->stream != NULL ? nx_stream_write (self->stream, &part, 1) : NX_IO_FAILED;

  if (n == NX_IO_BLOCKED)
    return nx_pollable_stream_would_block (error);
  if (n == NX_IO_FAILED)
    return nx_pollable_stream_peer_is_gone (error);
  return n;
}

static gboolean
nx_http_stream_is_readable (NxPollableStream *pollable)
{
  NxHttpStream *self = NX_HTTP_STREAM (pollable);

  return self->replay != NULL || self->peer_is_gone;
}

static gboolean
nx_http_stream_may_read (NxPollableStream *pollable)
{
  NxHttpStream *self = NX_HTTP_STREAM (pollable);

  return self->replay != NULL || self->missing > 0 || self->peer_is_gone;
}

static gboolean
nx_http_stream_is_writable (NxPollableStream *pollable)
{
  return NX_HTTP_STREAM (pollable)->stream == NULL;
}

static void
nx_http_stream_waiting (NxPollableStream *pollable)
{
  update (NX_HTTP_STREAM (pollable));
}

static void
nx_http_stream_let_go (NxPollableStream *pollable)
{
  NxHttpStream *self = NX_HTTP_STREAM (pollable);
  NxStream *stream = g_steal_pointer (&self->stream);

  nx_reactor_stop_timer (self->reactor, &self->timer);
  nx_pollable_stream_wake_readers (pollable);
  nx_pollable_stream_wake_writers (pollable);
  if (stream != NULL)
    nx_lingerer_add (self->lingerer, stream, NULL, LINGER_MS);
}

static void
nx_http_stream_finalize (GObject *object)
{
  NxHttpStream *self = NX_HTTP_STREAM (object);

  nx_http_stream_let_go (NX_POLLABLE_STREAM (self));
  g_clear_pointer (&self->replay, g_bytes_unref);
  nx_lingerer_unref (self->lingerer);
  nx_reactor_unref (self->reactor);
  G_OBJECT_CLASS (nx_http_stream_parent_class)->finalize (object);
}

static void
nx_http_stream_class_init (NxHttpStreamClass *klass)
{
  NxPollableStreamClass *pollable_class = NX_POLLABLE_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = nx_http_stream_finalize;
  pollable_class->read = nx_http_stream_read;
  pollable_class->write = nx_http_stream_write;
  pollable_class->is_readable = nx_http_stream_is_readable;
  pollable_class->may_read = nx_http_stream_may_read;
  pollable_class->is_writable = nx_http_stream_is_writable;
  pollable_class->waiting = nx_http_stream_waiting;
  pollable_class->let_go = nx_http_stream_let_go;
}

static void
nx_http_stream_init (NxHttpStream *self)
{
  nx_timer_init (&self->timer, timer_cb);
}

GIOStream *
nx_http_stream_new (NxStream *stream,
                    NxLingerer *lingerer,
                    const guint8 *data,
                    gsize length,
                    guint64 missing_length,
                    guint timeout_ms)
{
  NxHttpStream *self = g_object_new (NX_TYPE_HTTP_STREAM, NULL);

  self->stream = stream;
  self->lingerer = nx_lingerer_ref (lingerer);
  self->reactor = nx_reactor_ref (stream->reactor);
  self->replay = g_bytes_new (data, length);
  self->missing = missing_length;
  self->timeout_ms = timeout_ms;
  self->body_left_us = timeout_ms * G_GINT64_CONSTANT (1000);
  nx_stream_set_owner (stream, ready_cb, self, 0);
  return G_IO_STREAM (self);
}
