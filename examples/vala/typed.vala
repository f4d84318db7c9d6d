// SPDX-License-Identifier: LGPL-2.1-or-later
// Typed messages: {"type": "move", "x": 3} is answered with {"type": "moved", "x": 3}. Try --describe typescript.
public class BoardMove : Object {
  [Description (blurb = "Which field")]
  public int x { get; set; }
}

class Board : Nx.Controller {
  class construct {
    bind_action ("move", typeof (BoardMove), (self, ws, move) => {
      ((Board) self).on_move (ws, (BoardMove) move);
    });
    declare_sent ("moved", typeof (BoardMove));
  }

  private void on_move (Nx.WebSocket ws, BoardMove move) throws Error {
    // That it is an integer has been looked at; which ones there are, a property in Vala cannot say.
    if (move.x >= 0 && move.x <= 9)
      ws.send_action ("moved", move);
    else
      ws.close (Nx.CloseCode.INVALID_DATA, @"move: x: $(move.x) came, an integer from 0 to 9 is wanted");
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
