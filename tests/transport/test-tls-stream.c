/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <unistd.h>

#include "stream-contract.h"
#include "transport/nx-socket-stream-private.h"

#define TLS_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"

/* The server's end: reads whatever comes, as a gate or a connection does. */
typedef struct
{
  Ground *ground;
  NxStream *stream;
  Peer *peer;
  GByteArray *input;
  gsize read_size; /* so much at each call */
  gssize last_result;
  guint n_called;
  GBytes *output; /* nullable; goes out as fast as it can */
  gsize n_written;
} Server;

static void
write_more (Server *self)
{
  gsize size;
  const guint8 *octets = g_bytes_get_data (self->output, &size);

  while (self->n_written < size)
    {
      struct iovec part = { (gpointer) (octets + self->n_written), size - self->n_written };
      gssize n = nx_stream_write (self->stream, &part, 1);

      if (n < 0)
        {
          g_assert_cmpint (n, ==, NX_IO_BLOCKED);
          return;
        }
      self->n_written += n;
    }
  nx_stream_set_interest (self->stream, self->stream->interest & ~NX_READY_WRITE);
}

static void
ready_cb (NxStream *stream, NxReady ready, gpointer data)
{
  Server *self = data;
  guint8 octets[4096];

  self->n_called++;
  if (ready & NX_READY_READ)
    {
      self->last_result = nx_stream_read (stream, octets, self->read_size);
      if (self->last_result > 0)
        g_byte_array_append (self->input, octets, self->last_result);
      else if (self->last_result != NX_IO_BLOCKED)
        nx_stream_set_interest (stream, stream->interest & ~NX_READY_READ);
    }
  if (ready & NX_READY_WRITE && self->output != NULL)
    write_more (self);
}

static void
server_init (Server *self, Ground *g, NxTlsContext *context)
{
  *self = (Server){ .ground = g, .read_size = 4096, .last_result = NX_IO_BLOCKED };
  self->input = g_byte_array_new ();
  self->stream = nx_tls_stream_new (make_plain_stream (g, &self->peer),
                                    context != NULL ? context : make_tls_context ());
  nx_stream_set_owner (self->stream, ready_cb, self, NX_READY_READ);
}

static void
server_clear (Server *self)
{
  g_clear_pointer (&self->stream, nx_stream_free);
  g_byte_array_unref (self->input);
  g_clear_pointer (&self->output, g_bytes_unref);
}

static void
server_send (Server *self, GBytes *octets)
{
  self->output = g_bytes_ref (octets);
  nx_stream_set_interest (self->stream, self->stream->interest | NX_READY_WRITE);
}

/* A server and a client that have shaken hands. */
static void
server_init_shaken (Server *self, Ground *g)
{
  server_init (self, g, NULL);
  peer_start_tls (self->peer, NULL, NULL);
  wait_until (g, self->peer->is_shaken && nx_stream_write (self->stream, NULL, 0) == 0);
}

static GBytes *
make_octets (gsize size)
{
  guint8 *octets = g_malloc (size);

  for (gsize i = 0; i < size; i++)
    octets[i] = (guint8) (i * 31 + i / 256);
  return g_bytes_new_take (octets, size);
}

static void
assert_equals (GByteArray *got, GBytes *expected)
{
  gsize size;
  gconstpointer octets = g_bytes_get_data (expected, &size);

  g_assert_cmpmem (got->data, got->len, octets, size);
}

/* -- Octets -- */

static void
exchange (Server *server, gsize size)
{
  g_autoptr (GBytes) octets = make_octets (size);

  peer_send (server->peer, g_bytes_get_data (octets, NULL), size);
  server_send (server, octets);
  wait_until (server->ground, server->input->len == size && server->peer->received->len == size);
  assert_equals (server->input, octets);
  assert_equals (server->peer->received, octets);
}

/* From the first octet of the handshake on, in both directions. */
static void
test_octet_by_octet (Ground *g)
{
  Server server;

  server_init (&server, g, NULL);
  server.peer->drips = TRUE;
  nx_memory_peer_set_capacity (server.peer->memory, 1);
  peer_start_tls (server.peer, NULL, NULL);
  wait_until (g, server.peer->is_shaken);
  exchange (&server, 300);
  server_clear (&server);
}

