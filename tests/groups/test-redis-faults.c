/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A Redis that is not there, goes, forgets, refuses, sleeps, or is behind a network that does not carry. */
#include "node.h"
#include "redis.h"
#include "relay.h"
#include "log-writer.h"

#include <glib/gstdio.h>
#include <signal.h>

#define KEEP 100000

/* Warnings are what an operator reads, and are expected here; what they say is looked at. */
static GString *warnings;

static GLogWriterOutput
writer_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (level & G_LOG_LEVEL_WARNING && strcmp (fields[i].key, "MESSAGE") == 0)
      g_string_append_printf (warnings, "%s\n", (const char *) fields[i].value);
  return level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_DEBUG)
             ? G_LOG_WRITER_HANDLED
             : g_log_writer_standard_streams (level, fields, n_fields, NULL);
}

static void
publish_numbers (Node *node, guint first, guint last)
{
  for (guint i = first; i <= last; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      node_publish (node, "lobby", text, KEEP, i);
    }
}

/* What came is the numbers from @first to @last, each once and in order, behind what was there before. */
static void
assert_numbers (GPtrArray *texts, guint from, guint first, guint last)
{
  g_assert_cmpuint (texts->len - from, ==, last - first + 1);
  for (guint i = first; i <= last; i++)
    g_assert_cmpuint (g_ascii_strtoull (g_ptr_array_index (texts, from + i - first), NULL, 10), ==,
                      i);
}

/* It is not there when we come. */
static void
test_absent (void)
{
  Redis redis;
  Node node;

  if (!redis_start (&redis, NULL))
    return;
  redis_kill (&redis);
  node_init_redis (&node, redis.uri);
  node_start (&node);
  node_subscribe (&node, "lobby", TRUE);
  publish_numbers (&node, 1, 10);
  node_publish (&node, "lobby", "live", 0, 99);
  g_assert_cmpuint (node.n_failed, ==, 1);
  g_assert_error (node.error, NX_ERROR, NX_ERROR_BACKPLANE);
  node_wait (nx_backplane_get_problem (node.backplane) != NULL);
  g_assert_cmpint (nx_backplane_get_state (node.backplane), ==, NX_BACKPLANE_STATE_CONNECTING);
  g_assert_cmpuint (node_count (&node, "n-waiting"), ==, 10);
  redis_restart (&redis);
  node_wait (g_hash_table_size (node.accepted) == 10 && node.received->len == 10);
  assert_numbers (node.received, 0, 1, 10);
  g_assert_null (nx_backplane_get_problem (node.backplane));
  node_clear (&node);
  redis_clear (&redis);
}

/* It dies, and is back with all that it had: what waited is recorded, once and in order. */
static void
test_restart (void)
{
  Redis redis;
  Node one, two;

  if (!redis_start (&redis, "--appendonly yes --appendfsync always"))
    return;
  node_init_redis (&one, redis.uri);
  node_init_redis (&two, redis.uri);
  node_start (&one);
  node_start (&two);
  node_subscribe (&one, "lobby", TRUE);
  node_subscribe (&two, "lobby", TRUE);
  node_wait (one.n_subscribed == 1 && two.n_subscribed == 1);
  publish_numbers (&one, 1, 20);
  node_wait (two.received->len == 20);
  /* These may have been taken or not: nobody has answered. */
  redis_signal (&redis, SIGSTOP);
  publish_numbers (&one, 21, 40);
  for (guint i = 0; i < 5; i++)
    g_main_context_iteration (NULL, FALSE);
  redis_signal (&redis, SIGCONT);
  redis_kill (&redis);
  node_wait_lost (&one);
  publish_numbers (&one, 41, 60);
  g_assert_cmpuint (one.unrecorded->len, ==, 0);
  redis_restart (&redis);
  node_wait (g_hash_table_size (one.accepted) == 60 && two.received->len == 60
             && one.received->len == 60);
  assert_numbers (one.received, 0, 1, 60);
  assert_numbers (two.received, 0, 1, 60);
  g_assert_cmpuint (one.n_gaps + two.n_gaps, ==, 0);
  node_clear (&one);
  node_clear (&two);
  redis_clear (&redis);
}

