/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app-fixture.h"

static void
message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  note (data, "%s", nx_message_get_text (message));
}

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  note (data, "closed-%u", code);
}

static void
take (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (message_cb), data);
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), data);
  nx_web_socket_accept (ws, error);
}

static NxRateLimiter *
limit (Fixture *f, double messages_per_second, NxLimitOutcome outcome)
{
  NxRateLimiter *limiter = nx_rate_limiter_new (messages_per_second, outcome);

  nx_router_add_route (NX_ROUTER (f->app), "/", take, f, NULL, NULL);
  nx_router_add_middleware (NX_ROUTER (f->app), NX_MIDDLEWARE (limiter));
  g_object_unref (limiter);
  nx_test_client_freeze_time (f->client);
  return limiter;
}

static guint64
get_n_limited (NxRateLimiter *limiter)
{
  guint64 n;

  g_object_get (limiter, "n-limited", &n, NULL);
  return n;
}

static void
send_numbers (NxTestClient *client, guint from, guint to)
{
  for (guint i = from; i <= to; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);

      must (send_text, client, text);
    }
  must (settle, client);
}

/* The burst, then one a tenth of a second; and nothing is lost. */
static void
test_slow_down (Fixture *f)
{
  NxRateLimiter *limiter = limit (f, 10, NX_LIMIT_SLOW_DOWN);

  must (open, f->client, "/");
  g_object_set (limiter, "message-burst", 1.0, NULL);
  send_numbers (f->client, 1, 5);
  assert_log (f, "1 2"); /* the second one owes */
  must (advance_time, f->client, 50);
  assert_log (f, "");
  must (advance_time, f->client, 60);
  assert_log (f, "3");
  must (advance_time, f->client, 110);
  assert_log (f, "4");
  must (advance_time, f->client, 110);
  assert_log (f, "5");
  g_assert_cmpuint (get_n_limited (limiter), ==, 4);
  must (advance_time, f->client, 1000);
  send_numbers (f->client, 6, 6);
  assert_log (f, "6");
}

/* What was sent before the close frame is delivered before it is answered, or, when the closing handshake's time is over, with it. */
static void
test_slow_down_and_close (Fixture *f)
{
  limit (f, 10, NX_LIMIT_SLOW_DOWN);
  must (open, f->client, "/");
  send_numbers (f->client, 1, 12);
  nx_test_client_close_async (f->client, 1000, NULL, NULL, NULL, NULL);
  must (settle, f->client);
  assert_log (f, "1 2 3 4 5 6 7 8 9 10 11");
  must (advance_time, f->client, 110);
  must (advance_time, f->client, 110);
  must (expect_close, f->client, 1000, NULL);
  assert_log (f, "12 closed-1000");
}

/* A client that waits for us, whom we do not read, is not taken for dead. */
static void
test_slow_down_for_long (Fixture *f)
{
  limit (f, 0.001, NX_LIMIT_SLOW_DOWN);
  must (open, f->client, "/");
  send_numbers (f->client, 1, 3);
  assert_log (f, "1 2");
  for (guint i = 0; i < 90; i++)
    must (advance_time, f->client, 10 * 1000);
  g_assert_cmpuint (nx_test_client_get_state (f->client), ==, NX_STATE_OPEN);
  for (guint i = 0; i < 11; i++)
    must (advance_time, f->client, 10 * 1000);
  assert_log (f, "3");
}

static void
test_slow_down_and_cut (Fixture *f)
{
  limit (f, 10, NX_LIMIT_SLOW_DOWN);
  must (open, f->client, "/");
  send_numbers (f->client, 1, 11);
  nx_test_client_cut (f->client);
  must (settle, f->client);
  assert_log (f, "1 2 3 4 5 6 7 8 9 10 11 closed-1006");
  must (advance_time, f->client, 1000);
}

static void
test_drop (Fixture *f)
{
  NxRateLimiter *limiter = limit (f, 2, NX_LIMIT_DROP);

  must (open, f->client, "/");
  send_numbers (f->client, 1, 4);
  assert_log (f, "1 2");
  must (advance_time, f->client, 500);
  send_numbers (f->client, 5, 6);
  assert_log (f, "5");
  g_assert_cmpuint (get_n_limited (limiter), ==, 3);
}

static void
test_close (Fixture *f)
{
  limit (f, 2, NX_LIMIT_CLOSE);
  must (open, f->client, "/");
  send_numbers (f->client, 1, 4);
  must (expect_close, f->client, 1008, "Rate limit exceeded");
  assert_log_settled (f, "1 2 closed-1008");
}

static void
test_bytes (Fixture *f)
{
  NxRateLimiter *limiter = limit (f, 0, NX_LIMIT_DROP);

  g_object_set (limiter, "bytes-per-second", 10.0, "byte-burst", 20.0, NULL);
  must (open, f->client, "/");
  must (send_text, f->client, "sixteen octets..");
  must (send_text, f->client, "abcde");
  must (send_text, f->client, "abcd");
  must (settle, f->client);
  assert_log (f, "sixteen octets.. abcd");
  must (advance_time, f->client, 1000);
  must (send_text, f->client, "this is more than the burst holds"); /* and needs it full */
  must (settle, f->client);
  assert_log (f, "");
  must (advance_time, f->client, 1000);
  must (send_text, f->client, "this is more than the burst holds");
  must (send_text, f->client, "x");
  must (settle, f->client);
  assert_log (f, "this is more than the burst holds");
}

