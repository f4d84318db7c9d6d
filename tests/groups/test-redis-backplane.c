/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several nodes at one Redis that does what it should. */
#include "node.h"
#include "redis.h"

#include <string.h>

#define KEEP 1000

typedef struct
{
  Redis redis;
  Node one;
  Node two;
  gboolean is_up;
} Fixture;

static void
fixture_set_up (Fixture *f, gconstpointer data)
{
  f->is_up = redis_start (&f->redis, NULL);
  if (!f->is_up)
    return;
  node_init_redis (&f->one, f->redis.uri);
  node_init_redis (&f->two, f->redis.uri);
  node_start (&f->one);
  node_start (&f->two);
  node_wait_connected (&f->one);
  node_wait_connected (&f->two);
}

static void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  node_clear (&f->one);
  node_clear (&f->two);
  redis_clear (&f->redis);
}

static void
subscribe_both (Fixture *f, gboolean is_recorded)
{
  node_subscribe (&f->one, "lobby", is_recorded);
  node_subscribe (&f->two, "lobby", is_recorded);
  node_wait (f->one.n_subscribed == 1 && f->two.n_subscribed == 1);
}

static void
test_live (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  subscribe_both (f, FALSE);
  node_publish (&f->one, "lobby", "a", 0, 1);
  node_publish (&f->one, "lobby", "b", 0, 2);
  node_wait (f->two.received->len == 2 && g_hash_table_size (f->one.accepted) == 2);
  g_assert_cmpstr (f->two.log->str, ==, "subscribed lobby; received lobby a; received lobby b");
  g_assert_cmpstr (g_ptr_array_index (f->two.ids, 0), ==, "");
  /* What was not recorded does not come back. */
  g_assert_cmpuint (f->one.received->len, ==, 0);
  g_assert_cmpuint (node_count (&f->one, "n-published"), ==, 2);
  g_assert_cmpuint (node_count (&f->two, "n-received"), ==, 2);
  g_assert_cmpuint (node_count (&f->one, "lag"), >, 0);
}

static void
assert_same_order (Fixture *f)
{
  g_autofree char *one = node_describe_received (&f->one);
  g_autofree char *two = node_describe_received (&f->two);

  g_assert_cmpstr (one, ==, two);
  for (guint i = 0; i < f->one.ids->len; i++)
    g_assert_cmpstr (g_ptr_array_index (f->one.ids, i), ==, g_ptr_array_index (f->two.ids, i));
}

static void
test_recorded (Fixture *f, gconstpointer data)
{
  const guint n = 500;

  if (!f->is_up)
    return;
  subscribe_both (f, TRUE);
  for (guint i = 1; i <= n; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      node_publish (i % 2 ? &f->one : &f->two, "lobby", text, KEEP, i);
      g_main_context_iteration (NULL, FALSE);
    }
  node_wait (f->one.received->len == n && f->two.received->len == n);
  assert_same_order (f);
  node_wait (g_hash_table_size (f->one.accepted) == n / 2
             && g_hash_table_size (f->two.accepted) == n / 2);
  for (guint i = 0; i < n; i++)
    {
      guint tag = (guint) g_ascii_strtoull (g_ptr_array_index (f->one.received, i), NULL, 10);
      Node *sender = tag % 2 ? &f->one : &f->two;

      g_assert_cmpstr (g_hash_table_lookup (sender->accepted, GUINT_TO_POINTER (tag)), ==,
                       g_ptr_array_index (f->one.ids, i));
    }
  g_assert_cmpuint (f->one.n_gaps, ==, 0);
  g_assert_cmpuint (node_count (&f->one, "n-repeated"), ==, 0);
  g_assert_cmpuint (node_count (&f->one, "n-waiting"), ==, 0);
}

