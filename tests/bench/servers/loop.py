# SPDX-License-Identifier: LGPL-2.1-or-later
"""nexws from Python: an echo that is a coroutine's loop."""
from nexws import App, WebSocketDisconnect

app = App()


@app.websocket_route("/ws")
async def echo(websocket):
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


app.run()
