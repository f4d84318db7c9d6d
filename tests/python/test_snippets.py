# SPDX-License-Identifier: LGPL-2.1-or-later
"""The shapes in which people write a service, in one process; tests/examples runs the files."""

import support
from nexws import Controller, WebSocketDisconnect


class Snippets(support.Case):
    def test_endless_loop(self):
        gone = []

        @self.app.websocket_route("/ws")
        async def endpoint(websocket):
            await websocket.accept()
            try:
                while True:
                    data = await websocket.receive_text()
                    await websocket.send_text(f"Message text was: {data}")
            except WebSocketDisconnect as error:
                gone.append((error.code, error.reason))

        client = self.open("/ws")
        for text in ("a", "b", "grüße 🙂"):
            client.send_text(text)
        for text in ("a", "b", "grüße 🙂"):
            self.assertEqual(client.receive_text(), f"Message text was: {text}")
        client.close(4321, "enough")
        self.wait(lambda: gone)
        self.assertEqual(gone, [(4321, "enough")])
        self.assertEqual(self.logged, "")

    def test_pull_loop_of_a_controller(self):
        class Echo(Controller):
            async def on_connect(self, websocket):
                await websocket.accept()

            async def on_receive(self, websocket):
                while True:
                    data = await websocket.receive_text()
                    await self.send_text(f"Message text was: {data}")

        self.app.add_ws_route(Echo())
        one, two = self.open("/"), self.open("/")
        one.send_text("1")
        two.send_text("2")
        self.assertEqual(one.receive_text(), "Message text was: 1")
        self.assertEqual(two.receive_text(), "Message text was: 2")
        one.close(1000, None)
        self.settle()
        self.assertEqual(self.logged, "")


support.main()