static void
test_fetch (Fixture *f, gconstpointer data)
{
  g_autofree char *all = NULL;
  g_autofree char *some = NULL;
  g_autofree char *last = NULL;

  if (!f->is_up)
    return;
  node_subscribe (&f->one, "lobby", TRUE);
  for (guint i = 1; i <= 5; i++)
    node_publish (&f->one, "lobby", (char[]){ (char) ('a' + i - 1), '\0' }, KEEP, i);
  node_wait (f->one.received->len == 5);

  node_fetch (&f->two, "lobby", "0-0", 100);
  node_wait (f->two.entries != NULL);
  all = node_describe_entries (&f->two);
  g_assert_cmpstr (all, ==, "a b c d e");
  g_assert_true (f->two.has_gap == !redis_is_at_least (7, 0));

  node_fetch (&f->two, "lobby", g_ptr_array_index (f->one.ids, 1), 2);
  node_wait (f->two.entries != NULL);
  some = node_describe_entries (&f->two);
  g_assert_cmpstr (some, ==, "c d");
  g_assert_false (f->two.has_gap);

  node_fetch (&f->two, "lobby", NULL, 2);
  node_wait (f->two.entries != NULL);
  last = node_describe_entries (&f->two);
  g_assert_cmpstr (last, ==, "d e");

  node_fetch (&f->two, "lobby", g_ptr_array_index (f->one.ids, 4), 2);
  node_wait (f->two.entries != NULL);
  g_assert_cmpuint (f->two.entries->len, ==, 0);
  g_assert_false (f->two.has_gap);
}

/* An id comes from a client, which may have made it up. */
static void
test_fetch_nonsense (Fixture *f, gconstpointer data)
{
  const char *const ids[] = { "",  "x",    "1",    "1-",          "-1",
                              "+", "1-1 ", "(1-1", "1-1\r\nPING", "18446744073709551616-1" };

  if (!f->is_up)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      node_fetch (&f->one, "lobby", ids[i], 10);
      node_wait (f->one.error != NULL);
      g_assert_error (f->one.error, NX_ERROR, NX_ERROR_INVALID_DATA);
    }
  node_fetch (&f->one, "lobby", "99999999999999-7", 10);
  node_wait (f->one.entries != NULL);
  g_assert_true (f->one.has_gap);
  node_fetch (&f->one, "lobby", "0-0", 10);
  node_wait (f->one.entries != NULL);
  g_assert_false (f->one.has_gap);
}

static void
test_unsubscribe (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  subscribe_both (f, TRUE);
  nx_backplane_unsubscribe (f->two.backplane, "lobby");
  node_publish (&f->one, "lobby", "a", KEEP, 1);
  node_publish (&f->one, "lobby", "b", 0, 2);
  node_wait (f->one.received->len == 1 && g_hash_table_size (f->one.accepted) == 2);
  node_subscribe (&f->two, "lobby", TRUE);
  node_wait (f->two.n_subscribed == 2);
  node_publish (&f->one, "lobby", "c", KEEP, 3);
  node_wait (f->two.received->len > 0);
  g_assert_cmpstr (f->two.log->str, ==, "subscribed lobby; subscribed lobby; received lobby c");
}

/* What a recorded group has that is not recorded, such as who is typing. */
static void
test_volatile (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  subscribe_both (f, TRUE);
  node_publish (&f->one, "lobby", "typing", 0, 1);
  node_wait (f->two.received->len == 1);
  g_assert_cmpstr (g_ptr_array_index (f->two.ids, 0), ==, "");
  node_publish (&f->one, "lobby", "said", KEEP, 2);
  node_wait (f->one.received->len == 1 && f->two.received->len == 2);
  node_fetch (&f->two, "lobby", "0-0", 10);
  node_wait (f->two.entries != NULL);
  g_assert_cmpuint (f->two.entries->len, ==, 1);
}

