# SPDX-License-Identifier: LGPL-2.1-or-later
"""nexws from Python: what one sends goes to all, out of a plain function."""
from nexws import App, Controller


class Broadcast(Controller):
    def on_connect(self, websocket):
        websocket.accept()
        everybody.add(websocket)

    def on_receive(self, websocket, message):
        everybody.send_message(message)


app = App()
everybody = app.group("all")
app.add_ws_route("/ws/broadcast", Broadcast())
app.run()
