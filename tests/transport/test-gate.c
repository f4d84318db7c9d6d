/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "harness.h"
#include "transport/nx-gate-private.h"

#define UPGRADE                                                                                    \
  "GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"         \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
#define PLAIN "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n"

typedef struct
{
  Ground *ground;
  NxGateLimits limits;
  NxGate *gate;
  NxStream *stream; /* that passed last */
  NxHead head;
  GByteArray *data;
  guint n_passed;
  gboolean frees_gate;
} Porter;

static void
passed_cb (NxStream *stream, const NxHead *head, const guint8 *data, gsize length, gpointer owner)
{
  Porter *self = owner;

  g_clear_pointer (&self->stream, nx_stream_free);
  self->stream = stream;
  self->head = *head;
  g_byte_array_set_size (self->data, 0);
  g_byte_array_append (self->data, data, length);
  self->n_passed++;
  nx_stream_set_owner (stream, NULL, NULL, 0);
  if (self->frees_gate)
    g_clear_pointer (&self->gate, nx_gate_free);
}

static void
porter_init (Porter *self, Ground *g)
{
  *self = (Porter){ .ground = g, .data = g_byte_array_new () };
  self->limits = (NxGateLimits){ .timeout_ms = 10000,
                                 .max_pending = 3,
                                 .max_body_size = 1000,
                                 .head = { .max_size = 2000, .max_lines = 20 } };
  self->gate = nx_gate_new (g->reactor, g->lingerer, &self->limits, passed_cb, self);
}

static void
porter_clear (Porter *self)
{
  g_clear_pointer (&self->gate, nx_gate_free);
  g_clear_pointer (&self->stream, nx_stream_free);
  g_byte_array_unref (self->data);
}

static Peer *
admit (Porter *self)
{
  Peer *peer;

  nx_gate_admit (self->gate, make_stream (self->ground, &peer));
  return peer;
}

static void
expect_passed (Porter *self, guint n, NxHeadVerdict verdict, const char *octets)
{
  wait_until (self->ground, self->n_passed == n);
  g_assert_cmpint (self->head.verdict, ==, verdict);
  g_assert_cmpmem (self->data->data, self->data->len, octets, strlen (octets));
  g_assert_cmpuint (nx_gate_get_n_pending (self->gate), ==, 0);
}

static void
test_whole (Ground *g)
{
  Porter porter;

  porter_init (&porter, g);
  peer_send_text (admit (&porter), UPGRADE);
  expect_passed (&porter, 1, NX_HEAD_UPGRADE, UPGRADE);
  g_assert_cmpuint (porter.head.length, ==, strlen (UPGRADE));
  peer_send_text (admit (&porter), PLAIN);
  expect_passed (&porter, 2, NX_HEAD_PLAIN, PLAIN);
  g_assert_cmpuint (porter.head.body_length, ==, 5);
  g_assert_cmpuint (nx_gate_get_n_refused (porter.gate), ==, 0);
  porter_clear (&porter);
}

/* What comes behind the head goes with it. */
static void
test_early_octets (Ground *g)
{
  Porter porter;

  porter_init (&porter, g);
  peer_send_text (admit (&porter), UPGRADE "\x81\x80"
                                           "and more");
  expect_passed (&porter, 1, NX_HEAD_UPGRADE,
                 UPGRADE "\x81\x80"
                         "and more");
  g_assert_cmpuint (porter.head.length, ==, strlen (UPGRADE));
  peer_send_text (admit (&porter), PLAIN "hel");
  expect_passed (&porter, 2, NX_HEAD_PLAIN, PLAIN "hel");
  porter_clear (&porter);
}

static void
test_every_split (Ground *g)
{
  const char *octets = UPGRADE "early";
  Porter porter;
  guint n = 0;

  porter_init (&porter, g);
  for (gsize first = 1; first < strlen (octets); first += g->over == OVER_MEMORY ? 1 : 13)
    {
      Peer *peer = admit (&porter);

      peer_send (peer, octets, first);
      settle (g);
      peer_send_text (peer, octets + first);
      wait_until (g, porter.n_passed == n + 1);
      if (first < strlen (UPGRADE))
        expect_passed (&porter, n + 1, NX_HEAD_UPGRADE, octets);
      n++;
    }
  porter_clear (&porter);
}

