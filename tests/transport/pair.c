/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "pair.h"

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

void
pair_prepare (Pair *self, Ground *g)
{
  *self = (Pair){ .ground = g, .settings = nx_settings_new (), .head_left = strlen (HEAD) };
  self->limits = (NxReceiverLimits){ .max_message_size = G_MAXINT32, .max_fragments = G_MAXUINT };
  self->frames = g_string_new (NULL);
  nx_receiver_init (&self->receiver, NX_SIDE_CLIENT, &self->limits, NULL);
}

void
pair_start_with (Pair *self, const NxDeflateParams *deflate)
{
  NxStream *stream = make_stream (self->ground, &self->peer);

  self->connection =
      nx_connection_new (stream, self->ground->lingerer, self->settings, deflate, &funcs, self);
  nx_connection_start (self->connection, nx_frame_new_raw (HEAD, strlen (HEAD)));
}

void
pair_start (Pair *self)
{
  pair_start_with (self, NULL);
}

void
pair_init (Pair *self, Ground *g)
{
  pair_prepare (self, g);
  pair_start (self);
}

void
pair_clear (Pair *self)
{
  g_clear_pointer (&self->connection, nx_connection_unref);
  nx_settings_unref (self->settings);
  nx_receiver_clear (&self->receiver);
  g_string_free (self->frames, TRUE);
  g_string_set_size (self->ground->log, 0);
}

NxSendResult
server_send (Pair *self, const char *text)
{
  NxSendResult result = nx_connection_admit (self->connection, 1);

  if (result == NX_SEND_OK)
    nx_connection_push (self->connection, nx_frame_new (NX_OPCODE_TEXT, text, strlen (text)));
  return result;
}

NxSendResult
server_send_big (Pair *self, gsize size)
{
  g_autofree char *text = g_strnfill (size, 'b');

  return server_send (self, text);
}

/* -- The client -- */

GByteArray *
mask (NxOpcode opcode, gconstpointer payload, gsize length)
{
  g_autoptr (NxFrame) frame = nx_frame_new (opcode, payload, length);
  GByteArray *masked = g_byte_array_new ();

  nx_sender_mask_into (masked, frame, 0x37fa213d);
  return masked;
}

void
client_send (Pair *self, NxOpcode opcode, gconstpointer payload, gsize length)
{
  g_autoptr (GByteArray) masked = mask (opcode, payload, length);

  peer_send (self->peer, masked->data, masked->len);
}

void
client_say (Pair *self, const char *text)
{
  client_send (self, NX_OPCODE_TEXT, text, strlen (text));
}

/* Together: over TLS, in one record. */
void
client_say_two (Pair *self, const char *one, const char *two)
{
  g_autoptr (GByteArray) first = mask (NX_OPCODE_TEXT, one, strlen (one));
  g_autoptr (GByteArray) second = mask (NX_OPCODE_TEXT, two, strlen (two));

  g_byte_array_append (first, second->data, second->len);
  peer_send (self->peer, first->data, first->len);
}

void
client_close (Pair *self, guint code)
{
  const guint8 payload[] = { (guint8) (code >> 8), (guint8) code };

  client_send (self, NX_OPCODE_CLOSE, payload, code != 1005 ? 2 : 0);
}

/* A frame that is not masked. */
void
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

gboolean
client_has (Pair *self, gsize length)
{
  client_parse (self);
  return self->frames->len >= length || self->peer->is_ended;
}

void
client_expect (Pair *self, const char *expected)
{
  wait_until (self->ground, client_has (self, strlen (expected)));
  client_parse (self);
  g_assert_cmpstr (self->frames->str, ==, expected);
  g_string_set_size (self->frames, 0);
}

/* The stream ends behind all that was said, and is not reset. */
void
client_expect_end (Pair *self)
{
  wait_until (self->ground, self->peer->is_ended);
  peer_shutdown (self->peer);
  wait_until (self->ground, nx_lingerer_get_n_streams (self->ground->lingerer) == 0);
  g_assert_false (self->peer->was_reset);
  client_expect (self, "");
}

void
expect_ended (Pair *self, const char *log)
{
  wait_until (self->ground, self->has_ended);
  assert_log (self->ground, log);
  g_assert_null (nx_connection_get_stream (self->connection));
  g_assert_false (nx_connection_is_writable (self->connection));
  g_assert_cmpuint (nx_connection_get_buffered (self->connection), ==, 0);
  g_assert_cmpint (nx_connection_admit (self->connection, 1), ==, NX_SEND_CLOSED);
}

void
expect_log (Pair *self, const char *log)
{
  wait_until (self->ground, self->ground->log->len >= strlen (log));
  assert_log (self->ground, log);
}

void
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

void
be_read (Pair *self)
{
  peer_set_reading (self->peer, TRUE);
}
