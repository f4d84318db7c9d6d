/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pair.h"

/* -- Counting system calls -- */

static const NxStreamClass *real_class;
static guint n_writes;

static gssize
counting_write (NxStream *stream, const struct iovec *parts, guint n_parts)
{
  n_writes++;
  return real_class->write (stream, parts, n_parts);
}

static void
count_writes (Pair *self)
{
  static NxStreamClass counting_class;
  NxStream *stream = nx_connection_get_stream (self->connection);

  real_class = stream->klass;
  counting_class = *real_class;
  counting_class.write = counting_write;
  stream->klass = &counting_class;
  n_writes = 0;
}

/* -- Open -- */

static void
test_messages (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  g_assert_true (nx_connection_is_writable (pair.connection));
  g_assert_false (nx_connection_is_broken (pair.connection));
  g_assert_true (nx_connection_get_settings (pair.connection) == pair.settings);
  g_assert_nonnull (nx_connection_get_sender (pair.connection));
  client_say (&pair, "one");
  client_say (&pair, "two");
  expect_log (&pair, "one two");
  g_assert_cmpint (server_send (&pair, "three"), ==, NX_SEND_OK);
  g_assert_cmpuint (nx_connection_get_buffered (pair.connection), ==, 7);
  client_expect (&pair, "text:three");
  g_assert_cmpuint (nx_connection_get_buffered (pair.connection), ==, 0);
  client_send (&pair, NX_OPCODE_PING, "p", 1);
  client_expect (&pair, "pong:p");
  nx_connection_ping (pair.connection, (const guint8 *) "q", 1);
  client_expect (&pair, "ping:q");
  client_send (&pair, NX_OPCODE_PONG, "q", 1);
  expect_log (&pair, "pong:q");
  g_assert_cmpuint (count_turns (g), ==, 0);
  pair_clear (&pair);
}

/* Octets that came behind the handshake are in front of what the stream has. */
static void
test_push_back (Ground *g)
{
  g_autoptr (GByteArray) frames = mask (NX_OPCODE_TEXT, "early", 5);
  Pair pair;

  pair_init (&pair, g);
  nx_connection_push_back (pair.connection, frames->data, 7);
  peer_send (pair.peer, frames->data + 7, frames->len - 7);
  client_say (&pair, "late");
  expect_log (&pair, "early late");
  nx_connection_push_back (pair.connection, NULL, 0);
  settle (g);
  assert_log (g, "");
  pair_clear (&pair);
}

static void
test_message_in_pieces (Ground *g)
{
  g_autofree char *big = g_strnfill (200 * 1000, 'x');
  g_autoptr (GByteArray) frame = mask (NX_OPCODE_TEXT, "drip", 4);
  Pair pair;

  pair_init (&pair, g);
  for (guint i = 0; i < frame->len; i++)
    {
      peer_send (pair.peer, frame->data + i, 1);
      settle (g);
    }
  expect_log (&pair, "drip");
  client_say (&pair, big);
  client_say (&pair, "small");
  expect_log (&pair, "[200000] small");
  pair_clear (&pair);
}

static void
answer_a_lot (Pair *self, const char *event)
{
  if (g_str_equal (event, "message"))
    for (guint i = 0; i < 50; i++)
      server_send (self, "answer");
}

/* However many frames were sent in a turn, they leave in one system call. */
static void
test_one_write_a_turn (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  client_expect (&pair, "");
  settle (g);
  count_writes (&pair);
  pair.action = answer_a_lot;
  client_say_two (&pair, "ask", "ask");
  wait_until (g, client_has (&pair, 100 * strlen ("text:answer ") - 1));
  g_assert_cmpuint (n_writes, ==, 1);
  pair_clear (&pair);
}

/* While the stream is full, no system call tries again. */
static void
test_blocked_costs_nothing (Ground *g)
{
  Pair pair;
  guint n_before;

  pair_prepare (&pair, g);
  pair.settings->high_water_mark = 100 * 1000 * 1000;
  pair_start (&pair);
  settle (g);
  count_writes (&pair);
  peer_set_reading (pair.peer, FALSE);
  server_send_big (&pair, 8 * 1000 * 1000);
  settle (g);
  n_before = n_writes;
  for (guint i = 0; i < 10; i++)
    {
      server_send (&pair, "more");
      settle (g);
    }
  g_assert_cmpuint (n_writes, ==, n_before);
  g_assert_cmpuint (count_turns (g), ==, 0);
  peer_set_reading (pair.peer, TRUE);
  wait_until (g, client_has (&pair, strlen ("text[8000000]") + 10 * strlen (" text:more")));
  assert_log (g, "drained");
  pair_clear (&pair);
}

