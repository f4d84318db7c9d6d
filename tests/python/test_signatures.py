# SPDX-License-Identifier: LGPL-2.1-or-later
"""A handler that could never be called is told when it is added, by name, with what is wanted."""

import asyncio
import functools

import support
from nexws import Controller, PatternError, RpcController, RpcError, WebSocket, WebsocketRoute, WSRouter, action, method


class Signatures(support.Case):
    def refuse(self, wanted, make):
        with self.assertRaises(TypeError) as caught:
            make()
        for part in wanted:
            self.assertIn(part, str(caught.exception))

    def test_functions(self):
        async def two(websocket, room):
            pass

        def none():
            pass

        self.refuse(["two", "test_signatures.py", "one parameter"], lambda: self.app.add_route("/", two))
        self.refuse(["none", "one parameter"], lambda: self.app.websocket_route("/")(none))
        self.refuse(["not callable"], lambda: self.app.add_route("/", 7))
        self.refuse(["none", "path"], lambda: self.app.websocket_route(none))
        self.refuse(["pattern is a str"], lambda: self.app.add_route(7, lambda websocket: None))
        with self.assertRaises(PatternError):
            self.app.add_route("/{", lambda websocket: None)

    def test_methods(self):
        for name, params in (
            ("on_connect", "self"), ("on_receive", "self, a, b, c"), ("on_disconnect", "self, websocket"), ("on_error", "self, websocket"),
        ):  # fmt: skip
            scope = {}
            exec(f"def {name}({params}): pass", scope)
            self.refuse([name, "wanted: def or async def"], lambda name=name, scope=scope: type("Bad", (Controller,), {name: scope[name]}))

        def plain_pull():
            class Bad(Controller):
                def on_receive(self, websocket):
                    pass

        self.refuse(["Bad.on_receive", "only an async def can"], plain_pull)

    def test_what_can_be_called_is_taken(self):
        def with_more(websocket, more=1, *rest, **options):
            websocket.accept()

        class Callable:
            async def __call__(self, websocket):
                await websocket.accept()

        self.app.add_route("/a", with_more)
        self.app.add_route("/b", functools.partial(with_more, more=2))
        self.app.add_route("/c", Callable())
        for path in "/a", "/b", "/c":
            self.open(path).close(1000, None)

    def test_middleware(self):
        self.refuse(["call_next"], lambda: self.app.add_ws_middleware(lambda websocket: None))

    def test_controllers(self):
        class NeedsMore(Controller):
            def __init__(self, database):
                super().__init__()
                self.database = database

        self.refuse(["NeedsMore", "database"], lambda: self.app.add_controller_type("/", NeedsMore))
        self.app.add_controller_type("/", NeedsMore, "a database")
        self.open().close(1000, None)
        self.refuse(["no subclass of Controller"], lambda: self.app.add_controller_type("/x", str))
        self.refuse(["at most one path"], lambda: self.app.add_ws_route("/a", "/b", NeedsMore))

    def test_mixins_and_super(self):
        notes = []

        class Mixin:
            def on_connect(self, websocket):
                notes.append("mixin")
                super().on_connect(websocket)

        class Base(Controller):
            def on_connect(self, websocket):
                notes.append("base")
                super().on_connect(websocket)

            def do_on_disconnect(self, websocket, code, reason):
                notes.append(code)

        class Chat(Mixin, Base):
            async def on_receive(self, websocket, message):
                await self.send_text(f"{message.text} {self.websocket.id == websocket.id}")

        self.app.add_ws_route("/", Chat)
        client = self.open()
        client.send_text("x")
        self.assertEqual(client.receive_text(), "x True")
        client.close(4000, None)
        self.wait(lambda: 4000 in notes)
        self.assertEqual(notes, ["mixin", "base", 4000])

    def echo_with(self, namespace):
        """What a class answers to `x`, and to `y` which comes in the same turn."""
        self.app = support.nexws.App()
        self.app.add_ws_route(type("Chat", (Controller,), namespace))
        client = self.open()
        client.send_text("x")
        client.send_text("y")
        return client.receive_text(), client.receive_text()

    def test_methods_made_of_methods(self):
        def reply(self, prefix, websocket, message):
            self.send_text(f"{prefix}{message.text}")

        async def reply_late(self, prefix, websocket, message):
            await asyncio.sleep(0.001)
            await self.send_text(f"{prefix}{message.text}")

        async def pull(self, prefix, websocket):
            while True:
                await websocket.send_text(f"{prefix}{await websocket.receive_text()}")

        for inner in reply, reply_late, pull:
            with self.subTest(inner.__name__):
                namespace = {"on_receive": functools.partialmethod(inner, ">"), "__module__": "app"}
                self.assertEqual(self.echo_with(namespace), (">x", ">y"))

    def test_other_descriptors(self):
        class Dispatched:
            @functools.singledispatchmethod
            def on_receive(self, websocket, message):
                websocket.send_text(message.text)

        class Computed:
            @property
            def on_receive(self):
                return lambda websocket, message: websocket.send_text(message.text)

        class ComputedLate:
            @property
            def on_receive(self):
                return self.reply

            async def reply(self, websocket, message):
                await asyncio.sleep(0.001)
                await websocket.send_text(message.text)

        class Static:
            @staticmethod
            def on_receive(websocket, message):
                websocket.send_text(message.text)

        class OfClass:
            @classmethod
            async def on_receive(cls, websocket, message):
                await websocket.send_text(message.text)

        class Callable:
            def __call__(self, websocket, message):
                websocket.send_text(message.text)

        def reply(words, websocket, message):
            websocket.send_text(message.text)

        # As everywhere in Python, what is no descriptor does not get the object.
        methods = [vars(one)["on_receive"] for one in (Dispatched, Computed, ComputedLate, Static, OfClass)]
        for method in [*methods, Callable(), functools.partial(reply, "words"), lambda self, websocket, message: reply("", websocket, message)]:
            with self.subTest(method=method):
                namespace = {"on_receive": method, "reply": ComputedLate.reply}
                self.assertEqual(self.echo_with(namespace), ("x", "y"))

    def test_actions_and_methods_made_of_methods(self):
        def reply(self, prefix, websocket, said):
            websocket.send_text(f"{prefix}{said['text']}")

        class Chat(Controller):
            on_say = action("say")(functools.partialmethod(reply, ">"))

            @action
            @staticmethod
            def on_shout(websocket, said):
                websocket.send_text(said["text"].upper())

        class Desk(RpcController):
            def _add(self, a, b: int):
                return a + b

            add_one = method("add_one")(functools.partialmethod(_add, 1))

            @method
            @staticmethod
            def double(x: int):
                return 2 * x

            @method
            @classmethod
            async def name(cls):
                return cls.__name__

        self.app.add_ws_route("/chat", Chat())
        self.app.add_ws_route("/desk", Desk())
        client = self.open("/chat")
        client.send_action("say", {"text": "a"})
        client.send_action("shout", {"text": "b"})
        self.assertEqual((client.receive_text(), client.receive_text()), (">a", "B"))
        client = self.open("/desk")
        self.assertEqual((client.call("add_one", 2), client.call("double", x=4), client.call("name")), (3, 8, "Desk"))
        for name, args in (("add_one", ["2"]), ("double", ["2"]), ("double", [1, 2]), ("name", [1])):
            with self.subTest(name=name), self.assertRaises(RpcError) as caught:
                client.call(name, *args)
            self.assertEqual(caught.exception.code, -32602)
        for decorate in action, method:
            self.refuse(["partialmethod", "has no name", f'{decorate.__name__}("name")'], lambda: decorate(functools.partialmethod(reply, ">")))

    def test_what_cannot_be_a_method(self):
        def reply(self, websocket):
            pass

        for method, part in (
            (None, "is None, and cannot be called"), ("reply", "is 'reply', and cannot be called"), ([reply], "cannot be called"),
            (functools.partialmethod(reply, 1, 2, 3), "incorrect arguments"), (staticmethod(lambda: None), "cannot be called with"),
            (functools.partial(reply, 1, 2), "cannot be called with 2 arguments"),
        ):  # fmt: skip
            with self.subTest(part=part):
                self.refuse(["Chat.on_receive", part, "wanted: def or async def on_receive(self, websocket, message)"],
                            lambda: type("Chat", (Controller,), {"on_receive": method, "__module__": "app"}))  # fmt: skip

    def test_nobody_is_being_handled(self):
        class Chat(Controller):
            pass

        with self.assertRaises(RuntimeError):
            Chat().send_text("x")

    def test_a_forgotten_init(self):
        class Chat(Controller):
            def __init__(self):
                self.rooms = {}

        self.refuse(["Chat.__init__() has to call super().__init__()"], Chat)
        self.app.add_ws_route("/", Chat)
        self.app.test_client().expect_refusal("/", 500)
        self.assertIn("super().__init__()", self.logged)

    def test_a_method_for_peers_gets_what_they_pass(self):
        for parameter in "websocket", "ws: WebSocket":
            scope = {"WebSocket": WebSocket, "method": method}
            exec(f"@method\ndef add(self, {parameter}, a=1): pass", scope)
            self.refuse(["add", "self.websocket"], lambda scope=scope: type("Desk", (RpcController,), {"add": scope["add"]}))

    def test_a_router_in_either_order(self):
        routes = [WebsocketRoute("/a", lambda websocket: websocket.accept())]
        for i, router in enumerate((WSRouter("/0", routes=routes), WSRouter(routes, prefix="/1"), WSRouter("/2", routes), WSRouter(routes, "/3"))):
            self.app.mount_ws_router(router)
            self.open(f"/{i}/a").close()
        self.refuse(["one prefix"], lambda: WSRouter("/a", prefix="/b"))
        self.refuse(["one prefix"], lambda: WSRouter(routes, routes=routes))

    def test_a_path_by_name(self):
        for decorate in self.app.websocket_route, self.app.websocket, self.app.ws_route:
            decorate(path=f"/{decorate.__name__}", name=decorate.__name__)(lambda websocket: websocket.accept())
            self.open(f"/{decorate.__name__}").close()


support.main()
