/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "harness.h"
#include "transport/nx-connection-private.h"

#define HEAD "HEAD\n"

/* A connection, its owner, and a client that speaks frames. */
typedef struct _Pair Pair;
struct _Pair
{
  Ground *ground;
  NxSettings *settings;
  NxConnection *connection;

  /* The owner: notes what it is told. */
  gboolean is_full;       /* takes what comes, and says: no more */
  gboolean finishes_late; /* not inside input_ended */
  gboolean has_ended;
  void (*action) (Pair *self, const char *event);

  /* The client. */
  Peer *peer;
  NxReceiver receiver;
  NxReceiverLimits limits;
  gsize head_left;
  GString *frames; /* that came, in words */
};

/* -- The owner -- */

static void
told (Pair *self, const char *event)
{
  if (self->action != NULL)
    self->action (self, event);
}

static gboolean
message_cb (NxConnection *connection, const NxEvent *event, gpointer owner)
{
  Pair *self = owner;

  if (event->length < 50)
    note (self->ground, "%.*s", (int) event->length, (const char *) event->data);
  else
    note (self->ground, "[%u]", (guint) event->length);
  told (self, "message");
  return !self->is_full;
}

static void
input_ended_cb (NxConnection *connection, gpointer owner)
{
  Pair *self = owner;

  note (self->ground, "input-ended");
  told (self, "input-ended");
  if (!self->finishes_late && self->connection != NULL)
    nx_connection_finish (self->connection);
}

static void
closing_cb (NxConnection *connection, gpointer owner)
{
  Pair *self = owner;

  note (self->ground, "closing");
  told (self, "closing");
}

static void
pong_cb (NxConnection *connection, const guint8 *data, gsize length, gpointer owner)
{
  Pair *self = owner;

  note (self->ground, "pong:%.*s", (int) length, (const char *) data);
  told (self, "pong");
}

static void
drained_cb (NxConnection *connection, gpointer owner)
{
  Pair *self = owner;

  note (self->ground, "drained");
  told (self, "drained");
}

static void
ended_cb (NxConnection *connection, gpointer owner)
{
  Pair *self = owner;

  g_assert_false (self->has_ended);
  self->has_ended = TRUE;
  note (self->ground, "ended:%u", nx_connection_get_close_code (connection));
  told (self, "ended");
}

static const NxConnectionFuncs funcs = {
  .message = message_cb,
  .input_ended = input_ended_cb,
  .closing = closing_cb,
  .pong = pong_cb,
  .drained = drained_cb,
  .ended = ended_cb,
};

/* -- Both -- */

static void
pair_prepare (Pair *self, Ground *g)
{
  *self = (Pair){ .ground = g, .settings = nx_settings_new (), .head_left = strlen (HEAD) };
  self->limits = (NxReceiverLimits){ .max_message_size = G_MAXINT32, .max_fragments = G_MAXUINT };
  self->frames = g_string_new (NULL);
  nx_receiver_init (&self->receiver, NX_SIDE_CLIENT, &self->limits, NULL);
}

static void
pair_start_with (Pair *self, const NxDeflateParams *deflate)
{
  NxStream *stream = make_stream (self->ground, &self->peer);

  self->connection =
      nx_connection_new (stream, self->ground->lingerer, self->settings, deflate, &funcs, self);
  nx_connection_start (self->connection, nx_frame_new_raw (HEAD, strlen (HEAD)));
}

static void
pair_start (Pair *self)
{
  pair_start_with (self, NULL);
}

static void
pair_init (Pair *self, Ground *g)
{
  pair_prepare (self, g);
  pair_start (self);
}

static void
pair_clear (Pair *self)
{
  g_clear_pointer (&self->connection, nx_connection_unref);
  nx_settings_unref (self->settings);
  nx_receiver_clear (&self->receiver);
  g_string_free (self->frames, TRUE);
  g_string_set_size (self->ground->log, 0);
}

static NxSendResult
server_send (Pair *self, const char *text)
{
  NxSendResult result = nx_connection_admit (self->connection, 1);

  if (result == NX_SEND_OK)
    nx_connection_push (self->connection, nx_frame_new (NX_OPCODE_TEXT, text, strlen (text)));
  return result;
}

static NxSendResult
server_send_big (Pair *self, gsize size)
{
  g_autofree char *text = g_strnfill (size, 'b');

  return server_send (self, text);
}

/* -- The client -- */

static GByteArray *
mask (NxOpcode opcode, gconstpointer payload, gsize length)
{
  g_autoptr (NxFrame) frame = nx_frame_new (opcode, payload, length);
  GByteArray *masked = g_byte_array_new ();

  nx_sender_mask_into (masked, frame, 0x37fa213d);
  return masked;
}

static void
client_send (Pair *self, NxOpcode opcode, gconstpointer payload, gsize length)
{
  g_autoptr (GByteArray) masked = mask (opcode, payload, length);

  peer_send (self->peer, masked->data, masked->len);
}

static void
client_say (Pair *self, const char *text)
{
  client_send (self, NX_OPCODE_TEXT, text, strlen (text));
}

/* Together: over TLS, in one record. */
static void
client_say_two (Pair *self, const char *one, const char *two)
{
  g_autoptr (GByteArray) first = mask (NX_OPCODE_TEXT, one, strlen (one));
  g_autoptr (GByteArray) second = mask (NX_OPCODE_TEXT, two, strlen (two));

  g_byte_array_append (first, second->data, second->len);
  peer_send (self->peer, first->data, first->len);
}

static void
client_close (Pair *self, guint code)
{
  const guint8 payload[] = { (guint8) (code >> 8), (guint8) code };

  client_send (self, NX_OPCODE_CLOSE, payload, code != 1005 ? 2 : 0);
}

