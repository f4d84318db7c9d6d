/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fixture.h"

/* -- Where a token is found, and whether it is the secret -- */

typedef struct
{
  const char *name;
  const char *source; /* of the token; behind it only bearer */
  const char *path;
  const char *headers;
  guint status;
} Row;

static const Row rows[] = {
  { "bearer", "bearer", "/", "Authorization: Bearer s3cret\r\n", 101 },
  { "bearer-case", "bearer", "/", "authorization: bEARER  s3cret\r\n", 101 },
  { "bearer-wrong", "bearer", "/", "Authorization: Bearer s3creT\r\n", 401 },
  { "bearer-longer", "bearer", "/", "Authorization: Bearer s3cret1\r\n", 401 },
  { "bearer-shorter", "bearer", "/", "Authorization: Bearer s3cre\r\n", 401 },
  { "bearer-empty", "bearer", "/", "Authorization: Bearer \r\n", 401 },
  { "bearer-two-words", "bearer", "/", "Authorization: Bearer s3cret s3cret\r\n", 401 },
  { "bearer-twice", "bearer", "/",
    "Authorization: Bearer s3cret\r\nAuthorization: Bearer s3cret\r\n", 400 },
  { "basic", "bearer", "/", "Authorization: Basic s3cret\r\n", 401 },
  { "nothing", "bearer", "/", "", 401 },
  { "query-not-asked", "bearer", "/?token=s3cret", "", 401 },
  { "query", "query:token", "/?token=s3cret", "", 101 },
  { "query-encoded", "query:token", "/?token=%733cret", "", 101 },
  { "query-nul", "query:token", "/?token=s3cret%00", "", 401 },
  { "query-empty", "query:token", "/?token=", "", 401 },
  { "query-last", "query:token", "/?token=s3cret&token=x", "", 401 },
  { "query-other", "query:token", "/?Token=s3cret", "", 401 },
  { "cookie", "cookie:session", "/", "Cookie: a=b; session=s3cret\r\n", 101 },
  { "cookie-wrong", "cookie:session", "/", "Cookie: session=x\r\n", 401 },
  { "cookie-other", "cookie:session", "/", "Cookie: xsession=s3cret\r\n", 401 },
  { "subprotocol", "subprotocol:token.", "/", "Sec-WebSocket-Protocol: chat, token.s3cret\r\n",
    101 },
  { "subprotocol-wrong", "subprotocol:token.", "/", "Sec-WebSocket-Protocol: token.x\r\n", 401 },
  { "subprotocol-bare", "subprotocol:token.", "/", "Sec-WebSocket-Protocol: s3cret\r\n", 401 },
  { "second-source", "cookie:session", "/", "Authorization: Bearer s3cret\r\n", 101 },
  /* The first one that has a token counts: who shows a bad one is not helped by another. */
  { "first-source-counts", "cookie:session", "/",
    "Cookie: session=x\r\nAuthorization: Bearer s3cret\r\n", 401 },
};

static NxTokenFilter *
add_filter (Fixture *f, const char *secret)
{
  NxTokenFilter *filter = nx_token_filter_new (secret);

  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, NULL, NULL, NULL);
  nx_router_add_middleware (NX_ROUTER (f->app), NX_MIDDLEWARE (filter));
  g_object_unref (filter);
  return filter;
}

static void
test_row (Fixture *f)
{
  const Row *row = f->data;
  const char *const sources[] = { row->source, "bearer", NULL };
  NxTokenFilter *filter = add_filter (f, "s3cret");
  g_auto (GStrv) got = NULL;
  Client *client;

  g_object_set (filter, "sources", sources, NULL);
  g_object_get (filter, "sources", &got, NULL);
  g_assert_true (g_strv_equal ((const char *const *) got, sources));
  client = client_new (f, row->path, row->headers);
  g_assert_cmpuint (client_wait_status (client), ==, row->status);
  g_assert_false (client_head_has (client, "s3cret"));
}

#define BEARER(token) "Authorization: Bearer " token "\r\n"

/* -- How it refuses -- */

