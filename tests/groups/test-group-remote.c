/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups over several apps, with a backplane in memory that does what it is told, when it is told. */
#include "crowd.h"
#include "hub.h"

#include "groups/nx-backplane-envelope-private.h"

#define N_NODES 3

typedef struct
{
  Hub hub;
  Fixture nodes[N_NODES];
  NxBackplane *backplanes[N_NODES]; /* not owned */
} Cluster;

static void
set_backplane (Cluster *c, guint i)
{
  g_autoptr (NxBackplane) node = hub_new_node (&c->hub);

  c->backplanes[i] = node;
  g_object_set (c->nodes[i].app, "backplane", node, NULL);
}

static void
set_up_without (Cluster *c, gconstpointer data)
{
  memset (c, 0, sizeof *c);
  hub_init (&c->hub);
  for (guint i = 0; i < N_NODES; i++)
    fixture_begin (&c->nodes[i]);
}

static void
set_up (Cluster *c, gconstpointer data)
{
  set_up_without (c, data);
  for (guint i = 0; i < N_NODES; i++)
    set_backplane (c, i);
}

static void
tear_down (Cluster *c, gconstpointer data)
{
  for (guint i = 0; i < N_NODES; i++)
    fixture_end (&c->nodes[i]);
  hub_clear (&c->hub);
}

/* All that can happen. */
static void
run (Cluster *c)
{
  do
    {
      hub_run (&c->hub);
      for (guint i = 0; i < N_NODES; i++)
        settle (&c->nodes[i]);
    }
  while (!g_queue_is_empty (&c->hub.jobs));
}

/* (transfer full): with a history when @size says so, and with all that is needed done. */
static NxGroup *
make_group (Cluster *c, guint node, guint size)
{
  NxGroup *group = crowd_group (&c->nodes[node], "lobby");

  if (size > 0)
    g_object_set (group, "history-size", size, NULL);
  run (c);
  return group;
}

static void
send_all (NxGroup *group, const char *letters)
{
  for (; *letters != '\0'; letters++)
    nx_group_send_text (group, (char[]){ *letters, '\0' }, NULL, NULL);
}

static const char *
get_text (JsonObject *object, char *number)
{
  if (json_object_has_member (object, "text"))
    return json_object_get_string_member (object, "text");
  g_snprintf (number, 16, "%d", (int) json_object_get_int_member (object, "value"));
  return number;
}

/* What came, in short: text, `<` for a gap, `!` in front of what is not recorded; and what the last id is. */
static char *
read_all (Person *person, char **last_id)
{
  GString *all = g_string_new (NULL);
  GBytes *bytes;

  settle (person->client->fixture);
  while ((bytes = g_queue_pop_head (&person->client->messages)) != NULL)
    {
      g_autoptr (NxMessage) message = nx_message_new_text_from_bytes (bytes, NULL);
      JsonObject *object = json_node_get_object (nx_message_get_json (message, NULL));
      JsonObject *nx = json_object_get_object_member (object, "nx");
      char number[16];

      if (json_object_has_member (nx, "gap"))
        g_string_append_c (all, '<');
      else if (json_object_has_member (nx, "unrecorded"))
        g_string_append_printf (all, "!%s", get_text (object, number));
      else
        {
          g_string_append (all, get_text (object, number));
          if (last_id != NULL)
            {
              g_free (*last_id);
              *last_id = g_strdup (json_object_get_string_member (nx, "id"));
            }
        }
      g_bytes_unref (bytes);
    }
  return g_string_free (all, FALSE);
}

#define expect_all(person, last_id, expected)                                                      \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *all_ = read_all (person, last_id);                                            \
    g_assert_cmpstr (all_, ==, expected);                                                          \
  }                                                                                                \
  G_STMT_END

static Person *
come_again (NxGroup *group, Fixture *f, const char *after)
{
  Person *person = crowd_open (f);
  g_autoptr (GError) error = NULL;

  g_assert_true (nx_group_add_after (group, person->ws, after, &error));
  g_assert_no_error (error);
  return person;
}

/* -- Without history -- */

