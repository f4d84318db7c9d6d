/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sending to a group: who gets what, in what order, and how often it is framed and written. */
#include "crowd.h"

#include "nx-message-private.h"

static void
test_kinds (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_join (f, group), *bob = crowd_join (f, group), *eve = crowd_open (f);
  g_autoptr (GBytes) bytes = g_bytes_new ("bytes", 5);
  g_autoptr (JsonNode) json = json_from_string ("{\"a\": 1}", NULL);
  g_autoptr (NxMessage) message = nx_message_new_text ("message", -1);
  g_autofree char *big = g_strnfill (100000, 'x');
  g_autofree char *taken = NULL;

  g_assert_true (nx_group_send_text (group, "text", NULL, NULL));
  nx_group_send_bytes (group, bytes, NULL);
  g_assert_true (nx_group_send_json (group, json, NULL, NULL));
  nx_group_send_message (group, message, NULL);
  crowd_expect (ada, "text bytes {\"a\":1} message");
  crowd_expect (bob, "text bytes {\"a\":1} message");
  crowd_expect (eve, "");
  /* Larger than what is copied side by side, between two that are not. */
  nx_group_send_text (group, "1", NULL, NULL);
  nx_group_send_text (group, big, NULL, NULL);
  nx_group_send_text (group, "2", NULL, NULL);
  taken = crowd_take (bob);
  g_assert_cmpuint (strlen (taken), ==, 100004);
  g_assert_true (g_str_has_prefix (taken, "1 x") && g_str_has_suffix (taken, "x 2"));
}

