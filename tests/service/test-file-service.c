/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIG (3 * 1024 * 1024 + 17)

static char *folder; /* of `root`, which is served, and of what is beside it */

/* -- What there is -- */

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
write_file (const char *name, const char *data, gssize length)
{
  g_autofree char *path = in_folder (name);
  g_autofree char *parent = g_path_get_dirname (path);

  g_mkdir_with_parents (parent, 0700);
  g_assert_true (g_file_set_contents (path, data, length, NULL));
}

static void
link_to (const char *name, const char *target)
{
  g_autofree char *path = in_folder (name);

  g_assert_cmpint (symlink (target, path), ==, 0);
}

static char
big_octet (gsize i)
{
  return (char) (i * 31 + i / 65536);
}

static void
make_folder (void)
{
  g_autofree char *fifo = NULL;
  g_autofree char *big = g_malloc (BIG);

  folder = g_dir_make_tmp ("nexws-files-XXXXXX", NULL);
  write_file ("root/index.html", "<p>home", -1);
  write_file ("root/a.txt", "hello", -1);
  write_file ("root/with space.txt", "spaced", -1);
  write_file ("root/%2e%2e", "percent", -1);
  write_file ("root/empty.txt", "", 0);
  write_file ("root/.secret", "secret", -1);
  write_file ("root/sub/index.html", "<p>sub", -1);
  write_file ("root/bare/x.txt", "x", -1);
  write_file ("root/odd/index.html/x.txt", "x", -1);
  write_file ("root/folder\r\nX: y/x.txt", "x", -1);
  write_file ("outside.txt", "secret", -1);
  write_file ("root-evil/x.txt", "secret", -1);
  link_to ("root/link-in", "sub/../a.txt");
  link_to ("root/link-out", "../outside.txt");
  link_to ("root/link-etc", "/etc/passwd");
  link_to ("root/link-sibling", "../root-evil/x.txt");
  link_to ("root/link-hidden", ".secret");
  link_to ("root/link-nowhere", "nowhere");
  link_to ("root/link-loop", "link-loop");
  link_to ("root/up", "..");
  link_to ("current", "root");
  fifo = in_folder ("root/fifo");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  for (gsize i = 0; i < BIG; i++)
    big[i] = big_octet (i);
  write_file ("root/big.bin", big, BIG);
}

static void
remove_folder (void)
{
  g_autofree char *command = g_strdup_printf ("rm -rf '%s'", folder);

  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
}

/* -- Asking -- */

static NxFileService *
serve (Fixture *f, const char *path)
{
  g_autofree char *root = in_folder ("current");
  NxFileService *service = nx_app_serve_directory (f->app, path, root, NULL);

  g_assert_nonnull (service);
  return service;
}

static Client *
ask (Fixture *f, const char *method, const char *path, const char *headers)
{
  g_autofree char *request =
      g_strdup_printf ("%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", method, path, headers);
  Client *client = client_connect (f);

  client_send_raw (client, request, strlen (request));
  client_expect_end (client);
  return client;
}

/* (transfer full) (nullable): of a header. */
static char *
get_value (Client *client, const char *name)
{
  g_autofree char *head = g_strndup ((const char *) client->head->data, client->head->len);
  g_autofree char *pattern = g_strdup_printf ("\r\n%s: ", name);
  char *at = strstr (head, pattern);

  if (at == NULL)
    return NULL;
  at += strlen (pattern);
  return g_strndup (at, strcspn (at, "\r"));
}

static char *
dup_body (Client *client)
{
  const char *data = (const char *) client->head->data;
  const char *end = g_strstr_len (data, client->head->len, "\r\n\r\n");

  g_assert_nonnull (end);
  return g_strndup (end + 4, client->head->len - (end + 4 - data));
}

#define assert_body(client, expected)                                                              \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *body_ = dup_body (client);                                                    \
    g_assert_cmpstr (body_, ==, expected);                                                         \
  }                                                                                                \
  G_STMT_END
