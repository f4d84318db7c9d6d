# SPDX-License-Identifier: LGPL-2.1-or-later
"""A router with a middleware that guards its routes, beside one that all pass."""

from nexws import App, WSRouter

app = App()
admin = WSRouter(prefix="/admin")


async def log(websocket, call_next):
    print(websocket.path)
    await call_next()


async def guard(websocket, call_next):
    if websocket.query_params.get("token") != "secret":
        await websocket.reject(401)
        return
    await call_next()


async def greet(websocket, whom):
    await websocket.accept()
    await websocket.send_text(f"Hello, {whom}")
    async for message in websocket:
        pass


@admin.ws_route("/status")
async def status(websocket):
    await greet(websocket, "admin")


@app.ws_route("/public")
async def public(websocket):
    await greet(websocket, "stranger")


app.add_ws_middleware(log)
admin.add_ws_middleware(guard)
app.include_ws_router(admin)

if __name__ == "__main__":
    app.run()
