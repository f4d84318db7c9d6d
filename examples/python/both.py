# SPDX-License-Identifier: LGPL-2.1-or-later
"""A router with middleware of its own: /ws/chat wants to know a token, /ws/public/notifications does not."""

from nexws import App, WSRouter

app = App()
router = WSRouter(prefix="/ws")
chat_router = WSRouter()
notifications_router = WSRouter(prefix="/public")


async def log(websocket, call_next):
    print(f"{websocket.path} begins")
    await call_next()
    print(f"{websocket.path} ends")


async def auth(websocket, call_next):
    if websocket.query_params.get("token") != "secret":
        await websocket.accept_and_close(code=1008, reason="Unauthorized")
        return
    await call_next()


@chat_router.ws_route("/chat")
async def chat(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(f"You said: {text}")


@notifications_router.ws_route("/notifications")
async def notifications(websocket):
    await websocket.accept()
    await websocket.send_text("You have no new notifications")
    await websocket.close()


app.add_ws_middleware(log)
chat_router.add_ws_middleware(auth)
router.mount_ws_router(chat_router)
router.mount_ws_router(notifications_router)
app.mount_ws_router(router)

if __name__ == "__main__":
    app.run()
