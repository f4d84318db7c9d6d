/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "desk.h"

#include "../messages/sample.h"

Fixture *desk_fixture;
GPtrArray *desk_kept;

G_DEFINE_TYPE (Desk, desk, NX_TYPE_RPC_CONTROLLER)

void
return_number (NxRpcCall *call, gint64 number)
{
  g_autoptr (JsonNode) node = json_node_init_int (json_node_alloc (), number);

  nx_rpc_call_return_json (call, node);
}

static void
add (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  JsonNode *node = nx_rpc_call_get_params (call);
  JsonArray *numbers =
      node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  gint64 sum = 0;

  g_assert_null (params);
  for (guint i = 0; numbers != NULL && i < json_array_get_length (numbers); i++)
    sum += json_array_get_int_element (numbers, i);
  return_number (call, sum);
}

void
desk_move (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  if (data != NULL)
    note (desk_fixture, "%s", (const char *) data);
  nx_rpc_call_return_object (call, params);
}

void
desk_stop (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_assert_null (params);
  note (desk_fixture, "stop%s", nx_rpc_call_is_notification (call) ? "-notified" : "");
  nx_rpc_call_return_json (call, NULL);
}

static void
pair (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  nx_rpc_call_return_variant (call, g_variant_new ("(ii)", 1, 2));
}

/* data: how to read the params. */
static void
echo (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_autoptr (GVariant) value = nx_rpc_call_get_params_variant (call, data, error);

  if (value != NULL)
    nx_rpc_call_return_variant (call, value);
}

static void
wait (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  note (desk_fixture, "wait-%s", nx_rpc_call_get_id (call));
  g_ptr_array_add (desk_kept, g_object_ref (call));
}

static void
forget (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
}

static void
fail (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "a secret");
}

static void
refuse (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_set_error_literal (error, NX_RPC_ERROR, 42, "not you");
}

static void
explain (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_autoptr (JsonNode) why = json_node_init_string (json_node_alloc (), "because");

  nx_rpc_call_return_error (call, 43, "not now", why);
}

static void
overflow (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  g_autoptr (JsonNode) infinite = json_node_init_double (json_node_alloc (), 2 * G_MAXDOUBLE);

  nx_rpc_call_return_json (call, infinite);
}

static void
close_ (NxRpcController *self, NxRpcCall *call, GObject *params, gpointer data, GError **error)
{
  return_number (call, 1);
  nx_web_socket_close (nx_rpc_call_get_web_socket (call), 4000, NULL, NULL);
}

static void
desk_class_init (DeskClass *klass)
{
  static const struct
  {
    const char *name;
    NxRpcMethodFunc func;
  } methods[] = {
    { "add", add },      { "wait", wait },     { "forget", forget },
    { "fail", fail },    { "refuse", refuse }, { "explain", explain },
    { "close", close_ }, { "pair", pair },     { "overflow", overflow },
  };

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    nx_rpc_controller_class_bind_method (klass, methods[i].name, JSON_TYPE_NODE, JSON_TYPE_NODE,
                                         methods[i].func, NULL, NULL);
  nx_rpc_controller_class_bind_method (klass, "move", TYPE_POINT, TYPE_POINT, desk_move, NULL,
                                       NULL);
  nx_rpc_controller_class_bind_method (klass, "tuple", JSON_TYPE_NODE, JSON_TYPE_NODE, echo,
                                       (gpointer) "(sad)", NULL);
  nx_rpc_controller_class_bind_method (klass, "numbers", JSON_TYPE_NODE, JSON_TYPE_NODE, echo,
                                       (gpointer) "ad", NULL);
  nx_rpc_controller_class_bind_method (klass, "names", JSON_TYPE_NODE, JSON_TYPE_NODE, echo,
                                       (gpointer) "a{sv}", NULL);
  nx_rpc_controller_class_bind_method (klass, "fits", JSON_TYPE_NODE, JSON_TYPE_NODE, echo, NULL,
                                       NULL);
  nx_rpc_controller_class_bind_method (klass, "nonsense", JSON_TYPE_NODE, JSON_TYPE_NODE, echo,
                                       (gpointer) "(s", NULL);
  nx_rpc_controller_class_bind_method (klass, "stop", G_TYPE_NONE, G_TYPE_NONE, desk_stop, NULL,
                                       NULL);
}

static void
desk_init (Desk *self)
{
}

typedef Desk SmallDesk;
typedef DeskClass SmallDeskClass;

GType small_desk_get_type (void);
G_DEFINE_TYPE (SmallDesk, small_desk, desk_get_type ())

static void
small_desk_on_error (NxController *self, NxWebSocket *ws, GError *error)
{
  note (desk_fixture, "error-%s", error->message);
}

static void
small_desk_class_init (SmallDeskClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_error = small_desk_on_error;
  nx_rpc_controller_class_bind_method (klass, "move", TYPE_POINT, TYPE_POINT, desk_move,
                                       (gpointer) "small", NULL);
}

static void
small_desk_init (SmallDesk *self)
{
}

/* One that dispatches by itself, and leaves the rest to its parent. */
typedef Desk OpenDesk;
typedef DeskClass OpenDeskClass;

GType open_desk_get_type (void);
G_DEFINE_TYPE (OpenDesk, open_desk, desk_get_type ())

static void
open_desk_on_call (NxRpcController *self, NxRpcCall *call, GError **error)
{
  if (g_str_has_prefix (nx_rpc_call_get_method (call), "any."))
    return_number (call, (gint64) strlen (nx_rpc_call_get_method (call)));
  else
    NX_RPC_CONTROLLER_CLASS (open_desk_parent_class)->on_call (self, call, error);
}

static void
open_desk_class_init (OpenDeskClass *klass)
{
  NX_RPC_CONTROLLER_CLASS (klass)->on_call = open_desk_on_call;
}

static void
open_desk_init (OpenDesk *self)
{
}

NxRpcController *
serve (Fixture *f, GType type)
{
  NxRpcController *desk = g_object_new (type, NULL);

  desk_fixture = f;
  g_clear_pointer (&desk_kept, g_ptr_array_unref);
  desk_kept = g_ptr_array_new_with_free_func (g_object_unref);
  nx_router_add_controller (NX_ROUTER (f->app), "/rpc", NX_CONTROLLER (desk), NULL);
  g_object_unref (desk); /* the route holds it */
  return desk;
}

Client *
open_desk (Fixture *f)
{
  serve (f, desk_get_type ());
  return client_open (f, "/rpc");
}

void
expect_nothing_before (Client *client)
{
  client_send_text (client, CALL ("\"end\"", "add", "[]"));
  client_expect_text (client, RESULT ("\"end\"", "0"));
}

void
answer_kept (guint index, gint64 number)
{
  return_number (g_ptr_array_index (desk_kept, index), number);
}
