# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whoever only sends learns of the peer's end as well: at once, and not when the connection has run out of time."""

import asyncio
from unittest import mock

import support
from gi.repository import GObject
from nexws import Controller, Nx, WebSocketDisconnect


class Ending(support.Case):
    """The app's clock is frozen: what happens in these tests waits for no deadline."""

    def open(self, path="/", **headers):
        client = Nx.TestClient.new(self.app)
        client.freeze_time()
        client.open(path)
        return client

    def end(self, client, how):
        if how == "cut":
            client.cut()
        else:
            client.send_raw(support.close_frame(4001, "bye") if how == "close" else support.close_frame())

    def test_who_awaits_what_it_sends(self):
        for how, expected in (("close", (4001, "bye")), ("empty", (1005, "")), ("cut", (1006, ""))):
            for first in ("send_text", "send_bytes", "send_json", "send_action", "send", "drain"):
                with self.subTest(how=how, first=first):
                    self.app = support.nexws.App()
                    notes = []

                    @self.app.websocket_route("/")
                    async def ticker(websocket):
                        await websocket.accept()
                        try:
                            while True:
                                value = {"send_bytes": b"x", "send_json": 1}.get(first, "x")
                                await getattr(websocket, first)(*([] if first == "drain" else [value]))
                                await asyncio.sleep(0)
                        except WebSocketDisconnect as error:
                            notes.append((error.code, error.reason))
                            raise

                    client = self.open()
                    if first != "drain":
                        client.receive()
                    self.end(client, how)
                    self.wait(lambda: notes)
                    self.assertEqual(notes, [expected])
        self.settle()
        self.assertEqual(self.logged, "")

    def test_in_a_task_of_its_own(self):
        """Of which the connection knows nothing."""
        kept = []
        self.app.add_route("/", lambda websocket: (kept.append(websocket), websocket.accept()) and None)
        client = self.open()

        async def tick():
            await kept[0].send_text("x")
            self.end(client, "close")
            with self.assertRaises(WebSocketDisconnect) as caught:
                while True:
                    await kept[0].send_text("x")
                    await asyncio.sleep(0)
            return caught.exception.code

        self.assertEqual(support.nexws.run(tick()), 4001)

    def test_who_looks_out_for_it_later(self):
        """When it has been there for a while."""
        kept = []

        def route(websocket):
            websocket.accept()
            websocket.begin_handler()  # so that the end waits for it
            kept.append(websocket)

        self.app.add_route("/", route)
        client = self.open()
        self.end(client, "close")
        self.wait(lambda: kept[0].close_code)
        self.assertEqual(kept[0].state, Nx.State.OPEN)

        async def send():
            kept[0].send_text("last words")
            with self.assertRaises(WebSocketDisconnect) as caught:
                await kept[0].send_text("more")
            return caught.exception.code

        self.assertEqual(support.nexws.run(send()), 4001)
        client.expect_text("last words")
        kept[0].handler_returned()
        self.wait(lambda: kept[0].state == Nx.State.CLOSED)

    def test_who_waits_for_a_slow_peer(self):
        notes = []
        self.app.low_water_mark = 1000

        @self.app.websocket_route("/")
        async def flood(websocket):
            await websocket.accept()
            try:
                while True:
                    await websocket.send_bytes(bytes(10_000))
            except WebSocketDisconnect as error:
                notes.append(error.code)

        client = self.open()
        client.stop_reading(20_000)
        self.settle()
        self.assertEqual(notes, [])
        self.end(client, "close")
        self.wait(lambda: notes)
        self.assertEqual(notes, [4001])

    def test_who_begins_to_wait_afterwards(self):
        """For a message that was sent before, too, and where nobody has sent anything but a group."""
        self.app.low_water_mark = 1000
        for how in ("send_bytes", "drain"):
            with self.subTest(how=how):
                kept, notes = [], []
                slow, over = asyncio.Event(), asyncio.Event()

                async def sender(websocket):
                    await websocket.accept()
                    kept.append(websocket)
                    await slow.wait()
                    if how == "send_bytes":
                        waits = websocket.send_bytes(bytes(100_000))
                    else:
                        group = self.app.group("all")
                        group.add(websocket)
                        group.send_bytes(bytes(100_000))
                        waits = websocket.drain()
                    await over.wait()
                    try:
                        await waits
                    except WebSocketDisconnect as error:
                        notes.append(error.code)

                self.app.add_ws_route(f"/{how}", sender)
                client = self.open(f"/{how}")
                client.stop_reading(20_000)
                slow.set()
                self.settle()
                self.end(client, "close")
                self.wait(lambda: kept[0].close_code)
                self.assertTrue(kept[0].is_congested())
                over.set()
                self.wait(lambda: notes)
                self.assertEqual(notes, [4001])

    def test_who_waits_again_and_again_leaves_nothing(self):
        self.app.low_water_mark = 1000
        connected, notes = [], []
        slow = asyncio.Event()

        def connect(ws, name, *args):
            connected.append(GObject.Object.connect(ws, name, *args))
            return connected[-1]

        @self.app.websocket_route("/")
        async def impatient(websocket):
            await websocket.accept()
            await slow.wait()
            websocket.send_bytes(bytes(100_000))
            for _ in range(100):
                try:
                    await asyncio.wait_for(websocket.drain(), 0.0001)
                except TimeoutError:
                    pass
            await asyncio.sleep(0)
            notes.append(sum(websocket.handler_is_connected(one) for one in connected))

        with mock.patch("_nexws.sending._connect", connect):
            client = self.open()
            client.stop_reading(20_000)
            slow.set()
            self.wait(lambda: notes)
        self.assertGreaterEqual(len(connected), 200)
        self.assertLess(notes[0], 10)
        client.cut()

    def test_what_came_before_is_dealt_with_first(self):
        """All of it was there, and so was the close, before the handler got the first one."""
        notes = []

        @self.app.websocket_route("/")
        async def echo(websocket):
            await websocket.accept()
            try:
                while True:
                    text = await websocket.receive_text()
                    await asyncio.sleep(0.001)
                    await websocket.send_text(text)
                    notes.append(text)
            except WebSocketDisconnect as error:
                notes.append(error.code)

        client = self.open()
        for text in "abc":
            client.send_text(text)
        self.end(client, "close")
        for text in "abc":
            client.expect_text(text)
        self.wait(lambda: 4001 in notes)
        self.assertEqual(notes, ["a", "b", 4001])  # what is sent behind the last one leaves, but there is nobody to go on for

    def test_who_ignores_what_it_sends(self):
        """It acts when it is called, warns of nothing, and is cancelled with all else that runs on."""
        notes = []

        @self.app.websocket_route("/")
        async def ticker(websocket):
            await websocket.accept()
            try:
                while True:
                    websocket.send_text("x")
                    notes.append(websocket.close_code)
                    await asyncio.sleep(0.001)
            finally:
                notes.append("finally")

        client = self.open()
        client.receive()
        self.end(client, "close")
        self.wait(lambda: 4001 in notes)  # which says so as well
        self.assertNotIn("finally", notes)
        while "finally" not in notes:
            client.advance_time(1000)
            self.settle()
        self.assertEqual(self.logged, "")

    def test_after_the_end(self):
        """The call itself raises, in a plain function; in a coroutine it is the handler's error, and none of the program's."""
        notes, kept = [], []

        @self.app.websocket_route("/")
        def route(websocket):
            websocket.accept()
            kept.append(websocket)

        client = self.open()
        self.end(client, "close")
        self.wait(lambda: kept[0].state == Nx.State.CLOSED)
        for call in (lambda: kept[0].send_text("x"), lambda: kept[0].send_bytes(b"x"), lambda: kept[0].send_json(1)):
            with self.assertRaises(WebSocketDisconnect) as caught:
                call()
            notes.append((caught.exception.code, caught.exception.reason))
        self.assertEqual(notes, [(4001, "bye")] * 3)

        async def late():
            ignored = kept[0].send_text("x")
            del ignored
            with self.assertRaises(WebSocketDisconnect) as caught:
                await kept[0].send_text("x")
            return caught.exception.code

        self.assertEqual(support.nexws.run(late()), 4001)

    def test_a_handler_that_goes_on_in_vain(self):
        """What comes out of an on_receive then is no fault: on_error is not asked, and the log silent."""
        class Late(Controller):
            async def on_receive(self, websocket, message):
                while True:
                    await websocket.send_text("x")
                    await asyncio.sleep(0)

            def on_error(self, websocket, error):
                raise AssertionError("not a fault")

            def on_disconnect(self, websocket, code, reason):
                notes.append(code)

        notes = []
        self.app.add_ws_route(Late())
        client = self.open()
        client.send_text("go")
        client.receive()
        self.end(client, "close")
        self.wait(lambda: notes)
        self.assertEqual(notes, [4001])
        self.assertEqual(self.logged, "")


support.main()
