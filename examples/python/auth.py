# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who has no token is not let in: with an HTTP status, or with a close code, which a browser can read."""

import os

from nexws import App

app = App()
TOKEN = os.environ.get("TOKEN", "secret")


async def serve(websocket):
    await websocket.send_text("Authenticated")
    async for message in websocket:
        await websocket.send_message(message)


@app.websocket_route("/ws")
async def strict(websocket):
    if websocket.query_params.get("token") != TOKEN:
        await websocket.close()  # before it was accepted: HTTP 403
        return
    await websocket.accept()
    await serve(websocket)


@app.websocket_route("/ws/polite")
async def polite(websocket):
    await websocket.accept()
    token = websocket.query_params.get("token")
    if token != TOKEN:
        await websocket.close(code=1008, reason="Unauthorized")
        return
    await serve(websocket)


if __name__ == "__main__":
    app.run()
