/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(NX_INSIDE) && !defined(NX_COMPILATION)
#error "Only <nexws.h> can be included directly."
#endif

#include "nx-router.h"

G_BEGIN_DECLS

#define NX_TYPE_APP (nx_app_get_type ())
NX_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (NxApp, nx_app, NX, APP, NxRouter)

/**
 * NxAppClass:
 * @parent_class: the parent class
 *
 * The class structure of [class@App].
 *
 * Since: 0.1
 */
struct _NxAppClass
{
  NxRouterClass parent_class;

  /*< private >*/
  gpointer padding[8];
};

NX_AVAILABLE_IN_ALL
NxApp *nx_app_new (void) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
SoupServer *nx_app_get_server (NxApp *self);
NX_AVAILABLE_IN_ALL
GListModel *nx_app_get_connections (NxApp *self);
NX_AVAILABLE_IN_ALL
NxWebSocket *nx_app_find_web_socket (NxApp *self, const char *id);
NX_AVAILABLE_IN_ALL
NxGroup *nx_app_dup_group (NxApp *self, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
NxGroup *nx_app_find_group (NxApp *self, const char *name);
NX_AVAILABLE_IN_ALL
void nx_app_send_to_groups (NxApp *self,
                            const char *const *names,
                            NxMessage *message,
                            NxWebSocket *excluding);
NX_AVAILABLE_IN_ALL
gboolean nx_app_send_to (NxApp *self, const char *id, NxMessage *message);

NX_AVAILABLE_IN_ALL
gboolean nx_app_listen (NxApp *self,
                        const char *host,
                        guint16 port,
                        NxListenFlags flags,
                        GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_app_listen_unix (NxApp *self, const char *path, NxListenFlags flags, GError **error);
NX_AVAILABLE_IN_ALL
gboolean nx_app_listen_socket (NxApp *self, GSocket *socket, NxListenFlags flags, GError **error);
NX_AVAILABLE_IN_ALL
guint nx_app_listen_activation (NxApp *self, GError **error);
NX_AVAILABLE_IN_ALL
GList *nx_app_get_uris (NxApp *self) G_GNUC_WARN_UNUSED_RESULT;

NX_AVAILABLE_IN_ALL
void nx_app_stop_async (NxApp *self,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_app_stop_finish (NxApp *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
char *nx_app_describe_as (NxApp *self,
                          NxDescriptionFormat format,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
NX_AVAILABLE_IN_ALL
gboolean nx_app_start (NxApp *self, char **argv, GError **error);
NX_AVAILABLE_IN_ALL
int nx_app_run (NxApp *self, int argc, char **argv);
NX_AVAILABLE_IN_ALL
void nx_app_run_async (NxApp *self, char **argv, GAsyncReadyCallback callback, gpointer user_data);
NX_AVAILABLE_IN_ALL
gboolean nx_app_run_finish (NxApp *self, GAsyncResult *result, GError **error);
NX_AVAILABLE_IN_ALL
void nx_app_quit (NxApp *self);

G_END_DECLS
