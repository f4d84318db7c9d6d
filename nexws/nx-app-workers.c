/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One program in several processes: the first one holds the sockets, and starts itself again with them passed on, as often as there are
 * workers. It serves nobody. A worker that dies is started anew; whoever waits in a socket's queue meanwhile is served by another, since
 * the socket is never closed.
 *
 * A worker gets its sockets as from systemd, and behind them one end of a pair: it says through it that it serves, and ends when the
 * other end is gone.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nx-app-private.h"

#define FIRST_PASSED_FD 3
#define WORKER_VARIABLE "NEXWS_WORKER"

/* One that lived for less is likely to die of the same again. */
#define LONG_LIFE_US (10 * G_USEC_PER_SEC)
#define FIRST_DELAY_MS 200
#define MAX_DELAY_MS (30 * 1000)

/* -- A worker -- */

static int worker_fd = -1;

static int
get_pair_fd (void)
{
  const char *n = g_getenv ("LISTEN_FDS");

  return FIRST_PASSED_FD + (int) (n != NULL ? g_ascii_strtoull (n, NULL, 10) : 0);
}

/* Whoever started us may be gone before we come to look; what it passed on is still here. */
static gboolean
has_pair (void)
{
  int domain = 0;
  socklen_t size = sizeof domain;

  return getsockopt (get_pair_fd (), SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0
         && domain == AF_UNIX;
}

/* Our number, where the variable has the name of whoever started us: programs that we start are not meant. */
static guint
get_number (void)
{
  const char *text = g_getenv (WORKER_VARIABLE);
  int parent;
  guint number;

  return text != NULL && sscanf (text, "%d %u", &parent, &number) == 2
                 && (parent == getppid () || has_pair ())
             ? number
             : 0;
}

gboolean
nx_app_is_worker (void)
{
  return get_number () > 0;
}

static gboolean
parent_ended_cb (int fd, GIOCondition condition, gpointer data)
{
  gpointer *closure = data;

  ((GSourceFunc) closure[0]) (closure[1]);
  return G_SOURCE_REMOVE;
}

gboolean
nx_app_begin_work (NxApp *self, GSourceFunc ended, gpointer data, GError **error)
{
  guint n = (guint) (get_pair_fd () - FIRST_PASSED_FD);
  GSource *source;
  gpointer *closure = g_new (gpointer, 2);

  nx_app_get_private (self)->worker = get_number ();
  g_unsetenv (WORKER_VARIABLE);
  g_unsetenv ("LISTEN_FDS");
  closure[0] = (gpointer) ended;
  closure[1] = data;
  worker_fd = (int) (FIRST_PASSED_FD + n);
  fcntl (worker_fd, F_SETFD, FD_CLOEXEC);
  /* Ctrl-C reaches all that belong to the terminal; who starts us tells us when to end. */
  signal (SIGINT, SIG_IGN);
  source = g_unix_fd_source_new (worker_fd, G_IO_IN | G_IO_HUP);
  g_source_set_callback (source, G_SOURCE_FUNC (parent_ended_cb), closure, g_free);
  g_source_attach (source, g_main_context_get_thread_default ());
  g_source_unref (source);
  return nx_app_listen_shared (self, n, error);
}

void
nx_app_tell_ready (void)
{
  if (worker_fd >= 0 && write (worker_fd, "r", 1) != 1)
    g_warning ("Nobody hears that this worker is ready: %s", g_strerror (errno));
}

/* -- Whoever starts them -- */

typedef struct _Supervisor Supervisor;

typedef struct
{
  Supervisor *supervisor;
  guint number;
  GPid pid; /* 0: it does not run */
  int fd;   /* our end of the pair; -1 */
  gboolean is_ready;
  gint64 started_us;
  guint n_short_lives;
  GSource *ready_source;
  GSource *end_source;
  GSource *start_source;
} Worker;

struct _Supervisor
{
  GMainContext *context;
  GMainLoop *loop;
  GPtrArray *sockets;
  char **command;
  Worker *workers;
  guint n_workers;
  guint n_signals;
  gboolean has_told; /* that all of them serve */
  GFunc ready;
  gpointer data;
  int status;
};

static void start_worker (Worker *self);

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static GSource *
attach (Supervisor *self, GSource *source, GSourceFunc func, gpointer data)
{
  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, self->context);
  return source;
}

