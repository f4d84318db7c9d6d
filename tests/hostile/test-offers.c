/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Extensions and subprotocols that a peer offers, and headers that an application adds to the answer. */
#include "hostile.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *header; /* what is offered */
  guint status;
  const char *with;    /* (nullable) what the answer has */
  const char *without; /* (nullable) what it has not */
} Row;

#define EXTENSIONS "Sec-WebSocket-Extensions: "
#define PROTOCOL "Sec-WebSocket-Protocol: "

static const Row rows[] = {
  { "12-deflate", EXTENSIONS "permessage-deflate\r\n", 101,
    "Sec-WebSocket-Extensions: permessage-deflate", NULL },
  { "12-unknown", EXTENSIONS "x-unknown; a=b\r\n", 101, NULL, EXTENSIONS },
  { "12-second-choice",
    EXTENSIONS "permessage-deflate; x=1, permessage-deflate; client_no_context_takeover\r\n", 101,
    "Sec-WebSocket-Extensions: permessage-deflate", "x=1" },
  { "12-window-bits-7", EXTENSIONS "permessage-deflate; server_max_window_bits=7\r\n", 101, NULL,
    EXTENSIONS },
  { "12-window-bits-16", EXTENSIONS "permessage-deflate; client_max_window_bits=16\r\n", 101, NULL,
    EXTENSIONS },
  { "12-window-bits-empty", EXTENSIONS "permessage-deflate; server_max_window_bits=\"\"\r\n", 101,
    NULL, EXTENSIONS },
  { "12-window-bits-010", EXTENSIONS "permessage-deflate; server_max_window_bits=010\r\n", 101,
    NULL, EXTENSIONS },
  { "12-repeated-parameter",
    EXTENSIONS "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10\r\n", 101,
    NULL, EXTENSIONS },
  { "12-malformed", EXTENSIONS "permessage-deflate; =\r\n", 400, NULL, NULL },
  { "12-unterminated-quote", EXTENSIONS "permessage-deflate; server_max_window_bits=\"10\r\n", 400,
    NULL, NULL },
  { "13-chosen", PROTOCOL "other, chat\r\n", 101, PROTOCOL "chat\r\n", NULL },
  { "13-chosen-from-two-lines", PROTOCOL "other\r\n" PROTOCOL "chat\r\n", 101, PROTOCOL "chat\r\n",
    NULL },
  { "13-none-that-we-know", PROTOCOL "other\r\n", 101, NULL, PROTOCOL },
  { "13-case-matters", PROTOCOL "CHAT\r\n", 101, NULL, PROTOCOL },
  { "13-not-utf8", PROTOCOL "chat, \xff\xfe\r\n", 400, NULL, NULL },
  { "13-space-inside", PROTOCOL "chat room\r\n", 400, NULL, NULL },
  { "13-twice", PROTOCOL "chat, chat\r\n", 400, NULL, NULL },
};

static void
chooses_chat (NxWebSocket *ws, gpointer data, GError **error)
{
  const char *const *offered = nx_web_socket_get_offered_subprotocols (ws);

  note (data, "handler");
  if (offered != NULL && g_strv_contains (offered, "chat"))
    g_assert_true (nx_web_socket_set_subprotocol (ws, "chat", error));
  nx_web_socket_accept (ws, error);
}

static Client *
offer (Fixture *f, const char *header)
{
  g_object_set (f->app, "compression", TRUE, NULL);
  nx_router_add_route (NX_ROUTER (f->app), "/", chooses_chat, f, NULL, NULL);
  return client_new (f, "/", header);
}

static void
check_row (Fixture *f)
{
  const Row *row = f->data;
  Client *client = offer (f, row->header);

  g_assert_cmpuint (client_wait_status (client), ==, row->status);
  if (row->with != NULL)
    g_assert_true (client_head_has (client, row->with));
  if (row->without != NULL)
    g_assert_false (client_head_has (client, row->without));
  assert_log (f, row->status == 101 ? "handler" : "");
}

/* As long as a head may be. Whoever is quadratic here takes minutes. */
static Client *
offer_long (Fixture *f, const char *before, const char *repeated, gsize n)
{
  g_autoptr (GString) header = g_string_new (before);

  for (gsize i = 0; i < n; i++)
    g_string_append (header, repeated);
  g_string_append (header, "\r\n");
  g_object_set (f->app, "max-header-size", 60 * 1024, NULL);
  return offer (f, header->str);
}

