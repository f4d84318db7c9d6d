# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every handshake passes, in the order added. Behind `await call_next()` the connection is over."""

import asyncio

from nexws import App

app = App()


async def log(websocket, call_next):
    print(f"{websocket.id} asks for {websocket.path}")
    await call_next()
    print(f"{websocket.id} is over")


class CountVisits:
    def __init__(self):
        self.n_visits = 0

    async def __call__(self, websocket, call_next):
        self.n_visits += 1
        websocket.set_response_header("X-Visit", str(self.n_visits))
        await call_next()


async def look_up(websocket, call_next):
    await asyncio.sleep(0.05)  # as a database would take
    if "banned" in websocket.query_params:
        await websocket.reject(403, "You are banned\n")
        return
    await call_next()


app.add_ws_middleware(log)
app.add_ws_middleware(CountVisits)
app.add_ws_middleware(look_up)


@app.websocket_route("/ws")
async def echo(websocket):
    await websocket.accept()
    async for message in websocket:
        await websocket.send_message(message)


if __name__ == "__main__":
    app.run()