/* Connections of one address share its limit, also those that come after each other. */
static void
test_address (Fixture *f)
{
  NxRateLimiter *limiter = limit (f, 0, NX_LIMIT_DROP);
  NxTestClient *one = f->client, *two = add_client (f);

  g_object_set (limiter, "address-messages-per-second", 3.0, NULL);
  must (open, one, "/");
  must (open, two, "/");
  send_numbers (one, 1, 2);
  send_numbers (two, 3, 4);
  assert_log (f, "1 2 3");
  nx_test_client_cut (one);
  nx_test_client_cut (two);
  must (settle, one);
  assert_log (f, "closed-1006 closed-1006");
  must (open, f->client, "/");
  send_numbers (f->client, 5, 6);
  assert_log (f, "");
}

static void
test_address_forgotten (Fixture *f)
{
  NxRateLimiter *limiter = limit (f, 0, NX_LIMIT_DROP);

  g_object_set (limiter, "address-messages-per-second", 1.0, "max-addresses", 0, NULL);
  must (open, f->client, "/");
  send_numbers (f->client, 1, 2);
  nx_test_client_cut (f->client);
  must (settle, f->client);
  assert_log (f, "1 closed-1006");
  must (open, f->client, "/");
  send_numbers (f->client, 3, 4);
  assert_log (f, "3");
}

/* Two slow ones of an address: together they get what the address may. */
static void
test_address_slow_down (Fixture *f)
{
  NxRateLimiter *limiter = limit (f, 0, NX_LIMIT_SLOW_DOWN);
  NxTestClient *one = f->client, *two = add_client (f);

  g_object_set (limiter, "address-messages-per-second", 10.0, "address-message-burst", 1.0, NULL);
  must (open, one, "/");
  must (open, two, "/");
  send_numbers (one, 1, 20);
  send_numbers (two, 21, 40);
  g_clear_pointer (&f->log, g_ptr_array_unref);
  f->log = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < 100; i++)
    must (advance_time, f->client, 10);
  g_assert_cmpuint (f->log->len, >=, 8);
  g_assert_cmpuint (f->log->len, <=, 11);
}

/* What every way of taking a message has in common: it was counted before. */
static void
received_cb (GObject *ws, GAsyncResult *result, gpointer data)
{
  g_autofree char *text = nx_web_socket_receive_text_finish (NX_WEB_SOCKET (ws), result, NULL);

  note (data, "%s", text != NULL ? text : "ended");
}

static void
pull (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, error);
  for (guint i = 0; i < 3; i++)
    nx_web_socket_receive_text_async (ws, NULL, received_cb, data);
}

static void
test_pulled (Fixture *f)
{
  NxRateLimiter *limiter = limit (f, 2, NX_LIMIT_CLOSE);

  nx_router_add_route (NX_ROUTER (f->app), "/pull", pull, f, NULL, NULL);
  must (open, f->client, "/pull");
  send_numbers (f->client, 1, 3);
  must (expect_close, f->client, 1008, NULL);
  assert_log_settled (f, "1 2 ended");
  g_assert_cmpuint (get_n_limited (limiter), ==, 1);
}

static void
test_app_goes (Fixture *f)
{
  limit (f, 1, NX_LIMIT_SLOW_DOWN);
  must (open, f->client, "/");
  send_numbers (f->client, 1, 5);
  g_object_run_dispose (G_OBJECT (f->app));
  assert_log (f, "1 2 closed-1006");
  must (advance_time, f->client, 5000);
}

static void
test_properties (Fixture *f)
{
  g_autoptr (NxRateLimiter) limiter = nx_rate_limiter_new (2.5, NX_LIMIT_DROP);
  double rate, burst;
  NxLimitOutcome outcome;
  guint max_addresses;

  g_object_set (limiter, "address-byte-burst", 7.0, NULL);
  g_object_get (limiter, "messages-per-second", &rate, "address-byte-burst", &burst, "outcome",
                &outcome, "max-addresses", &max_addresses, NULL);
  g_assert_cmpfloat (rate, ==, 2.5);
  g_assert_cmpfloat (burst, ==, 7);
  g_assert_cmpuint (outcome, ==, NX_LIMIT_DROP);
  g_assert_cmpuint (max_addresses, ==, 4096);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/rate-limiter/slow-down", test_slow_down);
  ADD_TEST ("/rate-limiter/slow-down-and-close", test_slow_down_and_close);
  ADD_TEST ("/rate-limiter/slow-down-for-long", test_slow_down_for_long);
  ADD_TEST ("/rate-limiter/slow-down-and-cut", test_slow_down_and_cut);
  ADD_TEST ("/rate-limiter/drop", test_drop);
  ADD_TEST ("/rate-limiter/close", test_close);
  ADD_TEST ("/rate-limiter/bytes", test_bytes);
  ADD_TEST ("/rate-limiter/address", test_address);
  ADD_TEST ("/rate-limiter/address-forgotten", test_address_forgotten);
  ADD_TEST ("/rate-limiter/address-slow-down", test_address_slow_down);
  ADD_TEST ("/rate-limiter/pulled", test_pulled);
  ADD_TEST ("/rate-limiter/app-goes", test_app_goes);
  ADD_TEST ("/rate-limiter/properties", test_properties);
  return g_test_run ();
}
