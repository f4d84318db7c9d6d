/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything from inside every callback of a group. */
#include "crowd.h"

typedef struct
{
  Fixture *f;
  NxGroup *group;
  Person *people[4];
  Person *outsider;
  guint n_left; /* how often the act is done */
} Stage;

typedef void (*Act) (Stage *stage);

static Act current_act;

static void
act_add (Stage *s)
{
  nx_group_add (s->group, s->outsider->ws, NULL);
}

static void
act_remove_first (Stage *s)
{
  nx_group_remove (s->group, s->people[0]->ws);
}

static void
act_remove_last (Stage *s)
{
  nx_group_remove (s->group, s->people[3]->ws);
}

static void
act_remove_all (Stage *s)
{
  for (guint i = 0; i < 4; i++)
    nx_group_remove (s->group, s->people[i]->ws);
}

static void
act_again (Stage *s)
{
  for (guint i = 0; i < 4; i++)
    nx_group_add (s->group, s->people[i]->ws, NULL);
}

static void
act_exchange (Stage *s)
{
  for (guint i = 0; i < 4; i++)
    {
      nx_group_remove (s->group, s->people[i]->ws);
      nx_group_add (s->group, s->people[i]->ws, NULL);
    }
}

static void
act_send (Stage *s)
{
  nx_group_send_text (s->group, "nested", NULL, NULL);
}

static void
act_cut_first (Stage *s)
{
  nx_web_socket_cut (s->people[0]->ws);
}

static void
act_cut_all (Stage *s)
{
  for (guint i = 0; i < 4; i++)
    nx_web_socket_cut (s->people[i]->ws);
}

static void
act_close (Stage *s)
{
  nx_web_socket_close (s->people[1]->ws, 1000, NULL, NULL);
}

static void
act_drop_app (Stage *s)
{
  g_clear_object (&s->f->app);
}

static const struct
{
  const char *name;
  Act act;
} acts[] = {
  { "add", act_add },
  { "remove-first", act_remove_first },
  { "remove-last", act_remove_last },
  { "remove-all", act_remove_all },
  { "add-again", act_again },
  { "exchange", act_exchange },
  { "send", act_send },
  { "cut-first", act_cut_first },
  { "cut-all", act_cut_all },
  { "close", act_close },
  { "drop-app", act_drop_app },
};

static void
do_act (Stage *s)
{
  if (s->n_left == 0)
    return;
  s->n_left--;
  current_act (s);
}

static void
change_cb (NxGroup *group, NxWebSocket *ws, gpointer data)
{
  do_act (data);
}

static void
items_changed_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  do_act (data);
}

static void
notify_cb (GObject *object, GParamSpec *pspec, gpointer data)
{
  do_act (data);
}

static gboolean
filter_cb (NxGroup *group, NxWebSocket *ws, gpointer data)
{
  do_act (data);
  return TRUE;
}

/* Follows `members` by what it tells alone, and the number of members by joined and left. */
typedef struct
{
  GPtrArray *mirror;
  GHashTable *in;
} Follower;

static void
follow_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  Follower *self = data;

  g_assert_cmpuint (position + removed, <=, self->mirror->len);
  if (removed > 0)
    g_ptr_array_remove_range (self->mirror, position, removed);
  for (guint i = 0; i < added; i++)
    g_ptr_array_insert (self->mirror, position + i, g_list_model_get_item (model, position + i));
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, self->mirror->len);
}

static void
follow_joined_cb (NxGroup *group, NxWebSocket *ws, gpointer data)
{
  g_assert_true (g_hash_table_add (((Follower *) data)->in, ws));
}

static void
follow_left_cb (NxGroup *group, NxWebSocket *ws, gpointer data)
{
  g_assert_true (g_hash_table_remove (((Follower *) data)->in, ws));
}

static void
assert_followed (Follower *self, NxGroup *group)
{
  GListModel *model = nx_group_get_members (group);

  g_assert_cmpuint (self->mirror->len, ==, g_list_model_get_n_items (model));
  g_assert_cmpuint (self->mirror->len, ==, nx_group_get_n_members (group));
  g_assert_cmpuint (g_hash_table_size (self->in), ==, self->mirror->len);
  for (guint i = 0; i < self->mirror->len; i++)
    {
      g_assert_true (nx_group_contains (group, g_ptr_array_index (self->mirror, i)));
      g_assert_true (g_hash_table_contains (self->in, g_ptr_array_index (self->mirror, i)));
    }
}