static void
test_live (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *ada = crowd_join (&c->nodes[0], a), *ann = crowd_join (&c->nodes[0], a);
  Person *bob = crowd_join (&c->nodes[1], b);

  nx_group_send_text (a, "1", ada->ws, NULL);
  /* At once here, and when it gets there elsewhere. */
  crowd_expect (ann, "1");
  crowd_expect (bob, "");
  send_all (a, "23");
  send_all (b, "4");
  crowd_expect (bob, "4");
  run (c);
  crowd_expect (ada, "2 3 4");
  crowd_expect (ann, "2 3 4");
  crowd_expect (bob, "1 2 3");
}

static void
test_octets (Cluster *c, gconstpointer data)
{
  static const guint8 octets[] = { 0, 255, 'x', 0 };
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *bob = crowd_join (&c->nodes[1], b);
  g_autoptr (GBytes) bytes = g_bytes_new (octets, sizeof octets), came = NULL;

  nx_group_send_bytes (a, bytes, NULL);
  run (c);
  came = g_queue_pop_head (&bob->client->messages);
  g_assert_true (g_bytes_equal (came, bytes));
}

static gboolean
is_wanted (NxGroup *group, NxWebSocket *ws, gpointer data)
{
  return TRUE;
}

static void
test_here_alone (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  g_autoptr (NxMessage) message = nx_message_new_text ("x", -1);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);

  nx_group_send_filtered (a, message, is_wanted, NULL);
  nx_group_ask_async (a, message, 1000, NULL, NULL, NULL, NULL);
  run (c);
  g_assert_cmpuint (c->hub.n_published, ==, 0);
  g_assert_cmpuint (ada->client->messages.length, ==, 2);
  crowd_expect (bob, "");
}

/* Whoever sends once and drops the group has not listened to it. */
static void
test_passing_by (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *bob = crowd_join (&c->nodes[1], b);
  NxGroup *a = crowd_group (&c->nodes[0], "lobby");

  send_all (a, "1");
  g_assert_finalize_object (a);
  g_assert_cmpuint (c->hub.jobs.length, ==, 1);
  run (c);
  crowd_expect (bob, "1");
}

static void
joined_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = nx_group_send_message_finish (NX_GROUP (source), result, &error);

  if (error != NULL)
    note (data, "failed:%d", error->code);
  else
    note (data, "done:%s", id != NULL ? id : "-");
}

static void
test_alone (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  g_autoptr (NxMessage) message = nx_message_new_text ("2", -1);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);
  guint64 n_dropped;

  hub_lose (&c->hub, c->backplanes[0], FALSE);
  send_all (a, "1");
  nx_group_send_message_async (a, message, NULL, NULL, joined_cb, &c->nodes[0]);
  run (c);
  crowd_expect (ada, "1 2");
  g_object_get (c->backplanes[0], "n-dropped", &n_dropped, NULL);
  g_assert_cmpuint (n_dropped, ==, 2);
  assert_log (&c->nodes[0], "failed:9");
  hub_restore (&c->hub, c->backplanes[0]);
  run (c);
  nx_group_send_message_async (a, message, NULL, NULL, joined_cb, &c->nodes[0]);
  run (c);
  crowd_expect (bob, "2");
  assert_log (&c->nodes[0], "done:-");
}

/* -- With history -- */

static void
test_recorded (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxGroup) b = make_group (c, 1, 10);
  g_autoptr (NxMessage) message = nx_message_new_text ("3", -1);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);
  g_autofree char *mine = NULL, *yours = NULL, *of_group = NULL;

  nx_group_send_text (a, "1", ada->ws, NULL);
  send_all (b, "2");
  nx_group_send_message_async (a, message, NULL, NULL, joined_cb, &c->nodes[0]);
  expect_all (ada, NULL, "");
  expect_all (bob, NULL, "");
  assert_log (&c->nodes[0], "");
  run (c);
  expect_all (ada, &mine, "23");
  expect_all (bob, &yours, "123");
  g_assert_cmpstr (mine, ==, yours);
  of_group = nx_group_dup_last_id (b);
  g_assert_cmpstr (of_group, ==, mine);
  assert_log (&c->nodes[0], "done:3");
}

static void
test_volatile (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxGroup) b = make_group (c, 1, 10);
  g_autoptr (NxMessage) typing = nx_message_new_text ("typing", -1);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);

  nx_group_send_volatile (a, typing, ada->ws);
  run (c);
  crowd_expect (ada, "");
  crowd_expect (bob, "typing");
  bob = come_again (b, &c->nodes[1], NULL);
  run (c);
  crowd_expect (bob, "");
}

