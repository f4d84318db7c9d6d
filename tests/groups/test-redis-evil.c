/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Something that is no Redis, or one that has been taken over: whatever it answers, we end the connection within the time for
 * an answer, with memory in bounds, and try again.
 */
#include "node.h"
#include "log-writer.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/resource.h>

#define TIMEOUT_MS 300
/* Where it is not what ends it. */
#define LONG_TIMEOUT_MS 20000

typedef struct
{
  const char *first;  /* (nullable) what it begins with */
  const char *answer; /* to whatever it is that comes */
  gsize length;       /* 0: up to the NUL */
  guint n_repeats;    /* how often it is written at once */
  guint timeout_ms;   /* 0: TIMEOUT_MS */
  gboolean drips;     /* an octet at a time */
  const char *words;  /* (nullable) of the problem */
} Evil;

static GString *warnings;

static GLogWriterOutput
writer_cb (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (level & G_LOG_LEVEL_WARNING && strcmp (fields[i].key, "MESSAGE") == 0)
      g_string_append_printf (warnings, "%s\n", (const char *) fields[i].value);
  return level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_DEBUG)
             ? G_LOG_WRITER_HANDLED
             : g_log_writer_standard_streams (level, fields, n_fields, NULL);
}

static gboolean
run_cb (GThreadedSocketService *service,
        GSocketConnection *connection,
        GObject *source,
        gpointer data)
{
  const Evil *evil = data;
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  gsize length = evil->length > 0 ? evil->length : strlen (evil->answer);
  char buffer[1024];

  if (g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL) <= 0)
    return TRUE;
  if (evil->first != NULL
      && !g_output_stream_write_all (output, evil->first, strlen (evil->first), NULL, NULL, NULL))
    return TRUE;
  for (guint i = 0; i < MAX (evil->n_repeats, 1); i++)
    if (!evil->drips && !g_output_stream_write_all (output, evil->answer, length, NULL, NULL, NULL))
      return TRUE;
  for (gsize i = 0; evil->drips && i < length; i++)
    {
      if (!g_output_stream_write_all (output, evil->answer + i, 1, NULL, NULL, NULL))
        return TRUE;
      g_usleep (50 * 1000);
    }
  while (g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL) > 0)
    continue;
  return TRUE;
}

