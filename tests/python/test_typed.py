# SPDX-License-Identifier: LGPL-2.1-or-later
"""Typed messages: what fits, what does not and how the peer is told, and what makes a method an action."""

import dataclasses
import enum
import typing

import support
from _nexws.strict import dumps, loads
from _nexws.typed import Misfit, fit
from gi.repository import GObject
from nexws import Controller, InvalidDataError, Nx, action


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


@dataclasses.dataclass
class Shape:
    points: list[Point]
    color: Color = Color.RED
    name: str | None = None
    tags: dict[str, int] = dataclasses.field(default_factory=dict)


class Say(typing.TypedDict):
    text: str
    loud: typing.NotRequired[bool]


@dataclasses.dataclass
class Node:
    name: str
    children: "list[Node]" = dataclasses.field(default_factory=list)
    next: "typing.Optional[Node]" = None


class Tree(typing.TypedDict):
    kids: "list[Tree]"


@dataclasses.dataclass
class A:
    kind: typing.Literal["a"]
    next: "A | B | None" = None


@dataclasses.dataclass
class B:
    kind: typing.Literal["b"]
    next: "A | B | None" = None


class Card(GObject.Object):
    number = GObject.Property(type=int, minimum=1, maximum=9, default=1)


class Typed(support.Case):
    def test_what_fits(self):
        for value, hint, expected in (
            ({"x": 1}, Point, Point(1)),
            ({"x": 1, "y": 2}, Point, Point(1, 2.0)),
            ({"points": [{"x": 1}], "color": "blue", "name": "n", "tags": {"a": 1}}, Shape, Shape([Point(1)], Color.BLUE, "n", {"a": 1})),
            ({"text": "x"}, Say, {"text": "x"}),
            ([1, "a"], tuple[int, str], (1, "a")),
            ([1, 2], tuple[int, ...], (1, 2)),
            ("a", typing.Literal["a", "b"], "a"),
            (None, typing.Optional[int], None),
            ({"any": [1]}, typing.Any, {"any": [1]}),
        ):
            with self.subTest(hint=hint):
                self.assertEqual(fit(value, hint), expected)

    def test_what_does_not(self):
        for value, hint, text in (
            ({}, Point, "x: it is missing"),
            ({"x": "1"}, Point, 'x: "1" came, an integer is wanted'),
            ({"x": True}, Point, "x: true came, an integer is wanted"),
            ({"x": 1, "z": 1}, Point, "z: there is no such member"),
            ([], Point, "an array came, an object is wanted"),
            ({"points": [{"x": 1}, {"x": None}]}, Shape, "points[1].x: null came, an integer is wanted"),
            ({"points": [], "color": "green"}, Shape, 'color: "green" came, one of "red", "blue" is wanted'),
            ({"points": [], "name": 1}, Shape, "name: 1 came, a string or null is wanted"),
            ({"points": [], "tags": {"a": "b"}}, Shape, 'tags.a: "b" came, an integer is wanted'),
            ({"text": "x", "loud": 1}, Say, "loud: 1 came, true or false is wanted"),
            ([1], tuple[int, str], "an array came, an array of 2 is wanted"),
        ):
            with self.subTest(text=text), self.assertRaises(Misfit) as caught:
                fit(value, hint)
            self.assertEqual(str(caught.exception), text)
        with self.assertRaises(TypeError):
            fit(1, object)

    def test_what_holds_itself(self):
        tree = {"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}], "next": {"name": "d"}}
        node = fit(tree, Node)
        self.assertEqual(node, Node("a", [Node("b", [Node("c")])], Node("d")))
        self.assertEqual(fit(loads(dumps(node)), Node), node)
        self.assertEqual(fit({"kids": [{"kids": []}]}, Tree), {"kids": [{"kids": []}]})
        for value, text in (
            ({"name": "a", "children": [{"name": "b"}, {"name": 3}]}, "children[1].name: 3 came, a string is wanted"),
            ({"name": "a", "next": {"name": "b", "next": {"nam": "c"}}}, "next.next.nam: there is no such member"),
            ({"name": "a", "next": 7}, "next: 7 came, Node or null is wanted"),
        ):
            with self.subTest(text=text), self.assertRaises(Misfit) as caught:
                fit(value, Node)
            self.assertEqual(str(caught.exception), text)

    def test_in_a_function(self):
        """Where its own name is nothing that anybody could look up."""

        @dataclasses.dataclass
        class Link:
            next: "Link | None" = None

        self.assertEqual(fit({"next": {}}, Link), Link(Link()))

    def test_depth_has_a_bound(self):
        def nest(depth):
            value = {"name": "x"}
            for _ in range(depth):
                value = {"name": "x", "next": value}
            return value

        self.assertEqual(fit(nest(127), Node).next.next.name, "x")
        for depth in 128, 500, 900:
            with self.subTest(depth=depth), self.assertRaises(Misfit) as caught:
                fit(nest(depth), Node)
            self.assertEqual(str(caught.exception), "nested too deep: 128 levels are allowed")

        value = {"kind": "a"}
        for _ in range(200):
            value = {"kind": "a", "next": value}
        with self.assertRaises(Misfit) as caught:
            fit(value, A)
        self.assertEqual(str(caught.exception), "nested too deep: 128 levels are allowed")

        class Board(Controller):
            def on_node(self, websocket, node: Node):
                pass

        self.app.add_ws_route(Board())
        client = self.open()
        client.send_action("node", nest(200))
        client.expect_close(1007, "node: nested too deep: 128 levels are allowed")
        self.assertEqual(self.logged, "")

    def test_what_holds_itself_in_two_ways_is_tried_once_each(self):
        """Else at each level twice as often as above it."""
        value = {"kind": "c"}
        for _ in range(60):
            value = {"next": value, "kind": "b"}
        with self.assertRaises(Misfit):
            fit(value, A)
        value = {"kind": "b"}
        for _ in range(60):
            value = {"next": value, "kind": "b"}
        self.assertEqual(fit({"next": value, "kind": "a"}, A).next.next.kind, "b")

    def test_and_back_of_circles(self):
        node = Node("a")
        node.children.append(node)
        with self.assertRaises(ValueError) as caught:
            dumps(node)
        self.assertEqual(str(caught.exception), "This cannot be sent as JSON: Circular reference detected")

    def test_numbers_that_are_none(self):
        for text in "1e400", "-1e400", "[1e999]", "NaN", "Infinity", "-Infinity", "1" * 5000:
            with self.subTest(text=text), self.assertRaises(ValueError):
                loads(text)
        self.assertEqual(loads("[1e308,-0.0,1e-400]"), [1e308, -0.0, 0.0])
        with self.assertRaises(Misfit):
            fit(10**400, float)
        for value in float("nan"), [float("inf")], {"x": -float("inf")}, Point(1, float("nan")):
            with self.subTest(value=value), self.assertRaises(ValueError) as caught:
                dumps(value)
            self.assertIn("This cannot be sent as JSON", str(caught.exception))

    def test_the_peers_numbers(self):
        class Board(Controller):
            def on_point(self, websocket, point: Point):
                raise AssertionError("a peer must not get here")

            def on_receive(self, websocket, message):
                message.json()

        @self.app.websocket_route("/loop")
        async def loop(websocket):
            await websocket.accept()
            await websocket.receive_json()

        @self.app.websocket_route("/caught")
        async def caught(websocket):
            await websocket.accept()
            try:
                await websocket.receive_json()
            except ValueError as error:  # as json.loads() has it
                await websocket.close(4000, str(error)[:20])

        self.app.add_ws_route("/", Board)
        for path, text, code in (
            ("/loop", "1e400", 1007), ("/caught", "1e400", 4000), ("/loop", "NaN", 1007), ("/", "1e400", 1007), ("/", '{"type": "point", "x": 1, "y": 1e400}', 1007),
        ):  # fmt: skip
            with self.subTest(path=path, text=text):
                client = self.open(path)
                client.send_text(text)
                client.expect_close(code)

    def test_and_back(self):
        self.assertEqual(
            dumps(Shape([Point(1)])), '{"points":[{"x":1,"y":0.5}],"color":"red","name":null,"tags":{}}'
        )

    def board(self):
        class Base(Controller):
            def on_say(self, websocket, say: Say):
                websocket.send_json(say["text"])

        class Board(Base):
            async def on_point(self, websocket, point: Point):
                await websocket.send_action("point", point)

            def on_card(self, websocket, card: Card):
                websocket.send_action("card", card)

            @action
            def on_where(self, websocket):
                websocket.send_text("here")

            def on_private(self, websocket, secret: str):
                raise AssertionError("a peer must not get here")

            def on_secret(self, websocket):
                raise AssertionError("a peer must not get here")

        self.app.add_controller("/", Board())

    def test_actions(self):
        self.board()
        client = self.open()
        for said, answer in (
            ('{"type": "say", "text": "hi"}', '"hi"'),
            ('{"type": "point", "x": 1}', '{"type":"point","x":1,"y":0.5}'),
            ('{"type": "card", "number": 7}', '{"type":"card","number":7}'),
            ('{"type": "where"}', "here"),
        ):
            client.send_text(said)
            self.assertEqual(client.receive_text(), answer)

    def test_the_peer_is_told(self):
        self.board()
        for said, code, reason in (
            ('{"type": "point", "x": 1.5}', 1007, "point: x: 1.5 came, an integer is wanted"),
            ('{"type": "card", "number": 10}', 1007, "card: number: 10 came, an integer from 1 to 9 is wanted"),
            ('{"type": "where", "x": 1}', 1007, "where: there are members besides type, and no others are wanted"),
            ('{"type": "private", "secret": "x"}', 1007, None),
            ('{"type": "secret"}', 1007, None),
            ('{"type": "receive"}', 1007, None),
            ("{", 1007, None),
            ("[" * 100_000, 1007, None),
            (b"x", 1003, None),
        ):
            client = self.open()
            client.send_bytes(said) if isinstance(said, bytes) else client.send_text(said)
            client.expect_close(code, reason)
        self.assertEqual(self.logged, "")

    def test_on_error_hears_of_it(self):
        seen = []

        class Board(Controller):
            def on_point(self, websocket, point: Point):
                pass

            def on_error(self, websocket, error):
                seen.append(error)
                websocket.send_text(str(error))

        self.app.add_controller("/", Board())
        client = self.open()
        client.send_text('{"type": "point"}')
        self.assertEqual(client.receive_text(), "point: x: it is missing")
        self.assertIsInstance(seen[0], InvalidDataError)

    def test_typed_without_actions(self):
        notes = []

        @self.app.websocket_route("/")
        async def route(websocket):
            await websocket.accept()
            notes.append(await websocket.receive_json(Point))
            notes.append((await websocket.receive()).json(Say))
            try:
                await websocket.receive_json(Point)
            except InvalidDataError as error:
                notes.append(str(error))

        client = self.open()
        client.send_json({"x": 3})
        client.send_json({"text": "x"})
        client.send_json({"x": "3"})
        self.wait(lambda: len(notes) == 3)
        self.assertEqual(notes, [Point(3), {"text": "x"}, 'x: "3" came, an integer is wanted'])

    def test_the_description_has_what_the_library_reads(self):
        self.board()
        self.assertIn('type: "card"', self.app.describe_as(Nx.DescriptionFormat.TYPESCRIPT))

    def test_all_messages_are_one_or_the_other(self):
        with self.assertRaises(TypeError) as caught:
            class Bad(Controller):
                async def on_receive(self, websocket):
                    pass

                def on_point(self, websocket, point: Point):
                    pass

        self.assertIn("awaits all messages itself", str(caught.exception))


support.main()
