# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a client asked with, as mappings; and what is said to a handshake."""

from collections.abc import Mapping

import support
from nexws import Nx


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


support.main()
