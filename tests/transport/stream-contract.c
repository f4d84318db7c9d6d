/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stream-contract.h"

typedef struct
{
  Ground *ground;
  NxStream *stream;
  GByteArray *input;
  gssize last_result;
  guint n_hangups, n_reads, n_writes;
} Owner;

static void
read_all (Owner *self)
{
  guint8 octets[4096];

  while ((self->last_result = nx_stream_read (self->stream, octets, sizeof octets)) > 0)
    g_byte_array_append (self->input, octets, self->last_result);
  if (self->last_result != NX_IO_BLOCKED)
    nx_stream_set_interest (self->stream, self->stream->interest & ~NX_READY_READ);
}

static void
ready_cb (NxStream *stream, NxReady ready, gpointer data)
{
  Owner *self = data;

  g_assert_true (stream == self->stream);
  g_assert_cmpint (ready & ~(stream->interest | NX_READY_HANGUP), ==, 0);
  self->n_hangups += (ready & NX_READY_HANGUP) != 0;
  self->n_reads += (ready & NX_READY_READ) != 0;
  self->n_writes += (ready & NX_READY_WRITE) != 0;
  if (ready & NX_READY_READ)
    read_all (self);
}

static void
owner_init (Owner *self, Ground *g, Peer **peer, NxReady interest)
{
  *self = (Owner){ .ground = g, .input = g_byte_array_new (), .last_result = NX_IO_BLOCKED };
  self->stream = make_stream (g, peer);
  nx_stream_set_owner (self->stream, ready_cb, self, interest);
}

static void
owner_clear (Owner *self)
{
  g_clear_pointer (&self->stream, nx_stream_free);
  g_byte_array_unref (self->input);
}

static void
expect_input (Owner *self, const char *expected)
{
  wait_until (self->ground, self->input->len >= strlen (expected));
  g_assert_cmpmem (self->input->data, self->input->len, expected, strlen (expected));
  g_byte_array_set_size (self->input, 0);
}

static void
test_both_ways (Ground *g)
{
  const struct iovec parts[] = { { (gpointer) "hel", 3 },
                                 { (gpointer) "", 0 },
                                 { (gpointer) "lo", 2 } };
  Owner owner;
  Peer *peer;

  owner_init (&owner, g, &peer, NX_READY_READ);
  peer_send_text (peer, "ping");
  expect_input (&owner, "ping");
  g_assert_cmpint (nx_stream_write (owner.stream, parts, 3), ==, 5);
  g_assert_cmpint (write_text (owner.stream, "!"), ==, 1);
  peer_expect (peer, "hello!");
  g_assert_cmpuint (owner.n_writes, ==, 0);
  g_assert_cmpuint (owner.n_hangups, ==, 0);
  g_assert_cmpuint (count_turns (g), ==, 0);
  owner_clear (&owner);
  wait_until (g, peer->is_ended);
  g_assert_false (peer->was_reset);
}

/* What came while nobody wanted it is told to whoever wants it later, and to the next owner. */
static void
test_nothing_is_left_unsaid (Ground *g)
{
  Owner owner, heir;
  Peer *peer;

  owner_init (&owner, g, &peer, 0);
  peer_send_text (peer, "early");
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpuint (owner.n_reads, ==, 0);
  nx_stream_set_interest (owner.stream, NX_READY_READ);
  expect_input (&owner, "early");

  peer_send_text (peer, "inherited");
  heir = owner;
  heir.input = g_byte_array_new ();
  nx_stream_set_owner (heir.stream, ready_cb, &heir, NX_READY_READ);
  owner.stream = NULL;
  expect_input (&heir, "inherited");
  nx_stream_set_interest (heir.stream, NX_READY_WRITE);
  wait_until (g, heir.n_writes > 0);
  owner_clear (&owner);
  owner_clear (&heir);
}

/* A blocked writer hears of room, and only then. */
static void
test_blocked_output (Ground *g)
{
  Owner owner;
  Peer *peer;
  gsize total;

  owner_init (&owner, g, &peer, 0);
  peer_set_reading (peer, FALSE);
  total = write_until_blocked (owner.stream);
  nx_stream_set_interest (owner.stream, NX_READY_WRITE);
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpuint (owner.n_writes, ==, 0);

  peer_set_reading (peer, TRUE);
  wait_until (g, owner.n_writes > 0);
  nx_stream_set_interest (owner.stream, 0);
  wait_until (g, peer->received->len == total);
  owner_clear (&owner);
}

static void
test_end_of_input (Ground *g)
{
  Owner owner;
  Peer *peer;

  owner_init (&owner, g, &peer, NX_READY_READ);
  peer_send_text (peer, "bye");
  peer_shutdown (peer);
  wait_until (g, owner.last_result == 0);
  expect_input (&owner, "bye");
  /* Our own half still works. */
  g_assert_cmpint (write_text (owner.stream, "fare well"), ==, 9);
  peer_expect (peer, "fare well");
  nx_stream_shutdown_write (owner.stream);
  wait_until (g, peer->is_ended);
  g_assert_false (peer->was_reset);
  g_assert_cmpint (peer->was_careful, ==, peer->session != NULL);
  owner_clear (&owner);
}

