/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A class of middleware of one's own: what it sees, in which order, and that it sees both ends of every connection. */
#include "app-fixture.h"

#include "nx-web-socket-private.h"

/* -- One that notes everything, and refuses or drops when it is told to -- */

#define TYPE_NOTER (noter_get_type ())
G_DECLARE_FINAL_TYPE (Noter, noter, TEST, NOTER, NxMiddleware)

struct _Noter
{
  NxMiddleware parent_instance;
  Fixture *f;
  const char *name;
};

G_DEFINE_FINAL_TYPE (Noter, noter, NX_TYPE_MIDDLEWARE)

static NxVerdict
noter_handshake (NxMiddleware *middleware, NxWebSocket *ws)
{
  Noter *self = TEST_NOTER (middleware);
  const char *reject = nx_web_socket_get_query_param (ws, "reject");

  note (self->f, "%s:handshake", self->name);
  if (g_strcmp0 (reject, self->name) != 0)
    return NX_VERDICT_PASS;
  nx_web_socket_reject (ws, 418, NULL, NULL);
  return NX_VERDICT_REFUSE;
}

static NxVerdict
noter_received (NxMiddleware *middleware, NxWebSocket *ws, NxMessage *message)
{
  Noter *self = TEST_NOTER (middleware);
  const char *text = nx_message_get_text (message);

  note (self->f, "%s:%s", self->name, text);
  if (g_str_has_prefix (text, "close"))
    nx_web_socket_close (ws, 4000, NULL, NULL);
  return g_str_has_prefix (text, "drop") ? NX_VERDICT_REFUSE : NX_VERDICT_PASS;
}

static void
noter_sent (NxMiddleware *middleware, NxWebSocket *ws, NxMessage *message)
{
  Noter *self = TEST_NOTER (middleware);

  note (self->f, "%s:sent-%s", self->name, nx_message_get_text (message));
}

static void
noter_closed (NxMiddleware *middleware, NxWebSocket *ws, guint code, const char *reason)
{
  Noter *self = TEST_NOTER (middleware);

  note (self->f, "%s:closed-%u", self->name, code);
}

static void
noter_class_init (NoterClass *klass)
{
  NxMiddlewareClass *middleware_class = NX_MIDDLEWARE_CLASS (klass);

  middleware_class->handshake = noter_handshake;
  middleware_class->received = noter_received;
  middleware_class->sent = noter_sent;
  middleware_class->closed = noter_closed;
}

static void
noter_init (Noter *self)
{
}

static NxMiddleware *
add_noter (Fixture *f, NxRouter *router, const char *name)
{
  Noter *self = g_object_new (TYPE_NOTER, NULL);

  self->f = f;
  self->name = name;
  nx_router_add_middleware (router, NX_MIDDLEWARE (self));
  g_object_unref (self); /* the router has its own reference */
  return NX_MIDDLEWARE (self);
}

/* -- One that overrides nothing -- */

#define TYPE_BARE (bare_get_type ())
G_DECLARE_FINAL_TYPE (Bare, bare, TEST, BARE, NxMiddleware)
struct _Bare
{
  NxMiddleware parent_instance;
};
G_DEFINE_FINAL_TYPE (Bare, bare, NX_TYPE_MIDDLEWARE)

static void
bare_class_init (BareClass *klass)
{
}

static void
bare_init (Bare *self)
{
}

/* -- The route -- */

static void
message_cb (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  note (data, "got-%s", nx_message_get_text (message));
  nx_web_socket_send_message (ws, message, NULL);
}

static void
closed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  note (data, "route-closed");
}

static void
echo (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (message_cb), data);
  g_signal_connect (ws, "closed", G_CALLBACK (closed_cb), data);
  nx_web_socket_accept (ws, error);
}

static void
serve (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", echo, f, NULL, NULL);
}

static void
exchange (NxTestClient *client, const char *text)
{
  must (send_text, client, text);
  must (expect_text, client, text);
}

static void
test_whole_life (Fixture *f)
{
  serve (f);
  add_noter (f, NX_ROUTER (f->app), "a");
  must (open, f->client, "/");
  exchange (f->client, "x");
  must (close, f->client, 1000, NULL);
  assert_log_settled (f, "a:handshake a:x got-x a:sent-x a:closed-1000 route-closed");
}

static void
test_order (Fixture *f)
{
  serve (f);
  add_noter (f, NX_ROUTER (f->app), "a");
  add_noter (f, NX_ROUTER (f->app), "b");
  must (open, f->client, "/");
  exchange (f->client, "x");
  assert_log (f, "a:handshake b:handshake a:x b:x got-x a:sent-x b:sent-x");
  nx_test_client_cut (f->client);
  assert_log_settled (f, "a:closed-1006 b:closed-1006 route-closed");
}

/* Who let it in sees its end, whoever refused it; who was not asked sees nothing. */
static void
test_refused (Fixture *f)
{
  serve (f);
  add_noter (f, NX_ROUTER (f->app), "a");
  add_noter (f, NX_ROUTER (f->app), "b");
  add_noter (f, NX_ROUTER (f->app), "c");
  must (expect_refusal, f->client, "/?reject=b", 418);
  assert_log (f, "a:handshake b:handshake a:closed-1006 b:closed-1006");
}

