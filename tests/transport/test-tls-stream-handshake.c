/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Handshakes over TLS, those that fail, certificates, and a client that we have not written. */
#include "config.h"

#include "tls-server.h"

#include "transport/nx-socket-stream-private.h"

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
  nx_stream_set_owner (server->stream, server_ready_cb, server, NX_READY_READ);
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
  nx_stream_set_owner (server.stream, server_ready_cb, &server, NX_READY_READ);
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
