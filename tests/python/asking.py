# SPDX-License-Identifier: LGPL-2.1-or-later
"""A service for tests/bindings/asking.py: whoever comes may ask all."""

import asyncio

from nexws import App

app = App()


async def ask(websocket, group):
    answers = await group.ask({"vote": "?"}, timeout=600)
    await websocket.send_json(
        {
            "answers": {key: message.json()["v"] for key, message in answers.items()},
            "missing": answers.missing,
            "complete": answers.complete,
        }
    )


@app.websocket_route("/")
async def enter(websocket):
    group = app.group("all")
    await websocket.accept()
    await websocket.send_json({"worker": app.worker_number, "id": websocket.id})
    group.add(websocket)
    asking = set()
    async for message in websocket:
        if "say" in message.json():
            group.send_json({"said": message.json()["say"]}, excluding=websocket)
        else:
            asking.add(asyncio.create_task(ask(websocket, group)))


if __name__ == "__main__":
    app.run()
