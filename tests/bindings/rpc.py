# SPDX-License-Identifier: LGPL-2.1-or-later
"""JSON-RPC from Python: methods of a class and of an instance, answers at once and late, errors, and calls to the peer."""

import json
import os

import gi

gi.require_version("Json", "1.0")
gi.require_version("Nx", "1")
from gi.repository import GLib, GObject, Json, Nx  # noqa: E402

TIMEOUT_S = 40


class Move(GObject.Object):
    """The params of `move`, and what it returns."""

    x = GObject.Property(type=int, minimum=0, maximum=9)


class Desk(Nx.RpcController):
    """Has a method of its class and some of its own, and keeps what is to be answered late."""

    def __init__(self):
        super().__init__()
        self.kept = []
        self.log = []
        self.add_method("add", Json.Node, GObject.TYPE_INT64, Desk.on_add)
        self.add_method("later", GObject.TYPE_NONE, GObject.TYPE_STRING, Desk.on_later)
        self.add_method("refuse", GObject.TYPE_NONE, GObject.TYPE_NONE, Desk.on_refuse)
        self.add_method("throw", GObject.TYPE_NONE, GObject.TYPE_NONE, Desk.on_throw)
        self.add_method("forget", GObject.TYPE_NONE, GObject.TYPE_NONE, lambda *args: None)

    def on_move(self, call, move):
        call.return_object(Move(x=move.x + 1))

    def on_add(self, call, nothing):
        assert nothing is None
        numbers = call.get_params().get_array()
        call.return_variant(GLib.Variant("x", sum(numbers.get_int_element(i) for i in range(numbers.get_length()))))

    def on_later(self, call, nothing):
        self.log.append((call.get_method(), call.get_id(), call.is_notification()))
        self.kept.append(call)

    def on_refuse(self, call, nothing):
        call.return_error(42, "not you", Json.from_string('{"why": 1}'))

    def on_throw(self, call, nothing):
        raise GLib.Error.new_literal(Nx.rpc_error_quark(), "not now", 43)


Desk.bind_method("move", Move, Move, Desk.on_move)


class Open(Nx.RpcController):
    """Dispatches by itself."""

    def do_on_call(self, call):
        if call.get_method() == "any":
            call.return_json(Json.from_string("[1]"))
        else:
            Nx.RpcController.do_on_call(self, call)


def make(desk):
    app = Nx.App()
    app.add_controller("/rpc", desk)
    client = Nx.TestClient(app=app)
    client.open("/rpc")
    return app, client


def ask(client, method, *params, id=1):
    request = {"jsonrpc": "2.0", "id": id, "method": method}
    if params:
        request["params"] = params[0]
    client.send_text(json.dumps(request))


def answer_of(client):
    answer = json.loads(client.receive_text())
    assert answer.pop("jsonrpc") == "2.0"
    return answer


def check_methods():
    desk = Desk()
    app, client = make(desk)
    ask(client, "move", {"x": 3})
    assert answer_of(client) == {"id": 1, "result": {"x": 4}}
    ask(client, "move", {"x": 10})
    error = answer_of(client)["error"]
    assert error["code"] == Nx.RpcError.INVALID_PARAMS and "from 0 to 9" in error["data"], error
    ask(client, "add", [1, 2, 3], id="a")
    assert answer_of(client) == {"id": "a", "result": 6}
    ask(client, "refuse")
    assert answer_of(client)["error"] == {"code": 42, "message": "not you", "data": {"why": 1}}
    ask(client, "throw")
    assert answer_of(client)["error"] == {"code": 43, "message": "not now"}
    ask(client, "fly")
    assert answer_of(client)["error"]["code"] == -32601


def check_late():
    desk = Desk()
    app, client = make(desk)
    ask(client, "later", id=1)
    ask(client, "later", id=2.5)
    ask(client, "add", [], id=3)
    assert answer_of(client) == {"id": 3, "result": 0}
    assert desk.log == [("later", "1", False), ("later", "2.5", False)], desk.log
    desk.kept[1].return_json(Json.from_string('"two"'))
    assert answer_of(client) == {"id": 2.5, "result": "two"}
    cancellable = desk.kept[0].get_cancellable()
    assert not cancellable.is_cancelled()
    client.close(1000, None)
    assert cancellable.is_cancelled()
    desk.kept[0].return_json(None)


