# SPDX-License-Identifier: LGPL-2.1-or-later
"""Typed messages: a method for each kind, with what came as a dataclass."""

from dataclasses import dataclass

from nexws import App, Controller

app = App()


@dataclass
class Move:
    x: int

    def __post_init__(self):
        if not 0 <= self.x <= 9:
            raise ValueError(f"x: {self.x} came, an integer from 0 to 9 is wanted")


@app.websocket_route("/ws")
class Board(Controller):
    def on_move(self, websocket, move: Move):
        websocket.send_action("moved", move)


if __name__ == "__main__":
    app.run()