static void
test_big_writes_through_little_room (Ground *g)
{
  Server server;

  server_init_shaken (&server, g);
  nx_memory_peer_set_capacity (server.peer->memory, 1000);
  exchange (&server, 300 * 1000);
  server_clear (&server);
}

static void
test_big_writes (Ground *g)
{
  Server server;

  server_init_shaken (&server, g);
  exchange (&server, 3 * 1000 * 1000);
  server_clear (&server);
}

/* A client whose records are small asks for small ones, by either of two extensions. */
static void
check_small_records (Ground *g, const char *priority)
{
  Server server;

  server_init (&server, g, NULL);
  peer_start_tls (server.peer, priority, NULL);
  g_assert_cmpint (gnutls_record_set_max_recv_size (server.peer->session, 512), ==, 0);
  wait_until (g, server.peer->is_shaken);
  exchange (&server, 100 * 1000);
  server_clear (&server);

  server_init (&server, g, NULL);
  peer_start_tls (server.peer, priority, NULL);
  g_assert_cmpint (gnutls_record_set_max_size (server.peer->session, 1024), ==, 0);
  wait_until (g, server.peer->is_shaken);
  nx_memory_peer_set_capacity (server.peer->memory, 700);
  exchange (&server, 100 * 1000);
  server_clear (&server);
}

static void
test_small_records (Ground *g)
{
  check_small_records (g, NULL);
  check_small_records (g, TLS_1_2);
}

/* What GnuTLS has decrypted and nobody has read is ready, whatever the descriptor says. */
static void
test_records_read_in_pieces (Ground *g)
{
  g_autoptr (GBytes) octets = make_octets (2000);
  const guint8 *data = g_bytes_get_data (octets, NULL);
  Server server;

  server_init_shaken (&server, g);
  server.read_size = 7;
  for (guint i = 0; i < 20; i++)
    peer_send (server.peer, data + 100 * i, 100);
  wait_until (g, server.input->len > 50);
  /* Nobody wants it for a while. */
  nx_stream_set_interest (server.stream, 0);
  g_assert_cmpuint (count_turns (g), ==, 0);
  nx_stream_set_interest (server.stream, NX_READY_READ);
  wait_until (g, server.input->len == 2000);
  assert_equals (server.input, octets);
  server_clear (&server);
}

static void
test_parts (Ground *g)
{
  g_autoptr (GBytes) octets = make_octets (40 * 1000);
  const guint8 *data = g_bytes_get_data (octets, NULL);
  struct iovec parts[41];
  Server server;

  server_init_shaken (&server, g);
  for (guint i = 0; i < 40; i++)
    parts[i] = (struct iovec){ (gpointer) (data + 1000 * i), 1000 };
  parts[40] = (struct iovec){ NULL, 0 };
  g_assert_cmpint (nx_stream_write (server.stream, parts, 41), ==, 40 * 1000);
  wait_until (g, server.peer->received->len == 40 * 1000);
  assert_equals (server.peer->received, octets);
  server_clear (&server);
}

static void
test_key_update (Ground *g)
{
  Server server;

  server_init_shaken (&server, g);
  g_assert_cmpint (gnutls_session_key_update (server.peer->session, GNUTLS_KU_PEER), ==, 0);
  exchange (&server, 100 * 1000);
  server_clear (&server);
}

/* Our write meets a full socket, and goes on by itself: nobody needs to ask. */
static void
test_held_record_goes_by_itself (Ground *g)
{
  Server server;

  server_init_shaken (&server, g);
  peer_set_reading (server.peer, FALSE);
  g_assert_false (nx_stream_has_unsent (server.stream));
  g_assert_cmpint (write_text (server.stream, "held"), ==, 4);
  g_assert_true (nx_stream_has_unsent (server.stream));
  g_assert_cmpint (write_text (server.stream, "later"), ==, NX_IO_BLOCKED);
  g_assert_cmpuint (count_turns (g), ==, 0);
  nx_memory_peer_set_capacity (server.peer->memory, 3);
  server.peer->is_reading = TRUE;
  peer_expect (server.peer, "held");
  g_assert_cmpuint (server.n_called, <=, 3); /* for the handshake */
  g_assert_cmpint (write_text (server.stream, "later"), ==, 5);
  peer_expect (server.peer, "later");
  server_clear (&server);
}

