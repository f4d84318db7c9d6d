# SPDX-License-Identifier: LGPL-2.1-or-later
"""Actions by name: {"type": "move", "x": 3} is for on_move, whose parameter says what it holds. What names no action is for on_receive."""

from dataclasses import dataclass

from nexws import App, Controller, action

app = App()


@dataclass
class Move:
    x: int


@app.websocket_route("/ws")
class Board(Controller):
    def __init__(self):
        super().__init__()
        self.x = 0

    async def on_move(self, websocket, move: Move):
        self.x = move.x
        await websocket.send_action("moved", move)

    @action("where-am-i")
    def on_where_am_i(self, websocket):
        websocket.send_action("here", {"x": self.x})

    def on_receive(self, websocket, message):
        websocket.send_text(f"What is {message.text}?")


if __name__ == "__main__":
    app.run()
