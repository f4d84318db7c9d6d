// SPDX-License-Identifier: LGPL-2.1-or-later
// JSON both ways: {"add": [1, 2, 3]} is answered with {"sum": 6}.

// False when one of them is no number.
bool add_up (Json.Array numbers, out double sum) {
  sum = 0;
  for (uint i = 0; i < numbers.get_length (); i++) {
    unowned var number = numbers.get_element (i);
    var type = number.get_node_type () == VALUE ? number.get_value_type () : Type.INVALID;

    if (type != typeof (int64) && type != typeof (double))
      return false;
    sum += number.get_double ();
  }
  return true;
}

Json.Node make_answer (Json.Node question) {
  var builder = new Json.Builder ().begin_object ();
  var numbers = question.get_node_type () == OBJECT ? question.get_object ().get_member ("add") : null;
  double sum = 0;

  if (numbers != null && numbers.get_node_type () == ARRAY && add_up (numbers.get_array (), out sum))
    builder.set_member_name ("sum").add_double_value (sum);
  else
    builder.set_member_name ("error").add_string_value ("I can {\"add\": [numbers]}");
  return builder.end_object ().get_root ();
}

async void calculate (Nx.WebSocket ws) throws Error {
  ws.accept ();
  try {
    while (true) {
      var question = yield ws.receive_json_async ();
      yield ws.send_json_async (make_answer (question));
    }
  } catch (Nx.Error.INVALID_DATA e) {
    ws.close (Nx.CloseCode.INVALID_DATA, "JSON expected");
  }
}

int main (string[] args) {
  try {
    var app = new Nx.App ();

    app.add_route ("/ws", ws => {
      // A handler that goes on after it has returned says so.
      ws.begin_handler ();
      calculate.begin (ws, (_, result) => {
        try {
          calculate.end (result);
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
