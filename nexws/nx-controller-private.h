/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "nx-controller.h"

G_BEGIN_DECLS

/* What a route asks of its controller. */
void nx_controller_connect (NxController *self, NxWebSocket *ws, GError **error);
gboolean nx_controller_has_on_receive (NxController *self);
void nx_controller_receive (NxController *self,
                            NxWebSocket *ws,
                            NxMessage *message,
                            GError **error);
void nx_controller_disconnect (NxController *self, NxWebSocket *ws, guint code, const char *reason);
void nx_controller_fail (NxController *self, NxWebSocket *ws, GError *error);

G_END_DECLS