/* A frame that is not masked. */
static void
client_break_the_protocol (Pair *self)
{
  peer_send (self->peer, "\x81\x01x", 3);
}

static void
describe (Pair *self, const NxEvent *event)
{
  static const char *const names[] = { "text", "ping", "pong", "close", "failure" };
  GString *out = self->frames;

  if (out->len > 0)
    g_string_append_c (out, ' ');
  g_string_append (out, names[event->kind]);
  if (event->kind == NX_EVENT_CLOSE)
    g_string_append_printf (out, ":%u", event->code);
  if (event->length >= 50)
    g_string_append_printf (out, "[%u]", (guint) event->length);
  else if (event->length > 0)
    g_string_append_printf (out, ":%.*s", (int) event->length, (const char *) event->data);
}

static void
client_parse (Pair *self)
{
  GByteArray *received = self->peer->received;
  gsize skip = MIN (self->head_left, received->len);
  NxEvent event;

  g_assert_cmpmem (received->data, skip, HEAD + strlen (HEAD) - self->head_left, skip);
  self->head_left -= skip;
  nx_receiver_feed (&self->receiver, received->data + skip, received->len - skip, 0);
  while (nx_receiver_next (&self->receiver, &event))
    {
      describe (self, &event);
      g_clear_pointer (&event.frame, nx_frame_unref);
    }
  nx_receiver_hold (&self->receiver);
  g_byte_array_set_size (received, 0);
}

static gboolean
client_has (Pair *self, gsize length)
{
  client_parse (self);
  return self->frames->len >= length || self->peer->is_ended;
}

static void
client_expect (Pair *self, const char *expected)
{
  wait_until (self->ground, client_has (self, strlen (expected)));
  client_parse (self);
  g_assert_cmpstr (self->frames->str, ==, expected);
  g_string_set_size (self->frames, 0);
}

/* The stream ends behind all that was said, and is not reset. */
static void
client_expect_end (Pair *self)
{
  wait_until (self->ground, self->peer->is_ended);
  peer_shutdown (self->peer);
  wait_until (self->ground, nx_lingerer_get_n_streams (self->ground->lingerer) == 0);
  g_assert_false (self->peer->was_reset);
  client_expect (self, "");
}

static void
expect_ended (Pair *self, const char *log)
{
  wait_until (self->ground, self->has_ended);
  assert_log (self->ground, log);
  g_assert_null (nx_connection_get_stream (self->connection));
  g_assert_false (nx_connection_is_writable (self->connection));
  g_assert_cmpuint (nx_connection_get_buffered (self->connection), ==, 0);
  g_assert_cmpint (nx_connection_admit (self->connection, 1), ==, NX_SEND_CLOSED);
}

static void
expect_log (Pair *self, const char *log)
{
  wait_until (self->ground, self->ground->log->len >= strlen (log));
  assert_log (self->ground, log);
}

/* -- Counting system calls -- */

static const NxStreamClass *real_class;
static guint n_writes;

static gssize
counting_write (NxStream *stream, const struct iovec *parts, guint n_parts)
{
  n_writes++;
  return real_class->write (stream, parts, n_parts);
}

static void
count_writes (Pair *self)
{
  static NxStreamClass counting_class;
  NxStream *stream = nx_connection_get_stream (self->connection);

  real_class = stream->klass;
  counting_class = *real_class;
  counting_class.write = counting_write;
  stream->klass = &counting_class;
  n_writes = 0;
}

/* -- Open -- */

static void
test_messages (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  g_assert_true (nx_connection_is_writable (pair.connection));
  g_assert_false (nx_connection_is_broken (pair.connection));
  g_assert_true (nx_connection_get_settings (pair.connection) == pair.settings);
  g_assert_nonnull (nx_connection_get_sender (pair.connection));
  client_say (&pair, "one");
  client_say (&pair, "two");
  expect_log (&pair, "one two");
  g_assert_cmpint (server_send (&pair, "three"), ==, NX_SEND_OK);
  g_assert_cmpuint (nx_connection_get_buffered (pair.connection), ==, 7);
  client_expect (&pair, "text:three");
  g_assert_cmpuint (nx_connection_get_buffered (pair.connection), ==, 0);
  client_send (&pair, NX_OPCODE_PING, "p", 1);
  client_expect (&pair, "pong:p");
  nx_connection_ping (pair.connection, (const guint8 *) "q", 1);
  client_expect (&pair, "ping:q");
  client_send (&pair, NX_OPCODE_PONG, "q", 1);
  expect_log (&pair, "pong:q");
  g_assert_cmpuint (count_turns (g), ==, 0);
  pair_clear (&pair);
}

/* Octets that came behind the handshake are in front of what the stream has. */
static void
test_push_back (Ground *g)
{
  g_autoptr (GByteArray) frames = mask (NX_OPCODE_TEXT, "early", 5);
  Pair pair;

  pair_init (&pair, g);
  nx_connection_push_back (pair.connection, frames->data, 7);
  peer_send (pair.peer, frames->data + 7, frames->len - 7);
  client_say (&pair, "late");
  expect_log (&pair, "early late");
  nx_connection_push_back (pair.connection, NULL, 0);
  settle (g);
  assert_log (g, "");
  pair_clear (&pair);
}

static void
test_message_in_pieces (Ground *g)
{
  g_autofree char *big = g_strnfill (200 * 1000, 'x');
  g_autoptr (GByteArray) frame = mask (NX_OPCODE_TEXT, "drip", 4);
  Pair pair;

  pair_init (&pair, g);
  for (guint i = 0; i < frame->len; i++)
    {
      peer_send (pair.peer, frame->data + i, 1);
      settle (g);
    }
  expect_log (&pair, "drip");
  client_say (&pair, big);
  client_say (&pair, "small");
  expect_log (&pair, "[200000] small");
  pair_clear (&pair);
}

