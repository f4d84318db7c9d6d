# SPDX-License-Identifier: LGPL-2.1-or-later
"""Starlette on uvicorn, with uvloop and `websockets`: without compression, as we are by default."""
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect


async def echo(websocket):
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(4096)
print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
app = Starlette(routes=[WebSocketRoute("/ws", echo)])
config = uvicorn.Config(app, loop="uvloop", ws="websockets", ws_per_message_deflate=False, log_level="error")
uvicorn.Server(config).run(sockets=[listener])
