/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "testing/nx-test-exchange-private.h"

#include <string.h>

#include "nx-app-private.h"

struct _NxTestExchange
{
  NxMemoryPeer *peer; /* NULL once it was taken */
  NxTestAnswer *answer;
  gboolean is_head; /* the request is a HEAD */
  gboolean is_deaf;
  void (*func) (NxTestExchange *self, gpointer owner);
  gpointer owner;
};

static void
peer_cb (NxMemoryPeer *peer, gpointer data)
{
  NxTestExchange *self = data;
  g_autoptr (GByteArray) octets = g_byte_array_new ();

  if (self->is_deaf)
    return;
  if (nx_memory_peer_take (peer, octets) > 0)
    nx_test_answer_feed (self->answer, octets->data, octets->len);
  if (nx_memory_peer_is_ended (peer))
    nx_test_answer_end (self->answer, self->is_head);
  if (!self->answer->is_complete)
    return;
  nx_memory_peer_set_func (peer, NULL, NULL);
  if (self->answer->status != 101)
    nx_memory_peer_shutdown (peer);
  self->func (self, self->owner);
}

static void
dress (NxStream *stream, const NxTestWire *wire)
{
  stream->is_secure = wire->transport == NX_TEST_TRANSPORT_TLS;
  if (stream->is_secure)
    nx_memory_stream_set_peer_certificate (stream, wire->certificate);
  if (wire->remote_address != NULL)
    g_set_object (&stream->remote, wire->remote_address);
  if (wire->transport == NX_TEST_TRANSPORT_UNIX)
    {
      stream->is_trusted_local = TRUE;
      stream->credentials =
          wire->credentials != NULL ? g_object_ref (wire->credentials) : g_credentials_new ();
    }
}

NxTestExchange *
nx_test_exchange_new (NxApp *app,
                      const NxTestWire *wire,
                      GBytes *request,
                      void (*func) (NxTestExchange *self, gpointer owner),
                      gpointer owner)
{
  NxTestExchange *self = g_new0 (NxTestExchange, 1);
  NxStream *stream = nx_memory_stream_new (nx_app_get_private (app)->reactor, &self->peer);
  gsize length;
  const char *data = g_bytes_get_data (request, &length);

  self->answer = nx_test_answer_new ();
  self->is_head = length > 5 && strncmp (data, "HEAD ", 5) == 0;
  self->func = func;
  self->owner = owner;
  dress (stream, wire);
  nx_memory_peer_set_delay (self->peer, wire->delay_ms * G_GINT64_CONSTANT (1000));
  nx_memory_peer_set_chunk_size (self->peer, wire->chunk_size);
  nx_memory_peer_set_func (self->peer, peer_cb, self);
  if (wire->is_deaf)
    nx_test_exchange_set_reading (self, FALSE, wire->capacity);
  nx_app_take_stream (app, stream);
  nx_memory_peer_send (self->peer, data, length);
  return self;
}

void
nx_test_exchange_free (NxTestExchange *self)
{
  if (self->peer != NULL)
    {
      nx_memory_peer_set_func (self->peer, NULL, NULL);
      if (self->answer != NULL && !self->answer->is_complete)
        nx_memory_peer_cut (self->peer);
      nx_memory_peer_unref (self->peer);
    }
  g_clear_pointer (&self->answer, nx_test_answer_free);
  g_free (self);
}

void
nx_test_exchange_set_reading (NxTestExchange *self, gboolean reading, gsize capacity)
{
  self->is_deaf = !reading;
  nx_memory_peer_set_capacity (self->peer, capacity);
  if (reading && !self->answer->is_complete)
    peer_cb (self->peer, self);
}

NxMemoryPeer *
nx_test_exchange_get_peer (NxTestExchange *self)
{
  return self->peer;
}

NxTestAnswer *
nx_test_exchange_take_answer (NxTestExchange *self)
{
  return g_steal_pointer (&self->answer);
}

NxMemoryPeer *
nx_test_exchange_take_peer (NxTestExchange *self)
{
  return g_steal_pointer (&self->peer);
}
