/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Something that answers as a Redis does until it is asked one thing, and to that whatever it likes: no node dies of it, or believes it. */
#include "log-writer.h"
#include "node.h"

#include "groups/nx-backplane-envelope-private.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <hiredis.h>
#include <string.h>

/* As many of what follows as are read at once at most: there may be more. */
#define FULL "!"
#define N_FULL 512
#define ENTRY(id) "*2\r\n" id "*2\r\n$1\r\nm\r\n$3\r\nabc\r\n"

typedef struct
{
  char *folder;
  char *path;
  GSocketService *service;
  GPtrArray *connections; /* of Connection */
  const char *command;
  GString *answer;
  guint n_asked;
  Node node;
} False;

typedef struct
{
  False *server;
  GSocketConnection *stream;
  GSource *source;
  redisReader *reader;
} Connection;

static const struct
{
  const char *command;
  const char *answer;
} rights[] = {
  { "AUTH", "+OK\r\n" },
  { "PING", "+PONG\r\n" },
  { "SELECT", "+OK\r\n" },
  { "CLIENT", ":1\r\n" },
  { "INFO", "$39\r\n# Server\r\nredis_version:7.0\r\nrun_id:1\r\n\r\n" },
  { "SUBSCRIBE", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n" },
  { "UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:1\r\n" },
  { "PUBLISH", ":1\r\n" },
  { "SMEMBERS", "*1\r\n$16\r\n00000000000000aa\r\n" },
  { "HGETALL", "*2\r\n$3\r\nann\r\n$2\r\n{}\r\n" },
  { "PTTL", ":600\r\n" },
  { "HSET", ":1\r\n" },
  { "HDEL", ":1\r\n" },
  { "SADD", ":1\r\n" },
  { "SREM", ":1\r\n" },
  { "PEXPIRE", ":1\r\n" },
  { "XADD", "$3\r\n9-1\r\n" },
  { "XRANGE", "*0\r\n" },
  { "XREVRANGE", "*1\r\n" ENTRY ("$3\r\n5-1\r\n") },
  { "XINFO", "*2\r\n$17\r\nlast-generated-id\r\n$3\r\n5-1\r\n" },
  { "XTRIM", ":0\r\n" },
};

static const char *const wrongs[] = {
  "-ERR\r\n",
  "-MOVED 3999 127.0.0.1:6381\r\n",
  "-ASK 3999 127.0.0.1:6381\r\n",
  "-LOADING Redis is loading the dataset in memory\r\n",
  "-NOAUTH Authentication required.\r\n",
  "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
  "-READONLY You can't write against a read only replica.\r\n",
  "-BUSY Redis is busy running a script.\r\n",
  "-\r\n",
  "+\r\n",
  "+QUEUED\r\n",
  ":-9223372036854775808\r\n",
  ":9223372036854775807\r\n",
  "$-1\r\n",
  "$0\r\n\r\n",
  "$4\r\n\1\xff\1\xff\r\n",
  "*-1\r\n",
  "*0\r\n",
  "*1\r\n*-1\r\n",
  "*1\r\n$-1\r\n",
  "*2\r\n*0\r\n*0\r\n",
  "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\ny\r\n",
  "*3\r\n$-1\r\n:1\r\n*2\r\n+a\r\n-b\r\n",
  "*2\r\n$17\r\nlast-generated-id\r\n$-1\r\n",
  "*2\r\n$17\r\nlast-generated-id\r\n$1\r\n-\r\n",
  "*1\r\n" ENTRY ("$3\r\n1-1\r\n"),
  "*1\r\n" ENTRY ("$41\r\n18446744073709551615-18446744073709551615\r\n"),
  "*1\r\n" ENTRY ("$3\r\nfoo\r\n"),
  "*1\r\n" ENTRY ("$22\r\n0000000000000000000006-1\r\n"),
  "*1\r\n*2\r\n$3\r\n7-1\r\n$3\r\nabc\r\n",
  "*1\r\n*2\r\n$3\r\n7-1\r\n*1\r\n$1\r\nm\r\n",
  FULL ENTRY ("$3\r\n5-1\r\n"),
  FULL ENTRY ("$3\r\n4-1\r\n"),
  FULL ENTRY ("$3\r\nfoo\r\n"),
  FULL ":1\r\n",
};

static GLogWriterOutput
writer_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  return level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_DEBUG)
             ? G_LOG_WRITER_HANDLED
             : g_log_writer_standard_streams (level, fields, n_fields, NULL);
}

