/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "transport/nx-tls-stream-private.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#include "transport/nx-tls-context-private.h"

/* A record holds so much at most (RFC 8446 section 5.1). */
#define RECORD_SIZE (16 * 1024)

/* How many buffers of a broken off handshake's input are read away. */
#define DRAINS_MAX 4

/* No client sends more warnings in all its life. */
#define WARNINGS_MAX 16

typedef struct
{
  NxStream parent;
  NxStream *socket;
  NxTlsContext *context;
  gnutls_session_t session;
  GTlsCertificate *peer_certificate;
  gboolean is_shaken; /* the handshake is over */
  gboolean has_failed;
  guint n_warnings;     /* alerts that have come */
  gboolean ends_output; /* shutdown_write() waits for what is unsent */
  /*
   * (nullable) What the socket did not take. GnuTLS does not hear of it: a record that it has to keep by itself is sent
   * twice when the peer asks for new keys meanwhile (GnuTLS 3.7.9).
   */
  GByteArray *unsent;
  /* GnuTLS has decrypted more than was asked for: the descriptor will not say so. */
  NxTask ready_task;
} NxTlsStream;

static gboolean
is_shaking (NxTlsStream *self)
{
  return !self->is_shaken && !self->has_failed;
}

static gboolean
has_failed_to_shake (NxTlsStream *self)
{
  return !self->is_shaken && self->has_failed;
}

