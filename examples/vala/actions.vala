// SPDX-License-Identifier: LGPL-2.1-or-later
// Actions by name, and a state for each connection: {"type": "move", "x": 3} and {"type": "where-am-i"}. What names no action is for
// on_receive.
public class Move : Object {
  public int x { get; set; }
}

class Board : Nx.Controller {
  private int x;

  class construct {
    bind_action ("move", typeof (Move), (self, ws, move) => {
      ((Board) self).on_move (ws, (Move) move);
    });
    bind_action ("where-am-i", Type.NONE, (self, ws) => {
      ws.send_action ("here", (Object) Object.new (typeof (Move), "x", ((Board) self).x));
    });
  }

  private void on_move (Nx.WebSocket ws, Move move) throws Error {
    x = move.x;
    ws.send_action ("moved", move);
  }

  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) throws Error {
    ws.send_text (@"What is $(message.get_text () ?? "this")?");
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_controller_type ("/ws", typeof (Board));
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
