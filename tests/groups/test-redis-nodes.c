/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Several processes under load, of which some are killed, at a Redis that is killed as well: no message that was accepted is lost, none
 * comes twice, and all see one order. NEXWS_TEST_MESSAGES says how many messages there are (5000).
 */
#include "node.h"
#include "redis.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#define NODE_ARGUMENT "--node"
#define MAX_NODES 4
#define WINDOW 100
#define KEEP 1000000

/* -- A node: the test's own binary, run once more -- */

typedef struct
{
  Node node;
  const char *name;
  guint n_messages;
  guint n_sent;
  guint n_told;
} Sender;

static void
send_more (Sender *self)
{
  while (self->n_sent < self->n_messages
         && self->n_sent < g_hash_table_size (self->node.accepted) + WINDOW)
    {
      g_autofree char *text = g_strdup_printf ("%s:%u", self->name, ++self->n_sent);

      node_publish (&self->node, "lobby", text, KEEP, self->n_sent);
    }
}

/* The last thing that happened, a line; what was written is not lost with the process. */
static void
sender_event_cb (gpointer data)
{
  Sender *self = data;
  const char *last = strrchr (self->node.log->str, ';');

  last = last != NULL ? last + 2 : self->node.log->str;
  if (g_str_has_prefix (last, "received"))
    printf ("%s %s\n", last, (char *) g_ptr_array_index (self->node.ids, self->node.ids->len - 1));
  else
    printf ("%s\n", last);
  g_string_set_size (self->node.log, 0);
}

static int
node_main (int argc, char **argv)
{
  Sender self = { .name = argv[3], .n_messages = (guint) atoi (argv[4]) };

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  setvbuf (stdout, NULL, _IOLBF, 0);
  node_init_redis (&self.node, argv[2]);
  self.node.event = sender_event_cb;
  node_start (&self.node);
  node_subscribe (&self.node, "lobby", TRUE);
  node_wait (self.node.n_subscribed == 1);
  /* All are there before one of them begins. */
  g_assert_cmpint (getchar (), ==, 'g');
  while (TRUE)
    {
      send_more (&self);
      g_main_context_iteration (NULL, TRUE);
    }
  return 0;
}

/* -- The test -- */

typedef struct
{
  char name[2];
  GSubprocess *process;
  GDataInputStream *output;
  gboolean is_killed;
  gboolean is_ready;
  guint n_accepted;
  guint n_gaps;
  guint n_unrecorded;
  GPtrArray *received;     /* "a:1 123-0" */
  guint n_last[MAX_NODES]; /* the last number of each that it has received */
} Peer;

typedef struct
{
  Redis redis;
  Peer peers[MAX_NODES];
  guint n_peers;
  guint n_messages; /* of each */
} Cluster;

static void read_next (Peer *peer);

static void
line_cb (GObject *stream, GAsyncResult *result, gpointer data)
{
  Peer *peer = data;
  g_autofree char *line =
      g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (stream), result, NULL, NULL);

  if (line == NULL)
    {
      g_assert_true (peer->is_killed);
      g_clear_object (&peer->output);
      return;
    }
  if (g_str_has_prefix (line, "accepted "))
    g_assert_cmpuint (g_ascii_strtoull (line + strlen ("accepted "), NULL, 10), ==,
                      ++peer->n_accepted);
  else if (g_str_has_prefix (line, "received lobby "))
    {
      const char *what = line + strlen ("received lobby ");

      g_ptr_array_add (peer->received, g_strdup (what));
      peer->n_last[*what - 'a'] = (guint) g_ascii_strtoull (what + 2, NULL, 10);
    }
  else if (g_str_has_prefix (line, "gap"))
    peer->n_gaps++;
  else if (g_str_has_prefix (line, "unrecorded"))
    peer->n_unrecorded++;
  else
    {
      g_assert_cmpstr (line, ==, "subscribed lobby");
      peer->is_ready = TRUE;
    }
  read_next (peer);
}

static void
read_next (Peer *peer)
{
  g_data_input_stream_read_line_async (peer->output, G_PRIORITY_DEFAULT, NULL, line_cb, peer);
}

static void
start_peer (Cluster *self, Peer *peer)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *number = g_strdup_printf ("%u", self->n_messages);
  GError *error = NULL;

  peer->name[0] = (char) ('a' + (peer - self->peers));
  peer->received = g_ptr_array_new_with_free_func (g_free);
  peer->process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE
                            | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                        &error, program, NODE_ARGUMENT, self->redis.uri, peer->name, number, NULL);
  g_assert_no_error (error);
  peer->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (peer->process));
  read_next (peer);
}

static gboolean
all_ready (Cluster *self)
{
  for (guint i = 0; i < self->n_peers; i++)
    if (!self->peers[i].is_ready)
      return FALSE;
  return TRUE;
}

static guint
count_accepted (Cluster *self)
{
  guint n = 0;

  for (guint i = 0; i < self->n_peers; i++)
    n += self->peers[i].n_accepted;
  return n;
}

