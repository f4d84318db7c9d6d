/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection: reads what the page sends, and does it. */
#pragma once

#include "chat-rooms.h"

G_BEGIN_DECLS

#define CHAT_TYPE_CONTROLLER (chat_controller_get_type ())
G_DECLARE_FINAL_TYPE (ChatController, chat_controller, CHAT, CONTROLLER, NxController)

NxController *chat_controller_new (ChatRooms *rooms) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
