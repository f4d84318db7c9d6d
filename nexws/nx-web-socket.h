/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-message.h"
#include "nx-types.h"

G_BEGIN_DECLS

#define NX_TYPE_WEB_SOCKET (nx_web_socket_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (NxWebSocket, nx_web_socket, NX, WEB_SOCKET, GObject)

/* The request. */
NX_AVAILABLE_IN_ALL
const char *nx_web_socket_get_id (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
const char *nx_web_socket_get_path (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
GUri *nx_web_socket_get_uri (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
const char *nx_web_socket_get_query_param (NxWebSocket *self, const char *name);
NX_AVAILABLE_IN_ALL
char **nx_web_socket_get_query_param_all (NxWebSocket *self,
                                          const char *name) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
const char *nx_web_socket_get_path_param (NxWebSocket *self, const char *name);
NX_AVAILABLE_IN_ALL
char **nx_web_socket_get_path_param_names (NxWebSocket *self) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_get_path_param_int (NxWebSocket *self, const char *name, gint64 *value);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_get_path_param_double (NxWebSocket *self, const char *name, double *value);
NX_AVAILABLE_IN_ALL
const char *nx_web_socket_get_header (NxWebSocket *self, const char *name);
NX_AVAILABLE_IN_ALL
SoupMessageHeaders *nx_web_socket_get_headers (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
const char *nx_web_socket_get_cookie (NxWebSocket *self, const char *name);
NX_AVAILABLE_IN_ALL
const char *const *nx_web_socket_get_offered_subprotocols (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
const char *nx_web_socket_get_origin (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
GSocketAddress *nx_web_socket_get_remote_address (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
GTlsCertificate *nx_web_socket_get_peer_certificate (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
GCredentials *nx_web_socket_get_credentials (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
const char *nx_web_socket_get_user (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
NxApp *nx_web_socket_get_app (NxWebSocket *self);

/* Deciding. */
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_accept (NxWebSocket *self, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_accept_and_close (NxWebSocket *self,
                                         guint code,
                                         const char *reason,
                                         GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_reject (NxWebSocket *self, guint status, const char *body, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_set_subprotocol (NxWebSocket *self, const char *name, GError **error);
NX_AVAILABLE_IN_ALL
const char *nx_web_socket_get_subprotocol (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_set_response_header (NxWebSocket *self,
                                            const char *name,
                                            const char *value,
                                            GError **error);
NX_AVAILABLE_IN_ALL
void nx_web_socket_defer (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
void nx_web_socket_proceed (NxWebSocket *self);

/* Life. */
NX_AVAILABLE_IN_ALL
NxState nx_web_socket_get_state (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
guint nx_web_socket_get_status (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
GCancellable *nx_web_socket_get_cancellable (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_close (NxWebSocket *self, guint code, const char *reason, GError **error);
NX_AVAILABLE_IN_ALL
void nx_web_socket_close_async (NxWebSocket *self,
                                guint code,
                                const char *reason,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_close_finish (NxWebSocket *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
guint nx_web_socket_get_close_code (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
const char *nx_web_socket_get_close_reason (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
void nx_web_socket_ping_async (NxWebSocket *self,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
NX_AVAILABLE_IN_ALL
gint64 nx_web_socket_ping_finish (NxWebSocket *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
void nx_web_socket_begin_handler (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
void nx_web_socket_end_handler (NxWebSocket *self, GError *error);
NX_AVAILABLE_IN_ALL
void nx_web_socket_handler_returned (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
gboolean nx_close_code_is_sendable (guint code);

/* Sending. */
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_text (NxWebSocket *self, const char *text, GError **error);
NX_AVAILABLE_IN_ALL
gssize nx_web_socket_send_text_counted (NxWebSocket *self, const char *text, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_bytes (NxWebSocket *self, GBytes *bytes, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_json (NxWebSocket *self, JsonNode *node, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_object (NxWebSocket *self, GObject *object, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_action (NxWebSocket *self,
                                    const char *type,
                                    GObject *object,
                                    GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_variant (NxWebSocket *self, GVariant *value, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_message (NxWebSocket *self, NxMessage *message, GError **error);
NX_AVAILABLE_IN_ALL
void nx_web_socket_send_text_async (NxWebSocket *self,
                                    const char *text,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_text_finish (NxWebSocket *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
void nx_web_socket_send_bytes_async (NxWebSocket *self,
                                     GBytes *bytes,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_bytes_finish (NxWebSocket *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
void nx_web_socket_send_json_async (NxWebSocket *self,
                                    JsonNode *node,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_json_finish (NxWebSocket *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
void nx_web_socket_send_message_async (NxWebSocket *self,
                                       NxMessage *message,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_message_finish (NxWebSocket *self,
                                            GAsyncResult *result,
                                            GError **error);
NX_AVAILABLE_IN_ALL
void nx_web_socket_send_object_async (NxWebSocket *self,
                                      GObject *object,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_object_finish (NxWebSocket *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
void nx_web_socket_send_action_async (NxWebSocket *self,
                                      const char *type,
                                      GObject *object,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_action_finish (NxWebSocket *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
void nx_web_socket_send_variant_async (NxWebSocket *self,
                                       GVariant *value,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_send_variant_finish (NxWebSocket *self,
                                            GAsyncResult *result,
                                            GError **error);
NX_AVAILABLE_IN_ALL
gsize nx_web_socket_get_buffered_amount (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
gboolean nx_web_socket_is_congested (NxWebSocket *self);

/* Receiving. */
NX_AVAILABLE_IN_ALL
void nx_web_socket_pause (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
void nx_web_socket_resume (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
void nx_web_socket_receive_async (NxWebSocket *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
NX_AVAILABLE_IN_ALL
NxMessage *nx_web_socket_receive_finish (NxWebSocket *self,
                                         GAsyncResult *result,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_web_socket_receive_text_async (NxWebSocket *self,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
NX_AVAILABLE_IN_ALL
char *nx_web_socket_receive_text_finish (NxWebSocket *self,
                                         GAsyncResult *result,
                                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_web_socket_receive_bytes_async (NxWebSocket *self,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
NX_AVAILABLE_IN_ALL
GBytes *nx_web_socket_receive_bytes_finish (NxWebSocket *self,
                                            GAsyncResult *result,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_web_socket_receive_json_async (NxWebSocket *self,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
NX_AVAILABLE_IN_ALL
JsonNode *nx_web_socket_receive_json_finish (NxWebSocket *self,
                                             GAsyncResult *result,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
NxMessage *nx_web_socket_try_receive (NxWebSocket *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
char *nx_web_socket_try_receive_text (NxWebSocket *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_web_socket_cancel_receive (NxWebSocket *self);
NX_AVAILABLE_IN_ALL
void nx_web_socket_put_back (NxWebSocket *self, NxMessage *message);

G_END_DECLS
