/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app-fixture.h"

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

static guint
get (Fixture *f, const char *path)
{
  return try_request (f->client, "GET", path);
}

static guint
get_with (Fixture *f, const char *path, const char *name, const char *value)
{
  guint status;

  nx_test_client_set_header (f->client, name, value);
  status = get (f, path);
  nx_test_client_set_header (f->client, name, NULL);
  return status;
}

static guint
send_empty (Fixture *f, const char *method, const char *path)
{
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);

  return nx_test_client_request (f->client, method, path, nothing, NULL);
}

#define assert_got(f, path, expected)                                                              \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_assert_cmpuint (get (f, path), ==, 200);                                                     \
    assert_body ((f)->client, expected);                                                           \
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
  guint status;

  serve (f, "/");
  status = get (f, row->path);
  /* What is no path at all does not even get past libsoup, or the gate. */
  if (row->status == 404 && status == 400)
    return;
  g_assert_cmpuint (status, ==, row->status);
  assert_unsaid (f->client, "secret");
  if (row->status == 200)
    assert_body (f->client, row->body);
  if (row->status == 301)
    assert_header (f->client, "Location", row->body);
  if (row->type != NULL)
    assert_header (f->client, "Content-Type", row->type);
}

static void
test_prefix (Fixture *f)
{
  serve (f, "/static");
  g_assert_cmpuint (get (f, "/static/a.txt"), ==, 200);
  g_assert_cmpuint (get (f, "/static/"), ==, 200);
  g_assert_cmpuint (get (f, "/static"), ==, 301);
  assert_header (f->client, "Location", "/static/");
  g_assert_cmpuint (get (f, "/a.txt"), ==, 404);
  g_assert_cmpuint (get (f, "/staticx/a.txt"), ==, 404);
}

/* What is served below one path hides nothing that is called alike. */
static void
test_two_prefixes (Fixture *f)
{
  serve (f, "/");
  serve (f, "/a");
  g_assert_true (nx_app_serve_health (f->app, "/with", NULL));
  assert_got (f, "/a/a.txt", "hello");
  assert_got (f, "/a.txt", "hello");
  assert_got (f, "/with%20space.txt", "spaced");
}

/* Where everything is served, a websocket's route still is one. */
static void
test_beside_routes (Fixture *f)
{
  serve (f, "/");
  nx_router_add_route (NX_ROUTER (f->app), "/a.txt", accept_func, NULL, NULL, NULL);
  g_assert_cmpuint (get (f, "/a.txt"), ==, 200);
  must (open, f->client, "/a.txt");
}

static void
test_head (Fixture *f)
{
  serve (f, "/");
  g_assert_cmpuint (try_request (f->client, "HEAD", "/a.txt"), ==, 200);
  assert_header (f->client, "Content-Length", "5");
  assert_header (f->client, "Content-Type", "text/plain; charset=utf-8");
  assert_body (f->client, "");
  g_assert_cmpuint (try_request (f->client, "HEAD", "/big.bin"), ==, 200);
  assert_body (f->client, "");
}

static void
test_methods (Fixture *f)
{
  static const char *const methods[] = { "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get" };

  serve (f, "/");
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      guint status = send_empty (f, methods[i], "/a.txt");

      if (status == 400 || status == 501) /* the gate's */
        continue;
      g_assert_cmpuint (status, ==, 405);
      assert_header (f->client, "Allow", "GET, HEAD");
    }
}

/* -- Caches -- */

static void
test_etag (Fixture *f)
{
  g_autofree char *etag = NULL, *list = NULL;

  serve (f, "/");
  g_assert_cmpuint (get (f, "/a.txt"), ==, 200);
  etag = g_strdup (nx_test_client_get_response_header (f->client, "ETag"));
  assert_header (f->client, "Cache-Control", "no-cache");
  assert_header (f->client, "X-Content-Type-Options", "nosniff");
  list = g_strdup_printf ("\"x\", W/%s", etag);
  g_assert_cmpuint (get_with (f, "/a.txt", "If-None-Match", list), ==, 304);
  assert_header (f->client, "ETag", etag);
  assert_body (f->client, "");
  write_file ("root/a.txt", "Hello", -1); /* of the same size */
  g_assert_cmpuint (get_with (f, "/a.txt", "If-None-Match", list), ==, 200);
  g_assert_cmpstr (nx_test_client_get_response_header (f->client, "ETag"), !=, etag);
  write_file ("root/a.txt", "hello", -1);
}