/* Somebody who was at the first node comes to another one. */
static void
test_catch_up (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxGroup) b = NULL;
  Person *ada = crowd_join (&c->nodes[0], a), *bob, *cyd;
  g_autofree char *last = NULL;

  send_all (a, "ab");
  run (c);
  expect_all (ada, &last, "ab");
  crowd_cut (ada);
  send_all (a, "cd");
  run (c);
  /* A process that knows nothing of it reads it; what comes meanwhile comes behind it. */
  b = make_group (c, 1, 10);
  bob = come_again (b, &c->nodes[1], last);
  cyd = come_again (b, &c->nodes[1], NULL);
  send_all (a, "e");
  expect_all (bob, NULL, "");
  run (c);
  send_all (b, "f");
  run (c);
  expect_all (bob, NULL, "cdef");
  expect_all (cyd, NULL, "abcdef");
  g_assert_cmpuint (c->hub.n_fetched, ==, 1);
  /* From now on it is all here. */
  expect_all (come_again (b, &c->nodes[1], last), NULL, "cdef");
  expect_all (come_again (b, &c->nodes[1], "nonsense"), NULL, "<abcdef");
  expect_all (come_again (b, &c->nodes[1], "999"), NULL, "<abcdef");
  run (c);
  g_assert_cmpuint (c->hub.n_fetched, ==, 1);
}

static void
test_catch_up_at_once (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxGroup) b = NULL;
  Person *bob;

  send_all (a, "abc");
  run (c);
  b = crowd_group (&c->nodes[1], "lobby");
  g_object_set (b, "history-size", 10, NULL);
  g_assert_null (nx_group_dup_last_id (b));
  bob = come_again (b, &c->nodes[1], "1-0"); /* before it has subscribed */
  send_all (b, "d");
  run (c);
  expect_all (bob, NULL, "bcd");
}

/* What the one who sent is not to get it does not get from the history either, whoever keeps that; its namesake elsewhere does. */
static void
test_excluding (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxGroup) b = make_group (c, 1, 10);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);

  g_assert_cmpuint (ada->ws->serial, ==, bob->ws->serial);
  nx_group_send_text (a, "a", ada->ws, NULL);
  run (c);
  expect_all (ada, NULL, "");
  expect_all (bob, NULL, "a");
  nx_group_remove (a, ada->ws);
  nx_group_remove (b, bob->ws);
  g_assert_true (nx_group_add_after (a, ada->ws, NULL, NULL));
  g_assert_true (nx_group_add_after (b, bob->ws, NULL, NULL));
  run (c);
  expect_all (ada, NULL, "");
  expect_all (bob, NULL, "a");
}

static void
test_trimmed (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 3);
  g_autoptr (NxGroup) b = NULL;
  Person *bob, *cyd;

  send_all (a, "abcdef");
  run (c);
  b = make_group (c, 1, 3);
  bob = come_again (b, &c->nodes[1], "1-0");
  cyd = come_again (b, &c->nodes[1], "3-0");
  run (c);
  expect_all (bob, NULL, "<def");
  expect_all (cyd, NULL, "def"); /* nothing is missing behind c */
}

/* -- When it is gone -- */

static void
test_waiting (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxGroup) b = make_group (c, 1, 10);
  Person *ada = crowd_join (&c->nodes[0], a), *bob, *late;

  send_all (b, "a");
  run (c);
  bob = crowd_join (&c->nodes[1], b);
  hub_lose (&c->hub, c->backplanes[0], FALSE);
  send_all (a, "b");
  send_all (b, "c");
  run (c);
  late = come_again (a, &c->nodes[0], "0-0");
  run (c);
  expect_all (ada, NULL, "a");
  expect_all (bob, NULL, "c");
  expect_all (late, NULL, ""); /* whether there was anything before is not known now */
  hub_restore (&c->hub, c->backplanes[0]);
  run (c);
  expect_all (ada, NULL, "cb");
  expect_all (bob, NULL, "b");
  expect_all (late, NULL, "<acb");
}

/* It was recorded, and nobody had said so. */
static void
test_lost_answer (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxMessage) message = nx_message_new_text ("a", -1);
  Person *ada = crowd_join (&c->nodes[0], a);

  nx_group_send_message_async (a, message, NULL, NULL, joined_cb, &c->nodes[0]);
  send_all (a, "b");
  hub_lose (&c->hub, c->backplanes[0], TRUE);
  run (c);
  expect_all (ada, NULL, "");
  hub_restore (&c->hub, c->backplanes[0]);
  run (c);
  expect_all (ada, NULL, "ab");
  assert_log (&c->nodes[0], "done:1");
}

