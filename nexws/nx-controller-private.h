/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nx-action-private.h"
#include "nx-app-handle-private.h"

G_BEGIN_DECLS

typedef struct
{
  NxAppHandle *app_handle; /* NULL until the first connection */
  NxEncoding encoding;
  char **subprotocols;
  NxActions *actions; /* nullable: this one's own */
  gboolean class_has_actions;
} NxControllerPrivate;

NxControllerPrivate *nx_controller_get_private (NxController *self);

/* Asked for each message: what the class has is remembered. */
static inline gboolean
nx_controller_has_actions (const NxControllerPrivate *priv)
{
  return priv->class_has_actions || (priv->actions != NULL && priv->actions->received->len > 0);
}

/* What a route asks of its controller. */
void nx_controller_connect (NxController *self, NxWebSocket *ws, GError **error);
/* Whether messages go to it: by on_receive, or by an action. */
gboolean nx_controller_takes_messages (NxController *self);
void nx_controller_disconnect (NxController *self, NxWebSocket *ws, guint code, const char *reason);
void nx_controller_fail (NxController *self, NxWebSocket *ws, GError *error);

NxActions *nx_controller_ensure_own_actions (NxController *self);

/* nx-controller-actions.c: FALSE when the message is for on_receive. */
gboolean nx_controller_take_action (NxController *self,
                                    NxWebSocket *ws,
                                    NxMessage *message,
                                    GError **error);

/* nx-controller-receive.c */
void nx_controller_receive (NxController *self,
                            NxWebSocket *ws,
                            NxMessage *message,
                            GError **error);

G_END_DECLS
