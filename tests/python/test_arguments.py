# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a program gives to a call is its own mistake: told at the call, with what is wanted, and closed with 1011 as any other exception."""

import support
from nexws import Controller, Nx, RpcController


def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value


DEEP = deep()


def circle():
    value = []
    value.append(value)
    return value


OPEN = (
    (lambda ws: ws.close(99), ValueError, "Close code 99 cannot be sent; 1000 to 1003, 1007 to 1014 and 3000 to 4999 can"),
    (lambda ws: ws.close(code=1006), ValueError, "1006 cannot be sent"),
    (lambda ws: ws.close(-1), ValueError, "close() wants a code that is a positive number, not -1"),
    (lambda ws: ws.close("1000"), TypeError, "close() wants an int as code, not str"),
    (lambda ws: ws.close(True), TypeError, "not bool"),
    (lambda ws: ws.close(1000, "é" * 62), ValueError, "at most 123 octets, this one has 124"),
    (lambda ws: ws.close(1000, b"bye"), TypeError, "close() wants a str as reason, not bytes"),
    (lambda ws: ws.close(1000, "a\0b"), ValueError, "without U+0000"),
    (lambda ws: ws.close(1000, "\ud800"), ValueError, "can be encoded"),
    (lambda ws: ws.accept_and_close(1005), ValueError, "Close code 1005"),
    (lambda ws: ws.send_text(7), TypeError, "send_text() wants a str, not int"),
    (lambda ws: ws.send_text(None), TypeError, "send_text() wants a str, not NoneType"),
    (lambda ws: ws.send_text(b"x"), TypeError, "send_text() wants a str, not bytes"),
    (lambda ws: ws.send_text("\ud800"), ValueError, "surrogates"),
    (lambda ws: ws.send_bytes("x"), TypeError, "send_bytes() wants bytes, not str"),
    (lambda ws: ws.send_bytes(None), TypeError, "send_bytes() wants bytes, not NoneType"),
    (lambda ws: ws.send_message("x"), TypeError, "send_message() wants a Message, not str"),
    (lambda ws: ws.send_json(object()), TypeError, "object cannot be sent as JSON"),
    (lambda ws: ws.send_json({(1, 2): 3}), TypeError, "keys must be str"),
    (lambda ws: ws.send_json(float("nan")), ValueError, "This cannot be sent as JSON"),
    (lambda ws: ws.send_json([1e308 * 10]), ValueError, "This cannot be sent as JSON"),
    (lambda ws: ws.send_json(circle()), ValueError, "Circular reference"),
    (lambda ws: ws.send_json(DEEP), ValueError, "nested too deep"),
    (lambda ws: ws.send_action(7), TypeError, "send_action() wants a str as type, not int"),
    (lambda ws: ws.send_action("a", {"type": "b"}), ValueError, "where the action's name stands"),
    (lambda ws: ws.ask("x", timeout=0), ValueError, "more than 0"),
    (lambda ws: ws.app.group("a").set_presence(ws, 7), TypeError, "set_presence() wants a str as key, not int"),
    (lambda ws: ws.app.group("a").set_presence("x", "k"), TypeError, "set_presence() wants a WebSocket, not str"),
    (lambda ws: ws.app.group("a").send_json(float("inf")), ValueError, "This cannot be sent as JSON"),
)  # fmt: skip

CONNECTING = (
    (lambda ws: ws.accept("c"), ValueError, 'Subprotocol "c" was not offered; the client offers: a, b'),
    (lambda ws: ws.accept(7), TypeError, "accept() wants a str as subprotocol, not int"),
    (lambda ws: ws.accept(headers={"a b": "c"}), ValueError, '"a b" cannot be set: it is no header name'),
    (lambda ws: ws.accept(headers={"Upgrade": "c"}), ValueError, "it is the handshake's own"),
    (lambda ws: ws.accept(headers={"X": "a\r\nb"}), ValueError, "control character"),
    (lambda ws: ws.accept(headers={"X": 7}), TypeError, "accept() wants a str as header value, not int"),
    (lambda ws: ws.set_subprotocol("c"), ValueError, "was not offered"),
    (lambda ws: ws.set_response_header("", "x"), ValueError, "no header name"),
    (lambda ws: ws.set_response_header("X", None), TypeError, "wants a str as value, not NoneType"),
    (lambda ws: ws.reject(200), ValueError, "reject: 200 is no status to refuse with; 300 to 599 are"),
    (lambda ws: ws.reject("403"), TypeError, "reject() wants an int as status, not str"),
    (lambda ws: ws.reject(403, b"no"), TypeError, "reject() wants a str as body, not bytes"),
    (lambda ws: ws.close(99), ValueError, "99 cannot be sent"),
)  # fmt: skip