/* Beyond the bound all that waits is handed back, in order, and never recorded; then there is a gap, for all. */
static void
test_overflow (void)
{
  Redis redis;
  Node one, two;
  g_autofree char *text = NULL;

  if (!redis_start (&redis, "--appendonly yes --appendfsync always"))
    return;
  node_init_redis (&one, redis.uri);
  node_init_redis (&two, redis.uri);
  g_object_set (one.backplane, "max-waiting", 10, NULL);
  node_start (&one);
  node_start (&two);
  node_subscribe (&one, "lobby", TRUE);
  node_subscribe (&two, "lobby", TRUE);
  node_wait (one.n_subscribed == 1 && two.n_subscribed == 1);
  publish_numbers (&one, 1, 3);
  node_wait (two.received->len == 3 && one.received->len == 3
             && g_hash_table_size (one.accepted) == 3);
  redis_kill (&redis);
  node_wait_lost (&one);
  publish_numbers (&one, 4, 13);
  g_assert_cmpuint (one.unrecorded->len, ==, 0);
  publish_numbers (&one, 14, 20);
  assert_numbers (one.unrecorded, 0, 4, 20);
  g_assert_cmpuint (node_count (&one, "n-unrecorded"), ==, 17);
  g_assert_cmpuint (node_count (&one, "n-waiting"), ==, 0);
  redis_restart (&redis);
  node_wait (one.n_gaps == 1 && two.n_gaps == 1);
  publish_numbers (&one, 21, 22);
  node_wait (two.received->len == 5 && one.received->len == 5);
  assert_numbers (two.received, 3, 21, 22);
  g_assert_cmpuint (two.n_gaps, ==, 1);
  g_assert_cmpuint (node_count (&two, "n-missed"), ==, 17);
  node_fetch (&two, "lobby", "0-0", 100);
  node_wait (two.entries != NULL);
  text = node_describe_entries (&two);
  g_assert_cmpstr (text, ==, "1 2 3 - 21 22");
  node_clear (&one);
  node_clear (&two);
  redis_clear (&redis);
}

static void
test_overflow_bytes (void)
{
  Redis redis;
  Node node;
  g_autofree char *text = g_strnfill (1000, 'x');

  if (!redis_start (&redis, NULL))
    return;
  redis_kill (&redis);
  node_init_redis (&node, redis.uri);
  g_object_set (node.backplane, "max-waiting-bytes", G_GUINT64_CONSTANT (5000), NULL);
  node_start (&node);
  for (guint i = 1; i <= 4; i++)
    node_publish (&node, "lobby", text, KEEP, i);
  g_assert_cmpuint (node.unrecorded->len, ==, 0);
  node_publish (&node, "lobby", text, KEEP, 5);
  g_assert_cmpuint (node.unrecorded->len, ==, 5);
  node_clear (&node);
  redis_clear (&redis);
}

typedef struct
{
  Redis redis;
  Relay *relay;
  Node near; /* directly at the Redis */
  Node far;  /* behind the relay */
  gboolean is_up;
} Fixture;

static void
fixture_set_up (Fixture *f, gconstpointer data)
{
  f->is_up = redis_start (&f->redis, data);
  if (!f->is_up)
    return;
  f->relay = relay_new (f->redis.folder, f->redis.path);
  node_init_redis (&f->near, f->redis.uri);
  node_init_redis (&f->far, relay_get_uri (f->relay));
  g_object_set (f->far.backplane, "timeout", 400, NULL);
  node_start (&f->near);
  node_start (&f->far);
  node_subscribe (&f->near, "lobby", TRUE);
  node_subscribe (&f->far, "lobby", TRUE);
  node_wait (f->near.n_subscribed == 1 && f->far.n_subscribed == 1);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  relay_release (f->relay);
  relay_free (f->relay);
  node_clear (&f->near);
  node_clear (&f->far);
  redis_clear (&f->redis);
}

