/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What members see: several processes, each an app with websockets, over a real Redis. NEXWS_TEST_MESSAGES says how many messages there are under
 * load (3000).
 */
#include "node.h"
#include "redis.h"

#include <libsoup/soup.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define APP_ARGUMENT "--app"
#define MAX_APPS 4
#define WINDOW 50
#define HEARTBEAT_MS 400
#define AS_SAFE_AS_CAN_BE "--appendonly yes --appendfsync always"

/* -- An app: the test's own binary, run once more. /GROUP?size=N&bytes=N&after=ID&key=KEY -- */

static void
sent_cb (GObject *group, GAsyncResult *result, gpointer data)
{
  g_autoptr (NxWebSocket) ws = data;
  g_autofree char *id = nx_group_send_message_finish (NX_GROUP (group), result, NULL);

  /* Refused, or accepted. */
  nx_web_socket_send_text (ws, id != NULL ? "yes" : "no", NULL);
}

/* "asked complete ID=ANSWER … -ID …", which goes to the one who has had it asked. */
static void
asked_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (NxWebSocket) ws = data;
  NxGroup *group = NX_GROUP (source);
  g_autoptr (GString) text = g_string_new ("asked ");
  g_auto (GStrv) ids = NULL, missing = NULL;
  GList *answers = nx_group_ask_finish_lists (group, result, &ids, &missing, NULL);
  guint i = 0;

  g_string_append (text, nx_group_ask_is_complete (group, result) ? "complete" : "partial");
  for (GList *l = answers; l != NULL; l = l->next)
    g_string_append_printf (text, " %s=%d", ids[i++],
                            (int) json_object_get_int_member (
                                json_node_get_object (nx_message_get_json (l->data, NULL)), "v"));
  for (i = 0; missing[i] != NULL; i++)
    g_string_append_printf (text, " -%s", missing[i]);
  g_list_free_full (answers, (GDestroyNotify) nx_message_unref);
  nx_web_socket_send_text (ws, text->str, NULL);
}

/* "NAME", or "NAME TEXT": the group, which has a short history, and the rest. */
static NxGroup *
find_group (NxWebSocket *ws, const char *words, NxMessage **rest)
{
  g_auto (GStrv) split = g_strsplit (words, " ", 2);
  NxGroup *group = nx_app_dup_group (nx_web_socket_get_app (ws), split[0], NULL);

  g_object_set (group, "history-size", 10, NULL);
  *rest = split[1] != NULL ? nx_message_new_text (split[1], -1) : NULL;
  return group;
}

static void
message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  const char *text = nx_message_get_text (message);
  g_autoptr (NxMessage) rest = nx_message_new_text (strchr (text, ' ') + 1, -1);
  NxGroup *group = g_object_get_data (G_OBJECT (ws), "group");

  if (g_str_has_prefix (text, "volatile "))
    nx_group_send_volatile (group, rest, ws);
  else if (g_str_has_prefix (text, "ask "))
    nx_group_ask_async (group, rest, (guint) atoi (text + strlen ("ask ")), NULL, NULL, asked_cb,
                        g_object_ref (ws));
  else if (g_str_has_prefix (text, "to "))
    {
      g_auto (GStrv) words = g_strsplit (text, " ", 3);
      g_autoptr (NxMessage) psst = nx_message_new_text (words[2], -1);

      nx_app_send_to (nx_web_socket_get_app (ws), words[1], psst);
    }
  else if (g_str_has_prefix (text, "join ") || g_str_has_prefix (text, "in "))
    {
      g_autoptr (NxMessage) said = NULL;
      g_autoptr (NxGroup) named = find_group (ws, strchr (text, ' ') + 1, &said);

      if (said == NULL)
        nx_group_add_after (named, ws, NULL, NULL);
      else
        nx_group_send_message (named, said, NULL);
    }
  else if (g_str_has_prefix (text, "id "))
    nx_web_socket_send_text (ws, nx_web_socket_get_id (ws), NULL);
  else
    nx_group_send_message_async (group, rest, NULL, NULL, sent_cb, g_object_ref (ws));
}

static void
enter (NxWebSocket *ws, gpointer data, GError **error)
{
  const char *key = nx_web_socket_get_query_param (ws, "key");
  const char *size = nx_web_socket_get_query_param (ws, "size");
  const char *bytes = nx_web_socket_get_query_param (ws, "bytes");
  NxGroup *group = nx_app_dup_group (nx_web_socket_get_app (ws),
                                     nx_web_socket_get_path_param (ws, "group"), error);
  g_autoptr (JsonNode) meta = json_from_string ("1", NULL);

  g_object_set_data_full (G_OBJECT (ws), "group", group, g_object_unref);
  if (size != NULL)
    g_object_set (group, "history-size", atoi (size), "history-bytes",
                  (guint64) (bytes != NULL ? atoi (bytes) : 64 * 1024 * 1024), NULL);
  if (!nx_web_socket_accept (ws, error))
    return;
  g_signal_connect (ws, "message", G_CALLBACK (message_cb), NULL);
  if (key != NULL)
    g_object_set (group, "announces-presence", TRUE, NULL);
  if (size != NULL)
    nx_group_add_after (group, ws, nx_web_socket_get_query_param (ws, "after"), error);
  else
    nx_group_add (group, ws, error);
  if (key != NULL)
    nx_group_set_presence (group, ws, key, meta, error);
}