static void
run_stage (Fixture *f, void (*begin) (Stage *s))
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Follower follower = { g_ptr_array_new_with_free_func (g_object_unref),
                        g_hash_table_new (NULL, NULL) };
  Stage s = { .f = f, .group = group };

  g_signal_connect (nx_group_get_members (group), "items-changed", G_CALLBACK (follow_cb),
                    &follower);
  g_signal_connect (group, "joined", G_CALLBACK (follow_joined_cb), &follower);
  g_signal_connect (group, "left", G_CALLBACK (follow_left_cb), &follower);
  for (guint i = 0; i < 4; i++)
    s.people[i] = crowd_join (f, group);
  s.outsider = crowd_open (f);
  begin (&s);
  assert_followed (&follower, group);
  nx_group_send_text (group, "after", NULL, NULL);
  settle (f);
  assert_followed (&follower, group);
  g_signal_handlers_disconnect_by_data (group, &s);
  g_signal_handlers_disconnect_by_data (nx_group_get_members (group), &s);
  g_signal_handlers_disconnect_by_data (group, &follower);
  g_signal_handlers_disconnect_by_data (nx_group_get_members (group), &follower);
  g_ptr_array_unref (follower.mirror);
  g_hash_table_unref (follower.in);
}

static void
in_joined (Stage *s)
{
  g_signal_connect (s->group, "joined", G_CALLBACK (change_cb), s);
  s->n_left = 3;
  nx_group_add (s->group, s->outsider->ws, NULL);
}

static void
in_left (Stage *s)
{
  g_signal_connect (s->group, "left", G_CALLBACK (change_cb), s);
  s->n_left = 3;
  nx_group_remove (s->group, s->people[1]->ws);
}

static void
in_items_changed_of_add (Stage *s)
{
  g_signal_connect (nx_group_get_members (s->group), "items-changed", G_CALLBACK (items_changed_cb),
                    s);
  s->n_left = 3;
  nx_group_add (s->group, s->outsider->ws, NULL);
}

static void
in_items_changed_of_remove (Stage *s)
{
  g_signal_connect (nx_group_get_members (s->group), "items-changed", G_CALLBACK (items_changed_cb),
                    s);
  s->n_left = 3;
  nx_group_remove (s->group, s->people[0]->ws);
}

static void
in_items_changed_of_last (Stage *s)
{
  g_signal_connect (nx_group_get_members (s->group), "items-changed", G_CALLBACK (items_changed_cb),
                    s);
  s->n_left = 3;
  nx_group_remove (s->group, s->people[3]->ws);
}

static void
in_notify (Stage *s)
{
  g_signal_connect (s->group, "notify::n-members", G_CALLBACK (notify_cb), s);
  s->n_left = 3;
  nx_group_remove (s->group, s->people[0]->ws);
}

static void
in_filter (Stage *s)
{
  g_autoptr (NxMessage) message = nx_message_new_text ("filtered", -1);

  s->n_left = 3;
  nx_group_send_filtered (s->group, message, filter_cb, s);
}

/* A slow member is closed, and whoever is told acts. */
static void
in_broadcast (Stage *s)
{
  g_autoptr (NxWebSocket) ws = NULL;
  g_autofree char *text = g_strnfill (3000, 'x');

  client_set_reading (s->people[1]->client, FALSE);
  if (s->people[1]->client->peer != NULL)
    nx_memory_peer_set_capacity (s->people[1]->client->peer, 0);
  while (nx_web_socket_get_buffered_amount (s->people[1]->ws) < 1900)
    {
      nx_web_socket_send_text (s->people[1]->ws, text, NULL);
      settle (s->f);
    }
  ws = g_object_ref (s->people[1]->ws); /* the persons go with the app */
  g_signal_connect (ws, "notify::state", G_CALLBACK (notify_cb), s);
  s->n_left = 1;
  nx_group_send_text (s->group, "first", NULL, NULL);
  nx_group_send_text (s->group, "second", NULL, NULL);
  g_signal_handlers_disconnect_by_data (ws, s);
}

