/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-pollable-stream-private.h"

typedef struct
{
  GInputStream *input;
  GOutputStream *output;
  GPtrArray *readers; /* of GSource: who waits to read, or to write */
  GPtrArray *writers;
} NxPollableStreamPrivate;

/* -- The two halves: thin, since the stream does the work -- */

#define NX_TYPE_POLLABLE_INPUT (nx_pollable_input_get_type ())
G_DECLARE_FINAL_TYPE (NxPollableInput, nx_pollable_input, NX, POLLABLE_INPUT, GInputStream)
#define NX_TYPE_POLLABLE_OUTPUT (nx_pollable_output_get_type ())
G_DECLARE_FINAL_TYPE (NxPollableOutput, nx_pollable_output, NX, POLLABLE_OUTPUT, GOutputStream)

struct _NxPollableInput
{
  GInputStream parent_instance;
  NxPollableStream *owner; /* not owned; NULL once it has gone */
};

struct _NxPollableOutput
{
  GOutputStream parent_instance;
  NxPollableStream *owner;
};

static void nx_pollable_input_pollable_init (GPollableInputStreamInterface *iface);
static void nx_pollable_output_pollable_init (GPollableOutputStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (NxPollableInput,
                               nx_pollable_input,
                               G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      nx_pollable_input_pollable_init))
G_DEFINE_FINAL_TYPE_WITH_CODE (NxPollableOutput,
                               nx_pollable_output,
                               G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      nx_pollable_output_pollable_init))
G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (NxPollableStream, nx_pollable_stream, G_TYPE_IO_STREAM)

static NxPollableStreamPrivate *
get_private (NxPollableStream *self)
{
  return nx_pollable_stream_get_instance_private (self);
}

/* -- Who waits -- */

static gboolean
never_called (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* The child of a pollable source: ready when its ready time is set. */
static gboolean
child_dispatch (GSource *source, GSourceFunc callback, gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* g_pollable_source_new_full() gives it a dummy closure, and complains about a source that could not have one. */
static GSourceFuncs child_funcs = {
  .dispatch = child_dispatch,
  .closure_callback = never_called,
};

static void
tell_waiting (NxPollableStream *self)
{
  if (NX_POLLABLE_STREAM_GET_CLASS (self)->waiting != NULL)
    NX_POLLABLE_STREAM_GET_CLASS (self)->waiting (self);
}

/* @waiting: (nullable) where it waits; ready at once without. */
static GSource *
make_source (GObject *half, NxPollableStream *owner, GPtrArray *waiting, GCancellable *cancellable)
{
  g_autoptr (GSource) child = g_source_new (&child_funcs, sizeof (GSource));

  if (waiting == NULL)
    g_source_set_ready_time (child, 0);
  else
    {
      /* The time of those who were cancelled is not this one's. */
      tell_waiting (owner);
      g_ptr_array_add (waiting, g_source_ref (child));
      tell_waiting (owner);
    }
  return g_pollable_source_new_full (half, child, cancellable);
}

static void
wake (GPtrArray *sources)
{
  for (guint i = 0; i < sources->len; i++)
    g_source_set_ready_time (g_ptr_array_index (sources, i), 0);
  g_ptr_array_set_size (sources, 0);
}

/* Whoever was cancelled waits no longer. */
static gboolean
has_any (GPtrArray *sources)
{
  for (guint i = sources->len; i-- > 0;)
    if (g_source_is_destroyed (g_ptr_array_index (sources, i)))
      g_ptr_array_remove_index_fast (sources, i);
  return sources->len > 0;
}

gboolean
nx_pollable_stream_has_readers (NxPollableStream *self)
{
  return has_any (get_private (self)->readers);
}

gboolean
nx_pollable_stream_has_writers (NxPollableStream *self)
{
  return has_any (get_private (self)->writers);
}

void
nx_pollable_stream_wake_readers (NxPollableStream *self)
{
  wake (get_private (self)->readers);
}

void
nx_pollable_stream_wake_writers (NxPollableStream *self)
{
  wake (get_private (self)->writers);
}

gssize
nx_pollable_stream_would_block (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "Nothing there yet");
  return -1;
}

gssize
nx_pollable_stream_peer_is_gone (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "The peer has gone");
  return -1;
}