/* A peer that has ended its output is told once to an owner that does not read, and costs nothing from then on. */
static void
test_hangup_is_said_once (Ground *g)
{
  Owner owner;
  Peer *peer;

  owner_init (&owner, g, &peer, 0);
  peer_send_text (peer, "unread");
  peer_shutdown (peer);
  wait_until (g, owner.n_hangups > 0);
  g_assert_cmpuint (count_turns (g), ==, 0);
  nx_stream_set_interest (owner.stream, NX_READY_WRITE);
  wait_until (g, owner.n_writes > 0);
  nx_stream_set_interest (owner.stream, 0);
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpuint (owner.n_hangups, ==, 1);
  /* It is still there to be read. */
  nx_stream_set_interest (owner.stream, NX_READY_READ);
  wait_until (g, owner.last_result == 0);
  expect_input (&owner, "unread");
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpuint (owner.n_hangups, ==, 1);
  owner_clear (&owner);
}

static void
test_reset_is_said_once (Ground *g)
{
  Owner owner;
  Peer *peer;

  owner_init (&owner, g, &peer, 0);
  peer_cut (peer);
  wait_until (g, owner.n_hangups > 0);
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpuint (owner.n_hangups, ==, 1);
  nx_stream_set_interest (owner.stream, NX_READY_READ);
  wait_until (g, owner.last_result == NX_IO_FAILED);
  g_assert_cmpint (write_text (owner.stream, "x"), ==, NX_IO_FAILED);
  owner_clear (&owner);
}

/* First the one, then the other: the owner has heard it. */
static void
test_reset_behind_the_end (Ground *g)
{
  Owner owner;
  Peer *peer;

  owner_init (&owner, g, &peer, 0);
  peer_shutdown (peer);
  wait_until (g, owner.n_hangups > 0);
  peer_cut (peer);
  settle (g);
  nx_stream_shutdown_write (owner.stream);
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpuint (owner.n_hangups, ==, 1);
  owner_clear (&owner);
}

/* A writer that waits for room hears of the reset as well. */
static void
test_reset_while_blocked (Ground *g)
{
  Owner owner;
  Peer *peer;

  owner_init (&owner, g, &peer, 0);
  peer_set_reading (peer, FALSE);
  write_until_blocked (owner.stream);
  nx_stream_set_interest (owner.stream, NX_READY_WRITE);
  settle (g);
  peer_cut (peer);
  wait_until (g, owner.n_writes > 0);
  g_assert_cmpint (write_text (owner.stream, "x"), ==, NX_IO_FAILED);
  g_assert_cmpint (write_text (owner.stream, "x"), ==, NX_IO_FAILED);
  owner_clear (&owner);
}

static void
free_cb (NxStream *stream, NxReady ready, gpointer data)
{
  nx_stream_free (stream);
  (*(guint *) data)++;
}

static void
test_freed_inside (Ground *g)
{
  guint n_called = 0;
  Peer *peer;
  NxStream *stream = make_stream (g, &peer);

  peer_send_text (peer, "x");
  nx_stream_set_owner (stream, free_cb, &n_called, NX_READY_READ | NX_READY_WRITE);
  wait_until (g, n_called > 0);
  wait_until (g, peer->is_ended);
  g_assert_cmpuint (n_called, ==, 1);
}

/* The next owner's interest, set inside the call to the one before. */
static void
hand_on_cb (NxStream *stream, NxReady ready, gpointer data)
{
  nx_stream_set_owner (stream, ready_cb, data, NX_READY_READ);
}

static void
test_handed_on_inside (Ground *g)
{
  Owner owner;
  Peer *peer;

  owner_init (&owner, g, &peer, NX_READY_READ);
  nx_stream_set_owner (owner.stream, hand_on_cb, &owner, NX_READY_READ);
  peer_send_text (peer, "for the second");
  expect_input (&owner, "for the second");
  owner_clear (&owner);
}

static void
test_what_it_knows (Ground *g)
{
  Peer *peer;
  g_autoptr (NxStream) stream = make_stream (g, &peer);

  g_assert_true (G_IS_INET_SOCKET_ADDRESS (stream->local));
  g_assert_true (G_IS_INET_SOCKET_ADDRESS (stream->remote));
  g_assert_cmpint (stream->is_secure, ==, peer->session != NULL);
  g_assert_false (stream->is_trusted_local);
  g_assert_null (stream->credentials);
  g_assert_null (nx_stream_dup_peer_certificate (stream));
}

void
add_stream_contract (Over over)
{
  static const struct
  {
    const char *path;
    Scenario scenario;
  } scenarios[] = {
    { "/stream/both-ways", test_both_ways },
    { "/stream/nothing-is-left-unsaid", test_nothing_is_left_unsaid },
    { "/stream/blocked-output", test_blocked_output },
    { "/stream/end-of-input", test_end_of_input },
    { "/stream/hangup-is-said-once", test_hangup_is_said_once },
    { "/stream/reset-is-said-once", test_reset_is_said_once },
    { "/stream/reset-behind-the-end", test_reset_behind_the_end },
    { "/stream/reset-while-blocked", test_reset_while_blocked },
    { "/stream/freed-inside", test_freed_inside },
    { "/stream/handed-on-inside", test_handed_on_inside },
    { "/stream/what-it-knows", test_what_it_knows },
  };

  for (guint i = 0; i < G_N_ELEMENTS (scenarios); i++)
    add_scenario (scenarios[i].path, over, scenarios[i].scenario);
}
