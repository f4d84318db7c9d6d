# SPDX-License-Identifier: LGPL-2.1-or-later
"""The smallest service: what comes goes back."""

from nexws import App, WebSocketDisconnect

app = App()


@app.websocket_route("/ws")
async def endpoint(websocket):
    await websocket.accept()
    try:
        while True:
            message = await websocket.receive()
            await websocket.send_message(message)
    except WebSocketDisconnect:
        print("Client disconnected")


if __name__ == "__main__":
    app.run()