static void
answer_a_lot (Pair *self, const char *event)
{
  if (g_str_equal (event, "message"))
    for (guint i = 0; i < 50; i++)
      server_send (self, "answer");
}

/* However many frames were sent in a turn, they leave in one system call. */
static void
test_one_write_a_turn (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  client_expect (&pair, "");
  settle (g);
  count_writes (&pair);
  pair.action = answer_a_lot;
  client_say_two (&pair, "ask", "ask");
  wait_until (g, client_has (&pair, 100 * strlen ("text:answer ") - 1));
  g_assert_cmpuint (n_writes, ==, 1);
  pair_clear (&pair);
}

/* While the stream is full, no system call tries again. */
static void
test_blocked_costs_nothing (Ground *g)
{
  Pair pair;
  guint n_before;

  pair_prepare (&pair, g);
  pair.settings->high_water_mark = 100 * 1000 * 1000;
  pair_start (&pair);
  settle (g);
  count_writes (&pair);
  peer_set_reading (pair.peer, FALSE);
  server_send_big (&pair, 8 * 1000 * 1000);
  settle (g);
  n_before = n_writes;
  for (guint i = 0; i < 10; i++)
    {
      server_send (&pair, "more");
      settle (g);
    }
  g_assert_cmpuint (n_writes, ==, n_before);
  g_assert_cmpuint (count_turns (g), ==, 0);
  peer_set_reading (pair.peer, TRUE);
  wait_until (g, client_has (&pair, strlen ("text[8000000]") + 10 * strlen (" text:more")));
  assert_log (g, "drained");
  pair_clear (&pair);
}

/* -- An owner that takes no more -- */

static void
test_full_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  for (guint i = 0; i < 3; i++)
    client_say (&pair, (const char *[]){ "a", "b", "c" }[i]);
  expect_log (&pair, "a");
  settle (g);
  assert_log (g, "");
  g_assert_cmpint (nx_connection_get_stream (pair.connection)->interest, ==, 0);
  client_say (&pair, "d");
  g_assert_cmpuint (count_turns (g), ==, 0);
  nx_connection_resume (pair.connection);
  expect_log (&pair, "b");
  pair.is_full = FALSE;
  nx_connection_resume (pair.connection);
  nx_connection_resume (pair.connection);
  expect_log (&pair, "c d");
  pair_clear (&pair);
}

/* A peer that leaves while we do not read is seen, and what it sent is delivered. */
static void
test_peer_leaves_a_full_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say (&pair, "a");
  expect_log (&pair, "a");
  client_say (&pair, "b");
  client_say (&pair, "c");
  peer_shutdown (pair.peer);
  expect_ended (&pair, "b c input-ended ended:1006");
  pair_clear (&pair);

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say (&pair, "a");
  client_say (&pair, "b");
  expect_log (&pair, "a");
  client_close (&pair, 1001);
  peer_shutdown (pair.peer);
  expect_ended (&pair, "b input-ended closing ended:1001");
  client_expect (&pair, "close:1001");
  pair_clear (&pair);
}

static void
test_reset_with_a_full_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say_two (&pair, "a", "b");
  expect_log (&pair, "a");
  settle (g);
  peer_cut (pair.peer);
  expect_ended (&pair, "b input-ended ended:1006");
  g_assert_true (nx_connection_is_broken (pair.connection));
  pair_clear (&pair);
}

/* But it is not heard for ever. */
static void
test_drain_is_bounded (Ground *g)
{
  g_autofree char *big = g_strnfill (1000 * 1000, 'x');
  guint n_messages;
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  for (guint i = 0; i < 20; i++)
    client_say (&pair, big);
  peer_shutdown (pair.peer);
  wait_until (g, pair.has_ended);
  n_messages = (guint) (strstr (g->log->str, "input-ended") - g->log->str) / strlen ("[1000000] ");
  g_assert_cmpuint (n_messages, >=, 8);
  g_assert_cmpuint (n_messages, <=, 11);
  pair_clear (&pair);
}

/* -- The closing handshake -- */

static void
test_we_close (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  server_send (&pair, "last");
  nx_connection_close (pair.connection, 4000, "bye");
  nx_connection_close (pair.connection, 4001, "again");
  assert_log (g, "closing");
  g_assert_false (nx_connection_is_writable (pair.connection));
  g_assert_cmpint (server_send (&pair, "late"), ==, NX_SEND_CLOSED);
  nx_connection_ping (pair.connection, NULL, 0);
  nx_connection_finish (pair.connection);
  client_expect (&pair, "text:last close:4000:bye");
  /* What the peer sends meanwhile is dropped, and not answered. */
  client_say (&pair, "unheard");
  client_send (&pair, NX_OPCODE_PING, "p", 1);
  client_close (&pair, 4000);
  expect_ended (&pair, "ended:4000");
  client_expect_end (&pair);
  pair_clear (&pair);
}

static void
test_peer_closes (Ground *g)
{
  static const guint codes[] = { 1000, 1005, 4999 };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autofree char *answer = g_strdup_printf ("close:%u", codes[i]);
      g_autofree char *log = g_strdup_printf ("m input-ended closing ended:%u", codes[i]);
      Pair pair;

      pair_init (&pair, g);
      client_say (&pair, "m");
      client_close (&pair, codes[i]);
      /* It speaks on, to nobody. */
      client_say (&pair, "unheard");
      expect_ended (&pair, log);
      client_expect (&pair, answer);
      client_expect_end (&pair);
      pair_clear (&pair);
    }
}

static void
answer_at_the_end (Pair *self, const char *event)
{
  if (g_str_equal (event, "input-ended"))
    {
      g_assert_true (nx_connection_is_writable (self->connection));
      g_assert_cmpint (server_send (self, "answer"), ==, NX_SEND_OK);
    }
}

