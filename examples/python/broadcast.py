# SPDX-License-Identifier: LGPL-2.1-or-later
"""What one says, all hear."""

from nexws import App, WebSocketDisconnect

app = App()
connections = []


@app.websocket_route("/ws/broadcast")
async def broadcast(websocket):
    await websocket.accept()
    connections.append(websocket)
    try:
        while True:
            message = await websocket.receive()
            # One message, framed once, for all of them. A copy, since who leaves meanwhile is taken out; and none is waited for, so
            # that who reads slowly does not keep the others from it.
            for connection in list(connections):
                connection.send(message)
    except WebSocketDisconnect:
        pass
    finally:
        connections.remove(websocket)


if __name__ == "__main__":
    app.run()
