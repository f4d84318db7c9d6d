# SPDX-License-Identifier: LGPL-2.1-or-later
"""What one says, all hear: a group frames a message once, and who reads slowly delays nobody."""

from nexws import App

app = App()
everybody = app.group("all")


@app.websocket_route("/ws/broadcast")
async def broadcast(websocket):
    await websocket.accept()
    everybody.add(websocket)
    async for message in websocket:
        everybody.send(message)


if __name__ == "__main__":
    app.run()