/* Whether it has heard all that any has had accepted, and as much as the others. */
static gboolean
has_heard_all (Cluster *self, Peer *peer)
{
  for (guint i = 0; i < self->n_peers; i++)
    if (peer->n_last[i] < self->peers[i].n_accepted
        || (!self->peers[i].is_killed && peer->received->len < self->peers[i].received->len))
      return FALSE;
  return TRUE;
}

static gboolean
is_done (Cluster *self)
{
  for (guint i = 0; i < self->n_peers; i++)
    if (!self->peers[i].is_killed
        && (self->peers[i].n_accepted < self->n_messages || !has_heard_all (self, &self->peers[i])))
      return FALSE;
  return TRUE;
}

static void
kill_peer (Peer *peer)
{
  peer->is_killed = TRUE;
  g_subprocess_send_signal (peer->process, SIGKILL);
  g_subprocess_wait (peer->process, NULL, NULL);
  /* What it has written before is still to be read. */
  node_wait (peer->output == NULL);
}

static gboolean
cluster_start (Cluster *self, guint n_peers, guint n_messages)
{
  memset (self, 0, sizeof *self);
  if (!redis_start (&self->redis, "--appendonly yes --appendfsync always"))
    return FALSE;
  self->n_peers = n_peers;
  self->n_messages = n_messages / n_peers;
  for (guint i = 0; i < n_peers; i++)
    start_peer (self, &self->peers[i]);
  node_wait (all_ready (self));
  for (guint i = 0; i < n_peers; i++)
    g_output_stream_write_all (g_subprocess_get_stdin_pipe (self->peers[i].process), "g\n", 2, NULL,
                               NULL, NULL);
  return TRUE;
}

static void
cluster_clear (Cluster *self)
{
  for (guint i = 0; i < self->n_peers; i++)
    {
      Peer *peer = &self->peers[i];

      if (!peer->is_killed)
        kill_peer (peer);
      g_object_unref (peer->process);
      g_ptr_array_unref (peer->received);
    }
  redis_clear (&self->redis);
}

static Peer *
find_survivor (Cluster *self)
{
  for (guint i = 0; i < self->n_peers; i++)
    if (!self->peers[i].is_killed)
      return &self->peers[i];
  g_assert_not_reached ();
}

/* Each sender's numbers are there from the first one to at least the last that was accepted, in their order. */
static void
check_senders (Cluster *self, Peer *witness)
{
  guint n_last[MAX_NODES] = { 0 };

  for (guint i = 0; i < witness->received->len; i++)
    {
      const char *line = g_ptr_array_index (witness->received, i);
      guint number = (guint) g_ascii_strtoull (line + 2, NULL, 10);

      g_assert_cmpuint (number, ==, ++n_last[*line - 'a']);
    }
  for (guint i = 0; i < self->n_peers; i++)
    g_assert_cmpuint (n_last[i], >=, self->peers[i].n_accepted);
}

static void
cluster_check (Cluster *self)
{
  Peer *witness = find_survivor (self);

  check_senders (self, witness);
  for (guint i = 0; i < self->n_peers; i++)
    {
      Peer *peer = &self->peers[i];

      g_assert_cmpuint (peer->n_gaps, ==, 0);
      g_assert_cmpuint (peer->n_unrecorded, ==, 0);
      if (!peer->is_killed)
        g_assert_cmpuint (peer->received->len, ==, witness->received->len);
      for (guint j = 0; j < peer->received->len; j++)
        g_assert_cmpstr (g_ptr_array_index (peer->received, j), ==,
                         g_ptr_array_index (witness->received, j));
    }
}

static guint
get_n_messages (void)
{
  const char *wanted = g_getenv ("NEXWS_TEST_MESSAGES");

  return wanted != NULL ? (guint) atoi (wanted) : 5000;
}

static void
test_order (void)
{
  Cluster cluster;

  if (!cluster_start (&cluster, 2, 2000))
    return;
  node_wait (is_done (&cluster));
  g_assert_cmpuint (cluster.peers[0].received->len, ==, 2000);
  cluster_check (&cluster);
  cluster_clear (&cluster);
}

static void
test_storm (void)
{
  Cluster cluster;
  guint n = get_n_messages ();

  if (!cluster_start (&cluster, 4, n))
    return;
  node_wait (count_accepted (&cluster) >= n / 8);
  redis_restart (&cluster.redis);
  node_wait (count_accepted (&cluster) >= n / 5);
  kill_peer (&cluster.peers[3]);
  node_wait (count_accepted (&cluster) >= n / 3);
  redis_restart (&cluster.redis);
  node_wait (count_accepted (&cluster) >= n / 3 + n / 20);
  kill_peer (&cluster.peers[1]);
  redis_restart (&cluster.redis);
  node_wait (is_done (&cluster));
  cluster_check (&cluster);
  g_test_message ("%u of %u messages were accepted, %u delivered", count_accepted (&cluster), n,
                  cluster.peers[0].received->len);
  cluster_clear (&cluster);
}

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], NODE_ARGUMENT) == 0)
    return node_main (argc, argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redis-nodes/order", test_order);
  g_test_add_func ("/redis-nodes/storm", test_storm);
  return g_test_run ();
}
