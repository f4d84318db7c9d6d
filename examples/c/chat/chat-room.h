/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A room: who is in it, and what was said last. */
#pragma once

#include <nexws.h>

G_BEGIN_DECLS

#define CHAT_TYPE_ROOM (chat_room_get_type ())
G_DECLARE_FINAL_TYPE (ChatRoom, chat_room, CHAT, ROOM, GObject)

ChatRoom *chat_room_new (NxApp *app, const char *name) G_GNUC_WARN_UNUSED_RESULT;
const char *chat_room_get_name (ChatRoom *self);
gboolean chat_room_is_empty (ChatRoom *self);
gboolean chat_room_has_history (ChatRoom *self);
gboolean chat_room_enter (ChatRoom *self,
                          NxWebSocket *ws,
                          const char *name,
                          const char *key,
                          const char *after);
gboolean chat_room_leave (ChatRoom *self, NxWebSocket *ws);
void chat_room_say (ChatRoom *self, NxWebSocket *ws, const char *id, const char *text);
void chat_room_note_typing (ChatRoom *self, NxWebSocket *ws);

G_END_DECLS
