/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The inside of NxConnection, for its own files. From below: -base.c (what all of it stands on), -end.c, -write.c, -read.c, and nx-connection.c:
 * the object, and its clock.
 */
#pragma once

#include "transport/nx-connection-private.h"

#include "transport/nx-output-queue-private.h"

G_BEGIN_DECLS

typedef enum {
  NX_CONNECTION_OPEN,
  NX_CONNECTION_INPUT_ENDED,
  NX_CONNECTION_CLOSING,
  NX_CONNECTION_LEAVING,
  NX_CONNECTION_ENDED,
} NxConnectionState;

struct _NxConnection
{
  guint ref_count;
  NxConnectionState state;
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

static inline gint64
nx_connection_get_now (NxConnection *self)
{
  return nx_reactor_get_now (self->reactor);
}

/* Asked several times a message. */
static inline gboolean
nx_connection_is_reading (const NxConnection *self)
{
  switch (self->state)
    {
    case NX_CONNECTION_OPEN:
      return (!self->is_full || self->is_draining) && !self->is_yielding;
    case NX_CONNECTION_CLOSING:
      return !self->is_yielding;
    default:
      return FALSE;
    }
}

static inline gboolean
nx_connection_can_write (const NxConnection *self)
{
  return (self->state == NX_CONNECTION_OPEN || self->state == NX_CONNECTION_INPUT_ENDED)
         && !self->is_broken;
}

static inline gboolean
nx_connection_is_below_mark (const NxConnection *self, guint patience)
{
  return nx_output_queue_get_cost (&self->output) < self->settings->high_water_mark * patience;
}

/* nx-connection-base.c */
void nx_connection_note_life (NxConnection *self);
void nx_connection_start_timer (NxConnection *self, gint64 from_us, guint after_ms);
void nx_connection_update_interest (NxConnection *self);
void nx_connection_detach_batch (NxConnection *self);

/* nx-connection-end.c */
void nx_connection_set_close (NxConnection *self, guint code, const char *reason, gsize length);
void nx_connection_end (NxConnection *self);
void nx_connection_leave (NxConnection *self);
void nx_connection_end_input (NxConnection *self);
void nx_connection_lose (NxConnection *self);
void nx_connection_lose_output (NxConnection *self);

/* nx-connection-write.c */
void nx_connection_flush (NxConnection *self);
void nx_connection_flush_task_cb (NxTask *task);

/* nx-connection-read.c */
void nx_connection_read_some (NxConnection *self);
void nx_connection_resume_task_cb (NxTask *task);

G_END_DECLS