/* The owner has its say before the answer to the close, now or later. */
static void
test_answers_before_the_close (Ground *g)
{
  for (guint late = 0; late < 3; late++)
    {
      Pair pair;

      pair_init (&pair, g);
      pair.action = answer_at_the_end;
      pair.finishes_late = late > 0;
      client_close (&pair, 1000);
      expect_log (&pair, late > 0 ? "input-ended" : "input-ended closing ended:1000");
      if (late == 1)
        {
          client_expect (&pair, "text:answer");
          server_send (&pair, "later");
          nx_connection_finish (pair.connection);
          client_expect (&pair, "text:later close:1000");
        }
      else if (late == 2)
        {
          /* To close is to finish. */
          nx_connection_close (pair.connection, 3000, "unheard");
          client_expect (&pair, "text:answer close:1000");
        }
      else
        client_expect (&pair, "text:answer close:1000");
      wait_until (g, pair.has_ended);
      client_expect_end (&pair);
      pair_clear (&pair);
    }
}

static void
test_both_close (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  client_close (&pair, 1001);
  nx_connection_close (pair.connection, 1000, NULL);
  expect_ended (&pair, "closing ended:1001");
  client_expect (&pair, "close:1000");
  client_expect_end (&pair);
  g_assert_null (nx_connection_get_close_reason (pair.connection));
  pair_clear (&pair);
}

static void
test_reason (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  client_send (&pair, NX_OPCODE_CLOSE,
               "\x0f\xa1"
               "because",
               9);
  expect_ended (&pair, "input-ended closing ended:4001");
  g_assert_cmpstr (nx_connection_get_close_reason (pair.connection), ==, "because");
  g_assert_cmpint (nx_connection_get_fault (pair.connection), ==, NX_FAULT_NONE);
  pair_clear (&pair);
}

/* The close frame waits in the receiver, because the owner took no more. */
static void
test_we_close_a_full_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say (&pair, "a");
  client_say (&pair, "b");
  client_close (&pair, 1001);
  expect_log (&pair, "a");
  nx_connection_close (pair.connection, 1000, NULL);
  nx_connection_resume (pair.connection);
  expect_ended (&pair, "closing ended:1001");
  client_expect (&pair, "close:1000");
  pair_clear (&pair);
}

static void
test_no_answer_to_our_close (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  nx_connection_close (pair.connection, 1000, NULL);
  client_expect (&pair, "close:1000");
  for (guint i = 0; i < 49; i++)
    {
      client_say (&pair, "talk");
      pass_time (g, 100);
    }
  assert_log (g, "closing");
  pass_time (g, 200);
  expect_ended (&pair, "ended:1006");
  pair_clear (&pair);
}

static void
test_peer_leaves_our_close (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  nx_connection_close (pair.connection, 1000, NULL);
  client_expect (&pair, "close:1000");
  peer_shutdown (pair.peer);
  expect_ended (&pair, "closing ended:1006");
  pair_clear (&pair);

  pair_init (&pair, g);
  nx_connection_close (pair.connection, 1000, NULL);
  client_expect (&pair, "close:1000");
  client_break_the_protocol (&pair);
  expect_ended (&pair, "closing ended:1006");
  g_assert_cmpint (nx_connection_get_fault (pair.connection), ==, NX_FAULT_UNMASKED);
  client_expect_end (&pair);
  pair_clear (&pair);
}

/* The owner's time to deal with what came is over: the close frame goes out nevertheless. */
static void
test_owner_does_not_finish (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.finishes_late = TRUE;
  client_close (&pair, 1000);
  expect_log (&pair, "input-ended");
  pass_time (g, 4900);
  assert_log (g, "");
  pass_time (g, 200);
  expect_ended (&pair, "closing ended:1000");
  client_expect (&pair, "close:1000");
  pair_clear (&pair);
}

/* A peer that takes nothing does not get the last word either. */
static void
test_last_word_blocked (Ground *g)
{
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->high_water_mark = 100 * 1000 * 1000;
  pair_start (&pair);
  peer_set_reading (pair.peer, FALSE);
  server_send_big (&pair, 8 * 1000 * 1000);
  client_close (&pair, 1000);
  expect_log (&pair, "input-ended closing");
  pass_time (g, 4900);
  /* A FIN changes nothing: it may read on. */
  peer_shutdown (pair.peer);
  g_assert_cmpuint (count_turns (g), ==, 0);
  assert_log (g, "");
  pass_time (g, 200);
  expect_ended (&pair, "ended:1000");
  pair_clear (&pair);
}

static void
test_last_word_late (Ground *g)
{
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->high_water_mark = 100 * 1000 * 1000;
  pair_start (&pair);
  peer_set_reading (pair.peer, FALSE);
  server_send_big (&pair, 8 * 1000 * 1000);
  client_close (&pair, 1000);
  expect_log (&pair, "input-ended closing");
  peer_shutdown (pair.peer);
  settle (g);
  peer_set_reading (pair.peer, TRUE);
  client_expect (&pair, "text[8000000] close:1000");
  wait_until (g, pair.has_ended && pair.peer->is_ended);
  g_assert_false (pair.peer->was_reset);
  pair_clear (&pair);
}

/* -- Faults -- */

/* What came whole before the fault is delivered first, and its answer goes out before the close. */
static void
test_fault (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.action = answer_at_the_end;
  client_say (&pair, "a");
  client_say (&pair, "b");
  client_break_the_protocol (&pair);
  client_say (&pair, "unheard");
  expect_ended (&pair, "a b input-ended closing ended:1002");
  g_assert_cmpint (nx_connection_get_fault (pair.connection), ==, NX_FAULT_UNMASKED);
  client_expect (&pair, "text:answer close:1002");
  client_expect_end (&pair);
  pair_clear (&pair);
}

