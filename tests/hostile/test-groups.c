/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What members and strangers do to groups. */
#include "hostile.h"

#include "groups/nx-group-private.h"

/* "join NAME", "leave NAME" or "say NAME": a server that lets its clients do as they like. */
static void
obey_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  g_auto (GStrv) words = g_strsplit (nx_message_get_text (message), " ", 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (NxGroup) group =
      nx_app_dup_group (nx_web_socket_get_app (ws), words[1] != NULL ? words[1] : "", &error);

  if (group != NULL && strcmp (words[0], "join") == 0)
    nx_group_add (group, ws, &error);
  else if (group != NULL && strcmp (words[0], "leave") == 0)
    nx_group_remove (group, ws);
  else if (group != NULL)
    nx_group_send_message (group, message, NULL);
  if (error != NULL)
    nx_web_socket_send_text (ws, error->message, NULL);
}

static void
obey (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (obey_cb), data);
  nx_web_socket_accept (ws, error);
}

static guint
count_groups (Fixture *f)
{
  return g_hash_table_size (nx_app_get_private (f->app)->groups->by_name);
}

static void
serve_obedient (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", obey, f, NULL, NULL);
}

/* Row 37: names "" and 1 MB; more groups than are allowed; and nothing is left of it. */
static void
test_names (Fixture *f)
{
  g_autofree char *huge = g_strnfill (1024 * 1000, 'x');
  g_autofree char *join_huge = g_strconcat ("join ", huge, NULL);
  Client *client;
  g_autofree char *answer = NULL;

  serve_obedient (f);
  client = client_open (f, "/");
  client_send_text (client, "join ");
  client_expect_text (client, "A group has a name");
  client_send_text (client, join_huge);
  client_expect_text (client, "A group's name has at most 256 octets, this one has 1024000");
  for (guint i = 0; i < 1100; i++)
    {
      g_autofree char *text = g_strdup_printf ("join %u", i);

      client_send_text (client, text);
    }
  answer = client_wait_text (client);
  g_assert_cmpstr (answer, ==, "A websocket can be in at most 1024 groups");
  settle (f);
  g_assert_cmpuint (count_groups (f), ==, 1024);
  client_cut (client);
  wait_until (f, count_groups (f) == 0);
}

/* Row 37: a storm of joining and leaving by one client, at a group that others are in. */
static void
test_storm (Fixture *f)
{
  Client *client, *other;

  g_object_set (f->app, "receive-queue-size", (guint64) 1024 * 1024, NULL);
  serve_obedient (f);
  other = client_open (f, "/");
  client_send_text (other, "join lobby");
  client = client_open (f, "/");
  for (guint i = 0; i < 5000; i++)
    {
      client_send_text (client, "join lobby");
      client_send_text (client, "leave lobby");
      if (i % 500 == 0)
        settle (f);
    }
  client_send_text (client, "say lobby");
  client_expect_text (other, "say lobby");
  g_assert_cmpuint (nx_group_get_n_members (nx_app_find_group (f->app, "lobby")), ==, 1);
  g_assert_cmpuint (client->messages.length, ==, 0);
}

/* Row 37: everybody leaves, and half of them by breaking the connection, while it is being sent to. */
static void
test_churn (Fixture *f)
{
  Client *clients[40];
  NxGroup *group;

  serve_obedient (f);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      clients[i] = client_open (f, "/");
      client_send_text (clients[i], "join lobby");
      client_send_text (clients[i], "join bar");
    }
  settle (f);
  group = nx_app_find_group (f->app, "lobby");
  g_object_ref (group);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      nx_group_send_text (group, "x", NULL, NULL);
      if (i % 2 == 0)
        client_cut (clients[i]);
      else
        client_send_text (clients[i], "leave lobby");
      nx_group_send_text (group, "y", NULL, NULL);
    }
  wait_until (f, nx_group_get_n_members (group) == 0);
  g_object_unref (group);
  wait_until (f, count_groups (f) == 1);
  g_assert_cmpuint (nx_group_get_n_members (nx_app_find_group (f->app, "bar")), ==, 20);
}

/* Row 27: one never reads, of 10 000 broadcasts to 1 000 groups, 100 of which it is in. */
static void
test_deaf_in_many (Fixture *f)
{
  g_autoptr (GPtrArray) groups = g_ptr_array_new_with_free_func (g_object_unref);
  Client *deaf, *well;
  g_autoptr (NxWebSocket) deaf_ws = NULL;
  g_autofree char *text = g_strnfill (200, 'x');
  guint n_seen = 0;

  serve_obedient (f);
  g_object_set (f->app, "low-water-mark", (guint64) 4096, "high-water-mark", (guint64) 16384, NULL);
  deaf = client_open (f, "/");
  deaf_ws = g_object_ref (only_websocket (f));
  well = client_open (f, "/");
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      g_autofree char *join = g_strdup_printf ("join %u", i);
      NxGroup *group = nx_app_dup_group (f->app, name, NULL);

      g_ptr_array_add (groups, group);
      nx_group_set_slow_policy (group,
                                i % 2 == 0 ? NX_SLOW_POLICY_DROP_NEW : NX_SLOW_POLICY_DROP_OLDEST);
      if (i % 10 == 0)
        {
          client_send_text (deaf, join);
          client_send_text (well, join);
        }
    }
  settle (f);
  g_assert_cmpuint (deaf_ws->n_places, ==, 100);
  client_set_reading (deaf, FALSE);
  if (deaf->peer != NULL)
    nx_memory_peer_set_capacity (deaf->peer, 1000);
  for (guint round = 0; round < 10; round++)
    {
      for (guint i = 0; i < groups->len; i++)
        {
          nx_group_send_text (g_ptr_array_index (groups, i), text, NULL, NULL);
          g_assert_cmpuint (nx_web_socket_get_buffered_amount (deaf_ws), <, 16384 + 300);
          if (i % 100 == 99)
            settle (f);
        }
      n_seen += 100;
      wait_until (f, well->messages.length == n_seen);
    }
  g_assert_cmpint (nx_web_socket_get_state (deaf_ws), ==, NX_STATE_OPEN);
}

/* A client that pretends to know what it cannot, and to be us. */
static void
test_lies (Fixture *f)
{
  g_autoptr (NxGroup) group = nx_app_dup_group (f->app, "lobby", NULL);
  g_autoptr (NxWebSocket) ws = NULL;
  Client *client;
  g_autofree char *longest = g_strnfill (100000, '9');
  g_autofree char *gap = NULL, *said = NULL;

  serve_obedient (f);
  g_object_set (group, "history-size", 10, NULL);
  client = client_open (f, "/");
  ws = g_object_ref (only_websocket (f));
  g_assert_true (nx_group_add_after (group, ws, longest, NULL));
  gap = client_wait_text (client);
  g_assert_nonnull (strstr (gap, "\"gap\":{\"after\":null,\"before\":null}"));
  nx_group_send_text (group, "{\"nx\":{\"group\":\"lobby\",\"gap\":{}},\"nx2\":1}", NULL, NULL);
  said = client_wait_text (client);
  g_assert_null (strstr (said, "gap"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/groups/37-names", test_names);
  ADD_SCENARIO ("/groups/37-storm", test_storm);
  ADD_SCENARIO ("/groups/37-churn", test_churn);
  ADD_SCENARIO ("/groups/27-deaf-in-many", test_deaf_in_many);
  ADD_SCENARIO ("/groups/lies", test_lies);
  return g_test_run ();
}
