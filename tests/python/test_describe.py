# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a service in Python says of itself: dataclasses, TypedDicts, and what a constructor adds."""

import dataclasses
import enum
import json
import re
import typing

import support
from gi.repository import GObject
from nexws import Controller, Nx, action

FORMAT = Nx.DescriptionFormat


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5


@dataclasses.dataclass
class Node:
    name: str
    children: "list[Node]" = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Left:
    right: "Right | None"


@dataclasses.dataclass
class Right:
    left: Left | None
    node: Node | None = None


class Tree(typing.TypedDict):
    kids: "dict[str, Tree]"


@dataclasses.dataclass
class Draw:
    points: list[Point]
    color: Color
    label: str | None = None
    size: typing.Literal[1, 2] = 1
    pair: tuple[int, str] = (0, "")
    tags: dict[str, bool] = dataclasses.field(default_factory=dict)


class Say(typing.TypedDict):
    text: str
    loud: typing.NotRequired[bool]


class Board(Controller):
    def on_draw(self, websocket, draw: Draw):
        pass

    def on_say(self, websocket, say: Say):
        pass

    def on_grow(self, websocket, node: Node):
        pass

    def on_turn(self, websocket, left: Left):
        pass

    def on_plant(self, websocket, tree: Tree):
        pass

    @action
    def on_reset(self, websocket):
        pass


Board.declare_sent("said", Say)
Board.declare_sent("done")


class Open(Controller):
    def on_say(self, websocket, say: Say):
        pass

    def on_receive(self, websocket, message):
        pass