static void
test_fault_with_a_full_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say (&pair, "a");
  client_say (&pair, "b");
  client_send (&pair, NX_OPCODE_TEXT, "\xff", 1);
  expect_log (&pair, "a");
  settle (g);
  assert_log (g, "");
  pair.is_full = FALSE;
  nx_connection_resume (pair.connection);
  expect_ended (&pair, "b input-ended closing ended:1007");
  client_expect (&pair, "close:1007");
  pair_clear (&pair);
}

static void
test_lost (Ground *g)
{
  for (guint is_cut = 0; is_cut < 2; is_cut++)
    {
      Pair pair;

      pair_init (&pair, g);
      client_say (&pair, "a");
      expect_log (&pair, "a");
      client_send (&pair, NX_OPCODE_PONG, NULL, 0);
      expect_log (&pair, "pong:");
      if (is_cut)
        peer_cut (pair.peer);
      else
        peer_shutdown (pair.peer);
      expect_ended (&pair, "input-ended ended:1006");
      pair_clear (&pair);
    }
}

/* The owner takes its time over what came before the end, and nothing is sent to anybody any more. */
static void
test_lost_with_a_late_owner (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.finishes_late = TRUE;
  client_say (&pair, "a");
  peer_shutdown (pair.peer);
  expect_log (&pair, "a input-ended");
  g_assert_false (nx_connection_is_writable (pair.connection));
  g_assert_cmpint (server_send (&pair, "b"), ==, NX_SEND_CLOSED);
  nx_connection_push (pair.connection, nx_frame_new (NX_OPCODE_TEXT, "c", 1));
  g_assert_cmpuint (count_turns (g), ==, 0);
  nx_connection_finish (pair.connection);
  expect_ended (&pair, "ended:1006");
  pair_clear (&pair);
}

/* The writer sees the reset first: what came before it is still delivered. */
static void
test_output_lost (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  settle (g);
  nx_stream_shutdown_write (nx_connection_get_stream (pair.connection));
  client_say (&pair, "a");
  server_send (&pair, "nobody hears");
  expect_log (&pair, "a");
  g_assert_true (nx_connection_is_broken (pair.connection));
  g_assert_cmpint (server_send (&pair, "b"), ==, NX_SEND_CLOSED);
  /* The peer's input is alive, ours is not: a ping is not answered. */
  client_send (&pair, NX_OPCODE_PING, NULL, 0);
  client_say (&pair, "c");
  expect_log (&pair, "c");
  g_assert_cmpuint (count_turns (g), ==, 0);
  client_close (&pair, 1000);
  expect_ended (&pair, "input-ended ended:1000");
  pair_clear (&pair);
}

/* In each state that still has something to say. */
static void
test_output_lost_late (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  settle (g);
  nx_stream_shutdown_write (nx_connection_get_stream (pair.connection));
  nx_connection_close (pair.connection, 1000, NULL);
  expect_ended (&pair, "closing ended:1006");
  pair_clear (&pair);

  pair_init (&pair, g);
  settle (g);
  nx_stream_shutdown_write (nx_connection_get_stream (pair.connection));
  client_close (&pair, 1000);
  expect_ended (&pair, "input-ended closing ended:1000");
  pair_clear (&pair);

  pair_init (&pair, g);
  pair.finishes_late = TRUE;
  client_close (&pair, 1000);
  expect_log (&pair, "input-ended");
  nx_stream_shutdown_write (nx_connection_get_stream (pair.connection));
  server_send (&pair, "nobody hears");
  settle (g);
  g_assert_true (nx_connection_is_broken (pair.connection));
  nx_connection_finish (pair.connection);
  expect_ended (&pair, "ended:1000");
  pair_clear (&pair);
}

/* -- Slow peers -- */

static void
slow_init (Pair *self, Ground *g, NxSlowPolicy policy)
{
  pair_prepare (self, g);
  self->settings->slow_policy = policy;
  self->settings->high_water_mark = 1000;
  self->settings->low_water_mark = 500;
  pair_start (self);
  settle (g);
  client_expect (self, "");
  /* So that a frame has begun, and is not out. */
  nx_memory_peer_set_capacity (self->peer->memory, 10);
  self->peer->is_reading = FALSE;
}

static void
be_read (Pair *self)
{
  peer_set_reading (self->peer, TRUE);
}

static void
test_slow_close (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_CLOSE);
  g_assert_cmpint (server_send_big (&pair, 600), ==, NX_SEND_OK);
  g_assert_cmpint (server_send_big (&pair, 700), ==, NX_SEND_OK);
  g_assert_cmpint (server_send_big (&pair, 800), ==, NX_SEND_SLOW);
  g_assert_false (nx_connection_is_writable (pair.connection));
  g_assert_cmpint (server_send (&pair, "late"), ==, NX_SEND_CLOSED);
  assert_log (g, "closing");
  be_read (&pair);
  client_expect (&pair, "text[600] close:1013:too slow");
  client_close (&pair, 1013);
  expect_ended (&pair, "drained ended:1013");
  pair_clear (&pair);
}

static void
test_slow_drop_new (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_DROP_NEW);
  g_assert_cmpint (server_send_big (&pair, 600), ==, NX_SEND_OK);
  g_assert_cmpint (server_send_big (&pair, 700), ==, NX_SEND_OK);
  g_assert_cmpint (server_send (&pair, "refused"), ==, NX_SEND_SLOW);
  /* Whoever waits has more patience. */
  g_assert_cmpint (nx_connection_admit (pair.connection, 4), ==, NX_SEND_OK);
  be_read (&pair);
  client_expect (&pair, "text[600] text[700]");
  g_assert_cmpint (server_send (&pair, "taken"), ==, NX_SEND_OK);
  client_expect (&pair, "text:taken");
  assert_log (g, "drained");
  pair_clear (&pair);
}

