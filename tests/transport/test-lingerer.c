/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "harness.h"

#define TIMEOUT_MS 2000

static GBytes *
make_words (gsize size)
{
  guint8 *words = g_malloc (size);

  memset (words, 'w', size);
  return g_bytes_new_take (words, size);
}

static void
linger (Ground *g, NxStream *stream, const char *words)
{
  nx_lingerer_add (g->lingerer, stream, words != NULL ? g_bytes_new (words, strlen (words)) : NULL,
                   TIMEOUT_MS);
}

static void
expect_n (Ground *g, guint n)
{
  wait_until (g, nx_lingerer_get_n_streams (g->lingerer) == n);
}

/* What the peer sent is read to its end, so that nothing resets what we said. */
static void
test_last_words (Ground *g)
{
  Peer *peer;
  NxStream *stream = make_stream (g, &peer);

  peer_send_text (peer, "unread");
  linger (g, stream, "good bye");
  g_assert_cmpuint (nx_lingerer_get_n_streams (g->lingerer), ==, 1);
  peer_send_text (peer, "and more");
  wait_until (g, peer->is_ended);
  peer_expect (peer, "good bye");
  g_assert_cmpuint (nx_lingerer_get_n_streams (g->lingerer), ==, 1);
  peer_send_text (peer, "and still more");
  peer_shutdown (peer);
  expect_n (g, 0);
  settle (g);
  g_assert_false (peer->was_reset);
}

static void
test_nothing_to_say (Ground *g)
{
  Peer *peer;

  linger (g, make_stream (g, &peer), NULL);
  wait_until (g, peer->is_ended);
  g_assert_cmpuint (nx_lingerer_get_n_streams (g->lingerer), ==, 1);
  peer_shutdown (peer);
  expect_n (g, 0);
  g_assert_false (peer->was_reset);
}

/* More than the stream takes at once, to a peer that reads late, and sends all the while. */
static void
test_many_words (Ground *g)
{
  Peer *peer;
  NxStream *stream = make_stream (g, &peer);

  peer_set_reading (peer, FALSE);
  nx_lingerer_add (g->lingerer, stream, make_words (8 * 1000 * 1000), TIMEOUT_MS);
  for (guint i = 0; i < 5; i++)
    {
      peer_send_text (peer, "meanwhile");
      settle (g);
    }
  peer_set_reading (peer, TRUE);
  wait_until (g, peer->is_ended);
  g_assert_cmpuint (peer->received->len, ==, 8 * 1000 * 1000);
  peer_shutdown (peer);
  expect_n (g, 0);
  g_assert_false (peer->was_reset);
}

/* A peer that has ended its output reads ours to the end, and costs nothing while it does not. */
static void
test_half_closed_peer (Ground *g)
{
  Peer *peer;
  NxStream *stream = make_stream (g, &peer);

  peer_set_reading (peer, FALSE);
  nx_lingerer_add (g->lingerer, stream, make_words (8 * 1000 * 1000), TIMEOUT_MS);
  settle (g);
  peer_shutdown (peer);
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpuint (nx_lingerer_get_n_streams (g->lingerer), ==, 1);
  peer_set_reading (peer, TRUE);
  wait_until (g, peer->is_ended);
  g_assert_cmpuint (peer->received->len, ==, 8 * 1000 * 1000);
  expect_n (g, 0);
  g_assert_false (peer->was_reset);
}

/* The peer's end is there before our last words are out: what the stream itself still holds is among them. */
static void
test_ended_peer_hears (Ground *g)
{
  for (guint has_words = 0; has_words < 2; has_words++)
    {
      Peer *peer;
      NxStream *stream = make_stream (g, &peer);

      nx_memory_peer_set_capacity (peer->memory, 10);
      peer->is_reading = FALSE;
      peer_shutdown (peer);
      if (!has_words)
        write_text (stream, "good bye");
      linger (g, stream, has_words ? "good bye" : NULL);
      g_assert_cmpuint (count_turns (g), ==, 0);
      peer_set_reading (peer, TRUE);
      peer_expect (peer, "good bye");
      wait_until (g, peer->is_ended);
      g_assert_cmpint (peer->was_careful, ==, peer->session != NULL);
      expect_n (g, 0);
    }
}

/* A reset is seen at once, whatever we wait for. */
static void
test_reset (Ground *g)
{
  for (guint stage = 0; stage < 3; stage++)
    {
      Peer *peer;
      NxStream *stream = make_stream (g, &peer);

      peer_set_reading (peer, stage == 0);
      nx_lingerer_add (g->lingerer, stream, stage > 0 ? make_words (8 * 1000 * 1000) : NULL,
                       TIMEOUT_MS);
      settle (g);
      if (stage == 2)
        {
          peer_shutdown (peer);
          settle (g);
        }
      g_assert_cmpuint (nx_lingerer_get_n_streams (g->lingerer), ==, 1);
      peer_cut (peer);
      expect_n (g, 0);
    }
}

