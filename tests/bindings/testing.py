# SPDX-License-Identifier: LGPL-2.1-or-later
"""The test client from Python, as somebody's own unit tests use it."""

import os
import unittest

import gi

gi.require_version("Nx", "1")
gi.require_version("Json", "1.0")
from gi.repository import Gio, GLib, GObject, Json, Nx  # noqa: E402

TIMEOUT_S = 40


class Echo(Nx.Controller):
    def __init__(self):
        super().__init__()
        self.gone = []

    def do_on_receive(self, ws, message):
        ws.send_message(message)

    def do_on_disconnect(self, ws, code, reason):
        self.gone.append((code, reason))


def tell(ws):
    ws.set_subprotocol("chat.v1")
    ws.accept()
    ws.send_text(f"{ws.get_cookie('taste')} {ws.get_header('X-Any')} {ws.get_origin()}")


def refuse(ws):
    ws.reject(401, "Who are you?")


class Point(GObject.Object):
    x = GObject.Property(type=int)


class TestClientTest(unittest.TestCase):
    def setUp(self):
        self.app = Nx.App()
        self.echo = Echo()
        self.app.add_controller("/echo", self.echo)
        self.app.add_route("/tell", tell)
        self.app.add_route("/refuse", refuse)
        self.client = Nx.TestClient(app=self.app)

    def fails(self, code, words, func, *arguments):
        with self.assertRaises(GLib.Error) as caught:
            func(*arguments)
        self.assertTrue(caught.exception.matches(Nx.error_quark(), code), caught.exception)
        self.assertIn(words, caught.exception.message)

    def test_messages(self):
        client = self.client
        self.assertTrue(client.open("/echo"))
        client.send_text("grüße")
        self.assertEqual(client.receive_text(), "grüße")
        client.send_bytes(GLib.Bytes.new(b"\0\1"))
        self.assertEqual(client.receive_bytes().get_data(), b"\0\1")
        client.send_json(Json.from_string('{"a": [1]}'))
        self.assertEqual(client.receive_json().get_object().get_array_member("a").get_int_element(0), 1)
        client.send_message(Nx.Message.new_text_from_bytes(GLib.Bytes.new(b"a\0b")))
        self.assertEqual(client.receive().get_bytes().get_data(), b"a\0b")
        client.ping()
        client.expect_nothing()
        client.close(4000, "done")
        client.expect_close(4000, None)
        client.advance_time(0)
        self.assertEqual(self.echo.gone, [(4000, "done")])

    def test_handshake(self):
        client = Nx.TestClient(app=self.app, subprotocols=["chat.v2", "chat.v1"])
        client.set_header("X-Any", "thing")
        client.set_header("Origin", "http://localhost")
        client.set_cookie("taste", "sweet")
        client.open("/tell")
        self.assertEqual(client.get_subprotocol(), "chat.v1")
        client.expect_text("sweet thing http://localhost")

    def test_refusal(self):
        self.client.expect_refusal("/refuse", 401)
        self.assertEqual(self.client.dup_response_text(), "Who are you?")
        self.assertEqual(self.client.request("GET", "/none", None), 404)
        self.fails(Nx.Error.DISCONNECTED, "401 Unauthorized (Who are you?)", self.client.open, "/refuse")

    def test_errors_of_all_routes(self):
        def fail(ws):
            raise GLib.Error.new_literal(Nx.error_quark(), "busy", Nx.Error.TIMEOUT)

        self.app.add_route("/fail", fail)
        self.app.connect("error", lambda app, ws, error: error.matches(Nx.error_quark(), Nx.Error.TIMEOUT) and ws.reject(418, error.message))
        self.client.expect_refusal("/fail", 418)
        self.assertEqual(self.client.dup_response_text(), "busy")

    def test_typed(self):
        client = self.client
        client.open("/echo")
        client.send_object(Point(x=7))
        self.assertEqual(client.receive_object(Point).x, 7)
        client.send_action("move", Point(x=1))
        client.expect_json('{"x": 1, "type": "move"}')

    def test_what_it_says(self):
        self.client.props.timeout = 20
        self.client.open("/echo")
        self.fails(Nx.Error.TIMEOUT, "did not come within 20 ms: the connection is open", self.client.receive_text)
        self.client.send_text("left")
        self.fails(Nx.Error.INVALID_DATA, '"left" came where text "right"', self.client.expect_text, "right")

    def test_requests(self):
        client = self.client
        client.props.subprotocols = ["chat.v1"]
        client.add_header("X-Any", "one")
        client.add_header("X-Any", "two")
        client.open("/tell")
        client.expect_text("None one, two None")
        self.assertEqual(client.request_raw(GLib.Bytes.new(b"nonsense\r\n\r\n")), 400)
        client.cut()
        somebody = Gio.Credentials()
        somebody.set_unix_user(4711)
        client.props.credentials = somebody
        client.props.transport = Nx.TestTransport.UNIX
        seen = []
        self.app.connect("middleware", lambda app, ws: seen.append(ws.get_credentials().get_unix_user()) or Nx.Verdict.PASS)
        client.open("/tell")
        self.assertEqual(seen, [4711])
        client.cut()
        client.settle()
        self.assertEqual(self.app.get_connections().get_n_items(), 0)

    def test_bad_peers(self):
        self.client.open("/echo")
        self.client.send_raw(GLib.Bytes.new(b"\x81\x01a"))
        self.client.expect_close(Nx.CloseCode.PROTOCOL_ERROR, None)
        self.client.open("/echo")
        self.client.cut()
        self.client.advance_time(0)
        self.assertEqual([code for code, _ in self.echo.gone], [1002, 1006])

    def test_url_for(self):
        inner = Nx.Router()
        self.app.mount("/rooms", inner)

        def number(ws):
            ws.accept()
            ws.send_text(f"{tuple(ws.get_path_param_int('id'))} {tuple(ws.get_path_param_double('who'))}")

        inner.add_route("/{who}/{id:int}", number).set_name("seat")
        path = self.app.url_for("seat", {"who": "ada l", "id": "7"})
        self.assertEqual(path, "/rooms/ada%20l/7")
        self.client.open(path)
        self.client.expect_text("(True, 7) (False, 0.0)")
        self.fails(Nx.Error.INVALID_ARGUMENT, 'parameter "id" is missing', self.app.url_for, "seat", {"who": "a"})
        self.assertIn("/rooms/{who}/{id:int}  seat  a function\n", self.app.describe())

    def test_time(self):
        self.client.freeze_time()
        self.client.open("/echo")
        before = self.client.get_time()
        self.client.advance_time(10 * 60 * 1000)
        self.assertEqual(self.client.get_time() - before, 600 * 1000 * 1000)
        self.assertIn(self.client.get_n_pings(), range(28, 31))

    def test_async(self):
        loop, log = GLib.MainLoop(), []

        def on_opened(client, result):
            client.open_finish(result)
            client.receive_text_async(None, on_text)
            client.send_text("soon")

        def on_text(client, result):
            log.append(client.receive_text_finish(result))
            client.advance_time_async(1000, None, on_later)

        def on_later(client, result):
            client.advance_time_finish(result)
            client.close_async(1000, None, None, on_closed)

        def on_closed(client, result):
            log.append(client.close_finish(result))
            loop.quit()

        self.client.open_async("/echo", None, on_opened)
        loop.run()
        self.assertEqual(log, ["soon", True])

    def test_cancelling(self):
        loop, log = GLib.MainLoop(), []
        cancellable = Gio.Cancellable()

        def on_text(client, result):
            try:
                client.receive_text_finish(result)
            except GLib.Error as error:
                log.append(error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED))
            loop.quit()

        self.client.open("/echo")
        self.client.receive_text_async(cancellable, on_text)
        cancellable.cancel()
        loop.run()
        self.assertEqual(log, [True])


def fail_in_time():
    print("not done after", TIMEOUT_S, "s", flush=True)
    os._exit(1)


GLib.timeout_add_seconds(TIMEOUT_S, fail_in_time)
unittest.main()