static void
test_overflow (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxGroup) b = make_group (c, 1, 10);
  g_autoptr (NxMessage) message = nx_message_new_text ("1", -1);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b), *late, *later;
  g_autofree char *last = NULL;

  g_object_set (c->backplanes[0], "max-waiting", 2, NULL);
  send_all (b, "0");
  run (c);
  expect_all (ada, &last, "0");
  expect_all (bob, NULL, "0");
  hub_lose (&c->hub, c->backplanes[0], FALSE);
  late = come_again (a, &c->nodes[0], "999-0");
  nx_group_send_message_async (a, message, NULL, NULL, joined_cb, &c->nodes[0]);
  send_all (a, "2");
  run (c);
  expect_all (ada, NULL, "");
  send_all (a, "34");
  run (c);
  expect_all (ada, NULL, "!1!2!3!4");
  expect_all (late, NULL, "<0!1!2!3!4"); /* nobody waits for the history any longer */
  assert_log (&c->nodes[0], "failed:9");
  later = come_again (a, &c->nodes[0], "999-0");
  expect_all (later, NULL, "<0");
  send_all (b, "5");
  run (c);
  hub_restore (&c->hub, c->backplanes[0]);
  run (c);
  send_all (a, "6");
  run (c);
  expect_all (ada, NULL, "5<6");
  expect_all (late, NULL, "5<6");
  expect_all (later, NULL, "5<6");
  expect_all (bob, NULL, "5<6");
  /* The history has the gap, too; that of who has read it, and that of who was there. */
  expect_all (come_again (a, &c->nodes[0], last), NULL, "5<6");
  expect_all (come_again (b, &c->nodes[1], last), NULL, "5<6");
  {
    g_autoptr (NxGroup) d = make_group (c, 2, 10);
    Person *dot = come_again (d, &c->nodes[2], last);

    run (c);
    expect_all (dot, NULL, "5<6");
  }
}

static void
test_absent_from_the_start (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = NULL;
  Person *ada, *ann;

  c->hub.is_down = TRUE;
  set_backplane (c, 0);
  g_object_set (c->backplanes[0], "max-waiting", 1, NULL);
  a = make_group (c, 0, 10);
  ada = come_again (a, &c->nodes[0], "7-0");
  ann = come_again (a, &c->nodes[0], NULL);
  send_all (a, "1");
  run (c);
  expect_all (ada, NULL, "");
  send_all (a, "23");
  run (c);
  expect_all (ada, NULL, "<!1!2!3");
  expect_all (ann, NULL, "<!1!2!3");
  hub_restore (&c->hub, c->backplanes[0]);
  run (c);
  send_all (a, "4");
  run (c);
  expect_all (ada, NULL, "<4");
  expect_all (ann, NULL, "<4");
}

static void
test_refused (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxGroup) b = make_group (c, 1, 10);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);

  send_all (a, "1");
  run (c);
  c->hub.refuses = TRUE;
  send_all (a, "2");
  run (c);
  c->hub.refuses = FALSE;
  send_all (a, "3");
  run (c);
  expect_all (ada, NULL, "1!2<3");
  expect_all (bob, NULL, "1<3");
}

/* The engine has lost its data, and counts anew. */
static void
test_backwards (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  Person *ada = crowd_join (&c->nodes[0], a);
  g_autofree char *last = NULL;

  send_all (a, "abcd");
  run (c);
  expect_all (ada, &last, "abcd");
  hub_forget (&c->hub);
  run (c);
  expect_all (ada, NULL, "<");
  expect_all (come_again (a, &c->nodes[0], last), NULL,
              "<"); /* what was lost is behind what it saw */
  send_all (a, "ef");
  run (c);
  expect_all (ada, NULL, "ef");
  expect_all (come_again (a, &c->nodes[0], last), NULL, "");
  run (c);
  {
    Person *bob = come_again (a, &c->nodes[0], last);

    run (c);
    expect_all (bob, NULL, "<ef");
  }
}