/* Nothing passes, and nobody says so: it is noticed, and afterwards nothing is missing. */
static void
test_cut (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  publish_numbers (&f->near, 1, 5);
  node_wait (f->far.received->len == 5);
  relay_cut (f->relay);
  publish_numbers (&f->near, 6, 10);
  node_wait_lost (&f->far);
  g_assert_nonnull (strstr (nx_backplane_get_problem (f->far.backplane), "not answered"));
  relay_heal_new (f->relay);
  node_wait (f->far.received->len == 10);
  assert_numbers (f->far.received, 0, 1, 10);
  g_assert_cmpuint (f->far.n_gaps, ==, 0);
}

/*
 * What we sent is held by the network until we have sent it again over another connection. Then it must not be carried out any
 * more: the history would have it twice.
 */
static void
test_late (Fixture *f, gconstpointer data)
{
  g_autofree char *length = NULL;

  if (!f->is_up)
    return;
  relay_cut (f->relay);
  publish_numbers (&f->far, 1, 5);
  node_wait_lost (&f->far);
  relay_heal_new (f->relay);
  node_wait (f->far.received->len == 5 && f->near.received->len == 5);
  relay_release (f->relay);
  publish_numbers (&f->far, 6, 6);
  node_wait (f->far.received->len == 6 && f->near.received->len == 6);
  assert_numbers (f->near.received, 0, 1, 6);
  length = redis_ask (&f->redis, "XLEN nexws:s:lobby");
  g_assert_cmpstr (length, ==, "6");
  g_assert_cmpuint (f->near.n_gaps + f->far.n_gaps, ==, 0);
}

/* It was carried out, and the answer is lost: it is found in the history, and not sent again. */
static void
test_lost_answer (Fixture *f, gconstpointer data)
{
  g_autofree char *length = NULL;

  if (!f->is_up)
    return;
  relay_set_delay (f->relay, 300);
  publish_numbers (&f->far, 1, 5);
  node_wait (f->near.received->len == 5);
  relay_cut (f->relay);
  relay_set_delay (f->relay, 0);
  g_assert_cmpuint (g_hash_table_size (f->far.accepted), ==, 0);
  node_wait_lost (&f->far);
  relay_heal_new (f->relay);
  node_wait (f->far.received->len == 5 && g_hash_table_size (f->far.accepted) == 5);
  assert_numbers (f->far.received, 0, 1, 5);
  length = redis_ask (&f->redis, "XLEN nexws:s:lobby");
  g_assert_cmpstr (length, ==, "5");
}

/* Slow is not gone. */
static void
test_slow (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  relay_set_delay (f->relay, 60);
  publish_numbers (&f->far, 1, 200);
  node_wait (f->far.received->len == 200 && f->near.received->len == 200);
  assert_numbers (f->far.received, 0, 1, 200);
  g_assert_cmpuint (f->far.n_subscribed, ==, 1);
  g_assert_cmpuint (node_count (&f->far, "lag"), >=, 100 * 1000);
}

/* Members that were there all the time are not reported as gone and come again. */
static void
test_presence_over_a_cut (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  node_set_presence (&f->near, "lobby", "stays", "1");
  node_set_presence (&f->near, "lobby", "goes", "1");
  node_wait (g_hash_table_size (f->far.present) == 2);
  relay_cut (f->relay);
  node_wait_lost (&f->far);
  node_set_presence (&f->near, "lobby", "goes", NULL);
  node_set_presence (&f->near, "lobby", "comes", "1");
  g_string_set_size (f->far.log, 0);
  relay_heal_new (f->relay);
  node_wait (f->far.n_subscribed == 2 && node_get_present (&f->far, "lobby", "goes") == NULL);
  g_assert_nonnull (node_get_present (&f->far, "lobby", "comes"));
  g_assert_null (strstr (f->far.log->str, "stays"));
}

/* Who was taken for dead, and is not, is there again. */
static void
test_presence_returns (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  node_set_presence (&f->far, "lobby", "sleeper", "1");
  node_wait (g_hash_table_size (f->near.present) == 1);
  relay_cut (f->relay);
  node_wait (g_hash_table_size (f->near.present) == 0);
  relay_heal_new (f->relay);
  node_wait (g_hash_table_size (f->near.present) == 1);
}

