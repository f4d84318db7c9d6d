/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole program: from its command line to its exit status. */
#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "program.h"

static void
run (Program *program, ProgramFlags flags, const char *words)
{
  g_auto (GStrv) arguments = g_strsplit (words, " ", -1);

  program_start (program, flags, -1, (const char *const *) arguments);
}

static void
expect_failure (const char *words, const char *part)
{
  g_autofree char *errors = NULL;
  g_autofree char *line = NULL;
  Program program;

  run (&program, PROGRAM_DEFAULT, words);
  line = program_read_line (&program);
  g_assert_null (line);
  g_assert_cmpint (program_wait (&program, &errors), ==, 1);
  g_assert_true (g_str_has_prefix (errors, "nexws: "));
  if (strstr (errors, part) == NULL)
    g_error ("\"%s\" is not in \"%s\"", part, errors);
}

static void
test_bad (void)
{
  expect_failure ("--nonsense", "--nonsense");
  expect_failure ("--port 99999", "0 to 65535 are");
  expect_failure ("--address nonsense --port 0",
                  "an IPv4 or IPv6 address is wanted, \"localhost\", or \"*\" for all interfaces");
  expect_failure ("--port 0 --set slow-policy=x", "close, drop-new, drop-oldest, keep");
}

static void
test_port_taken (Fixture *f)
{
  g_autofree char *words = g_strdup_printf ("--address 127.0.0.1 --port %u", f->port);

  expect_failure (words, "Cannot listen on 127.0.0.1 port ");
}

static void
test_help (void)
{
  const char *const options[] = { "--address", "--port", "--unix",      "--tls-certificate",
                                  "--tls-key", "--set",  "--backplane", NULL };
  g_autoptr (GString) text = g_string_new (NULL);
  Program program;
  char *line;

  run (&program, PROGRAM_DEFAULT, "--help");
  while ((line = program_read_line (&program)) != NULL)
    {
      g_string_append (text, line);
      g_free (line);
    }
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
  for (guint i = 0; options[i] != NULL; i++)
    g_assert_nonnull (strstr (text->str, options[i]));
}

/* -- What it says -- */

/* @patterns: of its lines, all of them. */
static void
expect_lines (const char *words, const char *const *patterns)
{
  Program program;
  char *rest;

  run (&program, PROGRAM_DEFAULT, words);
  for (guint i = 0; patterns[i] != NULL; i++)
    {
      g_autofree char *line = program_read_line (&program);

      if (!g_pattern_match_simple (patterns[i], line))
        g_error ("\"%s\" is not like \"%s\"", line, patterns[i]);
    }
  g_subprocess_send_signal (program.process, SIGTERM);
  rest = program_read_line (&program);
  g_assert_null (rest);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
}

static void
expect_line (const char *words, const char *pattern)
{
  const char *const patterns[] = { pattern, NULL };

  expect_lines (words, patterns);
}

static void
test_says_where (Fixture *f)
{
  g_autofree char *words = g_strconcat ("--unix ", fixture_get_socket_path (f), NULL);
  g_autofree char *line =
      g_strconcat ("nexws: listening on ws+unix:", fixture_get_socket_path (f), NULL);
  g_autofree char *certificate =
      g_test_build_filename (G_TEST_DIST, "objects", "certificate.pem", NULL);
  g_autofree char *tls = g_strconcat ("--port 0 --tls-certificate ", certificate, NULL);

  expect_line ("--port 0", "nexws: listening on ws://127.0.0.1:*");
  expect_line (tls, "nexws: listening on wss://127.0.0.1:*");
  expect_line (words, line);
  /* One line for both families. */
  expect_line ("--address * --port 0", "nexws: listening on ws://0.0.0.0:*");
}

/* That of IPv6 alone is not left out, whatever else there is. */
static void
test_says_ipv6 (Fixture *f)
{
  g_autofree char *words =
      g_strconcat ("--address ::1 --port 0 --unix ", fixture_get_socket_path (f), NULL);
  const char *const patterns[] = { "nexws: listening on ws+unix:*",
                                   "nexws: listening on ws://[::1]:*", NULL };
  g_autoptr (NxApp) app = nx_app_new ();

  if (nx_app_listen (app, "::1", 0, NX_LISTEN_DEFAULT, NULL))
    expect_lines (words, patterns);
  else
    g_test_skip ("no IPv6");
}

