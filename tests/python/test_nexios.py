# SPDX-License-Identifier: LGPL-2.1-or-later
"""What who comes from Nexios or Starlette has written already, beyond the snippets."""

import subprocess
import sys
import tempfile

import support
from nexws import Channel, ChannelBox, Controller, InvalidDataError, PayloadTypeEnum, WebSocketDisconnect, WebsocketRoute, WSRouter


class Nexios(support.Case):
    def test_headers_come_in_pairs_of_octets(self):
        @self.app.ws_route("/")
        async def route(websocket):
            await websocket.accept(headers=[(b"x-token", b"abc"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])

        with self.app.test_client("/") as client:
            self.assertEqual(client.get_response_header("X-Token"), "abc")
            self.assertIn("a=1", client.get_response_header("Set-Cookie"))
            self.assertIn("b=2", client.get_response_header("Set-Cookie"))

    def test_json_in_binary_messages(self):
        failures = []

        @self.app.ws_route("/")
        async def route(websocket):
            await websocket.accept()
            await websocket.send_json({"é": 1}, mode="binary")
            failures.append(await websocket.receive_json(mode="binary"))
            failures.append(await websocket.receive_json(list[int], mode="binary"))
            for _ in range(2):
                try:
                    await websocket.receive_json(mode="binary")
                except InvalidDataError as error:
                    failures.append(str(error))
            for call in websocket.send_json, websocket.receive_json:
                try:
                    call([], mode="bytes") if call == websocket.send_json else call(mode="bytes")
                except ValueError as error:
                    failures.append(str(error))
            await websocket.send_text("done")

        with self.app.test_client("/") as client:
            self.assertEqual(client.receive_bytes(), rb'{"\u00e9":1}')
            client.send_bytes(b'{"a": 1}')
            client.send_bytes(b"[1, 2]")
            client.send_text("{}")
            client.send_bytes(b"\xff")
            self.assertEqual(client.receive_text(), "done")
        self.assertEqual(failures[:2], [{"a": 1}, [1, 2]])
        self.assertIn("text message", failures[2])
        self.assertIn("Not JSON", failures[3])
        self.assertEqual(failures[4:], ["mode 'bytes': \"text\" or \"binary\" is wanted"] * 2)

    def test_is_connected(self):
        seen = []

        @self.app.websocket("/")
        async def route(websocket):
            seen.append(websocket.is_connected())
            await websocket.accept()
            seen.append(websocket.is_connected())
            try:
                await websocket.receive_text()
            except WebSocketDisconnect:
                seen.append(websocket.is_connected())

        with self.app.test_client("/"):
            pass
        self.wait(lambda: len(seen) == 3)
        self.assertEqual(seen, [False, True, False])

    def test_on_disconnect_without_a_reason(self):
        codes = []

        class Plain(Controller):
            def on_disconnect(self, websocket, close_code):
                codes.append(close_code)

        class Later(Controller):
            async def on_disconnect(self, websocket, close_code):
                codes.append(close_code)

        self.app.add_ws_route("/plain", Plain)
        self.app.add_ws_route("/later", Later)
        for path in "/plain", "/later":
            with self.app.test_client(path) as client:
                client.close(4000, "bye")
        self.wait(lambda: len(codes) == 2)
        self.assertEqual(codes, [4000, 4000])
        with self.assertRaisesRegex(TypeError, "Bad.on_disconnect .*wanted: .*or without the reason"):

            class Bad(Controller):
                def on_disconnect(self, websocket):
                    pass

    def test_routes_that_are_made_before_they_are_added(self):
        class Hello(Controller):
            async def on_connect(self, websocket):
                await websocket.accept()
                await websocket.send_text(websocket.path)

        async def greet(websocket):
            await websocket.accept()
            await websocket.send_text(websocket.path)

        self.app.add_ws_route(WebsocketRoute("/one", greet, name="first"))
        self.app.add_ws_route(Hello.as_route("/two"))
        self.app.mount_ws_router(WSRouter([WebsocketRoute("/three", greet), Hello.as_route("/four")], prefix="/in"))
        router = WSRouter("/other")
        router.add_ws_route("/five", greet)
        self.app.mount_ws_router(router, "/override")
        for path in "/one", "/two", "/in/three", "/in/four", "/override/five":
            with self.app.test_client(path) as client:
                self.assertEqual(client.receive_text(), path)
        self.assertEqual(self.app.url_for("first"), "/one")
        with self.assertRaisesRegex(TypeError, "middleware of /one belongs on a WSRouter"):
            WebsocketRoute("/one", greet, middleware=[greet])
        with self.assertRaisesRegex(TypeError, "WebsocketRoutes in its list"):
            WSRouter([greet])

    def test_middleware_of_a_class_is_not_forgotten(self):
        with self.assertRaisesRegex(TypeError, "Guarded.middleware: middleware belongs on a WSRouter"):

            class Guarded(Controller):
                middleware = [print]

        class Open(Controller):
            middleware = []

    def test_channels_by_an_enum(self):
        @self.app.ws_route("/")
        async def route(websocket):
            await websocket.accept()
            channel = Channel(websocket=websocket, payload_type=PayloadTypeEnum.JSON.value, expires=1800)
            self.assertEqual(channel.payload_type, Channel(websocket, PayloadTypeEnum.JSON).payload_type)
            await ChannelBox.add_channel_to_group(channel, "some")
            await channel._send({"response": await websocket.receive_json()})

        with self.app.test_client("/") as client:
            client.send_json([1])
            self.assertEqual(client.receive_json(), {"response": [1]})

    def test_a_python_without_gi_is_told(self):
        source = support.nexws.__file__.rsplit("/", 2)[0]
        with tempfile.TemporaryDirectory() as folder:
            answer = subprocess.run(
                [sys.executable, "-S", "-c", f"import sys; sys.path[:] = [p for p in sys.path if 'dist-packages' not in p] + [{source!r}]; import nexws"],
                capture_output=True, text=True, timeout=30, cwd=folder, env={},
            )  # fmt: skip
        self.assertIn("ImportError: PyGObject (python3-gi) is not there for this Python", answer.stderr)


if __name__ == "__main__":
    support.main()