/* News that come late: who was taken for dead does not know that, and is there again all the same. */
static void
test_presence_late_news (Fixture *f, gconstpointer data)
{
  Node slow;

  if (!f->is_up)
    return;
  node_init_redis (&slow, relay_get_uri (f->relay));
  g_object_set (slow.backplane, "timeout", 20000, NULL);
  node_start (&slow);
  node_subscribe (&slow, "lobby", FALSE);
  node_set_presence (&f->near, "lobby", "a", "1");
  node_wait (g_hash_table_size (slow.present) == 1);
  relay_set_delay (f->relay, 1000);
  node_wait (g_hash_table_size (slow.present) == 0);
  relay_set_delay (f->relay, 0);
  node_wait (g_hash_table_size (slow.present) == 1);
  node_clear (&slow);
}

/* It has lost all it had, while we were connected and while we were not: a gap, for all. */
static void
test_flush (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  publish_numbers (&f->near, 1, 5);
  node_wait (f->far.received->len == 5 && f->near.received->len == 5);
  redis_tell (&f->redis, "FLUSHALL");
  node_wait (f->near.n_gaps == 1 && f->far.n_gaps == 1);
  publish_numbers (&f->near, 6, 7);
  node_wait (f->far.received->len == 7 && f->near.received->len == 7);
  assert_numbers (f->far.received, 0, 1, 7);
  node_fetch (&f->far, "lobby", g_ptr_array_index (f->far.ids, 2), 100);
  node_wait (f->far.entries != NULL);
  g_assert_true (f->far.has_gap);

  /* And again, with something new at once. */
  redis_tell (&f->redis, "FLUSHALL");
  publish_numbers (&f->near, 8, 8);
  node_wait (f->far.received->len == 8 && f->near.received->len == 8);
  node_fetch (&f->far, "lobby", g_ptr_array_index (f->far.ids, 6), 100);
  node_wait (f->far.entries != NULL);
  g_assert_true (f->far.has_gap);
}

/* One without persistence forgets at each crash. */
static void
test_forgetful (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  publish_numbers (&f->near, 1, 5);
  node_wait (f->far.received->len == 5 && f->near.received->len == 5);
  redis_kill (&f->redis);
  node_wait_lost (&f->near);
  publish_numbers (&f->near, 6, 8);
  redis_restart (&f->redis);
  node_wait (f->far.received->len == 8 && f->near.received->len == 8);
  assert_numbers (f->far.received, 0, 1, 8);
  g_assert_cmpuint (f->near.n_gaps, ==, 1);
  g_assert_cmpuint (f->far.n_gaps, ==, 1);
}

/* A history whose messages grow old and go is not one that was lost. */
static void
test_old (Fixture *f, gconstpointer data)
{
  g_autofree char *length = NULL;

  if (!f->is_up)
    return;
  if (!redis_is_at_least (6, 2))
    {
      g_test_skip ("this Redis is older than 6.2");
      return;
    }
  f->near.keep_ms = 1;
  redis_tell (&f->redis, "CONFIG SET stream-node-max-entries 1");
  for (guint i = 1; i <= 2; i++)
    {
      gint64 began_us = g_get_monotonic_time ();

      node_publish (&f->near, "lobby", "x", KEEP, i);
      node_wait (f->far.received->len == i && g_get_monotonic_time () - began_us > 1050 * 1000);
    }
  length = redis_ask (&f->redis, "XLEN nexws:s:lobby");
  g_assert_cmpstr (length, ==, "1");
  redis_tell (&f->redis, "XTRIM nexws:s:lobby MAXLEN 0");
  redis_restart (&f->redis);
  node_wait (f->far.n_subscribed == 2);
  g_assert_cmpuint (f->far.n_gaps, ==, 0);
}

