/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness.h"
#include "transport/nx-listener-private.h"

/* Stands in for libc's, so that it can fail in every way there is. */
static int accept_errors[8]; /* the next ones; 0: none */
static gboolean is_out_of_descriptors;
static guint n_accepts;

int
accept4 (int fd, struct sockaddr *address, socklen_t *length, int flags)
{
  n_accepts++;
  if (is_out_of_descriptors)
    {
      errno = EMFILE;
      return -1;
    }
  if (accept_errors[0] != 0)
    {
      errno = accept_errors[0];
      memmove (accept_errors, accept_errors + 1, sizeof accept_errors - sizeof accept_errors[0]);
      return -1;
    }
  return (int) syscall (SYS_accept4, fd, address, length, flags);
}

typedef struct
{
  Ground *ground;
  GSocket *socket;
  NxListener *listener;
  GArray *accepted; /* of int */
  GArray *clients;  /* of int */
  GSocketAddress *local;
  GSocketAddress *remote;
} Door;

static void
accepted_cb (NxListener *listener,
             int fd,
             GSocketAddress *local,
             GSocketAddress *remote,
             gpointer owner)
{
  Door *self = owner;

  g_assert_true (listener == self->listener);
  g_array_append_val (self->accepted, fd);
  g_clear_object (&self->local);
  g_clear_object (&self->remote);
  self->local = local;
  self->remote = remote;
}

static void
door_init (Door *self, Ground *g, GSocketAddress *address, gboolean is_secure)
{
  g_autoptr (GError) error = NULL;

  *self = (Door){ .ground = g };
  self->accepted = g_array_new (FALSE, FALSE, sizeof (int));
  self->clients = g_array_new (FALSE, FALSE, sizeof (int));
  self->socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM,
                               G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_assert_true (g_socket_bind (self->socket, address, TRUE, NULL));
  self->listener = nx_listener_new (g->reactor, self->socket, is_secure, accepted_cb, self, &error);
  g_assert_no_error (error);
  g_object_unref (address);
}

static void
door_init_inet (Door *self, Ground *g, const char *host)
{
  door_init (self, g, g_inet_socket_address_new_from_string (host, 0), FALSE);
}

static void
close_all (GArray *fds)
{
  for (guint i = 0; i < fds->len; i++)
    close (g_array_index (fds, int, i));
  g_array_unref (fds);
}

static void
door_clear (Door *self)
{
  g_clear_pointer (&self->listener, nx_listener_free);
  g_object_unref (self->socket);
  close_all (self->accepted);
  close_all (self->clients);
  g_clear_object (&self->local);
  g_clear_object (&self->remote);
}

/* FALSE when nobody listens any more. */
static gboolean
knock (Door *self, GSocketAddress *address)
{
  guint8 native[128];
  gsize size = g_socket_address_get_native_size (address);
  int family = g_socket_address_get_family (address);
  int fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (g_socket_address_to_native (address, native, sizeof native, NULL));
  g_array_append_val (self->clients, fd);
  return connect (fd, (struct sockaddr *) native, (socklen_t) size) == 0;
}

static void
knock_times (Door *self, guint n)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (self->socket, NULL);

  for (guint i = 0; i < n; i++)
    g_assert_true (knock (self, address));
}

