# SPDX-License-Identifier: LGPL-2.1-or-later
"""Unit tests of a service, without a port: `pytest examples/python/testing.py`."""

from nexws import App, WebSocketDisconnect, run

app = App()


@app.websocket_route("/upper")
async def upper(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        if text == "bye":
            await websocket.close(4000, "bye")
            return
        await websocket.send_text(text.upper())


# A plain test: the client waits by itself.
def test_upper():
    with app.test_client("/upper") as client:
        client.send_text("abc")
        assert client.receive_text() == "ABC"


# A coroutine: with pytest-asyncio it is a test as it is, without it `run` runs it.
async def say_bye():
    async with app.test_client("/upper") as client:
        await client.send_text("abc")
        assert await client.receive_text() == "ABC"
        await client.send_text("bye")
        try:
            await client.receive_text()
        except WebSocketDisconnect as error:
            assert (error.code, error.reason) == (4000, "bye")
        else:
            raise AssertionError("it stayed")


def test_bye():
    run(say_bye())


if __name__ == "__main__":
    test_upper()
    test_bye()
    print("both passed")
