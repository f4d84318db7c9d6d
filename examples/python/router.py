# SPDX-License-Identifier: LGPL-2.1-or-later
"""Routes in a router of their own, which is mounted as a whole."""

from nexws import App, WSRouter

app = App()
router = WSRouter(prefix="/ws")


@router.ws_route("/chat/{room}")
async def chat(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(f"[{websocket.path_params['room']}] {text}")


@router.ws_route("/notifications")
async def notifications(websocket):
    await websocket.accept()
    await websocket.send_text("You have no new notifications")
    async for message in websocket:
        pass  # here only the service speaks


app.mount_ws_router(router)

if __name__ == "__main__":
    app.run()
