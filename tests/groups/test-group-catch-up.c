/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Coming again: exactly what was missed, once and in order, or a marked gap. */
#include "crowd.h"

static NxGroup *
make_group (Fixture *f, guint size)
{
  NxGroup *group = crowd_group (f, "lobby");

  g_object_set (group, "history-size", size, NULL);
  return group;
}

static void
test_missed (Fixture *f)
{
  g_autoptr (NxGroup) group = make_group (f, 100);
  Person *ada = crowd_join (f, group);
  g_autofree char *last = NULL, *of_group = NULL;

  crowd_send_letters (group, "abc");
  crowd_expect_letters (ada, &last, "abc");
  of_group = nx_group_dup_last_id (group);
  g_assert_cmpstr (last, ==, of_group);
  crowd_cut (ada);
  crowd_send_letters (group, "def");
  ada = crowd_come_again (f, group, last);
  crowd_send_letters (group, "gh");
  crowd_expect_letters (ada, &last, "defgh");
  crowd_cut (ada);
  ada = crowd_come_again (f, group, last); /* who missed nothing gets nothing */
  crowd_expect_letters (ada, NULL, "");
  crowd_send_letters (group, "i");
  crowd_expect_letters (ada, NULL, "i");
}

static void
test_new_one (Fixture *f)
{
  g_autoptr (NxGroup) group = make_group (f, 3);
  Person *ada;

  ada = crowd_come_again (f, group, NULL);
  crowd_send_letters (group, "abcd");
  crowd_expect_letters (ada, NULL, "abcd");
  crowd_expect_letters (crowd_come_again (f, group, NULL), NULL, "bcd"); /* all that is kept */
  crowd_expect_letters (crowd_join (f, group), NULL, "");                /* nothing of it */
}

static void
test_gap (Fixture *f)
{
  g_autoptr (NxGroup) group = make_group (f, 3);
  Person *ada = crowd_join (f, group);
  g_autofree char *last = NULL, *text = NULL, *expected = NULL;
  guint64 n_gaps;

  crowd_send_letters (group, "a");
  crowd_expect_letters (ada, &last, "a");
  crowd_cut (ada);
  crowd_send_letters (group, "bcdef");
  ada = crowd_come_again (f, group, last);
  settle (f);
  text = g_strndup (g_bytes_get_data (g_queue_peek_head (&ada->client->messages), NULL),
                    g_bytes_get_size (g_queue_peek_head (&ada->client->messages)));
  expected = g_strdup_printf (
      "{\"nx\":{\"group\":\"lobby\",\"gap\":{\"after\":\"%s\",\"before\":\"", last);
  g_assert_true (g_str_has_prefix (text, expected));
  crowd_expect_letters (ada, NULL, "<def");
  g_object_get (group, "n-gaps", &n_gaps, NULL);
  g_assert_cmpuint (n_gaps, ==, 1);
}

static void
test_unknown_ids (Fixture *f)
{
  static const char *ids[] = {
    "", "nonsense", "1-0", "99999999999999-0", "9999999999999999999999999-1", "-", NULL
  };
  g_autoptr (NxGroup) group = make_group (f, 3);

  crowd_send_letters (group, "ab");
  for (guint i = 0; ids[i] != NULL; i++)
    crowd_expect_letters (crowd_come_again (f, group, ids[i]), NULL, "<ab");
}