static void
test_challenge (Fixture *f)
{
  NxTokenFilter *filter = add_filter (f, "s3cret");
  Client *client = client_new (f, "/", "");

  g_assert_cmpuint (client_wait_status (client), ==, 401);
  g_assert_true (client_head_has (client, "WWW-Authenticate: Bearer realm=\"nexws\"\r\n"));
  g_object_set (filter, "realm", "the \"house\"", NULL);
  client = client_new (f, "/", BEARER ("x"));
  g_assert_cmpuint (client_wait_status (client), ==, 401);
  g_assert_true (client_head_has (
      client, "WWW-Authenticate: Bearer realm=\"the \\\"house\\\"\", error=\"invalid_token\"\r\n"));
}

static void
test_close_code (Fixture *f)
{
  NxTokenFilter *filter = add_filter (f, "s3cret");
  Client *client;

  g_object_set (filter, "close-code", 3000, NULL);
  client = client_new (f, "/", "");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  client_expect_close (client, 3000);
  g_assert_cmpstr (client->close_reason, ==, "Unauthorized");
}

/* They are told of when they are made, and not with every client that is refused. */
static void
test_mistakes (Fixture *f)
{
  static const char *const realms[] = { NULL, "a\r\nX: y", "a\nb" };
  static const guint codes[] = { 1, 999, 1004, 1005, 1006, 1015, 2999 };
  NxTokenFilter *filter = add_filter (f, "good");
  Client *client;

  for (guint i = 0; i < G_N_ELEMENTS (realms); i++)
    {
      g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "*set_property*failed");
      g_object_set (filter, "realm", realms[i], NULL);
      g_test_assert_expected_messages ();
    }
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, "*set_property*failed");
      g_object_set (filter, "close-code", codes[i], NULL);
      g_test_assert_expected_messages ();
    }
  client = client_new (f, "/", "");
  g_assert_cmpuint (client_wait_status (client), ==, 401);
  g_assert_true (client_head_has (client, "WWW-Authenticate: Bearer realm=\"nexws\"\r\n"));
}

/* A secret that somebody forgot to set lets nobody in. */
static void
test_no_secret (Fixture *f)
{
  const char *const sources[] = { "query:token", NULL };
  NxTokenFilter *filter = add_filter (f, NULL);

  g_object_set (filter, "sources", sources, NULL);
  g_assert_cmpuint (client_wait_status (client_new (f, "/?token=", "")), ==, 401);
  g_assert_cmpuint (client_wait_status (client_new (f, "/?token=x", "")), ==, 401);
  g_object_set (filter, "secret", "", NULL);
  g_assert_cmpuint (client_wait_status (client_new (f, "/?token=", "")), ==, 401);
}

static void
test_bad_sources (Fixture *f)
{
  const char *const sources[] = { "header", "query", "query:", "bearer:x", "", "cookie:id", NULL };
  const char *const good[] = { "cookie:id", NULL };
  NxTokenFilter *filter = add_filter (f, NULL);
  g_auto (GStrv) got = NULL;

  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *pattern = g_strdup_printf ("*\"%s\" is no source*", sources[i]);

      g_test_expect_message ("nexws", G_LOG_LEVEL_CRITICAL, pattern);
    }
  g_object_set (filter, "sources", sources, NULL);
  g_test_assert_expected_messages ();
  g_object_get (filter, "sources", &got, NULL);
  g_assert_true (g_strv_equal ((const char *const *) got, good));
}

/* -- Verifiers -- */

typedef struct
{
  Fixture *f;
  NxTokenFilter *filter;
  NxWebSocket *ws;
} Late;

static NxVerdict
verify_cb (NxTokenFilter *filter, NxWebSocket *ws, const char *token, gpointer data)
{
  note (data, "asked-%s", token);
  return g_str_equal (token, "known") ? NX_VERDICT_PASS : NX_VERDICT_REFUSE;
}

static NxVerdict
late_cb (NxTokenFilter *filter, NxWebSocket *ws, const char *token, gpointer data)
{
  Late *late = data;

  late->ws = g_object_ref (ws);
  nx_web_socket_defer (ws);
  return NX_VERDICT_PASS;
}