static void
test_octet_by_octet (Ground *g)
{
  Porter porter;
  Peer *peer;

  porter_init (&porter, g);
  peer = admit (&porter);
  for (const char *octet = UPGRADE; *octet != '\0'; octet++)
    {
      g_assert_cmpuint (porter.n_passed, ==, 0);
      g_assert_cmpuint (nx_gate_get_n_pending (porter.gate), ==, 1);
      peer_send (peer, octet, 1);
      settle (g);
    }
  expect_passed (&porter, 1, NX_HEAD_UPGRADE, UPGRADE);
  porter_clear (&porter);
}

/* An octet now and then buys no time; a head in time takes the deadline away. */
static void
test_deadline (Ground *g)
{
  Porter porter;
  Peer *drips, *is_silent, *is_quick;

  porter_init (&porter, g);
  is_quick = admit (&porter);
  drips = admit (&porter);
  is_silent = admit (&porter);
  peer_send_text (is_quick, UPGRADE);
  wait_until (g, porter.n_passed == 1);
  for (guint i = 0; i < 99; i++)
    {
      peer_send (drips, UPGRADE + i, 1);
      pass_time (g, 100);
    }
  g_assert_cmpuint (nx_gate_get_n_pending (porter.gate), ==, 2);
  pass_time (g, 110);
  g_assert_cmpuint (nx_gate_get_n_pending (porter.gate), ==, 0);
  wait_until (g, drips->is_ended && is_silent->is_ended);
  g_assert_cmpuint (drips->received->len, ==, 0);
  g_assert_false (is_quick->is_ended);
  pass_time (g, 60000);
  g_assert_false (is_quick->is_ended);
  porter_clear (&porter);
}

static void
test_too_many (Ground *g)
{
  Porter porter;
  Peer *peers[5];

  porter_init (&porter, g);
  for (guint i = 0; i < 5; i++)
    {
      peers[i] = admit (&porter);
      g_assert_cmpuint (nx_gate_get_n_pending (porter.gate), ==, MIN (i + 1, 3));
    }
  wait_until (g, peers[0]->is_ended && peers[1]->is_ended);
  g_assert_false (peers[2]->is_ended);
  peer_send_text (peers[3], UPGRADE);
  wait_until (g, porter.n_passed == 1);
  g_assert_cmpuint (nx_gate_get_n_pending (porter.gate), ==, 2);
  porter_clear (&porter);
  wait_until (g, peers[2]->is_ended && peers[4]->is_ended);
}

/* The limits are looked at for each connection. */
static void
test_no_room_at_all (Ground *g)
{
  Porter porter;
  Peer *first, *second;

  porter_init (&porter, g);
  porter.limits.max_pending = 0;
  first = admit (&porter);
  second = admit (&porter);
  wait_until (g, first->is_ended);
  g_assert_false (second->is_ended);
  porter_clear (&porter);
}

static void
check_refused (Porter *self, const char *octets, const char *status)
{
  guint64 n_before = nx_gate_get_n_refused (self->gate);
  g_autofree char *answer = NULL;
  Peer *peer = admit (self);

  peer_send_text (peer, octets);
  wait_until (self->ground, peer->is_ended);
  answer = peer_take_text (peer);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 "));
  g_assert_true (g_str_has_prefix (answer + 9, status));
  g_assert_cmpuint (nx_gate_get_n_refused (self->gate), ==, n_before + 1);
  g_assert_cmpuint (nx_gate_get_n_pending (self->gate), ==, 0);
  peer_shutdown (peer);
  wait_until (self->ground, nx_lingerer_get_n_streams (self->ground->lingerer) == 0);
  g_assert_false (peer->was_reset);
}

