/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-memory-stream-private.h"

#include <string.h>

#define DEFAULT_CAPACITY (256 * 1024)

/* What the peer sent and the stream may not see before its time. */
typedef struct
{
  gint64 due_us;
  GBytes *octets; /* NULL: the end */
} Parcel;

typedef struct
{
  NxStream parent;
  NxMemoryPeer *peer;
  NxTask ready_task;
  gboolean hangup_said;
  GTlsCertificate *peer_certificate; /* nullable */
} NxMemoryStream;

struct _NxMemoryPeer
{
  guint ref_count;
  NxMemoryStream *stream; /* NULL once it is freed */
  NxReactor *reactor;

  /* Towards the stream. */
  GQueue parcels; /* none overtakes the one before */
  NxTimer timer;
  gint64 delay_us;
  gsize chunk_size;  /* 0: no limit */
  GByteArray *input; /* arrived */
  gboolean input_ended;
  gboolean is_cut;

  /* From the stream. */
  GByteArray *output;
  gsize capacity;
  gboolean output_ended;
  gboolean was_reset;
  NxMemoryPeerFunc func;
  gpointer data;
  NxTask notify_task;
};

static NxReady
readiness (NxMemoryStream *self)
{
  NxMemoryPeer *peer = self->peer;
  NxReady interest = self->parent.interest;
  NxReady ready = 0;

  if (interest & NX_READY_READ)
    {
      if (peer->input->len > 0 || peer->input_ended || peer->is_cut)
        ready |= NX_READY_READ;
    }
  else if ((peer->input_ended || peer->is_cut) && !self->hangup_said)
    ready |= NX_READY_HANGUP;
  if (interest & NX_READY_WRITE && (peer->output->len < peer->capacity || peer->is_cut))
    ready |= NX_READY_WRITE;
  return ready;
}

static void
look (NxMemoryStream *self)
{
  if (self->parent.func != NULL && readiness (self) != 0)
    nx_reactor_queue_task (self->parent.reactor, &self->ready_task);
}

static void
ready_task_cb (NxTask *task)
{
  NxMemoryStream *self =
      (NxMemoryStream *) ((guint8 *) task - G_STRUCT_OFFSET (NxMemoryStream, ready_task));
  g_autoptr (NxMemoryPeer) peer = nx_memory_peer_ref (self->peer);
  NxReady ready = readiness (self);

  if (ready == 0)
    return;
  if (ready & NX_READY_HANGUP)
    self->hangup_said = TRUE;
  self->parent.func (&self->parent, ready, self->parent.owner);
  if (peer->stream != NULL)
    look (peer->stream);
}

static void
memory_stream_set_interest (NxStream *stream, NxReady interest)
{
  look ((NxMemoryStream *) stream);
}

static gssize
memory_stream_read (NxStream *stream, guint8 *buffer, gsize size)
{
  NxMemoryPeer *peer = ((NxMemoryStream *) stream)->peer;
  gsize n = MIN (size, peer->input->len);

  if (peer->is_cut)
    return NX_IO_FAILED;
  if (peer->chunk_size > 0)
    n = MIN (n, peer->chunk_size);
  if (n == 0)
    return peer->input_ended ? 0 : NX_IO_BLOCKED;
  memcpy (buffer, peer->input->data, n);
  g_byte_array_remove_range (peer->input, 0, n);
  return n;
}

static gssize
memory_stream_write (NxStream *stream, const struct iovec *parts, guint n_parts)
{
  NxMemoryPeer *peer = ((NxMemoryStream *) stream)->peer;
  gssize written = 0;

  if (peer->is_cut || peer->output_ended)
    return NX_IO_FAILED;
  for (guint i = 0; i < n_parts; i++)
    {
      gsize room = peer->capacity > peer->output->len ? peer->capacity - peer->output->len : 0;
      gsize n = MIN (room, parts[i].iov_len);

      g_byte_array_append (peer->output, parts[i].iov_base, n);
      written += n;
    }
  if (written == 0)
    return NX_IO_BLOCKED;
  nx_reactor_queue_task (peer->reactor, &peer->notify_task);
  return written;
}

static void
memory_stream_shutdown_write (NxStream *stream)
{
  NxMemoryPeer *peer = ((NxMemoryStream *) stream)->peer;

  peer->output_ended = TRUE;
  nx_reactor_queue_task (peer->reactor, &peer->notify_task);
}

static void
memory_stream_free (NxStream *stream)
{
  NxMemoryStream *self = (NxMemoryStream *) stream;
  NxMemoryPeer *peer = self->peer;

  nx_reactor_cancel_task (stream->reactor, &self->ready_task);
  peer->stream = NULL;
  peer->output_ended = TRUE;
  peer->was_reset = peer->input->len > 0;
  nx_reactor_queue_task (peer->reactor, &peer->notify_task);
  nx_memory_peer_unref (peer);
  g_clear_object (&self->peer_certificate);
  nx_stream_clear (stream);
  g_free (self);
}

static GTlsCertificate *
memory_stream_dup_peer_certificate (NxStream *stream)
{
  NxMemoryStream *self = (NxMemoryStream *) stream;

  return self->peer_certificate != NULL ? g_object_ref (self->peer_certificate) : NULL;
}

static const NxStreamClass memory_stream_class = {
  .read = memory_stream_read,
  .write = memory_stream_write,
  .set_interest = memory_stream_set_interest,
  .shutdown_write = memory_stream_shutdown_write,
  .free = memory_stream_free,
  .dup_peer_certificate = memory_stream_dup_peer_certificate,
};

