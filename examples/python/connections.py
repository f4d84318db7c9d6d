# SPDX-License-Identifier: LGPL-2.1-or-later
"""A list of connections, kept by hand; broadcast.py has the same with a group, which costs less and waits for nobody."""

from nexws import App, WebSocketDisconnect

app = App()
connections = []


@app.websocket_route("/ws/broadcast")
async def broadcast(websocket):
    await websocket.accept()
    connections.append(websocket)
    try:
        while True:
            data = await websocket.receive_text()
            for connection in connections:
                await connection.send_text(f"Broadcast: {data}")
    except WebSocketDisconnect:
        connections.remove(websocket)


if __name__ == "__main__":
    app.run()