static void
test_dates (Fixture *f)
{
  static const struct
  {
    const char *since;
    guint status;
  } dates[] = {
    { "Sat, 01 Jan 2022 00:00:00 GMT", 304 },
    { "Sun, 02 Jan 2022 00:00:00 GMT", 304 },
    { "Fri, 31 Dec 2021 23:59:59 GMT", 200 },
    { "yesterday", 200 },
  };
  g_autofree char *path = in_folder ("root/dated.txt");
  struct timespec times[2] = { { .tv_sec = 1640995200 }, { .tv_sec = 1640995200 } };

  write_file ("root/dated.txt", "dated", -1);
  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
  serve (f, "/");
  g_assert_cmpuint (get (f, "/dated.txt"), ==, 200);
  assert_header (f->client, "Last-Modified", "Sat, 01 Jan 2022 00:00:00 GMT");
  for (guint i = 0; i < G_N_ELEMENTS (dates); i++)
    g_assert_cmpuint (get_with (f, "/dated.txt", "If-Modified-Since", dates[i].since), ==,
                      dates[i].status);
  /* The other header counts. */
  nx_test_client_set_header (f->client, "If-None-Match", "\"x\"");
  g_assert_cmpuint (get_with (f, "/dated.txt", "If-Modified-Since", dates[1].since), ==, 200);
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
  assert_got (f, "/.secret", "secret");
  g_assert_cmpuint (get (f, "/bare/"), ==, 200);
  assert_header (f->client, "Cache-Control", "max-age=60");
  g_object_set (service, "cache-control", NULL, NULL);
  g_assert_cmpuint (get (f, "/bare/"), ==, 200);
  assert_header (f->client, "Cache-Control", NULL);
}

/* -- Large files -- */

static void
assert_big (NxTestClient *client)
{
  gsize length;
  const char *body = g_bytes_get_data (nx_test_client_get_response_body (client), &length);

  g_assert_cmpuint (length, ==, BIG);
  for (gsize i = 0; i < BIG; i++)
    if (body[i] != big_octet (i))
      g_error ("octet %zu is wrong", i);
}

static void
test_big (Fixture *f)
{
  serve (f, "/");
  g_assert_cmpuint (get (f, "/big.bin"), ==, 200);
  assert_big (f->client);
}

static void
answered_cb (GObject *client, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  guint status = nx_test_client_request_finish (NX_TEST_CLIENT (client), result, &error);

  note (data, "%u:%s", status, error != NULL ? error->message : "");
}

/* Asks for it, and does not read what comes. */
static void
begin (Fixture *f, NxTestClient *client, const char *path, GCancellable *cancellable)
{
  nx_test_client_stop_reading (client, 0);
  nx_test_client_request_async (client, "GET", path, NULL, cancellable, answered_cb, f);
}

static void
iterate (guint n_turns)
{
  for (guint turn = 0; turn < n_turns; turn++)
    g_main_context_iteration (NULL, FALSE);
}

static void
await_answer (Fixture *f)
{
  while (f->log->len == 0)
    g_main_context_iteration (NULL, TRUE);
}

/* Who does not read holds nobody up, and gets the rest when it does. */
static void
test_slow_reader (Fixture *f)
{
  NxTestClient *slow = add_client (f);

  serve (f, "/");
  begin (f, slow, "/big.bin", NULL);
  must (settle, slow);
  g_assert_cmpuint (get (f, "/big.bin"), ==, 200);
  assert_big (f->client);
  assert_log (f, "");
  nx_test_client_start_reading (slow);
  await_answer (f);
  assert_log (f, "200:");
  assert_big (slow);
}