static void
parcel_free (Parcel *parcel)
{
  g_clear_pointer (&parcel->octets, g_bytes_unref);
  g_free (parcel);
}

static void
deliver_parcels (NxMemoryPeer *self)
{
  gint64 now_us = nx_reactor_get_now (self->reactor);
  Parcel *parcel;

  while ((parcel = g_queue_peek_head (&self->parcels)) != NULL && parcel->due_us <= now_us)
    {
      g_queue_pop_head (&self->parcels);
      if (parcel->octets != NULL)
        g_byte_array_append (self->input, g_bytes_get_data (parcel->octets, NULL),
                             g_bytes_get_size (parcel->octets));
      else
        self->input_ended = TRUE;
      parcel_free (parcel);
    }
  if (parcel != NULL)
    nx_reactor_start_timer (self->reactor, &self->timer, parcel->due_us);
  if (self->stream != NULL)
    look (self->stream);
}

static void
timer_cb (NxTimer *timer)
{
  deliver_parcels ((NxMemoryPeer *) ((guint8 *) timer - G_STRUCT_OFFSET (NxMemoryPeer, timer)));
}

static void
notify_task_cb (NxTask *task)
{
  NxMemoryPeer *self =
      (NxMemoryPeer *) ((guint8 *) task - G_STRUCT_OFFSET (NxMemoryPeer, notify_task));

  if (self->func != NULL)
    self->func (self, self->data);
}

NxStream *
nx_memory_stream_new (NxReactor *reactor, NxMemoryPeer **peer)
{
  NxMemoryStream *self = g_new0 (NxMemoryStream, 1);
  NxMemoryPeer *far_end = g_new0 (NxMemoryPeer, 1);

  nx_stream_init (&self->parent, &memory_stream_class, reactor,
                  g_inet_socket_address_new_from_string ("127.0.0.1", 1),
                  g_inet_socket_address_new_from_string ("127.0.0.1", 2));
  nx_task_init (&self->ready_task, ready_task_cb);
  self->peer = far_end;

  far_end->ref_count = 2;
  far_end->stream = self;
  far_end->reactor = nx_reactor_ref (reactor);
  far_end->capacity = DEFAULT_CAPACITY;
  far_end->input = g_byte_array_new ();
  far_end->output = g_byte_array_new ();
  nx_timer_init (&far_end->timer, timer_cb);
  nx_task_init (&far_end->notify_task, notify_task_cb);
  *peer = far_end;
  return &self->parent;
}

void
nx_memory_stream_set_peer_certificate (NxStream *self, GTlsCertificate *certificate)
{
  g_set_object (&((NxMemoryStream *) self)->peer_certificate, certificate);
}

NxMemoryPeer *
nx_memory_peer_ref (NxMemoryPeer *self)
{
  self->ref_count++;
  return self;
}

void
nx_memory_peer_unref (NxMemoryPeer *self)
{
  if (--self->ref_count > 0)
    return;
  nx_reactor_stop_timer (self->reactor, &self->timer);
  nx_reactor_cancel_task (self->reactor, &self->notify_task);
  g_queue_clear_full (&self->parcels, (GDestroyNotify) parcel_free);
  g_byte_array_unref (self->input);
  g_byte_array_unref (self->output);
  nx_reactor_unref (self->reactor);
  g_free (self);
}

void
nx_memory_peer_set_delay (NxMemoryPeer *self, gint64 delay_us)
{
  self->delay_us = delay_us;
}

void
nx_memory_peer_set_capacity (NxMemoryPeer *self, gsize capacity)
{
  self->capacity = capacity;
  if (self->stream != NULL)
    look (self->stream);
}

void
nx_memory_peer_set_chunk_size (NxMemoryPeer *self, gsize size)
{
  self->chunk_size = size;
}

void
nx_memory_peer_set_func (NxMemoryPeer *self, NxMemoryPeerFunc func, gpointer data)
{
  self->func = func;
  self->data = data;
}

static void
post (NxMemoryPeer *self, GBytes *octets)
{
  Parcel *parcel = g_new0 (Parcel, 1);

  parcel->octets = octets;
  parcel->due_us = nx_reactor_get_now (self->reactor) + self->delay_us;
  g_queue_push_tail (&self->parcels, parcel);
  deliver_parcels (self);
}

void
nx_memory_peer_send (NxMemoryPeer *self, gconstpointer data, gsize length)
{
  post (self, g_bytes_new (data, length));
}

void
nx_memory_peer_shutdown (NxMemoryPeer *self)
{
  post (self, NULL);
}

void
nx_memory_peer_cut (NxMemoryPeer *self)
{
  self->is_cut = TRUE;
  if (self->stream != NULL)
    look (self->stream);
}

gsize
nx_memory_peer_take (NxMemoryPeer *self, GByteArray *out)
{
  gsize n = self->output->len;

  g_byte_array_append (out, self->output->data, n);
  g_byte_array_set_size (self->output, 0);
  if (self->stream != NULL)
    look (self->stream);
  return n;
}

gboolean
nx_memory_peer_is_ended (NxMemoryPeer *self)
{
  return self->output_ended && self->output->len == 0;
}

gboolean
nx_memory_peer_is_closed (NxMemoryPeer *self)
{
  return self->stream == NULL;
}

gboolean
nx_memory_peer_was_reset (NxMemoryPeer *self)
{
  return self->was_reset;
}