static void
test_direct (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) payload = g_bytes_new_static ("psst", 4);
  const char *node = nx_backplane_get_node (f->two.backplane);

  if (!f->is_up)
    return;
  nx_backplane_send_to (f->one.backplane, node, payload, GUINT_TO_POINTER (1));
  node_wait (f->two.direct->len == 1 && g_hash_table_size (f->one.accepted) == 1);
  g_assert_cmpstr (g_ptr_array_index (f->two.direct, 0), ==, "psst");
  nx_backplane_send_to (f->one.backplane, "0123456789abcdef", payload, GUINT_TO_POINTER (2));
  node_wait (f->one.n_failed == 1);
  g_assert_error (f->one.error, NX_ERROR, NX_ERROR_BACKPLANE);
  g_assert_cmpuint (node_count (&f->one, "n-dropped"), ==, 1);
}

static void
test_presence (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  node_set_presence (&f->one, "lobby", "early", "{\"n\":1}");
  subscribe_both (f, FALSE);
  node_wait (node_get_present (&f->two, "lobby", "early") != NULL);
  g_assert_cmpstr (node_get_present (&f->two, "lobby", "early"), ==, "{\"n\":1}");
  node_set_presence (&f->one, "lobby", "late", "");
  node_set_presence (&f->one, "lobby", "early", "{\"n\":2}");
  node_wait (g_strcmp0 (node_get_present (&f->two, "lobby", "early"), "{\"n\":2}") == 0);
  g_assert_cmpstr (node_get_present (&f->two, "lobby", "late"), ==, "");
  node_set_presence (&f->one, "lobby", "early", NULL);
  node_wait (node_get_present (&f->two, "lobby", "early") == NULL);
  g_assert_nonnull (node_get_present (&f->two, "lobby", "late"));
  g_assert_cmpuint (g_hash_table_size (f->one.present), ==, 0);
}

/* They stay for as long as their node lives, and no longer than two heartbeats after that. */
static void
test_presence_expires (Fixture *f, gconstpointer data)
{
  Node third;
  gint64 began_us;
  const gint64 heartbeat_us = 400 * 1000;

  if (!f->is_up)
    return;
  node_init_redis (&third, f->redis.uri);
  node_start (&third);
  node_set_presence (&third, "lobby", "mortal", "m");
  subscribe_both (f, FALSE);
  node_wait (g_hash_table_size (f->one.present) == 1 && g_hash_table_size (f->two.present) == 1);
  began_us = g_get_monotonic_time ();
  node_wait (g_get_monotonic_time () - began_us > 2 * heartbeat_us);
  g_assert_cmpuint (g_hash_table_size (f->one.present), ==, 1);

  /* As if it were killed: nobody says that the member has gone. */
  node_clear (&third);
  node_wait (g_hash_table_size (f->one.present) == 0 && g_hash_table_size (f->two.present) == 0);
  /* And whoever comes later does not see it either. */
  node_init_redis (&third, f->redis.uri);
  node_start (&third);
  node_subscribe (&third, "lobby", FALSE);
  node_wait (third.n_subscribed == 1);
  g_assert_cmpuint (g_hash_table_size (third.present), ==, 0);
  node_clear (&third);
}

/* Two that share a Redis and neither the prefix nor the database are two. */
static void
test_apart (Fixture *f, gconstpointer data)
{
  Node other, elsewhere;
  g_autofree char *uri = NULL;

  if (!f->is_up)
    return;
  uri = g_strdup_printf ("%s?db=3", f->redis.uri);
  node_init_redis (&other, f->redis.uri);
  g_object_set (other.backplane, "key-prefix", "other:", NULL);
  node_init_redis (&elsewhere, uri);
  node_start (&other);
  node_start (&elsewhere);
  node_subscribe (&other, "lobby", TRUE);
  node_subscribe (&elsewhere, "lobby", TRUE);
  subscribe_both (f, TRUE);
  node_wait (other.n_subscribed == 1 && elsewhere.n_subscribed == 1);
  node_publish (&f->one, "lobby", "a", KEEP, 1);
  node_publish (&f->one, "lobby", "b", 0, 2);
  node_publish (&other, "lobby", "c", KEEP, 1);
  node_publish (&elsewhere, "lobby", "d", KEEP, 1);
  node_wait (f->two.received->len == 2 && other.received->len == 1 && elsewhere.received->len == 1);
  node_publish (&other, "lobby", "e", 0, 2);
  node_publish (&f->one, "lobby", "f", 0, 3);
  node_wait (f->two.received->len == 3 && g_hash_table_size (other.accepted) == 2);
  g_assert_cmpuint (other.received->len, ==, 1);
  g_assert_cmpuint (elsewhere.received->len, ==, 1);
  node_clear (&other);
  node_clear (&elsewhere);
}