static int
app_main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autoptr (NxRedisBackplane) backplane = nx_redis_backplane_new (argv[2], NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  GList *uris;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_object_set (backplane, "heartbeat-interval", HEARTBEAT_MS, "timeout", 2000, "max-retry-delay",
                200, NULL);
  g_object_set (app, "backplane", backplane, NULL);
  nx_router_add_route (NX_ROUTER (app), "/{group}", enter, NULL, NULL, NULL);
  g_assert_true (nx_app_listen (app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  uris = nx_app_get_uris (app);
  printf ("%d\n", g_uri_get_port (uris->data));
  fflush (stdout);
  g_list_free_full (uris, (GDestroyNotify) g_uri_unref);
  g_main_loop_run (loop);
  return 0;
}

/* -- The test's side -- */

typedef struct
{
  GSubprocess *process;
  int port;
} App;

typedef struct
{
  Redis redis;
  App apps[MAX_APPS];
  guint n_apps;
  SoupSession *session;
} Cluster;

typedef struct
{
  SoupWebsocketConnection *connection;
  gboolean is_closed;
  GString *
      log; /* all that came, with blanks between: text, "<" for a gap, "!" in front of what is not recorded */
  GPtrArray *texts; /* of what was recorded */
  GPtrArray *ids;
  char *presence; /* the last that was told */
  char *id;
  GQueue questions; /* of their numbers */
  guint n_accepted;
  guint n_refused;
  guint n_gaps;
  guint n_unrecorded;
  guint n_sent;
} Person;

static void
start_app (Cluster *self, App *app)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *line = NULL;
  GError *error = NULL;

  app->process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error,
                        program, APP_ARGUMENT, self->redis.uri, NULL);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (app->process));
  line = g_data_input_stream_read_line (output, NULL, NULL, NULL);
  g_assert_nonnull (line);
  app->port = atoi (line);
}

static void
kill_app (App *app)
{
  if (app->process == NULL)
    return;
  g_subprocess_send_signal (app->process, SIGKILL);
  g_subprocess_wait (app->process, NULL, NULL);
  g_clear_object (&app->process);
}

static gboolean
cluster_start (Cluster *self, guint n, const char *options)
{
  memset (self, 0, sizeof *self);
  if (!redis_start (&self->redis, options))
    return FALSE;
  self->n_apps = n;
  self->session = soup_session_new ();
  for (guint i = 0; i < n; i++)
    start_app (self, &self->apps[i]);
  return TRUE;
}

static void
cluster_clear (Cluster *self)
{
  for (guint i = 0; i < self->n_apps; i++)
    kill_app (&self->apps[i]);
  g_assert_finalize_object (self->session);
  redis_clear (&self->redis);
}

static void
take_message (Person *self, const char *text)
{
  g_autoptr (JsonNode) node = *text == '{' ? json_from_string (text, NULL) : NULL;
  JsonObject *object = node != NULL ? json_node_get_object (node) : NULL;
  JsonObject *nx = object != NULL && json_object_has_member (object, "nx")
                       ? json_object_get_object_member (object, "nx")
                       : NULL;

  if (strcmp (text, "yes") == 0)
    self->n_accepted++;
  else if (strcmp (text, "no") == 0)
    self->n_refused++;
  else if (nx == NULL)
    g_string_append_printf (self->log, "%s ", text);
  else if (json_object_has_member (nx, "ask"))
    g_queue_push_tail (&self->questions, g_strdup (json_object_get_string_member (nx, "ask")));
  else if (json_object_has_member (nx, "presence"))
    {
      g_free (self->presence);
      self->presence = json_to_string (json_object_get_member (nx, "presence"), FALSE);
    }
  else if (json_object_has_member (nx, "gap"))
    {
      self->n_gaps++;
      g_string_append (self->log, "< ");
    }
  else if (json_object_has_member (nx, "unrecorded"))
    {
      self->n_unrecorded++;
      g_string_append_printf (self->log, "!%s ", json_object_get_string_member (object, "text"));
    }
  else
    {
      g_ptr_array_add (self->texts, g_strdup (json_object_get_string_member (object, "text")));
      g_ptr_array_add (self->ids, g_strdup (json_object_get_string_member (nx, "id")));
      g_string_append_printf (self->log, "%s ", json_object_get_string_member (object, "text"));
    }
}

