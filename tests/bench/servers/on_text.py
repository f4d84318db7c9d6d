# SPDX-License-Identifier: LGPL-2.1-or-later
"""nexws from Python: an echo that gets a str and no message."""
from nexws import App, Controller


class Echo(Controller):
    def on_text(self, websocket, text):
        websocket.send_text(text)


app = App()
app.add_ws_route("/ws", Echo())
app.run()