static void
test_many_groups (Fixture *f, gconstpointer data)
{
  const guint n = 1000;

  if (!f->is_up)
    return;
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("group %u", i);

      node_subscribe (&f->one, name, TRUE);
      node_subscribe (&f->two, name, TRUE);
    }
  node_wait (f->one.n_subscribed == n && f->two.n_subscribed == n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strdup_printf ("group %u", i);

      node_publish (&f->one, name, name, KEEP, i + 1);
    }
  node_wait (f->one.received->len == n && f->two.received->len == n);
}

/* Whatever a name holds, it is one name, and neither a command nor a pattern. */
static void
test_names (Fixture *f, gconstpointer data)
{
  const char *const names[] = {
    "*",        "?",       "a b",          "a\r\nFLUSHALL", "\"quoted\"", "%s%n", "[a-z]",
    "\u00e9",   "g:lobby", "lobby",        "lobby\n",       "$3",         "",     "d:alive",
    "../lobby", "-",       "nexws:s:lobby"
  };
  const guint n = G_N_ELEMENTS (names);

  if (!f->is_up)
    return;
  for (guint i = 0; i < n; i++)
    {
      node_subscribe (&f->one, names[i], TRUE);
      node_subscribe (&f->two, names[i], TRUE);
      node_set_presence (&f->one, names[i], names[i], names[i]);
    }
  node_wait (f->one.n_subscribed == n && f->two.n_subscribed == n);
  for (guint i = 0; i < n; i++)
    {
      node_publish (&f->one, names[i], names[i], KEEP, i + 1);
      node_publish (&f->one, names[i], "live", 0, n + i + 1);
    }
  node_wait (f->two.received->len == 2 * n && f->one.received->len == n);
  node_wait (g_hash_table_size (f->two.present) == n);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *expected = g_strdup_printf ("received %s %s", names[i], names[i]);

      g_assert_nonnull (strstr (f->two.log->str, expected));
      g_assert_cmpstr (node_get_present (&f->two, names[i], names[i]), ==, names[i]);
      node_fetch (&f->two, names[i], "0-0", 10);
      node_wait (f->two.entries != NULL);
      g_assert_cmpuint (f->two.entries->len, ==, 1);
    }
  g_assert_cmpuint (node_count (&f->two, "n-rejected"), ==, 0);
}

/* Large ones are not read all at once. */
static void
test_large (Fixture *f, gconstpointer data)
{
  const guint n = 40;
  g_autofree char *text = g_strnfill (1024 * 1024, 'x');
  g_autofree char *huge = NULL;

  if (!f->is_up)
    return;
  subscribe_both (f, TRUE);
  for (guint i = 1; i <= 300; i++)
    node_publish (&f->one, "lobby", "small", KEEP, i);
  node_wait (f->two.received->len == 300);
  for (guint i = 1; i <= n; i++)
    node_publish (&f->one, "lobby", text, KEEP, 300 + i);
  node_wait (f->two.received->len == 300 + n && f->one.received->len == 300 + n);
  g_assert_cmpuint (strlen (g_ptr_array_index (f->two.received, 300 + n - 1)), ==, strlen (text));

  huge = g_strnfill (9 * 1024 * 1024, 'x');
  node_publish (&f->one, "lobby", huge, KEEP, 1000);
  g_assert_cmpuint (f->one.unrecorded->len, ==, 1);
  g_assert_cmpint (nx_backplane_get_state (f->one.backplane), ==, NX_BACKPLANE_STATE_CONNECTED);
}

