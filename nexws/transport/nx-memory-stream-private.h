/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxMemoryStream: a stream whose far end is a test, or a client in the same process. The far end (NxMemoryPeer) can
 * delay what it sends by the reactor's clock, stop reading, half-close, and cut.
 */
#pragma once

#include "transport/nx-stream-private.h"

G_BEGIN_DECLS

typedef struct _NxMemoryPeer NxMemoryPeer;
typedef void (*NxMemoryPeerFunc) (NxMemoryPeer *self, gpointer data);

NxStream *nx_memory_stream_new (NxReactor *reactor, NxMemoryPeer **peer);
/* As if the peer had shown it in a TLS handshake. */
void nx_memory_stream_set_peer_certificate (NxStream *self, GTlsCertificate *certificate);

NxMemoryPeer *nx_memory_peer_ref (NxMemoryPeer *self);
void nx_memory_peer_unref (NxMemoryPeer *self);

/* Octets that were sent before the delay was set keep theirs. */
void nx_memory_peer_set_delay (NxMemoryPeer *self, gint64 delay_us);
/* How much the stream takes before its writer is blocked; default 256 KiB. 0: a peer that does not read. */
void nx_memory_peer_set_capacity (NxMemoryPeer *self, gsize capacity);
/* How much one read of the stream gets at most; 0, the default: all there is. */
void nx_memory_peer_set_chunk_size (NxMemoryPeer *self, gsize size);
/* Called in a later turn, whenever the stream wrote or ended. */
void nx_memory_peer_set_func (NxMemoryPeer *self, NxMemoryPeerFunc func, gpointer data);

void nx_memory_peer_send (NxMemoryPeer *self, gconstpointer data, gsize length);
/* No more comes from here (FIN). */
void nx_memory_peer_shutdown (NxMemoryPeer *self);
/* Everything fails from now on (RST). */
void nx_memory_peer_cut (NxMemoryPeer *self);

/* Moves what the stream has written to the end of @out. */
gsize nx_memory_peer_take (NxMemoryPeer *self, GByteArray *out);
/* The stream has ended its output, and all of it has been taken. */
gboolean nx_memory_peer_is_ended (NxMemoryPeer *self);
/* The stream was freed. */
gboolean nx_memory_peer_is_closed (NxMemoryPeer *self);
/* The stream was freed although it had input that nobody read: a socket would have sent a reset. */
gboolean nx_memory_peer_was_reset (NxMemoryPeer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxMemoryPeer, nx_memory_peer_unref)

G_END_DECLS