/* The writer is quicker than the news that there is room. */
static void
test_held_record_goes_first (Ground *g)
{
  Server server;

  server_init_shaken (&server, g);
  peer_set_reading (server.peer, FALSE);
  g_assert_cmpint (write_text (server.stream, "first "), ==, 6);
  settle (g);
  peer_set_reading (server.peer, TRUE);
  g_assert_cmpint (write_text (server.stream, "second"), ==, 6);
  peer_expect (server.peer, "first second");
  server_clear (&server);
}

static void
test_warnings_are_nothing (Ground *g)
{
  Server server;

  server_init (&server, g, NULL);
  peer_start_tls (server.peer, TLS_1_2, NULL);
  wait_until (g, server.peer->is_shaken);
  gnutls_alert_send (server.peer->session, GNUTLS_AL_WARNING, GNUTLS_A_UNRECOGNIZED_NAME);
  exchange (&server, 10);
  server_clear (&server);
}

/* -- The end -- */

static void
test_end_behind_a_held_record (Ground *g)
{
  Server server;

  server_init_shaken (&server, g);
  peer_set_reading (server.peer, FALSE);
  write_text (server.stream, "last words");
  nx_stream_shutdown_write (server.stream);
  settle (g);
  nx_memory_peer_set_capacity (server.peer->memory, 5);
  server.peer->is_reading = TRUE;
  peer_expect (server.peer, "last words");
  wait_until (g, server.peer->is_ended);
  g_assert_true (server.peer->was_careful);
  g_assert_cmpuint (count_turns (g), ==, 0);
  server_clear (&server);
}

/* The close_notify itself finds no room. */
static void
test_end_blocked (Ground *g)
{
  Server server;

  server_init_shaken (&server, g);
  peer_set_reading (server.peer, FALSE);
  nx_stream_shutdown_write (server.stream);
  settle (g);
  g_assert_false (nx_memory_peer_is_ended (server.peer->memory));
  g_assert_true (nx_stream_has_unsent (server.stream));
  g_assert_cmpuint (count_turns (g), ==, 0);
  nx_memory_peer_set_capacity (server.peer->memory, 5);
  server.peer->is_reading = TRUE;
  wait_until (g, server.peer->is_ended);
  g_assert_true (server.peer->was_careful);
  g_assert_cmpuint (count_turns (g), ==, 0);
  server_clear (&server);
}

/* To a WebSocket, whose messages tell their own end, a FIN alone is an end like any other. */
static void
test_end_without_close_notify (Ground *g)
{
  Server server;

  server_init_shaken (&server, g);
  peer_send_text (server.peer, "whole");
  nx_memory_peer_shutdown (server.peer->memory);
  wait_until (g, server.last_result == 0);
  g_assert_cmpmem (server.input->data, server.input->len, "whole", 5);
  server_clear (&server);
}

static void
test_cut_with_a_held_record (Ground *g)
{
  for (guint ends = 0; ends < 2; ends++)
    {
      Server server;

      server_init_shaken (&server, g);
      peer_set_reading (server.peer, FALSE);
      g_assert_cmpint (write_text (server.stream, "held"), ==, 4);
      if (ends)
        nx_stream_shutdown_write (server.stream);
      nx_stream_set_interest (server.stream, NX_READY_WRITE);
      settle (g);
      peer_cut (server.peer);
      wait_until (g, server.n_called > 0 && server.stream->interest != 0);
      g_assert_cmpint (write_text (server.stream, "more"), ==, NX_IO_FAILED);
      g_assert_cmpint (write_text (server.stream, "more"), ==, NX_IO_FAILED);
      nx_stream_set_interest (server.stream, 0);
      nx_stream_shutdown_write (server.stream);
      g_assert_cmpuint (count_turns (g), ==, 0);
      server_clear (&server);
    }
}

