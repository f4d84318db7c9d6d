/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gunixsocketaddress.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "stream-contract.h"
#include "transport/nx-socket-stream-private.h"

static void
test_addresses (Ground *g)
{
  g_autoptr (NxStream) stream = NULL;
  g_autoptr (GSocketAddress) seen = NULL;
  struct sockaddr_storage native;
  socklen_t length = sizeof native;
  int ours, theirs;

  make_tcp_pair (&ours, &theirs);
  stream = nx_socket_stream_new (g->reactor, ours);
  g_assert_cmpint (getsockname (theirs, (struct sockaddr *) &native, &length), ==, 0);
  seen = g_socket_address_new_from_native (&native, length);
  g_assert_cmpint (g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (seen)), ==,
                   g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (stream->remote)));
  g_assert_cmpint (g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (stream->local)), !=,
                   g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (stream->remote)));
  g_assert_false (stream->is_trusted_local);
  g_assert_false (stream->is_secure);
  close (theirs);
}

/* Where they are known already, the kernel is not asked. */
static void
test_given_addresses (Ground *g)
{
  GSocketAddress *local = g_inet_socket_address_new_from_string ("192.0.2.1", 1);
  GSocketAddress *remote = g_inet_socket_address_new_from_string ("192.0.2.2", 2);
  g_autoptr (NxStream) stream = NULL;
  int ours, theirs;

  make_tcp_pair (&ours, &theirs);
  stream = nx_socket_stream_new_accepted (g->reactor, ours, local, remote);
  g_assert_true (stream->local == local);
  g_assert_true (stream->remote == remote);
  close (theirs);
}

/* A unix socket: an address that libsoup can print, and whose process it is. */
static void
test_unix (Ground *g)
{
  g_autoptr (NxStream) stream = NULL;
  int fds[2];
  char octet = 0;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
  stream = nx_socket_stream_new (g->reactor, fds[0]);
  g_assert_true (stream->is_trusted_local);
  g_assert_true (G_IS_INET_SOCKET_ADDRESS (stream->local));
  g_assert_true (G_IS_INET_SOCKET_ADDRESS (stream->remote));
  g_assert_cmpint (g_credentials_get_unix_pid (stream->credentials, NULL), ==, getpid ());
  g_assert_cmpint (g_credentials_get_unix_user (stream->credentials, NULL), ==, getuid ());
  g_assert_cmpint (write_text (stream, "x"), ==, 1);
  g_assert_cmpint (read (fds[1], &octet, 1), ==, 1);
  g_assert_cmpint (octet, ==, 'x');
  close (fds[1]);
}

static void
assert_closed (int fd)
{
  g_assert_cmpint (close (fd), ==, -1);
}

static void
test_unusable_descriptors (Ground *g)
{
  int ours, theirs, fds[2];
  NxWatch watch;

  /* Not a socket. */
  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_null (nx_socket_stream_new (g->reactor, fds[0]));
  assert_closed (fds[0]);
  close (fds[1]);

  /* A listener has nobody at its other end. */
  ours = socket (AF_INET, SOCK_STREAM, 0);
  g_assert_null (nx_socket_stream_new (g->reactor, ours));
  assert_closed (ours);

  /* The kernel refuses to watch it: it is watched already. */
  make_tcp_pair (&ours, &theirs);
  g_assert_true (nx_reactor_add_watch (g->reactor, &watch, ours, 0, NULL));
  g_assert_null (nx_socket_stream_new (g->reactor, ours));
  assert_closed (ours);
  close (theirs);
}

static void
ready_cb (NxStream *stream, NxReady ready, gpointer data)
{
}

/* A reset that nobody has read yet, to an owner that writes. */
static void
test_write_to_the_gone (Ground *g)
{
  const struct iovec parts[] = { { (gpointer) "a", 1 }, { (gpointer) "b", 1 } };
  g_autoptr (NxStream) stream = NULL;
  Peer *peer;

  stream = make_stream (g, &peer);
  nx_stream_set_owner (stream, ready_cb, NULL, 0);
  peer_cut (peer);
  wait_until (g, nx_stream_write (stream, parts, 2) == NX_IO_FAILED);
  g_assert_cmpint (nx_stream_write (stream, parts, 1), ==, NX_IO_FAILED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_stream_contract (OVER_SOCKET);
  add_scenario ("/socket-stream/addresses", OVER_SOCKET, test_addresses);
  add_scenario ("/socket-stream/given-addresses", OVER_SOCKET, test_given_addresses);
  add_scenario ("/socket-stream/unix", OVER_SOCKET, test_unix);
  add_scenario ("/socket-stream/unusable-descriptors", OVER_SOCKET, test_unusable_descriptors);
  add_scenario ("/socket-stream/write-to-the-gone", OVER_SOCKET, test_write_to_the_gone);
  return g_test_run ();
}
