/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "stream-contract.h"

typedef struct
{
  Ground *ground;
  NxStream *stream;
  NxMemoryPeer *peer;
  NxReady ready; /* said last */
  guint n_called;
  guint n_notified;
  gboolean frees;
} Ends;

static void
ready_cb (NxStream *stream, NxReady ready, gpointer data)
{
  Ends *self = data;

  g_assert_true (stream == self->stream);
  self->ready = ready;
  self->n_called++;
  if (self->frees)
    g_clear_pointer (&self->stream, nx_stream_free);
}

static void
peer_cb (NxMemoryPeer *peer, gpointer data)
{
  ((Ends *) data)->n_notified++;
}

static void
ends_init (Ends *self, Ground *g, NxReady interest)
{
  *self = (Ends){ .ground = g };
  self->stream = nx_memory_stream_new (g->reactor, &self->peer);
  nx_stream_set_owner (self->stream, ready_cb, self, interest);
  nx_memory_peer_set_func (self->peer, peer_cb, self);
}

static void
ends_clear (Ends *self)
{
  g_clear_pointer (&self->stream, nx_stream_free);
  nx_memory_peer_unref (self->peer);
}

static void
expect_read (Ends *self, const char *expected)
{
  guint8 octets[32];
  gssize n = nx_stream_read (self->stream, octets, sizeof octets);

  g_assert_cmpmem (octets, n, expected, strlen (expected));
}

static void
expect_taken (Ends *self, const char *expected)
{
  g_autoptr (GByteArray) octets = g_byte_array_new ();

  g_assert_cmpuint (nx_memory_peer_take (self->peer, octets), ==, strlen (expected));
  g_assert_cmpmem (octets->data, octets->len, expected, strlen (expected));
}

static gssize
try_to_read (Ends *self)
{
  guint8 octet;

  return nx_stream_read (self->stream, &octet, 1);
}

static void
one_turn (void)
{
  g_main_context_iteration (NULL, FALSE);
}

static void
test_input (Ground *g)
{
  Ends ends;

  ends_init (&ends, g, NX_READY_READ);
  settle (g);
  g_assert_cmpuint (ends.n_called, ==, 0);
  g_assert_cmpint (try_to_read (&ends), ==, NX_IO_BLOCKED);

  nx_memory_peer_send (ends.peer, "hel", 3);
  nx_memory_peer_send (ends.peer, "lo", 2);
  g_assert_cmpuint (ends.n_called, ==, 0);
  one_turn ();
  g_assert_cmpint (ends.ready, ==, NX_READY_READ);
  /* Said again while it is there. */
  one_turn ();
  g_assert_cmpuint (ends.n_called, ==, 2);
  g_assert_cmpint (try_to_read (&ends), ==, 1);
  expect_read (&ends, "ello");
  settle (g);
  g_assert_cmpuint (ends.n_called, ==, 2);

  nx_memory_peer_shutdown (ends.peer);
  one_turn ();
  g_assert_cmpint (ends.ready, ==, NX_READY_READ);
  g_assert_cmpint (try_to_read (&ends), ==, 0);
  g_assert_cmpint (try_to_read (&ends), ==, 0);
  ends_clear (&ends);
}

static void
test_delay (Ground *g)
{
  Ends ends;

  ends_init (&ends, g, NX_READY_READ);
  nx_memory_peer_set_delay (ends.peer, 50 * 1000);
  nx_memory_peer_send (ends.peer, "first ", 6);
  /* A shorter way does not overtake. */
  nx_memory_peer_set_delay (ends.peer, 0);
  nx_memory_peer_send (ends.peer, "second", 6);
  nx_memory_peer_set_delay (ends.peer, 90 * 1000);
  nx_memory_peer_shutdown (ends.peer);
  pass_time (g, 30);
  g_assert_cmpuint (ends.n_called, ==, 0);
  nx_clock_advance (g->clock, 30 * 1000);
  one_turn ();
  one_turn ();
  expect_read (&ends, "first second");
  g_assert_cmpint (try_to_read (&ends), ==, NX_IO_BLOCKED);
  nx_clock_advance (g->clock, 60 * 1000);
  one_turn ();
  g_assert_cmpint (try_to_read (&ends), ==, 0);
  ends_clear (&ends);
}

static void
test_peer_goes_before_its_octets_come (Ground *g)
{
  Ends ends;

  ends_init (&ends, g, NX_READY_READ);
  nx_memory_peer_set_delay (ends.peer, 50 * 1000);
  nx_memory_peer_send (ends.peer, "late", 4);
  nx_stream_free (g_steal_pointer (&ends.stream));
  g_assert_true (nx_memory_peer_ref (ends.peer) == ends.peer);
  nx_memory_peer_unref (ends.peer);
  pass_time (g, 100);
  nx_memory_peer_send (ends.peer, "later", 5);
  nx_memory_peer_set_capacity (ends.peer, 1);
  nx_memory_peer_cut (ends.peer);
  ends_clear (&ends);
}

