# SPDX-License-Identifier: LGPL-2.1-or-later
"""A class, whose on_receive awaits the messages by itself. One controller serves all connections: `self` is not one of them."""

from nexws import App, Controller

app = App()


class ChatEndpoint(Controller):
    async def on_connect(self, websocket):
        await websocket.accept()
        print("Client connected")

    async def on_receive(self, websocket):
        while True:
            data = await websocket.receive_text()
            await self.send_text(f"You said: {data}")

    async def on_disconnect(self, websocket, code, reason):
        print(f"Client disconnected with code {code}")


app.add_ws_route(ChatEndpoint())

if __name__ == "__main__":
    app.run()
