/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-message.h"
#include "nx-types.h"

G_BEGIN_DECLS

#define NX_TYPE_GROUP (nx_group_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (NxGroup, nx_group, NX, GROUP, GObject)

/**
 * NxGroupFilter:
 * @group: the group
 * @ws: a member
 * @user_data: what was given with the function
 *
 * Says whether a member is to get a message, see [method@Group.send_filtered].
 *
 * Returns: %TRUE if it is
 *
 * Since: 0.1
 */
typedef gboolean (*NxGroupFilter) (NxGroup *group, NxWebSocket *ws, gpointer user_data);

NX_AVAILABLE_IN_ALL
const char *nx_group_get_name (NxGroup *self);
NX_AVAILABLE_IN_ALL
GListModel *nx_group_get_members (NxGroup *self);
NX_AVAILABLE_IN_ALL
guint nx_group_get_n_members (NxGroup *self);
NX_AVAILABLE_IN_ALL
NxSlowPolicy nx_group_get_slow_policy (NxGroup *self);
NX_AVAILABLE_IN_ALL
void nx_group_set_slow_policy (NxGroup *self, NxSlowPolicy policy);

NX_AVAILABLE_IN_ALL
gboolean nx_group_add (NxGroup *self, NxWebSocket *ws, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_group_add_after (NxGroup *self, NxWebSocket *ws, const char *after_id, GError **error);
NX_AVAILABLE_IN_ALL
char *nx_group_dup_last_id (NxGroup *self) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
gboolean nx_group_remove (NxGroup *self, NxWebSocket *ws);
NX_AVAILABLE_IN_ALL
gboolean nx_group_contains (NxGroup *self, NxWebSocket *ws);
NX_AVAILABLE_IN_ALL
GList *nx_web_socket_get_groups (NxWebSocket *self) G_GNUC_WARN_UNUSED_RESULT;

NX_AVAILABLE_IN_ALL
void nx_group_send_message (NxGroup *self, NxMessage *message, NxWebSocket *excluding);
NX_AVAILABLE_IN_ALL
void nx_group_send_volatile (NxGroup *self, NxMessage *message, NxWebSocket *excluding);
NX_AVAILABLE_IN_ALL
gboolean nx_group_send_text (NxGroup *self,
                             const char *text,
                             NxWebSocket *excluding,
                             GError **error);
NX_AVAILABLE_IN_ALL
void nx_group_send_bytes (NxGroup *self, GBytes *bytes, NxWebSocket *excluding);
NX_AVAILABLE_IN_ALL
gboolean nx_group_send_json (NxGroup *self, JsonNode *node, NxWebSocket *excluding, GError **error);
NX_AVAILABLE_IN_ALL
void nx_group_send_filtered (NxGroup *self,
                             NxMessage *message,
                             NxGroupFilter filter,
                             gpointer user_data);

NX_AVAILABLE_IN_ALL
void nx_group_send_message_async (NxGroup *self,
                                  NxMessage *message,
                                  NxWebSocket *excluding,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
NX_AVAILABLE_IN_ALL
char *nx_group_send_message_finish (NxGroup *self,
                                    GAsyncResult *result,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
void nx_group_ask_async (NxGroup *self,
                         NxMessage *message,
                         guint timeout_ms,
                         NxWebSocket *excluding,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
NX_AVAILABLE_IN_ALL
GHashTable *nx_group_ask_finish (NxGroup *self,
                                 GAsyncResult *result,
                                 char ***missing,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
GList *nx_group_ask_finish_lists (NxGroup *self,
                                  GAsyncResult *result,
                                  char ***ids,
                                  char ***missing,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
gboolean nx_group_ask_is_complete (NxGroup *self, GAsyncResult *result);
NX_AVAILABLE_IN_ALL
void nx_web_socket_ask_async (NxWebSocket *self,
                              NxMessage *message,
                              guint timeout_ms,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
NX_AVAILABLE_IN_ALL
NxMessage *nx_web_socket_ask_finish (NxWebSocket *self,
                                     GAsyncResult *result,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

NX_AVAILABLE_IN_ALL
gboolean nx_group_set_presence (NxGroup *self,
                                NxWebSocket *ws,
                                const char *key,
                                JsonNode *meta,
                                GError **error);
NX_AVAILABLE_IN_ALL
JsonNode *nx_group_dup_presence (NxGroup *self) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