static void
test_invalid (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autoptr (JsonNode) infinite = json_node_init_double (json_node_alloc (), 1e308 * 10);
  GError *error = NULL;

  g_assert_false (nx_group_send_text (group, "\xff", NULL, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "UTF-8");
  g_assert_false (nx_group_send_json (group, infinite, NULL, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_ARGUMENT, "JSON");
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "nx_group_send_text: *UTF-8*");
  g_assert_false (nx_group_send_text (group, "\xff", NULL, NULL));
  g_test_assert_expected_messages ();
}

static void
test_excluding (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_join (f, group), *bob = crowd_join (f, group), *eve = crowd_join (f, group);
  Person *mallory = crowd_open (f);

  nx_group_send_text (group, "1", ada->ws, NULL);
  nx_group_send_text (group, "2", bob->ws, NULL);
  nx_group_send_text (group, "3", NULL, NULL);
  nx_group_send_text (group, "4", ada->ws, NULL);
  nx_group_send_text (group, "5", mallory->ws, NULL); /* who is no member anyway */
  crowd_expect (ada, "2 3 5");
  crowd_expect (bob, "1 3 4 5");
  crowd_expect (eve, "1 2 3 4 5");
  crowd_expect (mallory, "");
}

/* What is sent to one and to all comes in the order in which it was sent, also when it leaves in one block. */
static void
test_order_with_direct (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autoptr (NxGroup) other = crowd_group (f, "bar");
  Person *ada = crowd_join (f, group), *bob = crowd_join (f, group);

  nx_group_add (other, bob->ws, NULL);
  nx_group_send_text (group, "1", NULL, NULL);
  nx_group_send_text (group, "2", NULL, NULL);
  nx_web_socket_send_text (ada->ws, "a", NULL);
  nx_group_send_text (group, "3", NULL, NULL);
  nx_group_send_text (other, "b", NULL, NULL);
  nx_group_send_text (group, "4", NULL, NULL);
  nx_web_socket_send_text (bob->ws, "c", NULL);
  nx_group_send_text (other, "d", NULL, NULL);
  nx_group_send_text (group, "5", NULL, NULL);
  crowd_expect (ada, "1 2 a 3 4 5");
  crowd_expect (bob, "1 2 3 b 4 c d 5");
}

static void
test_join_and_leave_between (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_join (f, group), *bob = crowd_open (f), *eve = crowd_join (f, group);

  nx_group_send_text (group, "1", NULL, NULL);
  nx_group_send_text (group, "2", NULL, NULL);
  nx_group_add (group, bob->ws, NULL);
  nx_group_send_text (group, "3", NULL, NULL);
  nx_group_remove (group, ada->ws);
  nx_group_send_text (group, "4", NULL, NULL);
  nx_group_add (group, ada->ws, NULL);
  nx_group_send_text (group, "5", NULL, NULL);
  crowd_expect (ada, "1 2 3 5");
  crowd_expect (bob, "3 4 5");
  crowd_expect (eve, "1 2 3 4 5");
}

static gboolean
is_wanted (NxGroup *group, NxWebSocket *ws, gpointer data)
{
  return ws != data;
}

static void
test_filtered (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_join (f, group), *bob = crowd_join (f, group);
  g_autoptr (NxMessage) message = nx_message_new_text ("secret", -1);

  nx_group_send_text (group, "1", NULL, NULL);
  nx_group_send_filtered (group, message, is_wanted, ada->ws);
  nx_group_send_text (group, "2", NULL, NULL);
  crowd_expect (ada, "1 2");
  crowd_expect (bob, "1 secret 2");
}

static void
test_several_groups (Fixture *f)
{
  g_autoptr (NxGroup) lobby = crowd_group (f, "lobby");
  g_autoptr (NxGroup) bar = crowd_group (f, "bar");
  Person *ada = crowd_join (f, lobby), *bob = crowd_join (f, bar), *eve = crowd_join (f, lobby);
  Person *mallory = crowd_join (f, bar);
  g_autoptr (NxMessage) message = nx_message_new_text ("all", -1);

  nx_group_add (bar, ada->ws, NULL);
  nx_app_send_to_groups (f->app, (const char *[]){ "lobby", "nowhere", "bar", "lobby", NULL },
                         message, mallory->ws);
  crowd_expect (ada, "all");
  crowd_expect (bob, "all");
  crowd_expect (eve, "all");
  crowd_expect (mallory, "");
}

static void
test_to_one (Fixture *f)
{
  Person *ada = crowd_open (f), *bob = crowd_open (f);
  g_autoptr (NxMessage) message = nx_message_new_text ("you", -1);

  g_assert_true (nx_app_send_to (f->app, nx_web_socket_get_id (ada->ws), message));
  g_assert_false (nx_app_send_to (f->app, "00000000-1", message));
  g_assert_false (nx_app_send_to (f->app, "", message));
  crowd_expect (ada, "you");
  crowd_expect (bob, "");
  nx_web_socket_close (bob->ws, 1000, NULL, NULL);
  g_assert_false (nx_app_send_to (f->app, nx_web_socket_get_id (bob->ws), message));
}

static void
test_closing_get_nothing (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_join (f, group), *bob = crowd_join (f, group);

  nx_group_send_text (group, "1", NULL, NULL);
  nx_web_socket_close (ada->ws, 1000, NULL, NULL);
  nx_group_send_text (group, "2", NULL, NULL);
  crowd_expect (bob, "1 2");
  crowd_expect (ada, "1");
  client_expect_close (ada->client, 1000);
}

/* One block in one system call for all that a turn sends. */
static void
test_one_block (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *people[5];
  NxBatch *batch;

  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    people[i] = crowd_join (f, group);
  for (guint i = 0; i < 20; i++)
    nx_group_send_text (group, "x", NULL, NULL);
  batch = group->batch;
  g_assert_nonnull (batch);
  g_assert_cmpuint (batch->size, ==, 20 * 3);
  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    {
      NxConnection *connection = people[i]->ws->connection;

      g_assert_cmpuint (nx_connection_get_buffered (connection), ==, 20 * 3);
    }
  g_assert_null (batch->apart);
  settle (f);
  g_assert_null (group->batch); /* the turn is over, and nothing is kept */
  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    g_assert_cmpuint (people[i]->client->messages.length, ==, 20);
}

/* -- Compression -- */

static const char *offer_12 = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
static const char *offer_10 =
    "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n";

static void
test_deflated_once (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autofree char *text = g_strnfill (5000, 'x');
  g_autoptr (NxMessage) message = nx_message_new_text (text, -1);
  Person *people[6];
  NxFrame *frames[16] = { NULL };

  g_object_set (f->app, "compression", TRUE, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    {
      people[i] = crowd_open_with (f, i % 3 == 0 ? "" : i % 3 == 1 ? offer_12 : offer_10);
      nx_group_add (group, people[i]->ws, NULL);
    }
  nx_group_send_message (group, message, NULL);
  /* Whatever the order of those with one window and those with another, each got the same frame. */
  for (guint i = 0; i < G_N_ELEMENTS (people); i++)
    {
      NxSender *sender = nx_connection_get_sender (people[i]->ws->connection);
      g_autoptr (NxFrame) frame = nx_message_dup_frame (message, sender, 0);
      guint bits = sender->window_bits;

      g_assert_cmpuint (bits, ==, i % 3 == 0 ? 0 : i % 3 == 1 ? 12 : 10);
      if (frames[bits] == NULL)
        frames[bits] = frame;
      g_assert_true (frames[bits] == frame);
      if (bits == 0)
        g_assert_cmpuint (nx_connection_get_buffered (people[i]->ws->connection), >, 4999);
      else
        g_assert_cmpuint (nx_connection_get_buffered (people[i]->ws->connection), <, 200);
    }
  g_assert_true (frames[10] != frames[12]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/group-send/kinds", test_kinds);
  ADD_SCENARIO ("/group-send/invalid", test_invalid);
  ADD_SCENARIO ("/group-send/excluding", test_excluding);
  ADD_SCENARIO ("/group-send/order-with-direct", test_order_with_direct);
  ADD_SCENARIO ("/group-send/join-and-leave-between", test_join_and_leave_between);
  ADD_SCENARIO ("/group-send/filtered", test_filtered);
  ADD_SCENARIO ("/group-send/several-groups", test_several_groups);
  ADD_SCENARIO ("/group-send/to-one", test_to_one);
  ADD_SCENARIO ("/group-send/closing-get-nothing", test_closing_get_nothing);
  ADD_SCENARIO ("/group-send/one-block", test_one_block);
  ADD_SCENARIO ("/group-send/deflated-once", test_deflated_once);
  return g_test_run ();
}
