/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in a group, and how long there is one. */
#include "crowd.h"

static void
test_members (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_open (f), *bob = crowd_open (f);
  GListModel *members = nx_group_get_members (group);

  crowd_note_changes (f, group);
  g_assert_cmpstr (nx_group_get_name (group), ==, "lobby");
  g_assert_cmpuint (nx_group_get_n_members (group), ==, 0);
  g_assert_true (nx_group_add (group, ada->ws, NULL));
  g_assert_true (nx_group_add (group, ada->ws, NULL)); /* it stays one */
  g_assert_true (nx_group_add (group, bob->ws, NULL));
  assert_log (f, "+0 +1");
  g_assert_true (nx_group_contains (group, ada->ws));
  g_assert_cmpuint (nx_group_get_n_members (group), ==, 2);
  g_assert_cmpuint (g_list_model_get_n_items (members), ==, 2);
  g_assert_true (g_list_model_get_item_type (members) == NX_TYPE_WEB_SOCKET);

  g_assert_true (nx_group_remove (group, ada->ws));
  g_assert_false (nx_group_remove (group, ada->ws));
  assert_log (f, "-0");
  g_assert_false (nx_group_contains (group, ada->ws));
  g_assert_cmpuint (nx_group_get_n_members (group), ==, 1);
}

static void
count_notify_cb (NxGroup *group, GParamSpec *pspec, gpointer data)
{
  note (data, "n=%u", nx_group_get_n_members (group));
}

static void
test_properties (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autoptr (GListModel) members = NULL;
  g_autofree char *name = NULL;
  NxSlowPolicy policy;
  guint n;
  guint64 n_dropped;

  g_signal_connect (group, "notify::n-members", G_CALLBACK (count_notify_cb), f);
  crowd_join (f, group);
  assert_log (f, "n=1");
  g_object_get (group, "name", &name, "members", &members, "n-members", &n, "slow-policy", &policy,
                "n-dropped", &n_dropped, NULL);
  g_assert_cmpstr (name, ==, "lobby");
  g_assert_true (members == nx_group_get_members (group));
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpint (policy, ==, NX_SLOW_POLICY_CLOSE);
  g_assert_cmpuint (n_dropped, ==, 0);
  g_object_set (group, "slow-policy", NX_SLOW_POLICY_DROP_NEW, NULL);
  g_assert_cmpint (nx_group_get_slow_policy (group), ==, NX_SLOW_POLICY_DROP_NEW);

  g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "*nx_group_set_slow_policy*KEEP*");
  nx_group_set_slow_policy (group, NX_SLOW_POLICY_KEEP);
  g_test_assert_expected_messages ();
  g_assert_cmpint (nx_group_get_slow_policy (group), ==, NX_SLOW_POLICY_DROP_NEW);
}

