/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chat-room.h"

#include "chat-protocol.h"
#include "chat-words.h"

#define MAX_HISTORY 50 /* messages */

typedef struct
{
  NxWebSocket *ws;
  char *name;
  char *folded; /* the name, for comparing */
  char *key;    /* nullable; what proves to be the same person */
} Member;

struct _ChatRoom
{
  GObject parent_instance;
  char *name;
  NxGroup *
      group; /* their connections; keeps what was said for those who come again, and knows who is in it at other processes */
  GHashTable
      *names; /* of all who are there, wherever, by the folded ones: what those here were told */
  GPtrArray *members; /* of Member, in the order in which they came */
  GQueue history;     /* of JsonObject, the oldest first, for those who are new */
};

G_DEFINE_FINAL_TYPE (ChatRoom, chat_room, G_TYPE_OBJECT)

static void
member_free (gpointer data)
{
  Member *member = data;

  g_object_unref (member->ws);
  g_free (member->name);
  g_free (member->folded);
  g_free (member->key);
  g_free (member);
}

/* There are so few in a room that looking through them is quickest. */
static Member *
find_by_name (ChatRoom *self, const char *folded)
{
  for (guint i = 0; i < self->members->len; i++)
    {
      Member *member = g_ptr_array_index (self->members, i);

      if (g_str_equal (member->folded, folded))
        return member;
    }
  return NULL;
}

static Member *
find_by_web_socket (ChatRoom *self, NxWebSocket *ws)
{
  for (guint i = 0; i < self->members->len; i++)
    {
      Member *member = g_ptr_array_index (self->members, i);

      if (member->ws == ws)
        return member;
    }
  return NULL;
}

/* Those who are here: at other processes they are told there. Each by itself, since what is sent to the group does not reach who still
 * waits for what was said before, unless it is kept. */
static void
tell_those_here (ChatRoom *self, const char *type, const char *name, Member *excluded)
{
  g_autoptr (JsonObject) object = chat_protocol_new (type);
  g_autoptr (NxMessage) message = NULL;

  json_object_set_string_member (object, "name", name);
  chat_protocol_set_time (object);
  message = chat_protocol_to_message (object);
  for (guint i = 0; i < self->members->len; i++)
    {
      Member *member = g_ptr_array_index (self->members, i);

      if (member != excluded)
        nx_web_socket_send_message (member->ws, message, NULL);
    }
}

/* Somebody came or went, here or at another process, or is connected anew. */
static void
presence_changed_cb (NxGroup *group, const char *folded, JsonNode *meta, gpointer data)
{
  ChatRoom *self = data;
  JsonObject *object = meta != NULL ? json_node_get_object (meta) : NULL;
  Member *member = find_by_name (self, folded);
  g_autofree char *name = g_strdup (g_hash_table_lookup (self->names, folded));

  if (object == NULL && name != NULL)
    {
      g_hash_table_remove (self->names, folded);
      tell_those_here (self, "left", name, NULL);
    }
  else if (object != NULL && name == NULL)
    {
      name = g_strdup (json_object_get_string_member (object, "name"));
      g_hash_table_insert (self->names, g_strdup (folded), g_strdup (name));
      tell_those_here (self, "joined", name, member);
    }
  /* Who has come in by another process is gone from this one. */
  if (object != NULL && member != NULL
      && strcmp (json_object_get_string_member (object, "id"), nx_web_socket_get_id (member->ws))
             != 0)
    nx_web_socket_close (member->ws, CHAT_CLOSE_TAKEN_OVER, "You came in by another connection",
                         NULL);
}

static void
chat_room_finalize (GObject *object)
{
  ChatRoom *self = CHAT_ROOM (object);

  g_free (self->name);
  g_signal_handlers_disconnect_by_data (self->group, self);
  g_hash_table_unref (self->names);
  /* Or what it keeps would keep it. */
  g_object_set (self->group, "history-size", 0, NULL);
  g_object_unref (self->group);
  g_ptr_array_unref (self->members);
  g_queue_clear_full (&self->history, (GDestroyNotify) json_object_unref);
  G_OBJECT_CLASS (chat_room_parent_class)->finalize (object);
}

static void
chat_room_class_init (ChatRoomClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = chat_room_finalize;
}

static void
chat_room_init (ChatRoom *self)
{
  self->members = g_ptr_array_new_with_free_func (member_free);
  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_queue_init (&self->history);
}

ChatRoom *
chat_room_new (NxApp *app, const char *name)
{
  ChatRoom *self = g_object_new (CHAT_TYPE_ROOM, NULL);
  g_autofree char *folded = chat_words_fold (name);

  self->name = g_strdup (name);
  self->group = nx_app_dup_group (app, folded, NULL);
  g_signal_connect (self->group, "presence-changed", G_CALLBACK (presence_changed_cb), self);
  g_object_set (self->group, "history-size", MAX_HISTORY, NULL);
  return self;
}

const char *
chat_room_get_name (ChatRoom *self)
{
  return self->name;
}

gboolean
chat_room_is_empty (ChatRoom *self)
{
  return self->members->len == 0;
}

gboolean
chat_room_has_history (ChatRoom *self)
{
  return self->history.length > 0;
}

/* -- Coming and going -- */

static JsonArray *
list_names (ChatRoom *self)
{
  JsonArray *names = json_array_new ();
  GHashTableIter iter;
  gpointer folded, name;

  for (guint i = 0; i < self->members->len; i++)
    json_array_add_string_element (names, ((Member *) g_ptr_array_index (self->members, i))->name);
  g_hash_table_iter_init (&iter, self->names);
  while (g_hash_table_iter_next (&iter, &folded, &name))
    if (find_by_name (self, folded) == NULL)
      json_array_add_string_element (names, name);
  return names;
}