/* The gap finds somebody who does not read. */
static void
test_gap_for_the_slow (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = NULL;
  Person *ada;
  g_autofree char *large = g_strnfill (100 * 1024, 'x');
  GString *expected = g_string_new (NULL);

  g_object_set (c->nodes[0].app, "low-water-mark", (guint64) 16 * 1024, "high-water-mark",
                (guint64) 64 * 1024, NULL);
  a = make_group (c, 0, 10);
  nx_group_set_slow_policy (a, NX_SLOW_POLICY_DROP_NEW);
  ada = crowd_join (&c->nodes[0], a);
  client_set_reading (ada->client, FALSE);
  for (guint i = 0; i < 3; i++)
    nx_group_send_text (a, large, NULL, NULL);
  run (c);
  hub_forget (&c->hub);
  run (c);
  client_set_reading (ada->client, TRUE);
  run (c);
  for (guint i = 0; i < 3; i++)
    g_string_append (expected, large);
  g_string_append_c (expected, '<');
  expect_all (ada, NULL, expected->str);
  g_string_free (expected, TRUE);
}

/* -- Presence -- */

static void
set_presence (NxGroup *group, Person *person, const char *key, const char *json)
{
  g_autoptr (JsonNode) meta = json != NULL ? json_from_string (json, NULL) : NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (nx_group_set_presence (group, person->ws, key, meta, &error));
  g_assert_no_error (error);
}

static void
presence_changed_cb (NxGroup *group, const char *key, JsonNode *meta, gpointer data)
{
  g_autofree char *text = meta != NULL ? json_to_string (meta, FALSE) : g_strdup ("gone");

  note (data, "%s=%s", key, text);
}

static void
test_presence (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *ada = crowd_join (&c->nodes[0], a), *ann, *bob;

  g_object_set (a, "announces-presence", TRUE, NULL);
  g_object_set (b, "announces-presence", TRUE, NULL);
  g_signal_connect (b, "presence-changed", G_CALLBACK (presence_changed_cb), &c->nodes[1]);
  set_presence (a, ada, "ada", "1");
  run (c);
  assert_log (&c->nodes[1], "ada=1");
  crowd_expect (ada,
                "{\"nx\":{\"group\":\"lobby\",\"presence\":{\"set\":{\"ada\":1},\"gone\":[]}}}");
  bob = crowd_join (&c->nodes[1], b);
  crowd_expect (bob, "{\"nx\":{\"group\":\"lobby\",\"presence\":{\"all\":{\"ada\":1}}}}");
  /* The same person at another process: what was said last counts, and nobody is there twice. */
  set_presence (b, bob, "ada", "2");
  run (c);
  crowd_expect (ada,
                "{\"nx\":{\"group\":\"lobby\",\"presence\":{\"set\":{\"ada\":2},\"gone\":[]}}}");
  crowd_expect (bob,
                "{\"nx\":{\"group\":\"lobby\",\"presence\":{\"set\":{\"ada\":2},\"gone\":[]}}}");
  assert_log (&c->nodes[1], "ada=2");
  set_presence (a, ada, "ada", "3");
  run (c);
  assert_log (&c->nodes[1], "ada=3");
  crowd_cut (ada);
  run (c);
  assert_log (&c->nodes[1], "ada=2");
  /* Somebody joins who was never told. */
  ann = crowd_join (&c->nodes[0], a);
  crowd_expect (ann, "{\"nx\":{\"group\":\"lobby\",\"presence\":{\"all\":{\"ada\":2}}}}");
  set_presence (a, ann, "ann", "{}");
  run (c);
  assert_log (&c->nodes[1], "ann={}");
  /* Another key. */
  set_presence (a, ann, "eve", "{}");
  run (c);
  assert_log (&c->nodes[1], "ann=gone eve={}");
  hub_lose (&c->hub, c->backplanes[0], FALSE); /* as if it had been killed */
  run (c);
  assert_log (&c->nodes[1], "eve=gone");
  hub_restore (&c->hub, c->backplanes[0]);
  run (c);
  assert_log (&c->nodes[1], "eve={}");
  g_object_set (c->nodes[0].app, "backplane", NULL, NULL);
  run (c);
  assert_log (&c->nodes[1], "eve=gone");
  {
    g_autoptr (JsonNode) here = nx_group_dup_presence (a);
    g_autofree char *text = json_to_string (here, FALSE);

    g_assert_cmpstr (text, ==, "{\"eve\":{}}");
  }
}

