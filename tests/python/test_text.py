# SPDX-License-Identifier: LGPL-2.1-or-later
"""on_text: a message as a str, without an object around it; and receives that want text."""

import asyncio
import weakref
from unittest import mock

import support
from nexws import Controller, InvalidDataError, Nx, action


class Text(support.Case):
    def test_text_of_every_kind(self):
        class Echo(Controller):
            def on_text(self, websocket, text):
                websocket.send_text(text + "!")

        self.app.add_ws_route("/", Echo())
        client = self.open()
        for text in ("a", "ü\0€", ""):
            client.send_text(text)
            self.assertEqual(client.receive_text(), text + "!")
        client.send_bytes(b"x")
        client.expect_close(1003, "text expected")
        self.assertEqual(self.logged, "")

    def test_beside_on_receive(self):
        class Both(Controller):
            async def on_text(self, websocket, text):
                await asyncio.sleep(0)
                await self.send_text(f"text {text}")

            def on_receive(self, websocket, message):
                websocket.send_text(f"octets {message.data!r}")

        self.app.add_ws_route("/", Both())
        client = self.open()
        client.send_text("a")
        client.send_bytes(b"b")
        client.send_text("c\0")
        self.assertEqual([client.receive_text() for _ in range(3)], ["text a", "octets b'b'", "text c\0"])

    def test_what_it_raises(self):
        class Broken(Controller):
            def on_text(self, websocket, text):
                raise LookupError(text)

        self.app.add_ws_route("/", Broken())
        client = self.open()
        client.send_text("lost")
        client.expect_close(1011, None)
        self.assertIn("LookupError: lost", self.logged)
        self.assertIn("Broken.on_text (", self.logged)

    def test_wrong_ones(self):
        with self.assertRaisesRegex(TypeError, "on_text.*wanted: def or async def on_text"):

            class Short(Controller):
                def on_text(self, websocket):
                    pass

        with self.assertRaisesRegex(TypeError, "on_text.*would get what the on_receive"):

            class Pull(Controller):
                async def on_receive(self, websocket):
                    pass

                def on_text(self, websocket, text):
                    pass


