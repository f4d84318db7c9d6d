/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

#include "service/nx-site-private.h"

static guint n_destroyed;

static void
destroy (gpointer data)
{
  n_destroyed++;
}

/* Answers with its own name. */
static void
answer_func (SoupServer *server,
             SoupServerMessage *message,
             const char *path,
             GHashTable *query,
             gpointer name)
{
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_COPY, name, strlen (name));
}

static void
add (Fixture *f, const char *path, gboolean is_tree, const char *name)
{
  nx_site_add (nx_app_get_server (f->app), path, is_tree, answer_func, (gpointer) name, destroy);
}

/* @name: NULL for 404. */
static void
expect (Fixture *f, const char *path, const char *name)
{
  g_autofree char *request = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
  g_autofree char *body = g_strdup_printf ("\r\n\r\n%s", name);
  Client *client = client_connect (f);

  client_send_raw (client, request, strlen (request));
  client_expect_end (client);
  g_assert_cmpuint (client->status, ==, name != NULL ? 200 : 404);
  if (name != NULL)
    g_assert_true (client_head_has (client, body));
}

static void
test_segments (Fixture *f)
{
  add (f, "/", TRUE, "root");
  add (f, "/static", TRUE, "static");
  add (f, "/static/deep", TRUE, "deep");
  add (f, "/ready", FALSE, "ready");
  expect (f, "/", "root");
  expect (f, "/static", "static");
  expect (f, "/static/", "static");
  expect (f, "/static/a", "static");
  expect (f, "/static.html", "root");
  expect (f, "/stati", "root");
  expect (f, "/static/deep/a", "deep");
  expect (f, "/static/deeper", "static");
  expect (f, "/ready", "ready");
  expect (f, "/ready?now", "ready");
  expect (f, "/ready/", "root");
  expect (f, "/ready/x", "root");
  expect (f, "/readyz.js", "root");
}

static void
test_nothing_else (Fixture *f)
{
  add (f, "/static", TRUE, "static");
  add (f, "/ready", FALSE, "ready");
  expect (f, "/static.html", NULL);
  expect (f, "/readyz", NULL);
  expect (f, "/", NULL);
}

static void
test_replace (Fixture *f)
{
  n_destroyed = 0;
  add (f, "/a", TRUE, "one");
  add (f, "/a", FALSE, "other");
  g_assert_cmpuint (n_destroyed, ==, 1);
  expect (f, "/a", "other");
  expect (f, "/a/b", NULL);
  soup_server_remove_handler (nx_app_get_server (f->app), "/a");
  g_assert_cmpuint (n_destroyed, ==, 2);
  expect (f, "/a", NULL);
}

static void
test_drop (Fixture *f)
{
  n_destroyed = 0;
  add (f, "/", TRUE, "root");
  add (f, "/a", TRUE, "a");
  g_clear_object (&f->app);
  g_assert_cmpuint (n_destroyed, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_MEMORY_SCENARIO ("/site/segments", test_segments);
  ADD_MEMORY_SCENARIO ("/site/nothing-else", test_nothing_else);
  ADD_MEMORY_SCENARIO ("/site/replace", test_replace);
  ADD_MEMORY_SCENARIO ("/site/drop", test_drop);
  return g_test_run ();
}
