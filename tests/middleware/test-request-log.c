/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app-fixture.h"
#include "log-writer.h"

#include <unistd.h>

static GString *fields; /* KEY=VALUE, one a line, of what was logged last by the class */
static guint n_lines;

static GLogWriterOutput
writer (GLogLevelFlags level, const GLogField *log_fields, gsize n, gpointer data)
{
  g_autoptr (GString) all = g_string_new ("\n");

  for (gsize i = 0; i < n; i++)
    if (log_fields[i].length < 0)
      g_string_append_printf (all, "%s=%s\n", log_fields[i].key,
                              (const char *) log_fields[i].value);
  if (strstr (all->str, "NEXWS_CONNECTION=") == NULL)
    return g_log_writer_default (level, log_fields, n, NULL);
  g_assert_cmpuint (level & G_LOG_LEVEL_MASK, ==, G_LOG_LEVEL_MESSAGE);
  g_string_assign (fields, all->str);
  n_lines++;
  return G_LOG_WRITER_HANDLED;
}

static void
assert_field (const char *key, const char *value)
{
  g_autofree char *field = g_strdup_printf ("\n%s=%s\n", key, value);

  if (strstr (fields->str, field) == NULL)
    g_error ("%s is not in %s", field, fields->str);
}

static void
assert_line (const char *pattern)
{
  g_autofree char *line = g_strconcat ("\nMESSAGE=", pattern, "\n", NULL);

  if (!g_regex_match_simple (line, fields->str, 0, 0))
    g_error ("\"%s\" is not in %s", pattern, fields->str);
}

static void
message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  nx_web_socket_send_message (ws, message, NULL);
  nx_web_socket_send_text (ws, "and more", NULL);
}

static void
echo (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (message_cb), NULL);
  nx_web_socket_accept (ws, error);
}

static NxVerdict
refuse_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  if (nx_web_socket_get_query_param (ws, "close") != NULL)
    nx_web_socket_accept_and_close (ws, 4001, NULL, NULL);
  else
    nx_web_socket_reject (ws, 401, NULL, NULL);
  return NX_VERDICT_REFUSE;
}

static void
serve (Fixture *f)
{
  g_autoptr (NxRequestLog) log = nx_request_log_new ();
  g_autoptr (NxRouter) inner = nx_router_new ();

  g_string_truncate (fields, 0);
  n_lines = 0;
  nx_router_add_middleware (NX_ROUTER (f->app), NX_MIDDLEWARE (log));
  nx_router_add_middleware (inner, NX_MIDDLEWARE (log)); /* twice: one line all the same */
  nx_router_add_route (NX_ROUTER (f->app), "/", echo, NULL, NULL, NULL);
  nx_router_add_route (NX_ROUTER (f->app), "/{rest}", echo, NULL, NULL, NULL);
  nx_router_add_route (inner, "/x", echo, NULL, NULL, NULL);
  g_signal_connect (inner, "middleware", G_CALLBACK (refuse_cb), NULL);
  g_assert_true (nx_router_mount (NX_ROUTER (f->app), "/in", inner, NULL));
}

#define TIME "\\[\\d\\d/[A-Z][a-z]{2}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}\\]"

static void
cut (Fixture *f)
{
  nx_test_client_cut (f->client);
  must (settle, f->client);
  g_assert_cmpuint (n_lines, ==, 1);
}

static void
test_accepted (Fixture *f)
{
  serve (f);
  nx_test_client_freeze_time (f->client);
  must (open, f->client, "/ws?token=secret");
  must (send_text, f->client, "four");
  must (send_text, f->client, "five.");
  must (advance_time, f->client, 1500);
  must (close, f->client, 1000, NULL);
  must (settle, f->client);
  g_assert_cmpuint (n_lines, ==, 1);
  assert_field ("NEXWS_PATH", "/ws");
  assert_field ("NEXWS_REMOTE", "127.0.0.1");
  assert_field ("NEXWS_USER", "-");
  assert_field ("NEXWS_STATUS", "101");
  assert_field ("NEXWS_CLOSE_CODE", "1000");
  assert_field ("NEXWS_DURATION_US", "1500000");
  assert_field ("NEXWS_MESSAGES_IN", "2");
  assert_field ("NEXWS_BYTES_IN", "9");
  assert_field ("NEXWS_MESSAGES_OUT", "4");
  assert_field ("NEXWS_BYTES_OUT", "25");
  assert_field ("GLIB_DOMAIN", "nexws");
  assert_line ("127\\.0\\.0\\.1 - - " TIME " \"GET /ws HTTP/1\\.1\" 101 25 close=1000 ms=1500 "
               "in=2/9 out=4/25 id=[0-9a-f]+-1");
  g_assert_null (strstr (fields->str, "secret"));
}

static gboolean
is_anybody (SoupAuthDomain *domain,
            SoupServerMessage *message,
            const char *user,
            const char *password,
            gpointer data)
{
  return TRUE;
}

