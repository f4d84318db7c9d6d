/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-app.h"

G_BEGIN_DECLS

#define NX_TYPE_TEST_CLIENT (nx_test_client_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (NxTestClient, nx_test_client, NX, TEST_CLIENT, GObject)

NX_AVAILABLE_IN_ALL
NxTestClient *nx_test_client_new (NxApp *app) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
NxApp *nx_test_client_get_app (NxTestClient *self);

/* Before it comes. */
NX_AVAILABLE_IN_ALL
void nx_test_client_set_timeout (NxTestClient *self, guint timeout_ms);
NX_AVAILABLE_IN_ALL
guint nx_test_client_get_timeout (NxTestClient *self);
NX_AVAILABLE_IN_ALL
void nx_test_client_set_host (NxTestClient *self, const char *host);
NX_AVAILABLE_IN_ALL
const char *nx_test_client_get_host (NxTestClient *self);
NX_AVAILABLE_IN_ALL
void nx_test_client_set_header (NxTestClient *self, const char *name, const char *value);
NX_AVAILABLE_IN_ALL
void nx_test_client_add_header (NxTestClient *self, const char *name, const char *value);
NX_AVAILABLE_IN_ALL
void nx_test_client_set_cookie (NxTestClient *self, const char *name, const char *value);
NX_AVAILABLE_IN_ALL
void nx_test_client_set_subprotocols (NxTestClient *self, const char *const *names);
NX_AVAILABLE_IN_ALL
const char *const *nx_test_client_get_subprotocols (NxTestClient *self);
NX_AVAILABLE_IN_ALL
void nx_test_client_set_compression (NxTestClient *self, gboolean compression);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_get_compression (NxTestClient *self);
NX_AVAILABLE_IN_ALL
void nx_test_client_set_transport (NxTestClient *self, NxTestTransport transport);
NX_AVAILABLE_IN_ALL
NxTestTransport nx_test_client_get_transport (NxTestClient *self);
NX_AVAILABLE_IN_ALL
void nx_test_client_set_certificate (NxTestClient *self, GTlsCertificate *certificate);
NX_AVAILABLE_IN_ALL
GTlsCertificate *nx_test_client_get_certificate (NxTestClient *self);
NX_AVAILABLE_IN_ALL
void nx_test_client_set_remote_address (NxTestClient *self, GSocketAddress *address);
NX_AVAILABLE_IN_ALL
GSocketAddress *nx_test_client_get_remote_address (NxTestClient *self);
NX_AVAILABLE_IN_ALL
void nx_test_client_set_credentials (NxTestClient *self, GCredentials *credentials);
NX_AVAILABLE_IN_ALL
GCredentials *nx_test_client_get_credentials (NxTestClient *self);

