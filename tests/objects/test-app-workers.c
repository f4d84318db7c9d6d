/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One program in several processes: who serves, who dies, who is started again, and who hears of it. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"

#define N_WORKERS 2
#define MANY 50

static void
run (Program *program, ProgramFlags flags, const char *words)
{
  g_auto (GStrv) arguments = g_strsplit (words, " ", -1);

  program_start (program, flags, -1, (const char *const *) arguments);
}

static void
start (Fixture *f, Program *program)
{
  run (program, PROGRAM_TELLS, "--address 127.0.0.1 --port 0 --workers 2");
  f->port = program_wait_port (program);
}

/* Who serves this client. */
static GPid
ask (Client *client, guint *number)
{
  g_autofree char *text = client_wait_text (client);
  int pid;
  guint its_number;

  g_assert_cmpint (sscanf (text, "%d %u", &pid, &its_number), ==, 2);
  if (number != NULL)
    *number = its_number;
  return pid;
}

/* The processes of both workers, by number; each gets a client that stays, in @clients. */
static void
find_workers (Fixture *f, GPid *pids, Client **clients)
{
  guint n_found = 0;

  pids[0] = pids[1] = 0;
  while (n_found < N_WORKERS)
    {
      Client *client = client_open (f, "/");
      guint number;
      GPid pid = ask (client, &number);

      g_assert_cmpuint (number, >=, 1);
      g_assert_cmpuint (number, <=, N_WORKERS);
      if (pids[number - 1] != 0)
        {
          g_assert_cmpint (pids[number - 1], ==, pid);
          client_cut (client);
          continue;
        }
      pids[number - 1] = pid;
      clients[number - 1] = client;
      n_found++;
    }
}