static void
test_leaving (Fixture *f)
{
  NxTestClient *leaving = add_client (f);

  serve (f, "/");
  for (guint i = 0; i < 8; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();

      begin (f, leaving, "/big.bin", cancellable);
      iterate (3 * i);
      g_cancellable_cancel (cancellable);
      must (settle, leaving);
    }
  g_assert_cmpuint (get (f, "/a.txt"), ==, 200);
}

/* The app goes while files are opened and sent. */
static void
test_app_goes (Fixture *f)
{
  serve (f, "/");
  for (guint i = 0; i < 4; i++)
    {
      begin (f, f->client, "/big.bin", NULL);
      iterate (5 * i);
    }
  g_object_run_dispose (G_OBJECT (f->app));
  nx_test_client_start_reading (f->client); /* the end */
  for (guint i = 0; i < 20; i++)
    {
      g_usleep (1000);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  g_assert_cmpuint (f->log->len, ==, 4);
}

/* What is missing at the end tells the client that it has not got all. (A kernel's buffers may hold it all before it shrinks.) */
static void
test_shrinks (Fixture *f)
{
  g_autofree char *path = in_folder ("root/shrinks.bin");
  g_autofree char *data = g_malloc0 (BIG);

  write_file ("root/shrinks.bin", data, BIG);
  serve (f, "/");
  begin (f, f->client, "/shrinks.bin", NULL);
  for (guint i = 0; i < 20; i++)
    {
      g_usleep (1000);
      must (settle, f->client);
    }
  g_assert_cmpint (truncate (path, 10), ==, 0);
  nx_test_client_start_reading (f->client);
  await_answer (f);
  g_assert_true (g_str_has_prefix (g_ptr_array_index (f->log, 0),
                                   "0:The answer's Content-Length is 3145745, and its body has "));
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
  g_autofree char *etag = NULL;

  g_assert_nonnull (nx_app_serve_resources (f->app, "/web", "/org/nexws/test/web", NULL));
  assert_got (f, "/web/", SPDX_HTML "<h1>Resource</h1>\n");
  assert_header (f->client, "Content-Type", "text/html; charset=utf-8");
  assert_header (f->client, "Last-Modified", NULL);
  assert_got (f, "/web/style.css", "/* " SPDX " */\nbody {}\n");
  etag = g_strdup (nx_test_client_get_response_header (f->client, "ETag"));
  g_assert_cmpuint (get_with (f, "/web/style.css", "If-None-Match", etag), ==, 304);
  g_assert_cmpuint (get (f, "/web/sub"), ==, 301);
  assert_header (f->client, "Location", "/web/sub/");
  assert_got (f, "/web/sub/", SPDX_HTML "sub\n");
  g_assert_cmpuint (get (f, "/web/nothing"), ==, 404);
  /* libsoup takes such a part away, with the one in front of it: no way out. */
  g_assert_cmpuint (get (f, "/web/%2e%2e/style.css"), ==, 404);
  g_assert_cmpuint (send_empty (f, "POST", "/web/"), ==, 405);
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

      add_case (path, test_row, &rows[i]);
    }
  ADD_TEST ("/file-service/prefix", test_prefix);
  ADD_TEST ("/file-service/two-prefixes", test_two_prefixes);
  ADD_TEST ("/file-service/beside-routes", test_beside_routes);
  ADD_TEST ("/file-service/head", test_head);
  ADD_TEST ("/file-service/methods", test_methods);
  ADD_TEST ("/file-service/etag", test_etag);
  ADD_TEST ("/file-service/dates", test_dates);
  ADD_TEST ("/file-service/properties", test_properties);
  ADD_TEST ("/file-service/big", test_big);
  ADD_TEST ("/file-service/slow-reader", test_slow_reader);
  ADD_TEST ("/file-service/leaving", test_leaving);
  ADD_TEST ("/file-service/app-goes", test_app_goes);
  ADD_TEST ("/file-service/shrinks", test_shrinks);
  ADD_TEST ("/file-service/mistakes", test_mistakes);
  ADD_TEST ("/file-service/resources", test_resources);
  result = g_test_run ();
  remove_folder ();
  return result;
}
