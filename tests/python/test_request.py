# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client asked with, as mappings; and what is said to a handshake."""

import asyncio
from collections.abc import Mapping

import support
from nexws import HandshakeRefusedError, NexwsError, Nx, TestClient, WebSocketState, run


class Request(support.Case):
    def test_mappings(self):
        notes = []

        @self.app.websocket_route("/rooms/{room}/{id:int}")
        def route(websocket):
            for mapping in (websocket.query_params, websocket.headers, websocket.cookies, websocket.path_params):
                self.assertIsInstance(mapping, Mapping)
            self.assertEqual(dict(websocket.query_params), {"a": "2", "b": "", "c": "x y", "é": "ü"})
            self.assertEqual(websocket.query_params.getlist("a"), ["1", "2"])
            self.assertEqual(websocket.query_params.get("none"), None)
            self.assertEqual(websocket.query_params.get("none", "d"), "d")
            self.assertNotIn("none", websocket.query_params)
            with self.assertRaises(KeyError):
                websocket.query_params["none"]
            self.assertEqual(websocket.headers["X-THING"], "one")
            self.assertIn("x-thing", websocket.headers)
            self.assertEqual(websocket.headers.getlist("X-Thing"), ["one"])
            self.assertEqual(websocket.headers.get("upgrade").lower(), "websocket")
            self.assertEqual(dict(websocket.cookies), {"session": "abc", "b": "c"})
            self.assertEqual(dict(websocket.path_params), {"room": "the kitchen", "id": "7"})
            self.assertEqual(len(websocket.path_params), 2)
            self.assertIn("kitchen", repr(websocket.path_params))
            self.assertEqual(websocket.path, "/rooms/the%20kitchen/7")
            self.assertTrue(websocket.url.startswith("ws://localhost/rooms/"))
            self.assertEqual(websocket.client.host, "127.0.0.1")
            self.assertIs(websocket.app, self.app)
            self.assertEqual(websocket.state, Nx.State.CONNECTING)
            websocket.accept()
            notes.append("good")

        client = self.app.test_client(headers={"X-Thing": "one"}, cookies={"session": "abc", "b": "c"})
        client.open("/rooms/the%20kitchen/7?a=1&a=2&b=&c=x+y&%C3%A9=%C3%BC")
        self.assertEqual(notes, ["good"])

    def test_accept_with_more(self):
        @self.app.websocket_route("/")
        async def route(websocket):
            await websocket.accept(subprotocol="chat", headers={"X-Server": "nexws"})
            await websocket.send_text(websocket.subprotocol)

        client = self.app.test_client("/", subprotocols=["chat", "other"])
        with client:
            self.assertEqual(client.receive_text(), "chat")
            self.assertEqual(client.get_response_header("X-Server"), "nexws")

    def test_refusals(self):
        @self.app.websocket_route("/closed")
        async def closed(websocket):
            await websocket.close(1008, "Unauthorized")

        @self.app.websocket_route("/rejected")
        async def rejected(websocket):
            await websocket.reject(402, "Pay")

        @self.app.websocket_route("/polite")
        async def polite(websocket):
            await websocket.accept_and_close(4003, "No")

        self.app.test_client().expect_refusal("/closed", 403)
        self.app.test_client().expect_refusal("/rejected", 402)
        self.app.test_client("/polite").__enter__().expect_close(4003, "No")


