// SPDX-License-Identifier: LGPL-2.1-or-later
// A router with middleware of its own: /ws/chat wants to know a token, /ws/public/notifications does not.
class Log : Nx.Middleware {
  protected override Nx.Verdict handshake (Nx.WebSocket ws) {
    print ("%s begins\n", ws.path);
    return PASS;
  }

  protected override void closed (Nx.WebSocket ws, uint code, string? reason) {
    print ("%s ends\n", ws.path);
  }
}

class Auth : Nx.Middleware {
  protected override Nx.Verdict handshake (Nx.WebSocket ws) {
    try {
      if (ws.get_query_param ("token") != "secret")
        ws.accept_and_close (Nx.CloseCode.POLICY_VIOLATION, "Unauthorized");
      return PASS;
    } catch (Error e) {
      return REFUSE;
    }
  }
}

class Chat : Nx.Controller {
  construct {
    encoding = Nx.Encoding.TEXT;
  }

  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) throws Error {
    ws.send_text (@"You said: $(message.get_text ())");
  }
}

class Notifications : Nx.Controller {
  protected override void on_connect (Nx.WebSocket ws) throws Error {
    ws.accept ();
    ws.send_text ("You have no new notifications");
    ws.close ();
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();
    var router = new Nx.Router ();
    var chat = new Nx.Router ();

    chat.add_middleware (new Auth ());
    chat.add_controller_type ("/chat", typeof (Chat));
    router.mount ("/", chat);
    router.add_controller_type ("/public/notifications", typeof (Notifications));
    app.add_middleware (new Log ());
    app.mount ("/ws", router);
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
