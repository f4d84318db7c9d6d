// SPDX-License-Identifier: LGPL-2.1-or-later
// Routers and middleware combined: everything is logged; what is below /admin wants a token, and its middleware tells the handler whose
// it is; /public wants nothing.
void greet (Nx.WebSocket ws) throws Error {
  unowned var user = ws.get_data<string?> ("user") ?? "stranger";

  ws.accept ();
  ws.send_text (@"Hello, $user");
}

Nx.Verdict guard (Nx.Router router, Nx.WebSocket ws) {
  if (ws.get_query_param ("token") == "secret") {
    ws.set_data ("user", "admin");
    return PASS;
  }
  try {
    ws.reject (401, "A token is wanted\n");
  } catch (Error e) {
    debug ("%s: %s", ws.id, e.message);
  }
  return REFUSE;
}

int main (string[] args) {
  try {
    var app = new Nx.App ();
    var admin = new Nx.Router ();

    app.middleware.connect (ws => {
      print ("%s\n", ws.path);
      return Nx.Verdict.PASS;
    });
    admin.middleware.connect (guard);
    admin.add_route ("/status", ws => greet (ws));
    app.mount ("/admin", admin);
    app.add_route ("/public", ws => greet (ws));
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