/* It runs on, and ends in good order, whatever becomes of the reference that it was called with. */
static void
test_dropped (void)
{
  g_autofree char *errors = NULL;
  g_autofree char *rest = NULL;
  Program program;

  run (&program, PROGRAM_DROPS, "--port 0");
  g_assert_cmpuint (program_wait_port (&program), !=, 0);
  g_subprocess_send_signal (program.process, SIGTERM);
  rest = program_read_line (&program);
  g_assert_null (rest);
  g_assert_cmpint (program_wait (&program, &errors), ==, 0);
  g_assert_cmpstr (errors, ==, "");
}

/* -- Signals -- */

static Client *
open_to (Fixture *f, Program *program)
{
  f->port = program_wait_port (program);
  return client_open (f, "/");
}

static void
drain_by (Fixture *f, ProgramFlags flags, int number)
{
  Program program;
  Client *client;

  run (&program, flags, "--address 127.0.0.1 --port 0");
  client = open_to (f, &program);
  g_subprocess_send_signal (program.process, number);
  client_expect_close (client, 1001);
  client_send_close (client, 1001);
  client_expect_end (client);
  client_shutdown (client);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
}

static void
test_terminate (Fixture *f)
{
  drain_by (f, PROGRAM_DEFAULT, SIGTERM);
}

static void
test_interrupt (Fixture *f)
{
  drain_by (f, PROGRAM_DEFAULT, SIGINT);
}

/* The client does not answer; the second signal does not wait for that. */
static void
test_second_signal (Fixture *f)
{
  Program program;
  Client *client;

  run (&program, PROGRAM_DEFAULT,
       "--address 127.0.0.1 --port 0 --set close-timeout=1000000 --set drain-timeout=1000000");
  client = open_to (f, &program);
  g_subprocess_send_signal (program.process, SIGTERM);
  client_expect_close (client, 1001);
  g_subprocess_send_signal (program.process, SIGINT);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
  wait_until (f, client->is_ended);
}

/* Nor for the delay: it would be a fortnight. */
static void
test_second_signal_in_delay (Fixture *f)
{
  Program program;
  Client *client;

  run (&program, PROGRAM_DEFAULT, "--address 127.0.0.1 --port 0 --set drain-delay=1209600000");
  client = open_to (f, &program);
  g_subprocess_send_signal (program.process, SIGTERM);
  g_subprocess_send_signal (program.process, SIGINT);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
  wait_until (f, client->is_ended);
  g_assert_cmpuint (client->close_code, ==, 0);
}

static void
test_delay (Fixture *f)
{
  Program program;
  Client *client;

  run (&program, PROGRAM_DEFAULT, "--address 127.0.0.1 --port 0 --set drain-delay=100");
  client = open_to (f, &program);
  g_subprocess_send_signal (program.process, SIGTERM);
  client_expect_close (client, 1001);
  client_send_close (client, 1001);
  client_expect_end (client);
  client_shutdown (client);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
}

static void
test_no_arguments (Fixture *f)
{
  Program program;

  run (&program, PROGRAM_LISTENS | PROGRAM_NO_ARGV, "ignored");
  open_to (f, &program);
  client_cut (g_ptr_array_index (f->clients, 0));
  g_subprocess_send_signal (program.process, SIGTERM);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
}

static void
test_quit (Fixture *f)
{
  Program program;

  run (&program, PROGRAM_QUITS, "--port 0");
  program_wait_port (&program);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
}

/* -- In a loop that runs already -- */

static void
test_async_terminate (Fixture *f)
{
  drain_by (f, PROGRAM_ASYNC, SIGTERM);
}

static void
test_async_second_signal (Fixture *f)
{
  Program program;
  Client *client;

  run (&program, PROGRAM_ASYNC,
       "--address 127.0.0.1 --port 0 --set close-timeout=1000000 --set drain-timeout=1000000");
  client = open_to (f, &program);
  g_subprocess_send_signal (program.process, SIGINT);
  client_expect_close (client, 1001);
  g_subprocess_send_signal (program.process, SIGTERM);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
  wait_until (f, client->is_ended);
}

static void
test_async_quit (Fixture *f)
{
  Program program;

  run (&program, PROGRAM_ASYNC | PROGRAM_QUITS, "--port 0");
  program_wait_port (&program);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
}

static void
test_async_bad (void)
{
  g_autofree char *errors = NULL;
  Program program;

  run (&program, PROGRAM_ASYNC, "--nonsense");
  g_assert_cmpint (program_wait (&program, &errors), ==, 1);
  g_assert_nonnull (strstr (errors, "--nonsense"));
}

