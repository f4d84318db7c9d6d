/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A standalone program: its options, its signals, its loop. */
#include "config.h"

#include <glib-unix.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <signal.h>
#include <sys/resource.h>

#include "nx-app-options-private.h"
#include "nx-app-private.h"
#include "nx-error-private.h"

#define MAX_WORKERS 1024

/* -- Running -- */

/* One nx_app_run(), which has a loop of its own, or nx_app_run_async(), which has a task. */
typedef struct _NxAppRun
{
  NxApp *app;
  GMainLoop *loop;
  GTask *task;
  GSource *sources[2];
  guint n_signals;
} Run;

static void
run_clear (gpointer data)
{
  Run *run = data;

  g_clear_pointer (&run->loop, g_main_loop_unref);
  g_clear_object (&run->task);
}

static void
release (Run *run)
{
  g_rc_box_release_full (run, run_clear);
}

static void
unwatch (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* Whoever comes second finds it done. */
static void
end_run (Run *run)
{
  NxAppPrivate *priv = nx_app_get_private (run->app);

  if (priv->run != run)
    return;
  priv->run = NULL;
  unwatch (&run->sources[0]);
  unwatch (&run->sources[1]);
  if (run->loop != NULL)
    g_main_loop_quit (run->loop);
  else
    g_task_return_boolean (run->task, TRUE);
  release (run);
}

static void
stopped_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Run *run = data;

  end_run (run);
  release (run);
}

/* The first one drains, the second one does not wait for that. */
static gboolean
signal_cb (gpointer data)
{
  Run *run = data;

  if (run->n_signals++ == 0)
    nx_app_stop_async (run->app, NULL, stopped_cb, g_rc_box_acquire (run));
  else
    end_run (run);
  return G_SOURCE_CONTINUE;
}

static GSource *
watch_signal (Run *run, GMainContext *context, int number)
{
  GSource *source = g_unix_signal_source_new (number);

  g_source_set_callback (source, signal_cb, run, NULL);
  g_source_attach (source, context);
  return source;
}

/* A connection is a descriptor, and the soft limit is usually 1024. */
static void
raise_descriptor_limit (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max)
    {
      limit.rlim_cur = limit.rlim_max;
      setrlimit (RLIMIT_NOFILE, &limit);
    }
}

/* Takes @run. */
static void
begin_run (Run *run)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  nx_app_get_private (run->app)->run = run;
  raise_descriptor_limit ();
  /* Whoever waits for what is printed may send a signal as soon as it is. */
  run->sources[0] = watch_signal (run, context, SIGINT);
  run->sources[1] = watch_signal (run, context, SIGTERM);
  nx_app_tell_uris (run->app, nx_app_get_uris (run->app));
}

static void
live (NxApp *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  Run *run = g_rc_box_new0 (Run);

  run->app = self;
  run->loop = g_main_loop_ref (loop);
  begin_run (run);
  g_main_loop_run (loop);
}

/* Takes @task. */
static void
live_on (NxApp *self, GTask *task)
{
  Run *run = g_rc_box_new0 (Run);

  run->app = self; /* which the task holds */
  run->task = task;
  begin_run (run);
}

/* Reads the command line, and does what it asks for to be printed; TRUE when it, or nothing, says to serve. */
static gboolean
prepare (NxApp *self, char **argv, NxAppOptions *options, GError **error)
{
  /* Or what is not ASCII in a message would be printed as question marks. */
  setlocale (LC_CTYPE, "");
  if (argv != NULL && !nx_app_options_parse (options, argv, TRUE, error))
    return FALSE;
  if (options->lists_routes)
    nx_app_tell_routes (self);
  else if (options->description != NULL)
    nx_app_tell_description (self, options->description, error);
  else
    return nx_app_apply_settings (self, options, error);
  return FALSE;
}

/* -- In several processes -- */