static void
in_end (Stage *s)
{
  g_signal_connect (s->group, "left", G_CALLBACK (change_cb), s);
  s->n_left = 2;
  nx_web_socket_cut (s->people[2]->ws);
}

static const struct
{
  const char *name;
  void (*begin) (Stage *s);
} callbacks[] = {
  { "joined", in_joined },
  { "left", in_left },
  { "items-changed-of-add", in_items_changed_of_add },
  { "items-changed-of-remove", in_items_changed_of_remove },
  { "items-changed-of-last", in_items_changed_of_last },
  { "notify", in_notify },
  { "filter", in_filter },
  { "broadcast", in_broadcast },
  { "end", in_end },
};

static void
test_combination (Fixture *f)
{
  guint n = GPOINTER_TO_UINT (f->data);

  current_act = acts[n % G_N_ELEMENTS (acts)].act;
  g_object_set (f->app, "low-water-mark", (guint64) 512, "high-water-mark", (guint64) 2048, NULL);
  run_stage (f, callbacks[n / G_N_ELEMENTS (acts)].begin);
}

/* -- The order of what is sent inside -- */

static gboolean
send_inside_cb (NxGroup *group, NxWebSocket *ws, gpointer data)
{
  Stage *s = data;

  if (s->n_left > 0)
    {
      s->n_left--;
      nx_group_send_text (group, "nested", NULL, NULL);
    }
  return TRUE;
}

static void
test_nested_is_behind (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autoptr (NxGroup) other = crowd_group (f, "bar");
  Person *ada = crowd_join (f, group), *bob = crowd_join (f, group);
  g_autoptr (NxMessage) message = nx_message_new_text ("outer", -1);
  Stage s = { .f = f, .n_left = 1 };

  nx_group_send_filtered (group, message, send_inside_cb, &s);
  crowd_expect (ada, "outer nested");
  crowd_expect (bob, "outer nested");
}

static void
send_on_closing_cb (NxWebSocket *ws, GParamSpec *pspec, gpointer data)
{
  NxGroup *group = data;

  nx_group_send_text (group, "nested", NULL, NULL);
  g_signal_handlers_disconnect_by_func (ws, send_on_closing_cb, data);
}

/* Somebody is closed for being slow in the middle of a broadcast, and whoever is told sends to another group with the same members. */
static void
test_nested_in_other_group (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autoptr (NxGroup) other = crowd_group (f, "bar");
  Person *people[3];
  g_autofree char *text = g_strnfill (4000, 'x');

  g_object_set (f->app, "low-water-mark", (guint64) 512, "high-water-mark", (guint64) 2048, NULL);
  for (guint i = 0; i < 3; i++)
    {
      people[i] = crowd_join (f, group);
      nx_group_add (other, people[i]->ws, NULL);
    }
  nx_memory_peer_set_capacity (people[1]->client->peer, 0);
  nx_web_socket_send_text (people[1]->ws, text, NULL);
  g_signal_connect (people[1]->ws, "notify::state", G_CALLBACK (send_on_closing_cb), other);
  nx_group_send_text (group, "1", NULL, NULL);
  nx_group_send_text (group, "2", NULL, NULL);
  crowd_expect (people[0], "1 nested 2");
  crowd_expect (people[2], "1 nested 2");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (callbacks) * G_N_ELEMENTS (acts); i++)
    {
      g_autofree char *path =
          g_strdup_printf ("/group-reentrancy/%s/%s", callbacks[i / G_N_ELEMENTS (acts)].name,
                           acts[i % G_N_ELEMENTS (acts)].name);

      fixture_add_case (path, test_combination, GUINT_TO_POINTER (i));
    }
  ADD_SCENARIO ("/group-reentrancy/nested-is-behind", test_nested_is_behind);
  ADD_MEMORY_SCENARIO ("/group-reentrancy/nested-in-other-group", test_nested_in_other_group);
  return g_test_run ();
}
