# SPDX-License-Identifier: LGPL-2.1-or-later
"""A handler that could never be called is told when it is added, by name, with what is wanted."""

import functools

import support
from nexws import Controller, PatternError


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

    def test_nobody_is_being_handled(self):
        class Chat(Controller):
            pass

        with self.assertRaises(RuntimeError):
            Chat().send_text("x")


support.main()
