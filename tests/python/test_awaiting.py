# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whatever has an `_async` can be awaited; what acts when it is called may be ignored, and nobody is warned."""

import asyncio
import gc
import warnings

import support
from _nexws import loop
from gi.repository import Gio, GLib, GObject, Json
from nexws import Nx, RpcController, WebSocketDisconnect, gio, run


class Card(GObject.Object):
    number = GObject.Property(type=int, minimum=1, maximum=9, default=1)


def text(words):
    return Nx.Message.new_text_from_bytes(GLib.Bytes.new(words.encode()))


def classes():
    found = [getattr(Nx, name) for name in dir(Nx)]
    return [cls for cls in found if isinstance(cls, type) and issubclass(cls, GObject.Object)]


class Awaiting(support.Case):
    def setUp(self):
        super().setUp()
        self.kept = kept = []

        class Desk(RpcController):
            def on_connect(self, websocket):
                websocket.accept()
                kept[:] = [self, websocket]

        self.app.add_route("/", lambda websocket: (websocket.accept(), kept.append(websocket)) and None)
        self.app.add_ws_route("/rpc", Desk())

    def test_whatever_has_an_async(self):
        self.done = set()
        run(self.everything())
        has = {f"{cls.__name__}.{name}" for cls in classes() for name in vars(cls) if name.endswith("_async")}
        self.assertEqual(has - self.done, {"App.run_async"})  # test_run has it

    def begin(self, source, name, *args):
        name += "_async"
        self.done.add(next(cls.__name__ for cls in type(source).__mro__ if name in vars(cls)) + "." + name)
        return getattr(source, name)(*args)

    async def everything(self):
        client = self.app.test_client()
        await self.begin(client, "open", "/")
        (ws,) = self.kept
        await self.send(ws, client)
        await self.receive(ws, client)
        await self.ask(ws, client)
        self.assertGreaterEqual(await self.begin(client, "ping"), 0)
        self.assertGreaterEqual(await self.begin(ws, "ping"), 0)
        await self.begin(client, "settle")
        await self.begin(client, "expect_nothing")
        client.freeze_time()
        await self.begin(client, "advance_time", 1)
        ws.receive_async()  # or what was received last would be waited for
        await self.begin(client, "close", 1000, None)
        self.assertEqual(await self.begin(client, "request", "GET", "/", None), 426)
        raw = GLib.Bytes.new(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(await self.begin(client, "request_raw", raw), 426)
        await self.begin(client, "expect_refusal", "/nowhere", 404)
        await self.call()
        await self.begin(self.app, "stop")

    async def send(self, ws, client):
        for args, heard in (
            (("text", "x"), "x"), (("json", Json.from_string('{"a":1}')), '{"a":1}'), (("variant", GLib.Variant("i", 7)), "7"),
            (("message", text("m")), "m"), (("object", Card()), '{"number":1}'), (("action", "card", Card()), '{"type":"card","number":1}'),
        ):  # fmt: skip
            await self.begin(ws, f"send_{args[0]}", *args[1:])
            await self.begin(client, "expect_text", heard)
        await self.begin(ws, "send_bytes", GLib.Bytes.new(b"b"))
        self.assertEqual((await self.begin(client, "receive_bytes")).get_data(), b"b")

    async def receive(self, ws, client):
        for receiver, sender in ((ws, client), (client, ws)):
            sender.send_text("a")
            self.assertEqual((await self.begin(receiver, "receive")).text, "a")
            sender.send_text("b")
            self.assertEqual(await self.begin(receiver, "receive_text"), "b")
            sender.send_json([1])
            self.assertEqual(Json.to_string(await self.begin(receiver, "receive_json"), False), "[1]")
            sender.send_bytes(b"z")
            self.assertEqual((await self.begin(receiver, "receive_bytes")).get_data(), b"z")
        ws.send_json({"number": 2})
        self.assertEqual((await self.begin(client, "receive_object", Card.__gtype__)).number, 2)
        ws.send_json({"a": 1})
        await self.begin(client, "expect_json", '{"a":1}')

    async def ask(self, ws, client):
        group = self.app.group("g", history_size=5)
        group.add(ws)
        sending = self.begin(group, "send_message", text("{}"), None)
        await client.receive()
        self.assertIsNotNone(await sending)
        for source, more in ((ws, ()), (group, (None,))):
            answer = self.begin(source, "ask", text("{}"), 5000, *more)
            question = await client.receive_json()
            client.send_json({"nx": {"answer": question["nx"]["ask"]}})
            found = await answer
            answers = found[0] if more else [found]
            self.assertEqual(answers[0].json()["nx"], {"answer": question["nx"]["ask"]})

    async def call(self):
        client = self.app.test_client()
        await client.open("/rpc")
        desk, ws = self.kept
        for name, more in (("call", ()), ("call_variant", ("a{sv}",)), ("call_object", (Card.__gtype__,))):
            pending = self.begin(desk, name, ws, "a", None, *more, 5000)
            request = await client.receive_json()
            client.send_json({"jsonrpc": "2.0", "id": request["id"], "result": {"number": 3}})
            await pending
        with self.assertRaises(GLib.Error):
            await self.begin(client, "call", "nothing", None)
        closing = self.begin(ws, "close", 4000, "bye")
        await self.begin(client, "expect_close", 4000, "bye")
        await closing

    def test_callbacks_and_cancellables(self):
        client = self.open()
        (ws,) = self.kept
        notes = []

        def done(source, result):
            notes.append(source.send_text_finish(result))

        ws.send_text_async("a", None, done)
        ws.send_text_async("b", callback=done)
        self.wait(lambda: len(notes) == 2)
        client.expect_text("a")

        async def main():
            for give in (lambda one: ws.receive_async(one), lambda one: ws.receive_async(cancellable=one)):
                cancellable = Gio.Cancellable()
                pending = give(cancellable)
                cancellable.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await pending
            with self.assertRaises(TimeoutError):
                await asyncio.wait_for(ws.receive_text_async(), 0.001)
            with self.assertRaises(TypeError):
                ws.send_text_async()
            client.send_text("not lost")
            self.assertEqual(await ws.receive_text(), "not lost")
            last = ws.receive_async()
            await client.close(4001)
            with self.assertRaises(WebSocketDisconnect) as caught:
                await last
            self.assertEqual(caught.exception.code, 4001)

        run(main())


class Ignoring(support.Case):
    """Called, and what it returns dropped: in a plain function and in a coroutine."""

    CALLS = (
        lambda ws: ws.accept(), lambda ws: ws.send("a"), lambda ws: ws.send_text("a"), lambda ws: ws.send_bytes(b"a"), lambda ws: ws.send_json(1),
        lambda ws: ws.send_action("a"), lambda ws: ws.send_message(text("a")), lambda ws: ws.drain(), lambda ws: ws.ping(),
        lambda ws: ws.ask("a"), lambda ws: ws.app.group("a").add(ws), lambda ws: ws.app.group("a").send_text("a"),
        lambda ws: ws.app.group("b", history_size=1).send_text("a"), lambda ws: ws.app.group("a").ask("a"), lambda ws: ws.send_text_async("a"),
        lambda ws: gio(Gio.File.new_for_path("/nowhere").load_contents_async), lambda ws: ws.close(),
    )  # fmt: skip

    def test_nobody_is_warned(self):
        def plain(websocket):
            for call in self.CALLS:
                call(websocket)

        async def late(websocket):
            for call in self.CALLS:
                call(websocket)
                await asyncio.sleep(0)

        def refuse(websocket):
            websocket.reject()

        self.app.add_route("/plain", plain)
        self.app.add_route("/late", late)
        self.app.add_route("/refuse", refuse)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            loop.get_loop().set_exception_handler(lambda loop, context: warned.append(context["message"]))
            for path in "/plain", "/late":
                client = self.open(path)
                client.expect_text("a")
                while client.get_state() == Nx.State.OPEN:
                    try:
                        client.receive()
                    except WebSocketDisconnect:
                        break
                self.settle()
            self.app.test_client().expect_refusal("/refuse", 403)
            gc.collect()
            self.settle()
            loop.get_loop().set_exception_handler(None)
        self.assertEqual([str(one) for one in warned], [])
        self.assertEqual(self.logged, "")


class Forgetting(support.Case):
    """What acts only when it is awaited is told when it never is."""

    def test_a_coroutine_of_the_users_own(self):
        async def greet(websocket):
            await websocket.send_text("hello")

        @self.app.websocket_route("/")
        async def route(websocket):
            await websocket.accept()
            greet(websocket)

        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            self.open()
            self.settle()
        self.assertEqual([one.category for one in warned], [RuntimeWarning])
        self.assertIn("greet' was never awaited", str(warned[0].message))


support.main()
