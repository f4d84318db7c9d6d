/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "redis.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

/* It is not to outlive a test that was killed. */
static void
child_setup (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static void
spawn (Redis *self)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GPtrArray) command = g_ptr_array_new ();
  g_autoptr (GDataInputStream) output = NULL;
  GError *error = NULL;
  gboolean is_ready = FALSE;
  const char *fixed[] = { "redis-server", "--port", "0", "--unixsocket", self->path, "--dir",
                          self->folder,   "--save", "" };

  for (guint i = 0; i < G_N_ELEMENTS (fixed); i++)
    g_ptr_array_add (command, (gpointer) fixed[i]);
  for (guint i = 0; self->options[i] != NULL; i++)
    g_ptr_array_add (command, self->options[i]);
  g_ptr_array_add (command, NULL);
  g_subprocess_launcher_set_child_setup (launcher, child_setup, NULL, NULL);
  self->process =
      g_subprocess_launcher_spawnv (launcher, (const char *const *) command->pdata, &error);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));
  while (!is_ready)
    {
      g_autofree char *line = g_data_input_stream_read_line (output, NULL, NULL, NULL);

      g_assert_nonnull (line);
      /* Of a unix socket: "… now ready to accept connections at PATH" in 7, "Ready to accept connections unix" since. */
      is_ready = strstr (line, "ready to accept connections at") != NULL
                 || strstr (line, "Ready to accept connections unix") != NULL;
    }
}

gboolean
redis_start (Redis *self, const char *options)
{
  g_autofree char *program = g_find_program_in_path ("redis-server");

  if (program == NULL)
    {
      g_test_skip ("there is no redis-server");
      return FALSE;
    }
  self->folder = g_dir_make_tmp ("nexws-redis-XXXXXX", NULL);
  g_assert_nonnull (self->folder);
  self->path = g_build_filename (self->folder, "s", NULL);
  self->uri = g_strdup_printf ("redis+unix://%s", self->path);
  self->options = g_strsplit (options != NULL ? options : "", " ", -1);
  spawn (self);
  return TRUE;
}

gboolean
redis_is_at_least (guint major, guint minor)
{
  g_autofree char *output = NULL;
  const char *version;
  guint is_major = 0, is_minor = 0;

  if (!g_spawn_command_line_sync ("redis-server --version", &output, NULL, NULL, NULL))
    return TRUE;
  version = strstr (output, "v=");
  g_assert_true (version != NULL && sscanf (version, "v=%u.%u", &is_major, &is_minor) == 2);
  return is_major > major || (is_major == major && is_minor >= minor);
}

void
redis_signal (Redis *self, int number)
{
  g_subprocess_send_signal (self->process, number);
}

void
redis_kill (Redis *self)
{
  if (self->process == NULL)
    return;
  redis_signal (self, SIGKILL);
  g_subprocess_wait (self->process, NULL, NULL);
  g_clear_object (&self->process);
}

void
redis_restart (Redis *self)
{
  redis_kill (self);
  spawn (self);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *inside = g_build_filename (path, name, NULL);

      if (g_file_test (inside, G_FILE_TEST_IS_DIR))
        remove_folder (inside);
      else
        g_unlink (inside);
    }
  g_rmdir (path);
}

void
redis_clear (Redis *self)
{
  redis_kill (self);
  remove_folder (self->folder);
  g_free (self->folder);
  g_free (self->path);
  g_free (self->uri);
  g_strfreev (self->options);
}

char *
redis_ask (Redis *self, const char *words)
{
  g_auto (GStrv) split = g_strsplit (words, " ", -1);
  g_autoptr (GPtrArray) command = g_ptr_array_new ();
  g_autoptr (GSubprocess) process = NULL;
  char *output = NULL;
  GError *error = NULL;

  g_ptr_array_add (command, (gpointer) "redis-cli");
  g_ptr_array_add (command, (gpointer) "-s");
  g_ptr_array_add (command, self->path);
  for (guint i = 0; split[i] != NULL; i++)
    g_ptr_array_add (command, split[i]);
  g_ptr_array_add (command, NULL);
  process = g_subprocess_newv ((const char *const *) command->pdata,
                               G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                               &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, NULL));
  return g_strchomp (output);
}

void
redis_tell (Redis *self, const char *words)
{
  g_free (redis_ask (self, words));
}
