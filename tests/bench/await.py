# SPDX-License-Identifier: LGPL-2.1-or-later
"""
What an await costs in Python on the main loop, in microseconds of CPU, with one task and with sixteen: on the guest, or with `gi.events` on
PyGObject's own loop.

    meson devenv -C build python3 tests/bench/await.py [gi.events]
"""

import asyncio
import sys
import time

import nexws
from gi.repository import GLib
from nexws import Nx

ROUNDS = 20000


async def sleeps(n_tasks):
    """`asyncio.sleep (0)`."""

    async def one():
        for _ in range(ROUNDS // n_tasks):
            await asyncio.sleep(0)

    begin = time.process_time()
    await asyncio.gather(*(one() for _ in range(n_tasks)))
    return (time.process_time() - begin) / ROUNDS


async def callbacks(n_tasks):
    """A future that a callback of GLib's resolves."""
    loop = asyncio.get_running_loop()
    waiting = []

    def resolve(*_):
        now, waiting[:] = waiting[:], []
        for future in now:
            future.set_result(None)
        return True

    async def one():
        for _ in range(ROUNDS // n_tasks):
            future = loop.create_future()
            waiting.append(future)
            await future

    source = GLib.Idle()
    source.set_callback(resolve)
    source.attach(None)
    begin = time.process_time()
    await asyncio.gather(*(one() for _ in range(n_tasks)))
    used = time.process_time() - begin
    source.destroy()
    return used / ROUNDS


async def messages(n_in_flight):
    """One to a service that receives and sends it in a coroutine, and back, both in this process."""
    app = nexws.App()

    @app.websocket_route("/")
    async def route(websocket):
        await websocket.accept()
        while True:
            websocket.send_text(await websocket.receive_text())

    client = Nx.TestClient.new(app)
    await client.open("/")
    n_rounds = ROUNDS // 4 // n_in_flight
    begin = time.process_time()
    for _ in range(n_rounds):
        for _ in range(n_in_flight):
            client.send_text("x" * 64)
        for _ in range(n_in_flight):
            await client.receive_text()
    return (time.process_time() - begin) / (n_rounds * n_in_flight)


async def main():
    print(type(asyncio.get_running_loop()).__name__)
    for what in sleeps, callbacks, messages:
        one, sixteen = await what(1), await what(16)
        print(f"{what.__name__:10} {one * 1e6:6.1f} {sixteen * 1e6:6.1f}")


if sys.argv[1:] == ["gi.events"]:
    from gi.events import GLibEventLoopPolicy

    asyncio.set_event_loop_policy(GLibEventLoopPolicy())
nexws.run(main())
