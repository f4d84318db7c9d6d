# SPDX-License-Identifier: LGPL-2.1-or-later
"""The smallest service: what comes goes back."""

from nexws import App

app = App()


@app.websocket_route("/ws")
async def endpoint(websocket):
    await websocket.accept()
    async for message in websocket:
        await websocket.send_message(message)


if __name__ == "__main__":
    app.run()
