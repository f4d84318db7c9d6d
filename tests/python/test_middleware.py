# SPDX-License-Identifier: LGPL-2.1-or-later
"""Middleware as an onion, and handlers of the signal."""

import asyncio

import support
from nexws import Nx, Verdict, WSRouter


class Middleware(support.Case):
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


support.main()
