/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "harness.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/nx-socket-stream-private.h"

#define START_US (G_GINT64_CONSTANT (1000) * G_USEC_PER_SEC)

/* -- The far end, below TLS -- */

static void
send_below (Peer *self, const guint8 *data, gsize length)
{
  if (self->drips)
    {
      g_byte_array_append (self->dripping, data, length);
      return;
    }
  if (self->memory != NULL)
    {
      nx_memory_peer_send (self->memory, data, length);
      return;
    }
  for (gsize sent = 0; sent < length;)
    {
      gssize n = send (self->fd, data + sent, length - sent, MSG_DONTWAIT | MSG_NOSIGNAL);

      if (n > 0)
        sent += n;
      else if (errno != EAGAIN)
        return; /* the stream has gone: what that means is for the test to see */
      else
        g_main_context_iteration (NULL, FALSE);
    }
}

static void
read_socket (Peer *self, GByteArray *out, gboolean *is_ended)
{
  guint8 buffer[16384];

  while (self->fd >= 0 && !*is_ended)
    {
      gssize n = recv (self->fd, buffer, sizeof buffer, MSG_DONTWAIT);

      if (n < 0 && errno == EAGAIN)
        return;
      if (n > 0)
        g_byte_array_append (out, buffer, n);
      else
        {
          *is_ended = TRUE;
          self->was_reset = n < 0;
        }
    }
}

static void
read_below (Peer *self, GByteArray *out, gboolean *is_ended)
{
  if (!self->is_reading)
    return;
  if (self->memory == NULL)
    {
      read_socket (self, out, is_ended);
      return;
    }
  nx_memory_peer_take (self->memory, out);
  *is_ended |= nx_memory_peer_is_ended (self->memory);
  self->was_reset |= nx_memory_peer_was_reset (self->memory);
}

/* -- The far end, over TLS -- */

static gssize
push_cb (gnutls_transport_ptr_t data, const void *octets, size_t length)
{
  send_below (data, octets, length);
  return length;
}

static gssize
pull_cb (gnutls_transport_ptr_t data, void *octets, size_t size)
{
  Peer *self = data;
  gsize n = MIN (size, self->cipher->len);

  if (n == 0 && !self->cipher_ended)
    {
      gnutls_transport_set_errno (self->session, EAGAIN);
      return -1;
    }
  memcpy (octets, self->cipher->data, n);
  g_byte_array_remove_range (self->cipher, 0, n);
  return n;
}

/* FALSE: come again. */
static gboolean
judge (Peer *self, int code)
{
  if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED)
    return FALSE;
  if (code < 0)
    {
      self->is_ended = TRUE;
      self->error = code == GNUTLS_E_FATAL_ALERT_RECEIVED
                        ? -(int) gnutls_alert_get (self->session) - 1000
                        : code;
    }
  return TRUE;
}

static void
read_tls (Peer *self)
{
  guint8 buffer[16384];

  read_below (self, self->cipher, &self->cipher_ended);
  if (!self->is_shaken && !self->is_ended)
    self->is_shaken = judge (self, gnutls_handshake (self->session)) && !self->is_ended;
  while (self->is_shaken && !self->is_ended)
    {
      gssize n = gnutls_record_recv (self->session, buffer, sizeof buffer);

      if (!judge (self, n))
        return;
      if (n > 0)
        g_byte_array_append (self->received, buffer, n);
      if (n == 0)
        self->is_ended = self->was_careful = TRUE;
    }
}

void
peer_start_tls (Peer *self, const char *priority, gnutls_certificate_credentials_t credentials)
{
  self->cipher = g_byte_array_new ();
  self->credentials = credentials;
  if (credentials == NULL)
    gnutls_certificate_allocate_credentials (&self->credentials);
  gnutls_init (&self->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
  g_assert_cmpint (gnutls_priority_set_direct (self->session, priority ? priority : "NORMAL", NULL),
                   ==, 0);
  gnutls_credentials_set (self->session, GNUTLS_CRD_CERTIFICATE, self->credentials);
  gnutls_transport_set_ptr (self->session, self);
  gnutls_transport_set_push_function (self->session, push_cb);
  gnutls_transport_set_pull_function (self->session, pull_cb);
}

/* -- The far end, whatever is between -- */

static void
drip (Peer *self)
{
  const guint8 octet = self->dripping->data[0];

  g_byte_array_remove_index (self->dripping, 0);
  self->drips = FALSE;
  send_below (self, &octet, 1);
  self->drips = TRUE;
}

static void
peer_read (Peer *self)
{
  if (self->dripping->len > 0)
    drip (self);
  if (self->session != NULL)
    read_tls (self);
  else
    read_below (self, self->received, &self->is_ended);
}

static void
peer_free (gpointer data)
{
  Peer *self = data;

  g_clear_pointer (&self->memory, nx_memory_peer_unref);
  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->session, gnutls_deinit);
  g_clear_pointer (&self->credentials, gnutls_certificate_free_credentials);
  g_clear_pointer (&self->cipher, g_byte_array_unref);
  g_byte_array_unref (self->received);
  g_byte_array_unref (self->dripping);
  g_free (self);
}