/* Whoever is refused is told why, even if it goes on sending. */
static void
test_refused (Ground *g)
{
  g_autofree char *endless = g_strnfill (5000, 'x');
  g_autofree char *long_line = g_strconcat ("GET /", endless, NULL);
  g_autofree char *long_head = g_strconcat ("GET / HTTP/1.1\r\nX: ", endless, "\r\n\r\n", NULL);
  Porter porter;

  porter_init (&porter, g);
  check_refused (&porter, "nonsense\r\n\r\n", "400");
  check_refused (&porter, long_line, "431");
  check_refused (&porter, long_head, "431");
  check_refused (&porter, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", "413");
  check_refused (&porter,
                 "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
                 "426");
  porter_clear (&porter);
}

/* Too large in pieces, too. */
static void
test_refused_in_pieces (Ground *g)
{
  g_autofree char *answer = NULL;
  Porter porter;
  Peer *peer;

  porter_init (&porter, g);
  peer = admit (&porter);
  peer_send_text (peer, "GET / HTTP/1.1\r\n");
  for (guint i = 0; i < 300 && !peer->is_ended; i++)
    {
      peer_send_text (peer, "X: yyyyyy\r\n");
      settle (g);
    }
  wait_until (g, peer->is_ended);
  answer = peer_take_text (peer);
  g_assert_true (g_str_has_prefix (answer, "HTTP/1.1 431"));
  porter_clear (&porter);
}

static void
test_peer_leaves (Ground *g)
{
  Porter porter;
  Peer *peer;

  porter_init (&porter, g);
  for (guint i = 0; i < 4; i++)
    {
      peer = admit (&porter);
      if (i % 2)
        peer_send (peer, UPGRADE, 20);
      if (i / 2)
        peer_cut (peer);
      else
        peer_shutdown (peer);
      wait_until (g, nx_gate_get_n_pending (porter.gate) == 0);
    }
  /* A whole head and a FIN: to be decided behind the gate. */
  peer = admit (&porter);
  peer_send_text (peer, UPGRADE);
  peer_shutdown (peer);
  wait_until (g, porter.n_passed == 1);
  porter_clear (&porter);
}

static void
test_free_inside (Ground *g)
{
  Porter porter;
  Peer *peer, *other;

  porter_init (&porter, g);
  porter.frees_gate = TRUE;
  other = admit (&porter);
  peer = admit (&porter);
  peer_send (peer, UPGRADE, 30);
  settle (g);
  peer_send_text (peer, UPGRADE + 30);
  wait_until (g, porter.n_passed == 1 && other->is_ended);
  porter_clear (&porter);
}

/* A reader that is called for nothing. */
static void
test_called_for_nothing (Ground *g)
{
  NxMemoryPeer *peer;
  NxStream *stream = nx_memory_stream_new (g->reactor, &peer);
  Porter porter;

  porter_init (&porter, g);
  nx_gate_admit (porter.gate, stream);
  stream->func (stream, NX_READY_READ, stream->owner);
  stream->func (stream, NX_READY_HANGUP, stream->owner);
  g_assert_cmpuint (nx_gate_get_n_pending (porter.gate), ==, 1);
  nx_gate_clear (porter.gate);
  g_assert_cmpuint (nx_gate_get_n_pending (porter.gate), ==, 0);
  g_assert_true (nx_memory_peer_is_closed (peer));
  nx_memory_peer_unref (peer);
  porter_clear (&porter);
}

/* A head is judged by the limits that were in force when its sender came. */
static void
test_limits_change (Ground *g)
{
  Porter porter;
  g_autoptr (GString) head = g_string_new ("GET / HTTP/1.1\r\nHost: localhost\r\n");
  Peer *peer;

  porter_init (&porter, g);
  for (guint i = 0; i < 10; i++)
    g_string_append_printf (head, "X-%u: some more octets\r\n", i);
  peer = admit (&porter);
  peer_send (peer, head->str, head->len);
  settle (g);
  porter.limits.head = (NxHeadLimits){ .max_size = 60, .max_lines = 4 };
  peer_send_text (peer, "X: y\r\n");
  settle (g);
  peer_send_text (peer, "\r\n");
  g_string_append (head, "X: y\r\n\r\n");
  expect_passed (&porter, 1, NX_HEAD_PLAIN, head->str);

  peer = admit (&porter);
  peer_send (peer, head->str, head->len);
  wait_until (g, nx_gate_get_n_refused (porter.gate) == 1);
  porter_clear (&porter);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_scenario ("/gate/whole", OVER_ALL, test_whole);
  add_scenario ("/gate/early-octets", OVER_ALL, test_early_octets);
  add_scenario ("/gate/every-split", OVER_ALL, test_every_split);
  add_scenario ("/gate/octet-by-octet", OVER_ALL, test_octet_by_octet);
  add_scenario ("/gate/deadline", OVER_ALL, test_deadline);
  add_scenario ("/gate/too-many", OVER_ALL, test_too_many);
  add_scenario ("/gate/no-room-at-all", OVER_ALL, test_no_room_at_all);
  add_scenario ("/gate/refused", OVER_ALL, test_refused);
  add_scenario ("/gate/refused-in-pieces", OVER_ALL, test_refused_in_pieces);
  add_scenario ("/gate/peer-leaves", OVER_ALL, test_peer_leaves);
  add_scenario ("/gate/free-inside", OVER_ALL, test_free_inside);
  add_scenario ("/gate/called-for-nothing", OVER_MEMORY, test_called_for_nothing);
  add_scenario ("/gate/limits-change", OVER_ALL, test_limits_change);
  return g_test_run ();
}
