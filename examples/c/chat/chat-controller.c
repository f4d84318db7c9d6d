/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "chat-controller.h"

#include "chat-protocol.h"
#include "chat-words.h"

struct _ChatController
{
  NxController parent_instance;
  ChatRooms *rooms;
  ChatRoom *room; /* NULL until joined */
};

G_DEFINE_FINAL_TYPE (ChatController, chat_controller, NX_TYPE_CONTROLLER)

static void
fail (GError **error, ChatError code, const char *text)
{
  g_set_error_literal (error, CHAT_ERROR, code, text);
}

static void
join (ChatController *self, NxWebSocket *ws, JsonObject *object, GError **error)
{
  const char *wanted = chat_protocol_get_string (object, "name");
  const char *key = chat_protocol_get_string (object, "key");
  const char *after = chat_protocol_get_string (object, "after");
  g_autofree char *name = wanted != NULL ? chat_words_dup_name (wanted) : NULL;
  ChatRoom *room;

  if (wanted == NULL || (json_object_has_member (object, "key") && key == NULL)
      || (key != NULL && !chat_words_is_token (key))
      || (json_object_has_member (object, "after") && after == NULL))
    return fail (error, CHAT_ERROR_BAD_MESSAGE,
                 "\"join\" has a \"name\" and may have a \"key\" and an \"after\"");
  if (self->room != NULL)
    return fail (error, CHAT_ERROR_ALREADY_JOINED, "You are in the room already.");
  if (name == NULL)
    return fail (error, CHAT_ERROR_NAME_INVALID,
                 "A name has 1 to " G_STRINGIFY (CHAT_MAX_NAME) " visible characters.");

  room = chat_rooms_open (self->rooms, nx_web_socket_get_app (ws),
                          nx_web_socket_get_path_param (ws, "room"));
  if (!chat_room_enter (room, ws, name, key, after))
    return fail (error, CHAT_ERROR_NAME_TAKEN,
                 "Somebody here has this name already. Please choose another one.");
  self->room = g_object_ref (room);
}

static void
say (ChatController *self, NxWebSocket *ws, JsonObject *object, GError **error)
{
  const char *id = chat_protocol_get_string (object, "id");
  const char *text = chat_protocol_get_string (object, "text");

  if (id == NULL || !chat_words_is_token (id) || text == NULL)
    return fail (error, CHAT_ERROR_BAD_MESSAGE, "\"say\" has an \"id\" and a \"text\"");
  if (self->room == NULL)
    return fail (error, CHAT_ERROR_NOT_JOINED, "Join first.");
  if (!chat_words_is_text (text))
    return fail (error, CHAT_ERROR_TEXT_INVALID,
                 "A message has 1 to " G_STRINGIFY (CHAT_MAX_TEXT) " characters.");
  chat_room_say (self->room, ws, id, text);
}

static void
note_typing (ChatController *self, NxWebSocket *ws, JsonObject *object, GError **error)
{
  if (self->room == NULL)
    return fail (error, CHAT_ERROR_NOT_JOINED, "Join first.");
  chat_room_note_typing (self->room, ws);
}

static void
chat_controller_on_connect (NxController *controller, NxWebSocket *ws, GError **error)
{
  if (chat_words_is_room (nx_web_socket_get_path_param (ws, "room")))
    nx_web_socket_accept (ws, error);
  else
    /* A close code is something that the page can read, an HTTP status is not. */
    nx_web_socket_accept_and_close (ws, CHAT_CLOSE_NO_ROOM,
                                    "A room is named with letters, digits, - and _", error);
}

static void
chat_controller_on_receive (NxController *controller,
                            NxWebSocket *ws,
                            NxMessage *message,
                            GError **error)
{
  static const struct
  {
    const char *type;
    void (*func) (ChatController *self, NxWebSocket *ws, JsonObject *object, GError **error);
  } actions[] = { { "join", join }, { "say", say }, { "typing", note_typing } };
  JsonNode *node = nx_message_get_json (message, error);
  JsonObject *object;
  const char *type;

  if (node == NULL)
    return;
  object = JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
  type = object != NULL ? chat_protocol_get_string (object, "type") : NULL;
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    if (g_strcmp0 (type, actions[i].type) == 0)
      return actions[i].func (CHAT_CONTROLLER (controller), ws, object, error);
  fail (error, CHAT_ERROR_BAD_MESSAGE, "The \"type\" is join, say or typing");
}

/* People's mistakes are told to them, and nothing else has happened. */
static void
chat_controller_on_error (NxController *controller, NxWebSocket *ws, GError *error)
{
  if (error->domain == CHAT_ERROR)
    {
      g_autoptr (JsonObject) object = chat_protocol_new_error (error);
      g_autoptr (NxMessage) message = chat_protocol_to_message (object);

      nx_web_socket_send_message (ws, message, NULL);
    }
  else
    NX_CONTROLLER_CLASS (chat_controller_parent_class)->on_error (controller, ws, error);
}

static void
chat_controller_on_disconnect (NxController *controller,
                               NxWebSocket *ws,
                               guint code,
                               const char *reason)
{
  ChatController *self = CHAT_CONTROLLER (controller);

  if (self->room != NULL)
    chat_rooms_leave (self->rooms, self->room, ws);
  g_clear_object (&self->room);
}

static void
chat_controller_dispose (GObject *object)
{
  ChatController *self = CHAT_CONTROLLER (object);

  g_clear_object (&self->room);
  g_clear_object (&self->rooms);
  G_OBJECT_CLASS (chat_controller_parent_class)->dispose (object);
}

static void
chat_controller_class_init (ChatControllerClass *klass)
{
  NX_CONTROLLER_CLASS (klass)->on_connect = chat_controller_on_connect;
  NX_CONTROLLER_CLASS (klass)->on_receive = chat_controller_on_receive;
  NX_CONTROLLER_CLASS (klass)->on_error = chat_controller_on_error;
  NX_CONTROLLER_CLASS (klass)->on_disconnect = chat_controller_on_disconnect;
  G_OBJECT_CLASS (klass)->dispose = chat_controller_dispose;
}

static void
chat_controller_init (ChatController *self)
{
  nx_controller_set_encoding (NX_CONTROLLER (self), NX_ENCODING_JSON);
}

NxController *
chat_controller_new (ChatRooms *rooms)
{
  ChatController *self = g_object_new (CHAT_TYPE_CONTROLLER, NULL);

  self->rooms = g_object_ref (rooms);
  return NX_CONTROLLER (self);
}
