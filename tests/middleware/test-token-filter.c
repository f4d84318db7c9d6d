/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "app-fixture.h"

/* -- Where a token is found, and whether it is the secret -- */

typedef struct
{
  const char *name;
  const char *source; /* of the token; behind it only bearer */
  const char *path;
  const char *headers; /* lines of `name: value` */
  guint status;
} Row;

static const Row rows[] = {
  { "bearer", "bearer", "/", "Authorization: Bearer s3cret", 101 },
  { "bearer-case", "bearer", "/", "authorization: bEARER  s3cret", 101 },
  { "bearer-wrong", "bearer", "/", "Authorization: Bearer s3creT", 401 },
  { "bearer-longer", "bearer", "/", "Authorization: Bearer s3cret1", 401 },
  { "bearer-shorter", "bearer", "/", "Authorization: Bearer s3cre", 401 },
  { "bearer-empty", "bearer", "/", "Authorization: Bearer ", 401 },
  { "bearer-two-words", "bearer", "/", "Authorization: Bearer s3cret s3cret", 401 },
  { "bearer-twice", "bearer", "/", "Authorization: Bearer s3cret\nAuthorization: Bearer s3cret",
    400 },
  { "basic", "bearer", "/", "Authorization: Basic s3cret", 401 },
  { "nothing", "bearer", "/", "", 401 },
  { "query-not-asked", "bearer", "/?token=s3cret", "", 401 },
  { "query", "query:token", "/?token=s3cret", "", 101 },
  { "query-encoded", "query:token", "/?token=%733cret", "", 101 },
  { "query-nul", "query:token", "/?token=s3cret%00", "", 401 },
  { "query-empty", "query:token", "/?token=", "", 401 },
  { "query-last", "query:token", "/?token=s3cret&token=x", "", 401 },
  { "query-other", "query:token", "/?Token=s3cret", "", 401 },
  { "cookie", "cookie:session", "/", "Cookie: a=b; session=s3cret", 101 },
  { "cookie-wrong", "cookie:session", "/", "Cookie: session=x", 401 },
  { "cookie-other", "cookie:session", "/", "Cookie: xsession=s3cret", 401 },
  { "subprotocol", "subprotocol:token.", "/", "Sec-WebSocket-Protocol: chat, token.s3cret", 101 },
  { "subprotocol-wrong", "subprotocol:token.", "/", "Sec-WebSocket-Protocol: token.x", 401 },
  { "subprotocol-bare", "subprotocol:token.", "/", "Sec-WebSocket-Protocol: s3cret", 401 },
  { "second-source", "cookie:session", "/", "Authorization: Bearer s3cret", 101 },
  /* The first one that has a token counts: who shows a bad one is not helped by another. */
  { "first-source-counts", "cookie:session", "/", "Cookie: session=x\nAuthorization: Bearer s3cret",
    401 },
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
add_headers (NxTestClient *client, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *colon = strstr (lines[i], ": ");

      *colon = '\0';
      nx_test_client_add_header (client, lines[i], colon + 2);
    }
}

static void
test_row (Fixture *f)
{
  const Row *row = f->data;
  const char *const sources[] = { row->source, "bearer", NULL };
  NxTokenFilter *filter = add_filter (f, "s3cret");
  g_auto (GStrv) got = NULL;

  g_object_set (filter, "sources", sources, NULL);
  g_object_get (filter, "sources", &got, NULL);
  g_assert_true (g_strv_equal ((const char *const *) got, sources));
  add_headers (f->client, row->headers);
  g_assert_cmpuint (try_open (f->client, row->path), ==, row->status);
  assert_unsaid (f->client, "s3cret");
}

static guint
try_token (Fixture *f, const char *token)
{
  g_autofree char *value = g_strconcat ("Bearer ", token, NULL);

  return try_open_with (f->client, "/", "Authorization", value);
}

/* -- How it refuses -- */

static void
test_challenge (Fixture *f)
{
  NxTokenFilter *filter = add_filter (f, "s3cret");

  must (expect_refusal, f->client, "/", 401);
  assert_header (f->client, "WWW-Authenticate", "Bearer realm=\"nexws\"");
  g_object_set (filter, "realm", "the \"house\"", NULL);
  g_assert_cmpuint (try_token (f, "x"), ==, 401);
  assert_header (f->client, "WWW-Authenticate",
                 "Bearer realm=\"the \\\"house\\\"\", error=\"invalid_token\"");
}

static void
test_close_code (Fixture *f)
{
  NxTokenFilter *filter = add_filter (f, "s3cret");

  g_object_set (filter, "close-code", 3000, NULL);
  must (open, f->client, "/");
  must (expect_close, f->client, 3000, "Unauthorized");
}

