/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NxRouter::error: who is asked, in which order, and what becomes of an error that nobody handles. */
#include "app-fixture.h"

#include "../messages/sample.h"

typedef enum {
  PASS,
  HANDLE,
  CLOSE_AND_HANDLE,
  CLOSE_AND_PASS,
  REJECT_AND_HANDLE,
  UNMOUNT,
} Act;

typedef struct
{
  Fixture *f;
  const char *name;
  Act act;
} Asked;

static gboolean
error_cb (NxRouter *router, NxWebSocket *ws, GError *error, gpointer data)
{
  Asked *self = data;

  note (self->f, "%s:%s", self->name, error->message);
  if (self->act == CLOSE_AND_HANDLE || self->act == CLOSE_AND_PASS)
    nx_web_socket_close (ws, 4001, "closed", NULL);
  else if (self->act == REJECT_AND_HANDLE)
    nx_web_socket_reject (ws, 418, "no", NULL);
  else if (self->act == UNMOUNT)
    {
      GObject *outer = g_object_get_data (G_OBJECT (router), "outer");

      nx_router_unmount (NX_ROUTER (outer), router);
    }
  return self->act == HANDLE || self->act == CLOSE_AND_HANDLE || self->act == REJECT_AND_HANDLE;
}

/* -- What fails -- */

static void
on_message (NxWebSocket *ws, NxMessage *message, gpointer data)
{
  GError *error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "it broke");

  nx_web_socket_begin_handler (ws);
  nx_web_socket_end_handler (ws, error);
  g_error_free (error);
}

static void
fail_later (NxWebSocket *ws, gpointer data, GError **error)
{
  g_signal_connect (ws, "message", G_CALLBACK (on_message), NULL);
  nx_web_socket_accept (ws, error);
}

static void
fail_at_once (NxWebSocket *ws, gpointer data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "it broke");
}

typedef NxController Board;
typedef NxControllerClass BoardClass;
GType board_get_type (void);
G_DEFINE_TYPE (Board, board, NX_TYPE_CONTROLLER)

static void
board_act (NxController *self, NxWebSocket *ws, GObject *message, gpointer data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "it broke");
}

static void
board_class_init (BoardClass *klass)
{
  nx_controller_class_bind_action (klass, "move", TYPE_POINT, board_act, NULL, NULL);
}

static void
board_init (Board *self)
{
}

static void
desk_act (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "it broke");
}

static NxController *
make_desk (void)
{
  NxRpcController *desk = nx_rpc_controller_new ();

  nx_rpc_controller_add_method (desk, "fail", JSON_TYPE_NODE, JSON_TYPE_NODE, desk_act, NULL, NULL);
  return NX_CONTROLLER (desk);
}

/* The app has /middle, and that /inner, which has the routes. */
typedef struct
{
  NxRouter *inner, *middle;
  NxRoute *later;
  Asked asked[3];
} Floors;

static void
build (Fixture *f, Floors *floors, Act inner, Act middle, Act outer)
{
  g_autoptr (NxController) desk = make_desk ();
  NxRouter *const routers[] = { nx_router_new (), nx_router_new (), NX_ROUTER (f->app) };
  const Asked asked[] = { { f, "inner", inner }, { f, "middle", middle }, { f, "app", outer } };

  floors->inner = routers[0];
  floors->middle = routers[1];
  floors->later = nx_router_add_route (routers[0], "/later", fail_later, NULL, NULL, NULL);
  nx_router_add_route (routers[0], "/once", fail_at_once, NULL, NULL, NULL);
  nx_router_add_controller_type (routers[0], "/board", board_get_type (), NULL);
  nx_router_add_controller (routers[0], "/desk", desk, NULL);
  nx_router_mount (routers[1], "/inner", routers[0], NULL);
  nx_router_mount (routers[2], "/middle", routers[1], NULL);
  g_object_set_data (G_OBJECT (routers[0]), "outer", routers[1]);
  for (guint i = 0; i < 3; i++)
    {
      floors->asked[i] = asked[i];
      g_signal_connect (routers[i], "error", G_CALLBACK (error_cb), &floors->asked[i]);
    }
  g_object_unref (routers[0]);
  g_object_unref (routers[1]);
}

#define EXPECT_WARNING(text) g_test_expect_message ("nexws", G_LOG_LEVEL_WARNING, text)

/* An error of an open connection, which came through all three. */
static void
fail_below (Fixture *f, Floors *floors, Act inner, Act middle, Act outer)
{
  build (f, floors, inner, middle, outer);
  must (open, f->client, "/middle/inner/later");
  must (send_text, f->client, "a");
}

/* Nobody handles it: all are asked, it is logged, and the connection ends with @code. */
static void
check_unhandled (Fixture *f, Act inner, guint code, const char *reason)
{
  Floors floors;

  EXPECT_WARNING ("*failed: it broke");
  fail_below (f, &floors, inner, PASS, PASS);
  must (expect_close, f->client, code, reason);
  g_test_assert_expected_messages ();
  assert_log_settled (f, "inner:it broke middle:it broke app:it broke");
}

/* -- Order -- */

static void
test_nobody (Fixture *f)
{
  check_unhandled (f, PASS, 1011, NULL);
}