static void
message_came_cb (SoupWebsocketConnection *connection, int type, GBytes *bytes, gpointer data)
{
  gsize size;
  const char *octets = g_bytes_get_data (bytes, &size);
  g_autofree char *text = g_strndup (octets, size);

  take_message (data, text);
}

static void
closed_cb (SoupWebsocketConnection *connection, gpointer data)
{
  ((Person *) data)->is_closed = TRUE;
}

static void
connected_cb (GObject *session, GAsyncResult *result, gpointer data)
{
  Person *self = data;
  g_autoptr (GError) error = NULL;

  self->connection = soup_session_websocket_connect_finish (SOUP_SESSION (session), result, &error);
  g_assert_no_error (error);
  g_signal_connect (self->connection, "message", G_CALLBACK (message_came_cb), self);
  g_signal_connect (self->connection, "closed", G_CALLBACK (closed_cb), self);
}

/* @target: from the group on */
static Person *
person_open (Cluster *cluster, guint app, const char *target)
{
  Person *self = g_new0 (Person, 1);
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%d/%s", cluster->apps[app].port, target);
  g_autoptr (SoupMessage) message = soup_message_new ("GET", uri);

  self->log = g_string_new (NULL);
  self->texts = g_ptr_array_new_with_free_func (g_free);
  self->ids = g_ptr_array_new_with_free_func (g_free);
  soup_session_websocket_connect_async (cluster->session, message, NULL, NULL, G_PRIORITY_DEFAULT,
                                        NULL, connected_cb, self);
  node_wait (self->connection != NULL);
  return self;
}

static void
person_close (Person *self)
{
  if (!self->is_closed)
    soup_websocket_connection_close (self->connection, 1000, NULL);
  node_wait (self->is_closed);
  g_object_unref (self->connection);
  g_string_free (self->log, TRUE);
  g_ptr_array_unref (self->texts);
  g_ptr_array_unref (self->ids);
  g_free (self->presence);
  g_free (self->id);
  g_queue_clear_full (&self->questions, g_free);
  g_free (self);
}

static void
person_say (Person *self, const char *text)
{
  self->n_sent += g_str_has_prefix (text, "say ");
  soup_websocket_connection_send_text (self->connection, text);
}

static gboolean
has_heard (Person *self, const char *text)
{
  return strcmp (self->log->str, text) == 0;
}

/* Its process hears what others send: they go on until it does, and then it forgets what it heard. */
static void
wait_until_listening (Person *speaker, Person *listener)
{
  while (strstr (listener->log->str, "hello") == NULL)
    {
      gint64 until = g_get_monotonic_time () + 50 * 1000;
      GSource *tick = node_tick ();

      person_say (speaker, "volatile hello");
      while (strstr (listener->log->str, "hello") == NULL && g_get_monotonic_time () < until)
        g_main_context_iteration (NULL, TRUE);
      node_untick (tick);
    }
}

/* Drops what is still on its way. */
static void
settle_hello (Person *speaker, Person *listener)
{
  wait_until_listening (speaker, listener);
  person_say (speaker, "volatile end");
  node_wait (strstr (listener->log->str, "end") != NULL);
  g_string_set_size (listener->log, 0);
}

static void
test_live (void)
{
  Cluster c;
  Person *ada, *bob;
  g_autofree char *to = NULL;

  if (!cluster_start (&c, 2, AS_SAFE_AS_CAN_BE))
    return;
  ada = person_open (&c, 0, "lobby");
  bob = person_open (&c, 1, "lobby");
  settle_hello (ada, bob);
  settle_hello (bob, ada);
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *text = g_strdup_printf ("say %c", 'a' + i);

      person_say (ada, text);
    }
  node_wait (ada->n_accepted + ada->n_refused == 5);
  node_wait (has_heard (bob, "a b c d e "));
  node_wait (has_heard (ada, "a b c d e "));
  g_string_set_size (bob->log, 0);
  g_string_set_size (ada->log, 0);
  person_say (bob, "id ");
  node_wait (bob->log->len > 0);
  to = g_strdup_printf ("to %.*s psst", (int) bob->log->len - 1, bob->log->str);
  g_string_set_size (bob->log, 0);
  person_say (ada, to);
  node_wait (has_heard (bob, "psst "));
  g_assert_true (has_heard (ada, ""));
  person_close (ada);
  person_close (bob);
  cluster_clear (&c);
}