class Beside(support.Case):
    """on_receive, whose message brings its text along where C has it as a string."""

    def test_is_a_message_like_any_other(self):
        got = []

        class Keeper(Controller):
            def on_receive(self, websocket, message):
                got.append(message)

        self.app.add_ws_route("/", Keeper())
        client = self.open()
        for text in ('{"a": 1}', "ü\0€", ""):
            client.send_text(text)
        client.send_bytes(b"\xff")
        self.wait(lambda: len(got) == 4)
        for message, text in zip(got, ('{"a": 1}', "ü\0€", "", None)):
            self.assertIsInstance(message, Nx.Message)
            self.assertIs(type(message), type(message.ref()))
            for one in message, message.ref():
                self.assertEqual(one.text, text)
                self.assertEqual(one.data, b"\xff" if text is None else text.encode())
                self.assertEqual(bytes(one), bytes(one.view))
                self.assertEqual(one.is_text, text is not None)
                self.assertEqual(one.get_size(), len(one.data))
            with self.assertRaises(AttributeError):
                message.text = "another"
        self.assertEqual(got[0].json(), {"a": 1})
        self.assertEqual(repr(got[0]), "<nexws.Message '{\"a\": 1}'>")

    def test_is_taken_by_what_takes_messages(self):
        class Back(Controller):
            def on_receive(self, websocket, message):
                websocket.put_back(message)
                Nx.WebSocket.send_message(websocket, websocket.try_receive())
                self.app.group("all").send_message(message)

        self.app.add_ws_route("/", Back())
        client = self.open()
        self.app.group("all").add(self.app.connections[0])
        client.send_text("a")
        self.assertEqual([client.receive_text(), client.receive_text()], ["a", "a"])

    def test_asks_c_for_nothing(self):
        class Echo(Controller):
            def on_receive(self, websocket, message):
                websocket.send_text(message.text)

        self.app.add_ws_route("/", Echo())
        client = self.open()
        with mock.patch("_nexws.message._get_plain_text", side_effect=AssertionError("asked for")):
            client.send_text("a")
            self.settle()
        self.assertEqual(client.receive_text(), "a")

    def test_in_a_coroutine(self):
        class Late(Controller):
            async def on_receive(self, websocket, message):
                await asyncio.sleep(0)
                await websocket.send_text(f"{message.text} {message.data!r}")

        self.app.add_ws_route("/", Late())
        client = self.open()
        client.send_text("a")
        self.assertEqual(client.receive_text(), "a b'a'")

    def test_of_a_class_that_does_it_otherwise(self):
        """What a derived class has instead comes first, and not what C inherited for the text."""

        class Base(Controller):
            def on_receive(self, websocket, message):
                websocket.send_text("base " + message.text)

        class Text(Base):
            def on_text(self, websocket, text):
                websocket.send_text("text " + text)

        class Acts(Base):
            @action
            def on_move(self, websocket):
                websocket.send_text("moved")

        class Other(Base):
            def on_receive(self, websocket, message):
                super().on_receive(websocket, message)
                websocket.send_text("other " + message.text)

        for path, cls in (("/text", Text), ("/acts", Acts), ("/other", Other)):
            self.app.add_ws_route(path, cls())
        client = self.open("/text")
        client.send_text("a")
        self.assertEqual(client.receive_text(), "text a")
        client = self.open("/acts")
        client.send_text('{"type": "move"}')
        client.send_text("a")
        self.assertEqual([client.receive_text(), client.receive_text()], ["moved", "base a"])
        client = self.open("/other")
        client.send_text("a")
        self.assertEqual([client.receive_text(), client.receive_text()], ["base a", "other a"])

    def test_one_wrapper_for_all_messages(self):
        """A controller that nobody in Python holds, and that has no attribute, is not wrapped anew for each message."""
        selves = []

        class Bare(Controller):
            def on_receive(self, websocket, message):
                selves.append(weakref.ref(self))

        self.app.add_ws_route("/", Bare())
        client = self.open()
        for _ in range(3):
            client.send_text("a")
        self.wait(lambda: len(selves) == 3)
        self.assertIsNotNone(selves[0]())
        self.assertEqual(len({id(one()) for one in selves}), 1)


class Receiving(support.Case):
    def test_kinds_in_turn(self):
        got = []

        @self.app.websocket_route("/")
        async def handler(websocket):
            await websocket.accept()
            got.append(await websocket.receive_text())
            got.append(await websocket.receive_bytes())
            got.append(await websocket.receive_json())
            got.append((await websocket.receive()).text)
            got.append(await websocket.receive_text())
            for receive in (websocket.receive_text, websocket.receive_bytes):
                try:
                    await receive()
                except InvalidDataError as error:
                    got.append(error.message.split()[1])
            got.append("end")

        client = self.open()
        for wait in (False, True):  # what is there already, and what comes later
            for value in ("a", b"b", "[1]", "m", "n\0", b"no text", "no octets"):
                (client.send_bytes if isinstance(value, bytes) else client.send_text)(value)
                if wait:
                    self.settle()
            self.wait(lambda: got and got[-1] == "end")
            self.assertEqual(got, ["a", b"b", [1], "m", "n\0", "binary", "text", "end"])
            got.clear()
            client = self.open()

    def test_a_text_that_nobody_took(self):
        got = []

        @self.app.websocket_route("/")
        async def handler(websocket):
            await websocket.accept()
            await websocket.receive_text()
            held = [websocket.receive_text(), websocket.receive_text()]
            lost = websocket.receive_text()
            for one in *held, lost:  # asyncio.wait() would begin them in no order
                one.add_done_callback(lambda future: None)
            while not lost.done():
                await asyncio.sleep(0)
            lost.cancel()
            got.extend(one.result() for one in held)
            got.append((await websocket.receive()).text)
            got.append(await websocket.receive_bytes())

        client = self.open()
        for value in ("go", "a", "b", "c"):
            client.send_text(value)
        client.send_bytes(b"d")
        self.wait(lambda: len(got) == 4)
        self.assertEqual(got, ["a", "b", "c", b"d"])

support.main()
