/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-gate-private.h"

#include "transport/nx-answer-private.h"

/* How long a refused peer may take to read why. */
#define REFUSAL_TIMEOUT_MS 2000

struct _NxGate
{
  NxReactor *reactor;
  NxLingerer *lingerer;
  const NxGateLimits *limits;
  NxGateFunc func;
  NxGateRefusedFunc refused; /* nullable */
  gpointer owner;
  GQueue visitors; /* the oldest first */
  guint64 n_refused;
};

typedef struct
{
  NxGate *gate;
  GList link;
  NxStream *stream;
  NxTimer timer;
  GByteArray *partial; /* NULL until a head comes in pieces */
  gsize scanned;
  NxHeadLimits limits; /* that were in force when it came: what was scanned counts on them */
} Visitor;

/* Forgets the visitor and hands the stream back. */
static NxStream *
release (Visitor *self)
{
  NxStream *stream = self->stream;

  g_queue_unlink (&self->gate->visitors, &self->link);
  nx_reactor_stop_timer (self->gate->reactor, &self->timer);
  g_clear_pointer (&self->partial, g_byte_array_unref);
  g_free (self);
  return stream;
}

static void
cut (Visitor *self)
{
  nx_stream_free (release (self));
}

static void
refuse (Visitor *self, const NxHead *head)
{
  NxGate *gate = self->gate;
  NxStream *stream = release (self);
  g_autoptr (GSocketAddress) remote = g_object_ref (stream->remote);

  g_debug ("refused a request head: %s", head->why);
  gate->n_refused++;
  nx_lingerer_add (gate->lingerer, stream, nx_answer_new (head->status, NULL, NULL),
                   REFUSAL_TIMEOUT_MS);
  if (gate->refused != NULL)
    gate->refused (remote, head->status, gate->owner);
}

/* TRUE when the visitor still waits here. */
static gboolean
judge (Visitor *self, const guint8 *data, gsize length)
{
  NxGate *gate = self->gate;
  NxHead head = { 0 };
  g_autoptr (GByteArray) kept = NULL;

  nx_request_head_screen ((const char *) data, length, &self->limits, &self->scanned,
                          gate->limits->max_body_size, &head);
  switch (head.verdict)
    {
    case NX_HEAD_INCOMPLETE:
      if (self->partial == NULL)
        {
          self->partial = g_byte_array_new ();
          g_byte_array_append (self->partial, data, length);
        }
      return TRUE;
    case NX_HEAD_REFUSED:
      kept = g_steal_pointer (&self->partial);
      refuse (self, &head);
      break;
    case NX_HEAD_PLAIN:
    case NX_HEAD_UPGRADE:
      kept = g_steal_pointer (&self->partial);
      gate->func (release (self), &head, data, length, gate->owner);
      break;
    }
  return FALSE;
}

/* TRUE when the visitor still waits here. */
static gboolean
read_some (Visitor *self)
{
  guint8 *buffer = nx_reactor_get_buffer (self->gate->reactor);
  gssize n = nx_stream_read (self->stream, buffer, NX_REACTOR_BUFFER_SIZE);

  if (n == NX_IO_BLOCKED)
    return TRUE;
  if (n <= 0)
    {
      cut (self);
      return FALSE;
    }
  if (self->partial == NULL)
    return judge (self, buffer, n);
  g_byte_array_append (self->partial, buffer, n);
  return judge (self, self->partial->data, self->partial->len);
}

static void
ready_cb (NxStream *stream, NxReady ready, gpointer data)
{
  if (ready & NX_READY_READ)
    read_some (data);
}

/* What came in time counts, though we come to it late: a process that was stopped for a minute must not cut everybody. */
static void
timer_cb (NxTimer *timer)
{
  Visitor *self = (Visitor *) ((guint8 *) timer - G_STRUCT_OFFSET (Visitor, timer));

  if (read_some (self))
    cut (self);
}

NxGate *
nx_gate_new (NxReactor *reactor,
             NxLingerer *lingerer,
             const NxGateLimits *limits,
             NxGateFunc func,
             gpointer owner)
{
  NxGate *self = g_new0 (NxGate, 1);

  self->reactor = nx_reactor_ref (reactor);
  self->lingerer = nx_lingerer_ref (lingerer);
  self->limits = limits;
  self->func = func;
  self->owner = owner;
  return self;
}

void
nx_gate_free (NxGate *self)
{
  nx_gate_clear (self);
  nx_lingerer_unref (self->lingerer);
  nx_reactor_unref (self->reactor);
  g_free (self);
}

void
nx_gate_clear (NxGate *self)
{
  while (!g_queue_is_empty (&self->visitors))
    cut (g_queue_peek_head (&self->visitors));
}

void
nx_gate_close (NxGate *self)
{
  for (guint n = g_queue_get_length (&self->visitors); n > 0; n--)
    {
      Visitor *visitor = g_queue_peek_head (&self->visitors);

      if (visitor != NULL && read_some (visitor))
        cut (visitor);
    }
  nx_gate_clear (self);
}

void
nx_gate_set_refused (NxGate *self, NxGateRefusedFunc func)
{
  self->refused = func;
}

void
nx_gate_admit (NxGate *self, NxStream *stream)
{
  Visitor *visitor = g_new0 (Visitor, 1);

  if (g_queue_get_length (&self->visitors) >= MAX (self->limits->max_pending, 1))
    cut (g_queue_peek_head (&self->visitors));

  visitor->gate = self;
  visitor->link.data = visitor;
  visitor->stream = stream;
  visitor->limits = self->limits->head;
  nx_timer_init (&visitor->timer, timer_cb);
  g_queue_push_tail_link (&self->visitors, &visitor->link);
  /* Absolute: an octet now and then does not buy more time. */
  nx_reactor_start_timer (self->reactor, &visitor->timer,
                          nx_reactor_get_now (self->reactor)
                              + self->limits->timeout_ms * G_GINT64_CONSTANT (1000));
  nx_stream_set_owner (stream, ready_cb, visitor, NX_READY_READ);
}

guint
nx_gate_get_n_pending (NxGate *self)
{
  return g_queue_get_length (&self->visitors);
}

guint64
nx_gate_get_n_refused (NxGate *self)
{
  return self->n_refused;
}