def check_forgotten():
    """What nobody keeps is answered by itself."""
    desk = Desk()
    app, client = make(desk)
    ask(client, "forget")
    assert answer_of(client)["error"] == {"code": -32603, "message": "Internal error"}


def check_timeout():
    desk = Desk()
    desk.props.call_timeout = 30000
    app, client = make(desk)
    client.freeze_time()
    ask(client, "later")
    client.advance_time(31000)
    assert answer_of(client)["error"] == {"code": Nx.RpcError.TIMED_OUT, "message": "Timed out"}


def check_own_dispatch():
    app, client = make(Open())
    ask(client, "any")
    assert answer_of(client) == {"id": 1, "result": [1]}
    ask(client, "fly")
    assert answer_of(client)["error"]["code"] == -32601


def check_calling():
    desk = Desk()
    app, client = make(desk)
    ws = app.get_connections().get_item(0)
    log = []

    def called(desk, result):
        try:
            log.append(Json.to_string(desk.call_finish(result), False))
        except GLib.Error as error:
            data = desk.get_error_data(result)
            log.append((error.domain, error.code, error.message, Json.to_string(data, False) if data else None))

    desk.call_async(ws, "ask", Json.from_string("[1]"), 0, None, called)
    assert json.loads(client.receive_text()) == {"jsonrpc": "2.0", "id": 1, "method": "ask", "params": [1]}
    desk.call_async(ws, "ask", None, 0, None, called)
    assert json.loads(client.receive_text()) == {"jsonrpc": "2.0", "id": 2, "method": "ask"}
    client.send_text('{"jsonrpc": "2.0", "id": 2, "error": {"code": 7, "message": "no", "data": [1]}}')
    client.send_text('{"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}')
    while len(log) < 2:
        GLib.MainContext.default().iteration(True)
    domain = GLib.quark_to_string(Nx.rpc_error_quark())
    assert log == [(domain, 7, "no", "[1]"), '{"a":1}'], log
    assert desk.send_notification(ws, "tell", None)
    assert json.loads(client.receive_text()) == {"jsonrpc": "2.0", "method": "tell"}
    desk.call_object_async(ws, "ask", Move(x=1), Move, 0, None, lambda desk, result: log.append(desk.call_object_finish(result).x))
    assert json.loads(client.receive_text()) == {"jsonrpc": "2.0", "id": 3, "method": "ask", "params": {"x": 1}}
    client.send_text('{"jsonrpc": "2.0", "id": 3, "result": {"x": 2}}')
    sum_of = GLib.Variant("(ii)", (1, 2))
    desk.call_variant_async(ws, "ask", sum_of, "i", 0, None, lambda desk, result: log.append(desk.call_variant_finish(result).unpack()))
    assert json.loads(client.receive_text()) == {"jsonrpc": "2.0", "id": 4, "method": "ask", "params": [1, 2]}
    client.send_text('{"jsonrpc": "2.0", "id": 4, "result": 3}')
    while len(log) < 4:
        GLib.MainContext.default().iteration(True)
    assert log[2:] == [2, 3], log
    del log[2:]
    desk.call_async(ws, "ask", None, 0, None, called)
    client.cut()
    while len(log) < 3:
        GLib.MainContext.default().iteration(True)
    assert log[2][:2] == (GLib.quark_to_string(Nx.error_quark()), Nx.Error.DISCONNECTED), log


def check_describe():
    app = Nx.App()
    app.add_controller_type("/rpc", Desk)
    text = app.describe_as(Nx.DescriptionFormat.TYPESCRIPT)
    assert "interface Move" in text and '"later"' in text, text


GLib.timeout_add_seconds(TIMEOUT_S, os.abort)
check_methods()
check_late()
check_forgotten()
check_timeout()
check_own_dispatch()
check_calling()
check_describe()