static gboolean
is_running (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d", pid);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* @errors: (nullable) gets what it said. */
static void
end (Fixture *f, Program *program, char **errors)
{
  char *rest;

  for (guint i = 0; i < f->clients->len; i++)
    client_cut (g_ptr_array_index (f->clients, i));
  g_subprocess_send_signal (program->process, SIGTERM);
  rest = program_read_line (program);
  g_assert_null (rest); /* the line came once */
  g_assert_cmpint (program_wait (program, errors), ==, 0);
}

static void
test_both_serve (Fixture *f)
{
  GPid pids[N_WORKERS];
  Client *clients[N_WORKERS];
  Program program;
  g_autofree char *errors = NULL;

  start (f, &program);
  find_workers (f, pids, clients);
  g_assert_cmpint (pids[0], !=, pids[1]);
  g_subprocess_send_signal (program.process, SIGTERM);
  for (guint i = 0; i < N_WORKERS; i++)
    {
      client_expect_close (clients[i], 1001);
      client_send_close (clients[i], 1001);
      client_expect_end (clients[i]);
      client_shutdown (clients[i]);
    }
  g_assert_cmpint (program_wait (&program, &errors), ==, 0);
  g_assert_false (is_running (pids[0]) || is_running (pids[1]));
  g_assert_nonnull (strstr (errors, "--backplane"));
}

/* Whoever waits in the queue is served by the other one, and by the one that replaces it. */
static void
test_killed (Fixture *f)
{
  GPid pids[N_WORKERS], after[N_WORKERS];
  Client *clients[N_WORKERS];
  Client *waiting[MANY];
  Program program;
  g_autofree char *errors = NULL;

  start (f, &program);
  find_workers (f, pids, clients);
  kill (pids[0], SIGSTOP);
  kill (pids[1], SIGSTOP);
  for (guint i = 0; i < MANY; i++)
    waiting[i] = client_new (f, "/", "");
  kill (pids[0], SIGKILL);
  kill (pids[1], SIGCONT);
  for (guint i = 0; i < MANY; i++)
    {
      g_assert_cmpuint (client_wait_status (waiting[i]), ==, 101);
      ask (waiting[i], NULL);
      client_cut (waiting[i]);
    }
  wait_until (f, clients[0]->is_ended);
  g_assert_false (clients[1]->is_ended);
  find_workers (f, after, clients);
  g_assert_cmpint (after[0], !=, pids[0]);
  g_assert_cmpint (after[1], ==, pids[1]);
  end (f, &program, &errors);
  g_assert_nonnull (
      strstr (errors, "nexws: worker 1 was killed by signal 9; it is started again in 0 ms"));
}

/* One alone drains, as when it is to be renewed. */
static void
test_drained (Fixture *f)
{
  GPid pids[N_WORKERS], after[N_WORKERS];
  Client *clients[N_WORKERS];
  Client *others[N_WORKERS];
  Client *waiting[MANY];
  Program program;

  start (f, &program);
  find_workers (f, pids, clients);
  kill (pids[0], SIGSTOP);
  kill (pids[1], SIGSTOP);
  for (guint i = 0; i < MANY; i++)
    waiting[i] = client_new (f, "/", "");
  kill (pids[1], SIGTERM);
  kill (pids[1], SIGCONT);
  kill (pids[0], SIGCONT);
  client_expect_close (clients[1], 1001);
  client_send_close (clients[1], 1001);
  client_expect_end (clients[1]);
  client_shutdown (clients[1]);
  for (guint i = 0; i < MANY; i++)
    {
      wait_until (f, waiting[i]->status != 0 || waiting[i]->is_ended);
      /* Whom it had taken before it heard of it gets an answer as well. */
      g_assert_true (waiting[i]->status == 101 || waiting[i]->status == 503);
      client_cut (waiting[i]);
    }
  g_assert_false (clients[0]->is_ended);
  find_workers (f, after, others);
  g_assert_cmpint (after[0], ==, pids[0]);
  g_assert_cmpint (after[1], !=, pids[1]);
  end (f, &program, NULL);
}

static void
test_second_signal (Fixture *f)
{
  GPid pids[N_WORKERS];
  Client *clients[N_WORKERS];
  Program program;

  run (&program, PROGRAM_TELLS,
       "--address 127.0.0.1 --port 0 --workers 2 --set close-timeout=1000000 "
       "--set drain-timeout=1000000");
  f->port = program_wait_port (&program);
  find_workers (f, pids, clients);
  g_subprocess_send_signal (program.process, SIGINT);
  client_expect_close (clients[0], 1001);
  client_expect_close (clients[1], 1001);
  g_subprocess_send_signal (program.process, SIGTERM);
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
  wait_until (f, clients[0]->is_ended && clients[1]->is_ended);
}

/* What a terminal's Ctrl-C does to all of them at once is one signal, not two. */
static void
test_interrupt (Fixture *f)
{
  GPid pids[N_WORKERS];
  Client *clients[N_WORKERS];
  Program program;

  start (f, &program);
  find_workers (f, pids, clients);
  kill (pids[0], SIGINT);
  kill (pids[1], SIGINT);
  g_subprocess_send_signal (program.process, SIGINT);
  for (guint i = 0; i < N_WORKERS; i++)
    {
      client_expect_close (clients[i], 1001);
      client_send_close (clients[i], 1001);
      client_expect_end (clients[i]);
      g_assert_false (clients[i]->was_reset);
      client_shutdown (clients[i]);
    }
  g_assert_cmpint (program_wait (&program, NULL), ==, 0);
}

/* They do not stay behind. */
static void
test_orphans (Fixture *f)
{
  GPid pids[N_WORKERS];
  Client *clients[N_WORKERS];
  Program program;

  start (f, &program);
  find_workers (f, pids, clients);
  g_subprocess_send_signal (program.process, SIGKILL);
  for (guint i = 0; i < N_WORKERS; i++)
    {
      client_expect_close (clients[i], 1001);
      client_send_close (clients[i], 1001);
      client_expect_end (clients[i]);
      client_shutdown (clients[i]);
    }
  wait_until (f, !is_running (pids[0]) && !is_running (pids[1]));
  g_subprocess_wait (program.process, NULL, NULL);
  g_clear_object (&program.output);
  g_clear_object (&program.process);
}

/* Whoever started it is gone before it has come so far as to run: it does not become a service of its own. */
static void
test_born_orphan (Fixture *f)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  int door = dup (g_socket_get_fd (
      nx_listener_get_socket (g_ptr_array_index (nx_app_get_private (f->app)->listeners, 0))));
  int pair[2];
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *output = NULL;
  GError *error = NULL;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  close (pair[0]);
  g_subprocess_launcher_take_fd (launcher, door, 3);
  g_subprocess_launcher_take_fd (launcher, pair[1], 4);
  g_subprocess_launcher_setenv (launcher, "NEXWS_WORKER", "1 1", TRUE);
  g_subprocess_launcher_setenv (launcher, "LISTEN_FDS", "1", TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, program, PROGRAM_ARGUMENT, "0", "--port",
                                         "0", "--workers", "2", NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, NULL));
  g_assert_cmpstr (output, ==, "");
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 0);
}

