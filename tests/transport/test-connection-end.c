/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The closing handshake, and ends without one. */
#include "config.h"

#include "pair.h"

/* -- The closing handshake -- */

static void
test_we_close (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  server_send (&pair, "last");
  nx_connection_close (pair.connection, 4000, "bye");
  nx_connection_close (pair.connection, 4001, "again");
  assert_log (g, "closing");
  g_assert_false (nx_connection_is_writable (pair.connection));
  g_assert_cmpint (server_send (&pair, "late"), ==, NX_SEND_CLOSED);
  nx_connection_ping (pair.connection, NULL, 0);
  nx_connection_finish (pair.connection);
  client_expect (&pair, "text:last close:4000:bye");
  /* What the peer sends meanwhile is dropped, and not answered. */
  client_say (&pair, "unheard");
  client_send (&pair, NX_OPCODE_PING, "p", 1);
  client_close (&pair, 4000);
  expect_ended (&pair, "ended:4000");
  client_expect_end (&pair);
  pair_clear (&pair);
}

static void
test_peer_closes (Ground *g)
{
  static const guint codes[] = { 1000, 1005, 4999 };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autofree char *answer = g_strdup_printf ("close:%u", codes[i]);
      g_autofree char *log = g_strdup_printf ("m input-ended closing ended:%u", codes[i]);
      Pair pair;

      pair_init (&pair, g);
      client_say (&pair, "m");
      client_close (&pair, codes[i]);
      /* It speaks on, to nobody. */
      client_say (&pair, "unheard");
      expect_ended (&pair, log);
      client_expect (&pair, answer);
      client_expect_end (&pair);
      pair_clear (&pair);
    }
}

static void
answer_at_the_end (Pair *self, const char *event)
{
  if (g_str_equal (event, "input-ended"))
    {
      g_assert_true (nx_connection_is_writable (self->connection));
      g_assert_cmpint (server_send (self, "answer"), ==, NX_SEND_OK);
    }
}

/* The owner has its say before the answer to the close, now or later. */
static void
test_answers_before_the_close (Ground *g)
{
  for (guint late = 0; late < 3; late++)
    {
      Pair pair;

      pair_init (&pair, g);
      pair.action = answer_at_the_end;
      pair.finishes_late = late > 0;
      client_close (&pair, 1000);
      expect_log (&pair, late > 0 ? "input-ended" : "input-ended closing ended:1000");
      if (late == 1)
        {
          client_expect (&pair, "text:answer");
          server_send (&pair, "later");
          nx_connection_finish (pair.connection);
          client_expect (&pair, "text:later close:1000");
        }
      else if (late == 2)
        {
          /* To close is to finish. */
          nx_connection_close (pair.connection, 3000, "unheard");
          client_expect (&pair, "text:answer close:1000");
        }
      else
        client_expect (&pair, "text:answer close:1000");
      wait_until (g, pair.has_ended);
      client_expect_end (&pair);
      pair_clear (&pair);
    }
}

static void
test_both_close (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  client_close (&pair, 1001);
  nx_connection_close (pair.connection, 1000, NULL);
  expect_ended (&pair, "closing ended:1001");
  client_expect (&pair, "close:1000");
  client_expect_end (&pair);
  g_assert_null (nx_connection_get_close_reason (pair.connection));
  pair_clear (&pair);
}

static void
test_reason (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  client_send (&pair, NX_OPCODE_CLOSE,
               "\x0f\xa1"
               "because",
               9);
  expect_ended (&pair, "input-ended closing ended:4001");
  g_assert_cmpstr (nx_connection_get_close_reason (pair.connection), ==, "because");
  g_assert_cmpint (nx_connection_get_fault (pair.connection), ==, NX_FAULT_NONE);
  pair_clear (&pair);
}

/* The close frame waits in the receiver, because the owner took no more. */
static void
test_we_close_a_full_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say (&pair, "a");
  client_say (&pair, "b");
  client_close (&pair, 1001);
  expect_log (&pair, "a");
  nx_connection_close (pair.connection, 1000, NULL);
  nx_connection_resume (pair.connection);
  expect_ended (&pair, "closing ended:1001");
  client_expect (&pair, "close:1000");
  pair_clear (&pair);
}

