// SPDX-License-Identifier: LGPL-2.1-or-later
// A list of connections, kept by hand: what one sends to /ws/broadcast goes to all, the sender included. A group does the same for less.
class Broadcast : Nx.Controller {
  private GenericArray<Nx.WebSocket> connections = new GenericArray<Nx.WebSocket> ();

  construct {
    encoding = Nx.Encoding.TEXT;
  }

  protected override void on_connect (Nx.WebSocket ws) throws Error {
    ws.accept ();
    connections.add (ws);
  }

  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) {
    // One message, framed once, for all of them. Who has just gone, or reads too slowly, must not keep the others from it.
    var told = new Nx.Message.text (@"Broadcast: $(message.get_text ())");

    foreach (unowned var connection in connections) {
      try {
        connection.send_message (told);
      } catch (Error e) {
        debug ("%s: %s", connection.id, e.message);
      }
    }
  }

  protected override void on_disconnect (Nx.WebSocket ws, uint code, string? reason) {
    connections.remove_fast (ws);
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_controller ("/ws/broadcast", new Broadcast ());
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
