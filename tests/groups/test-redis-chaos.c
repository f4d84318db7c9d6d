/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Four nodes under load at a Redis that somebody does everything to that an operator may: what it accepted comes to all, once and in one order. */
#include "log-writer.h"
#include "node.h"
#include "redis.h"

#include <string.h>

#define N_NODES 4
#define BATCH 20
#define KEEP 100000

/* Each is undone by what follows, at the latest by the last one. */
static const char *const deeds[] = {
  "CLIENT KILL TYPE normal",
  "CLIENT KILL TYPE pubsub",
  "CLIENT PAUSE 150 ALL",
  "CLIENT PAUSE 150 WRITE",
  "CONFIG SET maxmemory 1",
  "CONFIG SET maxmemory 0",
  "DEBUG SLEEP 0.2",
  "CONFIG SET min-replicas-to-write 1",
  "CONFIG SET min-replicas-to-write 0",
  "REPLICAOF 127.0.0.1 1",
  "REPLICAOF NO ONE",
  "CLIENT KILL TYPE normal",
};

static GLogWriterOutput
writer_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  return level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_DEBUG)
             ? G_LOG_WRITER_HANDLED
             : g_log_writer_standard_streams (level, fields, n_fields, NULL);
}

static void
publish_some (Node *nodes, guint *n_published)
{
  for (guint i = 0; i < N_NODES; i++)
    for (guint k = 0; k < BATCH; k++)
      {
        guint number = ++n_published[i];
        g_autofree char *text = g_strdup_printf ("%u:%u", i, number);

        node_publish (&nodes[i], "lobby", text, KEEP, number);
      }
}

static void
wait_a_little (void)
{
  gint64 until = g_get_monotonic_time () + 60 * 1000;
  GSource *tick = node_tick ();

  while (g_get_monotonic_time () < until)
    g_main_context_iteration (NULL, TRUE);
  node_untick (tick);
}

static gboolean
are_settled (Node *nodes, guint *n_published)
{
  for (guint i = 0; i < N_NODES; i++)
    if (g_hash_table_size (nodes[i].accepted) + nodes[i].n_failed + nodes[i].unrecorded->len
        < n_published[i])
      return FALSE;
  return TRUE;
}

static gboolean
has_come (Node *node, const char *text)
{
  return g_ptr_array_find_with_equal_func (node->received, text, g_str_equal, NULL);
}

static void
check (Node *nodes)
{
  for (guint i = 0; i < N_NODES; i++)
    {
      g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

      for (guint k = 0; k < nodes[i].received->len; k++)
        if (!g_hash_table_add (seen, g_ptr_array_index (nodes[i].received, k)))
          g_error ("%s has come twice", (char *) g_ptr_array_index (nodes[i].received, k));
      for (guint k = 0; k < nodes[i].unrecorded->len; k++)
        if (g_hash_table_contains (seen, g_ptr_array_index (nodes[i].unrecorded, k)))
          g_error ("%s was handed back, and has come",
                   (char *) g_ptr_array_index (nodes[i].unrecorded, k));
      for (guint from = 0; from < N_NODES; from++)
        {
          GHashTableIter iter;
          gpointer tag;

          g_hash_table_iter_init (&iter, nodes[from].accepted);
          while (g_hash_table_iter_next (&iter, &tag, NULL))
            {
              g_autofree char *text = g_strdup_printf ("%u:%u", from, GPOINTER_TO_UINT (tag));

              if (!g_hash_table_contains (seen, text))
                g_error ("%s was accepted, and has not come to %u", text, i);
            }
        }
      g_assert_cmpuint (nodes[i].received->len, ==, nodes[0].received->len);
      for (guint k = 0; k < nodes[i].received->len; k++)
        {
          g_assert_cmpstr (g_ptr_array_index (nodes[i].received, k), ==,
                           g_ptr_array_index (nodes[0].received, k));
          g_assert_cmpstr (g_ptr_array_index (nodes[i].ids, k), ==,
                           g_ptr_array_index (nodes[0].ids, k));
        }
    }
}

static void
test_chaos (void)
{
  Redis redis;
  Node nodes[N_NODES];
  guint n_published[N_NODES] = { 0 };

  if (!redis_is_at_least (6, 2))
    {
      g_test_skip ("this Redis is older than 6.2");
      return;
    }
  if (!redis_start (&redis, "--enable-debug-command yes"))
    return;
  for (guint i = 0; i < N_NODES; i++)
    {
      node_init_redis (&nodes[i], redis.uri);
      node_start (&nodes[i]);
      node_subscribe (&nodes[i], "lobby", TRUE);
      node_wait (nodes[i].n_subscribed == 1);
    }
  for (guint i = 0; i < 4 * G_N_ELEMENTS (deeds); i++)
    {
      const char *deed = deeds[g_test_rand_int_range (0, G_N_ELEMENTS (deeds))];

      publish_some (nodes, n_published);
      redis_tell (&redis, deed);
      wait_a_little ();
    }
  redis_tell (&redis, "REPLICAOF NO ONE");
  redis_tell (&redis, "CONFIG SET maxmemory 0");
  redis_tell (&redis, "CONFIG SET min-replicas-to-write 0");
  publish_some (nodes, n_published);
  node_wait (are_settled (nodes, n_published));
  for (guint i = 0; i < N_NODES; i++)
    {
      g_autofree char *last = g_strdup_printf ("last %u", i);

      node_wait_connected (&nodes[i]);
      node_publish (&nodes[i], "lobby", last, KEEP, n_published[i] + 1);
      for (guint k = 0; k < N_NODES; k++)
        node_wait (has_come (&nodes[k], last));
    }
  for (guint i = 0; i < N_NODES; i++)
    g_hash_table_remove (nodes[i].accepted, GUINT_TO_POINTER (n_published[i] + 1));
  g_test_message ("%u came, %u were not recorded", nodes[0].received->len,
                  nodes[0].unrecorded->len);
  check (nodes);
  for (guint i = 0; i < N_NODES; i++)
    node_clear (&nodes[i]);
  redis_clear (&redis);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  log_to_writer (writer_cb);
  g_test_add_func ("/redis-chaos/deeds", test_chaos);
  return g_test_run ();
}
