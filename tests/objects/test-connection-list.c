/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of connections: every change is told, exactly, whatever is changed while it is told. */
#include "fixture.h"

/* Follows a list by what it tells alone. */
typedef struct
{
  NxConnectionList *list;
  GPtrArray *mirror; /* of NxWebSocket, owned */
  GPtrArray *made;   /* of NxWebSocket, by their serial; owned */
  guint n_changes;
  NxWebSocket *victim; /* (nullable) removed from inside the next change */
  gboolean adds;       /* one is added from inside the next change */
} Follower;

static void
assert_is_mirrored (Follower *self)
{
  GListModel *model = G_LIST_MODEL (self->list);

  g_assert_cmpuint (g_list_model_get_n_items (model), ==, self->mirror->len);
  g_assert_cmpuint (nx_connection_list_get_size (self->list), ==, self->mirror->len);
  for (guint i = 0; i < self->mirror->len; i++)
    {
      g_autoptr (NxWebSocket) ws = g_list_model_get_item (model, i);

      g_assert_true (ws == g_ptr_array_index (self->mirror, i));
      g_assert_true (nx_connection_list_peek (self->list, i) == ws);
      g_assert_cmpuint (ws->list_position, ==, i);
    }
}

static void
follow_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  Follower *self = data;

  g_assert_cmpuint (position + removed, <=, self->mirror->len);
  if (removed > 0)
    g_ptr_array_remove_range (self->mirror, position, removed);
  for (guint i = 0; i < added; i++)
    g_ptr_array_insert (self->mirror, position + i, g_list_model_get_item (model, position + i));
  self->n_changes++;
  assert_is_mirrored (self);
}

static NxWebSocket *
add_one (Follower *self)
{
  NxWebSocket *ws = g_object_new (NX_TYPE_WEB_SOCKET, NULL);

  ws->serial = self->made->len;
  g_ptr_array_add (self->made, ws);
  nx_connection_list_add (self->list, ws, NULL);
  return ws;
}

/* Behind the follower, so that this one knows of each change before the next is made. */
static void
change_more_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  Follower *self = data;
  NxWebSocket *victim = g_steal_pointer (&self->victim);

  if (victim != NULL)
    nx_connection_list_remove (self->list, victim);
  if (self->adds)
    {
      self->adds = FALSE;
      add_one (self);
    }
}

static void
follower_init (Follower *self, guint n)
{
  *self = (Follower){ .list = nx_connection_list_new () };
  self->mirror = g_ptr_array_new_with_free_func (g_object_unref);
  self->made = g_ptr_array_new_with_free_func (g_object_unref);
  g_signal_connect (self->list, "items-changed", G_CALLBACK (follow_cb), self);
  g_signal_connect (self->list, "items-changed", G_CALLBACK (change_more_cb), self);
  for (guint i = 0; i < n; i++)
    add_one (self);
  self->n_changes = 0;
}

static void
follower_clear (Follower *self)
{
  assert_is_mirrored (self);
  g_ptr_array_unref (self->mirror);
  g_assert_finalize_object (self->list);
  while (self->made->len > 0)
    g_assert_finalize_object (g_ptr_array_steal_index (self->made, self->made->len - 1));
  g_ptr_array_unref (self->made);
}

static NxWebSocket *
made (Follower *self, guint serial)
{
  return g_ptr_array_index (self->made, serial);
}

static gboolean
contains (Follower *self, guint serial)
{
  return nx_connection_list_find (self->list, serial) != NULL;
}

static void
test_model (void)
{
  Follower f;

  follower_init (&f, 3);
  g_assert_true (g_list_model_get_item_type (G_LIST_MODEL (f.list)) == NX_TYPE_WEB_SOCKET);
  g_assert_null (g_list_model_get_item (G_LIST_MODEL (f.list), 3));
  g_assert_null (nx_connection_list_find (f.list, 99));
  nx_connection_list_remove (f.list, made (&f, 0));
  g_assert_cmpuint (f.n_changes, ==, 2); /* the last one leaves, and takes the place */
  g_assert_false (contains (&f, 0));
  nx_connection_list_remove (f.list, made (&f, 1));
  nx_connection_list_remove (f.list, made (&f, 1)); /* nothing */
  nx_connection_list_remove (f.list, made (&f, 2));
  g_assert_cmpuint (nx_connection_list_get_size (f.list), ==, 0);
  follower_clear (&f);
}

static void
test_random (void)
{
  Follower f;
  guint n_left = 0;

  follower_init (&f, 0);
  for (guint i = 0; i < 2000; i++)
    {
      guint size = nx_connection_list_get_size (f.list);

      if (size == 0 || g_test_rand_int_range (0, 100) < 52)
        add_one (&f);
      else
        nx_connection_list_remove (
            f.list, nx_connection_list_peek (f.list, g_test_rand_int_range (0, size)));
    }
  for (guint i = 0; i < f.made->len; i++)
    n_left += contains (&f, i);
  g_assert_cmpuint (n_left, ==, f.mirror->len);
  follower_clear (&f);
}

