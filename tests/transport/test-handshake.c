/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "harness.h"
#include "transport/nx-handshake-private.h"

#define HEAD                                                                                       \
  "GET /chat?a=b HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"     \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
/* RFC 6455 section 1.3 */
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

typedef struct
{
  Ground *ground;
  SoupServer *server;
  NxHandshaker *handshaker;
  NxHandshake *handshake; /* that waits for its decision */
  Peer *peer;
  guint n_left;
} Host;

static void
decide_cb (NxHandshake *handshake, gpointer owner)
{
  Host *self = owner;

  g_clear_pointer (&self->handshake, nx_handshake_free);
  self->handshake = handshake;
}

static void
host_init (Host *self, Ground *g)
{
  *self = (Host){ .ground = g };
  self->server = soup_server_new (NULL, NULL);
  self->handshaker = nx_handshaker_new (self->server, g->lingerer, decide_cb, self);
}

static void
host_clear (Host *self)
{
  g_clear_pointer (&self->handshake, nx_handshake_free);
  g_clear_pointer (&self->handshaker, nx_handshaker_free);
  settle (self->ground);
  soup_server_disconnect (self->server);
  g_object_unref (self->server);
}

static void
begin (Host *self, const char *head, const char *early)
{
  g_autofree char *octets = g_strconcat (head, early, NULL);

  nx_handshaker_begin (self->handshaker, make_stream (self->ground, &self->peer),
                       (const guint8 *) octets, strlen (head), strlen (octets));
}

static void
left_cb (gpointer data)
{
  ((Host *) data)->n_left++;
}

static void
assert_has (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("\"%s\" is not in \"%s\"", part, text);
}

/* -- What waits for a decision -- */

static void
test_begin (Ground *g)
{
  g_autoptr (GBytes) head = NULL;
  SoupServerMessage *message;
  const guint8 *early;
  gsize length;
  Host host;

  host_init (&host, g);
  begin (&host, HEAD "\r\n", "early octets");
  g_assert_nonnull (host.handshake);
  head = nx_handshake_get_head (host.handshake);
  g_assert_cmpmem (g_bytes_get_data (head, NULL), g_bytes_get_size (head), HEAD "\r\n",
                   strlen (HEAD "\r\n"));
  early = nx_handshake_get_early (host.handshake, &length);
  g_assert_cmpmem (early, length, "early octets", 12);
  message = nx_handshake_get_message (host.handshake);
  g_assert_cmpstr (g_uri_get_path (soup_server_message_get_uri (message)), ==, "/chat");
  g_assert_true (nx_handshake_get_lingerer (host.handshake) == g->lingerer);
  g_assert_cmpuint (nx_handshake_get_stream (host.handshake)->interest, ==, 0);
  /* Nothing of it is left in libsoup. */
  g_assert_cmpuint (count_turns (g), ==, 0);
  g_assert_cmpuint (host.peer->received->len, ==, 0);
  g_clear_pointer (&host.handshake, nx_handshake_free);
  wait_until (g, host.peer->is_ended);
  host_clear (&host);
}

static char *
frame_text (NxFrame *frame)
{
  gsize length;
  const char *wire = nx_frame_get_wire (frame, &length);

  g_assert_cmpint (nx_frame_get_opcode (frame), ==, NX_OPCODE_RAW);
  return g_strndup (wire, length);
}

