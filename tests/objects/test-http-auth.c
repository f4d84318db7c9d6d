/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTTP's own authentication: whom a SoupAuthDomain on the app's server accepted, and what it answers to everybody else. */
#include "fixture.h"

#define REALM "nexws"
#define PASSWORD "lovelace"

/* -- Domains -- */

static gboolean
check_basic (SoupAuthDomain *domain,
             SoupServerMessage *message,
             const char *user,
             const char *password,
             gpointer data)
{
  note (data, "checked");
  return strcmp (password, PASSWORD) == 0;
}

static char *
look_up_digest (SoupAuthDomain *domain, SoupServerMessage *message, const char *user, gpointer data)
{
  return strcmp (user, "ada") == 0 ? soup_auth_domain_digest_encode_password (user, REALM, PASSWORD)
                                   : NULL;
}

static void
add_basic (Fixture *f, const char *path)
{
  g_autoptr (SoupAuthDomain) domain = soup_auth_domain_basic_new ("realm", REALM, NULL);

  soup_auth_domain_add_path (domain, path);
  soup_auth_domain_basic_set_auth_callback (domain, check_basic, f, NULL);
  soup_server_add_auth_domain (nx_app_get_server (f->app), domain);
}

static void
add_digest (Fixture *f, const char *path)
{
  g_autoptr (SoupAuthDomain) domain = soup_auth_domain_digest_new ("realm", REALM, NULL);

  soup_auth_domain_add_path (domain, path);
  soup_auth_domain_digest_set_auth_callback (domain, look_up_digest, f, NULL);
  soup_server_add_auth_domain (nx_app_get_server (f->app), domain);
}

/* -- Who sees the user -- */

static const char *
name_of (NxWebSocket *ws)
{
  const char *user = nx_web_socket_get_user (ws);

  return user != NULL ? user : "nobody";
}

static NxVerdict
middleware_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  note (data, "middleware:%s", name_of (ws));
  return NX_VERDICT_PASS;
}

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  note (data, "closed:%s", name_of (ws));
}

static void
greet_func (NxWebSocket *ws, gpointer data, GError **error)
{
  g_autofree char *user = NULL;

  g_object_get (ws, "user", &user, NULL);
  g_assert_cmpstr (user, ==, nx_web_socket_get_user (ws));
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), data);
  nx_web_socket_accept (ws, error);
  nx_web_socket_send_text (ws, name_of (ws), NULL);
}

static void
serve (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/{rest:path}", greet_func, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (middleware_cb), f);
}

/* -- Basic -- */

static Client *
knock (Fixture *f, const char *path, const char *name_and_password)
{
  g_autofree char *token =
      g_base64_encode ((const guchar *) name_and_password, strlen (name_and_password));
  g_autofree char *header = g_strdup_printf ("Authorization: Basic %s\r\n", token);

  return client_new (f, path, header);
}

static void
test_basic (Fixture *f)
{
  Client *client;

  serve (f);
  add_basic (f, "/");
  client = knock (f, "/ws", "ada:" PASSWORD);
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  client_expect_text (client, "ada");
  client_cut (client);
  wait_until (f, f->log->len == 3);
  /* Once: a check may be a costly one. */
  assert_log (f, "checked middleware:ada closed:ada");
}

static void
expect_challenge (Fixture *f, Client *client, const char *scheme)
{
  g_autofree char *challenge = g_strdup_printf ("\r\nWWW-Authenticate: %s realm=", scheme);

  g_assert_cmpuint (client_wait_status (client), ==, 401);
  if (!client_head_has (client, challenge))
    g_error ("%s is not in %.*s", challenge, (int) client->head->len, client->head->data);
  client_expect_end (client);
}

static void
test_wrong (Fixture *f)
{
  serve (f);
  add_basic (f, "/");
  expect_challenge (f, client_new (f, "/ws", ""), "Basic");
  assert_log (f, "");
  expect_challenge (f, knock (f, "/ws", "ada:wrong"), "Basic");
  assert_log (f, "checked");
}

