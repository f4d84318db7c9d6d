// SPDX-License-Identifier: LGPL-2.1-or-later
// A controller that takes its messages by itself: a receive that waits comes before on_receive. One serves all connections.
class ChatEndpoint : Nx.Controller {
  protected override void on_connect (Nx.WebSocket ws) throws Error {
    ws.accept ();
    print ("Client connected\n");
    // A handler that goes on after it has returned says so.
    ws.begin_handler ();
    talk.begin (ws, (_, result) => {
      try {
        talk.end (result);
        ws.end_handler ();
      } catch (Error e) {
        // The end of the connection is none of a handler's errors; anything else goes to on_error.
        ws.end_handler (e);
      }
    });
  }

  private async void talk (Nx.WebSocket ws) throws Error {
    while (true) {
      var data = yield ws.receive_text_async ();
      yield ws.send_text_async (@"You said: $data");
    }
  }

  protected override void on_disconnect (Nx.WebSocket ws, uint code, string? reason) {
    print ("Client disconnected with code %u\n", code);
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_controller ("/", new ChatEndpoint ());
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