static void
test_names (Fixture *f)
{
  g_autofree char *longest = g_strnfill (256, 'x');
  g_autofree char *longer = g_strnfill (257, 'x');
  g_autofree char *huge = g_strnfill (1024 * 1024, 'x');
  g_autoptr (NxGroup) group = crowd_group (f, longest);
  GError *error = NULL;

  g_assert_null (nx_app_dup_group (f->app, longer, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "257");
  g_assert_null (nx_app_dup_group (f->app, huge, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "1048576");
  g_assert_null (nx_app_dup_group (f->app, "", &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "has a name");
  g_assert_null (nx_app_dup_group (f->app, "a\xff", &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "UTF-8");
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "nx_app_dup_group: *has a name*");
  g_assert_null (nx_app_dup_group (f->app, "", NULL));
  g_test_assert_expected_messages ();
}

static void
refuse_to_join_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_autoptr (NxGroup) group = crowd_group (data, "lobby");
  GError *local = NULL;

  g_assert_false (nx_group_add (group, ws, &local));
  expect_error (local, NX_ERROR, NX_ERROR_INVALID_STATE, "Accept the websocket");
  note (data, "refused");
  nx_web_socket_accept (ws, error);
}

static void
test_join_when (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_open (f), *bob = crowd_open (f);
  GError *error = NULL;

  nx_router_add_route (NX_ROUTER (f->app), "/early", refuse_to_join_func, f, NULL, NULL);
  client_open (f, "/early");
  assert_log (f, "refused");

  nx_web_socket_close (ada->ws, 1000, NULL, NULL);
  g_assert_cmpint (nx_web_socket_get_state (ada->ws), ==, NX_STATE_CLOSING);
  g_assert_false (nx_group_add (group, ada->ws, &error));
  expect_error (error, NX_ERROR, NX_ERROR_DISCONNECTED, "closing");
  crowd_cut (bob);
  g_assert_false (nx_group_add (group, bob->ws, &error));
  expect_error (error, NX_ERROR, NX_ERROR_DISCONNECTED, "ended");
  g_assert_cmpuint (nx_group_get_n_members (group), ==, 0);
}

static void
test_other_app (Fixture *f)
{
  g_autoptr (NxApp) other = nx_app_new ();
  g_autoptr (NxGroup) group = nx_app_dup_group (other, "lobby", NULL);
  Person *ada = crowd_open (f);
  GError *error = NULL;

  g_assert_false (nx_group_add (group, ada->ws, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_STATE, "another app");
}

static void
test_leaving_is_automatic (Fixture *f)
{
  g_autoptr (NxGroup) lobby = crowd_group (f, "lobby");
  g_autoptr (NxGroup) bar = crowd_group (f, "bar");
  Person *ada = crowd_join (f, lobby), *bob = crowd_join (f, lobby);

  nx_group_add (bar, ada->ws, NULL);
  crowd_note_changes (f, lobby);
  crowd_note_changes (f, bar);
  crowd_cut (ada);
  assert_log (f, "-0 -0");
  g_assert_false (nx_group_contains (lobby, ada->ws));
  g_assert_null (nx_web_socket_get_groups (ada->ws));
  g_assert_cmpuint (nx_group_get_n_members (lobby), ==, 1);
  g_assert_cmpuint (nx_group_get_n_members (bar), ==, 0);

  /* A close that we begin: it is a member until the end. */
  nx_web_socket_close (bob->ws, 1001, NULL, NULL);
  g_assert_true (nx_group_contains (lobby, bob->ws));
  client_end_closing (bob->client);
  wait_until (f, nx_group_get_n_members (lobby) == 0);
  assert_log (f, "-1");
}

static void
test_groups_of_websocket (Fixture *f)
{
  g_autoptr (NxGroup) lobby = crowd_group (f, "lobby");
  g_autoptr (NxGroup) bar = crowd_group (f, "bar");
  Person *ada = crowd_open (f);
  GList *groups;

  g_assert_null (nx_web_socket_get_groups (ada->ws));
  nx_group_add (lobby, ada->ws, NULL);
  nx_group_add (bar, ada->ws, NULL);
  groups = nx_web_socket_get_groups (ada->ws);
  g_assert_cmpuint (g_list_length (groups), ==, 2);
  g_assert_nonnull (g_list_find (groups, lobby));
  g_assert_nonnull (g_list_find (groups, bar));
  g_list_free_full (groups, g_object_unref);
}

static void
test_forgotten_when_empty (Fixture *f)
{
  NxGroup *group = crowd_group (f, "lobby");
  Person *ada = crowd_join (f, group);

  g_object_add_weak_pointer (G_OBJECT (group), (gpointer *) &group);
  g_object_unref (group);
  g_assert_true (nx_app_find_group (f->app, "lobby") == group);
  crowd_cut (ada);
  g_assert_null (group);
  g_assert_null (nx_app_find_group (f->app, "lobby"));

  group = crowd_group (f, "lobby");
  g_assert_true (nx_app_find_group (f->app, "lobby") == group);
  g_assert_finalize_object (group);
  g_assert_null (nx_app_find_group (f->app, "lobby"));
}

static void
test_same_group (Fixture *f)
{
  g_autoptr (NxGroup) one = crowd_group (f, "lobby");
  g_autoptr (NxGroup) two = crowd_group (f, "lobby");
  g_autoptr (NxGroup) other = crowd_group (f, "Lobby");

  g_assert_true (one == two);
  g_assert_true (one != other);
}

static void
test_limit_of_groups (Fixture *f)
{
  Person *ada = crowd_open (f);
  GError *error = NULL;
  g_autoptr (NxGroup) last = NULL;

  for (guint i = 0; i < 1024; i++)
    {
      g_autofree char *name = g_strdup_printf ("group %u", i);
      g_autoptr (NxGroup) group = crowd_group (f, name);

      g_assert_true (nx_group_add (group, ada->ws, NULL));
    }
  last = crowd_group (f, "one too many");
  g_assert_false (nx_group_add (last, ada->ws, &error));
  expect_error (error, NX_ERROR, NX_ERROR_TOO_LARGE, "1024 groups");
  g_assert_true (nx_group_remove (nx_app_find_group (f->app, "group 500"), ada->ws));
  g_assert_true (nx_group_add (last, ada->ws, NULL));
  crowd_cut (ada);
  g_assert_null (nx_app_find_group (f->app, "group 0"));
  g_assert_cmpuint (nx_group_get_n_members (last), ==, 0);
}

static void
test_app_goes (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_join (f, group);
  g_autoptr (NxWebSocket) ws = g_object_ref (ada->ws);
  GError *error = NULL;

  crowd_note_changes (f, group);
  g_signal_handlers_disconnect_by_data (group, f);
  g_clear_object (&f->app);
  g_assert_cmpuint (nx_group_get_n_members (group), ==, 0);
  g_assert_false (nx_group_contains (group, ws));
  g_assert_false (nx_group_add (group, ws, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_STATE, "its app has gone");
  g_assert_true (nx_group_send_text (group, "to nobody", NULL, NULL));
}

static void
test_bare (void)
{
  g_autoptr (NxGroup) bare = g_object_new (NX_TYPE_GROUP, NULL);

  g_assert_cmpuint (nx_group_get_n_members (bare), ==, 0);
}

/* What a membership costs: its places in both lists. */
static void
test_membership_is_small (Fixture *f)
{
  Person *ada = crowd_open (f);

  g_assert_cmpuint (sizeof (NxListPlace), <=, 32);
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("group %u", i);
      g_autoptr (NxGroup) group = crowd_group (f, name);

      nx_group_add (group, ada->ws, NULL);
      /* Half as many to spare at most. */
      g_assert_cmpuint (ada->ws->n_places_allocated, <=, i + 1 + (i + 1) / 2);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/group/members", test_members);
  ADD_SCENARIO ("/group/properties", test_properties);
  ADD_SCENARIO ("/group/names", test_names);
  ADD_SCENARIO ("/group/join-when", test_join_when);
  ADD_SCENARIO ("/group/other-app", test_other_app);
  ADD_SCENARIO ("/group/leaving-is-automatic", test_leaving_is_automatic);
  ADD_SCENARIO ("/group/groups-of-websocket", test_groups_of_websocket);
  ADD_SCENARIO ("/group/forgotten-when-empty", test_forgotten_when_empty);
  ADD_SCENARIO ("/group/same-group", test_same_group);
  ADD_SCENARIO ("/group/limit-of-groups", test_limit_of_groups);
  ADD_SCENARIO ("/group/app-goes", test_app_goes);
  ADD_SCENARIO ("/group/membership-is-small", test_membership_is_small);
  g_test_add_func ("/group/bare", test_bare);
  return g_test_run ();
}
