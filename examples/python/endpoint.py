# SPDX-License-Identifier: LGPL-2.1-or-later
"""A route, whose function is the life of a connection."""

from nexws import App, WebSocketDisconnect

app = App()


@app.websocket_route("/ws")
async def websocket_endpoint(websocket):
    await websocket.accept()
    try:
        while True:
            data = await websocket.receive_text()
            await websocket.send_text(f"Message text was: {data}")
    except WebSocketDisconnect as error:
        print(f"Client disconnected with code {error.code}")


if __name__ == "__main__":
    app.run()