#define assert_value(client, name, expected)                                                       \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *value_ = get_value (client, name);                                            \
    g_assert_cmpstr (value_, ==, expected);                                                        \
  }                                                                                                \
  G_STMT_END

/* -- What is served, and what is not -- */

typedef struct
{
  const char *path;
  guint status;
  const char *body; /* or Location */
  const char *type; /* nullable */
} Row;

static const Row rows[] = {
  { "/", 200, "<p>home", "text/html; charset=utf-8" },
  { "/?x=1", 200, "<p>home", NULL },
  { "/index.html", 200, "<p>home", NULL },
  { "/a.txt", 200, "hello", "text/plain; charset=utf-8" },
  { "/%61.txt", 200, "hello", NULL },
  { "/with%20space.txt", 200, "spaced", NULL },
  { "/empty.txt", 200, "", NULL },
  { "/sub/", 200, "<p>sub", NULL },
  { "/sub", 301, "/sub/", NULL },
  { "/sub?a=b", 301, "/sub/?a=b", NULL },
  { "/s%75b", 301, "/sub/", NULL },
  { "/folder%0d%0aX:%20y", 301, "/folder%0D%0AX%3A%20y/", NULL },
  { "/link-in", 200, "hello", "application/octet-stream" },
  { "/%252e%252e", 200, "percent", NULL },
  { "/%25252e%25252e", 404, NULL, NULL },
  { "/sub%2findex.html", 200, "<p>sub", NULL },
  { "/nothing", 404, NULL, NULL },
  { "/a.txt/", 404, NULL, NULL },
  { "/bare/", 404, NULL, NULL },
  { "/odd/", 404, NULL, NULL }, /* its index is a folder */
  { "/.secret", 404, NULL, NULL },
  { "/%2esecret", 404, NULL, NULL },
  { "/link-hidden", 404, NULL, NULL },
  { "/link-out", 404, NULL, NULL },
  { "/link-etc", 404, NULL, NULL },
  { "/link-sibling", 404, NULL, NULL },
  { "/link-nowhere", 404, NULL, NULL },
  { "/link-loop", 404, NULL, NULL },
  { "/up/outside.txt", 404, NULL, NULL },
  { "/up/root/a.txt", 200, "hello", NULL }, /* out and in again: inside */
  { "/fifo", 404, NULL, NULL },
  { "/../outside.txt", 404, NULL, NULL },
  { "/sub/../../outside.txt", 404, NULL, NULL },
  { "/%2e%2e/outside.txt", 404, NULL, NULL },
  { "/..%2foutside.txt", 404, NULL, NULL },
  { "/%2e%2e%2foutside.txt", 404, NULL, NULL },
  { "/%252e%252e%252foutside.txt", 404, NULL, NULL },
  { "/a.txt%00.html", 404, NULL, NULL },
  { "//etc/passwd", 404, NULL, NULL },
  { "/%2fetc/passwd", 404, NULL, NULL },
};

static void
test_row (Fixture *f)
{
  const Row *row = f->data;
  Client *client;

  serve (f, "/");
  client = ask (f, "GET", row->path, "");
  /* What is no path at all does not even get past libsoup, or the gate. */
  if (row->status == 404 && client->status == 400)
    return;
  g_assert_cmpuint (client->status, ==, row->status);
  g_assert_false (client_head_has (client, "secret"));
  if (row->status == 200)
    assert_body (client, row->body);
  if (row->status == 301)
    assert_value (client, "Location", row->body);
  if (row->type != NULL)
    assert_value (client, "Content-Type", row->type);
}

static void
test_prefix (Fixture *f)
{
  serve (f, "/static");
  g_assert_cmpuint (ask (f, "GET", "/static/a.txt", "")->status, ==, 200);
  g_assert_cmpuint (ask (f, "GET", "/static/", "")->status, ==, 200);
  assert_value (ask (f, "GET", "/static", ""), "Location", "/static/");
  g_assert_cmpuint (ask (f, "GET", "/a.txt", "")->status, ==, 404);
  g_assert_cmpuint (ask (f, "GET", "/staticx/a.txt", "")->status, ==, 404);
}

