/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keepalive. */
#include "config.h"

#include "pair.h"

static void
test_ping_and_pong (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  client_expect (&pair, "");
  pass_time (g, 19900);
  client_expect (&pair, "");
  pass_time (g, 200);
  client_expect (&pair, "ping");
  pass_time (g, 19700);
  client_send (&pair, NX_OPCODE_PONG, NULL, 0);
  pass_time (g, 400);
  assert_log (g, "pong:");
  client_expect (&pair, "");
  pass_time (g, 19900);
  client_expect (&pair, "ping");
  pass_time (g, 19900);
  assert_log (g, "");
  pass_time (g, 200);
  expect_ended (&pair, "ended:1006");
  pair_clear (&pair);
}

/* Any octet is life: as an answer, and in place of a ping. */
static void
test_any_octet_counts (Ground *g)
{
  g_autoptr (GByteArray) frame = mask (NX_OPCODE_TEXT, "a long message", 14);
  Pair pair;

  pair_init (&pair, g);
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  for (guint i = 0; i < 10; i++)
    {
      pass_time (g, 19000);
      peer_send (pair.peer, frame->data + i, 1);
    }
  pass_time (g, 19000);
  client_expect (&pair, "");
  assert_log (g, "");
  pair_clear (&pair);
}

static void
test_no_pings (Ground *g)
{
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->ping_interval_ms = 0;
  pair_start (&pair);
  pass_time (g, 1000 * 1000);
  client_expect (&pair, "");
  assert_log (g, "");
  pair_clear (&pair);
}

/* Whoever does not read cannot complain about silence. */
static void
test_clock_stands_still_while_we_do_not_read (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say (&pair, "a");
  expect_log (&pair, "a");
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  for (guint i = 0; i < 10; i++)
    pass_time (g, 20100);
  assert_log (g, "");
  client_expect (&pair, "");
  pair.is_full = FALSE;
  nx_connection_resume (pair.connection);
  pass_time (g, 19000);
  assert_log (g, "");
  pass_time (g, 2000);
  expect_ended (&pair, "ended:1006");
  pair_clear (&pair);
}

/* A peer on a thin line is busy with what we sent before the ping. */
static void
test_clock_stands_still_while_output_progresses (Ground *g)
{
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->high_water_mark = 100 * 1000 * 1000;
  pair_start (&pair);
  settle (g);
  peer_set_reading (pair.peer, FALSE);
  server_send_big (&pair, 1000 * 1000);
  settle (g);
  for (guint i = 0; i < 10; i++)
    {
      pass_time (g, 15000);
      nx_memory_peer_set_capacity (pair.peer->memory, 30000 * (i + 1));
      settle (g);
    }
  assert_log (g, "");
  pass_time (g, 19900);
  assert_log (g, "");
  pass_time (g, 10000);
  pass_time (g, 20100);
  expect_ended (&pair, "ended:1006");
  pair_clear (&pair);
}

/* The process was stopped for a minute, and the answer waits to be read: nobody is cut. */
static void
test_stopped_process (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  client_send (&pair, NX_OPCODE_PONG, NULL, 0);
  nx_clock_advance (g->clock, 60 * G_USEC_PER_SEC);
  settle (g);
  assert_log (g, "pong:");
  pass_time (g, 19000);
  assert_log (g, "");
  pair_clear (&pair);

  /* Before the ping. */
  pair_init (&pair, g);
  nx_clock_advance (g->clock, 600 * G_USEC_PER_SEC);
  client_expect (&pair, "ping");
  pass_time (g, 19000);
  assert_log (g, "");
  pair_clear (&pair);
}

/* What waits to be read is the end, or the start of one. */
static void
test_stopped_process_and_the_end (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  client_close (&pair, 1001);
  nx_clock_advance (g->clock, 60 * G_USEC_PER_SEC);
  expect_ended (&pair, "input-ended closing ended:1001");
  pair_clear (&pair);

  pair_init (&pair, g);
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  peer_shutdown (pair.peer);
  nx_clock_advance (g->clock, 60 * G_USEC_PER_SEC);
  expect_ended (&pair, "input-ended ended:1006");
  pair_clear (&pair);

  /* The answer to our own close. */
  pair_init (&pair, g);
  nx_connection_close (pair.connection, 1000, NULL);
  client_expect (&pair, "close:1000");
  client_close (&pair, 1000);
  nx_clock_advance (g->clock, 60 * G_USEC_PER_SEC);
  expect_ended (&pair, "closing ended:1000");
  pair_clear (&pair);
}

/* The end of the input is seen while a message still waits for its owner: first the message. */
static void
test_end_behind_what_waits (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say_two (&pair, "a", "b");
  expect_log (&pair, "a");
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  pass_time (g, 20100);
  nx_connection_resume (pair.connection);
  peer_shutdown (pair.peer);
  /* The deadline is served before the owner's wish. */
  nx_clock_advance (g->clock, 60 * G_USEC_PER_SEC);
  expect_ended (&pair, "b input-ended ended:1006");
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_scenario ("/connection/ping-and-pong", OVER_ALL, test_ping_and_pong);
  add_scenario ("/connection/any-octet-counts", OVER_ALL, test_any_octet_counts);
  add_scenario ("/connection/no-pings", OVER_ALL, test_no_pings);
  add_scenario ("/connection/clock-stands-still-while-we-do-not-read", OVER_ALL,
                test_clock_stands_still_while_we_do_not_read);
  add_scenario ("/connection/clock-stands-still-while-output-progresses", OVER_MEMORY | OVER_TLS,
                test_clock_stands_still_while_output_progresses);
  add_scenario ("/connection/stopped-process", OVER_ALL, test_stopped_process);
  add_scenario ("/connection/stopped-process-and-the-end", OVER_ALL,
                test_stopped_process_and_the_end);
  add_scenario ("/connection/end-behind-what-waits", OVER_MEMORY, test_end_behind_what_waits);
  return g_test_run ();
}