/* The writer is the first to see it. */
static void
test_write_fails (Ground *g)
{
  Server server;

  for (guint holds = 0; holds < 2; holds++)
    {
      server_init_shaken (&server, g);
      nx_stream_set_interest (server.stream, 0);
      peer_set_reading (server.peer, !holds);
      if (holds)
        g_assert_cmpint (write_text (server.stream, "held"), ==, 4);
      peer_cut (server.peer);
      g_assert_cmpint (write_text (server.stream, "more"), ==, NX_IO_FAILED);
      g_assert_cmpint (write_text (server.stream, "more"), ==, NX_IO_FAILED);
      nx_stream_set_interest (server.stream, NX_READY_READ);
      wait_until (g, server.last_result == NX_IO_FAILED);
      g_assert_cmpuint (count_turns (g), ==, 0);
      server_clear (&server);
    }
}

/* The output has failed, the input is alive: a reader waits without spinning. */
static void
test_reading_behind_a_failed_write (Ground *g)
{
  Server server;

  server_init_shaken (&server, g);
  nx_stream_shutdown_write (server.stream);
  g_assert_cmpint (write_text (server.stream, "too late"), ==, NX_IO_FAILED);
  g_assert_cmpuint (count_turns (g), ==, 0);
  peer_send_text (server.peer, "still here");
  wait_until (g, server.input->len == 10);
  g_assert_cmpuint (count_turns (g), ==, 0);
  server_clear (&server);
}

