/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nx-action-private.h"

G_BEGIN_DECLS

/* What a route asks of its controller. */
void nx_controller_connect (NxController *self, NxWebSocket *ws, GError **error);
/* Whether messages go to it: by on_receive, or by an action. */
gboolean nx_controller_takes_messages (NxController *self);
gboolean nx_controller_has_actions (NxController *self);
void nx_controller_disconnect (NxController *self, NxWebSocket *ws, guint code, const char *reason);
void nx_controller_fail (NxController *self, NxWebSocket *ws, GError *error);

NxActions *nx_controller_get_own_actions (NxController *self); /* nullable */
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