/* What it prints is all that it does. */
static void
test_async_routes (void)
{
  g_autofree char *line = NULL;
  Program program;

  run (&program, PROGRAM_ASYNC, "--routes");
  line = program_read_line (&program);
  g_assert_nonnull (line);
  g_assert_null (strstr (line, "listening"));
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
}

/* -- Sockets that were passed come before the options -- */

static void
test_passed_socket (Fixture *f)
{
  const char *const arguments[] = { "--address", "nonsense", NULL };
  int fd = dup (g_socket_get_fd (
      nx_listener_get_socket (g_ptr_array_index (nx_app_get_private (f->app)->listeners, 0))));
  Program program;

  program_start (&program, PROGRAM_ACTIVATED, fd, arguments);
  g_assert_cmpuint (program_wait_port (&program), ==, f->port);
  g_subprocess_send_signal (program.process, SIGTERM);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
}

static void
test_passed_nonsense (Fixture *f)
{
  const char *const arguments[] = { "--port", "0", NULL };
  g_autofree char *errors = NULL;
  Program program;

  program_start (&program, PROGRAM_ACTIVATED, open ("/dev/null", O_RDONLY | O_CLOEXEC), arguments);
  g_assert_cmpint (program_wait (&program, &errors), ==, 1);
  g_assert_nonnull (strstr (errors, "nexws: Cannot listen on a socket that systemd passed: "));
}

/* -- Descriptors -- */

/* Of a running program, as the kernel has them. */
static void
read_limits (Program *program, guint64 *soft, guint64 *hard)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%s/limits", g_subprocess_get_identifier (program->process));
  g_autofree char *text = NULL;
  char *end;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  *soft = g_ascii_strtoull (strstr (text, "Max open files") + strlen ("Max open files"), &end, 10);
  *hard = g_ascii_strtoull (end, NULL, 10);
}

static void
test_descriptors (Fixture *f)
{
  struct rlimit before, low;
  guint64 soft, hard;
  Program program;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  low = before;
  low.rlim_cur = 128;
  setrlimit (RLIMIT_NOFILE, &low);
  run (&program, PROGRAM_DEFAULT, "--address 127.0.0.1 --port 0");
  setrlimit (RLIMIT_NOFILE, &before);
  program_wait_port (&program);
  read_limits (&program, &soft, &hard);
  g_assert_cmpuint (soft, ==, hard);
  g_assert_cmpuint (soft, >, 128);
  g_subprocess_send_signal (program.process, SIGTERM);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
}

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], PROGRAM_ARGUMENT) == 0)
    return program_main (argc - 1, argv + 1);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/run/bad", test_bad);
  ADD_SOCKET_SCENARIO ("/run/port-taken", test_port_taken);
  g_test_add_func ("/run/help", test_help);
  ADD_SOCKET_SCENARIO ("/run/says-where", test_says_where);
  ADD_SOCKET_SCENARIO ("/run/says-where/ipv6", test_says_ipv6);
  g_test_add_func ("/run/dropped", test_dropped);
  ADD_SOCKET_SCENARIO ("/run/terminate", test_terminate);
  ADD_SOCKET_SCENARIO ("/run/interrupt", test_interrupt);
  ADD_SOCKET_SCENARIO ("/run/second-signal", test_second_signal);
  ADD_SOCKET_SCENARIO ("/run/second-signal/delay", test_second_signal_in_delay);
  ADD_SOCKET_SCENARIO ("/run/delay", test_delay);
  ADD_SOCKET_SCENARIO ("/run/no-arguments", test_no_arguments);
  ADD_SOCKET_SCENARIO ("/run/quit", test_quit);
  ADD_SOCKET_SCENARIO ("/run/async/terminate", test_async_terminate);
  ADD_SOCKET_SCENARIO ("/run/async/second-signal", test_async_second_signal);
  ADD_SOCKET_SCENARIO ("/run/async/quit", test_async_quit);
  g_test_add_func ("/run/async/bad", test_async_bad);
  g_test_add_func ("/run/async/routes", test_async_routes);
  ADD_SOCKET_SCENARIO ("/run/passed", test_passed_socket);
  ADD_SOCKET_SCENARIO ("/run/passed/nonsense", test_passed_nonsense);
  ADD_SOCKET_SCENARIO ("/run/descriptors", test_descriptors);
  return g_test_run ();
}
