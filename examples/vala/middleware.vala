// SPDX-License-Identifier: LGPL-2.1-or-later
// Middleware: handlers that look at every handshake before its route does. One logs, one counts and adds a header, one takes its time,
// as a look-up in a database would.
async void look_up (Nx.WebSocket ws) throws Error {
  Timeout.add (50, look_up.callback);
  yield;
  if (ws.get_query_param ("banned") != null)
    ws.reject (403, "You are banned\n");
  else
    ws.proceed ();
}

class Echo : Nx.Controller {
  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) throws Error {
    ws.send_message (message);
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();
    uint n_visits = 0;

    app.middleware.connect (ws => {
      print ("%s asks for %s\n", ws.id, ws.path);
      return Nx.Verdict.PASS;
    });
    app.middleware.connect (ws => {
      try {
        ws.set_response_header ("X-Visit", (++n_visits).to_string ());
        return Nx.Verdict.PASS;
      } catch (Error e) {
        return Nx.Verdict.REFUSE;
      }
    });
    app.middleware.connect (ws => {
      ws.defer ();
      look_up.begin (ws);
      return Nx.Verdict.PASS;
    });
    app.add_controller_type ("/ws", typeof (Echo));
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