/* -- To one, and to several -- */

static void
test_send_to (Cluster *c, gconstpointer data)
{
  g_autoptr (NxMessage) message = nx_message_new_text ("psst", -1);
  Person *ada = crowd_open (&c->nodes[0]), *bob = crowd_open (&c->nodes[1]);
  static const char *const wrong[] = { "", "-", "1-1-1", "xyz-1", "1-01", "01-1", "-1-1", "1-" };

  g_assert_true (nx_app_send_to (c->nodes[0].app, nx_web_socket_get_id (bob->ws), message));
  run (c);
  crowd_expect (ada, "");
  crowd_expect (bob, "psst");
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (nx_app_send_to (c->nodes[0].app, wrong[i], message));
  g_assert_cmpuint (c->hub.jobs.length, ==, 0);
  g_assert_true (nx_app_send_to (c->nodes[0].app, "1-1", message)); /* a node that there is not */
  crowd_cut (bob);
  nx_app_send_to (c->nodes[0].app, nx_web_socket_get_id (bob->ws), message);
  run (c);
  hub_lose (&c->hub, c->backplanes[0], FALSE);
  g_assert_false (nx_app_send_to (c->nodes[0].app, nx_web_socket_get_id (bob->ws), message));
  g_assert_true (nx_app_send_to (c->nodes[0].app, nx_web_socket_get_id (ada->ws), message));
  crowd_expect (ada, "psst");
}

static void
test_several (Cluster *c, gconstpointer data)
{
  static const char *const names[] = { "one", "two", "three", NULL };
  g_autoptr (NxMessage) message = nx_message_new_text ("x", -1);
  NxGroup *groups[N_NODES][3];
  Person *both = crowd_open (&c->nodes[1]), *third = crowd_open (&c->nodes[1]);
  Person *ada = crowd_open (&c->nodes[0]);
  g_autofree char *all = NULL;

  for (guint i = 0; i < 2; i++)
    for (guint k = 0; k < 3; k++)
      groups[i][k] = crowd_group (&c->nodes[i], names[k]);
  for (guint i = 0; i < 2; i++)
    g_object_set (groups[i][2], "history-size", 5, NULL);
  nx_group_add (groups[1][0], both->ws, NULL);
  nx_group_add (groups[1][1], both->ws, NULL);
  nx_group_add (groups[1][2], both->ws, NULL);
  nx_group_add (groups[1][2], third->ws, NULL);
  nx_group_add (groups[0][1], ada->ws, NULL);
  nx_group_add (groups[0][2], ada->ws, NULL);
  run (c);
  nx_app_send_to_groups (c->nodes[0].app, names, message, NULL);
  run (c);
  crowd_expect (both, "x");
  crowd_expect (ada, "x");
  all = crowd_take (third);
  g_assert_nonnull (strstr (all, "\"text\":\"x\""));
  g_assert_nonnull (strstr (all, "\"several\":\""));
  g_assert_cmpuint (third->client->messages.length, ==, 0);
  for (guint i = 0; i < 2; i++)
    for (guint k = 0; k < 3; k++)
      g_object_unref (groups[i][k]);
}

/* -- Sooner or later -- */

static void
test_set_later (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) live = crowd_group (&c->nodes[0], "live");
  g_autoptr (NxGroup) a = crowd_group (&c->nodes[0], "lobby");
  g_autoptr (NxGroup) b = NULL;
  Person *ada, *bob, *eve;

  g_object_set (a, "history-size", 10, NULL);
  ada = crowd_join (&c->nodes[0], a);
  eve = crowd_join (&c->nodes[0], live);
  set_presence (a, ada, "ada", "1");
  send_all (a, "a");
  expect_all (ada, NULL, "a");
  set_backplane (c, 0);
  set_backplane (c, 1);
  b = make_group (c, 1, 10);
  bob = crowd_join (&c->nodes[1], b);
  send_all (b, "b");
  run (c);
  expect_all (ada, NULL, "<b");
  expect_all (bob, NULL, "b");
  {
    g_autoptr (JsonNode) there = nx_group_dup_presence (b);
    g_autofree char *text = json_to_string (there, FALSE);

    g_assert_cmpstr (text, ==, "{\"ada\":1}");
  }
  /* And back again: it counts on. */
  g_object_set (c->nodes[0].app, "backplane", NULL, NULL);
  send_all (a, "c");
  expect_all (ada, NULL, "c");
  expect_all (come_again (a, &c->nodes[0], "1-0"), NULL, "c");
  send_all (live, "d");
  crowd_expect (eve, "d");
  run (c);
  expect_all (bob, NULL, "");
}

