# SPDX-License-Identifier: LGPL-2.1-or-later
"""Receiving in a coroutine: order, races, and the end."""

import asyncio

import support
from nexws import InvalidDataError, InvalidStateError, WebSocketDisconnect


class Receive(support.Case):
    def serve(self, body):
        """A route that accepts, runs `body (websocket, notes)`, and tells when it is over."""
        notes = []

        @self.app.websocket_route("/")
        async def handler(websocket):
            await websocket.accept()
            try:
                await body(websocket, notes)
            finally:
                notes.append("over")

        return notes

    def test_many_at_once_come_in_order(self):
        async def body(websocket, notes):
            for _ in range(100):
                notes.append(await websocket.receive_text())

        notes = self.serve(body)
        client = self.open()
        for i in range(100):
            client.send_text(str(i))
        self.wait(lambda: "over" in notes)
        self.assertEqual(notes[:-1], [str(i) for i in range(100)])

    def test_kinds(self):
        async def body(websocket, notes):
            notes.append(await websocket.receive_text())
            notes.append(await websocket.receive_bytes())
            notes.append(await websocket.receive_json())
            notes.append((await websocket.receive()).data)
            for receive in (websocket.receive_text, websocket.receive_bytes, websocket.receive_json, websocket.receive_json):
                try:
                    await receive()
                except InvalidDataError as error:
                    notes.append(str(error))

        notes = self.serve(body)
        client = self.open()
        client.send_text("t")
        client.send_bytes(b"\0\xff")
        client.send_text('{"a": [1, null]}')
        client.send_text("last")
        client.send_bytes(b"x")
        client.send_text("x")
        client.send_text("{")
        client.send_text("[" * 100_000)
        self.wait(lambda: "over" in notes)
        self.assertEqual(notes[:4], ["t", b"\0\xff", {"a": [1, None]}, b"last"])
        self.assertIn("binary message came where text", notes[4])
        self.assertIn("text message came where a binary", notes[5])
        self.assertIn("Not JSON", notes[6])
        self.assertIn("Not JSON", notes[7])

    def test_nul_survives_both_ways(self):
        async def body(websocket, notes):
            text = await websocket.receive_text()
            notes.append(text)
            await websocket.send_text(text)
            message = await websocket.receive()
            notes.append(message.text)
            await websocket.send_message(message)
            await websocket.send_text("")
            await websocket.send_bytes(b"")

        notes = self.serve(body)
        client = self.open()
        for text in ("a\0b", "\0"):
            client.send_text(text)
            self.assertEqual(client.receive_text(), text)
        self.assertEqual(client.receive_text(), "")
        self.assertEqual(client.receive_bytes(), b"")
        self.assertEqual(notes[:2], ["a\0b", "\0"])

    def test_timeout_loses_nothing(self):
        for how in ("wait_for", "timeout"):
            with self.subTest(how):
                async def body(websocket, notes, how=how):
                    try:
                        if how == "wait_for":
                            await asyncio.wait_for(websocket.receive_text(), 0.02)
                        else:
                            async with asyncio.timeout(0.02):
                                await websocket.receive_text()
                    except TimeoutError:
                        notes.append("late")
                    notes.append(await websocket.receive_text())

                self.setUp()
                notes = self.serve(body)
                client = self.open()
                self.wait(lambda: notes)
                client.send_text("a")
                self.wait(lambda: "over" in notes)
                self.assertEqual(notes, ["late", "a", "over"])

    def test_a_race_called_off_gives_back(self):
        async def body(websocket, notes):
            slow = asyncio.get_running_loop().create_future()
            gathered = asyncio.gather(websocket.receive_text(), websocket.receive_text(), slow)
            notes.append("waiting")
            await asyncio.wait([gathered], timeout=0.05)
            gathered.cancel()
            slow.cancel()
            try:
                await gathered
            except asyncio.CancelledError:
                pass
            del gathered
            notes.append([await websocket.receive_text() for _ in range(3)])

        notes = self.serve(body)
        client = self.open()
        self.wait(lambda: notes)
        for text in "abc":
            client.send_text(text)
        self.wait(lambda: "over" in notes)
        self.assertEqual(notes, ["waiting", ["a", "b", "c"], "over"])

    def test_a_race_that_failed_gives_back(self):
        self.race(False)

    def test_a_race_that_failed_gives_back_in_order_to_whoever_else_looked(self):
        self.race(True)

    def race(self, is_watched):
        async def body(websocket, notes):
            receives = [websocket.receive_text(), websocket.receive_text()]
            for receive in receives if is_watched else ():
                receive.add_done_callback(lambda receive: None)

            async def fail():
                await asyncio.sleep(0.03)
                raise ValueError

            try:
                raced = asyncio.gather(*receives, fail())
                receives = receive = None
                await raced
            except ValueError:
                raced = None
                notes.append("failed")
            notes.append([await websocket.receive_text() for _ in range(2)])

        notes = self.serve(body)
        client = self.open()
        client.send_text("a")
        self.wait(lambda: "failed" in notes)
        client.send_text("b")
        client.send_text("c")
        self.wait(lambda: "over" in notes)
        self.assertEqual(notes, ["failed", ["a", "b"], "over"])

    def test_first_of_two(self):
        async def body(websocket, notes):
            receive = asyncio.ensure_future(websocket.receive_text())
            timer = asyncio.create_task(asyncio.sleep(0.01, "timer"))
            while len(notes) < 2:
                done, _ = await asyncio.wait({receive, timer}, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    notes.append(one.result())
                    if one is timer:
                        timer = asyncio.create_task(asyncio.sleep(60))
            timer.cancel()

        notes = self.serve(body)
        client = self.open()
        self.wait(lambda: notes)
        client.send_text("a")
        self.wait(lambda: "over" in notes)
        self.assertEqual(notes, ["timer", "a", "over"])

    def test_as_a_task_of_its_own(self):
        async def body(websocket, notes):
            async with asyncio.TaskGroup() as group:
                one = group.create_task(websocket.receive_text())
                two = group.create_task(websocket.receive_text())
            notes.extend([one.result(), two.result()])
            task = asyncio.create_task(websocket.receive_text())
            await asyncio.sleep(0)
            notes.append("waits")
            task.cancel()
            notes.append(await websocket.receive_text())

        notes = self.serve(body)
        client = self.open()
        for text in "ab":
            client.send_text(text)
        self.wait(lambda: "waits" in notes)
        client.send_text("c")
        self.wait(lambda: "over" in notes)
        self.assertEqual(notes, ["a", "b", "waits", "c", "over"])

    def test_gather(self):
        async def body(websocket, notes):
            notes.append(await asyncio.gather(websocket.receive_text(), websocket.receive_bytes()))
            receive = websocket.receive_text()
            try:
                receive.result()
            except (InvalidStateError, asyncio.InvalidStateError):
                notes.append("not yet")
            notes.append(await receive)

        notes = self.serve(body)
        client = self.open()
        client.send_text("a")
        client.send_bytes(b"b")
        client.send_text("c")
        self.wait(lambda: "over" in notes)
        self.assertEqual(notes, [["a", b"b"], "not yet", "c", "over"])

    def test_the_end_comes_out_of_it(self):
        async def body(websocket, notes):
            try:
                await websocket.receive_text()
            except WebSocketDisconnect as error:
                notes.append((error.code, error.reason))

        notes = self.serve(body)
        self.open().close(4000, "bye")
        self.wait(lambda: "over" in notes)
        self.assertEqual(notes, [(4000, "bye"), "over"])

    def test_what_came_before_the_end_is_received(self):
        async def body(websocket, notes):
            await asyncio.sleep(0.05)
            async for message in websocket:
                notes.append(message.text)

        notes = self.serve(body)
        client = self.open()
        client.send_text("a")
        client.send_text("b")
        client.half_close()
        self.wait(lambda: "over" in notes)
        self.assertEqual(notes, ["a", "b", "over"])

    def test_who_fails_in_a_loop_leaves_the_others_a_turn(self):
        turns = []

        async def body(websocket, notes):
            others = asyncio.create_task(self.count(turns))
            try:
                await websocket.receive_text()
            except WebSocketDisconnect:
                pass
            for call in (websocket.receive_text, lambda: websocket.send_text("x")):
                for _ in range(50):
                    try:
                        await call()
                    except WebSocketDisconnect:
                        pass
            others.cancel()

        notes = self.serve(body)
        self.open().close(1000, None)
        self.wait(lambda: "over" in notes)
        self.assertGreaterEqual(len(turns), 90)

    async def count(self, turns):
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    def test_forgotten(self):
        async def body(websocket, notes):
            websocket.receive_text()

        notes = self.serve(body)
        self.open()
        self.wait(lambda: "over" in notes)
        self.assertIn("body", self.logged)
        self.assertIn("did not await", self.logged)

    def test_forgotten_and_lost_with_an_exception(self):
        """Then it goes with the frame of the function, in one of ours, which has done nothing wrong."""

        async def body(websocket, notes):
            text = websocket.receive_text()
            websocket.send_text(text)

        told = []
        self.handler.emit = lambda record: told.append(record.getMessage())  # and keeps no exception
        self.serve(body)
        self.open()
        self.settle()
        self.assertEqual(len(told), 2)
        self.assertRegex(told[1], "^Connection .* to /: a receive was called and not awaited")


support.main()
