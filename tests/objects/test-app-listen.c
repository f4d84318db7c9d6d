/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where an app listens, where it cannot, and what is left when it does not any more. */
#include "fixture.h"

#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"

static void
expect_no_listening (NxApp *app, const char *host, guint16 port, const char *part)
{
  GError *error = NULL;

  g_assert_false (nx_app_listen (app, host, port, NX_LISTEN_DEFAULT, &error));
  expect_error (error, NX_ERROR, NX_ERROR_ADDRESS, part);
}

/* All URIs, joined by spaces, and without their ports. */
static char *
dup_uris (NxApp *app)
{
  GString *text = g_string_new (NULL);
  GList *uris = nx_app_get_uris (app);

  for (GList *l = uris; l != NULL; l = l->next)
    {
      g_autofree char *uri = g_uri_to_string_partial (l->data, G_URI_HIDE_QUERY);
      g_autofree char *port = g_strdup_printf (":%d/", g_uri_get_port (l->data));
      char *found = strstr (uri, port);

      if (found != NULL)
        *found = '\0';
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", uri);
    }
  g_list_free_full (uris, (GDestroyNotify) g_uri_unref);
  return g_string_free (text, FALSE);
}

static guint16
get_port (NxApp *app)
{
  GList *uris = nx_app_get_uris (app);
  guint16 port = (guint16) g_uri_get_port (uris->data);

  for (GList *l = uris; l != NULL; l = l->next)
    g_assert_cmpint (g_uri_get_port (l->data), ==, port);
  g_list_free_full (uris, (GDestroyNotify) g_uri_unref);
  return port;
}

