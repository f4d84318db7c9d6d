# SPDX-License-Identifier: LGPL-2.1-or-later
"""JSON-RPC 2.0, both ways: {"jsonrpc": "2.0", "id": 1, "method": "add", "params": [1, 2]} is answered with 3, `wake` when the time has
come, and `greet` asks the caller for its name first. Try --describe typescript."""

import asyncio

from nexws import App, RpcController, RpcError, method

app = App()


@app.websocket_route("/rpc")
class Desk(RpcController):
    @method
    def add(self, *numbers: float):
        return sum(numbers)

    # Answers late; others are served meanwhile.
    @method
    async def wake(self):
        await asyncio.sleep(0.05)
        return "good morning"

    # Asks the caller something before it answers.
    @method
    async def greet(self):
        name = await self.call(self.websocket, "name", timeout=5)
        if not isinstance(name, str):
            raise RpcError(1, "That is no name")
        return f"Hello, {name}"


if __name__ == "__main__":
    app.run()
