/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-http-stream-private.h"

#include <string.h>

#define LINGER_MS 2000

/* What a body has to come with at least, in octets a second, once its peer has used up the time for one turn. */
#define BODY_RATE (16 * 1024)

struct _NxHttpStream
{
  GIOStream parent_instance;

  GInputStream *input;
  GOutputStream *output;
  NxStream *stream; /* NULL once closed or cut */
  NxLingerer *lingerer;
  NxReactor *reactor;

  GBytes *replay; /* head, and what came of the body with it */
  gsize n_replayed;
  guint64 missing; /* octets of the body that have not come yet */
  gboolean peer_is_gone;

  GPtrArray *readers; /* of GSource: who waits to read, or to write */
  GPtrArray *writers;
  NxTimer timer; /* runs while it is the peer's turn */
  guint timeout_ms;
  gint64 asked_us;     /* when that turn began */
  gint64 body_left_us; /* that the peer may still have us wait for its body, in all its turns */
};

/* -- The two halves: thin, since the stream does the work -- */

#define NX_TYPE_HTTP_INPUT (nx_http_input_get_type ())
G_DECLARE_FINAL_TYPE (NxHttpInput, nx_http_input, NX, HTTP_INPUT, GInputStream)
#define NX_TYPE_HTTP_OUTPUT (nx_http_output_get_type ())
G_DECLARE_FINAL_TYPE (NxHttpOutput, nx_http_output, NX, HTTP_OUTPUT, GOutputStream)

struct _NxHttpInput
{
  GInputStream parent_instance;
  NxHttpStream *owner; /* not owned; NULL once it has gone */
};

struct _NxHttpOutput
{
  GOutputStream parent_instance;
  NxHttpStream *owner;
};

static void nx_http_input_pollable_init (GPollableInputStreamInterface *iface);
static void nx_http_output_pollable_init (GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (NxHttpInput,
                               nx_http_input,
                               G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      nx_http_input_pollable_init))
G_DEFINE_FINAL_TYPE_WITH_CODE (NxHttpOutput,
                               nx_http_output,
                               G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      nx_http_output_pollable_init))
G_DEFINE_FINAL_TYPE (NxHttpStream, nx_http_stream, G_TYPE_IO_STREAM)

/* Whoever was cancelled waits no longer. */
static void
forget_destroyed (GPtrArray *sources)
{
  for (guint i = sources->len; i-- > 0;)
    if (g_source_is_destroyed (g_ptr_array_index (sources, i)))
      g_ptr_array_remove_index_fast (sources, i);
}

static gboolean
waits_for_body (NxHttpStream *self)
{
  return self->readers->len > 0 && self->missing > 0;
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

  forget_destroyed (self->readers);
  forget_destroyed (self->writers);
  if (self->stream == NULL)
    return;
  if (waits_for_body (self))
    interest |= NX_READY_READ;
  if (self->writers->len > 0)
    interest |= NX_READY_WRITE;
  nx_stream_set_interest (self->stream, interest);

  /* Whoever waited and was cancelled did so for a time that we do not know: the peer is not charged for it. */
  if (interest == 0)
    nx_reactor_stop_timer (self->reactor, &self->timer);
  else
    begin_turn (self);
}

static void
wake (GPtrArray *sources)
{
  for (guint i = 0; i < sources->len; i++)
    g_source_set_ready_time (g_ptr_array_index (sources, i), 0);
  g_ptr_array_set_size (sources, 0);
}

static void
cut (NxHttpStream *self)
{
  nx_reactor_stop_timer (self->reactor, &self->timer);
  g_clear_pointer (&self->stream, nx_stream_free);
  self->peer_is_gone = TRUE;
  wake (self->readers);
  wake (self->writers);
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
    wake (self->readers);
  if (ready & NX_READY_WRITE)
    wake (self->writers);
  end_turn (self);
  update (self);
}

