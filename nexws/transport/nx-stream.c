/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-stream-private.h"

void
nx_stream_init (NxStream *self,
                const NxStreamClass *klass,
                NxReactor *reactor,
                GSocketAddress *local,
                GSocketAddress *remote)
{
  self->klass = klass;
  self->reactor = nx_reactor_ref (reactor);
  self->local = local;
  self->remote = remote;
}

void
nx_stream_clear (NxStream *self)
{
  g_clear_object (&self->local);
  g_clear_object (&self->remote);
  g_clear_object (&self->credentials);
  g_clear_pointer (&self->reactor, nx_reactor_unref);
}

void
nx_stream_set_owner (NxStream *self, NxStreamFunc func, gpointer owner, NxReady interest)
{
  self->func = func;
  self->owner = owner;
  nx_stream_set_interest (self, interest);
}

void
nx_stream_set_interest (NxStream *self, NxReady interest)
{
  if (self->interest == interest)
    return;
  self->interest = interest;
  self->klass->set_interest (self, interest);
}

gssize
nx_stream_read (NxStream *self, guint8 *buffer, gsize size)
{
  return self->klass->read (self, buffer, size);
}

gssize
nx_stream_write (NxStream *self, const struct iovec *parts, guint n_parts)
{
  return self->klass->write (self, parts, n_parts);
}

void
nx_stream_shutdown_write (NxStream *self)
{
  self->klass->shutdown_write (self);
}

gboolean
nx_stream_has_unsent (NxStream *self)
{
  return self->klass->has_unsent != NULL && self->klass->has_unsent (self);
}

void
nx_stream_free (NxStream *self)
{
  self->klass->free (self);
}

GTlsCertificate *
nx_stream_dup_peer_certificate (NxStream *self)
{
  return self->klass->dup_peer_certificate != NULL ? self->klass->dup_peer_certificate (self)
                                                   : NULL;
}