/* What is served below one path hides nothing that is called alike. */
static void
test_two_prefixes (Fixture *f)
{
  serve (f, "/");
  serve (f, "/a");
  g_assert_true (nx_app_serve_health (f->app, "/with", NULL));
  assert_body (ask (f, "GET", "/a/a.txt", ""), "hello");
  assert_body (ask (f, "GET", "/a.txt", ""), "hello");
  assert_body (ask (f, "GET", "/with%20space.txt", ""), "spaced");
}

/* Where everything is served, a websocket's route still is one. */
static void
test_beside_routes (Fixture *f)
{
  serve (f, "/");
  nx_router_add_route (NX_ROUTER (f->app), "/a.txt", accept_func, NULL, NULL, NULL);
  g_assert_cmpuint (ask (f, "GET", "/a.txt", "")->status, ==, 200);
  client_open (f, "/a.txt");
}

static void
test_head (Fixture *f)
{
  Client *client;

  serve (f, "/");
  client = ask (f, "HEAD", "/a.txt", "");
  g_assert_cmpuint (client->status, ==, 200);
  assert_value (client, "Content-Length", "5");
  assert_value (client, "Content-Type", "text/plain; charset=utf-8");
  assert_body (client, "");
  client = ask (f, "HEAD", "/big.bin", "");
  g_assert_cmpuint (client->status, ==, 200);
  assert_body (client, "");
}

static void
test_methods (Fixture *f)
{
  static const char *const methods[] = { "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get" };

  serve (f, "/");
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      Client *client = ask (f, methods[i], "/a.txt", "Content-Length: 0\r\n");

      if (client->status == 400 || client->status == 501) /* the gate's */
        continue;
      g_assert_cmpuint (client->status, ==, 405);
      assert_value (client, "Allow", "GET, HEAD");
    }
}

/* -- Caches -- */

static void
test_etag (Fixture *f)
{
  g_autofree char *etag = NULL, *other = NULL, *line = NULL;
  Client *client;

  serve (f, "/");
  client = ask (f, "GET", "/a.txt", "");
  etag = get_value (client, "ETag");
  assert_value (client, "Cache-Control", "no-cache");
  assert_value (client, "X-Content-Type-Options", "nosniff");
  line = g_strdup_printf ("If-None-Match: \"x\", W/%s\r\n", etag);
  client = ask (f, "GET", "/a.txt", line);
  g_assert_cmpuint (client->status, ==, 304);
  assert_value (client, "ETag", etag);
  assert_body (client, "");
  write_file ("root/a.txt", "Hello", -1); /* of the same size */
  client = ask (f, "GET", "/a.txt", line);
  g_assert_cmpuint (client->status, ==, 200);
  other = get_value (client, "ETag");
  g_assert_cmpstr (etag, !=, other);
  write_file ("root/a.txt", "hello", -1);
}

static void
test_dates (Fixture *f)
{
  static const struct
  {
    const char *line;
    guint status;
  } dates[] = {
    { "If-Modified-Since: Sat, 01 Jan 2022 00:00:00 GMT\r\n", 304 },
    { "If-Modified-Since: Sun, 02 Jan 2022 00:00:00 GMT\r\n", 304 },
    { "If-Modified-Since: Fri, 31 Dec 2021 23:59:59 GMT\r\n", 200 },
    { "If-Modified-Since: yesterday\r\n", 200 },
    { "If-None-Match: \"x\"\r\nIf-Modified-Since: Sun, 02 Jan 2022 00:00:00 GMT\r\n", 200 },
  };
  g_autofree char *path = in_folder ("root/dated.txt");
  struct timespec times[2] = { { .tv_sec = 1640995200 }, { .tv_sec = 1640995200 } };

  write_file ("root/dated.txt", "dated", -1);
  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
  serve (f, "/");
  assert_value (ask (f, "GET", "/dated.txt", ""), "Last-Modified", "Sat, 01 Jan 2022 00:00:00 GMT");
  for (guint i = 0; i < G_N_ELEMENTS (dates); i++)
    g_assert_cmpuint (ask (f, "GET", "/dated.txt", dates[i].line)->status, ==, dates[i].status);
}

