/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in a group, and what members are told of it. */
#include "crowd.h"

static void
changed_cb (NxGroup *group, const char *key, JsonNode *meta, gpointer data)
{
  g_autofree char *text = meta != NULL ? json_to_string (meta, FALSE) : g_strdup ("gone");

  note (data, "%s=%s", key, text);
}

static void
set (NxGroup *group, Person *person, const char *key, const char *meta)
{
  g_autoptr (JsonNode) node = meta != NULL ? json_from_string (meta, NULL) : NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (nx_group_set_presence (group, person->ws, key, node, &error));
  g_assert_no_error (error);
}

#define assert_presence(group, expected)                                                           \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autoptr (JsonNode) node_ = nx_group_dup_presence (group);                                    \
    g_autofree char *text_ = json_to_string (node_, FALSE);                                        \
    g_assert_cmpstr (text_, ==, expected);                                                         \
  }                                                                                                \
  G_STMT_END

static void
test_one_person_in_two_tabs (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *tab = crowd_join (f, group), *other_tab = crowd_join (f, group);
  Person *third_tab;

  g_signal_connect (group, "presence-changed", G_CALLBACK (changed_cb), f);
  assert_presence (group, "{}");
  set (group, tab, "ada", "{\"n\":1}");
  set (group, other_tab, "ada", "{\"n\":2}");
  assert_log (f, "ada={\"n\":1} ada={\"n\":2}");
  assert_presence (group, "{\"ada\":{\"n\":2}}");
  set (group, tab, "ada", "{\"n\":3}"); /* what was said last is shown */
  assert_log (f, "ada={\"n\":3}");
  third_tab = crowd_join (f, group);
  set (group, third_tab, "ada", "{\"n\":4}");
  set (group, tab, "ada", "{\"n\":3}");
  assert_log (f, "ada={\"n\":4} ada={\"n\":3}");
  nx_group_remove (group, third_tab->ws); /* which is not the one that is shown */
  assert_log (f, "");
  crowd_cut (tab); /* and when that one goes, what the other said */
  assert_log (f, "ada={\"n\":2}");
  assert_presence (group, "{\"ada\":{\"n\":2}}");
  nx_group_remove (group, other_tab->ws);
  assert_log (f, "ada=gone");
  assert_presence (group, "{}");
}

static void
test_changes (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_join (f, group), *bob = crowd_join (f, group);

  g_signal_connect (group, "presence-changed", G_CALLBACK (changed_cb), f);
  set (group, ada, "ada", "1");
  set (group, bob, "bob", "2");
  set (group, ada, "eve", "3"); /* another person now */
  assert_log (f, "ada=1 bob=2 ada=gone eve=3");
  set (group, ada, "eve", NULL);
  set (group, ada, "eve", NULL);
  assert_log (f, "eve=gone");
  assert_presence (group, "{\"bob\":2}");
  crowd_cut (ada);
  assert_log (f, "");
}

