// SPDX-License-Identifier: LGPL-2.1-or-later
// A controller and its unit tests: no port, no waiting. Run it, or have Meson's test() do that.
class Shout : Nx.Controller {
  construct {
    encoding = Nx.Encoding.TEXT;
  }

  protected override void on_connect (Nx.WebSocket ws) throws Error {
    if (ws.get_query_param ("name") == null)
      ws.reject (400, "Who are you?");
    else
      ws.accept ();
  }

  protected override void on_receive (Nx.WebSocket ws, Nx.Message message) throws Error {
    ws.send_text (message.get_text ().up ());
  }
}

void test_shouting () {
  var app = new Nx.App ();
  var client = new Nx.TestClient (app);

  try {
    app.add_controller_type ("/shout", typeof (Shout));
    client.expect_refusal ("/shout", 400);
    client.open ("/shout?name=ada");
    client.send_text ("grüße");
    client.expect_text ("GRÜSSE");
    client.send_bytes (new Bytes ({ 1, 2 }));
    client.expect_close (Nx.CloseCode.UNSUPPORTED_DATA);
  } catch (Error e) {
    error ("%s", e.message);
  }
}

async void shout_twice () throws Error {
  var app = new Nx.App ();
  var client = new Nx.TestClient (app);

  app.add_controller_type ("/shout", typeof (Shout));
  yield client.open_async ("/shout?name=bob");
  client.send_text ("a");
  client.send_text ("b");
  assert ((yield client.receive_text_async ()) == "A");
  yield client.expect_text_async ("B");
  yield client.close_async ();
}

void test_coroutine () {
  var loop = new MainLoop ();

  shout_twice.begin ((_, result) => {
    try {
      shout_twice.end (result);
    } catch (Error e) {
      error ("%s", e.message);
    }
    loop.quit ();
  });
  loop.run ();
}

int main (string[] args) {
  Test.init (ref args);
  Test.add_func ("/shout", test_shouting);
  Test.add_func ("/shout/coroutine", test_coroutine);
  return Test.run ();
}