void
peer_send (Peer *self, gconstpointer data, gsize length)
{
  if (self->session == NULL)
    {
      send_below (self, data, length);
      return;
    }
  for (gsize sent = 0; sent < length;)
    {
      gssize n = gnutls_record_send (self->session, (const guint8 *) data + sent, length - sent);

      g_assert_cmpint (n, >, 0);
      sent += n;
    }
}

void
peer_send_text (Peer *self, const char *text)
{
  peer_send (self, text, strlen (text));
}

void
peer_shutdown (Peer *self)
{
  if (self->session != NULL)
    gnutls_bye (self->session, GNUTLS_SHUT_WR);
  if (self->memory != NULL)
    nx_memory_peer_shutdown (self->memory);
  else
    shutdown (self->fd, SHUT_WR);
}

void
peer_cut (Peer *self)
{
  const struct linger linger = { 1, 0 };

  if (self->memory != NULL)
    {
      nx_memory_peer_cut (self->memory);
      return;
    }
  setsockopt (self->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  close (self->fd);
  self->fd = -1;
}

void
peer_set_reading (Peer *self, gboolean is_reading)
{
  self->is_reading = is_reading;
  if (self->memory != NULL)
    nx_memory_peer_set_capacity (self->memory, is_reading ? 256 * 1024 : 0);
}

char *
peer_take_text (Peer *self)
{
  char *text = g_strndup ((const char *) self->received->data, self->received->len);

  g_byte_array_set_size (self->received, 0);
  return text;
}

gssize
write_text (NxStream *stream, const char *text)
{
  struct iovec part = { (gpointer) text, strlen (text) };

  return nx_stream_write (stream, &part, 1);
}

gsize
write_until_blocked (NxStream *stream)
{
  g_autofree guint8 *octets = g_malloc0 (100000);
  struct iovec part = { octets, 100000 };
  gsize total = 0;
  gssize n;

  while ((n = nx_stream_write (stream, &part, 1)) > 0)
    total += n;
  g_assert_cmpint (n, ==, NX_IO_BLOCKED);
  return total;
}

/* -- The ground -- */

Ground *
ground_new (Over over)
{
  Ground *self = g_new0 (Ground, 1);

  self->over = over;
  self->clock = nx_clock_new_manual (START_US);
  self->reactor = nx_reactor_new (self->clock, NULL);
  self->lingerer = nx_lingerer_new (self->reactor);
  self->peers = g_ptr_array_new_with_free_func (peer_free);
  self->log = g_string_new (NULL);
  return self;
}

void
ground_free (Ground *self)
{
  settle (self);
  nx_lingerer_close (self->lingerer);
  nx_lingerer_unref (self->lingerer);
  g_ptr_array_unref (self->peers);
  nx_reactor_stop (self->reactor);
  nx_reactor_unref (self->reactor);
  nx_clock_unref (self->clock);
  g_string_free (self->log, TRUE);
  g_free (self);
}

/* The kernel may take its time to carry something from one socket to another. */
static gboolean
is_under_way (Ground *self)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      Peer *peer = g_ptr_array_index (self->peers, i);
      int n = 0;

      if (peer->fd >= 0 && ioctl (peer->fd, SIOCOUTQ, &n) == 0 && n > 0)
        return TRUE;
    }
  return FALSE;
}

void
settle (Ground *self)
{
  /* A stream that is wanted to be written is ready for ever. */
  for (guint quiet = 0, n = 0; quiet < 3 && n < 1000; n++)
    {
      quiet = g_main_context_iteration (NULL, FALSE) || is_under_way (self) ? 0 : quiet + 1;
      for (guint i = 0; i < self->peers->len; i++)
        peer_read (g_ptr_array_index (self->peers, i));
    }
}

guint
count_turns (Ground *self)
{
  guint n = 0;

  settle (self);
  for (guint i = 0; i < 20; i++)
    n += g_main_context_iteration (NULL, FALSE);
  return n;
}