static void
test_user (Fixture *f)
{
  g_autoptr (SoupAuthDomain) domain = soup_auth_domain_basic_new ("realm", "nexws", NULL);

  serve (f);
  soup_auth_domain_add_path (domain, "/");
  soup_auth_domain_basic_set_auth_callback (domain, is_anybody, NULL, NULL);
  soup_server_add_auth_domain (nx_app_get_server (f->app), domain);
  nx_test_client_set_header (f->client, "Authorization", "Basic YWRhIFwiTC46eA=="); /* ada \"L.:x */
  must (open, f->client, "/ws");
  cut (f);
  assert_field ("NEXWS_USER", "ada\\x20\\x5C\\x22L.");
  assert_line ("127\\.0\\.0\\.1 - ada\\\\x20\\\\x5C\\\\x22L\\. " TIME " \"GET /ws .*");
}

static void
test_refused (Fixture *f)
{
  serve (f);
  must (expect_refusal, f->client, "/in/x", 401);
  g_assert_cmpuint (n_lines, ==, 1);
  assert_field ("NEXWS_STATUS", "401");
  assert_field ("NEXWS_CLOSE_CODE", "1006");
  assert_field ("NEXWS_BYTES_OUT", "0");
}

/* What no middleware is asked about: a line each. */
static void
test_refused_by_app (Fixture *f)
{
  static const char nonsense[] = "GET \"\n HTTP/1.1\r\n\r\n";
  g_autoptr (GBytes) octets = g_bytes_new_static (nonsense, strlen (nonsense));

  serve (f);
  g_test_expect_message ("nexws", G_LOG_LEVEL_MESSAGE, "Refused origin*");
  g_assert_cmpuint (try_open_with (f->client, "/ws", "Origin", "http://evil.example"), ==, 403);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (n_lines, ==, 1);
  assert_field ("NEXWS_CONNECTION", "-");
  assert_field ("NEXWS_REMOTE", "127.0.0.1");
  assert_field ("NEXWS_PATH", "/ws");
  assert_field ("NEXWS_STATUS", "403");
  assert_line ("127\\.0\\.0\\.1 - - " TIME " \"GET /ws HTTP/1\\.1\" 403 0 close=- ms=0 in=0/0 "
               "out=0/0 id=-");
  g_assert_cmpuint (nx_test_client_request_raw (f->client, octets, NULL), ==, 400);
  g_assert_cmpuint (n_lines, ==, 2);
  assert_field ("NEXWS_PATH", "-");
  must (expect_refusal, f->client, "/in/nowhere", 404);
  g_assert_cmpuint (n_lines, ==, 3);
  assert_field ("NEXWS_STATUS", "404");
}

static void
test_refused_by_code (Fixture *f)
{
  serve (f);
  must (open, f->client, "/in/x?close");
  must (expect_close, f->client, 4001, NULL);
  must (settle, f->client);
  g_assert_cmpuint (n_lines, ==, 1);
  assert_field ("NEXWS_STATUS", "101");
  assert_field ("NEXWS_CLOSE_CODE", "4001");
}

static void
test_cut (Fixture *f)
{
  serve (f);
  must (open, f->client, "/");
  cut (f);
  assert_field ("NEXWS_CLOSE_CODE", "1006");
}

/* What a stranger asks for ends neither the quotes nor the line. */
static void
test_hostile_path (Fixture *f)
{
  serve (f);
  must (expect_refusal, f->client, "/a\"b\\%0a", 400);
  assert_field ("NEXWS_PATH", "-"); /* the gate does not let such a path in */
  n_lines = 0;
  must (open, f->client, "/%22%0aNEXWS");
  cut (f);
  assert_field ("NEXWS_PATH", "/%22%0aNEXWS");
}

static void
test_unix (Fixture *f)
{
  g_autofree char *remote = g_strdup_printf ("NEXWS_REMOTE=uid:%u\n", (guint) getuid ());

  serve (f);
  nx_test_client_set_transport (f->client, NX_TEST_TRANSPORT_UNIX);
  must (open, f->client, "/");
  cut (f);
  g_assert_nonnull (strstr (fields->str, remote));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fields = g_string_new (NULL);
  log_to_writer (writer);
  ADD_TEST ("/request-log/accepted", test_accepted);
  ADD_TEST ("/request-log/user", test_user);
  ADD_TEST ("/request-log/refused", test_refused);
  ADD_TEST ("/request-log/refused-by-app", test_refused_by_app);
  ADD_TEST ("/request-log/refused-by-code", test_refused_by_code);
  ADD_TEST ("/request-log/cut", test_cut);
  ADD_TEST ("/request-log/hostile-path", test_hostile_path);
  ADD_TEST ("/request-log/unix", test_unix);
  return g_test_run ();
}
