/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * NxStream: octets both ways, without blocking, over a socket, TLS or memory; all alike to whoever uses one.
 *
 * An owner says what it is interested in and is called when that is there. It may change the interest, hand the stream
 * on to another owner, or free it, from inside that call.
 */
#pragma once

#include <gio/gio.h>
#include <sys/uio.h>

#include "transport/nx-reactor-private.h"

G_BEGIN_DECLS

typedef struct _NxStream NxStream;
typedef struct _NxStreamClass NxStreamClass;

typedef enum {
  NX_READY_READ = 1 << 0,
  NX_READY_WRITE = 1 << 1,
  /* The peer has gone, or will send no more, and nobody was interested in reading. Said once. */
  NX_READY_HANGUP = 1 << 2,
} NxReady;

/* Beside a count of octets, and 0 for the end of the input. */
#define NX_IO_BLOCKED (-1)
#define NX_IO_FAILED (-2)

typedef void (*NxStreamFunc) (NxStream *stream, NxReady ready, gpointer owner);

struct _NxStreamClass
{
  gssize (*read) (NxStream *self, guint8 *buffer, gsize size);
  gssize (*write) (NxStream *self, const struct iovec *parts, guint n_parts);
  void (*set_interest) (NxStream *self, NxReady interest);
  void (*shutdown_write) (NxStream *self);
  void (*free) (NxStream *self);
  /* (nullable) what only a TLS stream has */
  gboolean (*has_unsent) (NxStream *self);
  GTlsCertificate *(*dup_peer_certificate) (NxStream *self);
};

struct _NxStream
{
  const NxStreamClass *klass;
  NxReactor *reactor;
  NxStreamFunc func;
  gpointer owner;
  NxReady interest;
  gboolean is_secure;
  gboolean is_trusted_local; /* a unix socket */
  GSocketAddress *remote;    /* never NULL */
  GSocketAddress *local;     /* never NULL */
  GCredentials *credentials; /* (nullable) of the process behind a unix socket */
};

/* For the classes. Takes the addresses. */
void nx_stream_init (NxStream *self,
                     const NxStreamClass *klass,
                     NxReactor *reactor,
                     GSocketAddress *local,
                     GSocketAddress *remote);
void nx_stream_clear (NxStream *self);

/* Nothing is left unsaid: when the interest is there already, the call comes at the next turn. */
void nx_stream_set_owner (NxStream *self, NxStreamFunc func, gpointer owner, NxReady interest);
void nx_stream_set_interest (NxStream *self, NxReady interest);

gssize nx_stream_read (NxStream *self, guint8 *buffer, gsize size);
gssize nx_stream_write (NxStream *self, const struct iovec *parts, guint n_parts);
/* The peer sees the end of our output; its own still comes in. */
void nx_stream_shutdown_write (NxStream *self);
/* Octets, or the end of our output, were taken and still wait inside the stream. It sends them by itself; whoever is
 * interested in writing is told when they are out. */
gboolean nx_stream_has_unsent (NxStream *self);
/* Closes at once. */
void nx_stream_free (NxStream *self);

GTlsCertificate *nx_stream_dup_peer_certificate (NxStream *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NxStream, nx_stream_free)

G_END_DECLS
