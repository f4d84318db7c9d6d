# SPDX-License-Identifier: LGPL-2.1-or-later
"""Python's `websockets` on uvloop: without compression, as we are by default."""
import asyncio

import uvloop
import websockets


async def echo(websocket):
    async for message in websocket:
        await websocket.send(message)


async def main():
    async with websockets.serve(echo, "127.0.0.1", 0, compression=None) as server:
        print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.Future()


uvloop.install()
asyncio.run(main())