/* Nobody vouches for a name that merely came along. */
static void
test_not_covered (Fixture *f)
{
  serve (f);
  g_assert_cmpuint (client_wait_status (knock (f, "/ws", "admin:x")), ==, 101);
  add_basic (f, "/private");
  g_assert_cmpuint (client_wait_status (knock (f, "/ws", "admin:x")), ==, 101);
  assert_log (f, "middleware:nobody middleware:nobody");
  /* One that is added when handshakes have been seen already counts as well. */
  g_assert_cmpuint (client_wait_status (knock (f, "/private/ws", "ada:" PASSWORD)), ==, 101);
  assert_log (f, "checked middleware:ada");
  g_assert_cmpuint (client_wait_status (client_new (f, "/ws", "")), ==, 101);
  assert_log (f, "middleware:nobody");
}

/* The path is covered however it is written. */
static void
test_encoded_path (Fixture *f)
{
  static const char *const paths[] = { "/%70rivate/ws", "/private%2Fws", "/private", "/private/" };

  serve (f);
  add_basic (f, "/private");
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    expect_challenge (f, client_new (f, paths[i], ""), "Basic");
  assert_log (f, "");
}

/* What is taken out of a domain is so in one spelling; libsoup goes by octets, as the guide says. */
static void
test_exception (Fixture *f)
{
  static const struct
  {
    const char *path;
    guint status;
  } cases[] = {
    { "/public", 101 },
    { "/public/a", 101 },
    { "/publicity", 101 },
    { "/%70ublic", 101 },
    { "/PUBLIC", 401 },
    { "/a/../public", 400 },
    { "/public/../a", 401 },
    { "/./public", 400 },
    { "/public/%2e%2e/a", 401 },
    { "/public/..%2fa", 400 },
    { "//public", 401 },
    { "/public%2f..%2fa", 400 },
    { "/a/%2e%2e%2fpublic", 400 },
  };
  g_autoptr (SoupAuthDomain) domain = soup_auth_domain_basic_new ("realm", REALM, NULL);

  serve (f);
  soup_auth_domain_add_path (domain, "/");
  soup_auth_domain_remove_path (domain, "/public");
  soup_auth_domain_basic_set_auth_callback (domain, check_basic, f, NULL);
  soup_server_add_auth_domain (nx_app_get_server (f->app), domain);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint status = client_wait_status (client_new (f, cases[i].path, ""));

      if (status != cases[i].status)
        g_error ("%s: %u and not %u", cases[i].path, status, cases[i].status);
    }
}

static void
test_two_credentials (Fixture *f)
{
  serve (f);
  add_basic (f, "/");
  g_assert_cmpuint (client_wait_status (client_new (f, "/ws",
                                                    "Authorization: Basic YWRhOmxvdmVsYWNl\r\n"
                                                    "Authorization: Basic YWRtaW46eA==\r\n")),
                    ==, 400);
  g_assert_cmpuint (client_wait_status (client_new (f, "/ws",
                                                    "Authorization: Basic YWRhOmxvdmVsYWNl\r\n"
                                                    "Proxy-Authorization: Basic YQ==\r\n")),
                    ==, 101);
  assert_log (f, "checked middleware:nobody");
}

/* A domain for proxies accepts what says nothing of Authorization. */
static void
test_proxy_domain (Fixture *f)
{
  g_autoptr (SoupAuthDomain) domain =
      soup_auth_domain_basic_new ("realm", REALM, "proxy", TRUE, NULL);

  serve (f);
  soup_auth_domain_basic_set_auth_callback (domain, check_basic, f, NULL);
  soup_server_add_auth_domain (nx_app_get_server (f->app), domain);
  g_assert_cmpuint (
      client_wait_status (client_new (f, "/ws",
                                      "Authorization: Basic YWRtaW46eA==\r\n"
                                      "Proxy-Authorization: Basic YWRhOmxvdmVsYWNl\r\n")),
      ==, 101);
  assert_log (f, "checked middleware:nobody");
}