static guint16
get_port (GSocketAddress *address)
{
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

static void
test_accept (Ground *g)
{
  g_autoptr (GSocketAddress) address = NULL;
  struct sockaddr_in native;
  socklen_t length = sizeof native, size = sizeof (int);
  int fd, no_delay = 0;
  Door door;

  door_init_inet (&door, g, "127.0.0.1");
  g_assert_true (nx_listener_get_socket (door.listener) == door.socket);
  g_assert_false (nx_listener_is_secure (door.listener));
  knock_times (&door, 1);
  wait_until (g, door.accepted->len == 1);
  fd = g_array_index (door.accepted, int, 0);
  g_assert_cmpint (fcntl (fd, F_GETFL) & O_NONBLOCK, ==, O_NONBLOCK);
  g_assert_cmpint (fcntl (fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
  /* A frame does not wait for the one behind it. */
  g_assert_cmpint (getsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), ==, 0);
  g_assert_cmpint (no_delay, !=, 0);

  address = g_socket_get_local_address (door.socket, NULL);
  g_assert_cmpint (get_port (door.local), ==, get_port (address));
  g_assert_cmpint (
      getsockname (g_array_index (door.clients, int, 0), (struct sockaddr *) &native, &length), ==,
      0);
  g_assert_cmpint (get_port (door.remote), ==, ntohs (native.sin_port));
  door_clear (&door);
}

/* On several addresses, the connection alone knows which. */
static void
test_any_address (Ground *g)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocketAddress) loopback = NULL;
  Door door;

  door_init (&door, g, g_inet_socket_address_new_from_string ("0.0.0.0", 0), TRUE);
  g_assert_true (nx_listener_is_secure (door.listener));
  address = g_socket_get_local_address (door.socket, NULL);
  loopback = g_inet_socket_address_new_from_string ("127.0.0.1", get_port (address));
  g_assert_true (knock (&door, loopback));
  wait_until (g, door.accepted->len == 1);
  g_assert_null (door.local);
  g_assert_null (door.remote);
  door_clear (&door);
}

static void
test_unix (Ground *g)
{
  g_autofree char *folder = g_dir_make_tmp ("nexws-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "socket", NULL);
  Door door;

  door_init (&door, g, g_unix_socket_address_new (path), FALSE);
  nx_listener_set_unix_path (door.listener, "/nowhere");
  nx_listener_set_unix_path (door.listener, path);
  knock_times (&door, 1);
  wait_until (g, door.accepted->len == 1);
  g_assert_null (door.local);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  door_clear (&door);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_rmdir (folder);
}

/* A burst is taken a few at a time. */
static void
test_burst (Ground *g)
{
  Door door;

  door_init_inet (&door, g, "127.0.0.1");
  knock_times (&door, 150);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (door.accepted->len, ==, 64);
  wait_until (g, door.accepted->len == 150);
  door_clear (&door);
}

/* What others listen on as well is taken one at a time; and looked away from, and at again, by another way. */
static void
test_shared (Ground *g)
{
  Door door;

  door_init_inet (&door, g, "127.0.0.1");
  nx_listener_share (door.listener);
  knock_times (&door, 10);
  g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (door.accepted->len, ==, 1);
  wait_until (g, door.accepted->len == 10);

  knock_times (&door, 1);
  accept_errors[0] = EMFILE;
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Cannot accept connections: *");
  settle (g);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (door.accepted->len, ==, 10);
  g_assert_cmpuint (count_turns (g), ==, 0);
  pass_time (g, 110);
  wait_until (g, door.accepted->len == 11);

  knock_times (&door, 1);
  accept_errors[0] = EMFILE;
  settle (g);
  door_clear (&door);
  pass_time (g, 1000);
}

static void
test_free (Ground *g)
{
  g_autoptr (GSocketAddress) address = NULL;
  Door door;

  door_init_inet (&door, g, "127.0.0.1");
  address = g_socket_get_local_address (door.socket, NULL);
  g_clear_pointer (&door.listener, nx_listener_free);
  g_assert_true (g_socket_is_closed (door.socket));
  g_assert_false (knock (&door, address));
  g_assert_cmpuint (count_turns (g), ==, 0);
  door_clear (&door);
}

/* -- Errors -- */

/* A pause of 100 ms, one line a minute, and all is well when there is room again. */
static void
test_out_of_descriptors (Ground *g)
{
  Door door;
  guint n;

  door_init_inet (&door, g, "127.0.0.1");
  knock_times (&door, 3);
  is_out_of_descriptors = TRUE;
  n_accepts = 0;
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Cannot accept connections: Too many*");
  settle (g);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (n_accepts, ==, 1);
  g_assert_cmpuint (count_turns (g), ==, 0);
  pass_time (g, 99);
  g_assert_cmpuint (n_accepts, ==, 1);
  for (n = 0; n < 490; n++)
    pass_time (g, 120);
  g_assert_cmpuint (n_accepts, ==, 491);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Cannot accept connections: Too many*");
  pass_time (g, 1500);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (door.accepted->len, ==, 0);

  is_out_of_descriptors = FALSE;
  pass_time (g, 110);
  wait_until (g, door.accepted->len == 3);
  knock_times (&door, 1);
  wait_until (g, door.accepted->len == 4);
  door_clear (&door);
}

static void
test_free_in_a_pause (Ground *g)
{
  Door door;

  door_init_inet (&door, g, "127.0.0.1");
  knock_times (&door, 1);
  accept_errors[0] = ENOMEM;
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "Cannot accept connections: *");
  settle (g);
  g_test_assert_expected_messages ();
  door_clear (&door);
  pass_time (g, 1000);
}

