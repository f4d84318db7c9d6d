// SPDX-License-Identifier: LGPL-2.1-or-later
// Routers in routers: /ws/chat/{room} and /ws/notifications, each from a router of its own.
Nx.Router make_chat_router () throws Error {
  var router = new Nx.Router ();

  router.add_route ("/{room}", ws => {
    ws.message.connect ((ws, message) => {
      unowned var text = message.get_text ();

      try {
        if (text != null)
          ws.send_text (@"[$(ws.get_path_param ("room"))] $text");
        else
          ws.close (Nx.CloseCode.UNSUPPORTED_DATA, "Text expected");
      } catch (Error e) {
        debug ("%s: %s", ws.id, e.message);
      }
    });
    ws.accept ();
  });
  return router;
}

Nx.Router make_notifications_router () throws Error {
  var router = new Nx.Router ();

  router.add_route ("/notifications", ws => {
    // Here only the service speaks: what it does not want to hear it has to take all the same, or nothing more would be read.
    ws.message.connect (() => {});
    ws.accept ();
    ws.send_text ("You have no new notifications");
  });
  return router;
}

int main (string[] args) {
  try {
    var app = new Nx.App ();
    var router = new Nx.Router ();

    router.mount ("/chat", make_chat_router ());
    router.mount ("/", make_notifications_router ());
    app.mount ("/ws", router);
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
