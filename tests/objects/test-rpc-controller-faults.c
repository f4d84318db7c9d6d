/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON-RPC, being called: what goes wrong in a handler, who goes, and what is too much. */
#include "config.h"

#include "desk.h"

/* -- What goes wrong in a handler -- */

static void
test_error (Fixture *f)
{
  Client *client = open_desk (f);

  WARN ("Connection * to /rpc failed: fail: a secret");
  client_send_text (client, ASK ("1", "fail"));
  client_expect_text (client, ERROR ("1", "-32603", "Internal error"));
  WARN ("Connection * to /rpc failed: fail: a secret");
  client_send_text (client, TELL ("fail"));
  expect_nothing_before (client);
  g_test_assert_expected_messages ();
}

static void
test_nonsense (Fixture *f)
{
  Client *client = open_desk (f);

  WARN ("Connection * to /rpc failed: nonsense: \"(s\" is no signature");
  client_send_text (client, ASK ("1", "nonsense"));
  client_expect_text (client, ERROR ("1", "-32603", "Internal error"));
  g_test_assert_expected_messages ();
}

static void
test_late_error (Fixture *f)
{
  g_autoptr (GError) for_peer = g_error_new (NX_RPC_ERROR, NX_RPC_ERROR_INVALID_PARAMS, "too many");
  Client *client = open_desk (f);

  client_send_text (client, ASK ("1", "wait"));
  client_send_text (client, ASK ("2", "wait"));
  wait_until (f, desk_kept->len == 2);
  WARN ("Connection * to /rpc failed: wait: a secret");
  nx_rpc_call_return_gerror (g_ptr_array_index (desk_kept, 0),
                             &(GError){ G_IO_ERROR, G_IO_ERROR_FAILED, (char *) "a secret" });
  client_expect_text (client, ERROR ("1", "-32603", "Internal error"));
  g_test_assert_expected_messages ();
  nx_rpc_call_return_gerror (g_ptr_array_index (desk_kept, 1), for_peer);
  client_expect_text (client, ERROR ("2", "-32602", "too many"));
}

static void
test_on_error (Fixture *f)
{
  Client *client;

  serve (f, small_desk_get_type ());
  client = client_open (f, "/rpc");
  client_send_text (client, ASK ("1", "fail"));
  client_expect_text (client, ERROR ("1", "-32603", "Internal error"));
  client_send_text (client, ASK ("2", "refuse"));
  client_expect_text (client, ERROR ("2", "42", "not you"));
  assert_log (f, "error-fail: a secret");
}

/* -- The peer goes; it takes too long -- */

static void
cancelled_cb (GCancellable *cancellable, gpointer data)
{
  note (desk_fixture, "cancelled");
}

static void
test_gone (Fixture *f)
{
  Client *client = open_desk (f);
  GCancellable *cancellable;

  client_send_text (client, "[" ASK ("1", "wait") "," ASK ("2", "wait") "]");
  wait_until (f, desk_kept->len == 2);
  cancellable = nx_rpc_call_get_cancellable (g_ptr_array_index (desk_kept, 0));
  g_signal_connect (cancellable, "cancelled", G_CALLBACK (cancelled_cb), NULL);
  client_cut (client);
  wait_until (f, g_cancellable_is_cancelled (cancellable));
  assert_log (f, "wait-1 wait-2 cancelled");
  /* One that is made only now tells the same. */
  g_assert_true (
      g_cancellable_is_cancelled (nx_rpc_call_get_cancellable (g_ptr_array_index (desk_kept, 1))));
  answer_kept (0, 1);
  nx_rpc_call_return_gerror (g_ptr_array_index (desk_kept, 1),
                             &(GError){ G_IO_ERROR, G_IO_ERROR_CANCELLED, (char *) "cancelled" });
  g_ptr_array_set_size (desk_kept, 0);
  settle (f);
}

/* Nobody is warned of calls that were not answered because there was nobody left to answer to. */
static void
test_gone_forgotten (Fixture *f)
{
  Client *client = open_desk (f);

  client_send_text (client, ASK ("1", "wait"));
  wait_until (f, desk_kept->len == 1);
  client_cut (client);
  wait_until (f, g_list_model_get_n_items (nx_app_get_connections (f->app)) == 0);
  g_ptr_array_set_size (desk_kept, 0);
  settle (f);
}

static void
test_timeout (Fixture *f)
{
  NxRpcController *desk = serve (f, desk_get_type ());
  Client *client = client_open (f, "/rpc");
  GCancellable *cancellable;

  nx_rpc_controller_set_call_timeout (desk, 500);
  client_send_text (client, ASK ("1", "wait"));
  client_send_text (client, ASK ("2", "wait"));
  wait_until (f, desk_kept->len == 2);
  answer_kept (1, 2);
  client_expect_text (client, RESULT ("2", "2"));
  cancellable = nx_rpc_call_get_cancellable (g_ptr_array_index (desk_kept, 0));
  pass_time (f, 480);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  pass_time (f, 40);
  client_expect_text (client, ERROR ("1", "-32000", "Timed out"));
  g_assert_true (g_cancellable_is_cancelled (cancellable));
  g_assert_false (
      g_cancellable_is_cancelled (nx_rpc_call_get_cancellable (g_ptr_array_index (desk_kept, 1))));
  answer_kept (0, 1);
  expect_nothing_before (client);
}

