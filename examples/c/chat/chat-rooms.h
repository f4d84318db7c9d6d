/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All rooms, by name: each is there while somebody is in it, and a little longer. */
#pragma once

#include "chat-room.h"

G_BEGIN_DECLS

#define CHAT_TYPE_ROOMS (chat_rooms_get_type ())
G_DECLARE_FINAL_TYPE (ChatRooms, chat_rooms, CHAT, ROOMS, GObject)

ChatRooms *chat_rooms_new (void) G_GNUC_WARN_UNUSED_RESULT;
ChatRoom *chat_rooms_open (ChatRooms *self, NxApp *app, const char *name);
void chat_rooms_leave (ChatRooms *self, ChatRoom *room, NxWebSocket *ws);

G_END_DECLS