/* -- An owner that takes no more -- */

static void
test_full_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  for (guint i = 0; i < 3; i++)
    client_say (&pair, (const char *[]){ "a", "b", "c" }[i]);
  expect_log (&pair, "a");
  settle (g);
  assert_log (g, "");
  g_assert_cmpint (nx_connection_get_stream (pair.connection)->interest, ==, 0);
  client_say (&pair, "d");
  g_assert_cmpuint (count_turns (g), ==, 0);
  nx_connection_resume (pair.connection);
  expect_log (&pair, "b");
  pair.is_full = FALSE;
  nx_connection_resume (pair.connection);
  nx_connection_resume (pair.connection);
  expect_log (&pair, "c d");
  pair_clear (&pair);
}

/* A peer that leaves while we do not read is seen, and what it sent is delivered. */
static void
test_peer_leaves_a_full_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say (&pair, "a");
  expect_log (&pair, "a");
  client_say (&pair, "b");
  client_say (&pair, "c");
  peer_shutdown (pair.peer);
  expect_ended (&pair, "b c input-ended ended:1006");
  pair_clear (&pair);

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say (&pair, "a");
  client_say (&pair, "b");
  expect_log (&pair, "a");
  client_close (&pair, 1001);
  peer_shutdown (pair.peer);
  expect_ended (&pair, "b input-ended closing ended:1001");
  client_expect (&pair, "close:1001");
  pair_clear (&pair);
}

static void
test_reset_with_a_full_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say_two (&pair, "a", "b");
  expect_log (&pair, "a");
  settle (g);
  peer_cut (pair.peer);
  expect_ended (&pair, "b input-ended ended:1006");
  g_assert_true (nx_connection_is_broken (pair.connection));
  pair_clear (&pair);
}

/* But it is not heard for ever. */
static void
test_drain_is_bounded (Ground *g)
{
  g_autofree char *big = g_strnfill (1000 * 1000, 'x');
  guint n_messages;
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  for (guint i = 0; i < 20; i++)
    client_say (&pair, big);
  peer_shutdown (pair.peer);
  wait_until (g, pair.has_ended);
  n_messages = (guint) (strstr (g->log->str, "input-ended") - g->log->str) / strlen ("[1000000] ");
  g_assert_cmpuint (n_messages, >=, 8);
  g_assert_cmpuint (n_messages, <=, 11);
  pair_clear (&pair);
}

/* -- References -- */

static void
test_cut (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  server_send (&pair, "unsent");
  nx_connection_cut (pair.connection);
  nx_connection_cut (pair.connection);
  nx_connection_close (pair.connection, 1000, NULL);
  nx_connection_resume (pair.connection);
  nx_connection_finish (pair.connection);
  nx_connection_ping (pair.connection, NULL, 0);
  nx_connection_push (pair.connection, nx_frame_new (NX_OPCODE_TEXT, "x", 1));
  expect_ended (&pair, "ended:1006");
  wait_until (g, pair.peer->is_ended);
  pair_clear (&pair);
}

static const char *when; /* the event at which the action is done */

static void
drop_connection (Pair *self, const char *event)
{
  if (g_str_equal (event, when))
    g_clear_pointer (&self->connection, nx_connection_unref);
}

static void
cut_connection (Pair *self, const char *event)
{
  if (g_str_equal (event, when) && !self->has_ended)
    nx_connection_cut (self->connection);
}

/* Leads through every call to the owner. */
static void
live_through (Pair *self)
{
  NxConnection *connection = self->connection;

  server_send_big (self, 600);
  settle (self->ground);
  client_say (self, "message");
  client_say (self, "message");
  client_send (self, NX_OPCODE_PONG, "p", 1);
  settle (self->ground);
  be_read (self);
  settle (self->ground);
  if (self->connection == connection && g_str_equal (when, "admit"))
    {
      when = "drained";
      server_send_big (self, 1100);
      if (self->connection != NULL)
        nx_connection_admit (self->connection, 1);
    }
  client_close (self, 1000);
  settle (self->ground);
}

