/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members who do not read: each policy, whose memory stays within the mark, and whom it does not concern. */
#include "crowd.h"

#define MARK 4096
#define N_MESSAGES 10000

static void
set_mark (Fixture *f)
{
  g_object_set (f->app, "low-water-mark", (guint64) 1024, "high-water-mark", (guint64) MARK, NULL);
}

/* A member who does not read, and of whom the kernel takes no more. */
static Person *
make_deaf (Fixture *f, NxGroup *group)
{
  Person *person = crowd_join (f, group);
  g_autofree char *text = g_strnfill (1024, 'x');

  client_set_reading (person->client, FALSE);
  if (person->client->peer != NULL)
    nx_memory_peer_set_capacity (person->client->peer, 0);
  else
    do
      {
        nx_web_socket_send_text (person->ws, text, NULL);
        settle (f);
      }
    while (nx_web_socket_get_buffered_amount (person->ws) == 0);
  return person;
}

static void
assert_sequence (Person *person, guint from, guint n)
{
  Client *client = person->client;

  wait_until (client->fixture, client->messages.length >= n);
  g_assert_cmpuint (client->messages.length, ==, n);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GBytes) bytes = g_queue_pop_head (&client->messages);
      g_autofree char *number = g_strdup_printf ("%u", from + i);

      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), number,
                       strlen (number));
    }
}

/* Numbers, a few hundred a turn; the deaf one's queue is looked at after each. */
static void
send_numbers (Fixture *f, NxGroup *group, Person *deaf, Person *well)
{
  for (guint i = 0; i < N_MESSAGES; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", i);

      nx_group_send_text (group, number, NULL, NULL);
      if (deaf->ws->connection != NULL)
        g_assert_cmpuint (nx_connection_get_buffered (deaf->ws->connection), <, MARK + 1100);
      if (i % 50 == 49)
        {
          settle (f);
          assert_sequence (well, i - 49, 50);
        }
    }
}

static guint64
get_n_dropped (NxGroup *group)
{
  guint64 n;

  g_object_get (group, "n-dropped", &n, NULL);
  return n;
}

static void
test_close (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *well, *deaf;

  set_mark (f);
  well = crowd_join (f, group);
  deaf = make_deaf (f, group);
  send_numbers (f, group, deaf, well);
  g_assert_cmpint (nx_web_socket_get_state (deaf->ws), >=, NX_STATE_CLOSING);
  client_set_reading (deaf->client, TRUE);
  if (deaf->client->peer != NULL)
    nx_memory_peer_set_capacity (deaf->client->peer, G_MAXSIZE);
  client_expect_close (deaf->client, 1013);
  g_assert_cmpuint (get_n_dropped (group), >=, 1);
}

static void
test_drop_new (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *well, *deaf;
  g_autofree char *taken = NULL;

  set_mark (f);
  nx_group_set_slow_policy (group, NX_SLOW_POLICY_DROP_NEW);
  well = crowd_join (f, group);
  deaf = make_deaf (f, group);
  send_numbers (f, group, deaf, well);
  g_assert_cmpint (nx_web_socket_get_state (deaf->ws), ==, NX_STATE_OPEN);
  g_assert_cmpuint (get_n_dropped (group), >, N_MESSAGES / 2);
  client_set_reading (deaf->client, TRUE);
  if (deaf->client->peer != NULL)
    nx_memory_peer_set_capacity (deaf->client->peer, G_MAXSIZE);
  wait_until (f, nx_web_socket_get_buffered_amount (deaf->ws) == 0);
  taken = crowd_take (deaf);
  g_assert_nonnull (strstr (taken, "0 1 2 3 4 5 "));
  g_assert_null (strstr (taken, "9999"));
}

static void
test_drop_oldest (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *well, *deaf;
  g_autofree char *taken = NULL;

  set_mark (f);
  nx_group_set_slow_policy (group, NX_SLOW_POLICY_DROP_OLDEST);
  well = crowd_join (f, group);
  deaf = make_deaf (f, group);
  send_numbers (f, group, deaf, well);
  g_assert_cmpint (nx_web_socket_get_state (deaf->ws), ==, NX_STATE_OPEN);
  client_set_reading (deaf->client, TRUE);
  if (deaf->client->peer != NULL)
    nx_memory_peer_set_capacity (deaf->client->peer, G_MAXSIZE);
  wait_until (f, nx_web_socket_get_buffered_amount (deaf->ws) == 0);
  taken = crowd_take (deaf);
  g_assert_true (g_str_has_suffix (taken, " 9997 9998 9999"));
  g_assert_null (strstr (taken, "0 1 2 3 4 5 "));
}

/* What others have sent to it is not the group's to drop. */
static void
test_drop_oldest_of_others (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autoptr (NxGroup) other = crowd_group (f, "bar");
  g_autofree char *text = g_strnfill (1500, 'd');
  Person *deaf;
  g_autofree char *taken = NULL;

  set_mark (f);
  nx_group_set_slow_policy (group, NX_SLOW_POLICY_DROP_OLDEST);
  deaf = make_deaf (f, group);
  nx_group_add (other, deaf->ws, NULL);
  nx_web_socket_send_text (deaf->ws, "direct", NULL);
  nx_group_send_text (other, "other", NULL, NULL);
  settle (f);
  for (guint i = 0; i < 10; i++)
    {
      nx_group_send_text (group, text, NULL, NULL);
      settle (f);
    }
  nx_group_send_text (group, "last", NULL, NULL);
  client_set_reading (deaf->client, TRUE);
  if (deaf->client->peer != NULL)
    nx_memory_peer_set_capacity (deaf->client->peer, G_MAXSIZE);
  wait_until (f, nx_web_socket_get_buffered_amount (deaf->ws) == 0);
  taken = crowd_take (deaf);
  g_assert_nonnull (strstr (taken, "direct other"));
  g_assert_true (g_str_has_suffix (taken, " last"));
}

/* The policy of the connection does not touch what groups have sent. */
static void
test_policy_of_connection (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autofree char *text = g_strnfill (1500, 'd');
  Person *deaf;
  g_autofree char *taken = NULL;

  set_mark (f);
  g_object_set (f->app, "slow-policy", NX_SLOW_POLICY_DROP_OLDEST, NULL);
  deaf = make_deaf (f, group);
  nx_group_send_text (group, "group", NULL, NULL);
  for (guint i = 0; i < 10; i++)
    nx_web_socket_send_text (deaf->ws, text, NULL);
  client_set_reading (deaf->client, TRUE);
  if (deaf->client->peer != NULL)
    nx_memory_peer_set_capacity (deaf->client->peer, G_MAXSIZE);
  wait_until (f, nx_web_socket_get_buffered_amount (deaf->ws) == 0);
  taken = crowd_take (deaf);
  g_assert_nonnull (strstr (taken, "group"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/group-slow/close", test_close);
  ADD_SCENARIO ("/group-slow/drop-new", test_drop_new);
  ADD_SCENARIO ("/group-slow/drop-oldest", test_drop_oldest);
  ADD_SCENARIO ("/group-slow/drop-oldest-of-others", test_drop_oldest_of_others);
  ADD_SCENARIO ("/group-slow/policy-of-connection", test_policy_of_connection);
  return g_test_run ();
}