/* The one that the first signal asks to drain, the second to hurry, and the third does not ask. */
static void
tell_end (Worker *self)
{
  clear_source (&self->start_source);
  if (self->pid != 0)
    kill (self->pid, self->supervisor->n_signals > 2 ? SIGKILL : SIGTERM);
}

static void
quit_if_done (Supervisor *self)
{
  for (guint i = 0; i < self->n_workers; i++)
    if (self->workers[i].pid != 0)
      return;
  g_main_loop_quit (self->loop);
}

static void
end_all (Supervisor *self)
{
  self->n_signals++;
  for (guint i = 0; i < self->n_workers; i++)
    tell_end (&self->workers[i]);
  quit_if_done (self);
}

static gboolean
signal_cb (gpointer data)
{
  end_all (data);
  return G_SOURCE_CONTINUE;
}

static char *
describe_end (int status)
{
  if (WIFSIGNALED (status))
    return g_strdup_printf ("was killed by signal %d", WTERMSIG (status));
  return g_strdup_printf ("has ended with status %d", WEXITSTATUS (status));
}

static gboolean
start_cb (gpointer data)
{
  Worker *self = data;

  clear_source (&self->start_source);
  start_worker (self);
  return G_SOURCE_REMOVE;
}

static void
start_later (Worker *self, const char *what)
{
  gboolean was_long = g_get_monotonic_time () - self->started_us >= LONG_LIFE_US;
  guint delay_ms = 0;

  self->n_short_lives = was_long ? 0 : self->n_short_lives + 1;
  if (self->n_short_lives > 1)
    delay_ms =
        (guint) MIN ((guint64) FIRST_DELAY_MS << MIN (self->n_short_lives - 2, 16), MAX_DELAY_MS);
  g_printerr ("nexws: worker %u %s; it is started again in %u ms\n", self->number, what, delay_ms);
  self->start_source = attach (self->supervisor, g_timeout_source_new (delay_ms), start_cb, self);
}

static void
ended_cb (GPid pid, int status, gpointer data)
{
  Worker *self = data;
  Supervisor *supervisor = self->supervisor;
  g_autofree char *what = describe_end (status);

  self->pid = 0;
  clear_source (&self->end_source);
  clear_source (&self->ready_source);
  close (self->fd);
  self->fd = -1;
  if (supervisor->n_signals > 0)
    quit_if_done (supervisor);
  else if (supervisor->has_told)
    start_later (self, what);
  else
    {
      /* It never worked: what is wrong was said by the worker, and does not become right by itself. */
      g_printerr ("nexws: worker %u %s before all were ready\n", self->number, what);
      supervisor->status = 1;
      end_all (supervisor);
    }
}

static gboolean
ready_cb (int fd, GIOCondition condition, gpointer data)
{
  Worker *self = data;
  Supervisor *supervisor = self->supervisor;
  char octet;

  clear_source (&self->ready_source);
  self->is_ready = read (fd, &octet, 1) == 1;
  if (supervisor->has_told || supervisor->n_signals > 0)
    return G_SOURCE_REMOVE;
  for (guint i = 0; i < supervisor->n_workers; i++)
    if (!supervisor->workers[i].is_ready)
      return G_SOURCE_REMOVE;
  supervisor->has_told = TRUE;
  supervisor->ready (supervisor->sockets, supervisor->data);
  return G_SOURCE_REMOVE;
}

static char **
make_environment (Supervisor *self, guint number)
{
  char **environment = g_get_environ ();
  g_autofree char *name = g_strdup_printf ("%d %u", getpid (), number);
  g_autofree char *n = g_strdup_printf ("%u", self->sockets->len);

  environment = g_environ_setenv (environment, WORKER_VARIABLE, name, TRUE);
  environment = g_environ_setenv (environment, "LISTEN_FDS", n, TRUE);
  return g_environ_unsetenv (environment, "LISTEN_PID");
}

