# SPDX-License-Identifier: LGPL-2.1-or-later
"""JSON in, JSON out."""

from nexws import App, CloseCode, InvalidDataError, WebSocketDisconnect

app = App()


def are_numbers(values):
    return isinstance(values, list) and all(type(value) in (int, float) for value in values)


@app.websocket_route("/ws")
async def calculate(websocket):
    await websocket.accept()
    try:
        while True:
            data = await websocket.receive_json()
            if isinstance(data, dict) and are_numbers(data.get("add")):
                await websocket.send_json({"sum": sum(data["add"])})
            else:
                await websocket.send_json({"error": 'I can {"add": [numbers]}'})
    except InvalidDataError:
        await websocket.close(CloseCode.INVALID_DATA, "JSON expected")
    except WebSocketDisconnect:
        print("Client disconnected")


if __name__ == "__main__":
    app.run()
