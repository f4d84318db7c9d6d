# SPDX-License-Identifier: LGPL-2.1-or-later
"""What neither a peer nor a careless handler may bring about: a connection that hangs, a fault that nobody hears of."""

import asyncio
import gc
import sys
import threading
from dataclasses import dataclass
from unittest import mock

import nexws
import support
from _nexws import receiving
from gi.repository import GLib
from nexws import Controller, Nx


class Base(BaseException):
    pass


class Plain(Controller):
    pass


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError("no words")


@dataclass
class Move:
    x: int
    name: str = ""


class Peers(support.Case):
    def test_half_a_surrogate_pair_in_an_action(self):
        class Board(Controller):
            def on_move(self, websocket, move: Move):
                websocket.send_json(move)

        self.app.add_ws_route(Board())
        for text, reason in (
            (r'{"type":"move","x":"\ud800"}', r'move: x: "\ud800" came, an integer is wanted'),
            (r'{"type":"move","x":1,"\udfff":1}', r"move: \udfff: there is no such member"),
            (r'{"type":"\ud800"}', r'type: "\ud800" came, one of move is wanted'),
        ):
            client = self.open()
            client.send_text(text)
            client.expect_close(1007, reason)
        self.assertEqual(self.logged, "")

    def test_half_a_surrogate_pair_goes_back_as_it_came(self):
        @self.app.websocket_route("/")
        async def echo(websocket):
            await websocket.accept()
            async for value in websocket.iter_json():
                await websocket.send_json(value)

        client = self.open()
        client.send_text(r'{"a":"\ud800ü"}')
        self.assertEqual(client.receive_text(), r'{"a":"\ud800\u00fc"}')
        client.close()

    def test_errors_that_cannot_be_told(self):
        for error in (ValueError("\ud800"), ValueError("a\0b"), Unspeakable(), GLib.Error("\ud800", "x", 1)):
            app = self.app = nexws.App()

            @app.websocket_route("/")
            def plain(websocket):
                websocket.accept()
                raise error

            self.open().expect_close(1011)
        self.assertEqual(self.logged.count("Traceback"), 4)


class Raised(support.Case):
    """CancelledError and other exceptions that `except Exception` lets by."""

    ERRORS = (Base("secret"), asyncio.CancelledError("secret"), GeneratorExit("secret"))

    def test_middleware(self):
        for error in self.ERRORS:
            app = nexws.App()

            async def guard(websocket, call_next):
                await asyncio.sleep(0)
                raise error

            app.add_ws_middleware(guard)
            app.add_ws_route(Plain())
            Nx.TestClient.new(app).expect_refusal("/", 500)
        self.assertEqual(self.logged.count("in middleware __main__.Raised"), 3)

    def test_verdict(self):
        for error in self.ERRORS:
            app = nexws.App()

            async def decide(app, websocket):
                raise error

            app.connect("middleware", decide)
            app.add_ws_route(Plain())
            Nx.TestClient.new(app).expect_refusal("/", 500)
        self.assertEqual(self.logged.count("exception in __main__.Raised"), 3)

    def test_rpc(self):
        for error in self.ERRORS:

            class Calls(Nx.RpcController):
                @nexws.method
                def plain(self):
                    raise error

                @nexws.method
                async def later(self):
                    raise error

            self.app = nexws.App()
            self.app.add_ws_route(Calls())
            client = self.open()
            for name in ("plain", "later"):
                client.send_json({"jsonrpc": "2.0", "id": 1, "method": name})
                self.assertEqual(client.receive_json()["error"]["code"], -32603)
            client.close()
        self.assertEqual(self.logged.count("exception in __main__.Raised"), 6)

    def test_on_error(self):
        for error in self.ERRORS:

            class Failing(Controller):
                def on_receive(self, websocket, message):
                    raise ValueError("first")

                async def on_error(self, websocket, first):
                    await asyncio.sleep(0)
                    raise error

            self.app = nexws.App()
            self.app.add_ws_route(Failing())
            client = self.open()
            client.send_text("x")
            client.expect_close(1011)
        self.assertEqual(self.logged.count("Failing.on_error"), 3)

    def test_constructor(self):
        class Broken(Controller):
            def __init__(self):
                super().__init__()
                raise ValueError("secret")

        self.app.add_ws_route(Broken)
        Nx.TestClient.new(self.app).expect_refusal("/", 500)
        self.assertIn("exception in __main__.Raised.test_constructor.<locals>.Broken", self.logged)

    def test_who_sent_is_named(self):
        async def forgetful(websocket):
            websocket.send_json({})  # before accept(), and nobody awaits it
            await asyncio.sleep(0)

        self.app.add_ws_route(forgetful)
        Nx.TestClient.new(self.app).expect_refusal("/", 500)
        self.assertIn("forgetful", self.logged.partition("exception in ")[2].partition(" (")[0])