static void
test_catch_up (void)
{
  Cluster c;
  Person *ada, *bob, *cyd;
  g_autofree char *target = NULL;

  if (!cluster_start (&c, 2, AS_SAFE_AS_CAN_BE))
    return;
  ada = person_open (&c, 0, "lobby?size=20");
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *text = g_strdup_printf ("say %c", 'a' + i);

      person_say (ada, text);
    }
  node_wait (has_heard (ada, "a b c d e "));
  target = g_strdup_printf ("lobby?size=20&after=%s", (char *) g_ptr_array_index (ada->ids, 2));
  person_say (ada, "volatile nothing");
  bob = person_open (&c, 1, target);
  person_say (ada, "say f");
  person_say (bob, "say g");
  node_wait (bob->texts->len == 4 && ada->texts->len == 7);
  g_assert_true (has_heard (bob, "d e f g ") || has_heard (bob, "d e g f "));
  for (guint i = 0; i < 4; i++)
    g_assert_cmpstr (g_ptr_array_index (bob->ids, i), ==, g_ptr_array_index (ada->ids, i + 3));
  /* What nobody knows, at a process that has never seen it. */
  cyd = person_open (&c, 1, "lobby?size=20&after=1-1");
  node_wait (cyd->texts->len == 7);
  g_assert_true (g_str_has_prefix (cyd->log->str, "< a b c d e "));
  person_close (ada);
  person_close (bob);
  person_close (cyd);
  cluster_clear (&c);
}

/* Each of what is sent to a hundred groups, by whichever process, once. */
static void
test_member_of_many (void)
{
  const guint n = 100;
  Cluster c;
  Person *members[2];

  if (!cluster_start (&c, 2, AS_SAFE_AS_CAN_BE))
    return;
  for (guint k = 0; k < 2; k++)
    members[k] = person_open (&c, k, "lobby");
  for (guint i = 0; i < n; i++)
    for (guint k = 0; k < 2; k++)
      {
        g_autofree char *join = g_strdup_printf ("join g%u", i);
        g_autofree char *say = g_strdup_printf ("in g%u %c:%u", i, 'a' + k, i);

        person_say (members[k], join);
        person_say (members[k], say);
      }
  for (guint k = 0; k < 2; k++)
    {
      g_autoptr (GHashTable) once = g_hash_table_new (g_str_hash, g_str_equal);

      node_wait (members[k]->texts->len == 2 * n);
      for (guint i = 0; i < 2 * n; i++)
        g_assert_true (g_hash_table_add (once, g_ptr_array_index (members[k]->texts, i)));
      g_assert_cmpuint (members[k]->n_gaps, ==, 0);
      person_close (members[k]);
    }
  cluster_clear (&c);
}

static guint
count_kept (Cluster *c)
{
  g_autofree char *length = redis_ask (&c->redis, "XLEN nexws:s:limited");

  return (guint) atoi (length);
}

/* Octets are limited in Redis as they are in a process: who comes again finds the last messages, behind a gap. */
static void
test_limited (void)
{
  const guint n = 100;
  Cluster c;
  Person *ada, *bob, *cyd;
  g_autofree char *target = NULL;
  g_autofree char *word = g_strnfill (1000, 'w');
  guint n_kept;

  if (!redis_is_at_least (6, 2))
    {
      g_test_skip ("this Redis is older than 6.2");
      return;
    }
  if (!cluster_start (&c, 2, AS_SAFE_AS_CAN_BE))
    return;
  if (!redis_is_at_least (6, 2))
    {
      cluster_clear (&c);
      g_test_skip ("this Redis is older than 6.2");
      return;
    }
  ada = person_open (&c, 0, "limited?size=1000&bytes=20000");
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("say %u%s", i, word);

      person_say (ada, text);
    }
  node_wait (ada->texts->len == n && ada->n_accepted == n);
  node_wait ((n_kept = count_kept (&c)) <= 25);
  g_assert_cmpuint (n_kept, >=, 18);

  target = g_strdup_printf ("limited?size=1000&bytes=20000&after=%s",
                            (char *) g_ptr_array_index (ada->ids, 10));
  bob = person_open (&c, 1, target);
  node_wait (bob->texts->len > 0
             && strcmp (g_ptr_array_index (bob->ids, bob->ids->len - 1),
                        g_ptr_array_index (ada->ids, n - 1))
                    == 0);
  g_assert_cmpuint (bob->n_gaps, ==, 1);
  g_assert_true (g_str_has_prefix (bob->log->str, "< "));
  /* In a process a message takes a little more than its own octets. */
  g_assert_cmpuint (bob->texts->len, >=, 20000 / 1400);
  g_assert_cmpuint (bob->texts->len, <=, n_kept);

  g_free (target);
  target = g_strdup_printf ("limited?size=1000&bytes=20000&after=%s",
                            (char *) g_ptr_array_index (ada->ids, n - 6));
  cyd = person_open (&c, 1, target);
  node_wait (cyd->texts->len == 5);
  g_assert_cmpuint (cyd->n_gaps, ==, 0);
  person_close (ada);
  person_close (bob);
  person_close (cyd);
  cluster_clear (&c);
}