static void
test_slow_drop_oldest (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_DROP_OLDEST);
  pair.settings->high_water_mark = 1500; /* to which each frame counts more than its octets */
  g_assert_cmpint (server_send_big (&pair, 600), ==, NX_SEND_OK);
  settle (g);
  nx_connection_ping (pair.connection, (const guint8 *) "p", 1);
  g_assert_cmpint (server_send_big (&pair, 200), ==, NX_SEND_OK);
  g_assert_cmpint (server_send_big (&pair, 300), ==, NX_SEND_OK);
  /* The one that has begun, and what is no message, stay. */
  g_assert_cmpint (server_send (&pair, "new"), ==, NX_SEND_OK);
  be_read (&pair);
  client_expect (&pair, "text[600] ping:p text[300] text:new");
  pair_clear (&pair);
}

/* A compressed frame that others refer to is not dropped. */
static void
test_slow_drop_oldest_with_takeover (Ground *g)
{
  const NxDeflateParams deflate = { .server_max_window_bits = 10, .client_max_window_bits = 10 };
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->slow_policy = NX_SLOW_POLICY_DROP_OLDEST;
  pair.settings->high_water_mark = 1000;
  pair_start_with (&pair, &deflate);
  nx_memory_peer_set_capacity (pair.peer->memory, 0);
  g_assert_cmpint (server_send_big (&pair, 600), ==, NX_SEND_OK);
  g_assert_cmpint (server_send_big (&pair, 600), ==, NX_SEND_OK);
  g_assert_cmpint (server_send (&pair, "new"), ==, NX_SEND_SLOW);
  pair_clear (&pair);
}

static void
test_slow_keep (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_KEEP);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (server_send_big (&pair, 900), ==, NX_SEND_OK);
  be_read (&pair);
  client_expect (&pair, "text[900] text[900] text[900] text[900] text[900]");
  pair_clear (&pair);
}

/* Before it judges, it tries to write: a peer that reads is not slow. */
static void
test_fast_peer_is_not_slow (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_CLOSE);
  be_read (&pair);
  for (guint i = 0; i < 20; i++)
    g_assert_cmpint (server_send_big (&pair, 800), ==, NX_SEND_OK);
  assert_log (g, "drained drained drained drained drained drained drained drained drained");
  pair_clear (&pair);
}

static void
test_lost_when_admitted (Ground *g)
{
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_CLOSE);
  server_send_big (&pair, 1100);
  peer_cut (pair.peer);
  g_assert_cmpint (server_send (&pair, "x"), ==, NX_SEND_CLOSED);
  expect_ended (&pair, "input-ended ended:1006");
  pair_clear (&pair);
}

/* At most 16 wait; beyond that only the latest is answered. */
static void
test_pongs (Ground *g)
{
  g_autoptr (GString) expected = g_string_new ("text[600]");
  Pair pair;

  slow_init (&pair, g, NX_SLOW_POLICY_CLOSE);
  pair.settings->receiver.max_control_frames = 0;
  server_send_big (&pair, 600);
  settle (g);
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *number = g_strdup_printf ("%u", i);

      client_send (&pair, NX_OPCODE_PING, number, strlen (number));
      settle (g);
      if (i < 15 || i == 39)
        g_string_append_printf (expected, " pong:%u", i);
    }
  be_read (&pair);
  client_expect (&pair, expected->str);
  pair_clear (&pair);
}

/* -- Keepalive -- */

static void
test_ping_and_pong (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  client_expect (&pair, "");
  pass_time (g, 19900);
  client_expect (&pair, "");
  pass_time (g, 200);
  client_expect (&pair, "ping");
  pass_time (g, 19700);
  client_send (&pair, NX_OPCODE_PONG, NULL, 0);
  pass_time (g, 400);
  assert_log (g, "pong:");
  client_expect (&pair, "");
  pass_time (g, 19900);
  client_expect (&pair, "ping");
  pass_time (g, 19900);
  assert_log (g, "");
  pass_time (g, 200);
  expect_ended (&pair, "ended:1006");
  pair_clear (&pair);
}

/* Any octet is life: as an answer, and in place of a ping. */
static void
test_any_octet_counts (Ground *g)
{
  g_autoptr (GByteArray) frame = mask (NX_OPCODE_TEXT, "a long message", 14);
  Pair pair;

  pair_init (&pair, g);
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  for (guint i = 0; i < 10; i++)
    {
      pass_time (g, 19000);
      peer_send (pair.peer, frame->data + i, 1);
    }
  pass_time (g, 19000);
  client_expect (&pair, "");
  assert_log (g, "");
  pair_clear (&pair);
}

static void
test_no_pings (Ground *g)
{
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->ping_interval_ms = 0;
  pair_start (&pair);
  pass_time (g, 1000 * 1000);
  client_expect (&pair, "");
  assert_log (g, "");
  pair_clear (&pair);
}

/* Whoever does not read cannot complain about silence. */
static void
test_clock_stands_still_while_we_do_not_read (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say (&pair, "a");
  expect_log (&pair, "a");
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  for (guint i = 0; i < 10; i++)
    pass_time (g, 20100);
  assert_log (g, "");
  client_expect (&pair, "");
  pair.is_full = FALSE;
  nx_connection_resume (pair.connection);
  pass_time (g, 19000);
  assert_log (g, "");
  pass_time (g, 2000);
  expect_ended (&pair, "ended:1006");
  pair_clear (&pair);
}

/* A peer on a thin line is busy with what we sent before the ping. */
static void
test_clock_stands_still_while_output_progresses (Ground *g)
{
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->high_water_mark = 100 * 1000 * 1000;
  pair_start (&pair);
  settle (g);
  peer_set_reading (pair.peer, FALSE);
  server_send_big (&pair, 1000 * 1000);
  settle (g);
  for (guint i = 0; i < 10; i++)
    {
      pass_time (g, 15000);
      nx_memory_peer_set_capacity (pair.peer->memory, 30000 * (i + 1));
      settle (g);
    }
  assert_log (g, "");
  pass_time (g, 19900);
  assert_log (g, "");
  pass_time (g, 10000);
  pass_time (g, 20100);
  expect_ended (&pair, "ended:1006");
  pair_clear (&pair);
}

