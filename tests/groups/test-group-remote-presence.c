/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in a group, over several apps. */
#include "config.h"

#include "cluster.h"

#include "groups/nx-parcel-private.h"

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

/* Another machine's clock is ahead: what is said here afterwards counts all the same. */
static void
test_clocks (Cluster *c, gconstpointer data)
{
  g_autoptr (NxGroup) a = make_group (c, 0, 0);
  Person *ada = crowd_join (&c->nodes[0], a);
  g_autoptr (GBytes) ahead = nx_presence_pack (G_MAXINT64, "ada", "1");

  g_signal_connect (a, "presence-changed", G_CALLBACK (presence_changed_cb), &c->nodes[0]);
  g_assert_true (nx_group_take_stranger (a, "f-1", ahead));
  set_presence (a, ada, "ada", "2");
  assert_log (&c->nodes[0], "ada=1 ada=2");
}

#define ADD(path, function)                                                                        \
  g_test_add ("/group/remote/" path, Cluster, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("presence", test_presence);
  ADD ("clocks", test_clocks);
  return g_test_run ();
}
