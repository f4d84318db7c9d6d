/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups over several apps, when what is between them is gone, or backward. */
#include "config.h"

#include "cluster.h"

static void
test_waiting (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxGroup) b = make_group (c, 1, 10);
  Person *ada = crowd_join (&c->nodes[0], a), *bob, *late;

  crowd_send_letters (b, "a");
  run (c);
  bob = crowd_join (&c->nodes[1], b);
  hub_lose (&c->hub, c->backplanes[0], FALSE);
  crowd_send_letters (a, "b");
  crowd_send_letters (b, "c");
  run (c);
  late = crowd_come_again (&c->nodes[0], a, "0-0");
  run (c);
  crowd_expect_letters (ada, NULL, "a");
  crowd_expect_letters (bob, NULL, "c");
  crowd_expect_letters (late, NULL, ""); /* whether there was anything before is not known now */
  hub_restore (&c->hub, c->backplanes[0]);
  run (c);
  crowd_expect_letters (ada, NULL, "cb");
  crowd_expect_letters (bob, NULL, "b");
  crowd_expect_letters (late, NULL, "<acb");
}

/* It was recorded, and nobody had said so. */
static void
test_lost_answer (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxMessage) message = nx_message_new_text ("a", -1);
  Person *ada = crowd_join (&c->nodes[0], a);

  nx_group_send_message_async (a, message, NULL, NULL, note_sent_cb, &c->nodes[0]);
  crowd_send_letters (a, "b");
  hub_lose (&c->hub, c->backplanes[0], TRUE);
  run (c);
  crowd_expect_letters (ada, NULL, "");
  hub_restore (&c->hub, c->backplanes[0]);
  run (c);
  crowd_expect_letters (ada, NULL, "ab");
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
  crowd_send_letters (b, "0");
  run (c);
  crowd_expect_letters (ada, &last, "0");
  crowd_expect_letters (bob, NULL, "0");
  hub_lose (&c->hub, c->backplanes[0], FALSE);
  late = crowd_come_again (&c->nodes[0], a, "999-0");
  nx_group_send_message_async (a, message, NULL, NULL, note_sent_cb, &c->nodes[0]);
  crowd_send_letters (a, "2");
  run (c);
  crowd_expect_letters (ada, NULL, "");
  crowd_send_letters (a, "34");
  run (c);
  crowd_expect_letters (ada, NULL, "!1!2!3!4");
  crowd_expect_letters (late, NULL, "<0!1!2!3!4"); /* nobody waits for the history any longer */
  assert_log (&c->nodes[0], "failed:9");
  later = crowd_come_again (&c->nodes[0], a, "999-0");
  crowd_expect_letters (later, NULL, "<0");
  crowd_send_letters (b, "5");
  run (c);
  hub_restore (&c->hub, c->backplanes[0]);
  run (c);
  crowd_send_letters (a, "6");
  run (c);
  crowd_expect_letters (ada, NULL, "5<6");
  crowd_expect_letters (late, NULL, "5<6");
  crowd_expect_letters (later, NULL, "5<6");
  crowd_expect_letters (bob, NULL, "5<6");
  /* The history has the gap, too; that of who has read it, and that of who was there. */
  crowd_expect_letters (crowd_come_again (&c->nodes[0], a, last), NULL, "5<6");
  crowd_expect_letters (crowd_come_again (&c->nodes[1], b, last), NULL, "5<6");
  {
    g_autoptr (NxGroup) d = make_group (c, 2, 10);
    Person *dot = crowd_come_again (&c->nodes[2], d, last);

    run (c);
    crowd_expect_letters (dot, NULL, "5<6");
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
  ada = crowd_come_again (&c->nodes[0], a, "7-0");
  ann = crowd_come_again (&c->nodes[0], a, NULL);
  crowd_send_letters (a, "1");
  run (c);
  crowd_expect_letters (ada, NULL, "");
  crowd_send_letters (a, "23");
  run (c);
  crowd_expect_letters (ada, NULL, "<!1!2!3");
  crowd_expect_letters (ann, NULL, "<!1!2!3");
  hub_restore (&c->hub, c->backplanes[0]);
  run (c);
  crowd_send_letters (a, "4");
  run (c);
  crowd_expect_letters (ada, NULL, "<4");
  crowd_expect_letters (ann, NULL, "<4");
}

static void
test_refused (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  g_autoptr (NxGroup) b = make_group (c, 1, 10);
  Person *ada = crowd_join (&c->nodes[0], a), *bob = crowd_join (&c->nodes[1], b);

  crowd_send_letters (a, "1");
  run (c);
  c->hub.refuses = TRUE;
  crowd_send_letters (a, "2");
  run (c);
  c->hub.refuses = FALSE;
  crowd_send_letters (a, "3");
  run (c);
  crowd_expect_letters (ada, NULL, "1!2<3");
  crowd_expect_letters (bob, NULL, "1<3");
}

/* The engine has lost its data, and counts anew. */
static void
test_backwards (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 10);
  Person *ada = crowd_join (&c->nodes[0], a);
  g_autofree char *last = NULL;

  crowd_send_letters (a, "abcd");
  run (c);
  crowd_expect_letters (ada, &last, "abcd");
  hub_forget (&c->hub);
  run (c);
  crowd_expect_letters (ada, NULL, "<");
  crowd_expect_letters (crowd_come_again (&c->nodes[0], a, last), NULL,
                        "<"); /* what was lost is behind what it saw */
  crowd_send_letters (a, "ef");
  run (c);
  crowd_expect_letters (ada, NULL, "ef");
  crowd_expect_letters (crowd_come_again (&c->nodes[0], a, last), NULL, "");
  run (c);
  {
    Person *bob = crowd_come_again (&c->nodes[0], a, last);

    run (c);
    crowd_expect_letters (bob, NULL, "<ef");
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
  crowd_expect_letters (ada, NULL, expected->str);
  g_string_free (expected, TRUE);
}

#define ADD(path, function)                                                                        \
  g_test_add ("/group/remote/" path, Cluster, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("waiting", test_waiting);
  ADD ("lost-answer", test_lost_answer);
  ADD ("overflow", test_overflow);
  g_test_add ("/group/remote/absent-from-the-start", Cluster, NULL, set_up_without,
              test_absent_from_the_start, tear_down);
  ADD ("refused", test_refused);
  ADD ("backwards", test_backwards);
  ADD ("gap-for-the-slow", test_gap_for_the_slow);
  return g_test_run ();
}