static void
test_limits (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_join (f, group), *outsider = crowd_open (f);
  g_autofree char *longest = g_strnfill (256, 'k'), *longer = g_strnfill (257, 'k');
  g_autofree char *most = g_strnfill (4094, 'm'), *more = g_strnfill (4095, 'm');
  g_autoptr (JsonNode) fits = json_node_init_string (json_node_alloc (), most);
  g_autoptr (JsonNode) does_not = json_node_init_string (json_node_alloc (), more);
  g_autoptr (JsonNode) infinite = json_node_init_double (json_node_alloc (), 1e308 * 10);
  GError *error = NULL;

  g_assert_true (nx_group_set_presence (group, ada->ws, longest, fits, NULL));
  g_assert_false (nx_group_set_presence (group, ada->ws, longer, fits, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "257");
  g_assert_false (nx_group_set_presence (group, ada->ws, "ada", does_not, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "4097");
  g_assert_false (nx_group_set_presence (group, ada->ws, "", fits, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "has a name");
  g_assert_false (nx_group_set_presence (group, ada->ws, "ada", infinite, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "JSON");
  g_assert_false (nx_group_set_presence (group, outsider->ws, "eve", fits, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_STATE, "not in the group");
}

static void
test_announced (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada, *bob, *eve;

  g_object_set (group, "announces-presence", TRUE, NULL);
  ada = crowd_join (f, group);
  crowd_expect (ada, "{\"nx\":{\"group\":\"lobby\",\"presence\":{\"all\":{}}}}");
  set (group, ada, "ada", "{}");
  crowd_expect (ada,
                "{\"nx\":{\"group\":\"lobby\",\"presence\":{\"set\":{\"ada\":{}},\"gone\":[]}}}");
  bob = crowd_join (f, group);
  crowd_expect (bob, "{\"nx\":{\"group\":\"lobby\",\"presence\":{\"all\":{\"ada\":{}}}}}");
  /* One message a turn, of what it comes to in the end. */
  eve = crowd_join (f, group);
  crowd_expect (eve, "{\"nx\":{\"group\":\"lobby\",\"presence\":{\"all\":{\"ada\":{}}}}}");
  set (group, bob, "bob", "1");
  set (group, bob, "bob", "2");
  set (group, ada, "ada", NULL);
  crowd_expect (
      eve, "{\"nx\":{\"group\":\"lobby\",\"presence\":{\"set\":{\"bob\":2},\"gone\":[\"ada\"]}}}");
  nx_group_remove (group, bob->ws);
  crowd_expect (eve, "{\"nx\":{\"group\":\"lobby\",\"presence\":{\"set\":{},\"gone\":[\"bob\"]}}}");
}

/* Who is too slow to be told is told all when there is room. */
static void
test_announced_to_slow (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autofree char *text = g_strnfill (4000, 'x'), *taken = NULL;
  Person *ada, *deaf;

  g_object_set (f->app, "low-water-mark", (guint64) 512, "high-water-mark", (guint64) 2048, NULL);
  g_object_set (group, "announces-presence", TRUE, "slow-policy", NX_SLOW_POLICY_DROP_NEW, NULL);
  ada = crowd_join (f, group);
  deaf = crowd_join (f, group);
  settle (f);
  nx_memory_peer_set_capacity (deaf->client->peer, 0);
  client_set_reading (deaf->client, FALSE);
  nx_web_socket_send_text (deaf->ws, text, NULL);
  set (group, ada, "ada", "1");
  settle (f);
  set (group, ada, "ada", "2");
  settle (f);
  nx_memory_peer_set_capacity (deaf->client->peer, G_MAXSIZE);
  client_set_reading (deaf->client, TRUE);
  wait_until (f, nx_web_socket_get_buffered_amount (deaf->ws) == 0);
  taken = crowd_take (deaf);
  g_assert_true (g_str_has_suffix (
      taken, " {\"nx\":{\"group\":\"lobby\",\"presence\":{\"all\":{\"ada\":2}}}}"));
  g_assert_null (strstr (taken, "set"));
}

static void
remove_cb (NxGroup *group, const char *key, JsonNode *meta, gpointer data)
{
  Person *person = data;

  nx_group_remove (group, person->ws);
}

static void
test_remove_inside (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_join (f, group);

  g_object_set (group, "announces-presence", TRUE, NULL);
  g_signal_connect (group, "presence-changed", G_CALLBACK (remove_cb), ada);
  set (group, ada, "ada", "1");
  g_assert_false (nx_group_contains (group, ada->ws));
  assert_presence (group, "{}");
  nx_group_add (group, ada->ws, NULL);
  set (group, ada, "ada", "1");
  settle (f);
  assert_presence (group, "{}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/group-presence/one-person-in-two-tabs", test_one_person_in_two_tabs);
  ADD_SCENARIO ("/group-presence/changes", test_changes);
  ADD_SCENARIO ("/group-presence/limits", test_limits);
  ADD_SCENARIO ("/group-presence/announced", test_announced);
  ADD_MEMORY_SCENARIO ("/group-presence/announced-to-slow", test_announced_to_slow);
  ADD_SCENARIO ("/group-presence/remove-inside", test_remove_inside);
  return g_test_run ();
}
