/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tls-server.h"

static void
write_more (Server *self)
{
  gsize size;
  const guint8 *octets = g_bytes_get_data (self->output, &size);

  while (self->n_written < size)
    {
      struct iovec part = { (gpointer) (octets + self->n_written), size - self->n_written };
      gssize n = nx_stream_write (self->stream, &part, 1);

      if (n < 0)
        {
          g_assert_cmpint (n, ==, NX_IO_BLOCKED);
          return;
        }
      self->n_written += n;
    }
  nx_stream_set_interest (self->stream, self->stream->interest & ~NX_READY_WRITE);
}

void
server_ready_cb (NxStream *stream, NxReady ready, gpointer data)
{
  Server *self = data;
  guint8 octets[4096];

  self->n_called++;
  if (ready & NX_READY_READ)
    {
      self->last_result = nx_stream_read (stream, octets, self->read_size);
      if (self->last_result > 0)
        g_byte_array_append (self->input, octets, self->last_result);
      else if (self->last_result != NX_IO_BLOCKED)
        nx_stream_set_interest (stream, stream->interest & ~NX_READY_READ);
    }
  if (ready & NX_READY_WRITE && self->output != NULL)
    write_more (self);
}

void
server_init (Server *self, Ground *g, NxTlsContext *context)
{
  *self = (Server){ .ground = g, .read_size = 4096, .last_result = NX_IO_BLOCKED };
  self->input = g_byte_array_new ();
  self->stream = nx_tls_stream_new (make_plain_stream (g, &self->peer),
                                    context != NULL ? context : make_tls_context ());
  nx_stream_set_owner (self->stream, server_ready_cb, self, NX_READY_READ);
}

void
server_clear (Server *self)
{
  g_clear_pointer (&self->stream, nx_stream_free);
  g_byte_array_unref (self->input);
  g_clear_pointer (&self->output, g_bytes_unref);
}

void
server_write (Server *self, GBytes *octets)
{
  self->output = g_bytes_ref (octets);
  nx_stream_set_interest (self->stream, self->stream->interest | NX_READY_WRITE);
}

/* A server and a client that have shaken hands. */
void
server_init_shaken (Server *self, Ground *g)
{
  server_init (self, g, NULL);
  peer_start_tls (self->peer, NULL, NULL);
  wait_until (g, self->peer->is_shaken && nx_stream_write (self->stream, NULL, 0) == 0);
}

GBytes *
make_octets (gsize size)
{
  guint8 *octets = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    octets[i] = (guint8) (i * 31 + i / 256);
  return g_bytes_new_take (octets, size);
}

void
assert_equals (GByteArray *got, GBytes *expected)
{
  gsize size;
  gconstpointer octets = g_bytes_get_data (expected, &size);

  g_assert_cmpmem (got->data, got->len, octets, size);
}

void
exchange (Server *server, gsize size)
{
  g_autoptr (GBytes) octets = make_octets (size);

  peer_send (server->peer, g_bytes_get_data (octets, NULL), size);
  server_write (server, octets);
  wait_until (server->ground, server->input->len == size && server->peer->received->len == size);
  assert_equals (server->input, octets);
  assert_equals (server->peer->received, octets);
}