/* The last reference may go inside any call. */
static void
check_in_every_call (Ground *g, void (*action) (Pair *self, const char *event))
{
  static const char *const events[] = { "message", "input-ended", "closing", "pong",
                                        "drained", "admit",       "ended" };

  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    {
      Pair pair;

      when = events[i];
      slow_init (&pair, g, NX_SLOW_POLICY_CLOSE);
      pair.action = action;
      live_through (&pair);
      wait_until (g, pair.peer->is_ended);
      if (action == drop_connection)
        g_assert_null (pair.connection);
      else
        g_assert_true (pair.has_ended);
      pair_clear (&pair);
    }
}

static void
test_last_reference_inside (Ground *g)
{
  check_in_every_call (g, drop_connection);
}

static void
test_cut_inside (Ground *g)
{
  check_in_every_call (g, cut_connection);
}

static void
close_inside (Pair *self, const char *event)
{
  if (g_str_equal (event, "message"))
    nx_connection_close (self->connection, 3000, NULL);
}

/* Nothing is delivered behind our own close. */
static void
test_close_inside (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.action = close_inside;
  client_say (&pair, "a");
  client_say (&pair, "b");
  client_close (&pair, 1000);
  expect_ended (&pair, "a closing ended:1000");
  client_expect (&pair, "close:3000");
  client_expect_end (&pair);
  pair_clear (&pair);
}

/* A connection without an owner ends by itself, in good order. */
static void
test_disowned (Ground *g)
{
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->high_water_mark = 1000;
  pair.settings->low_water_mark = 10;
  pair_start (&pair);
  nx_connection_disown (pair.connection);
  server_send_big (&pair, 100);
  client_say (&pair, "unheard");
  client_send (&pair, NX_OPCODE_PONG, NULL, 0);
  client_close (&pair, 1000);
  client_expect (&pair, "text[100] close:1000");
  client_expect_end (&pair);
  assert_log (g, "");
  pair_clear (&pair);
}

static void
test_references (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  g_assert_true (nx_connection_ref (pair.connection) == pair.connection);
  nx_connection_unref (pair.connection);
  client_say (&pair, "a");
  expect_log (&pair, "a");
  /* The last reference cuts, and tells nobody. */
  g_clear_pointer (&pair.connection, nx_connection_unref);
  wait_until (g, pair.peer->is_ended);
  assert_log (g, "");
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  /* Where time or capacity must be exact. */
  const Over exact = OVER_MEMORY;

  g_test_init (&argc, &argv, NULL);
  add_scenario ("/connection/messages", OVER_ALL, test_messages);
  add_scenario ("/connection/push-back", OVER_ALL, test_push_back);
  add_scenario ("/connection/message-in-pieces", OVER_ALL, test_message_in_pieces);
  add_scenario ("/connection/one-write-a-turn", OVER_ALL, test_one_write_a_turn);
  add_scenario ("/connection/blocked-costs-nothing", OVER_ALL, test_blocked_costs_nothing);
  add_scenario ("/connection/full-owner", OVER_ALL, test_full_owner);
  add_scenario ("/connection/peer-leaves-a-full-owner", OVER_ALL, test_peer_leaves_a_full_owner);
  add_scenario ("/connection/reset-with-a-full-owner", OVER_ALL, test_reset_with_a_full_owner);
  add_scenario ("/connection/drain-is-bounded", exact, test_drain_is_bounded);
  add_scenario ("/connection/cut", OVER_ALL, test_cut);
  add_scenario ("/connection/last-reference-inside", exact, test_last_reference_inside);
  add_scenario ("/connection/cut-inside", exact, test_cut_inside);
  add_scenario ("/connection/close-inside", OVER_ALL, test_close_inside);
  add_scenario ("/connection/disowned", OVER_ALL, test_disowned);
  add_scenario ("/connection/references", OVER_ALL, test_references);
  return g_test_run ();
}
