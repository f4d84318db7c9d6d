/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON-RPC from inside: from every place where the application is called, everything that could pull the floor from under its
 * caller; each pair is a scenario. Nobody crashes or complains, and each call either way ends once.
 */
#include "fixture.h"

typedef void (*Act) (NxRpcController *desk, NxWebSocket *ws);

static struct
{
  Fixture *f;
  const char *place; /* where to act */
  Act act;
  guint n_acts;
  guint n_called; /* our calls that were made */
  guint n_ended;  /* and that ended */
  GPtrArray *kept;
  NxRpcController *desk;
  NxRoute *route;
} now;

static void
reach (const char *place, NxRpcController *desk, NxWebSocket *ws)
{
  if (strcmp (now.place, place) != 0 || now.n_acts > 0)
    return;
  now.n_acts++;
  now.act (desk, ws);
}

static void
called_cb (GObject *source, GAsyncResult *result, gpointer ws)
{
  g_autoptr (NxWebSocket) held = ws;
  g_autoptr (JsonNode) node =
      nx_rpc_controller_call_finish (NX_RPC_CONTROLLER (source), result, NULL);

  now.n_ended++;
  reach (node != NULL ? "result" : "failure", NX_RPC_CONTROLLER (source), ws);
}

static void
call (NxRpcController *desk, NxWebSocket *ws)
{
  now.n_called++;
  nx_rpc_controller_call_async (desk, ws, "ask", NULL, 1000, NULL, called_cb, g_object_ref (ws));
}

/* -- What is done -- */

static void
act_answer (NxRpcController *desk, NxWebSocket *ws)
{
  g_autoptr (GPtrArray) kept = g_steal_pointer (&now.kept);

  now.kept = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < kept->len; i++)
    nx_rpc_call_return_json (g_ptr_array_index (kept, i), NULL);
}

static void
act_notify (NxRpcController *desk, NxWebSocket *ws)
{
  nx_rpc_controller_send_notification (desk, ws, "tell", NULL, NULL);
}

static void
act_close (NxRpcController *desk, NxWebSocket *ws)
{
  nx_web_socket_close (ws, 1000, NULL, NULL);
}

static void
act_drop_app (NxRpcController *desk, NxWebSocket *ws)
{
  g_clear_object (&now.f->app);
}

static void
act_dispose (NxRpcController *desk, NxWebSocket *ws)
{
  g_object_run_dispose (G_OBJECT (ws));
}

static void
act_iterate (NxRpcController *desk, NxWebSocket *ws)
{
  for (guint i = 0; i < 20; i++)
    g_main_context_iteration (NULL, FALSE);
}

static void
act_cut (NxRpcController *desk, NxWebSocket *ws)
{
  client_cut (g_ptr_array_index (now.f->clients, 0));
  act_iterate (desk, ws);
}

static void
act_limits (NxRpcController *desk, NxWebSocket *ws)
{
  nx_rpc_controller_set_max_calls (desk, nx_rpc_controller_get_max_calls (desk) == 1 ? 10 : 1);
  nx_rpc_controller_set_call_timeout (desk, 1);
}

static void
act_remove_route (NxRpcController *desk, NxWebSocket *ws)
{
  if (now.f->app != NULL)
    nx_router_remove_route (NX_ROUTER (now.f->app), now.route);
}

static const struct
{
  const char *name;
  Act act;
} acts[] = {
  { "answer", act_answer },     { "call", call },
  { "notify", act_notify },     { "close", act_close },
  { "drop-app", act_drop_app }, { "dispose", act_dispose },
  { "iterate", act_iterate },   { "cut", act_cut },
  { "limits", act_limits },     { "remove-route", act_remove_route },
};

/* -- Where -- */

static const char *const places[] = {
  "on-call", "notified",  "after-answer", "result",
  "failure", "cancelled", "on-error",     "on-disconnect",
};

typedef NxRpcController Desk;
typedef NxRpcControllerClass DeskClass;

GType desk_get_type (void);
G_DEFINE_TYPE (Desk, desk, NX_TYPE_RPC_CONTROLLER)

static void
cancelled_cb (GCancellable *cancellable, NxRpcCall *call)
{
  reach ("cancelled", now.desk, nx_rpc_call_get_web_socket (call));
}