/* What is wrong with one connection is nothing to the next. */
static void
test_errors_of_one_connection (Ground *g)
{
  static const int errors[] = { ECONNABORTED, EINTR, EPROTO, EPERM };
  Door door;

  door_init_inet (&door, g, "127.0.0.1");
  memcpy (accept_errors, errors, sizeof errors);
  knock_times (&door, 1);
  wait_until (g, door.accepted->len == 1);
  g_assert_cmpint (accept_errors[0], ==, 0);
  door_clear (&door);
}

static void
test_cannot_listen (Ground *g)
{
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (nx_listener_new (g->reactor, socket, FALSE, accepted_cb, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

/* As systemd passes it. */
static void
test_listens_already (Ground *g)
{
  const struct sockaddr_in any = { .sin_family = AF_INET };
  struct tcp_info info;
  socklen_t length = sizeof info;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_autoptr (GSocket) socket = NULL;
  NxListener *listener;

  g_assert_cmpint (bind (fd, (const struct sockaddr *) &any, sizeof any), ==, 0);
  g_assert_cmpint (listen (fd, 1000), ==, 0);
  socket = g_socket_new_from_fd (fd, NULL);
  listener = nx_listener_new (g->reactor, socket, FALSE, accepted_cb, NULL, NULL);
  g_assert_nonnull (listener);
  /* Of a listening socket, the backlog. */
  g_assert_cmpint (getsockopt (fd, IPPROTO_TCP, TCP_INFO, &info, &length), ==, 0);
  g_assert_cmpuint (info.tcpi_sacked, >, 100);
  nx_listener_free (listener);
}

static void
test_cannot_watch (Ground *g)
{
  g_autoptr (GError) error = NULL;
  Door door;

  door_init_inet (&door, g, "127.0.0.1");
  g_assert_null (nx_listener_new (g->reactor, door.socket, FALSE, accepted_cb, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  door_clear (&door);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_scenario ("/listener/accept", OVER_SOCKET, test_accept);
  add_scenario ("/listener/any-address", OVER_SOCKET, test_any_address);
  add_scenario ("/listener/unix", OVER_SOCKET, test_unix);
  add_scenario ("/listener/burst", OVER_SOCKET, test_burst);
  add_scenario ("/listener/shared", OVER_SOCKET, test_shared);
  add_scenario ("/listener/free", OVER_SOCKET, test_free);
  add_scenario ("/listener/out-of-descriptors", OVER_SOCKET, test_out_of_descriptors);
  add_scenario ("/listener/free-in-a-pause", OVER_SOCKET, test_free_in_a_pause);
  add_scenario ("/listener/errors-of-one-connection", OVER_SOCKET, test_errors_of_one_connection);
  add_scenario ("/listener/cannot-listen", OVER_SOCKET, test_cannot_listen);
  add_scenario ("/listener/listens-already", OVER_SOCKET, test_listens_already);
  add_scenario ("/listener/cannot-watch", OVER_SOCKET, test_cannot_watch);
  return g_test_run ();
}