/* One that keeps dying is not started ever faster. */
static void
test_crash_loop (Fixture *f)
{
  const char *const delays[] = { "in 0 ms", "in 200 ms", "in 400 ms" };
  Program program;
  g_autofree char *errors = NULL;
  const char *at;

  start (f, &program);
  for (guint i = 0; i <= G_N_ELEMENTS (delays); i++)
    {
      GPid pids[N_WORKERS];
      Client *clients[N_WORKERS];

      find_workers (f, pids,
                    clients); /* after the last one, too: until then it may not have been told of */
      if (i < G_N_ELEMENTS (delays))
        {
          kill (pids[0], SIGKILL);
          wait_until (f, clients[0]->is_ended);
        }
      else
        client_cut (clients[0]);
      client_cut (clients[1]);
    }
  end (f, &program, &errors);
  at = errors;
  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      at = strstr (at, "nexws: worker 1 was killed by signal 9");
      g_assert_nonnull (at);
      at = strstr (at, delays[i]);
      g_assert_nonnull (at);
    }
}

static void
expect_failure (ProgramFlags flags, const char *words, const char *part)
{
  g_autofree char *errors = NULL;
  g_autofree char *line = NULL;
  Program program;

  run (&program, flags, words);
  line = program_read_line (&program);
  g_assert_null (line);
  g_assert_cmpint (program_wait (&program, &errors), ==, 1);
  if (strstr (errors, part) == NULL)
    g_error ("\"%s\" is not in \"%s\"", part, errors);
}

static void
test_bad (void)
{
  expect_failure (PROGRAM_BREAKS, "--port 0 --workers 2",
                  "has ended with status 7 before all were ready");
  expect_failure (PROGRAM_LISTENS, "--workers 2", "--workers: the program listens by itself");
  expect_failure (PROGRAM_DEFAULT, "--workers -1",
                  "--workers: \"-1\" is neither auto nor a number");
  expect_failure (PROGRAM_DEFAULT, "--workers 1025", "neither auto nor a number from 0 to 1024");
  expect_failure (PROGRAM_DEFAULT, "--workers 2 --address nonsense", "an IPv4 or IPv6 address");
  expect_failure (PROGRAM_DEFAULT, "--port 0 --backplane redis://user:secret@", "--backplane: ");
}

static void
test_says_where (Fixture *f)
{
  const char *path = fixture_get_socket_path (f);
  g_autofree char *certificate =
      g_test_build_filename (G_TEST_DIST, "objects", "certificate.pem", NULL);
  g_autofree char *tls =
      g_strconcat ("--port 0 --set workers=2 --tls-certificate ", certificate, NULL);
  g_autofree char *local = g_strconcat ("--workers 2 --unix ", path, NULL);
  g_autofree char *expected = g_strconcat ("nexws: listening on ws+unix:", path, NULL);
  g_autofree char *line = NULL;
  g_autofree char *secure = NULL;
  Program program;
  Client *client;

  run (&program, PROGRAM_TELLS, tls);
  secure = program_read_line (&program);
  g_assert_true (g_str_has_prefix (secure, "nexws: listening on wss://127.0.0.1:"));
  end (f, &program, NULL);

  run (&program, PROGRAM_TELLS, local);
  line = program_read_line (&program);
  g_assert_cmpstr (line, ==, expected);
  client = client_connect_unix (f, path);
  client_send_handshake (client, "localhost", "/", "");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  ask (client, NULL);
  client_cut (client);
  end (f, &program, NULL);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  if (argc > 1 && strcmp (argv[1], PROGRAM_ARGUMENT) == 0)
    return program_main (argc - 1, argv + 1);
  g_test_init (&argc, &argv, NULL);
  ADD_SOCKET_SCENARIO ("/workers/both-serve", test_both_serve);
  ADD_SOCKET_SCENARIO ("/workers/killed", test_killed);
  ADD_SOCKET_SCENARIO ("/workers/drained", test_drained);
  ADD_SOCKET_SCENARIO ("/workers/second-signal", test_second_signal);
  ADD_SOCKET_SCENARIO ("/workers/interrupt", test_interrupt);
  ADD_SOCKET_SCENARIO ("/workers/orphans", test_orphans);
  ADD_SOCKET_SCENARIO ("/workers/born-orphan", test_born_orphan);
  ADD_SOCKET_SCENARIO ("/workers/crash-loop", test_crash_loop);
  g_test_add_func ("/workers/bad", test_bad);
  ADD_SOCKET_SCENARIO ("/workers/says-where", test_says_where);
  return g_test_run ();
}