/* Coming in, or not. */
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_open (NxTestClient *self, const char *path, GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_open_async (NxTestClient *self,
                                const char *path,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_open_finish (NxTestClient *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_expect_refusal (NxTestClient *self,
                                        const char *path,
                                        guint status,
                                        GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_expect_refusal_async (NxTestClient *self,
                                          const char *path,
                                          guint status,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_expect_refusal_finish (NxTestClient *self,
                                               GAsyncResult *result,
                                               GError **error);

/* Plain HTTP, and answers. */
NX_AVAILABLE_IN_ALL
guint nx_test_client_request (NxTestClient *self,
                              const char *method,
                              const char *path,
                              GBytes *body,
                              GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_request_async (NxTestClient *self,
                                   const char *method,
                                   const char *path,
                                   GBytes *body,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
NX_AVAILABLE_IN_ALL
guint nx_test_client_request_finish (NxTestClient *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
guint nx_test_client_request_raw (NxTestClient *self, GBytes *octets, GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_request_raw_async (NxTestClient *self,
                                       GBytes *octets,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
NX_AVAILABLE_IN_ALL
guint nx_test_client_request_raw_finish (NxTestClient *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
guint nx_test_client_get_status (NxTestClient *self);
NX_AVAILABLE_IN_ALL
SoupMessageHeaders *nx_test_client_get_response_headers (NxTestClient *self);
NX_AVAILABLE_IN_ALL
const char *nx_test_client_get_response_header (NxTestClient *self, const char *name);
NX_AVAILABLE_IN_ALL
GBytes *nx_test_client_get_response_body (NxTestClient *self);
NX_AVAILABLE_IN_ALL
char *nx_test_client_dup_response_text (NxTestClient *self) G_GNUC_WARN_UNUSED_RESULT;

/* The connection. */
NX_AVAILABLE_IN_ALL
NxState nx_test_client_get_state (NxTestClient *self);
NX_AVAILABLE_IN_ALL
const char *nx_test_client_get_subprotocol (NxTestClient *self);
NX_AVAILABLE_IN_ALL
const char *nx_test_client_get_extensions (NxTestClient *self);
NX_AVAILABLE_IN_ALL
guint nx_test_client_get_n_pings (NxTestClient *self);
NX_AVAILABLE_IN_ALL
guint nx_test_client_get_close_code (NxTestClient *self);
NX_AVAILABLE_IN_ALL
const char *nx_test_client_get_close_reason (NxTestClient *self);

/* Sending. */
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_send_text (NxTestClient *self, const char *text, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_send_bytes (NxTestClient *self, GBytes *bytes, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_send_json (NxTestClient *self, JsonNode *node, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_send_message (NxTestClient *self, NxMessage *message, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_send_object (NxTestClient *self, GObject *object, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_send_action (NxTestClient *self,
                                     const char *type,
                                     GObject *object,
                                     GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_send_raw (NxTestClient *self, GBytes *octets, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_ping (NxTestClient *self, GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_ping_async (NxTestClient *self,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_ping_finish (NxTestClient *self, GAsyncResult *result, GError **error);

/* Receiving. */
NX_AVAILABLE_IN_ALL
NxMessage *nx_test_client_receive (NxTestClient *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_test_client_receive_async (NxTestClient *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
NX_AVAILABLE_IN_ALL
NxMessage *nx_test_client_receive_finish (NxTestClient *self,
                                          GAsyncResult *result,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
char *nx_test_client_receive_text (NxTestClient *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_test_client_receive_text_async (NxTestClient *self,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
NX_AVAILABLE_IN_ALL
char *nx_test_client_receive_text_finish (NxTestClient *self,
                                          GAsyncResult *result,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
GBytes *nx_test_client_receive_bytes (NxTestClient *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_test_client_receive_bytes_async (NxTestClient *self,
                                         GCancellable *cancellable,
                                         GAsyncReadyCallback callback,
                                         gpointer user_data);
NX_AVAILABLE_IN_ALL
GBytes *nx_test_client_receive_bytes_finish (NxTestClient *self,
                                             GAsyncResult *result,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
JsonNode *nx_test_client_receive_json (NxTestClient *self,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_test_client_receive_json_async (NxTestClient *self,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
NX_AVAILABLE_IN_ALL
JsonNode *nx_test_client_receive_json_finish (NxTestClient *self,
                                              GAsyncResult *result,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
GObject *nx_test_client_receive_object (NxTestClient *self,
                                        GType type,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_test_client_receive_object_async (NxTestClient *self,
                                          GType type,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
NX_AVAILABLE_IN_ALL
GObject *nx_test_client_receive_object_finish (NxTestClient *self,
                                               GAsyncResult *result,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_expect_text (NxTestClient *self, const char *text, GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_expect_text_async (NxTestClient *self,
                                       const char *text,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_expect_text_finish (NxTestClient *self,
                                            GAsyncResult *result,
                                            GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_expect_json (NxTestClient *self, const char *json, GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_expect_json_async (NxTestClient *self,
                                       const char *json,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_expect_json_finish (NxTestClient *self,
                                            GAsyncResult *result,
                                            GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_expect_nothing (NxTestClient *self, GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_expect_nothing_async (NxTestClient *self,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_expect_nothing_finish (NxTestClient *self,
                                               GAsyncResult *result,
                                               GError **error);

/* JSON-RPC. */
NX_AVAILABLE_IN_ALL
JsonNode *nx_test_client_call (NxTestClient *self,
                               const char *method,
                               JsonNode *params,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_test_client_call_async (NxTestClient *self,
                                const char *method,
                                JsonNode *params,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
NX_AVAILABLE_IN_ALL
JsonNode *nx_test_client_call_finish (NxTestClient *self,
                                      GAsyncResult *result,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The end. */
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_close (NxTestClient *self, guint code, const char *reason, GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_close_async (NxTestClient *self,
                                 guint code,
                                 const char *reason,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_close_finish (NxTestClient *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_expect_close (NxTestClient *self,
                                      guint code,
                                      const char *reason,
                                      GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_expect_close_async (NxTestClient *self,
                                        guint code,
                                        const char *reason,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_expect_close_finish (NxTestClient *self,
                                             GAsyncResult *result,
                                             GError **error);

/* A bad peer, or one on a bad line. */
NX_AVAILABLE_IN_ALL
void nx_test_client_set_delay (NxTestClient *self, guint delay_ms);
NX_AVAILABLE_IN_ALL
void nx_test_client_set_chunk_size (NxTestClient *self, gsize size);
NX_AVAILABLE_IN_ALL
void nx_test_client_stop_reading (NxTestClient *self, gsize capacity);
NX_AVAILABLE_IN_ALL
void nx_test_client_start_reading (NxTestClient *self);
NX_AVAILABLE_IN_ALL
void nx_test_client_half_close (NxTestClient *self);
NX_AVAILABLE_IN_ALL
void nx_test_client_cut (NxTestClient *self);

/* Time. */
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_settle (NxTestClient *self, GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_settle_async (NxTestClient *self,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_settle_finish (NxTestClient *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
gint64 nx_test_client_get_time (NxTestClient *self);
NX_AVAILABLE_IN_ALL
void nx_test_client_freeze_time (NxTestClient *self);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_advance_time (NxTestClient *self, guint ms, GError **error);
NX_AVAILABLE_IN_ALL
void nx_test_client_advance_time_async (NxTestClient *self,
                                        guint ms,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_test_client_advance_time_finish (NxTestClient *self,
                                             GAsyncResult *result,
                                             GError **error);

G_END_DECLS