static gssize
would_block (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "Nothing there yet");
  return -1;
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
read_some (NxHttpStream *self, void *buffer, gsize size, GError **error)
{
  gssize n;

  if (self->replay != NULL)
    return replay (self, buffer, size);
  if (self->stream == NULL || (self->missing == 0 && self->peer_is_gone))
    return 0;
  if (self->missing == 0)
    return would_block (error);

  n = nx_stream_read (self->stream, buffer, MIN (size, self->missing));
  if (n == NX_IO_BLOCKED)
    return would_block (error);
  if (n == NX_IO_FAILED)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "The peer has gone");
      return -1;
    }
  self->missing -= n;
  /* An octet now and then buys no time worth speaking of. */
  self->body_left_us += n * G_USEC_PER_SEC / BODY_RATE;
  return n;
}

static gssize
write_some (NxHttpStream *self, const void *buffer, gsize size, GError **error)
{
  struct iovec part = { (void *) buffer, size };
  gssize n = self->stream != NULL ? nx_stream_write (self->stream, &part, 1) : NX_IO_FAILED;

  if (n == NX_IO_BLOCKED)
    return would_block (error);
  if (n == NX_IO_FAILED)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "The peer has gone");
      return -1;
    }
  return n;
}

static gboolean
child_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
never_called (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* The child of a pollable source: ready when its ready time is set. GIO gives it a closure, which needs the callback. */
static GSourceFuncs child_funcs = { .dispatch = child_dispatch, .closure_callback = never_called };

static GSource *
make_source (GObject *half,
             NxHttpStream *owner,
             gboolean is_ready,
             GPtrArray *waiting,
             GCancellable *cancellable)
{
  g_autoptr (GSource) child = g_source_new (&child_funcs, sizeof (GSource));

  if (is_ready || waiting == NULL)
    g_source_set_ready_time (child, 0);
  else
    {
      /* The time of those who were cancelled is not this one's. */
      update (owner);
      g_ptr_array_add (waiting, g_source_ref (child));
      update (owner);
    }
  return g_pollable_source_new_full (half, child, cancellable);
}

/* -- Input -- */

static gssize
nx_http_input_read (GInputStream *input,
                    void *buffer,
                    gsize size,
                    GCancellable *cancellable,
                    GError **error)
{
  NxHttpStream *owner = NX_HTTP_INPUT (input)->owner;

  return owner != NULL ? read_some (owner, buffer, size, error) : 0;
}

static gboolean
nx_http_input_is_readable (GPollableInputStream *input)
{
  NxHttpStream *owner = NX_HTTP_INPUT (input)->owner;

  /* Trying is how one knows: read_nonblocking says WOULD_BLOCK. */
  return owner == NULL || owner->replay != NULL || owner->missing > 0 || owner->peer_is_gone;
}

static gssize
nx_http_input_read_nonblocking (GPollableInputStream *input,
                                void *buffer,
                                gsize size,
                                GError **error)
{
  return nx_http_input_read (G_INPUT_STREAM (input), buffer, size, NULL, error);
}

static GSource *
nx_http_input_create_source (GPollableInputStream *input, GCancellable *cancellable)
{
  NxHttpStream *owner = NX_HTTP_INPUT (input)->owner;

  return make_source (G_OBJECT (input), owner,
                      owner == NULL || owner->replay != NULL || owner->peer_is_gone,
                      owner != NULL ? owner->readers : NULL, cancellable);
}

static void
nx_http_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = nx_http_input_is_readable;
  iface->read_nonblocking = nx_http_input_read_nonblocking;
  iface->create_source = nx_http_input_create_source;
}

static void
nx_http_input_class_init (NxHttpInputClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = nx_http_input_read;
}

static void
nx_http_input_init (NxHttpInput *self)
{
}

/* -- Output -- */

static gssize
nx_http_output_write (GOutputStream *output,
                      const void *buffer,
                      gsize size,
                      GCancellable *cancellable,
                      GError **error)
{
  NxHttpStream *owner = NX_HTTP_OUTPUT (output)->owner;

  if (owner == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The stream is closed");
      return -1;
    }
  return write_some (owner, buffer, size, error);
}