/* The process was stopped for a minute, and the answer waits to be read: nobody is cut. */
static void
test_stopped_process (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  client_send (&pair, NX_OPCODE_PONG, NULL, 0);
  nx_clock_advance (g->clock, 60 * G_USEC_PER_SEC);
  settle (g);
  assert_log (g, "pong:");
  pass_time (g, 19000);
  assert_log (g, "");
  pair_clear (&pair);

  /* Before the ping. */
  pair_init (&pair, g);
  nx_clock_advance (g->clock, 600 * G_USEC_PER_SEC);
  client_expect (&pair, "ping");
  pass_time (g, 19000);
  assert_log (g, "");
  pair_clear (&pair);
}

/* What waits to be read is the end, or the start of one. */
static void
test_stopped_process_and_the_end (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  client_close (&pair, 1001);
  nx_clock_advance (g->clock, 60 * G_USEC_PER_SEC);
  expect_ended (&pair, "input-ended closing ended:1001");
  pair_clear (&pair);

  pair_init (&pair, g);
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  peer_shutdown (pair.peer);
  nx_clock_advance (g->clock, 60 * G_USEC_PER_SEC);
  expect_ended (&pair, "input-ended ended:1006");
  pair_clear (&pair);

  /* The answer to our own close. */
  pair_init (&pair, g);
  nx_connection_close (pair.connection, 1000, NULL);
  client_expect (&pair, "close:1000");
  client_close (&pair, 1000);
  nx_clock_advance (g->clock, 60 * G_USEC_PER_SEC);
  expect_ended (&pair, "closing ended:1000");
  pair_clear (&pair);
}

/* The end of the input is seen while a message still waits for its owner: first the message. */
static void
test_end_behind_what_waits (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.is_full = TRUE;
  client_say_two (&pair, "a", "b");
  expect_log (&pair, "a");
  pass_time (g, 20100);
  client_expect (&pair, "ping");
  pass_time (g, 20100);
  nx_connection_resume (pair.connection);
  peer_shutdown (pair.peer);
  /* The deadline is served before the owner's wish. */
  nx_clock_advance (g->clock, 60 * G_USEC_PER_SEC);
  expect_ended (&pair, "b input-ended ended:1006");
  pair_clear (&pair);
}

/* -- References -- */

static void
test_cut (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  server_send (&pair, "unsent");
  nx_connection_cut (pair.connection);
  nx_connection_cut (pair.connection);
  nx_connection_close (pair.connection, 1000, NULL);
  nx_connection_resume (pair.connection);
  nx_connection_finish (pair.connection);
  nx_connection_ping (pair.connection, NULL, 0);
  nx_connection_push (pair.connection, nx_frame_new (NX_OPCODE_TEXT, "x", 1));
  expect_ended (&pair, "ended:1006");
  wait_until (g, pair.peer->is_ended);
  pair_clear (&pair);
}

static const char *when; /* the event at which the action is done */

static void
drop_connection (Pair *self, const char *event)
{
  if (g_str_equal (event, when))
    g_clear_pointer (&self->connection, nx_connection_unref);
}

static void
cut_connection (Pair *self, const char *event)
{
  if (g_str_equal (event, when) && !self->has_ended)
    nx_connection_cut (self->connection);
}

/* Leads through every call to the owner. */
static void
live_through (Pair *self)
{
  NxConnection *connection = self->connection;

  server_send_big (self, 600);
  settle (self->ground);
  client_say (self, "message");
  client_say (self, "message");
  client_send (self, NX_OPCODE_PONG, "p", 1);
  settle (self->ground);
  be_read (self);
  settle (self->ground);
  if (self->connection == connection && g_str_equal (when, "admit"))
    {
      when = "drained";
      server_send_big (self, 1100);
      if (self->connection != NULL)
        nx_connection_admit (self->connection, 1);
    }
  client_close (self, 1000);
  settle (self->ground);
}

/* The last reference may go inside any call. */
static void
check_in_every_call (Ground *g, void (*action) (Pair *self, const char *event))
{
  static const char *const events[] = { "message", "input-ended", "closing", "pong",
                                        "drained", "admit",       "ended" };

  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    {
      Pair pair;

      when = events[i];
      slow_init (&pair, g, NX_SLOW_POLICY_CLOSE);
      pair.action = action;
      live_through (&pair);
      wait_until (g, pair.peer->is_ended);
      if (action == drop_connection)
        g_assert_null (pair.connection);
      else
        g_assert_true (pair.has_ended);
      pair_clear (&pair);
    }
}

static void
test_last_reference_inside (Ground *g)
{
  check_in_every_call (g, drop_connection);
}

static void
test_cut_inside (Ground *g)
{
  check_in_every_call (g, cut_connection);
}

static void
close_inside (Pair *self, const char *event)
{
  if (g_str_equal (event, "message"))
    nx_connection_close (self->connection, 3000, NULL);
}

/* Nothing is delivered behind our own close. */
static void
test_close_inside (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  pair.action = close_inside;
  client_say (&pair, "a");
  client_say (&pair, "b");
  client_close (&pair, 1000);
  expect_ended (&pair, "a closing ended:1000");
  client_expect (&pair, "close:3000");
  client_expect_end (&pair);
  pair_clear (&pair);
}

