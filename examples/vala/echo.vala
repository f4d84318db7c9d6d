// SPDX-License-Identifier: LGPL-2.1-or-later
// The basic endpoint: what comes to /ws goes back.
class Echo : Nx.Controller {
  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) throws Error {
    ws.send_message (message);
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_controller_type ("/ws", typeof (Echo));
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
