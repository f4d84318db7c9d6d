/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whoever has left is gone for all processes, whatever became of the news of it; and whoever is there is found by who comes later. */
#include "log-writer.h"
#include "node.h"
#include "redis.h"

/* The rights of whose connection is cut. */
#define USER "ACL SETUSER one on >secret ~* &* +@all"

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
  Node one; /* whose connection is cut */
  Node two;
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
  redis_tell (&f->redis, USER);
  uri = g_strdup_printf ("redis+unix://one:secret@%s", f->redis.path);
  node_init_redis (&f->one, uri);
  node_init_redis (&f->two, f->redis.uri);
  node_start (&f->one);
  node_start (&f->two);
  node_subscribe (&f->one, "lobby", FALSE);
  node_subscribe (&f->two, "lobby", FALSE);
  node_wait (f->one.n_subscribed == 1 && f->two.n_subscribed == 1);
  node_set_presence (&f->one, "lobby", "ann", "{}");
  node_set_presence (&f->one, "lobby", "bob", "{}");
  node_wait (g_hash_table_size (f->two.present) == 2);
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
cut (Fixture *f)
{
  redis_tell (&f->redis, "CLIENT KILL USER one");
}

static gboolean
answers_yes (Fixture *f, const char *words)
{
  g_autofree char *answer = redis_ask (&f->redis, words);

  return strcmp (answer, "1") == 0;
}

/* What a process sees that comes only now. */
static void
expect_newcomer (Fixture *f, const char *present)
{
  Node node;

  node_init_redis (&node, f->redis.uri);
  node_start (&node);
  node_subscribe (&node, "lobby", FALSE);
  node_wait (node.n_subscribed == 1);
  g_assert_cmpuint (g_hash_table_size (node.present), ==, present != NULL ? 1 : 0);
  if (present != NULL)
    g_assert_nonnull (node_get_present (&node, "lobby", present));
  node_clear (&node);
}

/* While there was no connection, which is back before anybody has missed it. */
static void
test_left_meanwhile (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  cut (f);
  node_wait_lost (&f->one);
  node_set_presence (&f->one, "lobby", "ann", NULL);
  node_wait_connected (&f->one);
  node_wait (g_hash_table_size (f->two.present) == 1);
  g_assert_nonnull (node_get_present (&f->two, "lobby", "bob"));
  expect_newcomer (f, "bob");
}

/* The last one, so that the group has nobody of that process any more. */
static void
test_all_left_meanwhile (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  cut (f);
  node_wait_lost (&f->one);
  node_set_presence (&f->one, "lobby", "ann", NULL);
  node_set_presence (&f->one, "lobby", "bob", NULL);
  node_wait_connected (&f->one);
  node_wait (g_hash_table_size (f->two.present) == 0);
  expect_newcomer (f, NULL);
}

/* The news was on its way when the connection went. */
static void
test_news_lost (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  node_set_presence (&f->one, "lobby", "ann", NULL);
  node_set_presence (&f->one, "lobby", "bob", NULL);
  cut (f);
  node_wait_lost (&f->one);
  node_wait_connected (&f->one);
  node_wait (g_hash_table_size (f->two.present) == 0);
  expect_newcomer (f, NULL);
}

/* Who leaves and comes back while nobody hears it is still there, and has not left for anybody. */
static void
test_back_again (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  cut (f);
  node_wait_lost (&f->one);
  node_set_presence (&f->one, "lobby", "ann", NULL);
  node_set_presence (&f->one, "lobby", "ann", "{\"back\":true}");
  node_set_presence (&f->one, "lobby", "bob", NULL);
  node_wait_connected (&f->one);
  node_wait (g_hash_table_size (f->two.present) == 1);
  g_assert_cmpstr (node_get_present (&f->two, "lobby", "ann"), ==, "{\"back\":true}");
  g_assert_null (strstr (f->two.log->str, "absent ann"));
}

/* What a process had written that died before it could say for how long it holds. */
static void
test_without_end (Fixture *f, gconstpointer data)
{
  Node node;

  if (!f->is_up)
    return;
  redis_tell (&f->redis, "HSET nexws:p:00000000000000aa:lobby ghost {}");
  redis_tell (&f->redis, "SADD nexws:n:lobby 00000000000000aa");
  node_init_redis (&node, f->redis.uri);
  node_start (&node);
  node_subscribe (&node, "lobby", FALSE);
  node_wait (node.n_subscribed == 1);
  g_assert_nonnull (node_get_present (&node, "lobby", "ghost"));
  node_wait (node_get_present (&node, "lobby", "ghost") == NULL);
  node_clear (&node);
}

/* Somebody else's view of the set of processes was older than ours. */
static void
test_not_listed (Fixture *f, gconstpointer data)
{
  g_autofree char *words = NULL;

  if (!f->is_up)
    return;
  node_set_presence (&f->one, "lobby", "ann", NULL);
  words = g_strdup_printf ("SISMEMBER nexws:n:lobby %s", nx_backplane_get_node (f->one.backplane));
  redis_tell (&f->redis, "DEL nexws:n:lobby");
  node_wait (answers_yes (f, words));
  expect_newcomer (f, "bob");
}

/* It has no room for a while: what it did not take is said again. */
static void
test_no_room (Fixture *f, gconstpointer data)
{
  g_autofree char *words = NULL;

  if (!f->is_up)
    return;
  words =
      g_strdup_printf ("HEXISTS nexws:p:%s:lobby cleo", nx_backplane_get_node (f->one.backplane));
  redis_tell (&f->redis, "CONFIG SET maxmemory 1");
  node_set_presence (&f->one, "lobby", "cleo", "{}");
  node_wait (node_get_present (&f->two, "lobby", "cleo") != NULL);
  redis_tell (&f->redis, "CONFIG SET maxmemory 0");
  node_wait (answers_yes (f, words));
}

#define ADD(name, func)                                                                            \
  g_test_add ("/redis-gone/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  log_to_writer (writer_cb);
  ADD ("left-meanwhile", test_left_meanwhile);
  ADD ("all-left-meanwhile", test_all_left_meanwhile);
  ADD ("news-lost", test_news_lost);
  ADD ("back-again", test_back_again);
  ADD ("without-end", test_without_end);
  ADD ("not-listed", test_not_listed);
  ADD ("no-room", test_no_room);
  return g_test_run ();
}