static gboolean
nx_http_output_is_writable (GPollableOutputStream *output)
{
  return TRUE;
}

static gssize
nx_http_output_write_nonblocking (GPollableOutputStream *output,
                                  const void *buffer,
                                  gsize size,
                                  GError **error)
{
  return nx_http_output_write (G_OUTPUT_STREAM (output), buffer, size, NULL, error);
}

static GSource *
nx_http_output_create_source (GPollableOutputStream *output, GCancellable *cancellable)
{
  NxHttpStream *owner = NX_HTTP_OUTPUT (output)->owner;

  return make_source (G_OBJECT (output), owner, owner == NULL || owner->stream == NULL,
                      owner != NULL ? owner->writers : NULL, cancellable);
}

static void
nx_http_output_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = nx_http_output_is_writable;
  iface->write_nonblocking = nx_http_output_write_nonblocking;
  iface->create_source = nx_http_output_create_source;
}

static void
nx_http_output_class_init (NxHttpOutputClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = nx_http_output_write;
}

static void
nx_http_output_init (NxHttpOutput *self)
{
}

/* -- The stream -- */

static GInputStream *
nx_http_stream_get_input_stream (GIOStream *stream)
{
  return NX_HTTP_STREAM (stream)->input;
}

static GOutputStream *
nx_http_stream_get_output_stream (GIOStream *stream)
{
  return NX_HTTP_STREAM (stream)->output;
}

static void
let_go (NxHttpStream *self)
{
  NxStream *stream = g_steal_pointer (&self->stream);

  nx_reactor_stop_timer (self->reactor, &self->timer);
  wake (self->readers);
  wake (self->writers);
  if (stream != NULL)
    nx_lingerer_add (self->lingerer, stream, NULL, LINGER_MS);
}

/* GIOStream's own would close the halves as well, which hold nothing. */
static gboolean
nx_http_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  let_go (NX_HTTP_STREAM (stream));
  return TRUE;
}

static void
nx_http_stream_close_async (GIOStream *stream,
                            int io_priority,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer data)
{
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, data);

  let_go (NX_HTTP_STREAM (stream));
  g_task_return_boolean (task, TRUE);
}

static gboolean
nx_http_stream_close_finish (GIOStream *stream, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
nx_http_stream_finalize (GObject *object)
{
  NxHttpStream *self = NX_HTTP_STREAM (object);

  let_go (self);
  NX_HTTP_INPUT (self->input)->owner = NULL;
  NX_HTTP_OUTPUT (self->output)->owner = NULL;
  g_clear_object (&self->input);
  g_clear_object (&self->output);
  g_clear_pointer (&self->replay, g_bytes_unref);
  g_ptr_array_unref (self->readers);
  g_ptr_array_unref (self->writers);
  nx_lingerer_unref (self->lingerer);
  nx_reactor_unref (self->reactor);
  G_OBJECT_CLASS (nx_http_stream_parent_class)->finalize (object);
}

static void
nx_http_stream_class_init (NxHttpStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = nx_http_stream_finalize;
  G_IO_STREAM_CLASS (klass)->get_input_stream = nx_http_stream_get_input_stream;
  G_IO_STREAM_CLASS (klass)->get_output_stream = nx_http_stream_get_output_stream;
  G_IO_STREAM_CLASS (klass)->close_fn = nx_http_stream_close;
  G_IO_STREAM_CLASS (klass)->close_async = nx_http_stream_close_async;
  G_IO_STREAM_CLASS (klass)->close_finish = nx_http_stream_close_finish;
}

static void
nx_http_stream_init (NxHttpStream *self)
{
  self->input = g_object_new (NX_TYPE_HTTP_INPUT, NULL);
  self->output = g_object_new (NX_TYPE_HTTP_OUTPUT, NULL);
  NX_HTTP_INPUT (self->input)->owner = self;
  NX_HTTP_OUTPUT (self->output)->owner = self;
  self->readers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  self->writers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
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
