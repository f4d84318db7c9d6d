// SPDX-License-Identifier: LGPL-2.1-or-later
// The basic endpoint as a coroutine that receives by itself: what comes to /ws is answered.
async void endpoint (Nx.WebSocket ws) throws Error {
  ws.accept ();
  try {
    while (true) {
      var text = yield ws.receive_text_async ();
      yield ws.send_text_async (@"Message text was: $text");
    }
  } catch (Nx.Error.DISCONNECTED e) {
    print ("Client disconnected with code %u\n", ws.close_code);
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_route ("/ws", ws => {
      // A handler that goes on after it has returned says so.
      ws.begin_handler ();
      endpoint.begin (ws, (_, result) => {
        try {
          endpoint.end (result);
          ws.end_handler ();
        } catch (Error e) {
          ws.end_handler (e);
        }
      });
    });
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