class Arguments(support.Case):
    def check(self, calls, is_open):
        for call, error, text in calls:
            for is_async in (False, True):
                with self.subTest(text=text, is_async=is_async):
                    self.fails(call, error, text, is_open, is_async)

    def fails(self, call, kind, text, is_open, is_async):
        """The call raises, at once, and what comes out of the handler is our own fault."""
        self.app = support.nexws.App()
        self.records.clear()
        after = []

        def plain(websocket):
            if is_open:
                websocket.accept()
            call(websocket)
            after.append(websocket)

        async def late(websocket):
            plain(websocket)

        self.app.add_route("/", late if is_async else plain)
        client = self.app.test_client(subprotocols=["a", "b"])
        if is_open:
            client.open("/")
            client.expect_close(1011)
        else:
            client.expect_refusal("/", 500)
        self.wait(lambda: self.records)
        error = self.records[0].exc_info[1]
        self.assertIsInstance(error, kind)
        self.assertIn(text, str(error))
        self.assertEqual((len(self.records), self.records[0].levelname, after), (1, "ERROR", []))
        self.assertIn("Arguments.fails.<locals>", self.logged)

    def test_of_an_open_connection(self):
        self.check(OPEN, True)

    def test_of_one_that_connects(self):
        self.check(CONNECTING, False)

    def test_the_longest_reason_there_is(self):
        self.app.add_route("/", lambda websocket: (websocket.accept(), websocket.close(4999, "x" * 123)) and None)
        self.open().expect_close(4999, "x" * 123)

    def test_of_a_controller_and_a_client(self):
        class Chat(Controller):
            def on_connect(self, websocket):
                websocket.accept()

        self.app.add_ws_route(Chat())
        client = self.open()
        with self.assertRaises(ValueError):
            client.close(1006)
        with self.assertRaises(TypeError):
            client.send_json(object())
        client.close(1000, "bye")

    def test_of_calls(self):
        notes = []

        class Desk(RpcController):
            def on_connect(self, websocket):
                websocket.accept()
                for call in (
                    lambda: self.call(websocket, 7), lambda: self.call("x", "name"), lambda: self.call(websocket, "name", object()),
                    lambda: self.call(websocket, "name", timeout="1"), lambda: self.call(websocket, "name", timeout=-1),
                    lambda: self.call(websocket, "name", timeout=1e9), lambda: self.notify_peer(websocket, None),
                    lambda: self.notify_peer(websocket, "name", float("nan")), lambda: self.batch(7),
                ):  # fmt: skip
                    try:
                        call()
                    except (TypeError, ValueError) as error:
                        notes.append(str(error))

        self.app.add_ws_route(Desk())
        self.open().expect_nothing()
        for text, part in zip(notes, (
            "call() wants a str as name, not int", "call() wants a WebSocket, not str", "object cannot be sent as JSON", "not str",
            "not -1", "at most 2147483", "notify_peer() wants a str as name, not NoneType", "cannot be sent as JSON",
            "batch() wants a WebSocket, not int",
        ), strict=True):  # fmt: skip
            self.assertIn(part, text)

    def test_enums_are_numbers(self):
        self.app.add_route("/", lambda websocket: (websocket.accept(), websocket.close(Nx.CloseCode.GOING_AWAY)) and None)
        self.open().expect_close(1001)


support.main()