/* -- Input -- */

static gssize
nx_pollable_input_read (GInputStream *input,
                        void *buffer,
                        gsize size,
                        GCancellable *cancellable,
                        GError **error)
{
  NxPollableStream *owner = NX_POLLABLE_INPUT (input)->owner;

  return owner != NULL ? NX_POLLABLE_STREAM_GET_CLASS (owner)->read (owner, buffer, size, error)
                       : 0;
}

/* Trying is how one knows: read_nonblocking says WOULD_BLOCK. */
static gboolean
nx_pollable_input_is_readable (GPollableInputStream *input)
{
  NxPollableStream *owner = NX_POLLABLE_INPUT (input)->owner;

  return owner == NULL || NX_POLLABLE_STREAM_GET_CLASS (owner)->may_read == NULL
         || NX_POLLABLE_STREAM_GET_CLASS (owner)->may_read (owner);
}

static gssize
nx_pollable_input_read_nonblocking (GPollableInputStream *input,
                                    void *buffer,
                                    gsize size,
                                    GError **error)
{
  return nx_pollable_input_read (G_INPUT_STREAM (input), buffer, size, NULL, error);
}

static GSource *
nx_pollable_input_create_source (GPollableInputStream *input, GCancellable *cancellable)
{
  NxPollableStream *owner = NX_POLLABLE_INPUT (input)->owner;
  gboolean is_ready = owner == NULL || NX_POLLABLE_STREAM_GET_CLASS (owner)->is_readable (owner);

  return make_source (G_OBJECT (input), owner, is_ready ? NULL : get_private (owner)->readers,
                      cancellable);
}

static void
nx_pollable_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = nx_pollable_input_is_readable;
  iface->read_nonblocking = nx_pollable_input_read_nonblocking;
  iface->create_source = nx_pollable_input_create_source;
}

static void
nx_pollable_input_class_init (NxPollableInputClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = nx_pollable_input_read;
}

static void
nx_pollable_input_init (NxPollableInput *self)
{
}

/* -- Output -- */

static gssize
nx_pollable_output_write (GOutputStream *output,
                          const void *buffer,
                          gsize size,
                          GCancellable *cancellable,
                          GError **error)
{
  NxPollableStream *owner = NX_POLLABLE_OUTPUT (output)->owner;

  if (owner == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "The stream is closed");
      return -1;
    }
  return NX_POLLABLE_STREAM_GET_CLASS (owner)->write (owner, buffer, size, error);
}

static gboolean
nx_pollable_output_is_writable (GPollableOutputStream *output)
{
  return TRUE;
}

static gssize
nx_pollable_output_write_nonblocking (GPollableOutputStream *output,
                                      const void *buffer,
                                      gsize size,
                                      GError **error)
{
  return nx_pollable_output_write (G_OUTPUT_STREAM (output), buffer, size, NULL, error);
}

static GSource *
nx_pollable_output_create_source (GPollableOutputStream *output, GCancellable *cancellable)
{
  NxPollableStream *owner = NX_POLLABLE_OUTPUT (output)->owner;
  gboolean is_ready = owner == NULL || NX_POLLABLE_STREAM_GET_CLASS (owner)->is_writable (owner);

  return make_source (G_OBJECT (output), owner, is_ready ? NULL : get_private (owner)->writers,
                      cancellable);
}

static void
nx_pollable_output_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = nx_pollable_output_is_writable;
  iface->write_nonblocking = nx_pollable_output_write_nonblocking;
  iface->create_source = nx_pollable_output_create_source;
}

