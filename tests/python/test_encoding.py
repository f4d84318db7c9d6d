# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a class of controllers says by its attributes: the encoding, other properties, and slips of the pen."""

import asyncio
import dataclasses

import support
from nexws import Controller, Nx, RpcController, action


@dataclasses.dataclass
class Move:
    x: int


class Encoding(support.Case):
    def talk(self, cls, *said):
        """What each of these comes to: what was answered, or how it was closed."""
        answers = []
        self.app = support.nexws.App()
        self.app.add_ws_route(cls)
        for one in said:
            client = self.open()
            (client.send_bytes if isinstance(one, bytes) else client.send_text)(one)
            try:
                answers.append(client.receive_text())
            except support.nexws.WebSocketDisconnect as error:
                answers.append(error.code)
        return answers

    def test_what_on_receive_gets(self):
        for encoding, expected in (
            ("json", ["{'a': 1}", 1007, 1003]),
            ("text", ["""'{"a": 1}'""", "'{'", 1003]),
            ("bytes", [1003, 1003, "b'x'"]),
            (Nx.Encoding.JSON, ["{'a': 1}", 1007, 1003]),
        ):
            for is_async in (False, True):

                class Plain(Controller):
                    def on_receive(self, websocket, data):
                        self.send_text(repr(data))

                class Late(Controller):
                    async def on_receive(self, websocket, data):
                        await asyncio.sleep(0)
                        await self.send_text(repr(data))

                cls = type("Echo", (Late if is_async else Plain,), {"encoding": encoding})
                # It is the subclass that says so: on_receive is found again for each.
                with self.subTest(encoding=encoding, is_async=is_async):
                    self.assertEqual(self.talk(cls, '{"a": 1}', "{", b"x"), expected)
        self.assertEqual(self.logged, "")

    def test_json_is_strict(self):
        class Echo(Controller):
            encoding = "json"

            def on_receive(self, websocket, data):
                websocket.send_json(data)

        said = ("1e400", "-1e400", "NaN", "[Infinity]", '{"a": 1, "a": 2}', "[" * 1000 + "]" * 1000, "1.5", "")
        self.assertEqual(self.talk(Echo, *said), [1007, 1007, 1007, 1007, 1007, 1007, "1.5", 1007])

    def test_what_is_too_deep_for_python(self):
        """Where the app lets in what Python's own json may not take: it is told as what is no JSON."""

        class Echo(Controller):
            encoding = "json"

            def on_receive(self, websocket, data):
                websocket.send_text("taken")

        self.app.max_json_depth = 1000
        self.app.add_ws_route(Echo)
        client = self.open()
        client.send_text("[" * 1000 + "]" * 1000)
        client.expect_close(1007)
        self.assertNotIn("Traceback", self.logged)

    def test_it_is_inherited_and_overridden(self):
        class Base(Controller):
            encoding = "json"

            def on_receive(self, websocket, data):
                websocket.send_text(type(data).__name__)

        class Same(Base):
            pass

        class Other(Base):
            encoding = None

        self.assertEqual(self.talk(Same, "[]"), ["list"])
        self.assertEqual(self.talk(Other, "[]"), ["Message"])
        self.assertEqual((Base.encoding, Same.encoding, Other.encoding), ("json", "json", None))
        self.assertEqual(Same().encoding, Nx.Encoding.JSON)
        self.assertEqual(Base(encoding=Nx.Encoding.TEXT).encoding, Nx.Encoding.TEXT)

    def test_mixins_say_it_as_well(self):
        class Json:
            encoding = "json"

        class Plain(Json, Controller):
            def on_receive(self, websocket, data):
                self.send_text(repr(data))

        class Text(Plain):
            encoding = "text"

        class Inherits(Text):
            pass

        class Again(type("Json", (), {"encoding": "json"}), Text):
            pass

        for cls, expected in ((Plain, "{'a': 1}"), (Text, """'{"a": 1}'"""), (Inherits, """'{"a": 1}'"""), (Again, "{'a': 1}")):
            self.assertEqual(self.talk(cls, '{"a": 1}'), [expected], cls.__name__)
        with self.assertRaisesRegex(ValueError, "encoding = 'xml'"):
            type("Wrong", (type("Mixin", (), {"encoding": "xml"}), Controller), {})

    def test_beside_actions(self):
        class Board(Controller):
            encoding = "json"

            def on_move(self, websocket, move: Move):
                websocket.send_text(f"moved {move.x}")

            async def on_receive(self, websocket, data):
                await websocket.send_text(f"other {data}")

        self.assertEqual(self.talk(Board, '{"type": "move", "x": 1}', "[1]", "{"), ["moved 1", "other [1]", 1007])

    def test_description(self):
        class Texts(Controller):
            encoding = "text"

            def on_receive(self, websocket, text):
                pass

        self.app.add_ws_route("/texts", Texts)
        self.assertIn("TextsToServer = string", self.app.describe_as(Nx.DescriptionFormat.TYPESCRIPT))

    def test_unknown_ones(self):
        for value in ("xml", "JSON", 7, 1.5, ["json"]):
            with self.subTest(value=value), self.assertRaises(ValueError) as caught:
                type("Chat", (Controller,), {"encoding": value, "__module__": "app"})
            for part in "app.Chat.encoding", repr(value), '"text", "bytes" or "json" is wanted':
                self.assertIn(part, str(caught.exception))

    def test_contradictions(self):
        async def pull(self, websocket):
            pass

        def on_text(self, websocket, text):
            pass

        def on_move(self, websocket, move: Move):
            pass

        for namespace, part in (
            ({"encoding": "json", "on_receive": pull}, "receives by itself"),
            ({"encoding": "bytes", "on_text": on_text}, "bytes alone"),
            ({"encoding": "bytes", "on_move": on_move}, "bytes alone"),
        ):
            with self.subTest(part=part), self.assertRaises(TypeError) as caught:
                type("Chat", (Controller,), namespace)
            self.assertIn(part, str(caught.exception))


