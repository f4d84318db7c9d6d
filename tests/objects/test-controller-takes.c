/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a controller takes: kinds of messages, and subprotocols. */
#include "app-fixture.h"

#define TAKING_TYPE_CONTROLLER (taking_controller_get_type ())
G_DECLARE_FINAL_TYPE (TakingController, taking_controller, TAKING, CONTROLLER, NxController)

struct _TakingController
{
  NxController parent_instance;
  guint n_taken;
};

G_DEFINE_FINAL_TYPE (TakingController, taking_controller, NX_TYPE_CONTROLLER)

static void
taking_controller_on_receive (NxController *controller,
                              NxWebSocket *ws,
                              NxMessage *message,
                              GError **error)
{
  TAKING_CONTROLLER (controller)->n_taken++;
}

static void
taking_controller_class_init (TakingControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_receive = taking_controller_on_receive;
}

static void
taking_controller_init (TakingController *self)
{
}

static NxController *
add_controller (Fixture *f)
{
  g_autoptr (NxController) controller = g_object_new (TAKING_TYPE_CONTROLLER, NULL);

  nx_router_add_controller (NX_ROUTER (f->app), "/", controller, NULL);
  return controller;
}

/* -- What it takes -- */

typedef struct
{
  const char *name;
  NxEncoding encoding;
  gboolean is_text;
  const char *payload;
  guint code; /* 0: taken */
} Row;

static const Row rows[] = {
  { "any/text", NX_ENCODING_ANY, TRUE, "a", 0 },
  { "any/binary", NX_ENCODING_ANY, FALSE, "a", 0 },
  { "text/text", NX_ENCODING_TEXT, TRUE, "a", 0 },
  { "text/binary", NX_ENCODING_TEXT, FALSE, "a", 1003 },
  { "bytes/binary", NX_ENCODING_BYTES, FALSE, "a", 0 },
  { "bytes/text", NX_ENCODING_BYTES, TRUE, "a", 1003 },
  { "json/json", NX_ENCODING_JSON, TRUE, "{\"a\":1}", 0 },
  { "json/malformed", NX_ENCODING_JSON, TRUE, "{\"a\":1", 1007 },
  { "json/binary", NX_ENCODING_JSON, FALSE, "{\"a\":1}", 1003 },
  { "json/deepest", NX_ENCODING_JSON, TRUE, "[[1]]", 0 },
  { "json/depth", NX_ENCODING_JSON, TRUE, "[[[]]]", 1007 }, /* too much for the route's settings */
};

static void
test_row (Fixture *f)
{
  const Row *row = f->data;
  NxController *controller = add_controller (f);
  g_autoptr (GBytes) bytes = g_bytes_new (row->payload, strlen (row->payload));

  g_object_set (f->app, "max-json-depth", 2, NULL);
  nx_controller_set_encoding (controller, row->encoding);
  must (open, f->client, "/");
  if (row->is_text)
    must (send_text, f->client, row->payload);
  else
    must (send_bytes, f->client, bytes);
  must (settle, f->client);
  g_assert_cmpuint (nx_test_client_get_close_code (f->client), ==, row->code);
  g_assert_cmpuint (TAKING_CONTROLLER (controller)->n_taken, ==, row->code == 0 ? 1 : 0);
}

/* -- Subprotocols -- */

static void
expect_subprotocol (Fixture *f, const char *offer, const char *chosen)
{
  const char *const ours[] = { "v2", "v1", NULL };
  NxController *controller = add_controller (f);
  g_auto (GStrv) offered = g_strsplit (offer, ", ", -1);

  nx_controller_set_subprotocols (controller, ours);
  nx_test_client_set_subprotocols (f->client, (const char *const *) offered);
  must (open, f->client, "/");
  g_assert_cmpstr (nx_test_client_get_subprotocol (f->client), ==, chosen);
  g_assert_cmpstr (nx_web_socket_get_subprotocol (get_websocket (f)), ==, chosen);
}

static void
test_subprotocol_ours_first (Fixture *f)
{
  expect_subprotocol (f, "v1, v2, v3", "v2");
}

static void
test_subprotocol_second (Fixture *f)
{
  expect_subprotocol (f, "v3, v1", "v1");
}

static void
test_subprotocol_none (Fixture *f)
{
  expect_subprotocol (f, "V1, v3", NULL);
}

static NxVerdict
choosing_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  nx_web_socket_set_subprotocol (ws, "v1", NULL);
  return NX_VERDICT_PASS;
}

static void
test_subprotocol_of_middleware (Fixture *f)
{
  g_signal_connect (f->app, "middleware", G_CALLBACK (choosing_cb), NULL);
  expect_subprotocol (f, "v1, v2", "v1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_ROWS ("/controller/encoding/", test_row, rows);
  ADD_TEST ("/controller/subprotocol/ours-first", test_subprotocol_ours_first);
  ADD_TEST ("/controller/subprotocol/second", test_subprotocol_second);
  ADD_TEST ("/controller/subprotocol/none", test_subprotocol_none);
  ADD_TEST ("/controller/subprotocol/middleware", test_subprotocol_of_middleware);
  return g_test_run ();
}