/* By fork and exec, and nothing in between: other threads may be in the middle of anything. */
static gboolean
spawn (Worker *self, int pair_fd, GError **error)
{
  Supervisor *supervisor = self->supervisor;
  guint n = supervisor->sockets->len + 1;
  g_autofree int *from = g_new (int, n);
  g_autofree int *to = g_new (int, n);
  g_auto (GStrv) environment = make_environment (supervisor, self->number);

  for (guint i = 0; i < n; i++)
    {
      from[i] = i < supervisor->sockets->len
                    ? g_socket_get_fd (g_ptr_array_index (supervisor->sockets, i))
                    : pair_fd;
      to[i] = (int) (FIRST_PASSED_FD + i);
    }
  return g_spawn_async_with_pipes_and_fds (
      NULL, (const char *const *) supervisor->command, (const char *const *) environment,
      G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO | G_SPAWN_CHILD_INHERITS_STDIN, NULL,
      NULL, -1, -1, -1, from, to, n, &self->pid, NULL, NULL, NULL, error);
}

static void
start_worker (Worker *self)
{
  Supervisor *supervisor = self->supervisor;
  int pair[2] = { -1, -1 };
  g_autoptr (GError) error = NULL;
  gboolean is_good;

  self->started_us = g_get_monotonic_time ();
  self->is_ready = FALSE;
  is_good = socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0;
  if (!is_good)
    g_set_error_literal (&error, G_IO_ERROR, g_io_error_from_errno (errno), g_strerror (errno));
  is_good = is_good && spawn (self, pair[1], &error);
  if (pair[1] >= 0)
    close (pair[1]);
  if (!is_good)
    {
      g_autofree char *what = g_strdup_printf ("cannot be started: %s", error->message);

      if (pair[0] >= 0)
        close (pair[0]);
      start_later (self, what);
      return;
    }
  self->fd = pair[0];
  self->ready_source = attach (supervisor, g_unix_fd_source_new (self->fd, G_IO_IN | G_IO_HUP),
                               G_SOURCE_FUNC (ready_cb), self);
  self->end_source =
      attach (supervisor, g_child_watch_source_new (self->pid), G_SOURCE_FUNC (ended_cb), self);
}

/* This very program, whatever file it came from, and the words that it was started with: those of an interpreter included. */
static char **
read_command (void)
{
  g_autofree char *text = NULL;
  gsize length;
  GPtrArray *command = g_ptr_array_new ();

  g_ptr_array_add (command, g_strdup ("/proc/self/exe"));
  if (g_file_get_contents ("/proc/self/cmdline", &text, &length, NULL))
    for (const char *word = text; word < text + length; word += strlen (word) + 1)
      g_ptr_array_add (command, g_strdup (word));
  if (command->len == 1)
    g_ptr_array_add (command, g_strdup (g_get_prgname ()));
  g_ptr_array_add (command, NULL);
  return (char **) g_ptr_array_free (command, FALSE);
}

static void
supervisor_clear (Supervisor *self)
{
  for (guint i = 0; i < self->n_workers; i++)
    {
      clear_source (&self->workers[i].ready_source);
      clear_source (&self->workers[i].end_source);
      clear_source (&self->workers[i].start_source);
    }
  g_free (self->workers);
  g_strfreev (self->command);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
}

int
nx_app_supervise (GPtrArray *sockets, guint n, GFunc ready, gpointer data)
{
  Supervisor self = { .sockets = sockets, .n_workers = n, .ready = ready, .data = data };
  GSource *signals[2];

  self.context = g_main_context_ref_thread_default ();
  self.loop = g_main_loop_new (self.context, FALSE);
  self.command = read_command ();
  self.workers = g_new0 (Worker, n);
  signals[0] = attach (&self, g_unix_signal_source_new (SIGINT), signal_cb, &self);
  signals[1] = attach (&self, g_unix_signal_source_new (SIGTERM), signal_cb, &self);
  for (guint i = 0; i < n; i++)
    {
      self.workers[i].supervisor = &self;
      self.workers[i].number = i + 1;
      self.workers[i].fd = -1;
      start_worker (&self.workers[i]);
    }
  g_main_loop_run (self.loop);
  clear_source (&signals[0]);
  clear_source (&signals[1]);
  supervisor_clear (&self);
  return self.status;
}