static void
update (NxTlsStream *self)
{
  NxStream *stream = &self->parent;
  NxReady interest = stream->interest;

  if (is_shaking (self) && interest != 0)
    interest = NX_READY_READ;
  if (self->unsent != NULL)
    interest |= NX_READY_WRITE;
  nx_stream_set_interest (self->socket, interest);
  if (stream->interest & NX_READY_READ
      && (has_failed_to_shake (self) || gnutls_record_check_pending (self->session) > 0))
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

/* Tells the peer why. What it has sent is read away: closing over it would reset the alert away. */
static void
break_off (NxTlsStream *self, int code)
{
  guint8 *buffer = nx_reactor_get_buffer (self->parent.reactor);

  if (code != GNUTLS_E_SUCCESS)
    gnutls_alert_send_appropriate (self->session, code);
  else
    gnutls_alert_send (self->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
  self->has_failed = TRUE;
  for (guint i = 0; i < DRAINS_MAX; i++)
    if (nx_stream_read (self->socket, buffer, NX_REACTOR_BUFFER_SIZE) <= 0)
      break;
}

/* A warning is nothing, and a flood of them is one record after the other for as long as they come: so they are counted. */
static gboolean
is_to_retry (NxTlsStream *self, gssize code)
{
  return code == GNUTLS_E_INTERRUPTED
         || (code == GNUTLS_E_WARNING_ALERT_RECEIVED && ++self->n_warnings <= WARNINGS_MAX);
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
  while (is_to_retry (self, code));

  if (code == GNUTLS_E_AGAIN)
    {
      update (self);
      return NX_IO_BLOCKED;
    }
  if (code != GNUTLS_E_SUCCESS || !is_peer_welcome (self))
    {
      break_off (self, code);
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
  while (is_to_retry (self, n));

  update (self);
  if (n >= 0)
    return n;
  if (n == GNUTLS_E_AGAIN)
    return NX_IO_BLOCKED;
  /* The end without a close_notify: to a WebSocket, whose messages tell their own end, an end like any other. */
  return n == GNUTLS_E_PREMATURE_TERMINATION ? 0 : NX_IO_FAILED;
}

/* Makes room: 0 when nothing is left, else NX_IO_BLOCKED or NX_IO_FAILED. */
static gssize
flush (NxTlsStream *self)
{
  struct iovec part;
  gssize n;

  if (self->unsent == NULL)
    return 0;
  part = (struct iovec){ self->unsent->data, self->unsent->len };
  n = nx_stream_write (self->socket, &part, 1);
  if (n == NX_IO_BLOCKED)
    return n;
  if (n == NX_IO_FAILED)
    self->has_failed = TRUE;
  else if ((gsize) n < part.iov_len)
    {
      g_byte_array_remove_range (self->unsent, 0, (guint) n);
      return NX_IO_BLOCKED;
    }
  g_clear_pointer (&self->unsent, g_byte_array_unref);
  return MIN (n, 0);
}

/* What the next record can hold of @parts from @skip octets on; copied to @scratch only where it lies in pieces. */
static gsize
gather (const struct iovec *parts,
        guint n_parts,
        gsize skip,
        guint8 *scratch,
        const guint8 **octets)
{
  gsize size = 0;

  for (; skip >= parts->iov_len; parts++, n_parts--)
    skip -= parts->iov_len;
  *octets = (const guint8 *) parts->iov_base + skip;
  if (n_parts == 1 || parts->iov_len - skip >= RECORD_SIZE)
    return MIN (parts->iov_len - skip, RECORD_SIZE);

  for (guint i = 0; i < n_parts && size < RECORD_SIZE; i++, skip = 0)
    {
      gsize n = MIN (parts[i].iov_len - skip, RECORD_SIZE - size);

      if (n > 0) /* an empty part may have no address */
        memcpy (scratch + size, (const guint8 *) parts[i].iov_base + skip, n);
      size += n;
    }
  *octets = scratch;
  return size;
}

/* How many octets it took. */
static gssize
send_record (NxTlsStream *self, const struct iovec *parts, guint n_parts, gsize skip)
{
  guint8 scratch[RECORD_SIZE];
  const guint8 *octets;
  gsize size = gather (parts, n_parts, skip, scratch, &octets);
  gssize n;

  do
    n = gnutls_record_send (self->session, octets, size);
  while (n == GNUTLS_E_INTERRUPTED);
  return n > 0 ? n : NX_IO_FAILED;
}

static gsize
total_size (const struct iovec *parts, guint n_parts)
{
  gsize size = 0;

  for (guint i = 0; i < n_parts; i++)
    size += parts[i].iov_len;
  return size;
}

/* What is in a record is taken, although the socket may not have taken all of it: that blocks what comes behind it. */
static gssize
tls_stream_write (NxStream *stream, const struct iovec *parts, guint n_parts)
{
  NxTlsStream *self = (NxTlsStream *) stream;
  gsize size = total_size (parts, n_parts), written = 0;
  gssize n;

  if (!self->is_shaken && (n = shake_hands (self)) != 0)
    return n;
  n = self->has_failed ? NX_IO_FAILED : flush (self);
  while (n >= 0 && written < size && self->unsent == NULL)
    {
      n = send_record (self, parts, n_parts, written);
      if (n == NX_IO_FAILED)
        self->has_failed = TRUE;
      else
        written += n;
    }
  update (self);
  return n < 0 ? n : (gssize) written;
}

static void
tls_stream_set_interest (NxStream *stream, NxReady interest)
{
  update ((NxTlsStream *) stream);
}

static void
tls_stream_shutdown_write (NxStream *stream)
{
  NxTlsStream *self = (NxTlsStream *) stream;

  if (self->is_shaken && !self->has_failed)
    gnutls_bye (self->session, GNUTLS_SHUT_WR);
  self->ends_output = self->unsent != NULL;
  if (!self->ends_output)
    nx_stream_shutdown_write (self->socket);
  update (self);
}

static gboolean
tls_stream_has_unsent (NxStream *stream)
{
  NxTlsStream *self = (NxTlsStream *) stream;

  return self->unsent != NULL;
}

static void
tls_stream_free (NxStream *stream)
{
  NxTlsStream *self = (NxTlsStream *) stream;

  nx_reactor_cancel_task (stream->reactor, &self->ready_task);
  gnutls_deinit (self->session);
  nx_tls_context_unref (self->context);
  g_clear_object (&self->peer_certificate);
  g_clear_pointer (&self->unsent, g_byte_array_unref);
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
  .has_unsent = tls_stream_has_unsent,
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

  if (ready & NX_READY_WRITE && self->unsent != NULL)
    {
      if (flush (self) == NX_IO_BLOCKED)
        told &= ~NX_READY_WRITE;
      else if (self->ends_output)
        nx_stream_shutdown_write (self->socket);
      update (self);
    }
  /* The handshake is driven by the owner, who reads or writes: to its failure, when the peer has gone. */
  if (is_shaking (self) && self->parent.interest != 0)
    told = self->parent.interest;
  tell (self, told);
}

/* Takes all, always, so that GnuTLS keeps nothing. It is little: nobody writes while something is unsent. */
static gssize
push_cb (gnutls_transport_ptr_t data, const void *octets, size_t length)
{
  NxTlsStream *self = data;
  struct iovec part = { (void *) octets, length };
  gssize n = self->unsent == NULL ? nx_stream_write (self->socket, &part, 1) : 0;

  if (n == NX_IO_FAILED)
    {
      gnutls_transport_set_errno (self->session, EPIPE);
      return -1;
    }
  n = MAX (n, 0);
  if ((gsize) n < length)
    {
      if (self->unsent == NULL)
        self->unsent = g_byte_array_new ();
      g_byte_array_append (self->unsent, (const guint8 *) octets + n, (guint) (length - n));
    }
  return length;
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