/* A subscriber that is not fast enough is cut by Redis: what it missed is counted. */
static void
test_slow_subscriber (Fixture *f, gconstpointer data)
{
  g_autofree char *text = g_strnfill (100 * 1000, 'x');
  guint64 n_lost;

  if (!f->is_up)
    return;
  node_subscribe (&f->far, "live", FALSE);
  node_wait (f->far.n_subscribed == 2);
  {
    const char *command[] = {
      "redis-cli",           "-s", f->redis.path, "CONFIG", "SET", "client-output-buffer-limit",
      "pubsub 100kb 50kb 1", NULL
    };
    g_autoptr (GSubprocess) process =
        g_subprocess_newv (command, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, NULL);

    g_assert_true (g_subprocess_wait_check (process, NULL, NULL));
  }
  node_publish (&f->near, "live", "first", 0, 1);
  node_wait (f->far.received->len == 1);
  relay_set_delay (f->relay, 100);
  for (guint i = 2; i <= 60; i++)
    node_publish (&f->near, "live", text, 0, i);
  node_wait_lost (&f->far);
  relay_set_delay (f->relay, 0);
  node_wait (f->far.n_subscribed >= 4);
  node_publish (&f->near, "live", "last", 0, 100);
  node_wait (strcmp (g_ptr_array_index (f->far.received, f->far.received->len - 1), "last") == 0);
  n_lost = 61 - f->far.received->len;
  g_assert_cmpuint (n_lost, >, 0);
  g_assert_cmpuint (node_count (&f->far, "n-missed"), ==, n_lost);
}

/* It takes nothing more: what is refused is handed back, and the others see a gap. */
static void
test_out_of_memory (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  publish_numbers (&f->near, 1, 2);
  node_wait (f->far.received->len == 2);
  redis_tell (&f->redis, "CONFIG SET maxmemory 1");
  publish_numbers (&f->near, 3, 4);
  node_wait (f->near.unrecorded->len == 2);
  assert_numbers (f->near.unrecorded, 0, 3, 4);
  g_assert_nonnull (strstr (nx_backplane_get_problem (f->near.backplane), "OOM"));
  g_assert_cmpint (nx_backplane_get_state (f->near.backplane), ==, NX_BACKPLANE_STATE_CONNECTED);
  redis_tell (&f->redis, "CONFIG SET maxmemory 0");
  publish_numbers (&f->near, 5, 5);
  node_wait (f->far.received->len == 3);
  node_wait (nx_backplane_get_problem (f->near.backplane) == NULL); /* its answer may come later */
  g_assert_cmpuint (f->far.n_gaps, ==, 1);
}

/* It has become somebody's replica, and later is none again. */
static void
test_read_only (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  redis_tell (&f->redis, "REPLICAOF 127.0.0.1 1");
  publish_numbers (&f->near, 1, 3);
  node_wait_lost (&f->near);
  g_assert_cmpuint (f->near.unrecorded->len, ==, 0);
  redis_tell (&f->redis, "REPLICAOF NO ONE");
  node_wait (f->far.received->len == 3);
  assert_numbers (f->far.received, 0, 1, 3);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/redis-faults/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  warnings = g_string_new (NULL);
  log_to_writer (writer_cb);
  g_test_add_func ("/redis-faults/absent", test_absent);
  g_test_add_func ("/redis-faults/restart", test_restart);
  g_test_add_func ("/redis-faults/overflow", test_overflow);
  g_test_add_func ("/redis-faults/overflow-bytes", test_overflow_bytes);
  ADD ("cut", test_cut);
  ADD ("late", test_late);
  ADD ("lost-answer", test_lost_answer);
  ADD ("slow", test_slow);
  ADD ("presence-over-a-cut", test_presence_over_a_cut);
  ADD ("presence-returns", test_presence_returns);
  ADD ("presence-late-news", test_presence_late_news);
  ADD ("flush", test_flush);
  ADD ("forgetful", test_forgetful);
  g_test_add ("/redis-faults/old", Fixture, "--appendonly yes --appendfsync always", fixture_set_up,
              test_old, fixture_tear_down);
  ADD ("slow-subscriber", test_slow_subscriber);
  ADD ("out-of-memory", test_out_of_memory);
  ADD ("read-only", test_read_only);
  return g_test_run ();
}
