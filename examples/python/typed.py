# SPDX-License-Identifier: LGPL-2.1-or-later
"""Typed messages out of a GObject's properties: what goes over the wire can be told with --describe."""

from gi.repository import GObject
from nexws import App, Controller

app = App()


class Move(GObject.Object):
    __gtype_name__ = "BoardMove"
    x = GObject.Property(type=int, minimum=0, maximum=9)


class Board(Controller):
    def on_move(self, websocket, move: Move):
        websocket.send_action("moved", move)


Board.declare_sent("moved", Move)
app.add_controller_type("/ws", Board)

if __name__ == "__main__":
    app.run()