static void
test_one (Fixture *f)
{
  Floors floors;

  fail_below (f, &floors, PASS, HANDLE, PASS);
  must (expect_nothing, f->client);
  assert_log (f, "inner:it broke middle:it broke");
  must (send_text, f->client, "a"); /* it goes on */
  must (expect_nothing, f->client);
  assert_log (f, "inner:it broke middle:it broke");
}

static void
test_closes (Fixture *f)
{
  Floors floors;

  fail_below (f, &floors, CLOSE_AND_HANDLE, PASS, PASS);
  must (expect_close, f->client, 4001, "closed");
  assert_log_settled (f, "inner:it broke");
}

/* Whose end stands, and is logged all the same. */
static void
test_closes_and_passes (Fixture *f)
{
  check_unhandled (f, CLOSE_AND_PASS, 4001, "closed");
}

/* -- Before the decision -- */

static void
test_rejects (Fixture *f)
{
  Floors floors;

  build (f, &floors, PASS, PASS, REJECT_AND_HANDLE);
  must (expect_refusal, f->client, "/middle/inner/once", 418);
  assert_log (f, "inner:it broke middle:it broke app:it broke");
}

static void
test_decides_nothing (Fixture *f)
{
  Floors floors;

  build (f, &floors, HANDLE, PASS, PASS);
  EXPECT_WARNING ("*ended without having accepted*");
  must (expect_refusal, f->client, "/middle/inner/once", 403);
  g_test_assert_expected_messages ();
  assert_log (f, "inner:it broke");
}

/* -- Who is nearer -- */

static void
route_error_cb (NxRoute *route, NxWebSocket *ws, GError *error, gpointer data)
{
  note (data, "route:%s", error->message);
}

static void
test_route (Fixture *f)
{
  Floors floors;

  build (f, &floors, PASS, PASS, PASS);
  g_signal_connect (floors.later, "error", G_CALLBACK (route_error_cb), f);
  must (open, f->client, "/middle/inner/later");
  must (send_text, f->client, "a");
  must (expect_close, f->client, 1011, NULL);
  assert_log_settled (f, "route:it broke");
}

static void
test_controller (Fixture *f)
{
  Floors floors;

  build (f, &floors, PASS, PASS, HANDLE);
  must (open, f->client, "/middle/inner/board");
  must (send_text, f->client, "{\"type\": \"move\", \"x\": 1, \"y\": 1}");
  must (expect_nothing, f->client);
  assert_log (f, "inner:it broke middle:it broke app:it broke");
  /* What the peer did wrong is no other story. */
  must (send_text, f->client, "{\"type\": \"move\", \"x\": 1}");
  must (expect_nothing, f->client);
  g_ptr_array_set_size (f->log, 2);
  assert_log (f, "inner:move: y: nothing came, an integer from -5 to 5 is wanted "
                 "middle:move: y: nothing came, an integer from -5 to 5 is wanted");
}

static void
test_misfit (Fixture *f)
{
  Floors floors;

  build (f, &floors, PASS, PASS, PASS);
  must (open, f->client, "/middle/inner/board");
  must (send_text, f->client, "{\"type\": \"move\", \"x\": 1}");
  must (expect_close, f->client, 1007, "move: y: nothing came, an integer from -5 to 5 is wanted");
}

static void
test_method (Fixture *f)
{
  Floors floors;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) none = NULL;

  build (f, &floors, PASS, PASS, HANDLE);
  must (open, f->client, "/middle/inner/desk");
  none = nx_test_client_call (f->client, "fail", NULL, &error);
  g_assert_error (error, NX_RPC_ERROR, NX_RPC_ERROR_INTERNAL);
  assert_log (f, "inner:fail: it broke middle:fail: it broke app:fail: it broke");
}

/* -- What else may happen -- */

static void
test_unmounts (Fixture *f)
{
  check_unhandled (f, UNMOUNT, 1011, NULL);
}

static gboolean
drop_app_cb (NxRouter *router, NxWebSocket *ws, GError *error, gpointer data)
{
  Fixture *f = data;

  g_clear_object (&f->app);
  return TRUE;
}

static void
test_drops_app (Fixture *f)
{
  nx_router_add_route (NX_ROUTER (f->app), "/later", fail_later, NULL, NULL, NULL);
  g_signal_connect (f->app, "error", G_CALLBACK (drop_app_cb), f);
  must (open, f->client, "/later");
  must (send_text, f->client, "a");
  must (settle, f->client);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_TEST ("/router-error/nobody", test_nobody);
  ADD_TEST ("/router-error/one", test_one);
  ADD_TEST ("/router-error/closes", test_closes);
  ADD_TEST ("/router-error/closes-and-passes", test_closes_and_passes);
  ADD_TEST ("/router-error/rejects", test_rejects);
  ADD_TEST ("/router-error/decides-nothing", test_decides_nothing);
  ADD_TEST ("/router-error/route", test_route);
  ADD_TEST ("/router-error/controller", test_controller);
  ADD_TEST ("/router-error/misfit", test_misfit);
  ADD_TEST ("/router-error/method", test_method);
  ADD_TEST ("/router-error/unmounts", test_unmounts);
  ADD_TEST ("/router-error/drops-app", test_drops_app);
  return g_test_run ();
}
