/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Octets over TLS, and their end. */
#include "config.h"

#include "tls-server.h"

/* -- Octets -- */

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
  return g_test_run ();
}