static void
wait (NxRpcController *self, NxRpcCall *one, GObject *params, gpointer data, GError **error)
{
  g_signal_connect_object (nx_rpc_call_get_cancellable (one), "cancelled",
                           G_CALLBACK (cancelled_cb), one, 0);
  g_ptr_array_add (now.kept, g_object_ref (one));
  reach (nx_rpc_call_is_notification (one) ? "notified" : "on-call", self,
         nx_rpc_call_get_web_socket (one));
}

static void
answer (NxRpcController *self, NxRpcCall *one, GObject *params, gpointer data, GError **error)
{
  nx_rpc_call_return_json (one, NULL);
  reach ("after-answer", self, nx_rpc_call_get_web_socket (one));
}

static void
fail (NxRpcController *self, NxRpcCall *one, GObject *params, gpointer data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "as told");
}

static void
desk_on_error (NxController *controller, NxWebSocket *ws, GError *error)
{
  reach ("on-error", NX_RPC_CONTROLLER (controller), ws);
}

static void
desk_on_disconnect (NxController *controller, NxWebSocket *ws, guint code, const char *reason)
{
  reach ("on-disconnect", NX_RPC_CONTROLLER (controller), ws);
}

static void
desk_class_init (DeskClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_error = desk_on_error;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = desk_on_disconnect;
  nx_rpc_controller_class_bind_method (klass, "wait", JSON_TYPE_NODE, JSON_TYPE_NODE, wait, NULL,
                                       NULL);
  nx_rpc_controller_class_bind_method (klass, "answer", JSON_TYPE_NODE, JSON_TYPE_NODE, answer,
                                       NULL, NULL);
  nx_rpc_controller_class_bind_method (klass, "fail", JSON_TYPE_NODE, JSON_TYPE_NODE, fail, NULL,
                                       NULL);
}

static void
desk_init (Desk *self)
{
}

/* -- One connection's whole life -- */

#define ONE(id, method) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"" method "\"}"

static void
live (Fixture *f, Client *client, NxRpcController *desk, NxWebSocket *ws)
{
  call (desk, ws);
  call (desk, ws);
  client_send_text (client, ONE ("1", "answer"));
  client_send_text (client,
                    "[" ONE ("2", "wait") ",{\"jsonrpc\":\"2.0\",\"method\":\"wait\"}," ONE (
                        "3", "fail") "," ONE ("4", "answer") "," ONE ("5", "wait") "]");
  settle (f);
  client_send_text (client, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}");
  client_send_text (client, ONE ("6", "wait"));
  settle (f);
  pass_time (f, 1100); /* the second call of ours */
  client_send_text (client, ONE ("7", "wait"));
  settle (f);
  client_cut (client);
  settle (f);
  pass_time (f, 6000); /* at its limit, what it sent waits for so long */
}

static void
run_pair (Fixture *f)
{
  guint pair = GPOINTER_TO_UINT (f->data);
  g_autoptr (NxRpcController) desk = NULL;
  g_autoptr (NxWebSocket) ws = NULL;
  Client *client;

  now.f = f;
  now.place = places[pair / G_N_ELEMENTS (acts)];
  now.act = acts[pair % G_N_ELEMENTS (acts)].act;
  now.n_acts = now.n_called = now.n_ended = 0;
  now.kept = g_ptr_array_new_with_free_func (g_object_unref);

  desk = g_object_new (desk_get_type (), NULL);
  now.desk = desk;
  now.route = nx_router_add_controller (NX_ROUTER (f->app), "/rpc", NX_CONTROLLER (desk), NULL);
  client = client_open (f, "/rpc");
  ws = g_object_ref (only_websocket (f));
  live (f, client, desk, ws);
  wait_until (f, nx_web_socket_get_state (ws) == NX_STATE_CLOSED);
  settle (f);
  g_assert_cmpuint (now.n_acts, ==, 1);
  g_assert_cmpuint (now.n_ended, ==, now.n_called);
  g_clear_pointer (&now.kept, g_ptr_array_unref);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (places) * G_N_ELEMENTS (acts); i++)
    {
      g_autofree char *path =
          g_strdup_printf ("/rpc-reentrancy/%s/%s", places[i / G_N_ELEMENTS (acts)],
                           acts[i % G_N_ELEMENTS (acts)].name);

      fixture_add_case (path, run_pair, GUINT_TO_POINTER (i));
    }
  return g_test_run ();
}
