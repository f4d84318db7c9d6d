/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON-RPC 2.0, both ways: {"jsonrpc": "2.0", "id": 1, "method": "add", "params": [1, 2]} is answered with 3, `wake` when the
 * time has come, and `greet` asks the caller for its name first. Try --describe typescript.
 */
#include <nexws.h>

#define DESK_TYPE_CONTROLLER (desk_controller_get_type ())
G_DECLARE_FINAL_TYPE (DeskController, desk_controller, DESK, CONTROLLER, NxRpcController)

struct _DeskController
{
  NxRpcController parent_instance;
};
G_DEFINE_FINAL_TYPE (DeskController, desk_controller, NX_TYPE_RPC_CONTROLLER)

/* Answers at once. */
static void
on_add (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_autoptr (GVariant) numbers = nx_rpc_call_get_params_variant (call, "ad", error);
  double sum = 0;

  if (numbers == NULL)
    return;
  for (gsize i = 0; i < g_variant_n_children (numbers); i++)
    {
      double number;

      g_variant_get_child (numbers, i, "d", &number);
      sum += number;
    }
  nx_rpc_call_return_variant (call, g_variant_new_double (sum));
}

/* Answers late: the call is kept meanwhile, and others are served. */
static gboolean
wake_cb (gpointer call)
{
  nx_rpc_call_return_variant (call, g_variant_new_string ("good morning"));
  return G_SOURCE_REMOVE;
}

static void
on_wake (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_timeout_add_full (G_PRIORITY_DEFAULT, 50, wake_cb, g_object_ref (call), g_object_unref);
}

/* Asks the caller something before it answers. */
static void
name_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (NxRpcCall) call = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) name =
      nx_rpc_controller_call_finish (NX_RPC_CONTROLLER (source), result, &error);

  if (name == NULL)
    nx_rpc_call_return_gerror (call, error);
  else if (json_node_get_value_type (name) != G_TYPE_STRING)
    nx_rpc_call_return_error (call, 1, "That is no name", NULL);
  else
    nx_rpc_call_return_variant (call,
                                g_variant_new_printf ("Hello, %s", json_node_get_string (name)));
}

static void
on_greet (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  nx_rpc_controller_call_async (self, nx_rpc_call_get_web_socket (call), "name", NULL, 5000,
                                nx_rpc_call_get_cancellable (call), name_cb, g_object_ref (call));
}

static void
desk_controller_class_init (DeskControllerClass *klass)
{
  NxRpcControllerClass *desk = NX_RPC_CONTROLLER_CLASS (klass);

  nx_rpc_controller_class_bind_method (desk, "add", JSON_TYPE_NODE, G_TYPE_DOUBLE, on_add, NULL,
                                       NULL);
  nx_rpc_controller_class_bind_method (desk, "wake", G_TYPE_NONE, G_TYPE_STRING, on_wake, NULL,
                                       NULL);
  nx_rpc_controller_class_bind_method (desk, "greet", G_TYPE_NONE, G_TYPE_STRING, on_greet, NULL,
                                       NULL);
  nx_rpc_controller_class_declare_called (desk, "name", G_TYPE_NONE, G_TYPE_STRING);
}

static void
desk_controller_init (DeskController *self)
{
}

int
main (int argc, char **argv)
{
  g_autoptr (NxApp) app = nx_app_new ();

  nx_router_add_controller_type (NX_ROUTER (app), "/rpc", DESK_TYPE_CONTROLLER, NULL);
  return nx_app_run (app, argc, argv);
}
