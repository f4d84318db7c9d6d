/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Polling for messages, as the languages' coroutines do: try_receive, `readable`, cancel_receive. */
#include "config.h"

#include "poller.h"

/* -- Messages -- */

static void
test_poll (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_polled (f, &ws);

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i);
      g_autofree char *expected = g_strdup_printf ("<%u>", i);

      client_send_text (client, text);
      wait_until (f, f->log->len > 0);
      assert_log (f, expected);
    }
}

/* What comes in one piece is told once. */
static void
test_together (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_polled (f, &ws);

  for (const char *text = "abcd"; *text != '\0'; text++)
    {
      const char one[] = { *text, '\0' };

      client_send_text (client, one);
    }
  wait_until (f, f->log->len > 0);
  assert_log (f, "<a,b,c,d>");
}

/* -- Text as a string of C; what cannot be one is told again, for the other function -- */

static void
text_readable_cb (NxWebSocket *ws, Fixture *f)
{
  g_autofree char *text = nx_web_socket_try_receive_text (ws, NULL);

  if (text != NULL)
    note (f, "text:%s", text);
  else
    note (f, "none");
}

static void
test_text (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);
  g_autofree char *text = nx_web_socket_try_receive_text (ws, NULL);

  g_assert_null (text);
  g_signal_connect (ws, "readable", G_CALLBACK (text_readable_cb), f);
  client_send_text (client, "a");
  wait_until (f, f->log->len > 0);
  assert_log (f, "text:a");
  /* Two at once, of which the second is asked for without being told of. */
  client_send_text (client, "b");
  client_send_text (client, "c");
  settle (f);
  assert_log (f, "");
  text_readable_cb (ws, f);
  text_readable_cb (ws, f);
  text_readable_cb (ws, f);
  assert_log (f, "text:b text:c none");
}

static void
expect_left (Fixture *f, NxOpcode opcode)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gulong handler = g_signal_connect (ws, "readable", G_CALLBACK (note_readable_cb), f);

  client_send_frame (client, opcode, "x\0y", 3);
  client_send_text (client, "z");
  wait_until (f, ws->inbox.length == 2);
  for (guint i = 0; i < 3; i++)
    {
      text = nx_web_socket_try_receive_text (ws, &error);
      g_assert_null (text);
      g_assert_no_error (error);
    }
  settle (f);
  assert_log (f, "readable");
  g_signal_handler_disconnect (ws, handler);
  {
    g_autoptr (NxMessage) message = nx_web_socket_try_receive (ws, NULL);

    g_assert_cmpuint (nx_message_get_size (message), ==, 3);
  }
  text = nx_web_socket_try_receive_text (ws, NULL);
  g_assert_cmpstr (text, ==, "z");
}

static void
test_text_left_binary (Fixture *f)
{
  expect_left (f, NX_OPCODE_BINARY);
}

static void
test_text_left_nul (Fixture *f)
{
  expect_left (f, NX_OPCODE_TEXT);
}

static void
test_text_end (Fixture *f)
{
  NxWebSocket *open;
  Client *client = open_route (f, &open);
  g_autoptr (NxWebSocket) ws = g_object_ref (open);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  client_send_text (client, "last");
  client_send_close (client, 1000);
  settle (f);
  text = nx_web_socket_try_receive_text (ws, &error);
  g_assert_cmpstr (text, ==, "last");
  settle (f);
  g_assert_null (nx_web_socket_try_receive_text (ws, &error));
  g_assert_error (error, NX_ERROR, NX_ERROR_DISCONNECTED);
}

/* It is not told to who did not ask. */
static void
test_unasked (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);

  g_signal_connect (ws, "readable", G_CALLBACK (readable_cb), f);
  client_send_text (client, "a");
  client_send_text (client, "b");
  wait_until (f, ws->inbox.length == 2);
  settle (f);
  assert_log (f, "");
  poll_all (f, ws);
  assert_log (f, "<a,b>");
}

