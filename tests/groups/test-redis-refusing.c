/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A Redis that refuses for a while, and lets us in all the same: whatever it refused is asked for again. */
#include "log-writer.h"
#include "node.h"
#include "redis.h"

#include <string.h>

static GLogWriterOutput
writer_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  return level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_DEBUG)
             ? G_LOG_WRITER_HANDLED
             : g_log_writer_standard_streams (level, fields, n_fields, NULL);
}

typedef struct
{
  Redis redis;
  Node node;
  gboolean is_up;
} Fixture;

static void
fixture_set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *uri = NULL;

  if (!redis_is_at_least (6, 0))
    {
      g_test_skip ("this Redis is older than 6.0");
      return;
    }
  f->is_up = redis_start (&f->redis, NULL);
  if (!f->is_up)
    return;
  redis_tell (&f->redis, "ACL SETUSER one on >secret ~* &* +@all");
  uri = g_strdup_printf ("redis+unix://one:secret@%s", f->redis.path);
  node_init_redis (&f->node, uri);
  node_start (&f->node);
  node_wait_connected (&f->node);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  node_clear (&f->node);
  redis_clear (&f->redis);
}

static void
forbid (Fixture *f, const char *command)
{
  g_autofree char *words = g_strdup_printf ("ACL SETUSER one -%s", command);

  redis_tell (&f->redis, words);
}

static void
allow_all (Fixture *f)
{
  redis_tell (&f->redis, "ACL SETUSER one +@all");
}

/* @data: which command is refused that a subscription needs. */
static void
test_subscribing (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  forbid (f, data);
  node_subscribe (&f->node, "lobby", TRUE);
  node_wait (nx_backplane_get_problem (f->node.backplane) != NULL);
  g_assert_cmpuint (f->node.n_subscribed, ==, 0);
  node_publish (&f->node, "lobby", "hello", 10, 1);
  allow_all (f);
  node_wait (f->node.n_subscribed == 1 && f->node.received->len == 1);
  g_assert_cmpuint (g_hash_table_size (f->node.accepted), ==, 1);
  g_assert_cmpuint (f->node.unrecorded->len, ==, 0);
  node_wait (nx_backplane_get_problem (f->node.backplane) == NULL);
}

/* What was missed is not read at once. */
static void
test_catching_up (Fixture *f, gconstpointer data)
{
  Node other;

  if (!f->is_up)
    return;
  node_subscribe (&f->node, "lobby", TRUE);
  node_publish (&f->node, "lobby", "1", 10, 1);
  node_wait (f->node.received->len == 1);
  forbid (f, "xrange");
  redis_tell (&f->redis, "CLIENT KILL USER one");
  node_wait_lost (&f->node);
  node_init_redis (&other, f->redis.uri);
  node_start (&other);
  node_publish (&other, "lobby", "2", 10, 2);
  node_wait (g_hash_table_size (other.accepted) == 1);
  node_clear (&other);
  node_wait_connected (&f->node);
  node_wait (nx_backplane_get_problem (f->node.backplane) != NULL);
  allow_all (f);
  node_wait (f->node.n_subscribed == 2 && f->node.received->len == 2);
  g_assert_cmpuint (f->node.n_gaps, ==, 0);
}

/* Who is there is asked for again; what was said meanwhile is not forgotten. */
static void
test_presence (Fixture *f, gconstpointer data)
{
  Node other;

  if (!f->is_up)
    return;
  node_init_redis (&other, f->redis.uri);
  node_start (&other);
  node_subscribe (&other, "lobby", FALSE);
  node_set_presence (&other, "lobby", "ann", "{}");
  node_wait (other.n_subscribed == 1);
  forbid (f, data);
  node_subscribe (&f->node, "lobby", FALSE);
  node_wait (f->node.n_subscribed == 1);
  g_assert_null (node_get_present (&f->node, "lobby", "ann"));
  allow_all (f);
  node_wait (node_get_present (&f->node, "lobby", "ann") != NULL);
  node_set_presence (&other, "lobby", "ann", NULL);
  node_wait (node_get_present (&f->node, "lobby", "ann") == NULL);
  node_clear (&other);
}

/* What those who come later read of this node. */
static gboolean
has_written (Fixture *f, const char *members)
{
  g_autofree char *words =
      g_strdup_printf ("HKEYS nexws:p:%s:lobby", nx_backplane_get_node (f->node.backplane));
  g_autofree char *answer = redis_ask (&f->redis, words);

  return strcmp (answer, members) == 0;
}

/* Who left is taken out as soon as that can be; and who is back by then is not. */
static void
test_leaving (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  node_set_presence (&f->node, "lobby", "ann", "{}");
  node_set_presence (&f->node, "lobby", "bob", "{}");
  node_wait (has_written (f, "ann\nbob"));
  forbid (f, "hdel");
  node_set_presence (&f->node, "lobby", "ann", NULL);
  node_set_presence (&f->node, "lobby", "bob", NULL);
  node_wait (nx_backplane_get_problem (f->node.backplane) != NULL);
  node_set_presence (&f->node, "lobby", "bob", "{}");
  allow_all (f);
  node_wait (has_written (f, "bob"));
  node_set_presence (&f->node, "lobby", "bob", NULL);
  node_wait (has_written (f, ""));
}

/* Whoever may not look how a stream was filled does not know that nothing is missing. */
static void
test_fetch (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  node_publish (&f->node, "lobby", "1", 10, 1);
  node_wait (g_hash_table_size (f->node.accepted) == 1);
  forbid (f, "xinfo");
  node_fetch (&f->node, "lobby", "0-0", 10);
  node_wait (f->node.entries != NULL);
  g_assert_cmpuint (f->node.entries->len, ==, 1);
  g_assert_true (f->node.has_gap);
}

#define ADD(name, data, func)                                                                      \
  g_test_add ("/redis-refusing/" name, Fixture, data, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  log_to_writer (writer_cb);
  ADD ("subscribe", "subscribe", test_subscribing);
  ADD ("tail", "xrevrange", test_subscribing);
  ADD ("catching-up", NULL, test_catching_up);
  ADD ("presence-nodes", "smembers", test_presence);
  ADD ("presence-members", "hgetall", test_presence);
  ADD ("leaving", NULL, test_leaving);
  ADD ("fetch", NULL, test_fetch);
  return g_test_run ();
}
