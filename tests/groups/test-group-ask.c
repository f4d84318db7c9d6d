/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions to one and to all, and what counts as an answer. */
#include "crowd.h"

static void
one_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NxMessage) answer = nx_web_socket_ask_finish (NX_WEB_SOCKET (source), result, &error);

  if (answer != NULL)
    note (data, "%s", nx_message_get_text (answer));
  else
    note (data, "%s:%d", g_quark_to_string (error->domain), error->code);
}

static void
note_message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  note (data, "message:%s", nx_message_get_text (message));
}

static void
test_one (Fixture *f)
{
  Person *ada = crowd_open (f), *bob = crowd_open (f);
  g_autoptr (NxMessage) question = nx_message_new_text ("ready?", -1);
  g_autofree char *number = NULL, *second = NULL;

  g_signal_connect (ada->ws, "message", G_CALLBACK (note_message_cb), f);
  g_signal_connect (bob->ws, "message", G_CALLBACK (note_message_cb), f);
  nx_web_socket_ask_async (ada->ws, question, 1000, NULL, one_cb, f);
  nx_web_socket_ask_async (ada->ws, question, 1000, NULL, one_cb, f);
  number = crowd_take_question (ada, "ready?");
  second = crowd_take_question (ada, "ready?");
  g_assert_cmpstr (number, !=, second);
  /* Whoever was not asked cannot answer, and other messages go their way. */
  crowd_answer (bob, number, "");
  crowd_answer (ada, "999", "");
  client_send_text (ada->client, "{\"nx\":{\"answer\":5}}");
  client_send_text (ada->client, "hello \"nx\"");
  settle (f);
  {
    g_autofree char *log = take_log (f);

    g_assert_nonnull (strstr (log, "message:hello"));
    g_assert_nonnull (strstr (log, "message:{\"nx\":{\"answer\":\"999\"}}"));
    g_assert_nonnull (strstr (log, "message:{\"nx\":{\"answer\":5}}"));
    g_assert_null (strstr (log, " {"));
  }
  crowd_answer (ada, second, ",\"yes\":2");
  {
    g_autofree char *expected = g_strdup_printf ("{\"nx\":{\"answer\":\"%s\"},\"yes\":2}", second);
    assert_log (f, expected);
  }
  crowd_answer (ada, number, "");
  {
    g_autofree char *expected = g_strdup_printf ("{\"nx\":{\"answer\":\"%s\"}}", number);
    assert_log (f, expected);
  }
  /* Once is enough. */
  crowd_answer (ada, number, "");
  {
    g_autofree char *expected = g_strdup_printf ("message:{\"nx\":{\"answer\":\"%s\"}}", number);
    assert_log (f, expected);
  }
}

static void
test_one_fails (Fixture *f)
{
  Person *ada = crowd_open (f);
  g_autoptr (NxMessage) question = nx_message_new_text ("ready?", -1);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  nx_web_socket_ask_async (ada->ws, question, 1000, NULL, one_cb, f);
  pass_time (f, 900);
  assert_log (f, "");
  pass_time (f, 200);
  assert_log (f, "nx-error-quark:4");
  nx_web_socket_ask_async (ada->ws, question, 1000, cancellable, one_cb, f);
  g_cancellable_cancel (cancellable);
  settle (f);
  assert_log (f, "g-io-error-quark:19");
  nx_web_socket_ask_async (ada->ws, question, 1000, cancellable, one_cb, f);
  settle (f);
  assert_log (f, "g-io-error-quark:19");
  nx_web_socket_ask_async (ada->ws, question, 1000, NULL, one_cb, f);
  crowd_cut (ada);
  settle (f);
  assert_log (f, "nx-error-quark:0");
  nx_web_socket_ask_async (ada->ws, question, 1000, NULL, one_cb, f);
  settle (f);
  assert_log (f, "nx-error-quark:0");
}

static void
all_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) missing = NULL;
  g_autoptr (GHashTable) answers =
      nx_group_ask_finish (NX_GROUP (source), result, &missing, &error);

  if (answers == NULL)
    {
      note (data, "%s:%d", g_quark_to_string (error->domain), error->code);
      g_assert_null (missing);
      return;
    }
  note (data, "%u/%u", g_hash_table_size (answers), g_strv_length (missing));
  for (guint i = 0; missing[i] != NULL; i++)
    {
      g_assert_null (g_hash_table_lookup (answers, missing[i]));
      note (data, "%s", strrchr (missing[i], '-'));
    }
}

static void
test_all (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  Person *ada = crowd_join (f, group), *bob = crowd_join (f, group), *eve = crowd_join (f, group);
  Person *asker = crowd_join (f, group);
  g_autoptr (NxMessage) question = nx_message_new_text ("all?", -1);
  g_autofree char *number = NULL;

  nx_group_ask_async (group, question, 1000, asker->ws, NULL, all_cb, f);
  number = crowd_take_question (ada, "all?");
  crowd_answer (ada, number, "");
  crowd_answer (bob, number, "");
  assert_log (f, "");
  crowd_answer (eve, number, "");
  assert_log (f, "3/0");
  crowd_expect (asker, "");
  /* One is too late. */
  g_free (number);
  g_queue_clear_full (&bob->client->messages, (GDestroyNotify) g_bytes_unref);
  nx_group_ask_async (group, question, 1000, asker->ws, NULL, all_cb, f);
  number = crowd_take_question (bob, "all?");
  crowd_answer (ada, number, "");
  crowd_cut (eve);
  assert_log (f, "");
  pass_time (f, 1100);
  assert_log (f, "1/2 -3 -2");
  crowd_answer (bob, number, ""); /* and nobody takes it */
  assert_log (f, "");
}

static void
test_nobody (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autoptr (NxMessage) question = nx_message_new_text ("all?", -1);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Person *ada;

  nx_group_ask_async (group, question, 1000, NULL, NULL, all_cb, f);
  settle (f);
  pass_time (f, 10);
  assert_log (f, "0/0");
  ada = crowd_join (f, group);
  nx_group_ask_async (group, question, 1000, NULL, cancellable, all_cb, f);
  g_cancellable_cancel (cancellable);
  settle (f);
  assert_log (f, "g-io-error-quark:19");
  nx_group_ask_async (group, question, 1000, NULL, NULL, all_cb, f);
  crowd_cut (ada); /* the last one who could answer */
  settle (f);
  assert_log (f, "0/1 -1");
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = nx_group_send_message_finish (NX_GROUP (source), result, &error);
  g_autofree char *last = nx_group_dup_last_id (NX_GROUP (source));

  g_assert_cmpstr (id, ==, last);
  note (data, "%s", error != NULL ? error->message : id != NULL ? "id" : "none");
}

static void
test_taken (Fixture *f)
{
  g_autoptr (NxGroup) group = crowd_group (f, "lobby");
  g_autoptr (NxMessage) message = nx_message_new_text ("x", -1);
  Person *ada = crowd_join (f, group);

  nx_group_send_message_async (group, message, NULL, NULL, sent_cb, f);
  settle (f);
  assert_log (f, "none");
  g_object_set (group, "history-size", 5, NULL);
  nx_group_send_message_async (group, message, ada->ws, NULL, sent_cb, f);
  settle (f);
  assert_log (f, "id");
  crowd_expect (ada, "x");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/group-ask/one", test_one);
  ADD_SCENARIO ("/group-ask/one-fails", test_one_fails);
  ADD_SCENARIO ("/group-ask/all", test_all);
  ADD_SCENARIO ("/group-ask/nobody", test_nobody);
  ADD_SCENARIO ("/group-ask/taken", test_taken);
  return g_test_run ();
}