static void
work (NxApp *self, const NxAppOptions *options, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  Run *run = g_rc_box_new0 (Run);

  run->app = self;
  run->loop = g_main_loop_ref (loop);
  nx_app_get_private (self)->run = g_rc_box_acquire (run);
  raise_descriptor_limit ();
  run->sources[0] = watch_signal (run, context, SIGTERM);
  if (nx_app_apply_backplane (self, options, error)
      && nx_app_begin_work (self, signal_cb, run, error))
    {
      nx_app_tell_ready ();
      g_main_loop_run (loop);
    }
  end_run (run);
  release (run);
}

static gboolean
parse_workers (NxApp *self, const NxAppOptions *options, guint *n, GError **error)
{
  guint64 number = 0;

  if (options->workers == NULL)
    g_object_get (self, "workers", n, NULL);
  else if (strcmp (options->workers, "auto") != 0
           && !g_ascii_string_to_unsigned (options->workers, 10, 0, MAX_WORKERS, &number, NULL))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--workers: \"%s\" is neither auto nor a number from 0 to %d", options->workers,
                   MAX_WORKERS);
      return FALSE;
    }
  else
    *n = (guint) number;
  if (*n == 0)
    *n = g_get_num_processors ();
  return TRUE;
}

static gboolean
bind_somewhere (NxApp *self,
                const NxAppOptions *options,
                GPtrArray *sockets,
                gboolean *makes_file,
                GError **error)
{
  gboolean is_told = nx_app_options_has_address (options);

  if (nx_app_get_private (self)->listeners->len > 0)
    {
      g_set_error_literal (error, NX_ERROR, NX_ERROR_INVALID_STATE,
                           "--workers: the program listens by itself before it runs, which several "
                           "processes cannot; let the options say where");
      return FALSE;
    }
  if (!nx_app_bind_activation (sockets, error))
    return FALSE;
  if (sockets->len > 0)
    return TRUE;
  if (options->unix_path != NULL && !nx_app_bind_unix (options->unix_path, sockets, error))
    return FALSE;
  *makes_file = options->unix_path != NULL;
  if (options->unix_path != NULL && !is_told)
    return TRUE;
  return nx_app_bind (options->address, nx_app_options_get_port (options), sockets, error);
}

typedef struct
{
  NxApp *app;
  const NxAppOptions *options;
} Supervision;

static void
ready_cb (gpointer sockets, gpointer data)
{
  GPtrArray *all = sockets;
  const Supervision *supervision = data;
  const NxAppOptions *options = supervision->options;
  GList *uris = NULL;

  for (guint i = 0; i < all->len; i++)
    uris = g_list_append (
        uris, nx_app_make_uri (g_ptr_array_index (all, i), options->certificate != NULL));
  nx_app_tell_uris (supervision->app, uris);
}

/* This process serves nobody: what the program has of a backplane is for its workers. */
static int
supervise (NxApp *self, NxAppOptions *options, guint n, GError **error)
{
  g_autoptr (GPtrArray) sockets = g_ptr_array_new_with_free_func (g_object_unref);
  Supervision supervision = { self, options };
  gboolean makes_file = FALSE;
  int status = 1;

  if (bind_somewhere (self, options, sockets, &makes_file, error))
    {
      gboolean has_backplane = options->backplane != NULL || g_getenv ("NEXWS_BACKPLANE") != NULL
                               || nx_app_get_private (self)->backplane != NULL;

      g_object_set (self, "backplane", NULL, NULL);
      if (!has_backplane)
        g_printerr ("nexws: without a --backplane each of the %u workers has groups of its own\n",
                    n);
      status = nx_app_supervise (sockets, n, ready_cb, &supervision);
    }
  if (makes_file)
    g_unlink (options->unix_path);
  return status;
}

/* The exit status; without an error, for what was said already. */
static int
serve (NxApp *self, NxAppOptions *options, GError **error)
{
  guint n_workers;

  if (nx_app_is_worker ())
    work (self, options, error);
  else if (!parse_workers (self, options, &n_workers, error))
    return 1;
  else if (n_workers > 1)
    return supervise (self, options, n_workers, error);
  else if (nx_app_start_with (self, options, error))
    live (self);
  return 0;
}