static void
test_presence (void)
{
  Cluster c;
  Person *ada, *bob;
  gint64 killed_us;

  if (!cluster_start (&c, 2, AS_SAFE_AS_CAN_BE))
    return;
  ada = person_open (&c, 0, "lobby?key=ada");
  bob = person_open (&c, 1, "lobby?key=bob");
  node_wait (g_strcmp0 (ada->presence, "{\"set\":{\"bob\":1},\"gone\":[]}") == 0);
  node_wait (bob->presence != NULL && strstr (bob->presence, "\"ada\":1") != NULL);
  killed_us = g_get_monotonic_time ();
  kill_app (&c.apps[1]);
  node_wait (g_strcmp0 (ada->presence, "{\"set\":{},\"gone\":[\"bob\"]}") == 0);
  g_test_message ("gone after %.1f heartbeats",
                  (double) (g_get_monotonic_time () - killed_us) / 1000 / HEARTBEAT_MS);
  person_close (ada);
  person_close (bob);
  cluster_clear (&c);
}

/* -- Under load -- */

static void
say_more (Person *self, char name, guint n)
{
  while (self->n_sent < n && self->n_sent < self->n_accepted + self->n_refused + WINDOW)
    {
      g_autofree char *text = g_strdup_printf ("say %c:%u", name, self->n_sent + 1);

      person_say (self, text);
    }
}

static guint
count_accepted (Person **persons, guint n)
{
  guint sum = 0;

  for (guint i = 0; i < n; i++)
    sum += persons[i]->n_accepted;
  return sum;
}

static guint
count_of (Person *self, char name)
{
  guint n = 0;

  for (guint i = 0; i < self->texts->len; i++)
    n += *(char *) g_ptr_array_index (self->texts, i) == name;
  return n;
}

static void
go_on_until (Person **persons, guint n, guint n_messages, guint n_accepted)
{
  gint64 until = g_get_monotonic_time () + (30 + n_messages / 1000) * G_USEC_PER_SEC;
  GSource *tick = node_tick ();

  while (count_accepted (persons, n) < n_accepted)
    {
      for (guint i = 0; i < n; i++)
        if (!persons[i]->is_closed)
          say_more (persons[i], (char) ('a' + i), n_messages / n);
      g_main_context_iteration (NULL, TRUE);
      if (g_get_monotonic_time () < until)
        continue;
      for (guint i = 0; i < n; i++)
        g_printerr ("%c: %u sent, %u accepted, %u refused, %u of its own came, %s\n", 'a' + i,
                    persons[i]->n_sent, persons[i]->n_accepted, persons[i]->n_refused,
                    count_of (persons[i], (char) ('a' + i)),
                    persons[i]->is_closed ? "gone" : "there");
      g_assert_not_reached ();
    }
  node_untick (tick);
}

/* All that was accepted, each once, and in one order for all. */
static void
check_order (Person **persons, guint n)
{
  guint last[MAX_APPS] = { 0 };

  for (guint i = 0; i < persons[0]->texts->len; i++)
    {
      const char *text = g_ptr_array_index (persons[0]->texts, i);

      g_assert_cmpuint (g_ascii_strtoull (text + 2, NULL, 10), ==, ++last[*text - 'a']);
      if (i > 0)
        g_assert_cmpstr (g_ptr_array_index (persons[0]->ids, i), !=,
                         g_ptr_array_index (persons[0]->ids, i - 1));
    }
  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpuint (last[i], >=, persons[i]->n_accepted);
      g_assert_cmpuint (persons[i]->n_gaps, ==, 0);
      g_assert_cmpuint (persons[i]->n_unrecorded, ==, 0);
      for (guint k = 0; k < MIN (persons[i]->texts->len, persons[0]->texts->len); k++)
        {
          g_assert_cmpstr (g_ptr_array_index (persons[i]->texts, k), ==,
                           g_ptr_array_index (persons[0]->texts, k));
          g_assert_cmpstr (g_ptr_array_index (persons[i]->ids, k), ==,
                           g_ptr_array_index (persons[0]->ids, k));
        }
    }
}

static guint
get_n_messages (void)
{
  const char *wanted = g_getenv ("NEXWS_TEST_MESSAGES");

  return wanted != NULL ? (guint) atoi (wanted) : 3000;
}

/* Each of the first @n has all that each of them has sent, and all have as much. */
static gboolean
have_all (Person **persons, guint n, guint n_each)
{
  for (guint i = 0; i < n; i++)
    for (guint k = 0; k < n; k++)
      if (persons[i]->texts->len != persons[0]->texts->len || persons[i]->texts->len < n * n_each
          || count_of (persons[i], (char) ('a' + k)) < n_each)
        return FALSE;
  return TRUE;
}

static void
open_all (Cluster *c, Person **persons, guint n)
{
  for (guint i = 0; i < n; i++)
    persons[i] = person_open (c, i, "lobby?size=1000000");
  for (guint i = 1; i < n; i++)
    settle_hello (persons[0], persons[i]);
  settle_hello (persons[n - 1], persons[0]);
}

