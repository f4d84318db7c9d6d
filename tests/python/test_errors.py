# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whatever is raised, wherever: on_error gets it, the log has its traceback, the peer a 1011, and nothing of the text."""

import asyncio

import support
from nexws import Controller, InvalidStateError, Nx, WebSocketDisconnect


class Boom(Exception):
    pass


class Errors(support.Case):
    def check(self, path="/", send="x", status=None):
        """A client that comes, says something, and is sent away."""
        client = Nx.TestClient.new(self.app)
        if status is not None:
            client.expect_refusal(path, status)
            return
        client.open(path)
        if send is not None:
            try:
                client.send_text(send)
            except WebSocketDisconnect:
                pass
        client.expect_close(1011, None)

    def assert_logged(self, name):
        self.wait(lambda: name in self.logged)
        self.assertIn("Traceback", self.logged)
        self.assertIn("secret", self.logged)

    def test_function(self):
        @self.app.websocket_route("/")
        def plain(websocket):
            websocket.accept()
            raise Boom("secret")

        self.check(send=None)
        self.assert_logged("plain")

    def test_coroutine(self):
        for is_late in (False, True):
            with self.subTest(is_late=is_late):
                self.setUp()

                @self.app.websocket_route("/")
                async def coroutine(websocket, is_late=is_late):
                    await websocket.accept()
                    if is_late:
                        await websocket.receive_text()
                    raise Boom("secret")

                self.check(send="x" if is_late else None)
                self.assert_logged("coroutine")

    def test_before_the_decision(self):
        @self.app.websocket_route("/a")
        def plain(websocket):
            raise Boom("secret")

        @self.app.websocket_route("/b")
        async def coroutine(websocket):
            await asyncio.sleep(0.01)
            raise Boom("secret")

        self.check("/a", status=500)
        self.check("/b", status=500)
        self.assert_logged("coroutine")

    def test_methods(self):
        seen = []

        class Base(Controller):
            def on_error(self, websocket, error):
                seen.append(error)
                super().on_error(websocket, error)

        class Connect(Base):
            def on_connect(self, websocket):
                websocket.accept()
                raise Boom("secret 0")

        class Receive(Base):
            def on_receive(self, websocket, message):
                raise Boom("secret 1")

        class LateReceive(Base):
            async def on_receive(self, websocket, message):
                await asyncio.sleep(0.01)
                raise Boom("secret 2")

        class Pull(Base):
            async def on_receive(self, websocket):
                await websocket.receive_text()
                raise Boom("secret 3")

        for i, cls in enumerate((Connect, Receive, LateReceive, Pull)):
            with self.subTest(cls.__name__):
                self.app.add_controller(f"/{i}", cls())
                self.check(f"/{i}")
                self.wait(lambda i=i: len(seen) == i + 1)
                self.assertIsInstance(seen[-1], Boom)
                self.assert_logged(f"secret {i}")
                self.assertIn(f"{cls.__qualname__}.on_", self.logged)

    def test_on_error_decides(self):
        class Forgiving(Controller):
            def on_receive(self, websocket, message):
                raise Boom("not so bad")

            async def on_error(self, websocket, error):
                await asyncio.sleep(0)
                await websocket.send_text(f"Sorry: {error}")

        self.app.add_controller("/", Forgiving())
        client = self.open()
        for _ in range(2):
            client.send_text("x")
            self.assertEqual(client.receive_text(), "Sorry: not so bad")
        self.assertEqual(self.logged, "")

    def test_on_error_fails(self):
        for is_async in (False, True):
            class Bad(Controller):
                def on_receive(self, websocket, message):
                    raise Boom("first")

                if is_async:
                    async def on_error(self, websocket, error):
                        raise Boom("secret second")
                else:
                    def on_error(self, websocket, error):
                        raise Boom("secret second")

            self.setUp()
            self.app.add_controller("/", Bad())
            self.check()
            self.assert_logged("second")

    def test_on_disconnect(self):
        class Plain(Controller):
            def on_disconnect(self, websocket, code, reason):
                raise Boom("secret plain")

        class Late(Controller):
            async def on_disconnect(self, websocket, code, reason):
                await asyncio.sleep(0.01)
                raise Boom("secret late")

        for i, cls in enumerate((Plain, Late)):
            self.app.add_controller(f"/{i}", cls())
            self.open(f"/{i}").close(1000, None)
        self.assert_logged("secret plain")
        self.assert_logged("secret late")

    def test_signal_handlers(self):
        for is_async in (False, True):
            self.setUp()

            def plain(websocket, message):
                raise Boom("secret")

            async def late(websocket, message):
                await asyncio.sleep(0)
                raise Boom("secret")

            @self.app.websocket_route("/")
            def route(websocket):
                websocket.connect("message", late if is_async else plain)
                websocket.accept()

            self.check()
            self.assert_logged("late" if is_async else "plain")

    def test_middleware(self):
        async def late(websocket, call_next):
            raise Boom("secret")

        def plain(websocket, call_next):
            raise Boom("secret")

        def verdict(router, websocket):
            raise Boom("secret")

        for i, func in enumerate((late, plain)):
            self.setUp()
            self.app.add_ws_middleware(func)
            self.app.add_route("/", lambda websocket: websocket.accept())
            self.check(status=500)
            self.assert_logged(func.__name__)
        self.setUp()
        self.app.connect("middleware", verdict)
        self.app.add_route("/", lambda websocket: websocket.accept())
        self.check(status=403)
        self.assert_logged("verdict")

    def test_factory(self):
        def make(websocket):
            raise Boom("secret")

        self.app.add_controller_factory("/", make)
        self.check(status=500)
        self.assert_logged("make")

        def make_nothing(websocket):
            return None

        self.app.add_controller_factory("/nothing", make_nothing)
        self.check("/nothing", status=500)
        self.assertIn("make_nothing", self.logged)

    def test_errors_of_the_library_are_classes(self):
        notes = []

        @self.app.websocket_route("/")
        def plain(websocket):
            for call in (lambda: websocket.send_text("x"), lambda: websocket.close(999)):
                try:
                    call()
                except Exception as error:
                    notes.append(error)
            websocket.accept()

        client = self.open()
        self.assertIsInstance(notes[0], InvalidStateError)
        self.assertIn("999", str(notes[1]))
        client.close(1000, None)

    def test_late_in_a_coroutine(self):
        """A send that fails in a coroutine is the handler's error, awaited or not."""
        for is_awaited in (False, True):
            self.setUp()

            @self.app.websocket_route("/")
            async def early(websocket, is_awaited=is_awaited):
                result = websocket.send_text("x")
                if is_awaited:
                    await result

            self.check(status=500)
            self.wait(lambda: "Accept the websocket before sending" in self.logged)

    def test_wrong_types_name_what_is_wanted(self):
        notes = []

        @self.app.websocket_route("/")
        def plain(websocket):
            websocket.accept()
            for call, value in (
                (websocket.send_text, b"x"), (websocket.send_bytes, "x"), (websocket.send_bytes, 7), (websocket.send_message, "x"),
                (websocket.send_json, object()), (websocket.send_json, float("nan")),
            ):  # fmt: skip
                try:
                    call(value)
                except (TypeError, ValueError) as error:
                    notes.append(str(error))

        self.open()
        self.assertEqual(
            notes[:4],
            ["send_text() wants a str, not bytes", "send_bytes() wants bytes, not str", "send_bytes() wants bytes, not int",
             "send_message() wants a Message, not str"],
        )  # fmt: skip
        self.assertIn("object cannot be sent as JSON", notes[4])
        self.assertEqual(len(notes), 6)

    def test_who_learns_of_the_end_has_done_nothing_wrong(self):
        @self.app.websocket_route("/")
        async def endless(websocket):
            await websocket.accept()
            while True:
                await websocket.receive_text()

        self.open().close(1000, None)
        self.settle()
        self.assertEqual(self.logged, "")
        self.assertTrue(issubclass(WebSocketDisconnect, Exception))

    def test_what_repr_says(self):
        self.assertEqual(repr(WebSocketDisconnect(1001, "bye")), "WebSocketDisconnect('The connection has ended with code 1001: bye')")


support.main()