static void
test_answer (Ground *g)
{
  g_autoptr (NxFrame) answer = NULL;
  g_autoptr (NxStream) stream = NULL;
  g_autofree char *text = NULL;
  Host host;

  host_init (&host, g);
  begin (&host,
         HEAD
         "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
         "");
  soup_message_headers_append (
      soup_server_message_get_response_headers (nx_handshake_get_message (host.handshake)),
      "X-Mine", "yes");
  answer =
      nx_handshake_answer (host.handshake, "b", "permessage-deflate; server_max_window_bits=9");
  text = frame_text (answer);
  g_assert_true (g_str_has_prefix (text, "HTTP/1.1 101 Switching Protocols\r\n"));
  g_assert_true (g_str_has_suffix (text, "\r\n\r\n"));
  assert_has (text, ACCEPT);
  assert_has (text, "Upgrade: websocket\r\n");
  assert_has (text, "Connection: Upgrade\r\n");
  assert_has (text, "Sec-WebSocket-Protocol: b\r\n");
  assert_has (text, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n");
  assert_has (text, "X-Mine: yes\r\n");
  stream = nx_handshake_steal_stream (host.handshake);
  g_assert_nonnull (stream);
  g_assert_null (nx_handshake_get_stream (host.handshake));
  /* The stream is somebody else's now, and lives on. */
  g_clear_pointer (&host.handshake, nx_handshake_free);
  g_assert_cmpint (write_text (stream, "on"), ==, 2);
  peer_expect (host.peer, "on");
  host_clear (&host);
}

/* What was not agreed to is not in it, whatever was offered. */
static void
test_bare_answer (Ground *g)
{
  g_autoptr (NxFrame) answer = NULL;
  g_autofree char *text = NULL;
  Host host;

  host_init (&host, g);
  begin (&host,
         HEAD
         "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
         "");
  for (guint i = 0; i < 2; i++)
    soup_message_headers_append (
        soup_server_message_get_response_headers (nx_handshake_get_message (host.handshake)),
        i ? "Sec-WebSocket-Protocol" : "Sec-WebSocket-Extensions", "by hand");
  answer = nx_handshake_answer (host.handshake, NULL, NULL);
  text = frame_text (answer);
  g_assert_null (strstr (text, "Sec-WebSocket-Protocol"));
  g_assert_null (strstr (text, "Sec-WebSocket-Extensions"));
  host_clear (&host);
}

static void
test_no_answer (Ground *g)
{
  Host host;

  host_init (&host, g);
  begin (&host, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "");
  g_assert_nonnull (host.handshake);
  g_assert_null (nx_handshake_answer (host.handshake, NULL, NULL));
  host_clear (&host);
}

static void
test_refuse (Ground *g)
{
  g_autofree char *text = NULL;
  Host host;

  host_init (&host, g);
  begin (&host, HEAD "\r\n", "early octets that nobody reads");
  soup_message_headers_append (
      soup_server_message_get_response_headers (nx_handshake_get_message (host.handshake)),
      "Retry-After", "7");
  nx_handshake_refuse (host.handshake, 503, "Come again");
  g_assert_null (nx_handshake_get_stream (host.handshake));
  g_clear_pointer (&host.handshake, nx_handshake_free);
  wait_until (g, host.peer->is_ended);
  text = peer_take_text (host.peer);
  g_assert_true (g_str_has_prefix (text, "HTTP/1.1 503 Service Unavailable\r\n"));
  assert_has (text, "\r\nRetry-After: 7\r\n");
  g_assert_true (g_str_has_suffix (text, "\r\n\r\nCome again"));
  host_clear (&host);
}

/* -- A peer that leaves -- */

static void
test_peer_leaves (Ground *g)
{
  for (guint i = 0; i < 4; i++)
    {
      Host host;

      host_init (&host, g);
      begin (&host, HEAD "\r\n", "");
      if (i / 2)
        nx_handshake_watch (host.handshake, left_cb, &host);
      if (i % 2)
        peer_cut (host.peer);
      else
        peer_shutdown (host.peer);
      if (i / 2)
        wait_until (g, host.n_left > 0);
      g_assert_cmpuint (count_turns (g), ==, 0);
      g_assert_cmpuint (host.n_left, ==, i / 2);
      host_clear (&host);
    }
}

/* -- What libsoup answers by itself -- */

static void
require_name (Host *self)
{
  g_autoptr (SoupAuthDomain) domain =
      soup_auth_domain_basic_new ("realm", "here", "proxy", FALSE, NULL);

  soup_auth_domain_add_path (domain, "/");
  soup_server_add_auth_domain (self->server, domain);
}

static void
test_auth_domain (Ground *g)
{
  g_autofree char *text = NULL;
  Host host;

  host_init (&host, g);
  require_name (&host);
  begin (&host, HEAD "\r\n", "");
  g_assert_null (host.handshake);
  wait_until (g, host.peer->is_ended);
  text = peer_take_text (host.peer);
  g_assert_true (g_str_has_prefix (text, "HTTP/1.1 401 "));
  assert_has (text, "WWW-Authenticate: Basic ");
  host_clear (&host);
}

/* Those that libsoup has not answered yet go with the handshaker, or with their peer. */
static void
test_auth_domain_and_the_end (Ground *g)
{
  Host host;

  host_init (&host, g);
  require_name (&host);
  begin (&host, HEAD "\r\n", "");
  g_clear_pointer (&host.handshaker, nx_handshaker_free);
  wait_until (g, host.peer->is_ended);
  host_clear (&host);

  host_init (&host, g);
  require_name (&host);
  begin (&host, HEAD "\r\n", "");
  peer_cut (host.peer);
  settle (g);
  host_clear (&host);
}

static void
pause_cb (SoupServer *server, SoupServerMessage *message, SoupServerMessage **paused)
{
  soup_server_message_pause (message);
  g_set_object (paused, message);
}

/* An application holds up the answer that libsoup wants to give. */
static void
hold_up (Host *self, SoupServerMessage **paused)
{
  host_init (self, self->ground);
  require_name (self);
  g_signal_connect (self->server, "request-read", G_CALLBACK (pause_cb), paused);
  begin (self, HEAD "\r\n", "");
  g_assert_cmpuint (count_turns (self->ground), ==, 0);
  g_assert_nonnull (*paused);
  g_assert_null (self->handshake);
  g_assert_false (self->peer->is_ended);
}

static void
test_held_up (Ground *g)
{
  g_autoptr (SoupServerMessage) paused = NULL;
  g_autofree char *text = NULL;
  Host host = { .ground = g };

  /* It comes late. */
  hold_up (&host, &paused);
  soup_server_message_unpause (paused);
  wait_until (g, host.peer->is_ended);
  text = peer_take_text (host.peer);
  g_assert_true (g_str_has_prefix (text, "HTTP/1.1 401 "));
  host_clear (&host);

  /* The peer does not wait for it. */
  hold_up (&host, &paused);
  peer_shutdown (host.peer);
  wait_until (g, host.peer->is_ended);
  soup_server_message_unpause (paused);
  settle (g);
  g_assert_cmpuint (host.peer->received->len, ==, 0);
  host_clear (&host);

  /* The service stops before it. */
  hold_up (&host, &paused);
  g_clear_pointer (&host.handshaker, nx_handshaker_free);
  wait_until (g, host.peer->is_ended);
  soup_server_message_unpause (paused);
  settle (g);
  g_assert_cmpuint (host.peer->received->len, ==, 0);
  host_clear (&host);
}

/* The gate lets no such thing through; if it did, the peer would not be left waiting. */
static void
test_unreadable_head (Ground *g)
{
  Host host;

  host_init (&host, g);
  begin (&host, "no request at all\r\n\r\n", "");
  g_assert_null (host.handshake);
  wait_until (g, host.peer->is_ended);
  host_clear (&host);
}

/* Plain requests on the same server are none of ours. */
static void
test_other_requests (Ground *g)
{
  g_autoptr (GInputStream) input =
      g_memory_input_stream_new_from_data ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", -1, NULL);
  g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
  g_autoptr (GIOStream) stream = g_simple_io_stream_new (input, output);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 1);
  Host host;

  host_init (&host, g);
  g_assert_true (soup_server_accept_iostream (host.server, stream, address, address, NULL));
  settle (g);
  g_assert_null (host.handshake);
  g_assert_cmpmem (g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (output)), 12,
                   "HTTP/1.1 404", 12);
  host_clear (&host);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_scenario ("/handshake/begin", OVER_ALL, test_begin);
  add_scenario ("/handshake/answer", OVER_ALL, test_answer);
  add_scenario ("/handshake/bare-answer", OVER_MEMORY, test_bare_answer);
  add_scenario ("/handshake/no-answer", OVER_MEMORY, test_no_answer);
  add_scenario ("/handshake/refuse", OVER_ALL, test_refuse);
  add_scenario ("/handshake/peer-leaves", OVER_ALL, test_peer_leaves);
  add_scenario ("/handshake/auth-domain", OVER_ALL, test_auth_domain);
  add_scenario ("/handshake/auth-domain-and-the-end", OVER_ALL, test_auth_domain_and_the_end);
  add_scenario ("/handshake/held-up", OVER_ALL, test_held_up);
  add_scenario ("/handshake/unreadable-head", OVER_ALL, test_unreadable_head);
  add_scenario ("/handshake/other-requests", OVER_MEMORY, test_other_requests);
  return g_test_run ();
}
