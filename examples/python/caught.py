# SPDX-License-Identifier: LGPL-2.1-or-later
"""An exception that the handler catches by itself, and tells its peer."""

from nexws import App, WebSocketDisconnect

app = App()


@app.websocket_route("/ws")
async def endpoint(websocket):
    await websocket.accept()
    try:
        while True:
            data = await websocket.receive_text()
            if not data:
                raise ValueError("Empty messages are not allowed")
            await websocket.send_text(f"Received: {data}")
    except WebSocketDisconnect:
        print("Client disconnected")
    except Exception as error:
        await websocket.send_json({"error": str(error)})
        await websocket.close(code=1011, reason="Server error")


if __name__ == "__main__":
    app.run()
