# SPDX-License-Identifier: LGPL-2.1-or-later
"""JSON in, JSON out."""

from nexws import App, CloseCode, InvalidDataError, WebSocketDisconnect

app = App()


@app.websocket_route("/ws")
async def calculate(websocket):
    await websocket.accept()
    try:
        while True:
            data = await websocket.receive_json()
            if isinstance(data, dict) and "add" in data:
                await websocket.send_json({"sum": sum(data["add"])})
            else:
                await websocket.send_json({"error": 'I can {"add": [numbers]}'})
    except InvalidDataError:
        await websocket.close(CloseCode.INVALID_DATA, "JSON expected")
    except WebSocketDisconnect:
        print("Client disconnected")


if __name__ == "__main__":
    app.run()
