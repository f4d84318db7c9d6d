# SPDX-License-Identifier: LGPL-2.1-or-later
"""A service and its client (libsoup's) in one Python process: does the typelib say what the library does?"""

import os

import gi

gi.require_version("Nx", "1")
gi.require_version("Soup", "3.0")
from gi.repository import Gio, GLib, GObject, Nx, Soup  # noqa: E402

TIMEOUT_S = 20


class Echo(Nx.Controller):
    """Sends back what it gets, and notes who left with which code."""

    def __init__(self, log):
        super().__init__()
        self.log = log

    def do_on_receive(self, ws, message):
        assert message.get_kind() == Nx.MessageKind.TEXT
        ws.send_text(message.get_text())

    def do_on_disconnect(self, ws, code, reason):
        self.log.append(("gone", ws.get_state(), code, reason))


class Move(GObject.Object):
    """What a message for the action `move` holds."""

    x = GObject.Property(type=int, minimum=0, maximum=9)


class Board(Nx.Controller):
    """Has an action of its class, and one of its own."""

    def __init__(self):
        super().__init__()
        self.place = 0
        self.add_action("where", GObject.TYPE_NONE, Board.on_where)

    def on_move(self, ws, move):
        self.place += move.x

    def on_where(self, ws, nothing):
        assert nothing is None
        ws.send_action("here", Move(x=self.place))


Board.bind_action("move", Move, Board.on_move)
Board.declare_sent("here", Move)


def echo_route(ws):
    """A route's function: takes part in the connection's life through signals."""
    assert ws.get_path_param("who") == "ada"
    assert ws.get_query_param("q") == "1 2"
    ws.connect("message", lambda ws, message: ws.send_message(message))
    ws.accept()


def throwing_route(ws):
    raise GLib.Error("not for the peer", "smoke", 1)


def refuse(router, ws):
    ws.reject(401, "no")
    return Nx.Verdict.REFUSE


class Client:
    """Drives one libsoup connection, from the main loop."""

    def __init__(self, loop, uri):
        self.loop = loop
        self.session = Soup.Session()
        self.message = Soup.Message.new("GET", uri)
        self.connection = None
        self.failure = None

    def connect(self):
        self.session.websocket_connect_async(
            self.message, None, None, GLib.PRIORITY_DEFAULT, None, self.on_connected
        )
        self.loop.run()
        return self.connection

    def on_connected(self, session, result):
        try:
            self.connection = session.websocket_connect_finish(result)
        except GLib.Error as error:
            self.failure = error
        self.loop.quit()

    def exchange(self, send):
        got = []

        def on_message(connection, kind, data):
            got.append((kind, data.get_data()))
            self.loop.quit()

        handler = self.connection.connect("message", on_message)
        send(self.connection)
        self.loop.run()
        self.connection.disconnect(handler)
        return got

    def close(self, code, reason):
        self.connection.connect("closed", lambda connection: self.loop.quit())
        self.connection.close(code, reason)
        self.loop.run()


def run_until(loop, condition):
    while not condition():
        loop.get_context().iteration(True)


def check_function(loop, base):
    client = Client(loop, base + "/hello/ada?q=1%202")
    assert client.connect() is not None, client.failure
    text = "grüße 🙂"
    got = client.exchange(lambda connection: connection.send_text(text))
    assert got == [(Soup.WebsocketDataType.TEXT, text.encode())], got
    octets = bytes(range(256))
    got = client.exchange(
        lambda connection: connection.send_message(
            Soup.WebsocketDataType.BINARY, GLib.Bytes.new(octets)
        )
    )
    assert got == [(Soup.WebsocketDataType.BINARY, octets)], got
    client.close(1000, None)


def check_controller(loop, base, log):
    client = Client(loop, base + "/echo")
    assert client.connect() is not None, client.failure
    got = client.exchange(lambda connection: connection.send_text("to the controller"))
    assert got == [(Soup.WebsocketDataType.TEXT, b"to the controller")], got
    client.close(4321, "enough")
    assert client.connection.get_close_code() == 4321
    run_until(loop, lambda: log)
    assert log == [("gone", Nx.State.CLOSED, 4321, "enough")], log


def check_actions(loop, base):
    client = Client(loop, base + "/board")
    assert client.connect() is not None, client.failure
    client.connection.send_text('{"type": "move", "x": 3}')
    client.connection.send_text('{"type": "move", "x": 4}')
    got = client.exchange(lambda connection: connection.send_text('{"type": "where"}'))
    assert got == [(Soup.WebsocketDataType.TEXT, b'{"type":"here","x":7}')], got
    client.connection.connect("closed", lambda connection: loop.quit())
    client.connection.send_text('{"type": "move", "x": 10}')
    loop.run()
    assert client.connection.get_close_code() == Nx.CloseCode.INVALID_DATA
    reason = client.connection.get_close_data()
    assert reason == "move: x: 10 came, an integer from 0 to 9 is wanted", reason


def check_typed():
    message = Nx.Message.new_object(Move(x=5))
    assert message.get_text() == '{"x":5}'
    assert message.get_object(Move).x == 5
    assert message.get_variant("a{si}").unpack() == {"x": 5}
    assert Nx.Message.new_variant(GLib.Variant("(sb)", ("a", True))).get_text() == '["a",true]'
    try:
        Nx.Message.new_action("move").get_object(Move)
    except GLib.Error as error:
        assert error.matches(Nx.error_quark(), Nx.Error.INVALID_DATA), error
        assert error.message.startswith("type: there is no such member"), error
    else:
        raise AssertionError("an unknown member was taken")


def check_refusals(loop, base):
    for path, status in [("/none", 404), ("/throws", 500), ("/guarded/door", 401)]:
        client = Client(loop, base + path)
        assert client.connect() is None
        assert client.message.get_status() == status, (path, client.message.get_status())


def check_errors(app):
    try:
        app.add_route("/{broken", echo_route)
    except GLib.Error as error:
        assert error.matches(Nx.error_quark(), Nx.Error.PATTERN), error
    else:
        raise AssertionError("a malformed pattern was taken")


def check(loop):
    log = []
    app = Nx.App()
    errors = []

    app.add_route("/hello/{who}", echo_route)
    app.add_controller("/echo", Echo(log))
    app.add_controller("/board", Board())
    app.add_route("/throws", throwing_route).connect(
        "error", lambda route, ws, error: errors.append(error.message)
    )
    inner = Nx.Router()
    inner.add_route("/door", echo_route)
    inner.connect("middleware", refuse)
    app.mount("/guarded", inner)
    assert app.listen("127.0.0.1", 0, Nx.ListenFlags.DEFAULT)
    base = app.get_uris()[0].to_string().rstrip("/")

    assert '({ type: "move" } & Move)' in app.describe_as(Nx.DescriptionFormat.TYPESCRIPT)
    check_errors(app)
    check_function(loop, base)
    check_controller(loop, base, log)
    check_actions(loop, base)
    check_typed()
    check_refusals(loop, base)
    assert errors == ["not for the peer"], errors
    assert isinstance(app.get_connections(), Gio.ListModel)

    done = []
    app.stop_async(None, lambda app, result: done.append(app.stop_finish(result)))
    run_until(loop, lambda: done)
    assert done == [True]


def fail_in_time():
    print("not done after", TIMEOUT_S, "s", flush=True)
    os._exit(1)


GLib.timeout_add_seconds(TIMEOUT_S, fail_in_time)
check(GLib.MainLoop())