static void
test_errors (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_open (f);
  GError *error = NULL;

  g_assert_null (nx_group_dup_last_id (group));
  g_assert_false (nx_group_add_after (group, ada->ws, NULL, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_STATE, "no history");
  g_object_set (group, "history-size", 3, NULL);
  g_assert_true (nx_group_add_after (group, ada->ws, NULL, &error));
  g_assert_false (nx_group_add_after (group, ada->ws, NULL, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_STATE, "already");
  crowd_cut (ada);
  g_assert_false (nx_group_add_after (group, ada->ws, NULL, &error));
  expect_error (error, NX_ERROR, NX_ERROR_DISCONNECTED, "ended");
}

static gboolean
is_wanted (NxGroup *group, NxWebSocket *ws, gpointer data)
{
  return TRUE;
}

static void
test_volatile (Fixture *f)
{
  g_autoptr (NxGroup) group = make_group (f, 10);
  g_autoptr (NxMessage) typing = nx_message_new_text ("typing", -1);
  Person *ada = crowd_join (f, group);

  nx_group_send_volatile (group, typing, NULL);
  nx_group_send_filtered (group, typing, is_wanted, NULL);
  crowd_expect (ada, "typing typing");
  crowd_send_letters (group, "a");
  crowd_expect_letters (crowd_come_again (f, group, NULL), NULL, "a");
}

static void
test_excluding (Fixture *f)
{
  g_autoptr (NxGroup) group = make_group (f, 10);
  Person *ada = crowd_join (f, group);

  nx_group_send_text (group, "a", ada->ws, NULL);
  nx_group_send_text (group, "b", NULL, NULL);
  crowd_expect_letters (ada, NULL, "b");
  crowd_expect_letters (crowd_come_again (f, group, NULL), NULL, "ab");
}

static void
test_age (Fixture *f)
{
  NxGroup *group = make_group (f, 10);
  g_autofree char *last = NULL;

  g_object_set (group, "history-age", 1000, NULL);
  crowd_send_letters (group, "a");
  last = nx_group_dup_last_id (group);
  pass_time (f, 600);
  crowd_send_letters (group, "b");
  crowd_expect_letters (crowd_come_again (f, group, NULL), NULL, "ab");
  pass_time (f, 600);
  crowd_expect_letters (crowd_come_again (f, group, NULL), NULL, "b");
  crowd_expect_letters (crowd_come_again (f, group, last), NULL, "b"); /* it saw what is gone */
  /* Kept while it has history, and no longer. */
  g_object_add_weak_pointer (G_OBJECT (group), (gpointer *) &group);
  while (nx_group_get_n_members (group) > 0)
    {
      g_autoptr (NxWebSocket) ws = g_list_model_get_item (nx_group_get_members (group), 0);

      nx_group_remove (group, ws);
    }
  g_object_unref (group);
  g_assert_nonnull (group);
  g_assert_true (nx_app_find_group (f->app, "lobby") == group);
  pass_time (f, 1000);
  g_assert_null (group);
}

static void
test_bytes (Fixture *f)
{
  g_autoptr (NxGroup) group = make_group (f, 1000000);
  g_autofree char *big = g_strnfill (50000, 'x');
  guint64 n_bytes;

  g_object_get (group, "history-bytes", &n_bytes, NULL);
  g_assert_cmpuint (n_bytes, ==, 1024 * 1024);
  for (guint i = 0; i < 100; i++)
    {
      nx_group_send_text (group, big, NULL, NULL);
      g_assert_cmpuint (group->history.cost, <=, 1024 * 1024);
    }
  g_assert_cmpuint (nx_history_get_size (&group->history), ==, 20);
}

/* The history begins when there is one. */
static void
test_began_later (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autofree char *first = NULL;
  guint size;

  crowd_send_letters (group, "a");
  g_object_set (group, "history-size", 5, NULL);
  first = nx_group_dup_last_id (group);
  crowd_send_letters (group, "b");
  crowd_expect_letters (crowd_come_again (f, group, NULL), NULL, "b");
  crowd_expect_letters (crowd_come_again (f, group, first), NULL, "b");
  crowd_expect_letters (crowd_come_again (f, group, "1-1"), NULL, "<b");
  g_object_get (group, "history-size", &size, NULL);
  g_assert_cmpuint (size, ==, 5);
  g_object_set (group, "history-size", 0, NULL); /* and ends */
  g_assert_cmpuint (nx_history_get_size (&group->history), ==, 0);
}

static void
send_when_joined_cb (NxGroup *group, NxWebSocket *ws, gpointer data)
{
  nx_group_send_text (group, "j", NULL, NULL);
}

static void
send_when_changed_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  nx_group_send_text (data, "c", NULL, NULL);
}

/* Nothing between is lost or doubled, whoever is told of the joining and sends. */
static void
test_atomic (Fixture *f)
{
  g_autoptr (NxGroup) group = make_group (f, 100);

  crowd_send_letters (group, "ab");
  g_signal_connect (group, "joined", G_CALLBACK (send_when_joined_cb), NULL);
  g_signal_connect (nx_group_get_members (group), "items-changed",
                    G_CALLBACK (send_when_changed_cb), group);
  crowd_expect_letters (crowd_come_again (f, group, NULL), NULL, "abcj");
  crowd_expect_letters (crowd_come_again (f, group, NULL), NULL, "abcjcj");
}

/* More is missed than fits a queue: it comes as the client reads, and what is sent meanwhile behind it. */
static void
test_much (Fixture *f)
{
  g_autoptr (NxGroup) group = NULL;
  GString *expected = g_string_new (NULL);
  Person *ada;
  g_autofree char *got = NULL;
  gsize n;

  g_object_set (f->app, "low-water-mark", (guint64) 1024, "high-water-mark", (guint64) 4096, NULL);
  group = make_group (f, 10000);
  for (guint i = 0; i < 1000; i++)
    {
      crowd_send_letters (group, (char[]){ 'a' + i % 26, '\0' });
      g_string_append_c (expected, 'a' + i % 26);
    }
  ada = crowd_open (f);
  client_set_reading (ada->client, FALSE);
  if (ada->client->peer != NULL)
    nx_memory_peer_set_capacity (ada->client->peer, 2000);
  g_assert_true (nx_group_add_after (group, ada->ws, NULL, NULL));
  g_assert_cmpuint (nx_web_socket_get_buffered_amount (ada->ws), <, 4096 + 200);
  nx_group_send_text (group, "not for ada", ada->ws, NULL);
  crowd_send_letters (group, "XYZ");
  g_string_append (expected, "XYZ");
  g_assert_cmpint (nx_web_socket_get_state (ada->ws), ==, NX_STATE_OPEN);
  client_set_reading (ada->client, TRUE);
  wait_until (f, ada->client->messages.length == 1003);
  got = crowd_take_letters (ada, NULL);
  g_assert_cmpstr (got, ==, expected->str);
  crowd_send_letters (group, "!");
  crowd_expect_letters (ada, NULL, "!");
  n = nx_web_socket_get_buffered_amount (ada->ws);
  g_assert_cmpuint (n, ==, 0);
  g_string_free (expected, TRUE);
}

/* A slow member falls behind, and catches up; or has a gap, where the history did not reach. */
static void
run_slow (Fixture *f, NxSlowPolicy policy, guint size, gboolean has_gap)
{
  g_autoptr (NxGroup) group = NULL;
  Person *well, *deaf;
  GString *sent = g_string_new (NULL);
  g_autofree char *got = NULL;
  const char *cut;
  gboolean is_behind = FALSE;

  g_object_set (f->app, "low-water-mark", (guint64) 1024, "high-water-mark", (guint64) 4096, NULL);
  group = make_group (f, size);
  nx_group_set_slow_policy (group, policy);
  well = crowd_join (f, group);
  deaf = crowd_join (f, group);
  client_set_reading (deaf->client, FALSE);
  if (deaf->client->peer != NULL)
    nx_memory_peer_set_capacity (deaf->client->peer, 3000);
  /* Until it is behind, and a hundred alphabets more. */
  for (guint i = 0, until = 20000; i < until; i++)
    {
      char letter[] = { 'a' + i % 26, '\0' };
      NxMember *member = nx_group_find_member (group, deaf->ws);

      crowd_send_letters (group, letter);
      g_string_append (sent, letter);
      g_assert_cmpuint (nx_web_socket_get_buffered_amount (deaf->ws), <, 4096 + 200);
      if (i % 20 == 19)
        settle (f);
      if (!is_behind && member != NULL && member->is_behind)
        {
          is_behind = TRUE;
          until = i + 2600;
        }
    }
  g_assert_true (is_behind);
  got = crowd_take_letters (well, NULL);
  g_assert_cmpstr (got, ==, sent->str);
  client_set_reading (deaf->client, TRUE);
  if (deaf->client->peer != NULL)
    nx_memory_peer_set_capacity (deaf->client->peer, G_MAXSIZE);
  wait_until (f, !nx_group_find_member (group, deaf->ws)->is_behind
                     && nx_web_socket_get_buffered_amount (deaf->ws) == 0);
  crowd_send_letters (group, "!");
  g_string_append_c (sent, '!');
  g_free (got);
  got = crowd_take_letters (deaf, NULL);
  cut = strchr (got, '<');
  if (has_gap)
    {
      g_assert_nonnull (cut);
      g_assert_true (strncmp (got, sent->str, cut - got) == 0);
      g_assert_true (g_str_has_suffix (sent->str, cut + 1));
      g_assert_cmpuint (strlen (cut + 1), ==, size + 1);
    }
  else
    g_assert_cmpstr (got, ==, sent->str);
  g_string_free (sent, TRUE);
}

static void
test_slow_within (Fixture *f)
{
  run_slow (f, NX_SLOW_POLICY_DROP_NEW, 300000, FALSE);
}

static void
test_slow_gap_new (Fixture *f)
{
  run_slow (f, NX_SLOW_POLICY_DROP_NEW, 50, TRUE);
}

static void
test_slow_gap_oldest (Fixture *f)
{
  run_slow (f, NX_SLOW_POLICY_DROP_OLDEST, 50, TRUE);
}

static void
test_several_have_one_id (Fixture *f)
{
  g_autoptr (NxGroup) group = make_group (f, 10);
  g_autoptr (NxGroup) other = crowd_group (f, "bar");
  g_autoptr (NxMessage) message = nx_message_new_text ("x", -1);
  g_autofree char *one = NULL, *two = NULL;

  g_object_set (other, "history-size", 10, NULL);
  nx_app_send_to_groups (f->app, (const char *[]){ "lobby", "bar", NULL }, message, NULL);
  one = nx_group_dup_last_id (group);
  two = nx_group_dup_last_id (other);
  g_assert_cmpstr (one, ==, two);
  crowd_expect_letters (crowd_come_again (f, group, NULL), NULL, "x");
}

/* By which a client knows it, whether or not there is a backplane. */
static void
test_several_are_told (Fixture *f)
{
  g_autoptr (NxGroup) group = make_group (f, 10);
  g_autoptr (NxGroup) other = crowd_group (f, "bar");
  g_autoptr (NxMessage) message = nx_message_new_text ("x", -1);
  g_autofree char *one = NULL, *two = NULL;

  g_object_set (other, "history-size", 10, NULL);
  nx_app_send_to_groups (f->app, (const char *[]){ "lobby", "bar", NULL }, message, NULL);
  one = crowd_take (crowd_come_again (f, group, NULL));
  two = crowd_take (crowd_come_again (f, other, NULL));
  g_assert_nonnull (strstr (one, "\"several\":\""));
  g_assert_cmpstr (strstr (one, "\"several\":"), ==, strstr (two, "\"several\":"));
  nx_group_send_message (group, message, NULL);
  g_free (two);
  two = crowd_take (crowd_come_again (f, group, NULL));
  g_assert_true (g_str_has_prefix (two, one));
  g_assert_null (strstr (two + strlen (one), "several"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/group-catch-up/missed", test_missed);
  ADD_SCENARIO ("/group-catch-up/new-one", test_new_one);
  ADD_SCENARIO ("/group-catch-up/gap", test_gap);
  ADD_SCENARIO ("/group-catch-up/unknown-ids", test_unknown_ids);
  ADD_SCENARIO ("/group-catch-up/errors", test_errors);
  ADD_SCENARIO ("/group-catch-up/volatile", test_volatile);
  ADD_SCENARIO ("/group-catch-up/excluding", test_excluding);
  ADD_SCENARIO ("/group-catch-up/age", test_age);
  ADD_SCENARIO ("/group-catch-up/bytes", test_bytes);
  ADD_SCENARIO ("/group-catch-up/began-later", test_began_later);
  ADD_SCENARIO ("/group-catch-up/atomic", test_atomic);
  ADD_SCENARIO ("/group-catch-up/much", test_much);
  ADD_MEMORY_SCENARIO ("/group-catch-up/slow-within", test_slow_within);
  ADD_MEMORY_SCENARIO ("/group-catch-up/slow-gap-new", test_slow_gap_new);
  ADD_MEMORY_SCENARIO ("/group-catch-up/slow-gap-oldest", test_slow_gap_oldest);
  ADD_SCENARIO ("/group-catch-up/several-have-one-id", test_several_have_one_id);
  ADD_SCENARIO ("/group-catch-up/several-are-told", test_several_are_told);
  return g_test_run ();
}