static void
test_properties (Fixture *f)
{
  NxFileService *service = serve (f, "/");
  g_autofree char *index = NULL, *cache_control = NULL;
  gboolean hidden_files;

  g_object_set (service, "hidden-files", TRUE, "cache-control", "max-age=60", "index", "x.txt",
                NULL);
  g_object_get (service, "hidden-files", &hidden_files, "cache-control", &cache_control, "index",
                &index, NULL);
  g_assert_true (hidden_files);
  g_assert_cmpstr (cache_control, ==, "max-age=60");
  g_assert_cmpstr (index, ==, "x.txt");
  assert_body (ask (f, "GET", "/.secret", ""), "secret");
  assert_value (ask (f, "GET", "/bare/", ""), "Cache-Control", "max-age=60");
  g_object_set (service, "cache-control", NULL, NULL);
  assert_value (ask (f, "GET", "/bare/", ""), "Cache-Control", NULL);
}

/* -- Large files -- */

static void
assert_big (Client *client)
{
  const char *data = (const char *) client->head->data;
  const char *body = g_strstr_len (data, client->head->len, "\r\n\r\n") + 4;

  g_assert_cmpuint (client->head->len - (body - data), ==, BIG);
  for (gsize i = 0; i < BIG; i++)
    if (body[i] != big_octet (i))
      g_error ("octet %zu is wrong", i);
}

static void
test_big (Fixture *f)
{
  serve (f, "/");
  assert_big (ask (f, "GET", "/big.bin", ""));
}

#define GET_BIG "GET /big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"

/* Who does not read holds nobody up, and gets the rest when it does. */
static void
test_slow_reader (Fixture *f)
{
  Client *slow;

  serve (f, "/");
  slow = client_connect (f);
  client_set_reading (slow, FALSE);
  client_send_raw (slow, GET_BIG, strlen (GET_BIG));
  settle (f);
  assert_big (ask (f, "GET", "/big.bin", ""));
  client_set_reading (slow, TRUE);
  client_expect_end (slow);
  assert_big (slow);
}

static void
test_leaving (Fixture *f)
{
  serve (f, "/");
  for (guint i = 0; i < 8; i++)
    {
      Client *client = client_connect (f);

      client_set_reading (client, FALSE);
      client_send_raw (client, GET_BIG, strlen (GET_BIG));
      for (guint turn = 0; turn < 3 * i; turn++)
        g_main_context_iteration (NULL, FALSE);
      client_cut (client);
      settle (f);
    }
  g_assert_cmpuint (ask (f, "GET", "/a.txt", "")->status, ==, 200);
}

/* The app goes while files are opened and sent. */
static void
test_app_goes (Fixture *f)
{
  serve (f, "/");
  for (guint i = 0; i < 4; i++)
    {
      Client *client = client_connect (f);

      client_set_reading (client, FALSE);
      client_send_raw (client, GET_BIG, strlen (GET_BIG));
      for (guint turn = 0; turn < 5 * i; turn++)
        g_main_context_iteration (NULL, FALSE);
    }
  g_clear_object (&f->app);
  for (guint i = 0; i < 20; i++)
    {
      g_usleep (1000);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
}

#define GET_SHRINKS "GET /shrinks.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"

/* What is missing at the end tells the client that it has not got all. (A kernel's buffers may hold it all before it shrinks.) */
static void
test_shrinks (Fixture *f)
{
  g_autofree char *path = in_folder ("root/shrinks.bin");
  g_autofree char *data = g_malloc0 (BIG);
  Client *client;

  write_file ("root/shrinks.bin", data, BIG);
  serve (f, "/");
  client = client_connect (f);
  client_set_reading (client, FALSE);
  client_send_raw (client, GET_SHRINKS, strlen (GET_SHRINKS));
  for (guint i = 0; i < 20; i++)
    {
      g_usleep (1000);
      settle (f);
    }
  g_assert_cmpint (truncate (path, 10), ==, 0);
  client_set_reading (client, TRUE);
  client_expect_end (client);
  g_assert_cmpuint (client->head->len, <, BIG);
}

/* -- Mistakes -- */

static void
test_mistakes (Fixture *f)
{
  g_autofree char *root = in_folder ("root");
  g_autofree char *file = in_folder ("root/a.txt");
  g_autofree char *nowhere = in_folder ("nowhere");
  GError *error = NULL;

  g_assert_null (nx_app_serve_directory (f->app, "/", nowhere, &error));
  expect_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "nowhere");
  g_assert_null (nx_app_serve_directory (f->app, "/", file, &error));
  expect_error (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR, "a.txt");
  g_assert_null (nx_app_serve_directory (f->app, "static", root, &error));
  expect_error (error, NX_ERROR, NX_ERROR_PATTERN, "\"static\"");
  g_assert_null (nx_app_serve_resources (f->app, "/", "/org/nexws/nowhere", &error));
  expect_error (error, G_RESOURCE_ERROR, G_RESOURCE_ERROR_NOT_FOUND, "nowhere");
}