/* The application takes these names; in a log, or in a language that wants UTF-8, they would do harm. */
static void
test_bad_names (Fixture *f)
{
  static const char *const names[] = { "\xe9ric:" PASSWORD, "a\nb:" PASSWORD, "a\x7f:" PASSWORD };

  serve (f);
  add_basic (f, "/");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_cmpuint (client_wait_status (knock (f, "/ws", names[i])), ==, 400);
      assert_log (f, "checked");
    }
  g_assert_cmpuint (client_wait_status (knock (f, "/ws", "\xc3\xa9ric:" PASSWORD)), ==, 101);
  assert_log (f, "checked middleware:\xc3\xa9ric");
  g_assert_cmpuint (client_wait_status (knock (f, "/ws", ":" PASSWORD)), ==, 101);
  assert_log (f, "checked middleware:");
}

static void
test_garbage (Fixture *f)
{
  static const char *const values[] = {
    "",
    "Basic",
    "Basic !!!!",
    "Basic YWRh",
    "Basic AA==",
    "basic YWRhOmxvdmVsYWNl",
    "Digest",
    "Digest x",
    "Digest username",
    "Digest username=\"ada",
    "Digest username=\"ada\"",
    "Digest username=\"ada\", uri=\"/%00\", qop=auth, realm=\"" REALM "\", nc=1, cnonce=\"\"",
    "Digest username, uri, qop, realm, nc, cnonce, nonce, response",
    "Digest username=\"ada\", username=\"ada\"",
    "Digest ,,,=,\"",
    "Bearer secret",
    "\xff\xfe",
  };

  serve (f);
  add_basic (f, "/basic");
  add_digest (f, "/digest");
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree char *header = g_strdup_printf ("Authorization: %s\r\n", values[i]);

      g_assert_cmpuint (client_wait_status (client_new (f, "/basic", header)), ==, 401);
      g_assert_cmpuint (client_wait_status (client_new (f, "/digest", header)), ==, 401);
    }
  assert_log (f, "");
}

static void
test_large (Fixture *f)
{
  g_autofree char *letters = g_strnfill (16 * 1024, 'a');
  g_autofree char *header = g_strdup_printf ("Authorization: Basic %s\r\n", letters);
  g_autofree char *digest =
      g_strdup_printf ("Authorization: Digest username=\"ada\", uri=\"%s\"\r\n", letters);

  serve (f);
  add_basic (f, "/");
  g_assert_cmpuint (client_wait_status (client_new (f, "/ws", header)), ==, 431);
  g_object_set (f->app, "max-header-size", 32 * 1024, NULL);
  g_assert_cmpuint (client_wait_status (client_new (f, "/ws", header)), ==, 401);
  g_assert_cmpuint (client_wait_status (client_new (f, "/ws", digest)), ==, 401);
  assert_log (f, "");
}

/* The domain of a server that outlives its app. */
static void
test_server_stays (Fixture *f)
{
  g_autoptr (SoupServer) server = g_object_ref (nx_app_get_server (f->app));

  serve (f);
  add_basic (f, "/");
  g_assert_cmpuint (client_wait_status (knock (f, "/ws", "ada:" PASSWORD)), ==, 101);
  g_assert_finalize_object (g_steal_pointer (&f->app));
  g_assert_true (SOUP_IS_SERVER (server));
}

/* -- Digest -- */

static char *
md5 (const char *format, ...)
{
  va_list arguments;
  g_autofree char *text = NULL;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return g_compute_checksum_for_string (G_CHECKSUM_MD5, text, -1);
}

/* RFC 7616 section 3.4.1 */
static Client *
knock_digest (Fixture *f, const char *password, const char *uri, const char *nonce, guint count)
{
  g_autofree char *secret = md5 ("ada:" REALM ":%s", password);
  g_autofree char *request = md5 ("GET:%s", uri);
  g_autofree char *response = md5 ("%s:%s:%08x:cn:auth:%s", secret, nonce, count, request);
  g_autofree char *header = g_strdup_printf (
      "Authorization: Digest username=\"ada\", realm=\"" REALM "\", nonce=\"%s\", uri=\"%s\", "
      "qop=auth, nc=%08x, cnonce=\"cn\", response=\"%s\"\r\n",
      nonce, uri, count, response);

  return client_new (f, "/ws", header);
}

