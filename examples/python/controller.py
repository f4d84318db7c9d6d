# SPDX-License-Identifier: LGPL-2.1-or-later
"""A class that is called for each message; each connection has one of its own, with its own state."""

from nexws import App, Controller, Nx

app = App()


@app.websocket_route("/ws")
class Counter(Controller):
    def __init__(self):
        super().__init__(encoding=Nx.Encoding.TEXT)
        self.n_messages = 0

    def on_connect(self, websocket):
        websocket.accept()
        websocket.send_text("Welcome")

    def on_receive(self, websocket, message):
        self.n_messages += 1
        websocket.send_text(f"Message {self.n_messages}: {message.text}")

    def on_disconnect(self, websocket, code, reason):
        print(f"{websocket.id} left with code {code} after {self.n_messages} messages")


if __name__ == "__main__":
    app.run()