static gboolean
nx_pollable_output_close (GOutputStream *output, GCancellable *cancellable, GError **error)
{
  NxPollableStream *owner = NX_POLLABLE_OUTPUT (output)->owner;

  if (owner != NULL && NX_POLLABLE_STREAM_GET_CLASS (owner)->end_output != NULL)
    NX_POLLABLE_STREAM_GET_CLASS (owner)->end_output (owner);
  return TRUE;
}

/* GOutputStream's own would do it in a thread. */
static void
nx_pollable_output_close_async (GOutputStream *output,
                                int io_priority,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer data)
{
  g_autoptr (GTask) task = g_task_new (output, cancellable, callback, data);

  nx_pollable_output_close (output, NULL, NULL);
  g_task_return_boolean (task, TRUE);
}

static gboolean
nx_pollable_output_close_finish (GOutputStream *output, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
nx_pollable_output_class_init (NxPollableOutputClass *klass)
{
  G_OUTPUT_STREAM_CLASS (klass)->write_fn = nx_pollable_output_write;
  G_OUTPUT_STREAM_CLASS (klass)->close_fn = nx_pollable_output_close;
  G_OUTPUT_STREAM_CLASS (klass)->close_async = nx_pollable_output_close_async;
  G_OUTPUT_STREAM_CLASS (klass)->close_finish = nx_pollable_output_close_finish;
}

static void
nx_pollable_output_init (NxPollableOutput *self)
{
}

/* -- The stream -- */

static GInputStream *
nx_pollable_stream_get_input_stream (GIOStream *stream)
{
  return get_private (NX_POLLABLE_STREAM (stream))->input;
}

static GOutputStream *
nx_pollable_stream_get_output_stream (GIOStream *stream)
{
  return get_private (NX_POLLABLE_STREAM (stream))->output;
}

/* GIOStream's own would close the halves as well, which hold nothing. */
static gboolean
nx_pollable_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  NX_POLLABLE_STREAM_GET_CLASS (stream)->let_go (NX_POLLABLE_STREAM (stream));
  return TRUE;
}

static void
nx_pollable_stream_close_async (GIOStream *stream,
                                int io_priority,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer data)
{
  g_autoptr (GTask) task = g_task_new (stream, cancellable, callback, data);

  nx_pollable_stream_close (stream, NULL, NULL);
  g_task_return_boolean (task, TRUE);
}

static gboolean
nx_pollable_stream_close_finish (GIOStream *stream, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
nx_pollable_stream_finalize (GObject *object)
{
  NxPollableStreamPrivate *priv = get_private (NX_POLLABLE_STREAM (object));

  NX_POLLABLE_INPUT (priv->input)->owner = NULL;
  NX_POLLABLE_OUTPUT (priv->output)->owner = NULL;
  g_clear_object (&priv->input);
  g_clear_object (&priv->output);
  g_ptr_array_unref (priv->readers);
  g_ptr_array_unref (priv->writers);
  G_OBJECT_CLASS (nx_pollable_stream_parent_class)->finalize (object);
}

static void
nx_pollable_stream_class_init (NxPollableStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = nx_pollable_stream_finalize;
  G_IO_STREAM_CLASS (klass)->get_input_stream = nx_pollable_stream_get_input_stream;
  G_IO_STREAM_CLASS (klass)->get_output_stream = nx_pollable_stream_get_output_stream;
  G_IO_STREAM_CLASS (klass)->close_fn = nx_pollable_stream_close;
  G_IO_STREAM_CLASS (klass)->close_async = nx_pollable_stream_close_async;
  G_IO_STREAM_CLASS (klass)->close_finish = nx_pollable_stream_close_finish;
}

static void
nx_pollable_stream_init (NxPollableStream *self)
{
  NxPollableStreamPrivate *priv = get_private (self);

  priv->input = g_object_new (NX_TYPE_POLLABLE_INPUT, NULL);
  priv->output = g_object_new (NX_TYPE_POLLABLE_OUTPUT, NULL);
  NX_POLLABLE_INPUT (priv->input)->owner = self;
  NX_POLLABLE_OUTPUT (priv->output)->owner = self;
  priv->readers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
  priv->writers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_source_unref);
}
