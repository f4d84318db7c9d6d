# SPDX-License-Identifier: LGPL-2.1-or-later
"""Middleware as an onion, and handlers of the signal."""

import asyncio

import support
from nexws import Middleware, Nx, Verdict, WSRouter


class Onion(support.Case):
    def route(self, path="/"):
        @self.app.websocket_route(path)
        async def handler(websocket):
            await websocket.accept()
            async for message in websocket:
                await websocket.send(message)

    def test_order(self):
        notes = []

        def make(name):
            async def middleware(websocket, call_next):
                notes.append(f"+{name}")
                await asyncio.sleep(0)
                await call_next()
                notes.append(f"-{name} {websocket.close_code}")

            return middleware

        for name in "abc":
            self.app.add_ws_middleware(make(name))
        self.route()
        client = self.open()
        self.assertEqual(notes, ["+a", "+b", "+c"])
        client.send_text("x")
        self.assertEqual(client.receive_text(), "x")
        client.close(4000, None)
        self.wait(lambda: len(notes) == 6)
        self.assertEqual(sorted(notes[3:]), ["-a 4000", "-b 4000", "-c 4000"])

    def test_refusing(self):
        async def silent(websocket, call_next):
            pass

        async def loud(websocket, call_next):
            await websocket.reject(401)

        def plain(websocket, call_next):
            if "good" in websocket.query_params:
                call_next()

        for func, status in ((silent, 403), (loud, 401), (plain, 403)):
            self.setUp()
            self.app.add_ws_middleware(func)
            self.route()
            self.app.test_client().expect_refusal("/", status)
            self.assertEqual(self.logged, "")
        self.open("/?good").close(1000, None)

    def test_classes_and_the_library_s_own(self):
        class Tag:
            async def __call__(self, websocket, call_next):
                websocket.set_response_header("X-Tag", "t")
                await call_next()

        self.app.add_ws_middleware(Tag)

        class Own(Nx.Middleware):
            def do_handshake(self, websocket):
                websocket.set_response_header("X-Own", "o")
                return Verdict.PASS

        self.app.add_ws_middleware(Own)
        self.route()
        client = self.open("/")
        self.assertEqual(client.get_response_header("X-Tag"), "t")
        self.assertEqual(client.get_response_header("X-Own"), "o")

    def test_routers_below(self):
        notes = []

        async def outer(websocket, call_next):
            notes.append("outer")
            await call_next()

        async def inner(websocket, call_next):
            notes.append("inner")
            await call_next()

        router = WSRouter(prefix="/in")

        @router.ws_route("/side")
        async def handler(websocket):
            await websocket.accept()

        router.add_ws_middleware(inner)
        self.app.add_ws_middleware(outer)
        self.app.include_ws_router(router)
        self.route("/out")
        self.open("/in/side")
        self.open("/out")
        self.assertEqual(notes, ["outer", "inner", "outer"])

    def test_calling_twice(self):
        async def twice(websocket, call_next):
            call_next()
            call_next()

        self.app.add_ws_middleware(twice)
        self.route()
        self.app.test_client().expect_refusal("/", 500)
        self.assertIn("called call_next() twice", self.logged)

    def test_async_signal_handler(self):
        async def verdict(router, websocket):
            await asyncio.sleep(0.001)
            return Verdict.PASS if "good" in websocket.query_params else Verdict.REFUSE

        self.app.connect("middleware", verdict)
        self.route()
        self.open("/?good")
        self.app.test_client().expect_refusal("/", 403)
        self.app.disconnect_by_func(verdict)
        self.open("/")


class Virtual(support.Case):
    """Classes of the library's own kind: their functions are called like any handler."""

    def setUp(self):
        super().setUp()

        @self.app.websocket_route("/")
        async def handler(websocket):
            await websocket.accept()
            async for message in websocket:
                websocket.send(message)

    def test_all_of_them(self):
        notes = []

        class All(Middleware):
            def handshake(self, websocket):
                notes.append("handshake")
                return Verdict.PASS

            def received(self, websocket, message):
                notes.append(f"received {message.text}")
                return message.text != "drop"

            async def sent(self, websocket, message):
                await asyncio.sleep(0)
                notes.append(f"sent {message.text}")

            async def closed(self, websocket, code, reason):
                await asyncio.sleep(0)
                notes.append(f"closed {code}")

            def refused(self, app, remote_address, path, status):
                notes.append(f"refused {path} {status}")

        self.app.add_ws_middleware(All)
        client = self.open()
        client.send_text("drop")
        client.send_text("a")
        self.assertEqual(client.receive_text(), "a")
        client.close(4000, None)
        self.wait(lambda: len(notes) == 5)
        self.assertEqual(notes, ["handshake", "received drop", "received a", "sent a", "closed 4000"])
        self.app.test_client().expect_refusal("/nowhere", 404)
        self.settle()
        self.assertEqual(notes[5:], ["refused /nowhere 404"])
        self.assertEqual(self.logged, "")

    def test_an_async_handshake(self):
        class Slow(Middleware):
            async def handshake(self, websocket):
                await asyncio.sleep(0.001)
                if "bad" in websocket.query_params:
                    raise LookupError("lost")
                return Verdict.PASS if "good" in websocket.query_params else Verdict.REFUSE

        self.app.add_ws_middleware(Slow())
        self.open("/?good")
        self.app.test_client().expect_refusal("/", 403)
        self.assertEqual(self.logged, "")
        self.app.test_client().expect_refusal("/?bad", 500)
        self.assertIn("LookupError: lost", self.logged)

    def test_what_they_raise(self):
        class Broken(Middleware):
            def handshake(self, websocket):
                if "bad" in websocket.query_params:
                    raise LookupError("in handshake")
                return Verdict.PASS

            def received(self, websocket, message):
                if message.text == "bad":
                    raise LookupError("in received")
                return Verdict.PASS

            def sent(self, websocket, message):
                raise LookupError("in sent")

            async def closed(self, websocket, code, reason):
                raise LookupError("in closed")

            def refused(self, app, remote_address, path, status):
                raise LookupError("in refused")

        self.app.add_ws_middleware(Broken)
        self.app.test_client().expect_refusal("/?bad", 500)
        client = self.open()
        client.send_text("bad")
        client.send_text("good")
        self.assertEqual(client.receive_text(), "good")
        client.close(1000, None)
        self.app.test_client().expect_refusal("/nowhere", 404)
        self.settle()
        for name in ("handshake", "received", "sent", "closed", "refused"):
            self.assertIn(f"LookupError: in {name}", self.logged)
            self.assertRegex(self.logged, rf"exception in middleware .*Broken\.{name} \(|Exception in middleware .*Broken\.{name} \(")

    def test_what_they_return(self):
        class Nothing(Middleware):
            def handshake(self, websocket):
                pass

        self.app.add_ws_middleware(Nothing)
        self.app.test_client().expect_refusal("/", 500)
        self.assertIn("wanted: Verdict.PASS or Verdict.REFUSE", self.logged)

    def test_wrong_ones(self):
        with self.assertRaisesRegex(TypeError, "has to be a def"):

            class Late(Middleware):
                async def received(self, websocket, message):
                    pass

        with self.assertRaisesRegex(TypeError, "cannot be called with 2 arguments"):

            class Short(Middleware):
                def sent(self, websocket):
                    pass

    def test_inherited_from_a_mixin(self):
        class Mixin:
            def handshake(self, websocket):
                websocket.reject(403)
                return Verdict.REFUSE

        class Mixed(Mixin, Middleware):
            pass

        self.app.add_ws_middleware(Mixed)
        self.app.test_client().expect_refusal("/", 403)


support.main()