static void
test_long_list_of_extensions (Fixture *f)
{
  Client *client = offer_long (f, EXTENSIONS "permessage-deflate",
                               ", permessage-deflate; client_max_window_bits", 1200);

  g_assert_cmpuint (client_wait_status (client), ==, 101);
  g_assert_true (client_head_has (client, EXTENSIONS "permessage-deflate"));
}

static void
test_long_list_of_parameters (Fixture *f)
{
  Client *client = offer_long (f, EXTENSIONS "permessage-deflate", "; a=\"\\b\"", 6000);

  g_assert_cmpuint (client_wait_status (client), ==, 101);
  g_assert_false (client_head_has (client, EXTENSIONS));
}

static void
test_commas (Fixture *f)
{
  Client *client = offer_long (f, PROTOCOL, ",", 12000);

  client_wait_status (client);
  g_assert_true (client->status == 400 || client->status == 101);
  g_assert_false (client_head_has (client, PROTOCOL));
}

/* -- What the application adds -- */

static const struct
{
  const char *name, *value;
} bad_headers[] = {
  { "X", "a\r\nSet-Cookie: b" },
  { "X", "a\nb" },
  { "X", "a\rb" },
  { "X", "a\001b" },
  { "X\r\nY", "a" },
  { "X:", "a" },
  { "", "a" },
  { "Sec-WebSocket-Accept", "a" },
  { "Content-Length", "0" },
};

static void
splits (NxWebSocket *ws, gpointer data, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (bad_headers); i++)
    {
      g_autoptr (GError) refused = NULL;

      g_assert_false (nx_web_socket_set_response_header (ws, bad_headers[i].name,
                                                         bad_headers[i].value, &refused));
      g_assert_error (refused, NX_ERROR, NX_ERROR_INVALID_ARGUMENT);
    }
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) refused = NULL;

      g_assert_false (nx_web_socket_set_subprotocol (ws, i == 0 ? "a\r\nX: b" : "other", &refused));
      g_assert_nonnull (refused);
    }
  g_assert_true (nx_web_socket_set_response_header (ws, "X-Good", "a\tb \xc3\xa4", error));
  nx_web_socket_accept (ws, error);
}

static void
test_splitting (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", splits, f, NULL, NULL);
  client = client_new (f, "/", PROTOCOL "chat\r\n");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  g_assert_true (client_head_has (client, "X-Good: a\tb \xc3\xa4\r\n"));
  g_assert_false (client_head_has (client, "Set-Cookie"));
  g_assert_false (client_head_has (client, "\r\nX:"));
}

/* What a stranger sent, handed on by a middleware that trusts it. */
static NxVerdict
echoes_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  const char *colour = nx_web_socket_get_query_param (ws, "colour");

  note (data, "%d", nx_web_socket_set_response_header (ws, "X-Colour", colour, NULL));
  return NX_VERDICT_PASS;
}

static void
accepts (NxWebSocket *ws, gpointer data, GError **error)
{
  nx_web_socket_accept (ws, error);
}

static void
test_splitting_by_middleware (Fixture *f)
{
  Client *client;

  nx_router_add_route (NX_ROUTER (f->app), "/", accepts, f, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (echoes_cb), f);
  g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING,
                         "nx_web_socket_set_response_header: *control character*");
  client = client_new (f, "/?colour=red%0d%0aSet-Cookie:%20session=stolen", "");
  g_assert_cmpuint (client_wait_status (client), ==, 101);
  g_test_assert_expected_messages ();
  assert_log (f, "0");
  g_assert_false (client_head_has (client, "stolen"));
  g_assert_false (client_head_has (client, "X-Colour"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/offers/%s", rows[i].name);

      fixture_add_case (path, check_row, &rows[i]);
    }
  ADD_SCENARIO ("/offers/12-long-list-of-extensions", test_long_list_of_extensions);
  ADD_SCENARIO ("/offers/12-long-list-of-parameters", test_long_list_of_parameters);
  ADD_SCENARIO ("/offers/13-twelve-thousand-commas", test_commas);
  ADD_SCENARIO ("/offers/14-response-splitting", test_splitting);
  ADD_SCENARIO ("/offers/14-response-splitting-by-middleware", test_splitting_by_middleware);
  return g_test_run ();
}