class Kinds(support.Case):
    def test_generators_are_refused(self):
        async def later(websocket):
            yield

        def now(websocket):
            yield

        for func in (later, now):
            with self.assertRaisesRegex(TypeError, f"{func.__name__}.* has a yield in it.*wanted: "):
                self.app.add_ws_route(func)
        with self.assertRaisesRegex(TypeError, "on_receive.* has a yield in it.*wanted: "):

            class Yielding(Controller):
                async def on_receive(self, websocket, message):
                    yield

    def test_static_methods_and_methods_of_the_class(self):
        class Static(Controller):
            @staticmethod
            async def on_connect(websocket):
                await websocket.accept()

            @staticmethod
            def on_receive(websocket, message):
                websocket.send_text("static " + message.text)

        class OfClass(Controller):
            @classmethod
            async def on_receive(cls, websocket, message):
                await websocket.send_text(cls.__name__ + " " + message.text)

        self.app.add_ws_route("/static", Static())
        self.app.add_ws_route("/class", OfClass())
        for path, answer in (("/static", "static x"), ("/class", "OfClass x")):
            client = self.open(path)
            client.send_text("x")
            self.assertEqual(client.receive_text(), answer)
            client.close()

    def test_running_where_a_loop_runs(self):
        async def main():
            self.app.run(["x", "--port", "0"])

        with self.assertRaisesRegex(RuntimeError, "outside of coroutines"):
            nexws.run(main())


class Threads(support.Case):
    def test_receiving_from_another(self):
        kept = []

        @self.app.websocket_route("/")
        async def keep(websocket):
            await websocket.accept()
            kept.append(websocket)
            await asyncio.sleep(60)

        client = self.open()
        raised = []

        async def attack():
            for call in (lambda ws: asyncio.wait_for(ws.receive_text(), 5), lambda ws: ws.drain(), lambda ws: ws.ping()):
                try:
                    await call(kept[0])
                except RuntimeError as error:
                    raised.append(str(error))

        thread = threading.Thread(target=lambda: asyncio.run(attack()))
        thread.start()
        thread.join()
        self.assertEqual(len(raised), 3)
        client.send_text("x")
        self.settle()
        self.assertEqual(nexws.run(self.take(kept.pop())), "x")

    def test_a_receive_that_the_collector_takes(self):
        """In whatever thread it runs: the message goes back in its own, and the order stays."""
        kept, givers = [], []
        put_back = receiving._put_back

        def note(websocket, message):
            givers.append(threading.get_ident())
            put_back(websocket, message)

        @self.app.websocket_route("/")
        async def keep(websocket):
            await websocket.accept()
            kept.append(websocket)
            await asyncio.sleep(60)

        client = self.open()
        for collect in (gc.collect, self.collect_elsewhere):
            first, second = kept[0].receive_text(), kept[0].receive_text()
            for one in (first, second):
                one.add_done_callback(lambda future: None)
            for text in ("1", "2", "3"):
                client.send_text(text)
            self.wait(lambda: second.done())
            circle = [first]
            circle.append(circle)
            del first, circle
            with mock.patch("_nexws.receiving._put_back", note):
                collect()
                self.wait(lambda: givers)
            self.assertEqual(second.result(), "1")
            self.assertEqual([nexws.run(self.take(kept[0])) for _ in range(2)], ["2", "3"])
            self.assertEqual(givers, [threading.get_ident()])
            givers.clear()
            del second, one

    def collect_elsewhere(self):
        thread = threading.Thread(target=gc.collect)
        thread.start()
        thread.join()

    async def take(self, websocket):
        return await websocket.receive_text()

    def test_an_app_in_each(self):
        wrong = []
        interval = sys.getswitchinterval()

        class Echo(Controller):
            def on_receive(self, websocket, message):
                for _ in range(50):
                    pass
                if self.websocket is not websocket:
                    wrong.append("websocket")
                self.send_text(message.text)

        def serve():
            GLib.MainContext.new().push_thread_default()
            app = nexws.App()
            app.add_ws_route(Echo())
            client = Nx.TestClient.new(app)
            client.open("/")
            try:
                for i in range(500):
                    client.send_text(str(i))
                    if client.receive_text() != str(i):
                        wrong.append(i)
                client.close()
            except Exception as error:
                wrong.append(error)

        sys.setswitchinterval(1e-6)
        try:
            threads = [threading.Thread(target=serve) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            sys.setswitchinterval(interval)
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    support.main()