/* -- The server -- */

/* What is written as "abc" is an envelope of ours. */
static GString *
replace_envelope (const char *text)
{
  const NxBackplaneEnvelopeHeader header = { .node = 0xaa, .sequence = 1 };
  g_autoptr (GBytes) payload = g_bytes_new_static ("\0believed", 9);
  g_autoptr (GBytes) envelope = nx_backplane_envelope_close (&header, payload);
  g_auto (GStrv) parts = g_strsplit (text, "$3\r\nabc\r\n", -1);
  GString *answer = g_string_new (parts[0]);

  for (guint i = 1; parts[0] != NULL && parts[i] != NULL; i++)
    {
      g_string_append_printf (answer, "$%" G_GSIZE_FORMAT "\r\n", g_bytes_get_size (envelope));
      g_string_append_len (answer, g_bytes_get_data (envelope, NULL), g_bytes_get_size (envelope));
      g_string_append_printf (answer, "\r\n%s", parts[i]);
    }
  return answer;
}

static GString *
make_answer (const char *text)
{
  GString *one = replace_envelope (g_str_has_prefix (text, FULL) ? text + strlen (FULL) : text);
  GString *all;

  if (!g_str_has_prefix (text, FULL))
    return one;
  all = g_string_new (NULL);
  g_string_printf (all, "*%u\r\n", N_FULL);
  for (guint i = 0; i < N_FULL; i++)
    g_string_append_len (all, one->str, one->len);
  g_string_free (one, TRUE);
  return all;
}

static void
append_answer (False *self, const char *command, GString *to)
{
  if (strcmp (command, self->command) == 0)
    {
      self->n_asked++;
      g_string_append_len (to, self->answer->str, self->answer->len);
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (rights); i++)
    if (strcmp (rights[i].command, command) == 0)
      {
        g_string_append (to, rights[i].answer);
        return;
      }
  g_error ("%s is not known here", command);
}

static gboolean
readable_cb (GSocket *socket, GIOCondition condition, gpointer data)
{
  Connection *self = data;
  char buffer[4096];
  gssize length = g_socket_receive_with_blocking (socket, buffer, sizeof buffer, FALSE, NULL, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  void *reply = NULL;

  if (length <= 0)
    return length < 0;
  g_assert_cmpint (redisReaderFeed (self->reader, buffer, length), ==, REDIS_OK);
  while (redisReaderGetReply (self->reader, &reply) == REDIS_OK && reply != NULL)
    {
      append_answer (self->server, ((redisReply *) reply)->element[0]->str, text);
      freeReplyObject (reply);
    }
  g_socket_send (socket, text->str, text->len, NULL, NULL);
  return G_SOURCE_CONTINUE;
}

static gboolean
incoming_cb (GSocketService *service, GSocketConnection *stream, GObject *source, gpointer data)
{
  Connection *self = g_new0 (Connection, 1);

  self->server = data;
  self->stream = g_object_ref (stream);
  self->reader = redisReaderCreate ();
  self->source = g_socket_create_source (g_socket_connection_get_socket (stream), G_IO_IN, NULL);
  g_source_set_callback (self->source, G_SOURCE_FUNC (readable_cb), self, NULL);
  g_source_attach (self->source, NULL);
  g_ptr_array_add (self->server->connections, self);
  return TRUE;
}

static void
connection_free (gpointer data)
{
  Connection *self = data;

  g_source_destroy (self->source);
  g_source_unref (self->source);
  redisReaderFree (self->reader);
  g_object_unref (self->stream);
  g_free (self);
}

static void
false_start (False *self, const char *command, const char *answer)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *uri = NULL;
  GError *error = NULL;

  *self = (False){ .command = command, .answer = make_answer (answer) };
  self->folder = g_dir_make_tmp ("nexws-false-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "s", NULL);
  self->connections = g_ptr_array_new_with_free_func (connection_free);
  self->service = g_socket_service_new ();
  address = g_unix_socket_address_new (self->path);
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), address, G_SOCKET_TYPE_STREAM,
                                 0, NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->service, "incoming", G_CALLBACK (incoming_cb), self);
  uri = g_strdup_printf ("redis+unix://:secret@%s?db=1", self->path);
  node_init_redis (&self->node, uri);
  node_start (&self->node);
  node_subscribe (&self->node, "lobby", TRUE);
  node_subscribe (&self->node, "hall", FALSE);
  node_set_presence (&self->node, "lobby", "bob", "{}");
  node_publish (&self->node, "lobby", "kept", 1, 1);
}