class Attributes(support.Case):
    def test_other_properties(self):
        class Api(RpcController):
            max_calls = 3
            subprotocols = ["a", "b"]

        class More(Api):
            max_calls = 4

        self.assertEqual((Api().max_calls, More().max_calls, More(max_calls=5).max_calls), (3, 4, 5))
        self.assertEqual(More().get_subprotocols(), ["a", "b"])
        api = More()
        api.max_calls = 6
        self.assertEqual((api.props.max_calls, Api.max_calls), (6, 3))

    def test_values_that_cannot_be(self):
        for value, error in (("many", TypeError), (-1, TypeError), (0, ValueError)):
            with self.subTest(value=value), self.assertRaises(error) as caught:
                type("Api", (RpcController,), {"max_calls": value, "__module__": "app"})
            self.assertIn(f"app.Api.max_calls = {value!r}", str(caught.exception))

    def test_slips_are_told(self):
        def func(self, websocket, message):
            pass

        for name, meant in (
            ("on_recieve", "on_receive"), ("on_reciev", "on_receive"), ("on_conect", "on_connect"), ("on_message", "on_receive"),
            ("on_close", "on_disconnect"), ("encodng", "encoding"), ("subprotocol", "subprotocols"), ("max_message_size", "a route or an app"),
            ("connect", "on_connect"), ("disconnect", "on_disconnect"), ("receive", "on_receive"), ("receive_json", "on_receive"),
        ):  # fmt: skip
            with self.subTest(name=name):
                self.records.clear()
                type("Chat", (Controller,), {name: func if name.startswith(("on", "connect", "disconnect", "receive")) else 5, "__module__": "app"})
                self.assertEqual(len(self.records), 1)
                self.assertIn(f"app.Chat.{name} says nothing", self.logged)
                self.assertIn(meant, self.logged)

    def test_what_is_somebodys_own_is_not(self):
        class Chat(Controller):
            """Words."""

            rooms = {}
            _encoding = 1
            history_size = 5

            def on_move(self, websocket, move: Move):
                pass

            def on_message(self, websocket, message: Move):
                pass

            def helper(self):
                pass

            def connected(self):
                pass

            @action
            def connect(self, websocket):
                pass

            @property
            def encoding(self):
                return "my own"

        self.assertEqual(self.logged, "")
        self.assertEqual(Chat().encoding, "my own")


support.main()