/* Redis three times, and between that, one by one, those that are to die. */
static void
kill_under_load (Cluster *c, Person **persons, guint n, guint n_alive, guint n_messages)
{
  for (guint i = 1; i <= 3; i++)
    {
      go_on_until (persons, n, n_messages, n_messages * i / 6);
      redis_restart (&c->redis);
      if (n_alive + i > n)
        continue;
      go_on_until (persons, n, n_messages, n_messages * i / 6 + n_messages / 24);
      kill_app (&c->apps[n - i]);
      node_wait (persons[n - i]->is_closed);
    }
}

/* @n apps of which @n_alive are alive at the end; Redis is killed and started again while they send. */
static void
run_load (guint n, guint n_alive)
{
  Cluster c;
  Person *persons[MAX_APPS], *late;
  guint n_messages = get_n_messages ();
  guint n_accepted = 0;

  if (!cluster_start (&c, n, AS_SAFE_AS_CAN_BE))
    return;
  open_all (&c, persons, n);
  kill_under_load (&c, persons, n, n_alive, n_messages);
  for (guint i = n_alive; i < n; i++)
    n_accepted += persons[i]->n_accepted;
  go_on_until (persons, n, n_messages, n_messages / n * n_alive + n_accepted);
  node_wait (have_all (persons, n_alive, n_messages / n));
  check_order (persons, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (persons[i]->n_refused, ==, 0);
  /* And who comes now gets the same. */
  late = person_open (&c, n_alive - 1, "lobby?size=1000000");
  node_wait (late->texts->len >= persons[0]->texts->len);
  for (guint i = 0; i < late->texts->len; i++)
    g_assert_cmpstr (g_ptr_array_index (late->ids, i), ==, g_ptr_array_index (persons[0]->ids, i));
  g_test_message ("%u of %u messages were accepted, %u came to each member",
                  count_accepted (persons, n), n_messages, persons[0]->texts->len);
  person_close (late);
  for (guint i = 0; i < n; i++)
    person_close (persons[i]);
  cluster_clear (&c);
}

static void
test_load_two (void)
{
  run_load (2, 2);
}

static void
test_load_four (void)
{
  run_load (4, 2);
}

/* What each sender's messages were up to; a number may be left out behind a gap alone. */
static void
check_gaps (Person *self)
{
  g_auto (GStrv) words = g_strsplit (g_strchomp (self->log->str), " ", -1);
  guint64 last[MAX_APPS] = { 0 };
  guint n_gaps_of[MAX_APPS] = { 0 };
  guint n_gaps = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      guint64 number = strlen (words[i]) > 2 ? g_ascii_strtoull (words[i] + 2, NULL, 10) : 0;
      guint sender = (guint) (words[i][0] - 'a');

      if (strcmp (words[i], "<") == 0)
        {
          n_gaps++;
          continue;
        }
      if (strcmp (words[i], "z") == 0)
        continue;
      g_assert_cmpuint (sender, <, MAX_APPS);
      g_assert_cmpuint (number, >, last[sender]);
      if (number != last[sender] + 1)
        g_assert_cmpuint (n_gaps, >, n_gaps_of[sender]);
      n_gaps_of[sender] = n_gaps;
      last[sender] = number;
    }
  g_assert_cmpuint (n_gaps, ==, self->n_gaps);
  g_assert_cmpuint (n_gaps, >, 0);
}

/* A Redis that forgets all when it is killed: none comes twice or out of order, and what may be lost is told. */
static void
test_load_forgetful (void)
{
  const guint n = 2;
  Cluster c;
  Person *persons[MAX_APPS];
  guint n_messages = get_n_messages ();

  if (!cluster_start (&c, n, "--appendonly no"))
    return;
  open_all (&c, persons, n);
  kill_under_load (&c, persons, n, n, n_messages);
  go_on_until (persons, n, n_messages, n_messages / 2 + n_messages / 24);
  for (guint i = 0; i < n; i++)
    person_say (persons[i], "say z");
  for (guint i = 0; i < n; i++)
    node_wait (count_of (persons[i], 'z') == n);
  for (guint i = 0; i < n; i++)
    check_gaps (persons[i]);
  for (guint i = 0; i < n; i++)
    person_close (persons[i]);
  cluster_clear (&c);
}