static char *
get_nonce (Client *client)
{
  g_autofree char *head = g_strndup ((const char *) client->head->data, client->head->len);
  const char *start = strstr (head, "nonce=\"");

  g_assert_nonnull (start);
  start += strlen ("nonce=\"");
  return g_strndup (start, strcspn (start, "\""));
}

static void
test_digest (Fixture *f)
{
  g_autofree char *nonce = NULL;
  Client *client = NULL;

  serve (f);
  add_digest (f, "/");
  client = client_new (f, "/ws", "");
  expect_challenge (f, client, "Digest");
  nonce = get_nonce (client);
  expect_challenge (f, knock_digest (f, "wrong", "/ws", nonce, 1), "Digest");
  expect_challenge (f, knock_digest (f, PASSWORD, "/elsewhere", nonce, 1), "Digest");
  assert_log (f, "");
  g_assert_cmpuint (client_wait_status (knock_digest (f, PASSWORD, "/ws", nonce, 1)), ==, 101);
  assert_log (f, "middleware:ada");
}

/* libsoup remembers no nonce, so that one of yesterday is as good as any: against who listens in, Digest needs TLS. */
static void
test_stale_nonce (Fixture *f)
{
  serve (f);
  add_digest (f, "/");
  g_assert_cmpuint (client_wait_status (knock_digest (f, PASSWORD, "/ws", "yesterday", 7)), ==,
                    101);
  assert_log (f, "middleware:ada");
  g_assert_cmpuint (client_wait_status (knock_digest (f, PASSWORD, "/ws", "yesterday", 0)), ==,
                    401);
}

/* -- libsoup's client -- */

typedef struct
{
  const char *password;
  guint n_asked;
  gboolean is_over;
  SoupWebsocketConnection *connection;
} Asker;

static gboolean
authenticate_cb (SoupMessage *message, SoupAuth *auth, gboolean is_retrying, gpointer data)
{
  Asker *self = data;

  self->n_asked++;
  if (!is_retrying)
    soup_auth_authenticate (auth, "ada", self->password);
  return !is_retrying;
}

static void
connected_cb (GObject *session, GAsyncResult *result, gpointer data)
{
  Asker *self = data;

  self->connection = soup_session_websocket_connect_finish (SOUP_SESSION (session), result, NULL);
  self->is_over = TRUE;
}

static guint
ask (Fixture *f, Asker *self)
{
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autofree char *uri = g_strdup_printf ("ws://127.0.0.1:%u/ws", f->port);
  g_autoptr (SoupMessage) message = soup_message_new ("GET", uri);

  g_signal_connect (message, "authenticate", G_CALLBACK (authenticate_cb), self);
  soup_session_websocket_connect_async (session, message, NULL, NULL, G_PRIORITY_DEFAULT, NULL,
                                        connected_cb, self);
  wait_until (f, self->is_over);
  return soup_message_get_status (message);
}

static void
test_soup (Fixture *f)
{
  Asker good = { .password = PASSWORD };
  Asker bad = { .password = "wrong" };

  serve (f);
  g_assert_cmpuint (ask (f, &good), ==, 101);
  g_assert_nonnull (good.connection);
  g_assert_cmpuint (good.n_asked, ==, 1);
  g_object_unref (good.connection);
  g_assert_cmpuint (ask (f, &bad), ==, 401);
  g_assert_null (bad.connection);
}

static void
test_soup_basic (Fixture *f)
{
  add_basic (f, "/");
  test_soup (f);
}

static void
test_soup_digest (Fixture *f)
{
  add_digest (f, "/");
  test_soup (f);
}

/* -- From inside of a check, which libsoup calls while it reads a head -- */

typedef void (*Act) (Fixture *f);

static struct
{
  guint n_checks;
  SoupAuthDomain *domain;
} inside;