/**
 * nx_app_run:
 * @self: an app
 * @argc: how many arguments there are
 * @argv: (array length=argc) (nullable): a command line, its first element the program's name
 *
 * Runs the app as a program: [method@App.start], then a loop until SIGINT or SIGTERM, which drains as
 * [method@App.stop_async] does; a second one does not wait for that.
 *
 * With `--routes` it prints the routes ([method@Router.describe]) instead, with `--describe FORMAT` what goes over the wire
 * ([method@App.describe_as]), and does not listen.
 *
 * With `--workers N` it serves with so many processes (`auto` or 0: one for each processor): it opens the sockets and starts itself
 * again, with the very command line that it was started with, an interpreter's included. A worker that dies is replaced, at
 * once or, when it keeps dying, after growing delays. A signal is for all of them. The program must leave it to the options where to
 * listen; [property@App:backplane] carries the messages of groups between the workers.
 *
 * It prints where it listens, and raises the soft limit of descriptors to the hard one.
 *
 * Returns: the exit status: 0, or 1 when it could not start (said on stderr)
 *
 * Since: 0.1
 */
int
nx_app_run (NxApp *self, int argc, char **argv)
{
  NxAppOptions options = NX_APP_OPTIONS_INIT;
  g_autoptr (NxApp) kept = NULL;
  g_autoptr (GError) error = NULL;
  int status = 0;
  g_autofree char **arguments = argv != NULL ? g_new0 (char *, argc + 1) : NULL;

  g_return_val_if_fail (NX_IS_APP (self), 1);
  g_return_val_if_fail (nx_app_get_private (self)->run == NULL, 1);

  /* Whoever is told that it has started may think that it lives by itself. */
  kept = g_object_ref (self);
  if (argv != NULL)
    memcpy (arguments, argv, argc * sizeof (char *));
  if (prepare (self, arguments, &options, &error))
    status = serve (self, &options, &error);
  nx_app_options_clear (&options);
  if (error == NULL)
    return status;
  g_printerr ("nexws: %s\n", error->message);
  return 1;
}

/**
 * nx_app_run_async:
 * @self: an app
 * @argv: (array zero-terminated=1) (nullable): a command line, its first element the program's name
 * @callback: (scope async) (closure user_data): called when it has ended
 * @user_data: data for @callback
 *
 * As [method@App.run], in the loop that runs already, and in this process alone: `--workers` is for who calls that.
 *
 * It ends when SIGINT or SIGTERM has drained it, at a second one at once, and at [method@App.quit].
 *
 * Since: 0.1
 */
void
nx_app_run_async (NxApp *self, char **argv, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autofree char **arguments = NULL;
  g_autoptr (GTask) task = NULL;
  NxAppOptions options = NX_APP_OPTIONS_INIT;
  GError *error = NULL;

  g_return_if_fail (NX_IS_APP (self));
  g_return_if_fail (nx_app_get_private (self)->run == NULL);

  task = g_task_new (self, NULL, callback, user_data);
  g_task_set_source_tag (task, nx_app_run_async);
  /* Which are taken out as they are read. */
  if (argv != NULL)
    arguments = g_memdup2 (argv, (g_strv_length (argv) + 1) * sizeof (char *));
  if (prepare (self, arguments, &options, &error) && nx_app_start_with (self, &options, &error))
    live_on (self, g_steal_pointer (&task));
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
  nx_app_options_clear (&options);
}

/**
 * nx_app_run_finish:
 * @self: an app
 * @result: what the callback got
 * @error: return location for an error
 *
 * Ends [method@App.run_async].
 *
 * Returns: %FALSE with an error when it could not start, as [method@App.start]
 *
 * Since: 0.1
 */
gboolean
nx_app_run_finish (NxApp *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (NX_IS_APP (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, nx_app_run_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * nx_app_quit:
 * @self: an app
 *
 * Ends the [method@App.run] or [method@App.run_async] that runs, without waiting for anything, as a second signal does. When none runs, nothing happens.
 *
 * Since: 0.1
 */
void
nx_app_quit (NxApp *self)
{
  g_return_if_fail (NX_IS_APP (self));

  if (nx_app_get_private (self)->run != NULL)
    end_run (nx_app_get_private (self)->run);
}