/* A warning is read over, and a flood of them is no reason to read for ever. */
static void
test_warnings (Ground *g)
{
  Server server;

  server_init (&server, g, NULL);
  peer_start_tls (server.peer, "NORMAL:-VERS-TLS1.3", NULL);
  wait_until (g, server.peer->is_shaken && nx_stream_write (server.stream, NULL, 0) == 0);
  for (guint i = 0; i < 16; i++)
    gnutls_alert_send (server.peer->session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
  peer_send_text (server.peer, "still here");
  wait_until (g, server.input->len == 10);
  gnutls_alert_send (server.peer->session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
  wait_until (g, server.last_result == NX_IO_FAILED);
  server_clear (&server);
}

/* -- Handshakes that fail -- */

static void
check_failed (Server *server)
{
  guint8 octet;

  wait_until (server->ground, server->last_result == NX_IO_FAILED);
  g_assert_cmpint (nx_stream_read (server->stream, &octet, 1), ==, NX_IO_FAILED);
  g_assert_cmpint (write_text (server->stream, "x"), ==, NX_IO_FAILED);
  nx_stream_shutdown_write (server->stream);
  /* The next owner hears of it too. */
  server->last_result = NX_IO_BLOCKED;
  nx_stream_set_owner (server->stream, ready_cb, server, NX_READY_READ);
  wait_until (server->ground, server->last_result == NX_IO_FAILED);
  g_assert_cmpuint (count_turns (server->ground), ==, 0);
}

static void
test_garbage (Ground *g)
{
  static const char *const garbage[] = {
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and nothing of the kind",
    "\x16\x03\x01\xff\xff",
  };

  for (guint i = 0; i < G_N_ELEMENTS (garbage); i++)
    {
      g_autofree char *endless = g_strnfill (70000, 'x');
      Server server;

      server_init (&server, g, NULL);
      if (i == 1)
        peer_send (server.peer, garbage[i], 11);
      else
        peer_send_text (server.peer, garbage[i]);
      peer_send_text (server.peer, endless);
      check_failed (&server);
      server_clear (&server);
      /* An alert says what was wrong, and no reset overtakes it. */
      wait_until (g, server.peer->is_ended);
      g_assert_cmpuint (server.peer->received->len, ==, 7);
      g_assert_cmphex (server.peer->received->data[0], ==, 0x15);
      g_assert_false (server.peer->was_reset);
    }
}

static void
test_silence (Ground *g)
{
  Server server;

  server_init (&server, g, NULL);
  g_assert_cmpuint (count_turns (g), ==, 0);
  peer_send (server.peer, "\x16\x03\x01", 3);
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpint (server.last_result, ==, NX_IO_BLOCKED);
  peer_shutdown (server.peer);
  check_failed (&server);
  server_clear (&server);
}

static void
test_nothing_in_common (Ground *g)
{
  Server server;

  server_init (&server, g, NULL);
  peer_start_tls (server.peer, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+3DES-CBC", NULL);
  check_failed (&server);
  wait_until (g, server.peer->is_ended);
  g_assert_cmpint (server.peer->error, ==, -GNUTLS_A_HANDSHAKE_FAILURE - 1000);
  server_clear (&server);
}

static void
test_renegotiation_is_refused (Ground *g)
{
  Server server;

  server_init (&server, g, NULL);
  peer_start_tls (server.peer, TLS_1_2, NULL);
  wait_until (g, server.peer->is_shaken);
  gnutls_handshake (server.peer->session);
  wait_until (g, server.last_result == NX_IO_FAILED);
  server_clear (&server);
}

/* A peer that takes nothing holds the handshake up, in the direction that nobody expects; then it leaves. */
static void
check_blocked_handshake (Ground *g, void (*leave) (Peer *peer))
{
  Server server;

  server_init (&server, g, NULL);
  peer_set_reading (server.peer, FALSE);
  peer_start_tls (server.peer, NULL, NULL);
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpint (server.last_result, ==, NX_IO_BLOCKED);
  if (leave != NULL)
    leave (server.peer);
  g_assert_cmpuint (count_turns (g), ==, 0);
  if (leave == peer_cut)
    g_assert_cmpint (server.last_result, ==, NX_IO_FAILED);
  server_clear (&server);
}

static void
end_below (Peer *peer)
{
  nx_memory_peer_shutdown (peer->memory);
}

static void
test_blocked_handshake (Ground *g)
{
  check_blocked_handshake (g, NULL);
  check_blocked_handshake (g, end_below);
  check_blocked_handshake (g, peer_cut);
}

/* The handshake is whoever's who waits for either direction; nobody's, it costs nothing. */
static void
test_handshake_by_interest (Ground *g)
{
  Server server;

  server_init (&server, g, NULL);
  nx_stream_set_interest (server.stream, 0);
  peer_start_tls (server.peer, NULL, NULL);
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpuint (server.n_called, ==, 0);
  g_assert_false (server.peer->is_shaken);
  server.output = g_bytes_new_static ("hello", 5);
  nx_stream_set_interest (server.stream, NX_READY_WRITE);
  peer_expect (server.peer, "hello");
  server_clear (&server);

  server_init (&server, g, NULL);
  nx_stream_set_interest (server.stream, 0);
  peer_cut (server.peer);
  wait_until (g, server.n_called == 1);
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpuint (server.n_called, ==, 1);
  server_clear (&server);
}

/* -- Certificates -- */

typedef struct
{
  GTlsAuthenticationMode mode;
  gboolean has_database;
  int client; /* a CertificateKind, or -1 */
  gboolean is_welcome;
} ClientCase;

static void
check_client (Ground *g, const ClientCase *c, const char *priority)
{
  g_autoptr (GTlsDatabase) database = c->has_database ? make_database () : NULL;
  g_autoptr (NxTlsContext) context =
      nx_tls_context_new (get_certificate (CERTIFICATE_SERVER), database, c->mode, NULL);
  g_autoptr (GTlsCertificate) seen = NULL;
  Server server;

  server_init (&server, g, context);
  peer_start_tls (server.peer, priority, c->client >= 0 ? make_credentials (c->client) : NULL);
  wait_until (g, server.last_result == NX_IO_FAILED || server.peer->is_shaken);
  if (c->is_welcome)
    exchange (&server, 10);
  else
    check_failed (&server);
  seen = nx_stream_dup_peer_certificate (server.stream);
  if (c->is_welcome && c->client >= 0 && c->mode != G_TLS_AUTHENTICATION_NONE)
    g_assert_true (g_tls_certificate_is_same (seen, get_certificate (c->client)));
  else if (c->is_welcome)
    g_assert_null (seen);
  server_clear (&server);
}

static void
test_client_certificates (Ground *g)
{
  const int none = -1, client = CERTIFICATE_CLIENT, stranger = CERTIFICATE_STRANGER;
  const ClientCase cases[] = {
    { G_TLS_AUTHENTICATION_NONE, FALSE, none, TRUE },
    { G_TLS_AUTHENTICATION_NONE, TRUE, stranger, TRUE },
    { G_TLS_AUTHENTICATION_REQUESTED, FALSE, none, TRUE },
    { G_TLS_AUTHENTICATION_REQUESTED, FALSE, stranger, TRUE },
    { G_TLS_AUTHENTICATION_REQUESTED, TRUE, none, TRUE },
    { G_TLS_AUTHENTICATION_REQUESTED, TRUE, client, TRUE },
    { G_TLS_AUTHENTICATION_REQUESTED, TRUE, stranger, FALSE },
    { G_TLS_AUTHENTICATION_REQUIRED, FALSE, none, FALSE },
    { G_TLS_AUTHENTICATION_REQUIRED, FALSE, client, FALSE },
    { G_TLS_AUTHENTICATION_REQUIRED, TRUE, none, FALSE },
    { G_TLS_AUTHENTICATION_REQUIRED, TRUE, client, TRUE },
    { G_TLS_AUTHENTICATION_REQUIRED, TRUE, CERTIFICATE_CHAINED, TRUE },
    { G_TLS_AUTHENTICATION_REQUIRED, TRUE, stranger, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      check_client (g, &cases[i], NULL);
      check_client (g, &cases[i], TLS_1_2);
    }
}

/* The client learns of it by an alert. */
static void
test_stranger_is_told (Ground *g)
{
  g_autoptr (GTlsDatabase) database = make_database ();
  g_autoptr (NxTlsContext) context = nx_tls_context_new (
      get_certificate (CERTIFICATE_SERVER), database, G_TLS_AUTHENTICATION_REQUIRED, NULL);
  Server server;

  server_init (&server, g, context);
  peer_start_tls (server.peer, NULL, make_credentials (CERTIFICATE_STRANGER));
  wait_until (g, server.peer->is_ended);
  g_assert_cmpint (server.peer->error, ==, -GNUTLS_A_BAD_CERTIFICATE - 1000);
  server_clear (&server);
}

static void
test_chain (Ground *g)
{
  g_autoptr (NxTlsContext) context = nx_tls_context_new (get_certificate (CERTIFICATE_CHAINED),
                                                         NULL, G_TLS_AUTHENTICATION_NONE, NULL);
  Server server;
  guint n = 0;

  server_init (&server, g, context);
  peer_start_tls (server.peer, NULL, NULL);
  wait_until (g, server.peer->is_shaken);
  g_assert_nonnull (gnutls_certificate_get_peers (server.peer->session, &n));
  g_assert_cmpuint (n, ==, 2);
  server_clear (&server);
}

/* -- A client that we have not written -- */

static gboolean
accept_any (GTlsConnection *connection, GTlsCertificate *certificate, GTlsCertificateFlags errors)
{
  return TRUE;
}

static gpointer
run_gio_client (gpointer data)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (GPOINTER_TO_INT (data), NULL);
  g_autoptr (GSocketConnection) connection = g_socket_connection_factory_create_connection (socket);
  g_autoptr (GIOStream) tls = g_tls_client_connection_new (G_IO_STREAM (connection), NULL, NULL);
  GString *answer = g_string_new (NULL);
  char octets[100];
  gssize n;

  g_signal_connect (tls, "accept-certificate", G_CALLBACK (accept_any), NULL);
  g_assert_true (g_output_stream_write_all (g_io_stream_get_output_stream (tls), "hello", 5, NULL,
                                            NULL, NULL));
  while ((n = g_input_stream_read (g_io_stream_get_input_stream (tls), octets, sizeof octets, NULL,
                                   NULL))
         > 0)
    g_string_append_len (answer, octets, n);
  g_assert_cmpint (n, ==, 0);
  g_assert_true (g_io_stream_close (tls, NULL, NULL));
  return g_string_free (answer, FALSE);
}

static void
test_gio_client (Ground *g)
{
  g_autofree char *answer = NULL;
  Server server = { .ground = g, .input = g_byte_array_new (), .read_size = 4096 };
  GThread *client;
  int ours, theirs;

  make_tcp_pair (&ours, &theirs);
  server.stream = nx_tls_stream_new (nx_socket_stream_new (g->reactor, ours), make_tls_context ());
  nx_stream_set_owner (server.stream, ready_cb, &server, NX_READY_READ);
  client = g_thread_new ("client", run_gio_client, GINT_TO_POINTER (theirs));
  wait_until (g, server.input->len == 5);
  g_assert_cmpint (write_text (server.stream, "and good bye"), ==, 12);
  nx_stream_shutdown_write (server.stream);
  answer = g_thread_join (client);
  g_assert_cmpstr (answer, ==, "and good bye");
  server.last_result = NX_IO_BLOCKED;
  wait_until (g, server.last_result == 0);
  server_clear (&server);
}

/* -- What is below -- */

static void
test_what_is_below_shows_through (Ground *g)
{
  Peer *peer;
  NxStream *socket = make_plain_stream (g, &peer);
  GSocketAddress *remote = socket->remote;
  g_autoptr (NxStream) stream = NULL;

  socket->is_trusted_local = TRUE;
  socket->credentials = g_credentials_new ();
  stream = nx_tls_stream_new (socket, make_tls_context ());
  g_assert_true (stream->is_secure);
  g_assert_true (stream->is_trusted_local);
  g_assert_true (stream->remote == remote);
  g_assert_true (stream->credentials == socket->credentials);
  g_assert_cmpint (write_text (stream, "too early"), ==, NX_IO_BLOCKED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_stream_contract (OVER_TLS | OVER_TLS_SOCKET);
  add_scenario ("/tls-stream/octet-by-octet", OVER_MEMORY, test_octet_by_octet);
  add_scenario ("/tls-stream/big-writes-through-little-room", OVER_MEMORY,
                test_big_writes_through_little_room);
  add_scenario ("/tls-stream/big-writes", OVER_MEMORY | OVER_SOCKET, test_big_writes);
  add_scenario ("/tls-stream/small-records", OVER_MEMORY, test_small_records);
  add_scenario ("/tls-stream/records-read-in-pieces", OVER_MEMORY | OVER_SOCKET,
                test_records_read_in_pieces);
  add_scenario ("/tls-stream/parts", OVER_MEMORY | OVER_SOCKET, test_parts);
  add_scenario ("/tls-stream/key-update", OVER_MEMORY | OVER_SOCKET, test_key_update);
  add_scenario ("/tls-stream/held-record-goes-by-itself", OVER_MEMORY,
                test_held_record_goes_by_itself);
  add_scenario ("/tls-stream/held-record-goes-first", OVER_MEMORY, test_held_record_goes_first);
  add_scenario ("/tls-stream/warnings-are-nothing", OVER_MEMORY | OVER_SOCKET,
                test_warnings_are_nothing);
  add_scenario ("/tls-stream/end-behind-a-held-record", OVER_MEMORY, test_end_behind_a_held_record);
  add_scenario ("/tls-stream/end-blocked", OVER_MEMORY, test_end_blocked);
  add_scenario ("/tls-stream/end-without-close-notify", OVER_MEMORY, test_end_without_close_notify);
  add_scenario ("/tls-stream/cut-with-a-held-record", OVER_MEMORY, test_cut_with_a_held_record);
  add_scenario ("/tls-stream/write-fails", OVER_MEMORY, test_write_fails);
  add_scenario ("/tls-stream/reading-behind-a-failed-write", OVER_MEMORY,
                test_reading_behind_a_failed_write);
  add_scenario ("/tls-stream/warnings", OVER_MEMORY, test_warnings);
  add_scenario ("/tls-stream/garbage", OVER_MEMORY | OVER_SOCKET, test_garbage);
  add_scenario ("/tls-stream/silence", OVER_MEMORY | OVER_SOCKET, test_silence);
  add_scenario ("/tls-stream/nothing-in-common", OVER_MEMORY | OVER_SOCKET, test_nothing_in_common);
  add_scenario ("/tls-stream/renegotiation-is-refused", OVER_MEMORY, test_renegotiation_is_refused);
  add_scenario ("/tls-stream/blocked-handshake", OVER_MEMORY, test_blocked_handshake);
  add_scenario ("/tls-stream/handshake-by-interest", OVER_MEMORY | OVER_SOCKET,
                test_handshake_by_interest);
  add_scenario ("/tls-stream/client-certificates", OVER_MEMORY, test_client_certificates);
  add_scenario ("/tls-stream/stranger-is-told", OVER_MEMORY, test_stranger_is_told);
  add_scenario ("/tls-stream/chain", OVER_MEMORY, test_chain);
  add_scenario ("/tls-stream/gio-client", OVER_SOCKET, test_gio_client);
  add_scenario ("/tls-stream/what-is-below-shows-through", OVER_MEMORY | OVER_SOCKET,
                test_what_is_below_shows_through);
  return g_test_run ();
}