/* -- Limits -- */

static void
test_max_calls (Fixture *f)
{
  NxRpcController *desk = serve (f, desk_get_type ());
  Client *client = client_open (f, "/rpc");

  nx_rpc_controller_set_max_calls (desk, 2);
  for (guint i = 1; i <= 5; i++)
    {
      g_autofree char *text = g_strdup_printf ("{" V ",\"id\":%u,\"method\":\"wait\"}", i);

      client_send_text (client, text);
    }
  wait_until (f, desk_kept->len == 2);
  settle (f);
  g_assert_cmpuint (desk_kept->len, ==, 2);
  answer_kept (1, 2);
  client_expect_text (client, RESULT ("2", "2"));
  wait_until (f, desk_kept->len == 3);
  settle (f);
  g_assert_cmpuint (desk_kept->len, ==, 3);
  /* More room is room at once. */
  nx_rpc_controller_set_max_calls (desk, 10);
  wait_until (f, desk_kept->len == 5);
  assert_log (f, "wait-1 wait-2 wait-3 wait-4 wait-5");
  /* A peer that leaves is seen all the same. */
  nx_rpc_controller_set_max_calls (desk, 1);
  client_cut (client);
  wait_until (f, g_list_model_get_n_items (nx_app_get_connections (f->app)) == 0);
}

/* Sent without looking for answers, and taken as fast as they are given: nothing is lost. */
static void
test_many (Fixture *f)
{
  NxRpcController *desk = serve (f, desk_get_type ());
  Client *client = client_open (f, "/rpc");

  nx_rpc_controller_set_max_calls (desk, 3);
  for (guint i = 0; i < 500; i++)
    client_send_text (client, ASK ("1", "wait"));
  for (guint i = 0; i < 500; i++)
    {
      wait_until (f, desk_kept->len > i);
      g_assert_cmpuint (desk_kept->len, <=, i + 3);
      answer_kept (i, i);
    }
  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *answer = g_strdup_printf ("{" V ",\"id\":1,\"result\":%u}", i);

      client_expect_text (client, answer);
    }
}

static void
test_max_batch (Fixture *f)
{
  NxRpcController *desk = serve (f, desk_get_type ());
  Client *client = client_open (f, "/rpc");

  nx_rpc_controller_set_max_batch (desk, 2);
  client_send_text (client, "[" TELL ("stop") "," TELL ("stop") "]");
  client_send_text (client, "[" TELL ("stop") "," TELL ("stop") "," TELL ("stop") "]");
  client_expect_text (client, INVALID ("null", "a batch has more than 2 elements"));
  assert_log (f, "stop-notified stop-notified");
}

/* A message of the largest size, of as many elements as fit. */
static void
test_huge_batch (Fixture *f)
{
  Client *client = open_desk (f);
  g_autoptr (GString) text = g_string_new ("[0");

  while (text->len < 1000000)
    g_string_append (text, ",0");
  g_string_append_c (text, ']');
  client_send_text (client, text->str);
  client_expect_text (client, INVALID ("null", "a batch has more than 100 elements"));
}

static void
test_deep (Fixture *f)
{
  Client *client = open_desk (f);
  g_autofree char *open = g_strnfill (100000, '[');
  g_autofree char *close = g_strnfill (100000, ']');
  g_autofree char *text = g_strconcat (open, close, NULL);
  g_autofree char *nested = g_strdup_printf (CALL ("1", "add", "%s"), text);

  client_send_text (client, text);
  client_expect_text (client, ERROR_DATA ("null", "-32700", "Parse error",
                                          "octet 129: nested too deeply; 128 levels are allowed"));
  client_send_text (client, nested);
  g_free (client_wait_text (client));
  expect_nothing_before (client);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/rpc-controller/error", test_error);
  ADD_SCENARIO ("/rpc-controller/nonsense", test_nonsense);
  ADD_SCENARIO ("/rpc-controller/late-error", test_late_error);
  ADD_SCENARIO ("/rpc-controller/on-error", test_on_error);
  ADD_SCENARIO ("/rpc-controller/gone", test_gone);
  ADD_SCENARIO ("/rpc-controller/gone-forgotten", test_gone_forgotten);
  ADD_SCENARIO ("/rpc-controller/timeout", test_timeout);
  ADD_SCENARIO ("/rpc-controller/max-calls", test_max_calls);
  ADD_SCENARIO ("/rpc-controller/many", test_many);
  ADD_SCENARIO ("/rpc-controller/max-batch", test_max_batch);
  ADD_SCENARIO ("/rpc-controller/huge-batch", test_huge_batch);
  ADD_SCENARIO ("/rpc-controller/deep", test_deep);
  status = g_test_run ();
  g_clear_pointer (&desk_kept, g_ptr_array_unref);
  return status;
}
