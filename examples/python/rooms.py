# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rooms with a memory: /rooms/{room}?name=NAME&after=ID. What one says goes to all of the room, and who comes again with the last id that it
saw gets what it missed. {"vote": …} asks everybody, and tells how many have answered."""

import asyncio

from nexws import App

app = App()


def find_room(name):
    return app.group(name, history_size=100, history_age=24 * 3600 * 1000, announces_presence=True)


def is_vote(message):
    try:
        value = message.json()
    except ValueError:
        return False
    return isinstance(value, dict) and "vote" in value


async def count(room, message):
    answers = await room.ask(message, timeout=5)
    room.send_text(f"{len(answers)} have answered, {len(answers.missing)} have not")


@app.websocket_route("/rooms/{room}")
async def enter(websocket):
    room = find_room(websocket.path_params["room"])
    await websocket.accept()
    room.add_after(websocket, websocket.query_params.get("after"))
    room.set_presence(websocket, websocket.query_params.get("name", "somebody"), {})
    votes = set()
    async for message in websocket:
        if is_vote(message):
            # A task, so that what comes meanwhile is not kept waiting.
            vote = asyncio.create_task(count(room, message))
            votes.add(vote)
            vote.add_done_callback(votes.discard)
        else:
            room.send(message)


if __name__ == "__main__":
    app.run()
