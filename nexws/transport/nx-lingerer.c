/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-lingerer-private.h"

#define STREAMS_MAX 4096

struct _NxLingerer
{
  guint ref_count;
  gboolean is_closed;
  NxReactor *reactor;
  GQueue streams; /* of Lingering, the oldest first */
  void (*func) (gpointer data);
  gpointer data;
};

typedef struct
{
  NxLingerer *lingerer;
  GList link;
  NxStream *stream;
  GBytes *last_words; /* NULL once they are out */
  gsize n_written;
  gboolean has_ended;      /* our output: the stream may still hold some of it */
  gboolean peer_has_ended; /* its output: it may still be reading ours */
  NxTimer timer;
} Lingering;

static void
lingering_free (Lingering *self)
{
  NxLingerer *lingerer = self->lingerer;

  g_queue_unlink (&lingerer->streams, &self->link);
  nx_reactor_stop_timer (lingerer->reactor, &self->timer);
  nx_stream_free (self->stream);
  g_clear_pointer (&self->last_words, g_bytes_unref);
  g_free (self);
  if (lingerer->func != NULL)
    lingerer->func (lingerer->data);
}

static gboolean
is_heard (Lingering *self)
{
  return self->has_ended && !nx_stream_has_unsent (self->stream);
}

/* FALSE when the stream is beyond hope. */
static gboolean
write_words (Lingering *self)
{
  while (self->last_words != NULL)
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (self->last_words, &size);
      struct iovec part = { (gpointer) (data + self->n_written), size - self->n_written };
      gssize n = nx_stream_write (self->stream, &part, 1);

      if (n < 0)
        return n == NX_IO_BLOCKED;
      self->n_written += n;
      if (self->n_written == size)
        g_clear_pointer (&self->last_words, g_bytes_unref);
    }
  return TRUE;
}

static gboolean
speak (Lingering *self)
{
  if (!write_words (self))
    return FALSE;
  if (self->last_words == NULL && !self->has_ended)
    {
      self->has_ended = TRUE;
      nx_stream_shutdown_write (self->stream);
    }
  return TRUE;
}

/* What it hears is forgotten. */
static gboolean
listen_on (Lingering *self)
{
  guint8 *buffer = nx_reactor_get_buffer (self->stream->reactor);
  gssize n = nx_stream_read (self->stream, buffer, NX_REACTOR_BUFFER_SIZE);

  if (n == 0)
    self->peer_has_ended = TRUE;
  return n != NX_IO_FAILED;
}

/* Waits for what is left to come, or frees it. */
static void
go_on (Lingering *self, gboolean is_alive)
{
  gboolean is_over = is_heard (self);

  if (!is_alive || (is_over && self->peer_has_ended))
    lingering_free (self);
  else
    nx_stream_set_interest (self->stream, (self->peer_has_ended ? 0 : NX_READY_READ)
                                              | (is_over ? 0 : NX_READY_WRITE));
}

static void
ready_cb (NxStream *stream, NxReady ready, gpointer data)
{
  Lingering *self = data;

  go_on (self, (!(ready & NX_READY_WRITE) || speak (self))
                   && (!(ready & NX_READY_READ) || listen_on (self)));
}

static void
timer_cb (NxTimer *timer)
{
  lingering_free ((Lingering *) ((guint8 *) timer - G_STRUCT_OFFSET (Lingering, timer)));
}

NxLingerer *
nx_lingerer_new (NxReactor *reactor)
{
  NxLingerer *self = g_new0 (NxLingerer, 1);

  self->ref_count = 1;
  self->reactor = nx_reactor_ref (reactor);
  return self;
}

NxLingerer *
nx_lingerer_ref (NxLingerer *self)
{
  self->ref_count++;
  return self;
}

void
nx_lingerer_unref (NxLingerer *self)
{
  if (--self->ref_count > 0)
    return;
  nx_lingerer_close (self);
  nx_reactor_unref (self->reactor);
  g_free (self);
}

void
nx_lingerer_close (NxLingerer *self)
{
  self->is_closed = TRUE;
  self->func = NULL;
  while (!g_queue_is_empty (&self->streams))
    lingering_free (g_queue_peek_head (&self->streams));
}

void
nx_lingerer_add (NxLingerer *self, NxStream *stream, GBytes *last_words, guint timeout_ms)
{
  Lingering *lingering;

  if (self->is_closed)
    {
      nx_stream_free (stream);
      g_clear_pointer (&last_words, g_bytes_unref);
      return;
    }
  if (g_queue_get_length (&self->streams) >= STREAMS_MAX)
    lingering_free (g_queue_peek_head (&self->streams));

  lingering = g_new0 (Lingering, 1);
  lingering->lingerer = self;
  lingering->link.data = lingering;
  lingering->stream = stream;
  lingering->last_words = last_words;
  nx_timer_init (&lingering->timer, timer_cb);
  g_queue_push_tail_link (&self->streams, &lingering->link);
  nx_reactor_start_timer (self->reactor, &lingering->timer,
                          nx_reactor_get_now (self->reactor)
                              + timeout_ms * G_GINT64_CONSTANT (1000));

  nx_stream_set_owner (stream, ready_cb, lingering, NX_READY_READ);
  go_on (lingering, speak (lingering));
}

guint
nx_lingerer_get_n_streams (NxLingerer *self)
{
  return g_queue_get_length (&self->streams);
}

void
nx_lingerer_set_func (NxLingerer *self, void (*func) (gpointer data), gpointer data)
{
  self->func = func;
  self->data = data;
}
