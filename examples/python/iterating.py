# SPDX-License-Identifier: LGPL-2.1-or-later
"""The basic endpoint in short: a loop over what comes, which ends with the connection."""

from nexws import App

app = App()


@app.websocket_route("/ws")
async def endpoint(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(f"Message text was: {text}")
    print(f"Client disconnected with code {websocket.close_code}")


if __name__ == "__main__":
    app.run()
