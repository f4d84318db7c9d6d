// SPDX-License-Identifier: LGPL-2.1-or-later
// A class-based controller: one instance a connection, which keeps the connection's state in its fields.
class Counter : Nx.Controller {
  private uint n_messages;

  construct {
    encoding = Nx.Encoding.TEXT;
  }

  protected override void on_connect (Nx.WebSocket ws) throws Error {
    ws.accept ();
    ws.send_text ("Welcome");
  }

  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) throws Error {
    ws.send_text (@"Message $(++n_messages): $(message.get_text ())");
  }

  protected override void on_disconnect (Nx.WebSocket ws, uint code, string? reason) {
    print ("%s left with code %u after %u messages\n", ws.id, code, n_messages);
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_controller_type ("/ws", typeof (Counter));
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
