/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "harness.h"
#include "transport/nx-http-stream-private.h"

#define TIMEOUT_MS 30000

typedef struct
{
  Ground *ground;
  GIOStream *stream;
  GPollableInputStream *input;
  GPollableOutputStream *output;
  Peer *peer;
} Request;

static void
request_init (Request *self, Ground *g, const char *head, guint64 missing)
{
  *self = (Request){ .ground = g };
  self->stream = nx_http_stream_new (make_stream (g, &self->peer), g->lingerer,
                                     (const guint8 *) head, strlen (head), missing, TIMEOUT_MS);
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (self->stream));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (self->stream));
}

static void
request_clear (Request *self)
{
  g_clear_object (&self->stream);
}

/* Reads at most @size octets; what came, or the error's name. */
static char *
read_now (Request *self, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *octets = g_malloc0 (size + 1);
  gssize n = g_pollable_input_stream_read_nonblocking (self->input, octets, size, NULL, &error);

  if (n >= 0)
    return g_steal_pointer (&octets);
  g_assert_cmpint (error->domain, ==, G_IO_ERROR);
  return g_strdup (error->code == G_IO_ERROR_WOULD_BLOCK ? "(blocked)" : "(gone)");
}

#define expect_read(self, size, expected)                                                          \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *octets_ = read_now (self, size);                                              \
    g_assert_cmpstr (octets_, ==, expected);                                                       \
  }                                                                                                \
  G_STMT_END

static gboolean
ready_cb (GObject *half, gpointer data)
{
  (*(guint *) data)++;
  return G_SOURCE_CONTINUE;
}

static GSource *
attach (GSource *source, guint *n_ready)
{
  *n_ready = 0;
  g_source_set_callback (source, G_SOURCE_FUNC (ready_cb), n_ready, NULL);
  g_source_attach (source, NULL);
  return source;
}

static GSource *
wait_to_read (Request *self, GCancellable *cancellable, guint *n_ready)
{
  return attach (g_pollable_input_stream_create_source (self->input, cancellable), n_ready);
}

static GSource *
wait_to_write (Request *self, GCancellable *cancellable, guint *n_ready)
{
  return attach (g_pollable_output_stream_create_source (self->output, cancellable), n_ready);
}

