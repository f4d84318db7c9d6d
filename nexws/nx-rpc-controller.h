/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-controller.h"
#include "nx-rpc-call.h"
#include "nx-rpc-error.h"

G_BEGIN_DECLS

#define NX_TYPE_RPC_CONTROLLER (nx_rpc_controller_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (NxRpcController, nx_rpc_controller, NX, RPC_CONTROLLER, NxController)

/**
 * NxRpcMethodFunc:
 * @self: a controller
 * @call: what is asked; it may be kept, and answered later
 * @params: (nullable): the params as an object; %NULL for a method that takes none, or takes them as JSON
 *   ([method@RpcCall.get_params])
 * @user_data: data for the function
 * @error: return location for an error
 *
 * Does what a peer calls for.
 *
 * An error is the answer, as by [method@RpcCall.return_gerror].
 *
 * Since: 0.1
 */
typedef void (*NxRpcMethodFunc) (NxRpcController *self,
                                 NxRpcCall *call,
                                 GObject *params,
                                 gpointer user_data,
                                 GError **error);

/**
 * NxRpcControllerClass:
 * @parent_class: the parent class
 * @on_call: the peer calls a method; the default goes to the function that is bound to it
 *
 * The class structure of [class@RpcController].
 *
 * Since: 0.1
 */
struct _NxRpcControllerClass
{
  NxControllerClass parent_class;

  /**
   * NxRpcControllerClass::on_call:
   * @self: a controller
   * @call: what is asked; it may be kept, and answered later
   * @error: return location for an error
   *
   * The peer calls a method, or notifies.
   *
   * The default goes to the function that is bound to the method, and answers with %NX_RPC_ERROR_METHOD_NOT_FOUND where there
   * is none, and with %NX_RPC_ERROR_INVALID_PARAMS where the params are not what it takes. An error that is set is the answer, as
   * by [method@RpcCall.return_gerror].
   *
   * Since: 0.1
   */
  void (*on_call) (NxRpcController *self, NxRpcCall *call, GError **error);

  /*< private >*/
  gpointer padding[8];
};

NX_AVAILABLE_IN_ALL
NxRpcController *nx_rpc_controller_new (void) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
guint nx_rpc_controller_get_max_batch (NxRpcController *self);
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_set_max_batch (NxRpcController *self, guint max_batch);
NX_AVAILABLE_IN_ALL
guint nx_rpc_controller_get_max_calls (NxRpcController *self);
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_set_max_calls (NxRpcController *self, guint max_calls);
NX_AVAILABLE_IN_ALL
guint nx_rpc_controller_get_max_pending_calls (NxRpcController *self);
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_set_max_pending_calls (NxRpcController *self, guint max_pending_calls);
NX_AVAILABLE_IN_ALL
guint nx_rpc_controller_get_call_timeout (NxRpcController *self);
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_set_call_timeout (NxRpcController *self, guint timeout_ms);

/* Being called. */
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_class_bind_method (NxRpcControllerClass *klass,
                                          const char *name,
                                          GType params_type,
                                          GType result_type,
                                          NxRpcMethodFunc func,
                                          gpointer user_data,
                                          GDestroyNotify destroy);
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_class_declare_called (NxRpcControllerClass *klass,
                                             const char *name,
                                             GType params_type,
                                             GType result_type);
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_add_method (NxRpcController *self,
                                   const char *name,
                                   GType params_type,
                                   GType result_type,
                                   NxRpcMethodFunc func,
                                   gpointer user_data,
                                   GDestroyNotify destroy);
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_add_called (NxRpcController *self,
                                   const char *name,
                                   GType params_type,
                                   GType result_type);

/* Calling. */
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_call_async (NxRpcController *self,
                                   NxWebSocket *ws,
                                   const char *method,
                                   JsonNode *params,
                                   guint timeout_ms,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
NX_AVAILABLE_IN_ALL
JsonNode *nx_rpc_controller_call_finish (NxRpcController *self,
                                         GAsyncResult *result,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_call_object_async (NxRpcController *self,
                                          NxWebSocket *ws,
                                          const char *method,
                                          GObject *params,
                                          GType result_type,
                                          guint timeout_ms,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
NX_AVAILABLE_IN_ALL
GObject *nx_rpc_controller_call_object_finish (NxRpcController *self,
                                               GAsyncResult *result,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_call_variant_async (NxRpcController *self,
                                           NxWebSocket *ws,
                                           const char *method,
                                           GVariant *params,
                                           const char *signature,
                                           guint timeout_ms,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);
NX_AVAILABLE_IN_ALL
GVariant *nx_rpc_controller_call_variant_finish (NxRpcController *self,
                                                 GAsyncResult *result,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
JsonNode *nx_rpc_controller_get_error_data (NxRpcController *self, GAsyncResult *result);
NX_AVAILABLE_IN_ALL
gboolean nx_rpc_controller_send_notification (NxRpcController *self,
                                              NxWebSocket *ws,
                                              const char *method,
                                              JsonNode *params,
                                              GError **error);
NX_AVAILABLE_IN_ALL
void nx_rpc_controller_begin_batch (NxRpcController *self, NxWebSocket *ws);
NX_AVAILABLE_IN_ALL
gboolean nx_rpc_controller_end_batch (NxRpcController *self, NxWebSocket *ws, GError **error);

G_END_DECLS
