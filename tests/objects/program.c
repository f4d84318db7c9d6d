/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "program.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FIRST_PASSED_FD 3

static GPtrArray *
make_command (ProgramFlags flags, const char *const *arguments)
{
  GPtrArray *command = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (command, g_file_read_link ("/proc/self/exe", NULL));
  g_ptr_array_add (command, g_strdup (PROGRAM_ARGUMENT));
  g_ptr_array_add (command, g_strdup_printf ("%d", flags));
  for (guint i = 0; arguments[i] != NULL; i++)
    g_ptr_array_add (command, g_strdup (arguments[i]));
  g_ptr_array_add (command, NULL);
  return command;
}

void
program_start (Program *self, ProgramFlags flags, int fd, const char *const *arguments)
{
  g_autoptr (GPtrArray) command = make_command (flags, arguments);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  GError *error = NULL;

  if (fd >= 0)
    {
      g_subprocess_launcher_take_fd (launcher, fd, FIRST_PASSED_FD);
      g_subprocess_launcher_setenv (launcher, "LISTEN_FDS", "1", TRUE);
    }
  self->process =
      g_subprocess_launcher_spawnv (launcher, (const char *const *) command->pdata, &error);
  g_assert_no_error (error);
  self->output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
}

char *
program_read_line (Program *self)
{
  return g_data_input_stream_read_line (self->output, NULL, NULL, NULL);
}

guint16
program_wait_port (Program *self)
{
  g_autofree char *line = program_read_line (self);

  g_assert_nonnull (line);
  g_assert_true (g_str_has_prefix (line, "nexws: listening on ws"));
  return (guint16) g_ascii_strtoull (strrchr (line, ':') + 1, NULL, 10);
}

static char *
read_all (GInputStream *stream)
{
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();

  g_output_stream_splice (memory, stream, 0, NULL, NULL);
  g_output_stream_write_all (memory, "", 1, NULL, NULL, NULL);
  g_output_stream_close (memory, NULL, NULL);
  return g_memory_output_stream_steal_data (G_MEMORY_OUTPUT_STREAM (memory));
}

int
program_wait (Program *self, char **errors)
{
  g_autofree char *text = read_all (g_subprocess_get_stderr_pipe (self->process));
  int status;

  g_assert_true (g_subprocess_wait (self->process, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (self->process));
  status = g_subprocess_get_exit_status (self->process);
  g_clear_object (&self->output);
  g_clear_object (&self->process);
  if (errors != NULL)
    *errors = g_steal_pointer (&text);
  return status;
}

/* -- The program -- */

static void
accept_func (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, error);
}

static void
tell_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_autofree char *text = NULL;
  guint number;

  g_object_get (nx_web_socket_get_app (ws), "worker-number", &number, NULL);
  text = g_strdup_printf ("%d %u", getpid (), number);
  if (nx_web_socket_accept (ws, error))
    nx_web_socket_send_text (ws, text, error);
}

static void
started_cb (NxApp *app, gpointer data)
{
  if (GPOINTER_TO_INT (data) & PROGRAM_ACTIVATED)
    g_assert_true (fcntl (FIRST_PASSED_FD, F_GETFD) & FD_CLOEXEC);
  if (GPOINTER_TO_INT (data) & PROGRAM_DROPS)
    g_object_unref (app);
}

static gboolean
quit_cb (gpointer app)
{
  nx_app_quit (app);
  return G_SOURCE_REMOVE;
}

typedef struct
{
  GMainLoop *loop;
  int status;
} AsyncRun;

static void
ran_cb (GObject *app, GAsyncResult *result, gpointer data)
{
  AsyncRun *run = data;
  g_autoptr (GError) error = NULL;

  if (!nx_app_run_finish (NX_APP (app), result, &error))
    g_printerr ("nexws: %s\n", error->message);
  run->status = error != NULL;
  g_main_loop_quit (run->loop);
}

static int
run_async (NxApp *app, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  AsyncRun run = { loop, -1 };

  nx_app_run_async (app, argv, ran_cb, &run);
  g_main_loop_run (loop);
  return run.status;
}

int
program_main (int argc, char **argv)
{
  ProgramFlags flags = (ProgramFlags) g_ascii_strtoll (argv[1], NULL, 10);
  NxApp *app = nx_app_new ();
  g_autoptr (NxApp) owned = flags & PROGRAM_DROPS ? NULL : app;

  if (flags & PROGRAM_BREAKS && g_getenv ("NEXWS_WORKER") != NULL)
    return 7;
  nx_router_add_route (NX_ROUTER (app), "/", flags & PROGRAM_TELLS ? tell_func : accept_func, NULL,
                       NULL, NULL);
  g_signal_connect (app, "started", G_CALLBACK (started_cb), GINT_TO_POINTER (flags));
  if (flags & PROGRAM_LISTENS)
    g_assert_true (nx_app_listen (app, "127.0.0.1", 0, NX_LISTEN_DEFAULT, NULL));
  if (flags & PROGRAM_ACTIVATED)
    {
      g_autofree char *pid = g_strdup_printf ("%d", getpid ());

      g_setenv ("LISTEN_PID", pid, TRUE);
    }
  nx_app_quit (app); /* nothing runs yet */
  if (flags & PROGRAM_QUITS)
    g_idle_add (quit_cb, app);
  if (flags & PROGRAM_ASYNC)
    return run_async (app, argv + 1);
  if (flags & PROGRAM_NO_ARGV)
    return nx_app_run (app, 0, NULL);
  return nx_app_run (app, argc - 1, argv + 1);
}