static void
test_no_answer_to_our_close (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  nx_connection_close (pair.connection, 1000, NULL);
  client_expect (&pair, "close:1000");
  for (guint i = 0; i < 49; i++)
    {
      client_say (&pair, "talk");
      pass_time (g, 100);
    }
  assert_log (g, "closing");
  pass_time (g, 200);
  expect_ended (&pair, "ended:1006");
  pair_clear (&pair);
}

static void
test_peer_leaves_our_close (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  nx_connection_close (pair.connection, 1000, NULL);
  client_expect (&pair, "close:1000");
  peer_shutdown (pair.peer);
  expect_ended (&pair, "closing ended:1006");
  pair_clear (&pair);

  pair_init (&pair, g);
  nx_connection_close (pair.connection, 1000, NULL);
  client_expect (&pair, "close:1000");
  client_break_the_protocol (&pair);
  expect_ended (&pair, "closing ended:1006");
  g_assert_cmpint (nx_connection_get_fault (pair.connection), ==, NX_FAULT_UNMASKED);
  client_expect_end (&pair);
  pair_clear (&pair);
}

/* The owner's time to deal with what came is over: the close frame goes out nevertheless. */
static void
test_owner_does_not_finish (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.finishes_late = TRUE;
  client_close (&pair, 1000);
  expect_log (&pair, "input-ended");
  pass_time (g, 4900);
  assert_log (g, "");
  pass_time (g, 200);
  expect_ended (&pair, "closing ended:1000");
  client_expect (&pair, "close:1000");
  pair_clear (&pair);
}

/* A peer that takes nothing does not get the last word either. */
static void
test_last_word_blocked (Ground *g)
{
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->high_water_mark = 100 * 1000 * 1000;
  pair_start (&pair);
  peer_set_reading (pair.peer, FALSE);
  server_send_big (&pair, 8 * 1000 * 1000);
  client_close (&pair, 1000);
  expect_log (&pair, "input-ended closing");
  pass_time (g, 4900);
  /* A FIN changes nothing: it may read on. */
  peer_shutdown (pair.peer);
  g_assert_cmpuint (count_turns (g), ==, 0);
  assert_log (g, "");
  pass_time (g, 200);
  expect_ended (&pair, "ended:1000");
  pair_clear (&pair);
}

static void
test_last_word_late (Ground *g)
{
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->high_water_mark = 100 * 1000 * 1000;
  pair_start (&pair);
  peer_set_reading (pair.peer, FALSE);
  server_send_big (&pair, 8 * 1000 * 1000);
  client_close (&pair, 1000);
  expect_log (&pair, "input-ended closing");
  peer_shutdown (pair.peer);
  settle (g);
  peer_set_reading (pair.peer, TRUE);
  client_expect (&pair, "text[8000000] close:1000");
  wait_until (g, pair.has_ended && pair.peer->is_ended);
  g_assert_false (pair.peer->was_reset);
  pair_clear (&pair);
}

/* -- Faults -- */

/* What came whole before the fault is delivered first, and its answer goes out before the close. */
static void
test_fault (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.action = answer_at_the_end;
  client_say (&pair, "a");
  client_say (&pair, "b");
  client_break_the_protocol (&pair);
  client_say (&pair, "unheard");
  expect_ended (&pair, "a b input-ended closing ended:1002");
  g_assert_cmpint (nx_connection_get_fault (pair.connection), ==, NX_FAULT_UNMASKED);
  client_expect (&pair, "text:answer close:1002");
  client_expect_end (&pair);
  pair_clear (&pair);
}

static void
test_fault_with_a_full_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say (&pair, "a");
  client_say (&pair, "b");
  client_send (&pair, NX_OPCODE_TEXT, "\xff", 1);
  expect_log (&pair, "a");
  settle (g);
  assert_log (g, "");
  pair.is_full = FALSE;
  nx_connection_resume (pair.connection);
  expect_ended (&pair, "b input-ended closing ended:1007");
  client_expect (&pair, "close:1007");
  pair_clear (&pair);
}

static void
test_lost (Ground *g)
{
  for (guint is_cut = 0; is_cut < 2; is_cut++)
    {
      Pair pair;

      pair_init (&pair, g);
      client_say (&pair, "a");
      expect_log (&pair, "a");
      client_send (&pair, NX_OPCODE_PONG, NULL, 0);
      expect_log (&pair, "pong:");
      if (is_cut)
        peer_cut (pair.peer);
      else
        peer_shutdown (pair.peer);
      expect_ended (&pair, "input-ended ended:1006");
      pair_clear (&pair);
    }
}