/* -- Resources -- */

#define SPDX "SPDX-License-Identifier: LGPL-2.1-or-later"
#define SPDX_HTML "<!-- " SPDX " -->\n"

static void
test_resources (Fixture *f)
{
  g_autofree char *etag = NULL, *line = NULL;
  Client *client;

  g_assert_nonnull (nx_app_serve_resources (f->app, "/web", "/org/nexws/test/web", NULL));
  client = ask (f, "GET", "/web/", "");
  assert_body (client, SPDX_HTML "<h1>Resource</h1>\n");
  assert_value (client, "Content-Type", "text/html; charset=utf-8");
  assert_value (client, "Last-Modified", NULL);
  client = ask (f, "GET", "/web/style.css", "");
  assert_body (client, "/* " SPDX " */\nbody {}\n");
  etag = get_value (client, "ETag");
  line = g_strdup_printf ("If-None-Match: %s\r\n", etag);
  g_assert_cmpuint (ask (f, "GET", "/web/style.css", line)->status, ==, 304);
  assert_value (ask (f, "GET", "/web/sub", ""), "Location", "/web/sub/");
  assert_body (ask (f, "GET", "/web/sub/", ""), SPDX_HTML "sub\n");
  g_assert_cmpuint (ask (f, "GET", "/web/nothing", "")->status, ==, 404);
  /* libsoup takes such a part away, with the one in front of it: no way out. */
  g_assert_cmpuint (ask (f, "GET", "/web/%2e%2e/style.css", "")->status, ==, 404);
  g_assert_cmpuint (ask (f, "POST", "/web/", "Content-Length: 0\r\n")->status, ==, 405);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  make_folder ();
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/file-service/row-%u", i);

      fixture_add_case (path, test_row, &rows[i]);
    }
  ADD_SCENARIO ("/file-service/prefix", test_prefix);
  ADD_SCENARIO ("/file-service/two-prefixes", test_two_prefixes);
  ADD_SCENARIO ("/file-service/beside-routes", test_beside_routes);
  ADD_SCENARIO ("/file-service/head", test_head);
  ADD_SCENARIO ("/file-service/methods", test_methods);
  ADD_SCENARIO ("/file-service/etag", test_etag);
  ADD_SCENARIO ("/file-service/dates", test_dates);
  ADD_SCENARIO ("/file-service/properties", test_properties);
  ADD_SCENARIO ("/file-service/big", test_big);
  ADD_SCENARIO ("/file-service/slow-reader", test_slow_reader);
  ADD_SCENARIO ("/file-service/leaving", test_leaving);
  ADD_SCENARIO ("/file-service/app-goes", test_app_goes);
  ADD_MEMORY_SCENARIO ("/file-service/shrinks", test_shrinks);
  ADD_MEMORY_SCENARIO ("/file-service/mistakes", test_mistakes);
  ADD_SCENARIO ("/file-service/resources", test_resources);
  result = g_test_run ();
  remove_folder ();
  return result;
}
