/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "testing/nx-test-stream-private.h"

#include <string.h>

struct _NxTestStream
{
  NxPollableStream parent_instance;

  NxMemoryPeer *peer;
  NxTestTap *tap;    /* not owned */
  GByteArray *input; /* taken of the peer and not read yet */
  gboolean is_reading;
  gboolean output_ended;
  gboolean is_cut;
};

G_DEFINE_FINAL_TYPE (NxTestStream, nx_test_stream, NX_TYPE_POLLABLE_STREAM)

static gboolean
has_input (NxTestStream *self)
{
  if (self->input->len == 0)
    nx_memory_peer_take (self->peer, self->input);
  return self->input->len > 0;
}

static gssize
nx_test_stream_read (NxPollableStream *pollable, void *buffer, gsize size, GError **error)
{
  NxTestStream *self = NX_TEST_STREAM (pollable);

  if (self->is_cut)
    return nx_pollable_stream_peer_is_gone (error);
  if (!self->is_reading)
    return nx_pollable_stream_would_block (error);
  if (has_input (self))
    {
      gsize n = MIN (size, self->input->len);

      memcpy (buffer, self->input->data, n);
      g_byte_array_remove_range (self->input, 0, n);
      nx_test_tap_feed (self->tap, buffer, n);
      return n;
    }
  if (nx_memory_peer_was_reset (self->peer))
    return nx_pollable_stream_peer_is_gone (error);
  return nx_memory_peer_is_ended (self->peer) ? 0 : nx_pollable_stream_would_block (error);
}

/* The way to the app holds any number of octets. */
static gssize
nx_test_stream_write (NxPollableStream *pollable, const void *buffer, gsize size, GError **error)
{
  NxTestStream *self = NX_TEST_STREAM (pollable);

  if (self->is_cut)
    return nx_pollable_stream_peer_is_gone (error);
  if (!self->output_ended)
    nx_memory_peer_send (self->peer, buffer, size);
  return size;
}

static gboolean
nx_test_stream_is_readable (NxPollableStream *pollable)
{
  NxTestStream *self = NX_TEST_STREAM (pollable);

  return self->is_cut
         || (self->is_reading && (has_input (self) || nx_memory_peer_is_ended (self->peer)));
}

static gboolean
nx_test_stream_is_writable (NxPollableStream *pollable)
{
  return TRUE;
}

static void
nx_test_stream_end_output (NxPollableStream *pollable)
{
  NxTestStream *self = NX_TEST_STREAM (pollable);

  if (self->output_ended || self->is_cut)
    return;
  self->output_ended = TRUE;
  nx_memory_peer_shutdown (self->peer);
}

static void
nx_test_stream_finalize (GObject *object)
{
  NxTestStream *self = NX_TEST_STREAM (object);

  nx_test_stream_end_output (NX_POLLABLE_STREAM (self));
  nx_memory_peer_unref (self->peer);
  g_byte_array_unref (self->input);
  G_OBJECT_CLASS (nx_test_stream_parent_class)->finalize (object);
}

static void
nx_test_stream_class_init (NxTestStreamClass *klass)
{
  NxPollableStreamClass *pollable_class = NX_POLLABLE_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = nx_test_stream_finalize;
  pollable_class->read = nx_test_stream_read;
  pollable_class->write = nx_test_stream_write;
  pollable_class->is_readable = nx_test_stream_is_readable;
  pollable_class->is_writable = nx_test_stream_is_writable;
  pollable_class->end_output = nx_test_stream_end_output;
  pollable_class->let_go = nx_test_stream_end_output;
}

static void
nx_test_stream_init (NxTestStream *self)
{
  self->input = g_byte_array_new ();
  self->is_reading = TRUE;
}

NxTestStream *
nx_test_stream_new (NxMemoryPeer *peer, NxTestTap *tap, const guint8 *early, gsize length)
{
  NxTestStream *self = g_object_new (NX_TYPE_TEST_STREAM, NULL);

  self->peer = nx_memory_peer_ref (peer);
  self->tap = tap;
  g_byte_array_append (self->input, early, length);
  return self;
}

void
nx_test_stream_look (NxTestStream *self)
{
  nx_pollable_stream_wake_readers (NX_POLLABLE_STREAM (self));
}

void
nx_test_stream_set_reading (NxTestStream *self, gboolean reading)
{
  self->is_reading = reading;
}

void
nx_test_stream_half_close (NxTestStream *self)
{
  nx_test_stream_end_output (NX_POLLABLE_STREAM (self));
}

void
nx_test_stream_cut (NxTestStream *self)
{
  self->is_cut = TRUE;
  nx_memory_peer_cut (self->peer);
  nx_test_stream_look (self);
}
