// SPDX-License-Identifier: LGPL-2.1-or-later
// Broadcasting over a list of connections: what one sends to /ws/broadcast goes to all, the sender included.
class Broadcast : Nx.Controller {
  private GenericArray<Nx.WebSocket> members = new GenericArray<Nx.WebSocket> ();

  protected override void on_connect (Nx.WebSocket ws) throws Error {
    ws.accept ();
    members.add (ws);
  }

  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) {
    // Who has just gone, or reads too slowly, must not keep the others from it.
    foreach (unowned var member in members) {
      try {
        member.send_message (message);
      } catch (Error e) {
        debug ("%s: %s", member.id, e.message);
      }
    }
  }

  protected override void on_disconnect (Nx.WebSocket ws, uint code, string? reason) {
    members.remove_fast (ws);
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