/* More than the inbox holds: taking makes room. */
static void
test_full (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_polled (f, &ws);
  g_autoptr (GString) got = g_string_new (NULL);

  for (guint i = 0; i < 100; i++)
    client_send_text (client, "x");
  while (got->len < 199)
    {
      wait_until (f, f->log->len > 0);
      for (guint i = 0; i < f->log->len; i++)
        {
          const char *word = g_ptr_array_index (f->log, i);

          g_assert_cmpuint (strlen (word), <=, 2 + 2 * 16);
          g_string_append_len (got, word + 1, strlen (word) - 2);
          g_string_append_c (got, ',');
        }
      g_ptr_array_set_size (f->log, 0);
    }
  g_assert_cmpuint (got->len, ==, 200);
}

/* -- Whose turn it is -- */

static void
test_comes_before_push (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);

  g_signal_connect (ws, "message", G_CALLBACK (message_cb), f);
  g_signal_connect (ws, "readable", G_CALLBACK (note_readable_cb), f);
  poll_all (f, ws);
  client_send_text (client, "a");
  client_send_text (client, "b");
  wait_until (f, f->log->len == 2);
  settle (f);
  assert_log (f, "<> readable"); /* and "b" waits behind it */
  {
    g_autoptr (NxMessage) message = nx_web_socket_try_receive (ws, NULL);

    g_assert_cmpstr (nx_message_get_text (message), ==, "a");
  }
  wait_until (f, f->log->len == 1);
  client_send_text (client, "c");
  wait_until (f, f->log->len == 2);
  assert_log (f, "message:b message:c");
}

static void
test_order (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);
  g_autoptr (GString) word = g_string_new (NULL);

  g_signal_connect (ws, "readable", G_CALLBACK (note_readable_cb), f);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  g_assert_false (poll_once (f, ws, word));
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  client_send_text (client, "a");
  client_send_text (client, "b");
  client_send_text (client, "c");
  wait_until (f, f->log->len == 2);
  settle (f);
  assert_log (f, "received:a readable");
  g_assert_true (poll_once (f, ws, word));
  g_assert_cmpstr (word->str, ==, "b");
  wait_until (f, f->log->len == 1);
  assert_log (f, "received:c");
}

/* A receive that waits has its turn, whoever polls meanwhile. */
static void
test_behind_receive (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);
  g_autoptr (GString) word = g_string_new (NULL);

  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  g_assert_false (poll_once (f, ws, word));
  g_assert_false (poll_once (f, ws, word));
  client_send_text (client, "a");
  wait_until (f, f->log->len == 1);
  assert_log (f, "received:a");
  g_assert_cmpuint (ws->receivers.length, ==, 1); /* asked for twice, it waits once */
}

/* -- Taking it back -- */

static void
test_cancel (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_polled (f, &ws);

  g_signal_connect (ws, "message", G_CALLBACK (message_cb), f);
  nx_web_socket_cancel_receive (ws);
  nx_web_socket_cancel_receive (ws); /* nothing to take back */
  client_send_text (client, "a");
  wait_until (f, f->log->len == 1);
  settle (f);
  assert_log (f, "message:a");
}

static void
test_cancel_offered (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);

  g_signal_connect (ws, "readable", G_CALLBACK (note_readable_cb), f);
  poll_all (f, ws);
  client_send_text (client, "a");
  wait_until (f, f->log->len == 2);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  settle (f);
  assert_log (f, "<> readable");
  nx_web_socket_cancel_receive (ws);
  wait_until (f, f->log->len == 1);
  assert_log (f, "received:a");
}

static void
test_put_back (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);
  g_autoptr (NxMessage) a = NULL;
  g_autoptr (NxMessage) b = NULL;

  client_send_text (client, "a");
  client_send_text (client, "b");
  client_send_text (client, "c");
  wait_until (f, ws->inbox.length == 3);
  a = nx_web_socket_try_receive (ws, NULL);
  b = nx_web_socket_try_receive (ws, NULL);
  nx_web_socket_put_back (ws, b);
  nx_web_socket_put_back (ws, a);
  poll_all (f, ws);
  assert_log (f, "<a,b,c>");
  nx_web_socket_put_back (ws, b); /* for who polls already */
  g_signal_connect (ws, "readable", G_CALLBACK (readable_cb), f);
  wait_until (f, f->log->len == 1);
  assert_log (f, "<b>");
}

