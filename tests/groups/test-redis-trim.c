/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a Redis keeps of a history: no more than its limits, whoever sees to it, and nothing goes that others have had no time to read. */
#include "node.h"
#include "redis.h"

#define KEEP 100000
#define MESSAGE 1000
#define KEEP_BYTES (20 * MESSAGE)
/* Redis frees whole nodes, of 4 KiB unless one entry is larger. */
#define NODE_BYTES 4096
/* What an envelope adds to what the client publishes. */
#define ENVELOPE 20

typedef struct
{
  Redis redis;
  Node one;
  Node two;
  gboolean is_up;
} Fixture;

static void
fixture_set_up (Fixture *f, gconstpointer data)
{
  if (!redis_is_at_least (6, 2))
    {
      g_test_skip ("this Redis is older than 6.2");
      return;
    }
  f->is_up = redis_start (&f->redis, data);
  if (!f->is_up)
    return;
  node_init_redis (&f->one, f->redis.uri);
  node_init_redis (&f->two, f->redis.uri);
  node_start (&f->one);
  node_start (&f->two);
  node_subscribe (&f->one, "lobby", TRUE);
  node_subscribe (&f->two, "lobby", TRUE);
  node_wait (f->one.n_subscribed == 1 && f->two.n_subscribed == 1);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  node_clear (&f->one);
  node_clear (&f->two);
  redis_clear (&f->redis);
}

static void
publish (Node *node, guint n, gsize size, guint keep)
{
  g_autofree char *text = g_strnfill (size, 'x');

  for (guint i = 1; i <= n; i++)
    node_publish (node, "lobby", text, keep, i);
}

static guint
count_entries (Fixture *f)
{
  g_autofree char *n = redis_ask (&f->redis, "XLEN nexws:s:lobby");

  return (guint) atoi (n);
}

static gboolean
is_within (Fixture *f, gsize n_bytes)
{
  return count_entries (f) * (gsize) (MESSAGE + ENVELOPE)
         <= n_bytes + NODE_BYTES + MESSAGE + ENVELOPE;
}

/* A reader that is slower than one turn misses nothing, though all but the last are beyond the history's size. */
static void
test_burst (Fixture *f, gconstpointer data)
{
  const guint n = 50;

  if (!f->is_up)
    return;
  publish (&f->one, n, 2 * NODE_BYTES, 1);
  node_wait (f->one.received->len == n && f->two.received->len == n);
  g_assert_cmpuint (f->one.n_gaps + f->two.n_gaps, ==, 0);
  /* And then they go. */
  node_wait (count_entries (f) == 1);
}

static void
test_size (Fixture *f, gconstpointer data)
{
  const guint n = 1000;
  g_autofree char *first = NULL;

  if (!f->is_up)
    return;
  redis_tell (&f->redis, "CONFIG SET stream-node-max-entries 10");
  publish (&f->one, n, 1, 20);
  node_wait (g_hash_table_size (f->one.accepted) == n);
  first = g_strdup (g_hash_table_lookup (f->one.accepted, GUINT_TO_POINTER (1)));
  node_wait (count_entries (f) < 40);

  node_fetch (&f->two, "lobby", first, 100);
  node_wait (f->two.entries != NULL);
  g_assert_true (f->two.has_gap);
  g_assert_cmpuint (f->two.entries->len, >=, 20);

  node_fetch (&f->two, "lobby", "0-0", 100);
  node_wait (f->two.entries != NULL);
  g_assert_true (f->two.has_gap);
}

static void
test_bytes (Fixture *f, gconstpointer data)
{
  const guint n = 100;

  if (!f->is_up)
    return;
  f->one.keep_bytes = KEEP_BYTES;
  publish (&f->one, n, MESSAGE, KEEP);
  node_wait (f->one.received->len == n && f->two.received->len == n);
  node_wait (is_within (f, KEEP_BYTES));
  g_assert_cmpuint (count_entries (f), >=, KEEP_BYTES / (MESSAGE + ENVELOPE) - 1);
  g_assert_cmpuint (f->one.n_gaps + f->two.n_gaps, ==, 0);

  node_fetch (&f->two, "lobby", g_hash_table_lookup (f->one.accepted, GUINT_TO_POINTER (1)), n);
  node_wait (f->two.entries != NULL);
  g_assert_true (f->two.has_gap);
  node_fetch (&f->two, "lobby", g_hash_table_lookup (f->one.accepted, GUINT_TO_POINTER (n - 5)), n);
  node_wait (f->two.entries != NULL);
  g_assert_false (f->two.has_gap);
  g_assert_cmpuint (f->two.entries->len, ==, 5);
}

