// SPDX-License-Identifier: LGPL-2.1-or-later
// Broadcasting to a group: what one sends to /ws/broadcast goes to all, the sender included.
class Broadcast : Nx.Controller {
  public Nx.Group everybody { get; construct; }

  public Broadcast (Nx.Group everybody) {
    Object (everybody: everybody);
  }

  protected override void on_connect (Nx.WebSocket ws) throws Error {
    ws.accept ();
    everybody.add (ws);
  }

  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) {
    everybody.send_message (message);
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_controller ("/ws/broadcast", new Broadcast (app.dup_group ("all")));
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
