// SPDX-License-Identifier: LGPL-2.1-or-later
// An error that the handler catches by itself, and tells its peer: an empty message is none.
errordomain DataError {
  EMPTY
}

async void endpoint (Nx.WebSocket ws) throws Error {
  ws.accept ();
  try {
    while (true) {
      var data = yield ws.receive_text_async ();
      if (data == "")
        throw new DataError.EMPTY ("Empty messages are not allowed");
      yield ws.send_text_async (@"Received: $data");
    }
  } catch (Nx.Error.DISCONNECTED e) {
    print ("Client disconnected\n");
  } catch (Error e) {
    var builder = new Json.Builder ().begin_object ();
    builder.set_member_name ("error").add_string_value (e.message);
    ws.send_json (builder.end_object ().get_root ());
    ws.close (Nx.CloseCode.INTERNAL_ERROR, "Server error");
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
