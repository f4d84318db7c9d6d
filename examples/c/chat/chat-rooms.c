/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chat-rooms.h"

#include "chat-words.h"

/* Who is alone in a room and loads the page anew, or loses the network together with all others, should find again what was said.
 * So the rooms that were left last are kept; older ones are forgotten, or whoever makes up names would fill the memory. */
#define MAX_EMPTY_ROOMS 32

struct _ChatRooms
{
  GObject parent_instance;
  GHashTable *rooms; /* folded name -> ChatRoom */
  GQueue empty;      /* those of them that nobody is in, the one left first in front */
};

G_DEFINE_FINAL_TYPE (ChatRooms, chat_rooms, G_TYPE_OBJECT)

static void
chat_rooms_finalize (GObject *object)
{
  ChatRooms *self = CHAT_ROOMS (object);

  g_queue_clear (&self->empty);
  g_hash_table_unref (self->rooms);
  G_OBJECT_CLASS (chat_rooms_parent_class)->finalize (object);
}

static void
chat_rooms_class_init (ChatRoomsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = chat_rooms_finalize;
}

static void
chat_rooms_init (ChatRooms *self)
{
  self->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  g_queue_init (&self->empty);
}

ChatRooms *
chat_rooms_new (void)
{
  return g_object_new (CHAT_TYPE_ROOMS, NULL);
}

/* The room of that name, made when there is none; it has to be entered at once. */
ChatRoom *
chat_rooms_open (ChatRooms *self, NxApp *app, const char *name)
{
  g_autofree char *folded = chat_words_fold (name);
  ChatRoom *room = g_hash_table_lookup (self->rooms, folded);

  if (room == NULL)
    {
      room = chat_room_new (app, name);
      g_hash_table_insert (self->rooms, g_steal_pointer (&folded), room);
    }
  g_queue_remove (&self->empty, room);
  return room;
}

static void
forget (ChatRooms *self, ChatRoom *room)
{
  g_autofree char *folded = chat_words_fold (chat_room_get_name (room));

  g_hash_table_remove (self->rooms, folded);
}

void
chat_rooms_leave (ChatRooms *self, ChatRoom *room, NxWebSocket *ws)
{
  if (!chat_room_leave (room, ws) || !chat_room_is_empty (room))
    return;
  if (!chat_room_has_history (room))
    forget (self, room);
  else
    g_queue_push_tail (&self->empty, room);
  if (self->empty.length > MAX_EMPTY_ROOMS)
    forget (self, g_queue_pop_head (&self->empty));
}