class Described(support.Case):
    def describe(self, format):
        self.app.add_ws_route("/board", Board)
        return self.app.describe_as(format)

    def test_typescript(self):
        text = self.describe(FORMAT.TYPESCRIPT)
        for part in (
            '({ type: "draw" } & { "points": { "x": number; "y"?: number; }[]; "color": ("red" | "blue"); "label"?: (string | null); '
            '"size"?: (1 | 2); "pair"?: [number, string]; "tags"?: { [key: string]: boolean; }; })',
            '({ type: "say" } & { "text": string; "loud"?: boolean; })',
            '({ type: "grow" } & { "name": string; "children"?: Node[]; })',
            'export type Node = { "name": string; "children"?: Node[]; };',
            'export type Left = { "right": (Right | null); };',
            'export type Right = { "left": (Left | null); "node"?: (Node | null); };',
            'export type Tree = { "kids": { [key: string]: Tree; }; };',
            '({ type: "plant" } & { "kids": { [key: string]: Tree; }; })',
            '({ type: "reset" } & { })',
            '({ type: "said" } & { "text": string; "loud"?: boolean; })',
            '({ type: "done" })',
        ):
            self.assertIn(part, text)
        self.assertNotIn("unknown", text)
        self.assertEqual(text.count("export type Node ="), 1)

    def test_json_schema(self):
        defs = json.loads(self.describe(FORMAT.JSONSCHEMA))["$defs"]
        choices = {one["properties"]["type"]["const"]: one for one in defs["BoardToServer"]["oneOf"]}
        self.assertEqual(set(choices), {"draw", "grow", "plant", "reset", "say", "turn"})
        self.assertEqual(defs["Node"]["properties"]["children"], {"type": "array", "items": {"$ref": "#/$defs/Node"}})
        self.assertEqual(choices["grow"]["properties"]["children"], {"type": "array", "items": {"$ref": "#/$defs/Node"}})
        self.assertEqual(defs["Right"]["properties"]["left"], {"anyOf": [{"$ref": "#/$defs/Left"}, {"type": "null"}]})
        self.assertNotIn("$defs", choices["grow"])
        say = choices["say"]
        self.assertEqual(say["properties"]["text"], {"type": "string"})
        self.assertEqual(set(say["required"]), {"text", "type"})
        self.assertFalse(say["additionalProperties"])
        self.assertEqual(choices["draw"]["properties"]["pair"]["minItems"], 2)
        sent = {one["properties"]["type"]["const"] for one in defs["BoardToClient"]["oneOf"]}
        self.assertEqual(sent, {"said", "done"})

    def test_asyncapi(self):
        document = json.loads(self.describe(FORMAT.ASYNCAPI))
        messages = document["channels"]["Board"]["messages"]
        self.assertEqual(sorted(messages), ["receive.draw", "receive.grow", "receive.plant", "receive.reset", "receive.say", "receive.turn", "send.done", "send.said"])
        schemas = document["components"]["schemas"]
        self.assertEqual(sorted(schemas), ["Left", "Node", "Right", "Tree"])
        self.assertEqual(schemas["Node"]["properties"]["children"]["items"], {"$ref": "#/components/schemas/Node"})

    def test_references_lead_somewhere(self):
        def follow(value, document):
            if isinstance(value, dict):
                if isinstance(value.get("$ref"), str):
                    place = document
                    for part in value["$ref"].removeprefix("#/").split("/"):
                        place = place[part]
                    found.append(value["$ref"])
                for one in value.values():
                    follow(one, document)
            elif isinstance(value, list):
                for one in value:
                    follow(one, document)

        for format in FORMAT.JSONSCHEMA, FORMAT.ASYNCAPI:
            found = []
            document = json.loads(self.describe(format))
            follow(document, document)
            self.assertGreater(len(found), 5)
            self.app = support.nexws.App()

    def test_two_of_one_name(self):
        """Each is what it is, wherever it stands."""
        def make(hint):
            @dataclasses.dataclass
            class Link:
                value: hint
                next: "Link | None" = None

            class Board(Controller):
                def on_link(self, websocket, link: Link):
                    pass

            Board.__name__ = f"Board{hint.__name__}"
            return Board

        for hint in int, str:
            self.app.add_ws_route(f"/{hint.__name__}", make(hint))
        text = self.app.describe_as(FORMAT.TYPESCRIPT)
        for kind, name in re.findall(r'"value": (\w+); "next"\?: \((\w+) \| null\); }\)', text):
            self.assertIn(f'export type {name} = {{ "value": {kind}; "next"?: ({name} | null); }};', text)
        self.assertEqual(text.count("export type Link"), 2)

    def test_two_of_one_name_in_one(self):
        def make(hint):
            @dataclasses.dataclass
            class Chain:
                value: hint
                next: "Chain | None" = None

            return Chain

        ints, words = make(int), make(str)

        @dataclasses.dataclass
        class Both:
            whole: ints
            spoken: words

        class Board(Controller):
            def on_both(self, websocket, both: Both):
                pass

        self.app.add_ws_route(Board)
        text = self.app.describe_as(FORMAT.TYPESCRIPT)
        first, second = re.search(r'"whole": (\w+); "spoken": (\w+); ', text).groups()
        self.assertIn(f'export type {first} = {{ "value": number; "next"?: ({first} | null); }};', text)
        self.assertIn(f'export type {second} = {{ "value": string; "next"?: ({second} | null); }};', text)

    def test_a_name_that_nobody_knows(self):
        @dataclasses.dataclass
        class Lost:
            node: "Nowhere"  # noqa: F821

        with self.assertRaises(TypeError) as caught:

            class Board(Controller):
                def on_lost(self, websocket, lost: Lost):
                    pass

        self.assertIn("Lost: name 'Nowhere' is not defined", str(caught.exception))

    def test_one_that_takes_others(self):
        self.app.add_ws_route("/", Open())
        document = json.loads(self.app.describe_as(FORMAT.ASYNCAPI))
        self.assertEqual(sorted(document["channels"]["Open"]["messages"]), ["receive", "receive.say"])

    def test_describing_changes_nothing(self):
        self.describe(FORMAT.JSONSCHEMA)
        first = self.app.describe_as(FORMAT.JSONSCHEMA)
        self.assertEqual(first, self.app.describe_as(FORMAT.JSONSCHEMA))
        client = self.open("/board")
        client.send_json({"type": "say", "text": 5})
        client.expect_close(1007, "say: text: 5 came, a string is wanted")


class Sample(support.Case):
    def test_what_a_constructor_adds_is_described(self):
        class Made(Controller):
            def __init__(self, name):
                super().__init__(encoding=Nx.Encoding.TEXT, subprotocols=["sub"])
                self.add_action(name, GObject.TYPE_NONE, lambda *args: None)

        self.app.add_controller_type("/made", Made, "poke")
        text = self.app.describe_as(Nx.DescriptionFormat.TYPESCRIPT)
        self.assertIn('({ type: "poke" })', text)
        self.assertIn('subprotocol: "sub"', text)

    def test_a_constructor_that_fails(self):
        class Broken(Controller):
            def __init__(self):
                raise LookupError("lost")

        self.app.add_controller_type("/broken", Broken)
        self.assertIn('"/broken"', self.app.describe_as(Nx.DescriptionFormat.TYPESCRIPT))
        self.assertIn("LookupError: lost", self.logged)



support.main()
