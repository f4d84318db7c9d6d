# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a handler raises reaches on_error: some of it is the peer's mistake, and the rest is ours."""

import math

from nexws import App, Controller, Nx

app = App()


class NoNumber(Exception):
    pass


@app.websocket_route("/ws")
class Root(Controller):
    def __init__(self):
        super().__init__(encoding=Nx.Encoding.TEXT)

    def on_receive(self, websocket, message):
        try:
            number = float(message.text)
        except ValueError:
            raise NoNumber(f'"{message.text}" is no number') from None
        if number < 0:
            raise ArithmeticError(f"{message.text} has no root")
        websocket.send_text(f"{math.sqrt(number):g}")

    def on_error(self, websocket, error):
        # A peer's mistake is told to the peer, who may try again.
        if isinstance(error, NoNumber):
            websocket.send_text(str(error))
        else:  # Anything else has been logged, and closes with 1011, without a word of what it was.
            super().on_error(websocket, error)

    def on_disconnect(self, websocket, code, reason):
        print(f"Disconnected with code {code}")


if __name__ == "__main__":
    app.run()
