# SPDX-License-Identifier: LGPL-2.1-or-later
"""Connections in and out, with the garbage collector off: the memory stays. `test_memory.py 10000` says what it comes to."""

import asyncio
import gc
import sys
import unittest
from unittest import mock

import support
from nexws import Controller, RpcController, method

COUNT = int(sys.argv.pop()) if len(sys.argv) > 1 and sys.argv[-1].isdigit() else 1000
WARM_UP = 500
ALLOWED_KIB = 1024


def resident_kib():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4


class Memory(support.Case):
    def test_flat(self):
        @self.app.websocket_route("/loop")
        async def loop(websocket):
            await websocket.accept()
            async for message in websocket:
                await websocket.send(message)

        class Push(Controller):
            def on_receive(self, websocket, message):
                websocket.send_text(message.text)

        self.app.add_controller("/push", Push())
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        for i in range(WARM_UP + COUNT):
            if i == WARM_UP:
                before = resident_kib()
            client = self.open("/loop" if i % 2 else "/push")
            client.send_text("x")
            client.receive_text()
            client.close(1000, None)
        after = resident_kib()
        print(f"{COUNT} connections: {before} KiB before, {after} KiB after")
        self.assertLess(after - before, ALLOWED_KIB)

    def test_methods_that_outlive_their_callers(self):
        class Slow(RpcController):
            @method
            async def wait(self):
                await asyncio.sleep(3600)

        self.app.add_controller("/", Slow())
        with mock.patch("_nexws.rpc.GRACE_S", 0):
            for i in range(100 + 400):
                if i == 100:
                    gc.collect()
                    before = resident_kib()
                client = self.open()
                client.send_json({"jsonrpc": "2.0", "id": 1, "method": "wait"})
                self.settle()
                client.close(1000, None)
        self.settle()
        gc.collect()
        self.assertLess(resident_kib() - before, ALLOWED_KIB)


unittest.main(verbosity=2)