/* The owner takes its time over what came before the end, and nothing is sent to anybody any more. */
static void
test_lost_with_a_late_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.finishes_late = TRUE;
  client_say (&pair, "a");
  peer_shutdown (pair.peer);
  expect_log (&pair, "a input-ended");
  g_assert_false (nx_connection_is_writable (pair.connection));
  g_assert_cmpint (server_send (&pair, "b"), ==, NX_SEND_CLOSED);
  nx_connection_push (pair.connection, nx_frame_new (NX_OPCODE_TEXT, "c", 1));
  g_assert_cmpuint (count_turns (g), ==, 0);
  nx_connection_finish (pair.connection);
  expect_ended (&pair, "ended:1006");
  pair_clear (&pair);
}

/* The writer sees the reset first: what came before it is still delivered. */
static void
test_output_lost (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  settle (g);
  nx_stream_shutdown_write (nx_connection_get_stream (pair.connection));
  client_say (&pair, "a");
  server_send (&pair, "nobody hears");
  expect_log (&pair, "a");
  g_assert_true (nx_connection_is_broken (pair.connection));
  g_assert_cmpint (server_send (&pair, "b"), ==, NX_SEND_CLOSED);
  /* The peer's input is alive, ours is not: a ping is not answered. */
  client_send (&pair, NX_OPCODE_PING, NULL, 0);
  client_say (&pair, "c");
  expect_log (&pair, "c");
  g_assert_cmpuint (count_turns (g), ==, 0);
  client_close (&pair, 1000);
  expect_ended (&pair, "input-ended ended:1000");
  pair_clear (&pair);
}

/* In each state that still has something to say. */
static void
test_output_lost_late (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  settle (g);
  nx_stream_shutdown_write (nx_connection_get_stream (pair.connection));
  nx_connection_close (pair.connection, 1000, NULL);
  expect_ended (&pair, "closing ended:1006");
  pair_clear (&pair);

  pair_init (&pair, g);
  settle (g);
  nx_stream_shutdown_write (nx_connection_get_stream (pair.connection));
  client_close (&pair, 1000);
  expect_ended (&pair, "input-ended closing ended:1000");
  pair_clear (&pair);

  pair_init (&pair, g);
  pair.finishes_late = TRUE;
  client_close (&pair, 1000);
  expect_log (&pair, "input-ended");
  nx_stream_shutdown_write (nx_connection_get_stream (pair.connection));
  server_send (&pair, "nobody hears");
  settle (g);
  g_assert_true (nx_connection_is_broken (pair.connection));
  nx_connection_finish (pair.connection);
  expect_ended (&pair, "ended:1000");
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_scenario ("/connection/we-close", OVER_ALL, test_we_close);
  add_scenario ("/connection/peer-closes", OVER_ALL, test_peer_closes);
  add_scenario ("/connection/answers-before-the-close", OVER_ALL, test_answers_before_the_close);
  add_scenario ("/connection/both-close", OVER_ALL, test_both_close);
  add_scenario ("/connection/reason", OVER_ALL, test_reason);
  add_scenario ("/connection/we-close-a-full-owner", OVER_ALL, test_we_close_a_full_owner);
  add_scenario ("/connection/no-answer-to-our-close", OVER_ALL, test_no_answer_to_our_close);
  add_scenario ("/connection/peer-leaves-our-close", OVER_ALL, test_peer_leaves_our_close);
  add_scenario ("/connection/owner-does-not-finish", OVER_ALL, test_owner_does_not_finish);
  add_scenario ("/connection/last-word-blocked", OVER_ALL, test_last_word_blocked);
  add_scenario ("/connection/last-word-late", OVER_ALL, test_last_word_late);
  add_scenario ("/connection/fault", OVER_ALL, test_fault);
  add_scenario ("/connection/fault-with-a-full-owner", OVER_ALL, test_fault_with_a_full_owner);
  add_scenario ("/connection/lost", OVER_ALL, test_lost);
  add_scenario ("/connection/lost-with-a-late-owner", OVER_ALL, test_lost_with_a_late_owner);
  add_scenario ("/connection/output-lost", OVER_ALL, test_output_lost);
  add_scenario ("/connection/output-lost-late", OVER_ALL, test_output_lost_late);
  return g_test_run ();
}