/* Redis goes and does not come back for long: local delivery goes on; and a gap for all at its return. */
static void
test_absent (void)
{
  Cluster c;
  Person *ada, *bob, *eve;

  if (!cluster_start (&c, 2, AS_SAFE_AS_CAN_BE))
    return;
  ada = person_open (&c, 0, "lobby?size=20");
  bob = person_open (&c, 1, "lobby?size=20");
  eve = person_open (&c, 0, "live");
  settle_hello (ada, bob);
  redis_kill (&c.redis);
  person_say (eve, "say x");
  node_wait (has_heard (eve, "x "));
  for (guint i = 0; i < 1030; i++)
    person_say (ada, "say w");
  node_wait (ada->n_unrecorded == 1030 && ada->n_refused == 1030);
  g_assert_cmpuint (ada->texts->len + ada->n_gaps, ==, 0);
  redis_restart (&c.redis);
  node_wait (ada->n_gaps == 1);
  node_wait (bob->n_gaps == 1);
  person_say (bob, "say z");
  node_wait (ada->texts->len == 1 && bob->texts->len == 1);
  person_close (ada);
  person_close (bob);
  person_close (eve);
  cluster_clear (&c);
}

/* It answers nothing, and a stranger writes to it: what goes on here goes on, and what is to be recorded is late. */
static void
test_stopped_and_foreign (void)
{
  Cluster c;
  Person *ada, *bob, *eve;

  if (!cluster_start (&c, 2, AS_SAFE_AS_CAN_BE))
    return;
  ada = person_open (&c, 0, "lobby?size=20");
  bob = person_open (&c, 1, "lobby?size=20");
  eve = person_open (&c, 0, "live");
  settle_hello (ada, bob);
  redis_signal (&c.redis, SIGSTOP);
  person_say (ada, "say a");
  person_say (eve, "say x");
  node_wait (has_heard (eve, "x "));
  g_assert_true (has_heard (ada, ""));
  redis_signal (&c.redis, SIGCONT);
  node_wait (has_heard (ada, "a ") && has_heard (bob, "a "));
  redis_tell (&c.redis, "PUBLISH nexws:0:g:lobby mNX1nonsense");
  redis_tell (&c.redis, "PUBLISH nexws:0:g:lobby pstranger");
  redis_tell (&c.redis, "XADD nexws:s:lobby * m nonsense");
  redis_tell (&c.redis, "XADD nexws:s:lobby * other nonsense");
  person_say (bob, "say b");
  node_wait (has_heard (ada, "a b ") && has_heard (bob, "a b "));
  g_assert_cmpuint (ada->n_accepted, ==, 1);
  person_close (ada);
  person_close (bob);
  person_close (eve);
  cluster_clear (&c);
}

/* -- Questions -- */

/* What was said before may still come in front. */
static void
ask_for_id (Person *self)
{
  const char *dash;

  person_say (self, "id ");
  node_wait ((dash = strchr (self->log->str, '-')) != NULL && strchr (dash, ' ') != NULL);
  while (dash > self->log->str && dash[-1] != ' ')
    dash--;
  self->id = g_strndup (dash, strcspn (dash, " "));
  g_string_set_size (self->log, 0);
}

/* One at each app, all of which hear of each other. */
static void
open_persons (Cluster *c, Person **persons, const char *target)
{
  for (guint i = 0; i < c->n_apps; i++)
    persons[i] = person_open (c, i, target);
  for (guint i = 0; i < c->n_apps; i++)
    for (guint j = 0; j < c->n_apps; j++)
      if (i != j)
        settle_hello (persons[i], persons[j]);
  for (guint i = 0; i < c->n_apps; i++)
    ask_for_id (persons[i]);
}

static void
answer_one (Person *self, int value)
{
  g_autofree char *number = NULL;
  g_autofree char *text = NULL;

  node_wait (self->questions.length > 0);
  number = g_queue_pop_head (&self->questions);
  text = g_strdup_printf ("{\"nx\":{\"answer\":\"%s\"},\"v\":%d}", number, value);
  person_say (self, text);
}

/* Its process has told the other's whom it has asked: what it sends afterwards comes behind that. */
static void
wait_for_roll (Person *self, Person *asker)
{
  node_wait (self->questions.length > 0);
  person_say (self, "volatile roll");
  node_wait (strstr (asker->log->str, "roll ") != NULL);
}

/* Waits until what was asked is told, and takes it. */
static char *
take_result (Person *self)
{
  const char *from;
  char *result;

  node_wait ((from = strstr (self->log->str, "asked ")) != NULL);
  result = g_strdup (from);
  g_string_set_size (self->log, 0);
  return result;
}

static void
assert_result (const char *result, const char *kind, guint n_words)
{
  g_auto (GStrv) words = g_strsplit (result, " ", 0);

  g_assert_cmpstr (words[1], ==, kind);
  g_assert_cmpuint (g_strv_length (words), ==, n_words + 3); /* and an empty one behind the last */
}

static void
assert_in_result (const char *result, const char *format, ...)
{
  g_autofree char *word = NULL;
  va_list arguments;

  va_start (arguments, format);
  word = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (strstr (result, word) == NULL)
    g_error ("\"%s\" is not in \"%s\"", word, result);
}

