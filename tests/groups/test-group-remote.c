/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups over several apps: their messages, and when one comes or goes. */
#include "config.h"

#include "cluster.h"

#include "groups/nx-backplane-envelope-private.h"
#include "groups/nx-parcel-private.h"

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
  crowd_send_letters (a, "23");
  crowd_send_letters (b, "4");
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
  run (c);
  g_assert_cmpuint (c->hub.n_published, ==, 0);
  g_assert_cmpuint (ada->client->messages.length, ==, 1);
  crowd_expect (bob, "");
}

/* Whoever sends once and drops the group has not listened to it. */
static void
test_passing_by (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) b = make_group (c, 1, 0);
  Person *bob = crowd_join (&c->nodes[1], b);
  NxGroup *a = crowd_group (&c->nodes[0], "lobby");

  crowd_send_letters (a, "1");
  g_assert_finalize_object (a);
  g_assert_cmpuint (c->hub.jobs.length, ==, 1);
  run (c);
  crowd_expect (bob, "1");
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
  crowd_send_letters (a, "1");
  nx_group_send_message_async (a, message, NULL, NULL, note_sent_cb, &c->nodes[0]);
  run (c);
  crowd_expect (ada, "1 2");
  g_object_get (c->backplanes[0], "n-dropped", &n_dropped, NULL);
  g_assert_cmpuint (n_dropped, ==, 2);
  assert_log (&c->nodes[0], "failed:9");
  hub_restore (&c->hub, c->backplanes[0]);
  run (c);
  nx_group_send_message_async (a, message, NULL, NULL, note_sent_cb, &c->nodes[0]);
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
  crowd_send_letters (b, "2");
  nx_group_send_message_async (a, message, NULL, NULL, note_sent_cb, &c->nodes[0]);
  crowd_expect_letters (ada, NULL, "");
  crowd_expect_letters (bob, NULL, "");
  assert_log (&c->nodes[0], "");
  run (c);
  crowd_expect_letters (ada, &mine, "23");
  crowd_expect_letters (bob, &yours, "123");
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
  bob = crowd_come_again (&c->nodes[1], b, NULL);
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

  crowd_send_letters (a, "ab");
  run (c);
  crowd_expect_letters (ada, &last, "ab");
  crowd_cut (ada);
  crowd_send_letters (a, "cd");
  run (c);
  /* A process that knows nothing of it reads it; what comes meanwhile comes behind it. */
  b = make_group (c, 1, 10);
  bob = crowd_come_again (&c->nodes[1], b, last);
  cyd = crowd_come_again (&c->nodes[1], b, NULL);
  crowd_send_letters (a, "e");
  crowd_expect_letters (bob, NULL, "");
  run (c);
  crowd_send_letters (b, "f");
  run (c);
  crowd_expect_letters (bob, NULL, "cdef");
  crowd_expect_letters (cyd, NULL, "abcdef");
  g_assert_cmpuint (c->hub.n_fetched, ==, 1);
  /* From now on it is all here. */
  crowd_expect_letters (crowd_come_again (&c->nodes[1], b, last), NULL, "cdef");
  crowd_expect_letters (crowd_come_again (&c->nodes[1], b, "nonsense"), NULL, "<abcdef");
  crowd_expect_letters (crowd_come_again (&c->nodes[1], b, "999"), NULL, "<abcdef");
  run (c);
  g_assert_cmpuint (c->hub.n_fetched, ==, 1);
}

static void
test_catch_up_at_once (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxGroup) b = NULL;
  Person *bob;

  crowd_send_letters (a, "abc");
  run (c);
  b = crowd_group (&c->nodes[1], "lobby");
  g_object_set (b, "history-size", 10, NULL);
  g_assert_null (nx_group_dup_last_id (b));
  bob = crowd_come_again (&c->nodes[1], b, "1-0"); /* before it has subscribed */
  crowd_send_letters (b, "d");
  run (c);
  crowd_expect_letters (bob, NULL, "bcd");
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
  crowd_expect_letters (ada, NULL, "");
  crowd_expect_letters (bob, NULL, "a");
  nx_group_remove (a, ada->ws);
  nx_group_remove (b, bob->ws);
  g_assert_true (nx_group_add_after (a, ada->ws, NULL, NULL));
  g_assert_true (nx_group_add_after (b, bob->ws, NULL, NULL));
  run (c);
  crowd_expect_letters (ada, NULL, "");
  crowd_expect_letters (bob, NULL, "a");
}

static void
test_trimmed (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 3);
  g_autoptr (NxGroup) b = NULL;
  Person *bob, *cyd;

  crowd_send_letters (a, "abcdef");
  run (c);
  b = make_group (c, 1, 3);
  bob = crowd_come_again (&c->nodes[1], b, "1-0");
  cyd = crowd_come_again (&c->nodes[1], b, "3-0");
  run (c);
  crowd_expect_letters (bob, NULL, "<def");
  crowd_expect_letters (cyd, NULL, "def"); /* nothing is missing behind c */
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
  crowd_send_letters (a, "a");
  crowd_expect_letters (ada, NULL, "a");
  set_backplane (c, 0);
  set_backplane (c, 1);
  b = make_group (c, 1, 10);
  bob = crowd_join (&c->nodes[1], b);
  crowd_send_letters (b, "b");
  run (c);
  crowd_expect_letters (ada, NULL, "<b");
  crowd_expect_letters (bob, NULL, "b");
  {
    g_autoptr (JsonNode) there = nx_group_dup_presence (b);
    g_autofree char *text = json_to_string (there, FALSE);

    g_assert_cmpstr (text, ==, "{\"ada\":1}");
  }
  /* And back again: it counts on. */
  g_object_set (c->nodes[0].app, "backplane", NULL, NULL);
  crowd_send_letters (a, "c");
  crowd_expect_letters (ada, NULL, "c");
  crowd_expect_letters (crowd_come_again (&c->nodes[0], a, "1-0"), NULL, "c");
  crowd_send_letters (live, "d");
  crowd_expect (eve, "d");
  run (c);
  crowd_expect_letters (bob, NULL, "");
}

static void
test_removed_with_waiting (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxMessage) message = nx_message_new_text ("a", -1);
  Person *ada = crowd_join (&c->nodes[0], a);

  nx_group_send_message_async (a, message, NULL, NULL, note_sent_cb, &c->nodes[0]);
  g_object_set (c->nodes[0].app, "backplane", NULL, NULL);
  run (c);
  crowd_expect_letters (ada, NULL, "!a");
  assert_log (&c->nodes[0], "failed:9");
}

static void
test_app_goes (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxMessage) message = nx_message_new_text ("a", -1);
  Person *ada = crowd_join (&c->nodes[0], a);

  set_presence (a, ada, "ada", "1");
  nx_group_send_message_async (a, message, NULL, NULL, note_sent_cb, &c->nodes[0]);
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
  ADD ("send-to", test_send_to);
  ADD ("several", test_several);
  g_test_add ("/group/remote/set-later", Cluster, NULL, set_up_without, test_set_later, tear_down);
  ADD ("removed-with-waiting", test_removed_with_waiting);
  ADD ("app-goes", test_app_goes);
  ADD ("serves-another", test_serves_another);
  ADD ("nonsense", test_nonsense);
  return g_test_run ();
}