/* Whoever polls has its message before the one behind it is told of the next. */
static void
test_in_order (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);
  g_autoptr (GError) error = NULL;

  g_assert_null (nx_web_socket_try_receive (ws, &error));
  g_assert_no_error (error);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  g_signal_connect (ws, "readable", G_CALLBACK (readable_cb), f);
  client_send_text (client, "1");
  client_send_text (client, "2");
  client_send_text (client, "3");
  wait_until (f, f->log->len == 3);
  assert_log (f, "<1> received:2 <3>");
}

/* The same, where handlers of `message` come behind: and what waits when the connection ends is not lost. */
static void
test_in_order_pushed (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);
  g_autoptr (NxMessage) first = NULL;

  client_send_text (client, "1");
  client_send_text (client, "2");
  settle (f);
  g_signal_connect (ws, "message", G_CALLBACK (message_cb), f);
  first = nx_web_socket_try_receive (ws, NULL);
  note (f, "<%s>", nx_message_get_text (first));
  wait_until (f, f->log->len == 2);
  assert_log (f, "<1> message:2");
}

static void
test_in_order_at_the_end (Fixture *f)
{
  NxWebSocket *ws;
  g_autoptr (NxWebSocket) held = NULL;
  Client *client = open_route (f, &ws);
  g_autoptr (NxMessage) first = NULL;

  held = g_object_ref (ws);
  g_assert_null (nx_web_socket_try_receive (ws, NULL));
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  client_send_text (client, "1");
  client_send_text (client, "2");
  settle (f);
  first = nx_web_socket_try_receive (ws, NULL);
  note (f, "<%s>", nx_message_get_text (first));
  g_clear_object (&f->app);
  settle (f);
  assert_log (f, "<1> received:2 failed:0");
}

static void
untaken_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  note (data, "untaken");
}

/* A message whose result nobody takes goes to the next one, and not behind the message that came after it. */
static void
test_untaken_in_order (Fixture *f)
{
  NxWebSocket *ws;
  Client *client = open_route (f, &ws);

  client_send_text (client, "1");
  client_send_text (client, "2");
  settle (f);
  nx_web_socket_receive_async (ws, NULL, untaken_cb, f);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  nx_web_socket_receive_async (ws, NULL, received_cb, f);
  wait_until (f, f->log->len == 3);
  assert_log (f, "untaken received:1 received:2");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/poll/in-order", test_in_order);
  ADD_SCENARIO ("/poll/in-order/pushed", test_in_order_pushed);
  ADD_SCENARIO ("/poll/in-order/at-the-end", test_in_order_at_the_end);
  ADD_SCENARIO ("/poll/in-order/untaken", test_untaken_in_order);
  ADD_SCENARIO ("/poll/one", test_poll);
  ADD_SCENARIO ("/poll/together", test_together);
  ADD_SCENARIO ("/poll/unasked", test_unasked);
  ADD_SCENARIO ("/poll/full", test_full);
  ADD_SCENARIO ("/poll/before-push", test_comes_before_push);
  ADD_SCENARIO ("/poll/order", test_order);
  ADD_SCENARIO ("/poll/behind-receive", test_behind_receive);
  ADD_SCENARIO ("/poll/cancel", test_cancel);
  ADD_SCENARIO ("/poll/cancel-offered", test_cancel_offered);
  ADD_SCENARIO ("/poll/text", test_text);
  ADD_SCENARIO ("/poll/text/left-binary", test_text_left_binary);
  ADD_SCENARIO ("/poll/text/left-nul", test_text_left_nul);
  ADD_SCENARIO ("/poll/text/end", test_text_end);
  ADD_SCENARIO ("/poll/put-back", test_put_back);
  return g_test_run ();
}
