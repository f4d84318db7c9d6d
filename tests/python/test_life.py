# SPDX-License-Identifier: LGPL-2.1-or-later
"""A handler and its connection: who outlives whom, and what is kept."""

import asyncio
import gc
import weakref

import support
from gi.repository import GLib
from nexws import App, Controller, Nx, WebSocketDisconnect


class Life(support.Case):
    def test_another_await_goes_on_and_is_cancelled_after_the_grace(self):
        notes = []

        class Sleeper(Controller):
            async def on_receive(self, websocket, message):
                try:
                    await asyncio.get_running_loop().create_future()
                except asyncio.CancelledError:
                    notes.append("cancelled")
                    raise
                finally:
                    notes.append("finally")

            def on_disconnect(self, websocket, code, reason):
                notes.append(f"on_disconnect {code}")

        @self.app.websocket_route("/function")
        async def function(websocket):
            await websocket.accept()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                notes.append("finally")

        self.app.add_controller("/", Sleeper())
        for path, expected in (("/", ["on_disconnect 1006", "cancelled", "finally"]), ("/function", ["finally"])):
            client = Nx.TestClient.new(self.app)
            client.freeze_time()
            client.open(path)
            if path == "/":
                client.send_text("x")
            self.settle()
            client.cut()
            self.settle()
            client.advance_time(4900)
            self.settle()
            self.assertEqual(notes, [])
            client.advance_time(200)
            self.wait(lambda expected=expected: len(notes) == len(expected))
            self.assertEqual(notes, expected)
            notes.clear()
        self.assertEqual(self.logged, "")

    def test_handlers_never_overlap(self):
        notes = []

        class Slow(Controller):
            async def on_receive(self, websocket, message):
                notes.append(f"+{message.text}")
                await asyncio.sleep(0.01)
                notes.append(f"-{message.text}")

        self.app.add_controller("/", Slow())
        client = self.open()
        for text in "abc":
            client.send_text(text)
        self.wait(lambda: len(notes) == 6)
        self.assertEqual(notes, ["+a", "-a", "+b", "-b", "+c", "-c"])

    def test_on_connect_receives_first(self):
        """What on_connect awaits is its own; the rest goes to on_receive."""
        notes = []

        class Login(Controller):
            async def on_connect(self, websocket):
                await websocket.accept()
                notes.append(await websocket.receive_text())

            def on_receive(self, websocket, message):
                notes.append(message.text)

        self.app.add_controller("/", Login())
        client = self.open()
        client.send_text("password")
        client.send_text("a")
        client.send_text("b")
        self.wait(lambda: len(notes) == 3)
        self.assertEqual(notes, ["password", "a", "b"])

    def test_message_is_kept(self):
        """Beyond the handler, an await, an exception: C lends it for the call alone."""
        kept = []

        class Keeper(Controller):
            def on_receive(self, websocket, message):
                kept.append(message)
                if message.text == "bad":
                    raise ValueError(message)

            def on_error(self, websocket, error):
                kept.append(error.args[0])

        class LateKeeper(Controller):
            async def on_receive(self, websocket, message):
                await asyncio.sleep(0.01)
                kept.append(message)
                if message.text == "bad":
                    raise ValueError(message)

            def on_error(self, websocket, error):
                kept.append(error.args[0])

        self.app.add_controller("/", Keeper())
        self.app.add_controller("/late", LateKeeper())
        for path in ("/", "/late"):
            client = self.open(path)
            for text in ("good", "bad"):
                client.send_text(text)
            client.send_bytes(bytes(1000))
            self.wait(lambda: len(kept) == 4)
            for _ in range(100):  # whatever was freed is somebody else's now
                client.send_text("y" * 4)
            self.settle()
            self.assertEqual([message.data for message in kept[:4]], [b"good", b"bad", b"bad", bytes(1000)])
            self.assertEqual(bytes(kept[3].view[:3]), b"\0\0\0")
            kept.clear()

    def test_nothing_keeps_a_connection_that_is_over(self):
        """Without the garbage collector: whatever the handler was, and however it ended."""
        class Push(Controller):
            def on_receive(self, websocket, message):
                websocket.send_text(message.text)

        class Late(Controller):
            async def on_receive(self, websocket, message):
                await asyncio.sleep(0)
                await self.send_text(message.text)

        class Pull(Controller):
            async def on_receive(self, websocket):
                while True:
                    await websocket.send_text(await websocket.receive_text())

        @self.app.websocket_route("/function")
        async def function(websocket):
            await websocket.accept()
            try:
                async for message in websocket:
                    await asyncio.wait_for(asyncio.sleep(0), 1)
                    await websocket.send(message)
            except WebSocketDisconnect:
                pass

        @self.app.websocket_route("/raises")
        async def raises(websocket):
            await websocket.accept()
            await websocket.send_text(await websocket.receive_text())
            raise ValueError("x")

        async def onion(websocket, call_next):
            await call_next()

        self.app.add_ws_middleware(onion)
        for path, controller in (("/push", Push()), ("/late", Late()), ("/pull", Pull())):
            self.app.add_controller(path, controller)
        gone = []
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                for path in ("/push", "/late", "/pull", "/function", "/raises"):
                    client = self.open(path)
                    ws = self.app.get_connections()[0]
                    gone.append((path, weakref.ref(ws)))
                    del ws
                    client.send_text("x")
                    self.assertEqual(client.receive_text(), "x")
                    if path == "/raises":
                        client.expect_close(1011, None)
                    else:
                        client.close(1000, None)
                    del client
                    self.records.clear()  # a traceback keeps what it saw
                    self.settle()
            self.settle()
            self.assertEqual([path for path, one in gone if one() is not None], [])
        finally:
            gc.enable()

    def test_slow_handlers_are_named(self):
        import time

        class Slow(Controller):
            def on_receive(self, websocket, message):
                time.sleep(0.11)
                websocket.send_text("x")

        @self.app.websocket_route("/late")
        async def slow_coroutine(websocket):
            await websocket.accept()
            await asyncio.sleep(0.01)
            time.sleep(0.11)
            await websocket.send_text("x")

        self.app.add_controller("/", Slow())
        client = self.open()
        for _ in range(2):
            client.send_text("x")
            client.receive_text()
        self.assertEqual(self.logged.count("Slow.on_receive"), 1)  # not with every message
        self.open("/late").receive_text()
        self.assertIn("slow_coroutine", self.logged)
        self.assertIn("held the loop", self.logged)

    def test_another_thread_is_told(self):
        errors = []

        @self.app.websocket_route("/")
        async def route(websocket):
            await websocket.accept()
            loop = asyncio.get_running_loop()

            def work():
                for call in (lambda: websocket.send_text("x"), lambda: websocket.send_json({}), websocket.close):
                    try:
                        call()
                    except RuntimeError as error:
                        errors.append(str(error))
                loop.call_soon_threadsafe(websocket.send_text, "from a thread")

            await asyncio.to_thread(work)
            await websocket.receive_text()

        self.assertEqual(self.open().receive_text(), "from a thread")
        self.assertEqual(len(errors), 3)
        self.assertIn("call_soon_threadsafe", errors[0])

    def test_waiting_for_a_slow_peer(self):
        notes = []
        self.app.props.low_water_mark = 1000

        @self.app.websocket_route("/")
        async def route(websocket):
            await websocket.accept()
            for i in range(200):
                await websocket.send_bytes(bytes(10_000))
                notes.append(i)
            notes.append("done")

        client = Nx.TestClient.new(self.app)
        client.open("/")
        client.stop_reading(20_000)
        self.settle()
        self.assertLess(len(notes), 200)
        client.start_reading()
        for _ in range(200):
            client.receive_bytes()
        self.wait(lambda: "done" in notes)

    def test_each_way_of_waiting_for_a_slow_peer(self):
        """What send_text() says of the queue is asked of C in the same call, and the others are not deceived by it."""
        notes = []
        self.app.props.low_water_mark = 1000

        def fill(websocket, text="x" * 10_000):
            for _ in range(20):
                last = websocket.send_text(text)
            return last

        def early(websocket):
            first = websocket.send_text("small")
            fill(websocket)
            return first  # whichever is awaited: what is unsent now counts

        def unawaited(websocket):
            waits = websocket.drain()
            websocket.send_text("small")
            self.app.group("all").send_bytes(bytes(200_000))
            return waits

        acts = [
            fill,
            early,
            unawaited,
            lambda websocket: fill(websocket, "\0" * 10_000),
            lambda websocket: fill(websocket) and websocket.drain(),
            lambda websocket: fill(websocket) and websocket.send_bytes(b""),
            lambda websocket: fill(websocket) and websocket.send_json(1),
            lambda websocket: (websocket.send_text("small"), websocket.send_bytes(bytes(200_000)))[1],
        ]

        @self.app.websocket_route("/")
        async def route(websocket):
            await websocket.accept()
            self.app.group("all").add(websocket)
            for i, act in enumerate(acts):
                await websocket.receive_text()
                await websocket.send_text("no need to wait")
                notes.append(f"begins {i}")
                await act(websocket)
                notes.append(f"ends {i}")

        client = Nx.TestClient.new(self.app)
        client.open("/")
        for i in range(len(acts)):
            notes.clear()
            client.stop_reading(10_000)
            client.send_text("go")
            self.settle()
            self.assertEqual(notes, [f"begins {i}"])
            client.start_reading()
            self.wait(lambda: len(notes) == 2)

    def test_a_wait_for_a_slow_peer_ends_with_it(self):
        notes = []
        self.app.props.low_water_mark = 1000

        @self.app.websocket_route("/")
        async def route(websocket):
            await websocket.accept()
            try:
                while True:
                    await websocket.send_bytes(bytes(10_000))
            except WebSocketDisconnect as error:
                notes.append(error.code)

        client = Nx.TestClient.new(self.app)
        client.open("/")
        client.stop_reading(20_000)
        self.settle()
        client.cut()
        self.wait(lambda: notes)
        self.assertEqual(notes, [1006])

    def test_close_waits_for_the_end(self):
        notes = []

        @self.app.websocket_route("/")
        async def route(websocket):
            await websocket.accept()
            await websocket.close(4000, "bye")
            notes.append((websocket.state, websocket.close_code))

        self.open().expect_close(4000, "bye")
        self.wait(lambda: notes)
        self.assertEqual(notes, [(Nx.State.CLOSED, 4000)])

    def test_an_app_that_goes(self):
        notes = []
        app = App()

        @app.websocket_route("/")
        async def route(websocket):
            await websocket.accept()
            try:
                await websocket.receive_text()
            except WebSocketDisconnect:
                notes.append("gone")

        client = Nx.TestClient.new(app)
        client.open("/")
        del client
        del app
        gc.collect()
        context = GLib.MainContext.default()
        while not notes:
            context.iteration(True)
        self.assertEqual(notes, ["gone"])


support.main()
