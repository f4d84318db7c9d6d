// SPDX-License-Identifier: LGPL-2.1-or-later
// A chat: the page of examples/web and its WebSocket, /ws/{room}, out of one process and one port. The words, the messages and the
// codes are those of examples/web/README.md.
namespace Chat {
  // The longest text, when each of its characters is escaped, and what is around it.
  const int MAX_MESSAGE_SIZE = 32 * 1024;
  const uint CLOSE_NO_ROOM = 4004;

  class Member : Nx.Controller {
    private Rooms rooms;
    private Room? room;

    construct {
      encoding = Nx.Encoding.JSON;
    }

    public Member (Rooms rooms) {
      this.rooms = rooms;
    }

    protected override void on_connect (Nx.WebSocket ws) throws Error {
      if (is_room (ws.get_path_param ("room")))
        ws.accept ();
      else
        // A close code is something that the page can read, an HTTP status is not.
        ws.accept_and_close (CLOSE_NO_ROOM, "A room is named with letters, digits, - and _");
    }

    protected override void on_receive (Nx.WebSocket ws, Nx.Message message) throws Error {
      var node = message.get_json ();
      var object = node.get_node_type () == OBJECT ? node.get_object () : new Json.Object ();

      switch (get_string (object, "type")) {
      case "join":
        join (ws, object);
        break;
      case "say":
        say (ws, object);
        break;
      case "typing":
        joined_room ().note_typing (ws);
        break;
      default:
        throw new Mistake.BAD_MESSAGE ("The \"type\" is join, say or typing");
      }
    }

    private unowned Room joined_room () throws Mistake {
      if (room == null)
        throw new Mistake.NOT_JOINED ("Join first.");
      return room;
    }

    private void join (Nx.WebSocket ws, Json.Object object) throws Error {
      unowned var wanted = get_string (object, "name");
      unowned var key = get_string (object, "key");
      unowned var after = get_string (object, "after");

      if (wanted == null || (object.has_member ("key") && (key == null || !is_token (key)))
          || (object.has_member ("after") && after == null))
        throw new Mistake.BAD_MESSAGE ("\"join\" has a \"name\" and may have a \"key\" and an \"after\"");
      if (room != null)
        throw new Mistake.ALREADY_JOINED ("You are in the room already.");
      var name = to_name (wanted);
      var there = rooms.open (ws.app, ws.get_path_param ("room"));
      there.enter (ws, name, key, after);
      room = there;
    }

    private void say (Nx.WebSocket ws, Json.Object object) throws Error {
      unowned var id = get_string (object, "id");
      unowned var text = get_string (object, "text");

      if (id == null || !is_token (id) || text == null)
        throw new Mistake.BAD_MESSAGE ("\"say\" has an \"id\" and a \"text\"");
      unowned var there = joined_room ();
      if (!is_text (text))
        throw new Mistake.TEXT_INVALID ("A message has 1 to 2000 characters.");
      there.say (ws, id, text);
    }

    // People's mistakes are told to them, and nothing else has happened.
    protected override void on_error (Nx.WebSocket ws, Error error) {
      if (error is Mistake)
        send (ws, new Values ("error").add ("code", code_of ((Mistake) error)).add ("text", error.message).to_message ());
      else
        base.on_error (ws, error);
    }

    protected override void on_disconnect (Nx.WebSocket ws, uint code, string? reason) {
      if (room != null)
        rooms.leave (room, ws);
      room = null;
    }
  }

  int main (string[] args) {
    try {
      var app = new Nx.App ();
      var rooms = new Rooms ();

      app.max_message_size = MAX_MESSAGE_SIZE;
      app.page = "/";
      app.add_controller_factory ("/ws/{room}", ws => new Member (rooms));
      serve_page (app.server);
      return app.run (args);
    } catch (Error e) {
      printerr ("%s\n", e.message);
      return 1;
    }
  }
}
