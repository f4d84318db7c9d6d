# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a service in Python says of itself: dataclasses, TypedDicts, and what a constructor adds."""

import dataclasses
import enum
import json
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
            '({ type: "grow" } & { "name": string; "children"?: unknown[]; })',
            '({ type: "reset" } & { })',
            '({ type: "said" } & { "text": string; "loud"?: boolean; })',
            '({ type: "done" })',
        ):
            self.assertIn(part, text)
        self.assertNotIn("unknown;", text.replace("unknown[]", ""))

    def test_json_schema(self):
        defs = json.loads(self.describe(FORMAT.JSONSCHEMA))["$defs"]
        choices = {one["properties"]["type"]["const"]: one for one in defs["BoardToServer"]["oneOf"]}
        self.assertEqual(set(choices), {"draw", "say", "grow", "reset"})
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
        self.assertEqual(sorted(messages), ["receive.draw", "receive.grow", "receive.reset", "receive.say", "send.done", "send.said"])

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