void
pass_time (Ground *self, gint64 ms)
{
  settle (self);
  nx_clock_advance (self->clock, ms * 1000);
  settle (self);
}

void
note (Ground *self, const char *format, ...)
{
  va_list arguments;

  if (self->log->len > 0)
    g_string_append_c (self->log, ' ');
  va_start (arguments, format);
  g_string_append_vprintf (self->log, format, arguments);
  va_end (arguments);
}

void
make_tcp_pair (int *ours, int *theirs)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t length = sizeof address;
  int listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (bind (listener, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (listener, 1), ==, 0);
  g_assert_cmpint (getsockname (listener, (struct sockaddr *) &address, &length), ==, 0);
  *theirs = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (connect (*theirs, (struct sockaddr *) &address, sizeof address), ==, 0);
  *ours = accept4 (listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  g_assert_cmpint (*ours, >=, 0);
  close (listener);
  setsockopt (*ours, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof (int));
  setsockopt (*theirs, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof (int));
  /* So that it is soon full, whatever the system's defaults are. */
  setsockopt (*ours, SOL_SOCKET, SO_SNDBUF, &(int){ 65536 }, sizeof (int));
}

NxStream *
make_plain_stream (Ground *self, Peer **peer)
{
  Peer *far_end = g_new0 (Peer, 1);
  NxStream *stream;
  int ours;

  far_end->ground = self;
  far_end->fd = -1;
  far_end->is_reading = TRUE;
  far_end->received = g_byte_array_new ();
  far_end->dripping = g_byte_array_new ();
  if (self->over & (OVER_SOCKET | OVER_TLS_SOCKET))
    {
      make_tcp_pair (&ours, &far_end->fd);
      stream = nx_socket_stream_new (self->reactor, ours);
    }
  else
    stream = nx_memory_stream_new (self->reactor, &far_end->memory);
  g_assert_nonnull (stream);
  g_ptr_array_add (self->peers, far_end);
  *peer = far_end;
  return stream;
}

static void
shake_cb (NxStream *stream, NxReady ready, gpointer done)
{
  guint8 octet;

  g_assert_cmpint (nx_stream_read (stream, &octet, 1), ==, NX_IO_BLOCKED);
  *(gboolean *) done = nx_stream_write (stream, NULL, 0) == 0;
}

NxStream *
make_stream (Ground *self, Peer **peer)
{
  NxStream *stream = make_plain_stream (self, peer);
  gboolean done = FALSE;

  if (!(self->over & (OVER_TLS | OVER_TLS_SOCKET)))
    return stream;

  stream = nx_tls_stream_new (stream, make_tls_context ());
  peer_start_tls (*peer, NULL, NULL);
  nx_stream_set_owner (stream, shake_cb, &done, NX_READY_READ);
  wait_until (self, done);
  nx_stream_set_owner (stream, NULL, NULL, 0);
  return stream;
}

/* -- Certificates -- */

typedef struct
{
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t certificate;
} Pair;

static char *
export_pem (Pair *pair, gboolean with_key)
{
  gnutls_datum_t certificate, key;
  char *pem;

  gnutls_x509_crt_export2 (pair->certificate, GNUTLS_X509_FMT_PEM, &certificate);
  gnutls_x509_privkey_export2_pkcs8 (pair->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &key);
  pem = with_key ? g_strconcat ((char *) certificate.data, (char *) key.data, NULL)
                 : g_strdup ((char *) certificate.data);
  gnutls_free (certificate.data);
  gnutls_free (key.data);
  return pem;
}

/* Signed by itself without @issuer. */
static Pair
make_pair (const char *name, gboolean is_authority, Pair *issuer)
{
  Pair pair;
  guint8 serial = (guint8) strlen (name);

  gnutls_x509_privkey_init (&pair.key);
  gnutls_x509_privkey_generate (pair.key, GNUTLS_PK_ECDSA,
                                GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0);
  gnutls_x509_crt_init (&pair.certificate);
  gnutls_x509_crt_set_version (pair.certificate, 3);
  gnutls_x509_crt_set_serial (pair.certificate, &serial, 1);
  gnutls_x509_crt_set_activation_time (pair.certificate, time (NULL) - 3600);
  gnutls_x509_crt_set_expiration_time (pair.certificate, time (NULL) + 24 * 3600);
  gnutls_x509_crt_set_dn_by_oid (pair.certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                 strlen (name));
  gnutls_x509_crt_set_ca_status (pair.certificate, is_authority);
  gnutls_x509_crt_set_key (pair.certificate, pair.key);
  g_assert_cmpint (gnutls_x509_crt_sign2 (pair.certificate,
                                          issuer ? issuer->certificate : pair.certificate,
                                          issuer ? issuer->key : pair.key, GNUTLS_DIG_SHA256, 0),
                   ==, 0);
  return pair;
}

static char *pems[N_CERTIFICATES]; /* certificate and key, then those that signed it */

static void
make_certificates (void)
{
  Pair authority = make_pair ("authority", TRUE, NULL);
  Pair between = make_pair ("authority between", TRUE, &authority);
  Pair pairs[N_CERTIFICATES] = {
    [CERTIFICATE_SERVER] = make_pair ("localhost", FALSE, NULL),
    [CERTIFICATE_CLIENT] = make_pair ("client", FALSE, &authority),
    [CERTIFICATE_STRANGER] = make_pair ("stranger", FALSE, NULL),
    [CERTIFICATE_CHAINED] = make_pair ("chained", FALSE, &between),
    [CERTIFICATE_AUTHORITY] = authority,
  };
  g_autofree char *chained = export_pem (&pairs[CERTIFICATE_CHAINED], TRUE);
  g_autofree char *between_pem = export_pem (&between, FALSE);

  for (guint i = 0; i < N_CERTIFICATES; i++)
    pems[i] = i == CERTIFICATE_CHAINED ? g_strconcat (chained, between_pem, NULL)
                                       : export_pem (&pairs[i], TRUE);
  for (guint i = 0; i < N_CERTIFICATES; i++)
    {
      gnutls_x509_privkey_deinit (pairs[i].key);
      gnutls_x509_crt_deinit (pairs[i].certificate);
    }
  gnutls_x509_privkey_deinit (between.key);
  gnutls_x509_crt_deinit (between.certificate);
}

static const char *
get_pem (CertificateKind kind)
{
  if (pems[kind] == NULL)
    make_certificates ();
  return pems[kind];
}

GTlsCertificate *
get_certificate (CertificateKind kind)
{
  static GTlsCertificate *certificates[N_CERTIFICATES];

  if (certificates[kind] == NULL)
    certificates[kind] = g_tls_certificate_new_from_pem (get_pem (kind), -1, NULL);
  g_assert_nonnull (certificates[kind]);
  return certificates[kind];
}

GTlsDatabase *
make_database (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("nexws-XXXXXX.pem", &path, NULL);
  GTlsDatabase *database;

  close (fd);
  g_assert_true (g_file_set_contents (path, get_pem (CERTIFICATE_AUTHORITY), -1, NULL));
  database = g_tls_file_database_new (path, &error);
  g_assert_no_error (error);
  unlink (path);
  return database;
}

gnutls_certificate_credentials_t
make_credentials (CertificateKind kind)
{
  gnutls_certificate_credentials_t credentials;
  gnutls_datum_t pem = { (guint8 *) get_pem (kind), strlen (get_pem (kind)) };

  gnutls_certificate_allocate_credentials (&credentials);
  g_assert_cmpint (
      gnutls_certificate_set_x509_key_mem (credentials, &pem, &pem, GNUTLS_X509_FMT_PEM), >=, 0);
  return credentials;
}

NxTlsContext *
make_tls_context (void)
{
  static NxTlsContext *context;

  if (context == NULL)
    context = nx_tls_context_new (get_certificate (CERTIFICATE_SERVER), NULL,
                                  G_TLS_AUTHENTICATION_NONE, NULL);
  g_assert_nonnull (context);
  return context;
}

/* -- Scenarios -- */

typedef struct
{
  Over over;
  Scenario scenario;
} Registration;

/* Kept for good: in a test's subprocess nobody takes what is not run. */
static Registration registrations[512];
static guint n_registrations;

static void
run_scenario (gconstpointer data)
{
  const Registration *registration = data;
  g_autoptr (Ground) ground = ground_new (registration->over);

  registration->scenario (ground);
}

void
add_scenario (const char *path, Over over, Scenario scenario)
{
  static const char *const names[] = { "memory", "socket", "tls", "tls-socket" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *full_path = g_strconcat (path, "/", names[i], NULL);
      Registration *registration;

      if (!(over & 1 << i))
        continue;
      g_assert_cmpuint (n_registrations, <, G_N_ELEMENTS (registrations));
      registration = &registrations[n_registrations++];
      registration->over = 1 << i;
      registration->scenario = scenario;
      g_test_add_data_func (full_path, registration, run_scenario);
    }
}