/* Two write by turns, and neither has written more than half of what is too much. */
static void
test_bytes_of_all (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  f->one.keep_bytes = f->two.keep_bytes = KEEP_BYTES;
  for (guint i = 0; i < 15; i++)
    {
      publish (&f->one, 1, MESSAGE, KEEP);
      publish (&f->two, 1, MESSAGE, KEEP);
    }
  node_wait (f->one.received->len == 30 && f->two.received->len == 30);
  node_wait (is_within (f, KEEP_BYTES));
}

/* What is there already was written by nobody who is. */
static void
test_bytes_of_before (Fixture *f, gconstpointer data)
{
  const guint n = 300;
  Node third;

  if (!f->is_up)
    return;
  node_init_redis (&third, f->redis.uri);
  node_start (&third);
  publish (&third, n, MESSAGE, KEEP);
  node_wait (g_hash_table_size (third.accepted) == n);
  node_clear (&third);
  g_assert_cmpuint (count_entries (f), ==, n);

  f->one.keep_bytes = KEEP_BYTES;
  publish (&f->one, 1, MESSAGE, KEEP);
  node_wait (is_within (f, KEEP_BYTES));
  g_assert_cmpuint (count_entries (f), >=, KEEP_BYTES / (MESSAGE + ENVELOPE) - 1);
}

/* Who has written last is dead, and another one has written once. */
static void
test_bytes_after_death (Fixture *f, gconstpointer data)
{
  Node third;

  if (!f->is_up)
    return;
  f->one.keep_bytes = KEEP_BYTES;
  publish (&f->one, 1, MESSAGE, KEEP);
  node_wait (g_hash_table_size (f->one.accepted) == 1);
  node_init_redis (&third, f->redis.uri);
  third.keep_bytes = KEEP_BYTES;
  node_start (&third);
  publish (&third, 100, MESSAGE, KEEP);
  node_wait (g_hash_table_size (third.accepted) == 100);
  node_clear (&third);
  node_wait (is_within (f, KEEP_BYTES));
}

/* The limits hold after the connection was lost, and when the stream has begun anew, too. */
static void
test_bytes_after_loss (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  f->one.keep_bytes = KEEP_BYTES;
  publish (&f->one, 10, MESSAGE, KEEP);
  node_wait (f->one.received->len == 10 && f->two.received->len == 10);
  redis_kill (&f->redis);
  node_wait_lost (&f->one);
  redis_restart (&f->redis);
  publish (&f->one, 100, MESSAGE, KEEP);
  node_wait (f->one.received->len == 110 && f->two.received->len == 110);
  node_wait (is_within (f, KEEP_BYTES));
  redis_tell (&f->redis, "DEL nexws:s:lobby");
  redis_tell (&f->redis, "XADD nexws:s:lobby 1-1 f v");
  node_wait (f->one.n_gaps > 0);
  publish (&f->one, 50, MESSAGE, KEEP);
  node_wait (f->one.received->len == 160);
  node_wait (is_within (f, KEEP_BYTES));
}

static void
test_age (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  redis_tell (&f->redis, "CONFIG SET stream-node-max-entries 1");
  redis_tell (&f->redis, "XADD nexws:s:lobby 1-1 m old");
  f->one.keep_ms = 60 * 1000;
  publish (&f->one, 2, 1, KEEP);
  node_wait (f->one.received->len == 2 && f->two.received->len == 2);
  node_wait (count_entries (f) == 2);
}

/* Before 6.2 what is trimmed could not be named by its id. */
static void
test_without_minid (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  redis_tell (&f->redis, "CONFIG SET stream-node-max-entries 1");
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*history-size alone*XTRIM*");
  publish (&f->one, 100, 1, 5);
  node_wait (f->one.received->len == 100 && f->two.received->len == 100);
  node_wait (nx_backplane_get_problem (f->one.backplane) != NULL);
  g_test_assert_expected_messages ();
  publish (&f->one, 1, 1, 5);
  node_wait (count_entries (f) == 5);
  node_wait (nx_backplane_get_problem (f->one.backplane) == NULL);
}

#define ADD(name, options, func)                                                                   \
  g_test_add ("/redis-trim/" name, Fixture, options, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* That a connection was lost is said. */
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  ADD ("burst", NULL, test_burst);
  ADD ("size", NULL, test_size);
  ADD ("bytes", NULL, test_bytes);
  ADD ("bytes-of-all", NULL, test_bytes_of_all);
  ADD ("bytes-of-before", NULL, test_bytes_of_before);
  ADD ("bytes-after-death", NULL, test_bytes_after_death);
  ADD ("bytes-after-loss", "--appendonly yes --appendfsync always", test_bytes_after_loss);
  ADD ("age", NULL, test_age);
  ADD ("without-minid", "--rename-command XTRIM ''", test_without_minid);
  return g_test_run ();
}