/* Strangers write to our keys and channels. */
static void
test_foreign (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  subscribe_both (f, TRUE);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*not ours was dropped*");
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*not ours was dropped*");
  redis_tell (&f->redis, "PUBLISH nexws:0:g:lobby hello");
  redis_tell (&f->redis, "PUBLISH nexws:0:g:lobby mNX1");
  redis_tell (&f->redis, "PUBLISH nexws:0:g:lobby pnode");
  redis_tell (&f->redis, "PUBLISH nexws:0:alive nonsense");
  redis_tell (&f->redis, "XADD nexws:s:lobby * f v g w");
  redis_tell (&f->redis, "XADD nexws:s:lobby * m v");
  redis_tell (&f->redis, "PUBLISH nexws:0:g:lobby nsomebody");
  node_publish (&f->one, "lobby", "ours", KEEP, 1);
  node_wait (f->two.received->len == 1 && f->one.received->len == 1);
  node_wait (node_count (&f->two, "n-rejected") == 4);
  g_test_assert_expected_messages ();
  g_assert_cmpint (nx_backplane_get_state (f->two.backplane), ==, NX_BACKPLANE_STATE_CONNECTED);
}

/* Whoever may write to the Redis may speak in anybody's name, and have what that one says afterwards taken for old; which is counted. */
static void
test_forged (Fixture *f, gconstpointer data)
{
  Node impostor;

  if (!f->is_up)
    return;
  subscribe_both (f, FALSE);
  node_publish (&f->one, "lobby", "a", 0, 1);
  node_wait (f->two.received->len == 1);
  node_init_redis (&impostor, f->redis.uri);
  nx_backplane_start (impostor.backplane, nx_backplane_get_private (f->one.backplane)->node);
  node_wait_connected (&impostor);
  node_publish (&impostor, "lobby", "forged", 0, 1);
  node_wait (f->two.received->len == 2);
  node_publish (&f->one, "lobby", "b", 0, 2);
  node_wait (node_count (&f->two, "n-repeated") == 1);
  g_assert_cmpstr (f->two.log->str, ==,
                   "subscribed lobby; received lobby a; received lobby forged");
  g_assert_cmpint (nx_backplane_get_state (f->two.backplane), ==, NX_BACKPLANE_STATE_CONNECTED);
  node_clear (&impostor);
}

/* Who asks for a group from inside of what it is told of another. */
static void
churn_cb (gpointer data)
{
  Node *self = data;

  if (self->received->len == 3)
    nx_backplane_unsubscribe (self->backplane, "lobby");
  if (self->received->len == 3 && self->n_subscribed == 1)
    node_subscribe (self, "other", TRUE);
}

static void
test_reentrancy (Fixture *f, gconstpointer data)
{
  if (!f->is_up)
    return;
  subscribe_both (f, TRUE);
  f->two.event = churn_cb;
  for (guint i = 1; i <= 10; i++)
    node_publish (&f->one, "lobby", "x", KEEP, i);
  node_wait (f->one.received->len == 10 && f->two.n_subscribed == 2);
  node_publish (&f->one, "other", "y", KEEP, 11);
  node_wait (f->two.received->len == 4);
  g_assert_cmpstr (g_ptr_array_index (f->two.received, 3), ==, "y");
}

#define ADD(name, func)                                                                            \
  g_test_add ("/redis-backplane/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("live", test_live);
  ADD ("recorded", test_recorded);
  ADD ("fetch", test_fetch);
  ADD ("fetch-nonsense", test_fetch_nonsense);
  ADD ("unsubscribe", test_unsubscribe);
  ADD ("volatile", test_volatile);
  ADD ("direct", test_direct);
  ADD ("presence", test_presence);
  ADD ("presence-expires", test_presence_expires);
  ADD ("apart", test_apart);
  ADD ("many-groups", test_many_groups);
  ADD ("names", test_names);
  ADD ("large", test_large);
  ADD ("foreign", test_foreign);
  ADD ("forged", test_forged);
  ADD ("reentrancy", test_reentrancy);
  return g_test_run ();
}