/* They are told of when they are made, and not with every client that is refused. */
static void
test_mistakes (Fixture *f)
{
  static const char *const realms[] = { NULL, "a\r\nX: y", "a\nb" };
  static const guint codes[] = { 1, 999, 1004, 1005, 1006, 1015, 2999 };
  NxTokenFilter *filter = add_filter (f, "good");

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
  must (expect_refusal, f->client, "/", 401);
  assert_header (f->client, "WWW-Authenticate", "Bearer realm=\"nexws\"");
}

/* A secret that somebody forgot to set lets nobody in. */
static void
test_no_secret (Fixture *f)
{
  const char *const sources[] = { "query:token", NULL };
  NxTokenFilter *filter = add_filter (f, NULL);

  g_object_set (filter, "sources", sources, NULL);
  must (expect_refusal, f->client, "/?token=", 401);
  must (expect_refusal, f->client, "/?token=x", 401);
  g_object_set (filter, "secret", "", NULL);
  must (expect_refusal, f->client, "/?token=", 401);
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
  must (expect_refusal, f->client, "/", 401);
  g_assert_cmpuint (try_token (f, "x"), ==, 401);
  g_assert_cmpuint (try_token (f, "known"), ==, 101);
  g_assert_cmpuint (try_token (f, "s3cret"), ==, 101);
  assert_log (f, "asked-x asked-known asked-s3cret");
}

static void
test_own_words (Fixture *f)
{
  g_signal_connect (add_filter (f, NULL), "verify", G_CALLBACK (own_words_cb), NULL);
  g_assert_cmpuint (try_token (f, "x"), ==, 429);
}

static void
begin_late (Fixture *f, Late *late)
{
  late->filter = add_filter (f, NULL);
  g_signal_connect (late->filter, "verify", G_CALLBACK (late_cb), late);
  nx_test_client_freeze_time (f->client);
  nx_test_client_set_header (f->client, "Authorization", "Bearer x");
  nx_test_client_open_async (f->client, "/", NULL, NULL, NULL);
  must (settle, f->client);
  g_assert_nonnull (late->ws);
  g_assert_cmpuint (nx_test_client_get_status (f->client), ==, 0);
}

static void
expect_late (Fixture *f, guint status)
{
  must (settle, f->client);
  g_assert_cmpuint (nx_test_client_get_status (f->client), ==, status);
}

static void
test_late_yes (Fixture *f)
{
  Late late = { 0 };

  begin_late (f, &late);
  nx_web_socket_proceed (late.ws);
  expect_late (f, 101);
  nx_token_filter_refuse (late.filter, late.ws); /* too late: nothing */
  must (expect_nothing, f->client);
  g_assert_cmpuint (nx_web_socket_get_state (late.ws), ==, NX_STATE_OPEN);
  g_object_unref (late.ws);
}

static void
test_late_no (Fixture *f)
{
  Late late = { 0 };

  begin_late (f, &late);
  nx_token_filter_refuse (late.filter, late.ws);
  expect_late (f, 401);
  nx_web_socket_proceed (late.ws);
  g_object_unref (late.ws);
}

/* A verifier that never answers costs its client an answer, and nobody else anything. */
static void
test_never (Fixture *f)
{
  Late late = { 0 };

  begin_late (f, &late);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, "*not decided in time*503*");
  must (advance_time, f->client, 31 * 1000);
  g_test_assert_expected_messages ();
  expect_late (f, 503);
  g_assert_true (g_cancellable_is_cancelled (nx_web_socket_get_cancellable (late.ws)));
  nx_token_filter_refuse (late.filter, late.ws);
  nx_web_socket_proceed (late.ws);
  g_object_unref (late.ws);
}

static void
test_late_and_gone (Fixture *f)
{
  Late late = { 0 };

  begin_late (f, &late);
  nx_test_client_cut (f->client);
  must (settle, f->client);
  g_assert_true (g_cancellable_is_cancelled (nx_web_socket_get_cancellable (late.ws)));
  nx_token_filter_refuse (late.filter, late.ws);
  nx_web_socket_proceed (late.ws);
  g_object_unref (late.ws);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_ROWS ("/token-filter/", test_row, rows);
  ADD_TEST ("/token-filter/challenge", test_challenge);
  ADD_TEST ("/token-filter/close-code", test_close_code);
  ADD_TEST ("/token-filter/mistakes", test_mistakes);
  ADD_TEST ("/token-filter/no-secret", test_no_secret);
  ADD_TEST ("/token-filter/bad-sources", test_bad_sources);
  ADD_TEST ("/token-filter/verify", test_verify);
  ADD_TEST ("/token-filter/own-words", test_own_words);
  ADD_TEST ("/token-filter/late-yes", test_late_yes);
  ADD_TEST ("/token-filter/late-no", test_late_no);
  ADD_TEST ("/token-filter/never", test_never);
  ADD_TEST ("/token-filter/late-and-gone", test_late_and_gone);
  return g_test_run ();
}