static void
iterate (void)
{
  for (guint i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
act_drop_app (Fixture *f)
{
  g_clear_object (&f->app);
}

static void
act_dispose (Fixture *f)
{
  g_object_run_dispose (G_OBJECT (f->app));
}

static void
act_stop (Fixture *f)
{
  stop_app (f);
  iterate ();
}

static void
act_cut (Fixture *f)
{
  client_cut (g_ptr_array_index (f->clients, 0));
  iterate ();
}

static void
act_iterate (Fixture *f)
{
  client_new (f, "/ws", "Authorization: Basic b3RoZXI6bG92ZWxhY2U=\r\n"); /* other:lovelace */
  iterate ();
}

static void
act_iterate_and_drop (Fixture *f)
{
  act_iterate (f);
  act_drop_app (f);
}

static void
act_remove_domain (Fixture *f)
{
  soup_server_remove_auth_domain (nx_app_get_server (f->app), inside.domain);
}

static const struct
{
  const char *name;
  Act act;
  guint status;
  const char *log;
} acts[] = {
  /* Nobody hears of who came to an app that is not there any more. */
  { "drop-app", act_drop_app, 0, "checked:ada" },
  { "dispose", act_dispose, 503, "checked:ada" },
  { "stop", act_stop, 503, "checked:ada done" },
  { "cut", act_cut, 0, "checked:ada middleware:ada closed:ada" },
  { "iterate", act_iterate, 101,
    "checked:ada middleware:ada checked:other middleware:other closed:ada closed:other" },
  { "iterate-and-drop", act_iterate_and_drop, 0, "checked:ada" },
  { "remove-domain", act_remove_domain, 101, "checked:ada middleware:ada closed:ada" },
};

static gboolean
check_inside (SoupAuthDomain *domain,
              SoupServerMessage *message,
              const char *user,
              const char *password,
              gpointer data)
{
  Fixture *f = data;

  note (f, "checked:%s", user);
  if (inside.n_checks++ == 0)
    acts[GPOINTER_TO_UINT (f->data)].act (f);
  return TRUE;
}

static void
test_inside (Fixture *f)
{
  g_autoptr (SoupAuthDomain) domain = soup_auth_domain_basic_new ("realm", REALM, NULL);
  guint row = GPOINTER_TO_UINT (f->data);
  Client *client;

  inside.n_checks = 0;
  inside.domain = domain;
  serve (f);
  soup_auth_domain_add_path (domain, "/");
  soup_auth_domain_basic_set_auth_callback (domain, check_inside, f, NULL);
  soup_server_add_auth_domain (nx_app_get_server (f->app), domain);
  client = knock (f, "/ws", "ada:" PASSWORD);
  wait_until (f, inside.n_checks > 0);
  settle (f);
  pass_time (f, 60 * 1000);
  g_clear_object (&f->app);
  settle (f);
  g_assert_cmpuint (client->status, ==, acts[row].status);
  assert_log (f, acts[row].log);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SCENARIO ("/http-auth/basic", test_basic);
  ADD_SCENARIO ("/http-auth/wrong", test_wrong);
  ADD_SCENARIO ("/http-auth/not-covered", test_not_covered);
  ADD_SCENARIO ("/http-auth/encoded-path", test_encoded_path);
  ADD_SCENARIO ("/http-auth/exception", test_exception);
  ADD_SCENARIO ("/http-auth/two-credentials", test_two_credentials);
  ADD_SCENARIO ("/http-auth/proxy-domain", test_proxy_domain);
  ADD_SCENARIO ("/http-auth/bad-names", test_bad_names);
  ADD_SCENARIO ("/http-auth/garbage", test_garbage);
  ADD_SCENARIO ("/http-auth/large", test_large);
  ADD_MEMORY_SCENARIO ("/http-auth/server-stays", test_server_stays);
  ADD_SCENARIO ("/http-auth/digest", test_digest);
  ADD_SCENARIO ("/http-auth/stale-nonce", test_stale_nonce);
  ADD_SOCKET_SCENARIO ("/http-auth/soup-basic", test_soup_basic);
  ADD_SOCKET_SCENARIO ("/http-auth/soup-digest", test_soup_digest);
  for (guint i = 0; i < G_N_ELEMENTS (acts); i++)
    {
      g_autofree char *path = g_strdup_printf ("/http-auth/inside/%s", acts[i].name);

      fixture_add_case (path, test_inside, GUINT_TO_POINTER (i));
    }
  return g_test_run ();
}
