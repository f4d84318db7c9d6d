/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Peers that do not read. */
#include "config.h"

#include "pair.h"

static void
test_slow_close (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_CLOSE);
  g_assert_cmpint (server_send_big (&pair, 600), ==, NX_SEND_OK);
  g_assert_cmpint (server_send_big (&pair, 700), ==, NX_SEND_OK);
  g_assert_cmpint (server_send_big (&pair, 800), ==, NX_SEND_SLOW);
  g_assert_false (nx_connection_is_writable (pair.connection));
  g_assert_cmpint (server_send (&pair, "late"), ==, NX_SEND_CLOSED);
  assert_log (g, "closing");
  be_read (&pair);
  client_expect (&pair, "text[600] close:1013:too slow");
  client_close (&pair, 1013);
  expect_ended (&pair, "drained ended:1013");
  pair_clear (&pair);
}

static void
test_slow_drop_new (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_DROP_NEW);
  g_assert_cmpint (server_send_big (&pair, 600), ==, NX_SEND_OK);
  g_assert_cmpint (server_send_big (&pair, 700), ==, NX_SEND_OK);
  g_assert_cmpint (server_send (&pair, "refused"), ==, NX_SEND_SLOW);
  /* Whoever waits has more patience. */
  g_assert_cmpint (nx_connection_admit (pair.connection, 4), ==, NX_SEND_OK);
  be_read (&pair);
  client_expect (&pair, "text[600] text[700]");
  g_assert_cmpint (server_send (&pair, "taken"), ==, NX_SEND_OK);
  client_expect (&pair, "text:taken");
  assert_log (g, "drained");
  pair_clear (&pair);
}

static void
test_slow_drop_oldest (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_DROP_OLDEST);
  pair.settings->high_water_mark = 1500; /* to which each frame counts more than its octets */
  g_assert_cmpint (server_send_big (&pair, 600), ==, NX_SEND_OK);
  settle (g);
  nx_connection_ping (pair.connection, (const guint8 *) "p", 1);
  g_assert_cmpint (server_send_big (&pair, 200), ==, NX_SEND_OK);
  g_assert_cmpint (server_send_big (&pair, 300), ==, NX_SEND_OK);
  /* The one that has begun, and what is no message, stay. */
  g_assert_cmpint (server_send (&pair, "new"), ==, NX_SEND_OK);
  be_read (&pair);
  client_expect (&pair, "text[600] ping:p text[300] text:new");
  pair_clear (&pair);
}

/* A compressed frame that others refer to is not dropped. */
static void
test_slow_drop_oldest_with_takeover (Ground *g)
{
  const NxDeflateParams deflate = { .server_max_window_bits = 10, .client_max_window_bits = 10 };
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->slow_policy = NX_SLOW_POLICY_DROP_OLDEST;
  pair.settings->high_water_mark = 1000;
  pair_start_with (&pair, &deflate);
  nx_memory_peer_set_capacity (pair.peer->memory, 0);
  g_assert_cmpint (server_send_big (&pair, 600), ==, NX_SEND_OK);
  g_assert_cmpint (server_send_big (&pair, 600), ==, NX_SEND_OK);
  g_assert_cmpint (server_send (&pair, "new"), ==, NX_SEND_SLOW);
  pair_clear (&pair);
}

static void
test_slow_keep (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_KEEP);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (server_send_big (&pair, 900), ==, NX_SEND_OK);
  be_read (&pair);
  client_expect (&pair, "text[900] text[900] text[900] text[900] text[900]");
  pair_clear (&pair);
}

/* Before it judges, it tries to write: a peer that reads is not slow. */
static void
test_fast_peer_is_not_slow (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_CLOSE);
  be_read (&pair);
  for (guint i = 0; i < 20; i++)
    g_assert_cmpint (server_send_big (&pair, 800), ==, NX_SEND_OK);
  assert_log (g, "drained drained drained drained drained drained drained drained drained");
  pair_clear (&pair);
}

static void
test_lost_when_admitted (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_CLOSE);
  server_send_big (&pair, 1100);
  peer_cut (pair.peer);
  g_assert_cmpint (server_send (&pair, "x"), ==, NX_SEND_CLOSED);
  expect_ended (&pair, "input-ended ended:1006");
  pair_clear (&pair);
}

/* At most 16 wait; beyond that only the latest is answered. */
static void
test_pongs (Ground *g)
{
  g_autoptr (GString) expected = g_string_new ("text[600]");
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_CLOSE);
  pair.settings->receiver.max_control_frames = 0;
  server_send_big (&pair, 600);
  settle (g);
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", i);

      client_send (&pair, NX_OPCODE_PING, number, strlen (number));
      settle (g);
      if (i < 15 || i == 39)
        g_string_append_printf (expected, " pong:%u", i);
    }
  be_read (&pair);
  client_expect (&pair, expected->str);
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  /* Where time or capacity must be exact. */
  const Over exact = OVER_MEMORY;

  g_test_init (&argc, &argv, NULL);
  add_scenario ("/connection/slow-close", exact, test_slow_close);
  add_scenario ("/connection/slow-drop-new", exact, test_slow_drop_new);
  add_scenario ("/connection/slow-drop-oldest", exact, test_slow_drop_oldest);
  add_scenario ("/connection/slow-drop-oldest-with-takeover", exact,
                test_slow_drop_oldest_with_takeover);
  add_scenario ("/connection/slow-keep", exact, test_slow_keep);
  add_scenario ("/connection/fast-peer-is-not-slow", exact, test_fast_peer_is_not_slow);
  add_scenario ("/connection/lost-when-admitted", exact, test_lost_when_admitted);
  add_scenario ("/connection/pongs", exact, test_pongs);
  return g_test_run ();
}