static void
set_presence (ChatRoom *self, Member *member)
{
  JsonObject *object = json_object_new ();
  g_autoptr (JsonNode) meta = json_node_init_object (json_node_alloc (), object);

  json_object_set_string_member (object, "name", member->name);
  json_object_set_string_member (object, "id", nx_web_socket_get_id (member->ws));
  json_object_set_string_member (object, "key", member->key != NULL ? member->key : "");
  json_object_unref (object);
  nx_group_set_presence (self->group, member->ws, member->folded, meta, NULL);
}

static gboolean
is_shared (NxWebSocket *ws)
{
  g_autoptr (NxBackplane) backplane = NULL;

  g_object_get (nx_web_socket_get_app (ws), "backplane", &backplane, NULL);
  return backplane != NULL;
}

/* Who comes again gets what it missed, or that something is gone, in front of the welcome; who is new finds the last messages in it. Where
 * they may have been said at other processes, they come behind it, since they are fetched. */
static void
welcome (ChatRoom *self, Member *member, const char *after)
{
  g_autoptr (JsonObject) object = chat_protocol_new ("welcome");
  g_autoptr (NxMessage) message = NULL;
  g_autofree char *last = nx_group_dup_last_id (self->group);
  JsonArray *history = json_array_new ();

  gboolean is_here = after == NULL && !is_shared (member->ws);

  if (!is_here)
    nx_group_add_after (self->group, member->ws, after, NULL);
  else
    nx_group_add (self->group, member->ws, NULL);
  for (GList *l = is_here ? self->history.head : NULL; l != NULL; l = l->next)
    json_array_add_object_element (history, json_object_ref (l->data));
  json_object_set_string_member (object, "room", self->name);
  json_object_set_string_member (object, "name", member->name);
  json_object_set_array_member (object, "members", list_names (self));
  json_object_set_array_member (object, "history", history);
  json_object_set_string_member (object, "last", last);
  message = chat_protocol_to_message (object);
  nx_web_socket_send_message (member->ws, message, NULL);
  set_presence (self, member);
}

/* Who lost the network comes back before the server has noticed that the old connection is dead. It is the same person, so
 * nobody else is told. */
static void
take_over (ChatRoom *self, Member *member, NxWebSocket *ws, const char *after)
{
  g_autoptr (NxWebSocket) before = g_steal_pointer (&member->ws);

  member->ws = g_object_ref (ws);
  welcome (self, member, after);
  nx_group_remove (self->group, before);
  nx_web_socket_close (before, CHAT_CLOSE_TAKEN_OVER, "You came in by another connection", NULL);
}

/* Whether somebody else at another process has the name. */
static gboolean
is_taken_elsewhere (ChatRoom *self, const char *folded, const char *key)
{
  g_autoptr (JsonNode) all = NULL;
  JsonObject *meta;

  if (!g_hash_table_contains (self->names, folded))
    return FALSE;
  all = nx_group_dup_presence (self->group);
  meta = json_object_get_object_member (json_node_get_object (all), folded);
  return key == NULL || g_strcmp0 (json_object_get_string_member (meta, "key"), key) != 0;
}

/* FALSE: the name is taken. */
gboolean
chat_room_enter (ChatRoom *self,
                 NxWebSocket *ws,
                 const char *name,
                 const char *key,
                 const char *after)
{
  g_autofree char *folded = chat_words_fold (name);
  Member *member = find_by_name (self, folded);

  if (member != NULL)
    {
      if (key == NULL || g_strcmp0 (member->key, key) != 0)
        return FALSE;
      take_over (self, member, ws, after);
      return TRUE;
    }
  if (is_taken_elsewhere (self, folded, key))
    return FALSE;
  member = g_new0 (Member, 1);
  member->ws = g_object_ref (ws);
  member->name = g_strdup (name);
  member->folded = g_steal_pointer (&folded);
  member->key = g_strdup (key);
  g_ptr_array_add (self->members, member);
  welcome (self, member, after);
  return TRUE;
}

/* FALSE: another connection had taken the place of this one, so nobody leaves. */
gboolean
chat_room_leave (ChatRoom *self, NxWebSocket *ws)
{
  Member *member = find_by_web_socket (self, ws);

  if (member == NULL)
    return FALSE;
  g_ptr_array_remove (self->members, member);
  nx_group_remove (self->group, ws);
  return TRUE;
}

/* -- Talking -- */

void
chat_room_say (ChatRoom *self, NxWebSocket *ws, const char *id, const char *text)
{
  Member *member = find_by_web_socket (self, ws);
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (NxMessage) message = NULL;

  if (member == NULL)
    return;
  object = chat_protocol_new ("said");
  json_object_set_string_member (object, "id", id);
  json_object_set_string_member (object, "name", member->name);
  json_object_set_string_member (object, "text", text);
  chat_protocol_set_time (object);
  message = chat_protocol_to_message (object);
  nx_group_send_message (self->group, message, NULL);
  g_queue_push_tail (&self->history, g_steal_pointer (&object));
  if (self->history.length > MAX_HISTORY)
    json_object_unref (g_queue_pop_head (&self->history));
}

void
chat_room_note_typing (ChatRoom *self, NxWebSocket *ws)
{
  Member *member = find_by_web_socket (self, ws);
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (NxMessage) message = NULL;

  if (member == NULL)
    return;
  object = chat_protocol_new ("typing");
  json_object_set_string_member (object, "name", member->name);
  message = chat_protocol_to_message (object);
  nx_group_send_volatile (self->group, message, ws);
}