static void
false_clear (False *self)
{
  node_clear (&self->node);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_ptr_array_unref (self->connections);
  g_unlink (self->path);
  g_rmdir (self->folder);
  g_string_free (self->answer, TRUE);
  g_free (self->path);
  g_free (self->folder);
}

/* -- The tests -- */

static void
go_on (False *self)
{
  if (nx_backplane_get_state (self->node.backplane) != NX_BACKPLANE_STATE_CONNECTED)
    return;
  node_publish (&self->node, "hall", "live", 0, 2);
  node_publish (&self->node, "lobby", "kept", 1, 3);
  node_set_presence (&self->node, "lobby", "cleo", "{}");
  node_set_presence (&self->node, "lobby", "cleo", NULL);
  node_fetch (&self->node, "lobby", NULL, 10);
  node_fetch (&self->node, "lobby", "3-0", 10);
  nx_backplane_unsubscribe (self->node.backplane, "hall");
  node_subscribe (&self->node, "hall", FALSE);
}

static void
check (False *self)
{
  guint64 ms, number;

  for (guint i = 0; i < self->node.ids->len; i++)
    {
      const char *id = g_ptr_array_index (self->node.ids, i);

      g_assert_true (*id == '\0'
                     || sscanf (id, "%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, &ms, &number) == 2);
    }
  for (guint i = 0; self->node.entries != NULL && i < self->node.entries->len; i++)
    g_assert_cmpint (sscanf (nx_backplane_entry_get_id (g_ptr_array_index (self->node.entries, i)),
                             "%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, &ms, &number),
                     ==, 2);
}

/* @data: to what it answers wrongly; in all wrong ways at once, of as many servers. */
static void
test_wrong (gconstpointer data)
{
  False servers[G_N_ELEMENTS (wrongs)];
  gint64 until;

  for (guint i = 0; i < G_N_ELEMENTS (wrongs); i++)
    false_start (&servers[i], data, wrongs[i]);
  for (guint turn = 0; turn < 8; turn++)
    {
      GSource *tick = node_tick ();

      until = g_get_monotonic_time () + 100 * 1000;
      while (g_get_monotonic_time () < until)
        g_main_context_iteration (NULL, TRUE);
      node_untick (tick);
      for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
        go_on (&servers[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    {
      check (&servers[i]);
      /* It does not ask in a circle. */
      if (servers[i].n_asked > 400)
        g_error ("%s, answered with %s, was asked %u times", (const char *) data, wrongs[i],
                 servers[i].n_asked);
      false_clear (&servers[i]);
    }
}

/* It is believed where it answers rightly. */
static void
test_right (void)
{
  False server;

  false_start (&server, "XRANGE", "*1\r\n" ENTRY ("$3\r\n6-1\r\n"));
  node_wait (server.node.n_subscribed == 2);
  node_wait (g_hash_table_size (server.node.accepted) == 1 && server.node.received->len == 1);
  g_assert_cmpstr (g_ptr_array_index (server.node.ids, 0), ==, "6-1");
  g_assert_nonnull (node_get_present (&server.node, "lobby", "ann"));
  false_clear (&server);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  log_to_writer (writer_cb);
  g_test_add_func ("/redis-false/right", test_right);
  for (guint i = 0; i < G_N_ELEMENTS (rights); i++)
    {
      g_autofree char *path = g_strdup_printf ("/redis-false/%s", rights[i].command);

      g_test_add_data_func (path, rights[i].command, test_wrong);
    }
  return g_test_run ();
}