static void
test_output (Ground *g)
{
  const struct iovec parts[] = { { (gpointer) "hel", 3 },
                                 { (gpointer) "lo, ", 4 },
                                 { (gpointer) "you", 3 } };
  Ends ends;

  ends_init (&ends, g, 0);
  nx_memory_peer_set_capacity (ends.peer, 5);
  g_assert_cmpint (nx_stream_write (ends.stream, parts, 3), ==, 5);
  g_assert_cmpint (nx_stream_write (ends.stream, parts, 3), ==, NX_IO_BLOCKED);
  g_assert_cmpuint (ends.n_notified, ==, 0);
  settle (g);
  g_assert_cmpuint (ends.n_notified, ==, 1);

  nx_stream_set_interest (ends.stream, NX_READY_WRITE);
  settle (g);
  g_assert_cmpuint (ends.n_called, ==, 0);
  nx_memory_peer_set_capacity (ends.peer, 3);
  settle (g);
  g_assert_cmpuint (ends.n_called, ==, 0);
  expect_taken (&ends, "hello");
  one_turn ();
  g_assert_cmpint (ends.ready, ==, NX_READY_WRITE);
  g_assert_cmpint (nx_stream_write (ends.stream, parts, 1), ==, 3);
  g_assert_false (nx_memory_peer_is_ended (ends.peer));
  nx_stream_shutdown_write (ends.stream);
  g_assert_false (nx_memory_peer_is_ended (ends.peer));
  expect_taken (&ends, "hel");
  expect_taken (&ends, "");
  g_assert_true (nx_memory_peer_is_ended (ends.peer));
  g_assert_cmpint (nx_stream_write (ends.stream, parts, 1), ==, NX_IO_FAILED);
  ends_clear (&ends);
}

static void
test_cut (Ground *g)
{
  const struct iovec part = { (gpointer) "x", 1 };
  Ends ends;

  ends_init (&ends, g, NX_READY_READ | NX_READY_WRITE);
  nx_memory_peer_set_capacity (ends.peer, 0);
  nx_memory_peer_send (ends.peer, "lost", 4);
  nx_memory_peer_cut (ends.peer);
  one_turn ();
  g_assert_cmpint (ends.ready, ==, NX_READY_READ | NX_READY_WRITE);
  g_assert_cmpint (try_to_read (&ends), ==, NX_IO_FAILED);
  g_assert_cmpint (nx_stream_write (ends.stream, &part, 1), ==, NX_IO_FAILED);
  ends_clear (&ends);
}

static void
test_freed_inside (Ground *g)
{
  Ends ends;

  ends_init (&ends, g, NX_READY_READ);
  ends.frees = TRUE;
  nx_memory_peer_send (ends.peer, "x", 1);
  g_assert_false (nx_memory_peer_is_closed (ends.peer));
  settle (g);
  g_assert_cmpuint (ends.n_called, ==, 1);
  g_assert_true (nx_memory_peer_is_closed (ends.peer));
  g_assert_true (nx_memory_peer_is_ended (ends.peer));
  /* Freed with input that nobody read. */
  g_assert_true (nx_memory_peer_was_reset (ends.peer));
  g_assert_cmpuint (ends.n_notified, ==, 1);
  ends_clear (&ends);
}

/* Readiness that nobody wants any more when its turn comes. */
static void
test_interest_lost (Ground *g)
{
  Ends ends;

  ends_init (&ends, g, NX_READY_READ);
  nx_memory_peer_send (ends.peer, "x", 1);
  nx_stream_set_interest (ends.stream, 0);
  settle (g);
  g_assert_cmpuint (ends.n_called, ==, 0);
  nx_memory_peer_set_func (ends.peer, NULL, NULL);
  nx_stream_shutdown_write (ends.stream);
  settle (g);
  ends_clear (&ends);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_stream_contract (OVER_MEMORY);
  add_scenario ("/memory-stream/input", OVER_MEMORY, test_input);
  add_scenario ("/memory-stream/delay", OVER_MEMORY, test_delay);
  add_scenario ("/memory-stream/peer-goes-before-its-octets-come", OVER_MEMORY,
                test_peer_goes_before_its_octets_come);
  add_scenario ("/memory-stream/output", OVER_MEMORY, test_output);
  add_scenario ("/memory-stream/cut", OVER_MEMORY, test_cut);
  add_scenario ("/memory-stream/freed-inside", OVER_MEMORY, test_freed_inside);
  add_scenario ("/memory-stream/interest-lost", OVER_MEMORY, test_interest_lost);
  return g_test_run ();
}
