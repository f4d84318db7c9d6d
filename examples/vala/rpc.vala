// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON-RPC 2.0, both ways: {"jsonrpc": "2.0", "id": 1, "method": "add", "params": [1, 2]} is answered with 3, `wake` when the time has
// come, and `greet` asks the caller for its name first. Try --describe typescript.
class Desk : Nx.RpcController {
  class construct {
    bind_method ("add", typeof (Json.Node), typeof (double), (self, call) => {
      ((Desk) self).add (call);
    });
    bind_method ("wake", Type.NONE, typeof (string), (self, call) => {
      ((Desk) self).wake.begin (call);
    });
    bind_method ("greet", Type.NONE, typeof (string), (self, call) => {
      ((Desk) self).greet.begin (call);
    });
    declare_called ("name", Type.NONE, typeof (string));
  }

  // Answers at once.
  private void add (Nx.RpcCall call) throws Error {
    var numbers = call.get_params_variant ("ad");
    double sum = 0;

    foreach (var number in numbers)
      sum += number.get_double ();
    call.return_variant (sum);
  }

  // Answers late: the call is kept meanwhile, and others are served.
  private async void wake (Nx.RpcCall call) {
    Timeout.add (50, wake.callback);
    yield;
    call.return_variant ("good morning");
  }

  // Asks the caller something before it answers.
  private async void greet (Nx.RpcCall call) {
    try {
      var name = yield call_async (call.get_web_socket (), "name", null, 5000, call.get_cancellable ());
      if (name.get_value_type () != typeof (string))
        call.return_error (1, "That is no name", null);
      else
        call.return_variant (@"Hello, $(name.get_string ())");
    } catch (Error e) {
      call.return_gerror (e);
    }
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_controller_type ("/rpc", typeof (Desk));
    return app.run (args);
  } catch (Error e) {
    printerr ("%s\n", e.message);
    return 1;
  }
}