static void
test_drop (Fixture *f)
{
  serve (f);
  add_noter (f, NX_ROUTER (f->app), "a");
  add_noter (f, NX_ROUTER (f->app), "b");
  must (open, f->client, "/");
  must (send_text, f->client, "drop-this");
  exchange (f->client, "x");
  assert_log (f, "a:handshake b:handshake a:drop-this a:x b:x got-x a:sent-x b:sent-x");
}

/* What closes has taken away what was not delivered, this message too. */
static void
test_close_in_received (Fixture *f)
{
  serve (f);
  add_noter (f, NX_ROUTER (f->app), "a");
  must (open, f->client, "/");
  must (send_text, f->client, "close");
  must (send_text, f->client, "x");
  must (expect_close, f->client, 4000, NULL);
  assert_log_settled (f, "a:handshake a:close a:closed-4000 route-closed");
}

static void
test_twice (Fixture *f)
{
  g_autoptr (NxRouter) inner = nx_router_new ();
  NxMiddleware *middleware;

  nx_router_add_route (inner, "/x", echo, f, NULL, NULL);
  g_assert_true (nx_router_mount (NX_ROUTER (f->app), "/in", inner, NULL));
  middleware = add_noter (f, NX_ROUTER (f->app), "a");
  nx_router_add_middleware (inner, middleware);
  must (open, f->client, "/in/x");
  exchange (f->client, "x");
  nx_test_client_cut (f->client);
  assert_log_settled (f, "a:handshake a:handshake a:x got-x a:sent-x a:closed-1006 route-closed");
}

static void
test_inner_router (Fixture *f)
{
  g_autoptr (NxRouter) inner = nx_router_new ();

  serve (f);
  nx_router_add_route (inner, "/x", echo, f, NULL, NULL);
  g_assert_true (nx_router_mount (NX_ROUTER (f->app), "/in", inner, NULL));
  add_noter (f, inner, "inner");
  add_noter (f, NX_ROUTER (f->app), "outer");
  must (open, f->client, "/");
  assert_log (f, "outer:handshake");
  must (open, add_client (f), "/in/x");
  assert_log (f, "outer:handshake inner:handshake");
}

/* It is gone for those who come, and stays for those who are there. */
static void
test_remove (Fixture *f)
{
  NxMiddleware *middleware;

  serve (f);
  middleware = add_noter (f, NX_ROUTER (f->app), "a");
  g_object_add_weak_pointer (G_OBJECT (middleware), (gpointer *) &middleware);
  must (open, f->client, "/");
  nx_router_remove_middleware (NX_ROUTER (f->app), middleware);
  must (open, add_client (f), "/");
  assert_log (f, "a:handshake");
  nx_test_client_cut (f->client);
  assert_log_settled (f, "a:closed-1006 route-closed");
  g_assert_null (middleware);
}

/* One that wants nothing of the messages costs them nothing. */
static void
test_bare (Fixture *f)
{
  g_autoptr (NxMiddleware) bare = g_object_new (TYPE_BARE, NULL);

  serve (f);
  nx_router_add_middleware (NX_ROUTER (f->app), bare);
  must (open, f->client, "/");
  g_assert_null (get_websocket (f)->taps);
  exchange (f->client, "x");
  assert_log (f, "got-x");
}

/* -- Both ends with nothing but signals: how long each connection took -- */

static void
timed_cb (NxWebSocket *ws, guint code, const char *reason, gpointer data)
{
  Fixture *f = data;
  gint64 *began_us = g_object_get_data (G_OBJECT (ws), "began");

  note (f, "took-%d", (int) ((nx_test_client_get_time (f->client) - *began_us) / 1000));
}

static NxVerdict
time_cb (NxRouter *router, NxWebSocket *ws, gpointer data)
{
  Fixture *f = data;
  gint64 now_us = nx_test_client_get_time (f->client);

  g_object_set_data_full (G_OBJECT (ws), "began", g_memdup2 (&now_us, sizeof now_us), g_free);
  g_signal_connect (ws, "closed", G_CALLBACK (timed_cb), f);
  return NX_VERDICT_PASS;
}

static void
test_wrap_by_signals (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/", accept_func, NULL, NULL, NULL);
  g_signal_connect (f->app, "middleware", G_CALLBACK (time_cb), f);
  nx_test_client_freeze_time (f->client);
  must (open, f->client, "/");
  must (advance_time, f->client, 2500);
  nx_test_client_cut (f->client);
  assert_log_settled (f, "took-2500");
}

/* The app goes while a connection is open: its end is seen all the same. */
static void
test_app_goes (Fixture *f)
{
  serve (f);
  add_noter (f, NX_ROUTER (f->app), "a");
  must (open, f->client, "/");
  drop_app (f);
  assert_log (f, "a:handshake a:closed-1006 route-closed");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/middleware/whole-life", test_whole_life);
  ADD_TEST ("/middleware/order", test_order);
  ADD_TEST ("/middleware/refused", test_refused);
  ADD_TEST ("/middleware/drop", test_drop);
  ADD_TEST ("/middleware/close-in-received", test_close_in_received);
  ADD_TEST ("/middleware/twice", test_twice);
  ADD_TEST ("/middleware/inner-router", test_inner_router);
  ADD_TEST ("/middleware/remove", test_remove);
  ADD_TEST ("/middleware/bare", test_bare);
  ADD_TEST ("/middleware/wrap-by-signals", test_wrap_by_signals);
  ADD_TEST ("/middleware/app-goes", test_app_goes);
  return g_test_run ();
}
