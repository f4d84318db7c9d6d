// SPDX-License-Identifier: LGPL-2.1-or-later
// Error handling: a handler throws, on_error decides what the peer is told, and on_disconnect runs whatever happens. Send a number to
// have its root; text is a mistake, and a negative number one too many.
errordomain RootError {
  NO_NUMBER,
  NO_ROOT
}

class Root : Nx.Controller {
  construct {
    encoding = Nx.Encoding.TEXT;
  }

  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) throws Error {
    unowned var text = message.get_text ();
    double number;

    if (!double.try_parse (text, out number))
      throw new RootError.NO_NUMBER (@"\"$text\" is no number");
    if (number < 0)
      throw new RootError.NO_ROOT (@"$text has no root");
    ws.send_text (Math.sqrt (number).to_string ());
  }

  protected override void on_error (Nx.WebSocket ws, Error error) {
    // A peer's mistake is told to the peer, who may try again.
    if (error is RootError.NO_NUMBER) {
      try {
        ws.send_text (error.message);
      } catch (Error e) {
        debug ("%s: %s", ws.id, e.message);
      }
    } else {
      // Anything else is logged and closes with 1011, without a word of what it was.
      base.on_error (ws, error);
    }
  }

  protected override void on_disconnect (Nx.WebSocket ws, uint code, string? reason) {
    print ("Disconnected with code %u\n", code);
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_controller_type ("/ws", typeof (Root));
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
