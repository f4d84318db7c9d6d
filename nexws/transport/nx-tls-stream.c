/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-tls-stream-private.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#include "transport/nx-tls-context-private.h"

/* A record holds so much at most (RFC 8446 section 5.1). */
#define RECORD_SIZE (16 * 1024)

typedef struct
{
  NxStream parent;
  NxStream *socket;
  NxTlsContext *context;
  gnutls_session_t session;
  GTlsCertificate *peer_certificate;
  gboolean is_shaken; /* the handshake is over */
  gboolean has_failed;
  gboolean wants_write; /* GnuTLS has octets that the socket did not take */
  gboolean ends_output; /* shutdown_write() waits for them, or has some of its own */
  guint8 *record;       /* what a blocked record holds: GnuTLS wants to be given the same again */
  gsize record_size;
  /* GnuTLS has decrypted more than was asked for: the descriptor will not say so. */
  NxTask ready_task;
} NxTlsStream;

static void
update (NxTlsStream *self)
{
  NxStream *stream = &self->parent;
  NxReady interest = stream->interest;

  if (!self->is_shaken && !self->has_failed)
    interest = gnutls_record_get_direction (self->session) == 1 ? NX_READY_WRITE : NX_READY_READ;
  else if (self->wants_write)
    interest |= NX_READY_WRITE;
  nx_stream_set_interest (self->socket, interest);
  if (stream->interest & NX_READY_READ
      && (self->has_failed || gnutls_record_check_pending (self->session) > 0))
    nx_reactor_queue_task (stream->reactor, &self->ready_task);
}

/* -- The handshake -- */

static GTlsCertificate *
dup_certificate_of_peer (NxTlsStream *self)
{
  guint n;
  const gnutls_datum_t *list = gnutls_certificate_get_peers (self->session, &n);
  GTlsCertificate *certificate = NULL;

  /* From the one that signed last down to the peer's own. */
  for (guint i = list != NULL ? n : 0; i-- > 0;)
    {
      g_autoptr (GByteArray) der = g_byte_array_new ();
      g_autoptr (GTlsCertificate) issuer = g_steal_pointer (&certificate);

      g_byte_array_append (der, list[i].data, list[i].size);
      certificate =
          g_initable_new (g_tls_backend_get_certificate_type (g_tls_backend_get_default ()), NULL,
                          NULL, "certificate", der, "issuer", issuer, NULL);
    }
  return certificate;
}

static gboolean
is_peer_welcome (NxTlsStream *self)
{
  GTlsDatabase *database = self->context->database;

  self->peer_certificate = dup_certificate_of_peer (self);
  if (self->peer_certificate == NULL)
    return self->context->client_authentication != G_TLS_AUTHENTICATION_REQUIRED;
  if (database == NULL)
    return self->context->client_authentication != G_TLS_AUTHENTICATION_REQUIRED;
  return g_tls_database_verify_chain (database, self->peer_certificate,
                                      G_TLS_DATABASE_PURPOSE_AUTHENTICATE_CLIENT, NULL, NULL,
                                      G_TLS_DATABASE_VERIFY_NONE, NULL, NULL)
         == 0;
}