class Refusals(support.Case):
    """What a client of a test is told."""

    def serve(self):
        @self.app.websocket_route("/no")
        async def refuse(websocket):
            websocket.set_response_header("X-Why", "a")
            websocket.set_response_header("Set-Cookie", "a=1")
            websocket.set_response_header("Set-Cookie", "b=2")
            await websocket.reject(418, "short and stout")

        self.app.add_route("/silent", lambda websocket: None)

    def check(self, error):
        self.assertEqual((error.status, error.body, error.text), (418, b"short and stout", "short and stout"))
        self.assertEqual((error.headers["x-why"], error.headers["X-Why"]), ("a", "a"))
        self.assertEqual(error.headers.getlist("set-cookie"), ["a=1", "b=2"])
        self.assertNotIn("upgrade", error.headers)
        self.assertIn("/no", str(error))

    def test_in_a_plain_function(self):
        self.serve()
        client = self.app.test_client()
        with self.assertRaises(HandshakeRefusedError) as caught:
            client.open("/no")
        for path, status in (("/silent", 403), ("/nowhere", 404)):
            with self.assertRaises(HandshakeRefusedError) as other:
                client.open(path)
            self.assertEqual(other.exception.status, status)
        self.check(caught.exception)  # which is what it was
        with self.assertRaises(HandshakeRefusedError) as caught, self.app.test_client("/no"):
            raise AssertionError("not here")
        self.check(caught.exception)
        self.assertIsInstance(caught.exception, NexwsError)

    def test_in_a_coroutine(self):
        self.serve()

        async def main():
            with self.assertRaises(HandshakeRefusedError) as caught:
                async with self.app.test_client("/no"):
                    raise AssertionError("not here")
            return caught.exception

        self.check(run(main()))

    def test_other_ends_are_none(self):
        client = self.app.test_client()
        with self.assertRaises(NexwsError) as caught:
            client.expect_refusal("/nowhere", 401)
        self.assertNotIsInstance(caught.exception, HandshakeRefusedError)

    def test_subprotocols_are_offered_and_seen(self):
        @self.app.websocket_route("/")
        async def route(websocket):
            self.assertEqual(websocket.offered_subprotocols, ["v1", "v2"])
            await websocket.accept(websocket.offered_subprotocols[-1], {"X-Server": "nexws"})

        with self.app.test_client("/", subprotocols=["v1", "v2"]) as client:
            self.assertEqual((client.subprotocol, client.headers["x-server"]), ("v2", "nexws"))
        self.assertEqual(dict(self.app.test_client().headers), {})

    def test_states_of_both_sides(self):
        notes = []

        def note(websocket):
            notes.append((websocket.client_state, websocket.application_state))

        @self.app.websocket_route("/{who}")
        async def route(websocket):
            note(websocket)
            await websocket.accept()
            note(websocket)
            if websocket.path_params["who"] == "server":
                websocket.close()
                note(websocket)
            async for _ in websocket:
                pass
            note(websocket)

        fresh, live, over = WebSocketState.CONNECTING, WebSocketState.CONNECTED, WebSocketState.DISCONNECTED
        self.open("/client").close()
        self.assertEqual([states[0] for states in notes], [fresh, live, over])
        self.assertEqual([states[1] for states in notes[:2]], [fresh, live])
        notes.clear()
        self.open("/server").expect_close(1000)
        self.assertEqual([states[1] for states in notes], [fresh, live, over, over])
        self.assertEqual([states[0] for states in notes], [fresh, live, live, over])

    def test_who_only_looks_sees_that_the_client_has_gone(self):
        """Before the end, which waits for this handler."""
        notes = []

        @self.app.websocket_route("/")
        async def route(websocket):
            await websocket.accept()
            while websocket.client_state == WebSocketState.CONNECTED:
                await asyncio.sleep(0.001)
            notes.append((websocket.client_state, websocket.state))

        self.open().close()
        self.assertEqual(notes, [(WebSocketState.DISCONNECTED, Nx.State.OPEN)])

    def test_a_client_as_starlette_has_it(self):
        @self.app.websocket_route("/")
        async def route(websocket):
            await websocket.accept(websocket.offered_subprotocols[0])
            await websocket.send_text(websocket.headers["x-a"] + websocket.cookies["b"])

        with TestClient(self.app) as client:
            with client.websocket_connect("/", subprotocols=["v1"], headers={"X-A": "1"}, cookies={"b": "2"}) as one:
                self.assertEqual((one.receive_text(), one.subprotocol), ("12", "v1"))
        with self.assertRaisesRegex(TypeError, "wants an App"):
            TestClient("/")


support.main()