static void
fall_for (const Evil *evil)
{
  g_autofree char *folder = g_dir_make_tmp ("nexws-evil-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "s", NULL);
  g_autofree char *uri = g_strdup_printf ("redis+unix://:s3cret@%s", path);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  GSocketService *service = g_threaded_socket_service_new (-1);
  Node node;
  GError *error = NULL;

  g_socket_listener_add_address (G_SOCKET_LISTENER (service), address, G_SOCKET_TYPE_STREAM, 0,
                                 NULL, NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (service, "run", G_CALLBACK (run_cb), (gpointer) evil);
  g_string_set_size (warnings, 0);
  node_init_redis (&node, uri);
  g_object_set (node.backplane, "timeout", evil->timeout_ms > 0 ? evil->timeout_ms : TIMEOUT_MS,
                NULL);
  node_start (&node);
  node_subscribe (&node, "lobby", TRUE);
  node_publish (&node, "lobby", "x", 10, 1);
  node_wait (nx_backplane_get_problem (node.backplane) != NULL);
  g_assert_cmpuint (node.n_subscribed, ==, 0);
  if (evil->words != NULL
      && strstr (nx_backplane_get_problem (node.backplane), evil->words) == NULL)
    g_error ("\"%s\" is not in \"%s\"", evil->words, nx_backplane_get_problem (node.backplane));
  g_assert_null (strstr (warnings->str, "s3cret"));
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
  node_clear (&node);
  g_object_unref (service);
  g_unlink (path);
  g_rmdir (folder);
}

static char large[1024 * 1024];
/* Arrays in arrays, which whoever frees them by recursion has no stack for. */
static char deep[2 * 1024 * 1024 + 1];

/* Each of them was a crash, an abort, a hang or a flood of memory in somebody's client. */
static const Evil evils[] = {
  { .answer = "HTTP/1.1 400 Bad Request\r\n\r\n", .words = "does not speak as Redis does" },
  { .answer = "*1\r\n:1\r\n*1\r\n:1\r\n*0\r\n", .words = NULL },
  { .answer = "*3\r\n$7\r\nmessage\r\n:1\r\n$-1\r\n" },
  { .answer = "*-5\r\n" },
  { .answer = "*2147483647\r\n", .words = "does not speak as Redis does" },
  { .answer = "*1000000000\r\n", .words = "does not speak as Redis does" },
  { .answer = "*9223372036854775807\r\n" },
  { .answer = "$-9223372036854775808\r\n" },
  { .answer = "$99999999999999999999\r\n" },
  { .answer = "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
    .words = "does not speak as Redis does" },
  { .answer = deep, .length = sizeof deep - 1, .words = "does not speak as Redis does" },
  { .answer = "$1073741824\r\n", .words = "not answered" },
  { .answer = "$5\r\nhel", .words = "not answered" },
  { .answer =
        "+OK\r\n+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n"
        "+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n",
    .words = "answers what was not asked" },
  { .answer = "-WRONGPASS s3cret is wrong\r\n", .words = "WRONGPASS" },
  { .answer = "-ERR unknown command `AUTH`, with args beginning with: `s3cret`\r\n",
    .words = "does not take the password" },
  { .answer = "-LOADING Redis is loading the dataset in memory\r\n", .words = "LOADING" },
  { .answer = "+OK\r\n-MASTERDOWN Link with MASTER is down\033[31m\r\n", .words = "MASTERDOWN" },
  { .answer = "+OK\r\n-NOPERM this user has no permissions\r\n", .words = "NOPERM" },
  { .answer = "+OKOKOKOKOKOKOKOKOKOKOKOK", .drips = TRUE, .words = "not answered" },
  { .answer = "\r\n" },
  { .answer = "\0", .length = 1 },
};

static void
test_one (gconstpointer data)
{
  fall_for (data);
}

static void
fall_for_much (const Evil *evil)
{
  struct rusage before, after;

  getrusage (RUSAGE_SELF, &before);
  fall_for (evil);
  getrusage (RUSAGE_SELF, &after);
  g_assert_cmpint (after.ru_maxrss - before.ru_maxrss, <, 400 * 1024);
}

/* A reply of a gigabyte: no more of it is kept than we say. */
static void
test_huge (void)
{
  const Evil evil = { .answer = large, .length = sizeof large, .n_repeats = 200 };

  memset (large, 'x', sizeof large);
  memcpy (large, "$1073741824\r\n", 13);
  fall_for_much (&evil);
}

/* The same in pieces, each of them whole. */
static void
test_many_large (void)
{
  const Evil evil = { .first = "*1000000\r\n",
                      .answer = large,
                      .length = sizeof large,
                      .n_repeats = 1000,
                      .timeout_ms = LONG_TIMEOUT_MS,
                      .words = "larger than" };
  g_autofree char *head = g_strdup_printf ("$%u\r\n", (guint) sizeof large - 12);

  memset (large, 'x', sizeof large);
  memcpy (large, head, strlen (head));
  memcpy (large + sizeof large - 2, "\r\n", 2);
  fall_for_much (&evil);
}

/* Four octets that make us keep sixty. */
static void
test_many_small (void)
{
  const Evil evil = { .first = "*1000\r\n",
                      .answer = large,
                      .length = 9 + 4 * 100000,
                      .n_repeats = 1000,
                      .timeout_ms = LONG_TIMEOUT_MS,
                      .words = "does not speak as Redis does" };

  memcpy (large, "*100000\r\n", 9);
  for (guint i = 0; i < 100000; i++)
    memcpy (large + 9 + 4 * i, ":1\r\n", 4);
  fall_for_much (&evil);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i + 4 < sizeof deep; i += 4)
    memcpy (deep + i, "*1\r\n", 4);
  memcpy (deep + sizeof deep - 5, ":1\r\n", 4);
  warnings = g_string_new (NULL);
  log_to_writer (writer_cb);
  for (guint i = 0; i < G_N_ELEMENTS (evils); i++)
    {
      g_autofree char *path = g_strdup_printf ("/redis-evil/%u", i);

      g_test_add_data_func (path, &evils[i], test_one);
    }
  g_test_add_func ("/redis-evil/huge", test_huge);
  g_test_add_func ("/redis-evil/many-large", test_many_large);
  g_test_add_func ("/redis-evil/many-small", test_many_small);
  return g_test_run ();
}
