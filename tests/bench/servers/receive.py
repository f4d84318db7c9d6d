# SPDX-License-Identifier: LGPL-2.1-or-later
"""nexws from Python: an echo whose on_receive is a plain function."""
from nexws import App, Controller


class Echo(Controller):
    def on_receive(self, websocket, message):
        websocket.send_text(message.text)


app = App()
app.add_ws_route("/ws", Echo())
app.run()