static void
drop (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* Waits for one readiness. */
static void
read_ready (Request *self)
{
  guint n_ready;
  GSource *source = wait_to_read (self, NULL, &n_ready);

  wait_until (self->ground, n_ready > 0);
  drop (source);
}

/* -- Input -- */

static void
test_replay (Ground *g)
{
  Request request;

  request_init (&request, g, "GET / HTTP/1.1\r\n\r\n", 0);
  g_assert_true (g_pollable_input_stream_can_poll (request.input));
  g_assert_true (g_pollable_input_stream_is_readable (request.input));
  read_ready (&request);
  expect_read (&request, 5, "GET /");
  expect_read (&request, 100, " HTTP/1.1\r\n\r\n");
  /* The request is over, the connection is not. */
  g_assert_false (g_pollable_input_stream_is_readable (request.input));
  expect_read (&request, 100, "(blocked)");
  request_clear (&request);
  wait_until (g, request.peer->is_ended);
}

/* So much of a body as the head announced, and nothing else. */
static void
test_body_in_pieces (Ground *g)
{
  Request request;

  request_init (&request, g, "head", 10);
  expect_read (&request, 100, "head");
  g_assert_true (g_pollable_input_stream_is_readable (request.input));
  expect_read (&request, 100, "(blocked)");
  peer_send_text (request.peer, "hello");
  read_ready (&request);
  expect_read (&request, 3, "hel");
  expect_read (&request, 100, "lo");
  peer_send_text (request.peer, "world and the next request");
  read_ready (&request);
  expect_read (&request, 100, "world");
  expect_read (&request, 100, "(blocked)");
  request_clear (&request);
  /* What is too much is read and forgotten, so that no reset overtakes the answer. */
  peer_shutdown (request.peer);
  wait_until (g, request.peer->is_ended && nx_lingerer_get_n_streams (g->lingerer) == 0);
  g_assert_false (request.peer->was_reset);
}

static void
test_body_cut_short (Ground *g)
{
  for (guint is_reset = 0; is_reset < 2; is_reset++)
    {
      Request request;

      request_init (&request, g, "h", 10);
      expect_read (&request, 100, "h");
      peer_send_text (request.peer, "part");
      read_ready (&request);
      expect_read (&request, 100, "part");
      if (is_reset)
        peer_cut (request.peer);
      else
        peer_shutdown (request.peer);
      read_ready (&request);
      expect_read (&request, 100, is_reset ? "(gone)" : "");
      request_clear (&request);
    }
}

/* A peer that leaves after its request is news to whoever waits, and an end to whoever reads. */
static void
test_peer_leaves (Ground *g)
{
  Request request;
  guint n_ready;
  GSource *source;

  request_init (&request, g, "h", 0);
  expect_read (&request, 100, "h");
  source = wait_to_read (&request, NULL, &n_ready);
  settle (g);
  g_assert_cmpuint (n_ready, ==, 0);
  peer_shutdown (request.peer);
  wait_until (g, n_ready > 0);
  drop (source);
  g_assert_true (g_pollable_input_stream_is_readable (request.input));
  expect_read (&request, 100, "");
  read_ready (&request);
  request_clear (&request);
}

/* -- Output -- */

static gssize
write_now (Request *self, const char *text, GError **error)
{
  return g_pollable_output_stream_write_nonblocking (self->output, text, strlen (text), NULL,
                                                     error);
}

static void
test_answer (Ground *g)
{
  Request request;
  guint n_ready;
  GSource *source;

  request_init (&request, g, "h", 0);
  g_assert_true (g_pollable_output_stream_can_poll (request.output));
  g_assert_true (g_pollable_output_stream_is_writable (request.output));
  source = wait_to_write (&request, NULL, &n_ready);
  wait_until (g, n_ready > 0);
  drop (source);
  g_assert_cmpint (write_now (&request, "answer", NULL), ==, 6);
  peer_expect (request.peer, "answer");
  request_clear (&request);
  peer_shutdown (request.peer);
  wait_until (g, request.peer->is_ended && nx_lingerer_get_n_streams (g->lingerer) == 0);
  g_assert_false (request.peer->was_reset);
}

static void
fill (Request *self)
{
  g_autofree char *text = g_strnfill (100000, 'a');
  g_autoptr (GError) error = NULL;

  peer_set_reading (self->peer, FALSE);
  while (write_now (self, text, &error) > 0)
    ;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

/* A peer that does not read its answer is cut; one that reads a bit is not. */
static void
test_peer_does_not_read (Ground *g)
{
  g_autoptr (GError) error = NULL;
  Request request;
  guint n_ready;
  GSource *source;

  request_init (&request, g, "h", 0);
  fill (&request);
  source = wait_to_write (&request, NULL, &n_ready);
  pass_time (g, TIMEOUT_MS - 100);
  g_assert_cmpuint (n_ready, ==, 0);
  peer_set_reading (request.peer, TRUE);
  wait_until (g, n_ready > 0);
  drop (source);

  fill (&request);
  source = wait_to_write (&request, NULL, &n_ready);
  pass_time (g, TIMEOUT_MS - 100);
  g_assert_cmpuint (n_ready, ==, 0);
  pass_time (g, 200);
  g_assert_cmpuint (n_ready, >, 0);
  drop (source);
  g_assert_cmpint (write_now (&request, "more", &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  expect_read (&request, 100, "h");
  expect_read (&request, 100, "");
  source = wait_to_write (&request, NULL, &n_ready);
  wait_until (g, n_ready > 0);
  drop (source);
  peer_set_reading (request.peer, TRUE);
  wait_until (g, request.peer->is_ended);
  request_clear (&request);
}

static void
test_write_to_the_gone (Ground *g)
{
  g_autoptr (GError) error = NULL;
  Request request;

  request_init (&request, g, "h", 0);
  peer_cut (request.peer);
  settle (g);
  wait_until (g, write_now (&request, "x", NULL) < 0);
  g_assert_cmpint (write_now (&request, "x", &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
  request_clear (&request);
}

/* -- Time -- */

static void
test_body_does_not_come (Ground *g)
{
  Request request;
  guint n_ready;
  GSource *source;

  request_init (&request, g, "h", 10);
  expect_read (&request, 100, "h");
  /* While it is the application's turn, no time runs. */
  pass_time (g, 10 * TIMEOUT_MS);
  source = wait_to_read (&request, NULL, &n_ready);
  pass_time (g, TIMEOUT_MS - 100);
  g_assert_cmpuint (n_ready, ==, 0);
  peer_send_text (request.peer, "some");
  wait_until (g, n_ready > 0);
  drop (source);
  expect_read (&request, 100, "some");
  pass_time (g, 10 * TIMEOUT_MS);
  source = wait_to_read (&request, NULL, &n_ready);
  /* What has come bought it no more: the time is for all of the body. */
  pass_time (g, 50);
  g_assert_cmpuint (n_ready, ==, 0);
  pass_time (g, 100);
  g_assert_cmpuint (n_ready, >, 0);
  drop (source);
  expect_read (&request, 100, "");
  wait_until (g, request.peer->is_ended);
  request_clear (&request);
}

/* Whoever waits no longer does not hold the peer to a time, and does not pile up. */
static void
test_cancelled_sources (Ground *g)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Request request;
  guint n_ready, n_ready_to_write;
  GSource *source, *writer;

  request_init (&request, g, "h", 10);
  expect_read (&request, 100, "h");
  fill (&request);
  drop (wait_to_read (&request, NULL, &n_ready));
  drop (wait_to_write (&request, NULL, &n_ready));
  pass_time (g, 2 * TIMEOUT_MS);
  g_assert_false (nx_memory_peer_is_closed (request.peer->memory));

  source = wait_to_read (&request, cancellable, &n_ready);
  writer = wait_to_write (&request, cancellable, &n_ready_to_write);
  settle (g);
  g_assert_cmpuint (n_ready, ==, 0);
  g_cancellable_cancel (cancellable);
  wait_until (g, n_ready > 0 && n_ready_to_write > 0);
  drop (source);
  drop (writer);
  pass_time (g, 2 * TIMEOUT_MS);
  g_assert_false (nx_memory_peer_is_closed (request.peer->memory));

  /* One that waits has all of the time to itself, and no more. */
  drop (wait_to_read (&request, NULL, &n_ready));
  pass_time (g, TIMEOUT_MS - 100);
  source = wait_to_read (&request, NULL, &n_ready);
  pass_time (g, TIMEOUT_MS - 100);
  g_assert_false (nx_memory_peer_is_closed (request.peer->memory));
  pass_time (g, 200);
  g_assert_cmpuint (n_ready, >, 0);
  g_assert_true (nx_memory_peer_is_closed (request.peer->memory));
  drop (source);
  request_clear (&request);
}

/* -- The end, in every order -- */

static void
closed_cb (GObject *stream, GAsyncResult *result, gpointer data)
{
  g_assert_true (g_io_stream_close_finish (G_IO_STREAM (stream), result, NULL));
  *(gboolean *) data = TRUE;
}

static void
test_close (Ground *g)
{
  for (guint is_async = 0; is_async < 2; is_async++)
    {
      g_autoptr (GError) error = NULL;
      gboolean is_closed = FALSE;
      guint n_read, n_write;
      Request request;
      GSource *reader, *writer;

      request_init (&request, g, "h", 10);
      expect_read (&request, 100, "h");
      fill (&request);
      reader = wait_to_read (&request, NULL, &n_read);
      writer = wait_to_write (&request, NULL, &n_write);
      if (is_async)
        g_io_stream_close_async (request.stream, 0, NULL, closed_cb, &is_closed);
      else
        g_assert_true (g_io_stream_close (request.stream, NULL, NULL));
      wait_until (g, n_read > 0 && n_write > 0 && (is_closed || !is_async));
      drop (reader);
      drop (writer);
      g_assert_true (g_io_stream_is_closed (request.stream));
      expect_read (&request, 100, "");
      g_assert_cmpint (write_now (&request, "x", &error), ==, -1);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
      peer_set_reading (request.peer, TRUE);
      wait_until (g, request.peer->is_ended);
      pass_time (g, 2 * TIMEOUT_MS);
      request_clear (&request);
    }
}

/* The halves may live longer, and those who wait on them hear of it. */
static void
test_halves_outlive_it (Ground *g)
{
  g_autoptr (GPollableInputStream) input = NULL;
  g_autoptr (GPollableOutputStream) output = NULL;
  g_autoptr (GError) error = NULL;
  guint n_read, n_write;
  Request request;
  GSource *reader, *writer;

  request_init (&request, g, "h", 10);
  expect_read (&request, 100, "h");
  fill (&request);
  input = g_object_ref (request.input);
  output = g_object_ref (request.output);
  reader = wait_to_read (&request, NULL, &n_read);
  writer = wait_to_write (&request, NULL, &n_write);
  request_clear (&request);
  wait_until (g, n_read > 0 && n_write > 0);
  drop (reader);
  drop (writer);

  g_assert_true (g_pollable_input_stream_is_readable (input));
  g_assert_true (g_pollable_output_stream_is_writable (output));
  expect_read (&request, 100, "");
  g_assert_cmpint (write_now (&request, "x", &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  reader = wait_to_read (&request, NULL, &n_read);
  writer = wait_to_write (&request, NULL, &n_write);
  wait_until (g, n_read > 0 && n_write > 0);
  drop (reader);
  drop (writer);
  pass_time (g, 2 * TIMEOUT_MS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_scenario ("/http-stream/replay", OVER_ALL, test_replay);
  add_scenario ("/http-stream/body-in-pieces", OVER_ALL, test_body_in_pieces);
  add_scenario ("/http-stream/body-cut-short", OVER_ALL, test_body_cut_short);
  add_scenario ("/http-stream/peer-leaves", OVER_ALL, test_peer_leaves);
  add_scenario ("/http-stream/answer", OVER_ALL, test_answer);
  add_scenario ("/http-stream/peer-does-not-read", OVER_ALL, test_peer_does_not_read);
  add_scenario ("/http-stream/write-to-the-gone", OVER_ALL, test_write_to_the_gone);
  add_scenario ("/http-stream/body-does-not-come", OVER_ALL, test_body_does_not_come);
  add_scenario ("/http-stream/cancelled-sources", OVER_MEMORY, test_cancelled_sources);
  add_scenario ("/http-stream/close", OVER_ALL, test_close);
  add_scenario ("/http-stream/halves-outlive-it", OVER_ALL, test_halves_outlive_it);
  return g_test_run ();
}
