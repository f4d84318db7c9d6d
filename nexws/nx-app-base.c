/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all of an app stands on: what is private to it, and its signals. */
#include "config.h"

#include "nx-app-private.h"

guint nx_app_signals[NX_APP_N_SIGNALS];

/* The object's file defines the type, and calls the others: those do not call it. */
static int private_offset;

NxAppPrivate *
nx_app_get_private (NxApp *self)
{
  return G_STRUCT_MEMBER_P (self, private_offset);
}

void
nx_app_set_up_base (NxAppClass *klass)
{
  private_offset = g_type_class_get_instance_private_offset (klass);
  /**
   * NxApp::started:
   * @self: the app
   *
   * It listens: what lives as long as the service can be made. An app that does not listen, and is driven by a [class@TestClient],
   * has it before the first handshake or request of one.
   *
   * Since: 0.1
   */
  nx_app_signals[NX_APP_STARTED] =
      g_signal_new ("started", NX_TYPE_APP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * NxApp::refused:
   * @self: the app
   * @remote_address: who asked
   * @path: (nullable): the path, percent-encoded as it came and without the query; %NULL of a request that is malformed
   * @status: the HTTP status of the answer
   *
   * A request was answered by the app itself, so that there is no websocket for it: a head that is malformed or too large, a host
   * or an origin that is not allowed, a limit that is reached, a path without a route, or credentials that a
   * [class@Soup.AuthDomain] did not accept. It comes once a request.
   *
   * What a middleware or a route's handler refuses has a websocket, and ends with [signal@WebSocket::closed]. Plain HTTP that
   * reaches [property@App:server] is not told of here.
   *
   * Since: 0.1
   */
  nx_app_signals[NX_APP_REFUSED] =
      g_signal_new ("refused", NX_TYPE_APP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                    G_TYPE_SOCKET_ADDRESS, G_TYPE_STRING, G_TYPE_UINT);
  /**
   * NxApp::stopping:
   * @self: the app
   *
   * It accepts nobody any more, and is about to close its connections.
   *
   * Since: 0.1
   */
  nx_app_signals[NX_APP_STOPPING] = g_signal_new ("stopping", NX_TYPE_APP, G_SIGNAL_RUN_LAST, 0,
                                                  NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * NxApp::stopped:
   * @self: the app
   *
   * No connection is left.
   *
   * Since: 0.1
   */
  nx_app_signals[NX_APP_STOPPED] =
      g_signal_new ("stopped", NX_TYPE_APP, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}