static void
test_reset_before (Ground *g)
{
  Peer *peer;
  NxStream *stream = make_stream (g, &peer);

  peer_cut (peer);
  linger (g, stream, "nobody hears");
  expect_n (g, 0);
}

static void
test_deadline (Ground *g)
{
  Peer *talks, *is_deaf;

  linger (g, make_stream (g, &talks), "good bye");
  nx_lingerer_add (g->lingerer, make_stream (g, &is_deaf), make_words (100), TIMEOUT_MS);
  peer_set_reading (is_deaf, FALSE);
  for (guint i = 0; i < 19; i++)
    {
      peer_send_text (talks, "and another thing");
      pass_time (g, 100);
    }
  g_assert_cmpuint (nx_lingerer_get_n_streams (g->lingerer), ==, 2);
  pass_time (g, 110);
  g_assert_cmpuint (nx_lingerer_get_n_streams (g->lingerer), ==, 0);
}

/* -- How many -- */

static void
count_cb (gpointer data)
{
  (*(guint *) data)++;
}

/* The oldest give way. */
static void
test_cap (Ground *g)
{
  g_autoptr (GPtrArray) peers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) nx_memory_peer_unref);
  const guint cap = 4096;
  guint n_left = 0;

  nx_lingerer_set_func (g->lingerer, count_cb, &n_left);
  for (guint i = 0; i < cap + 3; i++)
    {
      NxMemoryPeer *peer;

      linger (g, nx_memory_stream_new (g->reactor, &peer), "x");
      g_ptr_array_add (peers, peer);
      g_assert_cmpuint (nx_lingerer_get_n_streams (g->lingerer), ==, MIN (i + 1, cap));
    }
  g_assert_cmpuint (n_left, ==, 3);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (nx_memory_peer_is_closed (g_ptr_array_index (peers, i)), ==, i < 3);
  g_assert_true (nx_lingerer_ref (g->lingerer) == g->lingerer);
  nx_lingerer_unref (g->lingerer);
  nx_lingerer_close (g->lingerer);
  /* Nobody is told of what the closing itself has closed. */
  g_assert_cmpuint (n_left, ==, 3);
  g_assert_cmpuint (nx_lingerer_get_n_streams (g->lingerer), ==, 0);
}

static void
test_closed (Ground *g)
{
  Peer *with_words, *without;

  nx_lingerer_close (g->lingerer);
  linger (g, make_stream (g, &with_words), "too late");
  linger (g, make_stream (g, &without), NULL);
  g_assert_cmpuint (nx_lingerer_get_n_streams (g->lingerer), ==, 0);
  wait_until (g, with_words->is_ended && without->is_ended);
  g_assert_cmpuint (with_words->received->len, ==, 0);
}

/* The last reference may go inside the call that says that one less lingers. */
static void
unref_cb (gpointer data)
{
  nx_lingerer_unref (data);
}

static void
test_unref_when_one_leaves (Ground *g)
{
  NxLingerer *lingerer = nx_lingerer_new (g->reactor);
  Peer *leaves, *stays;

  nx_lingerer_set_func (lingerer, unref_cb, lingerer);
  nx_lingerer_add (lingerer, make_stream (g, &leaves), NULL, TIMEOUT_MS);
  nx_lingerer_add (lingerer, make_stream (g, &stays), NULL, TIMEOUT_MS);
  settle (g);
  peer_shutdown (leaves);
  wait_until (g, stays->is_ended && leaves->is_ended);
  pass_time (g, 2 * TIMEOUT_MS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_scenario ("/lingerer/last-words", OVER_ALL, test_last_words);
  add_scenario ("/lingerer/nothing-to-say", OVER_ALL, test_nothing_to_say);
  add_scenario ("/lingerer/many-words", OVER_ALL, test_many_words);
  add_scenario ("/lingerer/half-closed-peer", OVER_ALL, test_half_closed_peer);
  add_scenario ("/lingerer/ended-peer-hears", OVER_MEMORY | OVER_TLS, test_ended_peer_hears);
  add_scenario ("/lingerer/reset", OVER_ALL, test_reset);
  add_scenario ("/lingerer/reset-before", OVER_ALL, test_reset_before);
  add_scenario ("/lingerer/deadline", OVER_ALL, test_deadline);
  add_scenario ("/lingerer/cap", OVER_MEMORY, test_cap);
  add_scenario ("/lingerer/closed", OVER_ALL, test_closed);
  add_scenario ("/lingerer/unref-when-one-leaves", OVER_ALL, test_unref_when_one_leaves);
  return g_test_run ();
}
