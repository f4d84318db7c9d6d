// SPDX-License-Identifier: LGPL-2.1-or-later
// Rooms with a memory: /rooms/{room}?name=NAME&after=ID. What one says goes to all of the room, and who comes again with the last id that it
// saw gets what it missed. {"vote": …} asks everybody, and tells how many have answered.
Nx.Group find_room (Nx.WebSocket ws) throws Error {
  var room = ws.app.dup_group (ws.get_path_param ("room"));

  room.history_size = 100;
  room.history_age = 24 * 3600 * 1000;
  room.announces_presence = true;
  return room;
}

bool is_vote (Nx.Message message) {
  try {
    unowned var node = message.get_json ();

    return node.get_node_type () == OBJECT && node.get_object ().has_member ("vote");
  } catch (Error e) {
    return false;
  }
}

async void count (Nx.Group room, Nx.Message message) {
  try {
    string[] missing;
    var answers = yield room.ask_async (message, 5000, null, null, out missing);

    room.send_text ("%u have answered, %d have not".printf (answers.size (), missing.length));
  } catch (Error e) {
    debug ("%s: %s", room.name, e.message);
  }
}

class Room : Nx.Controller {
  protected override void on_connect (Nx.WebSocket ws) throws Error {
    var room = find_room (ws);

    ws.accept ();
    room.add_after (ws, ws.get_query_param ("after"));
    room.set_presence (ws, ws.get_query_param ("name") ?? "somebody", Json.from_string ("{}"));
  }

  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) throws Error {
    var room = find_room (ws);

    if (is_vote (message))
      count.begin (room, message);
    else
      room.send_message (message);
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_controller ("/rooms/{room}", new Room ());
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