/* A connection without an owner ends by itself, in good order. */
static void
test_disowned (Ground *g)
{
  Pair pair;

  pair_prepare (&pair, g);
  pair.settings->high_water_mark = 1000;
  pair.settings->low_water_mark = 10;
  pair_start (&pair);
  nx_connection_disown (pair.connection);
  server_send_big (&pair, 100);
  client_say (&pair, "unheard");
  client_send (&pair, NX_OPCODE_PONG, NULL, 0);
  client_close (&pair, 1000);
  client_expect (&pair, "text[100] close:1000");
  client_expect_end (&pair);
  assert_log (g, "");
  pair_clear (&pair);
}

static void
test_references (Ground *g)
{
  Pair pair;

  pair_init (&pair, g);
  g_assert_true (nx_connection_ref (pair.connection) == pair.connection);
  nx_connection_unref (pair.connection);
  client_say (&pair, "a");
  expect_log (&pair, "a");
  /* The last reference cuts, and tells nobody. */
  g_clear_pointer (&pair.connection, nx_connection_unref);
  wait_until (g, pair.peer->is_ended);
  assert_log (g, "");
  pair_clear (&pair);
}

int
main (int argc, char **argv)
{
  /* Where time or capacity must be exact. */
  const Over exact = OVER_MEMORY;

  g_test_init (&argc, &argv, NULL);
  add_scenario ("/connection/messages", OVER_ALL, test_messages);
  add_scenario ("/connection/push-back", OVER_ALL, test_push_back);
  add_scenario ("/connection/message-in-pieces", OVER_ALL, test_message_in_pieces);
  add_scenario ("/connection/one-write-a-turn", OVER_ALL, test_one_write_a_turn);
  add_scenario ("/connection/blocked-costs-nothing", OVER_ALL, test_blocked_costs_nothing);
  add_scenario ("/connection/full-owner", OVER_ALL, test_full_owner);
  add_scenario ("/connection/peer-leaves-a-full-owner", OVER_ALL, test_peer_leaves_a_full_owner);
  add_scenario ("/connection/reset-with-a-full-owner", OVER_ALL, test_reset_with_a_full_owner);
  add_scenario ("/connection/drain-is-bounded", exact, test_drain_is_bounded);
  add_scenario ("/connection/we-close", OVER_ALL, test_we_close);
  add_scenario ("/connection/peer-closes", OVER_ALL, test_peer_closes);
  add_scenario ("/connection/answers-before-the-close", OVER_ALL, test_answers_before_the_close);
  add_scenario ("/connection/both-close", OVER_ALL, test_both_close);
  add_scenario ("/connection/reason", OVER_ALL, test_reason);
  add_scenario ("/connection/we-close-a-full-owner", OVER_ALL, test_we_close_a_full_owner);
  add_scenario ("/connection/no-answer-to-our-close", OVER_ALL, test_no_answer_to_our_close);
  add_scenario ("/connection/peer-leaves-our-close", OVER_ALL, test_peer_leaves_our_close);
  add_scenario ("/connection/owner-does-not-finish", OVER_ALL, test_owner_does_not_finish);
  add_scenario ("/connection/last-word-blocked", OVER_ALL, test_last_word_blocked);
  add_scenario ("/connection/last-word-late", OVER_ALL, test_last_word_late);
  add_scenario ("/connection/fault", OVER_ALL, test_fault);
  add_scenario ("/connection/fault-with-a-full-owner", OVER_ALL, test_fault_with_a_full_owner);
  add_scenario ("/connection/lost", OVER_ALL, test_lost);
  add_scenario ("/connection/lost-with-a-late-owner", OVER_ALL, test_lost_with_a_late_owner);
  add_scenario ("/connection/output-lost", OVER_ALL, test_output_lost);
  add_scenario ("/connection/output-lost-late", OVER_ALL, test_output_lost_late);
  add_scenario ("/connection/slow-close", exact, test_slow_close);
  add_scenario ("/connection/slow-drop-new", exact, test_slow_drop_new);
  add_scenario ("/connection/slow-drop-oldest", exact, test_slow_drop_oldest);
  add_scenario ("/connection/slow-drop-oldest-with-takeover", exact,
                test_slow_drop_oldest_with_takeover);
  add_scenario ("/connection/slow-keep", exact, test_slow_keep);
  add_scenario ("/connection/fast-peer-is-not-slow", exact, test_fast_peer_is_not_slow);
  add_scenario ("/connection/lost-when-admitted", exact, test_lost_when_admitted);
  add_scenario ("/connection/pongs", exact, test_pongs);
  add_scenario ("/connection/ping-and-pong", OVER_ALL, test_ping_and_pong);
  add_scenario ("/connection/any-octet-counts", OVER_ALL, test_any_octet_counts);
  add_scenario ("/connection/no-pings", OVER_ALL, test_no_pings);
  add_scenario ("/connection/clock-stands-still-while-we-do-not-read", OVER_ALL,
                test_clock_stands_still_while_we_do_not_read);
  add_scenario ("/connection/clock-stands-still-while-output-progresses", OVER_MEMORY | OVER_TLS,
                test_clock_stands_still_while_output_progresses);
  add_scenario ("/connection/stopped-process", OVER_ALL, test_stopped_process);
  add_scenario ("/connection/stopped-process-and-the-end", OVER_ALL,
                test_stopped_process_and_the_end);
  add_scenario ("/connection/end-behind-what-waits", OVER_MEMORY, test_end_behind_what_waits);
  add_scenario ("/connection/cut", OVER_ALL, test_cut);
  add_scenario ("/connection/last-reference-inside", exact, test_last_reference_inside);
  add_scenario ("/connection/cut-inside", exact, test_cut_inside);
  add_scenario ("/connection/close-inside", OVER_ALL, test_close_inside);
  add_scenario ("/connection/disowned", OVER_ALL, test_disowned);
  add_scenario ("/connection/references", OVER_ALL, test_references);
  return g_test_run ();
}