/* Two ask at once, and both hear of everybody. The time that it may take is longer than that which the test waits. */
static void
check_asking (guint n_apps, const char *target)
{
  Cluster c;
  Person *persons[MAX_APPS];
  g_autofree char *first = NULL, *second = NULL;

  if (!cluster_start (&c, n_apps, AS_SAFE_AS_CAN_BE))
    return;
  open_persons (&c, persons, target);
  person_say (persons[0], "ask 600000");
  person_say (persons[1], "ask 600000");
  for (guint i = 0; i < n_apps; i++)
    {
      answer_one (persons[i], (int) i);
      answer_one (persons[i], (int) i);
    }
  first = take_result (persons[0]);
  second = take_result (persons[1]);
  assert_result (first, "complete", n_apps);
  assert_result (second, "complete", n_apps);
  for (guint i = 0; i < n_apps; i++)
    {
      assert_in_result (first, " %s=%u ", persons[i]->id, i);
      assert_in_result (second, " %s=%u ", persons[i]->id, i);
    }
  for (guint i = 0; i < n_apps; i++)
    person_close (persons[i]);
  cluster_clear (&c);
}

static void
test_ask_two (void)
{
  check_asking (2, "lobby");
}

static void
test_ask_four (void)
{
  check_asking (4, "lobby?size=20");
}

/* A process dies when its member has been asked. */
static void
test_ask_killed (void)
{
  Cluster c;
  Person *persons[3];
  g_autofree char *result = NULL;

  if (!cluster_start (&c, 3, AS_SAFE_AS_CAN_BE))
    return;
  open_persons (&c, persons, "lobby");
  person_say (persons[0], "ask 4000");
  answer_one (persons[0], 0);
  answer_one (persons[1], 1);
  wait_for_roll (persons[2], persons[0]);
  kill_app (&c.apps[2]);
  result = take_result (persons[0]);
  assert_result (result, "partial", 3);
  assert_in_result (result, " %s=0 ", persons[0]->id);
  assert_in_result (result, " %s=1 ", persons[1]->id);
  assert_in_result (result, " -%s ", persons[2]->id);
  for (guint i = 0; i < 3; i++)
    person_close (persons[i]);
  cluster_clear (&c);
}

/* The Redis goes when the other one has been asked; and whoever asks while it is gone hears of its own. */
static void
test_ask_cut (void)
{
  Cluster c;
  Person *persons[2];
  g_autofree char *result = NULL, *alone = NULL, *again = NULL;

  if (!cluster_start (&c, 2, AS_SAFE_AS_CAN_BE))
    return;
  open_persons (&c, persons, "lobby");
  person_say (persons[0], "ask 4000");
  answer_one (persons[0], 0);
  wait_for_roll (persons[1], persons[0]);
  redis_kill (&c.redis);
  answer_one (persons[1], 1);
  result = take_result (persons[0]);
  assert_result (result, "partial", 2);
  assert_in_result (result, " %s=0 ", persons[0]->id);
  assert_in_result (result, " -%s ", persons[1]->id);
  person_say (persons[0], "ask 600000");
  answer_one (persons[0], 5);
  alone = take_result (persons[0]);
  assert_result (alone, "partial", 1);
  assert_in_result (alone, " %s=5 ", persons[0]->id);
  redis_restart (&c.redis);
  settle_hello (persons[0], persons[1]);
  settle_hello (persons[1], persons[0]);
  person_say (persons[0], "ask 600000");
  answer_one (persons[0], 6);
  answer_one (persons[1], 7);
  again = take_result (persons[0]);
  assert_result (again, "complete", 2);
  assert_in_result (again, " %s=7 ", persons[1]->id);
  person_close (persons[0]);
  person_close (persons[1]);
  cluster_clear (&c);
}

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], APP_ARGUMENT) == 0)
    return app_main (argc, argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/group/redis/live", test_live);
  g_test_add_func ("/group/redis/catch-up", test_catch_up);
  g_test_add_func ("/group/redis/member-of-many", test_member_of_many);
  g_test_add_func ("/group/redis/limited", test_limited);
  g_test_add_func ("/group/redis/presence", test_presence);
  g_test_add_func ("/group/redis/load/two", test_load_two);
  g_test_add_func ("/group/redis/load/four", test_load_four);
  g_test_add_func ("/group/redis/load/forgetful", test_load_forgetful);
  g_test_add_func ("/group/redis/absent", test_absent);
  g_test_add_func ("/group/redis/ask/two", test_ask_two);
  g_test_add_func ("/group/redis/ask/four", test_ask_four);
  g_test_add_func ("/group/redis/ask/killed", test_ask_killed);
  g_test_add_func ("/group/redis/ask/cut", test_ask_cut);
  g_test_add_func ("/group/redis/stopped-and-foreign", test_stopped_and_foreign);
  return g_test_run ();
}