/* Removes @first, and @second from inside the first change that this makes. */
static void
remove_inside (guint first, guint second)
{
  Follower f;

  follower_init (&f, 5);
  f.victim = made (&f, second);
  nx_connection_list_remove (f.list, made (&f, first));
  g_assert_false (contains (&f, first));
  g_assert_false (contains (&f, second));
  g_assert_cmpuint (f.mirror->len, ==, first == second ? 4 : 3);
  follower_clear (&f);
}

static void
test_remove_inside (void)
{
  for (guint first = 0; first < 5; first++)
    for (guint second = 0; second < 5; second++)
      remove_inside (first, second);
}

static void
test_add_inside (void)
{
  for (guint i = 0; i < 5; i++)
    {
      Follower f;

      follower_init (&f, 5);
      f.adds = TRUE;
      nx_connection_list_remove (f.list, made (&f, i));
      g_assert_cmpuint (f.mirror->len, ==, 5);
      follower_clear (&f);
    }
}

/* Each change is answered with another one, whatever it was. */
static void
change_at_random_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  Follower *self = data;
  guint size = nx_connection_list_get_size (self->list);
  guint dice = g_test_rand_int_range (0, 10);

  if (dice < 3 && size > 0)
    nx_connection_list_remove (self->list, made (self, g_test_rand_int_range (0, self->made->len)));
  else if (dice < 4)
    add_one (self);
}

static void
test_random_inside (void)
{
  Follower f;

  follower_init (&f, 0);
  g_signal_connect (f.list, "items-changed", G_CALLBACK (change_at_random_cb), &f);
  for (guint i = 0; i < 300; i++)
    {
      add_one (&f);
      nx_connection_list_remove (f.list, made (&f, g_test_rand_int_range (0, f.made->len)));
    }
  follower_clear (&f);
}

/* -- As the app has it -- */

static void
count_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  note (data, "%u-%u+%u", position, removed, added);
}

static void
test_of_app (Fixture *f)
{
  GListModel *model = nx_app_get_connections (f->app);

  g_signal_connect (model, "items-changed", G_CALLBACK (count_cb), f);
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  must (open, f->client, "/");
  must (open, add_client (f), "/");
  assert_log (f, "0-0+1 1-0+1");
  nx_test_client_cut (f->client);
  assert_log_settled (f, "1-1+0 0-1+1");
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 1);
}

static void
close_others_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  for (guint i = 0; i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (NxWebSocket) ws = g_list_model_get_item (model, i);

      if (nx_web_socket_get_state (ws) == NX_STATE_OPEN)
        nx_connection_cut (ws->connection);
    }
}

/* One goes, and whoever is told ends the others. */
static void
test_end_others_inside (Fixture *f)
{
  GListModel *model = nx_app_get_connections (f->app);

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  for (guint i = 0; i < 5; i++)
    must (open, add_client (f), "/");
  g_signal_connect (model, "items-changed", G_CALLBACK (close_others_cb), NULL);
  nx_test_client_cut (g_ptr_array_index (f->clients, 1));
  must (settle, f->client);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 0);
}

static void
drop_app_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  Fixture *f = data;

  g_clear_object (&f->app);
}

/* The app may be dropped by whoever is told that somebody has gone. (An NxTestClient would keep it.) */
static void
test_drop_app_inside (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  for (guint i = 0; i < 3; i++)
    client_open (f, "/");
  g_signal_connect (nx_app_get_connections (f->app), "items-changed", G_CALLBACK (drop_app_cb), f);
  client_cut (g_ptr_array_index (f->clients, 0));
  wait_until (f, f->app == NULL);
  wait_until (f, ((Client *) g_ptr_array_index (f->clients, 2))->is_ended);
}

static void
reject_added_cb (GListModel *model, guint position, guint removed, guint added, gpointer data)
{
  g_autoptr (NxWebSocket) ws = added > 0 ? g_list_model_get_item (model, position) : NULL;

  if (ws != NULL)
    nx_web_socket_reject (ws, 418, NULL, NULL);
}

/* Before any middleware has seen it. */
static void
test_reject_inside (Fixture *f)
{
  guint n;

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_signal_connect (nx_app_get_connections (f->app), "items-changed", G_CALLBACK (reject_added_cb),
                    f);
  must (expect_refusal, f->client, "/", 418);
  g_object_get (f->app, "n-undecided", &n, NULL);
  g_assert_cmpuint (n, ==, 0);
}

static void
test_drop_app_when_added (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_signal_connect (nx_app_get_connections (f->app), "items-changed", G_CALLBACK (drop_app_cb), f);
  client_new (f, "/", "");
  wait_until (f, f->app == NULL);
  settle (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/connection-list/model", test_model);
  g_test_add_func ("/connection-list/random", test_random);
  g_test_add_func ("/connection-list/inside/remove", test_remove_inside);
  g_test_add_func ("/connection-list/inside/add", test_add_inside);
  g_test_add_func ("/connection-list/inside/random", test_random_inside);
  ADD_TEST ("/connection-list/app", test_of_app);
  ADD_TEST ("/connection-list/app/end-others", test_end_others_inside);
  ADD_SCENARIO ("/connection-list/app/drop-it", test_drop_app_inside);
  ADD_SCENARIO ("/connection-list/app/drop-it/added", test_drop_app_when_added);
  ADD_TEST ("/connection-list/app/reject", test_reject_inside);
  return g_test_run ();
}