static NxVerdict
own_words_cb (NxTokenFilter *filter, NxWebSocket *ws, const char *token, gpointer data)
{
  nx_web_socket_reject (ws, 429, NULL, NULL);
  return NX_VERDICT_REFUSE;
}

/* Who knows it passes it; who does not leaves it to the secret. */
static void
test_verify (Fixture *f)
{
  NxTokenFilter *filter = add_filter (f, "s3cret");

  g_signal_connect (filter, "verify", G_CALLBACK (verify_cb), f);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", "")), ==, 401);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", BEARER ("x"))), ==, 401);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", BEARER ("known"))), ==, 101);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", BEARER ("s3cret"))), ==, 101);
  assert_log (f, "asked-x asked-known asked-s3cret");
}

static void
test_own_words (Fixture *f)
{
  g_signal_connect (add_filter (f, NULL), "verify", G_CALLBACK (own_words_cb), NULL);
  g_assert_cmpuint (client_wait_status (client_new (f, "/", BEARER ("x"))), ==, 429);
}

static Client *
begin_late (Fixture *f, Late *late)
{
  Client *client;

  late->f = f;
  late->filter = add_filter (f, NULL);
  g_signal_connect (late->filter, "verify", G_CALLBACK (late_cb), late);
  client = client_new (f, "/", BEARER ("x"));
  wait_until (f, late->ws != NULL);
  settle (f);
  g_assert_cmpuint (client->status, ==, 0);
  return client;
}

static void
test_late_yes (Fixture *f)
{
  Late late = { 0 };
  Client *client = begin_late (f, &late);

  nx_web_socket_proceed (late.ws);
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  nx_token_filter_refuse (late.filter, late.ws); /* too late: nothing */
  settle (f);
  g_assert_cmpuint (nx_web_socket_get_state (late.ws), ==, NX_STATE_OPEN);
  g_object_unref (late.ws);
}

static void
test_late_no (Fixture *f)
{
  Late late = { 0 };
  Client *client = begin_late (f, &late);

  nx_token_filter_refuse (late.filter, late.ws);
  g_assert_cmpuint (client_wait_status (client), ==, 401);
  nx_web_socket_proceed (late.ws);
  g_object_unref (late.ws);
}

/* A verifier that never answers costs its client an answer, and nobody else anything. */
static void
test_never (Fixture *f)
{
  Late late = { 0 };
  Client *client = begin_late (f, &late);

  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*not decided in time*503*");
  pass_time (f, 31 * 1000);
  g_test_assert_expected_messages ();
  g_assert_cmpuint (client_wait_status (client), ==, 503);
  g_assert_true (g_cancellable_is_cancelled (nx_web_socket_get_cancellable (late.ws)));
  nx_token_filter_refuse (late.filter, late.ws);
  nx_web_socket_proceed (late.ws);
  g_object_unref (late.ws);
}

static void
test_late_and_gone (Fixture *f)
{
  Late late = { 0 };
  Client *client = begin_late (f, &late);

  client_cut (client);
  settle (f);
  g_assert_true (g_cancellable_is_cancelled (nx_web_socket_get_cancellable (late.ws)));
  nx_token_filter_refuse (late.filter, late.ws);
  nx_web_socket_proceed (late.ws);
  g_object_unref (late.ws);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/token-filter/", rows[i].name, NULL);

      fixture_add_case (path, test_row, &rows[i]);
    }
  ADD_SCENARIO ("/token-filter/challenge", test_challenge);
  ADD_SCENARIO ("/token-filter/close-code", test_close_code);
  ADD_SCENARIO ("/token-filter/mistakes", test_mistakes);
  ADD_SCENARIO ("/token-filter/no-secret", test_no_secret);
  ADD_SCENARIO ("/token-filter/bad-sources", test_bad_sources);
  ADD_SCENARIO ("/token-filter/verify", test_verify);
  ADD_SCENARIO ("/token-filter/own-words", test_own_words);
  ADD_SCENARIO ("/token-filter/late-yes", test_late_yes);
  ADD_SCENARIO ("/token-filter/late-no", test_late_no);
  ADD_SCENARIO ("/token-filter/never", test_never);
  ADD_SCENARIO ("/token-filter/late-and-gone", test_late_and_gone);
  return g_test_run ();
}
