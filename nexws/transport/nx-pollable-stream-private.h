/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxPollableStream: what it takes to be a GIOStream that libsoup can live on: two pollable halves, and the sources of whoever
 * waits for one of them. A class derived from it says where the octets come from and go to, and wakes who waits.
 *
 * Nothing in it blocks: a read or write that would says G_IO_ERROR_WOULD_BLOCK.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define NX_TYPE_POLLABLE_STREAM (nx_pollable_stream_get_type ())
G_DECLARE_DERIVABLE_TYPE (NxPollableStream, nx_pollable_stream, NX, POLLABLE_STREAM, GIOStream)

struct _NxPollableStreamClass
{
  GIOStreamClass parent_class;

  gssize (*read) (NxPollableStream *self, void *buffer, gsize size, GError **error);
  gssize (*write) (NxPollableStream *self, const void *buffer, gsize size, GError **error);
  /* Whether a source that is made now need not wait. */
  gboolean (*is_readable) (NxPollableStream *self);
  gboolean (*is_writable) (NxPollableStream *self);
  /* (nullable) Whether it is worth a try to read, which is how one knows; without it, always. */
  gboolean (*may_read) (NxPollableStream *self);
  /* (nullable) Who waits has changed: somebody does from now on, or was cancelled. */
  void (*waiting) (NxPollableStream *self);
  /* (nullable) The output half was closed. */
  void (*end_output) (NxPollableStream *self);
  /* The stream was closed; may come again. */
  void (*let_go) (NxPollableStream *self);
};

gboolean nx_pollable_stream_has_readers (NxPollableStream *self);
gboolean nx_pollable_stream_has_writers (NxPollableStream *self);
void nx_pollable_stream_wake_readers (NxPollableStream *self);
void nx_pollable_stream_wake_writers (NxPollableStream *self);

/* Both return -1. */
gssize nx_pollable_stream_would_block (GError **error);
gssize nx_pollable_stream_peer_is_gone (GError **error);

G_END_DECLS