static gboolean
has_ipv6 (void)
{
  struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  int fd = socket (AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  gboolean has = fd >= 0 && bind (fd, (struct sockaddr *) &address, sizeof address) == 0;

  if (fd >= 0)
    close (fd);
  return has;
}

/* -- TCP -- */

static void
expect_uris (const char *host, const char *both, const char *ipv4_only)
{
  g_autoptr (NxApp) app = nx_app_new ();
  g_autofree char *uris = NULL;

  g_assert_null (nx_app_get_uris (app));
  g_assert_true (nx_app_listen (app, host, 0, NX_LISTEN_DEFAULT, NULL));
  uris = dup_uris (app);
  g_assert_cmpstr (uris, ==, has_ipv6 () ? both : ipv4_only);
  g_assert_cmpuint (get_port (app), >, 0);
}

static void
test_hosts (void)
{
  expect_uris (NULL, "ws://127.0.0.1 ws://[::1]", "ws://127.0.0.1");
  expect_uris ("localhost", "ws://127.0.0.1 ws://[::1]", "ws://127.0.0.1");
  expect_uris ("*", "ws://0.0.0.0 ws://[::]", "ws://0.0.0.0");
  expect_uris ("127.0.0.1", "ws://127.0.0.1", "ws://127.0.0.1");
  if (has_ipv6 ())
    expect_uris ("::1", "ws://[::1]", NULL);
}

static void
test_bad_addresses (void)
{
  g_autoptr (NxApp) app = nx_app_new ();

  expect_no_listening (app, "nonsense", 0, "nonsense port 0: an IPv4 or IPv6 address is wanted");
  expect_no_listening (app, "", 0, "is wanted");
  expect_no_listening (app, "256.0.0.1", 0, "is wanted");
  expect_no_listening (app, "192.0.2.1", 7, "Cannot listen on 192.0.2.1 port 7: ");
  g_assert_null (nx_app_get_uris (app));
}

static void
test_port_taken (void)
{
  g_autoptr (NxApp) first = nx_app_new ();
  g_autoptr (NxApp) second = nx_app_new ();
  g_autofree char *part = NULL;

  g_assert_true (nx_app_listen (first, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  part = g_strdup_printf ("127.0.0.1 port %u: ", get_port (first));
  expect_no_listening (second, "127.0.0.1", get_port (first), part);
  expect_no_listening (second, NULL, get_port (first), "Cannot listen on localhost port");
  expect_no_listening (first, "127.0.0.1", get_port (first), part);
  g_assert_null (nx_app_get_uris (second));
}

/* Of two families one is not enough, when the other's port is taken. */
static void
test_port_taken_on_ipv6 (void)
{
  g_autoptr (NxApp) first = nx_app_new ();
  g_autoptr (NxApp) second = nx_app_new ();

  if (!has_ipv6 ())
    {
      g_test_skip ("no IPv6");
      return;
    }
  g_assert_true (nx_app_listen (first, "::1", 0, NX_LISTEN_DEFAULT, NULL));
  expect_no_listening (second, NULL, get_port (first), "Cannot listen on localhost port");
  g_assert_null (nx_app_get_uris (second));
}

static void
test_reuse_port (void)
{
  g_autoptr (NxApp) first = nx_app_new ();
  g_autoptr (NxApp) second = nx_app_new ();
  guint16 port;

  g_assert_true (nx_app_listen (first, "127.0.0.1", 0, NX_LISTEN_REUSE_PORT, NULL));
  port = get_port (first);
  expect_no_listening (second, "127.0.0.1", port, "Cannot listen");
  g_assert_true (nx_app_listen (second, "127.0.0.1", port, NX_LISTEN_REUSE_PORT, NULL));
}

static void
started_cb (NxApp *app, gpointer data)
{
  (*(guint *) data)++;
}

static void
test_started_once (void)
{
  g_autoptr (NxApp) app = nx_app_new ();
  guint n = 0;

  g_signal_connect (app, "started", G_CALLBACK (started_cb), &n);
  expect_no_listening (app, "nonsense", 0, "wanted");
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (nx_app_listen (app, "localhost", 0, NX_LISTEN_DEFAULT, NULL));
  g_assert_true (nx_app_listen (app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  g_assert_cmpuint (n, ==, 1);
}

/* -- Unix sockets -- */

static void
expect_no_unix (Fixture *f, const char *path, const char *part)
{
  GError *error = NULL;

  g_assert_false (nx_app_listen_unix (f->app, path, NX_LISTEN_DEFAULT, &error));
  expect_error (error, NX_ERROR, NX_ERROR_ADDRESS, part);
}

static void
listen_unix (NxApp *app, const char *path)
{
  GError *error = NULL;

  nx_app_listen_unix (app, path, NX_LISTEN_DEFAULT, &error);
  g_assert_no_error (error);
}

static void
test_unix (Fixture *f)
{
  const char *path = fixture_get_socket_path (f);
  g_autofree char *uris = NULL;
  g_autofree char *expected = g_strconcat ("ws://127.0.0.1 ws+unix:", path, NULL);
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  listen_unix (f->app, path);
  uris = dup_uris (f->app);
  g_assert_cmpstr (uris, ==, expected);
  client = client_connect_unix (f, path);
  client_send_handshake (client, "whatever", "/", "");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
}

static void
test_unix_in_use (Fixture *f)
{
  const char *path = fixture_get_socket_path (f);
  g_autoptr (NxApp) other = nx_app_new ();

  listen_unix (other, path);
  expect_no_unix (f, path, path);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  client_connect_unix (f, path);
}

/* What a program left that was killed is in nobody's way. */
static void
test_unix_stale (Fixture *f)
{
  const char *path = fixture_get_socket_path (f);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  GSocket *left = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, 0, NULL);

  g_assert_true (g_socket_bind (left, address, FALSE, NULL));
  g_object_unref (left);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  listen_unix (f->app, path);
  client_connect_unix (f, path);
}

/* A file that is no socket is somebody's. */
static void
test_unix_file (Fixture *f)
{
  const char *path = fixture_get_socket_path (f);

  g_assert_true (g_file_set_contents (path, "data", 4, NULL));
  expect_no_unix (f, path, path);
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
}

static void
test_unix_path (Fixture *f)
{
  g_autofree char *too_long = g_strnfill (108, 'x');

  expect_no_unix (f, too_long, "at most 107 octets");
  expect_no_unix (f, "/nowhere/at/all", "/nowhere/at/all: ");
}

static void
stopped_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  note (data, "stopped");
}

static void
test_unix_is_removed (Fixture *f)
{
  const char *path = fixture_get_socket_path (f);
  NxApp *other = nx_app_new ();

  listen_unix (f->app, path);
  nx_app_stop_async (f->app, NULL, stopped_cb, f);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  wait_until (f, f->log->len > 0);
  listen_unix (other, path);
  g_assert_finalize_object (other);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* -- Sockets of others -- */

static GSocket *
make_bound_socket (GSocketType type)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, type, 0, NULL);

  g_assert_true (g_socket_bind (socket, address, FALSE, NULL));
  return socket;
}

static void
test_socket (Fixture *f)
{
  g_autoptr (GSocket) socket = make_bound_socket (G_SOCKET_TYPE_STREAM);
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, f, NULL, NULL);
  g_assert_true (nx_app_listen_socket (f->app, socket, NX_LISTEN_DEFAULT, NULL));
  f->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  client_open (f, "/");
}

static void
expect_no_socket (NxApp *app, GSocket *socket, const char *part)
{
  GError *error = NULL;

  g_assert_false (nx_app_listen_socket (app, socket, NX_LISTEN_DEFAULT, &error));
  expect_error (error, NX_ERROR, NX_ERROR_ADDRESS, part);
}

static void
test_wrong_sockets (Fixture *f)
{
  g_autoptr (GSocket) datagrams = make_bound_socket (G_SOCKET_TYPE_DATAGRAM);
  g_autoptr (GSocket) closed = make_bound_socket (G_SOCKET_TYPE_STREAM);
  g_autoptr (GSocket) connected = NULL;

  expect_no_socket (f->app, datagrams, "the socket: a stream socket is wanted");
  g_socket_close (closed, NULL);
  expect_no_socket (f->app, closed, "the socket: ");
  connected = g_socket_new_from_fd (client_connect (f)->fd, NULL);
  ((Client *) g_ptr_array_index (f->clients, 0))->fd = -1; /* which the socket closes */
  ((Client *) g_ptr_array_index (f->clients, 0))->is_reading = FALSE;
  expect_no_socket (f->app, connected, "the socket: ");
}

/* -- TLS -- */

static void
test_tls_without_certificate (Fixture *f)
{
  g_autoptr (GSocket) socket = make_bound_socket (G_SOCKET_TYPE_STREAM);
  GError *error = NULL;

  g_assert_false (nx_app_listen (f->app, NULL, 0, NX_LISTEN_TLS, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_STATE, "tls-certificate");
  g_assert_false (nx_app_listen_unix (f->app, fixture_get_socket_path (f), NX_LISTEN_TLS, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_STATE, "tls-certificate");
  g_assert_false (nx_app_listen_socket (f->app, socket, NX_LISTEN_TLS, &error));
  expect_error (error, NX_ERROR, NX_ERROR_INVALID_STATE, "tls-certificate");
}

static char *
dup_certificate_path (void)
{
  return g_test_build_filename (G_TEST_DIST, "objects", "certificate.pem", NULL);
}

static GTlsCertificate *
load_certificate (void)
{
  g_autofree char *path = dup_certificate_path ();
  GError *error = NULL;
  GTlsCertificate *certificate = g_tls_certificate_new_from_file (path, &error);

  g_assert_no_error (error);
  return certificate;
}

static gboolean
accept_certificate_cb (SoupMessage *message,
                       GTlsCertificate *certificate,
                       GTlsCertificateFlags errors,
                       gpointer data)
{
  return TRUE;
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  SoupWebsocketConnection **connection = data;
  GError *error = NULL;

  *connection = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);
  g_assert_no_error (error);
}

/* Connects over TLS. @certificate: (nullable): the client's own. */
static SoupWebsocketConnection *
connect_tls (Fixture *f, guint16 port, GTlsCertificate *certificate)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autofree char *uri = g_strdup_printf ("wss://127.0.0.1:%u/", port);
  g_autoptr (SoupMessage) message = soup_message_new ("GET", uri);
  SoupWebsocketConnection *connection = NULL;

  g_signal_connect (message, "accept-certificate", G_CALLBACK (accept_certificate_cb), NULL);
  soup_message_set_tls_client_certificate (message, certificate);
  soup_session_websocket_connect_async (session, message, NULL, NULL, G_PRIORITY_DEFAULT, NULL,
                                        connected_cb, &connection);
  wait_until (f, connection != NULL);
  return connection;
}

static void
test_tls (Fixture *f)
{
  g_autoptr (GTlsCertificate) certificate = load_certificate ();
  g_autoptr (SoupWebsocketConnection) connection = NULL;
  g_autoptr (NxApp) app = nx_app_new ();
  g_autofree char *uris = NULL;
  g_autofree char *uri = NULL;
  NxWebSocket *ws;

  g_object_set (app, "tls-certificate", certificate, "tls-client-authentication",
                G_TLS_AUTHENTICATION_REQUESTED, NULL);
  nx_router_add_route (NX_ROUTER (app), "/", accept_func, f, NULL, NULL);
  g_assert_true (nx_app_listen (app, "127.0.0.1", 0, NX_LISTEN_TLS, NULL));
  uris = dup_uris (app);
  g_assert_cmpstr (uris, ==, "wss://127.0.0.1");

  connection = connect_tls (f, get_port (app), certificate);
  ws = nx_connection_list_peek (nx_app_get_private (app)->connections, 0);
  uri = g_uri_to_string (nx_web_socket_get_uri (ws));
  g_assert_true (g_str_has_prefix (uri, "wss://127.0.0.1"));
  g_assert_true (g_tls_certificate_is_same (nx_web_socket_get_peer_certificate (ws), certificate));
}

static void
test_tls_over_unix (Fixture *f)
{
  g_autoptr (GTlsCertificate) certificate = load_certificate ();
  g_autofree char *uris = NULL;

  g_object_set (f->app, "tls-certificate", certificate, NULL);
  g_assert_true (nx_app_listen_unix (f->app, fixture_get_socket_path (f), NX_LISTEN_TLS, NULL));
  uris = dup_uris (f->app);
  g_assert_nonnull (strstr (uris, " wss+unix:/"));
}

/* -- Sockets that systemd passes -- */

static void
test_not_activated (Fixture *f)
{
  GError *error = NULL;

  g_assert_cmpuint (nx_app_listen_activation (f->app, &error), ==, 0);
  g_assert_no_error (error);
  g_setenv ("LISTEN_PID", "1", TRUE); /* meant for another process */
  g_setenv ("LISTEN_FDS", "1", TRUE);
  g_assert_cmpuint (nx_app_listen_activation (f->app, &error), ==, 0);
  g_assert_no_error (error);
  g_unsetenv ("LISTEN_PID");
  g_unsetenv ("LISTEN_FDS");
}

static int
dup_descriptor (GSocket *socket)
{
  return dup (g_socket_get_fd (socket));
}

static void
end_program (Program *program)
{
  g_subprocess_send_signal (program->process, SIGTERM);
  g_assert_cmpint (program_wait (program, NULL), ==, 0);
}

static void
test_activation (Fixture *f)
{
  const char *const arguments[] = { "--port", "0", NULL };
  g_autoptr (GSocket) socket = make_bound_socket (G_SOCKET_TYPE_STREAM);
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);
  Program program;

  program_start (&program, PROGRAM_ACTIVATED, dup_descriptor (socket), arguments);
  f->port = program_wait_port (&program);
  g_assert_cmpuint (f->port, ==, g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
  client_open (f, "/");
  end_program (&program);
}

/* With a certificate they speak TLS, as the ports that the program opens by itself do. */
static void
test_activation_with_tls (Fixture *f)
{
  g_autofree char *path = dup_certificate_path ();
  const char *const arguments[] = { "--tls-certificate", path, NULL };
  g_autoptr (GSocket) socket = make_bound_socket (G_SOCKET_TYPE_STREAM);
  g_autoptr (SoupWebsocketConnection) connection = NULL;
  Program program;

  program_start (&program, PROGRAM_ACTIVATED, dup_descriptor (socket), arguments);
  connection = connect_tls (f, program_wait_port (&program), NULL);
  end_program (&program);
}

static void
test_activation_with_no_socket (Fixture *f)
{
  const char *const arguments[] = { NULL };
  g_autofree char *errors = NULL;
  Program program;
  int fds[2];

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
  program_start (&program, PROGRAM_ACTIVATED, fds[0], arguments);
  close (fds[1]);
  g_assert_cmpint (program_wait (&program, &errors), ==, 1);
  g_assert_nonnull (strstr (errors, "Cannot listen on a socket that systemd passed: "));
}

static void
test_activation_with_datagrams (Fixture *f)
{
  const char *const arguments[] = { NULL };
  g_autoptr (GSocket) socket = make_bound_socket (G_SOCKET_TYPE_DATAGRAM);
  g_autofree char *errors = NULL;
  Program program;

  program_start (&program, PROGRAM_ACTIVATED, dup_descriptor (socket), arguments);
  g_assert_cmpint (program_wait (&program, &errors), ==, 1);
  g_assert_nonnull (strstr (errors, "a stream socket is wanted"));
}

static void
stop_at_once_cb (NxApp *app, gpointer data)
{
  note (data, "%u", nx_app_get_private (app)->listeners->len);
  nx_app_stop_async (app, NULL, note_stopped_cb, data);
}

/* Whoever is told that it has started finds all that was asked for, and may stop it. */
static void
test_stop_when_started (Fixture *f)
{
  g_autoptr (NxApp) app = nx_app_new ();
  const char *path = fixture_get_socket_path (f);

  g_signal_connect (app, "started", G_CALLBACK (stop_at_once_cb), f);
  g_assert_true (nx_app_listen_unix (app, path, NX_LISTEN_DEFAULT, NULL));
  g_assert_null (nx_app_get_uris (app));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  settle (f);
  assert_log (f, "1 done");
  g_assert_true (nx_app_listen (app, NULL, 0, NX_LISTEN_DEFAULT, NULL));
  g_assert_null (nx_app_get_uris (app));
  wait_until (f, f->log->len == 2);
  g_assert_cmpstr (g_ptr_array_index (f->log, 1), ==, "done");
}

static void
drop_cb (NxApp *app, gpointer data)
{
  g_object_unref (app);
}

static void
test_drop_when_started (Fixture *f)
{
  NxApp *app = nx_app_new ();
  gpointer weak = app;

  g_object_add_weak_pointer (G_OBJECT (app), &weak);
  g_signal_connect (app, "started", G_CALLBACK (drop_cb), f);
  g_assert_true (nx_app_listen_unix (app, fixture_get_socket_path (f), NX_LISTEN_DEFAULT, NULL));
  g_assert_null (weak);
}

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], PROGRAM_ARGUMENT) == 0)
    return program_main (argc - 1, argv + 1);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/listen/hosts", test_hosts);
  g_test_add_func ("/listen/bad-addresses", test_bad_addresses);
  g_test_add_func ("/listen/port-taken", test_port_taken);
  g_test_add_func ("/listen/port-taken/ipv6", test_port_taken_on_ipv6);
  g_test_add_func ("/listen/reuse-port", test_reuse_port);
  g_test_add_func ("/listen/started-once", test_started_once);
  ADD_SOCKET_SCENARIO ("/listen/unix", test_unix);
  ADD_SOCKET_SCENARIO ("/listen/unix/in-use", test_unix_in_use);
  ADD_SOCKET_SCENARIO ("/listen/unix/stale", test_unix_stale);
  ADD_SOCKET_SCENARIO ("/listen/unix/file", test_unix_file);
  ADD_SOCKET_SCENARIO ("/listen/unix/path", test_unix_path);
  ADD_SOCKET_SCENARIO ("/listen/unix/removed", test_unix_is_removed);
  ADD_SOCKET_SCENARIO ("/listen/socket", test_socket);
  ADD_SOCKET_SCENARIO ("/listen/socket/wrong", test_wrong_sockets);
  ADD_SOCKET_SCENARIO ("/listen/tls/without-certificate", test_tls_without_certificate);
  ADD_SOCKET_SCENARIO ("/listen/tls", test_tls);
  ADD_SOCKET_SCENARIO ("/listen/tls/unix", test_tls_over_unix);
  ADD_SOCKET_SCENARIO ("/listen/activation/none", test_not_activated);
  ADD_SOCKET_SCENARIO ("/listen/activation", test_activation);
  ADD_SOCKET_SCENARIO ("/listen/activation/tls", test_activation_with_tls);
  ADD_SOCKET_SCENARIO ("/listen/activation/no-socket", test_activation_with_no_socket);
  ADD_SOCKET_SCENARIO ("/listen/activation/datagrams", test_activation_with_datagrams);
  ADD_MEMORY_SCENARIO ("/listen/started/stop", test_stop_when_started);
  ADD_MEMORY_SCENARIO ("/listen/started/drop", test_drop_when_started);
  return g_test_run ();
}
