# SPDX-License-Identifier: LGPL-2.1-or-later
"""The client of libsoup. It neither sends fragments nor tells of pongs, and compresses whenever the server agrees to it."""
import os
import sys
import traceback

import gi

gi.require_version("Soup", "3.0")
from gi.repository import Gio, GLib, Soup  # noqa: E402

ENV = os.environ
SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20]
CONTEXT = GLib.MainContext.default()
TESTS = []


def test(func):
    TESTS.append(func)
    return func


def wait_for(condition):
    expired = []
    timer = GLib.timeout_add_seconds(120, lambda: expired.append(True))
    while not condition():
        assert not expired, "nothing happens"
        CONTEXT.iteration(True)
    if not expired:
        GLib.source_remove(timer)


class Client:
    def __init__(self, url, protocols=None, unix=None, deflate=False):
        options = {}
        if unix is not None:
            options["remote_connectable"] = Gio.UnixSocketAddress.new(unix)
        if url.startswith("wss:"):
            options["tls_database"] = Gio.TlsFileDatabase.new(ENV["CERTIFICATE"])
        self.session = Soup.Session(**options)
        if deflate:
            self.session.add_feature_by_type(Soup.WebsocketExtensionManager)
        self.request = Soup.Message.new("GET", url)
        self.messages, self.is_closed, done = [], False, []
        self.session.websocket_connect_async(self.request, None, protocols, GLib.PRIORITY_DEFAULT, None,
                                             lambda _, result: done.append(result))
        wait_for(lambda: done)
        self.connection = self.session.websocket_connect_finish(done[0])
        self.connection.set_max_incoming_payload_size(32 << 20)
        self.connection.connect("message", lambda _, kind, data: self.messages.append((kind, data.get_data() or b"")))
        self.connection.connect("closed", self.closed)
        assert bool(self.connection.get_extensions()) == deflate

    def closed(self, _):
        self.is_closed = True

    def receive(self):
        wait_for(lambda: self.messages or self.is_closed)
        return self.messages.pop(0)

    def close(self, code=1000, reason=None):
        self.connection.close(code, reason)
        wait_for(lambda: self.is_closed)


def echo(*arguments, **options):
    client = Client(*arguments, **options)
    binary, text = Soup.WebsocketDataType.BINARY, Soup.WebsocketDataType.TEXT
    for size in SIZES:
        data = os.urandom(size // 2) + b"zip" * (size // 6) + b"x" * (size - size // 2 - size // 6 * 3)
        client.connection.send_message(binary, GLib.Bytes.new(data))
        assert client.receive() == (binary, data), size
        data = b"Hello, " * (size // 7) + b"x" * (size % 7)
        client.connection.send_message(text, GLib.Bytes.new(data))
        assert client.receive() == (text, data), size
    client.close()


@test
def echo_tcp():
    echo(ENV["PLAIN"] + "/ws")


@test
def echo_tcp_deflate():
    echo(ENV["PLAIN"] + "/ws", deflate=True)


@test
def echo_tcp_deflate_without_takeover():
    echo(ENV["BARE"] + "/ws", deflate=True)


@test
def echo_tls():
    echo(ENV["TLS"] + "/ws")


@test
def echo_tls_deflate():
    echo(ENV["TLS"] + "/ws", deflate=True)


@test
def echo_unix():
    echo("ws://localhost/ws", unix=ENV["UNIX"])


@test
def subprotocol():
    client = Client(ENV["MORE"] + "/subprotocol", ["v3.chat", "v2.chat"])
    assert client.connection.get_protocol() == "v2.chat"
    client.close()
    client = Client(ENV["MORE"] + "/subprotocol", ["v3.chat"])
    assert client.connection.get_protocol() is None
    client.close()


@test
def pings():
    client = Client(ENV["MORE"] + "/ping")
    client.connection.send_text("now you")
    assert client.receive()[1] == b"pong"
    # Its own, and the answers, go unseen, but must not disturb.
    client.connection.set_keepalive_interval(1)
    pause = []
    GLib.timeout_add(1200, lambda: pause.append(True))
    wait_for(lambda: pause or client.is_closed)
    client.connection.send_text("once more")
    assert client.receive()[1] == b"pong"
    client.close()


@test
def server_closes():
    client = Client(ENV["MORE"] + "/close")
    client.connection.send_text("end")
    wait_for(lambda: client.is_closed)
    assert client.connection.get_close_code() == 4321
    assert client.connection.get_close_data() == "that is all"


@test
def client_closes():
    client = Client(ENV["MORE"] + "/listen")
    client.close(4123, "Grüße")
    assert client.connection.get_close_code() == 4123
    client = Client(ENV["MORE"] + "/noted")
    assert client.receive()[1].decode() == "4123:Grüße"
    client.close()


@test
def refusals():
    for path, status in (("/nowhere", 404), ("/forbidden", 403)):
        request = None
        try:
            session = Soup.Session()
            request, done = Soup.Message.new("GET", ENV["MORE"] + path), []
            session.websocket_connect_async(request, None, None, GLib.PRIORITY_DEFAULT, None,
                                            lambda _, result: done.append(result))
            wait_for(lambda: done)
            session.websocket_connect_finish(done[0])
            raise AssertionError(f"{path} was accepted")
        except GLib.Error:
            assert request.get_status() == status, request.get_status()


def main():
    failed = 0
    print(f"1..{len(TESTS)}", flush=True)
    for number, func in enumerate(TESTS, 1):
        try:
            func()
            print(f"ok {number} {func.__name__}", flush=True)
        except Exception:
            failed += 1
            traceback.print_exc(file=sys.stderr)
            print(f"not ok {number} {func.__name__}", flush=True)
    return 1 if failed else 0


sys.exit(main())