/* NX_IO_BLOCKED, NX_IO_FAILED, or 0 when it is over. */
static gssize
shake_hands (NxTlsStream *self)
{
  int code;

  if (self->has_failed)
    return NX_IO_FAILED;
  do
    code = gnutls_handshake (self->session);
  while (code == GNUTLS_E_INTERRUPTED || code == GNUTLS_E_WARNING_ALERT_RECEIVED);

  if (code == GNUTLS_E_AGAIN)
    {
      update (self);
      return NX_IO_BLOCKED;
    }
  if (code != GNUTLS_E_SUCCESS || !is_peer_welcome (self))
    {
      if (code != GNUTLS_E_SUCCESS)
        gnutls_alert_send_appropriate (self->session, code);
      else
        gnutls_alert_send (self->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
      self->has_failed = TRUE;
      return NX_IO_FAILED;
    }
  self->is_shaken = TRUE;
  update (self);
  return 0;
}

/* -- The stream -- */

static gssize
tls_stream_read (NxStream *stream, guint8 *buffer, gsize size)
{
  NxTlsStream *self = (NxTlsStream *) stream;
  gssize n;

  if (!self->is_shaken && (n = shake_hands (self)) != 0)
    return n;
  do
    n = gnutls_record_recv (self->session, buffer, size);
  while (n == GNUTLS_E_INTERRUPTED || n == GNUTLS_E_WARNING_ALERT_RECEIVED);

  update (self);
  if (n >= 0)
    return n;
  /* Once nothing can be written any more, nobody waits for more than has come. */
  if (n == GNUTLS_E_AGAIN)
    return self->has_failed ? NX_IO_FAILED : NX_IO_BLOCKED;
  /* The end without a close_notify: to a WebSocket, whose messages tell their own end, an end like any other. */
  return n == GNUTLS_E_PREMATURE_TERMINATION ? 0 : NX_IO_FAILED;
}

/* Sends the record that is held; how many octets of it were taken, all or none. */
static gssize
send_record (NxTlsStream *self)
{
  gssize n;

  do
    n = gnutls_record_send (self->session, self->record, self->record_size);
  while (n == GNUTLS_E_INTERRUPTED);

  self->wants_write = n == GNUTLS_E_AGAIN;
  if (n == GNUTLS_E_AGAIN)
    return NX_IO_BLOCKED;
  g_clear_pointer (&self->record, g_free);
  return n < 0 ? NX_IO_FAILED : n;
}

/* One record's worth of @parts from @skip octets on. */
static void
fill_record (NxTlsStream *self, const struct iovec *parts, guint n_parts, gsize skip)
{
  self->record = g_malloc (RECORD_SIZE);
  self->record_size = 0;
  for (guint i = 0; i < n_parts && self->record_size < RECORD_SIZE; i++)
    {
      gsize n;

      if (skip >= parts[i].iov_len)
        {
          skip -= parts[i].iov_len;
          continue;
        }
      n = MIN (parts[i].iov_len - skip, RECORD_SIZE - self->record_size);
      memcpy (self->record + self->record_size, (const guint8 *) parts[i].iov_base + skip, n);
      self->record_size += n;
      skip = 0;
    }
}

static gsize
total_size (const struct iovec *parts, guint n_parts)
{
  gsize size = 0;

  for (guint i = 0; i < n_parts; i++)
    size += parts[i].iov_len;
  return size;
}

/*
 * What is in a record is taken: the rest is GnuTLS's business. So a record that the socket did not take counts as written, and blocks
 * what comes behind it.
 */
static gssize
tls_stream_write (NxStream *stream, const struct iovec *parts, guint n_parts)
{
  NxTlsStream *self = (NxTlsStream *) stream;
  gsize size = total_size (parts, n_parts), written = 0;

  if (!self->is_shaken || self->has_failed)
    return self->has_failed ? NX_IO_FAILED : NX_IO_BLOCKED;
  if (self->record != NULL)
    {
      gssize n = send_record (self);

      if (n < 0)
        {
          update (self);
          return n;
        }
    }
  while (written < size && self->record == NULL)
    {
      gssize n;

      fill_record (self, parts, n_parts, written);
      written += self->record_size;
      n = send_record (self);
      if (n == NX_IO_FAILED)
        {
          self->has_failed = TRUE;
          return NX_IO_FAILED;
        }
    }
  update (self);
  return written;
}

static void
tls_stream_set_interest (NxStream *stream, NxReady interest)
{
  update ((NxTlsStream *) stream);
}

/* Behind the close_notify, which may have to wait as well. */
static void
end_output (NxTlsStream *self)
{
  if (self->is_shaken && !self->has_failed
      && gnutls_bye (self->session, GNUTLS_SHUT_WR) == GNUTLS_E_AGAIN)
    {
      self->ends_output = self->wants_write = TRUE;
      update (self);
      return;
    }
  self->ends_output = self->wants_write = FALSE;
  nx_stream_shutdown_write (self->socket);
}

static void
tls_stream_shutdown_write (NxStream *stream)
{
  NxTlsStream *self = (NxTlsStream *) stream;

  if (self->record != NULL)
    self->ends_output = TRUE;
  else
    end_output (self);
}

static void
tls_stream_free (NxStream *stream)
{
  NxTlsStream *self = (NxTlsStream *) stream;

  nx_reactor_cancel_task (stream->reactor, &self->ready_task);
  gnutls_deinit (self->session);
  nx_tls_context_unref (self->context);
  g_clear_object (&self->peer_certificate);
  g_free (self->record);
  nx_stream_free (self->socket);
  nx_stream_clear (stream);
  g_free (self);
}

static GTlsCertificate *
tls_stream_dup_peer_certificate (NxStream *stream)
{
  NxTlsStream *self = (NxTlsStream *) stream;

  return self->peer_certificate != NULL ? g_object_ref (self->peer_certificate) : NULL;
}

static const NxStreamClass tls_stream_class = {
  .read = tls_stream_read,
  .write = tls_stream_write,
  .set_interest = tls_stream_set_interest,
  .shutdown_write = tls_stream_shutdown_write,
  .free = tls_stream_free,
  .dup_peer_certificate = tls_stream_dup_peer_certificate,
};

/* -- What the socket and GnuTLS tell -- */

static void
tell (NxTlsStream *self, NxReady ready)
{
  if (ready != 0 && self->parent.func != NULL)
    self->parent.func (&self->parent, ready, self->parent.owner);
}

static void
ready_task_cb (NxTask *task)
{
  NxTlsStream *self = (NxTlsStream *) ((guint8 *) task - G_STRUCT_OFFSET (NxTlsStream, ready_task));

  tell (self, self->parent.interest & NX_READY_READ);
}

static void
socket_ready_cb (NxStream *socket, NxReady ready, gpointer owner)
{
  NxTlsStream *self = owner;
  NxReady told = ready & (self->parent.interest | NX_READY_HANGUP);

  /* During the handshake both directions are GnuTLS's own; the owner reads, and so drives it: to its failure, when the peer has gone. */
  if (!self->is_shaken)
    {
      tell (self, self->parent.interest & NX_READY_READ ? NX_READY_READ : told);
      return;
    }
  if (ready & NX_READY_WRITE && (self->record != NULL || self->ends_output))
    {
      gssize n = self->record != NULL ? send_record (self) : 0;

      if (n == NX_IO_BLOCKED)
        told &= ~NX_READY_WRITE;
      else if (n == NX_IO_FAILED)
        self->has_failed = TRUE;
      if (self->ends_output && n != NX_IO_BLOCKED)
        end_output (self);
      update (self);
    }
  tell (self, told);
}

static gssize
push_cb (gnutls_transport_ptr_t data, const void *octets, size_t length)
{
  NxTlsStream *self = data;
  struct iovec part = { (void *) octets, length };
  gssize n = nx_stream_write (self->socket, &part, 1);

  if (n >= 0)
    return n;
  gnutls_transport_set_errno (self->session, n == NX_IO_BLOCKED ? EAGAIN : EPIPE);
  return -1;
}

static gssize
pull_cb (gnutls_transport_ptr_t data, void *octets, size_t size)
{
  NxTlsStream *self = data;
  gssize n = nx_stream_read (self->socket, octets, size);

  if (n >= 0)
    return n;
  gnutls_transport_set_errno (self->session, n == NX_IO_BLOCKED ? EAGAIN : ECONNRESET);
  return -1;
}

static gnutls_certificate_request_t
request_mode (GTlsAuthenticationMode mode)
{
  switch (mode)
    {
    case G_TLS_AUTHENTICATION_REQUESTED:
      return GNUTLS_CERT_REQUEST;
    case G_TLS_AUTHENTICATION_REQUIRED:
      return GNUTLS_CERT_REQUIRE;
    case G_TLS_AUTHENTICATION_NONE:
    default:
      return GNUTLS_CERT_IGNORE;
    }
}

NxStream *
nx_tls_stream_new (NxStream *socket, NxTlsContext *context)
{
  NxTlsStream *self = g_new0 (NxTlsStream, 1);

  nx_stream_init (&self->parent, &tls_stream_class, socket->reactor, g_object_ref (socket->local),
                  g_object_ref (socket->remote));
  g_set_object (&self->parent.credentials, socket->credentials);
  self->parent.is_secure = TRUE;
  self->parent.is_trusted_local = socket->is_trusted_local;
  self->socket = socket;
  self->context = nx_tls_context_ref (context);
  nx_task_init (&self->ready_task, ready_task_cb);

  gnutls_init (&self->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
  gnutls_priority_set (self->session, context->priority);
  gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, context->credentials);
  gnutls_certificate_server_set_request (self->session,
                                         request_mode (context->client_authentication));
  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_push_function (self->session, push_cb);
  gnutls_transport_set_pull_function (self->session, pull_cb);
  nx_stream_set_owner (socket, socket_ready_cb, self, 0);
  return &self->parent;
}
