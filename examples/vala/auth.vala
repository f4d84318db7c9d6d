// SPDX-License-Identifier: LGPL-2.1-or-later
// Authentication by a token in the query: /ws?token=secret. At /ws a wrong one is refused with HTTP 403, before there is a WebSocket; at
// /ws/polite it is told with close code 1008, which, unlike a status, a browser's script can read.
class Guarded : Nx.Controller {
  public bool is_polite { get; construct; }

  public Guarded (bool is_polite) {
    Object (is_polite: is_polite);
  }

  protected override void on_connect (Nx.WebSocket ws) throws Error {
    var expected = Environment.get_variable ("TOKEN") ?? "secret";

    if (ws.get_query_param ("token") == expected) {
      ws.accept ();
      ws.send_text ("Authenticated");
    } else if (is_polite) {
      ws.accept_and_close (Nx.CloseCode.POLICY_VIOLATION, "Unauthorized");
    } else {
      ws.reject (403, "Unauthorized\n");
    }
  }

  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) throws Error {
    ws.send_message (message);
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_controller ("/ws", new Guarded (false));
    app.add_controller ("/ws/polite", new Guarded (true));
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