static void
test_removed_with_waiting (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxMessage) message = nx_message_new_text ("a", -1);
  Person *ada = crowd_join (&c->nodes[0], a);

  nx_group_send_message_async (a, message, NULL, NULL, joined_cb, &c->nodes[0]);
  g_object_set (c->nodes[0].app, "backplane", NULL, NULL);
  run (c);
  expect_all (ada, NULL, "!a");
  assert_log (&c->nodes[0], "failed:9");
}

static void
test_app_goes (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxMessage) message = nx_message_new_text ("a", -1);
  Person *ada = crowd_join (&c->nodes[0], a);

  set_presence (a, ada, "ada", "1");
  nx_group_send_message_async (a, message, NULL, NULL, joined_cb, &c->nodes[0]);
  g_ptr_array_set_size (c->nodes[0].clients, 0);
  g_clear_object (&c->nodes[0].app);
  run (c);
  assert_log (&c->nodes[0], "failed:1");
}

static void
test_serves_another (Cluster *c, gconstpointer data)
{
  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "*serves another app*");
  g_object_set (c->nodes[1].app, "backplane", c->backplanes[0], NULL);
  g_test_assert_expected_messages ();
}

/* An envelope of ours, and nonsense in it. */
static void
test_nonsense (Cluster *c, gconstpointer data)
{
  static const char *const payloads[] = {
    "", "\1", "\377hello", "\2\0\0", "\4\0\377x", "\0\300\257"
  };
  static const gsize sizes[] = { 0, 0, 6, 3, 4, 3 };
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  Person *ada = crowd_join (&c->nodes[0], a);
  guint64 n_rejected;

  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*not ours*");
  for (guint i = 0; i < G_N_ELEMENTS (payloads); i++)
    {
      const NxBackplaneEnvelopeHeader header = { NX_ENVELOPE_FIRST, 4711, i + 1 };
      g_autoptr (GBytes) payload = g_bytes_new (payloads[i], sizes[i]);
      g_autoptr (GBytes) envelope = nx_backplane_envelope_close (&header, payload);

      hub_inject (&c->hub, "lobby", envelope);
      nx_backplane_received_direct (c->backplanes[0], envelope);
      nx_backplane_presence (c->backplanes[0], "lobby", "x", payload);
    }
  g_test_assert_expected_messages ();
  crowd_expect (ada, "");
  g_object_get (c->backplanes[0], "n-rejected", &n_rejected, NULL);
  g_assert_cmpuint (n_rejected, >=, 15);
}

#define ADD(path, function)                                                                        \
  g_test_add ("/group/remote/" path, Cluster, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("live", test_live);
  ADD ("octets", test_octets);
  ADD ("here-alone", test_here_alone);
  ADD ("passing-by", test_passing_by);
  ADD ("alone", test_alone);
  ADD ("recorded", test_recorded);
  ADD ("volatile", test_volatile);
  ADD ("catch-up", test_catch_up);
  ADD ("catch-up/at-once", test_catch_up_at_once);
  ADD ("excluding", test_excluding);
  ADD ("trimmed", test_trimmed);
  ADD ("waiting", test_waiting);
  ADD ("lost-answer", test_lost_answer);
  ADD ("overflow", test_overflow);
  g_test_add ("/group/remote/absent-from-the-start", Cluster, NULL, set_up_without,
              test_absent_from_the_start, tear_down);
  ADD ("refused", test_refused);
  ADD ("backwards", test_backwards);
  ADD ("gap-for-the-slow", test_gap_for_the_slow);
  ADD ("presence", test_presence);
  ADD ("send-to", test_send_to);
  ADD ("several", test_several);
  g_test_add ("/group/remote/set-later", Cluster, NULL, set_up_without, test_set_later, tear_down);
  ADD ("removed-with-waiting", test_removed_with_waiting);
  ADD ("app-goes", test_app_goes);
  ADD ("serves-another", test_serves_another);
  ADD ("nonsense", test_nonsense);
  return g_test_run ();
}
